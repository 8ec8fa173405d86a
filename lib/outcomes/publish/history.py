"""The releases so far: which one is shown, how old it is, and what in it needs looking at."""

import re
import time
from calendar import timegm
from pathlib import Path

from outcomes.data.errors import Invalid
from outcomes.publish import index, site

_HOURS = {"h": 1, "d": 24, "w": 168}


def status(out: Path, max_age: str = "") -> tuple[list[str], bool]:
    """What to say of the site in ``out``, and whether all is well.

    All is well when a release is shown, no page of it is failing, and it is not older than
    ``max_age`` ("35d", "12h", "6w"; "" for any age), judged by the clock.
    """
    limit = _hours(max_age) if max_age else float("inf")
    shown = site.latest(out)
    if shown is None:
        return [f"No release is shown in {out}."], False
    record = site.manifest(shown)
    made = timegm(time.strptime(record["release"][:16], "%Y%m%dT%H%M%SZ"))
    age = (time.time() - made) / 3600
    failing = [e for e in record["pages"] if e["state"] in ("kept", "failed")]
    lines = [f"Release {record['release']}, {age / 24:.1f} days old, {len(record['pages'])} pages."]
    if age > limit:
        lines.append(f"It is older than {max_age}.")
    for entry in failing:
        lines.append(f"{entry['handle']}  {entry['state']}  {index.reason(entry['error'])}")
    return lines, not failing and age <= limit


def _hours(text: str) -> float:
    found = re.fullmatch(r"(\d+)([hdw])", text)
    if not found:
        raise Invalid(f"--max-age {text!r} is not understood; write it as 35d, 12h or 6w.")
    return int(found[1]) * _HOURS[found[2]]
