"""The release step: what is planted in a release is found, and only a person makes it public."""

import json
import os
import shutil
from pathlib import Path

import pytest
from typer.testing import CliRunner

from notebook_maker import entry, fact, notebook, plan, show
from outcomes.cli import app
from outcomes.core.errors import Invalid
from outcomes.publish import build as site
from outcomes.publish import changes as history
from outcomes.publish import plan as plans
from outcomes.publish import releases, review

pytestmark = pytest.mark.build
PLAIN = 'wave = "2023-11"  # : the week of action'
SHOPS = {"columns": [{"key": "n", "label": "n", "unit": "shops"}], "rows": [[3], [10]]}
CALM = fact("shops", "10 of 42 shops sold a knife.", table=SHOPS)


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


def test_an_unpublished_count_of_three_people_fails(folder):
    people = {
        "columns": [{"key": "n", "label": "n", "unit": "people"}],
        "rows": [[3], [10]],
    }
    book(
        folder,
        "demo",
        fact("victims", "In the area 3 people were harmed.", table=people),
    )
    build(folder)
    assert checked(folder)["disclosure"].reasons == [
        "demo.html: “3 people” is a small count that no source has published.",
        "demo/victims.csv: “n (people): 3” is a small count that no source has published.",
    ]
    code, text = said(*APPROVE, "--note", "Please.")
    assert code == 1 and "fails (disclosure) and cannot be approved" in text
    assert not (folder / "site/public").exists()


@pytest.mark.parametrize(
    "text",
    ["three men", "One child", "2 young people", "4 arrests", "3 people", "1 arrested"],
)
def test_small_counts_of_people_are_found_in_words_and_in_figures(folder, text):
    book(folder, "demo", CALM, f"#!The area had {text} that month.")
    build(folder)
    assert verdicts(folder) == {"disclosure": "fail"}


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


def test_a_headline_that_moved_by_forty_per_cent_needs_a_note(folder):
    book(folder, "demo", CALM | {"value": 23.8 * 1.4, "upper": 50.0})
    build(folder)
    (reason,) = checked(folder)["large moves"].reasons
    assert reason == (
        "moved by 40%: Demo, shops: 23.8% became 33.32% (up 9.52). Why: the notebook changed."
    )
    code, text = said(*APPROVE)
    assert code == 1 and "is to be reviewed (large moves): say with --note why" in text
    assert said(*APPROVE, "--note", "Recounted by hand.")[0] == 0
    assert "approved by A. Reviewer" in said("list")[1]
    assert "Recounted by hand.  latest  public" in said("list")[1]


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
            ["Demo: the headline shops is gone: 10 of 42 shops sold a knife."],
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


def test_a_headline_is_compared_with_the_public_release_not_the_one_before(folder):
    """Small steps add up: two moves of a sixth between approvals are one move of a third."""
    said(*APPROVE)
    for value in (27.8, 32.5):
        book(folder, "demo", CALM | {"value": value})
        build(folder)
    assert "23.8% became 32.5%" in checked(folder)["large moves"].reasons[0]


def test_limits_of_a_headline_without_a_value_are_compared():
    old = {"value": None, "lower": 10.0, "upper": 20.0}
    assert review.share_moved(old, old | {"upper": 30.0}) == 0.5
    assert review.share_moved(old, old | {"value": 15.0}) == 0


def test_an_accessibility_violation_is_not_built_and_fails_when_it_is_planted_later(
    folder,
):
    shown = releases.latest(folder / "site")
    bad = show(CALM, html='<figure id="shops"><img src="data:image/png,x"></figure>')
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
        "Demo, headline shops: 10 of 42 shops sold a knife."
    ]
    assert found["data gaps"].reasons == ["July 2020 is incomplete."]


def test_tables_changed_since_the_build_are_said(folder):
    manifest = releases.latest(folder / "site") / "manifest.json"
    record = json.loads(manifest.read_text(encoding="utf-8"))
    record["pages"][0]["reads"] = [{"table": "figures", "file": "0" * 64}]
    manifest.write_text(json.dumps(record), encoding="utf-8")
    assert checked(folder)["data gaps"].reasons == [
        "These tables have changed since it was built: figures."
    ]


def test_the_real_tables_pass_the_gate_with_cautions(once):
    found = review.checks(once / "site", releases.latest(once / "site"), once)
    verdict = {one.name: one for one in found}
    assert verdict["tables"].verdict == "pass"
    assert any(
        "Street-level crime of Lancashire" in r for r in verdict["data gaps"].reasons
    )
    assert any(line.startswith("        And ") for line in review.report(found))


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


def test_what_cannot_be_approved_says_why(folder):
    with pytest.raises(Invalid, match="--by must name"):
        review.approve(folder, releases.latest(folder / "site"), [], by="  ", note="x")
    code, text = said("approve", "2031", "--by", "A")
    assert code == 1 and "release '2031' is not known" in text
    shutil.rmtree(folder / "site")
    assert "no release is shown" in said("check")[1]
    assert said("list") == (0, "There is no release.\n")


def test_without_the_step_the_site_is_as_before(folder):
    assert history.status(folder / "site")[1] is True
    assert sorted(p.name for p in (folder / "site").iterdir() if p.name[0] != ".") == [
        "latest",
        "releases",
    ]
