"""What an analyst asks first: what a column means (``oc.describe``), and a word (``oc.help``)."""

import inspect

import pandas as pd

import outcomes
from outcomes.core import project
from outcomes.core.collection import collection
from outcomes.core.errors import one_of
from outcomes.core.formatting import slug
from outcomes.data import (
    crime,
    crime_codes,
    glossary,
    own_files,
    places,
    published_figures,
    tables,
)
from outcomes.data.doors import door

_ADDED = {  # columns that a table does not have, and the frames made from it do
    "code": "Code of the place: a GSS code, or the slug of a force or area.",
    "measure_name": "Name of the measure.",
    "parent": "Name of the place that it lies in.",
    "part": "True where, by its note, the figure counts only part of its measure.",
    "partnership": "Name of the community safety partnership.",
    "partnership_code": "Code of the community safety partnership.",
    "population": "Residents to count against.",
    "population_year": "Year of the census or estimate of residents.",
    "wave": "The week of action, by its month.",
    "week": "First day of the week of action.",
    "week_end": "Last day of the week of action.",
}


class Text(str):
    """Text that a notebook shows as it reads, line by line."""

    def __repr__(self) -> str:
        return str(self)


@door
def describe(frame: pd.DataFrame) -> pd.DataFrame:
    """What each column of a frame from this collection means: column, type, unit, description.

    A column that a notebook has added is described by "".

    >>> import outcomes as oc
    >>> oc.describe(oc.coverage()).set_index("column").loc["force", "description"]
    'Name; force_code is its code.'
    """
    name = frame.attrs.get("table", "")
    table = tables.package().get(name, {})
    fields = {f["name"]: f for f in table.get("schema", {}).get("fields", [])}
    if name.startswith(project.OWN):
        fields = {
            key: {"type": one.type, "unit": one.unit, "description": one.about}
            for key, one in own_files.describe(tables.path_of(name)).columns.items()
        }
    columns = ["column", "type", "unit", "description"]
    rows = []
    for column in map(str, frame.columns):
        field = fields.get(column) or fields.get(column.removesuffix("_code"), {})
        if f"{column}_code" in frame:
            field = {
                "type": "string",
                "description": f"Name; {column}_code is its code.",
            }
        elif table and not field:
            field = {"description": _ADDED.get(column, "")}
        told = {"column": column} | field
        rows.append({name: told.get(name, "") for name in columns})
    return pd.DataFrame(rows, columns=columns)


@door
def help(word: str = "") -> Text:
    """What a programme, measure, place, table or term is, and where to go on from it.

    Without a word: how to begin. Capitals, hyphens and spaces do not matter. A word that means
    several things is explained as each; one that people use for another ("ASB") is led to it, and
    part of a name to the names that it is in. Functions are words too. Raises :class:`Invalid`
    with the nearest word.

    >>> import outcomes as oc
    >>> print(oc.help("Crawshawbooth"))
    Crawshawbooth: a town. oc.published_figures(area='Crawshawbooth')
    """
    if not word:
        return Text(
            "oc.programmes() lists the programmes; oc.published_figures(programme=…) what was "
            "published about one; oc.street_crime and oc.recorded_crime count crime; "
            "oc.describe(frame) says what its columns mean; oc.explore.open() shows controls. "
            "oc.help takes a programme, measure, place, kind of crime, table or term."
        )
    known = _meanings()
    asked = {slug(name) for name in (word, *glossary.synonyms(word))}
    if found := [text for name, text in known if slug(name) in asked]:
        return Text("\n\n".join(dict.fromkeys(found)))
    name = slug(str(word).strip().removeprefix("oc.")).replace("-", "_")
    called = getattr(outcomes, name, None)
    if inspect.isfunction(called):
        said = inspect.cleandoc(called.__doc__ or "").partition("\n\n")[0]
        names = ", ".join(inspect.signature(called).parameters)
        return Text(f"oc.{called.__name__}({names}): {said}")
    parts = set(slug(word).split("-"))
    near = {name for name, _ in known if parts <= set(slug(name).split("-"))}
    if len(slug(word)) > 2 and near:
        return Text(f"{word!r} is part of: {', '.join(sorted(near))}. Ask for one.")
    one_of(word, dict.fromkeys(name for name, _ in known), "word")
    return Text()


def _meanings() -> list[tuple[str, str]]:
    """Every word that is explained, with what it means; a word may stand more than once."""
    known = [
        (t["term"], f"{t['meaning']} (Source: {t['source']})") for t in glossary.terms()
    ]
    for name, table in tables.package().items():
        fields = table["schema"]["fields"]
        columns = "".join(f"\n  {f['name']}: {f['description']}" for f in fields)
        known.append((name, f"Table {name}. {table['description']}{columns}"))
    for place in places.places().itertuples():
        people = ""
        if pd.notna(place.population):
            people = f", {place.population:,.0f} residents"
        text = f"{place.name}: a {place.level}{people}. "
        text += f"oc.published_figures(area={place.name!r})"
        if place.name in collection.towns:
            text += f", oc.neighbourhoods({place.name!r})"
        known += [(place.code, text), (place.name, text)]
    for code, name in crime.type_names.items():
        text = (
            f"{name}: a type of street-level crime. oc.street_crime(…), type {name!r}"
        )
        known.append((code, text))
    for name, codes in crime_codes.OFFENCE_GROUPS.items():
        text = (
            f"{name}: recorded offences {', '.join(codes)}. oc.recorded_crime({name!r})"
        )
        known.append((name, text))
    spoken = crime.offences()
    for one in spoken.itertuples():
        text = f"{one.name}: a recorded offence. oc.recorded_crime({one.offence!r})"
        known += [(one.offence, text), (one.name, text)]
    known.append(
        (
            collection.constabulary,
            f"{collection.constabulary}: the force of {collection.force}. "
            f"oc.recorded_crime('burglary', force={collection.force!r})",
        )
    )
    measures = published_figures.measures()
    for one in measures.itertuples():
        text = (
            f"{one.name}: {one.definition} Unit: {one.unit}. Kind: {one.kind}. "
            f"Better: {one.better}. Programmes: {one.programmes}. "
            f"oc.published_figures(measure={one.measure!r})"
        )
        known += [(one.measure, text), (one.name, text)]
    used = measures.set_index("measure")["programmes"].str.split().explode()
    for one in published_figures.programmes().itertuples():
        text = (
            f"{one.name}. {one.aim}\nSites: {one.sites}. Partners: {one.partners}.\n"
            f"Measures: {', '.join(used.index[used == one.programme])}.\n"
            f"Go on: oc.published_figures(programme={one.programme!r}), "
            f"oc.explore.open(programme={one.programme!r})"
        )
        known[:0] = [(one.programme, text), (one.name, text)]
    return known
