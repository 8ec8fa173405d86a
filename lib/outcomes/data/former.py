"""The names and shapes of before, until the last notebook and test that asks for them is rewritten.

Frames carry codes alone here; the functions that replace these give names beside codes and stand
in :mod:`outcomes.data.crime`, :mod:`outcomes.data.places` and
:mod:`outcomes.data.published_figures`. To be deleted whole.
"""

import re
from collections.abc import Callable
from datetime import date as Date
from difflib import get_close_matches
from functools import lru_cache, wraps
from inspect import BoundArguments, Parameter, Signature, signature
from typing import Annotated, Any, NamedTuple, get_type_hints

import numpy as np
import pandas as pd

from outcomes.core import formatting
from outcomes.core.errors import Invalid, NotEnough, one_of
from outcomes.core.formatting import date
from outcomes.data import citations, tables
from outcomes.data.crime_codes import OFFENCE_GROUPS, OUTCOMES, TYPES
from outcomes.data.doors import FIRST, LAST, is_real, plain_day

# The door of before: what is given is held to annotations with kinds of their own.


class Kind(NamedTuple):
    """A kind of argument: what it is in words, how to tell, whether a list of them may be given."""

    what: str
    fits: Callable[[Any], bool]
    many: bool = False
    held: bool = False
    """Must the table's column of that name hold it?"""
    none: bool = False
    """Is None allowed where it is not the default?"""

    def __repr__(self) -> str:
        return repr(self.what)  # as an editor shows it beside the argument


def _is_name(value: Any) -> bool:
    return isinstance(value, str) and value.strip() != ""


def _is_time(form: str) -> Callable[[Any], bool]:
    def fits(value: Any) -> bool:
        if isinstance(value, pd.Period):  # a year is no month, and a month no day
            value = str(value)
        if isinstance(value, (Date, np.datetime64)):  # a pandas Timestamp is a date too
            return not pd.isna(value) and _told(pd.Period(value, "D").year)
        if not isinstance(value, str) or not re.fullmatch(form, value):
            return False
        told = _told(int(value[:4] or FIRST))  # pandas reads the year 0001 as 2001
        return told and (
            value == "" or not pd.isna(pd.to_datetime(value, errors="coerce"))
        )

    return fits


def _told(year: int) -> bool:
    return FIRST <= year <= LAST


Flag = Annotated[bool, Kind("True or False", lambda v: isinstance(v, (bool, np.bool_)))]
Name = Annotated[str, Kind("a name", _is_name)]
Names = Annotated[Any, Kind("a name or a list of names", _is_name, many=True)]
Held = Annotated[Any, Kind("a name or a list of names", _is_name, many=True, held=True)]
HeldOrBlank = Annotated[  # where the table has rows without one: "" asks for these
    Any,
    Kind(
        "a name, '' or a list of them",
        lambda v: isinstance(v, str),
        many=True,
        held=True,
    ),
]
HeldOrAll = Annotated[
    Any, Kind("a name, a list of names or None", _is_name, True, True, True)
]
Month = Annotated[Any, Kind("a month written YYYY-MM", _is_time(r"\d{4}-\d\d(-\d\d)?"))]
Day = Annotated[Any, Kind("a day written YYYY-MM-DD", _is_time(r"(\d{4}-\d\d-\d\d)?"))]
Number = Annotated[float, Kind("a number above 0", lambda v: is_real(v) and v > 0)]
Frame = Annotated[pd.DataFrame, Kind("a frame", lambda v: isinstance(v, pd.DataFrame))]


def door(table: str = "") -> Callable:
    """Hold what is given to a function to its annotations (:data:`Flag`, :data:`Names` …).

    The frame that a function of ``table`` returns carries its sources in ``attrs["sources"]``: for
    a table counted by month, the months at hand of the forces and the span asked for; with
    ``fill=True`` the complete ones only.
    """

    def wrap(function: Callable) -> Callable:
        takes = signature(function)
        kinds = _kinds(function)

        @wraps(function)
        def asked(*args: Any, **given: Any) -> Any:
            called = _bound(function.__name__, takes, args, given)
            bound = called.arguments
            for name, value in bound.items():
                if name in kinds and value is not takes.parameters[name].default:
                    _check(function.__name__, name, value, kinds[name], table)
                    bound[name] = plain_day(value)
            _span(table, bound)
            made = function(*called.args, **called.kwargs)
            if table and isinstance(made, pd.DataFrame):
                from outcomes.data import citations  # which has a door itself

                made.attrs.setdefault("table", table)

                if (
                    "sources" not in made.attrs
                ):  # a function that knows better has said so
                    months = _months(table, made, bound)
                    made.attrs["sources"] = citations.sources_of(table, made, months)
            return made

        return asked

    return wrap


def _kinds(function: Callable) -> dict[str, Kind]:
    hints = get_type_hints(function, include_extras=True)
    marked = {name: getattr(hint, "__metadata__", ()) for name, hint in hints.items()}
    return {
        n: kinds[0]
        for n, kinds in marked.items()
        if kinds and isinstance(kinds[0], Kind)
    }


def _bound(called: str, takes: Signature, args: tuple, given: dict) -> BoundArguments:
    """What each argument is; an unknown keyword is answered with the nearest."""
    open_ended = any(p.kind is Parameter.VAR_KEYWORD for p in takes.parameters.values())
    for name in given:
        if name not in takes.parameters and not open_ended:
            close = get_close_matches(name, takes.parameters, n=1)
            hint = f" Did you mean {close[0]!r}?" if close else ""
            raise Invalid(
                f"{called} takes no {name!r}.{hint} It takes: {', '.join(takes.parameters)}."
                if takes.parameters
                else f"{called} takes nothing, so {name!r} cannot be given."
            )
    try:
        bound = takes.bind(*args, **given)
    except TypeError:
        if not takes.parameters:
            raise Invalid(f"{called} takes nothing; write {called}().") from None
        first = [n for n, p in takes.parameters.items() if p.default is Parameter.empty]
        need = f"It needs {', '.join(first)}." if first else "Give each by its name."
        names = ", ".join(takes.parameters)
        raise Invalid(
            f"{called} cannot be called so. It takes: {names}. {need}"
        ) from None
    bound.apply_defaults()
    return bound


def _check(called: str, name: str, value: Any, kind: Kind, table: str) -> None:
    if value is None and kind.none:
        return
    listed = pd.api.types.is_list_like(value) and not isinstance(value, pd.DataFrame)
    if listed and not kind.many and not kind.fits(value):
        raise Invalid(
            f"{name} {_shown(value)} is a list; {called} takes {kind.what} here."
        )
    items = list(value) if listed and kind.many else [value]
    if not items:
        raise Invalid(f"{name} is an empty list; {called} takes {kind.what} here.")
    for item in items:
        if not kind.fits(item):
            raise Invalid(
                f"{name} {_shown(item)} is not {kind.what}.{_meant(item, kind)}"
            )
        if kind.held and item != "":
            one_of(
                item, _held(tables.path_of(table).stat().st_mtime_ns, table, name), name
            )


def _shown(value: Any) -> str:
    text = f"a {type(value).__name__}" if hasattr(value, "shape") else repr(value)
    return text if len(text) <= 60 else f"{text[:57]}..."


def _meant(value: Any, kind: Kind) -> str:
    """A hint for a year where a month or a day is meant, and for a yes or no in words."""
    year = re.fullmatch(r"(19|20)\d\d", str(value))
    if year and kind.what.startswith("a month"):
        return f" Did you mean '{value}-01'?"
    if year and kind.what.startswith("a day"):
        return f" Did you mean '{value}-01-01'?"
    words = {
        "yes": True,
        "true": True,
        "1": True,
        "no": False,
        "false": False,
        "0": False,
    }
    said = words.get(str(value).lower())
    return (
        f" Did you mean {said}?"
        if kind.what == "True or False" and said is not None
        else ""
    )


@lru_cache(maxsize=32)
def _held(version: int, table: str, column: str) -> list[str]:
    """The names that a column holds, whatever the day of the page."""
    return sorted(set(tables.rows(table, [column])[column]) - {""})


def _span(table: str, asked: dict) -> None:
    """Refuse a span that lies outside what is held, or ends before it begins.

    A page as of an early day may ask for what was not out by then: that is empty, and not refused.
    """
    column = tables.package().get(table, {}).get("covers", "")
    ends = [asked.get(f"{column}_from"), asked.get(f"{column}_to")]
    if not column or ends == [None, None]:
        return
    held = tables.rows("coverage" if column == "month" else table, [column])[column]
    first, last = (None if end is None else pd.Timestamp(end) for end in ends)
    low, high = held.min(), held.max()
    until = high + pd.DateOffset(months=2) if column == "quarter" else high
    are = f"{column}s held are {formatting.month(low)} to {formatting.month(until)}"
    if first is not None and last is not None and first > last:
        raise Invalid(
            f"{ends[0]!r} lies after {ends[1]!r}: a span ends after it begins."
        )
    if first is not None and first > high:
        raise Invalid(f"{ends[0]!r} lies after all that is held: the {are}.")
    if last is not None and last < low:
        raise Invalid(f"{ends[1]!r} lies before all that is held: the {are}.")


def _months(table: str, frame: pd.DataFrame, asked: dict) -> pd.DataFrame | None:
    """The months that counts by month were read from: rows of coverage."""
    if tables.package().get(table, {}).get("covers") != "month" or "force" not in frame:
        return None
    held = tables.read("coverage", force=sorted(frame["force"].unique()))
    kept = held["state"].isin(
        ["complete"] if asked.get("fill") else ["complete", "partial"]
    )
    if asked.get("month_from") is not None:
        kept &= held["month"] >= pd.Timestamp(asked["month_from"])
    if asked.get("month_to") is not None:
        kept &= held["month"] <= pd.Timestamp(asked["month_to"])
    return held[kept]


WARDS = {"Fleetwood": ("Wyre", ("Mount", "Park", "Pharos", "Rossall", "Warren"))}
_BASES = {
    2020: ("population", "ons_population", "estimates for the middle of 2020"),
    2021: ("population_2021", "ons_census", "the census of March 2021"),
}
"""What the columns of residents hold, by year: column, source and its name in words."""
_SECURE = (2021, 2020)
"""The bases, best first: a census before an estimate rolled forward from the census before it."""


@door("districts")
def population(
    level: Name = "district", *, force: Held = None, year: Any = None
) -> pd.DataFrame:
    """Residents to count against: the best that is held for all the places asked, on one basis.

    ``level`` is "district" (2021) or "force"; ``force`` (slugs) keeps those of some forces.
    Columns: place (GSS code or slug), name, force, population, population_year. The districts of
    Lancashire have those of Census 2021, and so has its force asked alone; where any place asked
    has no census here, all have the estimates of mid-2020, so that places are compared on one
    basis.

    ``attrs["sources"]`` cites it and ``attrs["caveat"]`` says its year and what is known of its
    error; with ``year``, the year of the counts, how far it lies from them. The estimates were
    rolled forward from 2011: :func:`population_error` measures them against the census. Raises
    NotEnough where none had been published by the day of the page.
    """
    one_of(level, ("district", "force"), "level")
    if isinstance(year, pd.Period) or (
        year is not None and not re.fullmatch(r"(19|20)\d\d", str(year))
    ):
        raise Invalid(f"population: year={year!r} is not a year; write it as 2025.")
    frame = tables.read("districts", force=force_slugs(force))
    basis = next((b for b in _SECURE if frame[_BASES[b][0]].notna().all()), None)
    if basis is None:
        raise NotEnough(
            "No count of residents of all these places had been published by then."
        )
    column, source, said = _BASES[basis]
    frame = frame.assign(
        population=frame[column].astype("int64"), population_year=basis
    )
    if level == "force":
        frame = frame.groupby("force", as_index=False)[["population"]].sum()
        frame = frame.merge(tables.read("forces", ["force", "name"])).assign(
            population_year=basis
        )
    frame = frame.rename(columns={level: "place"}).assign(
        force=lambda f: f["place" if level == "force" else "force"]
    )
    made = frame[["place", "name", "force", "population", "population_year"]]
    made.attrs |= {
        "sources": [citations.source(source)],
        "caveat": _caveat(basis, said, year),
    }
    return made


def _caveat(basis: int, said: str, year: Any) -> str:
    text = f"Residents are those of {said}"
    if year is not None and abs(int(year) - basis) > 1:
        text += f", and the counts those of {int(year)}: what changed between is in no interval"
    worst = (
        population_error().dropna()
    )  # none where the census was not out by the day asked
    if basis == 2020 and len(worst):
        text += f". For districts of Lancashire the census of 2021 counted from {-worst.min():.1%} "
        text += f"fewer to {worst.max():.1%} more than they say"
    return text + "."


@door()
def population_error() -> pd.Series:
    """How much more the census of 2021 counted than the estimates of mid-2020, by district, as a
    share; for the districts that have both (those of Lancashire)."""
    both = tables.read("districts").dropna(subset=["population", "population_2021"])
    return (both["population_2021"] / both["population"] - 1).set_axis(both["name"])


def _peopled(frame: pd.DataFrame, level: str, force: Any) -> pd.DataFrame:
    """Rows of districts or forces with the population to count them against."""
    made = frame.drop(columns=["population", "population_2021"], errors="ignore")
    try:
        people = population(level, force=force)
    except NotEnough:
        return made.assign(population=float("nan"), population_year=float("nan"))
    known = people.set_index("place")
    for column in ("population", "population_year"):
        made[column] = made[level].map(known[column])
    made.attrs["sources"] = people.attrs["sources"]
    return made


@door("forces")
def forces(*, territorial: Flag = None) -> pd.DataFrame:
    """Police forces: force (slug), name, gss, territorial (bool), population and population_year
    (:func:`population`: residents of mid-2020, the only ones held for all).

    Rates per resident mean nothing for City of London, where few live and many work.
    """
    return _peopled(tables.read("forces", territorial=territorial), "force", None)


@door("districts")
def districts(*, force: Held = None) -> pd.DataFrame:
    """Districts of England and Wales (2021): district (GSS), name, force, population and
    population_year (:func:`population`: Census 2021 for Lancashire asked alone, else mid-2020)."""
    return _peopled(tables.read("districts", force=force), "district", force)


@door()
def district_names() -> list[str]:
    """Names of the 14 districts of Lancashire, sorted."""
    return sorted(districts(force="lancashire")["name"])


@door("lsoas")
def lsoas(*, district: Names = None, force: HeldOrAll = "lancashire") -> pd.DataFrame:
    """Neighbourhoods (LSOA, 2021 frame): where they lie, who lives there, how deprived they are.

    Columns: lsoa, name, force, district, district_name, ward, unit, frame, population (mid-2020),
    imd2019_rank, imd2019_decile, imd2025_score, imd2025_rank, imd2025_decile, longitude, latitude.
    ``unit`` groups codes of both frames which cover the same ground. Leicestershire (``force``)
    has no ward, population or deprivation here.
    """
    codes = district_codes(district)
    if codes is not None and force == "lancashire":
        force = None
    elif codes is not None and force is not None:
        one_of(listed(force)[0], forces_of(codes), "force of these districts")
    if codes is not None:
        force_slugs(forces_of(codes), "lsoas")
    return tables.read("lsoas", district=codes, force=force)


@door()
def lsoas_of(place: Name) -> list[str]:
    """The LSOAs of a district of Lancashire, or of a town made of whole wards (:data:`WARDS`).

    Fleetwood is 18 neighbourhoods of Wyre. Raises :class:`Invalid` for any other town: its limits
    are not those of wards, so it cannot be drawn.
    """
    district, wards = WARDS.get(place, (place, None))
    if wards is None:
        one_of(place, [*WARDS, *district_names()], "place")
    frame = lsoas(district=district)
    return sorted(
        frame["lsoa"] if wards is None else frame.loc[frame["ward"].isin(wards), "lsoa"]
    )


def district_codes(district: Any) -> list[str] | None:
    """GSS codes of districts given by code, name or slug; None stays None (no filter).

    Raises :class:`Invalid` with the nearest name among the 14 districts of Lancashire.
    """
    if district is None:
        return None
    frame = districts()
    codes = {code.lower(): code for code in frame["district"]}
    codes |= {
        _plain(name): code
        for name, code in zip(frame["name"], codes.values(), strict=True)
    }
    asked = listed(district)
    for name in asked:
        if _plain(name) not in codes:
            one_of(name, district_names(), "district")
    return sorted({codes[_plain(name)] for name in asked})


def forces_of(district: list[str]) -> list[str]:
    """The forces whose area holds these districts (GSS codes), sorted."""
    frame = districts()
    return sorted(frame.loc[frame["district"].isin(district), "force"].unique())


def force_slugs(force: Any, table: str = "") -> list[str] | None:
    """Force slugs, checked; None stays None. Raises :class:`Invalid` with the nearest slug, and for
    a force of which ``table`` has no row."""
    if force is None:
        return None
    known = forces()["force"]
    slugs = sorted({one_of(name, known, "force") for name in listed(force)})
    held = set(tables.rows(table, ["force"])["force"]) if table else set(slugs)
    for slug in slugs:
        if slug not in held:
            raise Invalid(
                f"{table} has no row of {slug!r}; it holds {', '.join(sorted(held))}."
            )
    return slugs


def listed(value: Any) -> list:
    """A single name as a list of one; any other collection as a list."""
    return [value] if isinstance(value, str) else list(value)


def _plain(name: str) -> str:
    return str(name).lower().replace("-", " ")


@door("crime_monthly")
def crime_monthly(
    *,
    force: Names = None,
    district: Names = None,
    lsoa: HeldOrBlank = None,
    month_from: Month = None,
    month_to: Month = None,
    types: Names = None,
    fill: Flag = False,
) -> pd.DataFrame:
    """Street-level counts of Lancashire and Leicestershire by neighbourhood, month and type.

    Columns: force, district (GSS code; "" without location), lsoa (2021 code; "" without
    location), month (first day), type (:data:`TYPES`), n. ``district`` may be a code or a name, and
    then only rows of the district's own force are returned. ``fill=True`` gives, for complete
    months only, every LSOA of the force (and "" when no place is asked for) with its zeros.
    """
    codes = district_codes(district)
    force = forces_of(codes) if codes is not None and force is None else force
    force = force_slugs(force, "crime_monthly")
    where = {"force": force, "district": codes, "lsoa": lsoa, "type": _types(types)}
    frame = _between(tables.read("crime_monthly", **where), month_from, month_to)
    if not fill:
        return frame
    units = _neighbourhoods(codes, force, lsoa)
    return _filled(frame, units, types, month_from, month_to)


@door()
def crime_panels(outcomes: Names, *, force: Names) -> dict[str, pd.DataFrame]:
    """For each outcome (:data:`OUTCOMES`) its counts, month x LSOA, with zeros, for comparisons.

    Only months that are complete in every ``force`` are rows; every LSOA of the forces is a column.
    Rows without a location, or that a force recorded in another's area, are not in them.
    """
    slugs = force_slugs(force, "crime_monthly")
    names = [one_of(name, OUTCOMES, "outcome") for name in listed(outcomes)]
    frame = tables.read("crime_monthly", force=slugs)
    home = tables.read("lsoas", ["lsoa", "force"], force=slugs).set_index("lsoa")[
        "force"
    ]
    frame = frame[frame["lsoa"].map(home) == frame["force"]]
    months = set.intersection(*(set(months_present(f)) for f in slugs))
    grid = {"index": sorted(months), "columns": home.index.tolist()}
    held = coverage(force=slugs)
    cited = citations.sources_of(
        "crime_monthly", frame, held[held["month"].isin(months)]
    )
    made = {}
    for name in names:
        rows = frame[frame["type"].isin(OUTCOMES[name])]
        table = rows.groupby(["month", "lsoa"])["n"].sum().unstack(fill_value=0)
        made[name] = table.reindex(**grid, fill_value=0).rename_axis(
            index="month", columns="lsoa"
        )
        made[name].attrs["sources"] = cited
    return made


@door("crime_force_monthly")
def crime_force_monthly(
    *,
    force: Names = None,
    month_from: Month = None,
    month_to: Month = None,
    types: Names = None,
    fill: Flag = False,
) -> pd.DataFrame:
    """Street-level counts of whole forces: force, month, type, n.

    Lancashire and Leicestershire have most months from December 2019; the others January to April
    2024 and 2025 only. ``fill=True`` adds the zeros of complete months and drops partial months.
    """
    where = {"force": force_slugs(force, "crime_force_monthly"), "type": _types(types)}
    frame = _between(tables.read("crime_force_monthly", **where), month_from, month_to)
    if not fill:
        return frame
    units = coverage(force=where["force"])[["force"]].drop_duplicates()
    return _filled(frame, units, types, month_from, month_to)


@door("crime_district_monthly")
def crime_district_monthly(
    *,
    district: Names = None,
    force: Names = None,
    month_from: Month = None,
    month_to: Month = None,
    types: Names = None,
    fill: Flag = False,
) -> pd.DataFrame:
    """Street-level counts by district (2021 GSS code): force, district, month, type, n.

    Only rows that a force recorded in its own districts carry a code; rows without a location, or
    in another force's district, are counted under "" so that the rows of a force add up to its
    total. ``fill=True`` gives every own district of complete months, without the "" rows.
    """
    codes = district_codes(district)
    where = {"district": codes, "force": force_slugs(force), "type": _types(types)}
    frame = _between(
        tables.read("crime_district_monthly", **where), month_from, month_to
    )
    if not fill:
        return frame
    units = tables.read(
        "districts", ["force", "district"], district=codes, force=where["force"]
    )
    return _filled(frame[frame["district"] != ""], units, types, month_from, month_to)


@door("crime_quarterly")
def crime_quarterly(
    *,
    force: Names = None,
    offence: Names = None,
    quarter_from: Month = None,
    quarter_to: Month = None,
    territorial: Flag = True,
) -> pd.DataFrame:
    """Home Office recorded crime: force, quarter (first day), offence (code), n.

    Without a gap from April 2012 on. ``offence`` is a code, a list of codes, or the name
    of a group in :data:`OFFENCE_GROUPS`. ``n`` can be negative: records cancelled in a later
    quarter. ``territorial=False`` adds the British Transport Police and the fraud bodies.
    """
    if force is None and territorial:
        force = forces(territorial=True)["force"].tolist()
    frame = tables.read(
        "crime_quarterly", force=force_slugs(force), offence=_offences(offence)
    )
    return _between(frame, quarter_from, quarter_to, "quarter")


@door("crime_annual")
def crime_annual(
    *,
    district: Names = None,
    force: Names = None,
    offence: Held = None,
    kind: Held = None,
) -> pd.DataFrame:
    """Recorded crime by community safety partnership, in the years that ONS prints.

    Columns: year_end, force, kind (force | district | unassigned), csp, csp_name, district (GSS),
    offence (ONS name), n. In Lancashire a partnership is a district, and 2.4-3.1 % of offences
    are unassigned: they belong to the force but to no district. The last two years share six
    months: never add them.
    """
    codes = district_codes(district)
    where = {
        "district": codes,
        "force": force_slugs(force),
        "offence": offence,
        "kind": kind,
    }
    return tables.read("crime_annual", **where)


@door("case_outcomes")
def case_outcomes(*, force: Names = None, group: Held = None) -> pd.DataFrame:
    """Outcomes of investigations, 2024/25: force, quarter, group (offence group), outcome (Home
    Office outcome type; 0 is not yet assigned), outcome_group, n (summed)."""
    return tables.read(
        "case_outcomes", force=force_slugs(force, "case_outcomes"), group=group
    )


@door("coverage")
def coverage(*, force: Names = None) -> pd.DataFrame:
    """What the street-level tables hold: one row for each force and month.

    Columns: force, month, state (complete | partial | missing), reason ("" when complete), rows
    (counted, duplicates removed), no_location, duplicates, outside (another force's area). Counts
    are NaN where the file is missing or the number is not known.
    """
    return tables.read("coverage", force=force_slugs(force, "coverage"))


@door()
def months_present(
    force: Name = "lancashire", *, partial: Flag = False
) -> pd.DatetimeIndex:
    """The months a force has, sorted: complete ones, and partial ones when asked for."""
    frame = coverage(force=force)
    states = ["complete", "partial"] if partial else ["complete"]
    return pd.DatetimeIndex(frame.loc[frame["state"].isin(states), "month"])


@door("offences")
def offences() -> pd.DataFrame:
    """Home Office offence codes: offence, name (latest), group, subgroup, first_quarter and
    last_quarter (with a count other than zero), outcomes_only (bool: no longer recorded)."""
    return tables.read("offences")


@door("drug_deaths")
def drug_deaths(area: Held = None) -> pd.DataFrame:
    """Deaths by drug poisoning registered 1993-2020: area (slug), gss, name, year, deaths.

    The series ends before Project ADDER began: a baseline, never an outcome of it. A death is
    counted in the year it was registered, often the year after it happened.
    """
    return tables.read("drug_deaths", area=area)


def _types(types: Any) -> list[str] | None:
    return (
        None
        if types is None
        else [one_of(name, TYPES, "type") for name in listed(types)]
    )


def _offences(offence: Any) -> list[str] | None:
    """Offence codes, from codes or names of groups; checked."""
    if offence is None:
        return None
    known = [*OFFENCE_GROUPS, *offences()["offence"]]
    asked = [one_of(name, known, "offence") for name in listed(offence)]
    return sorted({code for name in asked for code in OFFENCE_GROUPS.get(name, [name])})


def _between(
    frame: pd.DataFrame, start: Any, end: Any, column: str = "month"
) -> pd.DataFrame:
    """Rows whose month lies from ``start`` to ``end``, both included."""
    keep = pd.Series(True, index=frame.index)
    if start is not None:
        keep &= frame[column] >= _date(start)
    if end is not None:
        keep &= frame[column] <= _date(end)
    return frame[keep].reset_index(drop=True)


def _date(given: Any) -> pd.Timestamp:
    try:
        return pd.Timestamp(given)
    except ValueError:
        raise Invalid(
            f"date {given!r} is not a date; write it as 2024-01 or 2024-01-31."
        ) from None


def _neighbourhoods(codes: list | None, force: list | None, lsoa: Any) -> pd.DataFrame:
    """The neighbourhoods a filled grid must hold, with "" (no location) when no place is asked."""
    keys = ["force", "district", "lsoa"]
    units = tables.read("lsoas", keys, district=codes, force=force, lsoa=lsoa)
    if codes is not None or lsoa is not None:
        return units
    blank = units[["force"]].drop_duplicates().assign(district="", lsoa="")
    return pd.concat([blank, units], ignore_index=True)[keys]


def _filled(
    frame: pd.DataFrame, units: pd.DataFrame, types: Any, start: Any, end: Any
) -> pd.DataFrame:
    """The complete grid of units, complete months and types: an absent row becomes a zero."""
    months = coverage(force=sorted(units["force"].unique()))
    months = _between(months[months["state"] == "complete"], start, end)[
        ["force", "month"]
    ]
    kinds = pd.DataFrame({"type": sorted(_types(types) or TYPES)})
    grid = units.merge(months, on="force").merge(kinds, how="cross")
    frame = frame.merge(months, on=["force", "month"])
    filled = grid.merge(frame, how="outer", on=list(grid.columns), sort=True)
    return filled.assign(n=filled["n"].fillna(0).astype("int64"))


NATIONAL = ("england-and-wales", "united-kingdom")
"""Areas that national weeks are published for; the same week may be called either."""
_PART = r"subset of|\(subset\)"


@door("programmes")
def programmes() -> pd.DataFrame:
    """The programmes: programme, name, start, sites, partners, aim, seed_page (bool)."""
    return tables.read("programmes")


@door("measures")
def measures(programme: Name = None) -> pd.DataFrame:
    """What is counted: measure, name, unit, kind, better, minimum_n, whole, stock, definition,
    programmes.

    ``kind`` is output, outcome or context; ``better`` is fewer, more or neither; ``whole`` is true
    when values for separate periods and areas may be added, ``stock`` when a value holds what had
    gathered before its period, so that no rate over time is made of it; no rate or share is shown
    for fewer than ``minimum_n``. With ``programme``, the measures that it has figures for.
    """
    frame = tables.read("measures")
    if programme is None:
        return frame
    used = frame["programmes"].str.split()
    one_of(programme, sorted(set(used.explode())), "programme")
    return frame[[programme in words for words in used]].reset_index(drop=True)


@door("areas")
def areas(level: Name = None) -> pd.DataFrame:
    """Places: area, name, level, gss, parent, population, population_year (2021: the census, for
    districts of Lancashire and what they make up; 2020: estimates, for forces and nations)."""
    frame = tables.read("areas", level=level)
    if level is not None and frame.empty:
        one_of(level, sorted(set(tables.read("areas")["level"])), "level")
    return frame


@door("figures")
def sources(ids: Names = None) -> pd.DataFrame:
    """Pages: source, publisher, title, url, published, published_by, seed, in the order asked.

    ``published`` is text as far as it is known ("2024-11", "" for an undated page);
    ``published_by`` is the last day it can mean.
    """
    if ids is None:
        return tables.read("sources")
    wanted = list(dict.fromkeys([ids] if isinstance(ids, str) else ids))
    frame = tables.read("sources", source=wanted)
    for name in sorted(set(wanted) - set(frame["source"])):
        one_of(
            name, list(tables.read("sources", columns=["source"])["source"]), "source"
        )
    return frame.set_index("source").loc[wanted].reset_index()


@door("figures")
def figures(
    *,
    programme: Names = None,
    measure: Names = None,
    area: Names = None,
    start: Day = None,
    end: Day = None,
    as_of: Day = None,
    dated: Flag = None,
    copies: Flag = True,
) -> pd.DataFrame:
    """Published figures, one row per figure per source, in the order of transcription.

    Columns: figure, programme, measure, area, area_name, level, value (float), unit, qualifier
    (exact, over, at_least, nearly, approx), period_start, period_end (inclusive days, NaT when
    unknown), period_state (stated, inferred, ambiguous, unstated), basis (published, derived_sum,
    coded, change), source, publisher, title, url, published, note, fact, seed (bool), copy_of,
    part (bool: by its note the figure counts only part of its measure, so that it is a minimum).

    ``start`` and ``end`` keep periods that overlap the days between them, an open end counting as
    overlap; figures with no date at all drop out. ``dated`` True keeps figures with both ends,
    False the others. ``as_of`` keeps pages published on or before that day: a page dated to a
    month counts from the month's last day, an undated page drops out. ``copies=False`` leaves out
    each print of a release of which another print is in the result. Raises :class:`Invalid` for a
    programme, measure or area that the register does not know, with the nearest one it does.
    """
    frame = tables.read("figures", programme=programme, measure=measure, area=area)
    frame["part"] = frame["note"].str.contains(_PART)
    _known(frame, programme=programme, measure=measure, area=area)
    _within_held(start, end)
    keep = pd.Series(True, index=frame.index)
    first, last = frame["period_start"], frame["period_end"]
    if start or end:
        keep &= first.notna() | last.notna()
    if start:
        keep &= last.isna() | (last >= _day(start))
    if end:
        keep &= first.isna() | (first <= _day(end))
    if as_of:
        keep &= frame["published"] <= _day(as_of)
    if dated is not None:
        keep &= (first.notna() & last.notna()) == dated
    frame = frame[keep]
    if not copies:
        frame = frame[~frame["copy_of"].isin(frame["figure"])]
    return frame.reset_index(drop=True)


@door("figures")
def one_each(figures: Frame, *, vintage: Name = "latest") -> pd.DataFrame:
    """One row for each fact: the latest or the first published, exact figures before others.

    A figure whose period is ambiguous is taken only when no other is at hand, and an undated page
    only when no dated page states the fact as exactly. The order of the rows stays. Raises
    :class:`Invalid` for another ``vintage``.
    """
    first = one_of(vintage, ("latest", "first"), "vintage") == "first"
    for column in ("qualifier", "published", "period_state", "fact"):
        one_of(column, list(figures.columns), "column")
    order = figures.assign(
        vague=figures["qualifier"] != "exact", at=range(len(figures))
    )
    order["undated"] = order["published"].isna()
    order["unsure"] = order["period_state"].isin(["ambiguous", "unstated"])
    keys = ["unsure", "vague", "undated", "published", "at"]
    order = order.sort_values(keys, ascending=[True, True, True, first, True])
    kept = order.drop_duplicates("fact")["at"].sort_values()
    return figures.iloc[kept.to_numpy()].reset_index(drop=True)


@door("figures")
def waves(programme: Name) -> pd.DataFrame:
    """National weeks of action (op_sceptre, county_lines): wave, start, end, local, national.

    A week is five to nine days and named by its month, "2023-11". ``start`` and ``end`` are the
    days most rows give; ``local`` and ``national`` count the distinct measures published for the
    whole of Lancashire and for England and Wales or the United Kingdom.
    """
    frame = week_figures(programme)
    days = (
        frame.groupby(["wave", "period_start", "period_end"])
        .size()
        .reset_index(name="rows")
    )
    days = days.sort_values(["wave", "rows"], ascending=[True, False], kind="stable")
    found = days.drop_duplicates("wave").set_index("wave")[
        ["period_start", "period_end"]
    ]
    for column, areas in {"local": ["lancashire"], "national": NATIONAL}.items():
        measures = frame[frame["area"].isin(areas)].groupby("wave")["measure"].nunique()
        found[column] = measures.reindex(found.index, fill_value=0)
    return found.reset_index().set_axis(
        ["wave", "start", "end", "local", "national"], axis=1
    )


@door("figures")
def week_figures(programme: Name, *, area: Names = None) -> pd.DataFrame:
    """The figures of national weeks of action, with the column ``wave`` ("2023-11")."""
    programme = one_of(programme, ("county_lines", "op_sceptre"), "programme")
    frame = figures(programme=programme, area=area)
    days = (frame["period_end"] - frame["period_start"]).dt.days + 1
    frame = frame[days.between(5, 9)].reset_index(drop=True)
    return frame.assign(wave=frame["period_start"].dt.strftime("%Y-%m"))


@door("figures")
def week_counts(programme: Name) -> pd.DataFrame:
    """The figures of national weeks of action, each count once for each week and place.

    Adds ``wave`` and ``place``: the area, with England and Wales and the United Kingdom as one,
    "nation", since pages call the same week by either name. An exact figure is taken before a
    rounded one, and the latest of those, whatever last day of the week its page gives.
    """
    frame = week_figures(programme)
    frame["place"] = frame["area"].where(~frame["area"].isin(NATIONAL), "nation")
    frame = frame.assign(fact=frame["wave"] + frame["place"] + frame["measure"])
    return one_each(frame).drop(columns="fact")


def _known(frame: pd.DataFrame, **filters: str | list[str] | None) -> None:
    """Refuse a name that the vocabulary lacks. It is read only when a name brought no row."""
    for column, value in filters.items():
        asked = [] if value is None else _names(value)
        for item in sorted(set(asked) - set(frame[column])):
            one_of(
                item,
                sorted(tables.read(f"{column}s", columns=[column])[column]),
                column,
            )


def _within_held(start, end) -> None:
    """Refuse days after or before all periods of the register, and an end before its start."""
    if start and end and _day(start) > _day(end):
        raise Invalid(f"{start!r} lies after {end!r}: a span ends after it begins.")
    if not start and not end:
        return
    days = tables.rows("figures", ["period_start", "period_end"]).stack()
    held = f"periods of figures are {date(days.min())} to {date(days.max())}"
    if start and _day(start) > days.max():
        raise Invalid(f"{start!r} lies after all that is held: the {held}.")
    if end and _day(end) < days.min():
        raise Invalid(f"{end!r} lies before all that is held: the {held}.")


def _names(value: str | list[str]) -> list[str]:
    return [value] if isinstance(value, str) else list(value)


def _day(value: str | pd.Timestamp) -> pd.Timestamp:
    """A day; a month or a year is refused, since either end of it could be meant."""
    text = str(value)[:10]
    try:
        return pd.to_datetime(text, format="%Y-%m-%d", exact=True)
    except ValueError:
        raise Invalid(f"date {value!r} is not a day; write it as YYYY-MM-DD.") from None


@door()
def crime(
    place: Name = "lancashire",
    of: Names = None,
    *,
    start: Month = None,
    end: Month = None,
) -> pd.DataFrame:
    """Counts of crime in a force or a district of Lancashire, zeros included.

    ``of`` is a type of street-level crime ("burglary", by month: the default is all types), or a
    group or code of offences recorded by a force ("trafficking", "92A", by quarter). Raises
    :class:`Invalid` with the nearest name for a place or a kind of crime that is not known.
    """
    slug = place.lower().replace(" ", "-")
    known_forces, known_districts = list(forces()["force"]), district_names()
    if slug not in known_forces and slug not in [
        d.lower().replace(" ", "-") for d in known_districts
    ]:
        one_of(place, [*known_forces, *known_districts], "place")
    months = {"month_from": start, "month_to": end, "types": of, "fill": True}
    street = of is None or set(listed(of)) <= set(TYPES)
    if street and slug in known_forces:
        return _of_table(
            crime_force_monthly(force=slug, **months), "crime_force_monthly"
        )
    if street:
        frame = crime_district_monthly(district=place, **months)
        return _of_table(frame, "crime_district_monthly")
    known = [*TYPES, *OFFENCE_GROUPS, *offences()["offence"]]
    for name in listed(of):
        one_of(name, known, "kind of crime")
    if slug not in known_forces:
        raise Invalid(
            f"{of!r} is counted by whole forces only; {place!r} is a district."
        )
    quarters = {"quarter_from": start, "quarter_to": end}
    return _of_table(
        crime_quarterly(force=slug, offence=of, **quarters), "crime_quarterly"
    )


def _of_table(frame: pd.DataFrame, table: str) -> pd.DataFrame:
    frame.attrs["table"] = table
    return frame
