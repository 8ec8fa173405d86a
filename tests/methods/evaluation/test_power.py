"""What an evaluation could have found: by putting falls in by hand, and by the verdict's conditions."""

import numpy as np
import pandas as pd
import pytest

from outcomes.core.errors import NotEnough
from outcomes.methods.evaluation.design import evaluate
from outcomes.methods.evaluation.power import (
    Detection,
    detection_power,
    mix_detection_power,
)
from outcomes.methods.evaluation.synthetic_control import (
    FIT,
    fit_synthetic_control,
    judge_synthetic_control,
)

MONTHS = pd.date_range("2019-01-01", periods=48, freq="MS")
POOL = [f"u{k}" for k in range(1, 61)]
START = "2022-01"


@pytest.fixture(scope="module")
def panel():
    rng = np.random.default_rng(8)
    level = 40 * np.exp(0.12 * rng.standard_normal((2, 61)))
    mean = np.where((MONTHS >= START)[:, None], level[0], level[1])
    return pd.DataFrame(rng.poisson(mean), MONTHS).add_prefix("u").astype(float)


def plain(panel, start=START, **more):
    sets = [[unit] for unit in POOL]
    look = {"pool": POOL, "placebo_sets": sets, "matched": False}
    return evaluate(panel, ["u0"], start, **(look | more))


def beside(panel, **others):
    """The evaluation without a drift, another comparison that finds the same, and what is given."""
    main = plain(panel)
    main = main._replace(events=main.events._replace(pretrend_p=0.9))
    same = {"another comparison": main._replace(pool="elsewhere")}
    return main._replace(alternatives=same | others)


def change(rows, unit):
    """The log change of a unit over that of all the others."""
    late = MONTHS >= START
    rest = rows.drop(columns=unit).sum(axis=1)
    own, others = (x[late].sum() / x[~late].sum() for x in (rows[unit], rest))
    return np.log(own / others)


@pytest.mark.parametrize("fall", [0.1, 0.3, 0.5])
def test_falls_are_found_as_often_as_when_put_into_the_counts_by_hand(panel, fall):
    """Second route: a fall put into the counts of one unit after another."""
    found, rest, seen = detection_power(plain(panel), panel), panel[POOL], 0
    size = {unit: abs(change(rest, unit)) for unit in POOL}
    for unit in POOL:
        moved = rest.copy()
        moved.loc[MONTHS >= START, unit] *= 1 - fall
        own = change(moved, unit)
        larger = sum(size[other] >= abs(own) for other in POOL if other != unit)
        seen += (1 + larger) / len(POOL) <= 0.05 and own < 0
    assert found.share(fall, by="rank") == pytest.approx(seen / len(POOL))


def test_the_smallest_fall_is_the_first_found_in_four_of_five(panel):
    found = detection_power(plain(panel), panel)
    frame = found.frame.set_index("size")["by_rank"]
    assert frame.is_monotonic_increasing and frame[0] <= 0.05
    assert frame[found.smallest] >= 0.8 > frame[found.smallest - 0.01]
    assert found.clause.startswith(
        f"a fall of {found.smallest:.0%} or more would usually stand out"
    )
    assert found.areas == 60 and found.left_out == []


def test_by_the_verdict_no_more_is_found_than_by_rank_and_alternatives_lower_it(panel):
    alone = detection_power(beside(panel), panel)
    assert (alone.frame["by_verdict"] <= alone.frame["by_rank"] + 1e-9).all()
    # At any size, areas with a drift before the start are never called an effect: one in four.
    assert 0.5 < alone.frame["by_verdict"].iloc[-1] < 0.95
    noisy = panel.sample(frac=1, axis=1, random_state=1).set_axis(panel.columns, axis=1)
    noisy["u0"] = panel["u0"]
    other = plain(noisy, pool_name="elsewhere")
    strict = detection_power(beside(panel, **{"another panel": other}), panel)
    assert strict.share(0.3) < alone.share(0.3)
    assert strict.share(0.3, by="rank") == alone.share(0.3, by="rank")


def test_without_another_sound_comparison_nothing_could_be_called_an_effect(panel):
    main = beside(panel)
    only = main._replace(alternatives={"all months": plain(panel, same_months=False)})
    found = detection_power(only, panel)
    assert only.evidence().other_comparison is False
    assert found.frame["by_verdict"].max() == 0 and np.isnan(found.smallest_by_verdict)
    assert found.clause.endswith(
        "would usually stand out, but none could be called an effect"
    )
    assert found.shortfall == (
        "No fall of any size tried could be called an effect: no other comparison passes its own "
        "checks."
    )
    assert found.smallest == detection_power(main, panel).smallest


@pytest.mark.parametrize(
    ("known", "why"),
    [
        (
            {"family_size": 3, "family": "parts of a sum"},
            "as one of the parts of a sum it is exploratory",
        ),
        ({"alternatives": None}, "no other comparison was tried"),
        (
            {"checks": {"balance before the start": False}},
            "the two were unlike before the start",
        ),
        (
            {"checks": {"places near by moving with the comparison": False}},
            "places near by moved otherwise too",
        ),
        ({"events": None}, "whether it drifted before the start cannot be tested"),
    ],
)
def test_what_is_known_of_the_area_itself_decides_for_a_fall_of_any_size(
    panel, known, why
):
    found = detection_power(beside(panel)._replace(**known), panel)
    assert found.frame["by_verdict"].max() == 0
    assert (
        found.shortfall
        == f"No fall of any size tried could be called an effect: {why}."
    )
    assert found.smallest == detection_power(beside(panel), panel).smallest


def test_nineteen_areas_are_judged_as_the_treated_one_is(panel):
    """The least p of nineteen, 1 in 20, is enough for the treated area, and so for each of them."""
    pool = POOL[:19]
    sets = [[unit] for unit in pool]
    found = detection_power(plain(panel, pool=pool, placebo_sets=sets), panel)
    assert found.areas == 19 and found.share(0.8, by="rank") == 1
    assert found.share(0, by="rank") <= 1 / 19


@pytest.mark.parametrize(
    ("called", "clause", "shortfall"),
    [
        ([0, 0.3, 0.52], ", but none would usually be called an effect", "52% at most"),
        ([0, 0.8, 1], " and be called an effect", ""),
        ([0, 0.5, 1], ", and one of 60% or more be called an effect", ""),
        (
            [0, 0, 0],
            ", but none could be called an effect",
            "No fall of any size tried",
        ),
    ],
)
def test_what_stands_out_and_what_is_called_an_effect_are_said_together(
    called, clause, shortfall
):
    frame = {"size": [0, 0.3, 0.6], "by_rank": [0, 0.9, 1], "by_verdict": called}
    found = Detection(pd.DataFrame(frame), 20, [])
    assert found.clause == f"a fall of 30% or more would usually stand out{clause}"
    assert shortfall in found.shortfall and bool(shortfall) == bool(found.shortfall)


def test_alternatives_with_other_areas_are_named(panel):
    half = plain(
        panel, placebo_sets=[[u, v] for u, v in zip(POOL[::2], POOL[1::2], strict=True)]
    )
    main = plain(panel)._replace(alternatives={"pairs": half})
    assert detection_power(main, panel).left_out == ["pairs"]


def test_without_an_estimate_or_a_test_there_is_no_power(panel):
    with pytest.raises(NotEnough, match="months"):
        detection_power(plain(panel, "2022-12"), panel)
    nested = [POOL[k : k + 50] for k in range(10)] + [POOL[: 40 + k] for k in range(12)]
    few = plain(panel, placebo_sets=nested)
    with pytest.raises(NotEnough, match="No fall of any size could be found: only 1"):
        detection_power(few, panel)


def test_a_design_that_sees_nothing_says_so(panel):
    wild = panel.copy()
    wild.loc[MONTHS >= START, POOL[::2]] *= 30
    found = detection_power(plain(wild), wild)
    assert np.isnan(found.smallest)
    assert found.clause == "no fall of up to 80% would usually stand out"


@pytest.mark.parametrize("kind", ["fall", "rise"])
def test_changes_are_found_by_a_mix_as_often_as_when_put_into_the_rates(kind):
    """Second route: the change is put into a donor's rates and its mix is fitted anew."""
    rng = np.random.default_rng(3)
    rates = pd.DataFrame(rng.normal(50, 2, (40, 26)))
    found = fit_synthetic_control(rates, 0, 30)
    power = mix_detection_power(found, rates, change=kind)
    donors = rates.drop(columns=0)
    kept = found.placebo.loc[found.placebo["kept"], "unit"]
    ratio = found.placebo.set_index("unit")["mspe_ratio"][kept]
    for size in (0.05, 0.1, 0.2):
        seen = 0
        for unit in kept:
            moved = donors.copy()
            moved.loc[30:, unit] *= 1 - size if kind == "fall" else 1 + size
            own = fit_synthetic_control(moved, unit, 30)
            right = own.effect < 0 if kind == "fall" else own.effect > 0
            larger = (ratio.drop(unit) >= own.mspe_ratio).sum()
            seen += (1 + larger) / len(kept) <= 0.05 and right
        assert power.share(size, by="rank") == pytest.approx(seen / len(kept))
    assert power.change == kind and power.clause.startswith(f"a {kind} of ")
    assert power.frame["by_verdict"].le(power.frame["by_rank"]).all()


def loose(own):
    """Forces that no mix fits within a tenth, and one that a mix misses by about ``own``."""
    rng = np.random.default_rng(5)
    rates = pd.DataFrame(rng.normal(50, 9, (60, 40)))
    rates[0] = rates[[3, 5, 7, 9]].mean(axis=1) + rng.normal(0, own, 60)
    return rates


def test_a_mix_is_asked_to_fit_the_treated_unit_and_not_the_others():
    """As the verdict on the treated unit asks: rises put into it are called an effect."""
    rates = loose(5)
    found = fit_synthetic_control(rates, 0, 45)
    ranked = found.placebo[found.placebo["kept"]]
    assert found.fit <= FIT < ranked["fit"].min()
    power = mix_detection_power(found, rates, change="rise")
    assert power.frame["by_verdict"].equals(power.frame["by_rank"])
    assert power.most_called > 0.8 and power.shortfall == power.blocked == ""
    rates.loc[45:, 0] *= 1 + 2 * power.smallest
    said = {"noun": "theft", "area": "Kent", "direction": "more"}
    assert (
        judge_synthetic_control(fit_synthetic_control(rates, 0, 45), **said).kind
        == "effect"
    )


def test_where_the_mix_of_the_treated_unit_does_not_fit_no_size_is_an_effect():
    rates = loose(9)
    found = fit_synthetic_control(rates, 0, 45)
    assert found.fit > FIT
    power = mix_detection_power(found, rates, change="rise")
    assert power.smallest > 0 and power.most_called == 0
    assert power.shortfall == (
        "No rise of any size tried could be called an effect: the mix did not fit before the start."
    )


def test_nineteen_forces_are_judged_as_the_treated_one_is():
    rng = np.random.default_rng(3)
    rates = pd.DataFrame(rng.normal(50, 2, (40, 20)))
    found = fit_synthetic_control(rates, 0, 30)
    assert found.ranked == 20
    assert mix_detection_power(found, rates).share(0.8, by="rank") == 1


def test_a_mix_with_few_that_fit_finds_nothing_at_any_size():
    rng = np.random.default_rng(3)
    rates = pd.DataFrame(rng.normal(50, 2, (40, 12)))
    found = fit_synthetic_control(rates, 0, 30)
    with pytest.raises(NotEnough, match="only 11 places fit as well"):
        mix_detection_power(found, rates)
