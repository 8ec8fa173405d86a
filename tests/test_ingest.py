"""From rows to counts, on small made-up files: duplicates, blanks, frames, broken files."""

import gzip
import hashlib
import json

import pandas as pd
import pytest

from outcomes.core.errors import Invalid
from outcomes.data import schema
from outcomes.data.crime_codes import ASB, TYPES
from outcomes.ingest import (
    coverage,
    geography,
    police_uk,
    recorded_crime,
    street_files,
    write,
)
from outcomes.ingest import street_crime as streets

PLACES = pd.DataFrame(
    {
        "district": ["E07000128", "E07000118", "E08000010"],
        "name": ["Wyre", "Chorley", "Wigan"],
        "force": ["lancashire", "lancashire", "greater-manchester"],
        "population": [113067, 118870, 330712],
    }
)
# merged: A and B became AB; split: S became S1 (west) and S2 (east)
LINKS = pd.DataFrame(
    {
        "lsoa11": ["E01000001", "E01000002", "E01000003", "E01000004", "E01000004"],
        "lsoa21": ["E01000001", "E01000023", "E01000023", "E01000041", "E01000042"],
        "change": ["U", "M", "M", "S", "S"],
    }
)


def row(
    ident="",
    lsoa="E01000001",
    name="Wyre 001A",
    kind="Burglary",
    x=-3.0,
    month="2024-01",
):
    """One row of a street file; no location when ``lsoa`` is empty."""
    place = [f"{x:.6f}", "53.920000", "On or near High Street", lsoa, name]
    if not lsoa:
        place = ["", "", "No Location", "", ""]
    force = "Lancashire Constabulary"
    return [ident, month, force, force, *place, kind, "Under investigation", ""]


@pytest.fixture
def street(tmp_path):
    """A function that writes a street file and returns its path."""

    def make(rows, month="2024-01", force="lancashire", cut=0):
        folder = tmp_path / "police_uk" / f"{force}-street"
        folder.mkdir(parents=True, exist_ok=True)
        lines = [streets.HEADER, *rows]
        quoted = [",".join(f'"{c}"' if "," in c else c for c in line) for line in lines]
        packed = gzip.compress(
            "".join(line + "\n" for line in quoted).encode(), mtime=0
        )
        path = folder / f"{month}-{force}-street.csv.gz"
        path.write_bytes(packed[: len(packed) - cut])
        return path

    return make


def counted(path):
    """All files of the path's folder."""
    places, frames = geography.prefixes(PLACES), []
    for file in street_files.find([path.parents[1]]):
        rows = streets.rows(file, streets.read(file), places)
        frame = streets.cells(rows).to_pandas()
        frames.append(frame)
        frames[-1].attrs["duplicates"] = rows.duplicates
    whole = pd.concat(frames)
    whole.attrs["duplicates"] = sum(frame.attrs["duplicates"] for frame in frames)
    return whole


def test_a_crime_id_counts_once_and_its_first_row_stands(street):
    path = street(
        [
            row("a" * 64, kind="Robbery"),
            row("b" * 64),
            row("a" * 64, kind="Burglary", lsoa="E01000099", name="Wyre 009Z"),
            row("a" * 64, kind="Drugs"),
        ]
    )
    frame = counted(path)
    by_type = frame.groupby("type")["n"].sum()
    assert by_type[by_type > 0].to_dict() == {"burglary": 1, "robbery": 1}
    assert frame.attrs["duplicates"] == 2
    assert frame.loc[frame["type"] == "robbery", "lsoa"].unique().tolist() == [
        "E01000001"
    ]


def test_the_same_crime_id_in_two_months_is_two_rows(street):
    street([row("a" * 64)])
    frame = counted(street([row("a" * 64, month="2024-02")], month="2024-02"))
    assert frame["n"].sum() == 2 and frame.attrs["duplicates"] == 0


def test_anti_social_behaviour_rows_that_look_alike_are_all_kept(street):
    asb = row(kind="Anti-social behaviour")
    frame = counted(street([asb, asb, asb, row("a" * 64)]))
    assert frame.loc[frame["type"] == ASB, "n"].tolist() == [3]
    assert frame.attrs["duplicates"] == 0


def test_rows_without_a_location_or_an_id_are_counted(street):
    frame = counted(street([row("a" * 64, lsoa=""), row("", lsoa=""), row("b" * 64)]))
    assert frame.loc[frame["lsoa"] == "", "n"].sum() == 2
    assert frame["n"].sum() == 3


def test_a_comma_within_quotes_is_no_column(street):
    first, second = row("a" * 64), row("b" * 64)
    first[6] = "On or near Church, Lane"
    frame = counted(street([first, second]))
    assert frame["n"].tolist() == [2] and frame["district"].tolist() == ["E07000128"]


def test_all_types_have_a_short_name(street):
    idents = [
        "",
        *(chr(97 + i) * 64 for i in range(13)),
    ]  # anti-social behaviour has none
    pairs = zip(idents, TYPES.values(), strict=True)
    frame = counted(street([row(ident, kind=kind) for ident, kind in pairs]))
    assert sorted(frame["type"]) == sorted(TYPES)


def test_a_file_that_is_cut_short_gives_a_sentence(street):
    path = street([row("a" * 64)] * 50, cut=12)
    with pytest.raises(
        Invalid,
        match=r"^2024-01-lancashire-street\.csv\.gz cannot be unpacked: it is damaged or cut",
    ):
        counted(path)


def test_a_plain_file_that_ends_within_a_row_gives_a_sentence(street):
    path = street([row("a" * 64), row("b" * 64)])
    plain = path.with_suffix("")
    plain.write_bytes(gzip.decompress(path.read_bytes())[:-30])
    path.unlink()
    with pytest.raises(Invalid, match=r"street\.csv ends within a row"):
        counted(plain)


@pytest.mark.parametrize(
    ("rows", "said"),
    [
        (
            [row("a" * 64, month="2024-02")],
            "row 3, column Month: '2024-02' is not 2024-01",
        ),
        (
            [row("a" * 64, kind="Piracy")],
            "row 3, column Crime type: 'Piracy' is a type",
        ),
        ([row("a" * 64)[:-3]], "row 3 has 9 cells, not 12"),
        ([[*row("a" * 64), "more"]], "row 3 has 13 cells, not 12"),
    ],
)
def test_a_file_with_something_else_in_it_is_refused(street, rows, said):
    with pytest.raises(Invalid, match=said):
        counted(street([row("c" * 64), *rows]))


def test_other_columns_and_other_names_are_refused(street, tmp_path):
    path = street([row("a" * 64)])
    text = gzip.decompress(path.read_bytes()).replace(b"Crime ID", b"ID", 1)
    path.write_bytes(gzip.compress(text))
    with pytest.raises(Invalid, match="column 'Crime ID' is missing"):
        counted(path)
    path.rename(path.with_name("january-lancashire-street.csv.gz"))
    with pytest.raises(Invalid, match="is not named like"):
        counted(path)
    (tmp_path / "elsewhere").mkdir()
    with pytest.raises(Invalid, match="holds no street file"):
        street_files.find([tmp_path / "elsewhere"])


def moved(rows):
    """Rows (lsoa, x, month, n) of Wyre taken to the codes of 2021."""
    frame = pd.DataFrame(rows, columns=["lsoa", "x", "month", "n"])
    frame = frame.assign(y=53.9, force="lancashire", district="E07000128")
    early = frame["month"] < geography.FRAME_2021
    points, group = police_uk.frames(
        frame[early & (frame["lsoa"] != "")], frame[~early], LINKS
    )
    now = set(LINKS["lsoa21"]) | set(frame.loc[~early, "lsoa"])
    code = geography.to_2021(frame[frame["lsoa"] != ""], now, points)
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
    assert geography.nearest(old, new).tolist() == ["east"]


def test_district_names_in_lsoa_names_are_known_or_named():
    places = pd.concat(
        [
            PLACES,
            pd.DataFrame({"district": ["E06000023"], "name": ["Bristol, City of"]}),
        ]
    )
    names = pd.Series(["Wyre", "", "Bristol"])
    assert geography.district_of(names, places).tolist() == [
        "E07000128",
        "",
        "E06000023",
    ]
    with pytest.raises(
        Invalid, match=r"no district is known by the name of Atlantis\."
    ):
        geography.district_of(pd.Series(["Atlantis", "Wyre"]), places)


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
    found = coverage.of_districts(given, PLACES).iloc[0]
    assert (found["no_location"], found["outside"]) == (4, 2)


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
    days = recorded_crime.quarter(year, pd.Series([1.0, 2.0, 3.0, 4.0, 4.0]))
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
    frame = recorded_crime.annual(path, PLACES)
    assert frame["kind"].tolist() == ["force", "district", "unassigned"]
    assert frame["district"].tolist() == ["", "E07000128", ""]
    assert frame["n"].tolist() == [9, 8, 1]


def test_the_same_rows_in_another_order_give_the_same_bytes(tmp_path):
    frame = pd.DataFrame(
        {
            "force": ["b", "a", "a"],
            "month": pd.to_datetime(["2024-01-01", "2024-02-01", "2024-01-01"]),
            "n": [1, 2, 3],
            "flag": [True, False, True],
        }
    )
    digests = {"csv": set(), "parquet": set()}
    for number, rows in enumerate((frame, frame.iloc[::-1])):
        for kind, maker in (("csv", write.csv), ("parquet", write.parquet)):
            path = tmp_path / f"{number}.{kind}"
            maker(
                rows.drop(columns="flag") if kind == "parquet" else rows,
                path,
                ["force", "month"],
            )
            digests[kind].add(hashlib.sha256(path.read_bytes()).hexdigest())
    assert [len(found) for found in digests.values()] == [1, 1]
    assert (tmp_path / "0.csv").read_text().splitlines()[1] == "a,2024-01-01,3,true"


def test_a_raw_file_that_is_not_there_is_named(tmp_path):
    with pytest.raises(Invalid, match=r"no geography/population_mid2020_ltla21\.csv"):
        geography.build(tmp_path, tmp_path / "clean")
    with pytest.raises(Invalid, match=r"no recorded_crime/prc_pfa_long\.parquet"):
        recorded_crime.build(tmp_path, tmp_path / "clean", PLACES)


def test_street_files_go_through_to_tables_that_agree(street, tmp_path, monkeypatch):
    """A force with two small months: the three tables, coverage and places, end to end."""
    for month in ("2022-10", "2024-01"):
        rows = [
            row("a" * 64, month=month),
            row("a" * 64, month=month),
            row("b" * 64, month=month, lsoa=""),
            row("c" * 64, month=month, lsoa="E01006000", name="Wigan 001A"),
            row(month=month, kind="Anti-social behaviour"),
        ]
        street(rows, month=month)
    header = "force,month,crime_type,n\n"
    given = tmp_path / "police_uk"
    for name, text in {
        "force_month_type": header
        + "durham,2024-01,Burglary,70\nlancashire,2024-01,Burglary,9\n",
        "lad_month_type": "force,lad,month,crime_type,n\nlancashire,Wyre,2024-01,Burglary,9\n",
    }.items():
        (given / f"{name}.csv.gz").write_bytes(gzip.compress(text.encode()))
    monkeypatch.setattr(geography, "lookup", lambda source: LINKS)
    monkeypatch.setattr(
        geography, "lsoas", lambda source, places, points, group: points
    )
    clean = tmp_path / "clean"
    write.csv(PLACES, clean / "districts.csv", ["district"])
    police_uk.build(tmp_path, clean, PLACES)
    fine = pd.read_parquet(clean / "crime_monthly.parquet")
    assert fine["n"].sum() == 8 and (fine["lsoa"] == "").sum() == 2
    assert set(fine.loc[fine["lsoa"] == "E01006000", "district"]) == {"E08000010"}
    near = pd.read_parquet(clean / "crime_district_monthly.parquet")
    assert near.groupby("district")["n"].sum().to_dict() == {"": 4, "E07000128": 4}
    whole = pd.read_parquet(clean / "crime_force_monthly.parquet")
    assert whole.groupby("force")["n"].sum().to_dict() == {
        "durham": 70,
        "lancashire": 8,
    }
    known = pd.read_csv(clean / "coverage.csv").set_index(["force", "month"])
    month = known.loc[("lancashire", "2024-01-01")]
    assert month[["rows", "no_location", "duplicates", "outside"]].tolist() == [
        4,
        1,
        1,
        1,
    ]
    assert known.loc[("lancashire", "2023-06-01"), "state"] == "missing"


def test_the_written_tables_pass_their_own_check(tmp_path):
    """What the writers make of a small frame is what the checker expects to read."""
    clean = tmp_path / "clean"
    frame = pd.DataFrame(
        {"day": pd.to_datetime(["2024-01-01"]), "n": [1], "ok": [True]}
    )
    write.csv(frame, clean / "small.csv", ["day"])
    kinds = {"day": "date", "n": "integer", "ok": "boolean"}
    fields = [{"name": name, "type": kind} for name, kind in kinds.items()]
    described = {"fields": fields, "primaryKey": ["day"], "foreignKeys": []}
    resource = {"name": "small", "path": "clean/small.csv", "schema": described}
    (tmp_path / "datapackage.json").write_text(json.dumps({"resources": [resource]}))
    assert schema.check(clean) == []
