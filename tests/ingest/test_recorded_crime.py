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


def test_quarters_that_overlap_are_refused_and_not_doubled():
    """Two years of the source put one below the other have the quarter between them twice."""
    raw = raw_quarters(FY=["2012/13", "2013/14"], n=[4.0, 5.0])
    with pytest.raises(Invalid, match=r"^row 4 says again what row 3 does \(2013/14, "):
        recorded_crime.quarterly(pd.concat([raw, raw[1:]]))
    other = raw[1:].assign(**{"Offence Subgroup": "Robbery of a person"})
    both = recorded_crime.quarterly(pd.concat([raw, other], ignore_index=True))
    assert both["n"].tolist() == [4, 10]  # a code that changed its subgroup is one


ANNUAL = {
    "period": "YE Dec 2023",
    "pfa_name": "Lancashire",
    "csp_code": "",
    "csp_name": "",
    "la_code": "",
    "offence": "Robbery",
    "offences": "9",
}
CASES = {
    "Financial Year": "2024/25",
    "Financial Quarter": 1.0,
    "Force": "Lancashire",
    "Offence Group": "Robbery",
    "Outcome Group": "Charged/Summonsed",
    "Outcome Type": 1.0,
    "n": 3.0,
}
AREAS = pd.DataFrame({"area": ["wyre"], "gss": ["E07000128"]})
DEATHS = {"code": "E07000128", "name": "WYRE", "2020": "9"}
MADE = {
    "quarterly": (raw_quarters(n=[1.0]).iloc[0].to_dict(), recorded_crime.quarterly),
    "annual": (ANNUAL, lambda raw: recorded_crime.annual(raw, PLACES)),
    "case_outcomes": (CASES, recorded_crime.case_outcomes),
    "drug_deaths": (DEATHS, lambda raw: recorded_crime.drug_deaths(raw, AREAS)),
}


@pytest.mark.parametrize(
    ("table", "column", "cell"),
    [
        ("quarterly", "n", "[c]"),
        ("quarterly", "n", ".."),
        ("quarterly", "n", "1,204"),
        ("quarterly", "n", None),
        ("quarterly", "FY", "2012"),
        ("quarterly", "FY", 2012),
        ("quarterly", "Financial Quarter", 5.0),
        ("quarterly", "Financial Quarter", "Q1"),
        ("quarterly", "Offence Code", None),
        ("quarterly", "Offence Code", " "),
        ("quarterly", "Offence Subgroup", None),
        ("quarterly", "Force", None),
        ("annual", "offences", "1,204"),
        ("annual", "offences", "[c]"),
        ("annual", "period", "Dec-23"),
        ("annual", "pfa_name", ""),
        ("case_outcomes", "n", ".."),
        ("case_outcomes", "Outcome Type", "1A"),
        ("case_outcomes", "Offence Group", None),
        ("drug_deaths", "2020", "[c]"),
        ("drug_deaths", "2020", "1,204"),
    ],
)
def test_a_cell_that_cannot_be_read_is_named_with_its_row_and_column(
    table, column, cell
):
    good, make = MADE[table]
    other = good | {"Force": "Kent", "offence": "Arson"} if "2020" not in good else good
    raw = pd.DataFrame([{k: v for k, v in other.items() if k in good}, good])
    assert len(make(raw)) == 2
    raw[column] = raw[column].astype(object)
    raw.loc[1, column] = cell
    with pytest.raises(Invalid, match=rf"in row 3 of column '{column}' is not "):
        make(raw)


@pytest.mark.parametrize("table", MADE)
def test_a_column_with_another_name_is_named(table):
    good, make = MADE[table]
    for column in good:
        raw = pd.DataFrame([good]).rename(columns={column: f"{column} (renamed)"})
        with pytest.raises(Invalid, match=r"there is no column|is not a year"):
            make(raw)


def test_the_file_is_named_whose_cell_is_wrong(tmp_path):
    folder = tmp_path / "recorded_crime"
    folder.mkdir()
    raw_quarters(n=[1.5]).to_parquet(folder / "prc_pfa_long.parquet")
    said = r"^prc_pfa_long\.parquet: '1\.5' in row 2 of column 'n' is not a whole number\.$"
    with pytest.raises(Invalid, match=said):
        recorded_crime.build(tmp_path, tmp_path / "clean", PLACES)
    (folder / "prc_pfa_long.parquet").write_bytes(b"PAR1")
    with pytest.raises(Invalid, match=r"prc_pfa_long\.parquet cannot be read: "):
        recorded_crime.build(tmp_path, tmp_path / "clean", PLACES)
