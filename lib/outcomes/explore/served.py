"""The controls in a browser, for people without Jupyter: served by Voilà, and nothing can be written."""

import json
import sys
from importlib.util import find_spec
from pathlib import Path

from outcomes.core.collection import collection
from outcomes.core.errors import Invalid

SERVED = "VOILA_KERNEL_ID"
"""A variable of the environment that a kernel has where Voilà started it."""

_WORDS = f"""# {collection.title}: explore the figures

Choose a programme or a kind of crime, a place and the years: the chart, the table and the sentence
change together. What cannot be asked stands under its control, with the reason. A chart made here is
not an evaluation: it cannot say that a programme changed anything.
"""


def write_notebook(folder: Path) -> Path:
    """The notebook that is served: a few words, and the controls; gives its path."""
    cells = [
        {"cell_type": "markdown", "id": "words", "metadata": {}, "source": _WORDS},
        {
            "cell_type": "code",
            "id": "controls",
            "metadata": {},
            "execution_count": None,
            "outputs": [],
            "source": "import outcomes as oc\n\noc.explore.open()",
        },
    ]
    kernel = {"name": "python3", "display_name": "Python 3", "language": "python"}
    whole = {"cells": cells, "metadata": {"kernelspec": kernel}}
    path = folder / "explore.ipynb"
    path.write_text(json.dumps(whole | {"nbformat": 4, "nbformat_minor": 5}))
    return path


def command(notebook: Path, *, host: str, port: int, browser: bool) -> list[str]:
    """The command that serves a notebook by Voilà: code hidden, none accepted, idle kernels ended.

    Raises
    ------
    Invalid
        Where Voilà is not installed, with how to have it.
    """
    if find_spec("voila") is None:
        raise Invalid(
            "Voilà, which serves the controls, is not installed: install the extra 'serve' "
            "(make explore installs it, and serves them)."
        )
    return [
        *(sys.executable, "-m", "voila", str(notebook)),
        f"--port={port}",
        f"--Voila.ip={host}",
        "--show_tracebacks=False",
        "--preheat_kernel=True",
        "--pool_size=1",
        "--MappingKernelManager.cull_idle_timeout=900",
        "--MappingKernelManager.cull_interval=60",
        *([] if browser else ["--no-browser"]),
    ]
