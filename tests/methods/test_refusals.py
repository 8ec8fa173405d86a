"""The referee's table of edges, row by row: what each input gives, in words.

Each row is an input that once gave a silent wrong answer or a raw error. What has no estimate is
never a rank or a p-value.
"""

import numpy as np
import pandas as pd
import pytest

from outcomes import methods as oc
from outcomes.core.errors import Invalid, NotEnough
from outcomes.data.crime import crime_panels
from outcomes.methods import funnels, minimum_data, multiple_testing, power
from outcomes.methods.evaluation import design, placebos
from outcomes.methods.evaluation import synthetic_control as synthetic
from outcomes.methods.evaluation.difference_in_differences import did, event_study
from outcomes.methods.evaluation.displacement import wdq
from outcomes.methods.evaluation.interrupted_time_series import its
from outcomes.methods.evaluation.placebos import (
    placebo_interval,
    randomisation,
)
from outcomes.methods.evaluation.synthetic_control import fit_synthetic_control

START = "2022-01"
MONTHS = pd.date_range("2020-01-01", periods=48, freq="MS")


def panel(units=24, **changed):
    """Counts of small areas by month; ``changed`` are columns put in."""
    rng = np.random.default_rng(5)
    rows = pd.DataFrame(
        rng.poisson(20, (48, units)), MONTHS, [f"u{k}" for k in range(units)]
    )
    return rows.astype(float).assign(**changed)


def fallen(to=0.0):
    frame = panel()
    frame.loc[START:, "u0"] = to
    return frame


def series(**changed):
    """A monthly count with a season."""
    found = pd.Series(50.0 + 5 * (MONTHS.month % 4), MONTHS)
    for month, value in changed.items():
        found[month.replace("_", "-")] = value
    return found


def given(rows, index):
    return rows.set_axis(index)


SETS = [[f"u{k}"] for k in range(1, 24)]
FLAT = pd.DataFrame(7.0, MONTHS, [f"u{k}" for k in range(24)])
LONDON = MONTHS.tz_localize("Europe/London")
DAYS = pd.date_range("2021-12-01", periods=48)
TWICE = MONTHS[:-1].append(MONTHS[:1])
EMPTY = panel(u3=np.nan)
ENDLESS = panel()
ENDLESS.iloc[3, 5] = np.inf
DOUBLED = pd.concat([panel(), panel()[["u0"]]], axis=1)
DRY = pd.Series(np.where(MONTHS < START, 50.0, 0.0), MONTHS)
NO_JULY = series()
NO_JULY[NO_JULY.index.month == 7] = np.nan
TYPES = (
    ("did", lambda rows: did(rows, "u0", START)),
    ("event_study", lambda rows: event_study(rows, "u0", START)),
    ("randomisation", lambda rows: randomisation(rows, ["u0"], START, SETS)),
    ("synthetic_control", lambda rows: fit_synthetic_control(rows, "u0", START)),
)
PANELS = {
    "tz-aware": (
        given(panel(), LONDON),
        "Months have no time zone, and these have Europe/London",
    ),
    "daily": (given(panel(), DAYS), "Several days of December 2021 are given"),
    "a month twice": (
        given(panel(), TWICE),
        "The time 2020-01-01 is given more than once",
    ),
    "a unit twice": (DOUBLED, "The unit 'u0' is given more than once"),
    "an infinite cell": (ENDLESS, "The unit 'u5' has an infinite value"),
}
ROWS = [
    *(
        (f"{name}, {row}", lambda call=call, rows=rows: call(rows), Invalid, words)
        for name, call in TYPES
        for row, (rows, words) in PANELS.items()
    ),
    *(
        (
            f"{name}, a unit wholly missing",
            lambda call=call: call(EMPTY),
            NotEnough,
            "The unit 'u3' has no value at any time; leave it out.",
        )
        for name, call in TYPES
    ),
    (
        "did, a unit missing before",
        lambda: did(panel(u3=[np.nan] * 24 + [1.0] * 24), "u0", START),
        NotEnough,
        "there are 0 periods before the start where 24 are needed. The unit 'u3' lacks "
        "24 of 48 periods.",
    ),
    (
        "did, a start that is no date",
        lambda: did(panel(), "u0", "soon"),
        Invalid,
        "'soon' is not",
    ),
    (
        "did, a start with a time zone",
        lambda: did(panel(), "u0", pd.Timestamp("2022-01-01", tz="UTC")),
        Invalid,
        "not a day",
    ),
    (
        "event_study, times that are no months",
        lambda: event_study(panel().reset_index(drop=True), "u0", 24),
        Invalid,
        "by month",
    ),
    *(
        (
            f"randomisation, treated area {side}",
            lambda rows=rows: randomisation(rows, ["u0"], START, SETS),
            NotEnough,
            "no events before or after the start, so their change has no ratio, and no rank",
        )
        for side, rows in (
            ("falls to 0", fallen()),
            ("all zero", panel(u0=0.0)),
            ("rises from 0", panel(u0=[0.0] * 24 + [5.0] * 24)),
        )
    ),
    (
        "randomisation, a set with an unknown unit",
        lambda: randomisation(panel(), ["u0"], START, [["u1", "nowhere"], *SETS]),
        Invalid,
        "holds the unit 'nowhere', which is treated itself or is not a column",
    ),
    (
        "randomisation, a set with a treated unit",
        lambda: randomisation(panel(), ["u0"], START, [["u1", "u0"], *SETS]),
        Invalid,
        "holds the unit 'u0', which is treated itself",
    ),
    (
        "randomisation, a comparison with an unknown unit",
        lambda: randomisation(panel(), ["u0"], START, SETS, comparison=["u1", "x"]),
        Invalid,
        "'x'",
    ),
    (
        "randomisation, an empty set",
        lambda: randomisation(panel(), ["u0"], START, [[], *SETS]),
        Invalid,
        "has no unit",
    ),
    (
        "randomisation, 2 distinct sets repeated 10 times",
        lambda: randomisation(panel(), ["u0"], START, [["u1"], ["u2"]] * 10),
        NotEnough,
        "There are 2 placebo sets; at least 19 are needed",
    ),
    (
        "randomisation, comparisons of other number",
        lambda: randomisation(panel(), ["u0"], START, SETS, comparisons=[["u1"]]),
        Invalid,
        "There are 1 comparisons for 23 placebo sets.",
    ),
    (
        "synthetic_control, all-zero panel",
        lambda: fit_synthetic_control(0 * FLAT, "u0", START),
        NotEnough,
        "There are no events before the start to compare with, so no estimate.",
    ),
    (
        "synthetic_control, a mix that falls to 0",
        lambda: fit_synthetic_control(FLAT.mul(MONTHS < START, axis=0), "u0", START),
        NotEnough,
        "There are no events after the start to compare with",
    ),
    ("its, all zeros after", lambda: its(DRY, START), NotEnough, "Not enough to tell"),
    ("its, all zeros", lambda: its(0 * DRY, START), NotEnough, "Not enough to tell"),
    (
        "its, few events",
        lambda: its(pd.Series(1.0, MONTHS) * (MONTHS.month < 13) / 2, START),
        NotEnough,
        "Too few events to tell: 12 before the start and 12 to be expected after the start",
    ),
    (
        "its, negative",
        lambda: its(series(**{"2020_03": -1.0}), START),
        Invalid,
        "finite and",
    ),
    (
        "its, infinite",
        lambda: its(series(**{"2020_03": np.inf}), START),
        Invalid,
        "finite and",
    ),
    (
        "its, a calendar month never seen",
        lambda: its(NO_JULY, START, minimum=(20, 12)),
        NotEnough,
        "in one month of the year, there is no month with events",
    ),
    (
        "its, a break at the start",
        lambda: its(series(), START, breaks=[(START, "rules")]),
        NotEnough,
        "cannot be told apart",
    ),
    (
        "its, tz-aware",
        lambda: its(given(series(), LONDON), START),
        Invalid,
        "Months have no time",
    ),
    (
        "its, daily",
        lambda: its(given(series(), DAYS), START),
        Invalid,
        "Several days of December",
    ),
    ("its, unsorted", lambda: its(series()[::-1], START), Invalid, "in order"),
    (
        "its, a month twice",
        lambda: its(given(series(), TWICE), START),
        Invalid,
        "in order",
    ),
    (
        "its, rows without dates",
        lambda: its(series().reset_index(drop=True), 24),
        Invalid,
        "first",
    ),
    (
        "minimum_detectable, many infinite placebos",
        lambda: power.minimum_detectable(placebo=[1.1] * 90 + [0] * 20),
        NotEnough,
        "20 of 110 placebo areas fell to no events or rose from none, so no change would show.",
    ),
    (
        "minimum_detectable, an infinite placebo of few",
        lambda: power.minimum_detectable(placebo=[1.1] * 30 + [np.inf]),
        NotEnough,
        "1 of 31",
    ),
    (
        "placebo_interval, many infinite placebos",
        lambda: placebo_interval(0.9, [1.1] * 90 + [0] * 20),
        NotEnough,
        "nothing is ruled out",
    ),
    *(
        (
            f"same_calendar_months, {row}",
            lambda i=i: oc.same_calendar_months(i, START),
            Invalid,
            words,
        )
        for row, i, words in (
            ("tz-aware", LONDON, "no time zone"),
            ("daily", DAYS, "Several days"),
            ("a month twice", TWICE, "more than once"),
        )
    ),
]


@pytest.mark.parametrize(
    ("call", "error", "words"), [pytest.param(*r[1:], id=r[0]) for r in ROWS]
)
@pytest.mark.filterwarnings("error")
def test_what_has_no_answer_is_refused_with_the_reason(call, error, words, capfd):
    with pytest.raises(error, match=words) as caught:
        call()
    assert str(caught.value).endswith(".")
    assert capfd.readouterr().err == ""


@pytest.mark.parametrize(
    ("name", "call"), TYPES[:4], ids=[name for name, _ in TYPES[:4]]
)
@pytest.mark.parametrize("kind", ["periods", "dates as objects", "unsorted"])
def test_months_may_come_in_any_manner_and_order(name, call, kind):
    index = (
        MONTHS.to_period("M")
        if kind == "periods"
        else pd.Index(MONTHS.date, dtype=object)
    )
    rows = panel()[::-1] if kind == "unsorted" else given(panel(), index)
    got, plain = call(rows), call(panel())
    assert str(got[:3]) == str(plain[:3])


def test_its_takes_periods_as_it_takes_dates():
    assert (
        its(given(series(), MONTHS.to_period("M")), START)[:3]
        == its(series(), START)[:3]
    )


def test_a_constant_panel_has_no_rank_and_no_p():
    got = fit_synthetic_control(FLAT, "u0", START)
    assert (got.ratio, got.effect, got.rank) == (1, 0, 0) and np.isnan(got.p)
    assert got.note.endswith(
        "There is no gap before the start to measure the one after by, so it "
        "has no rank."
    )


def test_a_ring_that_did_not_change_neither_gained_nor_lost():
    for ring in ((10, 10), (30, 30)):
        got = wdq((20, 10), ring, (10, 10))
        assert str(got.wdq) == "0.0" and "neither gain nor displacement" in got.clause


def test_a_placebo_that_falls_to_nothing_outranks_and_one_without_events_is_left_out():
    frame = panel(units=40, u5=0.0)
    frame.loc[START:, "u6"] = 0
    frame.loc[START:, "u0"] *= 2
    got = randomisation(frame, ["u0"], START, [[f"u{k}"] for k in range(1, 40)])
    assert (got.rank, got.sets, got.left_out) == (2, 38, 1) and got.p == 2 / 39
    assert got.placebo.loc[got.placebo["set"] == 5, "log"].item() == -np.inf


def test_sets_that_are_the_same_count_once():
    got = randomisation(panel(), ["u0"], START, [*SETS, ["u1"], ["u2"]])
    assert got.sets == 23 and got.placebo["set"].tolist() == list(range(23))


def test_unequal_months_are_said():
    index = MONTHS.drop(MONTHS[[0, 1]])
    equal = oc.same_calendar_months(index, START, minimum=(12, 12))
    assert design.unequal_months(equal, START) == ""
    kept = oc.same_calendar_months(index, START, minimum=(20, 12))
    assert design.unequal_months(kept, START) == (
        "Calendar months do not count equally: 1 to 2 times each before the start, so the season "
        "is not wholly balanced."
    )
    assert len(oc.same_calendar_months(MONTHS.to_period("M"), START)) == 48


MISSES = {
    "no answer": lambda a, b: None,
    "not the best": lambda a, b: np.ones(a.shape[1]),
    "nothing": lambda a, b: np.zeros(a.shape[1]),
}


@pytest.mark.parametrize("miss", MISSES.values(), ids=MISSES)
def test_the_second_solver_finds_what_the_first_does_not(monkeypatch, miss):
    """Sparse counts, on which non-negative least squares at times returns what is not the best; on
    which of them is the processor's affair, so it is made to miss each."""
    rng = np.random.default_rng(1)
    for trial in range(120):
        x = rng.poisson(0.1, (36, 150)).astype(float)
        apart = x[:, 1:] - x[:, :1]
        size = np.sqrt((apart**2).sum(axis=0).min()) or 1.0
        first = synthetic.simplex_weights(x[:, 1:], x[:, 0])
        with monkeypatch.context() as patch:
            patch.setattr(synthetic, "_nnls", miss)
            second = synthetic.simplex_weights(x[:, 1:], x[:, 0])
        for w in (first, second):
            assert w.min() >= 0 and w.sum() == pytest.approx(1)
            assert synthetic._optimal(apart / size, w), trial
        fits = [((apart @ w) ** 2).sum() for w in (first, second)]
        assert fits[0] == pytest.approx(fits[1], abs=1e-9)


def test_a_mix_of_150_real_sparse_series_is_found(monkeypatch):
    """Robbery by neighbourhood: one fit of 151 that a solver missed ended the whole call."""
    robbery = crime_panels(["robbery"], force="Lancashire")["robbery"][:"2022-10"]
    sparse = robbery.columns[robbery.sum() >= 2]
    some = sparse[np.random.default_rng(0).choice(len(sparse), 151, replace=False)]
    bvls, needed, asked = synthetic._bvls, [], []
    nnls = synthetic._nnls

    def at_times(a, b):
        asked.append(1)
        return None if len(asked) % 10 == 1 else nnls(a, b)

    monkeypatch.setattr(synthetic, "_nnls", at_times)
    monkeypatch.setattr(synthetic, "_bvls", lambda *a: needed.append(1) or bvls(*a))
    got = fit_synthetic_control(robbery[some], some[0], START)
    assert len(needed) >= 16, "the treated series, and each tenth of the others"
    assert 0 < got.p <= 1 and got.rank >= 1 and len(got.placebo) == 150


def test_one_placebo_without_a_mix_does_not_take_the_others_with_it(monkeypatch):
    solve, calls = synthetic.simplex_weights, []

    def once(donors, target):
        calls.append(1)
        if len(calls) == 3:
            raise NotEnough(
                "No mix of the donors could be shown to fit best; there is no estimate."
            )
        return solve(donors, target)

    monkeypatch.setattr(synthetic, "simplex_weights", once)
    got = fit_synthetic_control(panel(), "u0", START)
    assert np.isfinite(got.p) and got.placebo["ratio"].isna().sum() == 1
    assert "Left out of all ranks: 1 of 23, which have no estimate" in got.note
    assert not got.placebo.loc[got.placebo["ratio"].isna(), "kept"].any()


def test_without_any_solver_there_is_no_estimate(monkeypatch):
    monkeypatch.setattr(synthetic, "_optimal", lambda apart, w: False)
    with pytest.raises(NotEnough, match="no estimate"):
        fit_synthetic_control(panel(), "u0", START)


def test_nothing_is_held_by_an_assertion():
    """``python -O`` removes them."""
    import inspect

    for module in (
        synthetic,
        placebos,
        minimum_data,
        funnels,
        multiple_testing,
        design,
    ):
        assert "\n    assert " not in inspect.getsource(module)
