"""Neighbourhoods in codes of one year, and the districts of forces."""

import json

import pandas as pd
import pytest
from raw_files import LINKS, PLACES

from outcomes.core.errors import Invalid
from outcomes.data import tables
from outcomes.ingest import geography, police_uk


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


def boundaries(folder, **shapes):
    """A source folder with the outlines of districts: code to rings of degrees."""
    features = [
        {
            "properties": {"ltla24_code": code},
            "geometry": {"coordinates": [[ring] for ring in rings]},
        }
        for code, rings in shapes.items()
    ]
    file = folder / "geography" / "lancashire_14_districts_ltla24.geojson"
    file.parent.mkdir(parents=True)
    file.write_text(json.dumps({"features": features}), encoding="utf-8")
    return folder


SQUARE = [[-3, 53.9], [-2.9, 53.9], [-2.9, 54], [-2.9, 54.00004], [-3, 54], [-3, 53.9]]


def test_an_outline_is_rounded_for_all_alike_and_slivers_are_left_out(tmp_path):
    sliver = [[-3.1, 53.9], [-3.0999, 53.9], [-3.0999, 53.9001], [-3.1, 53.9]]
    folder = boundaries(tmp_path, E07000128=[sliver, SQUARE], E07000118=[SQUARE])
    got = geography.outlines(folder, PLACES)
    assert list(got) == ["district", "ring", "point", "longitude", "latitude"]
    wyre = got[got["district"] == "E07000128"]
    assert set(wyre["ring"]) == {1} and wyre["point"].tolist() == [1, 2, 3, 4, 5]
    assert wyre["latitude"].tolist() == [53.9, 53.9, 54, 54, 53.9]


def test_every_district_of_the_home_force_has_an_outline(tmp_path):
    folder = boundaries(tmp_path, E07000128=[SQUARE])
    with pytest.raises(Invalid, match=r"has no outline of Chorley\."):
        geography.outlines(folder, PLACES)
    with pytest.raises(Invalid, match="no geography/lancashire_14"):
        geography.outlines(tmp_path / "none", PLACES)


def test_the_outlines_held_are_closed_and_of_the_size_that_districts_have():
    """Areas in km2 as the ONS gives them (Standard Area Measurements, 2021); simple outlines
    come within a tenth."""
    held = tables.read("district_outlines")
    measured = {"E06000009": 35, "E07000117": 111, "E07000124": 583, "E07000121": 576}
    for code, square_km in measured.items():
        ring = held[held["district"] == code][["longitude", "latitude"]].to_numpy(float)
        assert (ring[0] == ring[-1]).all()
        assert geography._area(ring) == pytest.approx(square_km, rel=0.1)
