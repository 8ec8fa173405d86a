"""The table of verdicts, a test for each row, for each doubt, and for each grade of drift."""

import numpy as np
import pandas as pd
import pytest

from outcomes.core.errors import Invalid, NotEnough
from outcomes.methods import minimum_data, power
from outcomes.methods.evaluation import verdict
from outcomes.methods.evaluation.difference_in_differences import did
from outcomes.methods.evaluation.verdict import Evidence

SOUND = Evidence(
    0.8,
    0.01,
    interval=(0.7, 0.92),
    disjoint=199,
    checks={"balance": True},
    pretrend_p=0.6,
    other_comparison=True,
)


def said(**changed):
    return verdict.reach_verdict(
        SOUND._replace(**changed),
        noun="burglary",
        area="Fleetwood",
        comparison="matched places",
    )


def test_an_effect_needs_every_check_and_never_says_caused():
    got = said()
    assert (got.kind, got.unchecked) == ("effect", "")
    assert got.sentence == f"{HEAD}, more than chance explains."
    assert got.detail == (
        f"That is consistent with an effect of the programme (p = 0.01){RANGE}."
    )
    assert got.clause == "more than chance explains"
    assert said(direction="neither").kind == "effect"
    assert all("caused" not in row.sentence + row.detail for row in verdict.TABLE)


def test_the_wrong_way_is_said_to_be():
    assert said(direction="more").kind == said(ratio=1.2).kind == "harm"
    assert said(ratio=1.2, direction="more").kind == "effect"


@pytest.mark.parametrize(
    ("against", "words"),
    [
        ({"pretrend_p": 0.06}, "drift before the start leaves doubt (p = 0.06)"),
        ({"pretrend_p": np.nan}, "cannot be tested"),
        ({"family_size": 4}, "as one of the secondary outcomes it is exploratory"),
        ({"other_comparison": None}, "no other comparison was tried"),
        ({"other_comparison": False}, "no other comparison passes its own checks"),
        (
            {"not_replicated": ["all months", "the county"]},
            "not found by all months or the county",
        ),
        ({"placebo_date": True}, "a made-up start shows a change as well"),
    ],
)
def test_any_one_doubt_keeps_a_rare_change_from_being_an_effect(against, words):
    got = said(**against)
    assert got.kind == "doubtful" and words in got.detail
    assert got.sentence == f"{HEAD}: a reason to look further."
    assert "shows no effect" in got.detail and "consistent with" not in got.detail
    assert said(ratio=1.2, **against).kind == "doubtful"


def test_chance_outranks_doubt_and_says_what_would_have_shown():
    seen = power.minimum_detectable(se=0.1)
    got = said(p=0.4, detectable=seen, pretrend_p=0.06, checks={"map points": None})
    assert got.kind == "none" and "A fall of 24% or more" in got.detail
    assert "about 4 in 10 places without the programme" in got.detail
    assert got.unchecked == "Not checked, for want of data: map points."
    unranked = said(p=np.nan)
    assert (
        unranked.kind == "untestable"
        and "no rank among other places" in unranked.detail
    )


def test_a_secondary_outcome_counts_corrected_and_shows_its_p_by_itself():
    got = said(
        p=0.068,
        unadjusted_p=0.034,
        family_size=4,
        detectable=power.minimum_detectable(se=0.1),
    )
    assert got.kind == "none" and "would usually have stood out" not in got.detail
    assert "(p = 0.068: 0.034 by itself, corrected as one of 4 secondary" in got.detail
    assert "is usual among" not in got.detail  # it is not, by itself


def test_few_separate_placebo_areas_cannot_rule_out_chance():
    """Six of them allow no p under 1 in 7, and no interval of 95%."""
    assert verdict.smallest_p(6) == pytest.approx(1 / 7)
    got = said(p=1 / 7, unadjusted_p=0.003, disjoint=6)
    assert got.kind == "untestable" and "p = " not in got.detail
    assert got.sentence == f"{HEAD}; no test is possible."
    assert got.detail == (
        "Only 6 untreated areas of its size do not overlap another, and so few can tell no change "
        "of any size from chance. It is described, not tested."
    )
    only = "Only 1 untreated area of its size does not overlap"
    assert said(disjoint=1).detail.count(only)
    assert "interval" not in got.detail
    assert said(p=0.05, disjoint=19).kind == "effect"  # the fewest that allow it


def test_a_failed_check_outranks_everything():
    got = said(
        p=0.001,
        checks={"balance": False, "places near by": True},
        pretrend_p=0.01,
        family_size=4,
    )
    assert (
        got.kind == "unsound"
        and "of balance and of no drift before the start" in got.detail
    )
    assert "places near by" not in got.detail
    assert said(pretrend_p=0.049).kind == "unsound"


@pytest.mark.parametrize(
    ("known", "why"),
    [
        ({}, ""),
        ({"p": 0.9, "ratio": 1.4, "not_replicated": ["all months"]}, ""),
        ({"pretrend_p": 0.01}, "it was already changing before the start"),
        (
            {"pretrend_p": 0.01, "checks": {"balance before the start": False}},
            "the comparison failed its own checks",
        ),
        ({"pretrend_p": 0.1}, "its drift before the start leaves doubt (p = 0.10)"),
        ({"disjoint": 6}, "no test is possible"),
        ({"other_comparison": None}, "no other comparison was tried"),
        (
            {"family_size": 3, "placebo_date": True},
            "as one of the secondary outcomes it is exploratory; a made-up start shows a change as "
            "well",
        ),
    ],
)
def test_what_keeps_a_change_of_any_size_from_being_an_effect(known, why):
    assert SOUND._replace(**known).blocked == why
    large = {"ratio": 0.2, "p": 0.001, "not_replicated": ()}
    assert (said(**known | large).kind == "effect") == (not why)


def test_who_it_is_ranked_among_is_said_in_the_words_of_the_evidence():
    got = said(p=0.1, disjoint=6, few="only 6 other forces fit")
    assert got.detail.startswith(
        "Only 6 other forces fit, and so few can tell no change"
    )
    assert got.because == "only 6 other forces fit"


def test_drift_is_graded():
    graded = [
        verdict.grade_pretrend(p) for p in (0.049, 0.05, 0.249, 0.25, np.nan, None)
    ]
    assert graded == ["fails", "doubtful", "doubtful", "passes", "untested", ""]


def test_what_no_sentence_can_be_made_of_is_refused():
    for wrong in ({"ratio": 0.0}, {"direction": "lower"}):
        with pytest.raises(Invalid, match=r"\.$"):
            said(**wrong)


def test_too_few_events_are_refused_but_a_success_is_not():
    """What is to be expected counts: 60 before and 1 where 60 were due is no lack of events."""
    months = pd.date_range("2021-01-01", periods=60, freq="MS")
    panel = pd.DataFrame({"town": [2] * 30 + [0] * 29 + [1], "rest": 50}, months)
    minimum_data.require_events(did(panel, ["town"], "2023-07", minimum=(24, 12)))
    panel["town"] = [1] * 19 + [0] * 40 + [1]
    with pytest.raises(
        NotEnough, match="Too few events to tell: 19 before the start and 19 to be"
    ):
        minimum_data.require_events(did(panel, ["town"], "2023-07", minimum=(24, 12)))


HEAD = "Burglary in Fleetwood came out 20% lower than expected from matched places"
CAME = HEAD.replace("Burglary in Fleetwood", "It")
RANGE = " (95% interval −30% to −8%)"
OFTEN = "; as large a difference came in about {} places without the programme"
CLEAR = (
    "No clear change in burglary in Fleetwood: a fall of over 30%, against matched places, is "
    "ruled out."
)
MORE = "That is more than is usual among places without the programme"


@pytest.mark.parametrize(
    ("changed", "sentence", "detail"),
    [
        ({"p": 0.3}, CLEAR, f"{CAME}{RANGE}{OFTEN.format('1 in 3')} (p = 0.30)."),
        ({"p": 0.3, "unadjusted_p": 0.05}, CLEAR, f"{CAME}{RANGE} (p = 0.30)."),
        ({"p": 0.051}, CLEAR, f"{CAME}{RANGE}{OFTEN.format('1 in 20')} (p = 0.051)."),
        (
            {"p": 0.1, "direction": "neither", "interval": (0.7, 1.08)},
            "No clear change in burglary in Fleetwood: a fall of over 30% or a rise of over 8% is "
            "ruled out.",
            f"{CAME} (95% interval −30% to +8%){OFTEN.format('1 in 10')} (p = 0.10).",
        ),
        (
            {"p": 0.1, "direction": "more", "interval": (0.7, 1.08)},
            "No clear change in burglary in Fleetwood: a rise of over 8%, against matched places, "
            "is ruled out.",
            f"{CAME} (95% interval −30% to +8%){OFTEN.format('1 in 10')} (p = 0.10).",
        ),
        (
            {"p": 0.3, "interval": None},
            "No clear change in burglary in Fleetwood against matched places.",
            f"{CAME}{OFTEN.format('1 in 3')} (p = 0.30).",
        ),
        (
            {"p": np.nan},
            f"{HEAD}; no test is possible.",
            "It has no rank among other places. It is described, not tested.",
        ),
        (
            {
                "p": 0.1,
                "unadjusted_p": 0.03,
                "family_size": 4,
                "confidence": 0.985,
                "family": "parts of it",
            },
            CLEAR,
            f"{CAME} (98.5% interval −30% to −8%, the level that its correction leaves) (p = 0.10: "
            "0.03 by itself, corrected as one of 4 parts of it).",
        ),
        (
            {"p": 0.0009, "direction": "more", "disjoint": 9999},
            f"{HEAD}: the opposite of its aim.",
            f"That is more than chance would explain (p under 0.001){RANGE}: the opposite of what "
            "the programme is for.",
        ),
        (
            {"p": 0.001, "direction": "neither", "disjoint": 999},
            f"{HEAD}, more than chance explains.",
            "That is consistent with a change that came with the programme, where neither more nor "
            f"fewer is better in itself (p = 0.001){RANGE}.",
        ),
        (
            {"placebo_date": True, "not_replicated": ["the county", "all months"]},
            f"{HEAD}: a reason to look further.",
            f"{MORE} (p = 0.01){RANGE}, and shows no effect: not found by the county or all "
            "months; a made-up start shows a change as well.",
        ),
        (
            {"pretrend_p": 0.1, "family_size": 3},
            f"{HEAD}: a reason to look further.",
            f"{MORE} (p = 0.01: 0.01 by itself, corrected as one of 3 secondary outcomes){RANGE}, "
            "and shows no effect: its drift before the start leaves doubt (p = 0.10); as one of "
            "the secondary outcomes it is exploratory.",
        ),
        (
            {
                "p": 0.2,
                "unadjusted_p": 0.004,
                "disjoint": 4,
                "family_size": 2,
                "interval": (0.5, 1.0),
            },
            f"{HEAD}; no test is possible.",
            "Only 4 untreated areas of its size do not overlap another, and so few can tell no "
            "change of any size from chance. It is described, not tested.",
        ),
        (
            {
                "checks": {"balance": False, "level": False},
                "pretrend_p": 0.2,
                "interval": None,
            },
            f"{HEAD}, but the comparison failed its own checks.",
            "The comparison failed its check of balance and of level, so this cannot be read as "
            "the programme's doing.",
        ),
        (
            {"pretrend_p": 0.01},
            f"{HEAD}, but was already changing before the start.",
            f"{CAME}{RANGE}. The comparison failed its check of no drift before the start, so "
            "this cannot be read as the programme's doing.",
        ),
    ],
)
def test_sentences_word_for_word(changed, sentence, detail):
    got = said(**changed)
    assert (got.sentence, got.detail) == (sentence, detail)


@pytest.mark.parametrize(
    ("ratio", "words"),
    [
        *((r, "as expected from") for r in (1.0, 1.004, 0.996)),
        *(
            (1.006, "1% higher than expected from"),
            (0.994, "1% lower than expected from"),
            (2.5, "150% higher than expected from"),
        ),
    ],
)
def test_a_change_is_told_in_whole_per_cent(ratio, words):
    assert f"It came out {words} matched places" in said(ratio=ratio, p=0.5).detail


@pytest.mark.parametrize(
    ("alone", "words"),
    [
        (0.13, "; as large a difference came in about 1 in 8 places"),
        (0.41, "; as large a difference came in about 4 in 10 places"),
        (0.5, "; as large a difference came in about 5 in 10 places"),
        (0.51, "; a difference of that size is usual among places"),
    ],
)
def test_how_usual_a_size_is_goes_by_the_p_before_correction(alone, words):
    got = said(p=0.52, unadjusted_p=alone, family_size=4)
    assert words in got.detail and got.kind == "none"


def test_several_things_unchecked_are_listed_and_a_ratio_has_to_be_a_number():
    got = said(checks={"map points": None, "balance": True, "wards": None})
    assert got.unchecked == "Not checked, for want of data: map points, wards."
    assert said(checks=None).unchecked == ""
    for ratio in (np.inf, np.nan, -1.0):
        with pytest.raises(
            Invalid, match=f"A verdict needs a ratio above 0; given {ratio}"
        ):
            said(ratio=ratio)
    with pytest.raises(Invalid, match="direction 'lower' is not known"):
        said(direction="lower")


def test_nineteen_separate_areas_are_the_fewest_that_allow_an_interval():
    got = said(p=0.4, disjoint=19, detectable=power.minimum_detectable(se=0.1)).detail
    assert "(95% interval −30% to −8%)" in got
    assert got.endswith(
        "of 24% or more, or a rise of 32% or more, would usually have stood out."
    )
