"""One source for learner and teacher: the learner's copy is the lesson without its solutions.

A solution is a cell tagged ``solution`` whose last line checks its answer. In the copy only that
line stays, under an empty answer. Cells tagged ``picture`` are folded; they can be opened.
"""

import json
import re
from pathlib import Path

from outcomes.core.errors import Invalid
from outcomes.learn.progress_record import FILE

_LAST = re.compile(r'^learn\.(check|quiz)\("([^"]+)", .+\)$')
_EMPTY = {
    "check": 'answer = ...  # your answer in place of the three dots\nlearn.check("{}", answer)',
    "quiz": 'learn.quiz("{}", "")  # type your letter between the last two quotation marks',
}


def write(lessons: Path, folder: Path) -> tuple[list[str], list[str]]:
    """Write the learner's copies into ``folder``: the names written, and those already there.

    A lesson that is there already is never touched: it holds the learner's answers.
    """
    found = sorted(lessons.glob("[0-9][0-9]_*.ipynb"))
    if not found:
        raise Invalid(f"there are no lessons in {str(lessons)!r}.")
    if folder.resolve() == lessons.resolve() or (
        folder.exists() and not folder.is_dir()
    ):
        raise Invalid(f"{str(folder)!r} cannot hold your copy: name a new folder.")
    folder.mkdir(parents=True, exist_ok=True)
    files = {
        path.name: learners(json.loads(path.read_text(encoding="utf-8")))
        for path in found
    }
    kept = [name for name in files if (folder / name).exists()]
    for name, content in (files | {FILE: {}}).items():
        if not (folder / name).exists():
            text = (
                json.dumps(content, indent=1, sort_keys=True, ensure_ascii=False) + "\n"
            )
            (folder / name).write_text(text, encoding="utf-8", newline="\n")
    return [name for name in files if name not in kept], kept


def learners(notebook: dict) -> dict:
    """A lesson without solutions and outputs, ready to be worked through."""
    return notebook | {"cells": [_cell(cell) for cell in notebook["cells"]]}


def _cell(cell: dict) -> dict:
    if cell["cell_type"] != "code":
        return cell
    tags, source = cell["metadata"].get("tags", []), "".join(cell["source"])
    metadata = (
        {"tags": tags, "jupyter": {"source_hidden": True}} if "picture" in tags else {}
    )
    if "solution" in tags:
        last = _LAST.match(source.strip().splitlines()[-1])
        if not last:
            raise Invalid(
                f"the solution in cell {cell['id']} must end in learn.check or .quiz."
            )
        source, metadata = _EMPTY[last[1]].format(last[2]), {"tags": ["answer"]}
    text = {"source": source.splitlines(keepends=True), "metadata": metadata}
    return cell | text | {"outputs": [], "execution_count": None}
