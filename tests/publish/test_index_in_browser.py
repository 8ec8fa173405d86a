"""What the script and the sheet of the index do, on a made-up release that lies on a disk."""

import re

import pytest

import lab_driver as driver
from notebook_maker import fact
from outcomes.publish import districts, index, search

pytestmark = pytest.mark.browser
KEYS = ("type", "rank", "level_with", "recorded", "rate_per_1000", "rate_elsewhere")


def page(title: str, *facts: dict, **changes) -> dict:
    """The record of a page, as the index and the search read it."""
    handle = title.lower().replace(" ", "-")
    given = {"title": title, "label": title, "question": "", "notebook": handle}
    given |= {"handle": handle, "path": f"{handle}.html", "group": "county"}
    given |= {"state": "built", "built": "20251124T083000Z-ab", "error": None}
    return given | {"vintage": "", "findings": list(facts)} | changes


def district(name: str, rate: float) -> dict:
    rows = [["All crime", 1, 0, 50, rate, 10.0], ["Burglary", 1, 0, 5, rate / 10, 1.0]]
    table = {"columns": [{"key": key} for key in KEYS], "rows": rows}
    compared = fact(name=districts.COMPARED, table=table, sentence=f"Of {name}.")
    return page(name, compared, group="districts", notebook="area")


PAGES = [
    page(f"Page {n}", *(fact(f"f{k}", f"Zebra {n} of {k}.") for k in range(n)))
    for n in range(1, 11)
]
PLACES = ["Blackburn with Darwen", "Blackpool", "Ribble Valley", "South Ribble", "Wyre"]


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    """Ten pages with one to ten findings each, six programmes of one notebook, five districts."""
    folder = tmp_path_factory.mktemp("site")
    swept = [page(f"Wave {n}", group="programmes", notebook="wave") for n in range(6)]
    pages = [*PAGES, *swept, *(district(name, 5 + len(name)) for name in PLACES)]
    told = {"since": "20250901T000000Z-cd", "sentence": "1 finding changed."}
    told |= {"lines": ["It fell. Why: new data."]}
    html = index.index_html(pages, "20251124T083000Z-ab", told)
    (folder / "index.html").write_text(html, encoding="utf-8")
    (folder / "search.js").write_text(search.script(pages), encoding="utf-8")
    (folder / "page-1.html").write_text("<title>There</title>", encoding="utf-8")
    return folder


@pytest.fixture(scope="module")
def chromium():
    with driver.browser("the index was not tried in a browser") as opened:
        yield opened


@pytest.fixture
def tab(site, chromium):
    context = chromium.new_context()
    tab = context.new_page()
    tab.goto((site / "index.html").as_uri())
    yield tab
    context.close()


def look_up(tab, words: str) -> str:
    """Type into the search; what it says aloud."""
    tab.get_by_role("searchbox").fill(words)
    said = "words => document.querySelector('#find p').dataset.said === words"
    driver.wait_until(tab, said, words)
    return tab.get_by_role("status").text_content()


def test_what_is_not_listed_is_said_and_a_button_shows_it(tab):
    hits, more = tab.locator("#find li li a"), tab.locator("#find button")
    assert look_up(tab, "zebra") == "55 findings on 10 pages; the best 24 are shown."
    assert hits.count() == 24 and tab.locator("#find > ul > li").count() == 8
    before = hits.evaluate_all("all => all.map((one) => one.href)")
    more.press("Enter")
    driver.wait_until(tab, "document.querySelectorAll('#find li li').length === 55")
    assert not more.is_visible()
    assert tab.get_by_role("status").text_content() == "55 findings on 10 pages."
    now = tab.evaluate("document.activeElement.href")
    assert now and now not in before  # whoever pressed it stands at what is new
    assert look_up(tab, "zebra 1").endswith("are shown.") and more.is_visible()
    assert look_up(tab, "quagga").startswith("Nothing") and not more.is_visible()


def test_the_way_back_from_a_hit_leads_to_the_search_as_it_was(tab):
    look_up(tab, "page 1 zebra")
    said = tab.get_by_role("status").text_content()
    hits = tab.locator("#find li li a").all_text_contents()
    tab.locator("#find a[href='page-1.html']").click()
    tab.wait_for_url("**/page-1.html")
    tab.go_back()
    driver.wait_until(tab, "document.querySelectorAll('#find li li').length > 0")
    assert tab.get_by_role("searchbox").input_value() == "page 1 zebra"
    assert tab.locator("#find li li a").all_text_contents() == hits
    assert tab.get_by_role("status").text_content() == said


@pytest.mark.parametrize(
    ("words", "pair"),
    [
        ("Blackburn and Wyre", "Blackburn with Darwen and Wyre side by side"),
        ("wyre, darwen", "Wyre and Blackburn with Darwen side by side"),
        ("blackburn with darwen", None),
        ("burglary in South Ribble", None),
        (
            "Ribble Valley or South Ribble",
            "Ribble Valley and South Ribble side by side",
        ),
        ("Wyre in the south", None),
    ],
)
def test_two_districts_may_be_named_as_people_name_them(tab, words, pair):
    look_up(tab, words)
    found = tab.locator("#find > ul > li > a[href$='#pair']").all_text_contents()
    assert found == ([pair] if pair else [])


def test_the_two_choices_of_a_district_are_told_apart(tab):
    for name, chosen in (("First district", PLACES[0]), ("Second district", PLACES[1])):
        choice = tab.get_by_role("combobox", name=name, exact=True)
        assert choice.locator("option:checked").text_content() == chosen


def test_on_paper_changes_are_told_and_nothing_is_a_heading_alone(tab):
    tab.emulate_media(media="print")
    assert tab.get_by_text("It fell. Why: new data.").is_visible()
    long = tab.locator("details:has(#pages)")
    assert not long.is_visible() and not tab.locator("details.more").is_visible()
    assert tab.get_by_text("Every change, with its reason").is_visible()
    long.evaluate("(one) => { one.open = true; }")  # as where pages have failed
    assert long.is_visible() and tab.locator("#pages").is_visible()
    assert re.search("Page 10", tab.locator("#pages").inner_text())
