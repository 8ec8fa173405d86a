"""A page is rebuilt only when something it rests on changed, and the reason is said."""

import hashlib
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from notebook_maker import PROVENANCE, entry, fact, notebook, plan, show
from outcomes.core import project
from outcomes.publish import build as site
from outcomes.publish import keeper, releases, staleness
from outcomes.publish import plan as plans


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
        "described": "",
    }
    assert not staleness._rows_changed(reading | {"digest": "other"}), (
        "the file is as it was"
    )
    assert not staleness._rows_changed(reading | {"file": "other"})
    assert staleness._rows_changed(reading | {"file": "other", "digest": "other"})
    table.unlink()
    assert staleness._rows_changed(reading)


def test_a_page_cites_what_the_description_of_its_table_says(home):
    """Who made a table, corrected there, is on every page that reads it, and on no other."""
    assert why(home) == ""
    (read,) = staleness.readings([{"table": "counts", "where": {}}])
    both = [{"name": "counts", "title": "a"}, {"name": "other", "title": "b"}]
    releases.write(home / "data/datapackage.json", json.dumps({"resources": both[1:]}))
    assert not staleness._described_anew(read)
    releases.write(home / "data/datapackage.json", json.dumps({"resources": both}))
    assert staleness._described_anew(read)
    (read,) = staleness.readings([{"table": "counts", "where": {}}])
    both[1]["title"] = "c"
    releases.write(home / "data/datapackage.json", json.dumps({"resources": both}))
    assert not staleness._described_anew(read)


def test_what_stands_beside_pages_is_part_of_what_a_site_rests_on(home):
    """What questions assume, and where pages have moved to: written anew with each release."""
    found = plans.read(home / "reports.toml")
    before = staleness.beside_digest(found), staleness.site_digest(found.file)
    releases.write(home / "docs/assumptions.csv", "question,assumption\n")
    after = staleness.beside_digest(found), staleness.site_digest(found.file)
    assert before[0] != after[0] and before[1] != after[1]
    text = found.file.read_text("utf-8")
    found.file.write_text(f'{text}\n[moved]\nold = "demo"\n', "utf-8")
    assert staleness.beside_digest(plans.read(found.file)) != after[0]


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


ROOT = Path(__file__).parents[2]


PLAIN = 'wave = "2023-11"  # : the week of action'


LOCK = f"a==1 \\\n    --hash=sha256:{'0' * 64}\n"


COUNTS = "district,month,n\nBurnley,2024-01,10\nPreston,2024-01,20\n"


def reads(**where):
    """A last cell that says which rows of ``counts`` the page read."""
    listed = [{"table": "counts", "where": where}]
    return f'display({{"text/plain": "End.", "{PROVENANCE}": {{"reads": {listed}}}}}, raw=True)'


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """Three pages: one reads Burnley's rows, one Preston's, one all of them."""
    monkeypatch.setenv("OUTCOMES_DATA", str(tmp_path / "data"))
    (tmp_path / "data/clean").mkdir(parents=True)
    (tmp_path / "data/datapackage.json").write_text('{"resources": []}')
    (tmp_path / "data/glossary.csv").write_text("term,meaning,source\n")
    (tmp_path / "data/clean/counts.csv").write_text(COUNTS)
    slices = {
        "burnley": {"district": "Burnley"},
        "preston": {"district": "Preston"},
        "all": {},
    }
    for name, where in slices.items():
        path = tmp_path / f"notebooks/{name}.ipynb"
        notebook(path, show(fact()), parameters=PLAIN, end=reads(**where))
    plan(tmp_path, "".join(entry(name, name, name.title()) for name in slices))
    (tmp_path / "requirements.lock").write_text(LOCK)
    return tmp_path


def build(folder, **options):
    found = plans.read(folder / "reports.toml")
    made = site.build(found, found.resolve(), out=folder / "site", workers=2, **options)
    return made, [e["handle"] for e in made.entries if e["built"] == made.path.name]


def reasons_of(folder):
    shown = releases.latest(folder / "site")
    before = {e["handle"]: e for e in releases.manifest(shown)["pages"]}
    found = plans.read(folder / "reports.toml")
    return staleness.reasons(found, found.pages, shown, before)


@pytest.mark.build
def test_a_second_build_has_nothing_to_do_and_makes_no_release(folder):
    first, built = build(folder)
    assert built == ["burnley", "preston", "all"]
    second, _ = build(folder)
    assert (second.new, second.path) == (False, first.path)
    assert releases.names(folder / "site") == [first.path.name]
    third, built = build(folder, force=True)
    assert third.new and len(built) == 3


@pytest.mark.build
def test_only_the_pages_that_read_a_revised_row_are_rebuilt(folder):
    first, _ = build(folder)
    table = folder / "data/clean/counts.csv"
    table.write_text(COUNTS.replace("Burnley,2024-01,10", "Burnley,2024-01,11"))
    assert reasons_of(folder) == dict.fromkeys(
        ["burnley", "all"], "rows it reads changed: counts"
    )
    second, built = build(folder)
    assert built == ["burnley", "all"]
    states = {e["handle"]: e["state"] for e in second.entries}
    assert states == {"burnley": "built", "preston": "unchanged", "all": "built"}
    assert (first.path / "preston.html").read_bytes() == (
        second.path / "preston.html"
    ).read_bytes()
    assert reasons_of(folder) == {}


@pytest.mark.build
@pytest.mark.parametrize(
    ("change", "pages", "reason"),
    [
        ("notebook", ["all"], "the notebook changed"),
        ("lock", ["burnley", "preston", "all"], "the locked packages changed"),
        ("code", ["burnley", "preston", "all"], "the library's code changed"),
        ("parameters", ["preston"], "its parameters changed"),
        ("title", ["preston"], "its entry in the plan changed"),
        ("new", ["more"], "it is new"),
        ("gone", ["all"], "its file is missing"),
        ("table", ["burnley", "preston", "all"], "rows it reads changed: counts"),
    ],
)
def test_each_change_names_its_pages_and_its_reason(
    folder, monkeypatch, change, pages, reason
):
    build(folder)
    file = folder / "reports.toml"
    if change == "notebook":
        notebook(
            folder / "notebooks/all.ipynb",
            show(fact()),
            "1",
            parameters=PLAIN,
            end=reads(),
        )
    elif change == "lock":
        (folder / "requirements.lock").write_text(LOCK.replace("a==1", "a==2"))
    elif change == "code":
        monkeypatch.setattr(staleness, "code_digest", lambda: "other")
    elif change == "parameters":
        old = entry("preston", "preston", "Preston")
        new = entry("preston", "preston", "Preston", parameters={"wave": "2024-05"})
        file.write_text(file.read_text().replace(old, new))
    elif change == "title":
        file.write_text(file.read_text().replace('"Preston"', '"Preston, the city"'))
    elif change == "new":
        file.write_text(file.read_text() + entry("more", "all", "More"))
    elif change == "gone":
        (folder / "site/latest/all.html").unlink()
    elif change == "table":
        (folder / "data/clean/counts.csv").unlink()
    assert reasons_of(folder) == dict.fromkeys(pages, reason)


@pytest.mark.build
def test_a_page_that_failed_is_tried_again(folder):
    notebook(folder / "notebooks/all.ipynb", "1 / 0", parameters=PLAIN)
    build(folder)
    assert reasons_of(folder) == {"all": "it failed last time"}


EDITS = {
    "a row more": "open(table, 'a').write('Preston,2024-02,1\\n')",
    "put back": (
        "import os, time\nheld, seen = open(table).read(), os.stat(table)\n"
        "open(table, 'w').write(held.replace('1', '7'))\n"
        "time.sleep(0.1)\nopen(table, 'w').write(held)\n"
        "os.utime(table, ns=(seen.st_atime_ns, seen.st_mtime_ns))"
    ),
    "of the same size and age": (
        "import os\nheld, seen = open(table).read(), os.stat(table)\n"
        "open(table, 'w').write(held.replace('1', '7'))\n"
        "os.utime(table, ns=(seen.st_atime_ns, seen.st_mtime_ns))"
    ),
    "taken away": "import os\nos.unlink(table)",
}
# What a page may try on any file of the collection, or beside it.
TRIES = """
import mmap, os, pathlib, shutil, subprocess, sys
def through_memory(file):
    with open(file, "r+") as f:
        mmap.mmap(f.fileno(), 0)[:1] = b"7"
def by_a_child(file):
    if subprocess.run([sys.executable, "-c", f"open({str(file)!r}, 'a').write('7')"]).returncode:
        raise OSError
def linked(file):
    os.link(file, "mine")
    open("mine", "a").write("7")
def by_a_symbolic_link(file):
    os.symlink(file, f"soft{file.name}")
    open(f"soft{file.name}", "a").write("7")
def replaced(file):
    open("other", "w").write("7")
    os.replace("other", file)
tries = [through_memory, by_a_child, linked, by_a_symbolic_link, replaced]
tries += [os.unlink, lambda f: os.truncate(f, 1), lambda f: f.write_text("7")]
tries += [lambda f: shutil.move(f, "mine"), lambda f: f.with_name("more").write_text("7")]
tries += [lambda f: f.with_name("folder").mkdir(), lambda f: f.with_name("s").symlink_to(f)]
done = []
for file in FILES:
    for n, attempt in enumerate(tries):
        try:
            attempt(pathlib.Path(file))
            done.append((file, n))
        except OSError:
            pass
if done:
    raise ValueError(done)
pathlib.Path("here").write_text("a page may write into its own folder")
"""


def meddling(folder: Path, code: str) -> site.Release:
    """A build of all pages, one of which runs some code and shows its finding all the same."""
    table = folder / "data/clean/counts.csv"
    cells = [f"table = {str(table)!r}\n{code}", show(fact())]
    path = folder / "notebooks/all.ipynb"
    notebook(path, *cells, parameters=PLAIN, end=reads())
    return build(folder)[0]


@pytest.mark.build
@pytest.mark.parametrize("edit", EDITS.values(), ids=EDITS)
def test_a_page_that_edits_a_table_fails_and_no_other_number_is_of_the_edited(
    folder, monkeypatch, edit
):
    monkeypatch.setenv("OUTCOMES_KERNELS", "ordinary")  # nothing keeps it from it
    true = staleness.table_digest("counts")
    made = meddling(folder, edit)
    said = {e["handle"]: e["error"]["message"] for e in made.failed}
    assert "data/clean/counts.csv changed while it ran" in said["all"]
    fine = [e for e in made.entries if e["state"] == "built"]
    assert all(read["file"] == true for e in fine for read in e["reads"])
    assert "it failed last time" in reasons_of(folder)["all"]


can_be_refused = pytest.mark.skipif(
    sys.platform != "linux" or not keeper.can_confine(),
    reason="the system does not keep a process from writing (Landlock)",
)


@pytest.mark.build
@can_be_refused
def test_a_page_cannot_write_to_a_table_and_the_other_pages_are_built(folder):
    made = meddling(folder, EDITS["a row more"])
    (failed,) = made.failed
    assert failed["handle"] == "all"
    assert "may write into its own folder only" in failed["error"]["message"]
    assert (folder / "data/clean/counts.csv").read_text() == COUNTS


@pytest.mark.build
@can_be_refused
def test_a_page_cannot_change_any_file_of_the_collection(folder):
    build(folder)
    kept = [
        "data/clean/counts.csv",
        "data/glossary.csv",
        "reports.toml",
        "requirements.lock",
        "notebooks/burnley.ipynb",
        "site/latest/burnley.html",
        "site/latest/manifest.json",
    ]
    before = {path: (folder / path).read_bytes() for path in kept}
    around = {p for p in folder.rglob("*") if "site" not in p.parts}
    files = [str(folder / path) for path in kept] + [staleness.__file__]
    made = meddling(folder, f"FILES = {files!r}\n{TRIES}")
    assert made.failed == []
    assert {path: (folder / path).read_bytes() for path in kept[:4]} == {
        path: before[path] for path in kept[:4]
    }
    assert {p for p in folder.rglob("*") if "site" not in p.parts} == around


@pytest.mark.build
def test_a_page_taken_out_of_the_plan_leaves_the_site_though_nothing_is_rebuilt(folder):
    build(folder)
    file = folder / "reports.toml"
    file.write_text(file.read_text().replace(entry("all", "all", "All"), ""))
    made, built = build(folder)
    assert made.new and built == []
    assert not (made.path / "all.html").exists()


def outcomes(folder, *arguments, code="from outcomes.cli import main; main()"):
    command = [sys.executable, "-c", code, *arguments]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True)


@pytest.mark.build
def test_the_command_says_there_is_nothing_to_do_and_loads_no_heavy_library(folder):
    assert outcomes(folder, "build").returncode == 0
    code = (
        "import sys\nfrom outcomes.cli import main\ntry: main()\nexcept SystemExit: pass\n"
        "print([m for m in ('pandas', 'papermill', 'nbconvert', 'zmq') if m in sys.modules])"
    )
    ran = outcomes(folder, "build", code=code)
    said, loaded = ran.stdout.splitlines()
    assert said.startswith("Nothing to do: every page is up to date.")
    assert loaded == "[]"
    (folder / "reports.toml").write_text(
        (folder / "reports.toml").read_text() + "# a comment\n"
    )
    ran = outcomes(folder, "build")
    assert ran.stdout.startswith("Nothing to do: 3 pages are up to date.")
    assert ran.returncode == 0


@pytest.mark.build
def test_dry_run_lists_pages_with_their_reasons_and_changes_nothing(folder):
    assert (
        "3 of 3 pages would be built." in outcomes(folder, "build", "--dry-run").stdout
    )
    assert not (folder / "site").exists()
    build(folder)
    before = sorted(os.listdir(folder / "site/releases"))
    table = folder / "data/clean/counts.csv"
    table.write_text(COUNTS.replace("Preston,2024-01,20", "Preston,2024-01,21"))
    said = outcomes(folder, "build", "--dry-run").stdout.splitlines()
    assert said == [
        "preston  rows it reads changed: counts",
        "all  rows it reads changed: counts",
        "2 of 3 pages would be built.",
    ]
    assert sorted(os.listdir(folder / "site/releases")) == before
    assert "burnley  it was asked for by --force" in (
        outcomes(folder, "build", "--dry-run", "--force").stdout
    )


@pytest.mark.build
def test_only_pages_of_a_schedule(folder):
    file = folder / "reports.toml"
    file.write_text(
        file.read_text() + entry("yearly", "all", "Yearly", schedule="yearly")
    )
    made = outcomes(folder, "build", "--schedule", "yearly")
    assert made.returncode == 0, made.stderr
    listed = json.loads((folder / "site/latest/manifest.json").read_text())["pages"]
    assert [e["handle"] for e in listed] == ["yearly"]
    assert "'monthly'" in outcomes(folder, "build", "--schedule", "monthy").stderr


@pytest.mark.build
def test_the_collection_rebuilds_only_readers_of_one_districts_revised_month(
    tmp_path, monkeypatch
):
    """On the real tables: readings of two districts, a revised month of one."""
    import pandas as pd

    shutil.copytree(ROOT / "data", tmp_path / "data")
    monkeypatch.setenv("OUTCOMES_DATA", str(tmp_path / "data"))
    table = tmp_path / "data/clean/crime_monthly.parquet"
    frame = pd.read_parquet(table)
    one, two = sorted(set(frame["district"]) - {""})[:2]
    readings = staleness.readings(
        {"table": "crime_monthly", "where": {"district": d}} for d in (one, two)
    )
    frame.loc[frame.index[frame["district"] == one][0], "n"] += 1
    frame.to_parquet(table, index=False)
    os.utime(table, (1, 1))
    assert [staleness._rows_changed(r) for r in readings] == [True, False]
