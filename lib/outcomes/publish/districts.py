"""The districts side by side on the index: a table that sorts, and a shaded map of the county.

Every value was found by the districts' own pages: rates and those of the others by their finding
:data:`COMPARED`, changes by :data:`CHANGED`. Nothing is computed anew here. Outlines are those of
the table ``district_outlines``; a collection without them has the table alone.
"""

import csv
import math
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

from outcomes.core import project
from outcomes.core.collection import collection
from outcomes.core.formatting import signed_percent

COMPARED = "positions"
"""The finding of a district's page whose table sets its rates beside those of the others."""
CHANGED = "crime-by-year"
"""The finding of a district's page whose value is the change on the year before, in percent."""
NEAR = 0.1
"""A rate within a tenth of the others' is shown as about the same."""
CLASSES = 4
WIDTH = 400  # of the map, in its own units


@dataclass(frozen=True)
class Cell:
    """A value as it is shown, with its direction as a sign and in words."""

    value: float
    shown: str
    sign: str
    said: str


@dataclass(frozen=True)
class Row:
    """A district: its page, a cell for each measure (None where it has none), and its change."""

    label: str
    path: str
    cells: list[Cell | None]
    change: Cell | None


@dataclass(frozen=True)
class Shape:
    """A district on the map: its outline as an SVG path, where its label stands, and its class."""

    row: Row
    cell: Cell
    path: str
    x: float
    y: float
    wide: bool
    shade: int


@dataclass(frozen=True)
class Comparison:
    """What the index shows of the districts."""

    measures: list[str]
    rows: list[Row]
    period: str
    change_period: str
    verdict: str
    change_verdict: str
    shapes: list[Shape]
    height: float
    legend: list[str]


def comparison(entries: list[dict]) -> Comparison | None:
    """The districts' pages side by side; None where fewer than two of them compare themselves."""
    found = [(e, {f["name"]: f for f in e["findings"]}) for e in entries]
    found = [(e, facts) for e, facts in found if facts.get(COMPARED, {}).get("table")]
    if len(found) < 2 or not collection.compared:
        return None
    rows = [
        Row(
            entry["label"],
            entry["path"],
            _cells(facts[COMPARED]["table"]),
            _change(facts.get(CHANGED, {})),
        )
        for entry, facts in found
    ]
    first = found[0][1]
    shades, legend = _shades(rows)
    shapes, height = _shapes(rows, shades)
    return Comparison(
        measures=collection.compared,
        rows=rows,
        period=first[COMPARED].get("period", ""),
        change_period=first.get(CHANGED, {}).get("period", ""),
        verdict=first[COMPARED]["verdict"],
        change_verdict=first.get(CHANGED, {}).get("verdict", ""),
        shapes=shapes,
        height=height,
        legend=legend,
    )


def _cells(table: dict) -> list[Cell | None]:
    """A cell for each measure of the collection, from a page's own table."""
    names = [column["key"] for column in table["columns"]]
    rows = (dict(zip(names, row, strict=True)) for row in table["rows"])
    known = {row["type"].partition(" (")[0]: row for row in rows}
    return [rated(known[m]) if m in known else None for m in collection.compared]


def rated(row: dict) -> Cell:
    """A rate beside that of the other districts.

    Examples
    --------
    >>> rated({"rate_per_1000": 7.32, "rate_elsewhere": 3.49})
    Cell(value=7.32, shown='7.3', sign='▲', said='higher than elsewhere (3.5)')
    """
    value, others = row["rate_per_1000"], row["rate_elsewhere"]
    sign, word = "●", "about as elsewhere"
    if value > others * (1 + NEAR):
        sign, word = "▲", "higher than elsewhere"
    elif value < others * (1 - NEAR):
        sign, word = "▼", "lower than elsewhere"
    return Cell(value, f"{value:.1f}", sign, f"{word} ({others:.1f})")


def _change(fact: dict) -> Cell | None:
    """The change on the year before: a direction only where its interval holds no zero."""
    value, lower, upper = (fact.get(key) for key in ("value", "lower", "upper"))
    if value is None or not fact["unit"].startswith("%"):
        return None
    sign, word = "●", "no clear change"
    if lower is not None and upper is not None and lower * upper > 0:
        sign, word = ("▲", "a rise") if value > 0 else ("▼", "a fall")
    return Cell(value, signed_percent(value / 100, 1), sign, word)


def _shades(rows: list[Row]) -> tuple[dict[str, int], list[str]]:
    """The class of each district by the first measure, 1 the lowest, and each class in words.

    Classes hold about as many districts each.
    """
    known = sorted((r.cells[0].value, r.label) for r in rows if r.cells[0])
    shades = {
        label: 1 + at * CLASSES // len(known) for at, (_, label) in enumerate(known)
    }
    legend = []
    for shade in sorted(set(shades.values())):
        values = [value for value, label in known if shades[label] == shade]
        legend.append(f"{values[0]:.1f} to {values[-1]:.1f}")
    return shades, legend


def _shapes(rows: list[Row], shades: dict[str, int]) -> tuple[list[Shape], float]:
    """The districts as shapes of a map ``WIDTH`` wide, and its height; none without outlines."""
    rings = _rings(project.data() / "clean")
    if not {row.label for row in rows} & set(rings):
        return [], 0
    points = [p for name in rings for ring in rings[name] for p in ring]
    north = math.radians(sum(lat for _, lat in points) / len(points))
    west, top = min(lon for lon, _ in points), max(lat for _, lat in points)
    scale = WIDTH / (max(lon for lon, _ in points) - west)
    down = scale / math.cos(north)
    height = (top - min(lat for _, lat in points)) * down
    shapes = []
    for row in rows:
        drawn = [
            [((lon - west) * scale, (top - lat) * down) for lon, lat in ring]
            for ring in rings.get(row.label, [])
        ]
        if not drawn or row.cells[0] is None:
            continue
        largest = max(drawn, key=len)
        x, y = _middle(largest)
        room = max(x for x, _ in largest) - min(x for x, _ in largest)
        path = "".join(
            "M" + "L".join(f"{x:.1f},{y:.1f}" for x, y in ring[:-1]) + "Z"
            for ring in drawn
        )
        wide = room > 7.5 * len(row.label)
        cell = row.cells[0]
        shapes.append(Shape(row, cell, path, x, y, wide, shades[row.label]))
    return shapes, height


def _rings(clean: Path) -> dict[str, list[list[tuple[float, float]]]]:
    """The outlines of each district by name: rings of points, in degrees."""
    if not (clean / "district_outlines.csv").is_file():
        return {}
    names = {row["district"]: row["name"] for row in _rows(clean / "districts.csv")}
    found: dict[str, dict[str, list]] = {}
    for row in _rows(clean / "district_outlines.csv"):
        ring = found.setdefault(names[row["district"]], {}).setdefault(row["ring"], [])
        ring.append((float(row["longitude"]), float(row["latitude"])))
    return {name: list(rings.values()) for name, rings in found.items()}


def _rows(path: Path) -> Iterable[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as lines:
        yield from csv.DictReader(lines)


def _middle(ring: list[tuple[float, float]]) -> tuple[float, float]:
    """The centre of gravity of the area within a closed ring."""
    area = x = y = 0.0
    for (x0, y0), (x1, y1) in pairwise(ring):
        part = x0 * y1 - x1 * y0
        area, x, y = area + part, x + (x0 + x1) * part, y + (y0 + y1) * part
    return x / (3 * area), y / (3 * area)
