"""Displacement and changes of two places against published numbers and hand sums."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from outcomes.core.errors import NotEnough
from outcomes.methods.evaluation import displacement
from outcomes.methods.evaluation.displacement import rirr, wdd, wdq

T, C = (207, 110), (308, 318)
NEAR_T, NEAR_C = (178, 157), (150, 140)


def test_wdd_as_wheeler_and_ratcliffe_publish():
    got = wdd(T, C, ring_treated=NEAR_T, ring_control=NEAR_C)
    assert (got.estimate, round(got.se, 5), round(got.z, 6)) == (
        -118,
        39.59798,
        -2.979950,
    )
    assert (round(got.lower, 5), round(got.upper, 5)) == (-195.61061, -40.38939)
    local = wdd(T, C)
    assert (local.estimate, round(local.se, 5)) == (-107, 30.70831)


def test_wdd_of_unequal_periods():
    got = wdd((80, 20), (100, 50), exposure=(2, 1))
    assert (got.estimate, round(got.se, 6)) == (-20, 10.723805)


def test_rirr_as_wheeler_publishes():
    got = rirr((50, 30), (60, 55))
    assert (round(np.log(got.estimate), 7), round(got.estimate, 7)) == (
        -0.4238142,
        0.6545455,
    )
    assert round(got.se, 8) == 0.29695424
    assert (round(got.lower, 5), round(got.upper, 5)) == (0.36574, 1.17141)
    wide = rirr(T, C)
    assert (round(wide.estimate, 8), round(wide.se, 8)) == (0.51469024, 0.14252450)
    assert (round(wide.lower, 5), round(wide.upper, 5)) == (0.38925, 0.68055)


@pytest.mark.parametrize("link", ["log", "identity"])
def test_rirr_and_wdd_are_interactions_of_poisson_regressions(link):
    import statsmodels.api as sm

    y = np.array([207, 110, 308, 318.0])
    x = np.array([[1, 0, 1, 0], [1, 1, 1, 1], [1, 0, 0, 0], [1, 1, 0, 0.0]])
    kind = sm.families.links.Log() if link == "log" else sm.families.links.Identity()
    fit = sm.GLM(y, x, family=sm.families.Poisson(kind)).fit(
        start_params=_start(y, link)
    )
    got = rirr(T, C) if link == "log" else wdd(T, C)
    point = np.log(got.estimate) if link == "log" else got.estimate
    assert (point, got.se) == pytest.approx((fit.params[3], fit.bse[3]), rel=1e-6)


def _start(y, link):
    v = np.log(y) if link == "log" else y
    return np.array([v[2], v[3] - v[2], v[0] - v[2], v[1] - v[0] - v[3] + v[2]])


def test_wdq_to_the_digits_of_the_reference():
    got = wdq(T, NEAR_T, C)
    assert (round(got.success, 8), round(got.wdq, 8)) == (-0.32616597, 0.25818569)
    assert got.clause == "the surroundings gained too"
    assert wdq(T, (157, 200), C).clause == "part of the gain moved to the surroundings"
    assert "more moved" in wdq(T, (100, 250), C).clause
    assert "no success" in wdq((110, 207), NEAR_T, C).clause


def test_inflation_widens_by_its_root_and_the_disjoint_union_adds():
    plain, wide = wdd(T, C), wdd(T, C, inflation=4)
    assert wide.se == pytest.approx(2 * plain.se)
    a, b = wdd((10, 5), (20, 18)), wdd((7, 9), (4, 8))
    both = wdd((17, 14), (24, 26))
    assert both.estimate == a.estimate + b.estimate
    assert both.se**2 == pytest.approx(a.se**2 + b.se**2)


def test_overdispersion_is_one_by_chance_and_what_was_put_in_otherwise():
    """Second route: a change with variance v adds (mean^2 v) of each to their difference's."""
    rng = np.random.default_rng(8)
    level = rng.gamma(5, 40, (4000, 2))
    moved = level * rng.gamma(25, 1 / 25, level.shape)

    def found(after):
        before = rng.poisson(level)
        pairs = zip(before, rng.poisson(after), strict=True)
        return displacement.overdispersion(
            [wdd((b[0], a[0]), (b[1], a[1])) for b, a in pairs]
        )

    assert found(level) == pytest.approx(1, abs=0.1)
    expected = 1 + np.mean((level**2).sum(axis=1) / 25 / (2 * level.sum(axis=1)))
    assert found(moved) == pytest.approx(expected, rel=0.1)
    ten = displacement.overdispersion([wdd(T, C)] * 10)  # Student's t of 10 is 2.228
    assert ten == pytest.approx((wdd(T, C).z * 2.228139 / 1.959964) ** 2)
    with pytest.raises(NotEnough, match="takes 10 of them to tell; there are 9"):
        displacement.overdispersion([wdd(T, C)] * 9)


counts = st.tuples(st.integers(1, 10_000), st.integers(1, 10_000))


@settings(deadline=None)
@given(counts, counts, st.floats(0.5, 0.999))
def test_intervals_hold_their_estimate(treated, control, level):
    for method in (displacement.wdd, displacement.rirr):
        got = method(treated, control, confidence=level)
        assert got.lower <= got.estimate <= got.upper


def test_what_cannot_be_computed_is_refused_in_a_sentence():
    for call in (
        lambda: wdd((1, 2), (3, -1)),
        lambda: wdd(T, C, ring_treated=NEAR_T),
        lambda: wdd((0, 0), (0, 0)),
        lambda: wdd(T, C, exposure=(0, 1)),
        lambda: rirr((0, 2), (3, 1)),
        lambda: rirr(T, C, confidence=95),
        lambda: wdq(T, NEAR_T, (0, 4)),
        lambda: wdq((10, 10), NEAR_T, (5, 5)),
    ):
        with pytest.raises(ValueError, match=r"\.$"):
            call()


def test_displacement_is_measured_against_controls_of_the_same_size():
    rng = np.random.default_rng(2)
    mean = np.outer(np.exp(rng.normal(0, 0.1, 60)), rng.gamma(6, 2, 150))
    mean[36:, :6] *= 0.6
    months = pd.date_range("2020-01-01", periods=60, freq="MS")
    frame = pd.DataFrame(rng.poisson(mean), months, [f"u{k}" for k in range(150)])
    treated, ring = list(frame.columns[:6]), list(frame.columns[6:10])
    pool = list(frame.columns[10:])
    sets = [pool[k : k + 6] for k in range(0, 130, 6)]
    asked = {"pool": pool, "placebo_sets": sets}
    got = displacement.ring_displacement(frame, treated, ring, "2023-01", **asked)
    table = got.counts.set_index("place")
    assert table["neighbourhoods"].tolist() == [6, 6, 4, 4]
    change = table["after"] - table["before"] * 24 / 36
    alone = change["area"] - change["area's match"]
    assert got.alone.estimate == pytest.approx(alone)
    both = alone + change["ring"] - change["ring's match"]
    assert got.both.estimate == pytest.approx(both)
    assert got.inflation >= 1 and got.left_out == 0
    own, match, near, _ = table[["before", "after"]].to_numpy()
    assert got.quotient == wdq(own, near, match)
    with pytest.raises(NotEnough, match="No neighbourhood"):
        displacement.ring_displacement(frame, treated, [], "2023-01", **asked)


def test_no_events_after_are_a_count_and_one_event_is_enough():
    got = wdd((3, 0), (0, 0))
    assert (got.estimate, got.se) == (-3, pytest.approx(np.sqrt(3)))
    assert wdd((1, 0), (0, 0)).estimate == -1


@pytest.mark.parametrize(
    ("treated", "near", "reading"),
    [
        (T, NEAR_T, "the surroundings gained too"),
        (T, (157, 200), "part of the gain moved to the surroundings"),
        (
            T,
            C,
            "the surroundings changed as the control did: neither gain nor displacement",
        ),
        (T, (100, 250), "more moved to the surroundings than was gained"),
        (
            (110, 207),
            NEAR_T,
            "no success in the area itself, so displacement is not in question",
        ),
    ],
)
def test_each_reading_of_the_quotient(treated, near, reading):
    assert wdq(treated, near, C).clause == reading


def test_all_that_was_gained_moved_and_no_more():
    got = wdq((20, 10), (10, 20), (10, 10))
    assert (got.success, got.wdq) == (-1, -1)
    assert got.clause == "part of the gain moved to the surroundings"
