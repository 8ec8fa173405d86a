"""Which figures contradict each other, and what each would have to be were the others right.

Statements of one period that differ (a figure and its revision) span the gap between them. Of
figures over different periods that cannot all hold, one at least is wrong, but which is unknown:
bounds are those of every smallest choice of figures to leave out, together (the hitting sets of
Reiter 1987, *Artificial Intelligence* 32:57). So they hold the truth when any one figure is wrong.
"""

from typing import NamedTuple

import numpy as np
import pandas as pd

from outcomes.core.formatting import exact, period, qualified
from outcomes.methods.reconcile.model import Programme, Side

_ROUNDS = 200


class Settled(NamedTuple):
    """The contradictions, bounds over every culprit, and one programme in which all agree."""

    contradictions: list[dict]
    blame: "Blame"
    loosened: Programme


def settle(programme: Programme, stated: pd.DataFrame) -> Settled:
    """Name the sets of figures that contradict each other, one set after another.

    For the loosened programme every member of a set is moved as far as it would need were it
    alone at fault.
    """
    base, found = _same_span(programme, stated)
    loosened, sets = base, []
    for _ in range(_ROUNDS):
        culprits = smallest_set(loosened)
        if not culprits:
            break
        needs = {s: _needed(loosened, s, culprits) for s in culprits}
        found.append(_describe(culprits, needs, stated))
        sets.append(_claims(culprits))
        moved = {
            s: s._replace(limit=need[0 if s.sign > 0 else 1])
            for s, need in needs.items()
        }
        loosened = loosened.with_sides(moved.get(s, s) for s in loosened.sides)
    return Settled(found, Blame(base, sets), loosened)


class Blame:
    """Bounds of a period over every smallest choice of figures that could be the wrong ones.

    Sets that share no figure are chosen from apart, and every combination is tried; where there are
    too many of these, no figure of any set is believed.
    """

    def __init__(self, base: Programme, sets: list[frozenset]):
        self.base, self.made, self.ways = base, {}, ways(sets)
        for _ in range(_ROUNDS if sets else 0):
            more = next(
                filter(None, map(smallest_set, map(self._without, self.ways))), None
            )
            if not more:
                break
            sets = [*sets, _claims(more)]
            self.ways = ways(sets)

    def range(self, first: int, stop: int):
        """Least and most over days [first, stop), each with the figures that say so."""
        widest = self._without(frozenset().union(*self.ways)).range(first, stop)
        return tuple(self._end(end, widest[end][0], first, stop) for end in (0, 1))

    def _end(self, end: int, widest: float, first: int, stop: int):
        best = None
        for way in self.ways:
            found = self._without(way).range(first, stop)[end]
            if best is None or (found[0] > best[0] if end else found[0] < best[0]):
                best = found
            if best[0] == widest:
                break
        return best

    def _without(self, blamed: frozenset) -> Programme:
        if blamed not in self.made:
            kept = [s for s in self.base.sides if s.figures not in blamed]
            self.made[blamed] = self.base.with_sides(kept)
        return self.made[blamed]


def ways(sets: list[frozenset]) -> list[frozenset]:
    """Every smallest way to leave out a member of each set."""
    found = {frozenset()}
    for one in sets:
        found = {w if w & one else w | {f} for w in found for f in one}
        found = {w for w in found if not any(v < w for v in found)}
        if len(found) > _ROUNDS:
            return [frozenset().union(*sets)]
    return sorted(found, key=sorted)


def _claims(sides: list[Side]) -> frozenset:
    return frozenset(s.figures for s in sides)


def smallest_set(programme: Programme) -> list[Side]:
    """Sides that cannot all hold, none of which can be spared; empty when all can hold."""
    found = programme.breach
    if found is None:
        return []
    prices = np.abs(found.ineqlin.marginals[: len(programme.sides)])
    kept = [s for s, p in zip(programme.sides, prices, strict=True) if p > 1e-9]
    for side in list(kept):
        rest = [s for s in kept if s is not side]
        if programme.with_sides(rest).breach is not None:
            kept = rest
    return kept


def _needed(
    programme: Programme, side: Side, culprits: list[Side]
) -> tuple[float, float]:
    """The range a side's total has when the other figures of its set are right."""
    own, named = set(side.figures), {f for s in culprits for f in s.figures}
    theirs = [
        s for s in programme.sides if set(s.figures) & (named - own) and s != side
    ]
    for sides in (theirs, [s for s in culprits if s is not side]):
        others = programme.with_sides(sides)
        if others.breach is None:
            break
    return tuple(end for end, _ in others.between(side.area, side.i, side.j))


def _same_span(
    programme: Programme, stated: pd.DataFrame
) -> tuple[Programme, list[dict]]:
    """Different statements of one period: name neighbouring pairs, and let them span the gap."""
    spans: dict[tuple, list[Side]] = {}
    for s in programme.sides:
        spans.setdefault((s.area, s.i, s.j), []).append(s)
    found, changed = [], {}
    for sides in spans.values():
        floor = max((s.limit for s in sides if s.sign < 0), default=0)
        ceiling = min((s.limit for s in sides if s.sign > 0), default=np.inf)
        if floor <= ceiling:
            continue
        for pair in _pairs(sides):
            needs = {s: _needed(programme, s, pair) for s in pair}
            found.append(_describe(pair, needs, stated))
        lowest = min((s.limit for s in sides if s.sign < 0), default=0)
        highest = max(max(s.limit for s in sides if s.sign > 0), floor)
        for s in sides:
            changed[s] = s._replace(limit=lowest if s.sign < 0 else highest)
    return programme.with_sides(changed.get(s, s) for s in programme.sides), found


def _pairs(sides: list[Side]) -> list[list[Side]]:
    """A ceiling and the nearest floor above it, climbing until nothing is left above."""
    floors = sorted((s for s in sides if s.sign < 0), key=lambda s: s.limit)
    ceilings = sorted((s for s in sides if s.sign > 0), key=lambda s: s.limit)
    pairs, height = [], -np.inf
    for ceiling in ceilings:
        above = [f for f in floors if f.limit > ceiling.limit and f.limit > height]
        if ceiling.limit >= height and above:
            pairs.append([ceiling, above[0]])
            height = above[0].limit
    return pairs


def _describe(culprits: list[Side], needs: dict, stated: pd.DataFrame) -> dict:
    """A contradiction as facts and as a sentence; figures in the order they were given."""
    need = {}
    for side in culprits:
        for figure in side.figures:
            low, high = need.get(figure, (0.0, np.inf))
            need[figure] = (max(low, needs[side][0]), min(high, needs[side][1]))
    rows = stated[stated["figure"].isin(list(need))].drop_duplicates("figure")
    rows = rows.assign(
        start=pd.to_datetime(rows["start"], unit="D"),
        end=pd.to_datetime(rows["stop"] - 1, unit="D"),
        lower=[need[f][0] for f in rows["figure"]],
        upper=[need[f][1] for f in rows["figure"]],
    )
    columns = ["figure", "value", "qualifier", "start", "end", "area", "lower", "upper"]
    members = rows[columns].to_dict("records")
    names = rows["figure"].tolist()
    return {"figures": names, "members": members, "sentence": _sentence(members)}


def _sentence(members: list[dict]) -> str:
    said = {(m["value"], m["qualifier"], m["start"], m["end"]): m for m in members}
    parts = [
        f"{qualified(m['value'], m['qualifier'], _amount)} for "
        f"{period(m['start'], m['end'])} (it would have to be {_would(m)})"
        for m in said.values()
    ]
    return "These figures cannot all be right: " + "; ".join(parts) + "."


def _would(member: dict) -> str:
    low, high = member["lower"], member["upper"]
    if not np.isfinite(high):
        return f"at least {_amount(low)}"
    if abs(high - low) <= 1e-6 * max(1, abs(high)):
        return _amount((low + high) / 2)
    return (
        f"at most {_amount(high)}" if low <= 0 else f"{_amount(low)} to {_amount(high)}"
    )


def _amount(value: float) -> str:
    """Thousands with commas; halves only where they say something, which is not in millions."""
    return exact(value, 0 if abs(value) >= 10_000 else 6)
