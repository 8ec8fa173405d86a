"""What a page, or two releases of it, tell of the counts that its findings hide.

An attacker (:mod:`outcomes.data.recovery`) is given what the publisher has: the findings of a page
as they are recorded, and those of the release before. He takes every row or column that words or
numbers make a total, multiplies shares and rates by what they may be of, and takes counts that both
releases hold as unchanged. Where he learns more of a hidden count than that it is small, the page
is refused.
"""

import csv
import io
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from outcomes.core.errors import Invalid
from outcomes.data import disclosure, recovery
from outcomes.data.disclosure import THRESHOLD
from outcomes.findings.verdicts import NO_LIMIT
from outcomes.publish import csv_files

_HIDDEN = re.compile(r"\[c\]|c|\*|<\s*\d+|suppressed|withheld|confidential", re.I)
"""What authors write for a count that they hide, beside the mark of the house."""
_TEXTS = ("sentence", "detail", "alt", "caption", "test")
_CONFIDENCE = (0.9, 0.95, 0.99)


class Table(NamedTuple):
    """The counts of a finding's table, NaN where hidden, and which cells are."""

    rows: list[str]
    columns: list[str]
    values: np.ndarray
    hidden: np.ndarray
    others: dict[str, list]

    def cell(self, place: int) -> str:
        """What a cell is called."""
        row, column = divmod(place, len(self.columns))
        return f"{self.rows[row]}, {self.columns[column]}".strip(", ")


def reasons(facts: list[dict], before: list[dict]) -> Iterator[str]:
    """Why the findings of a page may not be shown, each a sentence; none when they may."""
    earlier = {fact["name"]: fact for fact in before}
    for fact in facts:
        table, was = table_of(fact), earlier.get(fact["name"], {})
        held = [c for row in (was.get("table") or {"rows": []})["rows"] for c in row]
        if table is None and not any(map(_is_hidden, held)):
            continue
        others = [f for f in facts if f is not fact and _shares_source(f, fact)]
        try:
            said = _first(fact, table, others, was)
        except Invalid as error:
            said = str(error).rstrip(".")
        if said:
            yield f"finding {fact['name']!r} hides a small count, and {said}."


def with_tables(entry: dict | None, release: Path | None) -> list[dict]:
    """The findings of a page in a release, with what their CSV files hold as their tables."""
    found: list[dict] = []
    if entry is None or release is None:
        return []
    for fact in entry["findings"]:
        file = release / entry["handle"] / f"{fact['name']}.csv"
        text = file.read_text(encoding="utf-8-sig") if file.is_file() else ""
        found.append({**fact, "table": _read(text)})
    return found


def _read(text: str) -> dict | None:
    """The table in a finding's CSV file, without what the file says of its source."""
    heads, *rows = list(csv.reader(io.StringIO(text))) or [[]]
    kept = [at for at, head in enumerate(heads) if head != "source"]
    columns = [{"key": heads[at]} for at in kept]
    held = [[_cell(row[at]) for at in kept] for row in rows if len(row) == len(heads)]
    return {"columns": columns, "rows": held} if held else None


def _cell(text: str) -> str | float | None:
    try:
        return float(text)
    except ValueError:
        return text or None


def _first(fact: dict, table: Table | None, others: list[dict], was: dict) -> str:
    """The first way in which a hidden count of a finding is told; "" when there is none."""
    ways: list[Iterator[str]] = []
    if table is not None:
        ways = [_by_sums(table), _by_shares(table), _by_words(fact, table)]
        ways += [_by_limits(fact), _by_other_findings(table, others)]
    if was.get("table") and fact.get("table") and was["period"] == fact["period"]:
        now = fact
        if "label" in fact["table"]["columns"][0]:  # not from a file yet
            text = csv_files.finding_csv(fact).removeprefix(csv_files.MARK)
            now = fact | {"table": _read(text)}
        ways.append(_by_releases(was, now))
    return next((said for way in ways for said in way), "")


def table_of(fact: dict) -> Table | None:
    """The counts of a finding's table; None when nothing is hidden in it."""
    made = fact.get("table") or {"columns": [], "rows": []}
    rows = ([None if c == NO_LIMIT else c for c in row] for row in made["rows"])
    cells = list(zip(*rows, strict=True)) or [()] * len(made["columns"])
    heads = [c["key"] for c in made["columns"]]
    counts = {
        head: column
        for head, column in zip(heads, cells, strict=True)
        if any(map(_is_hidden, column))
        and all(_is_number(c) or _is_hidden(c) or c is None for c in column)
        and (any(map(_is_number, column)) or len(column) == 1)
    }
    if not counts:
        return None
    for head, column in zip(heads, cells, strict=True):
        if head not in counts and all(_is_whole(c) for c in column):
            counts[head] = column
    others = {h: list(c) for h, c in zip(heads, cells, strict=True) if h not in counts}
    labels = [c for c in others.values() if not any(map(_is_number, c))]
    rows = [" ".join(map(str, row)) for row in zip(*labels, strict=True)]
    held = np.array(list(counts.values()), dtype=object).T
    hidden = np.array([[_is_hidden(c) for c in row] for row in held])
    values = np.where(hidden, np.nan, held).astype(float)  # None is NaN too
    rows = rows or [str(n + 1) for n in range(len(values))]
    return Table(rows, list(counts), values, hidden, others)


def _is_hidden(cell: Any) -> bool:
    return isinstance(cell, str) and bool(_HIDDEN.fullmatch(cell.strip()))


def _is_number(cell: Any) -> bool:
    return isinstance(cell, int | float) and not isinstance(cell, bool)


def _is_whole(cell: Any) -> bool:
    return _is_number(cell) and cell % 1 == 0 and cell >= 0


def _by_sums(table: Table) -> Iterator[str]:
    """What the table's own sums tell."""
    sums = recovery.sums(table.values, table.rows, table.columns)
    yield from _bounded(table, sums, _shown(table))
    for at in range(len(table.columns)):
        for row, n in enumerate(table.values[:, at]):
            others = table.values[np.arange(len(table.rows)) != row, at]
            if _leaves_few(n, others, np.isnan(others).sum()):
                yield f"{table.rows[row]} tells it, as a total"


def _leaves_few(whole: float, parts: np.ndarray, hidden: int) -> bool:
    """Whether a number, taken as the total of some counts, leaves little for what is hidden."""
    most = whole - np.nansum(parts) - (hidden - 1)
    some = hidden > 0 and np.nansum(parts) > 0
    return bool(some and 1 <= most < THRESHOLD - (hidden > 1))


def _shown(table: Table) -> dict[int, float]:
    cells = enumerate(table.values.ravel())
    return {place: n for place, n in cells if n == n}


def _bounded(
    table: Table, sums: list[recovery.Sum], shown: dict[int, float]
) -> Iterator[str]:
    for place in np.flatnonzero(table.hidden.ravel()):
        lines = disclosure.connected(int(place), sums, shown)
        if lines and (found := recovery.known(int(place), lines, shown)).inside(
            THRESHOLD
        ):
            ends = f"{found.least:.0f}" + f" to {found.most:.0f}" * (
                found.least < found.most
            )
            yield f"its sums tell that it is {ends} ({table.cell(int(place))})"


def _by_shares(table: Table) -> Iterator[str]:
    """What a share or a rate in a row tells, by how it goes with the count in other rows."""
    numbers = {
        head: np.array([c if _is_number(c) else np.nan for c in column], dtype=float)
        for head, column in table.others.items()
        if any(map(_is_number, column))
    }
    whole = np.logical_not(table.hidden.any(axis=0)).tolist()
    numbers |= {h: table.values[:, b] for b, h in enumerate(table.columns) if whole[b]}
    for at, head in enumerate(table.columns):
        counts, hidden = table.values[:, at], table.hidden[:, at]
        bases = [np.ones(len(counts))]
        bases += [table.values[:, b] for b in range(len(table.columns)) if b != at]
        for name, shares in numbers.items():
            for base in bases:
                with np.errstate(divide="ignore", invalid="ignore"):
                    scale = counts / (shares * base)
                told = scale[np.isfinite(scale) & (scale > 0)]
                if not len(told) or np.ptp(told) > 0.02 * told.mean():
                    continue
                implied = told.mean() * (shares * base)[hidden]
                near = np.abs(implied - np.round(implied)) < 0.05
                if (near & (implied > 0.5) & (implied < THRESHOLD - 0.5)).any():
                    yield f"the column {name!r} tells it beside {head!r}"


def _by_words(fact: dict, table: Table) -> Iterator[str]:
    """What the sentence and the other texts tell beside the table."""
    said = " | ".join([*(fact.get(k, "") for k in _TEXTS), *fact["caveats"]])
    found = recovery.small_counts_told(said, _shown(table).values(), THRESHOLD)
    yield from (f"{words!r} in its words tells it" for words in found)
    yield from _as_total(table, recovery.numbers(said), "in its words")


def _as_total(table: Table, numbers: set[float], where: str) -> Iterator[str]:
    """Which of some numbers, taken as the total of a column, leaves little for what is hidden."""
    for at, head in enumerate(table.columns):
        column, hidden = table.values[:, at], table.hidden[:, at].sum()
        seen = set(column[~np.isnan(column)])
        totals = [bool(recovery.TOTAL.search(row)) for row in table.rows]
        for n in sorted(numbers - seen):
            if n % 1 == 0 and _leaves_few(n, column[~np.array(totals)], hidden):
                yield f"{n:,.0f} {where} tells it, as the total of {head!r}"


def _by_limits(fact: dict) -> Iterator[str]:
    """Limits of a Poisson count beside no value: they belong to one count alone."""
    from scipy.stats import chi2

    lower, upper = fact.get("lower"), fact.get("upper")
    if fact.get("value") is not None or lower is None or upper is None:
        return
    for n in range(1, THRESHOLD):
        for level in _CONFIDENCE:
            tail = (1 - level) / 2
            limits = chi2.ppf(tail, 2 * n) / 2, chi2.ppf(1 - tail, 2 * n + 2) / 2
            if np.allclose(limits, (lower, upper), rtol=0.02):
                yield "its limits tell it"


def _by_other_findings(table: Table, others: list[dict]) -> Iterator[str]:
    """What another finding on the same source tells, as a total of this one's columns."""
    for other in others:
        numbers = recovery.numbers(other["sentence"]) | ({other["value"]} - {None})
        for row in (other.get("table") or {"rows": []})["rows"]:
            if any(isinstance(c, str) and recovery.TOTAL.search(c) for c in row):
                numbers |= set(filter(_is_whole, row))
        yield from _as_total(table, numbers, f"in finding {other['name']!r}")
        said = " | ".join(other.get(k, "") for k in _TEXTS)
        told = recovery.small_counts_told(said, _shown(table).values(), THRESHOLD)
        yield from (f"{w!r} in finding {other['name']!r} tells it" for w in told)


def _shares_source(one: dict, other: dict) -> bool:
    cited = [{(s["publisher"], s["title"]) for s in f["sources"]} for f in (one, other)]
    return bool(cited[0] & cited[1])


def _by_releases(was: dict, now: dict) -> Iterator[str]:
    """What the finding of the release before tells beside this one, in both directions."""
    for told, by, where in (
        (now, was, "the release before"),
        (was, now, "this release"),
    ):
        table = table_of(told)
        if table is None:
            continue
        others = _cells(by)
        shown, sums = (
            _shown(table),
            recovery.sums(table.values, table.rows, table.columns),
        )
        if not sums:
            continue
        steady = {
            int(place): others[key]
            for place in np.flatnonzero(table.hidden.ravel())
            if (key := _key(table, int(place))) in others
        }
        for place in map(int, np.flatnonzero(table.hidden.ravel())):
            known = shown | {p: n for p, n in steady.items() if p != place}
            lines = disclosure.connected(place, sums, known)
            with_it = {p for line in lines for p in (*line.parts, line.whole)} & {
                *steady
            }
            if not with_it - {place}:
                continue
            try:
                found = recovery.known(place, lines, known)
            except Invalid:  # something else has changed too: nothing can be told
                continue
            if found.inside(THRESHOLD):
                yield (
                    f"{where} tells it ({table.cell(place)}), as it shows what this table hides: "
                    "hide it with outcomes.suppress(…, earlier=)"
                )


def _key(table: Table, place: int) -> tuple[str, str]:
    row, column = divmod(place, len(table.columns))
    return table.rows[row], table.columns[column]


def _cells(fact: dict) -> dict[tuple[str, str], float]:
    """The whole numbers that a finding's table shows, by row and column."""
    made = fact.get("table") or {"columns": [], "rows": []}
    heads = [c["key"] for c in made["columns"]]
    found = {}
    for row in made["rows"]:
        label = " ".join(str(c) for c in row if not _is_number(c) and not _is_hidden(c))
        found |= {
            (label, h): c for h, c in zip(heads, row, strict=True) if _is_whole(c)
        }
    return found
