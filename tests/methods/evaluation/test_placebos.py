"""The placebo interval is the inversion of the randomisation test, and nothing else."""

from itertools import combinations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from outcomes.core.errors import Invalid, NotEnough
from outcomes.methods.evaluation import placebos
from outcomes.methods.evaluation.difference_in_differences import did
from outcomes.methods.evaluation.placebos import placebo_interval
from small_panels import START, panel

ratios = st.lists(st.floats(0.2, 5), min_size=19, max_size=120)


@settings(deadline=None)
@given(st.floats(0.2, 5), ratios)
def test_it_leaves_out_one_exactly_when_the_test_rejects(ratio, placebo):
    got = placebo_interval(ratio, placebo)
    logs, own = np.abs(np.log(placebo)), abs(np.log(ratio))
    # Ties to the last digit are decided by rounding, in either route: leave them out.
    if np.abs(logs - own).min() > 1e-9:
        p = (1 + (logs >= own).sum()) / (len(logs) + 1)
        assert (not got.lower <= 1 <= got.upper) == (p <= 0.05 + 1e-12)
    assert got.lower <= got.estimate <= got.upper


def test_by_hand():
    """Of 39 placebos 0.01 to 0.39 from 0 in the log, the 38th is the last but one."""
    placebo = np.exp(np.arange(1, 40) / 100 * np.tile([1, -1], 20)[:39])
    got = placebo_interval(0.5, placebo)
    assert got.lower == pytest.approx(0.5 * np.exp(-0.38))
    assert got.upper == pytest.approx(0.5 * np.exp(0.38))


def test_too_few_placebos_and_impossible_ratios_are_refused():
    with pytest.raises(NotEnough, match="18 placebo ratios"):
        placebo_interval(0.5, [1.1] * 18)
    with pytest.raises(Invalid):
        placebo_interval(0, [1.1] * 40)


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


def test_randomisation_over_all_pairs_by_enumeration():
    frame = panel(effect=0.6)
    sets = [list(p) for p in combinations([f"u{k}" for k in range(2, 12)], 2)]
    got = placebos.randomisation(frame, ["u0", "u1"], START, sets)
    own = np.log(did(frame, ["u0", "u1"], START).ratio)
    others = frame.drop(columns=["u0", "u1"])
    logs = [np.log(did(others, s, START).ratio) for s in sets]
    assert got.sets == 45 and got.placebo["log"].tolist() == pytest.approx(logs)
    assert got.p == (1 + sum(abs(v) >= abs(own) for v in logs)) / 46
    with pytest.raises(NotEnough, match="at least 19"):
        placebos.randomisation(frame, ["u0"], START, sets[:5])
