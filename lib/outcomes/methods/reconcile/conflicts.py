"""Which figures contradict each other, and what each would have to be were the others right.

Statements of one period that differ (a figure and its revision) span the gap between them. Of
figures over different periods that cannot all hold, one at least is wrong, but which is unknown:
bounds are those of every smallest choice of figures to leave out, together (the hitting sets of
Reiter 1987, *Artificial Intelligence* 32:57). So they hold the truth when any one figure is wrong.

A smallest set of figures that cannot all hold is found by an elastic programme and a deletion
filter (Chinneck 2008, *Feasibility and Infeasibility in Optimization*, chapter 6).
"""

from typing import NamedTuple

import numpy as np
import pandas as pd

from outcomes.core.formatting import exact, period, qualified
from outcomes.methods.reconcile.model import Inequality, Model, Range

MOST = 200
"""Choices of wrong figures that are tried one by one, and rounds of looking for contradictions."""


class Contradiction(NamedTuple):
    """Figures that cannot all be right.

    ``members`` are dicts of figure, value, qualifier, start, end, area, and lower and upper: what
    the figure would have to be were the others right.
    """

    figures: list
    members: list[dict]
    sentence: str


class Conflicts(NamedTuple):
    """The contradictions, bounds over every choice of wrong figures, and one model in which all
    figures agree, because every member of a contradiction is loosened as far as it would need."""

    contradictions: list[Contradiction]
    alternatives: "Alternatives"
    loosened: Model


class Settled(NamedTuple):
    """A model in which statements of one period agree, and the contradictions among them."""

    model: Model
    contradictions: list[Contradiction]


def find_conflicts(model: Model, constraints: pd.DataFrame) -> Conflicts:
    """Name the sets of figures that contradict each other, one set after another."""
    base, found = _settle_single_periods(model, constraints)
    loosened, sets = base, []
    for _ in range(MOST):
        culprits = smallest_conflict(loosened)
        if not culprits:
            break
        needs = {s: _needed_range(loosened, s, culprits) for s in culprits}
        found.append(_describe(culprits, needs, constraints))
        sets.append(_statements(culprits))
        moved = {
            s: s._replace(limit=(need.lower if s.sign > 0 else need.upper).value)
            for s, need in needs.items()
        }
        loosened = loosened.with_inequalities(
            moved.get(s, s) for s in loosened.inequalities
        )
    return Conflicts(found, Alternatives(base, sets), loosened)


class Alternatives:
    """Bounds of a period over every smallest choice of figures that could be the wrong ones.

    Sets that share no figure are chosen from apart, and every combination is tried; where there are
    too many of these, no figure of any set is believed.
    """

    def __init__(self, base: Model, sets: list[frozenset]):
        self.base = base
        self.choices = hitting_sets(sets)
        self._models: dict[frozenset, Model] = {}
        for _ in range(MOST if sets else 0):
            left = map(smallest_conflict, map(self._without, self.choices))
            more = next(filter(None, left), None)
            if not more:
                break
            sets = [*sets, _statements(more)]
            self.choices = hitting_sets(sets)

    def range(self, first: int, stop: int) -> Range:
        """Least and most over days [first, stop), each with the figures that say so."""
        widest = self._without(frozenset().union(*self.choices)).range(first, stop)
        lower = upper = None
        for choice in self.choices:
            if (
                lower
                and upper
                and (lower.value, upper.value)
                == (
                    widest.lower.value,
                    widest.upper.value,
                )
            ):
                break
            found = self._without(choice).range(first, stop)
            if lower is None or found.lower.value < lower.value:
                lower = found.lower
            if upper is None or found.upper.value > upper.value:
                upper = found.upper
        return Range(lower or widest.lower, upper or widest.upper)

    def _without(self, wrong: frozenset) -> Model:
        if wrong not in self._models:
            kept = [s for s in self.base.inequalities if s.figures not in wrong]
            self._models[wrong] = self.base.with_inequalities(kept)
        return self._models[wrong]


def hitting_sets(sets: list[frozenset]) -> list[frozenset]:
    """Every smallest way to leave out a member of each set.

    >>> [sorted(found) for found in hitting_sets([frozenset("ab"), frozenset("bc")])]
    [['a', 'c'], ['b']]
    """
    found = {frozenset()}
    for one in sets:
        found = {w if w & one else w | {f} for w in found for f in one}
        found = {w for w in found if not any(v < w for v in found)}
        if len(found) > MOST:
            return [frozenset().union(*sets)]
    return sorted(found, key=sorted)


def smallest_conflict(model: Model) -> list[Inequality]:
    """Inequalities that cannot all hold, none of which can be spared; empty when all can hold."""
    if model.breach is None:
        return []
    kept = model.priced(model.breach)
    for inequality in list(kept):
        rest = [s for s in kept if s is not inequality]
        if model.with_inequalities(rest).breach is not None:
            kept = rest
    return kept


def _statements(inequalities: list[Inequality]) -> frozenset:
    """The figures behind inequalities, those that state the same together."""
    return frozenset(s.figures for s in inequalities)


def _needed_range(
    model: Model, inequality: Inequality, culprits: list[Inequality]
) -> Range:
    """The range that a figure's total has when the other figures of its set are right."""
    own = set(inequality.figures)
    others = {f for s in culprits for f in s.figures} - own
    theirs = [
        s for s in model.inequalities if set(s.figures) & others and s != inequality
    ]
    alone = model.with_inequalities(theirs)
    if alone.breach is not None:
        alone = model.with_inequalities(s for s in culprits if s is not inequality)
    return alone.area_range(inequality.area, inequality.i, inequality.j)


def _settle_single_periods(model: Model, constraints: pd.DataFrame) -> Settled:
    """Different statements of one period: name neighbouring pairs, and let them span the gap."""
    spans: dict[tuple, list[Inequality]] = {}
    for s in model.inequalities:
        spans.setdefault((s.area, s.i, s.j), []).append(s)
    found, changed = [], {}
    for stated in spans.values():
        floors = sorted((s for s in stated if s.sign < 0), key=lambda s: s.limit)
        ceilings = sorted((s for s in stated if s.sign > 0), key=lambda s: s.limit)
        if not floors or not ceilings or floors[-1].limit <= ceilings[0].limit:
            continue
        # A ceiling and the nearest floor above it, climbing until nothing is left above.
        height = -np.inf
        for ceiling in ceilings:
            above = [s for s in floors if s.limit > max(ceiling.limit, height)]
            if ceiling.limit >= height and above:
                pair = [ceiling, above[0]]
                needs = {s: _needed_range(model, s, pair) for s in pair}
                found.append(_describe(pair, needs, constraints))
                height = above[0].limit
        highest = max(ceilings[-1].limit, floors[-1].limit)
        changed |= {s: s._replace(limit=floors[0].limit) for s in floors}
        changed |= {s: s._replace(limit=highest) for s in ceilings}
    settled = (changed.get(s, s) for s in model.inequalities)
    return Settled(model.with_inequalities(settled), found)


def _describe(
    culprits: list[Inequality],
    needs: dict[Inequality, Range],
    constraints: pd.DataFrame,
) -> Contradiction:
    """A contradiction as facts and as a sentence; figures in the order they were given."""
    lower: dict = {}
    upper: dict = {}
    for inequality in culprits:
        need = needs[inequality]
        for figure in inequality.figures:
            lower[figure] = max(lower.get(figure, 0.0), need.lower.value)
            upper[figure] = min(upper.get(figure, np.inf), need.upper.value)
    rows = constraints[constraints["figure"].isin(list(lower))]
    rows = rows.drop_duplicates("figure")
    rows = rows.assign(
        start=pd.to_datetime(rows["start"], unit="D"),
        end=pd.to_datetime(rows["stop"] - 1, unit="D"),
        lower=rows["figure"].map(lower),
        upper=rows["figure"].map(upper),
    )
    columns = ["figure", "value", "qualifier", "start", "end", "area", "lower", "upper"]
    members = rows[columns].to_dict("records")
    said = {(m["value"], m["qualifier"], m["start"], m["end"]): m for m in members}
    parts = [
        f"{qualified(m['value'], m['qualifier'], _amount)} for "
        f"{period(m['start'], m['end'])} (it would have to be {_would_be(m)})"
        for m in said.values()
    ]
    sentence = f"These figures cannot all be right: {'; '.join(parts)}."
    return Contradiction(rows["figure"].tolist(), members, sentence)


def _would_be(member: dict) -> str:
    low, high = member["lower"], member["upper"]
    if not np.isfinite(high):
        return f"at least {_amount(low)}"
    if abs(high - low) <= 1e-6 * max(1, abs(high)):
        return _amount((low + high) / 2)
    if low <= 0:
        return f"at most {_amount(high)}"
    return f"{_amount(low)} to {_amount(high)}"


def _amount(value: float) -> str:
    """Thousands with commas; halves only where they say something, which is not in millions."""
    return exact(value, 0 if abs(value) >= 10_000 else 6)
