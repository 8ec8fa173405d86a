"""``datapackage.json`` and the dictionary in ``data/README.md``, both from ``data/tables.toml``.

``python -m outcomes.ingest.datapackage`` writes both anew. Nothing in them depends on the rows, so
adding a figure leaves them as they are.
"""

import json
import re
import tomllib
from pathlib import Path

from outcomes.core.errors import Invalid
from outcomes.data import tables
from outcomes.data.crime_codes import TYPES

_LICENCE = {
    "name": "OGL-UK-3.0",
    "title": "Open Government Licence v3.0",
    "path": "https://www.nationalarchives.gov.uk/doc/open-government-licence/version/3/",
}
_ATTRIBUTION = [
    "Contains public sector information licensed under the Open Government Licence v3.0.",
    "Source: Office for National Statistics licensed under the Open Government Licence v3.0.",
    "Contains OS data © Crown copyright and database right.",
]
_VOCABULARIES = {"types": list(TYPES)}
_CONSTRAINTS = ("required", "enum", "minimum", "maximum", "pattern")
_BEGIN, _END = "<!-- dictionary: begin -->", "<!-- dictionary: end -->"


def build(folder: Path) -> None:
    """Write ``datapackage.json`` in the data folder, and the dictionary within its README."""
    described = describe(folder)
    text = json.dumps(described, indent=2, ensure_ascii=False) + "\n"
    (folder / "datapackage.json").write_text(text, encoding="utf-8")
    readme = folder / "README.md"
    if readme.is_file():
        readme.write_text(
            with_dictionary(readme.read_text("utf-8"), described), "utf-8"
        )


def describe(folder: Path) -> dict:
    """The Tabular Data Package: every table, its fields, keys and sources.

    Raises :class:`Invalid` for a table that has no file or a file that no table describes.
    """
    if not (folder / "tables.toml").is_file():
        raise Invalid(f"{folder} has no tables.toml, which says what its tables hold.")
    given = tomllib.loads((folder / "tables.toml").read_text(encoding="utf-8"))
    files = {path.stem: path for path in sorted((folder / "clean").glob("*.*"))}
    for name in sorted(set(files) ^ set(given["tables"])):
        has = "no description in tables.toml" if name in files else "no file in clean"
        raise Invalid(f"table {name} has {has}.")
    return {
        "$schema": "https://datapackage.org/profiles/2.0/datapackage.json",
        **given["package"],
        "licenses": [_LICENCE],
        "attribution": _ATTRIBUTION,
        "resources": [
            _resource(name, table, files[name], given["sources"])
            for name, table in given["tables"].items()
        ],
    }


def _resource(name: str, table: dict, path: Path, sources: dict) -> dict:
    form = path.suffix[1:]
    kinds = {"csv": "text/csv", "parquet": "application/vnd.apache.parquet"}
    return {
        "name": name,
        "type": "table",
        "path": f"clean/{path.name}",
        "format": form,
        "mediatype": kinds[form],
        **({"encoding": "utf-8"} if form == "csv" else {}),
        "title": table["title"],
        "description": f"{table['row']} {table['made']}",
        "sources": [
            {k: sources[s][k] for k in ("title", "path")} for s in table["sources"]
        ],
        "cites": (cites := table.get("cites", table["sources"][:1])),
        "citations": [_citation(sources[source]) for source in cites],
        **{
            key: table[key]
            for key in ("covers", "known", "printed", "cells")
            if key in table
        },
        **({"lag": lag} if (lag := sources[cites[0]].get("lag")) else {}),
        "licenses": [_LICENCE],
        "schema": _schema(name, table),
    }


def _citation(source: dict) -> dict:
    """What is cited: the register has no title of its own, and no one page to link to."""
    kept = {key: source[key] for key in ("publisher", "cited")}
    return kept | {"url": source["path"] if source["cited"] else ""}


def _schema(name: str, table: dict) -> dict:
    keys = []
    for field, target in table.get("foreign", {}).items():
        resource, other = target.split(".")
        there = (
            "" if resource == name else resource
        )  # the standard's way to say: this table
        keys.append(
            {"fields": [field], "reference": {"resource": there, "fields": [other]}}
        )
    return {
        "fields": [_field(field, given) for field, given in table["fields"].items()],
        "missingValues": [""],
        "primaryKey": table["key"],
        "foreignKeys": keys,
    }


def _field(name: str, given: dict) -> dict:
    limits = {key: given[key] for key in _CONSTRAINTS if key in given}
    if "vocabulary" in given:
        limits["enum"] = _VOCABULARIES[given["vocabulary"]]
    unit = {"unit": given["unit"]} if "unit" in given else {}
    field = {
        "name": name,
        "type": given["type"],
        "description": given["description"],
        **unit,
    }
    return field | ({"constraints": limits} if limits else {})


def with_dictionary(readme: str, described: dict) -> str:
    """The README with its dictionary written anew between the two marks."""
    if _BEGIN not in readme or _END not in readme:
        raise Invalid(f"data/README.md must hold the marks {_BEGIN} and {_END}.")
    new = "\n".join([_BEGIN, "", *_dictionary(described), _END])
    return re.sub(f"{_BEGIN}.*{_END}", lambda _: new, readme, flags=re.DOTALL)


def _dictionary(described: dict) -> list[str]:
    lines = []
    for resource in described["resources"]:
        schema = resource["schema"]
        source = "; ".join(f"[{s['title']}]({s['path']})" for s in resource["sources"])
        lines += [f"### {resource['name']}", ""]
        lines += [
            f"**{resource['title']}** (`{resource['path']}`). {resource['description']}",
            "",
        ]
        lines += [f"Key: {', '.join(schema['primaryKey'])}. Source: {source}.", ""]
        lines += ["| field | type | unit | description |", "|---|---|---|---|"]
        lines += [_line(field, schema["foreignKeys"]) for field in schema["fields"]]
        lines += [""]
    return lines


def _line(field: dict, keys: list[dict]) -> str:
    limits = field.get("constraints", {})
    said = [field["description"]]
    if "enum" in limits:
        said.append("One of: " + ", ".join(limits["enum"]) + ".")
    for key in keys:
        if key["fields"] == [field["name"]]:
            there = key["reference"]
            said.append(
                f"Refers to {there['resource'] or 'this table'}.{there['fields'][0]}."
            )
    text = " ".join(said).replace("|", "\\|")
    return f"| {field['name']} | {field['type']} | {field.get('unit', '')} | {text} |"


if __name__ == "__main__":
    build(tables.root())
