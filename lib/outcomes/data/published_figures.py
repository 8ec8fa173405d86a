"""The published figures: programmes, measures, the pages and the figures on them.

Every vintage is kept: one quantity may stand in many rows, from several publishers, first published
and later revised. ``fact`` names the quantity, ``copy_of`` a print of the same release.
"""

from collections.abc import Iterable
from typing import Any

import numpy as np
import pandas as pd

from outcomes.core import formatting
from outcomes.core.errors import Invalid, one_of, spelt
from outcomes.data import citations, tables
from outcomes.data.doors import Day, Names, as_list, door
from outcomes.data.places import codes
from outcomes.data.publishers import independent

NATIONAL = ("England and Wales", "United Kingdom")
"""Areas that national weeks are published for; the same week may be called either."""

WEEKS = ("county_lines", "op_sceptre")
"""The programmes of national weeks of action."""

_PART = r"subset of|\(subset\)"


@door
def programmes() -> pd.DataFrame:
    """The programmes: programme, name, start, sites, partners, aim, seed_page (bool).

    >>> programmes().set_index("programme").loc["op_warrior", "name"]
    'Op Warrior'
    """
    return citations.cited(tables.read("programmes"), "programmes")


@door
def measures(programme: str | None = None) -> pd.DataFrame:
    """What is counted: measure, name, unit, kind, better, minimum_n, whole, stock, definition,
    programmes.

    ``kind`` is output, outcome or context; ``better`` is fewer, more or neither; ``whole`` is true
    when values for separate periods and areas may be added, ``stock`` when a value holds what had
    gathered before its period, so that no rate over time is made of it; no rate or share is shown
    for fewer than ``minimum_n``. With ``programme``, the measures that it has figures for.

    >>> measures("op_warrior").set_index("measure").loc["arrests", "unit"]
    'count'
    """
    frame = tables.read("measures")
    if programme is not None:
        used = frame["programmes"].str.split()
        programme = spelt(programme, sorted(set(used.explode())), "programme")
        frame = frame[[programme in words for words in used]].reset_index(drop=True)
    return citations.cited(frame, "measures")


def stocks() -> set[str]:
    """The measures whose values had gathered before their period: no rate over time is made.

    >>> "knives_surrendered" in stocks()
    True
    """
    known = tables.read("measures", columns=["measure", "stock"])
    return set(known.loc[known["stock"], "measure"])


def dated(ids: Iterable[str]) -> dict[str, str]:
    """When pages were published, as far as it is known: "2024-11-29", "2024-11", "2024" or "".

    Citations ask, since the column ``published`` of figures is the last day that can be meant. A
    page that the register does not hold is left out, and nothing is noted as read.

    >>> dated(["no such page"])
    {}
    """
    try:
        with tables.unnoted(), tables.whole():
            known = tables.mapping("sources", "source", "published")
    except Invalid:  # there is no such table
        return {}
    return {source: known[source] for source in ids if source in known}


@door
def published_figures(
    *,
    programme: Names | None = None,
    area: Names | None = None,
    measure: Names | None = None,
    vintages: str = "latest",
    dated: bool | None = None,
) -> pd.DataFrame:
    """Published figures, one row a fact: the latest exact figure of those published for it.

    Parameters
    ----------
    programme, measure : by their short names.
    area : a place by name ("East Division").
    vintages : "latest" or "first", one row a fact (:func:`latest_per_fact`); "all", every figure
        that was published, one row a page.
    dated : True keeps figures with both ends of a period, False the others.

    Returns
    -------
    figure, programme, measure, measure_name, area, area_code, level, value (float), unit, qualifier
    (exact, over, at_least, nearly, approx), period_start, period_end (inclusive days, NaT when
    unknown), period_state (stated, inferred, ambiguous, unstated), basis (published, derived_sum,
    coded, change), source, publisher, title, url, published, note, fact, seed (bool), copy_of,
    part (bool: by its note the figure counts only part of its measure, so that it is a minimum).
    ``published`` is the last day that the page's date can mean.

    Raises :class:`Invalid` for a programme, measure or area that is not known, with the nearest.

    >>> figures = published_figures(programme="op_warrior", area="Lancashire")
    >>> figures["fact"].is_unique
    True
    """
    vintages = spelt(vintages, ("latest", "first", "all"), "vintages")
    where: dict[str, Any] = {"area": codes("areas", area)}
    for table, column, given in (
        ("programmes", "programme", programme),
        ("measures", "measure", measure),
    ):
        known = tables.distinct(table, column) if given is not None else []
        asked = [spelt(name, known, column) for name in as_list(given)]
        where[column] = asked if given is not None else None
        if isinstance(given, str):
            where[column] = asked[0]
    frame = tables.read("figures", **where)
    if dated is not None:
        both = frame["period_start"].notna() & frame["period_end"].notna()
        frame = frame[both == dated].reset_index(drop=True)
    if vintages != "all":
        frame = latest_per_fact(frame, vintage=vintages)
    spoken = tables.mapping("measures", "measure", "name")
    frame["measure_name"] = tables.in_words(frame["measure"], spoken)
    frame = frame.rename(columns={"area": "area_code", "area_name": "area"})
    frame["part"] = frame["note"].str.contains(_PART)
    first = ["figure", "programme", "measure", "measure_name", "area", "area_code"]
    frame = frame[[*first, *(c for c in frame if c not in first)]]
    return citations.cited(frame, "figures")


@door
def latest_per_fact(
    figures: pd.DataFrame, *, by: Names = "fact", vintage: str = "latest"
) -> pd.DataFrame:
    """One row for each fact: the latest or the first published, exact figures before others.

    A figure whose period is ambiguous is taken only when no other is held, and an undated page only
    when no dated page states the fact as exactly. The order of the rows stays. ``by`` names the
    columns that tell one fact from another. Raises :class:`Invalid` for another ``vintage``.

    >>> every = published_figures(programme="fraud", vintages="all")
    >>> len(latest_per_fact(every)) == every["fact"].nunique()
    True
    """
    first = spelt(vintage, ("latest", "first"), "vintage") == "first"
    keys = as_list(by)
    for column in ("qualifier", "published", "period_state", *keys):
        one_of(column, list(figures.columns), "column")
    published = figures["published"].to_numpy("datetime64[us]").astype("int64")
    rank = [  # lexsort takes the most important last, and keeps the order of equals
        published if first else -published,
        figures["published"].isna(),
        figures["qualifier"] != "exact",
        figures["period_state"].isin(["ambiguous", "unstated"]),
    ]
    order = np.lexsort(rank)
    facts = np.stack([pd.factorize(figures[key])[0][order] for key in keys])
    _, best = np.unique(facts, axis=1, return_index=True)
    return figures.iloc[np.sort(order[best])].reset_index(drop=True)


@door
def weeks_of_action(
    programme: str, *, area: Names | None = None, vintages: str = "latest"
) -> pd.DataFrame:
    """The published figures of national weeks of action (Op Sceptre, County Lines).

    As :func:`published_figures`, with wave ("2023-11", the week by its month), week and week_end
    (its first and last day, those that most figures give). A week has five to nine days. The latest
    of each measure is taken, whatever last day of the week its page gives.

    >>> weeks_of_action("op_sceptre", area="Lancashire")["week"].dt.day_name().mode().item()
    'Monday'
    """
    programme = spelt(programme, WEEKS, "programme")
    vintages = spelt(vintages, ("latest", "first", "all"), "vintages")

    ends = ["period_start", "period_end"]
    every = tables.read("figures", ends, programme=programme)
    spans = every[_is_week(every)].value_counts(sort=False)
    spans = spans.sort_values(ascending=False, kind="stable").reset_index()
    spans["wave"] = _wave(spans["period_start"])
    spans = spans.drop_duplicates("wave").set_index("wave")[ends]
    frame = published_figures(programme=programme, area=area, vintages="all")
    frame = frame[_is_week(frame)].reset_index(drop=True)
    frame["wave"] = _wave(frame["period_start"])
    if vintages != "all":
        frame = latest_per_fact(frame, by=["wave", "area", "measure"], vintage=vintages)
    frame["week"], frame["week_end"] = (frame["wave"].map(spans[end]) for end in ends)
    return citations.cited(frame, "figures")


def waves(programme: str) -> pd.DataFrame:
    """Wave, area and measure of each figure that :func:`weeks_of_action` has of all vintages.

    >>> waves("op_sceptre").columns.tolist()
    ['wave', 'area', 'measure']
    """
    columns = ["area_name", "measure", "period_start", "period_end"]
    frame = tables.read("figures", columns, programme=programme)
    frame = frame[_is_week(frame)]
    found = frame[["area_name", "measure"]].rename(columns={"area_name": "area"})
    found.insert(0, "wave", _wave(frame["period_start"]))
    return found.reset_index(drop=True)


def _is_week(frame: pd.DataFrame) -> pd.Series:
    """Which figures are of five to nine days."""
    days = frame["period_end"] - frame["period_start"]
    return days.between(pd.Timedelta(days=4), pd.Timedelta(days=8))


def _wave(starts: pd.Series) -> Any:
    """The months that weeks begin in, as text; each is written once."""
    at, days = pd.factorize(starts)
    return pd.Index(days).strftime("%Y-%m").array[at]


def corroboration(figures: pd.DataFrame) -> pd.DataFrame:
    """How many independent publishers state each fact with each value, in order of first print.

    Columns: fact, value, prints (pages), releases (pages that are no copy of another one here),
    independent, publishers (names, sorted, separated by "; "). A page that quotes another body, as
    "Lancashire Telegraph (Home Office data)" does, is not independent of it, nor of another page
    that quotes the same; copies of one press release count once.

    >>> figures = published_figures(programme="op_warrior", vintages="all")
    >>> int(corroboration(figures)["prints"].sum()) == len(figures)
    True
    """
    found, figures = [], figures.reset_index(drop=True)
    copies = figures["copy_of"].isin(figures["figure"])
    for (fact, value), rows in figures.groupby(["fact", "value"], sort=False):
        mine = rows.loc[~copies[rows.index], "publisher"]
        publishers = "; ".join(sorted(set(rows["publisher"])))
        found.append((fact, value, len(rows), len(mine), independent(mine), publishers))
    columns = ["fact", "value", "prints", "releases", "independent", "publishers"]
    return pd.DataFrame(found, columns=columns)


class Notice(str):
    """A sentence that a notebook shows as it reads."""

    def __repr__(self) -> str:
        return str(self)


@door
def as_of(day: Day, *, programme: str = "") -> Notice | None:
    """From now on, read only what had been published by ``day`` (YYYY-MM-DD; "" for all).

    Every function of the data room obeys. Returns what that leaves out as a sentence to show under
    the cell, with the number of figures whose page has no day of publication (of ``programme``,
    where one is given); None for "". Where the programme began after the day, every finding of the
    page says that nothing was known. Raises :class:`~outcomes.core.errors.Invalid` for another
    text.

    >>> print(as_of(""))
    None
    """
    day = f"{pd.Timestamp(day):%Y-%m-%d}" if day else ""
    if not day:
        return tables.cut_at("")
    said, name, before = formatting.date(day), "", ""
    if programme:
        with tables.unnoted():
            known = programmes().set_index("programme")
        row = known.loc[spelt(programme, known.index, "programme")]
        name = row["name"]
        if row["start"] > pd.Timestamp(day):
            before = f"{name} had not begun by {said}: nothing about it was known."
    tables.cut_at(day, before=before)
    count, of = undated(programme), f" of {name}" if name else ""
    left = ""
    if count == 1:
        left = (
            f" One figure{of} is left out because its page has no day of publication."
        )
    elif count:
        left = (
            f" {count:,} figures{of} are left out because their pages have no day of "
            "publication."
        )
    return Notice(
        f"As of {said}: what was published later is not used.{left} Counts of the tables "
        "are those of their latest revision, for the periods that were out by then."
    )


@door
def undated(programme: str = "") -> int:
    """How many published figures (of a programme, where one is given) stand on pages without a
    day of publication, and so drop out of every page as of a day.

    >>> undated("op_warrior") < undated()
    True
    """
    with tables.whole():
        figures = published_figures(programme=programme or None, vintages="all")
    return int(figures["published"].isna().sum())
