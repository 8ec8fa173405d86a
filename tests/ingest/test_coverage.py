"""Months that are whole, in part or missing, with the reason."""

import pandas as pd
from raw_files import PLACES

import outcomes as oc
from outcomes.data.crime_codes import ASB
from outcomes.ingest import (
    coverage,
)


def months(force, counts, start="2024-01-01", kind="burglary"):
    index = pd.date_range(start, periods=len(counts), freq="MS")
    frame = pd.DataFrame({"force": force, "month": index, "type": kind, "n": counts})
    return frame[frame["n"] > 0]


def test_coverage_tells_missing_from_partial_from_complete():
    counts = pd.concat(
        [
            months("lancashire", [900, 1000, 0, 1100, 1000, 1000]),
            months("lancashire", [500] * 6, kind=ASB),
            months("durham", [300, 40, 310, 300, 290, 305]),
            months("durham", [100, 100, 10, 100, 100, 100], kind=ASB),
        ]
    )
    counts = counts[
        ~((counts["force"] == "lancashire") & (counts["month"] == "2024-03-01"))
    ]
    known = pd.DataFrame(
        {
            "force": ["lancashire"],
            "month": [pd.Timestamp("2024-01-01")],
            "no_location": [12],
            "duplicates": [3],
            "outside": [1],
        }
    )
    frame = coverage.build(counts, known).set_index(["force", "month"])
    lancashire, durham = frame.loc["lancashire"], frame.loc["durham"]
    assert (
        lancashire["state"].tolist()
        == ["complete"] * 2 + ["missing"] + ["complete"] * 3
    )
    assert (
        pd.isna(lancashire["rows"].iloc[2])
        and "Not held here" in lancashire["reason"].iloc[2]
    )
    assert lancashire["rows"].iloc[0] == 1400 and lancashire["duplicates"].iloc[0] == 3
    assert (
        durham["state"].tolist()
        == ["complete", "partial", "partial"] + ["complete"] * 3
    )
    assert (
        "under half" in durham["reason"].iloc[1]
        and "anti-social" in durham["reason"].iloc[2]
    )
    assert set(frame.loc["metropolitan", "state"]) == {"missing"}
    assert "too large" in frame.loc["metropolitan", "reason"].iloc[0]


def test_coverage_counts_blanks_and_rows_of_other_forces():
    given = pd.DataFrame(
        {"force": "lancashire", "lad": ["NO_LOCATION", "Wyre", "Wigan"]}
    )
    given = given.assign(month=pd.Timestamp("2024-01-01"), n=[4, 50, 2])
    found = coverage.location_counts(given, PLACES).iloc[0]
    assert (found["no_location"], found["outside"]) == (4, 2)


def test_a_file_that_is_not_held_is_not_said_to_be_missing_from_the_world():
    reasons = set(oc.coverage().query("state == 'missing'")["reason"])
    assert coverage.NOT_HELD in reasons and "outcomes data refresh" in coverage.NOT_HELD
    assert not [reason for reason in reasons if "at hand" in reason]
