"""A new colleague asks for the lessons and works one through, from its first cell to "All done"."""

import json
from pathlib import Path

import pytest
from walk import type_in

from outcomes.learn import progress_record

pytestmark = pytest.mark.build
LESSON = "02_rates.ipynb"


@pytest.fixture(scope="module")
def lessons(real_site, tmp_path_factory) -> Path:
    """The learner's copies, by the command of the README."""
    folder = tmp_path_factory.mktemp("learner") / "my-lessons"
    said = type_in(real_site.parent, "make", "learn", f"DIR={folder}")
    assert str(folder) in said
    return folder


def _run(notebook: dict, folder: Path) -> dict:
    """Every cell in a kernel of its own, in the folder of the lessons, as Run All does."""
    import nbformat
    from nbclient import NotebookClient

    node = nbformat.reads(json.dumps(notebook), as_version=4)
    settings = {
        "resources": {"metadata": {"path": str(folder)}},
        "kernel_name": "python3",
    }
    return NotebookClient(node, timeout=120, **settings).execute()


def _shown(notebook: dict) -> list[str]:
    """What each cell shows, in words."""
    found = (o for c in notebook["cells"] for o in c.get("outputs", []))
    return ["".join(o.get("data", {}).get("text/plain", "")) for o in found]


def test_a_lesson_from_start_to_end(lessons, real_site):
    copy = json.loads((lessons / LESSON).read_text(encoding="utf-8"))
    source = real_site.parent / "notebooks" / "learn" / LESSON
    answers = {
        cell["id"]: cell["source"]
        for cell in json.loads(source.read_text(encoding="utf-8"))["cells"]
        if "solution" in cell["metadata"].get("tags", [])
    }
    assert len(answers) >= 5
    _run(copy, lessons)
    assert not _progress(lessons)
    for cell in copy["cells"]:
        if cell["id"] in answers:
            cell["source"] = answers[cell["id"]]
    done = _shown(_run(copy, lessons))
    assert any("All done" in text for text in done)
    assert [one["right"] for one in _progress(lessons).values()] == [True] * len(
        answers
    )


def _progress(lessons: Path) -> dict:
    return json.loads((lessons / progress_record.FILE).read_text(encoding="utf-8"))
