"""What must be there before a method is used, said as the sentence to print when it is not."""

import numpy as np
import pandas as pd

from outcomes.data.errors import Invalid, NotEnough, nearest

FEWEST = 20
"""The Office for National Statistics marks a rate of fewer than 20 events as unreliable (User guide
to mortality statistics): chance alone then moves it by a quarter."""


def require_months(pre: int, post: int, *, minimum=(24, 12), unit="months") -> None:
    """Raise NotEnough, with the sentence to print, under the fewest months before or after."""
    short = []
    if pre < minimum[0]:
        short.append(f"{pre} {unit} before the start where {minimum[0]} are needed")
    if post < minimum[1]:
        short.append(f"{post} {unit} after it where {minimum[1]} are needed")
    if short:
        raise NotEnough(f"Not enough {unit} to tell: there are {' and '.join(short)}.")


def require_events(change) -> None:
    """Raise NotEnough when a change (``Did``) rests on fewer than ``FEWEST`` events.

    After the start it is the number to be expected that counts, not the number seen: a programme
    that leaves few events must not be refused for its success.
    """
    sums = change.frame.groupby("after")[["treated", "control"]].sum()
    counts = {
        "before the start": sums["treated"][False],
        "to be expected after it": sums["treated"][True] + change.avoided,
        "before it in the comparison": sums["control"][False],
        "after it in the comparison": sums["control"][True],
    }
    short = [f"{n:,.0f} {where}" for where, n in counts.items() if n < FEWEST]
    if short:
        raise NotEnough(
            f"Too few events to tell: {' and '.join(short)}, where at least {FEWEST} are needed."
        )


def wide(panel: pd.DataFrame, treated, start, *, minimum) -> tuple[pd.DataFrame, list, np.ndarray]:
    """A time x unit frame in order without missing rows, the treated units, and the rows after.

    Times with any unit missing are left out: an absent month is not a nought.
    """
    treated = [treated] if isinstance(treated, str) else list(treated)
    for name in treated:
        if name not in panel.columns:
            guess = nearest(str(name), panel.columns)
            hint = f" Did you mean {guess!r}?" if guess else ""
            raise Invalid(f"The treated unit {name!r} is not a column of the panel.{hint}")
    if not treated or len(treated) >= panel.shape[1]:
        raise NotEnough("A comparison needs at least one treated and one other unit.")
    panel = panel.sort_index().dropna(how="any").astype(float)
    after = np.asarray(panel.index >= like(start, panel.index))
    require_months(int((~after).sum()), int(after.sum()), minimum=minimum, unit="periods")
    return panel, treated, after


def like(start, index: pd.Index):
    """The start as the kind of label the index has: '2023-09' becomes a date beside dates."""
    if isinstance(index, pd.DatetimeIndex):
        return pd.Timestamp(start)
    if isinstance(index, pd.PeriodIndex):
        return pd.Period(start, freq=index.freq)
    return start
