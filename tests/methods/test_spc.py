"""Process behaviour charts against NHSRplotthedots and NIST, by hand sums and at their edges."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from outcomes.core import formatting
from outcomes.core.errors import Invalid, NotEnough
from outcomes.methods import spc

# R: set.seed(123); rnorm(20), with the limits in NHSRplotthedots' own snapshot.
RNORM = [
    -0.56047565,
    -0.23017749,
    1.55870831,
    0.07050839,
    0.12928774,
    1.71506499,
    0.46091621,
    -1.26506123,
    -0.68685285,
    -0.44566197,
    1.22408180,
    0.35981383,
    0.40077145,
    0.11068272,
    -0.55584113,
    1.78691314,
    0.49785048,
    -1.96661716,
    0.70135590,
    -0.47279141,
]
NIST = [49.6, 47.6, 49.9, 51.3, 47.8, 51.2, 52.6, 52.4, 53.6, 52.1]


def test_xmr_limits_as_nhsr_publishes():
    got = spc.process_behaviour(RNORM)
    assert (round(got.mean, 7), round(got.lower, 5), round(got.upper, 6)) == (
        0.1416238,
        -3.01138,
        3.294627,
    )
    assert not got.trial and (got.frame["special"] == "").all()


def test_xmr_limits_as_nist_publishes():
    got = spc.process_behaviour(NIST)
    assert round(got.mean, 2) == 50.81
    assert round(got.moving_range, 4) == 1.8778
    assert (round(got.lower, 4), round(got.upper, 4)) == (45.8151, 55.8049)
    reach = (
        3 / 1.128 * got.moving_range
    )  # NIST's own constant, where the chart uses 2.66
    assert (round(got.mean - reach, 4), round(got.mean + reach, 4)) == (
        45.8159,
        55.8041,
    )
    assert got.trial and "10 points" in got.note


def test_seven_on_one_side_as_nhsr_tests():
    assert list(spc.seven_one_side([1] * 8 + [-1])) == [0, 0, 0, 0, 0, 0, 1, 1, 0]
    assert list(spc.seven_one_side([1] * 6 + [-1])) == [0] * 7


def test_trend_of_seven_as_nhsr_tests():
    assert list(spc.trend_of_seven([1, 2, 3, 3, 4, 5, 6])) == [0] * 7
    assert list(spc.trend_of_seven([2, *range(1, 8), 3])) == [0, 0, 0, 0, 0, 0, 0, 1, 0]
    assert list(spc.trend_of_seven(range(7, 0, -1))) == [0, 0, 0, 0, 0, 0, -1]


def test_two_of_three_as_nhsr_tests():
    near = [0, 0, 1, 0, 1, 0, 0]
    assert list(spc.two_of_three(near, [1] * 7)) == [0, 0, 1, 1, 1, 0, 0]
    assert list(spc.two_of_three([0, 0, 1, 1, 0, 0, 0], [1] * 7)) == [
        0,
        1,
        1,
        1,
        1,
        0,
        0,
    ]
    assert not spc.two_of_three(near, [1, -1] * 3 + [1]).any()


def test_only_values_of_0_or_more_have_a_range_that_ends_at_0():
    swings = [4, -6, 9, 2, -7, 5, -3, 8, 1, -5]
    got = spc.process_behaviour(swings)
    assert got.latest_limits == (got.lower, got.upper) and got.lower < -7
    assert got.usual_range() == (
        f"{formatting.number(got.lower)} to {formatting.number(got.upper)}"
    )
    above = spc.process_behaviour([value + 7 for value in swings])
    assert above.lower < 0 and above.latest_limits == (0, above.upper)
    assert above.usual_range().startswith("0 to ")


def test_screening_drops_a_wild_moving_range_once():
    """By hand: ranges 1 x 10 and 50, 50; 3.267 times the mean of 9.17 is below 50."""
    values = [10, 11] * 3 + [61] + [11, 10] * 3
    got = spc.process_behaviour(values)
    assert got.moving_range == 1
    assert got.frame["special"][6] == spc.OUTSIDE
    assert spc.process_behaviour(values, screen=False).moving_range == pytest.approx(
        (10 + 100) / 12
    )


def test_a_shift_is_special_and_judged_by_what_is_better():
    values = [10, 12, 11, 10, 12, 11] * 2 + [15] * 7
    got = spc.process_behaviour(values, baseline=12, direction="fewer").frame
    assert (got["verdict"][12:] == "concern").all() and (
        got["direction"][12:] == "high"
    ).all()
    assert (
        spc.process_behaviour(values, baseline=12, direction="more").frame["verdict"][
            12:
        ]
        == "improvement"
    ).all()
    assert set(spc.process_behaviour(values, baseline=12).frame["verdict"]) == {
        "",
        "neither",
    }


def test_a_gap_breaks_a_run_and_gives_no_moving_range():
    values = [5.0, 6, 5, 6, 5, 6, 9, 9, 9, np.nan, 9, 9, 9, 9]
    got = spc.process_behaviour(values, baseline=6).frame
    assert not (got["special"] == spc.SIDE).any()
    assert np.isnan(got["moving_range"][9]) and np.isnan(got["moving_range"][10])


def test_new_limits_need_a_reason_and_break_runs():
    months = pd.period_range("2022-01", periods=26, freq="M").astype(str)
    values = (
        pd.Series([10, 12] * 13 + [], index=months)
        + np.r_[np.zeros(14), np.full(12, 20)]
    )
    got = spc.process_behaviour(
        values, rebase=[("2023-03", "the counting rules changed")]
    )
    assert list(got.frame["mean"].unique()) == [11, 31]
    assert (got.frame["special"] == "").all() and not got.trial
    assert list(got.frame["phase"]) == [1] * 14 + [2] * 12
    with pytest.raises(Invalid, match="need a reason"):
        spc.process_behaviour(values, rebase=[("2023-03", " ")])


def test_too_few_points_are_refused():
    with pytest.raises(NotEnough, match="at least 3 points"):
        spc.process_behaviour([1, 2])
    with pytest.raises(Invalid, match="direction"):
        spc.process_behaviour(NIST, direction="less")


def test_a_known_season_is_taken_out():
    months = pd.date_range("2020-01-01", periods=48, freq="MS")
    season = np.exp(np.sin(np.arange(12) / 12 * 2 * np.pi) / 3)
    values = pd.Series(
        np.exp(0.05 * np.arange(48) / 12) * np.tile(season, 4) * 1e6, index=months
    )
    got = spc.season(values)
    assert got[:12].to_numpy() == pytest.approx(season / np.exp(np.log(season).mean()))
    with pytest.raises(NotEnough, match="seen twice"):
        spc.season(values[:23])


@settings(deadline=None)
@given(st.lists(st.floats(2, 1e6), min_size=3, max_size=40, unique=True))
def test_limits_hold_the_mean_and_near_limits_lie_between(values):
    got = spc.process_behaviour(values).frame
    assert (got["lower"] <= got["near_lower"]).all() and (
        got["near_upper"] <= got["upper"]
    ).all()
    assert (got["near_lower"] <= got["mean"]).all() and (
        got["mean"] <= got["near_upper"]
    ).all()


# Mean 11, moving ranges all 2: limits 5.68 and 16.32, near ones 7.4533 and 14.5467.
CALM = [10, 12] * 6


def late(*values, direction="neither"):
    """What is said of values that come after twelve calm months."""
    found = spc.process_behaviour(
        [*CALM, *values], baseline=12, direction=direction
    ).frame[12:]
    return [tuple(row) for row in found[["special", "direction", "verdict"]].to_numpy()]


def test_limits_near_limits_and_moving_ranges_by_hand():
    got = spc.process_behaviour([*CALM, 15], baseline=12)
    row = got.frame.iloc[-1]
    assert row[["period", "value", "mean", "moving_range", "phase"]].tolist() == [
        12,
        15,
        11,
        3,
        1,
    ]
    limits = [11 - 5.32, 11 - 5.32 * 2 / 3, 11 + 5.32 * 2 / 3, 11 + 5.32]
    found = row[["lower", "near_lower", "near_upper", "upper"]].tolist()
    assert found == pytest.approx(limits)
    assert (got.mean, got.lower, got.upper) == pytest.approx((11, 5.68, 16.32))
    assert (got.moving_range, got.points, got.trial) == (2, 12, False)
    assert np.isnan(got.frame["moving_range"][0])


def test_the_note_says_on_how_many_points_the_limits_rest():
    assert spc.process_behaviour(CALM).note == "The limits rest on 12 points."
    said = "The limits rest on 11 points and are trial limits until there are 12."
    assert (
        spc.process_behaviour(CALM[:-1]).note == said
        and spc.process_behaviour(CALM[:-1]).trial
    )


@pytest.mark.parametrize(
    ("values", "rule", "moved"),
    [
        ([17], spc.OUTSIDE, "high"),
        ([5], spc.OUTSIDE, "low"),
        ([8, 9, 10, 11, 12, 13, 14], spc.TREND, "rising"),
        ([14, 13, 12, 11, 10, 9, 8], spc.TREND, "falling"),
        ([13, 14, 12, 13, 14, 12, 13], spc.SIDE, "high"),
        ([9, 8, 10, 9, 8, 10, 9], spc.SIDE, "low"),
        ([15, 15, 14], spc.NEAR, "high"),
        ([7, 7, 8], spc.NEAR, "low"),
    ],
)
def test_each_rule_names_its_direction_and_what_that_means(values, rule, moved):
    good = "more" if moved in ("high", "rising") else "fewer"
    bad = "fewer" if good == "more" else "more"
    for direction, verdict in (
        (good, "improvement"),
        (bad, "concern"),
        ("neither", "neither"),
    ):
        said = late(*values, direction=direction)
        assert said[0] == (rule, moved, verdict)
        if rule in (spc.TREND, spc.SIDE):
            assert len(set(said)) == 1  # all seven of a run


def test_only_the_points_near_the_limit_are_marked_and_at_the_end_of_a_series_too():
    near, none = (spc.NEAR, "high", "neither"), ("", "", "")
    assert late(15, 13, 15) == [near, none, near]
    assert late(15, 9, 15) == [none] * 3  # not on one side
    assert late(15, 17, 12) == [none, (spc.OUTSIDE, "high", "neither"), none]


def test_six_in_a_row_are_not_special_and_the_turning_point_keeps_its_first_name():
    assert {rule for rule, _, _ in late(9, 8, 10, 9, 8, 10)} == {""}
    assert {rule for rule, _, _ in late(9, 10, 11, 12, 13, 14)} == {""}
    said = [
        direction
        for _, direction, _ in late(8, 9, 10, 11, 12, 13, 14, *range(13, 7, -1))
    ]
    assert said == ["rising"] * 7 + ["falling"] * 6


def test_a_series_that_never_moves_has_no_special_point():
    got = spc.process_behaviour([5] * 8)
    assert (got.lower, got.mean, got.upper, got.moving_range) == (5, 5, 5, 0)
    assert (got.frame["special"] == "").all()


def test_only_special_points_are_judged():
    assert late(12, 10, 17, direction="more")[:2] == [("", "", "")] * 2
    assert late(12, 10, 17, direction="fewer") == [("", "", "")] * 2 + [
        (spc.OUTSIDE, "high", "concern")
    ]


@pytest.mark.parametrize(("jump", "bar"), [(3.6, 23.6 / 21), (4, 1)])
def test_a_range_is_screened_from_3_267_times_the_mean(jump, bar):
    """Twenty ranges of 1 and one of 3.6 (3.2 times the mean of all) or of 4 (3.5 times)."""
    values = 10 + np.cumsum([0, *[1, -1] * 10, jump])
    assert spc.process_behaviour(values).moving_range == pytest.approx(bar)


def test_limits_from_a_pair_of_labels_include_both_ends():
    months = pd.period_range("2022-01", periods=14, freq="M").astype(str)
    series = pd.Series([99, *CALM, 99], index=months)
    got = spc.process_behaviour(series, baseline=("2022-02", "2023-01"))
    assert (got.mean, got.points) == (11, 12)
    assert got.frame["period"].tolist() == months.tolist()


def test_whole_numbers_with_a_gap_are_charted_as_any_others():
    gap = pd.Series(pd.array([*CALM, None, 15], dtype="Int64"))
    got = spc.process_behaviour(gap, baseline=12).frame
    pd.testing.assert_frame_equal(
        got, spc.process_behaviour([*CALM, np.nan, 15], baseline=12).frame
    )


def test_fresh_limits_rest_on_their_own_points_only():
    got = spc.process_behaviour(
        [*CALM, *(v + 90 for v in CALM[:6])], baseline=4, rebase=[(12, "moved")]
    )
    assert got.frame["mean"].unique().tolist() == [11, 101]
    assert (got.points, got.trial, got.lower) == (6, True, pytest.approx(101 - 5.32))
    twice = spc.process_behaviour(CALM * 2, rebase=[(8, "one"), (16, "two")]).frame
    assert twice["phase"].tolist() == [1] * 8 + [2] * 8 + [3] * 8


@pytest.mark.parametrize(
    ("values", "options", "error", "sentence"),
    [
        (
            [1, 2],
            {},
            NotEnough,
            "A chart needs at least 3 points, two of them in a row; there are 2.",
        ),
        (
            [1, np.nan, 2, np.nan, 3],
            {},
            NotEnough,
            "A chart needs at least 3 points, two of them in a row; there are 3.",
        ),
        (
            CALM,
            {"rebase": [(99, "moved")]},
            Invalid,
            "New limits cannot start at 99: it is not a later point here.",
        ),
        (
            CALM,
            {"rebase": [(0, "moved")]},
            Invalid,
            "New limits cannot start at 0: it is not a later point here.",
        ),
        (
            CALM,
            {"rebase": [(8, "one"), (4, "two")]},
            Invalid,
            "New limits cannot start at 4: it is not a later point here.",
        ),
        (
            CALM,
            {"rebase": [(6, "")]},
            Invalid,
            "New limits from 6 need a reason that can be printed.",
        ),
    ],
)
def test_a_chart_is_refused_in_these_words(values, options, error, sentence):
    with pytest.raises(error) as caught:
        spc.process_behaviour(values, **options)
    assert str(caught.value) == sentence


def test_a_season_put_in_is_the_season_taken_out_though_a_month_is_missing():
    size = np.tile([0.5, 1, 2, 1], 3)  # of geometric mean 1
    grown = 40 * 1.1 ** (np.arange(12) / 4) * size - 0.5
    grown[5] = np.nan
    quarters = pd.date_range("2020-01-01", periods=12, freq="QS")
    assert spc.season(pd.Series(grown, quarters)).to_numpy() == pytest.approx(size)
    frame = pd.DataFrame({"a": grown, "b": 1.0}, quarters)
    assert spc.season(frame)["a"].to_numpy() == pytest.approx(size)
    assert spc.season(frame)["b"].to_numpy() == pytest.approx(1)
    periods = pd.Series(grown, quarters.to_period("Q"))
    assert spc.season(periods).to_numpy() == pytest.approx(size)
    assert spc.season(periods).index.equals(periods.index)


@pytest.mark.parametrize("lost", [[1], [3], [3, 7]])
def test_a_season_must_be_seen_twice(lost):
    values = pd.Series(
        np.arange(8.0), pd.date_range("2020-01-01", periods=8, freq="QS")
    )
    values.iloc[lost] = np.nan
    with pytest.raises(NotEnough) as caught:
        spc.season(values)
    assert str(caught.value) == (
        "The season cannot be taken out until each month has been seen twice."
    )


def test_limits_are_never_narrower_than_counting_error():
    rng = np.random.default_rng(1)
    counts = 400 + np.cumsum(
        rng.normal(0, 3, 30)
    )  # neighbours closer than chance leaves counts
    index = pd.date_range("2019-01-01", periods=30, freq="QS")
    found = spc.process_behaviour(pd.Series(counts, index=index), latest=4)
    assert found.upper - found.mean == pytest.approx(3 * np.sqrt(found.mean))
    loose = spc.process_behaviour(counts[:26])
    assert loose.upper - loose.mean < 3 * np.sqrt(loose.mean) / 2


def test_the_latest_year_is_judged_by_the_time_before_it():
    values = pd.Series(
        [50, 54, 48, 52, 51, 49, 53, 50, 52, 51, 49, 50, 90, 91, 92, 93],
        index=pd.date_range("2021-04-01", periods=16, freq="QS"),
    )
    found = spc.process_behaviour(values, latest=4)
    assert found.mean == pytest.approx(values.iloc[:12].mean()) and not found.moved
    assert (found.judged["special"] != "").all() and len(found.base) == 12


def test_a_rising_series_has_no_usual_range():
    index = pd.date_range("2018-01-01", periods=24, freq="QS")
    assert spc.process_behaviour(
        pd.Series(np.arange(24) * 20.0 + 100, index=index), latest=4
    ).moved


@pytest.mark.parametrize(
    "values",
    [
        [0] * 12 + [1] + [0] * 7,
        [0] * 20,
        [0, 0, 1, 0, 2, 0, 1, 0, 0, 0, 1, 0],
        [3.3] * 6 + [4.4] * 6,
    ],
)
def test_sparse_series_are_refused(values):
    """One event in 20 periods gave 20 of 20 points that "signal"."""
    with pytest.raises(NotEnough, match="no usual range"):
        spc.process_behaviour(values)


def test_of_rare_events_no_series_is_said_to_signal():
    """Poisson of mean 0.15, 24 points: 93 % of series signalled."""
    rng, refused = np.random.default_rng(2), 0
    for values in rng.poisson(0.15, (200, 24)):
        try:
            spc.process_behaviour(values)
        except NotEnough:
            refused += 1
    assert refused == 200


def test_points_out_of_order_or_twice_are_refused():
    days = pd.to_datetime(["2024-01-01", "2024-03-01", "2024-02-01", "2024-04-01"])
    for index in (days, days[[0, 1, 1, 3]]):
        with pytest.raises(Invalid, match="must be"):
            spc.process_behaviour(pd.Series([5, 6, 7, 8], index=index))
    with pytest.raises(Invalid, match="finite"):
        spc.process_behaviour([5, 6, np.inf, 7])
    with pytest.raises(Invalid, match="of 0 or more"):
        spc.process_behaviour([5, 6, -1, 7], counts=True)


def test_a_run_does_not_cross_months_that_are_absent():
    """Four months above the mean, a gap of 30 months, three above: no seven on one side."""
    early = pd.date_range("2019-10-01", periods=12, freq="MS")
    late = pd.date_range("2023-04-01", periods=11, freq="MS")
    values = [9, 1, 9, 1, 9, 1, 9, 1, 9, 8, 9, 8, 9, 8, 9, 1, 9, 1, 9, 1, 9, 1, 9]
    found = spc.process_behaviour(pd.Series(values, index=early.append(late))).frame
    assert len(found) == 53 and found["value"].isna().sum() == 30
    assert spc.SIDE not in set(found["special"])
    assert spc.SIDE in set(
        spc.process_behaviour(values).frame["special"]
    )  # side by side they are seven


@pytest.mark.parametrize("freq", ["MS", "ME", "QS", "YS", "D", "7D"])
def test_a_regular_index_stays_as_it_is(freq):
    values = pd.Series(
        range(5, 15), index=pd.date_range("2019-01-01", periods=10, freq=freq)
    )
    assert list(spc.regular(values).dropna()) == list(values)
    periods = values.index.to_period("M") if freq == "MS" else values.index
    assert list(spc.regular(values.set_axis(periods)).dropna()) == list(values)


def test_weeks_of_action_keep_their_own_dates():
    days = pd.to_datetime(["2018-03-12", "2018-09-18", "2019-03-11", "2019-09-16"])
    assert len(spc.regular(pd.Series([1, 2, 3, 4], index=days))) == 4


def test_a_season_is_that_of_the_dates_whatever_the_order_and_the_gaps():
    """Shuffled rows were wrong by up to 1.28 on a mean of 50; absent rows shifted the trend."""
    index = pd.date_range("2018-01-01", periods=60, freq="MS")
    values = (
        50
        * np.exp(0.01 * np.arange(60))
        * (1 + 0.3 * np.sin(index.month / 12 * 2 * np.pi))
    )
    values = pd.Series(values, index=index)
    whole = spc.season(values)
    mixed = spc.season(values.sample(frac=1, random_state=0)).sort_index()
    assert mixed.to_numpy() == pytest.approx(whole.to_numpy())
    kept = values[(values.index < "2020-03") | (values.index > "2021-02")]
    absent, empty = spc.season(kept), spc.season(values.where(values.isin(kept)))
    pd.testing.assert_series_equal(absent, empty[kept.index], check_freq=False)
    for wrong in (values - 100, values.replace(values.iloc[0], np.inf)):
        with pytest.raises(Invalid, match="counts of 0 or more"):
            spc.season(wrong)
    with pytest.raises(Invalid, match="stand twice"):
        spc.season(pd.concat([values, values.tail(1)]))


# --- what the chart says of itself ---


def by_quarter(*values):
    index = pd.date_range("2020-01-01", periods=len(values), freq="QS")
    return pd.Series(values, index=index, dtype=float)


def test_the_clause_is_of_the_latest_point_and_finer_where_it_would_read_as_a_limit():
    assert spc.process_behaviour([*CALM, 11], baseline=12).clause == (
        "within the usual range of 5.7 to 16.3"
    )
    late = spc.process_behaviour([*CALM, 17, np.nan], baseline=12)
    assert late.clause == (
        "a signal of change (outside the limits; usual range 5.7 to 16.3)"
    )
    assert late.latest["value"] == 17
    near = spc.process_behaviour([v * 100 for v in [*CALM, 5.6801]], baseline=12)
    assert near.clause == "within the usual range of 568.0 to 1,632.0"
    assert near.latest_value() == "568.0"
    share = spc.process_behaviour([v / 100 for v in [*CALM, 11]], baseline=12)
    assert share.range_clause(formatting.percent) == (
        "within the usual range of 5.7% to 16.3%"
    )
    below = spc.process_behaviour([1, 9] * 6, screen=False)
    assert below.lower < 0 and below.clause.startswith("within the usual range of 0 to")


def test_a_series_that_moves_too_much_says_so():
    chart = spc.process_behaviour([k * 20 for k in range(1, 25)])
    assert chart.moved and "moved too much to have a usual range" in chart.clause


def test_all_points_are_judged_unless_a_latest_year_is():
    chart = spc.process_behaviour([*CALM, 17], baseline=12)
    assert (len(chart.judged), len(chart.signals)) == (13, 1)
    assert chart.detail == "1 of 13 points signals change."
    assert spc.process_behaviour(CALM).detail == "No point signals change."
    two = spc.process_behaviour(by_quarter(*CALM, 17, 18), baseline=12)
    assert two.detail == "2 of 14 quarters signal change."


def test_the_latest_year_says_which_of_its_points_signal_and_by_which_rule():
    calm = [400, 480] * 6
    chart = spc.process_behaviour(by_quarter(*calm, 440, 900, 440, 445), latest=4)
    assert chart.detail == (
        "Of the latest 4 quarters, one signals change: 2023 Q2 (outside the limits)."
    )
    assert chart.signals["period"].tolist() == [pd.Timestamp("2023-04-01")]
    quiet = spc.process_behaviour(by_quarter(*calm, 440, 450, 440, 445), latest=4)
    assert quiet.detail == "Of the latest 4 quarters, none signals change."
    loud = spc.process_behaviour(by_quarter(*calm, *[900] * 5), latest=5)
    assert loud.detail == (
        "Of the latest 5 quarters, 5 signal change: outside the limits (5)."
    )
    assert quiet.caveats == [
        "The usual range is that of 2020 Q1 to 2022 Q4; limits are never narrower than "
        "counting error."
    ]
    gap = spc.process_behaviour(by_quarter(*calm[:3], np.nan, *calm, 440), latest=1)
    assert "2020 Q1 to 2023 Q4, 15 of 16 quarters held here" in gap.caveats[0]
    with pytest.raises(Invalid, match="all points before it alone"):
        spc.process_behaviour(by_quarter(*calm), latest=4, baseline=3)


def test_new_limits_and_trial_limits_are_caveats():
    values = by_quarter(*CALM, *(v + 90 for v in CALM[:6]))
    chart = spc.process_behaviour(values, rebase=[("2023-01", "the rules changed")])
    assert chart.caveats == [
        "New limits from January 2023: the rules changed.",
        "The limits rest on 6 points and are trial limits until there are 12.",
    ]


@pytest.mark.parametrize(
    ("freq", "step", "said"),
    [
        ("MS", "month", "January 2020"),
        ("QS", "quarter", "2020 Q1"),
        ("YS", "year", "2020"),
        ("7D", "point", "1 January 2020"),
    ],
)
def test_periods_are_named_by_the_step_of_the_series(freq, step, said):
    index = pd.date_range("2020-01-01", periods=12, freq=freq)
    chart = spc.process_behaviour(pd.Series(CALM, index=index))
    assert (chart.step, chart.named(index[0])) == (step, said)
    assert chart.table()["period"].iloc[0] == said
    assert spc.process_behaviour(CALM).table()["period"].iloc[0] == "0"


@pytest.mark.parametrize(
    ("lower", "mean", "upper", "more", "fewer"),
    [  # target 4, as NHSRplotthedots has it: test-ptd_calculate_assurance_type.R
        (1, 2, 3, "missed", "met"),
        (5, 6, 7, "met", "missed"),
        (1, 4, 5, "either", "either"),
    ],
)
def test_a_target_is_judged_as_plot_the_dots_judges_it(lower, mean, upper, more, fewer):
    frame = pd.DataFrame({"mean": [mean], "lower": [lower], "upper": [upper]})
    chart = spc.Chart(frame, 12, 1.0, moved=False)
    assert (chart.assurance(4, "more"), chart.assurance(4, "fewer")) == (more, fewer)


def test_a_target_without_a_direction_is_refused():
    with pytest.raises(Invalid, match="direction"):
        spc.process_behaviour([10, 12] * 6).assurance(11, "neither")


LEVEL = [12.0, 10.0] * 6


@pytest.mark.parametrize(
    ("after", "found"),
    [
        ([14, 15] * 3 + [14], (12, 7, "above")),
        ([8, 7] * 6, (11, 13, "below")),  # with the last of the level
        ([14, 15] * 3, None),  # six are no run
        ([14] * 7 + [10], None),  # it came back
        ([14, 15, 14, np.nan, 15, 14, 15, 14], None),  # a gap ends the run
        ([14, 15] * 3 + [np.nan], None),
    ],
)
def test_a_run_to_the_end_is_a_prompt_to_consider_new_limits(after, found):
    assert spc.process_behaviour([*LEVEL, *after], baseline=12).shift == found


def test_new_limits_answer_the_prompt_and_a_long_run_is_enough_for_them():
    values = [*LEVEL, *[20, 21.0, 22] * 4]
    prompt = spc.process_behaviour(values, baseline=12).shift
    assert prompt == (12, 12, "above") and prompt.settled
    assert not prompt._replace(points=11).settled
    again = spc.process_behaviour(values, rebase=[(prompt.since, "The law changed.")])
    assert again.shift is None and not again.trial
