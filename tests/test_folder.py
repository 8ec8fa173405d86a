"""The folder of a site and what pages rest on, tried without building any page."""

import hashlib
import json
import os
import threading
from pathlib import Path

import pytest

from notebook_maker import entry, notebook, plan
from outcomes.core import project
from outcomes.core.errors import Invalid
from outcomes.publish import plan as plans
from outcomes.publish import releases, review, staleness
from outcomes.publish.review import Check

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
        assert left == ["findings.csv", "manifest.json"]


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


@pytest.fixture
def home(tmp_path, monkeypatch) -> Path:
    """A plan with one page that has been built, and a table it reads."""
    monkeypatch.setenv("OUTCOMES_DATA", str(tmp_path / "data"))
    releases.write(tmp_path / "data/clean/counts.csv", "n\n1\n")
    releases.write(tmp_path / "data/datapackage.json", '{"resources": []}')
    releases.write(tmp_path / "data/glossary.csv", "term,meaning,source\n")
    releases.write(tmp_path / "requirements.lock", "a==1")
    notebook(tmp_path / "notebooks/demo.ipynb")
    plan(tmp_path, entry("demo", "demo"))
    return tmp_path


def why(home, force=False, **old):
    found = plans.read(home / "reports.toml")
    (page,) = found.pages
    record = {**vars(page), "state": "built"} | staleness.fingerprint(found, page)
    record["reads"] = staleness.readings([{"table": "counts", "where": {}}])
    releases.write(home / "shown/demo.html", "x")
    before = {"demo": record | old}
    return staleness.reasons(found, [page], home / "shown", before, force=force).get(
        "demo", ""
    )


@pytest.mark.parametrize(
    ("old", "reason"),
    [
        ({}, ""),
        ({"source": "x"}, "the notebook changed"),
        ({"parameters": {"wave": "x"}}, "its parameters changed"),
        ({"code": "x"}, "the library's code changed"),
        ({"lock": "x"}, "the locked packages changed"),
        ({"state": "kept"}, "it failed last time"),
        (
            {"state": "failed", "lock": "x"},
            "it failed last time; the locked packages changed",
        ),
        ({"state": "carried"}, ""),
        *(
            ({key: "x"}, "its entry in the plan changed")
            for key in ("title", "group", "schedule")
        ),
        (
            {"reads": [{"table": t, "where": {}} for t in ("b", "a", "b")]},
            "rows it reads changed: a, b",
        ),
    ],
)
def test_each_reason_for_a_page_to_be_due_is_said(home, old, reason):
    assert why(home, **old) == reason
    asked = "it was asked for by --force"
    assert why(home, force=True, **old) == (f"{asked}; {reason}" if reason else asked)


def test_a_page_rests_on_notebook_parameters_code_and_lock(home):
    found = plans.read(home / "reports.toml")
    source = (home / "notebooks/demo.ipynb").read_bytes()
    rests = {
        "source": hashlib.sha256(source).hexdigest(),
        "parameters": {},
        "code": staleness.code_digest(),
        "lock": hashlib.sha256(b"a==1").hexdigest(),
    }
    assert staleness.fingerprint(found, found.pages[0]) == rests
    (home / "requirements.lock").unlink()
    assert staleness.fingerprint(found, found.pages[0]) == rests | {"lock": ""}


def test_a_page_whose_file_is_missing_is_due(home):
    assert why(home) == ""
    found = plans.read(home / "reports.toml")
    before = {"demo": {**vars(found.pages[0]), "state": "built", "reads": []}}
    before["demo"] |= staleness.fingerprint(found, found.pages[0])
    reasons = [
        staleness.reasons(found, found.pages, p, before)
        for p in (home / "shown", home, None)
    ]
    assert reasons == [{}, {"demo": "its file is missing"}, {}]
    assert staleness.reasons(found, found.pages, None, {}, force=True) == {
        "demo": "it is new"
    }


def test_rows_are_looked_at_only_when_the_file_of_the_table_is_another(home):
    (reading,) = staleness.readings([{"table": "counts", "where": {}}])
    table = home / "data/clean/counts.csv"
    assert reading == {
        "table": "counts",
        "where": {},
        "rows": 1,
        "digest": reading["digest"],
        "file": hashlib.sha256(b"n\n1\n").hexdigest(),
    }
    assert not staleness._rows_changed(reading | {"digest": "other"}), (
        "the file is as it was"
    )
    assert not staleness._rows_changed(reading | {"file": "other"})
    assert staleness._rows_changed(reading | {"file": "other", "digest": "other"})
    table.unlink()
    assert staleness._rows_changed(reading)


def test_the_digest_of_readings_is_of_tables_rows_and_their_choice():
    one = {
        "table": "t",
        "where": {"a": "1", "b": "2"},
        "digest": "d",
        "rows": 3,
        "file": "f",
    }
    same = one | {"where": {"b": "2", "a": "1"}, "rows": 4, "file": "g"}
    assert staleness.inputs_digest([one]) == staleness.inputs_digest([same])
    others = ({"table": "u"}, {"where": {"a": "1"}}, {"digest": "e"})
    assert len({staleness.inputs_digest([one | other]) for other in ({}, *others)}) == 4
    text = '[["t", {"a": "1", "b": "2"}, "d"]]'
    assert staleness.inputs_digest([one]) == hashlib.sha256(text.encode()).hexdigest()


@pytest.mark.parametrize(
    "file",
    [
        "reports.toml",
        "requirements.lock",
        "notebooks/demo.ipynb",
        "notebooks/new/other.ipynb",
        "data/datapackage.json",
        "data/glossary.csv",
        "data/clean/counts.csv",
        "data/clean/new.csv",
    ],
)
def test_a_site_no_longer_stands_when_a_file_it_rests_on_is_another(home, file):
    before = staleness.site_digest(home / "reports.toml")
    assert staleness.site_digest(home / "reports.toml") == before
    releases.write(home / file, "other")
    assert staleness.site_digest(home / "reports.toml") != before


def test_a_site_stands_for_one_day_and_for_one_code(home, monkeypatch):
    days = set()
    for seconds in ("1700000000", "1700000001", "1700090000"):
        monkeypatch.setenv("SOURCE_DATE_EPOCH", seconds)
        days.add(staleness.site_digest(home / "reports.toml"))
    assert len(days) == 2
    monkeypatch.setattr(staleness, "code_digest", lambda: "other")
    assert staleness.site_digest(home / "reports.toml") not in days


def test_the_code_is_the_library_without_what_makes_tables_and_without_the_command_line(
    home, tmp_path, monkeypatch
):
    library = tmp_path / "library"
    for name in (
        "__init__.py",
        "show/a.py",
        "ingest/b.py",
        "cli.py",
        "show/__pycache__/a.pyc",
    ):
        releases.write(library / name, name)
    monkeypatch.setattr(staleness, "LIBRARY", library)

    def digest():
        staleness._library_digest.cache_clear()
        return staleness.code_digest()

    first = digest()
    for name in ("ingest/b.py", "cli.py", "show/__pycache__/a.pyc"):
        releases.write(library / name, "other text")
        assert digest() == first, name
    for name in ("show/a.py", "show/new.css", "../data/glossary.csv"):
        before = digest()
        releases.write(library / name, "other text")
        assert digest() != before, name
    staleness._library_digest.cache_clear()


def test_the_data_lie_beside_the_library_unless_another_folder_is_named(monkeypatch):
    monkeypatch.setenv("OUTCOMES_DATA", "/elsewhere")
    assert project.data() == Path("/elsewhere")
    assert staleness.package() == Path("/elsewhere/datapackage.json")
    monkeypatch.delenv("OUTCOMES_DATA")
    assert project.data() == staleness.LIBRARY.parents[1] / "data"
    assert staleness.table_digest("no_such_table") == staleness.file_digest(None) == ""
