"""One evaluation end to end on made-up months, each part against its own second route."""

import numpy as np
import pandas as pd
import pytest

from outcomes.analysis import differences, evaluation, impact, matching

START = "2023-01-01"


def months(count=60):
    return pd.date_range("2020-01-01", periods=count, freq="MS")


def panel(effect=1.0, units=80, seed=2):
    """Counts of small areas with levels of their own; the first six had a programme."""
    rng = np.random.default_rng(seed)
    mean = np.outer(np.exp(rng.normal(0, 0.1, 60)), rng.gamma(6, 2, units))
    mean[36:, :6] *= effect
    return pd.DataFrame(rng.poisson(mean), months(), [f"u{k:02d}" for k in range(units)])


def run(frame, **options):
    treated, pool = list(frame.columns[:6]), list(frame.columns[6:])
    sets = [pool[k : k + 6] for k in range(0, len(pool) - 5)]
    return evaluation.evaluate(frame, treated, START, pool=pool, sets=sets, **options)


def test_an_effect_put_in_is_found_and_its_interval_agrees_with_its_p():
    got = run(panel(0.6))
    assert got.did.ratio == pytest.approx(0.6, abs=0.06)
    assert got.did.ratio == pytest.approx(got.randomisation.ratio)
    assert got.randomisation.p <= 0.05 and got.did.upper < 1
    said = got.verdict(outcome="Burglary", place="here", better="fewer")
    assert said.kind == "effect" and "consistent with" in said.sentence


def test_no_effect_is_not_found_and_the_sentence_says_what_would_have_shown():
    got = run(panel())
    assert got.randomisation.p > 0.05 and got.did.lower < 1 < got.did.upper
    said = got.verdict(outcome="Burglary", place="here", better="fewer")
    assert said.kind == "none" and "would usually have shown" in said.sentence


def test_too_few_months_is_a_result():
    got = run(panel()[:40])
    assert got.did is None and "Not enough months to tell" in got.reason
    said = got.verdict(outcome="Burglary", place="here", better="fewer")
    assert (said.kind, said.sentence) == ("not_enough", got.reason)


def test_the_comparison_is_the_matched_one_and_the_change_is_its_did():
    frame = panel(0.6)
    got = run(frame, alike=False)
    treated = list(frame.columns[:6])
    assert got.comparison == matching.match_units(frame, treated, START).units
    plain = differences.did(frame[[*treated, *got.comparison]], treated, START)
    assert got.did.ratio == pytest.approx(plain.ratio)


def test_sets_matched_at_once_are_matched_as_one_by_one():
    frame = panel()[:36]
    sets = [["u03", "u04"], ["u20", "u21", "u22"]]
    got = matching.match_sets(frame, sets, START, ratio=3)
    for members, units in zip(sets, got, strict=True):
        one = matching.match_units(frame, members, START, ratio=3, minimum=(12, 0)).units
        assert sorted(units) == one


def test_separate_keeps_the_first_of_those_that_overlap():
    assert matching.separate([["a", "b"], ["b", "c"], ["c", "d"], ["a", "e"]]) == [
        ["a", "b"],
        ["c", "d"],
    ]


def test_calendar_bins_leave_a_gap_empty():
    frame = panel().drop(index=[m for m in months() if "2022-10" <= str(m)[:7] < "2023-04"])
    got = differences.event_study(frame, ["u00"], START, width=3).frame
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
    got = evaluation.like_for_like(index, START)
    early, late = got[got < START], got[got >= START]
    assert 8 not in set(got.month)
    for side in (early, late):
        assert pd.Series(side.month).value_counts().nunique() == 1
    assert late.max() == index.max()


def test_unplaced_events_by_hand():
    got = evaluation.bounded_by_unplaced((100, 80), (1000, 1000), (10, 20))
    ratios = dict(zip(got["case"], got["ratio"], strict=True))
    assert ratios["none of them inside"] == pytest.approx(0.8)
    assert ratios["all of them inside"] == pytest.approx(100 / 110)
    assert ratios["all before and none after"] == pytest.approx(80 / 110)
    assert ratios["none before and all after"] == pytest.approx(1.0)


def test_only_the_primary_outcome_is_spared_correction():
    runs = {name: run(panel(seed=k)) for k, name in enumerate(["first", "second", "third"])}
    got = evaluation.corrected(runs, primary="second")
    assert got["second"] == runs["second"].randomisation.p
    rest = [runs[k].randomisation.p for k in ("first", "third")]
    assert [got["first"], got["third"]] == list(impact.benjamini_hochberg(rest)["adjusted"])
