"""The command line: what it prints, and its exit codes."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

from notebook_maker import entry, fact, notebook, plan, show
from outcomes import cli
from outcomes.publish import build, execute, kernels, staleness

PARAMETERS = 'measures = ["arrests"]  # : what is counted'


@pytest.fixture
def folder(tmp_path):
    cell = show(fact())
    notebook(
        tmp_path / "notebooks/programmes/op_warrior.ipynb", cell, parameters=PARAMETERS
    )
    sweep = {"measures": [["cash"], ["plants"]]}
    pages = entry(
        "op-warrior", "programmes/op_warrior", "Op Warrior", group="programmes"
    )
    more = entry(
        "op-warrior/{measures}",
        "programmes/op_warrior",
        "Op Warrior: {measures}",
        sweep=sweep,
    )
    plan(tmp_path, pages + more)
    return tmp_path


def outcomes(folder, *arguments):
    command = Path(sys.executable).with_name("outcomes")
    return subprocess.run(
        [command, *arguments], cwd=folder, capture_output=True, text=True
    )


def test_list_prints_handles_and_titles(folder):
    ran = outcomes(folder, "list")
    assert ran.returncode == 0
    assert ran.stdout.splitlines()[1].split("  ")[0] == "op-warrior/cash"
    listed = json.loads(outcomes(folder, "list", "--json").stdout)
    assert [p["parameters"] for p in listed] == [
        {},
        {"measures": ["cash"]},
        {"measures": ["plants"]},
    ]


def test_the_plan_is_found_from_a_folder_beneath(folder):
    assert outcomes(folder / "notebooks", "list").stdout.startswith("op-warrior")


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["build", "op-warrior", "-p", "mesures=arrests"], "Did you mean 'measures'?"),
        (["build", "op-warior"], "Did you mean 'op-warrior'?"),
        (["build", "op-warrior", "-p", "measures"], "name=value"),
        (["build", "-p", "measures=cash"], "exactly one page"),
        (["build", "--plan", "none.toml"], "does not exist"),
        (["build", "--out", "reports.toml"], "is a file"),
        (["data", "build", "nowhere"], "does not exist"),
        (["status", "--max-age", "soon"], "35d"),
        (["notebooks", "programmes/op_warior"], "'programmes/op_warrior'"),
    ],
)
def test_what_cannot_be_used_is_one_sentence_and_exit_code_2(folder, arguments, says):
    ran = outcomes(folder, *arguments)
    assert ran.returncode == 2
    assert says in ran.stderr
    assert len(ran.stderr.splitlines()) == 1
    assert ran.stdout == ""
    assert not (folder / "site").exists()


def test_a_notebook_is_named_as_in_the_plan_or_by_its_file(folder):
    for name in ("programmes/op_warrior", "notebooks/programmes/op_warrior.ipynb"):
        ran = outcomes(folder, "notebooks", "--check", name)
        assert "programmes/op_warrior  is stored with more" in ran.stdout, ran.stderr


@pytest.mark.build
def test_build_says_what_it_does_and_where_to_look(folder):
    ran = outcomes(folder, "build", "op-warrior", "--workers", "1")
    assert ran.returncode == 0, ran.stderr
    first, last = ran.stdout.splitlines()
    assert first.startswith("[1/1] op-warrior  ")
    assert last == f"Open {folder}/site/latest/index.html"
    assert outcomes(folder, "status").returncode == 0


@pytest.mark.build
def test_a_failed_page_gives_exit_code_1_and_its_reason(folder):
    notebook(
        folder / "notebooks/programmes/op_warrior.ipynb", "1 / 0", parameters=PARAMETERS
    )
    ran = outcomes(folder, "build", "op-warrior")
    assert ran.returncode == 1
    failed = "FAILED  ZeroDivisionError: division by zero (cell 4)"
    assert failed in ran.stdout
    quiet = outcomes(folder, "--quiet", "--log", "run.log", "build", "op-warrior")
    assert failed in quiet.stdout and "Open" not in quiet.stdout
    assert (folder / "run.log").read_text("utf-8").count(failed) == 1
    assert "division by zero" in outcomes(folder, "--quiet", "status").stdout
    ran = outcomes(folder, "build", "op-warrior", "-p", "measures=cash")
    assert ran.returncode == 1
    assert outcomes(folder, "status").returncode == 1


@pytest.mark.build
def test_a_page_with_chosen_parameters_is_made_beside_the_site(folder):
    ran = outcomes(folder, "build", "op-warrior", "-p", "measures=cash,plants")
    assert ran.returncode == 0, ran.stderr
    shown = Path(ran.stdout.splitlines()[-1].removeprefix("Open "))
    assert "cash and plants" in shown.read_text()
    assert not (folder / "site/latest").exists()


def test_light_commands_load_no_heavy_library(folder):
    code = (
        "import sys, outcomes.cli as c; sys.argv = ['outcomes', 'list'];\n"
        "try: c.main()\nexcept SystemExit: pass\n"
        "print([m for m in ('pandas', 'papermill', 'nbconvert', 'matplotlib') if m in sys.modules])"
    )
    ran = subprocess.run(
        [sys.executable, "-c", code], cwd=folder, capture_output=True, text=True
    )
    assert ran.stdout.splitlines()[-1] == "[]"


@pytest.fixture
def heard(folder, monkeypatch):
    """Runs a command in this process, without kernels; gives what was begun, in order."""
    done = build.Release(folder / "site/releases/now", [])

    def ran(*arguments):
        begun = []
        monkeypatch.setattr(kernels, "why_not_forked", lambda: "")
        monkeypatch.setattr(execute, "prepare", lambda: begun.append("kernels"))
        monkeypatch.setattr(
            build, "build", lambda *_, **__: begun.append("site") or done
        )
        custom = build.CustomPage(folder / "site/adhoc/page.html")
        monkeypatch.setattr(
            build, "build_custom", lambda *_, **__: begun.append("order") or custom
        )
        monkeypatch.chdir(folder)
        assert CliRunner().invoke(cli.app, ["build", *arguments]).exit_code == 0
        return begun

    return ran


def test_the_kernels_imports_begin_before_all_else_when_a_page_is_due(folder, heard):
    assert heard() == ["kernels", "site"]
    assert heard("op-warrior", "-p", "measures=cash") == ["kernels", "order"]
    assert heard("--scheduler", "tcp://here:1") == ["site"], (
        "workers have kernels of their own"
    )
    assert heard("--dry-run") == []


def test_arrow_shares_its_memory_with_all_else(folder, heard, monkeypatch):
    """Its own allocator keeps 60 MB of the gate's reading in the publisher, 30 in each kernel."""
    monkeypatch.setenv("ARROW_DEFAULT_MEMORY_POOL", "")
    monkeypatch.delenv("ARROW_DEFAULT_MEMORY_POOL")
    heard("--dry-run")
    ask = "import pyarrow as pa; print(pa.default_memory_pool().backend_name)"
    for env in (os.environ, kernels.surroundings({})):
        ran = subprocess.run(
            [sys.executable, "-c", ask], env=env, capture_output=True, text=True
        )
        assert ran.stdout == "system\n", ran.stderr


def test_no_kernel_is_begun_when_no_page_is_due(folder, heard, monkeypatch):
    monkeypatch.setattr(
        staleness,
        "reasons",
        lambda *_, force, **__: {"op-warrior": "asked"} if force else {},
    )
    assert heard() == ["site"]
    assert heard("--force") == ["kernels", "site"]


def test_a_log_has_every_line_with_its_time_also_of_a_quiet_run(folder):
    ran = outcomes(folder, "--quiet", "--log", "logs/run.log", "list")
    assert (ran.returncode, ran.stdout, ran.stderr) == (0, "", "")
    wrong = outcomes(folder, "--quiet", "--log", "logs/run.log", "build", "op-warior")
    assert wrong.returncode == 2 and "Did you mean" in wrong.stderr
    lines = (folder / "logs/run.log").read_text(encoding="utf-8").splitlines()
    assert all(re.match(r"\d{4}-\d\d-\d\dT[\d:]{8}[+-]\d{4}  ", line) for line in lines)
    assert len(lines) == 4 and lines[0].endswith("Op Warrior")
    assert lines[-1].endswith(wrong.stderr.strip())


@pytest.mark.build
@pytest.mark.parametrize("quiet", [[], ["--quiet"]])
def test_pages_are_built_though_nobody_listens_any_more(folder, quiet):
    """``outcomes build | head -1``, or the disk of a log that is full; a quiet one says what fails."""
    if quiet:
        text = (folder / "reports.toml").read_text("utf-8")
        notebook(folder / "notebooks/broken.ipynb", "1 / 0", parameters=None)
        plan(folder, text + entry("broken", "broken"))
    command = Path(sys.executable).with_name("outcomes")
    with subprocess.Popen(
        [command, *quiet, "build"],
        cwd=folder,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as build:
        build.stdout.close()
        said = build.stderr.read()
    assert (build.returncode, said) == (len(quiet), "")
    assert (folder / "site/latest/op-warrior/cash.html").is_file()


def test_verbose_says_why_and_cannot_be_quiet_too(folder):
    said = outcomes(folder, "-v", "build", "op-warrior", "--out", "site")
    assert "op-warrior  it is new" in said.stderr, said.stderr
    assert "1 of 1 pages" in said.stderr
    both = outcomes(folder, "-v", "-q", "list")
    assert both.returncode == 2 and "give one" in both.stderr


def test_a_log_that_cannot_be_written_is_one_sentence(folder):
    ran = outcomes(folder, "--log", "notebooks", "list")
    assert ran.returncode == 2 and "cannot be written" in ran.stderr
