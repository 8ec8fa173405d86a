"""The attacker: tries to have back counts that a table hides, with all that was published.

It knows every shown cell, that counts are whole and hidden ones are at least 1, which cells are
totals of which, and (:func:`by_trying`) the very rule by which cells are hidden. A hidden count is
recovered when one value alone fits.
"""

import itertools
from collections.abc import Callable, Iterable

import numpy as np
import pandas as pd

HIDDEN = "[c]"


def by_sums(
    cells: dict[tuple, float | str], sums: Iterable[tuple[tuple, list[tuple]]]
) -> dict[tuple, tuple[int, int]]:
    """Least and greatest value that each hidden cell can have.

    ``cells`` are shown values or "[c]"; ``sums`` say which cells add up to which. Whole-number
    programming, so that the limits are exact; the greatest is capped at 10,000.
    """
    from scipy.optimize import Bounds, LinearConstraint, milp

    hidden = [place for place, value in cells.items() if value == HIDDEN]
    at = {place: n for n, place in enumerate(hidden)}
    rows, sides = [], []
    for total, parts in sums:
        row, side = np.zeros(len(hidden)), 0.0
        for place, sign in [*((p, 1.0) for p in parts), (total, -1.0)]:
            if place in at:
                row[at[place]] += sign
            else:
                side -= sign * float(cells[place])
        if row.any():
            rows.append(row)
            sides.append(side)
    found = {}
    for place in hidden:
        limits = []
        for sign in (1, -1):
            goal = np.zeros(len(hidden))
            goal[at[place]] = sign
            held = LinearConstraint(np.array(rows), sides, sides) if rows else ()
            best = milp(
                goal,
                constraints=held,
                integrality=np.ones(len(hidden)),
                bounds=Bounds(1, 10_000),
            )
            limits.append(round(best.x[at[place]]))
        found[place] = (limits[0], limits[1])
    return found


def square(rows, total: str = "Total") -> pd.DataFrame:
    """A table of areas and years with both margins, in long form: area, year, n."""
    wide = pd.DataFrame(rows, index=[f"a{i}" for i in range(len(rows))])
    wide.columns = [f"y{j}" for j in range(len(rows[0]))]
    wide[total] = wide.sum(axis=1)
    wide.loc[total] = wide.sum()
    return (
        wide.rename_axis("area")
        .reset_index()
        .melt("area", var_name="year", value_name="n")
    )


def sums_of(
    frame: pd.DataFrame, dimensions: list[str], total: str = "Total"
) -> list[tuple]:
    """Which cells of a long table add up to which, along every dimension."""
    places = [tuple(row) for row in frame[dimensions].itertuples(index=False)]
    out = []
    for place in places:
        for d, value in enumerate(place):
            if value == total:
                parts = [
                    p
                    for p in places
                    if p[d] != total
                    and p[:d] + p[d + 1 :] == place[:d] + place[d + 1 :]
                ]
                out.append((place, parts))
    return out


def cells_of(
    frame: pd.DataFrame, dimensions: list[str], column: str = "n"
) -> dict[tuple, object]:
    """Shown values of a long table by their place."""
    keys = frame[dimensions].itertuples(index=False)
    return {tuple(k): v for k, v in zip(keys, frame[column], strict=True)}


def by_trying(
    tables: Iterable, show: Callable[[tuple], tuple]
) -> dict[tuple, list[tuple]]:
    """Tables that look alike once shown: the attacker puts each through the rule itself."""
    alike: dict[tuple, list[tuple]] = {}
    for table in tables:
        alike.setdefault(show(table), []).append(table)
    return alike


def recovered(seen: tuple, candidates: list[tuple]) -> dict[int, int]:
    """Hidden places that have one value in all candidates, with that value."""
    values = {
        at: {c[at] for c in candidates} for at, v in enumerate(seen) if v == HIDDEN
    }
    return {at: min(found) for at, found in values.items() if len(found) == 1}


def tables_up_to(cells: int, most: int) -> Iterable[tuple[int, ...]]:
    """Every table of so many cells whose counts add up to no more than ``most``."""
    return (
        t for t in itertools.product(range(most + 1), repeat=cells) if sum(t) <= most
    )


def between(
    first: dict[tuple, object], second: dict[tuple, object], sums, steady
) -> dict:
    """Two releases together: cells of ``steady`` places are known not to have changed."""
    both = {(1, *p): v for p, v in first.items()} | {
        (2, *p): v for p, v in second.items()
    }
    held = [((r, *t), [(r, *p) for p in parts]) for r in (1, 2) for t, parts in sums]
    for place in steady:
        one, two = both[1, *place], both[2, *place]
        if one == HIDDEN and two != HIDDEN:
            both[1, *place] = two
        elif two == HIDDEN and one != HIDDEN:
            both[2, *place] = one
        elif one == two == HIDDEN:
            held.append(((1, *place), [(2, *place)]))
    return by_sums(both, held)
