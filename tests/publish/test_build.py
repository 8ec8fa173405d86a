"""Builds: whole or not at all, the last good version kept, the same bytes each time; pages to order."""

import csv
import io
import json
import os
import re
import shutil
import subprocess
import sys
import threading
from dataclasses import replace
from datetime import date
from pathlib import Path

import pandas as pd
import pytest

from notebook_maker import entry, fact, notebook, plan, show
from outcomes.core.errors import Invalid
from outcomes.core.mime import FINDING, PROVENANCE
from outcomes.data import quality
from outcomes.data import quality as gate
from outcomes.publish import build as site
from outcomes.publish import changes, csv_files, execute, index, releases, staleness
from outcomes.publish import plan as plans


@pytest.fixture
def tables(tmp_path, monkeypatch):
    """What the gate says of some tables, and what it was asked."""
    monkeypatch.setenv("OUTCOMES_DATA", str(tmp_path / "data"))
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1700000000")
    releases.write(tmp_path / "data/clean/counts.csv", "n\n1\n")
    releases.write(tmp_path / "data/datapackage.json", "{}")
    said = {"errors": [], "asked": []}

    def cautions(clean, today):
        said["asked"].append((clean, today))
        return [gate.Caution("£ is late.", "age")]

    monkeypatch.setattr(
        gate, "errors", lambda clean: said["asked"].append(clean) or said["errors"]
    )
    monkeypatch.setattr(gate, "cautions", cautions)
    return said


def test_the_gate_is_asked_of_the_tables_and_the_day_and_its_word_is_kept(
    tables, tmp_path
):
    clean = tmp_path / "data/clean"
    care = [gate.Caution("£ is late.", "age")._asdict()]
    care = json.loads(json.dumps(care))
    assert site.check_tables(tmp_path) == care
    assert tables["asked"] == [clean, (clean, date(2023, 11, 14))]
    stands, _, text = (tmp_path / ".gate").read_text("utf-8").partition("\n")
    assert len(stands) == 64 and "£ is late." in text
    assert site.check_tables(tmp_path) == care and len(tables["asked"]) == 2, (
        "it was remembered"
    )


@pytest.mark.parametrize("other", ["day", "code", "table", "package"])
def test_the_gate_is_asked_again_when_day_code_or_tables_are_others(
    tables, tmp_path, monkeypatch, other
):
    site.check_tables(tmp_path)
    if other == "day":
        monkeypatch.setenv("SOURCE_DATE_EPOCH", "1700090000")
    elif other == "code":
        monkeypatch.setattr(staleness, "code_digest", lambda: "other")
    elif other == "table":
        releases.write(tmp_path / "data/clean/counts.csv", "n\n2\n")
    else:
        releases.write(tmp_path / "data/datapackage.json", "[]")
    site.check_tables(tmp_path)
    assert len(tables["asked"]) == 4


def test_nothing_is_kept_where_there_is_no_site_yet(tables, tmp_path):
    assert len(site.check_tables(tmp_path / "site")) == 1
    assert not (tmp_path / "site").exists()


@pytest.mark.parametrize(
    ("number", "end"),
    [(1, "E0."), (20, "E19."), (21, "E19. And 1 more."), (45, "E19. And 25 more.")],
)
def test_errors_are_said_and_those_after_twenty_counted(tables, tmp_path, number, end):
    tables["errors"] = [f"E{n}." for n in range(number)]
    with pytest.raises(Invalid) as error:
        site.check_tables(tmp_path)
    said = str(error.value)
    assert said.startswith("The tables cannot be published. E0.") and said.endswith(
        f" {end}"
    )
    assert not (tmp_path / ".gate").exists()


DATA = Path(__file__).parents[2] / "data"


DAY = "1795500000"  # 24 November 2026


MONTHS = pd.read_csv(DATA / "clean/coverage.csv", parse_dates=["month"]).query(
    "state != 'missing'"
)


LAST = f"{MONTHS.loc[MONTHS['force'] == 'lancashire', 'month'].max():%B %Y}"


LANCASHIRE = (
    f"Street-level crime of Lancashire is held here to {LAST}, without June 2020"
)


LEICESTERSHIRE = "Street-level crime of Leicestershire"


PRISON = "Published figures of years of prison sentences in Lancashire contradict: 531"


PRINTED = (  # the two pages that contradict each other
    "lancashire-constabulary-360bf5",
    "office-of-the-police-and-crime-c-f609f6",
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


def made(cautioned: Path) -> Path:
    """A plan with one page for each kind of reading; all but one cite the contradicted pages."""
    for name, reads in READS.items():
        blank = dict.fromkeys(("title", "url", "published"), "") | {"publisher": "P"}
        cited = ("another", PRINTED[0]) if name == "uncited" else PRINTED
        one = fact(sources=[blank | {"source": source} for source in cited])
        end = f'display({{"text/plain": "End.", "{PROVENANCE}": {{"reads": {reads}}}}}, raw=True)'
        notebook(
            cautioned / f"notebooks/{name}.ipynb", show(one), parameters=None, end=end
        )
    return plan(cautioned, "".join(entry(name, name, name.title()) for name in READS))


def build_cautioned(cautioned, *handles):
    found = plans.read(cautioned / "reports.toml")
    return site.build(found, found.resolve(handles), out=cautioned / "site", workers=2)


@pytest.fixture(scope="module")
def once(tmp_path_factory):
    cautioned = tmp_path_factory.mktemp("banners")
    shutil.copytree(DATA, cautioned / "data")
    made(cautioned)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("OUTCOMES_DATA", str(cautioned / "data"))
        patch.setenv("SOURCE_DATE_EPOCH", DAY)
        build_cautioned(cautioned)
    return cautioned


@pytest.fixture
def cautioned(once, tmp_path, monkeypatch):
    """A copy of a site with its data, which may be spoilt."""
    shutil.copytree(once, tmp_path / "here", symlinks=True)
    monkeypatch.setenv("OUTCOMES_DATA", str(tmp_path / "here/data"))
    monkeypatch.setenv("SOURCE_DATE_EPOCH", DAY)
    return tmp_path / "here"


def banner(cautioned, name) -> str:
    html = (cautioned / f"site/latest/{name}.html").read_text("utf-8")
    return re.search("<!--cautions-->(.*?)<!--/cautions-->", html, re.S)[1]


def test_the_checks_let_go_of_the_tables_that_they_have_read(tmp_path):
    """Whole tables would else lie beside the kernels until the build ends."""
    from outcomes.data import tables

    site.check_tables(tmp_path)
    assert not tables._cached.cache_info().currsize


@pytest.mark.build
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


@pytest.mark.build
@pytest.mark.parametrize("name", ["quarters", "uncited", "sceptre", "blackpool"])
def test_a_page_that_no_caution_concerns_has_no_banner(once, name):
    assert banner(once, name) == ""


@pytest.mark.build
def test_age_stands_on_the_index_which_names_its_day_and_on_no_page(
    cautioned, monkeypatch
):
    assert f"Street-level crime ends with {LAST}; later months" in banner(
        cautioned, "index"
    )
    before = {
        name: (cautioned / f"site/latest/{name}.html").read_bytes() for name in READS
    }
    monkeypatch.setenv(
        "SOURCE_DATE_EPOCH", "1772400000"
    )  # 1 March 2026: they were fresh
    release = build_cautioned(cautioned)
    assert release.new and {e["state"] for e in release.entries} == {"unchanged"}
    assert banner(cautioned, "index") == ""
    assert {
        name: (cautioned / f"site/latest/{name}.html").read_bytes() for name in READS
    } == before


@pytest.mark.build
def test_a_new_caution_reaches_a_page_that_is_taken_over_unchanged(cautioned):
    path = cautioned / "data/clean/coverage.csv"
    known, now = (
        "lancashire,2024-01-01,complete,,",
        "lancashire,2024-01-01,partial,Half <lost>.,",
    )
    path.write_text(path.read_text("utf-8").replace(known, now), "utf-8")
    release = build_cautioned(cautioned)
    assert {e["state"] for e in release.entries} == {"unchanged"}
    assert "January 2024 is incomplete for Lancashire. Half &lt;lost&gt;." in banner(
        cautioned, "burnley"
    )
    assert "January 2024" not in banner(cautioned, "leicester")


@pytest.mark.build
def test_errors_stop_the_build_and_what_is_shown_stays(cautioned):
    path = cautioned / "data/clean/figures.csv"
    path.write_text(
        path.read_text("utf-8").replace(",1409,count", ",-1409,count", 1), "utf-8"
    )
    before = sorted(p.name for p in (cautioned / "site/releases").iterdir())
    ran = [
        subprocess.run(
            [sys.executable, "-m", "outcomes", "build", *more],
            cwd=cautioned,
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
    assert sorted(p.name for p in (cautioned / "site/releases").iterdir()) == before
    assert not (cautioned / "elsewhere").exists()


@pytest.mark.build
def test_the_first_twenty_errors_are_said_and_the_rest_counted(tmp_path, monkeypatch):
    monkeypatch.setattr(
        quality, "errors", lambda clean: [f"Error {n}." for n in range(23)]
    )
    with pytest.raises(Invalid, match=r"Error 19\. And 3 more\.$"):
        site.check_tables(tmp_path)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.build
def test_the_gate_is_asked_again_only_on_another_day_or_for_other_tables(
    cautioned, monkeypatch
):
    asked = []
    monkeypatch.setattr(quality, "errors", lambda clean: asked.append(1) or [])
    first = site.check_tables(cautioned / "site")
    assert (site.check_tables(cautioned / "site"), len(asked)) == (first, 1)
    monkeypatch.setenv("SOURCE_DATE_EPOCH", str(int(DAY) + 86400))
    site.check_tables(cautioned / "site")
    assert len(asked) == 2
    (cautioned / "data/clean/areas.csv").write_bytes(b"area\n")
    site.check_tables(cautioned / "site")
    assert len(asked) == 3


@pytest.mark.build
def test_a_build_with_nothing_to_do_asks_nobody(cautioned, monkeypatch):
    release = releases.latest(cautioned / "site")
    build_cautioned(cautioned, "panel")
    monkeypatch.setattr(quality, "errors", lambda clean: ["It was asked."])
    assert (
        build_cautioned(cautioned).path,
        build_cautioned(cautioned, "panel").new,
    ) == (release, False)


PLAIN = 'wave = "2023-11"  # : the week of action'


@pytest.fixture
def folder(tmp_path):
    for name in ("demo", "second"):
        cell = show(fact("found", f"{name}: 10 of 42."))
        notebook(
            tmp_path / f"notebooks/programmes/{name}.ipynb", cell, parameters=PLAIN
        )
    waves = entry(
        "demo/{wave}",
        title="Demo: {wave}",
        group="programmes",
        sweep={"wave": ["2024-05"]},
    )
    programmes = entry(group="programmes") + entry(
        "second", "programmes/second", "Second"
    )
    plan(tmp_path, programmes + waves)
    return tmp_path


def build(folder, *handles, out=None, **options):
    """Build, whether or not anything is due: what is due is tested in test_incremental."""
    found = plans.read(folder / "reports.toml")
    out = out or folder / "site"
    options = {"force": True} | options
    return site.build(found, found.resolve(handles), out=out, workers=2, **options)


def break_demo(folder):
    notebook(folder / "notebooks/programmes/demo.ipynb", "1 / 0", parameters=PLAIN)


def record(release, handle):
    return next(e for e in release.entries if e["handle"] == handle)


def files(release):
    return {
        p.relative_to(release).as_posix(): p.read_bytes()
        for p in release.rglob("*")
        if p.is_file()
    }


@pytest.mark.build
def test_a_release_holds_every_page_its_tables_and_its_record(folder):
    made = build(folder)
    assert made.failed == []
    assert set(files(made.path)) == {
        "index.html",
        "findings.csv",
        "answers.csv",
        "manifest.json",
        "feed.xml",
        "all-data.zip",
        "search.js",
        "demo.html",
        "demo/found.csv",
        "demo/2024-05.html",
        "demo/2024-05/found.csv",
        "second.html",
        "second/found.csv",
        "notebooks/programmes/demo.ipynb",
        "notebooks/programmes/second.ipynb",
    }
    assert (folder / "site/latest").resolve() == made.path
    assert [p.name for p in (folder / "site/releases").iterdir()] == [made.path.name]
    one = record(made, "demo/2024-05")
    assert one["parameters"] == {"wave": "2024-05"}
    assert (one["state"], one["vintage"], len(one["findings"])) == (
        "built",
        "Newest publication 14 June 2024",
        1,
    )
    assert len(one["code"]) == len(one["source"]) == 64
    assert 'href="demo/2024-05.html">May 2024' in (made.path / "demo.html").read_text()
    assert 'href="../demo.html"' in (made.path / "demo/2024-05.html").read_text()


@pytest.mark.build
def test_a_page_lists_what_it_takes_for_granted(folder):
    (folder / "docs").mkdir()
    used = "notebooks/programmes/second.ipynb; notebooks/programmes/other.ipynb"
    lines = [
        "id,text,quality,impact,where_used",
        f"A01,A count < is a count.,low,high,{used}",
    ]
    (folder / "docs/assumptions.csv").write_text("\n".join(lines), encoding="utf-8")
    made = build(folder).path
    said = (
        "A count &lt; is a count. "
        '<span class="quiet">Not checkable; if it were wrong, a headline'
    )
    assert said in (made / "second.html").read_text()
    assert "taken for granted" not in (made / "demo.html").read_text()


@pytest.mark.build
def test_findings_and_tables_are_safe_to_open_in_a_spreadsheet(folder):
    made = build(folder)
    rows = list(
        csv.DictReader(io.StringIO((made.path / "findings.csv").read_text("utf-8-sig")))
    )
    assert [r["handle"] for r in rows] == ["demo", "second", "demo/2024-05"]
    assert (rows[0]["value"], rows[0]["lower"], rows[0]["upper"]) == (
        "23.8",
        "13.5",
        "38.5",
    )
    assert (
        rows[0]["sources"]
        == "Lancashire PCC, Annual report, https://example.org/report"
    )
    text = (made.path / "demo/found.csv").read_text("utf-8-sig")
    said = "lancashire,November 2023,"
    said += '"Lancashire PCC, Annual report, https://example.org/report"'
    assert text.splitlines() == [
        "shop,n (shops),area,period,source",
        f"'=1+1,10,{said}",
        f"corner,-3.5,{said}",
    ]


@pytest.mark.build
@pytest.mark.parametrize("hostile", ["=1+1", "+cmd", "-2+3", "@SUM(A1)", "＝1+1"])
def test_a_cell_that_a_spreadsheet_would_run_gets_an_apostrophe(hostile):
    assert (
        csv_files.safe(hostile) == csv_files.safe(f"\t\r\n {hostile}") == f"'{hostile}"
    )
    assert csv_files.safe(f"a; {hostile}") == f"a; '{hostile}"


@pytest.mark.build
def test_numbers_and_plain_words_stay_as_they_are():
    assert [csv_files.safe(v) for v in (-3.5, "-3.5", "+4", None, "a=b", 0)] == [
        "-3.5",
        "-3.5",
        "+4",
        "",
        "a=b",
        "0",
    ]


@pytest.mark.build
def test_a_failing_page_keeps_its_last_good_version_and_the_others_are_built(
    folder,
):
    first = build(folder)
    break_demo(folder)
    second = build(folder)
    kept = record(second, "demo")
    assert (kept["state"], kept["built"]) == ("kept", first.path.name)
    assert kept["error"] == {
        "name": "ZeroDivisionError",
        "message": "division by zero",
        "cell": 4,
    }
    assert kept["findings"] == record(first, "demo")["findings"]
    page = (second.path / "demo.html").read_text()
    assert "10 of 42" in page
    assert "This is the version of" in page
    assert "ZeroDivisionError: division by zero (cell 4)" in page
    assert (second.path / "demo/found.csv").read_bytes() == (
        first.path / "demo/found.csv"
    ).read_bytes()
    assert record(second, "second")["state"] == "built"
    assert (
        "2 of 3 pages could not be rebuilt" in (second.path / "index.html").read_text()
    )
    assert "This is the version of" not in (first.path / "demo.html").read_text()
    third = build(folder, "demo")
    assert record(third, "demo")["built"] == first.path.name
    assert (third.path / "demo.html").read_text().count("This is the version of") == 1


@pytest.mark.build
def test_a_page_that_recovers_loses_its_notice(folder):
    good = (folder / "notebooks/programmes/demo.ipynb").read_bytes()
    build(folder)
    break_demo(folder)
    build(folder)
    (folder / "notebooks/programmes/demo.ipynb").write_bytes(good)
    made = build(folder, "demo")
    assert record(made, "demo")["state"] == "built"
    assert "This is the version of" not in (made.path / "demo.html").read_text()
    assert record(made, "demo/2024-05")["state"] == "kept"
    assert "This is the version of" in (made.path / "demo/2024-05.html").read_text()


@pytest.mark.build
def test_a_page_that_never_worked_says_so_and_links_still_resolve(folder):
    break_demo(folder)
    made = build(folder)
    assert record(made, "demo")["state"] == "failed"
    assert "no earlier version" in (made.path / "demo.html").read_text()
    assert [e["handle"] for e in made.failed] == ["demo", "demo/2024-05"]
    again = build(folder, "second")
    assert again.failed == []
    assert record(again, "demo")["state"] == "failed"
    assert record(again, "demo")["error"]["name"] == "ZeroDivisionError"


@pytest.mark.build
def test_a_page_that_may_not_be_published_counts_as_failed(folder):
    bad = show(fact(), html="<figure><img src='https://evil.example/x.png'></figure>")
    first = build(folder)
    notebook(folder / "notebooks/programmes/second.ipynb", bad, parameters=PLAIN)
    made = build(folder)
    error = record(made, "second")["error"]
    assert error["name"] == "PageCheck"
    assert "evil.example" in error["message"]
    assert record(made, "second")["built"] == first.path.name
    assert (
        "evil.example" not in (made.path / "second.html").read_text().split("<main")[0]
    )


@pytest.mark.build
def test_some_pages_built_and_the_others_carried_over(folder):
    alone = build(folder, "second")
    assert [e["handle"] for e in alone.entries] == ["second"]
    both = build(folder, "demo")
    assert [(e["handle"], e["state"]) for e in both.entries] == [
        ("demo", "built"),
        ("second", "carried"),
        ("demo/2024-05", "built"),
    ][:2]
    carried = record(both, "second")
    assert carried["built"] == alone.path.name
    assert (both.path / "second.html").read_bytes() == (
        alone.path / "second.html"
    ).read_bytes()
    assert len((both.path / "findings.csv").read_text().splitlines()) == 3


@pytest.mark.build
def test_a_page_taken_out_of_the_plan_leaves_no_link_behind(folder):
    build(folder)
    plan(
        folder,
        entry(group="programmes") + entry("second", "programmes/second", "Second"),
    )
    made = build(folder, "second")
    assert [e["handle"] for e in made.entries] == ["demo", "second"]
    assert "2024-05.html" not in (made.path / "demo.html").read_text()


@pytest.mark.build
def test_two_runs_in_two_places_give_the_same_bytes(folder, tmp_path, monkeypatch):
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1700000000")
    one = build(folder, out=tmp_path / "a")
    monkeypatch.setenv("TZ", "Asia/Tokyo")
    monkeypatch.setenv("PYTHONHASHSEED", "77")
    two = build(folder, out=tmp_path / "b" / "deeper")
    assert one.path.name == two.path.name
    assert one.path.name.startswith("20231114T221320Z-")
    first, second = files(one.path), files(two.path)
    seconds = [first.pop("manifest.json"), second.pop("manifest.json")]
    assert first == second
    assert len({_without_seconds(s) for s in seconds}) == 1


def _without_seconds(manifest):
    content = json.loads(manifest)
    for one in content["pages"]:
        del one["seconds"]
    return json.dumps(content)


@pytest.mark.build
def test_pages_do_not_change_with_the_clock(folder, monkeypatch):
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1700000000")
    one = build(folder)
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1800000000")
    two = build(folder)
    before, after = (
        {path: _undated(content) for path, content in files(made.path).items()}
        for made in (one, two)
    )
    changed = {path for path in before if before[path] != after[path]}
    assert changed == {"index.html", "manifest.json", "feed.xml", "all-data.zip"}


def _undated(content: bytes) -> bytes:
    """A page without its version and how to cite it, which name its release."""
    slots = rb"<!--(version|cite)-->.*?<!--/\1-->"
    return re.sub(slots, b"", content, flags=re.S)


@pytest.mark.build
def test_a_reader_never_sees_a_site_that_is_missing_or_mixed(folder, monkeypatch):
    monkeypatch.setattr(index, "day", lambda stamp: f"[{stamp}]")
    build(folder)
    seen, stop = set(), threading.Event()

    def look():
        while not stop.is_set():
            if not (folder / "site/latest/index.html").exists():
                seen.add(("missing", False))
                continue
            release = os.open(folder / "site/latest", os.O_RDONLY | os.O_DIRECTORY)
            index_page, listed = (
                _whole(name, release) for name in ("index.html", "manifest.json")
            )
            os.close(release)
            name = json.loads(listed)["release"]
            seen.add((name, f"[{name}]" in index_page))

    thread = threading.Thread(target=look)
    thread.start()
    for _ in range(2):
        build(folder, "second")
    stop.set()
    thread.join()
    assert {whole for _, whole in seen} == {True}
    assert len(seen) >= 2


def _whole(name, folder):
    with open(
        name, encoding="utf-8", opener=lambda n, f: os.open(n, f, dir_fd=folder)
    ) as file:
        return file.read()


@pytest.mark.build
def test_a_build_that_breaks_off_leaves_the_site_as_it_was(folder, monkeypatch):
    first = build(folder)
    before = files(first.path)

    def fail(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(index, "index_html", fail)
    with pytest.raises(OSError, match="No space"):
        build(folder)
    assert (folder / "site/latest").resolve() == first.path
    assert files(first.path) == before
    assert [p.name for p in (folder / "site/releases").iterdir()] == [first.path.name]


@pytest.mark.build
def test_long_pages_are_built_first_and_one_of_each_new_notebook_before_a_second():
    pages = [
        plans.Page("quick", "one", ""),
        plans.Page("slow", "one", ""),
        plans.Page("new/a", "swept", ""),
        plans.Page("new/b", "swept", ""),
        plans.Page("alone", "two", ""),
    ]
    before = {"quick": {"seconds": 0.5}, "slow": {"seconds": 4.0}}
    order = [page.handle for page in site.longest_first(pages, before)]
    assert order == ["new/a", "alone", "new/b", "slow", "quick"]


@pytest.mark.build
def test_bad_parameters_stop_everything_before_anything_is_written(folder):
    plan(folder, entry(parameters={"wav": "2023-11"}))
    with pytest.raises(Invalid, match="'wave'"):
        build(folder)
    assert not (folder / "site").exists()


@pytest.mark.build
def test_a_page_made_to_order_stands_beside_the_site(folder):
    first = build(folder)
    found = plans.read(folder / "reports.toml")
    options = {"out": folder / "site", "tell": lambda *_: None}
    given = {"wave": "2025-05"}
    page = replace(found.pages[0], parameters=given)
    made = site.build_custom(found, page, given, **options)
    html = made.shown.read_text()
    assert "Made to order, with wave: May 2025." in html
    assert 'href="page/found.csv"' in html
    assert (made.shown.parent / "page/found.csv").is_file()
    assert (folder / "site/latest").resolve() == first.path
    break_demo(folder)
    given = {"wave": "2025-06"}
    page = replace(found.pages[0], parameters=given)
    failed = site.build_custom(found, page, given, **options)
    assert failed.failed["name"] == "ZeroDivisionError"
    assert [p.name for p in (folder / "site/adhoc").glob("[!.]*")] == [
        made.shown.parent.name
    ]


@pytest.mark.build
def test_status_is_judged_by_the_clock_and_by_the_pages(folder, monkeypatch):
    out = folder / "site"
    assert changes.status(out) == (
        [f"No release is shown in {out}: “outcomes build” makes one."],
        False,
    )
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1700000000")
    build(folder)
    assert changes.status(out)[1] is True
    assert changes.status(out, "35d")[1] is True, "a build was here just now"
    os.utime(out / ".standing", (1_700_000_000, 1_700_000_000))
    assert changes.status(out, "35d")[1] is False
    monkeypatch.delenv("SOURCE_DATE_EPOCH")
    break_demo(folder)
    build(folder)
    lines, good = changes.status(out, "1h")
    assert good is False
    assert lines[1:] == [
        "demo  kept  ZeroDivisionError: division by zero (cell 4)",
        "demo/2024-05  kept  ZeroDivisionError: division by zero (cell 4)",
    ]
    with pytest.raises(Invalid):
        changes.status(out, "soon")


FIRST, SECOND = "20260101T000000Z-aa", "20260131T120000Z-bb"


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
                assert folder.parent == tmp_path / "site/.adhoc", (
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
