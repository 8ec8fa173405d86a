"""The index of a release, its tables, and the sentences about what changed, without a build."""

import csv
import io
import json
import os
import re
import time
from pathlib import Path

import pytest

from notebook_maker import entry, fact, notebook, plan
from outcomes.core.errors import Invalid
from outcomes.core.mime import FINDING, PROVENANCE
from outcomes.publish import build as site
from outcomes.publish import changes as history
from outcomes.publish import execute, feed, index, releases
from outcomes.publish import plan as plans

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
    assert "Release of 24 November 2025 · 2 pages · 2 findings Find a page" in text
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
        "Release of 24 November 2025: 2 pages built in this release; 1 page unchanged, as nothing "
        "behind them has changed; 1 page kept from an earlier release, not asked for in this one; "
        "1 page could not be rebuilt; the last good version is shown; 1 page could not be built."
    ) in text
    rows = [words(row) for row in html.split("<tbody>")[1].split("<tr ")[1:]]
    rows = [r.partition("> ")[2] for r in rows]
    date = "Newest publication 14 June 2024"
    assert rows[0] == f"One Of one. Estimate {date} built in this release 1"
    assert rows[2] == (
        f"Old Of old. Estimate {date} unchanged, as nothing behind them has changed "
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


def test_programmes_are_cards_and_districts_tiles():
    pages = [
        record("demo", group="programmes"),
        record("demo/may", group="programmes", notebook="demo", label="May"),
        record("other", group="programmes"),
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
    cards = html.split('<ul class="cards">')[1].split("</ul>")[0]
    assert (
        cards.count("<li") == 2 and 'Also: <a href="demo/may.html">May</a></p>' in cards
    )
    assert "<p>Of demo.</p>" in cards and "<p>Of other.</p>" in cards
    assert cards.count(">Estimate</span>") == 2 and "Of demo/may." not in cards
    tiles = html.split('<ul class="county">')[1].split("</ul>")[0]
    assert re.findall(r'<li class="([^"]*)"><a href="([^"]*)">(.*?)</a>', tiles) == [
        ("burnley", "burnley.html", "<b>Burnley</b><span>23.8 %</span>"),
        ("ribble-valley", "ribble.html", "<b>Ribble Valley</b>"),
        ("wyre", "wyre.html", "<b>Wyre</b><span>1,234 crimes</span>"),
        ("none", "none.html", "<b>None</b>"),
    ]
    text = words(html)
    assert "Against the release of 1 September 2025: 2 pages; first release." in text
    assert "<ul><li>A &lt; b.</li><li>C.</li></ul>" in html
    assert (
        '<a href="#programmes">Programmes</a> · <a href="#districts">Districts</a> · '
        in html
    )
    offered = html.split("<label>about")[1].split("</select>")[0]
    assert re.findall('value="([^"]*)">([^<]*)<', offered) == [
        ("", "everything"),
        ("programmes", "Programmes"),
        ("districts", "Districts"),
    ]
    assert html.count('<option value="estimate">Estimate</option>') == 1


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


def test_a_page_leads_with_its_answer_on_card_tile_and_table():
    pages = [
        record("demo", group="programmes", findings=[answered(), fact()]),
        record("wyre", group="districts", label="Wyre", findings=[answered()]),
        record("none"),
    ]
    html = index.index_html(pages, NOW, told())
    card = words(html.split('<ul class="cards">')[1].split("</ul>")[0])
    assert card.startswith(
        "Demo → No clear change Shops failed no more often. = Published"
    )
    assert '<span class="mark no-clear-change">' in html
    assert "<b>Wyre</b><span>No clear change</span>" in html
    assert "<td>No clear change. Shops failed no more often.<td>" in html
    assert 'href="answers.csv"' in html
    assert "answers.csv" not in index.index_html(pages[2:], NOW, told())


def test_all_answers_are_one_table_with_their_questions():
    page = record("demo", question="Do shops fail?", findings=[fact(), answered()])
    rows = list(csv.reader(io.StringIO(index.answers_csv([page, record("none")]))))
    assert rows == [
        ["handle", "title", "question", "answer", "sentence", "detail"],
        [
            *("demo", "Demo", "Do shops fail?", "no clear change"),
            "Shops failed no more often.",
            "A third more would have shown.",
        ],
    ]


def test_a_sweep_that_answers_alike_on_all_its_pages_is_named():
    same = [record(h, notebook="n", findings=[answered()]) for h in ("a", "b")]
    assert [said.partition(",")[0] for said in index.same_answers(same)] == [
        "n: all 2 pages give the same answer"
    ]
    other = record("c", notebook="n", findings=[answered("They failed less.")])
    assert index.same_answers([*same, other]) == index.same_answers(same[:1]) == []
    assert index.same_answers([record("a", notebook="n"), same[0]]) == []


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
    )
    rows = list(
        csv.reader(io.StringIO(index.findings_csv([record("demo", findings=[one])])))
    )
    assert ",".join(rows[0]) == (
        "handle,name,answer,sentence,detail,value,lower,upper,unit,period,area,direction,verdict,sources"
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
            "P, https://example.org; P, =T, https://example.org;",
        ],
    ]


def test_a_table_has_its_units_in_the_header():
    columns = [
        {"label": "shop"},
        {"label": "n", "unit": "shops"},
        {"label": "m", "unit": ""},
    ]
    made = index.finding_csv(
        {"table": {"columns": columns, "rows": [["a,b", 1, None]]}}
    )
    assert made == 'shop,n (shops),m\n"a,b",1,\n'


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


# What changed


def kept(**changes) -> dict:
    """A page's record, as far as changes are told from it."""
    return {
        "handle": "demo",
        "notebook": "programmes/demo",
        "title": "Demo",
        "state": "built",
        "inputs": "i",
        "parameters": {},
        "source": "s",
        "code": "c",
        "lock": "l",
        "findings": [fact(value=1, unit="")],
        "reads": [{"rows": 3}, {"rows": 4}],
        "changes": [],
        "changed": "",
        "error": None,
    } | changes


MOVED = fact(value=2, unit="")
LATER = MOVED | {"period": "December 2023"}


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({}, "no reason is recorded: the page does not repeat"),
        ({"inputs": "j"}, "data revised"),
        ({"inputs": "j", "findings": [LATER]}, "new data"),
        ({"inputs": "j", "reads": [{"rows": 8}]}, "new data"),
        ({"inputs": "j", "reads": [{"rows": 7}]}, "data revised"),
        ({"inputs": "j", "reads": [{"rows": 7}, {}]}, "data revised"),
        ({"parameters": {"a": 1}}, "other parameters"),
        ({"source": "t"}, "change of method: New.; the notebook changed"),
        ({"code": "d"}, "change of method: New.; the library's code changed"),
        ({"lock": "m"}, "the locked packages changed"),
        (
            {
                "inputs": "j",
                "parameters": {"a": 1},
                "source": "t",
                "code": "d",
                "lock": "m",
            },
            "data revised; other parameters; change of method: New.; the notebook changed; "
            "the library's code changed; the locked packages changed",
        ),
    ],
)
def test_every_reason_for_a_change_is_said_data_first(changes, why):
    new = kept(findings=[MOVED]) | changes
    (one,) = history.compare(kept(), new, ["New."])
    assert one == {"name": "found", "said": "1 became 2 (up 1)", "why": why}


def test_findings_that_came_or_went_are_told_after_those_that_stayed():
    old = kept(findings=[fact("gone", "A."), fact("stays", "B.")])
    new = kept(findings=[fact("stays", "C."), fact("came", "D.")])
    found = history.compare(old, new, [])
    assert [(c["name"], c["said"]) for c in found] == [
        ("stays", "now reads: C."),
        ("came", "new: D."),
        ("gone", "no longer shown: A."),
    ]
    assert history.compare(old, kept(findings=old["findings"]), []) == []
    other = [fact("gone", "A.", verdict="published"), fact("stays", "B.")]
    assert [c["said"] for c in history.compare(old, kept(findings=other), [])] == [
        "now reads: A."
    ]


def test_what_was_told_of_a_page_stays_until_it_changes_again():
    before = {"changes": [{"name": "n"}], "changed": "then"}
    nothing = {"changes": [], "changed": ""}
    assert history.moved(None, kept(), "now", []) == nothing
    assert history.moved(
        kept(state="failed") | before, kept(findings=[MOVED]), "now", []
    ) == (nothing)
    assert history.moved(kept() | before, kept(), "now", []) == before
    old = {k: v for k, v in kept().items() if k not in before}
    assert history.moved(old, kept(), "now", []) == nothing
    made = history.moved(kept() | before, kept(findings=[MOVED]), "now", [])
    assert (
        made["changed"] == "now" and made["changes"][0]["said"] == "1 became 2 (up 1)"
    )


def test_a_change_is_one_sentence_with_one_full_stop():
    change = {
        "name": "more_thefts",
        "said": "now reads: Of Op X.",
        "why": "data revised",
    }
    said = "Demo, more thefts: now reads: Of Op X. Why: data revised."
    assert history.line("Demo", change) == said


def moves(number):
    return [{"name": f"n{n}", "said": "A became b.", "why": "w"} for n in range(number)]


@pytest.mark.parametrize(
    ("pages", "since", "sentence"),
    [
        ([{}, {}], "", "2 pages; first release."),
        ([{"why": "it is new", "built": NOW}] * 2, "", "2 pages; first release."),
        (
            [{"why": "it is new", "built": NOW}] * 2
            + [{"why": "it is new", "built": "then"}, {}],
            "then",
            "4 pages; 0 findings changed; 2 new pages.",
        ),
        (
            [
                {"changes": moves(2), "changed": NOW},
                {"changes": moves(3), "changed": "then"},
            ],
            "then",
            "2 pages; 2 findings changed.",
        ),
        (
            [{"error": FAILED}, {"error": FAILED}, {}],
            "then",
            "3 pages; 0 findings changed; 2 pages could not be rebuilt.",
        ),
        (
            [{"why": "it is new", "built": NOW, "changes": moves(1), "changed": NOW}],
            "then",
            "1 page; 1 finding changed; 1 new page.",
        ),
        (
            [{"error": FAILED}],
            "",
            "1 page; first release; 1 page could not be rebuilt.",
        ),
    ],
)
def test_a_release_is_summed_up_in_a_sentence(pages, since, sentence):
    pages = [kept(built="then") | p for p in pages]
    made = history.summary(pages, NOW, since)
    assert (made["sentence"], made["release"], made["since"]) == (sentence, NOW, since)


def test_answers_come_first_in_what_a_release_tells():
    change = {"said": "the answer was “no”, and is “yes”: It fell.", "why": "w"}
    moved = [*moves(1), {"name": "answer"} | change]
    page = kept(changes=moved, changed=NOW, built=NOW, findings=[fact(), answered()])
    made = history.summary([page, page | {"title": "Demo: May"}], NOW, "then")
    assert made["answers"] == ["Demo: No clear change. Shops failed no more often."]
    assert [line.partition(",")[0] for line in made["lines"]] == [
        "Demo",
        "Demo: May",
    ] * 2
    assert ["answer" in line for line in made["lines"]] == [True, True, False, False]
    assert made["answers"][0] in feed.atom([made])
    old = {k: v for k, v in made.items() if k != "answers"}  # of before there were any
    assert "No clear change" not in feed.atom([old])


def test_another_answer_or_detail_is_told():
    one, two = answered(), answered("They failed less.", answer="no")
    (change,) = history.compare(kept(findings=[one]), kept(findings=[two]), [])
    said = "the answer was “no clear change”, and is “no”: They failed less."
    assert change["said"] == said
    two = answered(detail="Nothing is ruled out.")
    (change,) = history.compare(kept(findings=[one]), kept(findings=[two]), [])
    assert change["said"] == "its detail now reads: Nothing is ruled out."


@pytest.mark.parametrize(
    ("number", "last"), [(30, "Demo, n29: "), (31, "And 1 more, on their")]
)
def test_thirty_changes_are_told_and_the_others_counted(number, last):
    made = history.summary(
        [kept(changes=moves(number), changed=NOW, built=NOW)], NOW, "then"
    )
    assert made["lines"][0] == "Demo, n0: A became b. Why: w."
    assert len(made["lines"]) == number and made["lines"][-1].startswith(last)


def test_what_changed_on_a_page_is_told_with_the_day_of_its_release():
    assert history.told({}) == history.told({"changes": [], "changed": ""}) == ""
    html = history.told({"changes": moves(1), "changed": NOW})
    assert words(html) == (
        "What changed In the release of 24 November 2025, against the one before: "
        "N0: A became b. Why: w."
    )


def test_changes_of_method_are_read_from_a_changelog(tmp_path):
    path = tmp_path / "CHANGELOG.md"
    assert history.methods(path) == []
    path.write_text(
        "# New\n- **Method** A £\n  b.\n- C.\n  **Method** no\n- **Method** D.\n",
        "utf-8",
    )
    assert history.methods(path) == ["A £ b.", "D."]


FIRST, SECOND = "20260101T000000Z-aa", "20260131T120000Z-bb"


@pytest.fixture
def out(tmp_path):
    """A site with two releases: one page stayed and moved, one went, one came."""
    first = {"pages": [kept(), kept(handle="gone", title="Gone")], "methods": ["Old."]}
    second = {
        "pages": [
            kept(findings=[MOVED], source="t"),
            kept(handle="came", title="Came"),
        ],
        "methods": ["New.", "Old."],
    }
    for name, content in ((FIRST, first), (SECOND, second)):
        text = json.dumps(content | {"release": name, "history": []})
        releases.write(tmp_path / "releases" / name / "manifest.json", text)
    releases.link(tmp_path, "latest", SECOND)
    return tmp_path


def test_two_releases_are_compared_page_by_page(out):
    lines = [
        f"From {FIRST} to {SECOND}:",
        "Demo, found: 1 became 2 (up 1). Why: change of method: New.; the notebook changed.",
        "Came: a new page.",
        "Gone: no longer a page.",
    ]
    assert history.diff(out) == history.diff(out, "20260101") == lines
    assert history.diff(out, FIRST, SECOND) == lines
    assert history.diff(out, SECOND, FIRST)[0] == f"From {SECOND} to {FIRST}:"
    assert history.diff(out, SECOND)[1:] == ["No finding differs."]
    releases.link(out, "latest", FIRST)
    only = [f"Release {FIRST} is the first: there is none to compare it with."]
    assert history.diff(out) == only
    (out / "latest").unlink()
    with pytest.raises(Invalid) as error:
        history.diff(out)
    assert str(error.value) == f"no release is shown in {out}."


def test_releases_from_before_methods_were_recorded_can_be_compared(out):
    for name, findings, more in (
        (FIRST, [], {}),
        (SECOND, [MOVED], {"methods": ["New."]}),
    ):
        record = {
            "pages": [kept(findings=findings, source=name)],
            "release": name,
        } | more
        releases.write(out / "releases" / name / "manifest.json", json.dumps(record))
    why = "Why: change of method: New.; the notebook changed."
    assert history.diff(out, SECOND, FIRST)[1:] == [
        "Demo, found: no longer shown: 10 of 42 shops sold a knife. Why: the notebook changed."
    ]
    assert history.diff(out)[1:] == [
        f"Demo, found: new: 10 of 42 shops sold a knife. {why}"
    ]


@pytest.mark.parametrize(
    ("age", "good"),
    [
        ("", True),
        ("36h", True),
        ("35h", False),
        ("2d", True),
        ("1d", False),
        ("1w", True),
    ],
)
def test_a_release_of_a_day_and_a_half_is_judged_by_the_age_that_is_allowed(
    out, monkeypatch, age, good
):
    made = 1769860800  # 31 January 2026, noon
    monkeypatch.setattr(time, "time", lambda: made + 36 * 3600)
    lines, found = history.status(out, age)
    late = [f"It is older than {age}, and no build has found it up to date since."]
    said = f"Release {SECOND}, 1.5 days old, 2 pages."
    assert (lines, found) == ([said] + ([] if good else late), good)
    releases.note_up_to_date(out, "d")
    os.utime(out / ".standing", (made + 34 * 3600,) * 2)
    assert history.status(out, "3h") == ([said], True)
    assert history.status(out, "1h")[1] is False


def test_every_failing_page_is_named_by_the_status(out):
    pages = [
        kept(),
        kept(state="kept", error=FAILED),
        kept(state="failed", error=FAILED),
    ]
    record = {"release": SECOND, "pages": pages}
    releases.write(out / "releases" / SECOND / "manifest.json", json.dumps(record))
    lines, good = history.status(out)
    assert (lines[1:], good) == (
        ["demo  kept  KeyError: 'n' (cell 4)", "demo  failed  KeyError: 'n' (cell 4)"],
        False,
    )


def test_an_age_that_is_none_is_refused(out):
    for age in ("soon", "d", "3", "3m", "3d "):
        with pytest.raises(Invalid) as error:
            history.status(out, age)
        said = f"--max-age {age!r} is not understood; write it as 35d, 12h or 6w."
        assert str(error.value) == said


# A page to order


@pytest.fixture
def ordered(tmp_path, monkeypatch):
    """Order the page of a notebook that shows this finding when it runs."""
    notebook(tmp_path / "notebooks/programmes/demo.ipynb", "1")
    found = plans.read(plan(tmp_path, entry("area/demo")))
    heard = []
    reads = [{"table": "crime_monthly", "where": {}}]
    caution = {"said": "Half is lost.", "tables": ["crime_monthly"], "where": {}}
    caution |= {"sources": [], "aged": False}
    monkeypatch.setattr(
        site, "check_tables", lambda out: [caution] * (out == tmp_path / "site")
    )
    monkeypatch.setattr(execute, "prepare", lambda: None)

    def make(given, one=None, error=None):
        def work(jobs, workers):
            (job,) = jobs
            if error is None:
                content = json.loads(Path(job.notebook).read_text("utf-8"))
                shown = {"text/html": f'<figure id="found">{one["sentence"]}</figure>'}
                for cell, data in zip(
                    content["cells"][3:],
                    (
                        shown | {FINDING: one},
                        {PROVENANCE: {"reads": reads}},
                    ),
                    strict=True,
                ):
                    cell["outputs"] = [
                        {"output_type": "display_data", "metadata": {}, "data": data}
                    ]
                folder = Path(job.output).parent
                assert folder.parent == tmp_path / "site/adhoc"
                assert folder.name.startswith(".staging-"), (
                    "what is half made is hidden"
                )
                with open(job.output, "w", encoding="utf-8") as file:
                    json.dump(content, file)
            heard.append((job.handle, job.parameters, job.limits))
            yield execute.Result(job.handle, 2.0, error)

        monkeypatch.setattr(execute, "run", work)
        tell = lambda *given: heard.append(given)  # noqa: E731
        (page,) = found.resolve(given=given)
        out = tmp_path / "site"
        made = site.build_custom(found, page, given, out=out, tell=tell)
        return made, heard

    return make


def test_a_page_to_order_says_what_it_was_made_with_and_stands_apart(ordered, tmp_path):
    made, heard = ordered({"wave": "2024-05", "confidence": "0.9"}, fact())
    folder = made.shown.parent
    assert made.failed is None and made.shown.name == "page.html"
    assert re.fullmatch(r"area-demo-[0-9a-f]{8}", folder.name)
    assert folder.parent == tmp_path / "site/adhoc"
    given = {"wave": "2024-05", "confidence": 0.9}
    assert heard == [("area/demo", given, execute.Limits()), ("area/demo", 2.0, None)]
    html = made.shown.read_text("utf-8")
    assert (
        '<div class="notice"><p>Made to order, with wave: May 2024; confidence: 0.9. It is not '
        "part of the published site.</p></div>"
    ) in html
    assert "<li>Half is lost.</li>" in html
    assert 'href="page/found.csv"' in html
    assert sorted(p.name for p in folder.rglob("*")) == [
        "found.csv",
        "page",
        "page.html",
    ]
    again, _ = ordered(
        {"confidence": "0.9", "wave": "2024-05"}, fact(sentence="Now other.")
    )
    assert again.shown == made.shown and "Now other." in made.shown.read_text("utf-8")
    other, _ = ordered({"wave": "2024-05"}, fact())
    assert other.shown != made.shown
    assert len(list((tmp_path / "site/adhoc").iterdir())) == 2


def test_a_page_to_order_that_may_not_be_shown_leaves_nothing(ordered, tmp_path):
    error = execute.failure("KeyError", "x", 2)
    made, heard = ordered({"wave": "2024-05"}, error=error)
    assert made.failed == error and heard[-1] == ("area/demo", 2.0, error)
    bad = fact(sentence="<img src='https://a.example/x.png' alt='x'>")
    made, heard = ordered({"wave": "2024-05"}, bad)
    assert made.failed["name"] == "PageCheck"
    assert "a.example" in made.failed["message"] and heard[-1][2] == made.failed
    assert list((tmp_path / "site/adhoc").iterdir()) == []
