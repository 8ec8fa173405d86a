"""One evaluation end to end on made-up months, each part against its own second route."""

import numpy as np
import pandas as pd
import pytest

from outcomes.methods import multiple_testing
from outcomes.methods.evaluation import design, difference_in_differences, matching

START = "2023-01-01"


def months(count=60):
    return pd.date_range("2020-01-01", periods=count, freq="MS")


def panel(effect=1.0, units=150, seed=2):
    """Counts of small areas with levels of their own; the first six had a programme."""
    rng = np.random.default_rng(seed)
    mean = np.outer(np.exp(rng.normal(0, 0.1, 60)), rng.gamma(6, 2, units))
    mean[36:, :6] *= effect
    return pd.DataFrame(
        rng.poisson(mean), months(), [f"u{k:02d}" for k in range(units)]
    )


def run(frame, **options):
    treated, pool = list(frame.columns[:6]), list(frame.columns[6:])
    sets = [pool[k : k + 6] for k in range(0, len(pool) - 5)]
    return design.evaluate(
        frame, treated, START, pool=pool, placebo_sets=sets, **options
    )


def test_an_effect_put_in_is_found_and_its_interval_agrees_with_its_p():
    got = run(panel(0.6))
    assert got.did.ratio == pytest.approx(0.6, abs=0.06)
    assert got.did.ratio == pytest.approx(got.randomisation.ratio)
    assert got.randomisation.p <= 0.05 and got.did.upper < 1
    said = got.verdict(noun="burglary", area="here", direction="fewer")
    assert said.kind == "doubtful" and "no other comparison was tried" in said.detail
    again = {"all months": run(panel(0.6), same_months=False)}
    again["elsewhere"] = run(panel(0.6), pool_name="elsewhere", matched=False)
    again["pretended"] = run(panel(), pool_name="elsewhere")._replace(
        start=pd.Timestamp("2022-01-01")
    )
    calm = got.events._replace(pretrend_p=0.9)
    again = {k: e._replace(events=calm) for k, e in again.items()}
    said = got._replace(alternatives=again, events=calm).verdict(
        noun="burglary", area="here", direction="fewer"
    )
    assert said.kind == "effect" and "consistent with" in said.detail


def test_what_others_find_is_told_apart():
    """Pretended starts should find nothing; unsound ones and ones with a reason do not count."""
    effect, none = (
        run(f, matched=False)._replace(events=None) for f in (panel(0.6), panel())
    )
    calm = run(panel()).events._replace(pretrend_p=0.9)
    effect, none = (e._replace(events=calm) for e in (effect, none))
    bad = none._replace(checks={"balance": False}, pool="unsound place")
    early = effect._replace(start=pd.Timestamp("2022-01-01"))
    others = {
        "all months": none,
        "bad": bad,
        "early": early,
        "short": run(panel()[:40]),
    }
    got = effect._replace(alternatives=others).evidence()
    assert (got.not_replicated, got.other_comparison, got.placebo_date) == (
        ["all months"],
        False,
        True,
    )
    got = effect._replace(
        alternatives={"county": effect._replace(pool="the county")}
    ).evidence()
    assert (got.not_replicated, got.other_comparison, got.placebo_date) == (
        [],
        True,
        False,
    )


def test_placebo_areas_apart_bound_p_however_many_overlap():
    got = run(panel(0.6))
    assert (got.disjoint, got.randomisation.sets) == (24, 139)
    assert got.randomisation.p < 1 / 25 == got.unadjusted_p == got.p


def test_no_effect_is_not_found_and_the_sentence_says_what_would_have_shown():
    got = run(panel())
    assert got.randomisation.p > 0.05 and got.did.lower < 1 < got.did.upper
    said = got.verdict(noun="burglary", area="here", direction="fewer")
    assert said.kind == "none" and "would usually have shown" in said.detail


def test_too_few_months_is_a_result():
    got = run(panel()[:40])
    assert got.did is None and "Not enough months to tell" in got.reason
    said = got.verdict(noun="burglary", area="here", direction="fewer")
    assert (said.kind, said.sentence) == ("not_enough", got.reason)


def test_the_comparison_is_the_matched_one_and_the_change_is_its_did():
    frame = panel(0.6)
    got = run(frame, same_months=False)
    treated = list(frame.columns[:6])
    assert got.comparison == matching.match_units(frame, treated, START).units
    plain = difference_in_differences.did(
        frame[[*treated, *got.comparison]], treated, START
    )
    assert got.did.ratio == pytest.approx(plain.ratio)


def test_sets_matched_at_once_are_matched_as_one_by_one():
    frame = panel()[:36]
    sets = [["u03", "u04"], ["u20", "u21", "u22"]]
    got = matching.match_sets(frame, sets, START, ratio=3)
    for members, units in zip(sets, got, strict=True):
        one = matching.match_units(
            frame, members, START, ratio=3, minimum=(12, 0)
        ).units
        assert sorted(units) == one


def test_separate_keeps_the_first_of_those_that_overlap():
    assert matching.disjoint_sets([["a", "b"], ["b", "c"], ["c", "d"], ["a", "e"]]) == [
        ["a", "b"],
        ["c", "d"],
    ]


def test_calendar_bins_leave_a_gap_empty():
    frame = panel().drop(
        index=[m for m in months() if "2022-10" <= str(m)[:7] < "2023-04"]
    )
    got = difference_in_differences.event_study(frame, ["u00"], START, width=3).frame
    events = got.set_index("event")
    assert -1 not in events.index and 0 not in events.index
    assert events.loc[1, "start"] == pd.Timestamp("2023-04-01")
    early = frame[frame.index < START]
    base = early["u00"].sum() / early.drop(columns="u00").sum().sum()
    late = frame["2023-04-01":"2023-06-01"]
    expected = late["u00"].sum() / late.drop(columns="u00").sum().sum() / base
    assert events.loc[1, "ratio"] == pytest.approx(expected)


def test_like_months_are_compared_with_like():
    """24 months of every kind before; after, one calendar month is missing and so left out."""
    index = months(60).drop("2024-08-01").drop("2023-08-01")
    got = design.same_calendar_months(index, START)
    early, late = got[got < START], got[got >= START]
    assert 8 not in set(got.month)
    for side in (early, late):
        assert pd.Series(side.month).value_counts().nunique() == 1
    assert late.max() == index.max()


def test_unplaced_events_by_hand():
    got = design.missing_location_bounds((100, 80), (1000, 1000), (10, 20))
    ratios = dict(zip(got["case"], got["ratio"], strict=True))
    assert ratios["none of them inside"] == pytest.approx(0.8)
    assert ratios["all of them inside"] == pytest.approx(100 / 110)
    assert ratios["all before and none after"] == pytest.approx(80 / 110)
    assert ratios["none before and all after"] == pytest.approx(1.0)


def test_only_the_primary_outcome_is_spared_correction():
    runs = {
        name: run(panel(seed=k)) for k, name in enumerate(["first", "second", "third"])
    }
    got = design.adjust_for_multiple_testing(
        {**runs, "short": run(panel()[:40])}, primary="second"
    )
    assert (
        got["second"] == runs["second"]
        and got["second"].p == runs["second"].unadjusted_p
    )
    rest = [runs[k].unadjusted_p for k in ("first", "third")]
    assert [got["first"].p, got["third"].p] == list(
        multiple_testing.benjamini_hochberg(rest)["adjusted"]
    )
    assert [got[k].family_size for k in got] == [2, 0, 2, 0]
