"""What an analyst types first: ``oc.figures``, ``oc.crime``, ``oc.programmes``, ``oc.help``.

The same tables as in the data room; the frames carry what their columns mean, in ``attrs`` and by
:func:`describe`.
"""

from functools import wraps

import pandas as pd

from outcomes import data
from outcomes.core.errors import Invalid, one_of
from outcomes.data import glossary, places, tables
from outcomes.data.doors import Frame, Month, Name, Names, door


class Told(str):
    """Text that a notebook shows as it reads, line by line."""

    def __repr__(self) -> str:
        return str(self)


@wraps(data.figures)  # so that an editor offers its keywords and its explanation
def figures(*args, **where) -> pd.DataFrame:
    frame = _meant(data.figures(*args, **where), "figures")
    frame.attrs["columns"]["part"] = {
        "type": "boolean",
        "unit": "",
        "description": "True where, by its note, the figure counts only part of its measure.",
    }
    return frame


@door()
def programmes() -> pd.DataFrame:
    """The programmes: slug, name, start, sites, partners, aim."""
    return _meant(data.programmes(), "programmes")


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
    forces, districts = list(data.forces()["force"]), data.district_names()
    if slug not in forces and slug not in [
        d.lower().replace(" ", "-") for d in districts
    ]:
        one_of(place, [*forces, *districts], "place")
    months = {"month_from": start, "month_to": end, "types": of, "fill": True}
    street = of is None or set(places.listed(of)) <= set(data.TYPES)
    if street and slug in forces:
        return _meant(
            data.crime_force_monthly(force=slug, **months), "crime_force_monthly"
        )
    if street:
        frame = data.crime_district_monthly(district=place, **months)
        return _meant(frame, "crime_district_monthly")
    known = [*data.TYPES, *data.OFFENCE_GROUPS, *data.offences()["offence"]]
    for name in places.listed(of):
        one_of(name, known, "kind of crime")
    if slug not in forces:
        raise Invalid(
            f"{of!r} is counted by whole forces only; {place!r} is a district."
        )
    quarters = {"quarter_from": start, "quarter_to": end}
    return _meant(
        data.crime_quarterly(force=slug, offence=of, **quarters), "crime_quarterly"
    )


@door()
def describe(frame: Frame) -> pd.DataFrame:
    """What each column of a frame from this collection means: column, type, unit, description."""
    known = frame.attrs.get("columns", {})
    rows = [{"column": str(c), **known.get(str(c), {})} for c in frame.columns]
    return pd.DataFrame(rows, columns=["column", "type", "unit", "description"]).fillna(
        ""
    )


@door()
def help(word: Name = "") -> Told:
    """What a programme, measure, place, table or term is, and where to go on from it.

    Without a word: how to begin. Raises :class:`Invalid` with the nearest word that is known.
    """
    known = _words()
    if not word:
        return Told(
            "oc.programmes lists the programmes; oc.figures(programme=…) their published figures; "
            "oc.crime(place, of) counts of crime; oc.describe(frame) the columns of a frame; "
            "oc.explore.open() the controls. oc.help takes a programme, measure, place, table or "
            "term."
        )
    return Told(known[one_of(word, known, "word")])


def _words() -> dict[str, str]:
    made = {
        t["term"]: f"{t['meaning']} (Source: {t['source']})" for t in glossary.terms()
    }
    for name, table in tables.package().items():
        fields = "".join(
            f"\n  {f['name']}: {f['description']}" for f in table["schema"]["fields"]
        )
        made[name] = f"Table {name}. {table['description']}{fields}"
    for r in data.areas().itertuples():
        people = f", {r.population:,.0f} residents" if pd.notna(r.population) else ""
        made[r.area] = f"{r.name}: a {r.level}{people}. oc.figures(area={r.area!r})"
    used = data.measures()
    for r in used.itertuples():
        made[r.measure] = (
            f"{r.name}: {r.definition} Unit: {r.unit}. Kind: {r.kind}. Better: {r.better}. "
            f"Programmes: {r.programmes}. oc.figures(measure={r.measure!r})"
        )
    return made | {
        r.programme: _programme(r, used) for r in data.programmes().itertuples()
    }


def _programme(one, measures: pd.DataFrame) -> str:
    own = measures.loc[
        [one.programme in p.split() for p in measures["programmes"]], "measure"
    ]
    return (
        f"{one.name}. {one.aim}\nSites: {one.sites}. Partners: {one.partners}.\n"
        f"Measures: {', '.join(own)}.\n"
        f"Go on: oc.figures(programme={one.programme!r}), "
        f"oc.explore.open(programme={one.programme!r})"
    )


def _meant(frame: pd.DataFrame, table: str) -> pd.DataFrame:
    """The frame with the table's title and, for each column, type, unit and description."""
    resource = tables.package()[table]
    keep = ("type", "unit", "description")
    fields = {
        f["name"]: {k: f.get(k, "") for k in keep} for f in resource["schema"]["fields"]
    }
    frame.attrs |= {"table": table, "title": resource["title"], "columns": fields}
    return frame
