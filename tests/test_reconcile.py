"""Reconciling: the programme's own figures, a second route, and properties of made-up histories."""

from itertools import combinations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from outcomes.core import periods
from outcomes.core.errors import Invalid
from outcomes.data import rounding
from outcomes.methods.reconcile import conflicts, constraints, reconciliation
from outcomes.methods.reconcile.model import build


def figures(*rows, **extra):
    names = ["figure", "value", "qualifier", "period_start", "period_end", "unit"]
    frame = pd.DataFrame([(*r, "count")[:6] for r in rows], columns=names)
    return frame.assign(
        period_start=pd.to_datetime(frame["period_start"]),
        period_end=pd.to_datetime(frame["period_end"]),
        **extra,
    )


ARRESTS = figures(
    ("seed", 1409, "exact", "2022-11-01", "2023-12-31"),
    ("one-year", 1200, "over", "2022-11-01", "2023-10-31"),
    ("recalled", 1200, "exact", "2022-11-01", "2023-10-31"),
    ("two-years", 3067, "exact", "2022-11-01", "2024-10-31"),
    ("two-years-copy", 3067, "exact", "2022-11-01", "2024-10-31"),
    ("second-year", 1855, "exact", "2023-11-01", "2024-10-31"),
    ("2024-25", 2252, "exact", "2024-04-01", "2025-03-31"),
    ("2024-25-over", 2200, "over", "2024-04-01", "2025-03-31"),
    period_state=["stated", "inferred"] * 4,
)
SPAN = ["period_start", "period_end"]
YEAR_ONE = periods.one_period("year one", "2022-11-01", "2023-10-31")
TAIL = periods.one_period("end of 2023", "2023-11-01", "2023-12-31")


def test_op_warrior_arrests_come_out_to_the_unit():
    asked = pd.concat([YEAR_ONE, TAIL])
    got = reconciliation.bounds(ARRESTS, asked)
    assert got.contradictions == []
    assert list(got.bounds["lower"]) == list(got.bounds["upper"]) == [1212, 197]
    assert list(got.bounds["state"]) == ["exact", "exact"]
    assert got.bounds["binding"][0] == ["two-years", "two-years-copy", "second-year"]
    assert got.bounds["binding"][1][0] == "seed"
    assert got.bounds["inferred"].all()


def test_financial_years_by_hand():
    """2023-24: at least November 2023 to March 2024 less what 2024-25 can hold: 1,855 less all of
    it is 0, so 197; at most 1,212 + 1,855. 2022-23 reaches before the first figure: no limit."""
    got = reconciliation.bounds(
        ARRESTS, periods.financial_years("2022-04-01", "2025-03-31")
    ).bounds
    assert list(got["label"]) == ["2022-23", "2023-24", "2024-25"]
    assert list(got["lower"]) == [0, 197, 2252]
    assert list(got["upper"]) == [np.inf, 3067, 2252]
    assert list(got["state"]) == ["open", "bounded", "exact"]


def test_a_launch_closes_the_year_before_it():
    launch = figures(("launch", 0, "exact", "2022-04-01", "2022-10-31"))
    both = pd.concat([ARRESTS, launch])
    got = reconciliation.bounds(
        both, periods.financial_years("2022-04-01", "2023-03-31")
    ).bounds
    assert (got["lower"][0], got["upper"][0], got["state"][0]) == (0, 1212, "bounded")


@pytest.mark.parametrize(
    ("value", "unit", "room"),
    [
        (1409, "count", 0.5),
        (1200, "count", 50),
        (10_550, "plants", 5),
        (1_300_000, "£", 50_000),
        (1_347_298, "GBP", 0.5),
        (360_942.6, "£", 0.005),
        (608.417, "years", 0.0005),
        (20, "count", 0.5),
        (0, "count", 0.5),
    ],
)
def test_rounding_is_half_of_the_last_place_printed(value, unit, room):
    assert rounding.tolerance(value, unit) == pytest.approx(room, rel=1e-12)


@pytest.mark.parametrize(
    ("qualifier", "low", "high"),
    [
        ("exact", 1150, 1250),
        ("over", 1200, np.inf),
        ("at_least", 1200, np.inf),
        ("nearly", 1080, 1200),
        ("approx", 1080, 1320),
    ],
)
def test_what_each_qualifier_allows(qualifier, low, high):
    one = figures(("a", 1200, qualifier, "2022-11-01", "2023-10-31"))
    got = reconciliation.bounds(one, YEAR_ONE).bounds.iloc[0]
    assert (got["lower"], got["upper"]) == (low, high)


def test_a_rounded_number_does_not_contradict_a_precise_one():
    one = figures(
        ("rounded", 1200, "exact", "2022-11-01", "2023-10-31"),
        ("precise", 1212, "exact", "2022-11-01", "2023-10-31"),
    )
    got = reconciliation.bounds(one, YEAR_ONE)
    assert got.contradictions == [] and got.bounds["point"][0] == 1212


def test_two_statements_of_one_period_contradict_and_both_stay_in_the_bounds():
    one = figures(
        ("release", 522, "exact", "2022-11-01", "2023-10-31"),
        ("report", 531, "exact", "2022-11-01", "2023-10-31"),
        ("copy", 522, "exact", "2022-11-01", "2023-10-31"),
    )
    got = reconciliation.bounds(one, YEAR_ONE)
    assert [c["figures"] for c in got.contradictions] == [["release", "report", "copy"]]
    needs = {
        m["figure"]: (m["lower"], m["upper"]) for m in got.contradictions[0]["members"]
    }
    assert needs == {"release": (531, 531), "copy": (531, 531), "report": (522, 522)}
    row = got.bounds.iloc[0]
    assert (row["lower"], row["upper"], row["state"]) == (522, 531, "contradicted")
    assert (
        "522 for November 2022 to October 2023 (it would have to be 531)"
        in (got.contradictions[0]["sentence"])
    )


def test_the_smallest_contradicting_set_is_named_with_what_each_would_have_to_be():
    rows = figures(
        ("h1", 100, "exact", "2023-01-01", "2023-06-30"),
        ("h2", 151, "exact", "2023-07-01", "2023-12-31"),
        ("year", 303, "exact", "2023-01-01", "2023-12-31"),
        ("bystander", 55, "exact", "2024-01-01", "2024-12-31"),
    )
    rows.loc[0, "value"] = 101
    got = reconciliation.bounds(
        rows, periods.calendar_years("2023-01-01", "2024-12-31")
    )
    assert [c["figures"] for c in got.contradictions] == [["h1", "h2", "year"]]
    needs = {
        m["figure"]: (m["lower"], m["upper"]) for m in got.contradictions[0]["members"]
    }
    assert needs == {"h1": (152, 152), "h2": (202, 202), "year": (252, 252)}
    assert list(got.bounds["state"]) == ["contradicted", "exact"]
    assert (got.bounds["lower"][0], got.bounds["upper"][0]) == (252, 303)


def test_parts_hold_up_the_whole_and_the_whole_limits_its_parts():
    rows = figures(
        ("east", 17, "exact", "2023-01-01", "2023-12-31"),
        ("west", 21, "exact", "2023-01-01", "2023-12-31"),
        ("force", 45, "nearly", "2023-01-01", "2023-12-31"),
        area=["east", "west", "lancashire"],
    )
    tree = {"east": "lancashire", "west": "lancashire", "south": "lancashire"}
    year = periods.one_period("2023", "2023-01-01", "2023-12-31")
    whole = reconciliation.bounds(
        rows, year, area="lancashire", parent=tree
    ).bounds.iloc[0]
    assert (whole["lower"], whole["upper"]) == (41, 45)  # nearly 45 is 40.5 or more
    rows.loc[2, "qualifier"] = "exact"
    south = reconciliation.bounds(rows, year, area="south", parent=tree).bounds.iloc[0]
    assert (south["lower"], south["upper"], south["binding"]) == (0, 45, ["force"])
    with pytest.raises(Invalid, match="name one with area="):
        reconciliation.bounds(rows, year)


def test_parts_of_two_levels_are_not_added_up_for_they_may_overlap():
    rows = figures(
        ("division", 17, "exact", "2023-01-01", "2023-12-31"),
        ("district", 15, "exact", "2023-01-01", "2023-12-31"),
        area=["east", "burnley"],
    )
    tree = pd.DataFrame(
        {
            "area": ["east", "burnley", "lancashire"],
            "parent": ["lancashire", "lancashire", None],
        }
    ).assign(level=["division", "district", "force"])
    year = periods.one_period("2023", "2023-01-01", "2023-12-31")
    got = reconciliation.bounds(rows, year, area="lancashire", parent=tree).bounds.iloc[
        0
    ]
    assert (got["lower"], got["binding"]) == (17, ["division"])


def test_a_figure_for_part_of_the_measure_is_only_a_floor():
    rows = figures(("raids", 16, "exact", "2022-11-01", "2022-11-30"), part=True)
    got = reconciliation.bounds(rows, YEAR_ONE).bounds.iloc[0]
    assert (got["lower"], got["state"]) == (16, "open")


def test_kinds_of_drug_cannot_weigh_more_than_all_drugs():
    """Op Warrior 2024-25: 77 kg of class A and 594 kg of cannabis, beside 616 kg in all."""
    rows = figures(
        ("all", 616, "exact", "2024-04-01", "2025-03-31", "kg"),
        ("class A", 77, "exact", "2024-04-01", "2025-03-31", "kg"),
        ("cannabis", 594, "exact", "2024-04-01", "2025-03-31", "kg"),
        area=["drugs", "class A", "cannabis"],
    )
    year = periods.financial_years("2024-04-01", "2025-03-31")
    tree = {"class A": "drugs", "cannabis": "drugs"}
    got = reconciliation.bounds(rows, year, area="drugs", parent=tree, integral=False)
    assert [c["figures"] for c in got.contradictions] == [
        ["all", "class A", "cannabis"]
    ]
    needs = {
        m["figure"]: (m["lower"], m["upper"]) for m in got.contradictions[0]["members"]
    }
    assert needs == {"all": (670, np.inf), "class A": (0, 23), "cannabis": (0, 540)}
    assert got.bounds["state"][0] == "contradicted"


def test_rates_and_mixed_units_are_refused():
    rate = figures(("a", 17, "exact", "2023-01-01", "2023-12-31")).assign(
        unit="per week"
    )
    for unit in ("per week", "£ per week", "%", "per 100,000"):
        with pytest.raises(Invalid, match="do not add"):
            reconciliation.bounds(rate.assign(unit=unit), YEAR_ONE)
    mixed = pd.concat([ARRESTS, ARRESTS.assign(unit="kg")])
    with pytest.raises(Invalid, match="different units"):
        reconciliation.bounds(mixed, YEAR_ONE)
    with pytest.raises(Invalid, match="Did you mean"):
        reconciliation.bounds(ARRESTS.assign(qualifier="exactly"), YEAR_ONE)


def test_path_is_the_steadiest_by_a_grid():
    """Second route: two halves, the year known, each half bounded; try every split."""
    rows = figures(
        ("year", 365, "exact", "2023-01-01", "2023-12-31"),
        ("h1", 300, "over", "2023-01-01", "2023-06-30"),
    )
    path = reconciliation.bounds(
        rows, periods.one_period("2023", "2023-01-01", "2023-12-31")
    ).path
    splits = np.arange(300, 366)
    wobble = np.abs(splits / 181 - (365 - splits) / 184)
    assert path["total"][0] == pytest.approx(splits[wobble.argmin()])
    assert path["total"].sum() == pytest.approx(365)


def test_periods_name_themselves():
    years = periods.financial_years("2022-11-01", "2024-04-01")
    assert list(years["label"]) == ["2022-23", "2023-24", "2024-25"]
    assert str(years["end"][0].date()) == "2023-03-31"
    assert list(periods.quarters("2023-11-01", "2024-01-01")["label"]) == [
        "2023 Q4",
        "2024 Q1",
    ]
    assert list(periods.months("2023-11-01", "2024-01-01")["label"])[-1] == "2024-01"


def cut(asked):
    """Periods with the whole days at which they begin and stop, as the programme needs them."""
    first, last = (
        constraints.day_number(asked["start"]),
        constraints.day_number(asked["end"]),
    )
    return asked.assign(first=first, stop=last + 1)


# Made-up histories: daily truth, statements of random spans, rounded and qualified.

DAYS = pd.date_range("2023-01-01", periods=40)
truths = st.lists(st.integers(0, 9), min_size=40, max_size=40)
spans = st.tuples(st.integers(0, 39), st.integers(0, 39)).map(
    lambda p: (min(p), max(p))
)
kinds = st.sampled_from(["exact", "rounded", "over", "nearly", "approx"])
statements = st.lists(st.tuples(spans, kinds), min_size=1, max_size=10)


def publish(truth, made):
    """True statements about a daily history, in the forms in which figures are printed."""
    rows = []
    for k, ((a, b), kind) in enumerate(made):
        total = sum(truth[a : b + 1])
        value, qualifier = total, kind
        if kind == "exact" and total >= 100 and total % 10 == 0:
            qualifier = "at_least"  # a true 130 printed in full reads as rounded, which is weaker
        if kind == "rounded":
            value, qualifier = (round(total, -1) if total >= 100 else total), "exact"
        elif kind == "over":
            value = max(total - k, 0)
        elif kind == "nearly":
            value = int(total * 1.05)
        rows.append((f"f{k}", value, qualifier, DAYS[a], DAYS[b]))
    return figures(*rows)


@settings(max_examples=40, deadline=None)
@given(truths, statements, st.lists(spans, min_size=1, max_size=3))
def test_the_truth_is_always_inside(truth, made, asked):
    frame = pd.concat(
        [periods.one_period(f"{a}-{b}", DAYS[a], DAYS[b]) for a, b in asked]
    )
    got = reconciliation.bounds(publish(truth, made), frame, integral=True)
    assert got.contradictions == []
    for (a, b), row in zip(asked, got.bounds.itertuples(), strict=True):
        assert row.lower <= sum(truth[a : b + 1]) <= row.upper


@settings(max_examples=40, deadline=None)
@given(truths, statements, spans)
def test_bounds_never_widen_when_a_figure_is_added(truth, made, asked):
    frame = periods.one_period("asked", DAYS[asked[0]], DAYS[asked[1]])
    all_of_it = publish(truth, made)
    fewer = reconciliation.bounds(
        all_of_it.iloc[:-1], frame, integral=True
    ).bounds.iloc[0]
    more = reconciliation.bounds(all_of_it, frame, integral=True).bounds.iloc[0]
    assert more["lower"] >= fewer["lower"] and more["upper"] <= fewer["upper"]


@settings(max_examples=40, deadline=None)
@given(truths, statements, st.integers(0, 20), st.integers(0, 18))
def test_the_union_of_two_periods_lies_within_the_sum_of_their_bounds(
    truth, made, a, width
):
    middle, last = a + width // 2, a + width + 1
    asked = [
        periods.one_period("first", DAYS[a], DAYS[middle]),
        periods.one_period("second", DAYS[middle + 1], DAYS[last]),
        periods.one_period("both", DAYS[a], DAYS[last]),
    ]
    got = reconciliation.bounds(
        publish(truth, made), pd.concat(asked), integral=True
    ).bounds
    one, two, both = (got.iloc[k] for k in range(3))
    assert both["lower"] >= one["lower"] + two["lower"]
    assert both["upper"] <= one["upper"] + two["upper"]


def shortest_paths(frame, asked):
    """Second route for one area: bounds on cumulative totals by Floyd and Warshall.

    With S(t) the running total, a figure says low <= S(stop) - S(start) <= high and S never
    falls. The tightest bound on any difference is a shortest path; a negative cycle on the
    diagonal is a contradiction.
    """
    stated, _ = constraints.read(frame, integral=True)
    first, stop = (
        constraints.day_number(asked["start"])[0],
        constraints.day_number(asked["end"])[0] + 1,
    )
    cuts = np.unique(np.r_[stated["start"], stated["stop"], first, stop])
    far = np.full((len(cuts), len(cuts)), np.inf)
    np.fill_diagonal(far, 0)
    for k in range(len(cuts) - 1):
        far[k + 1, k] = 0
    for r in stated.itertuples():
        i, j = np.searchsorted(cuts, [r.start, r.stop])
        far[i, j], far[j, i] = min(far[i, j], r.high), min(far[j, i], -r.low)
    for k in range(len(cuts)):
        far = np.minimum(far, far[:, [k]] + far[[k], :])
    i, j = np.searchsorted(cuts, [first, stop])
    return -far[j, i], far[i, j], bool((np.diag(far) < 0).any())


@settings(max_examples=60, deadline=None)
@given(truths, statements, spans, st.integers(-3, 3))
def test_bounds_equal_shortest_paths_and_both_routes_see_contradictions(
    truth, made, asked, slip
):
    frame = publish(truth, made)
    frame.loc[0, "value"] = max(frame.loc[0, "value"] + slip, 0)
    one = periods.one_period("asked", DAYS[asked[0]], DAYS[asked[1]])
    got = reconciliation.bounds(frame, one, integral=True)
    lower, upper, clash = shortest_paths(frame, one)
    assert bool(got.contradictions) == clash
    if not clash:
        assert (got.bounds["lower"][0], got.bounds["upper"][0]) == (lower, upper)


@settings(max_examples=30, deadline=None)
@given(truths, statements, st.integers(1, 40))
def test_a_named_set_contradicts_and_none_of_it_can_be_spared(truth, made, slip):
    frame = publish(truth, made)
    frame.loc[0, "value"] += slip
    frame.loc[0, "qualifier"] = "exact"
    one = periods.one_period("asked", DAYS[0], DAYS[-1])
    for found in reconciliation.bounds(frame, one, integral=True).contradictions[:1]:
        named = frame[frame["figure"].isin(found["figures"])]
        assert reconciliation.bounds(named, one, integral=True).contradictions
        for claim in named.groupby(
            ["value", "period_start", "period_end"]
        ).groups.values():
            rest = named.drop(index=claim)
            if len(rest):
                assert not reconciliation.bounds(
                    rest, one, integral=True
                ).contradictions


@settings(max_examples=60, deadline=None)
@given(truths, statements, st.lists(spans, min_size=1, max_size=2), st.integers(1, 300))
def test_the_truth_is_inside_when_one_figure_is_wrong(truth, made, asked, slip):
    """Whichever figure it is: to leave it out is one of the ways to make the others agree."""
    frame = publish(truth, made)
    frame.loc[0, "value"] += slip
    frame = pd.concat(
        [frame[:1], frame[1:][(frame[1:][SPAN] != frame.loc[0, SPAN]).any(axis=1)]]
    )
    ask = pd.concat(
        [periods.one_period(f"{a}-{b}", DAYS[a], DAYS[b]) for a, b in asked]
    )
    got = reconciliation.bounds(frame, ask, integral=True)
    if got.contradictions:
        for (a, b), row in zip(asked, got.bounds.itertuples(), strict=True):
            assert row.lower <= sum(truth[a : b + 1]) <= row.upper


def every_culprit(frame, asked):
    """Second route: leave out every set of figures by which the rest agree, none to spare."""
    ways, hull = [], []
    for size in range(len(frame)):
        for left_out in map(set, combinations(frame.index, size)):
            if not any(w <= left_out for w in ways):
                lower, upper, clash = shortest_paths(
                    frame.drop(index=list(left_out)), asked
                )
                if not clash:
                    ways.append(left_out)
                    hull.append((lower, upper))
    return min(low for low, _ in hull), max(high for _, high in hull)


@settings(max_examples=60, deadline=None)
@given(
    truths, statements, spans, st.lists(st.integers(-40, 80), min_size=3, max_size=3)
)
def test_bounds_are_those_of_every_culprit_together(truth, made, asked, slips):
    frame = publish(truth, made).drop_duplicates(SPAN)[:7].reset_index(drop=True)
    for k, slip in enumerate(slips[: len(frame)]):
        frame.loc[k, "value"] = max(frame.loc[k, "value"] + slip, 0)
    one = periods.one_period("asked", DAYS[asked[0]], DAYS[asked[1]])
    lower, upper = every_culprit(frame, one)
    got = reconciliation.bounds(frame, one, integral=True).bounds.iloc[0]
    assert (got["lower"], got["upper"]) == (lower, upper)


def test_groups_apart_that_give_way_only_together_are_tried_together():
    rows = figures(
        ("67", 67, "exact", "2023-01-01", "2023-01-16"),
        ("41", 41, "exact", "2023-01-18", "2023-01-28"),
        ("none late", 0, "exact", "2023-01-15", "2023-02-04"),
        ("none early", 0, "exact", "2023-01-01", "2023-01-24"),
    )
    got = reconciliation.bounds(
        rows, periods.one_period("between", "2023-01-16", "2023-01-19")
    ).bounds.iloc[0]
    assert (got["lower"], got["upper"]) == (0, np.inf)  # only without both of the nones


def test_three_figures_over_three_periods_blame_each_in_turn():
    """By hand: 101 and 151 make 252, not 303. Without either half, the year is 303 and that half
    what is left of it; without the year it is 252."""
    rows = figures(
        ("h1", 101, "exact", "2023-01-01", "2023-06-30"),
        ("h2", 151, "exact", "2023-07-01", "2023-12-31"),
        ("year", 303, "exact", "2023-01-01", "2023-12-31"),
    )
    halves = [
        periods.one_period("h1", "2023-01-01", "2023-06-30"),
        periods.one_period("h2", "2023-07-01", "2023-12-31"),
        periods.one_period("year", "2023-01-01", "2023-12-31"),
    ]
    got = reconciliation.bounds(rows, pd.concat(halves)).bounds
    assert list(zip(got["lower"], got["upper"], strict=True)) == [
        (101, 152),
        (151, 202),
        (252, 303),
    ]


def test_a_total_that_its_part_exceeds_may_be_the_wrong_one_and_then_nothing_limits_it():
    rows = figures(
        ("month", 156, "exact", "2023-06-01", "2023-06-30"),
        ("year", 120, "at_least", "2023-01-01", "2023-12-31"),
        ("printed", 121, "exact", "2023-01-01", "2023-12-31"),
    )
    got = reconciliation.bounds(
        rows, periods.one_period("year", "2023-01-01", "2023-12-31")
    )
    assert [c["figures"] for c in got.contradictions] == [["month", "printed"]]
    row = got.bounds.iloc[0]
    assert (row["lower"], row["upper"], row["state"]) == (121, np.inf, "contradicted")


def test_a_limit_that_is_gone_only_because_a_figure_may_be_wrong_is_disputed():
    """Blackpool's arrests: were the 103 right, 243 of the 443 would lie after September 2022."""
    rows = figures(
        ("over 200", 200, "over", "2021-01-01", "2021-12-31"),
        ("103", 103, "exact", "2021-01-01", "2022-09-30"),
        ("443", 443, "exact", "2021-07-01", "2024-03-31"),
    )
    got = reconciliation.bounds(
        rows, periods.one_period("rest", "2022-10-01", "2024-03-31")
    )
    row = got.bounds.iloc[0]
    assert [c["figures"] for c in got.contradictions] == [["over 200", "103"]]
    assert (row["lower"], row["upper"], row["state"]) == (0, 443, "contradicted")


def test_ways_to_blame_are_the_smallest_and_none_is_believed_where_they_are_too_many():
    one, two, far = frozenset("ab"), frozenset("bc"), frozenset("xy")
    found = conflicts.ways([one, far, two])
    assert found == [frozenset(way) for way in ("acx", "acy", "bx", "by")]
    many = [frozenset((2 * k, 2 * k + 1)) for k in range(8)]
    assert len(conflicts.ways(many[:7])) == 128
    assert conflicts.ways(many) == [frozenset(range(16))]


def test_sets_are_empty_when_everything_agrees():
    stated, _ = constraints.read(ARRESTS, integral=None)
    assert (
        conflicts.smallest_set(build(stated, cut(YEAR_ONE), area="", parent={})) == []
    )
