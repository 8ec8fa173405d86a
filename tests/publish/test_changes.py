"""What moved between releases, by how much and why, and how the site stands."""

import json
import os
import re
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path
from xml.etree import ElementTree as Xml

import pytest

from notebook_maker import PROVENANCE, entry, fact, notebook, plan, show
from outcomes.core.errors import Invalid
from outcomes.publish import build as site
from outcomes.publish import changes, feed, notify, releases, render, staleness
from outcomes.publish import changes as history
from outcomes.publish import plan as plans

NOW = "20251124T083000Z-ab"


FAILED = {"name": "KeyError", "message": "'n'.", "cell": 4}


def words(html: str) -> str:
    """The text of some HTML, with one space for whatever is between its words."""
    return " ".join(re.sub("<[^>]+>", " ", html).split())


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
    first = {"changes": [{"name": "n"}], "changed": "before", "replaced": "one"}
    before = {"changes": [{"name": "n"}], "changed": "then", "replaced": "two"}
    before["earlier"] = [first]
    nothing = {"changes": [], "changed": "", "replaced": "", "earlier": []}
    assert history.moved(None, kept(), "now", []) == nothing
    assert history.moved(
        kept(state="failed") | before, kept(findings=[MOVED]), "now", []
    ) == (nothing)
    assert history.moved(kept() | before, kept(), "now", []) == before
    old = {k: v for k, v in kept().items() if k not in before}
    assert history.moved(old, kept(), "now", []) == nothing
    old = kept(built="three") | before
    made = history.moved(old, kept(findings=[MOVED]), "now", [])
    assert made["replaced"] == "three"
    assert made["earlier"] == [{k: before[k] for k in first}, first]
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


def test_every_change_of_a_page_is_told_and_leads_to_the_page_as_it_was(monkeypatch):
    first = {"changes": moves(1), "changed": NOW, "replaced": "20251001T000000Z-a"}
    entry = {"path": "a/b.html", "changes": moves(2), "changed": "20251224T000000Z-b"}
    entry |= {"replaced": NOW, "earlier": [first]}
    html = history.told(entry)
    assert html.count("against the one before") == 2 and "<a" not in html
    assert html.index("24 December 2025") < html.index("<details><summary>Earlier")
    assert html.index("<summary>Earlier") < html.index("24 November 2025")
    there = replace(render.collection, archive="https://a.org/old/")
    monkeypatch.setattr(render, "collection", there)
    assert f'<a href="https://a.org/old/{NOW}/a/b.html">the page as it was</a>' in (
        history.told(entry)
    )


def test_changes_of_method_are_read_from_a_changelog(tmp_path):
    path = tmp_path / "CHANGELOG.md"
    assert history.methods(path) == []
    path.write_text(
        "# New\n- **Method** A £\n  b.\n- C.\n  **Method** no\n- **Method** D.\n",
        "utf-8",
    )
    assert history.methods(path) == ["A £ b.", "D."]


def test_each_change_of_method_of_this_collection_is_among_them():
    """A point that is marked in another way would be told as a change of code."""
    file = Path(__file__).parents[2] / "CHANGELOG.md"
    marked = re.findall(r"(?m)^- \*\*Method\b", file.read_text("utf-8"))
    assert len(history.methods(file)) == len(marked) > 20


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


END = {"text/plain": "End.", PROVENANCE: {"reads": [{"table": "counts", "where": {}}]}}


ATOM = "{http://www.w3.org/2005/Atom}"


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """One page that shows the total of a table: 30 arrests at first."""
    monkeypatch.setenv("OUTCOMES_DATA", str(tmp_path / "data"))
    (tmp_path / "data/clean").mkdir(parents=True)
    (tmp_path / "data/datapackage.json").write_text('{"resources": []}')
    (tmp_path / "data/glossary.csv").write_text("term,meaning,source\n")
    counts(tmp_path, 10, 20)
    cells = {"found": 'DATA = json.loads(OLD)\nDATA[KEY]["value"] = total', "other": ""}
    made = []
    for name, change in cells.items():
        cell = show(
            fact(name, f"Of {name}.", value=7, unit="arrests", lower=None, upper=None)
        )
        text = cell.split("display(json.loads(")[1].removesuffix("), raw=True)")
        key = '"application/vnd.outcomes.finding+json"'
        change = (
            change.replace("OLD", text).replace("KEY", key)
            or f"DATA = json.loads({text})"
        )
        made.append(f"import json, csv, os\n{change}\ndisplay(DATA, raw=True)")
    made[0] = (
        "import csv, os\nrows = csv.DictReader(open(os.environ['OUTCOMES_DATA'] + "
        f"'/clean/counts.csv'))\ntotal = sum(int(r['n']) for r in rows)\n{made[0]}"
    )
    notebook(
        tmp_path / "notebooks/demo.ipynb",
        *made,
        parameters=None,
        end=f"display({END}, raw=True)",
    )
    plan(tmp_path, entry("demo", "demo", "Demo"))
    (tmp_path / "CHANGELOG.md").write_text(
        "- **Method** The first way\n  to count.\n- A remark.\n"
    )
    build(tmp_path)
    return tmp_path


def counts(folder, *numbers):
    rows = "".join(f"2024-{m:02},{n}\n" for m, n in enumerate(numbers, start=1))
    (folder / "data/clean/counts.csv").write_text("month,n\n" + rows)


def build(folder):
    found = plans.read(folder / "reports.toml")
    return site.build(found, found.resolve(), out=folder / "site", workers=1)


@pytest.mark.build
def test_a_revised_row_is_told_in_words_everywhere(folder):
    counts(folder, 10, 25)
    made = build(folder)
    said = "30 arrests became 35 arrests (up 5)"
    assert made.entries[0]["changes"] == [
        {"name": "found", "said": said, "why": "data revised"}
    ]
    page = (made.path / "demo.html").read_text()
    assert f"<li>Found: {said}. <span" in page and "Why: data revised." in page
    first = releases.names(folder / "site")[0]
    assert changes.diff(folder / "site") == [
        f"From {first} to {made.path.name}:",
        f"Demo, found: {said}. Why: data revised.",
    ]
    assert (
        f"Demo, found: {said}. Why: data revised."
        in (made.path / "index.html").read_text()
    )
    feed = Xml.fromstring((made.path / "feed.xml").read_text())
    entries = feed.findall(f"{ATOM}entry")
    assert [e.find(f"{ATOM}id").text.rpartition(":")[2] for e in entries] == [
        made.path.name,
        first,
    ]
    assert said in entries[0].find(f"{ATOM}content").text
    stamp = made.path.name
    when = f"{stamp[:4]}-{stamp[4:6]}-{stamp[6:8]}T{stamp[9:11]}:{stamp[11:13]}:{stamp[13:15]}Z"
    assert feed.find(f"{ATOM}updated").text == when
    assert "30" in (folder / f"site/releases/{first}/findings.csv").read_text()


@pytest.mark.build
def test_more_rows_are_new_data(folder):
    counts(folder, 10, 20, 5)
    assert build(folder).entries[0]["changes"][0]["why"] == "new data"


@pytest.mark.build
def test_a_method_named_in_the_changelog_explains_a_change_of_code(folder, monkeypatch):
    (folder / "CHANGELOG.md").write_text(
        "- **Method** The first way\n  to count.\n- **Method** New.\n"
    )
    source = folder / "notebooks/demo.ipynb"
    source.write_text(source.read_text().replace("sum(int", "2 * sum(int"))
    why = "change of method: New.; the notebook changed"
    assert [c["why"] for c in build(folder).entries[0]["changes"]] == [why]
    monkeypatch.setattr(staleness, "code_digest", lambda: "other")
    assert build(folder).entries[0]["changes"][0]["why"] == why, "what was told stays"


_NO_LIMIT = "5 to no upper limit became 6 to no upper limit"


@pytest.mark.build
@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ({"value": 3067.0}, {"value": 3100.0}, "3,067 became 3,100 (up 33)"),
        ({"value": 0.25}, {"value": 0.2}, "0.25 became 0.2 (down 0.05)"),
        ({"value": 1.23456}, {"value": 2.5}, "1.235 became 2.5 (up 1.265)"),
        ({"value": 1, "unit": "%"}, {"value": None, "unit": "%"}, "1% became no value"),
        ({"lower": 5, "upper": None}, {"lower": 6, "upper": None}, _NO_LIMIT),
        ({"lower": 1, "upper": 2}, {"upper": None}, "1 to 2 became no limits"),
        ({"value": 0.0351}, {"value": 0.03499}, "0.0351 became 0.035 (down 0.0001)"),
        ({"lower": 1, "upper": 5}, {"lower": 2, "upper": 5}, "1 to 5 became 2 to 5"),
        ({"sentence": "A."}, {"sentence": "B."}, "now reads: B."),
        ({"value": 0.1 + 0.2}, {"value": 0.3}, ""),
        (None, {"sentence": "B."}, "new: B."),
        ({"sentence": "A."}, None, "no longer shown: A."),
    ],
)
def test_a_change_in_words(old, new, said):
    plain = {"unit": "", "sentence": "", "verdict": "published"}
    assert changes.describe(old and plain | old, new and plain | new) == said


@pytest.mark.build
def test_releases_are_found_by_the_beginning_of_their_names(folder):
    first = releases.names(folder / "site")[0]
    assert "is the first" in changes.diff(folder / "site")[0]
    counts(folder, 11, 20)
    second = build(folder).path.name
    assert changes.diff(folder / "site", first, second) == changes.diff(folder / "site")
    assert changes.diff(folder / "site", second, second)[1:] == ["No finding differs."]
    with pytest.raises(Invalid, match="release"):
        changes.diff(folder / "site", "1999")


@pytest.mark.build
def test_the_command_says_what_moved(folder):
    counts(folder, 11, 20)
    build(folder)
    command = [sys.executable, "-m", "outcomes", "diff"]
    ran = subprocess.run(command, cwd=folder, capture_output=True, text=True)
    assert ran.returncode == 0
    assert "30 arrests became 31 arrests (up 1)" in ran.stdout


def ask(folder, on):
    words = [
        sys.executable,
        "-c",
        "import sys; open('told', 'w').write(sys.stdin.read())",
    ]
    text = f"\n[notify]\ncommand = {json.dumps(words)}\non = {json.dumps(on)}\n"
    plan(folder, entry("demo", "demo", "Demo") + text)


def tell(folder):
    said = []
    found = plans.read(folder / "reports.toml")
    assert notify.made(found, build(folder), said.append) is not bool(said)
    told = folder / "told"
    return json.loads(told.read_text()) if told.exists() else said


@pytest.mark.build
def test_a_command_is_told_of_changes_and_failures_and_of_nothing_else(folder):
    ask(folder, ["failure", "change"])
    assert tell(folder) == [], "nothing happened"
    counts(folder, 11, 20)
    told = tell(folder)
    assert (told["occasions"], told["built"]) == (["change"], ["demo"])
    assert told["changes"] == [
        "Demo, found: 30 arrests became 31 arrests (up 1). Why: data revised."
    ]
    notebook(folder / "notebooks/demo.ipynb", "1 / 0", parameters=None)
    told = tell(folder)
    assert told["occasions"] == ["failure"]
    assert told["failed"] == {"demo": "ZeroDivisionError: division by zero (cell 3)"}
    (folder / "told").unlink()
    ask(folder, ["change"])
    assert tell(folder) == [], "nobody asked to hear of failures"
    found = plans.read(folder / "reports.toml")
    assert notify.failed(found, folder / "site", OSError("full"), print)
    assert not (folder / "told").exists()


@pytest.mark.build
def test_a_command_that_does_not_work_is_said(folder):
    plan(
        folder,
        entry("demo", "demo", "Demo") + '[notify]\ncommand = ["no-such-command"]\n',
    )
    notebook(folder / "notebooks/demo.ipynb", "1 / 0", parameters=None)
    assert "no-such-command" in tell(folder)[0]


@pytest.mark.build
@pytest.mark.parametrize(
    ("text", "says"),
    [
        ('[notify]\ncommand = "mail"\n', "list of words"),
        ('[notify]\ncommand = ["mail"]\non = ["chance"]\n', "'change'"),
        ('[notify]\ncommand = ["mail"]\nwhen = 1\n', "when"),
    ],
)
def test_a_notify_table_that_cannot_be_used_is_refused(folder, text, says):
    plan(folder, entry("demo", "demo", "Demo") + text)
    with pytest.raises(Invalid, match=says):
        plans.read(folder / "reports.toml")
