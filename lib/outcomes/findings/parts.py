"""What ready-made findings share: a number with its interval, shares drawn and tabled alike."""

from itertools import pairwise

import pandas as pd

from outcomes.findings import plots
from outcomes.methods import intervals

REGISTER = ("Register of published figures",)
"""The source of a finding that rests on no figure."""


def numbers(
    value: float, lower: float, upper: float, *, times: float = 1
) -> dict[str, float]:
    """A value and its interval as a finding takes them, each ``times`` what is given."""
    return {"value": times * value, "lower": times * lower, "upper": times * upper}


def percents(rows: pd.DataFrame, *columns: str) -> dict:
    """``rows`` as the table of a finding, the shares in ``columns`` in per cent, and its units."""
    table = rows.assign(**{c: 100 * rows[c] for c in columns})
    return {"table": table, "units": dict.fromkeys(columns, "%")}


def charted(rows: pd.DataFrame, label: str, share: str, **look) -> dict:
    """The chart and the table of a finding: ``share``, lower and upper of each row."""
    figure = plots.intervals(rows, label=label, estimate=share, kind="percent", **look)
    return {"figure": figure, **percents(rows, share, "lower", "upper")}


def wilson(
    frame: pd.DataFrame, label: str, part: str, whole: str, confidence=0.95
) -> pd.DataFrame:
    """Each row whose counts are known, with its share and Wilson's interval: lower and upper."""
    rows = frame[[label, part, whole]].dropna(subset=[part, whole])
    rows = rows[rows[whole] > 0].reset_index(drop=True)
    found = intervals.wilson(rows[part], rows[whole], confidence=confidence)
    return rows.join(found.rename(columns={"estimate": "share"}))


def with_the_one_before(rows: pd.DataFrame, label: str, ask) -> tuple[pd.Series, ...]:
    """The row labelled ``ask`` and the row above it; empty where there are no such two."""
    for before, now in pairwise(rows.index):
        if str(rows[label][now]) == str(ask):
            return rows.loc[now], rows.loc[before]
    return ()
