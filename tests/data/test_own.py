"""The public door to a table of one's own: cited, in its types, named in sentences."""

import pandas as pd
import pytest

import outcomes as oc
from outcomes.data import own, tables

SAID = """
title = "Survey of worry"
publisher = "Burnley Council"
licence = "OGL v3.0"
published = 2025-06-30
url = "https://example.org/survey"
[columns]
district = { type = "text", about = "where they live" }
asked = { type = "integer", unit = "residents" }
"""


@pytest.fixture
def folder(tmp_path, monkeypatch):
    folder = tmp_path / "data/own"
    folder.mkdir(parents=True)
    (folder / "survey.toml").write_text(SAID)
    (folder / "survey.csv").write_text("district,asked\nWyre,40\n")
    monkeypatch.setenv("OUTCOMES_DATA", str(tmp_path / "data"))
    return folder


def test_it_is_cited_as_its_description_says(folder):
    frame = oc.own("survey")
    assert frame.attrs["sources"] == [
        {
            "source": "own/survey",
            "publisher": "Burnley Council",
            "title": "Survey of worry",
            "url": "https://example.org/survey",
            "published": "30 June 2025",
            "access": "published",
        }
    ]
    assert frame.attrs["units"] == {"district": "", "asked": "residents"}
    assert frame.attrs["about"]["district"] == "where they live"
    assert frame["asked"].dtype == "int64"


@pytest.mark.parametrize("name", ["survey", "survey.csv", "own/survey"])
def test_reading_is_noted_once_under_one_name(folder, name):
    oc.own(name)
    assert {"table": "own/survey", "where": {}} in tables.reads()


def test_a_wrong_name_is_told_the_nearest(folder):
    with pytest.raises(oc.Invalid, match=r"table of your own 'survay' .* 'survey'"):
        oc.own("survay")
    with pytest.raises(oc.Invalid, match="name 5 is not a name"):
        oc.own(5)


def test_its_digest_changes_with_a_cell_and_with_its_description(folder):
    seen = [tables.digest("own/survey")]
    (folder / "survey.csv").write_text("district,asked\nWyre,41\n")
    seen.append(tables.digest("own/survey"))
    (folder / "survey.toml").write_text(SAID.replace("worry", "fear"))
    seen.append(tables.digest("own/survey"))
    assert len(set(seen)) == 3
    assert oc.own("survey")["asked"].tolist() == [41]


@pytest.fixture
def as_of():
    """A function that cuts what is read at a day; all is read again after the test."""
    yield tables.cut_at
    tables.cut_at("")


def test_as_of_a_day_before_its_publication_it_has_no_rows(folder, as_of):
    as_of("2025-06-29")
    early = oc.own("survey")
    assert early.empty and list(early) == ["district", "asked"]
    assert early["asked"].dtype == "int64" and early.attrs["sources"]
    as_of("2025-06-30")
    assert len(oc.own("survey")) == 1
    (folder / "survey.toml").write_text(SAID.replace("published =", "# published ="))
    as_of("2020-01-01")
    assert len(oc.own("survey")) == 1  # of no day, so that no day is before it


@pytest.mark.parametrize("day", ["", "2024-01-01", "2025-12-31"])
@pytest.mark.parametrize("where", [{}, {"district": "Wyre"}])
def test_its_digest_changes_with_its_description_as_of_any_day(folder, day, where):
    shown = tables.digest("own/survey", where, day)
    (folder / "survey.toml").write_text(f'state = "restricted"\n{SAID}')
    assert tables.digest("own/survey", where, day) != shown


@pytest.mark.parametrize(
    "frame", [pd.DataFrame({"a": [1]}), pd.DataFrame({"a": ["x"]})]
)
def test_a_report_needs_a_name_and_a_number(frame):
    with pytest.raises(oc.Invalid, match="names its rows, and one of numbers"):
        own.label_and_measure(frame)


def test_rows_of_one_name_are_refused_and_a_column_that_tells_them_apart_is_taken():
    frame = pd.DataFrame(
        {"place": ["Wyre", "Fylde", "Wyre"], "year": [2024, 2025, 2025], "rate": 3.5}
    )
    with pytest.raises(oc.Invalid, match=r"place names several rows 'Wyre'.* latest"):
        own.label_and_measure(frame)
    assert own.label_and_measure(frame[1:]) == ("place", "rate")
    frame["ward"] = ["Mount", "Park", "Pharos"]
    assert own.label_and_measure(frame) == ("ward", "rate")
    frame.loc[0, "rate"] = float("nan")  # this row is not shown
    assert own.label_and_measure(frame) == ("place", "rate")
