"""What a question rests on: published figures, or counts of crime, by place and time.

A change of one control asks for the same rows many times over, so what a table holds of a measure
is kept in memory, for the data as they are held and the day that the page is of (``tables.state``).
"""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple

import pandas as pd

from outcomes.core import formatting
from outcomes.core.collection import collection
from outcomes.core.errors import NotEnough
from outcomes.data import crime, places, published_figures, tables
from outcomes.data.vocabularies import CRIME_TABLES

RECORDED, STREET = CRIME_TABLES
"""Two tables of crime, which can be asked about as programmes can."""

STEPS = {"month": 1, "quarter": 3, "calendar year": 12, "financial year": 12}
"""The periods that crime is counted by, and their months."""

_PLACE = ["area", "level", "residents"]

_FREQUENCIES = {
    "month": "M",
    "quarter": "Q-DEC",
    "calendar year": "Y-DEC",
    "financial year": "Y-MAR",
}


@dataclass
class Question:
    """A question: the value of each control, in the order in which they depend on each other.

    ``measure`` is a measure of the published figures, or a group of offences or of types of crime;
    ``areas`` are places by name; ``start`` and ``end`` are years, "" for no limit; ``fact`` is one
    published fact, "" for all.

    >>> Question("street_crime", "burglary", ("Preston",)).about_crime
    True
    """

    programme: str = ""
    measure: str = ""
    areas: tuple[str, ...] = ()
    start: str = ""
    end: str = ""
    chart: str = ""
    by: str = ""
    unit: str = ""
    comparison: str = ""
    fact: str = ""

    @property
    def about_crime(self) -> bool:
        """Whether it asks for counts of crime, and not for published figures."""
        return self.programme in CRIME_TABLES


class Subject(NamedTuple):
    """What a question is about: a noun in the plural, its unit, and the direction of improvement."""

    noun: str
    unit: str = ""
    direction: str = "neither"

    @property
    def kind(self) -> str:
        """How its values are written: as money or as a number."""
        return "money" if self.unit == "£" else "number"

    def write(self, value: float) -> str:
        """A value in words, with its unit where that is not a count.

        >>> Subject("heroin seized", "kg").write(2.5), Subject("cash seized", "£").write(1200)
        ('2.5 kg', '£1,200')
        """
        after = {"%": "%", "kg": " kg"}.get(self.unit, "")
        return formatting.WRITE[self.kind](value) + after


def subject(question: Question) -> Subject:
    """What a question is about.

    >>> subject(Question("recorded_crime", "drug_possession")).noun
    'drug possession offences'
    """
    if question.about_crime:
        noun = question.measure.replace("_", " ")
        return Subject(noun + " offences" * (question.programme == RECORDED))
    known = measures(tables.state()).loc[question.measure]
    return Subject(known["name"], known["unit"], known["better"])


@lru_cache(maxsize=8)
def measures(held: tuple) -> pd.DataFrame:
    """The measures of the published figures, by their short name."""
    return published_figures.measures().set_index("measure")


@lru_cache(maxsize=64)
def published(held: tuple, programme: str, measure: str | None = None) -> pd.DataFrame:
    """Every figure published about a programme, or about one measure of it: one row a page."""
    return published_figures.published_figures(
        programme=programme, measure=measure, vintages="all"
    )


def figures(
    question: Question, *, everywhere: bool = False, latest: bool = False
) -> pd.DataFrame:
    """Published figures of a question: its years and, unless ``everywhere``, its places.

    A figure is of the years that its period overlaps; where a year is asked for, one without any
    date is of none. With ``latest``, one row for each fact.

    >>> rows = figures(Question("op_warrior", "arrests", ("Lancashire",), end="2023"))
    >>> rows["period_start"].max().year
    2023
    """
    years, areas = (
        (question.start, question.end),
        None if everywhere else question.areas,
    )
    found = _figures(
        tables.state(), question.programme, question.measure, years, areas, latest
    )
    return found.copy(deep=False)


@lru_cache(maxsize=64)
def _figures(
    held: tuple,
    programme: str,
    measure: str,
    years: tuple[str, str],
    areas: tuple[str, ...] | None,
    latest: bool,
) -> pd.DataFrame:
    """Of one choice a dozen controls ask, each for what it may offer."""
    frame = published(held, programme, measure)
    first, last = frame["period_start"], frame["period_end"]
    outside = pd.Series(False, index=frame.index)
    start, end = years
    if start or end:
        outside |= first.isna() & last.isna()
    if start:
        outside |= last < f"{start}-01-01"
    if end:
        outside |= first > f"{end}-12-31"
    frame = frame[~outside]
    if latest:
        frame = published_figures.latest_per_fact(frame)
    if areas is not None:
        frame = frame[frame["area"].isin(areas)]
    return frame.reset_index(drop=True)


def figures_with_parts(question: Question) -> pd.DataFrame:
    """:func:`figures` of the first place and of the places within it."""
    known, inside = places.places(), set(question.areas[:1])
    while more := set(known["name"][known["parent"].isin(inside)]) - inside:
        inside |= more
    rows = figures(question, everywhere=True)
    return rows[rows["area"].isin(inside)].reset_index(drop=True)


def figures_of_level(question: Question) -> pd.DataFrame:
    """The latest figures of all places of the first one's kind: forces, districts, nations …"""
    rows = figures(question, everywhere=True, latest=True)
    return rows[
        rows["level"].isin(rows.loc[rows["area"] == question.areas[0], "level"])
    ]


def residents(areas: Iterable[str]) -> pd.Series:
    """Residents of places, by name; missing where they are not known.

    >>> residents(["Lancashire", "Nelson and Brierfield"]).notna().tolist()
    [True, False]
    """
    return places.places().set_index("name")["population"].reindex(areas)


def regular_series(question: Question) -> pd.Series:
    """Exact values of the first place for separate months or quarters, by their first day.

    The name of the series is its step, "month" or "quarter": whichever has more figures.
    """
    rows = figures(question, latest=True)
    rows = rows[(rows["area"] == question.areas[0]) & (rows["qualifier"] == "exact")]
    days = (rows["period_end"] - rows["period_start"]).dt.days + 1
    whole = rows["period_start"].dt.day == 1
    spans = {
        "month": days.between(28, 31) & whole,
        "quarter": days.between(90, 92) & whole,
    }
    step = max(spans, key=lambda name: spans[name].sum())
    rows = rows[spans[step]].drop_duplicates("period_start")
    values = rows.set_index("period_start")["value"].rename(step).sort_index()
    return values.asfreq({"month": "MS", "quarter": "QS"}[step])


@lru_cache(maxsize=4)
def crime_places(held: tuple, programme: str) -> pd.DataFrame:
    """The places that a table of crime counts: area (its name), level and residents.

    Street-level crime is counted of the districts of the home force, of all of them together, and
    of the towns that ``collection.toml`` makes of wards. The City of London is left out: few live
    there and many work, so that its rates mean nothing.
    """
    columns = {"name": "area", "population": "residents"}
    if programme == RECORDED:
        known = places.forces().query("name != 'City of London'")
        return known.rename(columns=columns).assign(level="force")[_PLACE]
    known = places.districts(force=collection.force).rename(columns=columns)
    whole = {"area": collection.force, "residents": known["residents"].sum()}
    towns = [
        {"area": town, "residents": places.neighbourhoods(town)["population"].sum()}
        for town in collection.towns
    ]
    kinds = {"district": known, "force": pd.DataFrame([whole])}
    kinds["town"] = pd.DataFrame(towns, columns=["area", "residents"])
    parts = [part.assign(level=level)[_PLACE] for level, part in kinds.items()]
    return pd.concat([part for part in parts if len(part)], ignore_index=True)


def crime_places_of_level(question: Question) -> list[str]:
    """The places of the first one's kind that a table of crime counts.

    >>> len(crime_places_of_level(Question("street_crime", "burglary", ("Preston",))))
    14
    """
    known = crime_places(tables.state(), question.programme)
    level = known.loc[known["area"] == question.areas[0], "level"]
    return known.loc[known["level"].isin(level), "area"].tolist()


@lru_cache(maxsize=4)
def crime_years(held: tuple, programme: str) -> range:
    """The calendar years of which a table of crime holds anything, from the first to the last.

    Raises :class:`NotEnough` where it holds nothing by the day of the page.
    """
    if programme == STREET:
        known = crime.coverage(force=collection.force).query("state == 'complete'")
        days = known["month"]
    else:
        days = crime.recorded_crime(force=collection.force)["quarter"]
    if days.empty:
        raise nothing_held(programme)
    return range(days.min().year, days.max().year + 1)


def nothing_held(programme: str) -> NotEnough:
    """Why nothing can be asked about a programme: nothing was published by the day of the page."""
    known = published_figures.programmes().set_index("programme")["name"]
    name, day = (known.to_dict() | CRIME_TABLES)[programme], tables.cut()["day"]
    if not day:
        return NotEnough(f"Nothing of {name} is held.")
    return NotEnough(f"Nothing of {name} had been published by {formatting.date(day)}.")


@lru_cache(maxsize=32)
def _counted(held: tuple, programme: str, measure: str) -> pd.DataFrame:
    """Counts of crime of every place as the table has them: area, day, n."""
    if programme == RECORDED:
        frame = crime.recorded_crime(measure)
        rows = frame.rename(columns={"force": "area", "quarter": "day"})
    else:
        frame = crime.street_crime("district", force=collection.force)
        rows = frame.rename(columns={"district": "area", "month": "day"})
        rows = rows[rows["type"].isin(crime.OUTCOMES[measure])]
        parts = [rows, rows.assign(area=collection.force)]
        parts += [_in_town(town, rows) for town in collection.towns]
        rows = pd.concat(parts)
    counts = rows.groupby(["area", "day"], as_index=False)["n"].sum()
    counts.attrs = frame.attrs
    return counts


def _in_town(town: str, rows: pd.DataFrame) -> pd.DataFrame:
    """Counts of a town like those of its district, from the neighbourhoods that it is made of."""
    district = collection.towns[town].district
    small = crime.street_crime("neighbourhood", force=collection.force, area=district)
    small = small[small["lsoa"].isin(places.neighbourhoods(town)["lsoa"])]
    counts = small.groupby(["month", "type"])["n"].sum()
    own = rows[rows["area"] == district].set_index(["day", "type"])
    own["n"] = counts.reindex(own.index, fill_value=0)
    return own.reset_index().assign(area=town)


def crime_counts(question: Question, *, everywhere: bool = False) -> pd.DataFrame:
    """Counts of crime in whole periods.

    Parameters
    ----------
    question
        About crime (:attr:`Question.about_crime`).
    everywhere
        Whether all places of the first one's kind are counted besides, or those of the question.

    Returns
    -------
    One row for each place and period that the table holds every month of: area, period (its first
    day), n, residents, level. A count below zero, of
    records cancelled in a later quarter, is zero. ``attrs["sources"]`` cites the table.

    >>> robbery = Question("recorded_crime", "robbery", ("Kent",), by="calendar year")
    >>> set(crime_counts(robbery)["period"].dt.month)
    {1}
    """
    held = tables.state()
    counts = _counted(held, question.programme, question.measure)
    known = crime_places(held, question.programme)
    frame = counts.merge(known, on="area")
    asked = set(question.areas)
    if everywhere:
        asked |= set(crime_places_of_level(question))
    frame = frame[frame["area"].isin(asked)]
    first, last = int(question.start or 0), int(question.end or 9999)
    frame = frame[frame["day"].dt.year.between(first, last)]
    starts = frame["day"].dt.to_period(_FREQUENCIES[question.by]).dt.start_time
    frame = frame.assign(period=starts.astype("datetime64[us]"))
    months_a_row = 3 if question.programme == RECORDED else 1
    frame = frame.groupby(["area", "period"], as_index=False).agg(
        n=("n", "sum"),
        rows=("day", "nunique"),
        residents=("residents", "first"),
        level=("level", "first"),
    )
    frame = frame[frame["rows"] * months_a_row == STEPS[question.by]]
    frame = frame.drop(columns="rows").reset_index(drop=True)
    frame["n"] = frame["n"].clip(lower=0)
    frame.attrs = counts.attrs
    return frame
