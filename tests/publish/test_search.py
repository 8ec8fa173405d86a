"""The search of a release: what its script holds, and that its table of words is sound."""

import csv
import json

import pytest

from notebook_maker import fact
from outcomes.core import project
from outcomes.publish import search


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


def test_a_collection_without_such_a_table_is_searched_by_its_own_words(monkeypatch):
    monkeypatch.setattr(project, "data", lambda: project.folder() / "nowhere")
    assert search.synonyms() == []
