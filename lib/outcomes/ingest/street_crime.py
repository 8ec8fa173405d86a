"""One street file of data.police.uk: from rows to counts, or a sentence for each thing wrong in it.

A row is one recorded crime or incident. A Crime ID that came before in the same file is a
duplicate and is dropped; anti-social behaviour has no Crime ID, so all its rows are kept: two that
look alike are two incidents. A row without a location is counted under "", never dropped.

Arrow reads a column of words as numbers of the words in it. Checks and look-ups are made on the few
words, and rows are told apart and counted by number.
"""

import csv
import io
import math
import re
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from typing import BinaryIO, NamedTuple

import numpy as np
import pandas as pd

from outcomes.core.errors import Invalid, nearest
from outcomes.data.crime_codes import TYPES
from outcomes.ingest.published_figures_checks import hint

HEADER = [
    *(
        "Crime ID",
        "Month",
        "Reported by",
        "Falls within",
        "Longitude",
        "Latitude",
        "Location",
    ),
    *("LSOA code", "LSOA name", "Crime type", "Last outcome category", "Context"),
]
MOST_BYTES = 128 << 20  # the largest real file, of London, has 30 MB
MOST_SAID = 20
WEST, EAST, SOUTH, NORTH = -9.0, 3.0, 49.0, 61.0
SLUGS = {name: slug for slug, name in TYPES.items()}
_ASB = TYPES["anti-social-behaviour"]
_CODE = re.compile(r"[A-Z]\d{8}")
_NAME = re.compile(r"(\d{4}-(?:0[1-9]|1[0-2]))-([a-z-]+)-street\.csv(\.gz)?")
_WORDS = ("Month", "LSOA code", "LSOA name", "Crime type")
_LIMITS = {"Longitude": (WEST, EAST), "Latitude": (SOUTH, NORTH)}

Places = dict[str, tuple[str, str]]
"""What an LSOA's name begins with, and the district (GSS) and force that it tells of."""


class File(NamedTuple):
    """A street file that can be opened: ``open()`` gives the CSV as bytes, already unpacked."""

    force: str
    month: str
    name: str
    open: Callable[[], AbstractContextManager[BinaryIO]]
    crc: int | None = None


class Rows(NamedTuple):
    """The rows of one file, duplicates left out, by the numbers of their words (0: none) and their
    points; and what the words mean."""

    lsoa: np.ndarray
    name: np.ndarray
    kind: np.ndarray
    x: np.ndarray
    y: np.ndarray
    lsoas: list[str]
    kinds: list[str]  # slugs
    names: list[str]
    districts: list[str]  # of the names
    own: np.ndarray  # does the name lie in the file's force?
    duplicates: int


def named(name: str) -> tuple[str, str]:
    """Month and force from a file's name; raises :class:`Invalid` for any other name."""
    found = _NAME.fullmatch(name)
    if not found:
        raise Invalid(f"{name} is not named like 2024-01-lancashire-street.csv.")
    return found[1], found[2]


def read(file: File) -> bytes:
    """The whole file as plain CSV. Raises :class:`Invalid` when it is empty, too large, cut short,
    not UTF-8, or has other columns."""
    data = _whole(file)
    start = data[:4000].lstrip()
    if not start:
        raise Invalid(f"{file.name} is empty.")
    if start[:2] in (b"\xff\xfe", b"\xfe\xff") or b"\0" in start:
        raise Invalid(
            f"{file.name} row 1: the text is not UTF-8 (it looks like UTF-16 or binary)."
        )
    if start[:1] == b"<":
        raise Invalid(f"{file.name} row 1: this is a web page, not a CSV file.")
    if not data.endswith(b"\n"):
        why = "its last row is cut short; download it again."
        raise Invalid(f"{file.name} ends within a row: {why}")
    _check_text(file.name, data)
    return data


def _whole(file: File) -> bytes:
    """All bytes, piece by piece: to ask for the most at once would claim the room for it."""
    pieces, size = [], 0
    with file.open() as stream:
        while piece := stream.read(1 << 20):
            pieces.append(piece)
            size += len(piece)
            if size > MOST_BYTES:
                raise Invalid(
                    f"{file.name} unpacks to over {MOST_BYTES >> 20} MiB: no street file"
                )
    return b"".join(pieces)


def _check_text(name: str, data: bytes) -> None:
    try:
        data.isascii() or data.decode()
    except UnicodeDecodeError as error:
        row = data.count(b"\n", 0, error.start) + 1
        raise Invalid(f"{name} row {row}: the text is not UTF-8.") from None
    first = data[: data.index(b"\n")].decode("utf-8-sig").strip()
    have = next(csv.reader([first]), [])
    if have != HEADER:
        raise Invalid(f"{name} row 1: {_other_columns(have)}")


def _other_columns(have: list[str]) -> str:
    lost = [repr(column) for column in HEADER if column not in have]
    odd = [c for c in have if c not in HEADER]
    said = [f"column {column} is missing." for column in lost]
    for column in odd:
        guess = nearest(column, HEADER)
        said.append(
            f"column {column!r} is not known{f', like {guess!r}' if guess else ''}."
        )
    if not said:
        twice = [repr(c) for c in HEADER if have.count(c) > 1]
        said = [f"column {c} stands twice." for c in twice] or [
            "columns are in another order."
        ]
    return (
        f"{' '.join(said)} A street file begins with the columns {', '.join(HEADER)}."
    )


def rows(file: File, data: bytes, places: Places) -> Rows:
    """The rows of a file that :func:`read` has given. Raises :class:`Invalid` that lists what is
    wrong in them, with row, column and value."""
    table = _table(file, data)
    columns = {name: table[name].chunk(0) for name in table.column_names if len(table)}
    if not columns:
        raise Invalid(f"{file.name} has a header and no rows.")
    words = {n: ["", *columns[n].dictionary.to_pylist()] for n in _WORDS}
    numbers = {
        n: columns[n].indices.fill_null(-1).to_numpy() + 1
        for n in ("Crime ID", *_WORDS)
    }
    if any(_wrong(file, columns, words, numbers)):
        _explain(file, data)
        raise Invalid(f"{file.name} holds rows that cannot be right.")
    near = _placed(file, data, words["LSOA name"], places)
    again = _again(numbers["Crime ID"])
    kept = [numbers[n][~again] for n in _WORDS[1:]]
    kept += [columns[n].to_numpy(zero_copy_only=False)[~again] for n in _LIMITS]
    kinds = [SLUGS.get(word, "") for word in words["Crime type"]]
    own = np.array([force == file.force for _, force in near])
    districts = [district for district, _ in near]
    known = (words["LSOA code"], kinds, words["LSOA name"], districts, own)
    return Rows(*kept, *known, int(again.sum()))


def _table(file: File, data: bytes):
    """The columns that are used, in one piece."""
    import pyarrow as pa

    quotes = b'"' in data
    try:
        if quotes:  # Arrow is lenient with quotes that stand where none should
            sum(1 for _ in csv.reader(_stream(data), strict=True))
        return _arrow(data, quotes)
    except (pa.ArrowInvalid, csv.Error) as error:
        _explain(file, data)
        said = str(error).splitlines()[0]
        raise Invalid(f"{file.name} cannot be read as CSV: {said}") from None


def _arrow(data: bytes, quotes: bool):
    """Words as numbers, degrees as floats; :func:`read` has seen that the text is UTF-8."""
    import pyarrow as pa
    from pyarrow import csv as arrow

    words = dict.fromkeys(("Crime ID", *_WORDS), pa.dictionary(pa.int32(), pa.string()))
    kinds = words | dict.fromkeys(_LIMITS, pa.float64())
    options = {
        "column_types": kinds,
        "include_columns": list(kinds),
        "null_values": [""],
    }
    return arrow.read_csv(
        pa.BufferReader(data),
        arrow.ReadOptions(use_threads=False, block_size=len(data) + 1),
        arrow.ParseOptions(
            quote_char=quotes and '"',
            newlines_in_values=quotes,
            ignore_empty_lines=False,
        ),
        arrow.ConvertOptions(strings_can_be_null=True, check_utf8=False, **options),
    )


def _wrong(file: File, columns: dict, words: dict, numbers: dict) -> Iterator[bool]:
    """For each rule, does any row break it?"""
    code, name = numbers["LSOA code"] > 0, numbers["LSOA name"] > 0
    kind = numbers["Crime type"]
    yield words["Month"] != ["", file.month] or not numbers["Month"].all()
    yield not (set(words["Crime type"]) <= {"", *SLUGS} and kind.all())
    yield not all(map(_CODE.fullmatch, words["LSOA code"][1:]))
    yield (code != name).any()
    if _ASB in words["Crime type"]:
        yield (numbers["Crime ID"][kind == words["Crime type"].index(_ASB)] > 0).any()
    blank = [columns[n].is_null().to_numpy(zero_copy_only=False) for n in _LIMITS]
    yield (blank[0] != blank[1]).any() or (blank[0] & code).any()
    for column, (low, high) in _LIMITS.items():
        degrees = columns[column].drop_null().to_numpy(zero_copy_only=False)
        yield not ((low <= degrees) & (degrees <= high)).all()


def _again(ident: np.ndarray) -> np.ndarray:
    """Rows whose Crime ID came before. Words are numbered as they come, so a new one is above all
    before it."""
    highest = np.maximum.accumulate(ident)
    return np.r_[False, (ident[1:] <= highest[:-1]) & (ident[1:] > 0)]


def _placed(
    file: File, data: bytes, names: list[str], places: Places
) -> list[tuple[str, str]]:
    """District and force of each name; refuses a name that lies in none."""
    found = [places.get(name[:-5]) for name in names]
    lost = [
        n
        for n, at in zip(names, found, strict=True)
        if at is None or bool(n) != bool(at[0])
    ]
    if lost:
        row = row_of(data, "LSOA name", min(lost))
        why = f"column LSOA name: {min(lost)!r} lies in no district known."
        raise Invalid(f"{file.name} row {row}, {why}")
    return found


def cells(rows: Rows):
    """The rows counted by neighbourhood and type, as an Arrow table: district, home (the district,
    when it is the force's), lsoa, type, n. A code that goes by two names has a row for each."""
    import pyarrow as pa

    shape = (len(rows.lsoas), len(rows.names), len(rows.kinds))
    keys = np.ravel_multi_index((rows.lsoa, rows.name, rows.kind), shape)
    keys, n = np.unique(keys, return_counts=True)
    lsoa, name, kind = map(pa.array, np.unravel_index(keys, shape))
    home = [d if own else "" for d, own in zip(rows.districts, rows.own, strict=True)]
    taken = {"district": (rows.districts, name), "home": (home, name)}
    taken |= {"lsoa": (rows.lsoas, lsoa), "type": (rows.kinds, kind)}
    made = {
        column: pa.array(words).take(number)
        for column, (words, number) in taken.items()
    }
    return pa.table(made | {"n": pa.array(n, pa.int32())})


def points(rows: Rows, codes: list[str] | None = None) -> pd.DataFrame:
    """The force's own rows, of some codes or of all, counted by point: lsoa, name, district, type,
    x, y, n."""
    keep = rows.own[rows.name]
    if codes is not None:
        keep &= np.isin(rows.lsoas, codes)[rows.lsoa]
    words = {"lsoa": (rows.lsoas, rows.lsoa), "name": (rows.names, rows.name)}
    words |= {"district": (rows.districts, rows.name), "type": (rows.kinds, rows.kind)}
    made = {
        column: np.array(held, object)[of[keep]] for column, (held, of) in words.items()
    }
    frame = pd.DataFrame(made | {"x": rows.x[keep], "y": rows.y[keep]})
    return (
        frame.groupby(list(frame.columns), as_index=False)
        .size()
        .rename(columns={"size": "n"})
    )


def _explain(file: File, data: bytes) -> None:
    """Raise :class:`Invalid` with every problem that a slow reading finds; return when none is."""
    found = []
    for problem in _problems(file, data):
        found.append(problem)
        if len(found) > MOST_SAID:
            found[-1] = "and more."
            break
    if found:
        raise Invalid(" ".join(found))


def row_of(data: bytes, column: str, value: str) -> int:
    """The first row (the header is row 1) that has a value in a column."""
    lines = enumerate(csv.DictReader(_stream(data)), 2)
    return next(number for number, row in lines if row[column] == value)


def _stream(data: bytes) -> io.StringIO:
    return io.StringIO(data.decode("utf-8-sig"), newline="")


def _problems(file: File, data: bytes) -> Iterator[str]:
    lines = csv.reader(_stream(data), strict=True)
    next(lines)
    row = 1
    try:
        for row, cells in enumerate(lines, 2):
            if len(cells) != len(HEADER):
                yield f"{file.name} row {row} has {len(cells)} cells, not {len(HEADER)}."
                continue
            for column, value, why in _cells(
                dict(zip(HEADER, cells, strict=True)), file.month
            ):
                yield f"{file.name} row {row}, column {column}: {value!r} {why}"
    except csv.Error as error:
        yield f"{file.name} row {row + 1} cannot be read as CSV: {error}."


def _cells(row: dict[str, str], month: str) -> Iterator[tuple[str, str, str]]:
    """What is wrong in one row: (column, value, why)."""
    if row["Month"] != month:
        yield "Month", row["Month"], f"is not {month}, the month of the file's name."
    kind = row["Crime type"]
    if kind not in SLUGS:
        yield (
            "Crime type",
            kind,
            f"is a type of crime that is not known{hint(kind, SLUGS)}",
        )
    if kind == _ASB and row["Crime ID"]:
        yield (
            "Crime ID",
            row["Crime ID"],
            "stands beside anti-social behaviour, which has none.",
        )
    code = row["LSOA code"]
    if code and not _CODE.fullmatch(code):
        yield "LSOA code", code, "is not a code such as E01012571."
    if bool(code) != bool(row["LSOA name"]):
        yield "LSOA name", row["LSOA name"], f"stands beside the code {code!r}."
    points = [row[column] for column in _LIMITS]
    for (column, (low, high)), text in zip(_LIMITS.items(), points, strict=True):
        if text and not low <= _number(text) <= high:
            yield column, text, f"is not a number of degrees from {low:g} to {high:g}."
        elif not text and (code or any(points)):
            yield column, text, "is empty in a row with a location."


def _number(text: str) -> float:
    """The number written plainly (ASCII digits, no separators), otherwise NaN."""
    plain = re.fullmatch(
        r"\s*[-+]?(\d+\.?\d*|\.\d+)(e[-+]?\d+)?\s*", text, re.ASCII | re.I
    )
    return float(text) if plain else math.nan
