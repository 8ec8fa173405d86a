"""One street file of data.police.uk: from rows to counts, or a sentence for each thing wrong in it.

A row is one recorded crime or incident. A Crime ID that came before in the same file is a
duplicate and is dropped; anti-social behaviour has no Crime ID, so all its rows are kept: two that
look alike are two incidents. A row without a location is counted under "", never dropped.

Arrow reads a column of words as numbers of the words in it, so that checks and look-ups are made on
the few words, and rows are told apart and counted by number. Only a file in which the checks find
something wrong is read again, slowly, to say in which rows.
"""

import csv
import io
import re
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from typing import Any, BinaryIO, NamedTuple

import numpy as np
import pandas as pd

from outcomes.core.errors import Invalid, nearest
from outcomes.data.crime_codes import TYPES
from outcomes.ingest.published_figures_checks import hint

HEADER = [
    *("Crime ID", "Month", "Reported by", "Falls within", "Longitude", "Latitude"),
    *("Location", "LSOA code", "LSOA name", "Crime type", "Last outcome category"),
    "Context",
]
SEARCH_HEADER = [
    *("Type", "Date", "Part of a policing operation", "Policing operation", "Latitude"),
    *("Longitude", "Gender", "Age range", "Self-defined ethnicity"),
    *("Officer-defined ethnicity", "Legislation", "Object of search", "Outcome"),
    *(
        "Outcome linked to object of search",
        "Removal of more than just outer clothing",
    ),
]
STREET, SEARCHES = "street", "stop-and-search"
HEADERS = {STREET: HEADER, SEARCHES: SEARCH_HEADER}
"""The kinds of file that are taken, by the last words of their names, and their columns."""
MOST_BYTES = 128 << 20  # the largest real file, of London, has 30 MB
_PIECE = 32 << 20
MOST_SAID = 20
WEST, EAST, SOUTH, NORTH = -9.0, 3.0, 49.0, 61.0
SLUGS = {name: slug for slug, name in TYPES.items()}
_ASB = TYPES["anti-social-behaviour"]
_CODE = "[A-Z][0-9]{8}"
_DEGREES = re.compile(r"\s*[-+]?(\d+\.?\d*|\.\d+)(e[-+]?\d+)?\s*", re.ASCII | re.I)
_NAME = re.compile(
    rf"(\d{{4}}-(?:0[1-9]|1[0-2]))-([a-z-]+?)-({'|'.join(HEADERS)})\.csv(\.gz)?"
)
_WORDS = ("Month", "LSOA code", "LSOA name", "Crime type")
_WHOSE = "Falls within"
_FIRST = 8  # letters, which are one whole number
_LIMITS = {"Longitude": (WEST, EAST), "Latitude": (SOUTH, NORTH)}

CellProblems = Callable[[dict[str, str], str], Iterator[tuple[str, str]]]
"""Gives what is wrong in one row of a month's file: columns, each with the reason."""

Places = dict[str, tuple[str, str]]
"""What an LSOA's name begins with, and the district (GSS) and force that it tells of."""


class File(NamedTuple):
    """A file that can be opened: ``open()`` gives the CSV as bytes, already unpacked.

    Some ``size`` bytes, where that is known; to say another number is no fault.
    """

    force: str
    month: str
    name: str
    open: Callable[[], AbstractContextManager[BinaryIO]]
    crc: int | None = None
    kind: str = STREET
    size: int = _PIECE


class Rows(NamedTuple):
    """The rows of one file, duplicates left out, how many these were, and who recorded most rows.

    The table is of Arrow: lsoa, name, type, district, home (the district where it is the force's) as
    numbers of words, null where there is none; x and y.
    """

    table: Any
    duplicates: int
    recorded_by: str


class Name(NamedTuple):
    """What the name of a file tells: its kind is one of :data:`HEADERS`."""

    month: str
    force: str
    kind: str


def parse_name(name: str) -> Name:
    """What a file's name tells; raises :class:`Invalid` for any other name.

    Examples
    --------
    >>> parse_name("2024-01-durham-street.csv.gz")
    Name(month='2024-01', force='durham', kind='street')
    """
    found = _NAME.fullmatch(name)
    if not found:
        raise Invalid(f"{name} is not named like 2024-01-lancashire-street.csv.")
    return Name(*found.groups()[:3])


def read(file: File) -> bytes:
    """The whole file as plain CSV.

    Raises :class:`Invalid` when it is empty, too large, cut short, not UTF-8, or has other columns.
    """
    pieces, size = [], 0
    with file.open() as stream:
        # Piece by piece: to ask for the most at once would claim the room for it. Most files are
        # one piece, which is not copied again; asked for by its size, it is given the room of the
        # file before, where a larger one would be fresh room, page by page.
        most = max(min(file.size + 1, _PIECE), 1 << 20)
        while piece := stream.read(most):
            pieces.append(piece)
            size += len(piece)
            if size > MOST_BYTES:
                raise Invalid(
                    f"{file.name} unpacks to over {MOST_BYTES >> 20} MiB: no {file.kind} file"
                )
    data = b"".join(pieces)
    start = data[:4000].lstrip()
    if not start:
        raise Invalid(f"{file.name} is empty.")
    if start[:2] in (b"\xff\xfe", b"\xfe\xff") or b"\0" in start:
        raise Invalid(
            f"{file.name} row 1: the text is not UTF-8 (it looks like UTF-16 or binary)."
        )
    if start[:1] == b"<":
        raise Invalid(f"{file.name} row 1: this is a web page, not a CSV file.")
    if not data.endswith(
        b"\n"
    ):  # and the last row is cut short, unless it has all cells
        last = data[data.rfind(b"\n") + 1 :].decode("utf-8", "replace")
        if len(next(csv.reader([last]), [])) != len(HEADERS[file.kind]):
            raise Invalid(
                f"{file.name} ends within a row: its last row is cut short; download it again."
            )
    try:
        data.isascii() or data.decode()
    except UnicodeDecodeError as error:
        row = data.count(b"\n", 0, error.start) + 1
        raise Invalid(f"{file.name} row {row}: the text is not UTF-8.") from None
    first = data.partition(b"\n")[0].decode("utf-8-sig").strip()
    columns = next(csv.reader([first]), [])
    if columns != HEADERS[file.kind]:
        raise Invalid(f"{file.name} row 1: {header_problems(columns, file.kind)}")
    return data


def header_problems(columns: list[str], kind: str = STREET) -> str:
    """How the columns of a file differ from those of its kind, in sentences.

    Examples
    --------
    >>> header_problems([*HEADER, "Notes"]).partition(" A street file")[0]
    "column 'Notes' is not known."
    """
    header = HEADERS[kind]
    for sign, called in ((";", "semicolons"), ("\t", "tabs")):
        if columns == [sign.join(header)]:
            return (
                f"its cells are parted by {called}; save it with commas between them."
            )
    said = [f"column {c!r} is missing." for c in header if c not in columns]
    for column in columns:
        if column not in header:
            guess = nearest(column, header)
            like = f", like {guess!r}" if guess else ""
            said.append(f"column {column!r} is not known{like}.")
    if not said:
        said = [f"column {c!r} stands twice." for c in header if columns.count(c) > 1]
    return (
        f"{' '.join(said) or 'columns are in another order.'} A {kind} file begins with the "
        f"columns {', '.join(header)}."
    )


def parse(file: File, data: bytes, places: Places) -> Rows:
    """The rows of a file, duplicates left out.

    Parameters
    ----------
    file
        Which file it is.
    data
        What :func:`read` has given.
    places
        What LSOA names begin with, as :func:`outcomes.ingest.geography.prefixes` gives it.

    Raises
    ------
    Invalid
        Listing what is wrong in the rows, with row, column and value.
    """
    import pyarrow as pa

    table = read_table(file, data)
    if not len(table):
        raise Invalid(f"{file.name} has a header and no rows.")
    columns = {column: table[column].chunk(0) for column in table.column_names}
    months, codes, names, kinds = (columns[c].dictionary.to_pylist() for c in _WORDS)
    month, code, name, kind = (
        columns[c].indices.fill_null(-1).to_numpy() for c in _WORDS
    )
    named = columns["Crime ID"].is_valid().to_numpy(zero_copy_only=False)
    located = code >= 0
    degrees = {c: columns[c].to_numpy(zero_copy_only=False) for c in _LIMITS}
    blank = {c: columns[c].is_null().to_numpy(zero_copy_only=False) for c in _LIMITS}
    sound = (
        months == [file.month]
        and (month >= 0).all()
        and SLUGS.keys() >= set(kinds)
        and (kind >= 0).all()
        and all(re.fullmatch(_CODE, word) for word in codes)
        and (located == (name >= 0)).all()
        and not named[np.equal(kinds, _ASB)[kind]].any()
        and (blank["Longitude"] == blank["Latitude"]).all()
        and not (blank["Longitude"] & located).any()
        and all(
            # an empty cell is null in the table; "NaN" is not, and is no number of degrees
            (blank[c] | (degrees[c] >= low) & (degrees[c] <= high)).all()
            for c, (low, high) in _LIMITS.items()
        )
    )
    if not sound:
        raise_problems(file, data, cell_problems)
        raise Invalid(f"{file.name} holds rows that cannot be right.")
    at = [places.get(word[:-5], ("", "")) for word in names]
    lost = [word for word, (district, _) in zip(names, at, strict=True) if not district]
    if lost:
        row = np.argmax(name == names.index(min(lost))) + 2
        raise Invalid(
            f"{file.name} row {row}, column LSOA name: {min(lost)!r} lies in no district known."
        )
    district = pa.array([district for district, _ in at], pa.string())
    near = [district if force == file.force else None for district, force in at]
    home = pa.array(near, pa.string())
    rows = pa.table(
        {
            "lsoa": columns["LSOA code"],
            "name": columns["LSOA name"],
            "type": pa.DictionaryArray.from_arrays(kind, [SLUGS[k] for k in kinds]),
            "district": district.dictionary_encode().take(columns["LSOA name"].indices),
            "home": home.dictionary_encode().take(columns["LSOA name"].indices),
            "x": columns["Longitude"],
            "y": columns["Latitude"],
        }
    )
    if (twice := repeated(columns["Crime ID"])).any():
        rows = rows.filter(pa.array(~twice))
    return Rows(rows, len(table) - len(rows), commonest(columns[_WHOSE]))


def repeated(idents: Any) -> np.ndarray:
    """Which cells of an Arrow column of text hold what a cell before them holds; no empty one does.

    Only cells that begin with the same letters are compared whole: of Crime IDs few do.

    Examples
    --------
    >>> import pyarrow as pa
    >>> repeated(pa.array(["a", None, "b", "a", None])).tolist()
    [False, False, False, True, False]
    """
    import pyarrow as pa

    maybe = idents.is_valid().to_numpy(zero_copy_only=False)
    ends = np.frombuffer(idents.buffers()[1], np.int32)
    ends = ends[idents.offset : idents.offset + len(idents) + 1]
    if (np.diff(ends)[maybe] >= _FIRST).all() and maybe.any():
        letters = np.frombuffer(idents.buffers()[2], np.uint8)
        firsts = np.lib.stride_tricks.sliding_window_view(letters, _FIRST)
        numbers = firsts[ends[:-1][maybe]].view(np.uint64).ravel()
        maybe[maybe] = pd.Series(numbers).duplicated(keep=False)
    again = np.zeros(len(idents), bool)
    words = idents.filter(pa.array(maybe)).to_pylist()
    again[maybe] = pd.Series(words, dtype=object).duplicated()
    return again


def commonest(words: Any) -> str:
    """The word that most cells of an Arrow column of words have; "" where no word has most."""
    counts = np.bincount(words.indices.fill_null(len(words.dictionary)).to_numpy())
    most = int(counts.argmax())
    if most == len(words.dictionary) or 2 * counts[most] <= len(words):
        return ""
    return words.dictionary[most].as_py()


def read_table(file: File, data: bytes) -> Any:
    """The columns of a file that are used, as an Arrow table: Crime IDs as text, words as
    categories, degrees as floats. :func:`read` has seen that the text is UTF-8."""
    import pyarrow as pa
    from pyarrow import csv as arrow

    quotes = b'"' in data
    kinds = dict.fromkeys((*_WORDS, _WHOSE), pa.dictionary(pa.int32(), pa.string()))
    kinds |= dict.fromkeys(_LIMITS, pa.float64()) | {"Crime ID": pa.string()}
    try:
        if quotes:  # Arrow is lenient with quotes that stand where none should
            for _ in csv.reader(_stream(data), strict=True):
                pass
        return arrow.read_csv(
            pa.BufferReader(data),
            arrow.ReadOptions(use_threads=False, block_size=len(data) + 1),
            arrow.ParseOptions(
                quote_char=quotes and '"',
                newlines_in_values=quotes,
                ignore_empty_lines=True,
            ),
            arrow.ConvertOptions(
                strings_can_be_null=True,
                check_utf8=False,
                column_types=kinds,
                include_columns=list(kinds),
                null_values=[""],
            ),
        )
    except (pa.ArrowInvalid, csv.Error) as error:
        raise_problems(file, data, cell_problems)
        said = str(error).splitlines()[0]
        raise Invalid(f"{file.name} cannot be read as CSV: {said}") from None


def count(rows: Any, keys: list[str]) -> Any:
    """Rows of the table of :class:`Rows` counted by some of its columns: these, and n, as an Arrow
    table. A word that a row lacks is "" there."""
    import pyarrow as pa

    counts = rows.group_by(keys, use_threads=False).aggregate([([], "count_all")])
    n = counts["count_all"].cast(pa.int32())
    made = {key: counts[key] for key in keys}
    for key, column in made.items():
        if pa.types.is_dictionary(column.type):
            made[key] = column.cast(pa.string()).fill_null("")
    return pa.table(made | {"n": n})


def points(rows: Any) -> pd.DataFrame:
    """Rows in the force's own area counted by point: lsoa, name, district, type, x, y, n."""
    keys = ["lsoa", "name", "district", "type", "x", "y"]
    counts = count(rows.filter(rows["home"].is_valid()), keys).to_pandas()
    return counts.sort_values(keys, ignore_index=True)


def raise_problems(file: File, data: bytes, wrong: CellProblems) -> None:
    """Raise :class:`Invalid` with every problem that a slow reading finds; return when none is.

    What is wrong in the same way in several rows is said once.
    """
    found: dict[str, list[int]] = {}
    for problem in problems(file, data, wrong):
        found.setdefault(problem.said, []).append(problem.row)
    told = [f"{file.name} {rows_in_words(rows)}{said}" for said, rows in found.items()]
    if len(told) > MOST_SAID:
        told[MOST_SAID:] = ["and more."]
    if told:
        raise Invalid(" ".join(told))


def rows_in_words(rows: list[int]) -> str:
    """Which rows of a file, in words.

    Examples
    --------
    >>> rows_in_words([7]), rows_in_words([2, 3, 4, 5, 9])
    ('row 7', 'rows 2, 3, 4 and 2 more')
    """
    if len(rows) == 1:
        return f"row {rows[0]}"
    shown = [f"{row:,}" for row in rows[:3]]
    last = f"{len(rows) - 3:,} more" if len(rows) > 3 else shown.pop()
    return f"rows {', '.join(shown)} and {last}"


def _stream(data: bytes) -> io.StringIO:
    return io.StringIO(data.decode("utf-8-sig"), newline="")


class Problem(NamedTuple):
    """What is wrong in a row of a file: its number, and the sentence that follows it."""

    row: int
    said: str


def problems(file: File, data: bytes, wrong: CellProblems) -> Iterator[Problem]:
    """What is wrong in the rows of a file; row by row, so slowly.

    ``wrong`` gives what is wrong in one row, as :func:`cell_problems` does.
    """
    lines, header = csv.reader(_stream(data), strict=True), HEADERS[file.kind]
    next(lines)
    row = 1
    try:
        for row, cells in enumerate(lines, 2):
            if cells and len(cells) != len(header):
                held = "1 cell" if len(cells) == 1 else f"{len(cells)} cells"
                yield Problem(row, f" has {held}, not {len(header)}.")
            if len(cells) != len(header):
                continue
            values = dict(zip(header, cells, strict=True))
            for column, why in wrong(values, file.month):
                yield Problem(row, f", column {column}: {values[column]!r} {why}")
    except csv.Error as error:
        yield Problem(row + 1, f" cannot be read as CSV: {error}.")


def cell_problems(row: dict[str, str], month: str) -> Iterator[tuple[str, str]]:
    """What is wrong in one row of a month's file: columns, each with the reason.

    Examples
    --------
    >>> row = dict.fromkeys(HEADER, "") | {"Month": "2024-01", "Crime type": "Piracy"}
    >>> list(cell_problems(row, "2024-01"))
    [('Crime type', 'is a type of crime that is not known.')]
    """
    kind, code = row["Crime type"], row["LSOA code"]
    if row["Month"] != month:
        yield "Month", f"is not {month}, the month of the file's name."
    if kind not in SLUGS:
        # of other letters at most: a type spelt alike can be another kind of crime
        like = [name for name in SLUGS if name.casefold() == kind.strip().casefold()]
        yield "Crime type", f"is a type of crime that is not known{hint(kind, like)}"
    if kind == _ASB and row["Crime ID"]:
        yield "Crime ID", "stands beside anti-social behaviour, which has none."
    if code and not re.fullmatch(_CODE, code):
        yield "LSOA code", "is not a code such as E01012571."
    if bool(code) != bool(row["LSOA name"]):
        yield "LSOA name", f"stands beside the code {code!r}."
    located = code or any(row[column] for column in _LIMITS)
    for column, (low, high) in _LIMITS.items():
        text = row[column]
        if not text and located:
            yield column, "is empty in a row with a location."
        elif text and not (_DEGREES.fullmatch(text) and low <= float(text) <= high):
            yield column, f"is not a number of degrees from {low:g} to {high:g}."
