"""Which figures contradict each other, and what each would have to be were the others right.

Statements of one period that differ (a figure and its revision) span the gap between them. Of
figures over different periods that cannot all hold, one at least is wrong, but which is unknown:
bounds are those of every smallest choice of figures to leave out, together (the hitting sets of
Reiter 1987, *Artificial Intelligence* 32:57). So they hold the truth when any one figure is wrong.
"""

from typing import NamedTuple

import numpy as np
import pandas as pd

from outcomes.analysis.periods import reading
from outcomes.analysis.programme import Programme, Side

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
        loosened = loosened.with_sides(
            _loosened(s, needs[s]) if s in needs else s for s in loosened.sides
        )
    return Settled(found, Blame(base, sets), loosened)


class Blame:
    """Bounds of a period over every smallest choice of figures that could be the wrong ones.

    Sets that share no figure are tried one after another, each with the choice for the others that
    gives the widest bound so far: exact where they lie apart, and where there is one such group.
    """

    def __init__(self, base: Programme, sets: list[frozenset]):
        self.base, self.made, self.choices = base, {}, choices(sets)
        for _ in range(_ROUNDS if sets else 0):
            left = (smallest_set(self._without(pick)) for pick in self._one_by_one())
            more = next(filter(None, left), None)
            if not more:
                break
            sets = [*sets, _claims(more)]
            self.choices = choices(sets)

    def range(self, first: int, stop: int):
        """Least and most over days [first, stop), each with the figures that say so."""
        chosen = [options[0] for options in self.choices]
        found = self._without(chosen).range(first, stop)
        widest = self._without([o for c in self.choices for o in c]).range(first, stop)
        return tuple(
            found[end] if found[end][0] == widest[end][0] else self._end(end, chosen, first, stop)
            for end in (0, 1)
        )

    def _end(self, end: int, chosen, first, stop):
        best, sign = self._without(chosen).range(first, stop)[end], 2 * end - 1
        for k, options in enumerate(self.choices):
            for option in options:
                trial = [*chosen[:k], option, *chosen[k + 1 :]]
                programme = self._without(trial)
                if programme.breach is None:
                    found = programme.range(first, stop)[end]
                    if sign * found[0] > sign * best[0]:
                        best, chosen = found, trial
        return best

    def _one_by_one(self):
        first = [options[0] for options in self.choices]
        yield first
        for k, options in enumerate(self.choices):
            yield from ([*first[:k], option, *first[k + 1 :]] for option in options[1:])

    def _without(self, chosen) -> Programme:
        blamed = frozenset().union(*chosen)
        if blamed not in self.made:
            kept = [s for s in self.base.sides if s.figures not in blamed]
            self.made[blamed] = self.base.with_sides(kept)
        return self.made[blamed]


def choices(sets: list[frozenset]) -> list[list[frozenset]]:
    """For each group of sets that share members: every smallest way to leave out one of each."""
    groups: list[list[frozenset]] = []
    for one in sets:
        near = [g for g in groups if any(one & s for s in g)]
        joined = [s for g in near for s in g] + [one]
        groups = [*(g for g in groups if g not in near), joined]
    return [_hitting(group) for group in groups]


def _hitting(group: list[frozenset]) -> list[frozenset]:
    ways = {frozenset()}
    for one in group:
        ways = {w if w & one else w | {f} for w in ways for f in one}
        ways = {w for w in ways if not any(v < w for v in ways)}
        if len(ways) > _ROUNDS:  # too many to try: none of them is believed
            return [frozenset().union(*group)]
    return sorted(ways, key=sorted)


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


def _needed(programme: Programme, side: Side, culprits: list[Side]) -> tuple[float, float]:
    """The range a side's total has when the other figures of its set are right."""
    own, named = set(side.figures), {f for s in culprits for f in s.figures}
    theirs = [s for s in programme.sides if set(s.figures) & (named - own) and s != side]
    for sides in (theirs, [s for s in culprits if s is not side]):
        others = programme.with_sides(sides)
        if others.breach is None:
            break
    return tuple(end for end, _ in others.between(side.area, side.i, side.j))


def _loosened(side: Side, need: tuple[float, float]) -> Side:
    return side._replace(limit=need[0] if side.sign > 0 else need[1])


def _same_span(programme: Programme, stated: pd.DataFrame) -> tuple[Programme, list[dict]]:
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
        f"{_qualified(m)} for {reading(m['start'], m['end'])} (it would have to be {_would(m)})"
        for m in said.values()
    ]
    return "These figures cannot all be right: " + "; ".join(parts) + "."


def _qualified(member: dict) -> str:
    words = {"exact": "", "over": "over ", "at_least": "at least ", "nearly": "nearly "}
    return words.get(member["qualifier"], "about ") + _amount(member["value"])


def _would(member: dict) -> str:
    low, high = member["lower"], member["upper"]
    if not np.isfinite(high):
        return f"at least {_amount(low)}"
    if abs(high - low) <= 1e-6 * max(1, abs(high)):
        return _amount((low + high) / 2)
    return f"at most {_amount(high)}" if low <= 0 else f"{_amount(low)} to {_amount(high)}"


def _amount(value: float) -> str:
    """Thousands with commas; halves only where they say something, which is not in millions."""
    return f"{value:,.0f}" if abs(value) >= 10_000 else f"{value:,.10g}"
