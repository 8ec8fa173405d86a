"""A frame as an HTML table: caption, scope, units, and marks for what is missing."""

import html.parser
import re

import numpy as np
import pandas as pd
import pytest

from outcomes.core.errors import Invalid
from outcomes.findings import table


class _Table(html.parser.HTMLParser):
    def __init__(self, text):
        super().__init__()
        self.tags = []
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))


def test_table_has_caption_scope_units_and_marks_and_escapes():
    frame = pd.DataFrame(
        {"<b>name": ["<script>x", "y"], "n": [1200, 3], "share": [0.5, None]}
    )
    text = table.html(frame, caption="A & B", units={"share": "%"})
    tags = _Table(text).tags
    assert tags[1][0] == "caption" and "A &amp; B" in text
    heads = [a for t, a in tags if t == "th"]
    assert [h["scope"] for h in heads] == ["col"] * 3 + ["row"] * 2
    assert "Share (%)" in text and "1,200" in text and "[x]" in text
    assert not any(t == "script" for t, _ in tags) and "&lt;b&gt;name" in text


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (None, "[x]"),
        (float("nan"), "[x]"),
        (True, "yes"),
        (pd.Timestamp("2024-06-14"), "14 June 2024"),
        ("drug_offences", "drug offences"),
        ("Drug_offences", "Drug_offences"),
        (1200, "1,200"),
        (float("inf"), "no upper limit"),
    ],
)
def test_a_cell_in_words(value, shown):
    assert table.cell(value) == shown


def test_a_column_of_numbers_has_one_number_of_decimals():
    frame = pd.DataFrame(
        {
            "place": list("abc"),
            "rate": [0.25, 12, 3.5],
            "share": [0.25, 0.5, np.nan],
            "people": [1000.5, 2000.25, 3000.0],
            "whole": [1.0, np.inf, 3.0],
        }
    )
    rows = re.findall(r"<tr><th scope=row>(.*)", table.html(frame, caption="x"))
    cells = [
        row.split("<td>") for row in rows[0].removesuffix("</table>").split("<tr>")
    ]
    assert cells[0][1:] == ["0.2", "0.25", "1,000", "1"]
    assert re.sub("<[^>]+>", " ", rows[0]).split()[5:] == [
        *("b", "12.0", "0.50", "2,000", "no", "upper", "limit"),
        *("c", "3.5", "[x]", "3,000", "3"),
    ]


def test_years_have_no_comma_and_numbers_for_each_year_have():
    frame = pd.DataFrame({"year": [2019, 2020.0], "crimes a year": [2019, 5000]})
    text = table.html(frame, caption="Years")
    assert "2020<td>5,000" in text and "2019<td>2,019" in text


def test_a_long_table_is_whole():
    frame = pd.DataFrame({"n": range(100, 219)})
    text = table.html(frame, caption="x")
    assert all(f"<tr><th scope=row>{n}" in text for n in range(100, 219))


def test_a_name_of_the_library_is_a_heading_in_plain_words():
    frame = pd.DataFrame({"lower": [1], "special": ["x"], "area_name": ["Wyre"]})
    heads = re.findall("<th scope=col[^>]*>([^<]*)", table.html(frame, caption="x"))
    assert heads == ["Lower limit", "Sign of change", "Area name"]


def test_a_column_of_sentences_is_marked_as_wide():
    frame = pd.DataFrame({"n": [1], "word": ["short"], "text": ["long " * 20]})
    assert re.findall(r"<td class=(\w)>", table.html(frame, caption="x")) == ["t", "l"]


@pytest.mark.parametrize(
    ("value", "held"),
    [
        ("a\u202eb\n c", "ab c"),
        (["a", "b"], "a; b"),
        (pd.NaT, None),
        (np.inf, None),
        (pd.Timestamp("2024-06-14 12:00"), "2024-06-14"),
        (np.bool_(True), True),
        (np.int64(3), 3),
        (3.0, 3),
        (1 / 3, 0.3333333333),
        (1e16, 1e16),
    ],
)
def test_a_value_as_files_hold_it(value, held):
    found = table.raw(value)
    assert (found, type(found)) == (held, type(held))


def test_records_have_key_label_and_unit_and_plain_rows():
    frame = pd.DataFrame({"area_name": ["a\tb"], "n": [np.int64(3)]})
    assert table.records(frame, {"n": "people\n"}) == {
        "columns": [
            {"key": "area_name", "label": "area name", "unit": ""},
            {"key": "n", "label": "number", "unit": "people"},
        ],
        "rows": [["a b", 3]],
    }


def test_two_columns_of_one_heading_are_refused():
    frame = pd.DataFrame({"lower": [1], "lower_limit": [2]})
    with pytest.raises(Invalid, match="would both be headed 'lower limit': rename one"):
        table.records(frame)


def test_numbers_of_different_units_have_the_decimals_that_each_needs():
    frame = pd.DataFrame({"of": ["a", "b"], "value": [39696.0, 8.1]})
    alike = table.html(frame, caption="Alike")
    assert "<td>39,696.0" in alike and "<td>8.1" in alike
    mixed = table.html(frame.assign(unit=["count", "%"]), caption="Mixed")
    assert "<td>39,696<" in mixed and "<td>8.1" in mixed
