"""Broken files of every kind: a sentence that names the place, and tables left as they were."""

import gzip
import io
import stat
import struct
import warnings
import zipfile
from datetime import date
from functools import cache

import pytest

import street_maker as maker
from outcomes import ingest
from outcomes.core.errors import Invalid
from outcomes.ingest import street_crime

NAME = "2024-01-lancashire-street.csv"


GOOD = maker.text(maker.some(5))


HEAD, FIRST, *REST = GOOD.splitlines(keepends=True)


TOTAL = "Total" + "," * 11 + "\n"


COLUMNS = street_crime.HEADER


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    """A data folder with one month in it; no test here may change it."""
    folder = tmp_path_factory.mktemp("held")
    data = maker.data_folder(folder)
    maker.write(folder / "in", maker.some(20, "2024-02"), "2024-02")
    take(data, folder / "in")
    return data


def take(data, *paths, **options):
    options = {
        "agreed": lambda said, tables: True,
        "today": date(2026, 11, 24),
        **options,
    }
    return ingest.take_months(list(paths), data, **options)


def refused(data, path, said, **options):
    before = maker.state(data)
    with pytest.raises(Invalid, match=said) as error:
        take(data, path, **options)
    assert maker.state(data) == before
    assert "Traceback" not in str(error.value) and len(str(error.value)) < 6000


def cell(column, value, row=2):
    """A file with one cell changed, and the place that the sentence must name."""
    rows = maker.some(5)
    rows[row - 2][COLUMNS.index(column)] = value
    return maker.text(rows), rf"{NAME} row {row}, column {column}: "


def columns(*names):
    """A file with other columns."""
    rows = [
        [line[COLUMNS.index(n)] if n in COLUMNS else "" for n in names]
        for line in maker.some(2)
    ]
    return maker.text(rows, list(names))


CELLS = {
    "a month of another file": cell("Month", "2024-02", 4),
    "a month written out": cell("Month", "January 2024"),
    "a day, day first": cell("Month", "01/01/2024"),
    "a day, year first": cell("Month", "2024-01-01"),
    "a day as a number of a spreadsheet": cell("Month", "45292"),
    "a month in full-width digits": cell("Month", "２０２４-０１"),
    "a month that does not exist": cell("Month", "2024-13"),
    "no month": cell("Month", ""),
    "a type that is not known": cell("Crime type", "Piracy", 6),
    "a type in other letters": cell("Crime type", "BURGLARY"),
    "no type": cell("Crime type", ""),
    "a type with a space": cell("Crime type", "Burglary "),
    "a longitude with a separator": cell("Longitude", "1,200"),
    "a longitude with a currency": cell("Longitude", "£12"),
    "a longitude in full-width digits": cell("Longitude", "-３.０"),
    "a longitude that is a word": cell("Longitude", "west"),
    "a longitude that is no number": cell("Longitude", "NaN"),
    "a longitude beyond all numbers": cell("Longitude", "1e400"),
    "a longitude without end": cell("Longitude", "inf"),
    "a longitude on the other side": cell("Longitude", "103.0"),
    "a longitude with a decimal comma": cell("Longitude", "-3,05"),
    "latitude and longitude exchanged": cell("Latitude", "-3.0"),
    "a latitude below the ground": cell("Latitude", "-53.9"),
    "a place without longitude": cell("Longitude", ""),
    "a place without latitude": cell("Latitude", ""),
    "a code cut short": cell("LSOA code", "E0102554"),
    "a code of another kind": cell("LSOA code", "Wyre 007A"),
    "a code in small letters": cell("LSOA code", "e01025548"),
    "a district that is not known": cell("LSOA name", "Atlantis 001A"),
    "a name without a district": cell("LSOA name", "007A"),
    "a code without its name": cell("LSOA name", ""),
}


@pytest.mark.parametrize("case", CELLS)
def test_a_bad_cell_is_named_by_row_and_column(data, tmp_path, case):
    text, place = CELLS[case]
    refused(data, maker.write(tmp_path, text), place)


WHOLE = {
    "anti-social behaviour mixed into crime": (
        maker.text([*maker.some(2), maker.row("a" * 64, kind="Anti-social behaviour")]),
        r"row 4, column Crime ID: 'a+' stands beside anti-social behaviour",
    ),
    "a missing column": (columns(*COLUMNS[:-1]), "row 1: column 'Context' is missing"),
    "no column of months": (
        columns(COLUMNS[0], *COLUMNS[2:]),
        "column 'Month' is missing",
    ),
    "one column more": (
        columns(*COLUMNS, "Total"),
        "row 1: column 'Total' is not known",
    ),
    "a renamed column": (
        columns("Crime ID", "Mnth", *COLUMNS[2:]),
        "column 'Mnth' is not known, like 'Month'",
    ),
    "columns in another order": (
        columns(*COLUMNS[::-1]),
        "row 1: columns are in another order",
    ),
    "a column twice": (
        columns(*COLUMNS, "Month"),
        "row 1: column 'Month' stands twice",
    ),
    "another file altogether": ("a,b\n1,2\n", "row 1: column 'Crime ID' is missing"),
    "semicolons": (GOOD.replace(",", ";"), "row 1: its cells are parted by semicolons"),
    "tabs": (GOOD.replace(",", "\t"), "row 1: its cells are parted by tabs"),
    "no header": ("".join([FIRST, *REST]), "row 1: column 'Crime ID' is missing"),
    "an empty file": ("", "is empty"),
    "nothing but blank lines": ("\n\n", "is empty"),
    "nothing but a header": (HEAD, "has a header and no rows"),
    "a row of totals": (GOOD + TOTAL, r"row 7, column Month: '' is not 2024-01"),
    "a total of two cells": (GOOD + "Total,5\n", "row 7 has 2 cells, not 12"),
    "a last row cut short": (GOOD[:-30], "ends within a row"),
    "a row with a cell too few": (
        HEAD + FIRST.replace(",", "", 1),
        "row 2 has 11 cells",
    ),
    "a number with a comma, unquoted": (
        GOOD.replace("-3.000000", "1,200", 1),
        "row 2 has 13 cells, not 12",
    ),
    "a quote that never ends": (GOOD.replace("On or", '"On or', 1), "row"),
    "a second header within": (
        GOOD + GOOD,
        "row 7, column Month: 'Month' is not 2024-01",
    ),
    "a page of errors": ("<!DOCTYPE html>\n<p>Sorry</p>\n", "this is a web page"),
    "rows that fall within another force": (
        GOOD.replace("Lancashire Constabulary", "Merseyside Police"),
        "most of its rows fall within 'Merseyside Police': is it the file of merseyside",
    ),
    "a type of before May 2013": (
        GOOD.replace("Burglary", "Violent crime"),
        r"rows 2, 3, 4 and 2 more, column Crime type: 'Violent crime' is a type of crime that is "
        r"not known\.$",
    ),
    "months as a spreadsheet writes them": (
        maker.text(maker.some(2000)).replace("2024-01,", "Jan-24,"),
        f"^{NAME} rows 2, 3, 4 and 1,997 more, column Month: 'Jan-24' is not 2024-01, the month of "
        r"the file's name\.$",
    ),
    "most rows in another force's area": (
        maker.text(maker.some(9, lsoa="E01006499", name="Liverpool 034A")),
        "most of its rows lie outside lancashire",
    ),
}


@pytest.mark.parametrize("case", WHOLE)
def test_a_bad_file_is_refused(data, tmp_path, case):
    text, said = WHOLE[case]
    refused(data, maker.write(tmp_path, text), said)


BYTES = {
    "UTF-16": (GOOD.encode("utf-16"), "row 1: the text is not UTF-8"),
    "UTF-16 without a mark": (GOOD.encode("utf-16-le"), "row 1: the text is not UTF-8"),
    "Latin-1": (
        GOOD.replace("High", "Caf\xe9", 1).encode("latin-1"),
        "row 2: the text is not UTF-8",
    ),
    "a spreadsheet": (
        b"PK\x03\x04" + bytes(200) + b"\n",
        "row 1: the text is not UTF-8",
    ),
    "zeros": (bytes(5000), "row 1: the text is not UTF-8"),
}


@pytest.mark.parametrize("case", BYTES)
def test_bytes_that_are_not_text_are_refused(data, tmp_path, case):
    raw, said = BYTES[case]
    (tmp_path / NAME).write_bytes(raw)
    refused(data, tmp_path / NAME, said)


NAMES = {
    "january-lancashire-street.csv": "is not named like",
    "2024-13-lancashire-street.csv": "is not named like",
    "2024-01-lancashire-street.csv.csv": "is not named like",
    "2026-11-lancashire-street.csv": "2026-11 has not ended yet",
    "2031-01-lancashire-street.csv": "2031-01 has not ended yet",
    "2009-01-lancashire-street.csv": "the first month that can be taken is 2013-05",
    "2012-06-lancashire-street.csv": "the first month that can be taken is 2013-05",
    "2024-01-lancs-street.csv": "there is no file of lancashire",
    "2024-01-lancashire-street.txt": "is not named like",
}


@pytest.mark.parametrize("name", NAMES)
def test_a_bad_name_is_refused(data, tmp_path, name):
    (tmp_path / name).write_text(GOOD.replace("2024-01", name[:7]), "utf-8")
    refused(data, tmp_path / name, NAMES[name])


def test_a_force_that_is_not_known_has_a_near_one(data, tmp_path):
    (tmp_path / "2024-01-lancashir-street.csv").write_text(GOOD, "utf-8")
    refused(
        data,
        tmp_path,
        "'lancashir' is not known. Did you mean 'lancashire'",
        forces="all",
    )


def test_two_files_for_one_month_are_refused(data, tmp_path):
    maker.write(tmp_path, GOOD)
    maker.write(tmp_path, GOOD, packed=True)
    refused(data, tmp_path, r"lancashire 2024-01 stands twice: .*csv and .*csv\.gz")


def test_every_problem_of_every_file_is_said_at_once(data, tmp_path):
    rows = maker.some(30)
    for line in rows:
        line[1] = "2024-02"
    maker.write(tmp_path, rows)
    text = maker.text(maker.some(3, "2024-03")).replace("Burglary", "Piracy")
    maker.write(tmp_path, text, "2024-03")
    refused(
        data,
        tmp_path,
        r"rows 2, 3, 4 and 27 more, column Month: .* 2024-03-lanc\S* rows 2, 3 and 4, column Crime",
    )


SAME = {
    "a byte order mark": b"\xef\xbb\xbf" + GOOD.encode(),
    "no end of the last line": GOOD[:-1].encode(),
    "blank lines at the end": f"{GOOD}\n\n".encode(),
    "blank lines within": GOOD.replace("\n", "\n\n").encode(),
    "line ends of Windows": GOOD.replace("\n", "\r\n").encode(),
    "both": b"\xef\xbb\xbf" + GOOD.replace("\n", "\r\n").encode(),
    "every cell quoted": "".join(
        ",".join(f'"{c}"' for c in line.split(",")) + "\n" for line in GOOD.splitlines()
    ).encode(),
}


@pytest.mark.parametrize("case", SAME)
def test_what_is_only_written_otherwise_counts_the_same(tmp_path, case):
    tables = []
    for number, raw in enumerate((GOOD.encode(), SAME[case])):
        data = maker.data_folder(tmp_path / str(number))
        (tmp_path / str(number) / NAME).write_bytes(raw)
        take(data, tmp_path / str(number) / NAME)
        tables.append((data / "clean" / "crime_monthly.parquet").read_bytes())
    assert tables[0] == tables[1]


def packed(**files):
    """A zip archive as bytes, of names (with _ for what a keyword cannot hold) and texts."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return out.getvalue()


def linked():
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        entry = zipfile.ZipInfo(NAME)
        entry.create_system, entry.external_attr = 3, (stat.S_IFLNK | 0o777) << 16
        archive.writestr(entry, "/etc/passwd")
    return out.getvalue()


def twice():
    out = io.BytesIO()
    with warnings.catch_warnings(), zipfile.ZipFile(out, "w") as archive:
        warnings.simplefilter("ignore")
        archive.writestr(NAME, GOOD)
        archive.writestr(NAME, GOOD)
    return out.getvalue()


def flagged(raw, bit):
    """An archive whose entries carry a flag, in both of their headers."""
    raw = bytearray(raw)
    for mark, at in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        place = raw.find(mark) + at
        raw[place : place + 2] = struct.pack("<H", bit)
    return bytes(raw)


def spoiled(raw):
    """An archive with one byte of its content changed."""
    place = raw.find(GOOD[-90:-60].encode())
    assert place > 0
    return raw[:place] + bytes([raw[place] ^ 1]) + raw[place + 1 :]


def stored():
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr(NAME, GOOD)
    return out.getvalue()


def claiming(raw, size):
    """An archive that says its entry has another size."""
    raw = bytearray(raw)
    for mark, at in ((b"PK\x03\x04", 22), (b"PK\x01\x02", 24)):
        place = raw.find(mark) + at
        raw[place : place + 4] = struct.pack("<I", size)
    return bytes(raw)


PLAIN = packed(**{NAME: GOOD})


@cache
def bomb():
    """Made when it is asked for: it takes seconds, and whoever collects tests has no need of it."""
    return packed(**{NAME: HEAD + "0" * (200 << 20)})


ARCHIVES = {
    "not a zip": (b"hello\n", "is not a whole zip archive"),
    "an empty zip": (b"", "is not a whole zip archive"),
    "a zip cut short": (PLAIN[:-40], "is not a whole zip archive"),
    "a zip cut in the middle": (PLAIN[: len(PLAIN) // 2], "is not a whole zip archive"),
    "a wrong checksum": (spoiled(stored()), "its checksum is wrong"),
    "a path that leads out": (
        packed(**{f"../{NAME}": GOOD}),
        "leads out of the archive",
    ),
    "a path that leads out later": (packed(**{f"a/../../{NAME}": GOOD}), "leads out"),
    "an absolute path": (packed(**{f"/tmp/{NAME}": GOOD}), "leads out of the archive"),
    "a path of Windows": (packed(**{f"C:\\{NAME}": GOOD}), "leads out of the archive"),
    "a path out beside good files": (
        packed(**{NAME: GOOD, "../../evil.txt": "x"}),
        "'../../evil.txt' leads out",
    ),
    "a link": (linked(), "is a link"),
    "an archive within": (
        packed(**{NAME: GOOD, "more.zip": PLAIN}),
        "an archive within",
    ),
    "encrypted": (flagged(PLAIN, 1), "is encrypted"),
    "one name twice": (twice(), "stands twice"),
    "a bomb": (bomb, "unpacks to over 128 MiB"),
    "a bomb that says it is small": (
        lambda: claiming(bomb(), 1000),
        "cannot be unpacked|ends within a row",
    ),
    "no street file": (packed(**{"a/readme.csv": "x"}), "holds no street file"),
    "a bad cell within": (
        packed(**{NAME: CELLS["no type"][0]}),
        "row 2, column Crime type",
    ),
    "a web page within": (packed(**{NAME: "<html>\n"}), "this is a web page"),
}


@pytest.mark.parametrize("case", ARCHIVES)
def test_a_bad_archive_is_refused(data, tmp_path, case):
    raw, said = ARCHIVES[case]
    (tmp_path / "2024-01.zip").write_bytes(raw() if callable(raw) else raw)
    refused(data, tmp_path / "2024-01.zip", said)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["2024-01.zip"]


GZIPPED = gzip.compress(GOOD.encode(), mtime=0)


PACKED = {
    "not gzip": (GOOD.encode(), "cannot be unpacked"),
    "gzip cut short": (GZIPPED[:-12], "damaged or cut short"),
    "gzip without its end": (GZIPPED[:-4], "damaged or cut short"),
    "gzip with a wrong checksum": (
        GZIPPED[:-8] + bytes(4) + GZIPPED[-4:],
        "checksum is wrong",
    ),
    "gzip of nothing": (gzip.compress(b""), "is empty"),
    "200 MB of zeros in 200 kB": (
        lambda: gzip.compress(bytes(200 << 20)),
        "over 128 MiB",
    ),
    "gzip in gzip": (gzip.compress(GZIPPED), "is not UTF-8|binary"),
}


@pytest.mark.parametrize("case", PACKED)
def test_a_bad_gzip_is_refused(data, tmp_path, case):
    raw, said = PACKED[case]
    (tmp_path / f"{NAME}.gz").write_bytes(raw() if callable(raw) else raw)
    refused(data, tmp_path / f"{NAME}.gz", said)


def test_thirteen_rows_alike_are_kept_without_an_id_and_are_one_with_it(tmp_path):
    for ident, kind, n in (
        ("", "Anti-social behaviour", 13),
        ("a" * 64, "Burglary", 1),
    ):
        data = maker.data_folder(tmp_path / kind)
        path = maker.write(tmp_path / kind, [maker.row(ident, kind=kind)] * 13)
        take(data, path)
        coverage = (data / "clean" / "coverage.csv").read_text("utf-8").splitlines()
        told = [line for line in coverage if line.startswith("lancashire,2024-01-01")]
        assert told == [f"lancashire,2024-01-01,complete,,{n},0,{13 - n},0"]


def test_rows_without_a_neighbourhood_are_kept_as_such(tmp_path):
    data = maker.data_folder(tmp_path)
    rows = maker.some(5)
    rows[0][7:9] = (
        "",
        "",
    )  # the point is there, the neighbourhood is not: a point at sea
    take(data, maker.write(tmp_path, [*rows, maker.row("c" * 64, lsoa="")]))
    coverage = (data / "clean" / "coverage.csv").read_text("utf-8")
    assert "lancashire,2024-01-01,complete,,6,2,0,0" in coverage
