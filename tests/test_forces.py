"""One force against a mix of others: a known difference is found, and a bad fit is admitted."""

import numpy as np
import pandas as pd
import pytest

from outcomes import findings

QUARTERS = pd.date_range("2013-01-01", periods=52, freq="QS")
START = "2022-10-01"
PEOPLE = pd.Series({f"force-{i}": 1_000_000.0 + 10_000 * i for i in range(24)})
SAID = {"what": "recorded things", "sources": ["A page"], "direction": "more"}


def counts(ratio):
    """Forces with noise of their own; force-0 is the mean of two others, then ``ratio`` of it."""
    rng = np.random.default_rng(7)
    rates = (
        50
        + rng.normal(0, 4, (52, 24)).cumsum(axis=0) * 0.3
        + rng.normal(0, 1, (52, 24))
    )
    rates[:, 0] = (rates[:, 3] + rates[:, 5]) / 2 + rng.normal(0, 1.2, 52)
    rates[QUARTERS >= START, 0] *= ratio
    return pd.DataFrame(rates, index=QUARTERS, columns=PEOPLE.index) * PEOPLE / 100_000


def test_a_halving_is_measured_and_ranked_first():
    found = findings.against_forces("x", counts(0.5), PEOPLE, "force-0", START, **SAID)
    assert found.facts["value"] == pytest.approx(-50, abs=2)
    assert "more than chance would explain" in found.sentence
    assert "the opposite of what the programme is for" in found.sentence
    assert found.svg and found.facts["verdict"] == "tested"


def test_no_change_is_not_called_one():
    found = findings.against_forces("x", counts(1.0), PEOPLE, "force-0", START, **SAID)
    assert abs(found.facts["value"]) < 2
    assert found.sentence.startswith("No clear change in recorded things")


def test_too_few_quarters_is_a_finding():
    short = counts(1.0).iloc[-15:]
    found = findings.against_forces("x", short, PEOPLE, "force-0", START, **SAID)
    assert found.facts["verdict"] == "not_enough"


def test_other_outcomes_are_all_listed_with_adjusted_p_values():
    given = {"one": counts(1.0), "two": counts(0.5)}
    found = findings.others_against_forces(
        "x", given, PEOPLE, "force-0", START, sources=["A page"], direction="more"
    )
    assert list(found.frame["offences"]) == ["one", "two"]
    none, halved = found.frame["p"]
    assert halved < none <= 1
    assert found.frame["p_adjusted"].tolist() == pytest.approx([none, 2 * halved])


def test_without_a_force_to_rank_it_among_the_check_fails():
    exact = counts(1.0)
    early = exact.index < START
    exact.loc[early, "force-0"] = (exact["force-3"] / PEOPLE["force-3"]) * PEOPLE[
        "force-0"
    ]
    found = findings.against_forces("x", exact, PEOPLE, "force-0", START, **SAID)
    assert "failed its check of forces to rank it among" in found.sentence
    assert found.facts["verdict"] == "tested"
