"""Which figures contradict each other, and what each would have to be were the others right."""

import numpy as np
import pandas as pd

from outcomes.analysis.periods import reading
from outcomes.analysis.programme import Programme, Side

_ROUNDS = 200


def settle(programme: Programme, stated: pd.DataFrame) -> tuple[Programme, list[dict]]:
    """Loosen contradicting figures until the rest agree; returns the programme and the sets.

    Every member of a set is loosened as far as it would need were it alone at fault.
    """
    found = []
    programme, pairs = _same_span(programme, stated)
    found += pairs
    for _ in range(_ROUNDS):
        culprits = smallest_set(programme)
        if not culprits:
            break
        needs = {s: _needed(programme, s, culprits) for s in culprits}
        found.append(_describe(culprits, needs, stated))
        programme = programme.with_sides(
            _loosened(s, needs[s]) if s in needs else s for s in programme.sides
        )
    return programme, found


def smallest_set(programme: Programme) -> list[Side]:
    """Sides that cannot all hold, none of which can be spared; empty when all can hold."""
    found = _breach(programme)
    if found is None:
        return []
    prices = np.abs(found.ineqlin.marginals[: len(programme.sides)])
    kept = [s for s, p in zip(programme.sides, prices, strict=True) if p > 1e-9]
    for side in list(kept):
        rest = [s for s in kept if s is not side]
        if _breach(programme.with_sides(rest)) is not None:
            kept = rest
    return kept


def _breach(programme: Programme):
    """The elastic solution when some side must be broken, else None."""
    if not programme.sides:
        return None
    found = programme.solve(np.zeros(programme.size), elastic=True)
    scale = max(abs(s.limit) for s in programme.sides)
    return found if found.fun > 1e-6 + 1e-10 * scale else None


def _needed(programme: Programme, side: Side, culprits: list[Side]) -> tuple[float, float]:
    """The range a side's total has when the other figures of its set are right."""
    own, named = set(side.figures), {f for s in culprits for f in s.figures}
    theirs = [s for s in programme.sides if set(s.figures) & (named - own) and s != side]
    cost = programme.total(side.area, side.i, side.j)
    for sides in (theirs, [s for s in culprits if s is not side]):
        others = programme.with_sides(sides)
        if _breach(others) is None:
            break
    low, high = others.solve(cost), others.solve(-cost)
    # Without a limit HiGHS answers 'unbounded' or, from presolve, 'unbounded or infeasible'.
    return float(low.fun), float(-high.fun) if high.status == 0 else np.inf


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
    members = [
        {
            "figure": r.figure,
            "value": r.value,
            "qualifier": r.qualifier,
            "start": pd.Timestamp(r.start, unit="D"),
            "end": pd.Timestamp(r.stop - 1, unit="D"),
            "area": r.area,
            "lower": need[r.figure][0],
            "upper": need[r.figure][1],
        }
        for r in rows.itertuples()
    ]
    return {
        "figures": [m["figure"] for m in members],
        "members": members,
        "sentence": _sentence(members),
    }


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
