"""An analyst opens the lab, runs, moves, saves and closes: nothing is there to undo."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import lab_driver as driver

ROOT = Path(__file__).parents[2]
EXPLORE, REPORT = "explore/explore.ipynb", "programmes/op_sceptre.ipynb"
NONE_WAITS = """() => ![...document.querySelectorAll(".jp-InputPrompt")]
    .some(prompt => prompt.textContent.includes("*"))"""
"""No cell waits for its run: between two cells a kernel is idle for a moment."""
pytestmark = [pytest.mark.browser, pytest.mark.build]


@pytest.fixture(scope="module")
def project(tmp_path_factory):
    """A copy of the project that is a repository of its own, everything committed."""
    home = tmp_path_factory.mktemp("project")
    for name in ("notebooks", "data"):
        ignored = shutil.ignore_patterns(".ipynb_checkpoints")
        shutil.copytree(ROOT / name, home / name, ignore=ignored)
    for name in ("reports.toml", "collection.toml", ".gitignore"):
        shutil.copy(ROOT / name, home)
    git(home, "init", "-q")
    git(home, "add", ".")
    who = ["-c", "user.name=A", "-c", "user.email=a@example.org"]
    git(home, *who, "commit", "-qm", "As it is")
    return home


def git(home: Path, *words: str) -> str:
    return subprocess.check_output(["git", *words], cwd=home, text=True)


@pytest.fixture(scope="module")
def tab(project, tmp_path_factory):
    driver.need_chromium("no notebook was saved in JupyterLab")
    env = {"OUTCOMES_DATA": str(project / "data"), "PYTHONPATH": str(ROOT / "lib")}
    command = ["-m", "outcomes", "lab", "--no-browser"]
    with (
        driver.served(command, tmp_path_factory.mktemp("lab"), **env) as address,
        driver.browser() as chrome,
    ):
        tab = chrome.new_page(viewport={"width": 1300, "height": 1200})
        tab.address = address
        yield tab


def run_and_save(tab, notebook: str, act=lambda: None) -> None:
    driver.open_notebook(tab, tab.address, f"notebooks/{notebook}")
    driver.run_all(tab)
    tab.locator(".jp-Notebook .jp-CodeCell").first.wait_for()
    tab.get_by_text("Python 3 (ipykernel) | Busy").wait_for()
    tab.wait_for_function(NONE_WAITS)
    tab.get_by_text("Python 3 (ipykernel) | Idle").wait_for()
    act()
    tab.keyboard.press("Control+s")
    tab.locator(".jp-mod-current.jp-mod-dirty").wait_for(state="detached")


def test_explore_run_moved_and_saved_leaves_git_clean(tab, project):
    def move():
        tab.get_by_label("Programme", exact=True).select_option(label="Op Sceptre")
        tab.locator(".oc-explore .sentence").wait_for()

    run_and_save(tab, EXPLORE, move)
    assert git(project, "status", "--porcelain") == ""


def test_a_report_run_and_saved_leaves_git_clean_and_nbval_green(tab, project):
    run_and_save(tab, REPORT)
    assert git(project, "status", "--porcelain") == ""
    command = [
        "pytest",
        "--nbval",
        f"notebooks/{REPORT}",
        "-q",
        "-p",
        "no:cacheprovider",
    ]
    env = os.environ | {
        "OUTCOMES_DATA": str(project / "data"),
        "PYTHONPATH": str(ROOT / "lib"),
    }
    shutil.copy(ROOT / "pyproject.toml", project.parent)
    ran = subprocess.run(
        [sys.executable, "-m", *command],
        cwd=project,
        env=env,
        capture_output=True,
        text=True,
    )
    assert ran.returncode == 0, ran.stdout[-2000:]


def test_a_changed_cell_is_kept_with_what_it_shows(tab, project):
    path = project / "notebooks" / REPORT
    before = path.read_bytes()

    def change():
        cell = tab.locator(".jp-Notebook .jp-Cell").nth(1)
        cell.locator(".cm-content").click()
        cell.locator(".cm-editor.cm-focused").wait_for()
        tab.keyboard.press("Control+End")
        tab.keyboard.press("Enter")
        tab.keyboard.insert_text("# my own remark")
        cell.get_by_text("# my own remark").wait_for()

    run_and_save(tab, REPORT, change)
    kept = json.loads(path.read_text(encoding="utf-8"))
    assert "# my own remark" in "".join(kept["cells"][1]["source"])
    changed = git(project, "diff", "--numstat").split()
    assert int(changed[0]) <= 3 and int(changed[1]) <= 2, git(project, "diff")
    path.write_bytes(before)
