"""Do the clean tables keep what ``datapackage.json`` promises? Every breach is one sentence."""

import json
import re
from pathlib import Path

import pandas as pd

from outcomes.data import tables

PACKAGE = "datapackage.json"
_TEXT = {
    "integer": r"-?[0-9]+",
    "number": r"-?[0-9]+(\.[0-9]+)?(e-?[0-9]{1,2})?",
    "date": r"[0-9]{4}-[0-9]{2}-[0-9]{2}",
    "boolean": r"true|false",
}
_SHOWN = 20  # of the rows that break one rule
_A = {
    "integer": "an integer",
    "number": "a number",
    "date": "a date",
    "boolean": "true or false",
}
_ARROW = {"integer": "int", "number": "double", "date": "date", "string": "string"}


def check(clean: Path) -> list[str]:
    """All problems of the tables in a ``clean`` folder, in words; an empty list when all is well.

    Checks, by the package beside the folder: columns and their order, types, required cells,
    allowed values, ranges, patterns, keys without repeats, and references that exist.
    """
    if not (clean.parent / PACKAGE).is_file():
        return [f"{clean.parent} has no {PACKAGE}, which says what its tables hold."]
    package = json.loads((clean.parent / PACKAGE).read_text(encoding="utf-8"))
    found, frames = [], {}
    for resource in package["resources"]:
        name, path = resource["name"], clean.parent / resource["path"]
        if not path.is_file():
            found.append(f"{name}: the file {resource['path']} is not there.")
            continue
        frame, problems = _load(path, resource["schema"]["fields"])
        found += [f"{name}: {problem}" for problem in problems]
        if not problems:
            frames[name] = frame
            found += [
                f"{name}: {problem}" for problem in _fields(frame, resource["schema"])
            ]
    for resource in package["resources"]:
        if resource["name"] in frames:
            found += _references(resource, frames)
    return found


def _load(path: Path, fields: list[dict]) -> tuple[pd.DataFrame, list[str]]:
    """The table with its types, absent cells as None; or the problems that prevent it."""
    if path.suffix == ".parquet":
        return _load_parquet(path, fields)
    frame = tables.text(path)
    problems = _columns(list(frame.columns), fields)
    if not problems:
        problems = [
            said
            for field in fields
            for said in _badly_typed(frame[field["name"]], field)
        ]
    return (frame if problems else _converted(frame, fields)), problems


def _load_parquet(path: Path, fields: list[dict]) -> tuple[pd.DataFrame, list[str]]:
    table = tables.arrow(path)
    problems = _columns(table.schema.names, fields)
    for field in fields if not problems else []:
        kind = str(table.schema.field(field["name"]).type)
        if not kind.startswith(_ARROW[field["type"]]):
            problems.append(
                f"{field['name']} is stored as {kind}, not as {field['type']}."
            )
    frame = table.to_pandas(date_as_object=False)
    texts = {
        f["name"]: frame[f["name"]].replace("", None)
        for f in fields
        if f["type"] == "string"
    }
    return frame.assign(**texts) if not problems else frame, problems


def _columns(have: list[str], fields: list[dict]) -> list[str]:
    want = [field["name"] for field in fields]
    return (
        []
        if have == want
        else [f"has the columns {', '.join(have)}; not {', '.join(want)}."]
    )


def _badly_typed(column: pd.Series, field: dict) -> list[str]:
    if field["type"] not in _TEXT:
        return []
    filled = column[column != ""]
    wrong = ~filled.str.fullmatch(_TEXT[field["type"]])
    if field["type"] == "date":
        wrong |= pd.to_datetime(filled, format="%Y-%m-%d", errors="coerce").isna()
    what = f"{field['name']} is not {_A.get(field['type'])}"
    return [_said(filled[wrong], what)] if wrong.any() else []


def _converted(frame: pd.DataFrame, fields: list[dict]) -> pd.DataFrame:
    turn = {
        "integer": lambda column: pd.to_numeric(column).astype("Int64"),
        "number": lambda column: pd.to_numeric(column).astype("float64"),
        "date": lambda column: pd.to_datetime(column, format="%Y-%m-%d"),
        "boolean": lambda column: column.map({"true": True, "false": False}).astype(
            "boolean"
        ),
    }
    typed = {}
    for field in fields:
        column = frame[field["name"]].replace("", None)
        typed[field["name"]] = turn.get(field["type"], lambda same: same)(column)
    return pd.DataFrame(typed)


def _fields(frame: pd.DataFrame, schema: dict) -> list[str]:
    """What pandera finds within a table, and repeats of its key."""
    import pandera.pandas as pa

    columns = {field["name"]: _column(field) for field in schema["fields"]}
    found = []
    try:
        pa.DataFrameSchema(columns).validate(frame, lazy=True)
    except pa.errors.SchemaErrors as errors:
        cases = errors.failure_cases
        for (name, rule), some in cases.groupby(["column", "check"], sort=True):
            words = "is empty" if rule == "not_nullable" else rule
            found.append(
                _said(some.set_index("index")["failure_case"], f"{name} {words}")
            )
    key = schema["primaryKey"]
    again = frame[frame.duplicated(key)]
    if len(again):
        values = again[key].astype(str).agg(" ".join, axis=1)
        found.append(_said(values, f"{', '.join(key)} should be unique but repeats"))
    return found


def _column(field: dict):
    import pandera.pandas as pa

    limits = field.get("constraints", {})
    checks = []
    if words := limits.get("enum"):
        checks.append(pa.Check.isin(words, error=f"is not one of {', '.join(words)}"))
    for name, rule, word in (
        ("minimum", pa.Check.ge, "below"),
        ("maximum", pa.Check.le, "above"),
    ):
        if name in limits:
            checks.append(rule(limits[name], error=f"is {word} {limits[name]}"))
    if pattern := limits.get("pattern"):
        error = f"does not match {pattern}"
        checks.append(pa.Check.str_matches(f"^(?:{pattern})$", error=error))
    return pa.Column(checks=checks, nullable=not limits.get("required", False))


def _references(resource: dict, frames: dict[str, pd.DataFrame]) -> list[str]:
    found = []
    for key in resource["schema"]["foreignKeys"]:
        name, there = resource["name"], key["reference"]
        other = there["resource"] or name
        if other not in frames:
            continue
        have = frames[name][key["fields"][0]].dropna()
        lost = have[~have.isin(frames[other][there["fields"][0]])]
        if len(lost):
            target = f"{other}.{there['fields'][0]}"
            found.append(
                f"{name}: " + _said(lost, f"{key['fields'][0]} is not in {target}")
            )
    return found


def _said(values: pd.Series, what: str) -> str:
    """ "type is not one of …: 2 rows, such as 'x' in row 12, 'y' in row 15" (header: row 1)."""
    rows = f"{len(values)} row" + ("" if len(values) == 1 else "s")
    plain = [re.sub(r"\s+", " ", str(value)) for value in values.head(_SHOWN)]
    listed = zip(plain, values.index, strict=False)
    shown = ", ".join(f"{value!r} in row {int(row) + 2}" for value, row in listed)
    return f"{what}: {rows}, such as {shown}."
