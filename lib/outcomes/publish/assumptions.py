"""What a page takes for granted: the assumptions of ``docs/assumptions.csv`` that concern it."""

import csv
from pathlib import Path

from outcomes.publish import render

_BORNE = {
    "high": "well borne out",
    "medium": "likely, and partly checked",
    "low": "not checkable",
}
_WRONG = {
    "high": "a headline",
    "medium": "an interval or a comparison",
    "low": "a detail",
}


def told(folder: Path, notebook: str) -> str:
    """The assumptions that name a notebook, as HTML; "" when none does.

    ``folder`` is that of the plan.
    """
    file = folder / "docs" / "assumptions.csv"
    if not file.is_file():
        return ""
    with file.open(encoding="utf-8", newline="") as lines:
        used = f"notebooks/{notebook}.ipynb"
        rows = [
            row
            for row in csv.DictReader(lines)
            if used in row["where_used"].split("; ")
        ]
    return render.slot("assumed", rows, _BORNE, _WRONG) if rows else ""
