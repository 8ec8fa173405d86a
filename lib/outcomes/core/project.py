"""Where the project lies: its folder and its data."""

import os
from pathlib import Path

FILE = "collection.toml"
_LIBRARY = Path(__file__).resolve().parents[3]


def folder() -> Path:
    """The folder of the project: it holds ``collection.toml``, the plan, the notebooks and ``data``.

    It is the parent of the data folder where the environment variable OUTCOMES_DATA names one, else
    the repository that this library lies in, else (the library is installed apart) the working
    folder or the nearest above it; the first of them that has a ``collection.toml``.
    """
    given = os.environ.get("OUTCOMES_DATA")
    here = Path.cwd()
    tried = [*([Path(given).parent] if given else []), _LIBRARY, here, *here.parents]
    return next((place for place in tried if (place / FILE).is_file()), _LIBRARY)


def data() -> Path:
    """The data folder: the environment variable OUTCOMES_DATA, or ``data`` in :func:`folder`."""
    given = os.environ.get("OUTCOMES_DATA")
    return Path(given) if given else folder() / "data"
