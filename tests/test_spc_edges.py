"""Charts and funnels at their edges: hand sums, the exact rule met and the exact sentences."""

import numpy as np
import pandas as pd
import pytest

from outcomes.core.errors import Invalid, NotEnough
from outcomes.methods import spc

# Mean 11, moving ranges all 2: limits 5.68 and 16.32, near ones 7.4533 and 14.5467.
CALM = [10, 12] * 6


def late(*values, direction="neither"):
    """What is said of values that come after twelve calm months."""
    found = spc.xmr([*CALM, *values], baseline=12, direction=direction).frame[12:]
    return [tuple(row) for row in found[["special", "direction", "verdict"]].to_numpy()]


def test_limits_near_limits_and_moving_ranges_by_hand():
    got = spc.xmr([*CALM, 15], baseline=12)
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
    assert spc.xmr(CALM).note == "The limits rest on 12 points."
    said = "The limits rest on 11 points and are trial limits until there are 12."
    assert spc.xmr(CALM[:-1]).note == said and spc.xmr(CALM[:-1]).trial


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
    got = spc.xmr([5] * 8)
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
    assert spc.xmr(values).moving_range == pytest.approx(bar)


def test_limits_from_a_pair_of_labels_include_both_ends():
    months = pd.period_range("2022-01", periods=14, freq="M").astype(str)
    series = pd.Series([99, *CALM, 99], index=months)
    got = spc.xmr(series, baseline=("2022-02", "2023-01"))
    assert (got.mean, got.points) == (11, 12)
    assert got.frame["period"].tolist() == months.tolist()


def test_whole_numbers_with_a_gap_are_charted_as_any_others():
    gap = pd.Series(pd.array([*CALM, None, 15], dtype="Int64"))
    got = spc.xmr(gap, baseline=12).frame
    pd.testing.assert_frame_equal(got, spc.xmr([*CALM, np.nan, 15], baseline=12).frame)


def test_fresh_limits_rest_on_their_own_points_only():
    got = spc.xmr(
        [*CALM, *(v + 90 for v in CALM[:6])], baseline=4, rebase=[(12, "moved")]
    )
    assert got.frame["mean"].unique().tolist() == [11, 101]
    assert (got.points, got.trial, got.lower) == (6, True, pytest.approx(101 - 5.32))
    twice = spc.xmr(CALM * 2, rebase=[(8, "one"), (16, "two")]).frame
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
        spc.xmr(values, **options)
    assert str(caught.value) == sentence


def test_a_season_put_in_is_the_season_taken_out_though_a_month_is_missing():
    size = np.tile([0.5, 1, 2, 1], 3)  # of geometric mean 1
    grown = 40 * 1.1 ** (np.arange(12) / 4) * size - 0.5
    grown[5] = np.nan
    got = spc.deseasonalise(pd.Series(grown), season=np.tile([1, 2, 3, 4], 3))
    assert got["factor"].to_numpy() == pytest.approx(size)
    assert got["value"].to_numpy() == pytest.approx(grown, nan_ok=True)
    assert got["adjusted"].to_numpy() == pytest.approx(grown / size, nan_ok=True)


@pytest.mark.parametrize("lost", [[1], [3], [3, 7]])
def test_a_season_must_be_seen_twice(lost):
    values = pd.Series(np.arange(8.0))
    values[lost] = np.nan
    with pytest.raises(NotEnough) as caught:
        spc.deseasonalise(values, season=np.tile([1, 2, 3, 4], 2))
    assert str(caught.value) == (
        "The season cannot be taken out until each month has been seen twice."
    )


# Seven places, so that a tenth at either end lies between two of them.
COUNTS, PEOPLE = (
    np.array([12, 30, 33, 25, 60, 41, 9]),
    np.array([90, 210, 340, 180, 400, 260, 70]),
)


@pytest.mark.parametrize("kind", ["rate", "proportion"])
def test_a_widened_funnel_by_hand(kind):
    got = spc.funnel(COUNTS * [1, 3, 1, 1, 2, 1, 1], PEOPLE, kind=kind, per=100)
    k = COUNTS * [1, 3, 1, 1, 2, 1, 1]

    def scale(share):
        return np.sqrt(share) if kind == "rate" else np.arcsin(np.sqrt(share))

    def back(value):
        return value**2 if kind == "rate" else np.sin(value) ** 2

    v, centre = 1 / (4 * PEOPLE), scale(k.sum() / PEOPLE.sum())
    z = (scale(k / PEOPLE) - centre) / np.sqrt(v)
    q = (np.clip(z, *np.quantile(z, [0.1, 0.9])) ** 2).sum()
    w = 4 * PEOPLE
    tau2 = (q - 6) / (w.sum() - (w**2).sum() / w.sum())
    assert (got.q, got.tau2, got.overdispersed) == (
        pytest.approx(q),
        pytest.approx(tau2),
        True,
    )
    for name, errors in (("95", 1.9599639845), ("998", 3.0902323062)):
        reach = errors * np.sqrt(v + tau2)
        frame = got.frame
        assert frame[f"lower_{name}"].to_numpy() == pytest.approx(
            100 * back(np.maximum(centre - reach, 0)), rel=1e-6
        )
        assert frame[f"upper_{name}"].to_numpy() == pytest.approx(
            100 * back(centre + reach), rel=1e-6
        )
    assert got.frame["z"].to_numpy() == pytest.approx(z * np.sqrt(v / (v + tau2)))
    assert got.frame["rate"].to_numpy() == pytest.approx(100 * k / PEOPLE)
    assert got.frame["mean"].to_numpy() == pytest.approx([got.mean] * 7)


def test_where_places_vary_no_more_than_chance_limits_are_exact():
    got = spc.funnel([10, 11, 9], [100] * 3)
    assert (got.tau2, got.overdispersed) == (0, False)
    exact = spc.funnel([10, 11, 9], [100] * 3, overdispersion=False)
    pd.testing.assert_frame_equal(got.frame, exact.frame)
    assert (
        exact.q == pytest.approx((exact.frame["z"] ** 2).sum())
        and not exact.overdispersed
    )


def test_places_of_a_list_are_numbered_and_others_keep_their_names():
    counts, people = [10, 11, 9], [100] * 3
    assert spc.funnel(counts, people).frame["label"].tolist() == [0, 1, 2]
    assert spc.funnel(counts, people, label=list("abc")).frame[
        "label"
    ].tolist() == list("abc")


def test_limits_stay_where_a_rate_and_a_share_can_be():
    """Two small places among far ones: the limits reach past nought, and past all of it."""
    wild = spc.funnel([1, 90, 2, 95], [100, 100, 3, 100], winsorise=0)
    assert wild.frame["lower_998"].tolist() == [0] * 4
    shares = spc.funnel(
        [1, 90, 2, 95], [100, 100, 3, 100], kind="proportion", winsorise=0
    )
    assert shares.frame["lower_998"].tolist() == [0] * 4
    assert shares.frame["upper_998"].tolist() == [1] * 4
    few = spc.funnel([1, 0, 1], [10] * 3)
    assert (few.frame["lower_998"] == 0).all() and (few.frame["upper_998"] < 1).all()


def test_a_place_far_below_is_low():
    got = spc.funnel([100, 98, 103, 101, 20], [10_000] * 5, overdispersion=False)
    assert got.frame["signal"].tolist() == ["", "", "", "", "low"]


@pytest.mark.parametrize(
    ("count", "people", "options", "error", "sentence"),
    [
        (
            [1, 2],
            [3, 4],
            {},
            NotEnough,
            "A funnel needs at least 3 places; there are 2.",
        ),
        (
            [1, 2, 3],
            [3, 4, 0],
            {},
            Invalid,
            "A funnel needs a denominator above 0 for every place.",
        ),
        (
            [1, 2, 3],
            [3, 4, np.inf],
            {},
            Invalid,
            "A funnel needs a denominator above 0 for every place.",
        ),
        *(
            (
                count,
                [3, 4, 5],
                {"kind": kind},
                Invalid,
                "A funnel needs counts of 0 or more, and for proportions no more than n.",
            )
            for count, kind in (
                ([1, 2, -1], "rate"),
                ([1, 2, np.nan], "rate"),
                ([4, 2, 3], "proportion"),
            )
        ),
        (
            [0, 0, 0],
            [3, 4, 5],
            {},
            NotEnough,
            "A funnel needs at least one event; every count is 0.",
        ),
    ],
)
def test_a_funnel_is_refused_in_these_words(count, people, options, error, sentence):
    with pytest.raises(error) as caught:
        spc.funnel(count, people, **options)
    assert str(caught.value) == sentence


def test_small_counts_that_are_allowed_are_not_refused():
    got = spc.funnel([1, 0, 0], [1, 1, 1], kind="proportion").frame
    assert got["rate"].tolist() == [1, 0, 0]
    assert spc.funnel([0, 0, 1], [0.5, 2, 3]).mean == pytest.approx(1 / 5.5)
