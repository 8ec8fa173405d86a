"""A search for what could point to a person: in tables, notebooks, stored outputs and pages.

It looks for forms, not for meaning: an e-mail address, a telephone or National Insurance number, a
postcode, the identifier of one crime, a point finer than a neighbourhood, and a name beside the
description of a case. What it finds is either removed or looked at by a person, who writes the
reason into ``docs/privacy.toml``. Run it with ``python -m outcomes.data.privacy``.
"""

import csv
import io
import json
import re
import sys
import tomllib
from collections import Counter
from collections.abc import Iterable, Iterator
from fnmatch import fnmatch
from itertools import zip_longest
from pathlib import Path
from typing import NamedTuple
from urllib.parse import unquote

from outcomes.core.errors import Invalid, one_of
from outcomes.data import own_files, tables

DECIMALS = 3  # of a degree: about 100 metres, the size of a neighbourhood's middle
# common given names of the United Kingdom; a title such as Mr is looked for as well
_NAMES = (
    "Aaron|Abdul|Adam|Adrian|Ahmed|Aisha|Alan|Alex|Ali|Alice|Amanda|Amy|Andrew|Angela|Ann|Anna"
    "|Anne|Anthony|Ben|Benjamin|Brian|Callum|Carl|Charles|Charlotte|Chloe|Chris|Christopher"
    "|Claire|Connor|Craig|Daniel|Darren|David|Dean|Deborah|Declan|Donna|Edward|Elizabeth|Emily"
    "|Emma|Eric|Fatima|Gary|Gareth|George|Graham|Hannah|Harry|Hassan|Helen|Holly|Ian|Ibrahim"
    "|Imran|Jack|Jacob|Jake|James|Jamie|Jane|Janet|Jason|Jennifer|Jessica|Joan|Joanne|John"
    "|Jonathan|Jordan|Joseph|Joshua|Julie|Karen|Kate|Katie|Keith|Kelly|Kenneth|Kevin|Kieran|Kyle"
    "|Laura|Lauren|Leanne|Lee|Lewis|Liam|Linda|Lisa|Lucy|Luke|Margaret|Mark|Martin|Mary|Matthew"
    "|Megan|Michael|Michelle|Mohammad|Mohammed|Muhammad|Natalie|Nathan|Nicola|Nicole|Nigel|Olivia"
    "|Omar|Patricia|Patrick|Paul|Peter|Philip|Rachel|Rebecca|Richard|Robert|Roger|Ryan|Sam"
    "|Samantha|Samuel|Sandra|Sara|Sarah|Scott|Sean|Shane|Sharon|Shaun|Simon|Sophie|Stacey|Stephen"
    "|Steven|Stuart|Susan|Thomas|Tom|Tony|Tracey|Tyler|Wayne|William|Yusuf|Zoe"
)
_PERSON = (
    r"\b(?:(?:Mr|Mrs|Ms|Miss|Dr)\.? [A-Z][a-z'’-]+"
    rf"|(?:{_NAMES}) [A-Z][a-z'’-]+)\b"
)
_CASE = (
    r"\b(?:jailed|sentenced|arrested|charged|convicted|pleaded|guilty|victims?|stabbed|murder\w*"
    r"|raped?|assault\w*|abus\w+|suspects?|defendants?|offenders?|court|trial|prison|custody"
    r"|overdose\w*|died|deaths?|exploited|trafficked)\b"
)
_NEAR = 120  # characters between a name and the words of a case
PATTERNS = {
    # its last part is letters, or is punycode: "afcharts@1.2.0" is a package and its version
    "e-mail address": (
        r"(?<![\w.+-])[\w.+-]+@(?:[\w-]+\.)+(?:[^\W\d_]{2,}|xn--[a-zA-Z0-9-]+)(?![\w-])"
    ),
    "telephone number": (
        r"(?<![\w./%=-])(?:\+44 ?(?:\(0\) ?)?|\(?0)[1-9](?:[ -]?\)?[ -]?\d){8,9}(?![\w-])"
    ),
    "National Insurance number": r"\b[A-CEGHJ-PR-TW-Z][A-CEGHJ-NPR-TW-Z](?: ?\d\d){3} ?[A-D]\b",
    "postcode": r"\b[A-Z]{1,2}\d[A-Z\d]? \d[ABD-HJLNP-UW-Z]{2}\b",
    "crime identifier": r"(?<![0-9a-fA-F])[0-9a-fA-F]{64}(?![0-9a-fA-F])",
    "point": (
        r"(?<![\d.-])(?:(?:49|5\d|60)\.\d{4,}[\s,;]+-?[0-8]\.\d{4,}"
        r"|-?[0-8]\.\d{4,}[\s,;]+(?:49|5\d|60)\.\d{4,})(?![\d.])"
    ),
    "name beside a case": (
        rf"{_PERSON}(?=[^|\n]{{0,{_NEAR}}}{_CASE})|{_CASE}[^|\n]{{0,{_NEAR}}}?{_PERSON}"
        rf"|\b[A-Z][a-z]+ [A-Z][a-z'’-]+, (?:aged )?[1-9]\d,"
    ),
}
_FOUND = {kind: re.compile(pattern) for kind, pattern in PATTERNS.items()}
_DEGREES = re.compile(r"(?i)^(?:lat|latitude|lon|lng|long|longitude)$")
_PICTURES = {
    ".png",
    ".jpg",
    ".jpeg",
    ".gif",
    ".webp",
    ".ico",
    ".woff",
    ".woff2",
    ".pdf",
}


class Hit(NamedTuple):
    """Something that could point to a person: its file, where in it, its kind and its text."""

    file: str
    place: str
    kind: str
    text: str


class Review(NamedTuple):
    """An exception that a person has looked at: files (a pattern), kind, places, and why."""

    files: str
    kind: str
    places: str
    most: int
    reason: str

    def covers(self, hit: Hit) -> bool:
        """Whether a hit is of this kind, and in such a file and place."""
        fits = fnmatch(hit.file, self.files) and fnmatch(hit.place, self.places)
        return self.kind == hit.kind and fits


def search(text: str) -> list[tuple[str, str]]:
    """Kind and text of everything in ``text`` that could point to a person."""
    return [
        (kind, found[0]) for kind, one in _FOUND.items() for found in one.finditer(text)
    ]


def scan(folder: Path, only: Iterable[str] = ("data", "notebooks")) -> list[Hit]:
    """Search every file below ``folder``'s folders ``only``; places name a column or a cell."""
    folder, hits = Path(folder), []
    for path in sorted(
        p for top in only for p in (folder / top).rglob("*") if p.is_file()
    ):
        if not any(
            part.startswith((".", "__")) for part in path.relative_to(folder).parts
        ):
            name = path.relative_to(folder).as_posix()
            hits += [Hit(name, *found) for found in _in_file(path)]
    return hits


def _in_file(path: Path) -> Iterator[tuple[str, str, str]]:
    if path.suffix == ".csv":
        yield from _in_csv(path)
    elif path.suffix == ".parquet":
        yield from _in_parquet(path)
    elif path.suffix == ".ipynb":
        yield from _in_notebook(path)
    elif path.suffix not in _PICTURES:
        text = path.read_text(encoding="utf-8", errors="replace")
        for number, line in enumerate(text.splitlines(), start=1):
            yield from ((f"line {number}", *found) for found in search(unquote(line)))


def cells(path: Path) -> Iterator[tuple[str, str]]:
    """Every cell of a CSV file with its column's heading, the headings among them; a row may be
    shorter or longer than the first, and what stands beyond its headings is of column "None".

    The file may be as a spreadsheet saves it (:mod:`outcomes.data.own_files`).
    """
    text = own_files.decoded(path)
    rows = csv.reader(
        io.StringIO(text, newline=""), delimiter=own_files.delimiter(text)
    )
    header = next(rows, [])
    for row in (header, *rows):
        for column, cell in zip_longest(header, row):
            yield str(column), cell or ""


def _in_csv(path: Path) -> Iterator[tuple[str, str, str]]:
    for column, cell in cells(path):
        yield from ((column, *found) for found in _in_cell(column, cell))


def _in_cell(column: str, cell: str) -> Iterator[tuple[str, str]]:
    if (
        _DEGREES.match(column)
        and len(cell.rpartition(".")[2]) > DECIMALS
        and "." in cell
    ):
        yield "point", cell
    yield from search(cell)


def _in_parquet(path: Path) -> Iterator[tuple[str, str, str]]:
    table = tables.arrow(path)
    for column in table.column_names:
        for value in table[column].unique().to_pylist():
            if isinstance(value, str) or _DEGREES.match(column):
                yield from ((column, *found) for found in _in_cell(column, str(value)))


def _in_notebook(path: Path) -> Iterator[tuple[str, str, str]]:
    book = json.loads(path.read_text(encoding="utf-8"))
    parts = [(f"cell {n}", cell) for n, cell in enumerate(book.pop("cells"), start=1)]
    for place, part in [*parts, ("metadata", book)]:
        for text in _strings(part):
            yield from ((place, *found) for found in search(unquote(text)))


def _strings(value) -> Iterator[str]:
    """Every text in some JSON; a list of texts is one text, as notebooks write their lines."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for part in (*value, *value.values()):
            yield from _strings(part)
    elif isinstance(value, list) and value and all(isinstance(v, str) for v in value):
        yield "".join(value) if value[0].endswith("\n") else "\n".join(value)
    elif isinstance(value, list):
        for part in value:
            yield from _strings(part)


def reviews(file: Path) -> list[Review]:
    """The exceptions a person has looked at; :class:`Invalid` for one without a reason."""
    raw = tomllib.loads(Path(file).read_text(encoding="utf-8")).get("reviewed", [])
    found = []
    for entry in raw:
        for key in entry:
            one_of(key, Review._fields, f"{Path(file).name}: the key")
        one_of(entry.get("kind"), PATTERNS, f"{Path(file).name}: kind")
        if not entry.get("reason", "").strip() or not isinstance(
            entry.get("most"), int
        ):
            raise Invalid(
                f"{Path(file).name}: {entry.get('files')!r} needs a reason and `most`."
            )
        found.append(Review(**{"places": "*"} | entry))
    return found


def unreviewed(hits: Iterable[Hit], allowed: Iterable[Review]) -> list[Hit]:
    """Hits that no exception covers; an exception covers no more of them than it says."""
    left, out = Counter({one: one.most for one in allowed}), []
    for hit in hits:
        fits = (r for r, n in left.items() if n > 0 and r.covers(hit))
        if review := next(fits, None):
            left[review] -= 1
        else:
            out.append(hit)
    return out


def main(given: list[str]) -> int:
    """Search the repository, or the folder given; 1 when something is left to look at."""
    root = Path(__file__).resolve().parents[3]
    hits = scan(Path(given[0]), ["."]) if given else scan(root)
    left = unreviewed(hits, reviews(root / "docs" / "privacy.toml"))
    for hit in left:
        print(f"{hit.file}, {hit.place}: {hit.kind}: {hit.text[:60]}")
    print(f"{len(hits)} places looked at, {len(left)} left for a person to look at.")
    return 1 if left else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
