"""How new a page is: by the dates of its sources and the periods of the rows that it read."""

import pandas as pd
import pytest

from outcomes.data import published_figures
from outcomes.publish import vintage


@pytest.mark.parametrize(
    ("published", "day"),
    [
        ("13 November 2023", "2023-11-13"),
        ("3 May 2024", "2024-05-03"),
        ("2023", "2023"),
        ("2023-11-13", "2023-11-13"),
        ("13 Movember 2023", ""),
        ("May 2024", "2024-05"),
        ("", ""),
        ("2023-11", "2023-11"),
        ("13 2023", ""),
        ("in 2023", ""),
    ],
)
def test_the_date_of_a_source_is_read_as_far_as_it_is_known(published, day):
    assert vintage.day(published) == day


def test_how_new_a_page_is_counts_all_that_it_read(monkeypatch):
    """Fraud said "Newest source: 12 October 2023" over counts to 2025: only printed days did."""

    def told(dates, *tables, **where):
        sources = [{"published": date} for date in dates]
        return vintage.sentence(
            sources, [{"table": table, "where": where} for table in tables]
        )

    assert told([]) == "" == told(["", "Council"]) == told([], "areas")
    dates = ("2 May 2024", "31 December 2023", "2024", "")
    assert told(dates) == "Newest publication 2 May 2024", "2024 may be any day of it"
    assert told(["2024", "December 2023"]) == "Newest publication 2024"
    months = published_figures.tables.read("coverage", force="lancashire")
    last = months.loc[months["state"] != "missing", "month"].max()
    assert (
        told([], "crime_force_monthly", force="lancashire") == f"Data to {last:%B %Y}"
    )
    quarter = published_figures.tables.read("crime_quarterly")[
        "quarter"
    ].max() + pd.DateOffset(months=2)
    assert told(["May 2024"], "crime_quarterly", "areas") == (
        f"Data to {quarter:%B %Y}; newest publication May 2024"
    )
    assert told([], "crime_quarterly", force="nowhere") == ""
    figures = published_figures.published_figures(
        programme="op_warrior", vintages="all"
    )
    days = published_figures.dated(figures["source"]).values()
    want = pd.Timestamp(max(day for day in days if len(day) == 10))
    assert told(["2 May 2019"], "figures", programme="op_warrior") == (
        f"Newest publication {want.day} {want:%B %Y}"
    )
