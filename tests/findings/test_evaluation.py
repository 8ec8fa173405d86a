"""Findings that every page on an evaluation shows: sentences, how sure, numbers, refusals."""

import numpy as np
import pandas as pd
import pytest

import outcomes as oc
from outcomes import findings
from outcomes.methods.evaluation import (
    Detection,
    adjust_for_multiple_testing,
    design,
)

START = pd.Timestamp("2023-01-01")
SOURCE = "made up"


def panel(effect=1.0, units=150, seed=2, months=60):
    """Counts of small areas; the first six had a programme."""
    rng = np.random.default_rng(seed)
    mean = np.outer(np.exp(rng.normal(0, 0.1, months)), rng.gamma(6, 2, units))
    mean[36:, :6] *= effect
    time = pd.date_range("2020-01-01", periods=months, freq="MS")
    return pd.DataFrame(rng.poisson(mean), time, [f"u{k:02d}" for k in range(units)])


def run(frame, **options):
    treated, pool = list(frame.columns[:6]), list(frame.columns[6:])
    sets = [pool[k : k + 6] for k in range(len(pool) - 5)]
    return design.evaluate(
        frame, treated, START, pool=pool, placebo_sets=sets, **options
    )


def effect(evaluation, direction="fewer"):
    return findings.effect(
        "e",
        evaluation,
        "Here",
        noun="burglary",
        direction=direction,
        sources=SOURCE,
    )


def effects(evaluations, primary="", noun="burglary"):
    return findings.effects(
        "c",
        evaluations,
        "Here",
        noun=noun,
        primary=primary,
        caption="Changes",
        sources=SOURCE,
    )


def months_compared(evaluation):
    cover = oc.coverage(force="Lancashire")
    return findings.months_compared("m", evaluation, "Here", cover, sources=SOURCE)


def detail(found):
    return found.facts["detail"]


def test_which_months_are_available_says_where_they_stop_and_what_brings_the_rest():
    got = months_compared(run(panel())._replace(start=pd.Timestamp("2023-09")))
    cover = oc.coverage(force="Lancashire")
    held = pd.DatetimeIndex(cover.loc[cover["state"] == "complete", "month"])
    last, first = held[held < "2023-09"].max(), held[held >= "2023-09"].min()
    absent = pd.date_range(last, first, freq="MS")[1:-1]
    assert f"stop at {last:%B %Y} and resume in {first:%B %Y}" in got.sentence
    assert "around the start in September 2023 are not seen" in got.sentence
    asked = f"--from {absent[0]:%Y-%m} --to {absent[-1]:%Y-%m}"
    assert f"The {len(absent)} months between are public" in detail(got)
    assert f"“outcomes data refresh {asked}” brings them" in detail(got)
    none = design.Evaluation(reason="Too few.", start=pd.Timestamp("2030-01"))
    late = months_compared(none)
    assert late.facts["verdict"] == "not_enough" and late.sentence == "Too few."
    assert "No month from January 2030" in detail(late)


def test_months_that_run_through_the_start_are_said_to():
    got = months_compared(run(panel())._replace(start=pd.Timestamp("2021-07")))
    assert "run through the start in July 2021 without a gap" in got.sentence
    assert "Under 24 months before, no trend is extended" in detail(got)


def test_months_that_do_not_count_equally_are_said():
    told = months_compared(run(panel()[:57], minimum=(24, 13)))
    assert any("1 to 2 times each after the start" in c for c in told.facts["caveats"])
    told = months_compared(run(panel()))
    assert not any("do not count equally" in c for c in told.facts["caveats"])


def test_an_effect_is_worded_with_its_rank_and_a_failed_check_outranks_it():
    got = run(panel(0.6))
    elsewhere = run(panel(0.6), matched=False, pool_name="elsewhere")
    got = got._replace(alternatives={"elsewhere": elsewhere})
    told = effect(got)
    assert told.sentence.endswith("more than chance explains.")
    assert "consistent with an effect" in detail(told)
    rank = f"number {got.randomisation.rank} of {got.randomisation.sets + 1}"
    assert any(rank in caveat for caveat in told.facts["caveats"])
    assert told.facts["value"] == pytest.approx(100 * (got.did.ratio - 1))
    assert told.frame["n"].sum() == got.randomisation.sets
    failed = got._replace(checks={"balance before the start": False})
    told = effect(failed)
    assert "but the two were unlike before the start" in told.sentence
    assert "failed its check of balance" in detail(told)
    told = effects({"sound": got, "failed": failed})
    assert "without the programme: sound and failed" in detail(told)
    drawn = told.frame.set_index("case")
    assert (drawn["upper"] < 0).all(), (
        "an interval clear of no change, as the finding says"
    )
    assert "fails its own checks for: failed" in detail(told)


def test_a_secondary_outcome_counts_only_after_correction():
    got, plain = run(panel(0.6)), run(panel())
    elsewhere = {"elsewhere": run(panel(0.6), matched=False, pool_name="elsewhere")}
    border = got._replace(
        randomisation=got.randomisation._replace(p=0.04),
        disjoint=99,
        alternatives=elsewhere,
    )
    all_of = {"a": plain, "b": border, "c": plain, "d": plain}
    for primary, clause in (
        ("a", "no clear change"),
        ("b", "more than chance explains"),
    ):
        parts = adjust_for_multiple_testing(all_of, primary=primary)  # 0.04 is 0.12
        said = parts["b"].verdict(noun="b", area="Here", direction="fewer")
        assert said.clause == clause
    told = effects(parts, primary="b", noun="")
    assert "without the programme: b, with the secondary outcomes" in detail(told)
    again = {
        "as declared": all_of["b"]._replace(adjusted_p=0.12, family_size=3),
        **elsewhere,
    }
    told = effects(again, primary="as declared")
    assert "programme: as declared and elsewhere, before correction" in detail(told)


@pytest.mark.parametrize("p", [0.005, 0.012, 0.03, 0.049, 0.051, 0.2])
@pytest.mark.parametrize("corrected", [None, 0.04, 0.06, 0.5])
def test_an_interval_leaves_out_no_change_exactly_when_its_verdict_does(p, corrected):
    """The p is that of the rank which a change of so much has among 199 placebo areas."""
    logs = np.arange(1, 200) / 100 * np.tile([1, -1], 100)[:199]
    at = round(p * 200)
    ratio = float(np.exp(-(2.005 - at / 100)))
    plain = run(panel())
    got = plain._replace(
        did=plain.did._replace(ratio=ratio),
        disjoint=199,
        adjusted_p=corrected,
        family_size=2,
        randomisation=plain.randomisation._replace(
            p=at / 200, ratio=ratio, placebo=pd.DataFrame({"ratio": np.exp(logs)})
        ),
    )
    if corrected is None:
        got = got._replace(family_size=0)
    elif corrected < got.unadjusted_p:
        return  # no correction makes p smaller
    reach = got.interval()
    assert got.confidence >= 0.95
    if reach is None:  # so high a level takes more placebo areas, and nothing is told
        assert got.confidence > 1 - 1 / 200 and got.p > 0.05
        return
    assert (not reach.lower <= 1 <= reach.upper) == (got.p <= 0.05)
    alone = got.interval(adjusted=False)
    assert (not alone.lower <= 1 <= alone.upper) == (got.unadjusted_p <= 0.05)
    told = effect(got)
    clear = told.facts["upper"] < 0 or told.facts["lower"] > 0
    assert clear == (not told.sentence.startswith("No clear change"))


def test_where_no_test_is_possible_the_change_is_described_and_no_interval_drawn():
    few = run(panel(0.6))._replace(disjoint=6)
    assert few.interval() is few.interval(adjusted=False) is None
    told = effect(few)
    assert told.facts["verdict"] == "not_enough"
    assert told.sentence.endswith("no test is possible.")
    assert not told.svg and told.frame["change"].item() == pytest.approx(
        100 * (few.did.ratio - 1)
    )
    told = effects({"a": few, "b": few})
    assert "Described only: no test is possible of any" in detail(told)
    assert not {"lower", "upper", "p_alone"} & set(told.frame)
    assert "ore than" not in detail(told)
    told = effects({"few": few, "many": run(panel(0.6))})
    assert "without the programme: many; no test is possible of few" in detail(told)
    assert told.frame.set_index("case").loc["few", ["lower", "p_alone"]].isna().all()
    said = few.verdict(noun="o", area="Here", direction="fewer")
    assert (said.clause, said.answer) == ("no test is possible", "cannot be told")
    assert said.because == "too few places are as large to test it"


def test_placebo_areas_without_a_ratio_are_counted_beside_the_rank():
    got = run(panel())
    ratios = got.randomisation.placebo.assign(
        ratio=lambda d: d["ratio"].where(d.index > 1, np.inf)
    )
    odd = got._replace(
        randomisation=got.randomisation._replace(placebo=ratios, left_out=3)
    )
    caveats = " ".join(effect(odd).facts["caveats"])
    assert "2 placebo areas rose from no events" in caveats
    assert (
        "3 placebo areas without events to compare are left out of the rank." in caveats
    )


def test_features_that_are_equally_far_from_balance_are_each_named():
    got = run(panel())
    level = got.matching.balance.assign(smd_after=[0.1, -0.1])
    got = got._replace(matching=got.matching._replace(balance=level))
    told = findings.balance("a", got, "Here", sources=SOURCE)
    assert "0.10 of a standard deviation (level and trend)" in detail(told)
    assert told.sentence.endswith("it is compared with were alike before the start.")
    apart = got._replace(matching=got.matching._replace(balanced=False))
    told = findings.balance("a", apart, "Here", sources=SOURCE)
    assert "were not alike" in told.sentence
    whole = run(panel(), matched=False, pool_name="the county")
    told = findings.balance("a", whole, "Here", sources=SOURCE)
    assert "the county, all of its 144 neighbourhoods" in told.sentence


@pytest.mark.parametrize("known", [True, False])
def test_levels_are_per_resident_or_of_the_mean_before(known):
    frame, got = panel(0.5), run(panel(0.5))
    people = pd.Series(1000.0 if known else np.nan, frame.columns)
    treated = list(frame.columns[:6])
    told = findings.levels(
        "l",
        got,
        "Here",
        frame,
        treated,
        noun="burglary",
        people=people,
        direction="fewer",
        sources=SOURCE,
    )
    late = got.months[got.months >= START]
    expected = frame.loc[late, treated].sum(axis=1).mean() / 6
    if not known:
        early = got.months[got.months < START]
        expected /= frame.loc[early, treated].sum(axis=1).mean() / 6 / 100
        assert "% of the mean before the start" in told.sentence
    assert told.facts["value"] == pytest.approx(expected)


def test_through_time_says_how_many_periods_differ_and_what_came_before():
    got = run(panel(0.5))
    told = findings.event_study(
        "t",
        got,
        "Here",
        noun="burglary",
        direction="fewer",
        sources=SOURCE,
    )
    late = got.events.frame[~got.events.frame["before"]]
    clear = ((late["upper"] < 1) | (late["lower"] > 1)).sum()
    assert f"in {clear} of {len(late)} quarters after the start" in told.sentence
    early = got.events.frame[got.events.frame["before"]]
    earlier = ((early["upper"] < 1) | (early["lower"] > 1)).sum()
    assert f"in {earlier or 'none'} of {len(early)} before it" in detail(told)
    assert got.events.clause in detail(told)
    thin = findings.event_study(
        "t",
        got._replace(events=None),
        "Here",
        noun="burglary",
        direction="fewer",
        sources=SOURCE,
    )
    assert thin.facts["verdict"] == "not_enough" and "half-year" in thin.sentence


def test_too_little_is_a_finding_everywhere():
    frame = panel(months=40)
    short, treated = run(frame), list(frame.columns[:6])
    people = pd.Series(1000.0, index=frame.columns)
    burglary = {"noun": "burglary", "direction": "fewer", "sources": SOURCE}
    told = [
        findings.balance("a", short, "Here", sources=SOURCE),
        effect(short),
        findings.event_study("c", short, "Here", **burglary),
        effects({"x": short}),
        findings.levels("e", short, "Here", frame, treated, people=people, **burglary),
        months_compared(short),
    ]
    assert {f.facts["verdict"] for f in told} == {"not_enough"}
    assert all("Not enough months to tell" in f.sentence for f in told)


def test_sentences_are_short_whatever_was_found():
    found = [run(panel(f, seed=k)) for f in (0.5, 1.0, 1.8) for k in range(3)]
    found += [run(panel(), matched=False, pool_name="the rest of the county")]
    told = [effect(e, d) for e in found for d in ("fewer", "more", "neither")]
    told += [effects({f"choice {k}": e for k, e in enumerate(found)})]
    for one in told:
        assert len(one.sentence.split()) <= 25, one.sentence
        assert one.facts.get("alt", "x") != one.sentence


@pytest.mark.parametrize(
    ("called", "lines", "said"),
    [
        ([0.0, 0.4], ["told from chance", "called an effect"], "Two lines"),
        ([0.0, 0.9], ["told from chance and called an effect"], "One line"),
    ],
)
def test_of_two_shares_that_are_alike_no_line_hides_the_other(called, lines, said):
    frame = pd.DataFrame({"size": [0.0, 0.5], "by_rank": [0.0, 0.9]})
    found = findings.what_could_be_found(
        "found",
        Detection(frame.assign(by_verdict=called), 30, []),
        "Here",
        noun="burglary",
        known="Nothing is known.",
        test="falls put into 30 areas",
        sources=SOURCE,
    )
    (ax,) = found.figure.axes
    assert [line.get_label() for line in ax.lines] == lines
    assert found.facts["alt"].startswith(said)
