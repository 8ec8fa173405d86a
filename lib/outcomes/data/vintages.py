"""The page-wide day: what had been published by then is read, and nothing else.

Figures of the register go by the day of their page; tables of counts by the end of a period and
the wait for its publication that ``data/tables.toml`` declares. We hold the latest revision of a
table only: as of a day, its counts are those of today for the periods that were out by then.
"""

import pandas as pd

from outcomes.core import formatting
from outcomes.core.errors import one_of
from outcomes.data import tables
from outcomes.data.doors import Day, Name, door
from outcomes.data.published_figures import programmes, published_figures


class Notice(str):
    """A sentence that a notebook shows as it reads."""

    def __repr__(self) -> str:
        return str(self)


@door()
def as_of(day: Day, *, programme: Name = "") -> Notice | None:
    """From now on, read only what had been published by ``day`` (YYYY-MM-DD; "" for all).

    Every function of the data room obeys. Returns what that leaves out as a sentence to show under
    the cell, with the number of figures whose page has no day of publication (of ``programme``,
    where one is given); None for "". Where the programme began after the day, every finding of the
    page says that nothing was known. Raises :class:`~outcomes.core.errors.Invalid` for another
    text.
    """
    day = f"{pd.Timestamp(day):%Y-%m-%d}" if day else ""
    if not day:
        return tables.cut_at("")
    with tables.unnoted():
        name, start = _programme(programme)
    said = formatting.date(day)
    before = (
        ""
        if not name or pd.isna(start) or start <= pd.Timestamp(day)
        else (f"{name} had not begun by {said}: nothing about it was known.")
    )
    tables.cut_at(day, before=before)
    count, of = undated(programme), f" of {name}" if name else ""
    left = f" {count:,} figures{of} are left out because their pages have no day of publication."
    if count == 1:
        left = (
            f" One figure{of} is left out because its page has no day of publication."
        )
    return Notice(
        f"As of {said}: what was published later is not used.{left if count else ''} Counts of "
        "the tables are those of their latest revision, for the periods that were out by then."
    )


@door()
def undated(programme: Name = "") -> int:
    """How many published figures (of a programme, where one is given) stand on pages without a
    day of publication, and so drop out of every page as of a day."""
    with tables.whole():
        figures = published_figures(programme=programme or None, vintages="all")
    return int(figures["published"].isna().sum())


def _programme(programme: str) -> tuple[str, pd.Timestamp]:
    if not programme:
        return "", pd.NaT
    known = programmes().set_index("programme")
    row = known.loc[one_of(programme, known.index, "programme")]
    return row["name"], row["start"]
