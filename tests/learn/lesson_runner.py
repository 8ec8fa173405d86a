"""Lessons run from top to bottom in this process, for the tests of what they show and keep."""

import ast
import json
from pathlib import Path

import pytest

from outcomes import learn
from outcomes.learn.exercise_file import exercises

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
    return [s.state for s in shown if isinstance(s, learn.feedback.Said)]


def of_lesson(name: str) -> list[str]:
    return [k for k, v in exercises().items() if v["lesson"] == name[:2]]
