"""What is kept of a learner, and where."""

import ast
import json
from pathlib import Path

import pytest

from outcomes import learn
from outcomes.learn import progress_record
from outcomes.learn.feedback import exercises

ROOT = Path(__file__).parents[2]


LESSONS = sorted((ROOT / "notebooks/learn").glob("*.ipynb"))


NAMES = [p.stem for p in LESSONS]


each = pytest.mark.parametrize("name", NAMES)


def run(path: Path, *, leave_out: str = "") -> tuple[list, dict]:
    """What each cell of a notebook shows when run from top to bottom, and the names it made."""
    shown, names = [], {}
    for cell in json.loads(path.read_text(encoding="utf-8"))["cells"]:
        if cell["cell_type"] != "code" or leave_out in cell["metadata"].get("tags", []):
            continue
        tree = ast.parse("".join(cell["source"]))
        last = (
            tree.body.pop()
            if tree.body and isinstance(tree.body[-1], ast.Expr)
            else None
        )
        exec(compile(tree, path.name, "exec"), names)
        if last is not None:
            shown.append(
                eval(compile(ast.Expression(last.value), path.name, "eval"), names)
            )
    return shown, names


def states(shown: list) -> list[str]:
    return [s.state for s in shown if isinstance(s, learn.exercises.Said)]


def of_lesson(name: str) -> list[str]:
    return [k for k, v in exercises().items() if v["lesson"] == name[:2]]


@each
def test_with_the_solutions_every_exercise_is_right_and_progress_is_kept(
    name, tmp_path, monkeypatch
):
    monkeypatch.chdir(tmp_path)
    (tmp_path / progress_record.FILE).write_text("{}")
    shown, _ = run(ROOT / f"notebooks/learn/{name}.ipynb")
    assert states(shown).count("right") == len(of_lesson(name))
    assert set(states(shown)) == {"right", "hint", "note"}
    done = json.loads((tmp_path / progress_record.FILE).read_text())
    assert done == {k: {"right": True, "tries": 1} for k in of_lesson(name)}
    assert "All done" in learn.progress(name[:2]).text


def test_without_a_progress_file_nothing_is_written(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    learn.check("two-months", 1)
    assert "outcomes learn" in learn.progress("04").text
    assert list(tmp_path.iterdir()) == []


def test_a_right_answer_stays_right_and_a_damaged_file_is_no_error(
    tmp_path, monkeypatch
):
    monkeypatch.chdir(tmp_path)
    file = tmp_path / progress_record.FILE
    for damaged in ("", "{", "[1]", '{"overlap": 3}'):
        file.write_text(damaged)
        learn.quiz("overlap", "b")
        assert json.loads(file.read_text()) == {"overlap": {"right": False, "tries": 1}}
    learn.quiz("overlap", "a")
    learn.quiz("overlap", "c")
    assert json.loads(file.read_text()) == {"overlap": {"right": True, "tries": 3}}
    assert learn.progress("04").text.startswith(
        "1 of 9 are right. Still open: how-many-outcomes"
    )
