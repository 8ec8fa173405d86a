"""A page is rebuilt only when something it rests on changed, and the reason is said."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from notebook_maker import PROVENANCE, entry, fact, notebook, plan, show
from outcomes.publish import build as site
from outcomes.publish import plan as plans
from outcomes.publish import releases, staleness

pytestmark = pytest.mark.build
ROOT = Path(__file__).parents[1]
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


def why(folder):
    shown = releases.latest(folder / "site")
    before = {e["handle"]: e for e in releases.manifest(shown)["pages"]}
    found = plans.read(folder / "reports.toml")
    return staleness.reasons(found, found.pages, shown, before)


def test_a_second_build_has_nothing_to_do_and_makes_no_release(folder):
    first, built = build(folder)
    assert built == ["burnley", "preston", "all"]
    second, _ = build(folder)
    assert (second.new, second.path) == (False, first.path)
    assert releases.names(folder / "site") == [first.path.name]
    third, built = build(folder, force=True)
    assert third.new and len(built) == 3


def test_only_the_pages_that_read_a_revised_row_are_rebuilt(folder):
    first, _ = build(folder)
    table = folder / "data/clean/counts.csv"
    table.write_text(COUNTS.replace("Burnley,2024-01,10", "Burnley,2024-01,11"))
    assert why(folder) == dict.fromkeys(
        ["burnley", "all"], "rows it reads changed: counts"
    )
    second, built = build(folder)
    assert built == ["burnley", "all"]
    states = {e["handle"]: e["state"] for e in second.entries}
    assert states == {"burnley": "built", "preston": "unchanged", "all": "built"}
    assert (first.path / "preston.html").read_bytes() == (
        second.path / "preston.html"
    ).read_bytes()
    assert why(folder) == {}


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
    assert why(folder) == dict.fromkeys(pages, reason)


def test_a_page_that_failed_is_tried_again(folder):
    notebook(folder / "notebooks/all.ipynb", "1 / 0", parameters=PLAIN)
    build(folder)
    assert why(folder) == {"all": "it failed last time"}


def test_tables_that_change_while_a_page_runs_are_noticed(folder):
    table = folder / "data/clean/counts.csv"
    cell = f"open({str(table)!r}, 'a').write('Preston,2024-02,1\\n')"
    notebook(
        folder / "notebooks/all.ipynb",
        cell,
        show(fact()),
        parameters=PLAIN,
        end=reads(),
    )
    made, _ = build(folder)
    assert "changed while it ran" in made.failed[-1]["error"]["message"]
    assert "it failed last time" in why(folder)["all"]


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
