"""Periods asked about: each label with its first and last day, and what is no period."""

import pandas as pd
import pytest

from outcomes.core import periods
from outcomes.core.errors import Invalid


@pytest.mark.parametrize(
    ("kind", "asked", "expected"),
    [
        (
            periods.months,
            ("2023-11-15", "2024-01-01"),
            [
                ("2023-11", "2023-11-01", "2023-11-30"),
                ("2023-12", "2023-12-01", "2023-12-31"),
                ("2024-01", "2024-01-01", "2024-01-31"),
            ],
        ),
        (
            periods.quarters,
            ("2023-12-31", "2024-01-01"),
            [
                ("2023 Q4", "2023-10-01", "2023-12-31"),
                ("2024 Q1", "2024-01-01", "2024-03-31"),
            ],
        ),
        (
            periods.calendar_years,
            ("2023-12-31", "2024-01-01"),
            [
                ("2023", "2023-01-01", "2023-12-31"),
                ("2024", "2024-01-01", "2024-12-31"),
            ],
        ),
        (
            periods.financial_years,
            ("1999-04-01", "2000-04-01"),
            [
                ("1999-00", "1999-04-01", "2000-03-31"),
                ("2000-01", "2000-04-01", "2001-03-31"),
            ],
        ),
    ],
)
def test_every_period_that_is_touched_has_its_label_and_its_days(kind, asked, expected):
    got = kind(*asked).astype({"start": str, "end": str})
    assert got.columns.tolist() == ["label", "start", "end"]
    assert list(got.itertuples(index=False, name=None)) == expected


def test_one_period_keeps_its_name_and_its_days_without_the_hours():
    got = periods.one_period("here", "2023-01-01 09:30", "2023-01-02 17:00")
    days = [pd.Timestamp("2023-01-01"), pd.Timestamp("2023-01-02")]
    assert got.to_dict("list") == {
        "label": ["here"],
        "start": days[:1],
        "end": days[1:],
    }


@pytest.mark.parametrize(
    "span", [("2023-02-02", "2023-02-01"), (None, "2023"), ("2023", None)]
)
def test_a_period_without_days_is_refused_in_these_words(span):
    with pytest.raises(Invalid) as caught:
        periods.months(*span)
    assert str(caught.value) == (
        f"A period from {span[0]} to {span[1]} has no days; the end must not come first."
    )
