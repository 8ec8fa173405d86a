"""The districts side by side: values as their pages found them, signs, shades and shapes."""

from dataclasses import replace

import pytest

from notebook_maker import fact
from outcomes.core import project
from outcomes.core.collection import collection
from outcomes.publish import districts

KEYS = ("type", "rank", "level_with", "recorded", "rate_per_1000", "rate_elsewhere")


def page(name: str, rate: float, others: float = 10.0, **change) -> dict:
    """The record of a district's page that compares itself, and its change in a year."""
    rows = [
        ["Burglary", 1, 0, 5, rate / 10, others / 10],
        ["All crime", 1, 0, 50, rate, others],
    ]
    table = {"columns": [{"key": key} for key in KEYS], "rows": rows}
    found = [fact(name=districts.COMPARED, table=table, verdict="published")]
    if change:
        found.append(fact(name=districts.CHANGED, unit="% change", **change))
    path = f"area-profile/{name.lower()}.html"
    return {"label": name, "path": path, "findings": found}


@pytest.fixture
def compared(monkeypatch):
    """A collection that compares two types."""
    chosen = replace(collection, compared=["All crime", "Burglary"])
    monkeypatch.setattr(districts, "collection", chosen)


@pytest.mark.parametrize(
    ("rate", "sign", "word"),
    [
        (11.0, "●", "about as elsewhere"),
        (11.01, "▲", "higher than elsewhere"),
        (9.0, "●", "about as elsewhere"),
        (8.99, "▼", "lower than elsewhere"),
    ],
)
def test_a_rate_within_a_tenth_of_the_others_is_about_the_same(rate, sign, word):
    cell = districts.rated({"rate_per_1000": rate, "rate_elsewhere": 10.0})
    assert (cell.sign, cell.said) == (sign, f"{word} (10.0)")
    assert cell.value == rate


@pytest.mark.parametrize(
    ("value", "lower", "upper", "shown"),
    [
        (5.0, 1.0, 9.0, "+5.0% ▲"),
        (-5.04, -9.0, -1.0, "−5.0% ▼"),
        (5.0, -1.0, 9.0, "+5.0% ●"),
        (0.0, None, None, "0.0% ●"),
        (-0.04, -9.0, 9.0, "0.0% ●"),
        (0.04, -9.0, 9.0, "0.0% ●"),
    ],
)
def test_a_change_has_a_direction_where_its_interval_holds_no_zero(
    compared, value, lower, upper, shown
):
    pages = [page("Wyre", 5, value=value, lower=lower, upper=upper), page("Fylde", 4)]
    got = districts.comparison(pages)
    change = got.rows[0].change
    assert f"{change.shown} {change.sign}" == shown
    assert got.rows[1].change is None


def test_values_are_those_of_the_pages_in_the_order_of_the_collection(compared):
    got = districts.comparison([page("Wyre", 12.34), page("Fylde", 8)])
    assert got.measures == ["All crime", "Burglary"]
    shown = {row.label: [cell.shown for cell in row.cells] for row in got.rows}
    assert shown == {"Wyre": ["12.3", "1.2"], "Fylde": ["8.0", "0.8"]}
    assert got.verdict == "published"


def test_a_type_that_a_page_lacks_is_an_empty_cell(monkeypatch):
    chosen = replace(collection, compared=["All crime", "Robbery"])
    monkeypatch.setattr(districts, "collection", chosen)
    got = districts.comparison([page("Wyre", 5), page("Fylde", 4)])
    assert [row.cells[1] for row in got.rows] == [None, None]


def test_without_two_pages_that_compare_there_is_no_comparison(compared):
    bare = {"label": "Fylde", "path": "f.html", "findings": [fact()]}
    assert districts.comparison([page("Wyre", 5), bare]) is None


def test_shades_go_from_the_lowest_to_the_highest_and_the_legend_says_their_values(
    compared,
):
    names = ["Wyre", "Fylde", "Burnley", "Pendle"]
    pages = [page(name, 10.0 + at) for at, name in enumerate(names)]
    got = districts.comparison(pages)
    assert [shape.shade for shape in got.shapes] == [1, 2, 3, 4]
    assert got.legend == [f"{v} to {v}" for v in ("10.0", "11.0", "12.0", "13.0")]


def test_a_district_lies_where_it_lies(compared):
    """Lancaster north of Preston, Blackpool west of Burnley, all of them on the map."""
    names = ["Lancaster", "Preston", "Blackpool", "Burnley"]
    got = districts.comparison([page(name, 5) for name in names])
    at = {shape.row.label: (shape.x, shape.y) for shape in got.shapes}
    assert (
        at["Lancaster"][1] < at["Preston"][1] and at["Blackpool"][0] < at["Burnley"][0]
    )
    assert all(0 < x < districts.WIDTH and 0 < y < got.height for x, y in at.values())
    assert all(s.path.startswith("M") and s.path.endswith("Z") for s in got.shapes)


def test_without_outlines_there_is_a_table_and_no_map(compared, monkeypatch):
    monkeypatch.setattr(project, "data", lambda: project.folder() / "nowhere")
    got = districts.comparison([page("Wyre", 5), page("Fylde", 4)])
    assert got.shapes == [] and len(got.rows) == 2
