"""What an attacker can work out of hidden counts from all that is shown beside them.

The attacker knows that counts are whole, that a hidden one is at least 1, and every sum that the
shown numbers let him find, whatever it is called: totals and subtotals of rows and of columns,
running totals, parts of a base. Whole-number programming (``scipy.optimize.milp``) then gives the
least and the greatest value that a hidden count can have. He also multiplies shares and rates by
whatever they may be of. A count is bounded *inside the threshold* when he knows more than that it
is small.
"""

import re
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from itertools import combinations
from typing import NamedTuple

import numpy as np

from outcomes.core.errors import Invalid

Place = int
UNSOLVED = (
    "the sums of this table do not agree, or hold a total among the parts, so it cannot be "
    "told whether a hidden count could be worked out: give each total its own table."
)
TOTAL = re.compile(
    r"\b(total|sub-?total|all|sum|overall|whole|altogether|both|together|combined|county|"
    r"lancashire|england|any|and)\b|[&+]",
    re.I,
)
_SURELY = re.compile(r"\btotal\b|^\W*(?:all|sum|overall|altogether)\b", re.I)
_BASE = re.compile(
    r"^(of|out of)\b|\b(all|asked|eligible|base|total|population|cohort|sample|seen|whole|offered"
    r"|invited|referred|at risk|pupils?|people|persons?|students?|children|respondents?"
    r"|participants?|households?)\b",
    re.I,
)
_RUNNING = re.compile(r"\b(cumul\w*|running|so far|to date)\b", re.I)
_PERIOD = re.compile(r"\d{4}|\b(19|20)\d\d\b")
_MOST = 1_000_000  # what the attacker takes to be more than any hidden count
_SUBSETS = 12  # rows: up to so many, every choice of parts of a named total is tried
_NUMBER = r"(?<![\w.,/–-])(?:\d{1,3}(?:,\d{3})+|\d+)(?:\.\d+)?(?![\d]|[.,]\d)"
"""A number as texts write it, that is no part of a day, a range or a name."""
_PERCENT = re.compile(rf"({_NUMBER})\s*(?:%|per ?cent\b|percent\b)", re.I)
_RATE = re.compile(
    rf"({_NUMBER})\b[^.;\d]{{0,40}}?\b(?:per|for every|in every)\s+({_NUMBER})", re.I
)
_ONE_IN = re.compile(
    rf"\b(?:1|one) in (?:every )?({_NUMBER})|({_NUMBER})(?:-fold| times)\b", re.I
)
_OF = re.compile(
    rf"({_NUMBER})[^.;\d]{{0,30}}?(?:\b(?:of|out of|from|among|in)\b|/)"
    rf"(?: (?:the|all|these|those|a|total))* ?({_NUMBER})",
    re.I,
)


class Sum(NamedTuple):
    """Cells that add up to another: the places of the parts, and that of the whole."""

    parts: Sequence[Place]
    whole: Place


class Known(NamedTuple):
    """What a hidden count can be, at the least and at the most."""

    least: int
    most: int

    def inside(self, threshold: float) -> bool:
        """Whether this says more of a small count than that it is small.

        >>> Known(1, 4).inside(5), Known(1, 3).inside(5), Known(2, 90).inside(5)
        (False, True, False)
        """
        small = self.least >= 1 and self.most < threshold
        return small and self.most - self.least < threshold - 2


def known(
    place: Place,
    sums: Iterable[Sum],
    shown: Mapping[Place, float],
    zero: Collection[Place] = (),
) -> Known:
    """What a hidden count can be, by all sums together; places in ``zero`` may hold none.

    Raises :class:`Invalid` when no counts fit the sums.

    >>> known(0, [Sum([0, 1], 2)], {2: 5})
    Known(least=1, most=4)
    """
    from scipy.optimize import Bounds, LinearConstraint, milp

    sums = list(sums)
    met = {p for line in sums for p in (*line.parts, line.whole)}
    hidden = sorted((met | {place}) - set(shown))
    at = {p: n for n, p in enumerate(hidden)}
    rows, sides = np.zeros((len(sums), len(hidden))), np.zeros(len(sums))
    for row, line in enumerate(sums):
        for p, sign in [*((p, 1) for p in line.parts), (line.whole, -1)]:
            if p in at:
                rows[row, at[p]] += sign
            else:
                sides[row] -= sign * shown[p]
    held = LinearConstraint(rows, sides, sides) if sums else ()
    least = np.array([0 if p in zero else 1 for p in hidden])
    ends = []
    for sign in (1, -1):
        goal = np.zeros(len(hidden))
        goal[at[place]] = sign
        best = milp(
            goal,
            constraints=held,
            integrality=np.ones(len(hidden)),
            bounds=Bounds(least, _MOST),
        )
        if best.x is None:
            raise Invalid(UNSOLVED)
        ends.append(round(best.x[at[place]]))
    return Known(*ends)


# ---------------------------------------------------------------- sums that the numbers show


def sums(
    values: np.ndarray, labels: Sequence[str], headings: Sequence[str]
) -> list[Sum]:
    """Every sum among the counts of a table (rows by columns, NaN where hidden) that they show.

    A cell's place is its number, row by row. Sums are taken from what agrees wherever it can be
    seen, and from words such as "total".

    >>> sums(np.array([[3.0], [8], [11]]), ["A", "B", "A and B"], ["n"])
    [Sum(parts=[0, 1], whole=2)]
    """
    height, width = values.shape
    found = [
        Sum([r * width + c for r in parts], whole * width + c)
        for parts, whole, c in _down(values, labels, across=False)
    ]
    found += [
        Sum([r * width + c for c in parts], r * width + whole)
        for parts, whole, r in _down(values.T, headings, across=True)
    ]
    for whole, part in _running(values, labels):
        found.append(Sum([part], whole))
        for row in range(1, height - bool(TOTAL.search(labels[-1]))):
            below = row * width
            parts = [below - width + whole, below + part]
            found.append(Sum(parts, below + whole))
    return found


def _running(values: np.ndarray, labels: Sequence[str]) -> Iterator[tuple[int, int]]:
    """Columns that hold the running total of another, with that other."""
    rows = values[:-1] if labels and TOTAL.search(labels[-1]) else values
    for whole, part in (
        (w, p) for w in range(rows.shape[1]) for p in range(rows.shape[1])
    ):
        steps = np.diff(rows[:, whole], prepend=0) - rows[:, part]
        told = steps[~np.isnan(steps)]
        if whole != part and len(rows) > 2 and len(told) > 1 and not told.any():
            yield whole, part


def _down(
    values: np.ndarray, names: Sequence[str], *, across: bool
) -> Iterator[tuple[tuple[int, ...], int, int]]:
    """Rows that add up to another row, each with a column in which they do."""
    seen = set()
    for parts, whole, named in _candidates(values, names, across):
        gap = values[list(parts)].sum(axis=0) - values[whole]
        told = ~np.isnan(gap)
        fits = told & np.isclose(gap, 0)
        whole_table = len(parts) == len(values) - 1
        if named or whole_table:
            taken = fits | (~told & (named or fits.any()))
        else:
            alike = told.any() and (fits == told).all()
            taken = np.full(len(gap), alike)
        for at in np.flatnonzero(taken):
            if (key := (parts, whole, int(at))) not in seen:
                seen.add(key)
                yield key


def _candidates(
    values: np.ndarray, names: Sequence[str], across: bool
) -> Iterator[tuple[tuple[int, ...], int, bool]]:
    """Parts, their possible whole, and whether words say that it is one."""
    many = len(values)
    totals = [n for n in range(many) if TOTAL.search(names[n])]
    for whole in range(many):
        others = tuple(n for n in range(many) if n != whole)
        plain = tuple(n for n in others if n not in totals)
        if plain and whole in totals:
            yield plain, whole, bool(_SURELY.search(names[whole]))
        if len(others) > 1:
            yield others, whole, False
        for end in range(whole - 1):  # a run above it
            yield tuple(range(end, whole)), whole, False
        for end in range(whole + 3, many + 1):  # a run below it
            yield tuple(range(whole + 1, end)), whole, False
        if whole in totals and many <= _SUBSETS:
            for size in range(2, many - 1):
                yield from ((c, whole, False) for c in combinations(others, size))
        if across and values.shape[1] > 1:
            yield from ((c, whole, False) for c in combinations(others, 2))
            yield from (((n,), whole, False) for n in others if n < whole)


def implied(
    values: np.ndarray, headings: Sequence[str]
) -> tuple[list[Sum], dict[Place, float]]:
    """Counts that nobody shows and a reader takes away: the rest of a base, the steps of a running
    total. Their sums, with the places beyond those of the table, and their values.
    """
    height, width = values.shape
    found, made = [], {}

    def add(part: Place, whole: Place, value: float) -> None:
        made[place := height * width + len(made)] = value
        found.append(Sum([part, place], whole))

    pairs = [(a, b) for a in range(width) for b in range(width) if a != b]
    for a, b in pairs:
        base = _BASE.search(headings[b]) and not _PERIOD.search(headings[b])
        if base and (values[:, a] <= values[:, b]).all():
            for row in range(height):
                rest = values[row, b] - values[row, a]
                add(row * width + a, row * width + b, rest)
    for c in range(width):
        steps = np.diff(values[:, c])
        if _RUNNING.search(headings[c]) and (steps >= 0).all():
            for row, step in enumerate(steps):
                add(row * width + c, (row + 1) * width + c, step)
    return found, made


# ---------------------------------------------------------------- shares, rates and words


def number(text: str) -> float:
    """A number as texts write it."""
    return float(text.replace(",", ""))


def numbers(text: str) -> set[float]:
    """The numbers of a text.

    >>> sorted(numbers("1,200 arrests in 2024-25, 3.5 a day"))
    [3.5, 1200.0, 2024.0]
    """
    return {number(found) for found in re.findall(_NUMBER, text)}


def _interval(text: str) -> tuple[float, float]:
    """What a printed number can have been before it was rounded."""
    half = 0.5 * 10.0 ** -len(text.partition(".")[2])
    return number(text) - half, number(text) + half


def small_counts_told(
    text: str, bases: Iterable[float], threshold: float
) -> dict[str, set[int]]:
    """Small counts that shares, rates and "a of b" in a text give away, by the words that do.

    ``bases`` are numbers shown elsewhere that a share or a rate may be of.

    >>> small_counts_told("6.7% of 45 pupils", [], 5), small_counts_told("42 of 45", [], 5)
    ({'6.7%': {3}}, {'42 of 45': {3}})
    """
    bases = {b for b in {*bases, *numbers(text)} if b >= threshold}
    found: dict[str, set[int]] = {}
    for said, low, high, base in _parts_told(text, {b for b in bases if b % 1 == 0}):
        for least, most in ((low, high), (base - high, base - low)):
            if few := _few(least, most, threshold):
                found.setdefault(said, set()).update(few)
    return found


def _parts_told(
    text: str, bases: set[float]
) -> Iterator[tuple[str, float, float, float]]:
    """Words of a text that say how large a part of a base is: its least, its most, the base."""
    for said in _PERCENT.finditer(text):
        low, high = _interval(said[1])
        yield from ((said[0], low * b / 100, high * b / 100, b) for b in bases)
    for said in _ONE_IN.finditer(text):
        many = said[1] or said[2]
        low, high = _interval(many)
        others = bases - {number(many)}
        yield from ((said[0], b / high, b / max(low, 0.5), b) for b in others)
    for said in _RATE.finditer(text):
        (low, high), per = _interval(said[1]), number(said[2])
        others = bases - {per}
        yield from ((said[0], low * b / per, high * b / per, np.inf) for b in others)
    for said in _OF.finditer(text):
        part, whole = number(said[1]), number(said[2])
        years = all(1900 <= n <= 2100 for n in (part, whole))
        if part % 1 == whole % 1 == 0 and part <= whole and not years:
            yield said[0], part, part, whole


def _few(low: float, high: float, threshold: float) -> set[int]:
    """The small counts of an interval that holds nothing but some of them."""
    if not np.isfinite([low, high]).all():
        return set()
    found = Known(int(np.ceil(low - 1e-9)), int(np.floor(high + 1e-9)))
    said = found.least <= found.most and found.inside(threshold)
    return set(range(found.least, found.most + 1)) if said else set()
