"""What the lab writes when a notebook is saved; tests/journeys has the browser."""

import copy
import json
import os
from pathlib import Path
from types import SimpleNamespace

import pytest

from outcomes.core import project
from outcomes.core.errors import Invalid
from outcomes.publish import lab

NOTEBOOK = "notebooks/programmes/fraud.ipynb"


@pytest.fixture
def saved():
    """The notebook as a browser sends it, after a run with other results; and a way to save it."""
    stored = json.loads((project.folder() / NOTEBOOK).read_text(encoding="utf-8"))
    content = copy.deepcopy(stored)
    content["metadata"]["widgets"] = {"state": {}}
    for cell in content["cells"]:
        cell["metadata"]["execution"] = {"iopub.status.busy": "2026-11-30"}
        cell["source"] = "".join(cell["source"])
        if cell["cell_type"] == "code":
            cell["execution_count"] = 99

    def save(path=NOTEBOOK, kind="notebook"):
        model = {"type": kind, "content": copy.deepcopy(content)}
        manager = SimpleNamespace(root_dir=str(project.folder()))
        lab.keep_stored_outputs(model=model, path=path, contents_manager=manager)
        return model["content"]

    return stored, content, save


def test_a_run_alone_changes_nothing(saved):
    stored, content, save = saved
    content["cells"][-1]["outputs"] = []
    assert save() == stored


def test_a_changed_cell_is_kept_and_the_others_stay_as_written(saved):
    stored, content, save = saved
    content["cells"][3]["source"] += "\n# mine"
    content["cells"] = json.loads(json.dumps(content["cells"]).replace(".0,", ","))
    now = save()
    changed = [a for a, b in zip(now["cells"], stored["cells"], strict=True) if a != b]
    assert len(changed) == 1 and "# mine" in "".join(changed[0]["source"])
    for one, other in zip(now["cells"][4:], stored["cells"][4:], strict=True):
        assert json.dumps(one, sort_keys=True) == json.dumps(other, sort_keys=True)


@pytest.mark.parametrize("path, kind", [("mine.ipynb", "notebook"), (NOTEBOOK, "file")])
def test_what_is_not_of_the_collection_is_saved_as_it_is(saved, path, kind):
    _, content, save = saved
    assert save(path, kind) == content


def test_a_notebook_that_is_not_there_is_refused_and_one_elsewhere_served(tmp_path):
    with pytest.raises(Invalid, match="is not there"):
        lab.command(tmp_path / "one.ipynb", 8888, True)
    (tmp_path / "one.ipynb").touch()
    assert f"--notebook-dir={tmp_path}" in lab.command(tmp_path / "one.ipynb", 1, True)
    assert f"--notebook-dir={project.folder()}" in lab.command(None, 8888, False)


def test_without_jupyterlab_it_is_said_how_to_have_it(monkeypatch):
    monkeypatch.setattr(lab, "find_spec", lambda name: None)
    with pytest.raises(Invalid, match="make lab installs it"):
        lab.command(None, 1, browser=False)


def test_a_terminal_of_the_lab_finds_the_command(monkeypatch):
    """Lesson 07 has ``outcomes new table survey`` typed there, and nobody activates .venv."""
    monkeypatch.setenv("PATH", "/usr/bin")
    first, *others = lab.environment()["PATH"].split(os.pathsep)
    assert Path(first, "outcomes").is_file() and others == ["/usr/bin"]


def test_the_first_start_asks_nothing(monkeypatch):
    monkeypatch.setenv("JUPYTER_CONFIG_PATH", "/somebody's")
    own, theirs = lab.environment()["JUPYTER_CONFIG_PATH"].split(os.pathsep)
    file = Path(own, "labconfig/default_setting_overrides.json")
    (settings,) = json.loads(file.read_text(encoding="utf-8")).values()
    assert settings == {"checkForUpdates": False, "fetchNews": "false"}
    assert theirs == "/somebody's"
