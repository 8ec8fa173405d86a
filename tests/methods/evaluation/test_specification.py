"""The specification curve: each choice by the plain functions, and the whole curve's rank."""

import numpy as np
import pandas as pd
import pytest

from outcomes.core.errors import Invalid, NotEnough
from outcomes.methods.evaluation.difference_in_differences import did
from outcomes.methods.evaluation.matching import (
    contiguous_clusters,
    match_sets,
    match_units,
    ring,
)
from outcomes.methods.evaluation.placebos import randomisation
from outcomes.methods.evaluation.specification import (
    FEATURES,
    SpecificationCurve,
    specification_curve,
    specifications,
)

START = "2022-01"
TIME = pd.date_range("2019-01-01", periods=48, freq="MS")
DECLARED = {
    "comparison": "matched",
    "alike in": "on level, trend, deprivation",
    "matches": "3 matches each",
    "ring": "ring of 2 km",
    "months": "all months",
}


def world(effect=1.0, seed=4):
    """Two forces on a grid of places a kilometre apart; the first four places are treated."""
    rng = np.random.default_rng(seed)
    names = [f"{force}{k:03d}" for force in "ab" for k in range(200)]
    at = np.arange(400)
    places = pd.DataFrame(
        {
            "force": np.repeat(["Aland", "Bland"], 200),
            "longitude": 0.015 * (at % 20) + 3.0 * (at >= 200),
            "latitude": 53 + 0.009 * (at // 20),
            "population": rng.uniform(1000, 2000, 400),
            "imd2025_score": rng.uniform(5, 50, 400),
        },
        names,
    )
    mean = np.outer(np.exp(rng.normal(0, 0.1, 48)), rng.gamma(6, 2, 400))
    treated = names[:4]
    mean[36:, :4] *= effect
    return places, treated, pd.DataFrame(rng.poisson(mean), TIME, names)


def curve(effect=1.0, declared=DECLARED, **more):
    places, treated, panel = world(effect)
    months = {"all months": TIME, "later months": TIME[12:]}
    specs = specifications(places, treated, months, home="Aland", away="Bland", **more)
    wide = ring(places, treated, km=5)
    free = places[places["force"] == "Aland"].index.difference([*treated, *wide])
    sets = contiguous_clusters(places.loc[free], 4)
    found = specification_curve(
        panel, treated, START, specs, sets, declared=declared, minimum=(12, 12)
    )
    return found, specs, sets, panel, treated


@pytest.fixture(scope="module")
def fallen():
    return curve(0.5)


def test_every_combination_is_there_once(fallen):
    found, specs, *_ = fallen
    matched, county, away = 4 * 3 * 3 * 2, 3 * 2, 2
    assert len(specs) == len(found.frame) == matched + county + away
    assert not found.frame[list(found.options)].duplicated().any()
    assert found.options["comparison"] == ["matched", "county", "Bland"]
    assert found.options["alike in"] == list(FEATURES)
    assert found.frame["ratio"].is_monotonic_increasing


def test_each_change_is_that_of_the_plain_functions(fallen):
    found, specs, sets, panel, treated = fallen
    for spec in specs[:: len(specs) // 9]:
        rows = panel.loc[spec.months]
        units, balanced = spec.pool, None
        compared = [[u for u in spec.pool if u not in members] for members in sets]
        if spec.matching:
            inside = rows[[*treated, *spec.pool]]
            match = match_units(
                inside, treated, START, minimum=(12, 0), **spec.matching
            )
            units, balanced = match.units, match.balanced
            compared = match_sets(rows[list(spec.pool)], sets, START, **spec.matching)
        drawn = randomisation(
            rows,
            treated,
            START,
            sets,
            comparison=units,
            comparisons=compared,
            minimum=(12, 12),
        )
        plain = did(rows[[*treated, *units]], treated, START, minimum=(12, 12))
        same = (found.frame[list(spec.choices)] == pd.Series(spec.choices)).all(axis=1)
        for column in set(found.options) - set(spec.choices):
            same &= found.frame[column].isna()
        (row,) = found.frame[same].itertuples()
        assert row.ratio == pytest.approx(plain.ratio)
        assert row.p == drawn.p and row.balanced is balanced


def test_the_fewer_matches_of_a_placebo_area_are_the_first_of_more(fallen):
    """By which the curve matches each area once for all numbers of matches."""
    _, specs, sets, panel, _ = fallen
    spec = specs[0]
    rows = panel.loc[spec.months, list(spec.pool)]
    many = match_sets(rows, sets, START, **(spec.matching | {"ratio": 5}))
    for ratio in (1, 3):
        few = match_sets(rows, sets, START, **(spec.matching | {"ratio": ratio}))
        assert few == [m[: 4 * ratio] for m in many]


def test_an_effect_is_found_by_all_choices_and_its_median_is_rare(fallen):
    found = fallen[0]
    assert found.lower_in == len(found.frame) and found.stable_direction
    assert found.median == pytest.approx(0.5, abs=0.06)
    assert found.rank == 1 and found.p == max(
        1 / (found.areas + 1), 1 / (found.disjoint + 1)
    )
    assert found.frame["declared"].sum() == 1
    assert found.declared == found.frame.loc[found.frame["declared"], "ratio"].squeeze()


def test_without_an_effect_the_median_is_usual():
    found = curve(1.0, radii=[2.0], ratios=[3])[0]
    assert found.p > 0.05 and abs(found.median - 1) < 0.15


@pytest.mark.parametrize(
    ("ratios", "clause"),
    [
        ([0.8, 0.82, 0.85], "the direction and the size are stable"),
        ([0.6, 0.8, 0.95], "the direction is stable, the size is not"),
        ([0.8, 0.9, 1.2], "even the direction depends on the choices"),
    ],
)
def test_what_is_stable_is_said(ratios, clause):
    frame = pd.DataFrame({"ratio": ratios, "declared": [True, False, False]})
    assert SpecificationCurve(frame, 0.9, 3, 99, 30, {}, []).clause.startswith(clause)


def test_a_choice_without_months_is_left_out_and_named_but_not_the_declared_one():
    places, treated, panel = world()
    months = {"all months": TIME, "few months": TIME[30:]}
    specs = specifications(
        places, treated, months, home="Aland", away="Bland", radii=[2.0], ratios=[3]
    )
    sets = [[f"a{k:03d}"] for k in range(100, 190)]
    found = specification_curve(panel, treated, START, specs, sets, declared=DECLARED)
    assert len(found.frame) == 6 and len(found.left_out) == 6
    assert all("few months: Not enough" in one for one in found.left_out)
    few = DECLARED | {"months": "few months"}
    with pytest.raises(NotEnough):
        specification_curve(panel, treated, START, specs, sets, declared=few)
    with pytest.raises(Invalid, match="not among the specifications"):
        specification_curve(panel, treated, START, specs, sets, declared={"a": "b"})
