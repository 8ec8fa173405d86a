"""Funnels against published methods, by summing probabilities and at their edges."""

from itertools import pairwise, product

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from outcomes.core.errors import Invalid, NotEnough
from outcomes.methods import intervals, spc


def funnel(counts, people, labels=None, **options):
    """The funnel of counts and what they are counted over."""
    labels = range(len(counts)) if labels is None else labels
    data = pd.DataFrame({"name": labels, "n": counts, "people": people})
    named = {"count": "n", "denominator": "people", "label": "name"}
    return spc.funnel(data, **named, **options)


def test_funnel_tau2_is_dersimonian_laird_when_nothing_is_winsorised():
    rng = np.random.default_rng(4)
    n = rng.integers(20_000, 200_000, 40)
    k = rng.poisson(n * 0.01 * rng.gamma(20, 1 / 20, 40))
    got = funnel(k, n, winsorise=0)
    y, v = np.sqrt(k / n), 1 / (4 * n)
    centre = np.sqrt(k.sum() / n.sum())
    w = 1 / v
    q = (w * (y - centre) ** 2).sum()
    assert got.q == pytest.approx(q)
    assert got.tau2 == pytest.approx((q - 39) / (w.sum() - (w**2).sum() / w.sum()))
    assert got.overdispersed
    assert funnel(k, n).tau2 < got.tau2  # winsorising only ever pulls in


@pytest.mark.parametrize("kind", ["rate", "proportion"])
def test_exact_funnel_limits_by_summing_probabilities(kind):
    from math import comb, exp, factorial

    k, n = np.array([3, 5, 8]), np.array([40, 50, 60])
    got = funnel(k, n, kind=kind).frame
    share = 16 / 150

    def pmf(r, size):
        if kind == "rate":
            return exp(-share * size) * (share * size) ** r / factorial(r)
        return comb(size, r) * share**r * (1 - share) ** (size - r)

    for (row, size), (name, p) in product(
        enumerate(n), {"95": 0.025, "998": 0.001}.items()
    ):
        total, r = 0.0, 0
        while total + pmf(r, size) < p:
            total += pmf(r, size)
            r += 1
        inside = (p - total) / pmf(r, size)
        assert got[f"lower_{name}"][row] == pytest.approx(
            max(r - 1 + inside, 0) / size, rel=1e-9
        )
        total, r = 0.0, size if kind == "proportion" else 99  # from above
        while total + pmf(r, size) < p:
            total += pmf(r, size)
            r -= 1
        inside = (p - total) / pmf(r, size)
        assert got[f"upper_{name}"][row] == pytest.approx(
            (r + 1 - inside) / size, rel=1e-9
        )


def test_passes_have_the_limits_of_failures_the_other_way_round():
    n = np.array([3, 5, 8, 12, 40] * 5)
    fails = np.random.default_rng(2).binomial(n, 0.24)
    fails[:2] = 3, 0
    look = {"kind": "proportion", "overdispersion": False}
    fail, passed = funnel(fails, n, **look).frame, funnel(n - fails, n, **look).frame
    for level in ("95", "998"):
        upper, lower = fail[f"upper_{level}"], passed[f"lower_{level}"]
        assert upper.to_numpy() == pytest.approx(1 - lower.to_numpy(), abs=1e-9)
    assert fail["upper_998"].max() == 1
    sides = {"high": "low", "low": "high", "": ""}
    assert fail["signal"].map(sides).tolist() == passed["signal"].tolist()


def test_all_of_three_are_not_unusual_where_a_quarter_is_common():
    """Chance gives 3 of 3 at 24% once in 72 places: it is no signal at one in a thousand."""
    found = funnel([3, *[24] * 24], [3, *[100] * 24], kind="proportion")
    assert not found.overdispersed and found.frame["upper_998"][0] == 1
    assert found.frame["signal"][0] == ""


@pytest.mark.parametrize("kind", ["rate", "proportion"])
def test_a_count_beyond_a_limit_is_no_likelier_than_the_limit_says(kind):
    from scipy.stats import binom, poisson

    n = np.array([*range(1, 60), 500])
    found = funnel(np.where(n == 500, 58, 0), n, kind=kind, overdispersion=False)
    law = poisson(found.mean * n) if kind == "rate" else binom(n, found.mean)
    for name, p in {"95": 0.025, "998": 0.001}.items():
        most = np.floor(found.frame[f"upper_{name}"] * n + 1e-9)
        assert (law.sf(most) < p).all()
        tight = (law.sf(most - 1) >= p) | (most == n)
        assert tight.all()
        least = np.ceil(found.frame[f"lower_{name}"] * n - 1e-9)
        assert (law.cdf(least - 1) < p).all()


def test_a_far_place_signals_and_labels_follow():
    k, names = [*[100, 98, 103, 101] * 5, 250], list("abcdefghijklmnopqrstu")
    got = funnel(k, [10_000] * 21, names, per=1000, overdispersion=False)
    assert got.frame.loc[got.frame["signal"] == "high", "label"].tolist() == ["u"]
    assert got.mean == pytest.approx(sum(k) / 210)
    wider = funnel(k, [10_000] * 21, per=1000, winsorise=0)
    assert wider.overdispersed
    assert (wider.frame["upper_998"] > got.frame["upper_998"]).all()
    low = funnel([*k[:20], 20], [10_000] * 21, overdispersion=False)
    assert low.frame["signal"].tolist() == [*[""] * 20, "low"]


def test_under_twenty_places_none_signals():
    """Limits tell nothing there, so no word of the result is a verdict."""
    far = funnel([*[100] * 18, 250], [10_000] * 19, overdispersion=False)
    assert (far.frame["rate"] > far.frame["upper_998"]).sum() == 1
    assert (far.frame["signal"] == "").all() and not far.judged
    assert far.position("18").signal == ""
    assert not any("limit" in column for column in far.table())


def test_a_place_among_few_is_told_by_the_others_together():
    rate = funnel([10, 30, 20], [1000] * 3, list("abc"), per=1000, noun="districts")
    here = rate.position("b")
    assert (here.rank, here.places, here.rate) == (1, 3, 30)
    assert here.ranked == "the highest of 3 districts"
    assert here.clause == "2.00 times the rest (interval 1.16 to 3.43)"
    assert here.others == intervals.poisson_ratio(30, 1000, 30, 2000)
    own = intervals.poisson(30, exposure=1000, per=1000)
    assert (here.estimate, here.lower, here.upper) == pytest.approx(tuple(own))
    assert rate.table()["place"].tolist() == ["b", "c", "a"]
    assert rate.table()["rank"].tolist() == [1, 2, 3]
    assert "Among so few places" in rate.caveats[0]
    share = funnel([10, 35, 20], [50, 250, 90], list("abc"), kind="proportion")
    gap = intervals.newcombe(10, 50, 55, 340)
    here = share.position("a")
    assert here.others == pytest.approx([100 * part for part in gap])
    assert here.clause.startswith("3.8 percentage points above the rest (interval ")
    assert "points below the rest" in share.position("b").clause


def test_a_place_among_many_is_told_by_the_lines_that_are_drawn():
    n = [*[96, 104, 100, 98, 102] * 8]
    said = {
        100: "within the 95% limits (",
        125: "above the 95% limits (",
        75: "below the 95% limits (",
        140: "above the 99.8% limits (",
    }
    for rate, start in said.items():
        found = funnel([rate, *n], [1000] * 41, noun="forces", per=1000)
        here = found.position(0)
        assert here.clause.startswith(start)
        assert here.clause.endswith(" between forces allow")
        between = rate in (125, 75)
        assert (" but within the 99.8% ones of " in here.clause) == between
        assert here.signal == ("high" if rate == 140 else "")
        level = "998" if rate == 140 else "95"
        row = found.frame.iloc[0]
        assert (here.lower, here.upper) == (
            row[f"lower_{level}"],
            row[f"upper_{level}"],
        )
        assert here.others is None
    shares = funnel([30, *n], [1000] * 41, kind="proportion")
    assert "% to 1" in shares.position(0).clause


def test_a_place_or_column_that_is_not_there_is_named_with_the_nearest():
    found = funnel([1, 2, 3], [9, 9, 9], ["Wyre", "Burnley", "Pendle"])
    with pytest.raises(Invalid, match="Did you mean 'Burnley'"):
        found.position("Burnly")
    data = pd.DataFrame({"count": [1, 2, 3], "people": 9, "name": list("abc")})
    with pytest.raises(Invalid, match="Did you mean 'count'"):
        spc.funnel(data, count="counts", denominator="people", label="name")


def test_wider_limits_are_a_caveat():
    rng = np.random.default_rng(1)
    wild = funnel(rng.poisson(100 * rng.gamma(9, 1 / 9, 30)), [1000] * 30)
    assert wild.overdispersed and "Limits are widened" in wild.caveats[0]
    assert funnel([100, 101] * 15, [1000] * 30).caveats == []


def test_funnels_refuse_in_sentences():
    for call in (
        lambda: funnel([1, 2], [3, 4]),
        lambda: funnel([1, 2, 3], [3, 4, 0]),
        lambda: funnel([0, 0, 0], [3, 4, 5]),
        lambda: funnel([9, 2, 3], [3, 4, 5], kind="proportion"),
        lambda: funnel([1, 2, 3], [3, 4, 5], kind="ratio"),
    ):
        with pytest.raises(ValueError, match=r"\.$"):
            call()


@settings(deadline=None)
@given(
    st.lists(st.integers(0, 400), min_size=3, max_size=20).filter(lambda k: sum(k) > 0)
)
def test_funnel_limits_hold_the_mean_in_order(counts):
    frame = funnel(counts, [1000 + 100 * k for k in range(len(counts))]).frame
    order = ["lower_998", "lower_95", "mean", "upper_95", "upper_998"]
    for a, b in pairwise(order):
        if "mean" not in (a, b) or frame["count"].sum() > 30 * len(counts):
            assert (frame[a] <= frame[b] + 1e-9).all()


# Seven places, so that a tenth at either end lies between two of them.
COUNTS, PEOPLE = (
    np.array([12, 30, 33, 25, 60, 41, 9]),
    np.array([90, 210, 340, 180, 400, 260, 70]),
)


@pytest.mark.parametrize("kind", ["rate", "proportion"])
def test_a_widened_funnel_by_hand(kind):
    got = funnel(COUNTS * [1, 3, 1, 1, 2, 1, 1], PEOPLE, kind=kind, per=100)
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
    got = funnel([10, 11, 9], [100] * 3)
    assert (got.tau2, got.overdispersed) == (0, False)
    exact = funnel([10, 11, 9], [100] * 3, overdispersion=False)
    pd.testing.assert_frame_equal(got.frame, exact.frame)
    assert (
        exact.q == pytest.approx((exact.frame["z"] ** 2).sum())
        and not exact.overdispersed
    )


def test_limits_stay_where_a_rate_and_a_share_can_be():
    """Two small places among far ones: the limits reach past nought, and past all of it."""
    wild = funnel([1, 90, 2, 95], [100, 100, 3, 100], winsorise=0)
    assert wild.frame["lower_998"].tolist() == [0] * 4
    shares = funnel([1, 90, 2, 95], [100, 100, 3, 100], kind="proportion", winsorise=0)
    assert shares.frame["lower_998"].tolist() == [0] * 4
    assert shares.frame["upper_998"].tolist() == [1] * 4
    few = funnel([1, 0, 1], [10] * 3)
    assert (few.frame["lower_998"] == 0).all() and (few.frame["upper_998"] < 1).all()


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
        funnel(count, people, **options)
    assert str(caught.value) == sentence


def test_small_counts_that_are_allowed_are_not_refused():
    got = funnel([1, 0, 0], [1, 1, 1], kind="proportion").frame
    assert got["rate"].tolist() == [1, 0, 0]
    assert funnel([0, 0, 1], [0.5, 2, 3]).mean == pytest.approx(1 / 5.5)


def test_too_few_places_for_limits_is_where_they_tell_nothing():
    """Of 14 that differ as districts do (sd of log rates 0.35), one at 1.5 times the rest."""
    rng, people, flagged = np.random.default_rng(0), np.full(14, 100_000), 0
    for _ in range(200):
        level = np.exp(rng.normal(np.log(0.08), 0.35, 14))
        level[0] = 0.08 * 1.5
        found = funnel(rng.poisson(level * people), people).frame
        flagged += found["rate"][0] > found["upper_998"][0]
    assert flagged / 200 < 0.05 and spc.FEW == 20


@pytest.mark.parametrize("wrong", [-0.1, 0.5, 0.6])
def test_no_more_than_half_is_pulled_in(wrong):
    with pytest.raises(Invalid, match=r"under 0\.5"):
        funnel([1, 2, 3], [3, 4, 5], winsorise=wrong)


@pytest.mark.parametrize("wrong", [0, -1, np.inf])
def test_a_rate_is_for_a_number_above_0(wrong):
    with pytest.raises(Invalid, match="a number of people or days above 0"):
        funnel([1, 2, 3], [9, 9, 9], per=wrong)


def shmi_limits(k, n, trim=0.10):
    """Limits by the published rules, place by place: groups of ranks, the first and last left out."""
    centre = k.sum() / n.sum()
    expected = [centre * people for people in n]
    z = [e**0.5 * np.log(count / e) for count, e in zip(k, expected, strict=True)]
    groups = round(1 / trim)
    ranks = [1 + sum(other < own for other in z) for own in z]
    kept = [
        i
        for i, rank in enumerate(ranks)
        if 0 < rank * groups // (len(z) + 1) < groups - 1
    ]
    excess = sum(z[i] ** 2 for i in kept) - (len(kept) - 1)
    total = sum(expected[i] for i in kept)
    tau2 = max(0, excess / (total - sum(expected[i] ** 2 for i in kept) / total))
    upper = [centre * np.exp(3.0902323 * (1 / e + tau2) ** 0.5) for e in expected]
    return tau2, upper


def test_shmi_limits_by_a_second_route():
    rng = np.random.default_rng(8)
    n = rng.integers(20_000, 200_000, 44)
    k = rng.poisson(n * 0.01 * rng.lognormal(0, 0.3, 44))
    got = funnel(k, n, method="shmi")
    tau2, upper = shmi_limits(k, n)
    assert got.tau2 == pytest.approx(tau2) and tau2 > 0
    assert got.frame["upper_998"].tolist() == pytest.approx(upper, rel=1e-6)
    ratios = got.frame[["lower_998", "upper_998"]].to_numpy() / got.mean
    assert ratios.prod(axis=1) == pytest.approx(1)  # as many times below as above


def test_shmi_tells_a_far_place_among_places_that_differ():
    rng = np.random.default_rng(9)
    outside, found = 0, 0
    for _ in range(200):
        n = rng.integers(100_000, 900_000, 44)
        times = rng.lognormal(0, 0.2, 44)
        times[0] *= 4
        far = funnel(rng.poisson(n * 0.002 * times), n, method="shmi").frame["signal"]
        found += far[0] == "high"
        outside += (far[1:] != "").sum()
    assert found > 190 and outside / (200 * 43) < 0.04


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"kind": "proportion"}, "is for rates"),
        ({"counts": [0, *[9] * 29]}, "an event in each place"),
        ({"counts": [9] * 10}, "takes 20 places"),
        ({"method": "smhi"}, "shmi"),
    ],
)
def test_shmi_says_what_it_cannot_take(change, said):
    asked = {"counts": [9] * 30, "method": "shmi"} | change
    counts = asked.pop("counts")
    with pytest.raises((Invalid, NotEnough), match=said):
        funnel(counts, [1000] * len(counts), **asked)
