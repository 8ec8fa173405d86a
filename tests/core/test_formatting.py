"""Numbers, days, periods, lists and places as text."""

import subprocess
import sys

import numpy as np
import pandas as pd
import pytest

from outcomes.core import formatting
from outcomes.core.errors import Invalid
from outcomes.methods.intervals import Interval

NAN, INF = float("nan"), float("inf")


def test_text_needs_no_pandas():
    code = "import sys, outcomes.core.formatting; print('pandas' in sys.modules)"
    said = subprocess.check_output([sys.executable, "-c", code], text=True)
    assert said.strip() == "False"


@pytest.mark.parametrize(
    ("given", "text"),
    [
        (1212, "1,212"),
        (0.5, "0.50"),
        (12.34, "12.3"),
        (1347298.0, "1,347,298"),
        (-3, "−3"),
        (-0.001, "0.00"),
        (float("nan"), "[x]"),
        (None, "[x]"),
        (float("inf"), "no upper limit"),
        (100.4, "100"),
    ],
)
def test_number(given, text):
    assert formatting.number(given) == text


def test_shares_money_and_bounds():
    assert formatting.percent(10 / 42) == "23.8%"
    assert formatting.money(-1300000) == "−£1,300,000"
    assert formatting.interval(0.1348, 0.3853, kind="percent") == "13.5% to 38.5%"
    assert formatting.between(1212, 1212) == "exactly 1,212"
    assert formatting.between(300, float("inf"), kind="money") == "at least £300"
    assert formatting.between(300, 420) == "between 300 and 420"


@pytest.mark.parametrize(
    ("start", "end", "text"),
    [
        ("2022-11-01", "2023-12-31", "November 2022 to December 2023"),
        ("2023-11-01", "2023-11-30", "November 2023"),
        ("2023-11-13", "2023-11-19", "13 November 2023 to 19 November 2023"),
        (
            "2024-02-01",
            "2024-02-28",
            "1 February 2024 to 28 February 2024",
        ),  # a leap year
        (None, "2024-02-28", "dates not stated"),
        ("2023-02-01", "2023-02-28", "February 2023"),
        ("2023-02-02", "2023-02-28", "2 February 2023 to 28 February 2023"),
        ("2023-11-10", "2023-11-10", "10 November 2023"),
        (pd.Timestamp("2023-11-10 09:30"), "2023-11-10", "10 November 2023"),
    ],
)
def test_period(start, end, text):
    assert formatting.period(start, end) == text


def test_plain_text_has_no_control_or_direction_characters():
    assert formatting.plain("a\u202eb\u200b\x1b[31m\n c") == "ab[31m c"


def test_a_tie_is_named_a_tie():
    assert (
        formatting.ranked(1, [3, 3, 1], "districts")
        == "the highest of 3 districts, level with 1 other"
    )
    assert formatting.ranked(1, range(14), "districts") == "the highest of 14 districts"
    assert formatting.ranked(14, range(14), "districts") == "the lowest of 14 districts"
    assert (
        formatting.ranked(13, range(14), "districts")
        == "the second lowest of 14 districts"
    )
    assert (
        formatting.ranked(2, [9, 1, 1, 1], "x")
        == "the lowest of 4 x, level with 2 others"
    )
    assert (
        formatting.ranked(7, range(14), "districts")
        == "number 7 of 14 districts, highest first"
    )


def test_missing_months_are_not_held_here_and_the_command_brings_them():
    assert formatting.not_held([]) == ""
    assert formatting.not_held(["2022-11"]) == (
        "Not held here: November 2022; “outcomes data refresh --from 2022-11 --to 2022-11” "
        "brings it."
    )
    said = formatting.not_held(["2023-12", "2022-12", "2022-11"])
    assert said.startswith(
        "Not held here: 3 months of November 2022 to December 2023; "
    )
    assert said.endswith(
        "“outcomes data refresh --from 2022-11 --to 2023-12” brings them."
    )


@pytest.mark.parametrize("missing", [None, NAN, pd.NaT, pd.NA])
def test_what_is_missing_is_said_to_be(missing):
    for write in (*formatting.WRITE.values(), formatting.exact):
        assert write(missing) == "[x]"
    for write in (formatting.date, formatting.month, formatting.quarter):
        assert write(missing) == "date not stated"


def test_no_limit_has_no_unit():
    assert formatting.percent(INF) == formatting.money(INF) == "no upper limit"
    assert formatting.percent(-INF) == "no lower limit"


def test_nothing_has_no_sign():
    assert formatting.money(-0.2) == "£0" and formatting.percent(-0.0001) == "0.0%"
    assert formatting.points(-0.001) == formatting.exact(-1e-9) == "0"


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (1212.0, "1,212"),
        (10_000_000.5, "10,000,000.5"),
        (-0.25, "−0.25"),
        (100, "100"),
        (0, "0"),
        (INF, "no upper limit"),
    ],
)
def test_an_exact_number_keeps_its_decimals(value, text):
    assert formatting.exact(value) == text


@pytest.mark.parametrize(
    ("limits", "options", "text"),
    [
        (
            (39.9, 153.5),
            {},
            "39.9 to 153.5",
        ),  # as many decimals for one as for the other
        ((3, 12), {}, "3 to 12"),
        ((-0.27, -0.05), {"write": formatting.points}, "−27 to −5"),
        ((0.5, 0.25), {"write": formatting.percent, "decimals": 0}, "50% to 25%"),
        ((300, INF), {}, "300 or more"),
        ((-INF, 12), {}, "12 or less"),
        ((-INF, INF), {}, "any number"),
        ((NAN, 2), {}, "[x] to 2"),
    ],
)
def test_limits_are_written_alike(limits, options, text):
    assert formatting.span(limits, **options) == text


def test_a_span_is_of_an_interval_or_of_a_row_with_limits():
    frame = pd.DataFrame({"estimate": [1.5], "lower": [1.0], "upper": [2.25]})
    for limits in (Interval(1.5, 1.0, 2.25), frame.iloc[0], *frame.itertuples()):
        assert formatting.span(limits, decimals=1) in ("1.0 to 2.2", "1.0 to 2.3")


@pytest.mark.parametrize(
    ("ratio", "said"),
    [
        (12.4, "rose more than 12-fold"),
        (5, "rose fivefold"),
        (4.4, "more than quadrupled"),
        (3.9, "nearly quadrupled"),
        (3.17, "more than tripled"),
        (3.04, "tripled"),
        (2.95, "tripled"),
        (2.9, "nearly tripled"),
        (2.5, "more than doubled"),
        (2.0, "doubled"),
        (1.92, "nearly doubled"),
        (1.85, "rose by 85%"),
        (1.5, "rose by half"),
        (1.12, "rose by 12%"),
        (1.004, "rose by less than 1%"),
        (1, "did not change"),
        (0.997, "fell by less than 1%"),
        (0.67, "fell by a third"),
        (0.5, "halved"),
        (0.4, "fell by 60%"),
        (0.25, "fell by three quarters"),
        (0.003, "fell by more than 99%"),
        (0, "fell to none"),
        (INF, "rose from none"),
        (NAN, "cannot be compared"),
        (np.float32(1.5), "rose by half"),
        ((1.01, 0.98, 1.04), "did not clearly change"),
        (
            (1.2, 1.0, 1.4),
            "did not clearly change",
        ),  # an interval that ends at no change
        ((1.2, NAN, 1.4), "did not clearly change"),
        ((3.2, 2.1, 4.4), "more than tripled"),
        (Interval(0.667, 0.5, 0.8), "fell by a third"),
    ],
)
def test_a_change_is_a_verb_and_a_size(ratio, said):
    assert formatting.change(ratio) == said


def test_a_change_may_have_decimals():
    assert formatting.change(1.3333, decimals=1) == "rose by 33.3%"
    assert formatting.change(1.0002, decimals=1) == "rose by less than 0.1%"
    assert formatting.change(0.0002, decimals=1) == "fell by more than 99.9%"


def test_a_ratio_is_not_negative():
    with pytest.raises(Invalid, match=r"cannot be negative, and −0\.5 was given"):
        formatting.change(-0.5)


@pytest.mark.parametrize(
    ("ratio", "said"),
    [
        (1.42, "42% higher than"),
        (0.7, "30% lower than"),
        (1.004, "level with"),
        (2.02, "twice as high as"),
        (2.13, "2.1 times as high as"),
        (12.3, "12 times as high as"),
        (NAN, "not comparable with"),
        ((1.1, 0.9, 1.3), "not clearly different from"),
        (Interval(1.42, 1.39, 1.44), "42% higher than"),
    ],
)
def test_one_is_compared_with_another(ratio, said):
    assert formatting.compared(ratio) == said


def rows(values, labels="abcdefgh"):
    return pd.DataFrame({"label": list(labels)[: len(values)], "n": values})


@pytest.mark.parametrize(
    ("frame", "said"),
    [
        (rows([39.9, 113, 153.5]), "from 39.9 (a) to 153.5 (c)"),
        (rows([0, 0, 0, 7]), "from 0 (a and 2 others) to 7 (d)"),
        (rows([NAN, 2, 1]), "from 1 (c) to 2 (b)"),
        (rows([5, 5]), "5 throughout"),
        (rows([NAN]), "without any value"),
        (
            rows([1, 2], pd.to_datetime(["2023-11-13", "2024-05-20"])),
            "from 1 (November 2023) to 2 (May 2024)",
        ),
    ],
)
def test_the_lowest_and_the_highest_are_named(frame, said):
    assert formatting.extremes(frame, "label", "n") == said


def test_extremes_are_written_in_their_unit():
    said = formatting.extremes(rows([0.1, 0.357]), "label", "n", formatting.percent)
    assert said == "from 10.0% (a) to 35.7% (b)"


def test_days_of_any_kind_are_read():
    for day in (
        "2023-11-03",
        pd.Timestamp("2023-11-03 09:30"),
        np.datetime64("2023-11-03"),
    ):
        assert formatting.date(day) == "3 November 2023"
        assert formatting.quarter(day) == "2023 Q4"
    assert formatting.month(pd.Period("2023-11", "M")) == "November 2023"


@pytest.mark.parametrize(
    ("slug", "name"),
    [
        ("west-lancashire", "West Lancashire"),
        ("devon-and-cornwall", "Devon and Cornwall"),
        ("kingston-upon-hull", "Kingston upon Hull"),
        ("with-and", "With And"),  # a small word is one between others
    ],
)
def test_a_slug_is_a_name(slug, name):
    assert formatting.place(slug) == name == formatting.place(name)
    assert slug == formatting.slug(name)


@pytest.mark.parametrize(
    ("months", "words"),
    [
        (["2024-01"], "January 2024"),
        (["2024-02", "2024-01"], "January to February 2024"),
        (
            ["2023-12", "2024-01", "2024-05"],
            "December 2023 to January 2024 and May 2024",
        ),
        (["2020-06", "2020-08", "2020-10"], "June 2020, August 2020 and October 2020"),
    ],
)
def test_months_in_words(months, words):
    assert formatting.month_runs(pd.Series(pd.to_datetime(months))) == words
