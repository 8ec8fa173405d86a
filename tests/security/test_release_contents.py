"""A release is its list: what is shipped is made by the publisher, and what is shown is watched."""

import hashlib
import json
import os
import re
import shutil
from pathlib import Path

import pytest

from notebook_maker import entry, fact, notebook, plan, show
from outcomes.core.errors import Invalid
from outcomes.core.mime import FINDING, PROVENANCE
from outcomes.publish import build as site
from outcomes.publish import changes, execute, parameters, releases, review, staleness
from outcomes.publish import plan as plans

HANDLES = ["one", "two"]
SECRET = "raw = {'Wyre': 3, 'Pendle': 40}  # call 01772 614444"


def source(folder: Path, handle: str, one: dict, code: str = "x = 1") -> None:
    """A notebook with stored outputs and foreign metadata, and beside it the same executed."""
    path = notebook(
        folder / f"notebooks/{handle}.ipynb", code, show(one), parameters=None
    )
    held = parameters.load(path)
    html = f'<figure class="finding" id="found"><p>{one["sentence"]}</p></figure>'
    bundle = {"text/plain": "", "text/html": html, FINDING: one}
    shown = [{}, bundle, {"text/plain": "End.", PROVENANCE: {"reads": []}}]
    done = json.loads(json.dumps(held))
    for cell, data in zip(done["cells"][2:], shown, strict=True):
        out = {"output_type": "display_data", "data": data, "metadata": {}}
        cell |= {"execution_count": 1, "outputs": [out] if data else []}
    releases.write(folder / f"done/{handle}.ipynb", json.dumps(done))
    script = {"text/html": "<script>steal()</script>", "application/javascript": "x"}
    out = {"output_type": "display_data", "data": script, "metadata": {"by": "Jo"}}
    held["cells"][2] |= {"outputs": [out], "execution_count": 9}
    held["cells"][2]["metadata"] = {"tags": ["keep"], "author": "01772 614444"}
    held["metadata"] |= {"authors": [{"name": "Jo Bloggs"}], "widgets": {"x": 1}}
    path.write_text(json.dumps(held), encoding="utf-8")


@pytest.fixture
def folder(tmp_path, monkeypatch) -> Path:
    """A site of two pages, built without kernels."""
    monkeypatch.setattr(os, "sync", lambda: None)
    monkeypatch.setattr(execute, "prepare", lambda: None)
    monkeypatch.setattr(site, "check_tables", lambda out: [])

    def run(jobs, workers):
        for job in jobs:
            shutil.copyfile(tmp_path / f"done/{job.handle}.ipynb", job.output)
            for planted in PLANTED:
                planted(tmp_path / "site/.staging/site", job.handle)
            yield execute.Result(job.handle, 0.0)

    monkeypatch.setattr(execute, "run", run)
    plan(tmp_path, "".join(entry(h, h, h.title()) for h in HANDLES))
    for handle in HANDLES:
        source(tmp_path, handle, fact("found", f"{handle.title()} is well."))
    PLANTED.clear()
    return tmp_path


PLANTED: list = []


def build(folder, *handles, said=lambda sentence: None, **options) -> site.Release:
    found = plans.read(folder / "reports.toml")
    pages = found.resolve(handles)
    options = {"out": folder / "site", "workers": 1, "say": said} | options
    return site.build(found, pages, **options)


def files(release: Path) -> set[str]:
    return {p.relative_to(release).as_posix() for p in release.rglob("*.*")}


def test_every_file_of_a_release_stands_in_its_manifest_with_its_digest(folder):
    made = build(folder).path
    known = releases.manifest(made)["files"]
    assert set(known) == files(made) - {"manifest.json"}
    for path, digest in known.items():
        assert hashlib.sha256((made / path).read_bytes()).hexdigest() == digest


def test_a_published_notebook_has_no_outputs_and_nothing_of_its_author(folder):
    made = build(folder).path
    text = (made / "notebooks/one.ipynb").read_text("utf-8")
    for word in ("script", "javascript", "Bloggs", "01772", "widgets", "steal"):
        assert word not in text
    cells = json.loads(text)["cells"]
    assert cells[2]["metadata"] == {"tags": ["keep"]}
    assert all(not c.get("outputs") and not c.get("execution_count") for c in cells)


@pytest.mark.parametrize("sign", ["In Wyre [c] people were arrested."])
def test_where_a_count_is_withheld_no_code_is_published(folder, sign):
    source(folder, "one", fact("found", sign), SECRET)
    made = build(folder).path
    for name in ("one.html", "notebooks/one.ipynb", "search.js", "findings.csv"):
        text = (made / name).read_text("utf-8") if (made / name).is_file() else ""
        assert "Pendle'" not in text and "raw =" not in text and "01772" not in text, (
            name
        )
    assert "counts on this page are withheld" in (made / "one.html").read_text("utf-8")
    assert "x = 1" in (made / "two.html").read_text("utf-8"), "others show theirs"


def test_code_and_notebooks_are_looked_at_as_the_page_is(folder, tmp_path):
    code = "# 3 people were arrested; write to jo.bloggs@example.org"
    source(folder, "one", fact("found", "One is well."), code)
    made, docs = build(folder).path, tmp_path / "docs"
    releases.write(docs / "privacy.toml", "")
    reviewed = review.Reviewed(
        made, releases.manifest(made), releases.manifest(None), docs, []
    )
    said = " ".join(review.small_counts(reviewed))
    assert "one.html: “3 people” is a small count" in said
    told = " ".join(review.personal_data(reviewed))
    assert "one.html" in told and "notebooks/one.ipynb" in told


PLANTS = {
    "page": lambda s, h: releases.write(s / "planted.html", "<script>x</script>"),
    "script": lambda s, h: releases.write(s / "planted.js", "x"),
    "hidden": lambda s, h: releases.write(s / ".htaccess", "x"),
    "table of a page": lambda s, h: releases.write(s / f"{h}/more.csv", "name\nJo\n"),
    "notebook": lambda s, h: releases.write(s / "notebooks/p.ipynb", "{}"),
    "deep": lambda s, h: releases.write(s / "a/b/c/d.txt", "x"),
    "without suffix": lambda s, h: releases.write(s / "CNAME", "x"),
    "part": lambda s, h: releases.write(s / "manifest.json.part", "x"),
}


@pytest.mark.parametrize("plant", PLANTS.values(), ids=PLANTS)
def test_what_a_notebook_planted_is_left_out_and_said(folder, plant):
    PLANTED.append(plant)
    said = []
    made = build(folder, said=said.append).path
    assert files(made) - {"manifest.json"} == set(releases.manifest(made)["files"])
    names = {p.name for p in made.rglob("*") if p.is_file()}
    assert not names & {"planted.html", "planted.js", "more.csv", "CNAME", "d.txt"}
    assert any("was left out of the release" in s for s in said)


def test_a_link_that_a_notebook_laid_is_left_out(folder):
    def lay(staged, handle):
        staged.mkdir(exist_ok=True)
        (staged / "passwd").unlink(missing_ok=True)
        (staged / "passwd").symlink_to("/etc/passwd")

    PLANTED.append(lay)
    made = build(folder).path
    assert not (made / "passwd").is_symlink()


CHANGES = ["one.html", "one/found.csv"]


@pytest.mark.parametrize("path", CHANGES)
def test_a_file_that_a_later_notebook_overwrote_is_refused(folder, path):
    def overwrite(staged, handle):
        if handle == "two" and (staged / path).is_file():
            (staged / path).write_text("<p>other</p>", "utf-8")

    PLANTED.append(overwrite)
    with pytest.raises(RuntimeError, match=r"was changed by something other than"):
        build(folder)
    assert releases.latest(folder / "site") is None


HARMS = {
    "page gone": lambda r: (r / "one.html").unlink(),
    "index gone": lambda r: (r / "index.html").unlink(),
    "table gone": lambda r: (r / "one/found.csv").unlink(),
    "feed gone": lambda r: (r / "feed.xml").unlink(),
    "notebook gone": lambda r: (r / "notebooks/two.ipynb").unlink(),
    "page cut": lambda r: os.truncate(r / "two.html", 100),
    "page emptied": lambda r: os.truncate(r / "two.html", 0),
    "page tampered": lambda r: (r / "one.html").write_text("<script>x</script>"),
    "index tampered": lambda r: (r / "index.html").write_text("x"),
    "a byte of a table": lambda r: (r / "one/found.csv").open("a").write(" "),
    "page more": lambda r: (r / "more.html").write_text("<script>x</script>"),
    "table more": lambda r: (r / "one/more.csv").write_text("name\nJo\n"),
    "file more that is hidden": lambda r: (r / ".htaccess").write_text("x"),
    "link more": lambda r: (r / "passwd").symlink_to("/etc/passwd"),
    "page is a folder": lambda r: [(r / "one.html").unlink(), (r / "one.html").mkdir()],
    "manifest empty": lambda r: (r / "manifest.json").write_text(""),
    "manifest cut": lambda r: os.truncate(r / "manifest.json", 300),
    "manifest list": lambda r: (r / "manifest.json").write_text("[]"),
    "manifest object": lambda r: (r / "manifest.json").write_text("{}"),
    "manifest null": lambda r: (r / "manifest.json").write_text("null"),
    "manifest of no pages": lambda r: (r / "manifest.json").write_text(
        '{"release": "x", "pages": 5}'
    ),
    "manifest of odd pages": lambda r: (r / "manifest.json").write_text(
        '{"release": "20260101T000000Z-x", "pages": [{}]}'
    ),
    "manifest in Latin-1": lambda r: (r / "manifest.json").write_bytes(b'"\xe9\xff"'),
    "manifest nested": lambda r: (r / "manifest.json").write_text("[" * 99999),
    "manifest gone": lambda r: (r / "manifest.json").unlink(),
    "release gone": lambda r: shutil.rmtree(r),
}


def said_by(release: Path, handle: str) -> str:
    """A page but for the name of the release in which it was built."""
    html = (release / f"{handle}.html").read_text("utf-8")
    return re.sub(r"\d{8}T\d{6}Z-[0-9a-f]{8}(-\d+)?", "", html)


@pytest.mark.parametrize("harm", HARMS.values(), ids=HARMS)
def test_a_shown_release_that_is_damaged_is_told_by_status_and_mended_by_build(
    folder, harm
):
    first = build(folder)
    out, digest = folder / "site", staleness.site_digest(folder / "reports.toml")
    assert releases.up_to_date(out, digest) and changes.status(out)[1]
    before = [said_by(first.path, handle) for handle in HANDLES]
    harm(first.path)
    assert not releases.up_to_date(out, digest), "the quick look sees it"
    lines, good = changes.status(out)
    assert not good and all(lines)
    made = build(folder)
    assert made.new and not made.failed
    assert changes.status(out)[1] and releases.up_to_date(out, digest)
    assert [said_by(made.path, handle) for handle in HANDLES] == before


def test_a_link_to_the_release_that_a_copy_made_a_folder_is_told(folder):
    made, out = build(folder).path, folder / "site"
    (out / "latest").unlink()
    shutil.copytree(made, out / "latest")
    for ask in (build, lambda folder: changes.status(out)):
        with pytest.raises(Invalid, match="is a folder, where a build lays a link"):
            ask(folder)
    (out / "latest").rename(out / "away")
    assert build(folder).new and changes.status(out)[1]


def test_a_folder_in_the_place_of_a_note_is_no_obstacle(folder):
    build(folder)
    out = folder / "site"
    (out / ".standing").unlink()
    (out / ".standing/x").mkdir(parents=True)
    build(folder)
    assert releases.up_to_date(out, staleness.site_digest(folder / "reports.toml"))


@pytest.mark.parametrize("harm", ["page gone", "page tampered"])
def test_a_damaged_page_that_nobody_asked_for_is_said_and_not_shown(folder, harm):
    HARMS[harm](build(folder).path)
    made = build(folder, "two", force=True)
    (entry_of_one,) = made.failing
    assert entry_of_one["handle"] == "one" and "build it again" in str(entry_of_one)
    assert "script" not in (made.path / "one.html").read_text("utf-8").split("body")[1]
    assert not build(folder).failing


def test_a_release_of_a_wrong_clock_is_told_and_replaced(folder, monkeypatch):
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "2100000000")
    build(folder)
    out = folder / "site"
    monkeypatch.delenv("SOURCE_DATE_EPOCH")
    lines, good = changes.status(out, "1h")
    assert not good and "dated in the future" in lines[1]
    assert not releases.up_to_date(out, staleness.site_digest(folder / "reports.toml"))
    assert build(folder).new
    assert changes.status(out, "1h")[1]
    os.utime(out / ".standing", (2100000000, 2100000000))
    assert releases.last_checked(out) == 0.0


def test_a_year_of_nightly_releases_grows_by_less_than_50_megabytes(tmp_path):
    """The record of a site of 68 pages, as large as the real one, packed."""
    draw = os.urandom
    facts = [
        fact(f"found-{n}", f"{draw(4).hex()} of 42 shops sold a knife.", numbers={})
        for n in range(10)
    ]
    page = {"handle": "x", "state": "built", "findings": facts, "source": "0" * 64}
    record = {
        "release": "20260101T000000Z-x",
        "pages": [page | {"handle": f"p{n}"} for n in range(68)],
    }
    record["files"] = {f"p{n}/x.csv": draw(32).hex() for n in range(400)}
    folder = tmp_path / "releases/20260101T000000Z-x"
    releases.write(folder / "manifest.json", json.dumps(record, indent=1))
    releases._archive(folder)
    (left,) = folder.iterdir()
    assert left.stat().st_size * 365 < 50e6
    assert releases.manifest(folder)["pages"] == record["pages"]
