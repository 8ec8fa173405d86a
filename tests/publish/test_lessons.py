"""Lessons as pages: whole, light, their answers folded, and nothing in them that acts."""

import json
import re
import shutil
from dataclasses import replace
from html.parser import HTMLParser
from itertools import pairwise
from pathlib import Path

import pytest

from notebook_maker import plan as made_plan
from outcomes.core.collection import collection
from outcomes.publish import lessons, render, search, staleness
from outcomes.publish import plan as plans

ROOT = Path(__file__).parents[2]
FILES = {"index.html", "feed.xml"}


@pytest.fixture(scope="module")
def every() -> list[lessons.Lesson]:
    plan = plans.read(ROOT / "reports.toml")
    made, refused = lessons.pages(plan, FILES | {p.path for p in plan.pages})
    assert not refused
    return made


class _Open(HTMLParser):
    """The words of a page that stand outside what is folded, and those inside."""

    def __init__(self, html: str):
        super().__init__()
        self.depth, self.open, self.folded = 0, [], []
        self.feed(html)

    def handle_starttag(self, tag, attrs):
        self.depth += tag == "details"
        assert not (tag == "details" and dict(attrs).get("open") is not None)

    def handle_endtag(self, tag):
        self.depth -= tag == "details"

    def handle_data(self, data):
        (self.folded if self.depth else self.open).append(data)


def _cells(lesson: lessons.Lesson) -> list[dict]:
    file = ROOT / f"notebooks/{lesson.page.notebook}.ipynb"
    return json.loads(file.read_text(encoding="utf-8"))["cells"]


def test_each_lesson_is_a_page_of_its_own_name_with_its_aim(every):
    names = [p.stem for p in sorted((ROOT / "notebooks/learn").glob("[0-9]*.ipynb"))]
    assert [one.page.path for one in every] == [
        f"learn/{name.replace('_', '-')}.html" for name in names
    ]
    assert every[2].page.title == "Lesson 2: Counts, rates and denominators"
    for one in every:
        assert one.aim.startswith(("You can", "In ten")) and one.aim in one.html
        assert "Aim:" not in one.html and one.html.count("<script") == 1
        assert len(one.html.encode()) < 62_000


def test_no_answer_stands_open_and_every_one_is_there(every):
    for one in every:
        page = _Open(one.html)
        shown, folded = " ".join(page.open), " ".join(page.folded)
        assert "learn.check" not in one.html and "learn.quiz" not in one.html
        for cell in _cells(one):
            source = "".join(cell["source"])
            if "solution" not in cell["metadata"].get("tags", []):
                continue
            for line in re.findall("^answer.*", source, re.M):
                assert line in folded and line not in shown
            told = "".join(cell["outputs"][0]["data"]["text/plain"])
            remark = told.rpartition("Right.")[2].strip()
            assert remark in folded and remark not in shown


def test_every_exercise_is_followed_by_its_hints_and_then_its_answer(every):
    for one in every:
        named = (
            r'<summary>(\d hints|The answer)<span class="unseen">: ([a-z -]+)</span>'
        )
        found = re.findall(named, one.html)
        assert len(set(found)) == len(found)  # no two of a page sound alike
        kinds = [kind for kind, _ in found]
        assert kinds.count("3 hints") == kinds.count("The answer") > 0
        if "00" not in one.page.handle:  # where a text explains what hints are
            assert kinds[::2] == ["3 hints"] * (len(kinds) // 2)


def test_lessons_lead_to_each_other_and_their_tables_have_heads(every):
    for before, after in pairwise(every):
        assert f'href="../{after.page.path}"' in before.html
        assert f'href="../{before.page.path}"' in after.html
    for one in every:  # each table that scrolls has a name of its own
        names = re.findall(r'role="region" aria-label="([^"]+)"', one.html)
        assert len(names) == len(set(names))
    assert not any(re.search("<th>|<style scoped|dataframe", one.html) for one in every)


def test_a_search_for_what_a_lesson_teaches_knows_it(every):
    script = search.script([one.entry for one in every])
    assert (
        "learn/02-rates.html" in script and "Per cent, and percentage points" in script
    )


@pytest.fixture
def beside(tmp_path):
    """A plan with two lessons beside it, whose first can be changed."""
    made_plan(tmp_path, "")
    folder = tmp_path / "notebooks/learn"
    folder.mkdir(parents=True)
    for name in ("00_start_here.ipynb", "07_your_own_page.ipynb", "exercises.toml"):
        shutil.copy(ROOT / "notebooks/learn" / name, folder)
    file = folder / "00_start_here.ipynb"

    def change(html: str) -> None:
        held = json.loads(file.read_text(encoding="utf-8"))
        glossary = next(c for c in held["cells"] if "glossary(" in "".join(c["source"]))
        if glossary["cell_type"] == "markdown":
            glossary = held["cells"][-5]
        glossary["outputs"][0]["data"]["text/html"] = html
        file.write_text(json.dumps(held), encoding="utf-8")

    return tmp_path, change


def test_what_a_stored_output_holds_can_neither_act_nor_load(beside):
    folder, change = beside
    change(
        '<p onclick=x()>Kept<script>x()</script><img src=//e.org/i><b style="a">b</b>'
    )
    (first, _), refused = lessons.pages(plans.read(folder / "reports.toml"), FILES)
    assert not refused and "<p>Kept<b>b</b></p>" in first.html
    assert "e.org" not in first.html and "onclick" not in first.html


def test_a_lesson_that_fails_a_check_is_left_out_with_its_reason(beside):
    folder, change = beside
    change("<table><tr><td>no head</table>")
    made, refused = lessons.pages(plans.read(folder / "reports.toml"), FILES)
    assert [one.page.title for one in made] == ["Lesson 7: Your own page"]
    assert refused == [
        "The page of 'Lesson 0: Start here' was left out: a table has no header cells "
        "with scope"
    ]
    assert "00-start-here" not in made[0].html


def test_a_changed_lesson_is_known_by_its_digest(beside):
    folder, change = beside
    before = staleness.lessons_digest(folder)
    change("<p>New</p>")
    assert staleness.lessons_digest(folder) != before


def test_pages_lead_to_the_documentation_where_the_collection_names_it(every):
    assert "documentation</a>" not in every[0].html
    named = replace(collection, documentation="https://e.org/docs/")
    render.environment().globals["collection"] = named
    try:
        plan = plans.read(ROOT / "reports.toml")
        (first, *_), refused = lessons.pages(plan, FILES | {p.path for p in plan.pages})
    finally:
        render.environment().globals["collection"] = collection
    assert not refused
    assert '<a href="https://e.org/docs/">documentation</a>' in first.html
