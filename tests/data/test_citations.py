"""A citation's period is that of the rows read, wherever it stands."""

import ast
import json
import pickle
import re
import shutil
from pathlib import Path

import pandas as pd
import pytest

import outcomes as oc
from outcomes import data, findings
from outcomes.core import formatting
from outcomes.core.errors import Invalid
from outcomes.core.kept_results import keep
from outcomes.findings.finding import cite

ROOT = Path(__file__).parents[2]


def titles(of) -> list[str]:
    return [one["title"] for one in cite(of)]


def test_a_citation_has_publisher_title_with_coverage_and_address():
    quarters = oc.recorded_crime(force="Lancashire")["quarter"]
    last = quarters.max() + pd.DateOffset(months=2)
    assert oc.source("crime_quarterly", force="lancashire") == {
        "source": "home_office",
        "publisher": "Home Office",
        "title": "Police recorded crime open data, police force area tables, "
        f"{quarters.min():%B %Y} to {last:%B %Y}",
        "url": "https://www.gov.uk/government/statistics/police-recorded-crime-open-data-tables",
        "published": "",
    }


def test_gaps_are_counted():
    held = oc.coverage(force="Lancashire")
    months = held.loc[held["state"] != "missing", "month"]
    span = pd.period_range(months.min(), months.max(), freq="M")
    said = f"Lancashire, {months.min():%B %Y} to {months.max():%B %Y}"
    wanted = f"street-level crime, {said}, {len(months)} of {len(span)} months"
    assert oc.source("crime_monthly", force="lancashire")["title"] == wanted
    assert oc.source("coverage", force="Lancashire")["title"] == wanted
    # only complete months are counted, and a type that is rare says as much of them as any
    rows = oc.street_crime("district", force="Lancashire", area="Ribble Valley")
    complete = held["state"].eq("complete").sum()
    wanted = wanted.replace(f"{len(months)} of", f"{complete} of")
    assert titles(rows) == titles(rows[rows["type"] == "Robbery"]) == [wanted]


def test_the_period_is_that_of_the_rows_asked_for():
    said = {"force": "Lancashire", "year": 2025, "area": "Burnley"}
    for by in ("district", "neighbourhood"):
        titled = titles(oc.street_crime(by, **said))
        assert titled == ["street-level crime, Lancashire, January to December 2025"]
    rows = data.read("crime_quarterly")
    rows = rows[rows["quarter"].between("2023-01-01", "2023-10-01")]
    (cited,) = data.citations.sources_of("crime_quarterly", rows)
    assert cited["title"].endswith("tables, January to December 2023")
    panels = oc.crime_panels("burglary", force=["Lancashire", "Leicestershire"])
    panel = panels["burglary"]
    said = titles(panel)[0]
    assert "Lancashire and Leicestershire" in said and f" {len(panel)} of " in said


@pytest.mark.parametrize(
    "table, ends",
    [
        ("crime_annual", "years to December 2023, December 2024 and June 2025"),
        ("case_outcomes", "April 2024 to March 2025"),
        ("drug_deaths", "by year of registration, 1993 to 2020"),
        ("districts", "Mid-2020 population estimates"),
        ("imd", "English indices of deprivation 2019 and 2025"),
    ],
)
def test_every_table_and_source_can_be_cited(table, ends):
    assert oc.source(table)["title"].endswith(ends)


def test_every_frame_of_the_data_room_carries_its_sources():
    for table in data.tables.tables():
        assert oc.source(table)["publisher"], table
        assert cite(data.read(table)), table
    for frame in (
        oc.neighbourhoods(),
        oc.forces(),
        oc.programmes(),
        oc.street_crime("district", force="Lancashire", area="Preston"),
    ):
        assert cite(frame)
    publishers = [one["publisher"] for one in cite(oc.neighbourhoods())]
    assert publishers == ["ONS", "MHCLG", "ONS"]


def test_figures_are_cited_page_by_page_and_none_by_the_register():
    rows = oc.published_figures(programme="fraud", vintages="all")
    assert len(cite(rows)) == len(rows[["source", "published"]].drop_duplicates())
    none = rows[rows["value"] < 0]
    assert [one["publisher"] for one in cite(none)] == ["Register of published figures"]
    assert findings.finding("none", "None.", sources=none).facts["sources"] == cite(
        none
    )


def test_frames_dicts_and_names_may_be_mixed():
    rows = oc.recorded_crime(force="Lancashire")
    mixed = cite([rows, oc.source("imd"), "Council survey", rows])
    assert [one["publisher"] for one in mixed] == [
        "Home Office",
        "MHCLG",
        "Council survey",
    ]


def test_a_month_added_moves_the_citation(tmp_path, monkeypatch):
    shutil.copytree(ROOT / "data", tmp_path / "data")
    monkeypatch.setenv("OUTCOMES_DATA", str(tmp_path / "data"))
    path = tmp_path / "data/clean/coverage.csv"
    before = oc.source("coverage", force="lancashire")["title"]
    text = path.read_text(encoding="utf-8").rstrip("\n")
    path.write_text(
        f"{text}\nlancashire,2031-01-01,complete,,13974,422,0,39\n", encoding="utf-8"
    )
    after = oc.source("coverage", force="lancashire")["title"]
    assert before != after and "December 2019 to January 2031" in after


def test_a_table_of_ones_own_is_cited_by_its_name(tmp_path, monkeypatch):
    (tmp_path / "clean").mkdir()
    (tmp_path / "clean/survey.csv").write_text("ward,n\nPark,3\n", encoding="utf-8")
    monkeypatch.setenv("OUTCOMES_DATA", str(tmp_path))
    assert [one["title"] for one in cite(data.read("survey"))] == ["survey"]
    with pytest.raises(Invalid, match="Did you mean 'survey'"):
        oc.source("surveys")


def test_what_is_cited_is_noted_as_read():
    data.tables._log.clear()
    oc.source("crime_monthly", force="lancashire")
    noted = json.dumps(data.reads())
    assert '"coverage"' in noted and '"lancashire"' in noted


# Bodies whose tables are held here: what a hand-written citation of one would begin with.
HELD = r"(Home Office|ONS\b|Office for National Statistics|MHCLG|data\.police\.uk)"
YEAR = r"\b(19|20)\d\d\b"


def written_by_hand(code: str) -> list[str]:
    """Texts of code, documentation apart, that name a source held here together with a year."""
    tree = ast.parse(code)
    told = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    found = [
        node.value
        for node in ast.walk(tree)
        if isinstance(node, ast.Constant)
        and isinstance(node.value, str)
        and id(node) not in told
    ]
    cited = [text for text in found if re.search(HELD, text) and re.search(YEAR, text)]
    named = [
        kw
        for kw in ast.walk(tree)
        if isinstance(kw, ast.keyword) and kw.arg == "sources"
    ]
    for given in named:  # sources=[…] with a year of whatever body
        texts = [n.value for n in ast.walk(given) if isinstance(n, ast.Constant)]
        cited += [t for t in texts if isinstance(t, str) and re.search(YEAR, t)]
    return cited


def code_of(path: Path) -> list[str]:
    if path.suffix == ".py":
        return [path.read_text(encoding="utf-8")]
    cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
    return ["".join(c["source"]) for c in cells if c["cell_type"] == "code"]


EVERYWHERE = sorted(
    [*ROOT.glob("notebooks/*/*.ipynb"), *ROOT.glob("lib/outcomes/**/*.py")]
)


@pytest.mark.parametrize("path", EVERYWHERE, ids=lambda p: p.name)
def test_no_month_or_year_of_data_is_written_in_a_citation(path):
    """After a refresh a period written by hand would be wrong on every page that cites it."""
    assert [text for code in code_of(path) for text in written_by_hand(code)] == []


def test_a_citation_by_hand_is_found():
    planted = 'home_office = "Home Office, Police recorded crime, April 2012 to December 2025"'
    assert len(written_by_hand(planted)) == 1
    assert written_by_hand('show.finding("x", "y", sources=["A survey, 2024"])') == [
        "A survey, 2024"
    ]
    assert written_by_hand('def f():\n    """Home Office, 2012 to 2025."""') == []


def test_no_day_is_written_as_the_machine_would_write_it():
    """``%B`` follows the locale, and ``%-d`` fails on Windows."""
    files = [*(ROOT / "lib").rglob("*.py"), *(ROOT / "notebooks").rglob("*.ipynb")]
    bad = re.compile(r":%-d|:[^\s{}]*%[AaBbcxXp]\b|strftime\([^)]*%(?:-|[AaBbcxXp])")
    found = [
        f"{f.name}: {m.group()}"
        for f in files
        for m in bad.finditer(f.read_text("utf-8"))
    ]
    assert not found
    assert (
        formatting.date("2023-11-03")
        == formatting.date("2023-11-03")
        == "3 November 2023"
    )
    assert formatting.month(pd.Period("2023-11", "M")) == "November 2023"


def test_citations_go_along_with_rows_and_columns_without_being_copied():
    frame = oc.recorded_crime("trafficking", force="Lancashire")
    sources = frame.attrs["sources"]
    for part in (frame["n"], frame[frame["n"] > 0], frame.assign(m=1)):
        assert part.attrs["sources"] is sources
    again = oc.recorded_crime("trafficking", force="Lancashire")
    assert again.attrs["sources"] == sources
    assert again.attrs["sources"] is not sources


def test_a_frame_that_is_cited_can_be_kept_and_written(tmp_path, monkeypatch):
    monkeypatch.setenv("OUTCOMES_KEPT", str(tmp_path))
    calls = []

    @keep
    def latest(frame, sources):
        calls.append(len(frame))
        return frame.tail(1)

    frame = oc.recorded_crime("trafficking", force="Lancashire")
    sources = frame.attrs["sources"]
    for _ in range(2):
        assert latest(frame, sources).attrs["sources"] == sources
    assert len(calls) == 1
    assert pickle.loads(pickle.dumps(sources)) == sources
    frame.to_parquet(tmp_path / "n.parquet")
    assert pd.read_parquet(tmp_path / "n.parquet").attrs["sources"] == sources
