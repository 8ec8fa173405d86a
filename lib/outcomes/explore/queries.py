"""What a question rests on: published figures, or counts of crime, by place and time."""

from functools import lru_cache
from typing import NamedTuple

import pandas as pd

from outcomes import data
from outcomes.core import formatting
from outcomes.core.collection import collection
from outcomes.data import tables as store

RECORDED, STREET = "recorded_crime", "street_crime"
CRIME = {
    RECORDED: "Recorded crime of forces, by quarter (Home Office)",
    STREET: "Street-level crime of districts, by month (data.police.uk)",
}
STEPS = {"month": 1, "quarter": 3, "calendar year": 12, "financial year": 12}
_FREQ = {
    "month": "M",
    "quarter": "Q-DEC",
    "calendar year": "Y-DEC",
    "financial year": "Y-MAR",
}


def cited(a) -> dict[str, str]:
    """The citation of the counts of crime that a question rests on."""
    tables = {RECORDED: "crime_quarterly", STREET: "crime_district_monthly"}
    return data.source(tables[a.programme], force=collection.force_code)


def figures(a, *, everywhere: bool = False, latest: bool = False) -> pd.DataFrame:
    """Rows of the register for programme, measure, years and, unless ``everywhere``, the places.

    With ``latest``, one row for each fact (:func:`outcomes.data.one_each`).
    """
    years = (a.start and f"{a.start}-01-01", a.end and f"{a.end}-12-31")
    read = _latest if latest else _figures
    frame = read(store.root(), a.programme, a.measure, *years)
    return (
        frame
        if everywhere
        else frame[frame["area"].isin(a.areas)].reset_index(drop=True)
    )


def with_parts(a) -> pd.DataFrame:
    """:func:`figures` of the first place and of the places within it."""
    rows, inside = figures(a, everywhere=True), set(a.areas[:1])
    above = _by_key(store.root(), "areas", "area")["parent"]
    while more := set(above.index[above.isin(inside)]) - inside:
        inside |= more
    return rows[rows["area"].isin(inside)].reset_index(drop=True)


# A change of one control asks for the same rows many times over.
@lru_cache(maxsize=256)
def _figures(
    root, programme: str, measure: str | None, start: str, end: str
) -> pd.DataFrame:
    return data.figures(programme=programme, measure=measure, start=start, end=end)


@lru_cache(maxsize=256)
def _latest(*question) -> pd.DataFrame:
    return data.one_each(_figures(*question))


def printed(programme: str, measure: str | None = None) -> pd.DataFrame:
    """All rows of the register for a programme, or for one measure of it."""
    return _figures(store.root(), programme, measure, "", "")


@lru_cache(maxsize=64)
def measures(root, programme: str) -> list[tuple[str, str]]:
    """Names and slugs of a programme's measures, the most published first."""
    used = printed(programme)["measure"].value_counts().index
    return [(formatting.sentence_case(measure(slug)["name"]), slug) for slug in used]


def measure(slug: str) -> pd.Series:
    """A measure of the register: name, unit, kind, better, whole …"""
    return _by_key(store.root(), "measures", "measure").loc[slug]


def residents(areas) -> pd.Series:
    """Residents of places, by slug; missing where they are not known."""
    return _by_key(store.root(), "areas", "area")["population"].reindex(areas)


@lru_cache(maxsize=8)
def _by_key(root, table: str, key: str) -> pd.DataFrame:
    return getattr(data, table)().set_index(key)


def level(a) -> pd.DataFrame:
    """The latest rows of all places of the first one's kind: forces, districts, nations …"""
    rows = figures(a, everywhere=True, latest=True)
    return rows[rows["level"].isin(rows.loc[rows["area"] == a.areas[0], "level"])]


def regular(a) -> tuple[pd.Series, str]:
    """Values of the first place for separate months or quarters, by their start; and the step."""
    rows = figures(a, latest=True)
    rows = rows[(rows["area"] == a.areas[0]) & (rows["qualifier"] == "exact")]
    days = (rows["period_end"] - rows["period_start"]).dt.days + 1
    whole = rows["period_start"].dt.day == 1
    spans = {
        "month": days.between(28, 31) & whole,
        "quarter": days.between(90, 92) & whole,
    }
    step = max(spans, key=lambda name: spans[name].sum())
    values = (
        rows[spans[step]]
        .drop_duplicates("period_start")
        .set_index("period_start")["value"]
    )
    return values.sort_index().asfreq({"month": "MS", "quarter": "QS"}[step]), step


def places(programme: str) -> pd.DataFrame:
    """The places that a table of crime counts: area, name, residents. The City of London is left
    out: few live there and many work, so that its rates mean nothing."""
    if programme == RECORDED:
        frame = data.forces(territorial=True).rename(columns={"force": "area"})
        frame = frame[frame["area"] != "city-of-london"]
    else:
        frame = data.districts(force=collection.force_code).assign(
            area=lambda f: f["name"]
        )
    return frame[["area", "name", "population"]].rename(
        columns={"population": "residents"}
    )


@lru_cache(maxsize=4)
def years(root, programme: str) -> range:
    """The calendar years of which a table of crime holds anything, from the first to the last."""
    if programme == RECORDED:
        days = data.crime_quarterly(force=collection.force_code)["quarter"]
    else:
        days = data.months_present(collection.force_code)
    return range(days.min().year, days.max().year + 1)


def counts(a, *, everywhere: bool = False) -> pd.DataFrame:
    """Counts of crime: area, name, period (its first day), n, residents; whole periods only."""
    known = places(a.programme)
    chosen = list(known["area"] if everywhere else a.areas)
    if a.programme == RECORDED:
        frame = data.crime_quarterly(force=chosen, offence=a.measure)
        frame = frame.rename(columns={"force": "area", "quarter": "day"})
    else:
        types = data.OUTCOMES[a.measure]
        frame = data.crime_district_monthly(district=chosen, types=types, fill=True)
        names = data.districts(force=collection.force_code).set_index("district")[
            "name"
        ]
        frame = frame.assign(area=frame["district"].map(names)).rename(
            columns={"month": "day"}
        )
    year = frame["day"].dt.year
    frame = frame[year.between(int(a.start or 0), int(a.end or 9999))]
    steps = 3 if a.programme == RECORDED else 1
    period = (
        frame["day"].dt.to_period(_FREQ[a.by]).dt.start_time.astype("datetime64[us]")
    )
    held = frame.groupby(period)["day"].nunique() * steps == STEPS[a.by]
    frame = frame.assign(period=period)[period.map(held)]
    made = (
        frame.groupby(["area", "period"], as_index=False)["n"]
        .sum()
        .merge(known, on="area")
    )
    return made.assign(n=made["n"].clip(lower=0))


class Named(NamedTuple):
    """What is counted in words, its unit, and the direction that is better."""

    what: str
    unit: str = ""
    direction: str = "neither"

    @property
    def kind(self) -> str:
        """How its values are written: as money or as a number."""
        return "money" if self.unit == "£" else "number"


def named(a) -> Named:
    """What a question is about."""
    if a.programme in CRIME:
        return Named(
            a.measure.replace("_", " ") + " offences" * (a.programme == RECORDED)
        )
    return Named(*measure(a.measure)[["name", "unit", "better"]])
