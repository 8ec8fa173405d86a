"""``make licences``: the licence of every package of the lock, in ``docs/licences.csv``.

As each package states it, and whether pages need it. A package of another system, which is not
installed here, keeps the line that it had.
"""

import csv
import re
from importlib import metadata
from pathlib import Path

from outcomes.publish import sbom

ROOT = Path(__file__).parents[1]
LIST = ROOT / "docs" / "licences.csv"
COLUMNS = ["package", "licence", "needed_for"]
_LONG = 60  # letters: a longer one is the licence's text, not its name


def names(lock: str) -> list[str]:
    """The packages of a lock, in order."""
    return [pin.name for pin in sbom.pins((ROOT / lock).read_text(encoding="utf-8"))]


def licence(package: str) -> str:
    """What a package that is installed says of its licence; "" where it is not installed."""
    try:
        said = metadata.metadata(package)
    except metadata.PackageNotFoundError:
        return ""
    kinds = [c for c in said.get_all("Classifier", []) if c.startswith("License ::")]
    named = [c.rpartition(" :: ")[2] for c in kinds]
    short = [said.get(k) for k in ("License-Expression", "License")]
    held = [
        s for s in short if s and len(s) <= _LONG and s.isprintable() and s != "UNKNOWN"
    ]
    return (held or named or ["not stated"])[0]


def known() -> dict[str, str]:
    """The licences as they are listed now."""
    if not LIST.is_file():
        return {}
    with LIST.open(encoding="utf-8", newline="") as file:
        return {row["package"]: row["licence"] for row in csv.DictReader(file)}


def rows() -> list[list[str]]:
    """A row for every package of the lock."""
    before, pages = known(), set(names("reports.lock"))
    return [
        [
            name,
            licence(name) or before.get(name, "not installed where this was listed"),
            "pages" if name in pages else "work",
        ]
        for name in sorted(
            {re.sub(r"[-_.]+", "-", n) for n in names("requirements.lock")}
        )
    ]


if __name__ == "__main__":
    with LIST.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file, lineterminator="\n").writerows([COLUMNS, *rows()])
    print(f"{LIST.name}: {len(rows())} packages.")
