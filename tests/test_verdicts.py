"""The table of verdicts, a test for each row, for each doubt, and for each grade of drift."""

import numpy as np
import pandas as pd
import pytest

from outcomes.core.errors import Invalid, NotEnough
from outcomes.methods import minimum_data, multiple_testing
from outcomes.methods.evaluation import verdict
from outcomes.methods.evaluation.difference_in_differences import did
from outcomes.methods.evaluation.verdict import Evidence

SOUND = Evidence(
    0.8,
    0.01,
    interval=(0.7, 0.92),
    separate=199,
    checks={"balance": True},
    drift=0.6,
    elsewhere=True,
)


def said(**changed):
    facts = {
        "outcome": "Burglary",
        "place": "Fleetwood",
        "comparison": "matched places",
    }
    return verdict.verdict(SOUND._replace(**changed), **facts)


def test_an_effect_needs_every_check_and_never_says_caused():
    got = said()
    assert (got.kind, got.unchecked) == ("effect", "")
    assert got.sentence == (
        f"{HEAD}, more than chance would explain (p = 0.01): consistent with an effect of the "
        "programme."
    )
    assert said(direction="neither").kind == "effect"
    assert all("caused" not in text for _, _, text in verdict.TABLE)


def test_the_wrong_way_is_said_to_be():
    assert said(direction="more").kind == said(ratio=1.2).kind == "harm"
    assert said(ratio=1.2, direction="more").kind == "effect"


@pytest.mark.parametrize(
    ("against", "words"),
    [
        ({"drift": 0.06}, "drift before the start leaves doubt (p = 0.06)"),
        ({"drift": np.nan}, "cannot be tested"),
        ({"looks": 4}, "as one of the secondary outcomes it is exploratory"),
        ({"elsewhere": None}, "no other comparison was tried"),
        ({"elsewhere": False}, "no other comparison passes its own checks"),
        (
            {"unfound": ["all months", "the county"]},
            "not found by all months or the county",
        ),
        ({"pretended": True}, "a start that is pretended shows a change as well"),
    ],
)
def test_any_one_doubt_keeps_a_rare_change_from_being_an_effect(against, words):
    got = said(**against)
    assert got.kind == "doubtful" and words in got.sentence
    assert "shows no effect" in got.sentence and "consistent with" not in got.sentence
    assert said(ratio=1.2, **against).kind == "doubtful"


def test_chance_outranks_doubt_and_says_what_would_have_shown():
    seen = multiple_testing.minimum_detectable(se=0.1)
    got = said(p=0.4, detectable=seen, drift=0.06, checks={"map points": None})
    assert got.kind == "none" and "A fall of 24% or more" in got.sentence
    assert "usual among places without the programme" in got.sentence
    assert got.unchecked == "Not checked, for want of data: map points."
    unranked = said(p=np.nan)
    assert (
        unranked.kind == "untestable"
        and "no rank among other places" in unranked.sentence
    )


def test_a_secondary_outcome_counts_corrected_and_shows_its_p_by_itself():
    got = said(
        p=0.068,
        alone=0.034,
        looks=4,
        detectable=multiple_testing.minimum_detectable(se=0.1),
    )
    assert got.kind == "none" and "would usually have shown" not in got.sentence
    assert (
        "(p = 0.068: 0.034 by itself, corrected as one of 4 secondary" in got.sentence
    )
    assert "is usual among" not in got.sentence  # it is not, by itself


def test_few_separate_placebo_areas_cannot_rule_out_chance():
    """Six of them allow no p under 1 in 7, and no interval of 95%."""
    assert verdict.least_p(6) == pytest.approx(1 / 7)
    got = said(p=1 / 7, alone=0.003, separate=6)
    assert got.kind == "untestable" and "p = " not in got.sentence
    assert got.sentence.endswith(
        "expected from matched places. No test of it is possible: only 6 untreated areas of its "
        "size do not overlap another, and so few can tell no change of any size from chance. It is "
        "described, not tested."
    )
    assert said(separate=1).sentence.count(
        "only 1 untreated area of its size does not overlap"
    )
    assert "interval" not in got.sentence
    assert said(p=0.05, separate=19).kind == "effect"  # the fewest that allow it


def test_a_failed_check_outranks_everything():
    got = said(
        p=0.001, checks={"balance": False, "places near by": True}, drift=0.01, looks=4
    )
    assert (
        got.kind == "unsound"
        and "of balance and of no drift before the start" in got.sentence
    )
    assert "places near by" not in got.sentence
    assert said(drift=0.049).kind == "unsound"


def test_drift_is_graded():
    graded = [verdict.drifts(p) for p in (0.049, 0.05, 0.249, 0.25, np.nan, None)]
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


HEAD = (
    "Burglary in Fleetwood came out 20% below what would be expected from matched places (95% "
    "interval −30% to −8%)"
)
USUAL = "a difference of that size is usual among places without the programme, so "
MORE = ", more than is usual among places without the programme "
FURTHER = " That is a reason to look further and shows no effect: "


@pytest.mark.parametrize(
    ("changed", "sentence"),
    [
        ({"p": 0.3}, f"{HEAD}; {USUAL}no effect can be told from chance (p = 0.30)."),
        (
            {"p": 0.3, "alone": 0.05},
            f"{HEAD}; no effect can be told from chance (p = 0.30).",
        ),
        (
            {"p": 0.051},
            f"{HEAD}; {USUAL}no effect can be told from chance (p = 0.051).",
        ),
        ({"p": 0.1}, f"{HEAD}; {USUAL}no effect can be told from chance (p = 0.10)."),
        (
            {"p": np.nan},
            f"{HEAD}. No test of it is possible: it has no rank among other places. It is "
            "described, not tested.",
        ),
        (
            {
                "p": 0.1,
                "alone": 0.03,
                "looks": 4,
                "level": 0.985,
                "family": "parts of it",
            },
            HEAD.replace("95%", "98.5%").replace(
                "−8%)", "−8%, the level that its correction "
            )
            + "leaves); no effect can be told from chance (p = 0.10: 0.03 by itself, corrected as "
            "one of 4 parts of it).",
        ),
        (
            {"p": 0.0009, "direction": "more", "separate": 9999},
            f"{HEAD}, more than chance would explain (p = under 0.001): the opposite of what the "
            "programme is for.",
        ),
        (
            {"p": 0.001, "direction": "neither", "separate": 999},
            f"{HEAD}, more than chance would explain (p = 0.001): consistent with a change that "
            "came with the programme, where neither more nor fewer is better in itself.",
        ),
        (
            {"pretended": True, "unfound": ["the county", "all months"]},
            f"{HEAD}{MORE}(p = 0.01).{FURTHER}not found by the county or all months; a start that "
            "is pretended shows a change as well.",
        ),
        (
            {"drift": 0.1, "looks": 3},
            f"{HEAD}{MORE}(p = 0.01: 0.01 by itself, corrected as one of 3 secondary outcomes)."
            f"{FURTHER}its drift before the start leaves doubt (p = 0.10); as one of the "
            "secondary outcomes it is exploratory.",
        ),
        (
            {
                "p": 0.2,
                "alone": 0.004,
                "separate": 4,
                "looks": 2,
                "interval": (0.5, 1.0),
            },
            "Burglary in Fleetwood came out 20% below what would be expected from matched places. "
            "No test of it is possible: only 4 untreated areas of its size do not overlap "
            "another, and so few can tell no change of any size from chance. It is "
            "described, not tested.",
        ),
        (
            {
                "checks": {"balance": False, "level": False},
                "drift": 0.2,
                "interval": None,
            },
            "Burglary in Fleetwood came out 20% below what would be expected from matched places, "
            "but the comparison failed its check of balance and of level, so this cannot be read "
            "as the programme's doing.",
        ),
    ],
)
def test_sentences_word_for_word(changed, sentence):
    assert said(**changed).sentence == sentence


@pytest.mark.parametrize(
    ("ratio", "words"),
    [
        *((r, "came out as expected") for r in (1.0, 1.004, 0.996)),
        *(
            (1.006, "came out 1% above what would be expected"),
            (0.994, "came out 1% below what would be expected"),
            (2.5, "came out 150% above what would be expected"),
        ),
    ],
)
def test_a_change_is_told_in_whole_per_cent(ratio, words):
    assert f"Fleetwood {words} from matched places" in said(ratio=ratio, p=0.5).sentence


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
    got = said(
        p=0.4, separate=19, detectable=multiple_testing.minimum_detectable(se=0.1)
    ).sentence
    assert "(95% interval −30% to −8%)" in got
    assert got.endswith(
        "of 24% or more, or a rise of 32% or more, would usually have shown."
    )
