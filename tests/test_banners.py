"""The gate before a build: errors stop it, cautions stand on the pages they concern."""

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest

from notebook_maker import PROVENANCE, entry, fact, notebook, plan, show
from outcomes.core.errors import Invalid
from outcomes.data import quality
from outcomes.publish import build as site
from outcomes.publish import plan as plans
from outcomes.publish import releases, render

pytestmark = pytest.mark.build
DATA = Path(__file__).parents[1] / "data"
DAY = "1795500000"  # 24 November 2026
MONTHS = pd.read_csv(DATA / "clean/coverage.csv", parse_dates=["month"]).query(
    "state != 'missing'"
)
LAST = f"{MONTHS.loc[MONTHS['force'] == 'lancashire', 'month'].max():%B %Y}"
LANCASHIRE = f"Street-level crime of Lancashire ends in {LAST} and lacks June 2020"
LEICESTERSHIRE = "Street-level crime of Leicestershire"
PRISON = "Published figures of years of prison sentences in Lancashire contradict: 531"
PRINTED = (
    "lancashire-constabulary-360bf5"  # one of the two pages that contradict each other
)
READS = {
    "panel": [{"table": "crime_monthly", "where": {"force": ["lancashire"]}}],
    "both": [{"table": "crime_force_monthly", "where": {}}],
    "burnley": [
        {"table": "crime_district_monthly", "where": {"district": "E07000117"}}
    ],
    "leicester": [
        {"table": "crime_district_monthly", "where": {"district": ["E06000016"]}}
    ],
    "quarters": [{"table": "crime_quarterly", "where": {"force": ["lancashire"]}}],
    "prison": [{"table": "figures", "where": {"programme": "op_warrior"}}],
    "uncited": [{"table": "figures", "where": {"programme": "op_warrior"}}],
    "sceptre": [
        {"table": "figures", "where": {"programme": "op_sceptre", "area": "lancashire"}}
    ],
    "blackpool": [
        {"table": "figures", "where": {"programme": "op_warrior", "area": "blackpool"}}
    ],
}


def made(folder: Path) -> Path:
    """A plan with one page for each kind of reading; all but one cite a contradicted page."""
    for name, reads in READS.items():
        cited = {
            "source": "another" if name == "uncited" else PRINTED,
            "publisher": "P",
        }
        one = fact(sources=[cited | dict.fromkeys(("title", "url", "published"), "")])
        end = f'display({{"text/plain": "End.", "{PROVENANCE}": {{"reads": {reads}}}}}, raw=True)'
        notebook(
            folder / f"notebooks/{name}.ipynb", show(one), parameters=None, end=end
        )
    return plan(folder, "".join(entry(name, name, name.title()) for name in READS))


def build(folder, *handles):
    found = plans.read(folder / "reports.toml")
    return site.build(found, found.resolve(handles), out=folder / "site", workers=2)


@pytest.fixture(scope="module")
def once(tmp_path_factory):
    folder = tmp_path_factory.mktemp("banners")
    shutil.copytree(DATA, folder / "data")
    made(folder)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("OUTCOMES_DATA", str(folder / "data"))
        patch.setenv("SOURCE_DATE_EPOCH", DAY)
        build(folder)
    return folder


@pytest.fixture
def folder(once, tmp_path, monkeypatch):
    """A copy of a site with its data, which may be spoilt."""
    shutil.copytree(once, tmp_path / "here", symlinks=True)
    monkeypatch.setenv("OUTCOMES_DATA", str(tmp_path / "here/data"))
    monkeypatch.setenv("SOURCE_DATE_EPOCH", DAY)
    return tmp_path / "here"


def banner(folder, name) -> str:
    html = (folder / f"site/latest/{name}.html").read_text("utf-8")
    return re.search("<!--cautions-->(.*?)<!--/cautions-->", html, re.S)[1]


@pytest.mark.parametrize(
    ("name", "stand", "do_not"),
    [
        ("panel", [LANCASHIRE], [LEICESTERSHIRE, PRISON, "Recorded crime by quarter"]),
        ("both", [LANCASHIRE, LEICESTERSHIRE], [PRISON]),
        ("burnley", [LANCASHIRE], [LEICESTERSHIRE]),
        ("leicester", [LEICESTERSHIRE], [LANCASHIRE]),
        ("prison", [PRISON], [LANCASHIRE, "knives"]),
    ],
)
def test_a_caution_stands_on_the_pages_it_concerns(once, name, stand, do_not):
    said = banner(once, name)
    assert said.startswith(
        '<aside class="notice" aria-labelledby="cautions"><h2 id="cautions">'
    )
    assert all(words in said for words in stand)
    assert not any(words in said for words in do_not)


@pytest.mark.parametrize("name", ["quarters", "uncited", "sceptre", "blackpool"])
def test_a_page_that_no_caution_concerns_has_no_banner(once, name):
    assert banner(once, name) == ""


def test_age_stands_on_the_index_which_names_its_day_and_on_no_page(
    folder, monkeypatch
):
    assert f"Street-level crime ends with {LAST}; later months" in banner(
        folder, "index"
    )
    before = {
        name: (folder / f"site/latest/{name}.html").read_bytes() for name in READS
    }
    monkeypatch.setenv(
        "SOURCE_DATE_EPOCH", "1772400000"
    )  # 1 March 2026: they were fresh
    release = build(folder)
    assert release.new and {e["state"] for e in release.entries} == {"unchanged"}
    assert banner(folder, "index") == ""
    assert {
        name: (folder / f"site/latest/{name}.html").read_bytes() for name in READS
    } == before


def test_a_new_caution_reaches_a_page_that_is_taken_over_unchanged(folder):
    path = folder / "data/clean/coverage.csv"
    known, now = (
        "lancashire,2024-01-01,complete,,",
        "lancashire,2024-01-01,partial,Half <lost>.,",
    )
    path.write_text(path.read_text("utf-8").replace(known, now), "utf-8")
    release = build(folder)
    assert {e["state"] for e in release.entries} == {"unchanged"}
    assert "January 2024 is incomplete for Lancashire. Half &lt;lost&gt;." in banner(
        folder, "burnley"
    )
    assert "January 2024" not in banner(folder, "leicester")


def test_errors_stop_the_build_and_what_is_shown_stays(folder):
    path = folder / "data/clean/figures.csv"
    path.write_text(
        path.read_text("utf-8").replace(",1409,count", ",-1409,count", 1), "utf-8"
    )
    before = sorted(p.name for p in (folder / "site/releases").iterdir())
    ran = [
        subprocess.run(
            [sys.executable, "-m", "outcomes", "build", *more],
            cwd=folder,
            capture_output=True,
            text=True,
        )
        for more in ([], ["panel", "--force"], ["--out", "elsewhere"])
    ]
    for done in ran:
        assert done.returncode == 2, done.stderr
        assert (
            "figures.csv row 2, column value: '-1409' does not follow from"
            in done.stderr
        )
        assert "Open" not in done.stdout
    assert sorted(p.name for p in (folder / "site/releases").iterdir()) == before
    assert not (folder / "elsewhere").exists()


def test_the_first_twenty_errors_are_said_and_the_rest_counted(tmp_path, monkeypatch):
    monkeypatch.setattr(
        quality, "errors", lambda clean: [f"Error {n}." for n in range(23)]
    )
    with pytest.raises(Invalid, match=r"Error 19\. And 3 more\.$"):
        site.check_tables(tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_the_gate_is_asked_again_only_on_another_day_or_for_other_tables(
    folder, monkeypatch
):
    asked = []
    monkeypatch.setattr(quality, "errors", lambda clean: asked.append(1) or [])
    first = site.check_tables(folder / "site")
    assert (site.check_tables(folder / "site"), len(asked)) == (first, 1)
    monkeypatch.setenv("SOURCE_DATE_EPOCH", str(int(DAY) + 86400))
    site.check_tables(folder / "site")
    assert len(asked) == 2
    (folder / "data/clean/areas.csv").write_bytes(b"area\n")
    site.check_tables(folder / "site")
    assert len(asked) == 3


def test_a_build_with_nothing_to_do_asks_nobody(folder, monkeypatch):
    release = releases.latest(folder / "site")
    build(folder, "panel")
    monkeypatch.setattr(quality, "errors", lambda clean: ["It was asked."])
    assert (build(folder).path, build(folder, "panel").new) == (release, False)


def test_a_fifth_caution_is_behind_a_disclosure():
    said = render.cautions([f"Care {n} & more." for n in range(6)])
    shown, _, folded = said.partition("<details><summary>More cautions</summary>")
    assert shown.count("<li>") == 4 and folded.count("<li>") == 2
    assert "Care 5 &amp; more." in folded
    slot = render.fill("<!--cautions--><!--/cautions-->", "cautions", said)
    assert (
        render.fill(slot, "cautions", render.cautions([]))
        == "<!--cautions--><!--/cautions-->"
    )
