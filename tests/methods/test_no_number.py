"""What gives no number gives a sentence: hostile input to the whole analysis room.

A case is a call that once ended in a traceback, a warning, a hang or a number that nothing gives.
"""

import signal

import numpy as np
import pandas as pd
import pytest

from outcomes import methods as an
from outcomes.core import periods
from outcomes.core.errors import Invalid, NotEnough
from outcomes.methods import bootstrap, intervals, multiple_testing, power, spc

pytestmark = pytest.mark.filterwarnings("error")
MONTHS = pd.date_range("2015-01-01", periods=60, freq="MS")
START, NAN, INF = "2018-01", float("nan"), float("inf")
PANEL = pd.DataFrame(
    np.random.default_rng(0).poisson(20.0, (60, 30)),
    MONTHS,
    [f"u{k}" for k in range(30)],
    float,
)
SETS, ONE = [[c] for c in PANEL.columns[1:]], PANEL["u0"]
RATIOS = np.linspace(0.8, 1.2, 120)
PLACES = pd.DataFrame(
    {"longitude": -2.7, "latitude": 53.0 + np.arange(5)}, list("abcde")
)
WORDS = PANEL.astype(object).assign(u4="x")
LEVELS = PANEL.set_axis(pd.MultiIndex.from_product([range(6), range(10)]))
STEADY = pd.DataFrame(10.0, MONTHS, PANEL.columns)
FELL = STEADY.assign(u0=np.where(MONTHS >= "2018", 5.0, 10.0))
POPULATION = pd.Series(1000.0, PANEL.columns)


def evaluated(panel, start=START, sets=SETS, **more):
    return an.evaluate(
        panel, ["u0"], start, pool=list(PANEL.columns[1:]), placebo_sets=sets, **more
    )


REFUSED = {
    "shares of lists that differ": lambda: intervals.wilson([1, 2], [10, 10, 10]),
    "a share of what is missing": lambda: intervals.wilson(pd.NA, 10),
    "confidence in words": lambda: intervals.poisson(1, confidence="0.95"),
    "confidence that is 1 but for rounding": lambda: intervals.wilson(
        1, 10, confidence=1 - 1e-16
    ),
    "a ratio of lists that differ": lambda: intervals.poisson_ratio(
        [1, 2], [1, 1], [1, 2, 3], [1, 1, 1]
    ),
    "a row of effort that is none": lambda: intervals.effort_ratio(5, 1, 1),
    "a day that is none": lambda: intervals.days("2020-02-30", "2020-03-01"),
    "days as numbers": lambda: intervals.days(5, 6),
    "days with a time zone": lambda: periods.months(
        pd.Timestamp("2020", tz="UTC"), "2021"
    ),
    "a chart of words": lambda: spc.process_behaviour(["a"] * 9),
    "a baseline in words": lambda: spc.process_behaviour(ONE, baseline="2016"),
    "rebased without a reason": lambda: spc.process_behaviour(ONE, rebase=["2016"]),
    "the season of no dates": lambda: spc.season(pd.Series([1, 2, 3] * 9)),
    "the season of nothing": lambda: spc.season(pd.Series(dtype=float)),
    "no latest year": lambda: spc.process_behaviour(ONE, latest=0),
    "the memory of nothing": lambda: bootstrap.autocorrelation(pd.Series(NAN, MONTHS)),
    "the memory of negatives": lambda: bootstrap.autocorrelation(-ONE),
    "a funnel per nothing": lambda: spc.funnel(
        pd.DataFrame({"n": [1, 2, 3], "of": 9, "at": list("abc")}),
        count="n",
        denominator="of",
        label="at",
        per=0,
    ),
    "counts below 0": lambda: an.did(-PANEL, "u0", START),
    "a rank of counts below 0": lambda: an.randomisation(-PANEL, "u0", START, SETS),
    "words in a panel": lambda: an.did(WORDS, "u0", START),
    "an evaluation of words": lambda: evaluated(WORDS),
    "two levels of time": lambda: an.did(LEVELS, "u0", 36),
    "an evaluation without months": lambda: evaluated(PANEL.set_axis(range(60)), 36),
    "an evaluation of no such unit": lambda: evaluated(PANEL[[]]),
    "nobody treated": lambda: an.did(PANEL, None, START),
    "one minimum": lambda: an.did(PANEL, "u0", START, minimum=8),
    "no width": lambda: an.event_study(PANEL, "u0", START, width=0),
    "a negative width": lambda: an.event_study(PANEL, "u0", START, width=-3),
    "an interval of no confidence": lambda: an.its(ONE, START, confidence=NAN),
    "a mix of nothing before": lambda: an.fit_synthetic_control(
        PANEL, "u0", "2010", minimum=(0, 0)
    ),
    "a mix of nothing": lambda: an.simplex_weights(np.zeros((3, 0)), [1, 2, 3]),
    "placebos that never move": lambda: an.randomisation(FELL, "u0", START, SETS),
    "an interval from none that moved": lambda: an.placebo_interval(0.5, [1.0] * 99),
    "placebo ratios below 0": lambda: an.placebo_interval(0.5, [-1.0] * 99),
    "an infinite ratio": lambda: an.placebo_interval(INF, RATIOS),
    "what all that fell would show": lambda: power.minimum_detectable(
        placebo=[0.0] * 120
    ),
    "too sure of what would show": lambda: power.minimum_detectable(
        placebo=RATIOS, confidence=0.9999
    ),
    "no power": lambda: power.minimum_detectable(se=0.1, power=NAN),
    "a negative error": lambda: power.minimum_detectable(se=-1),
    "all are false alarms": lambda: multiple_testing.benjamini_hochberg(
        [0.01, 0.2], q=2
    ),
    "an inflation that is none": lambda: an.wdd((1, 2), (3, 4), inflation=NAN),
    "a negative inflation": lambda: an.rirr((1, 2), (3, 4), inflation=-1),
    "an exposure that is none": lambda: an.wdd((1, 2), (3, 4), exposure=(1, NAN)),
    "three counts of a pair": lambda: an.rirr((1, 2, 3), (1, 2)),
    "dispersion of no z": lambda: an.overdispersion(
        [an.wdd((5, 5), (5, 5))._replace(z=NAN)] * 10
    ),
    "matched with none": lambda: an.match_units(PANEL, ["u0"], START, ratio=0),
    "nobody lives there": lambda: an.match_units(
        PANEL, ["u0"], START, population=POPULATION * 0
    ),
    "placebo areas too large": lambda: an.match_sets(
        PANEL, [list(PANEL.columns[:9])], START
    ),
    "placebo areas unknown": lambda: an.match_sets(PANEL, [["zz"]], START),
    "clusters of none": lambda: an.contiguous_clusters(PLACES, 0),
    "clusters nowhere": lambda: an.contiguous_clusters(PLACES.assign(latitude=NAN), 2),
    "a ring of no width": lambda: an.ring(PLACES, ["a"], km=NAN),
    "a p of 0": lambda: an.reach_verdict(
        an.Evidence(0.5, 0.0), noun="crime", area="Wyre", comparison="others"
    ),
}


@pytest.fixture(autouse=True)
def in_time():
    """No case takes ten seconds."""
    signal.alarm(10)
    yield
    signal.alarm(0)


@pytest.mark.parametrize("case", REFUSED.values(), ids=REFUSED)
def test_what_gives_no_number_gives_a_sentence(case, capfd):
    with pytest.raises((Invalid, NotEnough)) as said:
        case()
    assert 20 < len(str(said.value)) < 300 and str(said.value).endswith(".")
    assert capfd.readouterr().err == ""


def test_where_no_placebo_area_moves_an_evaluation_has_a_reason_and_no_p():
    assert "exactly as the rest" in evaluated(FELL, matched=False).reason
    assert "exactly as the rest" in evaluated(FELL).reason


def test_where_placebo_areas_leave_too_few_to_match_an_evaluation_has_a_reason():
    few = PANEL.iloc[:, :19]
    sets = [[*few.columns[k : k + 5]] for k in range(1, 14)]
    pool = list(few.columns[1:])
    found = an.evaluate(few, ["u0"], START, pool=pool, placebo_sets=sets)
    assert (
        found.reason == "There are 13 units to match a placebo area of 5 with 3 each."
    )


@pytest.mark.parametrize("season", [False, True])
@pytest.mark.parametrize("last", [7, 9])
def test_a_series_that_hardly_moved_before_is_no_rarity_by_having_no_spread(
    season, last
):
    series = pd.Series(7.0, MONTHS)
    series.iloc[-3:] = last
    found = spc.process_behaviour(series, latest=12, season=season)
    made = bootstrap.no_change(series, found, history=series, draws=400)
    assert np.isfinite(made.strength) and made.p > 0.3


def test_an_interval_that_ends_just_short_of_no_change_is_not_written_as_ending_at_it():
    told = an.Evidence(0.7, 0.04, interval=(0.48, 0.9997), disjoint=50)
    said = an.reach_verdict(told, noun="crime", area="Wyre", comparison="others").detail
    assert "(95% interval −52% to −0.03%)" in said
