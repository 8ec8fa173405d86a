"""Counts of crime against totals published elsewhere, and against a recount by the csv module.

The recount (rows of single months, read line by line without DuckDB or pandas) was made once from
the raw files, which are not in this repository; its totals stand here.
"""

import pandas as pd
import pytest

import outcomes as oc
from outcomes.data import crime, tables

# month: rows counted, duplicates dropped, without a location, by type in the order of TYPES
RECOUNT = {
    ("lancashire", "2020-03"): (
        *(16944, 1149, 1470),
        [5749, 71, 861, 1480, 225, 262, 1028, 85, 771, 59, 609, 66, 762, 4916],
    ),
    ("lancashire", "2021-06"): (
        *(19386, 8, 2500),
        [6628, 81, 571, 1664, 239, 300, 970, 140, 1256, 90, 552, 99, 573, 6223],
    ),
    ("lancashire", "2024-01"): (
        *(13974, 0, 422),
        [3390, 62, 681, 1064, 311, 260, 815, 133, 646, 91, 829, 67, 666, 4959],
    ),
    ("leicestershire", "2022-10"): (
        *(9802, 0, 402),
        [752, 197, 516, 876, 236, 283, 869, 81, 1130, 73, 343, 57, 656, 3733],
    ),
}


@pytest.mark.parametrize(("force", "month"), RECOUNT)
def test_months_agree_with_a_recount_by_another_route(force, month):
    rows, duplicates, no_location, by_type = RECOUNT[force, month]
    frame = oc.street_crime("neighbourhood", force=force, year=month[:4])
    frame = frame[frame["month"] == month]
    assert frame["n"].sum() == rows
    assert frame.loc[frame["lsoa"] == "", "n"].sum() == no_location
    counts = frame.groupby("type_code")["n"].sum()
    assert counts.reindex(list(oc.type_names)).tolist() == by_type
    known = oc.coverage(force=force).set_index("month").loc[month].iloc[0]
    assert (known["rows"], known["duplicates"], known["no_location"]) == (
        *(rows, duplicates, no_location),
    )


def test_districts_agree_with_the_recount():
    frame = oc.street_crime(
        "district", force="Lancashire", year=2020, area=["Blackpool", "burnley"]
    )
    frame = frame[frame["month"] == "2020-03"]
    assert frame.groupby("district")["n"].sum().to_dict() == {
        "Blackpool": 2543,
        "Burnley": 1285,
    }


@pytest.mark.parametrize(("year", "published"), [(2023, 127870), (2024, 131027)])
def test_quarters_of_lancashire_add_up_to_the_year(year, published):
    frame = oc.recorded_crime(force="Lancashire")
    frame = frame[frame["quarter"].dt.year == year]
    assert frame["quarter"].nunique() == 4
    assert frame["n"].sum() == published


@pytest.mark.parametrize(
    ("offence", "first", "published"),
    [
        ("blade_or_point", 2012, 266),
        ("blade_or_point", 2023, 1095),
        ("10D", 2023, 1095),
        ("modern_slavery", 2015, 6),
        ("modern_slavery", 2020, 137),
    ],
)
def test_offences_that_the_programmes_aim_at(offence, first, published):
    frame = oc.recorded_crime(offence, force="Lancashire")
    year = frame["quarter"].between(f"{first}-04-01", f"{first + 1}-03-01")
    assert frame.loc[year, "n"].sum() == published


def test_a_group_of_offences_is_one_offence_added_up():
    whole = oc.recorded_crime("burglary", force="Lancashire")
    parts = oc.recorded_crime(
        ["domestic_burglary", "non_domestic_burglary"], force="Lancashire"
    )
    assert set(parts["offence"]) == {"domestic_burglary", "non_domestic_burglary"}
    sums = parts.groupby("quarter")["n"].sum()
    assert whole.set_index("quarter")["n"].equals(sums)


def test_ons_totals_by_partnership_and_what_is_not_assigned():
    frame = oc.annual_crime(force="Lancashire")
    frame = frame[frame["offence"] == "Total recorded crime (excluding fraud)"]
    by_kind = frame.pivot_table(
        index="year_end", columns="kind", values="n", aggfunc="sum"
    )
    assert by_kind["force"].tolist() == [127902, 131751, 128435]
    assert by_kind["unassigned"].tolist() == [3133, 4097, 3110]
    assert (by_kind["district"] + by_kind["unassigned"] == by_kind["force"]).all()
    parts = frame[frame["kind"] == "district"].groupby("year_end")["district"]
    assert parts.nunique().eq(14).all()


def test_quarters_have_no_gap_for_any_territorial_force():
    frame = oc.recorded_crime()
    assert frame["force"].nunique() == 43
    assert frame.groupby("force")["quarter"].nunique().eq(55).all()
    assert frame["quarter"].min() == pd.Timestamp("2012-04-01")
    assert frame["quarter"].max() == pd.Timestamp("2025-10-01")
    assert (frame["n"] < 0).sum() > 400
    for body in ("British Transport Police", "Action Fraud", "cifas"):
        assert len(oc.recorded_crime(force=body))


def test_outcomes_add_up_to_the_crimes_recorded():
    cases = oc.case_outcomes(force="Lancashire")
    kinds = oc.offences().set_index("offence")["group"]
    counts = oc.recorded_crime(force="Lancashire")
    counts = counts[counts["quarter"].between("2024-04-01", "2025-03-01")]
    by_group = counts.groupby(counts["offence_code"].map(kinds))["n"].sum()
    sums = cases.groupby("group")["n"].sum().reindex(by_group.index)
    assert sums.tolist() == by_group.tolist()


def test_the_three_street_tables_tell_one_story():
    keys = ["force", "month", "type"]
    total, near, fine = (
        tables.rows(name).groupby(keys)["n"].sum()
        for name in crime.STREET_TABLES.values()
    )
    assert near.equals(total.loc[near.index]) and near.size > 9000
    held = oc.coverage(force=["Lancashire", "Leicestershire"])
    months = (held["state"] != "missing").sum()
    assert fine.equals(total.loc[fine.index]) and fine.size == months * 14
    covered = oc.coverage().dropna(subset="rows")
    rows = covered.set_index(["force_code", "month"])["rows"].astype("int64")
    assert rows.tolist() == total.groupby(["force", "month"]).sum().tolist()


def test_street_crime_agrees_with_the_tables():
    force = oc.street_crime("force", force="Lancashire", year=2025)
    table = tables.rows("crime_force_monthly", None, {"force": "lancashire"})
    table = table[table["month"].dt.year == 2025]
    assert force["n"].sum() == table["n"].sum()
    assert len(force) == 12 * 14
    district = oc.street_crime("district", force="Lancashire", year=2025)
    assert len(district) == 12 * 14 * 14 and 0 < district["n"].sum() < force["n"].sum()
    small = oc.street_crime("neighbourhood", force="Lancashire", year=2025)
    assert small["n"].sum() == force["n"].sum() and (small["lsoa"] == "").any()
    assert not small.duplicated(["lsoa", "district", "month", "type"]).any()
    inside = oc.street_crime(
        "neighbourhood", force="Lancashire", year=2025, area="Burnley"
    )
    mine = district.loc[district["district"] == "Burnley", "n"].sum()
    assert inside["n"].sum() == mine and set(inside["force"]) == {"Lancashire"}


def test_coverage_of_lancashire_is_as_the_files_are():
    frame = oc.coverage(force="Lancashire")
    files = tables.rows("street_files", None, {"force": "lancashire"})["month"]
    every = pd.date_range("2019-12", frame["month"].max(), freq="MS")
    assert frame["month"].tolist() == every.tolist()
    missing = frame[frame["state"] == "missing"]
    assert missing["month"].tolist() == sorted(set(every) - set(files))
    assert missing["month"].dt.strftime("%Y-%m").tolist()[:3] == [
        *("2020-06", "2020-08", "2020-09")
    ]
    assert missing["rows"].isna().all() and missing["reason"].ne("").all()
    assert (frame["state"] == "complete").sum() == len(files)
    share = frame["no_location"] / frame["rows"]
    high = frame[share >= 0.12]
    assert high["month"].dt.strftime("%Y-%m").tolist() == [
        *("2021-05", "2021-06", "2021-07", "2021-08", "2021-09")
    ]
    assert set(high["state"]) == {"complete"}


def test_months_that_are_broken_at_source_are_partial():
    frame = oc.coverage()
    found = frame[frame["state"] == "partial"]
    months = found["month"].dt.strftime("%Y-%m")
    assert sorted(zip(found["force_code"], months, strict=True)) == [
        *[("dyfed-powys", f"2024-0{month}") for month in (1, 2, 3, 4)],
        ("hampshire", "2025-08"),
        ("nottinghamshire", "2024-01"),
    ]
    none = frame.groupby("force_code")["state"].agg(lambda of: set(of) == {"missing"})
    assert sorted(none.index[none]) == [
        *("greater-manchester", "metropolitan", "west-midlands", "west-yorkshire")
    ]
    held = oc.street_crime("force", force="Dyfed-Powys")
    assert held["month"].nunique() == 12 and held["month"].min().year == 2025


def test_counts_of_a_district_have_zeros_for_complete_months_only():
    grid = oc.street_crime("district", force="Lancashire", area="Ribble Valley")
    grid = grid[grid["type"] == "Robbery"]
    complete = oc.coverage(force="Lancashire").query("state == 'complete'")
    assert grid["month"].tolist() == complete["month"].tolist()
    where = {"force": "lancashire", "district": "E07000124", "type": "robbery"}
    bare = tables.rows("crime_district_monthly", None, where)
    assert grid["n"].sum() == bare["n"].sum()
    assert (grid["n"] == 0).sum() == len(grid) - len(bare) > 0
    assert pd.Timestamp("2023-06-01") not in set(grid["month"])
    whole = oc.street_crime("district", force="Lancashire")
    assert len(whole) == 14 * 14 * len(complete)


def test_panels_have_every_neighbourhood_and_month_of_the_forces():
    forces = ["Lancashire", "Leicestershire"]
    panels = oc.crime_panels(["burglary", "all crime"], force=forces)
    burglary = panels["burglary"]
    assert burglary.shape[1] == len(oc.neighbourhoods(force=forces))
    held = oc.coverage(force=forces).query("state == 'complete'")
    both = held["month"].value_counts().eq(2)
    assert sorted(both.index[both]) == burglary.index.tolist()
    assert (panels["all crime"] >= burglary).all(axis=None)
    counts = oc.street_crime("district", force="Lancashire", area="Burnley")
    counts = counts[counts["type"] == "Burglary"].set_index("month")["n"]
    fine = burglary[oc.neighbourhoods("Burnley")["lsoa"]].sum(axis=1)
    assert fine.tolist() == counts.reindex(fine.index).tolist()


def test_neighbourhoods_of_2021_hold_every_early_row_of_lancashire():
    lsoas = oc.neighbourhoods(force="Lancashire")
    assert len(lsoas) == 945 and lsoas["population"].sum() == 1_515_487
    assert lsoas["frame"].value_counts().to_dict() == {
        "unchanged": 924,
        "split": 16,
        "merged": 5,
    }
    early = tables.rows("crime_monthly", None, {"force": "lancashire"})
    early = early[early["month"] <= "2022-10-01"]
    home = set(oc.districts(force="Lancashire")["code"])
    used = set(early.loc[early["district"].isin(home), "lsoa"])
    assert used <= set(lsoas["lsoa"]) and len(used) == 945
    # a split code of 2011 stands for its parts: 477 rows were recorded in Chorley 004B
    parts = lsoas.loc[lsoas["unit"] == "E01024949", "lsoa"]
    assert sorted(parts) == ["E01034337", "E01034338"]
    assert early.loc[early["lsoa"].isin(parts), "n"].sum() == 477
    # and a merged one is the sum of its own: 382 and 147 rows in Chorley 006A and 006D
    assert early.loc[early["lsoa"] == "E01034339", "n"].sum() == 382 + 147


def test_drug_deaths_are_a_baseline_with_the_county_apart():
    frame = oc.drug_deaths()
    assert (frame["year"].min(), frame["year"].max()) == (1993, 2020)
    year = frame[frame["year"] == 2020].set_index("area")["deaths"]
    county = "Lancashire County Council area (12 districts)"
    assert year[["England and Wales", "Blackpool", county]].tolist() == [4561, 42, 112]
    assert "Lancashire" not in year.index  # the county council's area is another


def test_months_that_are_not_whole_can_be_rows_with_their_reason():
    asked = {"force": "Lancashire", "area": "Preston"}
    whole = crime.street_crime("district", **asked)
    rows = crime.street_crime("district", **asked, gaps=True)
    absent = rows[rows["n"].isna()]
    assert absent["reason"].str.len().gt(10).all() and len(absent)
    kept = rows.dropna(subset=["n"]).drop(columns="reason")
    assert kept["n"].tolist() == whole["n"].tolist()
    one = rows[rows["type"] == "Burglary"]["month"]
    every = pd.date_range(one.min(), one.max(), freq="MS")
    assert one.tolist() == every.tolist()  # in order, none absent and none twice
    with pytest.raises(crime.Invalid, match="by one of these"):
        crime.street_crime("neighbourhood", **asked, gaps=True)
