"""A table of one's own, as people save it: read rightly, or refused in one sentence."""

import re
import subprocess
from pathlib import Path

import pandas as pd
import pytest

from outcomes.core.errors import Invalid
from outcomes.data import own_files

SAID = """
title = "Survey of anti-social behaviour"
publisher = "Burnley Council"
licence = "OGL v3.0"
[columns]
district = "text"
asked = { type = "integer", about = "residents asked", unit = "residents" }
day = "date"
share = "number"
"""
PLAIN = (
    "district,asked,day,share\nBurnley,1204,2025-06-30,0.5\nWyre,98,2025-07-01,0.25\n"
)


@pytest.fixture
def file(tmp_path):
    path = tmp_path / "survey.csv"
    path.with_suffix(".toml").write_text(SAID)
    path.write_text(PLAIN)
    return path


WANTED = pd.DataFrame(
    {
        "district": ["Burnley", "Wyre"],
        "asked": [1204, 98],
        "day": pd.to_datetime(["2025-06-30", "2025-07-01"]).astype("datetime64[us]"),
        "share": [0.5, 0.25],
    }
)
AS_SAVED = {
    "plain": PLAIN.encode(),
    "utf-8 with a mark": b"\xef\xbb\xbf" + PLAIN.encode(),
    "windows line ends": PLAIN.replace("\n", "\r\n").encode(),
    "semicolons": PLAIN.replace(",", ";").encode(),
    "tabs": PLAIN.replace(",", "\t").encode(),
    "empty lines at the end": (PLAIN + "\n,,,\n").encode(),
    "days turned round": PLAIN.replace("2025-06-30", "30/06/2025").encode(),
    "thousands": PLAIN.replace("1204", '"1,204"').encode(),
    "whole numbers with a point": PLAIN.replace("1204", "1204.0").encode(),
    "spaces": PLAIN.replace(",", " , ").encode(),
}


@pytest.mark.parametrize("saved", AS_SAVED.values(), ids=AS_SAVED)
def test_it_is_read_as_it_is_saved(file, saved):
    file.write_bytes(saved)
    pd.testing.assert_frame_equal(own_files.read(file), WANTED, check_index_type=False)


def test_windows_code_page_and_pounds(file):
    file.write_bytes(
        PLAIN.replace("Wyre", "Café £5")
        .replace("0.25", "£1,250.5")
        .encode("cp1252")
        .replace(b"\xa31,250.5", b'"\xa31,250.5"')
    )
    frame = own_files.read(file)
    assert frame["district"][1] == "Café £5" and frame["share"][1] == 1250.5


def test_an_empty_cell_is_absent(file):
    file.write_text(
        PLAIN.replace("98", "").replace("2025-07-01", "").replace("Wyre", "")
    )
    frame = own_files.read(file)
    assert frame["asked"].isna()[1] and frame["day"].isna()[1]
    assert frame["district"][1] == ""


WRONG = {
    '"0,125"': r"asked holds whole numbers, not '0,125' in line 2\.$",
    '"001,250"': r"asked holds whole numbers, not '001,250' in line 2\.$",
    "9007199254740993": (
        r"asked holds whole numbers, not '9007199254740993' in line 2\. A name of over 15 "
        r"digits is text: give its column that type\.$"
    ),
    "1.2.4": r"asked holds whole numbers, not '1\.2\.4' in line 2\.",
    "12.5": r"asked holds whole numbers, not '12\.5' in line 2\.",
    "12%": r"asked holds whole numbers, not '12%' in line 2\.",
    "1,20": r"line 2 has 5 cells, and line 1 4\.",
    "n/a": r"asked holds whole numbers, not 'n/a' in line 2\.",
}


@pytest.mark.parametrize("cell", WRONG)
def test_a_cell_that_does_not_fit_is_named_with_its_line(file, cell):
    file.write_text(PLAIN.replace("1204", cell))
    with pytest.raises(Invalid, match=WRONG[cell]):
        own_files.read(file)


@pytest.mark.parametrize(
    ("cell", "whole", "part"),
    [("1,250", "1250", "1.250"), ("0,125", "0125", "0.125"), ("£3,5", "£35", "£3.5")],
)
def test_beside_semicolons_a_comma_in_a_number_is_refused(file, cell, whole, part):
    """It is a decimal comma there, as often as not; in a text it may stand."""
    file.write_text(PLAIN.replace(",", ";").replace("0.25", cell))
    with pytest.raises(Invalid) as told:
        own_files.read(file)
    assert str(told.value) == (
        f"survey.csv: share: {cell!r} in line 3 may be {whole} or {part}, as semicolons part "
        "the cells: write numbers without a comma, with a point before decimals."
    )
    file.write_text(PLAIN.replace(",", ";").replace("Wyre", "1,250"))
    assert own_files.read(file)["district"][1] == "1,250"


def test_a_name_of_many_digits_is_guessed_to_be_text(file):
    file.write_text("reference,n\n9007199254740993,123456789012345\n")
    said = own_files.guess(file)
    assert '"reference" = { type = "text"' in said
    assert '"n" = { type = "integer"' in said


@pytest.mark.parametrize("day", ["31/02/2025", "June 2025", "2025-13-01", "06/30/2025"])
def test_a_day_that_is_none_is_refused(file, day):
    file.write_text(PLAIN.replace("2025-06-30", day))
    with pytest.raises(Invalid, match=f"day holds days .* not '{day}' in line 2"):
        own_files.read(file)


BROKEN = {
    "another column": (
        PLAIN.replace("share", "shares"),
        SAID,
        "column 'shares' is not known",
    ),
    "a column less": (
        "district,asked,day\nWyre,1,2025-01-01\n",
        SAID,
        "no column share",
    ),
    "a column twice": (PLAIN.replace("share", "day"), SAID, "a name of its own"),
    "nothing": ("", SAID, "is empty"),
    "no publisher": (PLAIN, SAID.replace("publisher", "url"), "does not say publisher"),
    "another key": (
        PLAIN,
        SAID.replace("licence", "license"),
        "Did you mean 'licence'",
    ),
    "another type": (PLAIN, SAID.replace('"date"', '"day"'), "type 'day' is not known"),
    "no toml": (PLAIN, "title = ", "cannot be read as TOML"),
    "another state": (
        PLAIN,
        'state = "secret"\n' + SAID,
        "state 'secret' is not known",
    ),
    "a title of numbers": (
        PLAIN,
        SAID.replace('"Survey of anti-social behaviour"', "5"),
        "title must be text",
    ),
}


@pytest.mark.parametrize("table, said, sentence", BROKEN.values(), ids=BROKEN)
def test_what_is_not_sound_is_one_sentence(file, table, said, sentence):
    file.write_text(table)
    file.with_suffix(".toml").write_text(said)
    with pytest.raises(Invalid, match=sentence) as told:
        own_files.read(file)
    assert own_files.errors(file.parent) == [f"own/{told.value}"]


def test_utf_16_is_refused_with_the_cure(file):
    file.write_bytes(PLAIN.encode("utf-16"))
    with pytest.raises(Invalid, match="save it as 'CSV UTF-8'"):
        own_files.read(file)


def test_the_gate_names_what_stands_alone(file):
    assert own_files.errors(file.parent) == []
    file.rename(file.with_name("other.csv"))
    first, second = own_files.errors(file.parent)
    assert (
        "other.toml is not there" in first and "survey.toml describes no CSV" in second
    )


def test_a_code_that_begins_with_nought_stays_text(file):
    file.write_text("ward,share\n007,0.5\n012,0\n")
    assert '"ward" = { type = "text"' in own_files.guess(file)
    assert '"share" = { type = "number"' in own_files.guess(file)


def test_a_line_is_named_as_an_editor_counts_it(file):
    """Blank lines and line ends within quotes count."""
    file.write_text(
        'district,asked,day,share\n\n"Burn\nley",1,2025-06-30,0.5\nWyre,?,2025-06-30,1\n'
    )
    with pytest.raises(Invalid, match="in line 5"):
        own_files.read(file)


def test_lines_of_an_old_macintosh_and_a_time_of_day(file):
    saved = own_files.read(file)
    file.write_bytes(PLAIN.replace("\n", "\r").encode())
    pd.testing.assert_frame_equal(own_files.read(file), saved)
    file.with_suffix(".toml").write_text(f"published = 2025-06-30T10:00:00\n{SAID}")
    with pytest.raises(Invalid, match="a day written YYYY-MM-DD"):
        own_files.read(file)


def test_a_guessed_description_reads_the_table_it_was_guessed_from(file):
    file.write_text(
        PLAIN.replace("district", 'the "district"'.replace('"', '""')).replace(
            'the ""district""', '"the ""district"""'
        )
    )
    guessed = own_files.guess(file)
    guessed = guessed.replace('publisher = ""', 'publisher = "P"')
    file.with_suffix(".toml").write_text(
        guessed.replace('licence = ""', 'licence = "L"')
    )
    frame = own_files.read(file)
    assert [c.type for c in own_files.describe(file).columns.values()] == [
        "text",
        "integer",
        "date",
        "number",
    ]
    assert frame.columns[0] == 'the "district"'


def test_a_file_that_is_not_there_is_told_where_to_go(tmp_path):
    folder = tmp_path / "data/own"
    with pytest.raises(Invalid, match=f"survey.csv is not there: .* {folder}"):
        own_files.guess(folder / "survey.csv")


def test_a_clone_has_the_folder_and_takes_in_nothing_that_lies_there():
    root = Path(__file__).parents[2]

    def git(*words: str) -> str:
        ran = subprocess.run(["git", *words], cwd=root, capture_output=True, text=True)
        return ran.stdout

    assert git("check-ignore", "data/own/survey.csv", "data/own/survey.toml")
    kept = git("ls-files", "--cached", "--others", "--exclude-standard", "data/own")
    assert kept.split() == ["data/own/.gitignore"]


def test_the_lesson_asks_for_all_that_a_description_needs(file):
    """Of what must be said, that which no CSV holds."""
    lesson = Path(__file__).parents[2] / "notebooks/learn/07_your_own_page.ipynb"
    (step,) = re.findall("2. Type `outcomes new table.*", lesson.read_text("utf-8"))
    empty = re.findall('(?m)^([a-z]+) = ""', own_files.guess(file))
    assert empty == ["publisher", "licence"]
    assert "who made the table" in step and "licence" in step
