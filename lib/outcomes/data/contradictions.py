"""Published counts that cannot all be right.

One fact told in two ways, a part above its whole, or parts that do not overlap above the whole they
lie in. A series that a publisher has revised is left out: its figures differ by their day.
"""

import math
from bisect import bisect_left
from collections.abc import Iterator
from typing import NamedTuple

import pandas as pd

from outcomes.core import formatting
from outcomes.data.rounding import limits


class Contradiction(NamedTuple):
    """Counts that cannot all be right: in words, where they belong, and the pages."""

    said: str
    of: dict[str, str]
    """Programme, measure and area."""
    sources: tuple[str, ...]


def find(figures: pd.DataFrame, measures: pd.DataFrame) -> Iterator[Contradiction]:
    """The contradictions of published figures, by programme, measure and area.

    ``figures`` and ``measures`` are the tables of those names, with days as datetime64.

    >>> from outcomes.data import tables
    >>> found = find(tables.read("figures"), tables.read("measures"))
    >>> next(found).said.startswith("Published figures of ")
    True
    """
    known = measures.set_index("measure")
    groups: dict[tuple, list[Count]] = {}
    for count in _counts(figures, known["whole"].astype(str).str.lower()):
        groups.setdefault(tuple(count.of.values()), []).append(count)
    for (_, measure, _), counts in sorted(groups.items(), key=lambda group: group[0]):
        values: dict[tuple, set] = {}
        for count in counts:
            values.setdefault((count.fact, count.publisher), set()).add(count.value)
        if any(len(given) > 1 for given in values.values()):
            continue  # a publisher has revised the series
        where = f"{known['name'][measure]} in {counts[0].place}"
        for told, sources in [*two_ways(counts), *too_much(counts)]:
            said = f"Published figures of {where} contradict: {told}."
            yield Contradiction(said, counts[0].of, sources)


class Count(NamedTuple):
    """A dated count as published, with the least and most that it allows."""

    of: dict
    place: str
    fact: str
    start: pd.Timestamp
    end: pd.Timestamp
    low: float
    high: float
    value: float
    qualifier: str
    publisher: str
    source: str

    def __str__(self) -> str:
        figure = formatting.qualified(self.value, self.qualifier, formatting.exact)
        return f"{figure} ({self.publisher})"

    @property
    def period(self) -> str:
        return f"{formatting.date(self.start)} to {formatting.date(self.end)}"


def _counts(frame: pd.DataFrame, whole: pd.Series) -> Iterator[Count]:
    keep = frame["measure"].map(whole).eq("true") & frame["basis"].eq("published")
    keep &= frame["period_state"].isin(["stated", "inferred"]) & frame["unit"].ne("%")
    keep &= frame["period_start"].notna() & frame["period_end"].notna()
    for row in frame[keep].itertuples():
        of = {"programme": row.programme, "measure": row.measure, "area": row.area}
        period = (row.period_start, row.period_end)
        told = (row.value, row.qualifier, row.publisher, row.source)
        ends = limits(row.value, row.qualifier, row.unit)
        yield Count(of, row.area_name, row.fact, *period, *ends, *told)


def two_ways(counts: list[Count]) -> Iterator[tuple[str, tuple[str, ...]]]:
    """Facts told in two ways that no rounding allows: what is said, and the pages that say it."""
    for fact in dict.fromkeys(count.fact for count in counts):
        same = [count for count in counts if count.fact == fact]
        low = max(same, key=lambda count: count.low)
        high = min(same, key=lambda count: count.high)
        if low.low > high.high:
            yield f"{low} and {high}, both for {low.period}", (low.source, high.source)


def too_much(counts: list[Count]) -> Iterator[tuple[str, tuple[str, ...]]]:
    """Parts above the whole they lie in: what is said, and the pages that say it."""
    for whole in (count for count in counts if count.high < math.inf):
        inside = [c for c in counts if whole.start <= c.start and c.end <= whole.end]
        least, parts = _most([c for c in inside if c.fact != whole.fact])
        if least > whole.high:
            kind = f"{len(parts)} parts that do not overlap"
            if len(parts) == 1:
                kind = "one part"
            said = (
                f"{whole} for {whole.period}, and at least {formatting.exact(least)} in "
                f"{kind} of it"
            )
            yield said, (whole.source, *(part.source for part in parts))


def _most(counts: list[Count]) -> tuple[float, list[Count]]:
    """The largest sum of least values over periods that do not overlap, and these periods."""
    counts = sorted(counts, key=lambda count: (count.end, count.start, count.low))
    ends = [count.end for count in counts]
    best: list[tuple[float, list[Count]]] = [(0.0, [])]
    for number, count in enumerate(counts):
        total, parts = best[bisect_left(ends, count.start, 0, number)]
        best.append(
            max(
                best[-1], (total + count.low, [*parts, count]), key=lambda pair: pair[0]
            )
        )
    return best[-1]
