"""Counts of crime against totals published elsewhere, and against a recount by the csv module.

The recount (rows of single months, read line by line without DuckDB or pandas) was made once from
the raw files, which are not in this repository; its totals stand here.
"""

import numpy as np
import pandas as pd
import pytest

import outcomes as oc
from outcomes.core.errors import Invalid
from outcomes.data import crime
from outcomes.methods.evaluation import matching

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
    frame = oc.data.crime_monthly(force=force, month_from=month, month_to=month)
    assert frame["n"].sum() == rows
    assert frame.loc[frame["lsoa"] == "", "n"].sum() == no_location
    assert (
        frame.groupby("type")["n"].sum().reindex(list(oc.data.TYPES)).tolist()
        == by_type
    )
    known = oc.data.coverage(force=force).set_index("month").loc[month].iloc[0]
    assert (known["rows"], known["duplicates"], known["no_location"]) == (
        *(rows, duplicates, no_location),
    )


def test_districts_agree_with_the_recount():
    frame = oc.data.crime_district_monthly(
        district=["Blackpool", "burnley"], month_from="2020-03", month_to="2020-03"
    )
    assert frame.groupby("district")["n"].sum().to_dict() == {
        "E06000009": 2543,
        "E07000117": 1285,
    }


@pytest.mark.parametrize(("year", "published"), [(2023, 127870), (2024, 131027)])
def test_quarters_of_lancashire_add_up_to_the_year(year, published):
    frame = oc.data.crime_quarterly(
        force="lancashire", quarter_from=f"{year}-01", quarter_to=f"{year}-12"
    )
    assert frame["quarter"].nunique() == 4
    assert frame["n"].sum() == published


def financial_year(offence, first):
    frame = oc.data.crime_quarterly(
        force="lancashire",
        offence=offence,
        quarter_from=f"{first}-04",
        quarter_to=f"{first + 1}-03",
    )
    return frame["n"].sum()


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
    assert financial_year(offence, first) == published


def test_ons_totals_by_partnership_and_what_is_not_assigned():
    total = "Total recorded crime (excluding fraud)"
    frame = oc.data.crime_annual(force="lancashire", offence=total)
    by_kind = frame.pivot_table(
        index="year_end", columns="kind", values="n", aggfunc="sum"
    )
    assert by_kind["force"].tolist() == [127902, 131751, 128435]
    assert by_kind["unassigned"].tolist() == [3133, 4097, 3110]
    assert (by_kind["district"] + by_kind["unassigned"] == by_kind["force"]).all()
    assert (
        frame[frame["kind"] == "district"]
        .groupby("year_end")["district"]
        .nunique()
        .eq(14)
        .all()
    )


def test_every_group_of_codes_exists_and_burglary_has_no_break():
    known = oc.data.offences().set_index("offence")
    for name, codes in oc.data.OFFENCE_GROUPS.items():
        assert len(set(codes)) == len(codes) and set(codes) <= set(known.index), name
    recorded = known[known["group"] == "Theft offences"]
    burglary = recorded[recorded["name"].str.contains("burglary", case=False)]
    assert set(burglary.index) == set(oc.data.OFFENCE_GROUPS["burglary"])
    frame = oc.data.crime_quarterly(force="lancashire", offence="burglary")
    assert frame.groupby("quarter")["n"].sum().gt(1000).sum() == 55
    weapons = known[known["group"] == "Possession of weapons offences"]
    assert set(oc.data.OFFENCE_GROUPS["weapons"]) == set(weapons.index)


def test_quarters_have_no_gap_for_any_territorial_force():
    frame = oc.data.crime_quarterly()
    assert frame["force"].nunique() == 43
    assert frame.groupby("force")["quarter"].nunique().eq(55).all()
    assert frame["quarter"].min() == pd.Timestamp("2012-04-01")
    assert frame["quarter"].max() == pd.Timestamp("2025-10-01")
    assert (frame["n"] < 0).sum() > 400
    more = oc.data.crime_quarterly(territorial=False)
    assert {"btp", "action-fraud", "cifas"} <= set(more["force"])


def test_outcomes_add_up_to_the_crimes_recorded():
    cases = oc.data.case_outcomes(force="lancashire")
    kinds = oc.data.offences().set_index("offence")["group"]
    counts = oc.data.crime_quarterly(
        force="lancashire", quarter_from="2024-04", quarter_to="2025-03"
    )
    by_group = counts.groupby(counts["offence"].map(kinds))["n"].sum()
    assert cases.groupby("group")["n"].sum().reindex(by_group.index).equals(by_group)


def test_the_three_street_tables_tell_one_story():
    total = oc.data.crime_force_monthly().groupby(["force", "month", "type"])["n"].sum()
    near = (
        oc.data.crime_district_monthly().groupby(["force", "month", "type"])["n"].sum()
    )
    assert near.equals(total.loc[near.index]) and near.size > 9000
    held = oc.data.coverage(force=["lancashire", "leicestershire"])
    months = (held["state"] != "missing").sum()
    fine = oc.data.crime_monthly().groupby(["force", "month", "type"])["n"].sum()
    assert fine.equals(total.loc[fine.index]) and fine.size == months * 14
    rows = (
        oc.data.coverage().dropna(subset="rows").set_index(["force", "month"])["rows"]
    )
    assert rows.astype("int64").equals(
        total.groupby(["force", "month"]).sum().rename("rows")
    )


def test_coverage_of_lancashire_is_as_the_files_are():
    frame = oc.data.coverage(force="lancashire")
    files = oc.data.tables.read("street_files", force="lancashire")[
        "month"
    ].dt.strftime("%Y-%m")
    every = pd.period_range("2019-12", frame["month"].max(), freq="M").astype(str)
    assert frame["month"].dt.strftime("%Y-%m").tolist() == every.tolist()
    missing = (
        frame.loc[frame["state"] == "missing", "month"].dt.strftime("%Y-%m").tolist()
    )
    assert missing == sorted(set(every) - set(files)) and missing[:3] == [
        "2020-06",
        "2020-08",
        "2020-09",
    ]
    assert frame.loc[frame["state"] == "missing", "rows"].isna().all()
    assert frame.loc[frame["state"] == "missing", "reason"].ne("").all()
    assert len(oc.data.months_present("lancashire")) == len(files)
    share = frame["no_location"] / frame["rows"]
    high = frame.loc[share >= 0.12, "month"].dt.strftime("%Y-%m").tolist()
    assert high == ["2021-05", "2021-06", "2021-07", "2021-08", "2021-09"]
    assert set(frame.loc[share >= 0.12, "state"]) == {"complete"}


def test_months_that_are_broken_at_source_are_partial():
    frame = oc.data.coverage()
    found = frame[frame["state"] == "partial"]
    assert sorted(
        zip(found["force"], found["month"].dt.strftime("%Y-%m"), strict=True)
    ) == [
        *[("dyfed-powys", f"2024-0{month}") for month in (1, 2, 3, 4)],
        ("hampshire", "2025-08"),
        ("nottinghamshire", "2024-01"),
    ]
    none = frame.groupby("force")["state"].agg(lambda state: set(state) == {"missing"})
    assert sorted(none.index[none]) == [
        *("greater-manchester", "metropolitan", "west-midlands", "west-yorkshire")
    ]
    assert len(oc.data.months_present("dyfed-powys")) == 12
    assert len(oc.data.months_present("dyfed-powys", partial=True)) == 16


def test_a_filled_grid_has_zeros_for_complete_months_only():
    bare = oc.data.crime_monthly(district="Ribble Valley", types="robbery")
    grid = oc.data.crime_monthly(district="Ribble Valley", types="robbery", fill=True)
    assert (
        len(grid) == 39 * len(oc.data.months_present())
        and grid["n"].sum() == bare["n"].sum()
    )
    assert (grid["n"] == 0).sum() == len(grid) - len(bare) > 1700
    assert pd.Timestamp("2023-06-01") not in set(grid["month"])
    forces = oc.data.crime_force_monthly(types="robbery", fill=True)
    assert not ((forces["force"] == "dyfed-powys") & (forces["month"] < "2025")).any()
    assert (forces["force"] == "dyfed-powys").sum() == 12


def test_a_filled_grid_of_a_force_loses_no_row():
    grid = oc.data.crime_monthly(force="lancashire", fill=True, month_from="2025-01")
    bare = oc.data.crime_monthly(force="lancashire", month_from="2025-01")
    assert grid["n"].sum() == bare["n"].sum()
    own = grid[grid["lsoa"].isin(oc.data.lsoas()["lsoa"]) | (grid["lsoa"] == "")]
    assert len(own) == (945 + 1) * 12 * 14
    assert not grid.duplicated(["force", "lsoa", "month", "type"]).any()


def test_districts_filled_are_fourteen_by_the_complete_months():
    names = oc.data.district_names()
    grid = oc.data.crime_district_monthly(
        district=names, types=["burglary", "drugs"], fill=True
    )
    assert len(names) == 14 and len(grid) == 14 * len(oc.data.months_present()) * 2
    whole = oc.data.crime_district_monthly(
        force="lancashire", types=["drugs"], fill=True
    )
    assert len(whole) == 14 * len(oc.data.months_present()) and set(whole["force"]) == {
        "lancashire"
    }


def test_asb_is_never_among_the_crimes():
    assert len(oc.data.CRIME_TYPES) == 13 and oc.data.ASB not in oc.data.CRIME_TYPES
    assert set(oc.data.SERIOUS_ACQUISITIVE) < set(oc.data.CRIME_TYPES)


def test_neighbourhoods_of_2021_hold_every_early_row_of_lancashire():
    lsoas = oc.data.lsoas()
    assert len(lsoas) == 945 and lsoas["population"].sum() == 1_515_487
    assert lsoas["frame"].value_counts().to_dict() == {
        "unchanged": 924,
        "split": 16,
        "merged": 5,
    }
    early = oc.data.crime_monthly(force="lancashire", month_to="2022-10")
    home = set(oc.data.districts(force="lancashire")["district"])
    used = set(early.loc[early["district"].isin(home), "lsoa"])
    assert used <= set(lsoas["lsoa"]) and len(used) == 945
    # a split code of 2011 stands for its parts: 477 rows were recorded in Chorley 004B
    parts = lsoas.loc[lsoas["unit"] == "E01024949", "lsoa"]
    assert sorted(parts) == ["E01034337", "E01034338"]
    assert early.loc[early["lsoa"].isin(parts), "n"].sum() == 477
    # and a merged one is the sum of its own: 382 and 147 rows in Chorley 006A and 006D
    assert early.loc[early["lsoa"] == "E01034339", "n"].sum() == 382 + 147


def test_distance_is_in_kilometres():
    tower = pd.DataFrame(
        {"longitude": [-3.0553], "latitude": [53.8160]}
    )  # Blackpool Tower
    minster = pd.DataFrame(
        {"longitude": [-2.6963], "latitude": [53.7586]}
    )  # Preston Minster
    apart = matching.distances(tower, minster)
    assert apart.shape == (1, 1)
    flat = np.hypot(
        (3.0553 - 2.6963) * 111.32 * np.cos(np.radians(53.787)), 0.0574 * 111.2
    )
    assert apart[0, 0] == pytest.approx(flat, rel=2e-3)


def test_places_have_official_sizes():
    forces = oc.data.forces(territorial=True)
    assert (
        len(forces) == 43 and forces["population"].sum() == 59_719_724
    )  # England and Wales
    lancashire = forces.set_index("force").loc["lancashire"]
    assert (lancashire["population"], lancashire["gss"]) == (1_515_487, "E23000003")
    districts = oc.data.districts(force="lancashire").set_index("name")
    assert (
        districts.loc["Burnley", "population"] == 94658
    )  # the census; 89,344 was superseded
    assert (districts["population_year"] == 2021).all()
    assert len(oc.data.districts()) == 331 and set(
        oc.data.districts()["population_year"]
    ) == {2020}


def test_one_function_gives_the_best_residents_on_one_basis():
    ours = oc.data.population(force="lancashire", year=2025)
    assert ours["population"].sum() == 1_531_123 and len(ours) == 14
    assert (
        "census of March 2021" in ours.attrs["caveat"]
        and "2025" in ours.attrs["caveat"]
    )
    assert ours.attrs["sources"][0]["title"] == "Census 2021, usual residents"
    everyone = oc.data.population("force")
    assert (
        set(everyone["population_year"]) == {2020}
        and everyone["population"].notna().all()
    )
    assert "3.5% fewer to 5.9% more" in everyone.attrs["caveat"]
    assert oc.data.population_error()["Burnley"] == pytest.approx(94658 / 89344 - 1)
    with pytest.raises(Invalid, match="level"):
        oc.data.population("ward")


def test_areas_of_the_register_have_the_residents_of_the_districts():
    areas = oc.data.areas().set_index("gss")
    people = oc.data.population(force="lancashire").set_index("place")["population"]
    assert areas.loc[people.index, "population"].equals(
        people.astype(float).rename_axis("gss")
    )
    parts = oc.data.areas("district").groupby("parent")["population"].sum()
    divisions = oc.data.areas("division").set_index("area")["population"]
    assert (divisions == parts[divisions.index]).all()


def test_drug_deaths_are_a_baseline_with_the_county_apart():
    frame = oc.data.drug_deaths()
    assert (frame["year"].min(), frame["year"].max()) == (1993, 2020)
    year = frame[frame["year"] == 2020].set_index("area")["deaths"]
    assert (year["england-and-wales"], year["blackpool"], year["lancashire-12"]) == (
        4561,
        42,
        112,
    )
    assert (
        "lancashire" not in year.index
    )  # the county council's area is not the force's


def test_a_district_may_be_named_in_three_ways_and_a_wrong_name_is_answered():
    by_name = oc.data.crime_district_monthly(district="Ribble Valley", types="robbery")
    for way in ("E07000124", "ribble-valley", ["ribble valley"]):
        assert oc.data.crime_district_monthly(district=way, types="robbery").equals(
            by_name
        )
    with pytest.raises(
        Invalid, match=r"'Burnly' is not known\. Did you mean 'Burnley'"
    ):
        oc.data.crime_monthly(district="Burnly")
    with pytest.raises(Invalid, match="Did you mean 'burglary'"):
        oc.data.crime_monthly(types=["burglery"])
    with pytest.raises(Invalid, match="Did you mean 'trafficking'"):
        oc.data.crime_quarterly(offence="traficking")
    with pytest.raises(Invalid, match="Did you mean 'merseyside'"):
        oc.data.crime_quarterly(force="mersey-side")
    with pytest.raises(Invalid, match="is not a month"):
        oc.data.crime_monthly(force="lancashire", month_from="last year")


def test_rows_of_a_district_are_those_of_its_own_force():
    frame = oc.data.crime_monthly(district="Burnley")
    assert set(frame["force"]) == {"lancashire"}
    away = oc.data.crime_monthly(force="lancashire", district="E08000010")  # Wigan
    assert 0 < away["n"].sum() < 300


def test_every_name_the_room_offers_is_there():
    for name in dir(oc.data):
        assert getattr(oc.data, name) is not None
    assert oc.street_crime is crime.street_crime
    with pytest.raises(AttributeError, match="crime_weekly"):
        _ = oc.data.crime_weekly


def test_rows_without_a_location_may_be_asked_for():
    rows = oc.data.crime_monthly(force="lancashire", lsoa="", types="drugs")
    assert len(rows) and set(rows["lsoa"]) == {""}
