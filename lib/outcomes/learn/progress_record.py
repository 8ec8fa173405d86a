"""Progress, kept in the learner's own folder and nowhere else.

``outcomes learn FOLDER`` puts an empty ``my-progress.json`` beside the lessons. Where there is no
such file, as beside the lessons of the repository, nothing is written.
"""

import json
from contextlib import suppress
from pathlib import Path

from outcomes.core.errors import one_of
from outcomes.learn.exercise_file import exercises
from outcomes.learn.feedback import Said

FILE = "my-progress.json"


def note(name: str, right: bool) -> None:
    """Count a try, and keep what was once right. A file that cannot be written is no error."""
    if not Path(FILE).is_file():
        return
    kept = _read()
    before = kept.get(name, {})
    tries = int(before.get("tries", 0)) + 1
    kept[name] = {"right": right or before.get("right") is True, "tries": tries}
    with suppress(OSError):
        part = Path(FILE).with_suffix(".part")
        part.write_text(
            json.dumps(kept, indent=1, sort_keys=True) + "\n", encoding="utf-8"
        )
        part.replace(FILE)


def progress(lesson: str) -> Said:
    """How many exercises and questions of a lesson ("02") are right, and which are still open."""
    lessons = sorted({one["lesson"] for one in exercises().values()})
    names = [
        k
        for k, v in exercises().items()
        if v["lesson"] == one_of(lesson, lessons, "lesson")
    ]
    if not Path(FILE).is_file():
        text = f"This lesson has {len(names)} exercises and questions. Progress is kept in a copy "
        return Said(
            "note", f"{text}of your own, which the command outcomes learn FOLDER makes."
        )
    kept = _read()
    still = [name for name in names if not kept.get(name, {}).get("right")]
    left = (
        f" Still open: {', '.join(still)}."
        if still
        else " All done: on to the next lesson."
    )
    return Said("note", f"{len(names) - len(still)} of {len(names)} are right.{left}")


def _read() -> dict:
    """What was kept; a file that somebody has damaged counts as empty."""
    with suppress(OSError, ValueError):
        kept = json.loads(Path(FILE).read_text(encoding="utf-8"))
        return (
            {k: v for k, v in kept.items() if isinstance(v, dict)}
            if type(kept) is dict
            else {}
        )
    return {}
