"""Releases: whole or not at all, the last good version kept, the same bytes each time."""

import csv
import io
import json
import os
import threading
from dataclasses import replace

import pytest

from notebook_maker import entry, fact, notebook, plan, show
from outcomes.core.errors import Invalid
from outcomes.publish import build as site
from outcomes.publish import changes, index
from outcomes.publish import plan as plans

pytestmark = pytest.mark.build
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


def test_a_release_holds_every_page_its_tables_and_its_record(folder):
    made = build(folder)
    assert made.failed == []
    assert set(files(made.path)) == {
        "index.html",
        "findings.csv",
        "answers.csv",
        "manifest.json",
        "feed.xml",
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


def test_findings_and_tables_are_safe_to_open_in_a_spreadsheet(folder):
    made = build(folder)
    rows = list(csv.DictReader(io.StringIO((made.path / "findings.csv").read_text())))
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
    assert (
        made.path / "demo/found.csv"
    ).read_text() == "shop,n (shops)\n'=1+1,10\ncorner,-3.5\n"


@pytest.mark.parametrize("hostile", ["=1+1", "+cmd", "-2+3", "@SUM(A1)", "＝1+1"])
def test_a_cell_that_a_spreadsheet_would_run_gets_an_apostrophe(hostile):
    assert index.safe(hostile) == index.safe(f"\t\r\n {hostile}") == f"'{hostile}"
    assert index.safe(f"a; {hostile}") == f"a; '{hostile}"


def test_numbers_and_plain_words_stay_as_they_are():
    assert [index.safe(v) for v in (-3.5, "-3.5", "+4", None, "a=b", 0)] == [
        "-3.5",
        "-3.5",
        "+4",
        "",
        "a=b",
        "0",
    ]


def test_a_failing_page_keeps_its_last_good_version_and_the_others_are_built(folder):
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


def test_a_page_taken_out_of_the_plan_leaves_no_link_behind(folder):
    build(folder)
    plan(
        folder,
        entry(group="programmes") + entry("second", "programmes/second", "Second"),
    )
    made = build(folder, "second")
    assert [e["handle"] for e in made.entries] == ["demo", "second"]
    assert "2024-05.html" not in (made.path / "demo.html").read_text()


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


def test_pages_do_not_change_with_the_clock(folder, monkeypatch):
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1700000000")
    one = build(folder)
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1800000000")
    two = build(folder)
    changed = {p for p, b in files(one.path).items() if files(two.path)[p] != b}
    assert changed == {"index.html", "manifest.json", "feed.xml"}


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


def test_bad_parameters_stop_everything_before_anything_is_written(folder):
    plan(folder, entry(parameters={"wav": "2023-11"}))
    with pytest.raises(Invalid, match="'wave'"):
        build(folder)
    assert not (folder / "site").exists()


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
    assert [p.name for p in (folder / "site/adhoc").iterdir()] == [
        made.shown.parent.name
    ]


def test_status_is_judged_by_the_clock_and_by_the_pages(folder, monkeypatch):
    out = folder / "site"
    assert changes.status(out) == ([f"No release is shown in {out}."], False)
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
