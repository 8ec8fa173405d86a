"""``datapackage.json`` and the dictionary in ``data/README.md``, both from ``data/tables.toml``.

``python -m outcomes.ingest.datapackage`` writes both anew. Nothing in them depends on the rows, so
adding a figure leaves them as they are.
"""

import json
import re
import tomllib
from pathlib import Path
from typing import Any

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
_MEDIA_TYPES = {"csv": "text/csv", "parquet": "application/vnd.apache.parquet"}
_CONSTRAINTS = ("required", "enum", "minimum", "maximum", "pattern")
TABLES = "tables.toml"
_BEGIN, _END = "<!-- dictionary: begin -->", "<!-- dictionary: end -->"


def build(folder: Path) -> None:
    """Write ``datapackage.json`` in the data folder, and the dictionary within its README."""
    package = describe(folder)
    text = json.dumps(package, indent=2, ensure_ascii=False) + "\n"
    (folder / "datapackage.json").write_text(text, encoding="utf-8")
    readme = folder / "README.md"
    if readme.is_file():
        readme.write_text(with_dictionary(readme.read_text("utf-8"), package), "utf-8")


def describe(folder: Path) -> dict[str, Any]:
    """The Tabular Data Package of a data folder: every table, its fields, keys and sources.

    Raises :class:`Invalid` for a table that has no file or a file that no table describes.
    """
    if not (folder / TABLES).is_file():
        raise Invalid(f"{folder} has no tables.toml, which says what its tables hold.")
    given = tomllib.loads((folder / TABLES).read_text(encoding="utf-8"))
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
            describe_table(name, table, files[name].name, given["sources"])
            for name, table in given["tables"].items()
        ],
    }


def describe_table(
    name: str, table: dict[str, Any], file: str, sources: dict[str, Any]
) -> dict[str, Any]:
    """One table as a resource of the data package.

    Parameters
    ----------
    name
        The name of the table.
    table, sources
        What ``tables.toml`` says of the table, and of all sources.
    file
        The name of its file in ``clean``.
    """
    form = file.rpartition(".")[2]
    cites = table.get("cites", table["sources"][:1])
    lag = sources[cites[0]].get("lag")
    kept = ("covers", "known", "printed", "cells")
    return {
        "name": name,
        "type": "table",
        "path": f"clean/{file}",
        "format": form,
        "mediatype": _MEDIA_TYPES[form],
        **({"encoding": "utf-8"} if form == "csv" else {}),
        "title": table["title"],
        "description": f"{table['row']} {table['made']}",
        "sources": [
            {key: sources[source][key] for key in ("title", "path")}
            for source in table["sources"]
        ],
        "cites": cites,
        "citations": [
            {
                "publisher": sources[source]["publisher"],
                "cited": sources[source]["cited"],
                # The published figures have no title of their own, and no one page to link to.
                "url": sources[source]["path"] if sources[source]["cited"] else "",
            }
            for source in cites
        ],
        **{key: table[key] for key in kept if key in table},
        **({"lag": lag} if lag else {}),
        "licenses": [_LICENCE],
        "schema": describe_schema(name, table),
    }


def describe_schema(name: str, table: dict[str, Any]) -> dict[str, Any]:
    """The Table Schema of a table, from what ``tables.toml`` says of it.

    Examples
    --------
    >>> fields = {"area": {"type": "string", "description": "Where.", "required": True}}
    >>> schema = describe_schema("places", {"fields": fields, "key": ["area"]})
    >>> schema["fields"][0]["constraints"], schema["primaryKey"]
    ({'required': True}, ['area'])
    """
    fields = []
    for column, given in table["fields"].items():
        field = {
            "name": column,
            "type": given["type"],
            "description": given["description"],
        }
        limits = {key: given[key] for key in _CONSTRAINTS if key in given}
        if given.get("vocabulary") == "types":
            limits["enum"] = list(TYPES)
        if "unit" in given:
            field["unit"] = given["unit"]
        if limits:
            field["constraints"] = limits
        fields.append(field)
    keys = []
    for column, target in table.get("foreign", {}).items():
        resource, other = target.split(".")
        # "" is the standard's way to say: this table
        reference = {
            "resource": "" if resource == name else resource,
            "fields": [other],
        }
        keys.append({"fields": [column], "reference": reference})
    return {
        "fields": fields,
        "missingValues": [""],
        "primaryKey": table["key"],
        "foreignKeys": keys,
    }


def with_dictionary(readme: str, package: dict[str, Any]) -> str:
    """The README with its dictionary written anew between the two marks."""
    if _BEGIN not in readme or _END not in readme:
        raise Invalid(f"data/README.md must hold the marks {_BEGIN} and {_END}.")
    lines = [_BEGIN, ""]
    for resource in package["resources"]:
        schema = resource["schema"]
        source = "; ".join(f"[{s['title']}]({s['path']})" for s in resource["sources"])
        lines += [
            f"### {resource['name']}",
            "",
            f"**{resource['title']}** (`{resource['path']}`). {resource['description']}",
            "",
            f"Key: {', '.join(schema['primaryKey'])}. Source: {source}.",
            "",
            "| field | type | unit | description |",
            "|---|---|---|---|",
        ]
        targets = {}
        for key in schema["foreignKeys"]:
            there = key["reference"]
            said = f"{there['resource'] or 'this table'}.{there['fields'][0]}"
            targets[key["fields"][0]] = said
        for field in schema["fields"]:
            name, said = field["name"], field["description"]
            if allowed := field.get("constraints", {}).get("enum"):
                said += f" One of: {', '.join(allowed)}."
            if name in targets:
                said += f" Refers to {targets[name]}."
            cells = [
                name,
                field["type"],
                field.get("unit", ""),
                said.replace("|", "\\|"),
            ]
            lines.append(f"| {' | '.join(cells)} |")
        lines.append("")
    new = "\n".join([*lines, _END])
    return re.sub(f"{_BEGIN}.*{_END}", lambda _: new, readme, flags=re.DOTALL)


if __name__ == "__main__":
    build(tables.root())
