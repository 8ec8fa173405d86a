"""The tools around the code: every command that their files name is there."""

import re
import subprocess
import sys
import tomllib
from importlib.metadata import entry_points
from pathlib import Path

import pytest
import yaml
from typer.testing import CliRunner

from outcomes.cli import app

ROOT = Path(__file__).parents[2]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
HOOKS = yaml.safe_load((ROOT / ".pre-commit-config.yaml").read_text("utf-8"))["repos"]
HOOKS = [hook for repo in HOOKS for hook in repo["hooks"]]
LINT = re.search(
    r"(?m)^lint:.*\n((?:\t.*\n)+)", (ROOT / "Makefile").read_text("utf-8")
)[1]
RUFF = Path(sys.executable).with_name("ruff")  # of this environment, whatever PATH says
SCRIPTS = {point.name for point in entry_points(group="console_scripts")} | {"ruff"}


def test_hooks_and_lint_call_what_is_installed():
    called = [hook["entry"].split()[0] for hook in HOOKS] + re.findall(r"@(\S+)", LINT)
    names = {re.sub(r"^(\.venv/bin|\$\(BIN\))/", "", name) for name in called}
    assert names <= SCRIPTS and {"ruff", "lint-imports", "basedpyright"} <= names


@pytest.mark.parametrize("hook", HOOKS, ids=lambda hook: hook["id"])
def test_a_hook_asks_for_options_that_exist(hook):
    program, command, *options = hook["entry"].split()
    if program.endswith("/outcomes"):
        said = CliRunner().invoke(app, [command, "--help"]).output
    else:
        said = subprocess.check_output([RUFF, command, "--help"], text=True)
    assert "Usage" in said and all(option in said for option in options)


def test_the_hook_for_notebooks_passes_on_those_that_are_stored():
    said = CliRunner().invoke(
        app, ["notebooks", "--check", "--plan", str(ROOT / "reports.toml")]
    )
    assert said.exit_code == 0 and said.output == ""


def test_the_hook_for_notebooks_names_one_with_more_than_results(tmp_path):
    (tmp_path / "reports.toml").write_text("")
    (tmp_path / "notebooks").mkdir()
    stored = (ROOT / "notebooks/county/annual_report.ipynb").read_text("utf-8")
    changed = stored.replace('"nbformat_minor": 5', '"nbformat_minor": 4')
    (tmp_path / "notebooks/mine.ipynb").write_text(changed, encoding="utf-8")
    plan = str(tmp_path / "reports.toml")
    said = CliRunner().invoke(app, ["notebooks", "--check", "--plan", plan])
    assert said.exit_code == 1 and said.output.startswith("mine  is stored with more")


def test_checked_rooms_are_there():
    for folder in PROJECT["tool"]["basedpyright"]["include"]:
        assert list(ROOT.glob(folder)), folder


def test_line_ends_are_the_same_on_every_machine():
    kinds = subprocess.check_output(["git", "ls-files", "--eol"], cwd=ROOT, text=True)
    assert not re.findall(r"(?m)^.*crlf.*$", kinds.replace("eol=crlf", ""))
    path = "notebooks/county/annual_report.ipynb"
    said = subprocess.check_output(
        ["git", "check-attr", "eol", path], cwd=ROOT, text=True
    )
    assert said.strip().endswith("eol: lf")
