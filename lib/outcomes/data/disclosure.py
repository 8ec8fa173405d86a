"""Disclosure control: small counts of people are not shown, anywhere.

There is one rule and one function. A count below the threshold could point to a person, so it
becomes ``[c]`` (confidential). Where a total stands beside its parts, a hidden part could be had by
subtraction; the next smallest is then hidden too (secondary suppression), along every dimension of
the table. Suppress the frame first and make all else from it: the table, the CSV, the figure
(:func:`plain` leaves gaps) and the sentence that is also the alt text. Method: Office for National
Statistics, "Disclosure control guidance for health statistics" (2006), and the Government Analysis
Function's symbols.
"""

from collections.abc import Sequence

import pandas as pd

from outcomes.data.errors import Invalid, one_of

CONFIDENTIAL = "[c]"
THRESHOLD = 5


def suppress(
    frame: pd.DataFrame,
    column: str,
    *,
    along: str | Sequence[str] = (),
    total: str = "Total",
    by: str | Sequence[str] = (),
    threshold: int = THRESHOLD,
    public: str = "",
) -> pd.DataFrame:
    """A copy of ``frame`` with counts from 1 to below ``threshold`` shown as ``[c]``.

    ``along`` names the dimensions that have a total, in rows that carry the word ``total`` there;
    a table of areas and years with both margins is ``along=["area", "year"]``. ``by`` names columns
    that part the frame into tables of their own. While the hidden cells of a line add up to less
    than the threshold, or one alone is hidden, the next smallest is hidden too. A zero is shown:
    it points to nobody. ``public`` names the source that has published these counts: then all are
    shown. The column becomes text and numbers mixed. Raises :class:`Invalid` for a negative or
    broken count, a threshold below 2, or ``public`` without a source.
    """
    along, by = ([name] if isinstance(name, str) else list(name) for name in (along, by))
    for name in (column, *along, *by):
        one_of(name, list(frame.columns), "column")
    if threshold < 2:
        raise Invalid(f"threshold is {threshold}; below 2 nothing would be hidden.")
    if not isinstance(public, str):
        raise Invalid("public must name the source that has published these counts.")
    counts = pd.to_numeric(frame[column])
    if (counts < 0).any() or (counts % 1 != 0).any():
        raise Invalid(f"column {column!r} holds values that are not counts of people.")
    if public:
        return frame.copy()
    hidden = (counts > 0) & (counts < threshold)
    # of equal counts the same one is hidden, in whatever order the rows came
    steady = frame.sort_values([*along, *by], key=lambda c: c.astype("str"))
    lines = [line for name in along for line in _lines(steady, name, [*along, *by], total)]
    while any([_protect(counts, hidden, *line, threshold) for line in lines]):
        pass  # what one line hides can lay bare a cell of another
    return frame.assign(**{column: frame[column].astype("object").mask(hidden, CONFIDENTIAL)})


def plain(values: pd.Series) -> pd.Series:
    """Suppressed counts as numbers for a figure: a hidden count is a gap, never a zero."""
    return pd.to_numeric(values.mask(values.eq(CONFIDENTIAL)))


def _lines(frame: pd.DataFrame, name: str, columns: list[str], total: str) -> list[tuple]:
    """Lines along one dimension that have a total: places of the parts, and place of the total."""
    rest = [column for column in dict.fromkeys(columns) if column != name]
    groups = [frame.index]
    if rest:
        groups = [rows.index for _, rows in frame.groupby(rest, dropna=False)]
    lines = []
    for group in groups:
        whole = frame.loc[group, name] == total
        if whole.sum() > 1:
            raise Invalid(f"column {name!r} has the word {total!r} twice in one line; name `by`.")
        if whole.any():
            lines.append((group[~whole], group[whole][0]))
    return lines


def _protect(counts: pd.Series, hidden: pd.Series, parts, whole, threshold: int) -> bool:
    """Hide more of one line until it gives nothing back; says whether it had to."""
    before = hidden.sum()
    left = [place for place in counts[parts].sort_values(kind="stable").index if counts[place] > 0]
    left = [place for place in left if not hidden[place]]
    while True:
        gone = counts[parts][hidden[parts]]
        if hidden[whole]:
            safe = len(gone) > 0 or counts[whole] < threshold
        else:
            safe = len(gone) == 0 or (len(gone) > 1 and gone.sum() >= threshold)
        if safe:
            return hidden.sum() > before
        hidden[left.pop(0) if left else whole] = True
