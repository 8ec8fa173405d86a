"""Recorded crime by quarter: counts, spellings, names and outcomes."""

import gzip

import pandas as pd
import pytest
from raw_files import PLACES

from outcomes.core.errors import Invalid
from outcomes.ingest import geography, recorded_crime


def raw_quarters(**columns):
    frame = {
        "FY": "2012/13",
        "Financial Quarter": 1.0,
        "Force": "Lancashire",
        "Offence Description": "Robbery",
        "Group": "Robbery",
        "Offence Subgroup": "Robbery",
        "Offence Code": "34B",
        "n": 1.0,
    }
    return pd.DataFrame(frame | columns)


def test_financial_quarters_begin_in_april():
    year = pd.Series(["2012/13"] * 4 + ["1999/00"])
    days = recorded_crime.quarter_start(year, pd.Series([1.0, 2.0, 3.0, 4.0, 4.0]))
    assert days.dt.strftime("%Y-%m-%d").tolist() == [
        *("2012-04-01", "2012-07-01", "2012-10-01", "2013-01-01", "2000-01-01")
    ]


def test_negative_counts_stay_and_spellings_of_one_body_are_one():
    names = ["Lancashire", "London, City of", "CIFAS", "Cifas"]
    frame = recorded_crime.quarterly(raw_quarters(Force=names, n=[-2.0, 5.0, 3.0, 4.0]))
    assert frame.set_index("force")["n"].to_dict() == {
        "lancashire": -2,
        "city-of-london": 5,
        "cifas": 7,
    }
    with pytest.raises(Invalid, match="not a whole number"):
        recorded_crime.quarterly(raw_quarters(n=[1.5]))


def test_an_offence_has_its_latest_name_and_the_quarters_it_was_used():
    raw = raw_quarters(
        FY=["2012/13", "2013/14", "2014/15"],
        n=[4.0, 5.0, 0.0],
        **{
            "Offence Description": [
                "Robbery",
                "Robbery",
                "Robbery of a person (outcomes only)",
            ]
        },
    )
    found = recorded_crime.offences(raw, recorded_crime.quarterly(raw)).iloc[0]
    assert found["name"] == "Robbery of a person" and bool(found["outcomes_only"])
    assert found["last_quarter"] == pd.Timestamp("2013-04-01")


def test_rows_of_outcomes_are_summed_though_they_look_alike():
    raw = pd.DataFrame(
        {
            "Financial Year": "2024/25",
            "Financial Quarter": [1.0, 1.0, 4.0],
            "Force": "Lancashire",
            "Offence Group": "Robbery",
            "Outcome Group": "Charged/Summonsed",
            "Outcome Type": 1.0,
            "n": [3.0, 3.0, 2.0],
        }
    )
    frame = recorded_crime.case_outcomes(raw)
    assert frame["n"].tolist() == [6, 2]
    assert frame["quarter"].tolist() == [
        pd.Timestamp("2024-04-01"),
        pd.Timestamp("2025-01-01"),
    ]


def test_partnership_rows_tell_totals_from_the_unassigned(tmp_path):
    path = tmp_path / "csp_annual_long.csv.gz"
    text = (
        "period,pfa_code,pfa_name,csp_code,csp_name,la_code,la_name,offence,offences\n"
        "YE Dec 2023,E23000003,Lancashire,,,,,Robbery,9\n"
        "YE Dec 2023,E23000003,Lancashire,E22000163,Wyre,E07000128,Wyre,Robbery,8\n"
        "YE Dec 2023,E23000003,Lancashire,,Unassigned Lancashire,,,Robbery,1\n"
        "YE Dec 2023,E23000003,Lancashire,E22000999,New,E06000999,New,Robbery,\n"
    )
    path.write_bytes(gzip.compress(text.encode()))
    frame = recorded_crime.annual(geography.read_source(path), PLACES)
    assert frame["kind"].tolist() == ["force", "district", "unassigned"]
    assert frame["district"].tolist() == ["", "E07000128", ""]
    assert frame["n"].tolist() == [9, 8, 1]


def test_deaths_are_of_areas_that_are_known():
    raw = pd.DataFrame({"code": ["E10000017", "K04000001"], "2020": ["9", "7"]})
    raw.insert(1, "name", ["Lancashire", "ENGLAND AND WALES "])
    areas = pd.DataFrame({"area": ["lancashire-12"], "gss": ["E10000017"]})
    with pytest.raises(Invalid, match="no area with the code K04000001"):
        recorded_crime.drug_deaths(raw, areas)
    areas.loc[1] = ["england-and-wales", "K04000001"]
    frame = recorded_crime.drug_deaths(raw, areas)
    assert frame["area"].tolist() == ["lancashire-12", "england-and-wales"]
    assert frame["name"].tolist() == ["Lancashire", "England and Wales"]
    assert frame["deaths"].tolist() == [9, 7]
