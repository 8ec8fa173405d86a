"""Where the project lies: its folder and its data."""

import os
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path

FILE = "collection.toml"
OWN = "own/"
"""What the name of a table of one's own begins with: the folder of the data that it lies in."""
_LIBRARY = Path(__file__).resolve().parents[3]


def folder() -> Path:
    """The folder of the project: it holds ``collection.toml``, the plan, the notebooks and ``data``.

    It is the parent of the data folder where the environment variable OUTCOMES_DATA names one, else
    the repository that this library lies in, else (the library is installed apart) the working
    folder or the nearest above it; the first of them that has a ``collection.toml``.
    """
    return next((place for place in _tried() if (place / FILE).is_file()), _LIBRARY)


def _tried() -> Iterator[Path]:
    """The folders that may be the project's, the likeliest first."""
    if given := os.environ.get("OUTCOMES_DATA"):
        yield Path(given).parent
    yield _LIBRARY
    here = Path.cwd()
    yield here
    yield from here.parents


def where_it_may_be() -> str:
    """What to do where no collection is found, as a sentence to end another; "" where one is.

    >>> where_it_may_be()
    ''
    """
    if (folder() / FILE).is_file():
        return ""
    return (
        " Work in the folder of the collection, or let the environment variable "
        "OUTCOMES_DATA name its data folder."
    )


def data() -> Path:
    """The data folder: the environment variable OUTCOMES_DATA, or ``data`` in :func:`folder`."""
    given = os.environ.get("OUTCOMES_DATA")
    return Path(given) if given else folder() / "data"


def table_files(table: str) -> list[Path]:
    """The files of a table: one in ``clean``, or of a table of one's own the CSV and its description.

    >>> [path.name for path in table_files("forces")]
    ['forces.csv']
    """
    where = table if table.startswith(OWN) else f"clean/{table}"
    return sorted(data().glob(f"{where}.*"))


def command(*words: str) -> str:
    """A command of this project as it can be typed in its folder: ``.venv/bin/outcomes build``.

    It is plain ``outcomes`` where that is found by name, as in an environment that is active.
    """
    installed = Path(sys.executable).with_name("outcomes")
    by_name = shutil.which("outcomes")
    if by_name and Path(by_name).resolve() == installed.resolve():
        program = "outcomes"
    elif installed.is_relative_to(folder()):
        program = str(installed.relative_to(folder()))
    else:
        program = "python -m outcomes"
    return " ".join([program, *words])
