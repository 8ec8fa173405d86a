"""What the script and the sheet of a page do, each seen in a browser on a page of its own."""

from pathlib import Path

import pandas as pd
import pytest

import lab_driver as driver
from outcomes.findings import table
from outcomes.publish import lessons, render
from outcomes.publish import plan as plans

ROOT = Path(__file__).parents[2]
pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def chromium():
    with driver.browser("the script of a page was not tried in a browser") as opened:
        yield opened


@pytest.fixture
def opened(chromium, tmp_path):
    """Opens a page that holds some HTML, as a browser of some kind; closes it afterwards."""
    contexts = []

    def visit(body: str, **kind):
        sheet = render.inlined("report.css", "page.css")[0]
        file = tmp_path / "page.html"
        html = (
            '<!DOCTYPE html><html lang="en-GB"><meta charset="utf-8"><title>A page</title>'
            f"<style>{sheet}</style><main>{body}</main>"
            f"<script>{render.inlined('page.js')[0]}</script>"
        )
        file.write_text(body if "<!DOCTYPE" in body else html, encoding="utf-8")
        context = chromium.new_context(viewport={"width": 800, "height": 900}, **kind)
        contexts.append(context)
        tab = context.new_page()
        tab.goto(file.as_uri())
        return tab

    yield visit
    for context in contexts:
        context.close()


def figure(name: str, *texts: str, before: str = "") -> str:
    """A finding with a table of one column beside the names of its rows."""
    rows = pd.DataFrame({"row": [f"r{n}" for n in range(len(texts))], "said": texts})
    shown = table.html(rows, caption=name)
    return f'<figure class="finding" id="{name}">{before}{shown}</figure>'


# What stands in a column as it was, and how it is to stand when sorted.
ORDERS = {
    "quarters": "2025 Q4|2025 Q1|2024 Q3|2025 Q2 → 2024 Q3|2025 Q1|2025 Q2|2025 Q4",
    "years and quarters": "2025|2024 Q3|2024Q2 → 2024Q2|2024 Q3|2025",
    "years and months": (
        "July 2020 to September 2020|2022|2020|April 2020 to June 2020 → "
        "2020|April 2020 to June 2020|July 2020 to September 2020|2022"
    ),
    "since": (
        "since July 2021|January 2021 to March 2021|2022 → "
        "January 2021 to March 2021|since July 2021|2022"
    ),
    "one start": (
        "July 2021 to June 2022|July 2021 to May 2022|2020 → "
        "2020|July 2021 to May 2022|July 2021 to June 2022"
    ),
    "financial years": (
        "2023-24|2022/23|May 2023|March 2023|2021–22 → "
        "2021–22|2022/23|March 2023|2023-24|May 2023"
    ),
    "days": (
        "13 November 2023|2 November 2023|30 November 2022|October 2023 → "
        "30 November 2022|October 2023|2 November 2023|13 November 2023"
    ),
    "numbers for months": "2023-11|2023-09-30|2022-12 → 2022-12|2023-09-30|2023-11",
    "one year for two months": (
        "November and December 2023|August to September 2023|2022 → "
        "2022|August to September 2023|November and December 2023"
    ),
    "words before": (
        "quarter from October 2023|year to June 2023|28 February 2023|12% → "
        "28 February 2023|year to June 2023|quarter from October 2023|12%"
    ),
    "dates not stated": (
        "dates not stated|May 2023|[x]|March 2024 → "
        "May 2023|March 2024|[x]|dates not stated"
    ),
    "limits": (
        "no upper limit|1,200|350|no lower limit|−4|[x] → "
        "no lower limit|−4|350|1,200|no upper limit|[x]"
    ),
    "large beside dates": "751,000|2,020|£9.50 → £9.50|2,020|751,000",
    "hedges": (
        "over 18,000|about £9,500|at least 260|not limited|999 kg → "
        "at least 260|999 kg|about £9,500|over 18,000|not limited"
    ),
    "mostly numbers": "none|12|9, dates not stated → 9, dates not stated|12|none",
    "words": "people under 18|arrests|men|7 shops → 7 shops|arrests|men|people under 18",
}


@pytest.mark.parametrize("kind", ORDERS)
def test_a_column_is_sorted_by_what_its_cells_mean(opened, kind):
    given, wanted = (half.split("|") for half in ORDERS[kind].split(" → "))
    tab = opened(figure("found", *given))
    button = tab.locator("thead button").nth(1)

    def pressed() -> list[str]:
        button.click()
        return tab.locator("tbody td").all_text_contents()

    assert pressed() == wanted
    # downwards what is not known, and what is no number among numbers, still stands last
    last = {"[x]", "dates not stated", "not limited", "none", "12%"}
    tail = [text for text in wanted if text in last]
    lead = [text for text in wanted if text not in last]
    assert pressed()[: len(lead)] == lead[::-1]
    assert set(tab.locator("tbody td").all_text_contents()[len(lead) :]) == set(tail)


DRAWN = (
    '<div class="chart" data-marks="0,1,250,500 1,1,750,500"><img alt="Two dots." '
    "src=\"data:image/svg+xml,%3Csvg xmlns='http://www.w3.org/2000/svg' width='400' "
    "height='300'/%3E\"></div>"
)


def chart(tab):
    """The chart of a page, where its first mark is in the window, and its tip."""
    image = tab.locator(".chart img").first.bounding_box()
    at = image["x"] + image["width"] / 4, image["y"] + image["height"] / 2
    return at, tab.locator(".tip").first


def test_a_tap_shows_a_value_until_a_tap_elsewhere(opened):
    tab = opened(
        figure("dots", "5", "7", before=DRAWN) + "<p>Words.</p>", has_touch=True
    )
    at, tip = chart(tab)
    assert not tip.is_visible()
    tab.touchscreen.tap(*at)
    assert tip.is_visible() and tip.inner_text() == "r0: 5 (Said)"
    tab.get_by_text("Words.").tap()
    assert not tip.is_visible()


def test_a_tip_can_be_dismissed_hovered_and_left(opened):
    tab = opened(figure("dots", "5", "7", before=DRAWN))
    at, tip = chart(tab)
    tab.mouse.move(*at)
    assert tip.is_visible()
    tab.keyboard.press("Escape")  # and nothing has the focus
    assert not tip.is_visible()
    tab.mouse.move(at[0] + 1, at[1])
    box = tip.bounding_box()
    over = box["x"] + box["width"] / 2, box["y"] + 3
    assert at[1] - over[1] > 28  # so far from the mark that nothing else would show it
    tab.mouse.move(*over, steps=8)
    assert tip.is_visible() and tip.inner_text() == "r0: 5 (Said)"
    tab.mouse.move(1, 890)
    assert not tip.is_visible()


def test_controls_of_several_charts_have_names_of_their_own(opened):
    names = ["two-dots", "more-dots"]
    tab = opened("".join(figure(name, "5", "7", before=DRAWN) for name in names))
    said = [one.get_attribute("aria-label") for one in tab.get_by_role("slider").all()]
    assert said == [
        "Values of the chart, 2: two dots",
        "Values of the chart, 2: more dots",
    ]


@pytest.mark.parametrize("script", [True, False])
def test_two_districts_side_by_side_are_offered_where_the_index_can_show_them(
    opened, script
):
    slot = render.slot(
        "siblings", [("b.html", "B", "../index.html?one=a&other=b#pair")]
    )
    tab = opened(slot, java_script_enabled=script)
    assert tab.get_by_role("link", name="B", exact=True).is_visible()
    beside = tab.get_by_role("link", name="side by side with B")
    assert beside.is_visible() == script


EMPTY = """() => [...document.querySelectorAll("details")].filter((one) =>
  one.querySelector("summary").checkVisibility() &&
  !one.lastElementChild.checkVisibility({ contentVisibilityAuto: true })
).map((one) => one.textContent)"""
"""What is on paper as a heading with nothing beneath."""


@pytest.mark.parametrize("script", [True, False])
def test_on_paper_what_is_folded_is_whole_or_not_there_at_all(opened, script):
    change = {"name": "found", "said": "It fell.", "why": "new data"}
    versions = [
        {"day": f"{n} May 2026", "changes": [change], "address": ""} for n in (1, 2)
    ]
    terms = "<details><summary>2 terms</summary><dl><dt>A<dd>B</dl></details>"
    tab = opened(
        render.slot("changes", versions) + terms + render.cautions(["A.", "B.", "C."]),
        java_script_enabled=script,
    )
    assert len(tab.evaluate(EMPTY)) == 3
    tab.emulate_media(media="print")
    assert tab.evaluate(EMPTY) == []
    for said in (
        "Earlier changes",
        "In the release of 2 May 2026",
        "2 terms",
        "B",
        "C.",
    ):
        assert tab.get_by_text(said, exact=said == "B").first.is_visible()


def test_on_paper_a_lesson_has_the_answers_that_were_unfolded(opened):
    plan = plans.read(ROOT / "reports.toml")
    files = {"index.html", "feed.xml", *(page.path for page in plan.pages)}
    (_, _, lesson, *_), _ = lessons.pages(plan, files)
    tab = opened(lesson.html)
    answers = tab.locator(".body > details:not(.code)")
    answers.nth(1).evaluate("(one) => { one.open = true; }")
    tab.emulate_media(media="print")
    assert tab.evaluate(EMPTY) == []
    shown = [one.is_visible() for one in answers.all()]
    assert shown.index(True) == 1 and sum(shown) == 1
    assert tab.get_by_text("What is folded is not printed.").is_visible()
