"""Neighbourhoods in codes of one year, and the districts of forces."""

import pandas as pd
import pytest
from raw_files import LINKS, PLACES

from outcomes.core.errors import Invalid
from outcomes.ingest import (
    geography,
    police_uk,
)


def moved(rows):
    """Rows (lsoa, x, month, n) of Wyre taken to the codes of 2021."""
    frame = pd.DataFrame(rows, columns=["lsoa", "x", "month", "n"])
    frame = frame.assign(y=53.9, force="lancashire", district="E07000128")
    early = frame["month"] < geography.FRAME_2021
    points, group = police_uk.match_frames(
        frame[early & (frame["lsoa"] != "")], frame[~early], LINKS
    )
    now = set(LINKS["lsoa21"]) | set(frame.loc[~early, "lsoa"])
    code = geography.codes_2021(frame[frame["lsoa"] != ""], now, points)
    return frame.assign(lsoa=code.reindex(frame.index).fillna(frame["lsoa"])), group


def test_codes_of_2011_become_those_of_2021():
    rows = [
        ("E01000001", -3.00, "2022-01", 5),  # unchanged
        ("E01000002", -3.05, "2022-01", 7),  # merged
        ("E01000003", -3.06, "2022-01", 11),  # merged
        ("E01000004", -3.101, "2022-01", 13),  # split: nearer to the western part
        ("E01000004", -3.119, "2022-01", 17),  # split: nearer to the eastern part
        ("", None, "2022-01", 19),
        ("E01000023", -3.05, "2024-01", 1),
        ("E01000041", -3.10, "2024-01", 1),
        ("E01000042", -3.12, "2024-01", 1),
        (
            "E01000001",
            -3.11,
            "2024-01",
            1,
        ),  # lies between, but is no part of the split code
    ]
    frame, units = moved(rows)
    early = frame[frame["month"] < "2023"].groupby("lsoa")["n"].sum().to_dict()
    assert early == {
        "E01000001": 5,
        "E01000023": 18,
        "E01000041": 13,
        "E01000042": 17,
        "": 19,
    }
    assert {units["E01000041"], units["E01000042"], units["E01000004"]} == {"E01000004"}
    assert {units["E01000023"], units["E01000002"], units["E01000003"]} == {"E01000002"}
    assert "E01000001" not in units


def test_without_a_look_up_new_codes_are_found_by_their_points():
    rows = [
        ("E01000007", -3.204, "2022-01", 40),
        ("E01000007", -3.24, "2022-01", 59),
        ("E01000007", -3.30, "2022-01", 1),  # one stray row makes no heir
        ("E01000008", -3.31, "2022-01", 9),
        ("E01000008", -3.205, "2024-01", 9),  # nearer, but a code that was there before
        ("E01000071", -3.20, "2024-01", 1),
        ("E01000072", -3.24, "2024-01", 1),
        ("E01000073", -3.30, "2024-01", 1),
    ]
    frame, units = moved(rows)
    early = frame[frame["month"] < "2023"].groupby("lsoa")["n"].sum().to_dict()
    assert early == {"E01000071": 40, "E01000072": 59, "E01000073": 1, "E01000008": 9}
    assert (
        units["E01000071"] == units["E01000072"] == "E01000007"
        and "E01000073" not in units
    )


def test_chains_of_codes_fall_into_one_unit():
    pairs = pd.DataFrame(
        {"lsoa11": ["b", "a", "a", "d"], "lsoa21": ["y", "y", "x", "z"]}
    )
    assert geography.units(pairs) == {
        "a": "a",
        "b": "a",
        "x": "a",
        "y": "a",
        "d": "d",
        "z": "d",
    }


def test_distance_to_a_point_allows_for_the_latitude():
    old = pd.DataFrame(
        {"x": [0.0], "y": [60.0]}
    )  # a degree east is half a degree north here
    new = pd.DataFrame({"x": [0.15, 0.0], "y": [60.0, 60.1], "lsoa": ["east", "north"]})
    assert geography.nearest_codes(old, new).tolist() == ["east"]


def test_district_names_in_lsoa_names_are_known_or_named():
    places = pd.concat(
        [
            PLACES,
            pd.DataFrame({"district": ["E06000023"], "name": ["Bristol, City of"]}),
        ]
    )
    names = pd.Series(["Wyre", "", "Bristol"])
    assert geography.district_codes(names, places).tolist() == [
        "E07000128",
        "",
        "E06000023",
    ]
    with pytest.raises(
        Invalid, match=r"no district is known by the name of Atlantis\."
    ):
        geography.district_codes(pd.Series(["Atlantis", "Wyre"]), places)
