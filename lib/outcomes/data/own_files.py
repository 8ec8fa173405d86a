"""Files of one's own: ``data/own/NAME.csv`` with ``NAME.toml``, which says what it holds.

The CSV may be as a spreadsheet saves it: in Windows' code page or UTF-8, with commas, semicolons or
tabs, days as 2025-06-30 or 30/06/2025, thousands as 1,200. What a cell means is said by the type
that the description declares for its column, so nothing is guessed: beside semicolons, where a comma
may be a decimal one, a number is refused that has one.
"""

import csv
import io
import json
import re
import tomllib
from collections.abc import Callable
from datetime import date, datetime
from pathlib import Path
from typing import Any, NamedTuple

import pandas as pd

from outcomes.core.errors import Invalid, is_web_address, one_of
from outcomes.core.formatting import listed
from outcomes.data.disclosure import ACCESS

TYPES = ("text", "integer", "number", "date", "boolean")
_KEYS = {
    "title": str,
    "publisher": str,
    "licence": str,
    "published": date,
    "url": str,
    "state": str,
    "columns": dict,
}
_NUMERIC = ("integer", "number")
_NEEDED = ("title", "publisher", "licence", "columns")
_COLUMN_KEYS = ("type", "about", "unit")
_WITH_COMMA = r"-?£?\d+(,\d+)+(\.\d+)?"
_DIGITS = 15  # of a number before its point: with more, the last of them are lost
_WORDS = {"true": True, "yes": True, "false": False, "no": False}
GROUPED = r"-?[1-9]\d{0,2}(,\d{3})+(\.\d+)?"
"""A number whose thousands are parted by commas, as a pattern: 1,200 but not 0,125."""
_SHOWN = 3  # of the cells that break one rule


class Column(NamedTuple):
    """A column: the type of its cells, what it holds, and the unit of its numbers."""

    type: str
    about: str
    unit: str


class Description(NamedTuple):
    """What a table of one's own is, and where it comes from."""

    title: str
    publisher: str
    licence: str
    columns: dict[str, Column]
    published: date | None = None
    url: str = ""
    state: str = "published"


def describe(path: Path) -> Description:
    """The description of the table in a CSV file, from the TOML file of its name beside it.

    Raises
    ------
    Invalid
        When the file is not there or does not say what it must; the sentence names file and key.
    """
    file = path.with_suffix(".toml")
    if not file.is_file():
        raise Invalid(
            f"{file.name} is not there: it says what {path.name} holds (title, publisher, "
            "licence, columns); outcomes new table writes it from the CSV."
        )
    try:
        given = tomllib.loads(file.read_text(encoding="utf-8-sig"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise Invalid(f"{file.name} cannot be read as TOML: {error}.") from None
    for key, value in given.items():
        one_of(key, _KEYS, f"{file.name}: key")
        if not isinstance(value, _KEYS[key]) or isinstance(value, datetime):
            kind = {str: "text", date: "a day written YYYY-MM-DD", dict: "a table"}
            raise Invalid(f"{file.name}: {key} must be {kind[_KEYS[key]]}.")
    lost = [key for key in _NEEDED if not given.get(key)]
    if lost:
        raise Invalid(f"{file.name} does not say {listed(lost)}.")
    one_of(given.get("state", "published"), ACCESS, f"{file.name}: state")
    if given.get("url") and not is_web_address(given["url"]):
        raise Invalid(f"{file.name}: url {given['url']!r} is not a web address.")
    if given.get("published", date.min) > date.today():
        raise Invalid(f"{file.name}: published lies in the future.")
    said = dict[str, Any](given)
    said["columns"] = {
        name: _column(f"{file.name}: columns.{name}", column)
        for name, column in given["columns"].items()
    }
    return Description(**said)


def _column(where: str, said: Any) -> Column:
    said = {"type": said} if isinstance(said, str) else said
    if not isinstance(said, dict) or not all(isinstance(v, str) for v in said.values()):
        raise Invalid(f"{where} must be a type, or type, about and unit as text.")
    for key in said:
        one_of(key, _COLUMN_KEYS, f"{where}: key")
    kind = one_of(said.get("type", "text"), TYPES, f"{where}: type")
    return Column(kind, said.get("about", ""), said.get("unit", ""))


def cells(path: Path) -> pd.DataFrame:
    """Every cell of a CSV file as the text that stands there, by the names of its first line and
    the number of the line that it ends in.

    Raises
    ------
    Invalid
        For a file that is not there, that is no text, or in which a line has too many or few cells.
    """
    if not path.is_file():
        raise Invalid(f"{path.name} is not there: put it into {path.parent}.")
    text = decoded(path)
    mark = delimiter(text)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=mark)
    try:
        lines = [(reader.line_num, line) for line in reader if any(line)]
    except csv.Error as error:
        at = f"line {reader.line_num} of {path.name}"
        raise Invalid(f"{at} cannot be read as CSV: {error}.") from None
    if not lines:
        raise Invalid(f"{path.name} is empty.")
    (_, head), *rows = [(at, [cell.strip() for cell in line]) for at, line in lines]
    if "" in head or len(set(head)) < len(head):
        raise Invalid(f"{path.name}: each column needs a name of its own in line 1.")
    for number, row in rows:
        if len(row) != len(head):
            raise Invalid(
                f"{path.name}: line {number} has {len(row)} cells, and line 1 {len(head)}."
            )
    at, held = [number for number, _ in rows], [row for _, row in rows]
    frame = pd.DataFrame(held, at, head, dtype=str)
    frame.attrs["mark"] = mark
    return frame


def delimiter(text: str) -> str:
    """What parts the cells of a CSV file, by its first line.

    >>> delimiter("district;asked")
    ';'
    """
    return max(",;\t", key=re.split(r"[\r\n]", text, maxsplit=1)[0].count)


def decoded(path: Path) -> str:
    """The text of a CSV file, in UTF-8 or in the code page in which Excel saves plain CSV.

    Raises :class:`Invalid` for a file that holds no text.
    """
    raw = path.read_bytes()
    if raw[:2] in (b"\xff\xfe", b"\xfe\xff") or b"\x00" in raw:
        raise Invalid(
            f"{path.name} is not text as CSV holds it: save it as 'CSV UTF-8' and try again."
        )
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError:
        return raw.decode("cp1252", errors="replace")  # what Excel's plain CSV is in


def read(path: Path) -> pd.DataFrame:
    """The table of a CSV file, each column of the type that its description declares.

    Text is "" where a cell is empty; whole numbers are int64, or float64 with NaN where some are
    empty; days are datetime64.

    Raises
    ------
    Invalid
        For a file or description that is not sound; the sentence names column, cell and line.
    """
    said, frame = describe(path), cells(path)
    mark = frame.attrs.pop("mark")
    for name in frame.columns:
        one_of(name, said.columns, f"{path.name}: column")
    lost = [name for name in said.columns if name not in frame]
    if lost:
        raise Invalid(f"{path.name} has no column {listed(lost)}.")
    for name, column in said.columns.items():
        if mark == ";" and column.type in _NUMERIC:
            _refuse_commas(frame[name], f"{path.name}: {name}")
        frame[name] = _typed(frame[name], column.type, f"{path.name}: {name}")
    return frame.reset_index(drop=True)


def _refuse_commas(column: pd.Series, where: str) -> None:
    """Raise :class:`Invalid` for a number with a comma: 1,250 is 1250 or 1.25, and none can tell."""
    found = column[column.str.fullmatch(_WITH_COMMA)]
    if len(found):
        cell = found.iloc[0]
        whole, part = cell.replace(",", ""), cell.replace(",", ".", 1)
        raise Invalid(
            f"{where}: {cell!r} in line {found.index[0]} may be {whole} or {part}, as semicolons "
            "part the cells: write numbers without a comma, with a point before decimals."
        )


def _typed(column: pd.Series, kind: str, where: str) -> pd.Series:
    if kind == "text":
        return column
    reader, what = _READERS[kind]
    filled = column[column != ""]
    values = reader(filled)
    if wrong := [f"{column[at]!r} in line {at}" for at in filled.index[values.isna()]]:
        more = f" and {len(wrong) - _SHOWN} more" if len(wrong) > _SHOWN else ""
        said = f"{where} holds {what}, not {', '.join(wrong[:_SHOWN])}{more}."
        long = filled[values.isna()].str.fullmatch(rf"-?\d{{{_DIGITS + 1},}}")
        if kind in _NUMERIC and long.any():
            said += (
                f" A name of over {_DIGITS} digits is text: give its column that type."
            )
        raise Invalid(said)
    return values.reindex(column.index)


def _numbers(filled: pd.Series) -> pd.Series:
    plain = filled.str.replace(r"^(-?)£", r"\1", regex=True)
    grouped = plain.str.fullmatch(GROUPED)
    plain = plain.where(~grouped, plain.str.replace(",", ""))
    shaped = plain.str.fullmatch(rf"-?\d{{1,{_DIGITS}}}(\.\d+)?([eE][+-]?\d{{1,2}})?")
    return pd.to_numeric(plain.where(shaped), errors="coerce").astype("float64")


def _whole(filled: pd.Series) -> pd.Series:
    numbers = _numbers(filled)
    whole = numbers.where(numbers % 1 == 0)
    return whole if whole.isna().any() else whole.astype("int64")


def _days(filled: pd.Series) -> pd.Series:
    forms = (r"\d{4}-\d\d-\d\d", "%Y-%m-%d"), (r"\d{1,2}/\d{1,2}/\d{4}", "%d/%m/%Y")
    found = pd.Series(pd.NaT, filled.index, dtype="datetime64[us]")
    for shape, form in forms:
        fits = filled.where(filled.str.fullmatch(shape))
        found = found.fillna(pd.to_datetime(fits, format=form, errors="coerce"))
    return found


def _truths(filled: pd.Series) -> pd.Series:
    return filled.str.lower().map(_WORDS)


_READERS: dict[str, tuple[Callable[[pd.Series], pd.Series], str]] = {
    "integer": (_whole, "whole numbers"),
    "number": (_numbers, "numbers"),
    "date": (_days, "days (YYYY-MM-DD or DD/MM/YYYY)"),
    "boolean": (_truths, "true or false"),
}


def errors(folder: Path) -> list[str]:
    """What is wrong with the tables of one's own in a folder, each a sentence; none when sound."""
    found = []
    for path in sorted(folder.glob("*.csv")):
        try:
            read(path)
        except Invalid as error:
            found.append(f"own/{error}")
    alone = [f for f in folder.glob("*.toml") if not f.with_suffix(".csv").is_file()]
    return found + [f"own/{file.name} describes no CSV." for file in sorted(alone)]


def guess(path: Path) -> str:
    """A description to begin with, as TOML: each column with the type that all its cells have."""
    frame = cells(path)
    lines = [
        f'title = "{path.stem.replace("_", " ").capitalize()}"',
        'publisher = ""  # who made it',
        'licence = ""  # such as "Open Government Licence v3.0"',
        "# published = YYYY-MM-DD  # the day it was published",
        '# url = "https://…"',
        'state = "published"  # or "unpublished", "restricted": small counts are then hidden',
        "",
        "[columns]  # type: text, integer, number, date or boolean",
    ]
    for name in frame.columns:
        filled = frame.loc[frame[name] != "", name]
        kinds = (
            kind
            for kind, (reader, _) in _READERS.items()
            if len(filled)
            and reader(filled).notna().all()
            # a code that begins with 0, of a ward or a telephone, is no number
            and not (kind in _NUMERIC and filled.str.match(r"-?0\d").any())
        )
        kind = next(kinds, "text")
        said = f'type = "{kind}", about = ""'
        said += ', unit = ""' if kind in _NUMERIC else ""
        lines.append(f"{json.dumps(name, ensure_ascii=False)} = {{ {said} }}")
    return "\n".join(lines) + "\n"
