"""An analyst changes four charts in JupyterLab, and the page shows the changes.

Each edit is made by keyboard in one cell, changes at most five lines, and is run, saved and built:
another palette, a line at a target, a second district, a heat map in place of bars.
"""

import difflib
import json
import os
import re
import shutil
from pathlib import Path
from typing import NamedTuple
from urllib.parse import unquote

import pytest
from typer.testing import CliRunner

import lab_driver as driver
from outcomes.cli import app
from outcomes.findings import charts

ROOT = Path(__file__).parents[2]
NOTEBOOK, HANDLE = "county/area_profile.ipynb", "area-profile/burnley"
LINES = 5
pytestmark = [pytest.mark.browser, pytest.mark.build]


class Edit(NamedTuple):
    """What is put in place of what, in the cell that holds a line; how many of which colours its picture has then."""

    cell: str
    old: str
    new: str
    finding: str
    colours: str
    many: int = 1


BARS = 'sns.barplot(drawn, x="times_the_others", y="type", color=charts.NAVY, ax=ax)'
LABELS = 'ax.bar_label(ax.containers[0], fmt="{:,.2f}", padding=3)\n'
EDITS = {
    "palette": Edit(
        BARS,
        "color=charts.NAVY, ax=ax)\n" + LABELS,
        'hue="type", palette="viridis", ax=ax)\n',
        "crime-rate",
        "#[0-9a-f]{6}",
        15,
    ),
    "target": Edit(
        "ax.plot(monthly.index, monthly[name], color=charts.NAVY)",
        "    ax.set(ylim",
        '    ax.axhline(40, color="crimson", linestyle="--")\n    ax.set(ylim',
        "types-by-month",
        "#dc143c",
    ),
    "second district": Edit(
        'findings.process_behaviour("asb-by-month"',
        'findings.process_behaviour("asb-by-month", "street_anti_social_behaviour", area)',
        'found = findings.process_behaviour("asb-by-month", "street_anti_social_behaviour", area)\n'
        'other = oc.series("street_anti_social_behaviour").values("Preston")\n'
        "found.figure.axes[0].plot(other.index, other, color=charts.ORANGE)\n"
        "found",
        "asb-by-month",
        charts.ORANGE.lower(),
    ),
    "heat map": Edit(
        BARS,
        BARS + "\n" + LABELS,
        'sns.heatmap(per_head[drawn["type"]].T, cmap="rocket_r", ax=ax)\n',
        "crime-rate",
        "#[0-9a-f]{6}",
        40,
    ),
}


@pytest.fixture(scope="module")
def project(tmp_path_factory):
    """A copy of the notebooks and of the plan, that an analyst may change."""
    home = tmp_path_factory.mktemp("project")
    shutil.copytree(ROOT / "notebooks", home / "notebooks")
    for name in ("reports.toml", "collection.toml"):
        shutil.copy(ROOT / name, home)
    return home


@pytest.fixture(scope="module")
def chrome():
    with driver.browser("no chart was changed in JupyterLab") as opened:
        yield opened


@pytest.fixture(scope="module")
def address(project, chrome, tmp_path_factory):
    """A JupyterLab on the copy, with every cell of a notebook on the screen."""
    settings = tmp_path_factory.mktemp("lab")
    tracker = settings / "jupyterlab_settings/@jupyterlab/notebook-extension"
    tracker.mkdir(parents=True)
    (tracker / "tracker.jupyterlab-settings").write_text('{"windowingMode": "none"}')
    env = {"OUTCOMES_DATA": str(ROOT / "data"), "PYTHONPATH": str(ROOT / "lib")}
    with driver.lab(project / "notebooks", settings, **env) as opened:
        yield opened


def edited(source: str, edit: Edit) -> str:
    """The cell with the edit in it: at most five of its lines are new."""
    assert source.count(edit.old) == 1
    new = source.replace(edit.old, edit.new)
    changes = difflib.ndiff(source.splitlines(), new.splitlines())
    assert 0 < sum(line.startswith("+ ") for line in changes) <= LINES
    return new


def colours(page: str, edit: Edit) -> int:
    """How many different colours of the kind the picture of the finding has on the page."""
    section = page[page.index(f'id="{edit.finding}"') :]
    picture = unquote(re.search(r'src="data:image/svg\+xml,([^"]+)"', section)[1])
    return len(set(re.findall(edit.colours, picture)))


@pytest.fixture(scope="module")
def unedited(project):
    """The page as it is before anybody changes a chart."""
    return built(project)


def built(project: Path) -> str:
    """The page of the notebook as it stands in the copy."""
    plan = ["--plan", str(project / "reports.toml"), "--out", str(project / "site")]
    said = CliRunner().invoke(app, ["build", HANDLE, *plan])
    assert said.exit_code == 0, said.output
    page = project / "site/latest" / f"{HANDLE}.html"
    return page.read_text(encoding="utf-8")


def in_the_lab(chrome, address, at: int, source: str, name: str) -> None:
    """Type the text into a cell, run all, wait for its picture, and save."""
    tab = chrome.new_page(viewport={"width": 1300, "height": 1500})
    driver.open_notebook(tab, address, NOTEBOOK)
    cell = tab.locator(".jp-Notebook .jp-Cell").nth(at)
    cell.locator(".cm-content").click()
    tab.keyboard.press("Control+a")
    tab.keyboard.insert_text(source)
    tab.get_by_role("menuitem", name="Edit", exact=True).click()
    tab.locator(".lm-Menu-itemLabel", has_text="Clear Outputs of All Cells").click()
    driver.run_all(tab)
    ran = tab.locator(".jp-CodeCell .jp-InputPrompt").last
    ran.filter(has_text=re.compile(r"\[\d+\]")).wait_for()
    shown = cell.locator(".jp-OutputArea-output svg, .jp-OutputArea-output img")
    shown.first.wait_for()
    if folder := os.environ.get("OUTCOMES_SHOTS"):
        cell.screenshot(path=f"{folder}/lab-{name.replace(' ', '-')}.png")
    tab.keyboard.press("Control+s")
    tab.locator(".jp-mod-current.jp-mod-dirty").wait_for(state="detached")
    tab.close()


@pytest.mark.parametrize("name", EDITS)
def test_an_analyst_changes_a_chart_and_the_page_shows_it(
    name, project, chrome, address, unedited
):
    edit, path = EDITS[name], project / "notebooks" / NOTEBOOK
    before = path.read_bytes()
    cells = ["".join(cell["source"]) for cell in json.loads(before)["cells"]]
    at, source = next((n, text) for n, text in enumerate(cells) if edit.cell in text)
    assert colours(unedited, edit) < edit.many
    try:
        in_the_lab(chrome, address, at, edited(source, edit), name)
        page = built(project)
    finally:
        path.write_bytes(before)
    if folder := os.environ.get("OUTCOMES_SHOTS"):
        shutil.copytree(project / "site/latest", f"{folder}/{name.replace(' ', '-')}")
    assert colours(page, edit) >= edit.many
