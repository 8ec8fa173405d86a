"""Every sentence that depends on a parameter follows it: no page speaks of a default not asked for.

Each report notebook is asked with other values than its own. The whole text of the page it would
make (prose, sentences, captions, caveats, units, headings, texts of charts) is then searched for
the defaults and for what derives from them. A place may stand as one row among all in a table or
a chart. What else may stand is listed in ``ALLOWED``, each with the reason why it is true whatever
is asked.
"""

import re
from collections.abc import Iterator
from functools import cache
from typing import Any, NamedTuple

import pytest
from spoken import REPORTS, Piece, Spoken, said

import outcomes as oc
from outcomes.core import formatting
from outcomes.publish.parameters import Parameter, declared

NOTEBOOKS = {path.stem: path for path in REPORTS}

ASKED: dict[str, list[dict[str, Any]]] = {
    "annual_report": [{"as_of": "2024-09-01"}, {"as_of": "2021-01-01"}],
    "area_profile": [
        {"area": "Hyndburn", "year": "2021", "types": ["shoplifting", "other-theft"]},
        {"area": "Blackpool"},
    ],
    "clear_hold_build": [
        {"area": "Pendle", "start": "2024-06"},
        {"area": "Nelson and Brierfield", "start": "2024-02"},
        {"area": "E01024855, E01024856, E01024857", "start": "2023-02"},
        {
            "area": "Preston",
            "start": "2021-06",
            "outcome": "robbery",
            "comparison": "county",
            "buffer_km": 1.0,
        },
        {
            "area": "Hyndburn",
            "start": "2024-07",
            "outcome": "burglary",
            "comparison": "leicestershire",
        },
        {"area": "Wyre", "start": "2030-01"},
    ],
    "county_lines": [
        {"week": "2019-01", "measures": ["lines_closed", "weapons_seized"]},
        {"week": "2023-10"},
    ],
    "data_quality": [
        {"force": "Merseyside", "since": "2021-01", "others": ["Cumbria", "Kent"]},
        {"force": "Leicestershire", "since": "2022-01", "others": ["Kent"]},
    ],
    "fraud": [
        {"measures": ["fraud_losses"], "as_of": "2024-01-01"},
        {"as_of": "2012-01-01"},
    ],
    "modern_slavery": [
        {"series": "children", "as_of": "2022-06-30"},
        {"series": "women and girls"},
        {"series": "duty to notify", "as_of": "2018-01-01"},
    ],
    "no_more_knives": [{"area": "Preston"}, {"area": "Burnley and Accrington"}],
    "op_sceptre": [
        {"wave": "2023-11", "comparators": ["Kent"], "confidence": 0.9},
        {"wave": "2019-09"},
    ],
    "op_warrior": [
        {
            "measures": ["people_charged"],
            "period_unit": "quarter",
            "as_of": "2024-09-01",
        },
        {"measures": ["cash_seized"], "period_unit": "calendar year"},
        {"as_of": "2021-01-01"},
    ],
    "project_adder": [
        {
            "district": "Preston",
            "start": "2022-01",
            "outcome": "shoplifting",
            "comparison": "matched",
        },
        {
            "district": "Burnley",
            "start": "2024-07",
            "outcome": "all crime",
            "comparison": "leicestershire",
        },
    ],
    "trend_monitor": [
        {"step": "month", "since": "2019-04", "offences": ["robbery", "burglary"]},
        {"since": "2016-04", "offences": ["robbery", "burglary"]},
    ],
}
"""What each notebook is asked; every parameter of it takes another value than its default."""


class Allowed(NamedTuple):
    """A text with a default's words that is true whatever is asked."""

    notebook: str
    text: str
    """A regular expression; it must cover the words found."""
    reason: str


ALLOWED = [
    Allowed(
        "clear_hold_build",
        "(?:comparison:|against) matched",
        "one of the checks that are listed",
    ),
    Allowed(
        "clear_hold_build",
        r"^No clear change in [a-z -]+ in Fleetwood: a fall of over|^Fleetwood$",
        "the programme's other site, where the page is about one of the two",
    ),
    Allowed(
        "county_lines",
        r"in March 2024 the county's 45 leave 20 for South Division|"
        r"in both March 2024 and November 2024: two different weeks|"
        r"cash in the week of March 2024 was £|"
        r"from \d\.\d+% \(March 2024\) to",
        "the parts on what was printed about particular weeks; the weeks are found in the register",
    ),
    Allowed(
        "no_more_knives",
        r"Lancashire takes in every place of the county with a figure|for the whole of Lancashire|"
        r"\"thousands\" for Lancashire without a period",
        "what a choice of the page means, and what the annual report prints",
    ),
    Allowed(
        "no_more_knives",
        r"Knife-enabled offences(?: in|,) Lancashire|assault with a sharp object, Lancashire|"
        r"possession of a blade or point in Lancashire|(?:in )?Lancashire, at best|^Lancashire$",
        "context that is published for the whole county only, and says so",
    ),
    Allowed(
        "op_sceptre",
        r"^95%$|95% (?:and 99\.8% )?limits?",
        "a funnel has its lines at 95% and 99.8%, whatever is asked",
    ),
    Allowed(
        "op_warrior",
        r"twelve months, two years, a financial year, the 14 months of the annual report",
        "periods that were published, whatever unit of time is asked",
    ),
    Allowed(
        "project_adder",
        r"the annual report's figures are about Blackpool|\"since July 2021\"",
        "what the annual report prints",
    ),
    Allowed(
        "project_adder",
        r"February 2020 .* September 2021|March 2020 to July 2021|to [\d.]+% \(July 2021\)",
        "months found in the data, and those of the lockdowns",
    ),
    Allowed(
        "project_adder",
        r"for: drug offences(?:, serious acquisitive)?|\(drug offences\)",
        "one outcome among all",
    ),
    Allowed(
        "project_adder",
        r"\*\*Primary outcome:\*\* drug offences|[Dd]rug offences (?:come to light|follow police)",
        "what was declared before looking, and how such offences are found",
    ),
    Allowed(
        "project_adder",
        r"the rest of (?:the|its|its own) county|each district against its county|"
        r"(?:comparison:|against) county",
        "what districts are ranked by, and one of the choices that are listed",
    ),
    Allowed(
        "project_adder",
        r"Rows go from the highest down, below [a-z ]+, in bold",
        "the outcome that the claim names stands first, whichever is asked about",
    ),
    Allowed(
        "trend_monitor",
        r"By quarter, the series are groups of offences|offences are counted by quarter|"
        r"on noise by quarter \(by month\)",
        "what each step reads, and what trials of both gave",
    ),
]

_COUNTED = (
    "op_warrior_measure",
    "fraud_measure",
    "county_lines_measure",
    "offence_group",
)
_COUNTED += ("crime_type", "modern_slavery_series")
"""What is counted, not where or when: a page has parts that are about one of them whatever is
asked, and such common words ("arrests", "referrals") stand in its prose."""
_MONTH_OF_A_YEAR = re.compile(r"[A-Z][a-z]+ $")


def _defaults(name: str, known: Parameter) -> Iterator[str]:
    """The words for a default, and for what derives from it."""
    values = known.default if isinstance(known.default, list) else [known.default]
    for value in values:
        if value == "":
            continue
        if known.vocabulary in ("month", "trend_since") or re.fullmatch(
            r"\d{4}-\d\d", str(value)
        ):
            yield from (value, formatting.month(value))
        elif known.vocabulary == "probability":
            yield formatting.percent(value, 0)
        elif known.vocabulary == "positive":
            yield from (f"{value:g} km", f"{value:g} kilometres")
        else:
            yield str(value).replace("_", " ").replace("-", " ")
        if known.vocabulary == "place" and value in oc.collection.towns:
            inside = oc.neighbourhoods(value)["ward"]
            yield from (
                *inside.unique(),
                f"the {len(inside)}",
                f"{len(inside)} neighbourhoods",
            )


def _words(page: Spoken) -> Iterator[str]:
    """Words of the defaults that the page was not asked for."""
    asked = str(page.parameters).replace("_", " ").replace("-", " ").casefold()
    for name, known in declared(NOTEBOOKS[page.notebook]).items():
        taken = page.parameters.get(name, known.default) == known.default
        if taken or known.vocabulary in _COUNTED:
            continue
        for word in dict.fromkeys(_defaults(name, known)):
            if word.replace("-", " ").casefold() not in asked:
                yield word


def _pieces(page: Spoken, word: str) -> Iterator[Piece]:
    """Texts of the page in which a default's word would be an error."""
    for piece in dict.fromkeys(page.pieces):
        tick = word.isdigit() and piece.text.isdigit()  # of a chart's axis of years
        if not tick and not piece.where.endswith((": cell", ": row drawn", ": source")):
            yield piece


def _found(page: Spoken) -> Iterator[tuple[str, Piece, str]]:
    """Each text of the page that speaks of a default not asked for: the words, where, around."""
    for word in _words(page):
        case = re.NOFLAG if word[0].isupper() else re.IGNORECASE
        pattern = re.compile(rf"(?<![\w-]){re.escape(word)}(?![\w-])", case)
        for piece in _pieces(page, word):
            for hit in pattern.finditer(piece.text):
                before = piece.text[: hit.start()]
                if word.isdigit() and _MONTH_OF_A_YEAR.search(before):
                    continue
                if not _allowed(page.notebook, piece.text, hit.span()):
                    around = before[-70:] + piece.text[hit.start() : hit.end() + 70]
                    yield word, piece, " ".join(around.split())


def _allowed(notebook: str, text: str, span: tuple[int, int]) -> bool:
    return any(
        hit.start() <= span[0] and span[1] <= hit.end()
        for one in ALLOWED
        if one.notebook == notebook
        for hit in re.finditer(one.text, text)
    )


@cache
def _page(notebook: str, number: int) -> Spoken:
    return said(NOTEBOOKS[notebook], ASKED[notebook][number])


_EACH = [(name, n) for name in ASKED for n in range(len(ASKED[name]))]


@pytest.mark.usefixtures("kept")
@pytest.mark.parametrize(("notebook", "number"), _EACH)
def test_no_text_speaks_of_a_default_that_was_not_asked_for(notebook, number):
    found = [
        f"{piece.where}: {word!r} in “…{around}…”"
        for word, piece, around in _found(_page(notebook, number))
    ]
    assert not found, "\n".join([f"asked {ASKED[notebook][number]}", *found])


def test_every_parameter_of_every_notebook_is_asked_otherwise():
    for notebook, path in NOTEBOOKS.items():
        for name, known in declared(path).items():
            others = [given[name] for given in ASKED[notebook] if name in given]
            assert any(other != known.default for other in others), (
                f"{notebook}: {name}"
            )
