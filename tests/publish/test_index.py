"""The index of a release, its tables, and the sentences about what changed, without a build."""

import csv
import io
import re

import pytest

from notebook_maker import fact
from outcomes.publish import index

NOW = "20251124T083000Z-ab"


FAILED = {"name": "KeyError", "message": "'n'.", "cell": 4}


def record(handle, **changes) -> dict:
    """A page as the manifest keeps it, with one finding."""
    return {
        "handle": handle,
        "path": f"{handle}.html",
        "notebook": handle,
        "title": handle.title(),
        "label": handle.title(),
        "group": "county",
        "state": "built",
        "built": NOW,
        "error": None,
        "vintage": "Newest publication 14 June 2024",
        "findings": [fact(sentence=f"Of {handle}.")],
    } | changes


def told(**changes) -> dict:
    return {"since": "", "sentence": "2 pages; first release.", "lines": []} | changes


def words(html: str) -> str:
    """The text of some HTML, with one space for whatever is between its words."""
    return " ".join(re.sub("<[^>]+>", " ", html).split())


def test_a_first_release_says_how_many_pages_and_findings_it_has_and_no_change():
    html = index.index_html([record("one"), record("two")], NOW, told())
    text = words(html)
    assert "Release of 24 November 2025 · 2 pages · 2 findings Search all pages" in text
    assert "Release of 24 November 2025: 2 pages built in this release." in text
    assert "What changed" not in text and "Programmes" not in words(
        html.split("<nav")[1]
    )
    parts = re.findall(
        r'<a href="#(\w+)">([^<]+)</a>', html.split("<nav")[1].split("</nav>")[0]
    )
    assert parts == [
        ("county", "County-wide"),
        ("marks", "How to read the marks"),
        ("data", "Take the data"),
        ("state", "State of the pages"),
    ]


def test_each_state_of_a_page_is_said_with_its_release():
    then = "20250901T000000Z-cd"
    pages = [
        record("one"),
        record("two"),
        record("old", state="unchanged", built=then),
        record("away", state="carried", built=then),
        record("kept", state="kept", built=then, error=FAILED),
        record("none", state="failed", error=FAILED, findings=[], vintage=""),
    ]
    html = index.index_html(pages, NOW, told())
    text = words(html)
    assert (
        "Release of 24 November 2025: 2 pages built in this release; 1 page unchanged, with the "
        "same data, notebook and method; 1 page kept from an earlier release, not asked for in this "
        "one; 1 page could not be rebuilt; the last good version is shown; 1 page could not be built."
    ) in text
    rows = [words(row) for row in html.split("<tbody>")[-1].split("<tr>")[1:]]
    date = "Newest publication 14 June 2024"
    assert rows[0] == f"One Of one. Estimate {date} built in this release 1"
    assert rows[2] == (
        f"Old Of old. Estimate {date} unchanged, with the same data, notebook and method "
        "(from 1 September 2025) 1"
    )
    assert rows[3].endswith("not asked for in this one (from 1 September 2025) 1")
    assert rows[4].endswith(
        "the last good version is shown (from 1 September 2025). KeyError: 'n' (cell 4) 1"
    )
    assert rows[5].startswith(
        "None not stated could not be built. KeyError: 'n' (cell 4) 0"
    )
    assert "2 of 6 pages could not be rebuilt in this release." in text


def test_programmes_are_rows_with_their_question_and_districts_a_list():
    pages = [
        record("demo", group="programmes", question="Did it work?"),
        record("demo/may", group="programmes", notebook="demo", label="May"),
        record("other", group="programmes", state="kept", error=FAILED),
        record("burnley", group="districts", label="Burnley"),
        record("ribble", group="districts", label="Ribble Valley", findings=[]),
        record(
            "wyre",
            group="districts",
            label="Wyre",
            findings=[
                fact(headline=False, value=5),
                fact(value=1234.0, unit="crimes"),
                fact(value=7),
            ],
        ),
        record("none", group="districts", findings=[fact(headline=False, value=None)]),
    ]
    html = index.index_html(
        pages, NOW, told(since="20250901T000000Z-cd", lines=["A < b.", "C."])
    )
    rows = html.split('<ul class="answers">')[1].split("</section>")[0]
    assert (
        rows.count("<h3>") == 2 and 'Also: <a href="demo/may.html">May</a></p>' in rows
    )
    assert '<p class="question">Did it work?</p>' in rows
    assert '<a href="demo.html#found">Of demo.</a>' in rows and "Of other." in rows
    assert rows.count(">Estimate</span>") == 2 and "Of demo/may." not in rows
    assert rows.count("Could not be rebuilt.") == 1
    tiles = html.split('<ul class="county">')[1].split("</ul>")[0]
    assert re.findall(r'<li><a href="([^"]*)">(.*?)</a>', tiles) == [
        ("burnley.html", "<b>Burnley</b><span>23.8 %</span>"),
        ("ribble.html", "<b>Ribble Valley</b>"),
        ("wyre.html", "<b>Wyre</b><span>1,234 crimes</span>"),
        ("none.html", "<b>None</b>"),
    ]
    text = words(html)
    assert "Against the release of 1 September 2025: 2 pages; first release." in text
    assert "<ul><li>A &lt; b.</li><li>C.</li></ul>" in html
    assert (
        '<a href="#programmes">Programmes</a> · <a href="#districts">Districts</a> · '
        in html
    )


def test_the_index_says_in_its_head_what_it_is():
    html = index.index_html([record("one", group="programmes")], NOW, told())
    said = re.search('<meta name="description" content="([^"]+)">', html)[1]
    assert said.startswith("What the programmes of the ")


def test_cautions_stand_with_the_state_of_the_pages_and_not_before_the_answers():
    html = index.index_html([record("one")], NOW, told())
    assert html.index('id="state"') < html.index("<!--cautions-->")


def answered(sentence="Shops failed no more often.", **changes) -> dict:
    """The facts of an answer."""
    told = {"answer": "no clear change", "detail": "A third more would have shown."}
    given = {"name": "answer", "headline": False, "value": None, "lower": None}
    return (
        fact(sentence=sentence, upper=None, verdict="published")
        | given
        | told
        | changes
    )


def test_a_page_leads_with_its_answer_in_row_tile_and_table():
    pages = [
        record("demo", group="programmes", findings=[answered(), fact()]),
        record("wyre", group="districts", label="Wyre", findings=[answered()]),
        record("none"),
    ]
    html = index.index_html(pages, NOW, told())
    row = words(html.split('<ul class="answers">')[1].split("</ul>")[0])
    assert row == "Demo → No clear change Shops failed no more often."
    assert '<a href="demo.html#answer">Shops failed no more often.</a>' in html
    assert '<span class="mark no-clear-change">' in html
    assert "<b>Wyre</b><span>No clear change</span>" in html
    assert "<td>No clear change. Shops failed no more often.<td>" in html
    assert 'href="answers.csv"' in html
    assert "answers.csv" not in index.index_html(pages[2:], NOW, told())


def read(text: str) -> list[list[str]]:
    """The rows of a CSV file, which begins with the mark by which Excel knows it."""
    assert text[0] == "\ufeff"
    return list(csv.reader(io.StringIO(text[1:])))


def test_all_answers_are_one_table_with_their_questions():
    page = record("demo", question="Do shops fail?", findings=[fact(), answered()])
    rows = read(index.answers_csv([page, record("none")]))
    assert rows == [
        ["handle", "title", "question", "answer", "sentence", "detail"],
        [
            *("demo", "Demo", "Do shops fail?", "no clear change"),
            "Shops failed no more often.",
            "A third more would have shown.",
        ],
    ]


def test_the_manifest_keeps_the_words_of_a_table_and_the_whole_of_one_that_compares():
    table = {"columns": [{"label": "type"}, {"label": "n"}], "rows": [["Arson", 2]]}
    kept = index.recorded(fact(table=table))
    assert kept["labels"] == "Arson" and "table" not in kept
    assert "labels" not in index.recorded(fact(table=None))
    assert index.recorded(fact(name=index.COMPARED, table=table))["table"] == table


def test_a_sweep_that_answers_alike_on_all_its_pages_is_named():
    same = [record(h, notebook="n", findings=[answered()]) for h in ("a", "b")]
    assert [said.partition(",")[0] for said in index.answer_faults(same)] == [
        "n: all 2 pages give the same answer"
    ]
    other = record("c", notebook="n", findings=[answered("They failed less.")])
    assert index.answer_faults([*same, other]) == index.answer_faults(same[:1]) == []


def test_a_page_without_an_answer_is_named():
    pages = [record("one", findings=[answered()]), record("two")]
    said = "Two: no answer; oc.answer(…) says what it comes to."
    assert index.answer_faults(pages) == [said]


def test_all_findings_are_one_table_with_their_sources():
    source = {
        "publisher": "P",
        "title": "",
        "url": "https://example.org",
        "published": "x",
    }
    none = {"publisher": "", "title": "", "url": None}
    one = fact(
        value=1.5, lower=None, upper=2, sources=[source, source | {"title": "=T"}, none]
    ) | {"numbers": {"shops asked": 42}}
    rows = read(index.findings_csv([record("demo", findings=[one])]))
    assert ",".join(rows[0]) == (
        "handle,name,answer,sentence,detail,value,lower,upper,unit,period,area,direction,verdict,numbers,sources"
    )
    assert rows[1:] == [
        [
            "demo",
            "found",
            "",
            "10 of 42 shops sold a knife.",
            "",
            "1.5",
            "",
            "2",
            "%",
            "November 2023",
            "lancashire",
            "fewer",
            "estimate",
            "shops asked: 42",
            "P, https://example.org; P, =T, https://example.org;",
        ],
    ]


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (FAILED, "KeyError: 'n' (cell 4)"),
        (
            {"name": "Timeout", "message": "too long.", "cell": None},
            "Timeout: too long",
        ),
        ({"name": "Timeout", "message": "too long"}, "Timeout: too long"),
        ({"name": "ValueError", "message": "no form X."}, "ValueError: no form X"),
    ],
)
def test_a_failure_is_said_with_its_cell(error, said):
    assert index.reason(error) == said
