"""Progress, kept in the learner's own folder and nowhere else.

``outcomes learn FOLDER`` puts an empty ``my-progress.json`` beside the lessons. Where there is no
such file, as beside the lessons of the repository, nothing is written.
"""

import json
from contextlib import suppress
from pathlib import Path
from typing import Any

from outcomes.core.errors import one_of
from outcomes.learn.exercise_file import exercises
from outcomes.learn.feedback import Said

FILE = "my-progress.json"


def record_try(name: str, right: bool) -> None:
    """Count a try, and keep what was once right. A file that cannot be written is no error."""
    if not Path(FILE).is_file():
        return
    kept = _read()
    before = kept.get(name, {})
    kept[name] = {
        "right": right or before.get("right") is True,
        "tries": int(before.get("tries", 0)) + 1,
    }
    with suppress(OSError):
        part = Path(FILE).with_suffix(".part")
        text = json.dumps(kept, indent=1, sort_keys=True)
        part.write_text(f"{text}\n", encoding="utf-8")
        part.replace(FILE)


def progress(lesson: str) -> Said:
    """How many exercises and questions of a lesson ("02") are right, and which are still open.

    Raises :class:`~outcomes.core.errors.Invalid` for a lesson that does not exist.
    """
    lessons = sorted({one["lesson"] for one in exercises().values()})
    one_of(lesson, lessons, "lesson")
    names = [name for name, one in exercises().items() if one["lesson"] == lesson]
    if not Path(FILE).is_file():
        return Said(
            "note",
            f"This lesson has {len(names)} exercises and questions. Progress is kept in a copy of "
            "your own, which the command outcomes learn FOLDER makes.",
        )
    kept = _read()
    left = [name for name in names if not kept.get(name, {}).get("right")]
    then = "All done: on to the next lesson."
    if lesson == lessons[-1]:
        then = "All done, and this was the last lesson."
    if left:
        then = f"Still open: {', '.join(left)}."
    return Said("note", f"{len(names) - len(left)} of {len(names)} are right. {then}")


def _read() -> dict[str, dict[str, Any]]:
    """What was kept; a file that somebody has damaged counts as empty."""
    with suppress(OSError, ValueError):
        kept = json.loads(Path(FILE).read_text(encoding="utf-8"))
        if isinstance(kept, dict):
            return {name: one for name, one in kept.items() if isinstance(one, dict)}
    return {}
