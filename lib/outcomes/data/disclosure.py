"""Disclosure control: small counts of people are not shown.

A count below the threshold could point to a person, so it becomes ``[c]`` (confidential). When a
total stands beside the parts, one hidden part could be had by subtraction; the next smallest part
is then hidden too (secondary suppression). Method: Office for National Statistics, "Disclosure
control guidance for health statistics" (2006), and the Government Analysis Function's symbols.
"""

from collections.abc import Sequence

import pandas as pd

from outcomes.data.errors import Invalid, one_of

CONFIDENTIAL = "[c]"


def suppress(
    frame: pd.DataFrame,
    column: str,
    *,
    threshold: int = 5,
    total: Sequence[bool] | pd.Series | None = None,
    by: str | list[str] | None = None,
    public: bool = False,
) -> pd.DataFrame:
    """A copy of ``frame`` with counts from 1 to below ``threshold`` shown as ``[c]``.

    ``total`` marks the rows that are totals of the others: while the hidden parts add up to less
    than the threshold, as one alone always does, the next smallest part is hidden too. ``by``
    names columns within which parts and totals belong together. A zero is shown: it points to
    nobody. ``public=True`` returns everything: the counts have been published already.
    The column becomes text and numbers mixed. Raises :class:`Invalid` for a negative or broken
    count, or a threshold below 2.
    """
    one_of(column, list(frame.columns), "column")
    if threshold < 2:
        raise Invalid(f"threshold is {threshold}; below 2 nothing would be hidden.")
    counts = pd.to_numeric(frame[column])
    if (counts < 0).any() or (counts % 1 != 0).any():
        raise Invalid(f"column {column!r} holds values that are not counts of people.")
    if public:
        return frame.copy()
    is_total = pd.Series(False if total is None else list(total), index=frame.index, dtype=bool)
    groups = [frame.index]
    if by is not None:
        groups = list(frame.groupby(by, sort=False, dropna=False).groups.values())
    hidden = [
        place for group in groups for place in _hidden(counts[group], is_total[group], threshold)
    ]
    shown = frame[column].astype("object")
    shown[hidden] = CONFIDENTIAL
    return frame.assign(**{column: shown})


def _hidden(counts: pd.Series, is_total: pd.Series, threshold: int) -> list:
    """Places to hide within one group of parts and, perhaps, their total."""
    parts = counts[~is_total].sort_values(kind="stable")
    hidden = list(parts.index[(parts > 0) & (parts < threshold)])
    small_total = list(counts.index[is_total & (counts > 0) & (counts < threshold)])
    if hidden and is_total.any() and not small_total:
        hidden += _secondary(parts, hidden, threshold)
    return hidden + small_total


def _secondary(parts: pd.Series, hidden: list, threshold: int) -> list:
    """Further parts to hide, smallest first, until a reader cannot take the hidden ones apart."""
    more: list = []
    others = parts.drop(hidden)
    for place in others.index[others > 0]:
        if parts[hidden + more].sum() >= threshold:  # never so for one small part alone
            break
        more.append(place)
    return more
