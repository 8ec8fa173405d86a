"""One source for learner and teacher: the learner's copy is the lesson without its solutions.

A solution is a cell tagged ``solution`` whose last line checks its answer. In the copy only that
line stays, under an empty answer. Cells tagged ``picture`` are folded; they can be opened.
"""

import json
import re
from pathlib import Path
from typing import Any, NamedTuple

from outcomes.core import project
from outcomes.core.errors import Invalid
from outcomes.learn.progress_record import FILE

_CHECK = re.compile(r'^learn\.(check|quiz)\("([^"]+)", .+\)$')
_UNANSWERED = {
    "check": (
        "answer = ...  # your answer in place of the three dots\n"
        'learn.check("{name}", answer)'
    ),
    "quiz": (
        'learn.quiz("{name}", "")  '
        "# type your letter between the last two quotation marks"
    ),
}


class Copies(NamedTuple):
    """The names of the lessons that were written, and of those that were there already."""

    written: list[str]
    kept: list[str]


def write_copies(lessons: Path, folder: Path) -> Copies:
    """Write a learner's copy of every lesson into a folder, with an empty record of progress.

    A lesson that is there already is never touched: it holds the learner's answers.

    Raises
    ------
    Invalid
        Where there are no lessons, or the folder cannot hold the copies.
    """
    paths = sorted(lessons.glob("[0-9][0-9]_*.ipynb"))
    if not paths:
        cure = project.where_it_may_be()
        raise Invalid(f"there are no lessons in {str(lessons)!r}.{cure}")
    file = folder.exists() and not folder.is_dir()
    if file or folder.resolve() == lessons.resolve():
        raise Invalid(f"{str(folder)!r} cannot hold your copy: name a new folder.")
    folder.mkdir(parents=True, exist_ok=True)
    kept = [path.name for path in paths if (folder / path.name).exists()]
    files: dict[str, Any] = {
        path.name: learner_copy(json.loads(path.read_text(encoding="utf-8")))
        for path in paths
    }
    for name, content in {**files, FILE: {}}.items():
        if not (folder / name).exists():
            text = json.dumps(content, indent=1, sort_keys=True, ensure_ascii=False)
            (folder / name).write_text(f"{text}\n", encoding="utf-8", newline="\n")
    return Copies([name for name in files if name not in kept], kept)


def learner_copy(lesson: dict[str, Any]) -> dict[str, Any]:
    """A lesson without solutions and outputs, ready to be worked through."""
    cells = [
        learner_cell(cell) if cell["cell_type"] == "code" else cell
        for cell in lesson["cells"]
    ]
    return lesson | {"cells": cells}


def learner_cell(cell: dict[str, Any]) -> dict[str, Any]:
    """A cell of code as a learner finds it: empty where it is a solution, folded if a picture.

    Raises :class:`Invalid` for a solution whose last line checks no answer.

    >>> solution = {"id": "a", "metadata": {"tags": ["solution"]}, "source": ['learn.quiz("b", "c")']}
    >>> learner_cell(solution)["metadata"]
    {'tags': ['answer']}
    """
    tags, source = cell["metadata"].get("tags", []), "".join(cell["source"])
    metadata = {}
    if "picture" in tags:
        metadata = {"tags": tags, "jupyter": {"source_hidden": True}}
    if "solution" in tags:
        asked = _CHECK.match(source.strip().splitlines()[-1])
        if not asked:
            raise Invalid(
                f"the solution in cell {cell['id']} must end in learn.check or .quiz."
            )
        source = _UNANSWERED[asked[1]].format(name=asked[2])
        metadata = {"tags": ["answer"]}
    return cell | {
        "source": source.splitlines(keepends=True),
        "metadata": metadata,
        "outputs": [],
        "execution_count": None,
    }
