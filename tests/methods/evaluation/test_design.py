"""One evaluation end to end on made-up months, each part against its own second route."""

import numpy as np
import pandas as pd
import pytest

import outcomes as oc
from outcomes.core.errors import Invalid, NotEnough
from outcomes.methods import minimum_data, multiple_testing
from outcomes.methods.evaluation import design, difference_in_differences, matching
from outcomes.methods.evaluation.difference_in_differences import did
from outcomes.methods.evaluation.matching import match_sets, match_units
from outcomes.methods.evaluation.placebos import placebo_interval

START = "2023-01-01"


def months(count=60):
    return pd.date_range("2020-01-01", periods=count, freq="MS")


def panel(effect=1.0, units=150, seed=2):
    """Counts of small areas with levels of their own; the first six had a programme."""
    rng = np.random.default_rng(seed)
    mean = np.outer(np.exp(rng.normal(0, 0.1, 60)), rng.gamma(6, 2, units))
    mean[36:, :6] *= effect
    return pd.DataFrame(
        rng.poisson(mean), months(), [f"u{k:02d}" for k in range(units)]
    )


def run(frame, **options):
    treated, pool = list(frame.columns[:6]), list(frame.columns[6:])
    sets = [pool[k : k + 6] for k in range(0, len(pool) - 5)]
    return design.evaluate(
        frame, treated, START, pool=pool, placebo_sets=sets, **options
    )


def test_an_effect_put_in_is_found_and_its_interval_agrees_with_its_p():
    got = run(panel(0.6))
    assert got.did.ratio == pytest.approx(0.6, abs=0.06)
    assert got.did.ratio == pytest.approx(got.randomisation.ratio)
    assert got.randomisation.p <= 0.05 and got.did.upper < 1
    said = got.verdict(noun="burglary", area="here", direction="fewer")
    assert said.kind == "doubtful" and "no other comparison was tried" in said.detail
    again = {"all months": run(panel(0.6), same_months=False)}
    again["elsewhere"] = run(panel(0.6), pool_name="elsewhere", matched=False)
    again["pretended"] = run(panel(), pool_name="elsewhere")._replace(
        start=pd.Timestamp("2022-01-01")
    )
    calm = got.events._replace(pretrend_p=0.9)
    again = {k: e._replace(events=calm) for k, e in again.items()}
    said = got._replace(alternatives=again, events=calm).verdict(
        noun="burglary", area="here", direction="fewer"
    )
    assert said.kind == "effect" and "consistent with" in said.detail


@pytest.mark.parametrize("start", ["2023-01-15", pd.Timestamp("2023-01-31")])
def test_the_month_of_a_start_within_it_counts_as_after_it(start):
    frame = panel(0.6)
    treated, pool = list(frame.columns[:6]), list(frame.columns[6:])
    sets = [pool[k : k + 6] for k in range(0, len(pool) - 5, 6)]
    look = {"pool": pool, "placebo_sets": sets, "matched": False}
    got, first = (
        design.evaluate(frame, treated, day, **look) for day in (start, START)
    )
    assert got.start == first.start == pd.Timestamp(START)
    assert (got.did.ratio, got.did.post) == (first.did.ratio, 24)
    assert got.randomisation.p == first.randomisation.p


def test_the_quarter_of_a_start_within_it_counts_as_after_it():
    quarters = panel().resample("QS").sum()
    got = did(quarters, ["u00"], "2022-11", minimum=(8, 4))
    assert (got.pre, got.post) == (11, 9)
    first = did(quarters, ["u00"], "2022-10", minimum=(8, 4))
    assert got.ratio == first.ratio


def test_what_others_find_is_told_apart():
    """Pretended starts should find nothing; unsound ones and ones with a reason do not count."""
    effect, none = (
        run(f, matched=False)._replace(events=None) for f in (panel(0.6), panel())
    )
    calm = run(panel()).events._replace(pretrend_p=0.9)
    effect, none = (e._replace(events=calm) for e in (effect, none))
    bad = none._replace(checks={"balance": False}, pool="unsound place")
    early = effect._replace(start=pd.Timestamp("2022-01-01"))
    others = {
        "all months": none,
        "bad": bad,
        "early": early,
        "short": run(panel()[:40]),
    }
    got = effect._replace(alternatives=others).evidence()
    assert (got.not_replicated, got.other_comparison, got.placebo_date) == (
        ["all months"],
        False,
        True,
    )
    got = effect._replace(
        alternatives={"county": effect._replace(pool="the county")}
    ).evidence()
    assert (got.not_replicated, got.other_comparison, got.placebo_date) == (
        [],
        True,
        False,
    )


def test_placebo_areas_apart_bound_p_however_many_overlap():
    got = run(panel(0.6))
    assert (got.disjoint, got.randomisation.sets) == (24, 139)
    assert got.randomisation.p < 1 / 25 == got.unadjusted_p == got.p


def test_no_effect_is_not_found_and_the_sentence_says_what_would_have_shown():
    got = run(panel())
    assert got.randomisation.p > 0.05 and got.did.lower < 1 < got.did.upper
    said = got.verdict(noun="burglary", area="here", direction="fewer")
    assert said.kind == "none" and "would usually have stood out" in said.detail


def test_too_few_months_is_a_result():
    got = run(panel()[:40])
    assert np.isnan(got.did.ratio) and "Not enough months to tell" in got.reason
    said = got.verdict(noun="burglary", area="here", direction="fewer")
    assert (said.kind, said.sentence) == ("not_enough", got.reason)


def test_the_comparison_is_the_matched_one_and_the_change_is_its_did():
    frame = panel(0.6)
    got = run(frame, same_months=False)
    treated = list(frame.columns[:6])
    assert got.comparison == matching.match_units(frame, treated, START).units
    plain = difference_in_differences.did(
        frame[[*treated, *got.comparison]], treated, START
    )
    assert got.did.ratio == pytest.approx(plain.ratio)


def test_sets_matched_at_once_are_matched_as_one_by_one():
    frame = panel()[:36]
    sets = [["u03", "u04"], ["u20", "u21", "u22"]]
    got = matching.match_sets(frame, sets, START, ratio=3)
    for members, units in zip(sets, got, strict=True):
        one = matching.match_units(
            frame, members, START, ratio=3, minimum=(12, 0)
        ).units
        assert sorted(units) == one


def test_separate_keeps_the_first_of_those_that_overlap():
    assert matching.disjoint_sets([["a", "b"], ["b", "c"], ["c", "d"], ["a", "e"]]) == [
        ["a", "b"],
        ["c", "d"],
    ]


def test_calendar_bins_leave_a_gap_empty():
    frame = panel().drop(
        index=[m for m in months() if "2022-10" <= str(m)[:7] < "2023-04"]
    )
    got = difference_in_differences.event_study(frame, ["u00"], START, width=3).frame
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
    got = design.same_calendar_months(index, START)
    early, late = got[got < START], got[got >= START]
    assert 8 not in set(got.month)
    for side in (early, late):
        assert pd.Series(side.month).value_counts().nunique() == 1
    assert late.max() == index.max()


def test_unplaced_events_by_hand():
    got = design.missing_location_bounds((100, 80), (1000, 1000), (10, 20))
    ratios = dict(zip(got["case"], got["ratio"], strict=True))
    assert ratios["none of them inside"] == pytest.approx(0.8)
    assert ratios["all of them inside"] == pytest.approx(100 / 110)
    assert ratios["all before and none after"] == pytest.approx(80 / 110)
    assert ratios["none before and all after"] == pytest.approx(1.0)


def test_only_the_primary_outcome_is_spared_correction():
    runs = {
        name: run(panel(seed=k)) for k, name in enumerate(["first", "second", "third"])
    }
    got = design.adjust_for_multiple_testing(
        {**runs, "short": run(panel()[:40])}, primary="second"
    )
    assert (
        got["second"] == runs["second"]
        and got["second"].p == runs["second"].unadjusted_p
    )
    rest = [runs[k].unadjusted_p for k in ("first", "third")]
    assert [got["first"].p, got["third"].p] == list(
        multiple_testing.benjamini_hochberg(rest)["adjusted"]
    )
    assert [got[k].family_size for k in got] == [2, 0, 2, 0]


@pytest.mark.parametrize(
    ("pre", "post", "options", "sentence"),
    [
        (
            23,
            12,
            {},
            "Not enough months to tell: there are 23 months before the start where 24 are needed.",
        ),
        (
            24,
            11,
            {},
            "Not enough months to tell: there are 11 months after the start where 12 are needed.",
        ),
        (
            1,
            0,
            {"minimum": (2, 1), "unit": "weeks"},
            "Not enough weeks to tell: there are 1 weeks before the start where 2 are needed and "
            "0 weeks after the start where 1 are needed.",
        ),
    ],
)
def test_too_few_months_are_said_side_by_side(pre, post, options, sentence):
    with pytest.raises(NotEnough) as caught:
        minimum_data.require_months(pre, post, **options)
    assert str(caught.value) == sentence
    minimum_data.require_months(24, 12)


def of_sums(before, after, before_control, after_control):
    """A change whose treated and control areas have these sums before and after."""
    rows = pd.DataFrame(0, months(36), ["here", "there"])
    rows.iloc[0], rows.iloc[24] = (before, before_control), (after, after_control)
    return did(rows, "here", "2022-01-01")


@pytest.mark.parametrize(
    ("sums", "words"),
    [
        ((19, 40, 100, 200), "19 before the start"),
        ((20, 1, 100, 95), "19 to be expected after the start"),
        ((40, 40, 19, 30), "19 before the start in the comparison"),
        ((60, 40, 30, 19), "19 after the start in the comparison"),
        (
            (19, 5, 19, 18),
            "19 before the start and 18 to be expected after the start and 19 before the start in the "
            "comparison and 18 after the start in the comparison",
        ),
    ],
)
def test_too_few_events_are_told_with_where_they_are_few(sums, words):
    with pytest.raises(NotEnough) as caught:
        minimum_data.require_events(of_sums(*sums))
    sentence = f"Too few events to tell: {words}, where at least 20 are needed."
    assert str(caught.value) == sentence


def test_twenty_events_are_enough_and_a_success_is_no_lack_of_them():
    minimum_data.require_events(of_sums(20, 20, 20, 20))
    minimum_data.require_events(of_sums(200, 1, 200, 200))


@pytest.mark.parametrize(
    ("treated", "error", "sentence"),
    [
        (
            "fleetwod",
            Invalid,
            "The treated unit 'fleetwod' is not a column of the panel. Did you mean 'fleetwood'?",
        ),
        (
            ["fleetwood", "zz"],
            Invalid,
            "The treated unit 'zz' is not a column of the panel.",
        ),
        ([], NotEnough, "A comparison needs at least one treated and one other unit."),
        (
            ["fleetwood", "chorley"],
            NotEnough,
            "A comparison needs at least one treated and one other unit.",
        ),
        (
            "chorley",
            NotEnough,
            "Not enough periods to tell: there are 9 periods after the start where 10 are needed.",
        ),
    ],
)
def test_a_panel_that_cannot_be_compared_is_refused_in_these_words(
    treated, error, sentence
):
    rows = pd.DataFrame(1, range(20), ["fleetwood", "chorley"])
    with pytest.raises(error) as caught:
        minimum_data.wide(rows, treated, 11, minimum=(10, 10))
    assert str(caught.value) == sentence


def test_a_panel_is_put_in_order_and_a_month_with_a_gap_is_left_out():
    rows = pd.DataFrame(
        {"a": [3, 1, None, 2], "b": [1, 1, 1, 1]}, months(4)[[2, 0, 3, 1]]
    )
    got, treated, after = minimum_data.wide(rows, "a", "2020-03", minimum=(2, 1))
    assert (got["a"].tolist(), treated, after.tolist()) == (
        [1, 2, 3],
        ["a"],
        [False] * 2 + [True],
    )
    assert minimum_data.like("2020-03", got.index) == pd.Timestamp("2020-03-01")
    quarters = pd.period_range("2020Q1", periods=2, freq="Q")
    assert minimum_data.like("2020-05", quarters) == pd.Period("2020Q2")
    assert minimum_data.like(3, pd.RangeIndex(4)) == 3


def test_a_refused_evaluation_still_says_what_was_asked():
    got = run(panel()[:40], pool_name="elsewhere")
    assert got.reason == (
        "Not enough months to tell: there are 12 months before the start where 24 are needed and "
        "4 months after the start where 12 are needed."
    )
    assert got.reason_detail == (
        "Only calendar months that are there both before and after the start count, as a season "
        "would otherwise be compared with another."
    )
    assert (got.start, got.pool, len(got.comparison)) == (
        pd.Timestamp(START),
        "elsewhere",
        0,
    )
    assert (
        len(got.months) == 16 and not got.sound
    )  # the same four calendar months in each year


def test_months_are_compared_like_for_like_or_all_as_asked():
    frame = panel()[:57]
    assert (
        len(run(frame).months) == 36 + 12
    )  # three of each calendar month before, one after
    assert len(run(frame, same_months=False).months) == 57
    assert len(run(frame, minimum=(24, 13)).months) == 57


def test_too_few_events_are_a_result_as_well():
    thin = panel()
    thin.iloc[:, :6] = 0
    thin.iloc[[0, 40], :6] = 2
    assert run(thin, same_months=False).reason.startswith(
        "Too few events to tell: 12 before the start"
    )


def test_who_was_compared_with_is_said_in_words():
    assert run(panel()).comparison_name == "18 matched neighbourhoods"
    assert (
        run(panel(), matched=False, pool_name="the county").comparison_name
        == "the county"
    )


def test_people_and_deprivation_decide_who_is_compared_with():
    frame = panel()
    people = pd.Series(np.linspace(500, 3000, 150), frame.columns)
    score = pd.DataFrame({"imd": np.linspace(0, 50, 150)[::-1]}, frame.columns)
    got = run(frame, same_months=False, covariates=score, population=people)
    known = {"covariates": score, "population": people}
    treated = list(frame.columns[:6])
    assert got.comparison == match_units(frame, treated, START, **known).units
    assert got.comparison != run(frame, same_months=False, covariates=score).comparison
    assert got.comparison != run(frame, same_months=False, population=people).comparison
    placebo = match_sets(
        frame.drop(columns=treated), [list(frame.columns[9:15])], START, **known
    )
    rest = frame.drop(columns=treated)[[*frame.columns[9:15], *placebo[0]]]
    assert got.randomisation.placebo["ratio"][3] == pytest.approx(
        did(rest, list(frame.columns[9:15]), START).ratio
    )


def test_what_was_not_checked_and_what_was_stand_side_by_side():
    got = run(panel(), unchecked=["map points"])
    assert got.checks == {"balance before the start": True, "map points": None}
    assert run(panel(), matched=False).checks == {}


@pytest.mark.parametrize(("effect", "alike"), [(1, True), (0.6, False), (1.6, False)])
def test_places_near_by_must_move_as_the_distant_comparison_does(effect, alike):
    """The six places near by had an effect put in: then the two regions differ by themselves."""
    moved = panel(effect)
    near, here = list(moved.columns[:6]), list(moved.columns[6:12])
    pool = list(moved.columns[12:])
    sets = [pool[k : k + 6] for k in range(len(pool) - 5)]
    got = design.evaluate(
        moved,
        here,
        START,
        pool=pool,
        placebo_sets=sets,
        matched=False,
        nearby=near,
        pool_name="elsewhere",
    )
    assert got.checks == {"places near by moving with the comparison": alike}


def test_a_secondary_outcome_doubts_itself_and_one_by_itself_does_not():
    runs = {k: run(panel(0.6, seed=k)) for k in (1, 2, 3)}
    got = design.adjust_for_multiple_testing(runs, primary=2)
    assert [got[k].evidence().family_size for k in runs] == [2, 0, 2]
    assert got[1].evidence().unadjusted_p == runs[1].randomisation.p
    assert design.adjust_for_multiple_testing({2: runs[2]}, primary=2) == {2: runs[2]}
    found = got[1].evidence("fewer")
    assert (found.direction, found.disjoint, found.checks) == (
        "fewer",
        24,
        got[1].checks,
    )
    assert (
        found.detectable == got[1].detectable
        and found.pretrend_p == got[1].events.pretrend_p
    )
    assert np.isnan(got[1]._replace(events=None).evidence().pretrend_p)


def test_a_change_the_other_way_is_not_the_same_finding():
    fall, rise = (run(panel(f), matched=False) for f in (0.6, 1.6))
    calm = run(panel()).events._replace(pretrend_p=0.9)
    fall, rise = fall._replace(events=calm), rise._replace(events=calm)
    assert fall._replace(alternatives={"other": rise}).evidence().not_replicated == [
        "other"
    ]
    assert rise._replace(alternatives={"other": rise}).evidence().not_replicated == []


def test_drift_is_seen_by_quarter_or_by_half_year_where_quarters_are_thin():
    assert run(panel()).events.frame["event"].tolist() == list(range(-12, 8))
    thin = panel()
    thin.loc["2021-01":"2021-03", thin.columns[:6]] = 0
    assert run(thin).events.frame["event"].tolist() == list(range(-6, 4))
    thin.loc["2021-04":"2021-06", thin.columns[:6]] = 0
    assert run(thin).events is None


def test_six_months_before_and_one_after_are_enough_to_look_for_a_drift():
    treated = list(panel().columns[:6])
    for first, count in (("2022-07", 3), ("2022-08", None)):
        got = design.follow_in_time(panel()[first:"2023-01"], treated, START)
        assert count == (got and len(got.frame))


def test_of_like_months_the_latest_are_taken():
    """26 months before hold November and December thrice; 14 after hold two months twice."""
    index = pd.date_range("2020-11-01", periods=40, freq="MS")
    got = design.same_calendar_months(index, START)
    assert got.tolist() == [*index[2:26], *index[28:]]
    kept = design.same_calendar_months(index, START, minimum=(25, 13))
    assert kept.tolist() == index.tolist()
    half = pd.date_range(
        "2022-07-01", periods=18, freq="MS"
    )  # only July to December before
    got = design.same_calendar_months(half, START, minimum=(6, 6))
    assert got.tolist() == [*half[:6], *half[12:]]
    apart = pd.date_range("2022-10-01", periods=6, freq="MS")  # no month on both sides
    assert design.same_calendar_months(apart, START).equals(apart)


def test_three_designs_of_one_question():
    """Five places of Lancashire and four of Cumbria; one is treated and one next to it."""
    names = [*"abcde", *"wxyz"]
    places = pd.DataFrame(
        {
            "force": ["lancashire"] * 5 + ["cumbria"] * 4,
            "longitude": np.arange(9.0),
            "latitude": 54.0,
            "population": range(9),
            "imd2025_score": range(10, 19),
        },
        names,
    )
    got = design.designs(
        places,
        ["a"],
        ["b"],
        home="lancashire",
        away="cumbria",
        unchecked=["map points"],
        limit=2,
    )
    asked = ("pool_name", "pool", "placebo_sets", "matched", "nearby")
    told = {k: [d[w] for w in asked] for k, d in got.items()}
    home, away = list("cde"), list("wxyz")
    assert told == {
        "matched": ["other neighbourhoods", home, [["c"], ["e"]], True, []],
        "county": ["the rest of the county", home, [["c"], ["e"]], False, []],
        "cumbria": ["Cumbria", away, [["w"], ["z"]], False, home],
    }
    assert got["cumbria"]["covariates"] is got["cumbria"]["population"] is None
    for found in got.values():
        assert (found["unchecked"], found["minimum"]) == (["map points"], (24, 12))
    for found in (got["matched"], got["county"]):
        assert found["covariates"]["deprivation in 2025"].tolist() == list(
            range(10, 19)
        )
        assert found["population"].tolist() == list(range(9))
    named = places.replace({"lancashire": "Lancashire", "cumbria": "Dyfed-Powys"})
    got = design.designs(named, ["a"], ["b"], home="Lancashire", away="Dyfed-Powys")
    assert got["dyfed-powys"]["pool_name"] == "Dyfed-Powys"
    few = design.designs(places, list("abc"), [], home="lancashire", away="cumbria")
    assert (
        few["matched"]["placebo_sets"] == []
        and len(few["cumbria"]["placebo_sets"]) == 2
    )


def test_unplaced_events_have_four_extremes_in_order():
    got = design.missing_location_bounds((100, 80), (1000, 1000), (10, 20))
    assert got.columns.tolist() == ["case", "before", "after", "ratio"]
    assert got[["before", "after"]].to_numpy().tolist() == [
        [0, 0],
        [1, 1],
        [1, 0],
        [0, 1],
    ]
    assert got["case"].tolist() == [
        "none of them inside",
        "all of them inside",
        "all before and none after",
        "none before and all after",
    ]


def test_like_months_of_the_real_files_each_count_as_often():
    cover = oc.coverage(force="Lancashire")
    index = pd.DatetimeIndex(cover.loc[cover["state"] == "complete", "month"])
    got = design.same_calendar_months(index, "2023-09")
    before, after = got[got < "2023-09"], got[got >= "2023-09"]
    assert (before.month.value_counts() == 2).all() and (
        after.month.value_counts() == 1
    ).all()
    last = index[index < "2023-09"].max()  # of the run of months before the gap
    assert [before.min(), before.max()] == [last - pd.DateOffset(months=23), last]
    assert (len(before), len(after)) == (24, 12) and set(after.year) == {2025}
    short = design.same_calendar_months(
        index, "2021-07", minimum=(12, 12)
    )  # 10 alike are too few
    assert (
        set(short.month) == set(range(1, 13)) - {8, 9}
        and (short < "2021-07").sum() == 16
    )


def test_a_sum_and_its_parts_are_no_family():
    """Both outcomes of a claim count by themselves, and only the parts of one are corrected."""
    runs = {k: run(panel(seed=n)) for n, k in enumerate(("asb", "sum", "one", "two"))}
    got = design.adjust_for_multiple_testing(
        runs, primary=["asb", "sum"], families={"parts of sum": ["one", "two"]}
    )
    assert [e.family_size for e in got.values()] == [0, 0, 2, 2]
    assert got["sum"].p == runs["sum"].unadjusted_p
    assert got["one"].p >= runs["one"].unadjusted_p
    worst = max(runs["one"].unadjusted_p, runs["two"].unadjusted_p)
    least = min(runs["one"].unadjusted_p, runs["two"].unadjusted_p)
    assert sorted((got["one"].p, got["two"].p)) == pytest.approx(
        [min(2 * least, worst), worst]
    )
    with pytest.raises(Invalid, match="one family"):
        design.adjust_for_multiple_testing(
            runs, primary=["asb"], families={"parts of sum": ["one", "two"]}
        )


def test_a_ring_that_leaves_no_placebo_area_is_a_reason_and_no_error():
    frame = panel(units=20)
    treated, pool = list(frame.columns[:6]), list(frame.columns[6:])
    got = design.evaluate(
        frame, treated, START, pool=pool, placebo_sets=[], matched=False
    )
    assert "There are 0 placebo sets" in got.reason
    with pytest.raises(NotEnough, match="There are 0 placebo sets"):
        got.require_estimate()


def test_counts_without_a_place_bound_the_change_both_ways():
    frame, got = panel(0.6), run(panel(0.6))
    missing = pd.Series(5.0, index=frame.index)
    rows = got.missing_location_bounds(frame, list(frame.columns[:6]), missing)
    assert rows["change"].iloc[0] == pytest.approx(got.did.ratio - 1)
    assert rows["change"].min() < rows["change"].iloc[0] < rows["change"].max()
    assert got.change.estimate == pytest.approx(100 * rows["change"].iloc[0])


def test_counts_of_months_that_are_not_compared_bound_nothing():
    frame = panel(0.6).astype(float)
    frame.iloc[5] = np.nan
    missing = pd.Series(5.0, index=frame.index)
    flood = missing.mask(frame.index == frame.index[5], 1e6)
    got, treated = run(frame), list(frame.columns[:6])
    rows = [got.missing_location_bounds(frame, treated, m) for m in (missing, flood)]
    assert rows[0].equals(rows[1])


@pytest.mark.parametrize("effect", [0.6, 1.0])
def test_an_interval_leaves_out_no_change_exactly_when_p_says_so(effect):
    family = {k: run(panel(effect, seed=k)) for k in (1, 2, 3)}
    got = design.adjust_for_multiple_testing(family, primary=2)[1]
    for adjusted, p in ((True, got.p), (False, got.unadjusted_p)):
        found = got.interval(adjusted=adjusted)
        assert found.lower < got.did.ratio < found.upper
        assert (p <= 0.05) == (not found.lower <= 1 <= found.upper)
    by_itself = placebo_interval(
        got.did.ratio, got.randomisation.placebo["ratio"], confidence=0.95
    )
    assert got.interval(adjusted=False) == by_itself


def test_what_may_be_said_is_a_part_of_a_sentence():
    assert run(panel()).clause == "no clear change"
    assert run(panel()[:40]).clause == "there is too little to tell"
    assert run(panel()[:40]).pretrend == "" != run(panel()).pretrend


def two_counties(effect=1.0, seed=5):
    """Two counties of twelve districts of eight places; a good year of each is its own."""
    rng = np.random.default_rng(seed)
    names = [f"{c}{d:02d}-{k}" for c in "ab" for d in range(12) for k in range(8)]
    places = pd.DataFrame(
        {
            "force": ["Aland" if name[0] == "a" else "Bland" for name in names],
            "district": [name[:3] for name in names],
            "longitude": np.repeat(np.arange(24), 8) + np.tile(np.arange(8), 24) / 99,
            "latitude": 53.0,
            "population": 1000.0,
            "imd2025_score": 20.0,
        },
        names,
    )
    level = 12 * np.exp(np.repeat(rng.normal(0, 0.08, 24), 8))
    mean = np.tile(rng.uniform(8, 16, len(names)), (60, 1))
    mean[36:] *= level / 12
    mean[36:, 96:] *= 2  # what befell the second county alone
    mean[36:, :8] *= effect
    return places, pd.DataFrame(rng.poisson(mean), months(), names)


@pytest.mark.parametrize("effect", [1.0, 0.5])
def test_districts_of_two_counties_are_each_compared_with_their_own(effect):
    places, frame = two_counties(effect)
    treated = frame.columns[:8].tolist()
    found = design.designs(
        places, treated, [], home="Aland", away="Bland", groups="district"
    )["county"]
    got = design.evaluate(frame, treated, START, **found)
    assert (got.disjoint, got.randomisation.sets, got.testable) == (23, 23, True)
    assert got.placebo_areas == "other districts" and got.detectable is None
    after = frame.index >= START
    by = frame.T.groupby(places["district"]).sum().T
    for (units, _), ratio in zip(
        got.placebo_pairs, got.randomisation.placebo["ratio"], strict=True
    ):
        own = places.loc[units[0], "district"]
        free = [d for d in by if d[0] == own[0] and d not in (own, "a00")]
        rest = by[free].sum(axis=1)
        change = [x[after].sum() / x[~after].sum() for x in (by[own], rest)]
        assert ratio == pytest.approx(change[0] / change[1])
    assert got.did.ratio == pytest.approx(effect, rel=0.15)
    assert (got.p <= 0.05) == (effect < 1)


def test_the_other_force_is_a_comparison_for_each_district_by_turns():
    places, frame = two_counties()
    treated = frame.columns[:8].tolist()
    found = design.designs(
        places, treated, [], home="Aland", away="Bland", groups="district"
    )["bland"]
    got = design.evaluate(frame, treated, START, **found)
    for units, others in got.placebo_pairs:
        assert units[0][0] != others[0][0] and len(others) in (88, 96)
    assert got.did.ratio < 0.6 and got.p > 0.05  # the county's own year is no effect
    assert got.checks["places near by moving with the comparison"] is False
    assert not got.sound
