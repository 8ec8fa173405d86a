"""A page as of a day uses nothing that was published after it.

The proof: every table is cut at the day by hand into a copy of the data folder, and the page made
of the copy is compared byte for byte with the page as of the day made of the whole data.
"""

import ast
import json
import re
import shutil
from functools import cache
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

import outcomes as oc
from outcomes import data
from outcomes import findings as show
from outcomes.core.errors import Invalid
from outcomes.data import published_figures, tables, vocabularies
from outcomes.findings.finding import Finding
from outcomes.publish import staleness

ROOT = Path(__file__).parents[2]
DAYS = ("2021-01-01", "2022-06-30", "2023-12-01")
PAGES = ("op_warrior", "fraud", "modern_slavery")


@pytest.fixture(autouse=True)
def today():
    tables._log.clear()
    yield
    oc.as_of("")


# What each table holds by a day, said here a second time and by other means than the library's.
COLUMNS = {
    "areas": {"population": "2021-06-25"},
    "forces": {"population": "2021-06-25"},
    "districts": {"population": "2021-06-25", "population_2021": "2022-11-02"},
    "lsoas": {
        "population": "2021-09-16",
        "imd2019_rank": "2019-09-26",
        "imd2019_decile": "2019-09-26",
        "imd2025_score": "2025-10-30",
        "imd2025_rank": "2025-10-30",
        "imd2025_decile": "2025-10-30",
    },
}
VOCABULARIES = {"programmes", "measures", "lsoa_points", "district_outlines"}


def out(table: str, row: dict, day: str) -> bool:
    """Was this row published by the day?"""
    if table in ("figures", "sources"):
        printed = row["published" if table == "figures" else "published_by"]
        return bool(printed) and printed <= day
    if table == "case_outcomes":
        return day >= "2025-08-05"
    if table in ("crime_annual", "crime_quarterly"):
        months = 3 if table == "crime_quarterly" else 0
        first = pd.Timestamp(row["quarter" if months else "year_end"])
        last = (
            first + pd.DateOffset(months=months) - pd.Timedelta(days=1 if months else 0)
        )
        return f"{last + pd.Timedelta(days=133):%Y-%m-%d}" <= day
    if table == "drug_deaths":
        return (
            f"{pd.Timestamp(int(row['year']), 12, 31) + pd.Timedelta(days=288):%Y-%m-%d}"
            <= day
        )
    if "month" in row:
        last = pd.Timestamp(row["month"]) + pd.offsets.MonthEnd(0)
        return f"{last + pd.Timedelta(days=75):%Y-%m-%d}" <= day
    return True


def cut(folder: Path, day: str) -> Path:
    """A copy of the data folder without what was published after the day."""
    shutil.copytree(ROOT / "data", folder)
    for path in sorted((folder / "clean").glob("*.csv")):
        text = pd.read_csv(path, dtype=str, keep_default_na=False)
        keep = [out(path.stem, row, day) for row in text.to_dict("records")]
        text = text[keep]
        for column, known in COLUMNS.get(path.stem, {}).items():
            text[column] = text[column] if known <= day else ""
        if path.stem == "offences":
            for column in ("first_quarter", "last_quarter"):
                late = [
                    c != "" and not out("crime_quarterly", {"quarter": c}, day)
                    for c in text[column]
                ]
                text[column] = text[column].mask(late, "")
        text.to_csv(path, index=False)
    for path in sorted((folder / "clean").glob("*.parquet")):
        table = pq.read_table(path)
        times = {
            n: table[n].to_pylist()
            for n in ("month", "quarter", "year_end")
            if n in table.column_names
        }
        column, values = next(iter(times.items()))
        keep = {value: out(path.stem, {column: value}, day) for value in set(values)}
        kept = pa.array([keep[value] for value in values], pa.bool_())
        pq.write_table(table.filter(kept), path)
    return folder


def findings(notebook: str, **parameters) -> list[Finding]:
    """The findings of a notebook, run cell by cell as JupyterLab would."""
    path = ROOT / f"notebooks/programmes/{notebook}.ipynb"
    found, names = [], {}
    for cell in json.loads(path.read_text(encoding="utf-8"))["cells"]:
        if cell["cell_type"] != "code":
            continue
        tree = ast.parse("".join(cell["source"]))
        last = tree.body.pop() if isinstance(tree.body[-1], ast.Expr) else None
        exec(compile(tree, notebook, "exec"), names)
        if "parameters" in cell["metadata"].get("tags", []):
            assert set(parameters) <= set(names)
            names |= parameters
        if last is not None:
            found.append(
                eval(compile(ast.Expression(last.value), notebook, "eval"), names)
            )
    return [one for one in found if isinstance(one, Finding)]


@cache
def page_as_of(page: str, day: str) -> list[Finding]:
    """The findings of a page as of a day, of the whole data."""
    return findings(page, as_of=day)


@pytest.mark.usefixtures("kept")
@pytest.mark.parametrize("day", DAYS)
def test_no_number_is_from_after_the_day(day, tmp_path, monkeypatch):
    whole = {page: page_as_of(page, day) for page in PAGES}
    monkeypatch.setenv("OUTCOMES_DATA", str(cut(tmp_path / "data", day)))
    # The values allowed are those of the whole register: a page must be able to be asked for.
    monkeypatch.setattr(oc, "check_parameters", lambda **given: None)
    for page in PAGES:
        known = findings(page, as_of=day)
        assert [f.name for f in known] == [f.name for f in whole[page]]
        for one, other in zip(whole[page], known, strict=True):
            assert one.facts == other.facts, f"{page}, {one.name}"
            assert one.svg == other.svg, f"the chart of {page}, {one.name}"


@pytest.mark.parametrize("day", DAYS)
@pytest.mark.parametrize("page", PAGES)
def test_no_source_is_from_after_the_day(page, day):
    for one in page_as_of(page, day):
        for cited in one.facts["sources"]:
            if re.fullmatch(r"\d+ \w+ \d{4}", cited["published"]):
                assert pd.Timestamp(cited["published"]) <= pd.Timestamp(day), one.name
            for month in re.findall(r"to (\w+ 20\d\d)(?:,|$)", cited["title"]):
                assert pd.Timestamp(month) <= pd.Timestamp(day), (
                    one.name,
                    cited["title"],
                )


def test_before_a_programme_began_nothing_was_known():
    for one in page_as_of("op_warrior", "2021-01-01"):
        said = "Op Warrior had not begun by 1 January 2021: nothing about it was known."
        assert one.sentence == said and one.facts["value"] is None and not one.svg
        assert one.frame is None and one.facts["verdict"] == "not_enough"


def test_every_table_says_when_its_rows_were_published():
    """A table that is added must say it, or be put among the vocabularies here on purpose."""
    keys = ("printed", "known", "cells", "lag")
    silent = {
        name for name, r in tables.package().items() if not any(r.get(k) for k in keys)
    }
    assert silent == VOCABULARIES
    for name, resource in tables.package().items():
        lag = resource.get("lag")
        assert not lag or (lag["path"].startswith("https://") and len(lag) == 2), name
        fields = {field["name"] for field in resource["schema"]["fields"]}
        named = {
            resource.get("printed"),
            *resource.get("known", {}),
            *resource.get("cells", []),
        }
        assert named - {None} <= fields, name


@pytest.mark.parametrize("table", sorted(set(tables.tables()) - VOCABULARIES))
def test_a_table_grows_with_the_day_and_is_whole_today(table):
    whole, sizes = len(data.read(table)), []
    for day in ("1990-01-01", *DAYS, "2026-12-01"):
        oc.as_of(day)
        sizes.append(int(data.read(table).notna().to_numpy().sum()))
    assert sizes == sorted(sizes)
    oc.as_of("")
    assert len(data.read(table)) == whole


def test_a_quarter_is_known_once_it_was_out_and_not_a_day_before():
    oc.as_of("2021-05-12")  # December 2020 came out on 13 May 2021
    assert oc.recorded_crime(force="Lancashire")["quarter"].max() == pd.Timestamp(
        "2020-07-01"
    )
    oc.as_of("2021-05-13")
    assert oc.recorded_crime(force="Lancashire")["quarter"].max() == pd.Timestamp(
        "2020-10-01"
    )


def test_few_columns_are_cut_as_all_are():
    oc.as_of("2022-06-30")
    few = data.read("crime_quarterly", ["force", "n"], force="lancashire")
    assert list(few) == ["force", "n"]
    assert len(few) == len(oc.recorded_crime(force="Lancashire"))


def test_the_notice_counts_the_figures_without_a_day():
    frame = oc.published_figures(programme="op_warrior", vintages="all")
    n = int(frame["published"].isna().sum())
    assert n and published_figures.undated("op_warrior") == n
    said = oc.as_of("2023-12-01", programme="op_warrior")
    assert (
        f"{n} figures of Op Warrior are left out" in said and "1 December 2023" in said
    )
    assert oc.as_of("") is None
    assert published_figures.undated() == int(
        oc.published_figures(vintages="all")["published"].isna().sum()
    )


def test_a_day_is_checked_and_another_text_leaves_what_stood():
    oc.as_of("2022-06-30")
    for wrong in ("2021", "1 January 2021", None, 2021, "2021-02-30"):
        with pytest.raises(Invalid, match="is not a day"):
            oc.as_of(wrong)
    with pytest.raises(Invalid, match="Did you mean 'op_warrior'"):
        oc.as_of("2021-01-01", programme="op_warior")
    assert tables.cut()["day"] == "2022-06-30"


def test_what_may_be_asked_does_not_hang_on_the_day():
    oc.as_of("2021-01-01")
    oc.check_parameters(op_warrior_measure=["arrests"])
    assert vocabularies.choices("op_warrior_measure") == []


def test_reads_note_the_day_and_a_later_row_makes_no_page_due(tmp_path, monkeypatch):
    shutil.copytree(ROOT / "data", tmp_path / "data")
    monkeypatch.setenv("OUTCOMES_DATA", str(tmp_path / "data"))
    oc.as_of("2022-06-30")
    data.read("drug_deaths", area="blackpool")
    noted = {
        "table": "drug_deaths",
        "where": {"area": "blackpool"},
        "as_of": "2022-06-30",
    }
    assert noted in data.reads()
    (reading,) = staleness.readings([noted])
    assert reading["rows"] == 28 and not staleness._rows_changed(reading)
    path = tmp_path / "data/clean/drug_deaths.csv"
    text = path.read_text(encoding="utf-8")
    last = next(line for line in text.splitlines() if line.startswith("blackpool,"))
    later = re.sub(r",\d{4},", ",2021,", last, count=1)
    path.write_text(f"{text.rstrip()}\n{later}\n", encoding="utf-8")
    assert not staleness._rows_changed(
        reading
    )  # those registered in 2021 were not out by June 2022
    path.write_text(text.replace(last, last + "0"), encoding="utf-8")
    assert staleness._rows_changed(reading)


def test_a_finding_of_today_is_not_touched():
    assert published_figures.as_of("") is None
    assert show.finding("a", "Two.", sources="Survey").sentence == "Two."


def test_how_new_a_page_is_goes_by_what_was_published_by_its_day():
    from outcomes.publish import vintage

    whole = {"table": "figures", "where": {"programme": "op_warrior"}}
    early = {
        "table": "crime_quarterly",
        "where": {"force": "lancashire"},
        "as_of": "2021-01-01",
    }
    told = vintage.sentence([], [whole, early, whole | {"as_of": "2021-01-01"}])
    assert told == "Data to June 2020"
    assert vintage.sentence([], [whole]).startswith("Newest publication 9 May 2025")
