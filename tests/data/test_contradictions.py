"""Published counts that cannot all be right."""

import pandas as pd
import pytest

from outcomes.data import contradictions, rounding


def counts(*rows):
    """Figures of one measure: (value, qualifier, start, end, publisher)."""
    made = []
    for value, qualifier, start, end, publisher in rows:
        days = pd.Timestamp(start), pd.Timestamp(end)
        limits = rounding.limits(value, qualifier, "count")
        told = (value, qualifier, publisher, publisher.lower())
        made.append(
            contradictions.Count({}, "Here", start + end, *days, *limits, *told)
        )
    return made


def test_parts_that_do_not_overlap_may_not_exceed_their_whole():
    whole = (101, "exact", "2024-01-01", "2024-12-31", "A")
    first = (41, "exact", "2024-01-01", "2024-04-30", "B")
    across = (45, "exact", "2024-04-01", "2024-08-31", "C")
    last = (66, "exact", "2024-09-01", "2024-12-31", "D")
    assert list(contradictions.too_much(counts(whole, first, across))) == []
    # across and last do not meet: 45 + 66; first and across share April, and are not added
    ((said, pages),) = contradictions.too_much(counts(whole, first, across, last))
    assert "at least 110 in 2 parts that do not overlap" in said
    assert pages == ("a", "c", "d")


@pytest.mark.parametrize(
    ("qualifier", "other", "contradict"),
    [
        ("exact", 1212, False),
        ("exact", 1262, True),
        ("over", 1262, False),
        ("nearly", 1262, True),
    ],
)
def test_a_rounded_figure_agrees_with_what_rounds_to_it(qualifier, other, contradict):
    year = "2024-01-01", "2024-12-31"
    given = counts((1200, qualifier, *year, "A"), (other, "exact", *year, "B"))
    assert bool(list(contradictions.two_ways(given))) == contradict
