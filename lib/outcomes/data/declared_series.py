"""Series that several pages show, each declared once (``series.toml``): one noun, one source, one
way to be judged, so that no two pages can tell of the same series in different words.
"""

import tomllib
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

import pandas as pd

from outcomes.core.errors import one_of
from outcomes.data import crime, places, published_figures
from outcomes.data.crime_codes import ASB, CRIME_TYPES
from outcomes.data.doors import Name, door

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
    area: str
    direction: str
    start: str
    why: str
    """Why its usual range begins at ``start``."""
    season: bool
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

        ``area`` is a slug, by default that of the declaration; a force, or for
        street-level crime also a district. ``attrs["sources"]`` says what
        was read. Cancelled records of a later quarter can leave a count below 0: it is taken as 0.
        """
        frame, values = self._read(area or self.area)
        made = (
            values.sort_index()
            .clip(lower=0)
            .asfreq({"month": "MS", "quarter": "QS"}[self.step])
        )
        pages = (
            frame[_PAGE].drop_duplicates() if self.family == "published" else frame[:0]
        )
        made.attrs["sources"] = pages.to_dict("records") or frame.attrs["sources"]
        return made.rename(self.name)

    def _read(self, area: str) -> tuple[pd.DataFrame, pd.Series]:
        if self.family == "recorded":
            group = None if self.name == "all_crime" else self.name
            frame = crime.crime_quarterly(force=area, offence=group)
            return frame, frame.groupby("quarter")["n"].sum()
        if self.family == "street":
            kind = self.name.removeprefix("street_").replace("_", "-")
            types = CRIME_TYPES if kind == "all-crime" else ASB if kind == ASB else kind
            if area in set(places.forces()["force"]):
                frame = crime.crime_force_monthly(force=area, types=types, fill=True)
            else:
                frame = crime.crime_district_monthly(
                    district=area, types=types, fill=True
                )
            return frame, frame.groupby("month")["n"].sum()
        frame = published_figures.figures(measure=self.name, area=area, dated=True)
        days = (frame["period_end"] - frame["period_start"]).dt.days + 1
        frame = frame[days.between(88, 93) & (frame["qualifier"] == "exact")]
        return frame, published_figures.one_each(frame).set_index("period_start")[
            "value"
        ]


@cache
def _declared() -> dict[str, Series]:
    found = {}
    for family, said in tomllib.loads(_DECLARED.read_text(encoding="utf-8")).items():
        shared = {key: value for key, value in said.items() if key != "series"}
        for name, own in said["series"].items():
            found[name] = Series(name=name, family=family, **shared | own)
    return found


@door()
def series_names(*, family: Name = None) -> list[str]:
    """Names of the declared series, in the order of the declaration; of one family when asked."""
    families = dict.fromkeys(s.family for s in _declared().values())
    if family is not None:
        one_of(family, families, "family")
    return [name for name, s in _declared().items() if family in (None, s.family)]


@door()
def series(name: Name) -> Series:
    """The declaration of a series: ``series("trafficking").values()`` are its counts.

    Names are those of the groups of offences (:data:`OFFENCE_GROUPS`) and "all_crime" by quarter,
    of types of street-level crime by month ("street_robbery"), and of measures of the register
    ("nrm_referrals"). Raises :class:`Invalid` with the nearest name.
    """
    return _declared()[one_of(name, _declared(), "series")]
