"""CSV files as a spreadsheet opens them: headings, units, decimals, area, period and source."""

import csv
import io

import pytest

from outcomes.publish import csv_files

SOURCE = {"publisher": "Home Office", "title": "Open data", "url": "", "published": ""}


def fact(columns, rows, **more):
    heads = [{"label": name, "unit": unit} for name, unit in columns]
    return {"table": {"columns": heads, "rows": rows}, "sources": [SOURCE], **more}


def opened(text: str) -> list[list[str]]:
    assert text.encode()[:3] == b"\xef\xbb\xbf"  # Excel reads it as UTF-8
    return list(csv.reader(io.StringIO(text[1:])))


def test_a_table_has_units_in_its_header_and_says_where_when_and_whose():
    one = fact(
        [("shop", ""), ("cost", "£"), ("m", "")],
        [["a,b", 1, None], ["c", 2.5, 7]],
        area="Lancashire",
        period="2024",
    )
    assert opened(csv_files.finding_csv(one)) == [
        ["shop", "cost (£)", "m", "area", "period", "source"],
        ["a,b", "1", "", "Lancashire", "2024", "Home Office, Open data"],
        ["c", "2.5", "7", "Lancashire", "2024", "Home Office, Open data"],
    ]


def test_a_place_or_a_time_that_the_table_has_is_not_said_twice():
    one = fact([("district", ""), ("year to March", "")], [["Wyre", 1]])
    header = opened(csv_files.finding_csv(one | {"area": "L", "period": "2024"}))[0]
    assert header == ["district", "year to March", "source"]


def test_the_column_of_the_findings_value_takes_its_unit():
    columns = [("place", ""), ("rate", ""), ("count", "")]
    one = fact(columns, [["Wyre", 12.3456789, 4]], value=12.3456789, unit="per 1,000")
    assert opened(csv_files.finding_csv(one)) == [
        ["place", "rate (per 1,000)", "count", "source"],
        ["Wyre", "12.346", "4", "Home Office, Open data"],
    ]


@pytest.mark.parametrize(
    ("column", "kept"),
    [
        ([0.123456, 0.5], [0.1235, 0.5]),
        ([73.43219, 0.00001234], [73.432, 0.000012]),
        ([4321.98765, 1000.5], [4321.99, 1000.5]),
        ([1, 250000, "[c]", None], [1, 250000, "[c]", None]),
    ],
)
def test_numbers_keep_two_decimals_more_than_a_page_shows(column, kept):
    assert csv_files.rounded(column) == kept


def test_a_table_with_a_column_of_sources_keeps_the_two_apart():
    one = fact([("source", ""), ("latest", "")], [["Police", "2025"]])
    assert opened(csv_files.finding_csv(one))[0] == ["source", "latest", "cited source"]
