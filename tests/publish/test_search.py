"""The search of a release: what its script holds, and that its table of words is sound."""

import csv
import json
import re

import pytest

import lab_driver as driver
from notebook_maker import fact
from outcomes.core import project
from outcomes.publish import index, search


def entry(handle: str, *facts: dict, **changes) -> dict:
    """A page of the manifest, as far as the search reads it."""
    given = {"title": handle.title(), "question": "", "notebook": handle}
    return {"path": f"{handle}.html", "findings": list(facts)} | given | changes


def held(*entries: dict) -> dict:
    """What the script knows of some pages."""
    code = search.script(list(entries))
    start = code.index('{"pages"')
    return json.JSONDecoder().raw_decode(code[start:])[0]


def test_a_sentence_of_many_pages_is_held_once_with_all_of_them():
    same = fact(name="found", sentence="Knives were found.")
    got = held(entry("one", same), entry("two", same, fact(sentence="None.")))
    assert [(one[0], one[2]) for one in got["findings"]] == [
        ([[0, "found"], [1, "found"]], "Knives were found."),
        ([[1, "found"]], "None."),
    ]


def test_what_is_searched_is_sentence_detail_measure_area_question_and_words_of_tables():
    one = fact(detail="Of 42.", area="Fylde", unit="arrests", labels="Arson, Robbery")
    got = held(entry("one", one, question="Do shops fail?"))
    assert got["pages"] == [["one.html", "One", "Do shops fail?", "one"]]
    *_, detail, other = got["findings"][0]
    assert detail == "Of 42." and "Fylde" in other and "Robbery" in other
    assert "arrests" in other
    assert ["noise", "Ups and downs"] in [[n, m[:13]] for n, m in got["terms"]]


def test_labels_are_words_once_and_no_numbers_or_long_texts():
    rows = [["Arson", 1, "2024"], ["Arson", 2, None], ["Robbery", 1.5, "w" * 60]]
    assert search.labels({"rows": rows}) == "Arson, Robbery"
    assert search.labels(None) == ""


@pytest.mark.parametrize("text", ["</script><script>", 'a "quote"', "\u2028", "\\"])
def test_a_text_of_any_kind_stays_a_text(text):
    assert held(entry("one", fact(sentence=text)))["findings"][0][2] == text


def test_the_table_of_words_is_sound():
    with (project.data() / "synonyms.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.reader(file))
    assert rows[0] == ["searched", "finds"]
    for searched, finds in rows[1:]:
        for cell in (searched, finds):
            phrases = cell.split("; ")
            assert all(p and p == p.strip() for p in phrases), cell
            assert len({*phrases}) == len(phrases), cell
            # of all signs the search looks for a pound sign alone
            assert all(re.search("[a-z0-9£]", p.lower()) for p in phrases), cell


def test_a_collection_without_such_a_table_is_searched_by_its_own_words(monkeypatch):
    monkeypatch.setattr(project, "data", lambda: project.folder() / "nowhere")
    assert search.synonyms() == []


@pytest.fixture(scope="module")
def search_box(tmp_path_factory):
    """The index of three made-up pages, with its search, open from a disk in a browser."""
    driver.need_chromium("the search was not tried in a browser")
    folder = tmp_path_factory.mktemp("site")
    shared = {"group": "county", "state": "built", "built": "20251124T083000Z-ab"}
    shared |= {"error": None, "vintage": ""}
    marked = fact(name="marked", sentence="<img src=x onerror=alert(1)> burglaries.")
    pages = [
        entry("bins", fact(sentence="Knives were found."), marked, **shared),
        entry("shops", fact(sentence="Robbery fell.", area="Colne"), **shared),
        entry("sums", fact(sentence="£1,200 was seized."), **shared),
    ]
    pages = [page | {"handle": page["title"], "label": page["title"]} for page in pages]
    told = {"since": "", "sentence": "", "lines": []}
    (folder / "index.html").write_text(index.index_html(pages, "20251124", told))
    (folder / "search.js").write_text(search.script(pages), encoding="utf-8")
    with driver.browser() as browser:
        tab = browser.new_page()
        tab.goto((folder / "index.html").as_uri())

        def asked(words: str) -> tuple[str, list[str]]:
            tab.get_by_role("searchbox").fill(words)
            driver.wait_until(
                tab,
                "words => document.querySelector('#find p').dataset.said === words",
                words,
            )
            assert tab.locator("#find img").count() == 0
            hits = tab.locator("#find li li a").all_text_contents()
            return tab.get_by_role("status").text_content(), hits

        yield asked
        browser.close()


@pytest.mark.browser
@pytest.mark.parametrize(
    ("words", "said", "hits"),
    [
        ("blades", "1 finding on 1 page.", ["Knives were found."]),
        ("KNIFE", "1 finding on 1 page.", ["Knives were found."]),
        ("muggings", "1 finding on 1 page.", ["Robbery fell."]),
        ("robb", "1 finding on 1 page.", ["Robbery fell."]),
        ("colne robberies", "1 finding on 1 page.", ["Robbery fell."]),
        ("cash", "1 finding on 1 page.", ["£1,200 was seized."]),
        ("£", "1 finding on 1 page.", ["£1,200 was seized."]),
        ("were the", "Nothing was found for “were the”.", []),
        ("zebra", "Nothing was found for “zebra”.", []),
        ("zebra knives", "No page says “zebra”. 1 finding", ["Knives were found."]),
        (
            "robery",
            "Nothing says “robery”. Did you mean “robbery”? For that: 1 finding",
            ["Robbery fell."],
        ),
        ("noise", "Noise: Ups and downs that a series has", []),
        ("(.*", "Nothing was found for “(.*”.", []),
    ],
)
def test_words_beginnings_synonyms_and_slips_find_what_they_mean(
    search_box, words, said, hits
):
    told, found = search_box(words)
    assert told.startswith(said) and found == hits


@pytest.mark.browser
def test_what_looks_like_markup_is_shown_as_it_is_written(search_box):
    _, found = search_box("break-in")
    assert found == ["<img src=x onerror=alert(1)> burglaries."]
