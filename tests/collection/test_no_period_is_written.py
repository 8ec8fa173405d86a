"""No month or year of data stands in code or prose: it is read from the tables, so it stays true.

A period written by hand is right until the next refresh. What may stand is listed in ``ALLOWED``,
each with the reason why no new data can make it false.
"""

import ast
import re
from collections.abc import Iterator
from functools import cache
from typing import NamedTuple

import pytest
from spoken import ROOT, load_cells

_MONTH = "January|February|March|April|May|June|July|August|September|October|November|December"
PERIOD = re.compile(
    rf"\b(?:{_MONTH}) (?:19|20)\d\d\b|\b(?:19|20)\d\d(?:[-/]\d\d(?:-\d\d)?)?\b"
)
_WORK_CITED = re.compile(
    r"[(]?(?:[A-Z][\w'’]+|others),? [(]?(?:19|20)\d\d(?:[);.]|, [A-Z])"
)  # "Wilson 1927)"


class Allowed(NamedTuple):
    """A text with a period that no new data can make false."""

    file: str
    text: str
    """A regular expression; it must cover the period."""
    reason: str


ALLOWED = [
    # the library
    Allowed(
        "lib/*",
        r"20\d\d-\d\d(-\d\d)?(?=[ ,.]| or |-lancashire)",
        "an example of how to write",
    ),
    Allowed("lib/*", r"http://www\.w3\.org/\d{4}/\w+", "an address"),
    Allowed(
        "lib/outcomes/ingest/*",
        r"(?s).*",
        "names of the files and sheets that are read",
    ),
    Allowed(
        "lib/outcomes/learn/answer_key.py",
        r"(?s).*",
        "an exercise asks about a period of its own",
    ),
    Allowed("lib/outcomes/methods/*", "deprivation in 2025", "the name of an index"),
    Allowed(
        "lib/outcomes/data/*",
        r"^2020$|^2021$|estimates for the middle of 2020|the census of (?:March )?2021|it as 2025",
        "the counts of residents that the columns of the tables are named for",
    ),
    Allowed(
        "notebooks/county/area_profile.ipynb",
        "Residents of wards are estimates for the middle of 2020",
        "the only count of their residents that the table has",
    ),
    # what is so whatever the data: rules of counting, lockdowns, works cited
    Allowed(
        "notebooks/*",
        r"(?:rules changed in|[Ii]n|Until) June 2023(?:,? (?:the way police count|and the|older"
        r"|inside))?",
        "when the national rules of counting changed",
    ),
    Allowed(
        "notebooks/programmes/*",
        r"(?:\(|from )March 2020 to July 2021|^2020-03$|^2021-07$",
        "the months of the lockdowns",
    ),
    Allowed(
        "notebooks/programmes/clear_hold_build.ipynb",
        "moved at least once between October 2022 and January 2024",
        "what was seen in the files; more files can only say it more closely",
    ),
    Allowed(
        "notebooks/programmes/modern_slavery.ipynb",
        "a recorded offence since 2015/16|The counts for 2013 come from an older series",
        "when the offence was made, and how a count was published",
    ),
    # what the programmes and their publishers say of themselves
    Allowed(
        "notebooks/county/annual_report.ipynb",
        "annual report 2023-24|count from July 2021 to no stated end|One week in November 2023",
        "the report that the page is about, and what it says",
    ),
    Allowed(
        "notebooks/programmes/*",
        "The operation began in 2022|planned for summer 2024|pledge began in February 2024",
        "what the report says of them",
    ),
    Allowed("notebooks/*", r"police-annual-report-2023-2024", "an address"),
    Allowed(
        "notebooks/programmes/county_lines.ipynb",
        "Several times since 2019",
        "the first week",
    ),
    Allowed(
        "notebooks/programmes/fraud.ipynb",
        "(?:doubled in|allow since) April 2023|In October 2023 couriers|^2018-04-01$",
        "when the teams doubled, what was published of a month, where a national series begins",
    ),
    Allowed(
        "notebooks/programmes/no_more_knives.ipynb",
        "^2010$",
        "an older definition counts before",
    ),
    Allowed(
        "notebooks/programmes/op_warrior.ipynb",
        'Arrests in November and December 2023|"launched in 2022" or "relaunched in 2023"',
        "what the annual report leaves beyond the first year, and what pages say of the start",
    ),
    Allowed(
        "notebooks/programmes/project_adder.ipynb",
        "the year to March 2024, so the end|between June 2023 and March 2024|"
        "^2024-03-31$|^2023-06-30$",
        "the report's own year, and the assumption made of it, which the page states",
    ),
]


@cache
def _texts() -> list[tuple[str, str, str]]:
    """File, place and text of every string of code, and of the prose of report notebooks."""
    return list(_read())


def _read() -> Iterator[tuple[str, str, str]]:
    for path in sorted((ROOT / "lib/outcomes").rglob("*.py")):
        for line, text in _strings(path.read_text(encoding="utf-8")):
            yield str(path.relative_to(ROOT)), f"line {line}", text
    for path in sorted(ROOT.glob("notebooks/[!.l]*/[!.]*.ipynb")):
        name = str(path.relative_to(ROOT))
        for number, cell in enumerate(load_cells(path), start=1):
            if cell["cell_type"] == "markdown":
                yield name, f"cell {number}", "".join(cell["source"])
            elif "parameters" not in cell["metadata"].get("tags", []):
                for _, text in _strings("".join(cell["source"])):
                    yield name, f"cell {number}", text


def _strings(code: str) -> Iterator[tuple[int, str]]:
    """Texts and years in code, without docstrings."""
    tree = ast.parse(code)
    said = {
        id(s.value)
        for node in ast.walk(tree)
        for s in (node.body if isinstance(getattr(node, "body", None), list) else [])
        if isinstance(s, ast.Expr) and isinstance(s.value, ast.Constant)
    }
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and id(node) not in said:
            year = isinstance(node.value, int) and 2001 <= node.value <= 2050
            if isinstance(node.value, str) or year:
                yield node.lineno, str(node.value)


def _allowed(file: str, text: str, span: tuple[int, int]) -> bool:
    known = [one.text for one in ALLOWED if _fits(file, one.file)] + [
        _WORK_CITED.pattern
    ]
    return any(
        hit.start() <= span[0] and span[1] <= hit.end()
        for pattern in known
        for hit in re.finditer(pattern, text)
    )


def _fits(file: str, pattern: str) -> bool:
    return bool(re.fullmatch(pattern.replace("*", ".*"), file))


def test_no_period_of_data_is_written_in_code_or_prose():
    found = [
        f"{file}, {where}: {hit[0]!r} in “{text[max(0, hit.start() - 60) : hit.end() + 40]}”"
        for file, where, text in _texts()
        for hit in PERIOD.finditer(text)
        if not _allowed(file, text, hit.span())
    ]
    assert not found, "\n".join(["", *found])


@pytest.mark.parametrize("one", ALLOWED, ids=lambda a: f"{a.file}: {a.text[:30]}")
def test_what_is_allowed_is_still_said(one):
    texts = [text for file, _, text in _texts() if _fits(file, one.file)]
    assert any(re.search(one.text, t) for t in texts), one.reason
