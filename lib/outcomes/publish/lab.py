"""JupyterLab on the project, in which to run a notebook and save it leaves nothing to undo."""

import os
import sys
from collections.abc import Mapping
from importlib.util import find_spec
from pathlib import Path
from shutil import which
from typing import Any

from outcomes.core import project
from outcomes.core.errors import Invalid
from outcomes.publish import notebook_outputs
from outcomes.publish.parameters import load

START = "notebooks/explore/explore.ipynb"


def command(notebook: Path | None, port: int, browser: bool) -> list[str]:
    """The command that serves the project's folder with a notebook open in it.

    A notebook that lies elsewhere, such as a learner's copy, is served from its own folder.

    Raises
    ------
    Invalid
        When the notebook is not there, or JupyterLab is not installed, with how to have it.
    """
    if find_spec("jupyterlab") is None:
        raise Invalid(
            "JupyterLab is not installed: make lab installs it, and opens it."
        )
    folder = project.folder().resolve()
    path = (notebook or folder / START).resolve()
    if not path.is_file():
        cure = f"give the path of a notebook.{project.where_it_may_be()}"
        raise Invalid(f"{notebook or path} is not there: {cure}")
    if not path.is_relative_to(folder):
        folder = path.parent
    return [
        *(sys.executable, "-m", "jupyter", "lab", f"--notebook-dir={folder}"),
        f"--ContentsManager.pre_save_hook={__name__}.keep_stored_outputs",
        # not as at a login, which would begin the search for commands anew
        f"--ServerApp.terminado_settings={{'shell_command': [{_shell()!r}]}}",
        f"--port={port}",
        *([] if browser else ["--no-browser"]),
        str(path),
    ]


def _shell() -> str:
    """The shell of terminals, as Jupyter's own default is."""
    return os.environ.get("SHELL") or which("bash") or "sh"


def environment() -> Mapping[str, str]:
    """The environment of the server: a first start asks nothing, and looks for no news; a terminal
    in it finds the command ``outcomes``."""
    own = str(Path(__file__).with_name("jupyter"))
    paths = [own, *filter(None, [os.environ.get("JUPYTER_CONFIG_PATH")])]
    places = [str(Path(sys.executable).parent), os.environ.get("PATH", os.defpath)]
    return os.environ | {
        "JUPYTER_CONFIG_PATH": os.pathsep.join(paths),
        "PATH": os.pathsep.join(places),
    }


def keep_stored_outputs(
    model: dict[str, Any], path: str, contents_manager: Any, **others: Any
) -> None:
    """What is saved: code and words as they stand, outputs as ``outcomes notebooks`` stores them.

    Where the code of a notebook of the collection is as it is stored, so are its outputs: to run it,
    or move its controls, leaves the file as it was. Where the code was changed, the outputs are
    those of this run, without times and the state of controls. Jupyter calls this as its
    ``pre_save_hook``; another notebook or file is saved as it is.
    """
    file = Path(contents_manager.root_dir) / path.strip("/")
    if model["type"] != "notebook" or not file.is_relative_to(_notebooks()):
        return
    content = notebook_outputs.normalise(model["content"])
    stored = load(file) if file.is_file() else {"cells": []}
    before, now = stored["cells"], content["cells"]
    if [_written(cell) for cell in before] == [_written(cell) for cell in now]:
        content = stored
    else:  # a browser writes 106.0 as 106: what is equal stays as it was written
        content["cells"] = [before[before.index(c)] if c in before else c for c in now]
    model["content"] = content


def _notebooks() -> Path:
    return project.folder().resolve() / "notebooks"


def _written(cell: dict) -> tuple:
    """What a person wrote: the kind of a cell, its text and its tags."""
    tags = cell["metadata"].get("tags", [])
    return cell["cell_type"], "".join(cell["source"]).rstrip(), tags
