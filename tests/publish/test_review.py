"""The review of a release: what each check finds, and who may approve what."""

import hashlib
import json
import os
import shutil
from pathlib import Path
from types import SimpleNamespace

import pytest
from typer.testing import CliRunner

from notebook_maker import entry, fact, notebook, plan, show
from outcomes.cli import app
from outcomes.core.errors import Invalid
from outcomes.data import tables
from outcomes.publish import build as site
from outcomes.publish import changes as history
from outcomes.publish import plan as plans
from outcomes.publish import releases, review, staleness
from outcomes.publish.review import Check


@pytest.fixture
def looked(tmp_path, monkeypatch):
    """A release with one page and nothing to find; what is planted is given."""
    monkeypatch.setattr(review.quality, "errors", lambda clean: [])
    monkeypatch.setattr(review.quality, "cautions", lambda clean: [])
    (tmp_path / "docs").mkdir()
    (tmp_path / "docs/privacy.toml").write_text("")

    def make(html="", findings=(), table="", name="new", **page):
        record = {
            "handle": "demo",
            "path": "demo.html",
            "title": "Demo",
            "state": "built",
            "error": None,
            "reads": [],
            "findings": list(findings),
            "parameters": {},
            "inputs": "",
            "source": "",
            "code": "",
            "lock": "",
        } | page
        folder = tmp_path / "site/releases" / name
        releases.write(folder / "demo.html", html)
        for one in findings:
            releases.write(folder / f"demo/{one['name']}.csv", table)
        content = {"release": name, "pages": [record], "methods": []}
        releases.write(folder / "manifest.json", json.dumps(content))
        return folder

    return make


def found(folder):
    """What the checks find but for the answer, which the pages planted here do not give."""
    made = review.checks(folder.parents[1], folder, folder.parents[2])
    failed = {c.name: (c.verdict, c.reasons) for c in made if c.verdict != "pass"}
    return {name: failed[name] for name in failed if name != "answers"}


PAGE = (
    '<!DOCTYPE html><html lang="en-GB"><head><meta charset="utf-8"><title>Demo</title></head>'
    '<body><main id="main"><h1>Demo</h1>{}</main></body></html>'
)


def disclosed(folder):
    return found(folder)["disclosure"][1] if "disclosure" in found(folder) else []


def test_small_counts_are_read_from_what_a_reader_sees(looked):
    html = PAGE.format(
        "<style>p { 3 people }</style><p>Of&nbsp;them 3 &amp; 2 people.</p>"
        '<details class="code"><pre>4 people\n</pre></details><p>One</p><p>child</p>'
        "<p>Two children, Two children; 3<b> people</b>.</p>"
    )
    said = " is a small count that no source has published."
    assert disclosed(looked(html)) == [
        f"demo.html: “2 people”{said}",
        f"demo.html: “4 people”{said}",
        f"demo.html: “Two children”{said}",
    ]


def test_small_counts_are_read_from_columns_of_people(looked):
    table = "area,Arrests of people,n (shops),people\nx,3,2,0\ny,12,1,4\nz,-3,,5\n"
    said = " is a small count that no source has published."
    assert disclosed(looked("", [fact("found", "None.")], table)) == [
        f"demo/found.csv: “Arrests of people: 3”{said}",
        f"demo/found.csv: “people: 4”{said}",
    ]


@pytest.mark.parametrize("wrong", ["url", "number"])
def test_a_small_count_must_be_that_of_the_source_cited_beside_it(
    looked, monkeypatch, wrong
):
    monkeypatch.setattr(review, "published_counts", lambda: {("u", 3)})
    one = fact("found", "None.", sources=[{"url": link, "title": ""} for link in "vu"])
    html = PAGE.format("<p>3 people</p>")
    assert disclosed(looked(html, [one], "people\n3\n")) == []
    if wrong == "url":
        one["sources"].pop()
    else:
        html = html.replace("3", "2")
    assert len(disclosed(looked(html, [one], "people\n3\n"))) == (
        2 if wrong == "url" else 1
    )


def test_a_page_that_answers_nothing_fails(looked):
    def failed(*findings) -> list:
        folder = looked("", findings)
        made = review.checks(folder.parents[1], folder, folder.parents[2])
        return [c.reasons for c in made if c.name == "answers" and c.verdict == "fail"]

    said = "Demo: no answer; oc.answer(…) says what it comes to."
    assert failed(fact("found", "None.")) == [[said]]
    assert failed(fact("answer", "None.", answer="no")) == []


def test_personal_data_are_named_with_file_and_place(looked):
    folder = looked(PAGE.format("<p>jo@example.org</p>"))
    verdict, (reason,) = found(folder)["personal data"]
    assert verdict == "fail" and "e-mail address “jo@example.org”." in reason
    assert reason.startswith("demo.html, line 1")


def test_each_page_that_cannot_be_read_by_all_is_named(looked):
    folder = looked(PAGE.format("<img src='data:image/x'>"))
    releases.write(folder / "b/c.html", PAGE.format("<img src='data:image/x'>"))
    releases.write(folder / "b/c.txt", "<img>")
    said = ": an image has no alternative text."
    assert found(folder) == {
        "accessibility": ("fail", [f"b/c.html{said}", f"demo.html{said}"]),
        "files": (
            "fail",
            [
                f"b/c.{kind} is no part of any page, and no build makes it."
                for kind in ("html", "txt")
            ],
        ),
    }


def test_pages_that_failed_and_pages_that_are_gone_are_said(looked):
    error = {"name": "KeyError", "message": "x.", "cell": 2}
    folder = looked(PAGE.format(""), state="failed", error=error)
    reason = "demo.html failed, there is no version of it: KeyError: x (cell 2)."
    assert found(folder) == {"pages": ("review", [reason])}
    folder = looked(PAGE.format(""), state="kept", error=error)
    reason = "demo.html failed, its last good version is shown: KeyError: x (cell 2)."
    assert found(folder) == {"pages": ("review", [reason])}
    folder = looked(PAGE.format(""), path="gone.html")
    left = "demo.html is no part of any page, and no build makes it."
    assert found(folder) == {"files": ("fail", ["gone.html is missing.", left])}


def test_only_contradicted_headlines_are_said(looked):
    findings = [
        fact("a", "A.", verdict="contradicted"),
        fact("b", "B."),
        fact("c", "C.", verdict="contradicted", headline=False),
    ]
    said = ["Demo, headline a: A."]
    assert found(looked(PAGE.format(""), findings, "n\n9\n")) == {
        "contradictions": ("review", said)
    }


def test_tables_that_changed_are_named_once_in_order_before_the_cautions(
    looked, monkeypatch
):
    asked = []
    caution = review.quality.Caution("July is incomplete.", "coverage")
    monkeypatch.setattr(
        review.quality, "cautions", lambda c: asked.append(c) or [caution, caution]
    )
    monkeypatch.setattr(review.quality, "errors", lambda c: asked.append(c) or ["E."])
    monkeypatch.setattr(staleness, "table_digest", lambda table: "now")
    reads = [
        {"table": t, "file": f}
        for t, f in (("b", "x"), ("a", "x"), ("c", "now"), ("a", "y"))
    ]
    assert found(looked(PAGE.format(""), reads=reads)) == {
        "tables": ("fail", ["E."]),
        "data gaps": (
            "review",
            [
                "These tables have changed since it was built: a, b.",
                "July is incomplete.",
            ],
        ),
    }
    assert asked == [tables.root() / "clean"] * 2


def test_moves_are_told_against_the_public_release_or_the_one_before(looked):
    def moves(folder):
        return found(folder).get("large moves", ("", []))[1]

    for name, value in (("a", 10.0), ("b", 20.0), ("c", 26.0), ("d", 10.0)):
        folder = looked(PAGE.format(""), [fact(value=value, unit="")], "n\n9\n", name)
    out = folder.parents[1]
    why = "Why: no reason is recorded: the page does not repeat."
    assert moves(out / "releases/a") == []
    assert moves(out / "releases/c") == [
        f"moved by 30%: Demo, found: 20 became 26 (up 6). {why}"
    ]
    releases.link(out, "public", "a")
    assert moves(out / "releases/c") == [
        f"moved by 160%: Demo, found: 10 became 26 (up 16). {why}"
    ]
    assert moves(out / "releases/b") == [
        f"moved by 100%: Demo, found: 10 became 20 (up 10). {why}"
    ]
    assert moves(out / "releases/d") == []
    releases.link(out, "public", "d")
    assert len(moves(out / "releases/c")) == 1, (
        "what was made later is no release before"
    )


def test_a_headline_that_is_gone_is_said_and_other_findings_are_left_alone(looked):
    findings = [
        fact("gone", "A."),
        fact("stays", "B."),
        fact("moved", "C.", value=10.0, unit=""),
        fact("aside", "D.", headline=False),
    ]
    looked(PAGE.format(""), findings, "n\n9\n", "a")
    moved = fact("moved", "E.", value=8.0, lower=1, unit="")
    folder = looked(
        PAGE.format(""), [findings[1], moved], "n\n9\n", "b", title="New", source="t"
    )
    said = ["Demo: the headline gone is gone: A."]
    assert found(folder)["large moves"] == ("review", said)
    folder = looked(
        PAGE.format(""), [findings[1], moved | {"value": 7.0}], "n\n9\n", "b"
    )
    assert found(folder)["large moves"][1][1].startswith(
        "moved by 30%: Demo, moved: 10 became 7 ("
    )


@pytest.mark.parametrize(
    ("was", "new", "share"),
    [
        ((10.0, None, None), (12.5, None, None), 0.25),
        ((-10.0, None, None), (-5.0, None, None), 0.5),
        ((0.0, None, None), (0.0, None, None), 0),
        ((0.0, None, None), (3.0, None, None), 1),
        ((10.0, None, None), (None, 1.0, 2.0), 1),
        ((None, 10.0, 20.0), (None, 11.0, 30.0), 0.5),
        ((None, 10.0, None), (None, 10.0, None), 0),
    ],
)
def test_a_move_is_a_share_of_what_was(was, new, share):
    keys = ("value", "lower", "upper")
    assert (
        review.share_moved(*(dict(zip(keys, v, strict=True)) for v in (was, new)))
        == share
    )


def test_five_reasons_of_a_check_are_told_and_the_rest_counted():
    reasons = [f"R{n}." for n in range(7)]
    made = [("a", "pass", []), ("b", "fail", reasons[:5]), ("c", "review", reasons)]
    assert review.report([review.Check(*c) for c in made]) == [
        "pass    a",
        "fail    b",
        *(f"        R{n}." for n in range(5)),
        "review  c",
        *(f"        R{n}." for n in range(5)),
        "        And 2 more.",
    ]


def test_only_small_published_counts_of_people_are_known(monkeypatch):
    import pandas as pd

    names = {"a": "arrests of children", "b": "knives"}
    rows = [("a", "published", 1), ("a", "published", 4), ("a", "published", 0)]
    rows += [("a", "published", 6), ("a", "derived", 2), ("b", "published", 3)]
    figures = pd.DataFrame(rows, columns=["measure", "basis", "value"]).assign(url="u")
    figures["measure_name"] = figures["measure"].map(names)
    fake = SimpleNamespace(published_figures=lambda *, vintages: figures)
    monkeypatch.setattr(review, "published_figures", fake)
    assert review.published_counts() == {("u", 1), ("u", 4)}


GOOD, BAD = {"state": "built"}, {"state": "kept"}


FIRST, SECOND, THIRD = (
    "20260101T000000Z-aa",
    "20260201T000000Z-bb",
    "20260301T000000Z-cc",
)


@pytest.fixture
def out(tmp_path) -> Path:
    """A site's folder with three releases; the last is shown, and in it a page is failing."""
    for name, page in ((FIRST, GOOD), (SECOND, GOOD), (THIRD, BAD)):
        release = tmp_path / "releases" / name
        record = {"release": name, "pages": [page]}
        releases.write(release / "manifest.json", json.dumps(record))
        for file in ("index.html", "findings.csv", "demo.html", "demo/found.csv"):
            releases.write(release / file, file)
    releases.link(tmp_path, "latest", THIRD)
    return tmp_path


def approve(out, *checks, by=" A.\n Reviewer ", note=""):
    release = out / "releases" / THIRD
    return review.approve(out, release, list(checks), by=by, note=note)


def test_an_approval_is_recorded_word_for_word_and_listed(out, monkeypatch):
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1700000000")
    passed, doubtful = (
        Check("files", "pass", []),
        Check("data gaps", "review", ["£ is missing."]),
    )
    assert (
        approve(out, passed, doubtful, note="Seen  by\nme.")
        == out / "public/index.html"
    )
    file = out / f"releases/{THIRD}.approved.json"
    record = {
        "by": "A. Reviewer",
        "when": "20231114T221320Z",
        "note": "Seen by me.",
        "checks": [
            {"name": "files", "verdict": "pass", "reasons": []},
            {"name": "data gaps", "verdict": "review", "reasons": ["£ is missing."]},
        ],
        "digest": review.files_digest(out / "releases" / THIRD),
    }
    assert (
        file.read_text("utf-8")
        == json.dumps([record], indent=1, ensure_ascii=False) + "\n"
    )
    assert list(review.listing(out)) == [
        f"{THIRD}  approved by A. Reviewer on 14 November 2023: Seen by me.  latest  public",
        f"{SECOND}  not approved",
        f"{FIRST}  not approved",
    ]
    (out / f"releases/{THIRD}/demo.html").write_text("another")
    changed = ["Its files have changed since A. Reviewer approved it."]
    assert review.changes_since_approval(out / "releases" / THIRD) == changed
    approve(out, passed, by="B.")
    assert review.changes_since_approval(out / "releases" / THIRD) == []
    assert [a["by"] for a in review.approvals(out / "releases" / THIRD)] == [
        "A. Reviewer",
        "B.",
    ]
    (out / f"releases/{THIRD}/demo.html").write_text("other")
    assert review.changes_since_approval(out / "releases" / THIRD) == [
        "Its files have changed since B. approved it."
    ]
    (out / f"releases/{THIRD}/index.html").unlink()
    assert review.changes_since_approval(out / "releases" / THIRD) == [
        "Only its record is kept."
    ]
    assert review.changes_since_approval(out / "releases" / FIRST) == []


@pytest.mark.parametrize(
    ("checks", "options", "says"),
    [
        ([], {"by": " \n"}, "--by must name the person who approves the release."),
        (
            [("files", "fail"), ("data gaps", "review"), ("tables", "fail")],
            {"note": "Please."},
            f"{THIRD} fails (files, tables) and cannot be approved: mend what the reasons name "
            "and build again.",
        ),
        (
            [("data gaps", "review"), ("files", "pass"), ("large moves", "review")],
            {"note": " "},
            f"{THIRD} is to be reviewed (data gaps, large moves): say with --note why it may be "
            "published as it is.",
        ),
    ],
)
def test_what_may_not_be_approved_is_said_in_a_sentence(out, checks, options, says):
    with pytest.raises(Invalid) as error:
        approve(
            out, *(Check(name, verdict, ["x"]) for name, verdict in checks), **options
        )
    assert str(error.value) == says
    assert not (out / "public").exists()


def test_the_digest_of_a_release_is_of_names_and_bytes(tmp_path):
    (tmp_path / "b").mkdir()
    (tmp_path / "b/c").write_bytes(b"2")
    (tmp_path / "a").write_bytes(b"1")
    one, two = (hashlib.sha256(b).hexdigest() for b in (b"1", b"2"))
    lines = f"a {one}\nb/c {two}"
    assert review.files_digest(tmp_path) == hashlib.sha256(lines.encode()).hexdigest()


PLAIN = 'wave = "2023-11"  # : the week of action'


SHOPS = {"columns": [{"key": "n", "label": "n", "unit": "shops"}], "rows": [[3], [10]]}


CALM = fact("answer", "10 of 42 shops sold a knife.", table=SHOPS, answer="partly")


@pytest.fixture(scope="module")
def once(tmp_path_factory) -> Path:
    """A plan's folder with one release in which there is nothing to find."""
    folder = tmp_path_factory.mktemp("home")
    plan(folder, entry() + entry("second", "programmes/second", "Second"))
    (folder / "docs").mkdir()
    (folder / "docs/privacy.toml").write_text("", encoding="utf-8")
    book(folder, "second", CALM)
    book(folder, "demo", CALM)
    build(folder)
    return folder


@pytest.fixture
def folder(once, tmp_path, monkeypatch) -> Path:
    monkeypatch.setattr(review.quality, "errors", lambda clean, today=None: [])
    monkeypatch.setattr(review.quality, "cautions", lambda clean, today=None: [])
    monkeypatch.chdir(shutil.copytree(once, tmp_path / "home", symlinks=True))
    return Path.cwd()


def book(folder: Path, name: str, one: dict, *cells: str) -> None:
    notebook(
        folder / f"notebooks/programmes/{name}.ipynb",
        show(one),
        *cells,
        parameters=PLAIN,
    )


def build(folder: Path) -> Path:
    found = plans.read(folder / "reports.toml")
    return site.build(found, found.resolve(), out=folder / "site", workers=2).path


def checked(folder: Path) -> dict[str, review.Check]:
    """What every check finds in the release that is shown."""
    found = review.checks(folder / "site", releases.latest(folder / "site"), folder)
    return {one.name: one for one in found}


def verdicts(folder: Path) -> dict[str, str]:
    return {k: v.verdict for k, v in checked(folder).items() if v.verdict != "pass"}


def said(*words: str) -> tuple[int, str]:
    done = CliRunner().invoke(app, ["release", *words])
    return (
        done.exit_code,
        f"{done.output}{done.exception if done.exit_code == 1 else ''}",
    )


APPROVE = ("approve", "--by", "A. Reviewer")


@pytest.mark.build
def test_a_release_without_fault_passes_and_becomes_public_once_approved(folder):
    shown = releases.latest(folder / "site")
    assert verdicts(folder) == {}
    assert not (folder / "site/public").exists()
    code, text = said("check")
    assert code == 0 and text.count("pass  ") == 10 and shown.name in text
    code, text = said(*APPROVE)
    assert code == 0 and text.endswith("site/public/index.html\n")
    assert (folder / "site/public").resolve() == shown
    assert os.readlink(folder / "site/public") == f"releases/{shown.name}"
    (record,) = json.loads(
        (shown.parent / f"{shown.name}.approved.json").read_text("utf-8")
    )
    assert record["by"] == "A. Reviewer" and record["digest"] == review.files_digest(
        shown
    )
    assert {c["verdict"] for c in record["checks"]} == {"pass"} and len(
        record["when"]
    ) == 16


@pytest.mark.build
def test_an_unpublished_count_of_three_people_fails(folder):
    people = {
        "columns": [{"key": "n", "label": "n", "unit": "people"}],
        "rows": [[3], [10]],
    }
    harmed = fact("answer", "In the area 3 people were harmed.", table=people)
    book(folder, "demo", harmed | {"answer": "no"})
    build(folder)
    assert checked(folder)["disclosure"].reasons == [
        "demo.html: “3 people” is a small count that no source has published.",
        "demo/answer.csv: “n (people): 3” is a small count that no source has published.",
    ]
    code, text = said(*APPROVE, "--note", "Please.")
    assert code == 1 and "fails (disclosure) and cannot be approved" in text
    assert not (folder / "site/public").exists()


@pytest.mark.build
@pytest.mark.parametrize(
    "text",
    ["three men", "One child", "2 young people", "4 arrests", "3 people", "1 arrested"],
)
def test_small_counts_of_people_are_found_in_words_and_in_figures(folder, text):
    book(folder, "demo", CALM, f"#!The area had {text} that month.")
    build(folder)
    assert verdicts(folder) == {"disclosure": "fail"}


@pytest.mark.build
@pytest.mark.parametrize(
    "text",
    [
        "3 shops",
        "13 people",
        "1.3 people",
        "5 people",
        "£3 people",
        "2–3 people",
        "0 people",
        "3 arrests a day",
    ],
)
def test_what_is_no_small_count_of_people_is_left_alone(folder, text):
    book(folder, "demo", CALM, f"#!The area had {text} that month.")
    build(folder)
    assert verdicts(folder) == {}


@pytest.mark.build
def test_a_small_count_passes_where_the_source_cited_beside_it_printed_it(folder):
    """One newspaper printed that three people under 18 were arrested; another did not."""
    figures = review.published_figures.published_figures(
        measure="arrests_under_18", vintages="all"
    )
    (url,) = figures.loc[figures["value"] == 3, "url"]
    source = {
        "source": "s",
        "publisher": "p",
        "title": "t",
        "url": url,
        "published": "",
    }
    sentence = "3 people under 18 were arrested."
    book(folder, "demo", CALM | {"sentence": sentence, "sources": [source]})
    build(folder)
    assert verdicts(folder) == {}
    book(folder, "demo", CALM | {"sentence": "4 women were hurt.", "sources": [source]})
    build(folder)
    assert verdicts(folder) == {"disclosure": "fail"}


@pytest.mark.build
def test_the_title_of_a_source_is_its_own_print_and_no_count_of_ours(folder):
    source = {
        "source": "s",
        "publisher": "p",
        "title": "Plants found & three people arrested",
    }
    book(
        folder,
        "demo",
        CALM | {"sources": [source | {"url": "https://a.org", "published": ""}]},
    )
    build(folder)
    assert verdicts(folder) == {}
    book(folder, "demo", CALM, "#!Plants found and three people arrested.")
    build(folder)
    assert verdicts(folder) == {"disclosure": "fail"}


@pytest.mark.build
def test_an_email_address_fails_until_a_person_has_looked_at_it(folder):
    book(folder, "demo", CALM, "#!Ask jo.bloggs@example.org for more.")
    build(folder)
    reasons = checked(folder)["personal data"].reasons
    assert len(reasons) == 2 and "demo.html, line" in reasons[0]
    assert all("e-mail address “jo.bloggs@example.org”" in r for r in reasons)
    assert verdicts(folder) == {"personal data": "fail"}
    review = '[[reviewed]]\nfiles = "*"\nkind = "e-mail address"\nmost = 2\nreason = "An office."\n'
    (folder / "docs/privacy.toml").write_text(review, encoding="utf-8")
    assert verdicts(folder) == {}


@pytest.mark.build
def test_a_headline_that_moved_by_forty_per_cent_needs_a_note(folder):
    book(folder, "demo", CALM | {"value": 23.8 * 1.4, "upper": 50.0})
    build(folder)
    (reason,) = checked(folder)["large moves"].reasons
    assert reason == (
        "moved by 40%: Demo, answer: 23.8% became 33.32% (up 9.52). Why: the notebook changed."
    )
    code, text = said(*APPROVE)
    assert code == 1 and "is to be reviewed (large moves): say with --note why" in text
    assert said(*APPROVE, "--note", "Recounted by hand.")[0] == 0
    assert "approved by A. Reviewer" in said("list")[1]
    assert "Recounted by hand.  latest  public" in said("list")[1]


@pytest.mark.build
@pytest.mark.parametrize(
    ("changes", "found"),
    [
        ({"value": 23.8 * 1.24}, []),
        ({"value": 23.8 * 1.25}, ["moved by 25%"]),
        ({"value": 23.8 * 0.74}, ["moved by 26%"]),
        ({"value": None}, ["moved by 100%"]),
        ({"value": -23.8}, ["moved by 200%"]),
        ({"headline": False}, []),
        (
            {"name": "other"},
            ["Demo: the headline answer is gone: 10 of 42 shops sold a knife."],
        ),
    ],
)
def test_a_move_is_large_from_a_quarter_on(folder, changes, found):
    manifest = releases.latest(folder / "site") / "manifest.json"
    record = json.loads(manifest.read_text(encoding="utf-8"))
    looked = review.Reviewed(
        manifest.parent, json.loads(json.dumps(record)), record, folder, []
    )
    looked.record["pages"][0]["findings"][0] |= changes
    moves = list(review.large_moves(looked))
    assert [m.partition(":")[0] if "moved" in m else m for m in moves] == found


@pytest.mark.build
def test_a_headline_is_compared_with_the_public_release_not_the_one_before(folder):
    """Small steps add up: two moves of a sixth between approvals are one move of a third."""
    said(*APPROVE)
    for value in (27.8, 32.5):
        book(folder, "demo", CALM | {"value": value})
        build(folder)
    assert "23.8% became 32.5%" in checked(folder)["large moves"].reasons[0]


@pytest.mark.build
def test_limits_of_a_headline_without_a_value_are_compared():
    old = {"value": None, "lower": 10.0, "upper": 20.0}
    assert review.share_moved(old, old | {"upper": 30.0}) == 0.5
    assert review.share_moved(old, old | {"value": 15.0}) == 0


@pytest.mark.build
def test_an_accessibility_violation_is_not_built_and_fails_when_it_is_planted_later(
    folder,
):
    shown = releases.latest(folder / "site")
    bad = show(CALM, html='<figure id="answer"><img src="data:image/png,x"></figure>')
    notebook(folder / "notebooks/programmes/demo.ipynb", bad, parameters=PLAIN)
    build(folder)
    assert checked(folder)["pages"].reasons == [
        "demo.html failed, its last good version is shown: PageCheck: an image has no "
        "alternative text."
    ]
    page = shown / "demo.html"
    page.write_text(
        page.read_text("utf-8").replace("</main>", "<img src='data:image/x'></main>")
    )
    code, text = said("check", shown.name)
    assert code == 1 and "fail    accessibility" in text
    assert "demo.html: an image has no alternative text." in text


@pytest.mark.build
def test_a_contradicted_headline_and_data_gaps_are_said(folder, monkeypatch):
    book(folder, "demo", CALM | {"verdict": "contradicted"})
    build(folder)
    caution = review.quality.Caution("July 2020 is incomplete.", "coverage")
    monkeypatch.setattr(review.quality, "cautions", lambda clean: [caution])
    monkeypatch.setattr(review.quality, "errors", lambda clean: ["A table is broken."])
    found = checked(folder)
    assert verdicts(folder) == {
        "tables": "fail",
        "contradictions": "review",
        "data gaps": "review",
    }
    assert found["contradictions"].reasons == [
        "Demo, headline answer: 10 of 42 shops sold a knife."
    ]
    assert found["data gaps"].reasons == ["July 2020 is incomplete."]


@pytest.mark.build
def test_tables_changed_since_the_build_are_said(folder):
    manifest = releases.latest(folder / "site") / "manifest.json"
    record = json.loads(manifest.read_text(encoding="utf-8"))
    record["pages"][0]["reads"] = [{"table": "figures", "file": "0" * 64}]
    manifest.write_text(json.dumps(record), encoding="utf-8")
    assert checked(folder)["data gaps"].reasons == [
        "These tables have changed since it was built: figures."
    ]


@pytest.mark.build
def test_the_real_tables_pass_the_gate_with_cautions(once):
    found = review.checks(once / "site", releases.latest(once / "site"), once)
    verdict = {one.name: one for one in found}
    assert verdict["tables"].verdict == "pass"
    assert any(
        "Street-level crime of Lancashire" in r for r in verdict["data gaps"].reasons
    )
    assert any(line.startswith("        And ") for line in review.report(found))


@pytest.mark.build
def test_a_release_changed_after_its_approval_is_refused(folder):
    said(*APPROVE)
    shown = releases.latest(folder / "site")
    with (shown / "findings.csv").open("a", encoding="utf-8") as file:
        file.write("x\n")
    assert "Its files have changed since A. Reviewer approved it." in said("check")[1]
    code, text = said(*APPROVE, "--note", "Only a line.")
    assert code == 1 and "fails (files)" in text
    assert "have changed since" in said("list")[1]
    (shown / "second.html").unlink()
    assert "second.html is missing." in checked(folder)["files"].reasons


@pytest.mark.build
def test_public_stays_while_the_site_moves_on_and_its_release_is_never_emptied(folder):
    said(*APPROVE)
    first = releases.latest(folder / "site")
    for n in range(4):
        book(folder, "demo", CALM | {"value": 23.8 + n / 10})
        build(folder)
    releases.prune(folder / "site", 2)
    whole = [p.parent.name for p in (folder / "site/releases").glob("*/index.html")]
    assert len(whole) == 3 and first.name in whole
    assert (folder / "site/public").resolve() == first
    assert releases.latest(folder / "site") != first
    lines = said("list")[1].splitlines()
    assert lines[0].endswith("not approved  latest")
    assert lines[-1].startswith(first.name) and lines[-1].endswith("public")


@pytest.mark.build
def test_an_earlier_release_can_be_made_public_again_and_both_approvals_stay(folder):
    first = releases.latest(folder / "site").name
    said(*APPROVE)
    book(folder, "demo", CALM | {"value": 25.0})
    second = build(folder)
    said(*APPROVE)
    assert (folder / "site/public").resolve() == second
    said("approve", first, "--by", "B. Reviewer", "--note", "Back.")
    assert (folder / "site/public").resolve().name == first
    assert [a["by"] for a in review.approvals(second.parent / first)] == [
        "A. Reviewer",
        "B. Reviewer",
    ]


@pytest.mark.build
def test_a_record_outlives_the_files_of_its_release(folder):
    said(*APPROVE)
    first = releases.latest(folder / "site")
    book(folder, "demo", CALM | {"value": 25.0})
    build(folder)
    said(*APPROVE)
    for n in range(3):
        book(folder, "demo", CALM | {"value": 25.0 + n / 10})
        build(folder)
    releases.prune(folder / "site", 2)
    assert not (first / "index.html").exists()
    assert [a["by"] for a in review.approvals(first)] == ["A. Reviewer"]
    assert "Only its record is kept" in said("list")[1]


@pytest.mark.build
def test_what_cannot_be_approved_says_why(folder):
    with pytest.raises(Invalid, match="--by must name"):
        review.approve(folder, releases.latest(folder / "site"), [], by="  ", note="x")
    code, text = said("approve", "2031", "--by", "A")
    assert code == 1 and "release '2031' is not known" in text
    shutil.rmtree(folder / "site")
    assert "no release is shown" in said("check")[1]
    assert said("list") == (0, "There is no release.\n")


@pytest.mark.build
def test_without_the_step_the_site_is_as_before(folder):
    assert history.status(folder / "site")[1] is True
    assert sorted(p.name for p in (folder / "site").iterdir() if p.name[0] != ".") == [
        "latest",
        "releases",
    ]
