"""``explore`` as a person uses it: a JupyterLab in Chromium, by mouse and by keyboard.

Skipped by name where no Chromium is found; failed there when OUTCOMES_REQUIRE_BROWSER is set.
Set OUTCOMES_SHOTS to a folder to have pictures to look at.
"""

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest

import lab_driver as driver

ROOT = Path(__file__).parents[2]
pytestmark = pytest.mark.browser
KINDS = ("A line ", "Lines ", "Stems ", "A band ", "Bands ", "Bars ", "A funnel ")
VIEW = {"width": 1400, "height": 1500}


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A copy of notebooks and plan, so that a page can be added to it."""
    home = tmp_path_factory.mktemp("project")
    shutil.copytree(ROOT / "notebooks", home / "notebooks")
    shutil.copy(ROOT / "reports.toml", home)
    return home


@pytest.fixture(scope="module")
def tab(folder, tmp_path_factory):
    driver.need_chromium("explore was not opened in JupyterLab")
    settings = tmp_path_factory.mktemp("lab")
    env = {"OUTCOMES_DATA": str(ROOT / "data"), "PYTHONPATH": str(ROOT / "lib")}
    with (
        driver.lab(folder / "notebooks", settings, **env) as address,
        driver.browser() as chrome,
    ):
        page = chrome.new_page(viewport=VIEW)
        driver.open_notebook(page, address, "explore/explore.ipynb")
        driver.run_all(page)
        page.wait_for_selector(".oc-explore figure img")
        page.wait_for_function(
            "document.querySelector('.oc-explore').clientHeight > 400"
        )
        yield page


def sentence(tab) -> str:
    """The text as it stands: innerText is empty while JupyterLab hides a cell for a moment."""
    return tab.locator(".oc-explore .sentence").text_content()


def words(tab) -> list[str]:
    """What is said of the picture to who cannot see it; nothing where there is no picture."""
    images = tab.locator(".oc-explore figure img").all()
    return [image.get_attribute("alt") for image in images]


def changed(tab, act, kind: str = "") -> str:
    """Do something, wait until the sentence is another, and hold it against chart and table.

    The picture is of the ``kind`` that its own words begin with, and has other words than before.
    """
    before, said = sentence(tab), words(tab)
    act()
    tab.wait_for_function(
        "old => document.querySelector('.oc-explore .sentence').textContent !== old",
        arg=before,
    )
    now = sentence(tab)
    for image in tab.locator(".oc-explore figure img").all():
        assert image.evaluate("i => i.decode().then(() => i.naturalWidth)") > 300
    for alt in words(tab):
        assert alt.startswith(kind or KINDS) and alt != now
        assert alt not in said
    caption = tab.locator(".oc-explore caption").text_content()
    assert re.split(r"\W", caption)[0].lower() in now.lower()
    return now


def choose(tab, label: str, option: str):
    return lambda: tab.get_by_label(label, exact=True).select_option(label=option)


def press(tab, label: str, *keys: str):
    def act():
        tab.get_by_label(label, exact=True).focus()
        for key in keys:
            tab.keyboard.press(key)

    return act


def shot(tab, name: str) -> None:
    if os.environ.get("OUTCOMES_SHOTS"):
        target = Path(os.environ["OUTCOMES_SHOTS"]) / f"{name}.png"
        tab.locator(".oc-explore").screenshot(path=target)


def grey(tab) -> str:
    return " ".join(tab.locator(".oc-explore .cannot").all_text_contents())


def test_the_mouse_changes_chart_table_and_sentence_together(tab):
    assert sentence(tab).startswith("Arrests in Lancashire, as published")
    shot(tab, "1-warrior")
    assert "Usual range: it needs 12 separate months or quarters" in " ".join(
        grey(tab).split()
    )
    now = changed(tab, choose(tab, "Chart", "What the figures allow"), "A band ")
    assert now.startswith("There were exactly 2,252 arrests in April 2024 to March")
    shot(tab, "2-allowed")
    changed(tab, choose(tab, "Unit", "A month, on average"), "Bands ")
    changed(tab, choose(tab, "Measure", "Cash seized"))
    shot(tab, "3-cash")
    changed(tab, choose(tab, "Programme", "Op Sceptre"))
    shot(tab, "4-sceptre")


def test_every_control_works_by_keyboard(tab):
    tab.get_by_label("Programme", exact=True).select_option(
        label="Recorded crime of forces, by quarter (Home Office)"
    )
    tab.wait_for_function(
        "document.querySelector('.oc-explore .sentence').textContent.startsWith('Trafficking')"
    )
    assert " in a year: " in sentence(tab)
    first = changed(tab, press(tab, "Measure", "ArrowDown"))
    assert first.startswith("Drug possession offences")
    changed(tab, press(tab, "Measure", "ArrowUp"))
    assert " in 2025, from " in changed(tab, press(tab, "Period", "ArrowDown"))
    assert words(tab)[0].startswith("A line by calendar year for Lancashire")
    assert "per 100,000 residents" in changed(tab, press(tab, "Unit", "End"))
    shot(tab, "5-recorded")
    tab.get_by_label("Compare", exact=True).focus()
    tab.keyboard.press("End")
    tab.wait_for_function(
        "document.querySelector('.oc-explore table').textContent.includes('Median of')"
    )
    shot(tab, "6-median")
    tab.get_by_role("checkbox", name="Kent", exact=True).focus()
    now = changed(tab, lambda: tab.keyboard.press("Space"))
    assert now.startswith("The change in trafficking offences per 100,000 residents")
    tab.get_by_role("checkbox", name="Lancashire", exact=True).focus()
    assert "Lancashire" not in changed(tab, lambda: tab.keyboard.press("Space"))
    press(tab, "From", "ArrowDown", "ArrowDown", "ArrowDown")()
    row = tab.locator(".oc-explore tbody th").first
    row.filter(has_text="2014").wait_for()
    press(tab, "To", "ArrowDown", "ArrowDown", "ArrowDown")()
    tab.locator(".oc-explore .sentence", has_text="2016").wait_for()
    changed(tab, press(tab, "Chart", "End"), "A funnel of 42 places")
    shot(tab, "7-funnel")


def test_what_is_in_print_of_one_figure_is_shown(tab):
    changed(tab, choose(tab, "Programme", "Op Warrior"))
    changed(tab, choose(tab, "Chart", "Every source"))
    label = "Lancashire: 1,409 for November 2022 to December 2023"
    now = changed(tab, choose(tab, "Figure", label))
    assert "1,409 for November 2022 to December 2023 on" in now
    assert "independent publisher" in now
    shot(tab, "8-sources")


def test_controls_are_labelled_and_have_contrast_in_both_themes(tab):
    from axe_playwright_python.sync_playwright import Axe

    for theme in ("JupyterLab Light", "JupyterLab Dark"):
        tab.get_by_role("menuitem", name="Settings", exact=True).click()
        tab.locator(".lm-Menu-itemLabel", has_text="Theme").first.hover()
        tab.locator(".lm-Menu-itemLabel", has_text=theme).first.click()
        tab.wait_for_function(
            "name => document.body.dataset.jpThemeName === name", arg=theme
        )
        tab.wait_for_timeout(1000)
        shot(tab, f"9-{theme[-5:].strip().lower()}")
        found = Axe().run(tab, context=".oc-explore")
        wrong = [
            (v["id"], [n["html"][:150] for n in v["nodes"]])
            for v in found.response["violations"]
        ]
        assert not wrong, json.dumps(wrong, indent=1)


def test_export_writes_csv_and_svg_beside_the_notebook(tab, folder):
    changed(tab, choose(tab, "Chart", "Over time"))
    tab.get_by_role("button", name="Export CSV and SVG").focus()
    tab.keyboard.press("Enter")
    tab.get_by_text("Written: exports/").wait_for()
    made = sorted((folder / "notebooks/explore/exports").iterdir())
    assert [p.suffix for p in made] == [".csv", ".svg"]
    rows = pd.read_csv(made[0])
    assert len(rows) and rows["period_end"].str.fullmatch(r"\d{4}-\d\d-\d\d").all()
    assert made[1].read_text(encoding="utf-8").startswith("<svg")


def test_a_page_is_made_and_can_be_built(tab, folder):
    tab.get_by_label("Title", exact=True).fill("Op Warrior: arrests alone")
    tab.get_by_role("button", name="Make this a page").click()
    tab.wait_for_function(
        "document.querySelector('.oc-explore textarea').value.startsWith('[[page]]')"
    )
    tab.get_by_role("button", name="Add it to reports.toml").click()
    built = r"Build it with: (\S+ )*\S*outcomes build explore/op-warrior-arrests-alone"
    tab.get_by_text(re.compile(built)).wait_for()
    shot(tab, "10-page")
    tab.get_by_role("button", name="Add it to reports.toml").click()
    tab.get_by_text("is declared twice").wait_for()
    command = [
        sys.executable,
        "-m",
        "outcomes",
        "build",
        "explore/op-warrior-arrests-alone",
    ]
    env = os.environ | {
        "OUTCOMES_DATA": str(ROOT / "data"),
        "PYTHONPATH": str(ROOT / "lib"),
    }
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, env=env)
    assert done.returncode == 0, done.stderr
    page = (folder / "site/latest/explore/op-warrior-arrests-alone.html").read_text(
        encoding="utf-8"
    )
    assert "Op Warrior: arrests alone" in page


def test_own_figures_appear_when_the_checks_have_passed_them(tab, tmp_path):
    own = pd.read_csv(
        ROOT / "data/published/figures.csv", dtype=str, keep_default_na=False
    ).head(1)
    own = own.assign(value="777", period_start="2025-04-01", period_end="2025-06-30")
    own = own.assign(source_url="https://example.org/own")
    own.assign(value="7 77").to_csv(tmp_path / "bad.csv", index=False)
    own.to_csv(tmp_path / "good.csv", index=False)

    def give(name: str) -> None:
        with tab.expect_file_chooser() as asked:
            tab.get_by_role("button", name="Add own figures (CSV)").click()
        asked.value.set_files(tmp_path / name)

    give("bad.csv")
    tab.get_by_text("is not a plain number such as 1200 or 12.5").wait_for()
    give("good.csv")
    tab.get_by_text("1 figure of your own is in this session").wait_for()
    tab.locator(
        ".oc-explore .sentence", has_text="777 for April 2025 to June 2025"
    ).wait_for()
