"""The copy of the lessons that a learner works in."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from outcomes.learn import copies

ROOT = Path(__file__).parents[2]


LESSONS = sorted((ROOT / "notebooks/learn").glob("*.ipynb"))


@pytest.fixture(scope="module")
def copy(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("learner") / "my-lessons"
    copies.write_copies(ROOT / "notebooks/learn", folder)
    return folder


def outcomes(*arguments, cwd):
    code = "from outcomes.cli import main; main()"
    command = [sys.executable, "-c", code, *arguments]
    return subprocess.run(command, cwd=cwd, capture_output=True, text=True)


def test_the_command_writes_a_copy_and_never_touches_answers(tmp_path):
    ran = outcomes("learn", "mine", cwd=tmp_path)
    assert ran.returncode == 0, ran.stderr
    assert ran.stdout.count("written") == 8
    assert "outcomes lab mine/00_start_here.ipynb" in ran.stdout
    (tmp_path / "mine/02_rates.ipynb").write_text("my answers")
    (tmp_path / "mine/05_signal_or_noise.ipynb").unlink()
    again = outcomes("learn", "mine", cwd=tmp_path)
    assert (
        again.stdout.count("kept as it is") == 7 and again.stdout.count("written") == 1
    )
    assert (tmp_path / "mine/02_rates.ipynb").read_text() == "my answers"


@pytest.mark.parametrize(
    ("folder", "says"),
    [("file", "name a new folder"), (str(LESSONS[0].parent), "name a new")],
)
def test_a_folder_that_cannot_hold_a_copy_is_refused(folder, says, tmp_path):
    (tmp_path / "file").write_text("")
    ran = outcomes("learn", folder, cwd=tmp_path)
    assert ran.returncode == 2 and says in ran.stderr and ran.stdout == ""
    assert len(ran.stderr.splitlines()) == 1


def test_pictures_are_folded_in_the_copy_and_outputs_are_gone(copy):
    cells = json.loads((copy / "04_overlapping_periods.ipynb").read_text())["cells"]
    code = [c for c in cells if c["cell_type"] == "code"]
    assert all(c["outputs"] == [] and c["execution_count"] is None for c in code)
    folded = [
        c for c in code if c["metadata"].get("jupyter") == {"source_hidden": True}
    ]
    assert folded and all(c["metadata"]["tags"] == ["picture"] for c in folded)


@pytest.mark.build
def test_the_copy_runs_in_a_kernel_and_keeps_progress(copy):
    import nbformat
    from nbclient import NotebookClient

    notebook = nbformat.read(copy / "00_start_here.ipynb", as_version=4)
    for cell in notebook.cells:
        cell.source = cell.source.replace('"start-cause", ""', '"start-cause", "c"')
    done = NotebookClient(
        notebook, resources={"metadata": {"path": str(copy)}}
    ).execute()
    said = [o["data"]["text/plain"] for c in done.cells for o in c.get("outputs", [])]
    assert sum("Not yet." in s for s in said) == 4
    assert any(s.startswith("1 of 5 are right.") for s in said)
