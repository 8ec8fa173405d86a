"""The whole collection, built once from the plan: what a reader gets, and what a browser says.

The browser tests need a Chromium: they are skipped by name where
none is found, and fail instead of skipping when OUTCOMES_REQUIRE_BROWSER is set.
"""

import csv
import json
import os
import re
import statistics
from html.parser import HTMLParser
from itertools import pairwise
from pathlib import Path
from urllib.parse import unquote

import pytest

import conformance
import lab_driver as driver
import outcomes as oc
from outcomes.core import formatting
from outcomes.findings.verdicts import VERDICTS

ROOT = Path(__file__).parents[2]
WIDTHS = {"desktop": 1280, "phone": 390, "narrow": 320}
SHEET = 673  # pixels between the margins of an A4 sheet

pytestmark = pytest.mark.build


@pytest.fixture(scope="module")
def site(release) -> Path:
    """The release that ``make reports`` shows."""
    return release


@pytest.fixture(scope="module")
def pages(site) -> list[Path]:
    listed = json.loads((site / "manifest.json").read_text(encoding="utf-8"))["pages"]
    return [site / page["path"] for page in listed]


@pytest.fixture(scope="module")
def findings(site) -> list[dict]:
    with (site / "findings.csv").open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


class _Text(HTMLParser):
    """The words of a page, as a screen reader would come to them: alt texts included."""

    def __init__(self, page: Path):
        super().__init__()
        self.words, self.alts, self.links, self.hidden = [], [], [], 0
        self.feed(page.read_text(encoding="utf-8"))

    def handle_starttag(self, tag, attrs):
        attrs = dict(attrs)
        self.hidden += tag in ("style", "script")
        if tag == "img":
            self.alts.append(attrs.get("alt", ""))
        if tag == "a":
            self.links.append(attrs.get("href", ""))

    def handle_endtag(self, tag):
        self.hidden -= tag in ("style", "script")

    def handle_data(self, text):
        if not self.hidden:
            self.words.append(text)

    @property
    def text(self) -> str:
        return " ".join(" ".join(self.words).split())


def test_the_index_links_at_least_sixty_pages_and_every_link_resolves(site, pages):
    links = {link.partition("#")[0] for link in _Text(site / "index.html").links}
    linked = {link for link in links if link.endswith(".html")}
    assert len(linked) >= 60
    assert {str(p.relative_to(site)) for p in pages} <= linked
    assert all((site / link).is_file() for link in linked)


def test_every_link_to_a_part_of_a_page_finds_it(site):
    parts = {
        page: {*re.findall(r'\bid="?([^"\s>]+)', page.read_text(encoding="utf-8"))}
        for page in site.rglob("*.html")
    }
    for page in parts:
        for link in _Text(page).links:
            path, _, part = link.partition("#")
            target = (page.parent / path.partition("?")[0]).resolve() if path else page
            if part and "://" not in link:
                assert part in parts[target], f"{page.name}: {link}"


def test_the_index_leads_to_every_lesson_and_the_search_knows_them(site):
    lessons = [link for link in _Text(site / "index.html").links if "learn/" in link]
    stored = sorted((ROOT / "notebooks/learn").glob("[0-9]*.ipynb"))
    assert len(lessons) == len(stored) == 8
    known = (site / "search.js").read_text(encoding="utf-8")
    assert all((site / link).is_file() and f'"{link}"' in known for link in lessons)


def test_op_sceptre_shows_its_shares_with_wilson_intervals_and_sources(site):
    page = _Text(site / "op-sceptre/2023-11.html").text
    sentence = (
        "In November 2023, 23.8% of shops tested sold a knife, 10.4% of searches led to an "
        "arrest and 2.1% of searches found a knife."
    )
    assert sentence in page
    after = page.rpartition(sentence)[2][:500]  # its table and source included
    assert "13.5% to 38.5%, 7.4% to 14.4% and 1.0% to 4.5%" in after
    assert "Source: Office of the Police and Crime Commissioner for Lancashire" in after


def test_op_warrior_derives_its_first_year_with_the_figures_it_rests_on(site):
    page = _Text(site / "op-warrior.html").text
    assert re.search(
        r"1,212 arrests in the first year of Op Warrior\. ?Worked out from 3,067 for .+? and 1,855",
        page,
    )
    assert "Police made 197 arrests in November 2023 and December 2023." in page


def test_clear_hold_build_says_which_months_are_missing_and_why_it_matters(site):
    page = _Text(site / "clear-hold-build.html").text
    assert "October 2022" in page and "January 2024" in page
    assert "September 2023" in page


def seed_figures():
    rows = oc.published_figures(vintages="all")
    return [f for f in rows[rows["seed"]].itertuples()]


@pytest.mark.parametrize(
    "figure", seed_figures(), ids=lambda f: f"{f.programme}-{f.measure}-{f.value:g}"
)
def test_every_number_of_the_seed_page_is_on_the_annual_report_page(site, figure):
    name = figure.measure_name
    rows = [r for t in (site / "annual-report").glob("*.csv") for r in _table(t)]
    rows = [r for r in rows if r.get("measure") == name and r["place"] == figure.area]
    shown = [r for r in rows if _is_printed(figure, r["as printed"])]
    assert shown, "the figure stands in no table of the annual-report page"
    assert {r["state"] for r in shown} <= {v.shown for v in VERDICTS.values()}, (
        "no state"
    )


def _table(file: Path) -> list[dict]:
    with file.open(encoding="utf-8-sig", newline="") as opened:
        return list(csv.DictReader(opened))


def _is_printed(figure, text: str) -> bool:
    if figure.basis == "coded" and figure.value == 1:
        return text == ("yes" if figure.unit == "yes or no" else "an event, no count")
    if figure.unit == "grade":
        return f"{figure.value:.0f}={text}" in figure.note
    numbers = {
        float(n.replace(",", "")) for n in re.findall(r"\d[\d,]*(?:\.\d+)?", text)
    }
    return figure.value in numbers


def test_every_finding_has_a_sentence_a_source_and_its_page(site, findings):
    assert len(findings) > 400
    assert all(f["sentence"] and f["sources"] for f in findings)
    assert all((site / f"{f['handle']}.html").is_file() for f in findings)


class _Figures(HTMLParser):
    """The images of a page by the name of their finding: alternative text and SVG."""

    def __init__(self, page: Path):
        super().__init__()
        self.name, self.found = "", {}
        self.feed(page.read_text(encoding="utf-8"))

    def handle_starttag(self, tag, attrs):
        attrs = dict(attrs)
        if tag == "figure":
            self.name = attrs["id"]
        if tag == "img":
            self.found[self.name] = (
                attrs["alt"],
                unquote(attrs["src"].partition(",")[2]),
            )


def written(value: float) -> set[str]:
    """The ways in which a number may stand in a sentence."""
    ways = (formatting.number, formatting.percent, formatting.money)
    return {
        way(abs(value), *places) for way in ways for places in ((), (0,), (1,), (2,))
    }


# its value is the sum of two numbers that the sentence gives
SUMS = {"what-can-be-seen"}


def test_alt_texts_tell_images_apart_and_what_is_said_holds_the_headline_number(
    site, pages
):
    manifest = json.loads((site / "manifest.json").read_text(encoding="utf-8"))["pages"]
    seen = 0
    for entry in manifest:
        images = _Figures(site / entry["path"]).found
        alts = [alt for alt, _ in images.values()]
        assert len(set(alts)) == len(alts), entry["path"]
        for one in entry["findings"]:
            alt, _ = images.get(one["name"], ("", ""))
            if not alt:
                continue
            assert alt == one["alt"] != one["sentence"], (entry["path"], alt)
            if one["headline"] and one["value"] is not None and one["name"] not in SUMS:
                said = " ".join([one["sentence"], one.get("detail", "")])
                assert any(text in said for text in written(one["value"])), (
                    entry["path"],
                    one,
                )
                seen += 1
    assert seen > 50


def test_pages_are_valid_html_with_headings_in_order_and_tables_with_heads(site, pages):
    tinyhtml5 = pytest.importorskip(
        "tinyhtml5", reason="the test extra is not installed"
    )
    for page in [site / "index.html", *pages]:
        parser = tinyhtml5.parser.HTMLParser(namespace_html_elements=False)
        tree = parser.parse(page.read_text(encoding="utf-8"))
        assert parser.errors == [], page.name
        levels = [
            int(e.tag[1]) for e in tree.iter() if re.fullmatch("h[1-6]", str(e.tag))
        ]
        assert levels[0] == 1 and levels.count(1) == 1
        assert all(after <= before + 1 for before, after in pairwise(levels)), page.name
        for table in tree.iter("table"):
            heads = list(table.iter("th"))
            assert table.find("caption") is not None and table.find("caption").text
            assert heads and all(h.get("scope") in ("col", "row") for h in heads), (
                page.name
            )
            columns = len(table.find("thead").find("tr"))
            for row in table.iter("tr"):
                wide = sum(int(cell.get("colspan", 1)) for cell in row)
                assert wide == columns, (page.name, table.find("caption").text)


def test_the_nu_html_checker_finds_no_error(site):
    if why := conformance.missing():
        pytest.skip(why)
    assert conformance.errors(site) == []


def test_pages_are_light(site, pages):
    sizes = sorted(p.stat().st_size for p in pages)
    assert statistics.median(sizes) < 100_000  # tables are whole, however long
    assert sizes[-1] < 300_000, sizes[-5:]
    assert (site / "index.html").stat().st_size < 90_000
    assert (site / "search.js").stat().st_size < 400_000


def test_every_address_that_was_ever_listed_leads_to_its_findings(site):
    listed = (ROOT / "tests/publish/addresses.txt").read_text("utf-8").split()
    for handle in listed:
        html = (site / f"{handle}.html").read_text(encoding="utf-8")
        if onward := re.search(r'content="0; url=([^"]+)"', html):
            there = (site / f"{handle}.html").parent / onward[1]
            html = there.read_text(encoding="utf-8")
        assert 'class="finding' in html, handle


def test_no_sign_of_markup_is_left_in_the_words_of_a_page(site, pages):
    """Commands stand in quotes or as code, never between the backticks of a notebook."""
    found = {}
    for page in [site / "index.html", *pages]:
        html = page.read_text(encoding="utf-8")
        html = re.sub(r"<(script|style|pre|code)\b.*?</\1>", "", html, flags=re.S)
        words = re.sub(r"<[^>]*>", " ", html)
        if marks := re.findall(r".{0,30}(?:`|\*\*|\]\().{0,30}", words):
            found[page.stem] = marks[:3]
    assert not found


def test_no_page_names_this_machine(pages, real_site):
    homes = [str(ROOT), str(real_site.parent)]
    texts = {page.name: page.read_text(encoding="utf-8") for page in pages}
    assert not [
        name for name, text in texts.items() if any(home in text for home in homes)
    ]


@pytest.fixture(scope="module")
def browser():
    with driver.browser("the browser tests did not run") as opened:
        yield opened


def visit(browser, page: Path, width: int = 1280, script: bool = True):
    """Open a page; returns it with every request beyond the page and every console message."""
    context = browser.new_context(
        viewport={"width": width, "height": 900}, java_script_enabled=script
    )
    tab, heard = context.new_page(), []
    tab.on("console", lambda m: heard.append(m.text))
    tab.on("pageerror", lambda e: heard.append(str(e)))
    tab.on(
        "request",
        lambda r: (
            heard.append(r.url) if not r.url.startswith(("file:", "data:")) else 0
        ),
    )
    tab.goto(page.as_uri())
    return tab, heard


class _EachPage:
    """What a browser says of each page, one after another in the same tabs; a part of the pages to
    a class, as each class goes to the worker that is free."""

    part: slice

    def these(self, site, pages) -> list[Path]:
        return [site / "index.html", *pages][self.part]

    @pytest.mark.browser
    def test_no_page_breaks_an_accessibility_rule_or_calls_outside(
        self, site, pages, browser
    ):
        from axe_playwright_python.sync_playwright import Axe

        blank, axe, found = site / "index.html", Axe(), {}
        still, quiet = visit(
            browser, blank, script=False
        )  # axe itself needs the script
        tab, heard = visit(browser, blank)
        for page in self.these(site, pages):
            quiet.clear(), heard.clear()
            still.goto(page.as_uri())
            tab.goto(page.as_uri())
            # what holds is not listed: that takes a third of the time
            result = axe.run(tab, options={"resultTypes": ["violations"]})
            result = result.response["violations"]
            if result or heard or quiet:
                found[str(page.relative_to(site))] = (
                    [v["id"] for v in result] + heard + quiet
                )
        still.context.close()
        tab.context.close()
        assert not found

    @pytest.mark.browser
    def test_no_page_scrolls_sideways_on_a_phone(self, site, pages, browser):
        tab, _ = visit(browser, site / "index.html", WIDTHS["narrow"])
        wide = []
        for page in self.these(site, pages):
            tab.goto(page.as_uri())
            if tab.evaluate("document.documentElement.scrollWidth > window.innerWidth"):
                wide.append(page.name)
        tab.context.close()
        assert not wide


class TestEachPage(_EachPage):
    part = slice(0, None, 2)


class TestEachOtherPage(_EachPage):
    part = slice(1, None, 2)


@pytest.mark.browser
def test_no_table_is_cut_on_paper(site, pages, browser):
    tab, cut = browser.new_page(viewport={"width": SHEET, "height": 900}), set()
    tab.emulate_media(media="print")
    for page in [site / "index.html", *pages]:
        tab.goto(page.as_uri())
        tab.evaluate(
            "document.querySelectorAll('details').forEach((d) => (d.open = true))"
        )
        wide = "[...document.querySelectorAll('table')].map((t) => t.getBoundingClientRect().right)"
        if max(tab.evaluate(wide), default=0) > SHEET + 1:
            cut.add(page.stem)
        if page.stem == "index":  # on paper nobody chooses a measure
            assert tab.locator(".rates :is(td, th)").count() > 100
            assert not tab.locator(".rates :is(td, th)[hidden]").count()
    tab.close()
    assert not cut


# What is wrong with the words of a drawing shown at a width: too small, cut by its edge, over one
# another, or over a mark. Grids, limits and lines of reference are no marks: words have an edge of
# their own there.
WORDS = """(width) => {
  const svg = document.querySelector("svg"), found = [];
  svg.style.width = width + "px";
  svg.style.height = "auto";
  const frame = svg.getBoundingClientRect(), scale = frame.width / svg.viewBox.baseVal.width;
  const words = [...svg.querySelectorAll("text")].filter((e) => e.textContent.trim());
  const boxes = words.map((e) => [e.textContent, e.getBoundingClientRect()]);
  for (const e of words)
    if (parseFloat(getComputedStyle(e).fontSize) * scale < 12) found.push(`${e.textContent} is small`);
  for (const [text, box] of boxes)
    if (box.left < frame.left - 1 || box.right > frame.right + 1 || box.top < frame.top - 2
        || box.bottom > frame.bottom + 2) found.push(`${text} is cut`);
  boxes.forEach(([text, a], at) => boxes.slice(0, at).forEach(([other, b]) => {
    const wide = Math.min(a.right, b.right) - Math.max(a.left, b.left);
    const high = Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top);
    if (wide > 2 && high > 5) found.push(`${text} covers ${other}`);
  }));
  const thin = (look) => !/stroke-width:(1\\.[1-9]|[2-9])/.test(look);
  const marks = [...svg.querySelectorAll("path")].map((p) => [p, p.getAttribute("style")])
    .filter(([, look]) => !/#efefef|#d9d9d9|fill:#fff/.test(look))
    .filter(([, look]) => !(/#3d3d3d/.test(look) && thin(look)))
    .map(([p, look]) => [p, look, p.getBoundingClientRect()]);
  const apart = (a, b) => a.right < b.left - 20 || a.left > b.right + 20
    || a.bottom < b.top - 20 || a.top > b.bottom + 20;  // a stroke reaches beyond its box
  for (const [text, box] of boxes) for (const [path, look, reach] of marks) {
    if (apart(box, reach)) continue;
    const at = path.getScreenCTM().inverse();
    let hits = 0;
    for (let i = 0.5; i < 12; i++) for (const j of [0.35, 0.5, 0.65]) {
      const point = new DOMPoint(box.left + box.width * i / 12, box.top + box.height * j)
        .matrixTransform(at);
      const inside = !/fill:none/.test(look) && path.isPointInFill(point);
      hits += inside || (/stroke:/.test(look) && path.isPointInStroke(point));
    }
    if (hits > 1) found.push(`${text} lies over a mark`);
  }
  return found;
}"""


@pytest.mark.browser
@pytest.mark.parametrize("width", [320, 390, 544])
def test_words_of_a_chart_can_be_read_at_each_width(pages, browser, width):
    """Twelve pixels or more, whole, and clear of one another and of the marks."""
    found, seen = {}, 0
    tab = browser.new_page(viewport={"width": width, "height": 900})
    for page in pages:
        for name, (_, svg) in _Figures(page).found.items():
            tab.set_content(f"<body style='margin:0'>{svg}")
            seen += 1
            if wrong := tab.evaluate(WORDS, width):
                found[page.stem, name] = wrong
    tab.close()
    assert seen > 100 and not found


@pytest.mark.browser
def test_what_is_wrong_with_the_words_of_a_chart_is_found(browser):
    drawing = (
        "<svg viewBox='0 0 360 90' font-size='{}'><path style='fill:#12436d' d='M0 40h60v20h-60z'/>"
        "<text x='{}' y='55'>words</text><text x='300' y='85'>more words</text></svg>"
    )
    tab = browser.new_page(viewport={"width": 320, "height": 900})
    for size, x, wrong in (
        (13.5, 100, []),
        (10, 100, ["words is small", "more words is small"]),
        (13.5, 20, ["words lies over a mark"]),
        (13.5, -20, ["words is cut", "words lies over a mark"]),
    ):
        tab.set_content(f"<body style='margin:0'>{drawing.format(size, x)}")
        said = [s for s in tab.evaluate(WORDS, 320) if s != "more words is cut"]
        assert said == wrong
    tab.close()


def tab_to(tab, name: str, most: int = 200) -> None:
    """Press the Tab key until the link of this name has the focus."""
    for _ in range(most):
        tab.keyboard.press("Tab")
        if tab.evaluate("document.activeElement.textContent.trim()").startswith(name):
            return
    raise AssertionError(f"the Tab key never reached {name!r}")


@pytest.mark.browser
def test_a_csv_is_reached_from_the_index_by_keyboard_and_without_script(site, browser):
    tab, heard = visit(browser, site / "index.html", script=False)
    assert not tab.get_by_role(
        "searchbox"
    ).is_visible()  # no control that would do nothing
    tab_to(tab, "Op Sceptre")
    tab.keyboard.press("Enter")
    tab.wait_for_url("**/op-sceptre.html")
    tab_to(tab, "Download the data")
    with tab.expect_download() as started:
        tab.keyboard.press("Enter")
    assert started.value.suggested_filename.endswith(".csv")
    assert not heard
    tab.context.close()


@pytest.mark.browser
def test_the_first_screen_of_the_index_gives_answers_and_no_routine_caution(
    site, browser
):
    tab, heard = visit(browser, site / "index.html")
    tab.set_viewport_size({"width": 1280, "height": 800})
    seen = "links => links.filter(a => a.getBoundingClientRect().bottom <= innerHeight).map(a => a.text)"
    answers = tab.eval_on_selector_all(".answers .says > p:first-child > a", seen)
    assert len(answers) >= 4 and all(len(said) > 20 for said in answers)
    assert not tab.eval_on_selector_all(
        ".notice", "all => all.filter(one => one.getBoundingClientRect().top < 800)"
    )
    assert not heard
    tab.context.close()


@pytest.mark.browser
def test_districts_are_sorted_by_a_press_and_set_beside_a_map_that_leads_to_them(
    site, browser
):
    """A resident of Burnley: is burglary high here, and how do we compare with Hyndburn?"""
    tab, heard = visit(browser, site / "index.html")
    table = tab.get_by_role("table", name="The districts side by side")
    names = [cell.inner_text() for cell in table.get_by_role("rowheader").all()]
    assert len(names) == 14 and names == sorted(names)
    head = table.get_by_role("columnheader", name="Burglary")
    head.get_by_role("button").press("Enter")
    assert head.get_attribute("aria-sort") == "descending"
    sorted_names = [c.inner_text() for c in table.get_by_role("rowheader").all()]
    assert sorted_names.index("Burnley") < sorted_names.index("Hyndburn")
    for name in ("Burnley", "Hyndburn"):
        shown = table.get_by_role("row", name=name).get_by_role("cell").nth(3)
        folder = site / "area-profile" / name.lower()
        with (folder / "positions.csv").open(encoding="utf-8-sig", newline="") as file:
            [row] = [r for r in csv.reader(file) if r and r[0] == "Burglary"]
        rates = [f"{float(cell):.1f}" for cell in row[1:] if re.match(r"\d+\.\d", cell)]
        assert shown.inner_text().split()[0] in rates
    head.get_by_role("button").press("Enter")
    assert head.get_attribute("aria-sort") == "ascending"
    shapes = tab.locator(".map a")
    assert shapes.count() == 14
    titles = tab.locator(".map title").all_text_contents()
    assert any(re.fullmatch(r"Burnley: [\d.]+, .+ elsewhere.*", t) for t in titles)
    tab.locator('.map a[href="area-profile/burnley.html"]').focus()
    tab.keyboard.press("Enter")
    tab.wait_for_url("**/area-profile/burnley.html")
    assert not heard
    tab.context.close()


@pytest.mark.browser
def test_a_resident_on_a_phone_is_two_taps_from_burglary_and_sees_how_the_next_place_does(
    site, browser
):
    """Is burglary high here, in Burnley, and how do we compare with Hyndburn?"""
    tab, heard = visit(browser, site / "index.html", WIDTHS["phone"])
    tab.get_by_role("searchbox").click()  # the first tap
    looked_up(tab, "burglary in Burnley")
    first = tab.locator("#find li li a").first
    assert "urglary" in first.inner_text() and "Burnley" in first.inner_text()
    told = first.inner_text()
    first.click()  # the second
    tab.wait_for_url("**/area-profile/burnley.html#*")
    name = tab.url.partition("#")[2]
    assert tab.locator(f"#{name}").is_visible()
    tab.go_back()  # the third
    assert tab.get_by_role("searchbox").input_value() == "burglary in Burnley"
    driver.wait_until(tab, "document.querySelectorAll('#find li li a').length > 0")
    assert tab.locator("#find li li a").first.inner_text() == told
    table = tab.get_by_role("table", name="The districts side by side")
    tab.get_by_label("Show").select_option(label="Burglary")  # the fourth and fifth
    for place in ("Burnley", "Hyndburn"):
        row = table.get_by_role("row", name=place)
        row.get_by_role("rowheader").scroll_into_view_if_needed()
        rate = row.get_by_role("cell").first
        assert re.match(r"[\d.]+ ", rate.inner_text())
        box = rate.bounding_box()
        assert box["x"] + box["width"] <= WIDTHS["phone"]
    rates = [float(c.split()[0]) for c in table.get_by_role("cell").all_inner_texts()]
    assert len(rates) == 14 and rates == sorted(rates, reverse=True)
    assert not heard
    tab.context.close()


def beside(tab) -> dict[str, list[str]]:
    """The table of two districts: what each measure is in the one and in the other."""
    cells = "rows => rows.map(row => [...row.cells].map(cell => cell.innerText))"
    rows = tab.locator("#pair tbody tr").evaluate_all(cells)
    return {name: values for name, *values in rows}


@pytest.mark.browser
def test_a_resident_on_a_phone_sets_two_districts_beside_each_other_in_two_taps(
    site, browser
):
    """How does Burnley compare with Hyndburn? By the search: two taps, for every measure."""
    tab, heard = visit(browser, site / "index.html", WIDTHS["phone"])
    tab.get_by_role("searchbox").click()  # the first tap
    looked_up(tab, "burglary burnley hyndburn")
    tab.get_by_role("link", name="Burnley and Hyndburn side by side").click()  # second
    tab.wait_for_url("**#pair")
    tab.get_by_role("heading", name="Two districts side by side").wait_for()
    assert 0 <= tab.locator("#pair").bounding_box()["y"] < 300
    found = beside(tab)
    assert "Burglary" in found and "Change in a year" in found
    for at, name in enumerate(("burnley", "hyndburn")):
        csv_file = site / "area-profile" / name / "positions.csv"
        with csv_file.open(encoding="utf-8-sig", newline="") as file:
            [row] = [r for r in csv.reader(file) if r and r[0] == "Burglary"]
        rates = [f"{float(cell):.1f}" for cell in row[1:] if re.match(r"\d+\.\d", cell)]
        value, sign, words = re.match(
            r"([\d.]+) (.)\s+(.*)", found["Burglary"][at], re.S
        ).groups()
        assert value in rates and sign in "▲▼●" and "elsewhere" in words
    assert tab.locator("#pair .mark").count() == 2
    for width in (WIDTHS["phone"], 256):  # the latter is a window of 1,024 at 400%
        tab.set_viewport_size({"width": width, "height": 800})
        assert tab.evaluate("document.documentElement.scrollWidth") <= width
    tab.get_by_label("Second district").select_option(label="Pendle")
    assert beside(tab)["Burglary"][0] == found["Burglary"][0]
    assert beside(tab) != found
    assert "one=burnley&other=pendle" in tab.get_by_role(
        "link", name="Link to these two"
    ).get_attribute("href")
    assert not heard
    tab.context.close()


@pytest.mark.browser
def test_a_district_leads_to_another_side_by_side_with_it_in_one_tap(site, browser):
    tab, heard = visit(browser, site / "area-profile" / "burnley.html")
    tab.get_by_role("link", name="side by side with Hyndburn").click()
    tab.wait_for_url("**/index.html?one=burnley&other=hyndburn#pair")
    heads = tab.locator("#pair thead th").all_inner_texts()
    assert heads == ["Burnley", "Hyndburn"]
    assert not heard
    tab.context.close()


@pytest.mark.browser
def test_on_paper_no_heading_of_what_is_folded_stands_alone(site, pages, browser):
    """What is folded is whole on paper, or its heading is not there either."""
    tab, found = browser.new_page(java_script_enabled=False), {}
    tab.emulate_media(media="print")
    alone = """() => [...document.querySelectorAll("details")].filter((one) =>
      one.querySelector("summary").checkVisibility() &&
      !one.lastElementChild.checkVisibility({ contentVisibilityAuto: true })
    ).map((one) => one.textContent.slice(0, 80))"""
    kinds = {
        page.relative_to(site).parts[0].removesuffix(".html"): page for page in pages
    }
    learn = sorted((site / "learn").glob("*.html"))
    for page in [site / "index.html", *kinds.values(), *learn]:
        tab.goto(page.as_uri())
        if said := tab.evaluate(alone):
            found[str(page.relative_to(site))] = said
    tab.close()
    assert not found


@pytest.mark.browser
@pytest.mark.parametrize("width", ["desktop", "phone"])
def test_values_of_a_chart_are_told_by_pointing_and_by_the_keyboard(
    site, browser, width
):
    """Each is a cell of the table beside the chart, and the tip stays within the page."""
    tab, heard = visit(browser, site / "op-sceptre.html", WIDTHS[width])
    chart = tab.locator("#blade-offences .chart")
    with (site / "op-sceptre" / "blade-offences.csv").open(
        encoding="utf-8-sig", newline=""
    ) as file:
        rows = {row[0]: row[1] for row in csv.reader(file) if row}
    slider, tip = chart.get_by_role("slider"), chart.locator(".tip")
    assert not tip.is_visible()
    slider.focus()
    tab.keyboard.press("End")
    told = slider.get_attribute("aria-valuetext")
    when, value = re.match(r"(\d{4} Q\d): ([\d,]+) ", told).groups()
    assert tip.inner_text() == told and tip.is_visible()
    assert rows[when] == value.replace(",", "")
    box = tip.bounding_box()
    assert box["x"] >= 0 and box["x"] + box["width"] <= WIDTHS[width]
    spot = chart.locator(".spot").bounding_box()
    tab.keyboard.press("Home")
    assert tip.inner_text() != told
    tab.mouse.move(spot["x"] + spot["width"] / 2, spot["y"] + spot["height"] / 2)
    assert tip.inner_text() == told
    tab.mouse.move(5, 5)
    slider.blur()
    assert not tip.is_visible()
    assert not heard
    tab.context.close()


def looked_up(tab, query: str) -> list[str]:
    """The handles of the pages that the search box lists for a query, best first."""
    tab.get_by_role("searchbox").fill(query)
    said = "document.querySelector('#find p').dataset.said === document.querySelector('#find input').value"
    driver.wait_until(tab, said)
    links = "links => links.map(link => link.getAttribute('href'))"
    found = tab.eval_on_selector_all("#find > ul > li > a", links)
    return [path.removesuffix(".html") for path in found]


@pytest.mark.browser
def test_what_readers_type_leads_to_the_right_page_first_or_second(site, browser):
    """The 40 queries were written before the search; none may be changed to fit it."""
    tab, heard = visit(browser, site / "index.html")
    with (ROOT / "tests/publish/search_queries.csv").open(encoding="utf-8") as file:
        queries = list(csv.DictReader(file))
    assert len(queries) == 40
    found = {row["query"]: looked_up(tab, row["query"]) for row in queries}
    wrong = {
        row["query"]: found[row["query"]][:3]
        for row in queries
        if not {*found[row["query"]][:2]} & {*row["right"].split()}
    }
    assert not wrong and not heard
    tab.context.close()


@pytest.mark.browser
def test_every_hit_of_the_search_is_a_finding_at_its_anchor_and_none_comes_twice(
    site, browser
):
    tab, heard = visit(browser, site / "index.html")
    for query in ("knife", "county lines", "burglary", "Blakpool"):
        looked_up(tab, query)
        hits = tab.eval_on_selector_all(
            "#find li li a", "links => links.map(a => [a.getAttribute('href'), a.text])"
        )
        assert hits and len({said for _, said in hits}) == len(hits)
        for address, _ in hits:
            path, _, anchor = address.partition("#")
            assert f'id="{anchor}"' in (site / path).read_text(encoding="utf-8")
    assert "“blackpool”" in tab.get_by_role("status").inner_text()
    assert not heard
    tab.context.close()


@pytest.mark.browser
def test_the_search_finds_a_district_counts_aloud_and_answers_to_keys(site, browser):
    tab, heard = visit(browser, site / "index.html")
    status = tab.get_by_role("status")
    looked_up(tab, "burnley")
    assert re.match(r"\d+ findings on \d+ pages", status.inner_text())
    tab.keyboard.press("Escape")
    assert status.text_content() == ""
    looked_up(tab, "xyzzy")
    assert status.inner_text().startswith("Nothing was found for “xyzzy”.")
    looked_up(tab, "county lines")
    assert "County lines: Gangs that supply drugs" in status.inner_text()
    looked_up(tab, "burnley")
    tab.keyboard.press("ArrowDown")
    tab.keyboard.press("ArrowDown")
    tab.keyboard.press("Enter")
    tab.wait_for_url("**/area-profile/burnley.html#*")
    assert not heard
    tab.context.close()


KINDS = ["op-sceptre", "annual-report", "area-profile/burnley", "clear-hold-build"]
each_kind = pytest.mark.parametrize("name", KINDS)


@pytest.mark.browser
@each_kind
@pytest.mark.parametrize("width", [320, 390])
def test_on_a_phone_charts_have_the_whole_width_and_do_not_scroll(
    site, browser, name, width
):
    tab, _ = visit(browser, site / f"{name}.html", width)
    boxes = tab.evaluate(
        """() => [...document.querySelectorAll(".chart")].map((e) =>
          [e.scrollWidth, e.clientWidth, e.firstChild.getBoundingClientRect().width])"""
    )
    tab.context.close()
    assert boxes and all(box == [width, width, width] for box in boxes)


@pytest.mark.browser
@each_kind
def test_on_a_phone_the_contents_open_and_a_link_leads_back_up(site, browser, name):
    tab, heard = visit(browser, site / f"{name}.html", WIDTHS["phone"])
    first = tab.locator(".contents li a").first
    assert not first.is_visible()
    tab.locator(".contents summary").click()
    first.click()
    assert tab.url.endswith(first.get_attribute("href"))
    assert tab.evaluate("document.querySelector(':target').localName") == "h2"
    assert tab.evaluate("scrollY") > 400
    tab.locator(".upward a").click()
    driver.wait_until(tab, "scrollY === 0")
    assert not heard
    tab.context.close()


@pytest.mark.browser
def test_a_table_is_sorted_by_its_headings_and_says_so(site, browser):
    tab, heard = visit(browser, site / "op-sceptre.html")
    tab.locator("#failures-by-force summary").click()
    head = tab.locator("#failures-by-force thead th").nth(1)
    column = "[...document.querySelectorAll('#failures-by-force tbody tr')].map((r) => r.cells[1].textContent)"
    orders = []
    for order in ("ascending", "descending"):
        head.get_by_role("button").press("Enter")
        assert head.get_attribute("aria-sort") == order
        orders.append([float(n.replace(",", "")) for n in tab.evaluate(column)])
    assert orders[0] == sorted(orders[0]) == orders[1][::-1]
    dates = tab.locator("#failures-by-week")
    dates.locator("summary").click()
    dates.locator("thead button").first.click()
    years = [t.split()[-1] for t in dates.locator("tbody th").all_inner_texts()]
    assert years == sorted(years) and len(years) > 2
    assert not heard
    tab.context.close()


@pytest.mark.browser
@pytest.mark.parametrize("width", [320, 390])
def test_on_a_phone_all_that_a_row_of_a_wide_table_says_is_in_view(
    site, browser, width
):
    tab, heard = visit(browser, site / "annual-report.html", width)
    one = tab.locator("#op-warrior")
    one.locator("details").first.evaluate("(d) => { d.open = true; }")
    said = one.locator("tbody tr").first.locator("td")
    heads = [cell.get_attribute("data-head") for cell in said.all()]
    assert "Others allow" in heads and "State" in heads
    for cell in said.all():
        box = cell.bounding_box()
        assert box["x"] >= 0 and box["x"] + box["width"] <= width
        shown = cell.evaluate("(c) => getComputedStyle(c, '::before').content")
        assert shown == f'"{cell.get_attribute("data-head")}"'
    rows = one.get_by_role("row")  # still a table to who hears it
    assert rows.first.get_by_role("rowheader").is_visible()
    tab.set_viewport_size({"width": 1280, "height": 900})
    driver.wait_until(tab, "!document.querySelector('.cards')")
    assert one.get_by_role("columnheader", name="Others allow").is_visible()
    assert not heard
    tab.context.close()


@pytest.mark.browser
def test_the_first_column_stays_in_view_when_a_wide_table_is_moved(site, browser):
    tab, _ = visit(browser, site / "annual-report.html", WIDTHS["phone"])
    box = tab.locator("#behaviour-and-violence .scroll")
    box.locator("xpath=..").evaluate("(details) => { details.open = true; }")
    assert box.get_attribute("tabindex") == "0"  # a keyboard reaches what moves
    box.evaluate("(one) => { one.scrollLeft = 400; }")
    frame = box.bounding_box()
    cell = tab.locator("#behaviour-and-violence tbody th").first.bounding_box()
    assert abs(cell["x"] - frame["x"]) < 2
    tab.context.close()


@pytest.mark.browser
@each_kind
def test_paper_shows_every_table_and_the_version(site, browser, name):
    tab, _ = visit(browser, site / f"{name}.html")
    tab.emulate_media(media="print")
    hidden = tab.evaluate(
        "[...document.querySelectorAll('.finding table')].filter((t) => !t.checkVisibility() "
        "|| !t.getBoundingClientRect().height).length"
    )
    assert hidden == 0 and tab.locator(".finding table").count() > 3
    moving = "heads => heads.some((e) => getComputedStyle(e).position === 'sticky')"
    assert not tab.locator(".finding th").evaluate_all(moving)
    assert tab.get_by_text("Version of").first.is_visible()
    assert not tab.locator(".upward").is_visible()
    tab.context.close()


@pytest.mark.browser
@each_kind
def test_charts_and_their_words_use_the_width_of_a_desk(site, browser, name):
    tab, _ = visit(browser, site / f"{name}.html")
    right = tab.evaluate(
        "Math.max(...[...document.querySelectorAll('.result figcaption')]"
        ".map((e) => e.getBoundingClientRect().right))"
    )
    tab.context.close()
    assert right > 0.9 * WIDTHS["desktop"]


# What a page is made of, from top to bottom, and how its boxes stand in the window. Widths and
# left edges as parts of the window do not hang on a font; heights do, and are not compared.
PARTS = "header.top, h1, #find, .brief, .contents, .answers, .rates, .map, .result img, .about, footer"
BOXES = """(parts) => [...document.querySelectorAll(parts)].filter((e) => e.checkVisibility())
  .slice(0, 12).map((e) => [e.className || e.localName, e.getBoundingClientRect()])
  .map(([name, b]) => [name, b.x / innerWidth, b.width / innerWidth])"""


@pytest.mark.browser
@pytest.mark.parametrize("width", WIDTHS.values(), ids=WIDTHS)
@pytest.mark.parametrize(
    "name", ["index", "op-sceptre", "area-profile/burnley", "trend-monitor"]
)
def test_the_layout_is_as_it_was_looked_at(site, browser, name, width):
    """Boxes of ``layout.json``; OUTCOMES_LAYOUT=write stores them anew, to be looked at."""
    file = ROOT / "tests/layout.json"
    known = json.loads(file.read_text(encoding="utf-8"))
    tab, _ = visit(browser, site / f"{name}.html", width)
    found = [
        [part, round(x, 3), round(w, 3)] for part, x, w in tab.evaluate(BOXES, PARTS)
    ]
    tab.context.close()
    if os.environ.get("OUTCOMES_LAYOUT") == "write":
        known.setdefault(name, {})[str(width)] = found
        file.write_text(json.dumps(known, indent=1) + "\n", encoding="utf-8")
    wanted = known[name][str(width)]
    assert [part for part, *_ in found] == [part for part, *_ in wanted]
    for (part, *box), (_, *old) in zip(found, wanted, strict=True):
        assert box == pytest.approx(old, abs=0.02), part
