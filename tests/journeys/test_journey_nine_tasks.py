"""What an analyst is asked in a year, in JupyterLab: nine tasks, none of which leaves her stuck.

Typed and clicked in Chromium, on a copy of the project. What each took when the tasks were first
tried, and takes here:

| Task | Before | Here |
|---|---|---|
| burglary in Preston since 2020, the county beside it | 10 lines, stuck in the controls | 4 controls, or 1 line |
| Clear, Hold, Build for its second site, or for neighbourhoods | impossible | 1 line |
| a published figure, from a spreadsheet | a traceback | 1 row, 1 command |
| a month of crime | 1 command (`test_journey_refresher`) | the same |
| an own table, chart and page | 5 tries | 4 commands, 2 lines of description |
| another force | 2 pages only | 4 controls and a button |
| a chart of one's own in a finding | refused | 3 lines |
| a monthly build that tells somebody | no log | 1 line in the plan, 1 command |
| title and contact | 6 lines in templates | 2 lines in `collection.toml` |
"""

import csv
import json
import shutil
import subprocess
import sys
import time
from pathlib import Path

import pytest

import lab_driver as driver

ROOT = Path(__file__).parents[2]
PYTHON = sys.executable
pytestmark = [pytest.mark.browser, pytest.mark.build]
SURVEY = (
    "District,Very worried,Residents asked\r\n"
    'Burnley,312,"1,204"\r\nPreston,295,"1,350"\r\nWyre,101,980\r\n'
)


@pytest.fixture(scope="module")
def project(tmp_path_factory) -> Path:
    """A copy of the project without pages, for one analyst to change."""
    home = tmp_path_factory.mktemp("nine")
    for name in ("notebooks", "data"):
        ignored = shutil.ignore_patterns(".ipynb_checkpoints")
        shutil.copytree(ROOT / name, home / name, ignore=ignored)
    for name in ("collection.toml", "requirements.lock"):
        shutil.copy(ROOT / name, home)
    (home / "reports.toml").write_text("# The plan\n", encoding="utf-8")
    return home


@pytest.fixture(scope="module")
def tab(project, tmp_path_factory):
    driver.need_chromium("the nine tasks were not tried")
    settings = tmp_path_factory.mktemp("lab")
    tracker = settings / "jupyterlab_settings/@jupyterlab/notebook-extension"
    tracker.mkdir(parents=True)
    (tracker / "tracker.jupyterlab-settings").write_text('{"windowingMode": "none"}')
    env = {"OUTCOMES_DATA": str(project / "data"), "PYTHONPATH": str(ROOT / "lib")}
    command = ["-m", "outcomes", "lab", "--no-browser"]
    with (
        driver.served(command, settings, **env) as address,
        driver.browser() as chrome,
    ):
        tab = chrome.new_page(viewport={"width": 1400, "height": 1500})
        tab.address = address
        yield tab


def open_and_run(tab, notebook: str, *edits: tuple[str, str]) -> None:
    """Open a notebook, put some text in place of other in its cells, and run all."""
    driver.open_notebook(tab, tab.address, f"notebooks/{notebook}")
    for old, new in edits:
        cell = tab.locator(".jp-Notebook .jp-CodeCell", has_text=old).first
        text = "\n".join(cell.locator(".cm-line").all_text_contents())
        assert old in text
        cell.locator(".cm-content").click()
        tab.keyboard.press("Control+a")
        tab.keyboard.insert_text(text.replace(old, new))
    driver.run_all(tab)


def save(tab) -> None:
    tab.keyboard.press("Control+s")
    tab.locator(".jp-mod-current.jp-mod-dirty").wait_for(state="detached")


def typed(tab, project: Path, *words: str) -> str:
    """A command typed into a terminal of the lab; what it printed, once it has ended."""
    said = project / "said.txt"
    said.unlink(missing_ok=True)
    tab.goto(f"{tab.address}/lab?token=explore&reset")
    tab.locator(".jp-LauncherCard", has_text="Terminal").click()
    tab.locator(".jp-Terminal .xterm-screen").wait_for()
    tab.locator(".jp-Terminal").click()
    command = " ".join(["outcomes", *words])
    tab.wait_for_timeout(1500)  # the shell has no prompt that can be read from a canvas
    tab.keyboard.type(
        f"cd {project} && {command} > part.txt 2>&1; echo $? >> part.txt; "
        "mv part.txt said.txt"
    )
    tab.keyboard.press("Enter")
    for _ in range(600):
        if said.exists():
            break
        time.sleep(0.5)
    *lines, code = said.read_text(encoding="utf-8").splitlines()
    assert code == "0", "\n".join(lines)
    return "\n".join(lines)


def choose(tab, label: str, option: str) -> None:
    tab.get_by_label(label, exact=True).select_option(label=option)


def tick(tab, place: str) -> None:
    tab.get_by_role("checkbox", name=place, exact=True).click()


def sentence(tab, words: str) -> str:
    said = tab.locator(".oc-explore .sentence", has_text=words)
    said.wait_for()
    return said.text_content()


@pytest.fixture(scope="module")
def explored(tab):
    """The controls, with street-level crime chosen."""
    open_and_run(tab, "explore/explore.ipynb")
    tab.locator(".oc-explore figure img").wait_for()
    return tab


def test_1_burglary_in_preston_since_2020_with_the_county_beside_it(explored, project):
    tab = explored
    choose(
        tab,
        "Programme",
        "Street-level crime of districts and towns, by month (data.police.uk)",
    )
    choose(tab, "Measure", "Burglary")
    sentence(tab, "Burglary in Lancashire")
    tick(tab, "Preston")
    assert sentence(tab, "Lancashire's").startswith("Burglary in Preston")
    choose(tab, "From", "2020")
    said = sentence(tab, "from 2020")
    assert said.startswith("Burglary in Preston fell by") and "Lancashire's" in said
    tab.get_by_role("button", name="Add it to reports.toml").click()
    tab.get_by_text("Added to reports.toml").wait_for()
    plan = (project / "reports.toml").read_text(encoding="utf-8")
    assert 'areas = ["Preston", "Lancashire"]' in plan and 'start = "2020"' in plan


def test_2_another_force(explored, project):
    tab = explored
    choose(tab, "Programme", "Recorded crime of forces, by quarter (Home Office)")
    choose(tab, "Measure", "Burglary")
    sentence(tab, "Burglary offences in Lancashire")
    tick(tab, "Leicestershire")
    sentence(tab, "Leicestershire's")
    tick(tab, "Lancashire")
    assert sentence(tab, "in Leicestershire").startswith("Burglary offences in Leic")
    tab.get_by_role("button", name="Add it to reports.toml").click()
    tab.get_by_text("burglary-offences-in-leicestershire").first.wait_for()


def test_3_the_second_site_of_a_programme(tab):
    site = 'area = "Nelson and Brierfield"'
    edits = [('area = "Fleetwood"', site), ('start = "2023-09"', 'start = "2024-02"')]
    open_and_run(tab, "programmes/clear_hold_build.ipynb", *edits)
    answer = tab.locator(
        ".jp-OutputArea figure#answer", has_text="Nelson and Brierfield"
    )
    answer.wait_for(timeout=300_000)


def test_4_an_own_table_becomes_a_page(tab, project):
    own = project / "data/own"
    own.mkdir(exist_ok=True)
    (own / "worry.csv").write_bytes(SURVEY.encode("cp1252"))
    typed(tab, project, "new", "table", "worry")
    said = own / "worry.toml"
    text = said.read_text(encoding="utf-8")
    text = text.replace('publisher = ""', 'publisher = "Burnley Council"')
    said.write_text(text.replace('licence = ""', 'licence = "OGL v3.0"'))
    typed(tab, project, "new", "notebook", "programmes/worry", "--own", "worry")
    typed(tab, project, "new", "page", "worry", "programmes/worry")
    typed(tab, project, "build", "worry")
    page = (project / "site/latest/worry.html").read_text(encoding="utf-8")
    assert "Burnley Council" in page


def test_5_a_chart_of_ones_own_in_that_notebook(tab, project):
    old = "sns.barplot(shown, x=measure, y=label, color=charts.NAVY, ax=ax)"
    new = 'sns.barplot(shown, x=measure, y=label, hue=label, palette="rocket", ax=ax)'
    open_and_run(tab, "programmes/worry.ipynb", (old, new))
    tab.locator(".jp-OutputArea figure#side-by-side img").wait_for()
    tab.get_by_text("Python 3 (ipykernel) | Idle").wait_for()
    save(tab)
    cells = json.loads((project / "notebooks/programmes/worry.ipynb").read_text())[
        "cells"
    ]
    assert any('palette="rocket"' in "".join(cell["source"]) for cell in cells)


def test_6_a_published_figure_that_a_spreadsheet_saved(tab, project):
    file = project / "data/published/figures.csv"
    with file.open(encoding="utf-8", newline="") as opened:
        rows = list(csv.DictReader(opened))
    new = dict.fromkeys(rows[0], "") | {
        "programme": "Op Warrior",
        "measure": "arrests",
        "value": "1,900",
        "unit": "count",
        "qualifier": "exact",
        "period_start": "01/04/2025",
        "period_end": "31/03/2026",
        "area": "Lancashire",
        "area_level": "force",
        "publisher": "A made-up newspaper",
        "source_title": "A made-up page – with a dash",
        "source_url": "https://example.org/page",
        "published_date": "01/05/2026",
    }
    with file.open("w", encoding="cp1252", errors="replace", newline="") as opened:
        writer = csv.DictWriter(opened, fieldnames=list(rows[0]))
        writer.writeheader()
        writer.writerows([*rows, new])
    said = typed(tab, project, "data", "check")
    assert "sound" in said


def test_7_a_build_by_a_timer_that_keeps_a_log_and_tells_somebody(tab, project):
    plan = project / "reports.toml"
    words = f'[notify]\ncommand = ["tee", "{project}/told.json"]\n\n'
    plan.write_text(words + plan.read_text(encoding="utf-8"), encoding="utf-8")
    typed(
        tab,
        project,
        "--quiet",
        "--log",
        "logs/build.log",
        "build",
        "--schedule monthly",
    )
    log = (project / "logs/build.log").read_text(encoding="utf-8")
    assert "explore/burglary-in-preston-and-lancashire-from-2020-over-time" in log
    pages = {p.name for p in (project / "site/latest/explore").glob("*.html")}
    assert any("leicestershire" in name for name in pages)


def test_8_the_title_and_whom_to_ask(tab, project):
    file = project / "collection.toml"
    text = file.read_text(encoding="utf-8")
    text = text.replace('"Lancashire Programme Outcomes"', '"What works here"')
    text = text.replace('https://lancashire-pcc.gov.uk/"', 'outcomes@example.org"', 1)
    file.write_text(text, encoding="utf-8")
    typed(tab, project, "build", "worry", "--force")
    page = (project / "site/latest/worry.html").read_text(encoding="utf-8")
    assert "What works here" in page and "mailto:outcomes@example.org" in page


def test_9_a_month_of_crime_is_one_command(project):
    """Its own journey adds a month; here the command says what it takes."""
    words = [PYTHON, "-m", "outcomes", "data", "refresh", "--help"]
    said = subprocess.run(words, capture_output=True, text=True, cwd=project).stdout
    assert "--from" in said and "--to" in said
