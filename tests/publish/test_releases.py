"""The folder of a site: releases, links, staging and the lock, tried without building any page."""

import json
import os
import threading
from pathlib import Path

import pytest

from outcomes.core.errors import Invalid
from outcomes.publish import releases, staleness

GOOD = {"handle": "demo", "state": "built"}
BAD = GOOD | {"state": "kept"}


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


def full(out) -> list[str]:
    return [
        n
        for n in (FIRST, SECOND, THIRD)
        if (out / "releases" / n / "index.html").is_file()
    ]


def test_a_release_is_found_by_its_name_or_the_newest_by_its_beginning(out):
    assert releases.names(out) == [FIRST, SECOND, THIRD]
    assert releases.find(out, FIRST) == out / "releases" / FIRST
    assert releases.find(out, "20260").name == THIRD
    assert releases.find(out, "202602").name == SECOND
    longer = f"{FIRST}-2"
    releases.write(out / "releases" / longer / "manifest.json", "{}")
    assert releases.find(out, FIRST).name == FIRST, (
        "the whole name comes before a longer one"
    )
    with pytest.raises(Invalid, match=r"^release '1999' is not known"):
        releases.find(out, "1999")


def test_what_is_shown_is_a_link_to_a_whole_release_or_nothing(out):
    assert releases.latest(out) == out / "releases" / THIRD
    assert os.readlink(out / "latest") == f"releases/{THIRD}"
    releases.link(out, "latest", SECOND)
    assert releases.latest(out) == out / "releases" / SECOND
    assert not (out / ".latest-new").is_symlink()
    (out / "releases" / SECOND / "manifest.json").unlink()
    assert releases.latest(out) is None
    nothing = {"release": "", "pages": [], "methods": [], "history": []}
    assert releases.manifest(None) == nothing


def test_a_new_release_has_a_name_that_no_other_has(out, monkeypatch):
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1700000000")
    digest = "0123456789abcdef"
    base = "20231114T221320Z-01234567"
    for name in (base, f"{base}-2", f"{base}-3"):
        assert releases.new_name(out, digest) == name
        (out / "releases" / name).mkdir()
    assert staleness.today() == "2023-11-14"


@pytest.mark.parametrize(
    ("keep", "public", "stay"),
    [
        (1, None, [SECOND, THIRD]),  # the newest without a failing page stays besides
        (2, None, [SECOND, THIRD]),
        (1, FIRST, [FIRST, SECOND, THIRD]),
        (9, None, [FIRST, SECOND, THIRD]),
    ],
)
def test_old_releases_are_emptied_but_for_their_record(out, keep, public, stay):
    if public:
        releases.link(out, "public", public)
    releases.prune(out, keep)
    assert full(out) == stay
    for name in {FIRST, SECOND, THIRD} - set(stay):
        left = sorted(p.name for p in (out / "releases" / name).rglob("*"))
        assert left == ["manifest.json.xz"]
        record = releases.manifest(out / "releases" / name)
        assert record["release"] == name


def test_a_release_that_is_shown_again_is_never_emptied(out):
    releases.link(out, "latest", FIRST)
    releases.prune(out, 1)
    assert full(out) == [FIRST, SECOND, THIRD]


def test_a_release_is_put_in_place_and_shown(out):
    releases.write(out / ".staging/site/index.html", "new")
    made = releases.publish(out, out / ".staging/site", "20260401T000000Z-dd")
    assert made == out / "releases/20260401T000000Z-dd"
    assert (out / "latest/index.html").read_text() == "new"


def test_a_page_is_troubled_when_it_is_kept_or_failed():
    states = ("built", "kept", "unchanged", "failed", "carried")
    found = releases.failing({"pages": [{"state": s} for s in states]})
    assert [e["state"] for e in found] == ["kept", "failed"]


def test_staging_keeps_executed_notebooks_to_resume_and_nothing_else(out):
    for name in ("site/old.html", "run/done.ipynb"):
        releases.write(out / ".staging" / name, "x")
    assert releases.staging(out, resume=True) == out / ".staging"
    assert [p.name for p in (out / ".staging").rglob("*")] == ["run", "done.ipynb"]
    releases.staging(out, resume=False)
    assert [p.name for p in (out / ".staging").rglob("*")] == ["run"]
    releases.clear(out)
    releases.clear(out)
    assert not (out / ".staging").exists()


def test_nothing_is_staged_through_a_link(out, tmp_path):
    (tmp_path / "elsewhere").mkdir()
    (out / ".staging").symlink_to(tmp_path / "elsewhere")
    releases.staging(out, resume=True)
    assert list((tmp_path / "elsewhere").iterdir()) == []
    assert not (out / ".staging").is_symlink()


def test_a_site_stands_while_nothing_it_rests_on_has_changed(out):
    assert (releases.up_to_date(out, "d"), releases.last_checked(out)) == (False, 0.0)
    releases.note_up_to_date(out, "d")
    assert releases.up_to_date(out, "d") and not releases.up_to_date(out, "other")
    os.utime(out / ".standing", (7, 7))
    assert releases.last_checked(out) == 7.0
    releases.link(out, "latest", SECOND)
    assert (releases.up_to_date(out, "d"), releases.last_checked(out)) == (False, 0.0)
    (out / "latest").unlink()
    assert (releases.up_to_date(out, "d"), releases.last_checked(out)) == (False, 0.0)


def test_a_file_in_place_of_the_folder_is_said(tmp_path):
    (tmp_path / "site").write_text("x")
    with pytest.raises(Invalid) as error, releases.lock(tmp_path / "site", print):
        pass
    assert (
        str(error.value)
        == f"{str(tmp_path / 'site')!r} is a file; --out needs a folder."
    )


def test_a_second_build_says_that_it_waits_and_a_link_in_place_of_the_lock_is_not_followed(
    tmp_path,
):
    said, first, free = [], threading.Event(), threading.Event()

    def other():
        with releases.lock(tmp_path / "a/site", said.append):
            first.set()
            free.wait(10)

    at_work = threading.Thread(target=other)
    at_work.start()
    assert first.wait(10)

    def heard(text):
        said.append(text)
        free.set()

    with releases.lock(tmp_path / "a/site", heard) as folder:
        assert folder == tmp_path / "a/site" and (folder / "releases").is_dir()
    at_work.join()
    assert said == ["Another build of this site is at work; waiting until it is done."]
    (tmp_path / "a/site/.lock").unlink(missing_ok=True)
    (tmp_path / "a/site/.lock").symlink_to(tmp_path / "target")
    with pytest.raises(OSError), releases.lock(tmp_path / "a/site", said.append):
        pass
    assert not (tmp_path / "target").exists()


def test_files_are_written_as_utf_8_and_whole(tmp_path):
    releases.write(tmp_path / "a/b.txt", "£\n")
    assert (tmp_path / "a/b.txt").read_bytes() == b"\xc2\xa3\n"
    releases.write_whole(tmp_path / "c/d.txt", "£")
    assert [p.name for p in (tmp_path / "c").iterdir()] == ["d.txt"]
    assert (tmp_path / "c/d.txt").read_bytes() == b"\xc2\xa3"
