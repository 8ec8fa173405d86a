"""One street file: from rows to counts, duplicates, blanks, and files that are refused."""

import gzip
import random

import pandas as pd
import pyarrow as pa
import pytest
from raw_files import PLACES, row

from outcomes.core.errors import Invalid
from outcomes.data.crime_codes import ASB, TYPES
from outcomes.ingest import (
    geography,
    street_files,
)
from outcomes.ingest import street_crime as streets


def counted(path):
    """All files of the path's folder."""
    places = geography.prefixes(PLACES)
    parsed = [
        streets.parse(file, streets.read(file), places)
        for file in street_files.find([path.parents[1]])
    ]
    keys = ["district", "lsoa", "type", "home"]
    whole = pd.concat(streets.count(rows.table, keys).to_pandas() for rows in parsed)
    whole.attrs["duplicates"] = sum(rows.duplicates for rows in parsed)
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


@pytest.mark.parametrize("size", [0, 1, 1 << 40])
def test_a_file_is_read_whole_whatever_size_is_said(street, size):
    path = street([row("a" * 64), row("b" * 64)])
    [file] = street_files.find([path.parents[1]])
    assert streets.read(file._replace(size=size)) == streets.read(file)


@pytest.mark.parametrize("size", [1, 2, 7, 8, 9, 64])
def test_cells_repeat_by_all_their_letters(size):
    rng = random.Random(size)
    cells = ["".join(rng.choices("ab", k=size)) for _ in range(400)]
    alike = ["same8888" + cell for cell in cells]
    for words in (cells, alike, [*cells, "c"], ["long" + c * 9 for c in cells], []):
        mixed = [word if rng.random() < 0.8 else None for word in words]
        seen = [word is not None and word in mixed[:i] for i, word in enumerate(mixed)]
        column = pa.array(["a", *mixed], pa.string())[1:]
        assert streets.repeated(column).tolist() == seen


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
