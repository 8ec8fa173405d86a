"""Edges of changes, placebos, panels, mixes of areas and series: hand sums and exact sentences."""

import numpy as np
import pandas as pd
import pytest

from outcomes.core.errors import Invalid, NotEnough
from outcomes.methods.evaluation import displacement, placebos
from outcomes.methods.evaluation.difference_in_differences import did, event_study
from outcomes.methods.evaluation.displacement import rirr, wdd, wdq
from outcomes.methods.evaluation.interrupted_time_series import its
from outcomes.methods.evaluation.synthetic_control import fit_synthetic_control
from small_panels import START, panel

T, C, NEAR = (207, 110), (308, 318), (178, 157)


def quiet(count=36, start="2020-01-01"):
    """Months of a series that goes up and down by the season and no more."""
    months = pd.date_range(start, periods=count, freq="MS")
    return pd.Series(100.0 + 10 * (months.month % 3), index=months)


@pytest.mark.parametrize(
    ("call", "error", "sentence"),
    [
        (
            lambda: wdd((1, 2), (3, -1)),
            Invalid,
            "Counts before and after must be 0 or more; given 3.0 and -1.0.",
        ),
        (
            lambda: wdd((np.inf, 2), (3, 1)),
            Invalid,
            "Counts before and after must be 0 or more; given inf and 2.0.",
        ),
        *(
            (
                call,
                Invalid,
                "A ring around the treated area needs one around the control as well.",
            )
            for call in (
                lambda: wdd(T, C, ring_treated=NEAR),
                lambda: wdd(T, C, ring_control=NEAR),
            )
        ),
        *(
            (
                lambda e=exposure: wdd(T, C, exposure=e),
                Invalid,
                f"Each exposure must be above 0; given {exposure[0]} and {exposure[1]}.",
            )
            for exposure in ((0, 1), (1, 0))
        ),
        (
            lambda: wdd((0, 0), (0, 0)),
            NotEnough,
            "A difference of counts needs at least one event; every count is 0.",
        ),
        (
            lambda: displacement.overdispersion([wdd(T, C)] * 9),
            NotEnough,
            "How far places stray by themselves takes 10 of them to tell; there are 9.",
        ),
        (
            lambda: rirr((0, 2), (3, 1)),
            NotEnough,
            "A ratio of changes needs at least one event before and after in both.",
        ),
        (
            lambda: wdq(T, NEAR, (0, 4)),
            NotEnough,
            "A displacement quotient needs events in the control before and after.",
        ),
        (
            lambda: wdq((10, 10), NEAR, (5, 5)),
            NotEnough,
            "The area changed as the control did, so there is nothing to displace.",
        ),
        *(
            (
                lambda r=r, c=c: placebos.placebo_interval(r, [1.1] * 40, confidence=c),
                Invalid,
                "An interval needs a ratio above 0 and a confidence between 0 and 1.",
            )
            for r, c in ((0, 0.95), (1, 0), (1, 1))
        ),
        (
            lambda: placebos.placebo_interval(1, [1.1] * 98, confidence=0.99),
            NotEnough,
            "There are 98 placebo ratios, too few for 99%.",
        ),
        (
            lambda: placebos.randomisation(
                panel(units=24), ["u0"], START, [[f"u{k}"] for k in range(1, 19)]
            ),
            NotEnough,
            "There are 18 placebo sets; at least 19 are needed for a p of 0.05.",
        ),
        (
            lambda: its(quiet(), "2022-01", breaks=[("2021-01", " ")]),
            Invalid,
            "A break at 2021-01 needs a reason that can be printed.",
        ),
        *(
            (
                lambda s=s: its(s, "2022-01"),
                Invalid,
                "The months of a series must be in order, each once.",
            )
            for s in (quiet()[::-1], pd.concat([quiet()[:1], quiet()]))
        ),
        (
            lambda: fit_synthetic_control(panel()[["u0", "u1"]], "u0", START),
            NotEnough,
            "A synthetic control needs at least 2 donors; there are 1.",
        ),
    ],
)
def test_what_cannot_be_computed_is_refused_in_these_words(call, error, sentence):
    with pytest.raises(error) as caught:
        call()
    assert str(caught.value) == sentence


def test_no_events_after_are_a_count_and_one_event_is_enough():
    got = wdd((3, 0), (0, 0))
    assert (got.estimate, got.se) == (-3, pytest.approx(np.sqrt(3)))
    assert wdd((1, 0), (0, 0)).estimate == -1


@pytest.mark.parametrize(
    ("treated", "near", "reading"),
    [
        (T, NEAR, "the surroundings gained too"),
        (T, (157, 200), "part of the gain moved to the surroundings"),
        (
            T,
            C,
            "the surroundings changed as the control did: neither gain nor displacement",
        ),
        (T, (100, 250), "more moved to the surroundings than was gained"),
        (
            (110, 207),
            NEAR,
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


def test_placebos_without_a_ratio_are_left_out_and_counted_and_the_rest_keep_their_number():
    frame = panel(units=24)
    frame["u5"] = 0
    frame.loc[frame.index < START, "u6"] = 0
    frame["u7"] = 0
    frame.iloc[[0, 40], 7] = 1  # one event before and one after are a ratio
    got = placebos.randomisation(
        frame, ["u0"], START, [[f"u{k}"] for k in range(1, 24)]
    )
    assert got.placebo.columns.tolist() == ["set", "log", "ratio"]
    assert (
        got.placebo["set"].tolist() == [k for k in range(23) if k != 4]
        and got.left_out == 1
    )
    assert (
        got.placebo["log"][4] == np.inf and got.rank > 1
    )  # it rose from nothing: as far as can be
    assert got.placebo["ratio"].to_numpy() == pytest.approx(np.exp(got.placebo["log"]))
    assert got.placebo["log"][5] == pytest.approx(
        np.log(
            did(
                frame.drop(columns=["u0", "u5", "u6"]).assign(x=frame["u6"]),
                "u7",
                START,
            ).ratio
        )
    )


def test_each_placebo_has_the_comparison_given_for_it():
    frame = panel(units=24, effect=0.6)
    sets, rest = [[f"u{k}"] for k in range(2, 24)], [f"u{k}" for k in range(2, 12)]
    got = placebos.randomisation(
        frame, ["u0", "u1"], START, sets, comparison=rest, comparisons=[rest] * 22
    )
    assert got.ratio == pytest.approx(
        did(frame[["u0", "u1", *rest]], ["u0", "u1"], START).ratio
    )
    assert got.placebo["ratio"][0] == pytest.approx(did(frame[rest], "u2", START).ratio)
    assert got.placebo["ratio"][21] == pytest.approx(
        did(frame[[*rest, "u23"]], "u23", START).ratio
    )
    assert got.rank == 1 + (got.placebo["log"].abs() >= abs(np.log(got.ratio))).sum()
    assert (got.p, got.sets) == (got.rank / 23, 22)


@pytest.mark.parametrize("shock", [0.0, 0.5])
def test_the_interval_is_that_of_the_larger_error_and_the_rows_are_counted(shock):
    frame = panel(effect=0.7, shock=shock)
    got = did(frame, ["u0", "u1"], START, confidence=0.9)
    reach = 1.6448536 * max(got.se, got.cluster_se)
    found = np.log([got.lower, got.ratio, got.upper])
    assert found == pytest.approx(
        np.log(got.ratio) + np.array([-reach, 0, reach]), rel=1e-6
    )
    assert (got.treated, got.control, got.pre, got.post) == (2, 10, 36, 12)
    assert got.frame.columns.tolist() == [
        "time",
        "treated",
        "control",
        "counterfactual",
        "after",
    ]
    assert got.frame["after"].tolist() == [False] * 36 + [True] * 12
    early = got.frame[
        :36
    ]  # the model gives each month its own total, and each area its own level
    assert early["counterfactual"].sum() == pytest.approx(early["treated"].sum())
    share = early["treated"].sum() / early["control"].sum()
    total = early["treated"] + early["control"]
    assert early["counterfactual"].to_numpy() == pytest.approx(
        total * share / (1 + share)
    )
    late = got.frame[36:]
    total = (late["treated"] + late["control"]) / (1 + share * got.ratio)
    assert late["counterfactual"].to_numpy() == pytest.approx(total * share)


def test_the_error_of_a_change_counts_good_and_bad_spells_of_the_whole_area():
    """Each month moves all treated areas together, which no single cell shows."""
    frame = panel()
    spells = np.tile([3, 1], 24)
    frame[["u0", "u1"]] = frame[["u0", "u1"]].mul(spells, axis=0)
    got = did(frame, ["u0", "u1"], START)
    t, c = frame[["u0", "u1"]].sum(axis=1), frame.drop(columns=["u0", "u1"]).sum(axis=1)
    chi2 = 0
    for rows in (frame.index < START, frame.index >= START):
        share = t[rows].sum() / (t + c)[rows].sum()
        expected = (t + c)[rows] * share
        chi2 += ((t[rows] - expected) ** 2 / (expected * (1 - share))).sum()
    assert got.dispersion == pytest.approx(chi2 / 46)
    plain = rirr((t[:36].sum(), t[36:].sum()), (c[:36].sum(), c[36:].sum()))
    assert got.se == pytest.approx(plain.se * np.sqrt(chi2 / 46))


@pytest.mark.parametrize("spells", [1, 3])
def test_each_bin_of_the_drift_has_limits_by_hand(spells):
    """Second route: the drift by weighted least squares of the bins before the start."""
    import statsmodels.api as sm
    from scipy.stats import norm

    frame = panel()
    frame[["u0", "u1"]] = frame[["u0", "u1"]].mul(np.tile([spells, 1], 24), axis=0)
    got = event_study(frame, ["u0", "u1"], START, confidence=0.9)
    t, c = frame[["u0", "u1"]].sum(axis=1), frame.drop(columns=["u0", "u1"]).sum(axis=1)
    bins = np.arange(48) // 3 - 12
    t3, c3 = t.groupby(bins).sum(), c.groupby(bins).sum()
    expected = (t + c) * (t3 / (t3 + c3)).loc[bins].to_numpy()
    rest = 1 - (t3 / (t3 + c3)).loc[bins].to_numpy()
    spread = max(((t - expected) ** 2 / (expected * rest)).sum() / 32, 1)
    assert got.dispersion == pytest.approx(spread) and (spread > 1) == (spells > 1)
    t0, c0 = t[:36].sum(), c[:36].sum()
    one, base = 1 / t3 + 1 / c3, 1 / t0 + 1 / c0
    log = np.log(t3 / c3) - np.log(t0 / c0)
    reach = 1.6448536 * np.sqrt(spread * (one + np.where(bins[::3] < 0, -base, base)))
    for column, values in (
        ("ratio", log),
        ("lower", log - reach),
        ("upper", log + reach),
    ):
        assert got.frame[column].to_numpy() == pytest.approx(np.exp(values), rel=1e-6)
    assert got.frame["start"].tolist() == frame.index[::3].tolist()
    assert got.frame["end"].tolist() == frame.index[2::3].tolist()
    weights = 1 / (spread * one[:12])
    fit = sm.WLS(log[:12], sm.add_constant(np.arange(12)), weights=weights).fit()
    z = fit.params.iloc[1] / np.sqrt(fit.normalized_cov_params.iloc[1, 1])
    assert got.pretrend_p == pytest.approx(2 * norm.sf(abs(z)))


def test_a_drift_needs_three_bins_and_every_bin_an_event():
    frame = panel()
    few = event_study(frame["2022-07":], "u0", START, minimum=(6, 1))
    assert np.isnan(few.pretrend_p)
    three = event_study(frame["2022-04":], "u0", START, minimum=(6, 1))
    assert 0 < three.pretrend_p < 1
    frame.loc["2022-01":"2022-03", "u0"] = 0
    with pytest.raises(NotEnough) as caught:
        event_study(frame, "u0", START)
    assert str(caught.value) == (
        "A bin of the event-time plot has no events; use a larger width."
    )
    assert len(event_study(frame, "u0", START, width=6).frame) == 8


def test_an_area_and_a_month_without_events_change_nothing():
    frame = panel()
    plain = did(frame, ["u0", "u1"], START)
    empty = did(frame.assign(empty=0), ["u0", "u1"], START)
    assert empty[:7] == pytest.approx(plain[:7]) and empty.control == plain.control + 1
    frame.iloc[5] = 0
    dark, without = (
        did(frame, "u0", START),
        did(frame.drop(index=frame.index[5]), "u0", START),
    )
    assert (dark.ratio, dark.cluster_se) == pytest.approx(
        (without.ratio, without.cluster_se)
    )


MIXED = pd.DataFrame(
    {
        "here": [5.0, 7] * 4 + [12, 12, 9, 9],
        "a": [4.0, 8] * 6,
        "b": [6.0, 6] * 6,
        "c": [9.0] * 12,
    }
)


def test_a_mix_of_two_areas_by_hand():
    """Half of ``a`` and half of ``b`` is the treated area before; after, it is 6 more or 3."""
    got = fit_synthetic_control(MIXED, "here", 8)
    assert got.weights.to_dict() == pytest.approx({"a": 0.5, "b": 0.5})
    assert got.frame["synthetic"].tolist() == pytest.approx([5, 7] * 6)
    assert got.frame["gap"].tolist() == pytest.approx([0] * 8 + [7, 5, 4, 2])
    assert got.frame["after"].tolist() == [False] * 8 + [True] * 4
    assert (got.ratio, got.effect) == pytest.approx((42 / 24, 4.5))
    assert got.fit == pytest.approx(0, abs=1e-9)
    assert got.leave_one_out.columns.tolist() == ["dropped", "ratio", "effect", "fit"]
    left = got.leave_one_out.set_index("dropped")
    assert (
        left.loc["a", "ratio"] == pytest.approx(42 / 24) and left.loc["a", "fit"] > 0.1
    )


@pytest.mark.parametrize(
    ("noise", "quality"),
    [
        (0.3, "close (gaps of 5.0%"),
        (0.6, "fair (gaps of 10.0%"),
        (0.61, "poor (gaps of 10.2%"),
    ],
)
def test_the_fit_is_told_in_words_with_how_many_areas_are_ranked(noise, quality):
    """``here`` is 6 give or take ``noise``, where all the others are 6."""
    frame = pd.DataFrame(6.0, range(12), list("abc"))
    frame["a"] += np.tile([5, -5], 6)
    frame["here"] = 6 + noise * np.tile([1, 1, -1, -1], 3)
    frame.loc[8:, "b"] = 6.5
    got = fit_synthetic_control(frame, "here", 8)
    assert got.note == (
        f"The fit before the start is {quality} of the level); 2 of 3 placebo areas fit no worse "
        "than 5 times as badly and are ranked."
    )
    assert got.placebo["kept"].tolist() == [False, True, True]
    assert got.placebo.columns.tolist() == [
        "unit",
        "ratio",
        "effect",
        "fit",
        "mspe_ratio",
        "kept",
    ]
    assert got.gaps.columns.tolist() == ["b", "c"] and (got.gaps[:8].abs() < 1e-6).all(
        axis=None
    )


@pytest.mark.parametrize(
    ("moved", "ratio", "kept"),
    [(1, np.inf, [False, True, True]), (0, np.nan, [False] * 3)],
)
def test_an_area_that_fits_without_a_gap_has_no_rank(moved, ratio, kept):
    """``here`` is ``a`` before the start and ``b`` is ``c``: four areas without any gap."""
    frame = pd.DataFrame(
        {"here": [5.0, 7] * 6, "a": [5.0, 7] * 6, "b": [9.0] * 12, "c": [9.0] * 12}
    )
    frame.loc[8:, ["here", "b"]] += moved
    got = fit_synthetic_control(frame, "here", 8)
    assert got.mspe_ratio == pytest.approx(ratio, nan_ok=True)
    assert got.rank == 0 and np.isnan(got.p) and got.note.endswith("so it has no rank.")
    assert got.placebo["kept"].tolist() == kept


def test_without_an_area_that_fits_as_well_there_is_no_rank():
    frame = MIXED.drop(columns="c")
    got = fit_synthetic_control(frame, "here", 8)
    assert np.isnan(got.p) and "0 of 2 placebo areas" in got.note


def test_an_interrupted_series_has_students_interval_and_other_steps_are_allowed_for():
    from scipy.stats import t

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
