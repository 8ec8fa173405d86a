"""Pages of a sweep show what depends on their choice; the rest stands on the page above them."""

import hashlib
import json
import re
from collections import Counter, defaultdict
from pathlib import Path

import pytest

pytestmark = pytest.mark.build
_MOST = 0.1  # of the findings of sweeps: those that are alike on four in five of their pages


def entries(site: Path) -> dict[str, dict]:
    record = json.loads((site / "manifest.json").read_text(encoding="utf-8"))
    return {entry["handle"]: entry for entry in record["pages"]}


def sweeps(pages: dict[str, dict]) -> dict[str, list[dict]]:
    """The pages beneath each handle that has any."""
    found = defaultdict(list)
    for handle, entry in pages.items():
        if "/" in handle:
            found[handle.split("/")[0]].append(entry)
    return found


def said(fact: dict) -> tuple:
    return fact["sentence"], fact.get("detail"), fact.get("alt"), fact["value"]


def alike(pages: list[dict]) -> Counter:
    """The findings of a sweep that say the same on four in five of its pages, by name."""
    texts = defaultdict(Counter)
    for entry in pages:
        for fact in entry["findings"]:
            texts[fact["name"]][said(fact)] += 1
    return Counter(
        {
            name: found.total()
            for name, found in texts.items()
            if len(pages) > 1 and max(found.values()) >= 0.8 * len(pages)
        }
    )


def test_few_findings_are_the_same_on_most_pages_of_their_sweep(release):
    beneath = sweeps(entries(release)).values()
    repeated = sum((alike(pages) for pages in beneath), Counter())
    of = sum(len(entry["findings"]) for pages in beneath for entry in pages)
    assert repeated.total() <= _MOST * of, repeated


def test_what_stands_elsewhere_is_found_there_word_for_word(release):
    pages, seen = entries(release), 0
    for handle, entry in pages.items():
        above = pages.get(handle.split("/")[0], {"findings": []})
        there = {fact["name"]: fact["sentence"] for fact in above["findings"]}
        html = (release / entry["path"]).read_text(encoding="utf-8")
        for one in entry["elsewhere"]:
            assert there[one["name"]] == one["sentence"], (handle, one)
            assert f'{above["path"]}#{one["name"]}"' in html, (handle, one)
            seen += 1
    assert seen > 100


def test_no_page_says_what_another_says(release):
    by_words = defaultdict(list)
    for handle, entry in entries(release).items():
        words = json.dumps([said(fact) for fact in entry["findings"]])
        by_words[hashlib.sha256(words.encode()).hexdigest()].append(handle)
    assert [handles for handles in by_words.values() if len(handles) > 1] == []


def test_no_file_is_empty_of_rows(release):
    empty = [
        path.relative_to(release).as_posix()
        for path in release.rglob("*.csv")
        if len(path.read_text(encoding="utf-8-sig").splitlines()) < 2
    ]
    assert empty == []


def test_a_finding_that_every_page_repeats_is_counted():
    facts = [{"name": "n", "sentence": "Same.", "value": 1}]
    pages = [{"findings": facts} for _ in range(5)]
    assert alike(pages) == {"n": 5}
    pages[0] = {"findings": [facts[0] | {"sentence": "Other."}]}
    assert alike(pages) == {"n": 5}
    pages[1] = {"findings": [facts[0] | {"sentence": "Yet another."}]}
    assert alike(pages) == {}


def test_anchors_of_the_contents_are_on_the_page(release):
    for entry in entries(release).values():
        html = (release / entry["path"]).read_text(encoding="utf-8")
        wanted = set(re.findall(r'href="#(part-\d+)"', html))
        assert wanted <= set(re.findall(r'id="(part-\d+)"', html)), entry["handle"]
