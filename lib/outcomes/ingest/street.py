"""One street file of data.police.uk: from rows to counts, or a sentence for each thing wrong in it.

A row is one recorded crime or incident. A Crime ID that came before in the same file is a
duplicate and is dropped; anti-social behaviour has no Crime ID, so all its rows are kept: two that
look alike are two incidents. A row without a location is counted under "", never dropped.
"""

import codecs
import csv
import hashlib
import math
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import BinaryIO, NamedTuple

import pandas as pd

from outcomes.data.codes import TYPES
from outcomes.data.errors import Invalid, nearest

HEADER = [
    *("Crime ID", "Month", "Reported by", "Falls within", "Longitude", "Latitude", "Location"),
    *("LSOA code", "LSOA name", "Crime type", "Last outcome category", "Context"),
]
MOST_BYTES = 128 << 20  # the largest real file, of London, has 30 MB
MOST_SAID = 20
WEST, EAST, SOUTH, NORTH = -9.0, 3.0, 49.0, 61.0
SLUGS = {name: slug for slug, name in TYPES.items()}
_ASB = TYPES["anti-social-behaviour"]
_CODE = re.compile(r"[A-Z]\d{8}")
_NAME = re.compile(r"(\d{4}-(?:0[1-9]|1[0-2]))-([a-z-]+)-street\.csv(\.gz)?")


class File(NamedTuple):
    """A street file that can be opened: ``open()`` gives the CSV as bytes, already unpacked."""

    force: str
    month: str
    name: str
    open: Callable[[], BinaryIO]
    path: Path | None = None  # where it lies as plain CSV
    crc: int | None = None


class Whole(NamedTuple):
    """A street file as plain CSV on disk, read to its end once: its size and digest."""

    path: Path
    bytes: int
    sha256: str


def named(name: str) -> tuple[str, str]:
    """Month and force from a file's name; raises :class:`Invalid` for any other name."""
    found = _NAME.fullmatch(name)
    if not found:
        raise Invalid(f"{name} is not named like 2024-01-lancashire-street.csv.")
    return found[1], found[2]


def unpack(file: File, folder: Path) -> Whole:
    """The whole file as plain CSV, in ``folder`` unless it lies somewhere already.

    Raises :class:`Invalid` when it is empty, too large, cut short, or has other columns.
    """
    target = file.path or folder / f"{file.month}-{file.force}-street.csv"
    size, digest, first, last = 0, hashlib.sha256(), b"", b""
    decoder = codecs.getincrementaldecoder("utf-8")()
    with file.open() as stream, open("/dev/null" if file.path else target, "wb") as copy:
        while block := stream.read(1 << 20):
            first, last = (first or block), block
            if size + len(block) > MOST_BYTES:
                raise Invalid(f"{file.name} unpacks to over {MOST_BYTES >> 20} MiB: no street file")
            digest.update(block)
            copy.write(block)
            try:
                decoder.decode(block)
            except UnicodeDecodeError as error:
                _check_ends(file.name, first, last)
                copy.flush()
                before = target.read_bytes()[: size + error.start]
                row = before.count(b"\n") + 1
                raise Invalid(f"{file.name} row {row}: the text is not UTF-8.") from None
            size += len(block)
    _check_ends(file.name, first, last)
    return Whole(target, size, digest.hexdigest())


def _check_ends(name: str, first: bytes, last: bytes) -> None:
    if not first.strip():
        raise Invalid(f"{name} is empty.")
    if first[:2] in (b"\xff\xfe", b"\xfe\xff") or b"\0" in first[:4000]:
        raise Invalid(f"{name} row 1: the text is not UTF-8 (it looks like UTF-16 or binary).")
    if first.lstrip()[:1] == b"<":
        raise Invalid(f"{name} row 1: this is a web page, not a CSV file.")
    if not last.endswith(b"\n"):
        raise Invalid(f"{name} ends within a row: its last row is cut short; download it again.")
    try:
        row = first.split(b"\n", 1)[0].decode("utf-8-sig").strip()
    except UnicodeDecodeError:
        raise Invalid(f"{name} row 1: the text is not UTF-8.") from None
    have = next(csv.reader([row]), [])
    if have != HEADER:
        raise Invalid(f"{name} row 1: {_other_columns(have)}")


def _other_columns(have: list[str]) -> str:
    lost = [repr(column) for column in HEADER if column not in have]
    odd = [c for c in have if c not in HEADER]
    said = [f"column {column} is missing." for column in lost]
    for column in odd:
        guess = nearest(column, HEADER)
        said.append(f"column {column!r} is not known{f', like {guess!r}' if guess else ''}.")
    if not said:
        twice = [repr(c) for c in HEADER if have.count(c) > 1]
        said = [f"column {c} stands twice." for c in twice] or ["columns are in another order."]
    return f"{' '.join(said)} A street file begins with the columns {', '.join(HEADER)}."


# One row of ``counted`` is one neighbourhood (or point), name and type. A Crime ID that may stand
# again is found by its hash; only in such a file are the IDs themselves compared, in a second pass.
_COUNT = """
create or replace temp table counted as
with raw as materialized (
  select {line} case when "Crime ID" is not null then hash("Crime ID") end as id,
    coalesce("LSOA code", '') as lsoa, coalesce("LSOA name", '') as name, "Crime type" as type,
    {points}
    coalesce("Month" <> $month, true)
      or (lon is null) <> ("Longitude" is null) or (lat is null) <> ("Latitude" is null)
      or (lon is null) <> (lat is null) or (lon is null and "LSOA code" is not null)
      or not coalesce(lon between {west} and {east} and lat between {south} and {north}, true)
      or (type = '{asb}' and "Crime ID" is not null)
      or ("LSOA code" is null) <> ("LSOA name" is null) as bad
  from (
    select *, try_cast("Longitude" as double) as lon, try_cast("Latitude" as double) as lat
    from read_csv($path, columns = $columns, header = true, delim = ',', quote = '"', escape = '"',
      auto_detect = false, strict_mode = true, null_padding = false, parallel = false)
  )
){later}
select lsoa, name, coalesce(slug, '') as type, x, y, n, duplicates, bad, district,
  coalesce(force = $force, false) as own, repeats
from (
  select lsoa, name, type, {group}, (count(*) filter (not again))::int as n,
    (count(*) filter (again))::int as duplicates, (count(*) filter (bad))::int as bad
  from (select *, {again} as again from raw)
  group by lsoa, name, type{keys}
) as cells
cross join (select count(id) - count(distinct id) as repeats from raw)
left join kinds on kinds.type = cells.type
left join districts on prefix = left(name, greatest(length(name) - 5, 0))
"""
_ONCE = {"line": "", "later": "", "again": "false"}
_AGAIN = {
    "line": 'row_number() over () as line, "Crime ID" as ident,',
    "later": """, repeated as (
  select id from raw where id is not null group by id having count(*) > 1
), later as (
  select line from raw where id in (select id from repeated)
  qualify row_number() over (partition by ident order by line) > 1
)""",
    "again": "line in (select line from later)",
}
_POINTS = """case when list_contains($points, "LSOA code") then lon end as x,
    case when list_contains($points, "LSOA code") then lat end as y,"""
_SUMMARY = """
select count(*), max(repeats),
  coalesce(sum(bad), 0) + count(*) filter (type = '')
    + count(*) filter (not known and lsoa <> '' and not regexp_full_match(lsoa, '[A-Z][0-9]{8}')),
  sum(n), coalesce(sum(n) filter (lsoa = ''), 0), sum(duplicates),
  coalesce(sum(n) filter (lsoa <> '' and not own), 0), coalesce(sum(n) filter (own), 0),
  count(*) filter (district is null or (district = '') <> (name = '')),
  count(*) filter (own and not known)
from (select *, lsoa in (select lsoa from known) as known from counted)
"""
_LIMITS = {"west": WEST, "east": EAST, "south": SOUTH, "north": NORTH, "asb": _ASB}


class Counted(NamedTuple):
    """Rows of one file, duplicates left out, and what is odd about its places."""

    rows: int
    no_location: int
    duplicates: int
    outside: int
    own: int
    lost: int  # counts in no district that is known
    strange: int  # counts of the force's own with a code that is not known


def connect(places: pd.DataFrame, known: list[str]):
    """A DuckDB connection for :func:`count`. ``places`` has prefix (what an LSOA's name begins
    with), district and force; ``known`` are codes of neighbourhoods."""
    import duckdb

    connection = duckdb.connect()
    connection.execute("set threads = 1")
    connection.execute("set memory_limit = '300MB'")
    names, slugs = list(SLUGS), list(SLUGS.values())
    connection.execute(
        "create table kinds as select unnest($1) as type, unnest($2) as slug", [names, slugs]
    )
    for name, frame in (("districts", places), ("known", pd.DataFrame({"lsoa": known}, dtype=str))):
        connection.register("given", frame)
        connection.execute(f"create table {name} as select * from given")
    return connection


def count(connection, file: File, whole: Whole, points: list[str] | None = None) -> Counted:
    """Count one file into the table ``counted`` of the connection.

    Its columns: lsoa, name, type (slug), x, y, n, duplicates, district (null when the name tells
    of none) and own (is it the force's district?). Rows are kept apart by their point (x, y) for
    the codes in ``points``; the others, and all by default, have none. Raises
    :class:`Invalid` that lists what is wrong, with row, column and value.
    """
    import duckdb

    values = {"path": str(whole.path), "columns": dict.fromkeys(HEADER, "VARCHAR")}
    values |= {"month": file.month, "force": file.force}
    at = {"points": "", "group": "null::double as x, null::double as y", "keys": ""}
    if points is not None:
        values["points"] = points
        at = {"points": _POINTS, "group": "x, y", "keys": ", x, y"}
    try:
        for how in (_ONCE, _AGAIN):
            connection.execute(_COUNT.format(**how, **at, **_LIMITS), values)
            cells, repeats, bad, *told = connection.execute(_SUMMARY).fetchall()[0]
            if not repeats:
                break
    except duckdb.Error as error:
        _explain(file, whole.path)
        said = str(error).splitlines()[0]
        raise Invalid(f"{file.name} cannot be read as CSV: {said}") from None
    if not cells:
        raise Invalid(f"{file.name} has a header and no rows.")
    if bad:
        _explain(file, whole.path)
        raise Invalid(f"{file.name} holds rows that cannot be right.")
    return Counted(*map(int, told))


def _explain(file: File, path: Path) -> None:
    """Raise :class:`Invalid` with every problem that a slow reading finds; return when none is."""
    found = []
    for problem in _problems(file, path):
        found.append(problem)
        if len(found) > MOST_SAID:
            found[-1] = "and more."
            break
    if found:
        raise Invalid(" ".join(found))


def row_of(path: Path, column: str, value: str) -> int:
    """The first row (the header is row 1) that has a value in a column."""
    with open(path, encoding="utf-8-sig", newline="") as stream:
        rows = enumerate(csv.DictReader(stream), 2)
        return next(number for number, row in rows if row[column] == value)


def _problems(file: File, path: Path) -> Iterator[str]:
    with open(path, encoding="utf-8-sig", newline="") as stream:
        rows = csv.reader(stream, strict=True)
        next(rows)
        row = 1
        try:
            for row, cells in enumerate(rows, 2):
                if len(cells) != len(HEADER):
                    yield f"{file.name} row {row} has {len(cells)} cells, not {len(HEADER)}."
                    continue
                for column, value, why in _cells(dict(zip(HEADER, cells, strict=True)), file.month):
                    yield f"{file.name} row {row}, column {column}: {value!r} {why}"
        except csv.Error as error:
            yield f"{file.name} row {row + 1} cannot be read as CSV: {error}."


def _cells(row: dict[str, str], month: str) -> Iterator[tuple[str, str, str]]:
    """What is wrong in one row: (column, value, why)."""
    if row["Month"] != month:
        yield "Month", row["Month"], f"is not {month}, the month of the file's name."
    kind = row["Crime type"]
    if kind not in SLUGS:
        guess = nearest(kind, SLUGS)
        hint = f"; did you mean {guess!r}?" if guess else "."
        yield "Crime type", kind, f"is a type of crime that is not known{hint}"
    if kind == _ASB and row["Crime ID"]:
        yield "Crime ID", row["Crime ID"], "stands beside anti-social behaviour, which has none."
    code = row["LSOA code"]
    if code and not _CODE.fullmatch(code):
        yield "LSOA code", code, "is not a code such as E01012571."
    if bool(code) != bool(row["LSOA name"]):
        yield "LSOA name", row["LSOA name"], f"stands beside the code {code!r}."
    points = row["Longitude"], row["Latitude"]
    limits = (WEST, EAST), (SOUTH, NORTH)
    for column, text, (low, high) in zip(("Longitude", "Latitude"), points, limits, strict=True):
        if text and not low <= _number(text) <= high:
            yield column, text, f"is not a number of degrees from {low:g} to {high:g}."
        elif not text and (code or any(points)):
            yield column, text, "is empty in a row with a location."


def _number(text: str) -> float:
    """The number as DuckDB would read it (ASCII digits, no separators), otherwise NaN."""
    plain = re.fullmatch(r"\s*[-+]?(\d+\.?\d*|\.\d+)(e[-+]?\d+)?\s*", text, re.ASCII | re.I)
    return float(text) if plain else math.nan
