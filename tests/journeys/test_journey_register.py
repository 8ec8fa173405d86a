"""An analyst adds a published figure: the pages that rest on it move, and no other does."""

import csv
import json
from pathlib import Path

import pytest
from walk import OUTCOMES, own_copy, type_in

import baselines_tool as baselines

pytestmark = pytest.mark.build

# A second publisher's count of the operation's second year, one lower than the first one's.
NEW = {
    "programme": "Op Warrior",
    "measure": "arrests",
    "value": "1854",
    "unit": "count",
    "qualifier": "exact",
    "period_start": "2023-11-01",
    "period_end": "2024-10-31",
    "area": "Lancashire",
    "area_level": "force",
    "publisher": "A made-up newspaper",
    "source_title": "A made-up page",
    "source_url": "https://example.org/page",
    "published_date": "2024-12-01",
    "note": "",
}
SPEAKS_OF_IT = {"op-warrior", "op-warrior/by-calendar-year", "op-warrior/by-quarter"}
SPEAKS_OF_IT |= {"annual-report", "data-quality"}


@pytest.fixture(scope="module")
def walked(real_site, tmp_path_factory) -> tuple[Path, dict, dict, str]:
    """The copy after the figure was added, the pages before and after, and what was said."""
    clone = own_copy(real_site.parent, tmp_path_factory.mktemp("register") / "clone")
    before = baselines.pages(clone / "site" / "latest")
    figures = clone / "data" / "published" / "figures.csv"
    with figures.open(encoding="utf-8", newline="") as file:
        fields = csv.DictReader(file).fieldnames
    with figures.open("a", encoding="utf-8", newline="") as file:
        csv.DictWriter(file, fields, lineterminator="\n").writerow(NEW)
    said = type_in(clone, OUTCOMES, "data", "check")
    said += type_in(clone, "make", "reports")
    said += type_in(clone, OUTCOMES, "diff")
    return clone, before, baselines.pages(clone / "site" / "latest"), said


def test_only_pages_that_speak_of_it_move(walked):
    _, before, after, _ = walked
    moved = {h for h in after if baselines.differences(h, before[h], after[h])}
    assert "op-warrior" in moved
    assert moved <= SPEAKS_OF_IT


def test_only_pages_that_read_it_are_made_anew(walked):
    clone, *_ = walked
    record = json.loads((clone / "site/latest/manifest.json").read_text("utf-8"))
    anew = {e["handle"] for e in record["pages"] if e["built"] == record["release"]}
    assert anew == SPEAKS_OF_IT


def test_the_page_names_the_contradiction_and_the_reader_is_told_why(walked):
    _, _, after, said = walked
    first = after["op-warrior"]["findings"]["arrests-in-the-first-year"]
    assert first["verdict"] == "contradicted", first["sentence"]
    assert "Why: new data" in said or "Why: data revised" in said


def test_no_file_but_the_registers_own_tables_had_to_change(walked):
    clone, *_ = walked
    root = baselines.ROOT
    changed = {
        path.relative_to(clone).as_posix()
        for path in clone.rglob("*")
        if path.is_file()
        and not {"site", ".venv", "__pycache__"} & set(path.relative_to(clone).parts)
        and (root / path.relative_to(clone)).is_file()
        and path.read_bytes() != (root / path.relative_to(clone)).read_bytes()
    }
    allowed = {f"data/clean/{name}.csv" for name in ("figures", "sources", "measures")}
    assert changed <= allowed | {
        "data/published/figures.csv",
        "data/published/made.txt",
    }
