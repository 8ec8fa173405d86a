"""Series that several pages show, each declared once (``series.toml``): noun, source and judgement.

No two pages can then tell of the same series in different words.
"""

import tomllib
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

import pandas as pd

from outcomes.core.collection import collection
from outcomes.core.errors import spelt
from outcomes.data import citations, crime, crime_codes, places, tables
from outcomes.data.doors import door
from outcomes.data.published_figures import latest_per_fact, published_figures

_PAGE = ["source", "publisher", "title", "url", "published"]
_DECLARED = Path(__file__).with_name("series.toml")
YEAR = {"month": 12, "quarter": 4}
"""How many points of a step make a year."""


@dataclass(frozen=True)
class Series:
    """One declared series: what it is called, where it comes from and how it is judged."""

    name: str
    family: str
    """recorded (Home Office, by quarter), street (data.police.uk, by month) or published (ours)."""
    noun: str
    step: str
    unit: str
    direction: str
    start: str
    why: str
    """Why its usual range begins at ``start``."""
    season: bool
    area: str = collection.force
    """The place that it is judged for, by name: the home force unless the declaration says."""
    change: str = ""
    """Why it is described by its change and has no usual range; "" where it has one."""
    rebase: tuple = field(default=())

    @property
    def label(self) -> str:
        """Its name in a chart or table of many series."""
        noun = (
            self.noun.removeprefix("all ")
            .removeprefix("recorded ")
            .removeprefix("street-level ")
        )
        noun = {"all_crime": "all crime", "street_all_crime": "all crime"}.get(
            self.name, noun
        )
        return noun[:1].upper() + noun[1:]

    @property
    def latest(self) -> int:
        """How many points make its latest year."""
        return YEAR[self.step]

    def values(self, area: str | None = None) -> pd.Series:
        """All its values that are held, by the first day of each month or quarter; gaps are NaN.

        ``area`` is by default that of the declaration; a force, or for street-level crime also a
        district. ``attrs["sources"]`` says what was read. Cancelled records of a later quarter can
        leave a count below 0: it is taken as 0.
        """
        area = area or self.area
        if self.family == "recorded":
            offence = None if self.name == "all_crime" else self.name
            frame = crime.recorded_crime(offence, force=area)
            values, sources = (
                frame.groupby("quarter")["n"].sum(),
                frame.attrs["sources"],
            )
        elif self.family == "street":
            values = self._street(area)
            sources = values.attrs["sources"]
        else:
            frame = published_figures(
                measure=self.name, area=area, vintages="all", dated=True
            )
            days = (frame["period_end"] - frame["period_start"]).dt.days + 1
            frame = frame[days.between(88, 93) & (frame["qualifier"] == "exact")]
            pages = frame[_PAGE].drop_duplicates().to_dict("records")
            sources = citations.Sources(pages) or frame.attrs["sources"]
            frame = latest_per_fact(frame)
            values = frame.groupby("period_start")["value"].sum()
        values = values.sort_index().clip(lower=0)
        values = values.asfreq({"month": "MS", "quarter": "QS"}[self.step])
        values.attrs["sources"] = sources
        return values.rename(self.name)

    def _street(self, area: str) -> pd.Series:
        """Counts of its types in a force, or in a district."""
        kind = self.name.removeprefix("street_").replace("_", "-")
        types = crime_codes.CRIME_TYPES if kind == "all-crime" else [kind]
        known = tables.mapping("forces", "force", "name")
        if area in known or area in known.values():
            return crime.street_total(types, force=area)
        district = places.codes("districts", area)[0]
        force = tables.mapping("districts", "district", "force")[district]
        return crime.street_total(types, force=force, district=district)


@cache
def _declared() -> dict[str, Series]:
    found = {}
    for family, said in tomllib.loads(_DECLARED.read_text(encoding="utf-8")).items():
        shared = {key: value for key, value in said.items() if key != "series"}
        for name, own in said["series"].items():
            found[name] = Series(name=name, family=family, **shared | own)
    return found


@door
def series_names(*, family: str | None = None) -> list[str]:
    """Names of the declared series, in the order of the declaration; of one family when asked.

    >>> series_names(family="recorded")[:2]
    ['all_crime', 'trafficking']
    """
    families = dict.fromkeys(s.family for s in _declared().values())
    if family is not None:
        family = spelt(family, families, "family")
    return [name for name, s in _declared().items() if family in (None, s.family)]


@door
def series(name: str) -> Series:
    """The declaration of a series: ``series("trafficking").values()`` are its counts.

    Names are those of the groups of offences (:data:`OFFENCE_GROUPS`) and "all_crime" by quarter,
    of types of street-level crime by month ("street_robbery"), and of measures of the register
    ("nrm_referrals"). Raises :class:`Invalid` with the nearest name.

    >>> series("trafficking").noun
    'recorded drug trafficking'
    """
    return _declared()[spelt(name, _declared(), "series")]
