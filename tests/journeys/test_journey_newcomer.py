"""A newcomer types `make reports` in a fresh clone, opens what it names, and looks about."""

import json
import re
from html import unescape
from pathlib import Path

import pytest
from walk import OUTCOMES, type_in

pytestmark = pytest.mark.build


@pytest.fixture(scope="module")
def clone(real_site) -> Path:
    return real_site.parent


def test_the_last_line_says_what_to_open_and_it_is_there(clone):
    last = (clone / "build.log").read_text(encoding="utf-8").strip().splitlines()[-1]
    opened = Path(re.fullmatch(r"Open (\S+)", last)[1])
    assert (clone / opened).is_file()


def test_every_page_of_the_plan_was_built_and_none_failed(release):
    record = json.loads((release / "manifest.json").read_text(encoding="utf-8"))
    assert len(record["pages"]) >= 60
    assert {page["state"] for page in record["pages"]} == {"built"}


def test_from_the_index_each_page_is_reached_and_each_leads_back(release):
    index = (release / "index.html").read_text(encoding="utf-8")
    links = {unescape(link) for link in re.findall(r'href="([^"#]+\.html)"', index)}
    assert len(links) >= 60
    for link in sorted(links):
        html = (release / link).read_text(encoding="utf-8")
        assert f'href="{"../" * link.count("/")}index.html"' in html, link


def test_a_second_call_finds_nothing_to_do_and_leaves_the_clone_as_it_was(clone):
    before = _files(clone)
    assert "up to date" in type_in(clone, "make", "reports")
    assert _files(clone) == before
    assert "No page" not in type_in(clone, OUTCOMES, "status")


def _files(clone: Path) -> set[Path]:
    """What a person sees in the clone beside the site: nothing there is new or gone."""
    aside = {"site", ".venv", "__pycache__"}
    found = (path.relative_to(clone) for path in clone.rglob("*"))
    return {path for path in found if not aside & set(path.parts)}
