"""Bounds: the programme's own figures, a second route, properties of made-up histories, edges."""

from itertools import combinations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import outcomes as oc
from figure_maker import figures
from outcomes.core import periods
from outcomes.core.errors import Invalid
from outcomes.methods import reconcile
from outcomes.methods.reconcile import bounds_by_measure, constraints, growth, model

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
    got = reconcile.bounds(ARRESTS, asked)
    assert got.contradictions == []
    assert list(got.bounds["lower"]) == list(got.bounds["upper"]) == [1212, 197]
    assert list(got.bounds["state"]) == ["exact", "exact"]
    assert got.bounds["binding"][0] == ["two-years", "two-years-copy", "second-year"]
    assert got.bounds["binding"][1][0] == "seed"
    assert got.bounds["inferred"].all()


def test_financial_years_by_hand():
    """2023-24: at least November 2023 to March 2024 less what 2024-25 can hold: 1,855 less all of
    it is 0, so 197; at most 1,212 + 1,855. 2022-23 reaches before the first figure: no limit."""
    got = reconcile.bounds(
        ARRESTS, periods.financial_years("2022-04-01", "2025-03-31")
    ).bounds
    assert list(got["label"]) == ["2022-23", "2023-24", "2024-25"]
    assert list(got["lower"]) == [0, 197, 2252]
    assert list(got["upper"]) == [np.inf, 3067, 2252]
    assert list(got["state"]) == ["open", "bounded", "exact"]


def test_a_launch_closes_the_year_before_it():
    launch = figures(("launch", 0, "exact", "2022-04-01", "2022-10-31"))
    both = pd.concat([ARRESTS, launch])
    got = reconcile.bounds(
        both, periods.financial_years("2022-04-01", "2023-03-31")
    ).bounds
    assert (got["lower"][0], got["upper"][0], got["state"][0]) == (0, 1212, "bounded")


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
    got = reconcile.bounds(one, YEAR_ONE).bounds.iloc[0]
    assert (got["lower"], got["upper"]) == (low, high)


def test_a_rounded_number_does_not_contradict_a_precise_one():
    one = figures(
        ("rounded", 1200, "exact", "2022-11-01", "2023-10-31"),
        ("precise", 1212, "exact", "2022-11-01", "2023-10-31"),
    )
    got = reconcile.bounds(one, YEAR_ONE)
    assert got.contradictions == [] and got.bounds["point"][0] == 1212


def test_two_statements_of_one_period_contradict_and_both_stay_in_the_bounds():
    one = figures(
        ("release", 522, "exact", "2022-11-01", "2023-10-31"),
        ("report", 531, "exact", "2022-11-01", "2023-10-31"),
        ("copy", 522, "exact", "2022-11-01", "2023-10-31"),
    )
    got = reconcile.bounds(one, YEAR_ONE)
    assert [c.figures for c in got.contradictions] == [["release", "report", "copy"]]
    needs = {
        m["figure"]: (m["lower"], m["upper"]) for m in got.contradictions[0].members
    }
    assert needs == {"release": (531, 531), "copy": (531, 531), "report": (522, 522)}
    row = got.bounds.iloc[0]
    assert (row["lower"], row["upper"], row["state"]) == (522, 531, "contradicted")
    assert "522 for November 2022 to October 2023 (it would have to be 531)" in (
        got.contradictions[0].sentence
    )


def test_the_smallest_contradicting_set_is_named_with_what_each_would_have_to_be():
    rows = figures(
        ("h1", 100, "exact", "2023-01-01", "2023-06-30"),
        ("h2", 151, "exact", "2023-07-01", "2023-12-31"),
        ("year", 303, "exact", "2023-01-01", "2023-12-31"),
        ("bystander", 55, "exact", "2024-01-01", "2024-12-31"),
    )
    rows.loc[0, "value"] = 101
    got = reconcile.bounds(rows, periods.calendar_years("2023-01-01", "2024-12-31"))
    assert [c.figures for c in got.contradictions] == [["h1", "h2", "year"]]
    needs = {
        m["figure"]: (m["lower"], m["upper"]) for m in got.contradictions[0].members
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
    whole = reconcile.bounds(rows, year, area="lancashire", parent=tree).bounds.iloc[0]
    assert (whole["lower"], whole["upper"]) == (41, 45)  # nearly 45 is 40.5 or more
    rows.loc[2, "qualifier"] = "exact"
    south = reconcile.bounds(rows, year, area="south", parent=tree).bounds.iloc[0]
    assert (south["lower"], south["upper"], south["binding"]) == (0, 45, ["force"])
    with pytest.raises(Invalid, match="name one with area="):
        reconcile.bounds(rows, year)


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
    got = reconcile.bounds(rows, year, area="lancashire", parent=tree).bounds.iloc[0]
    assert (got["lower"], got["binding"]) == (17, ["division"])


def test_a_figure_for_part_of_the_measure_is_only_a_floor():
    rows = figures(("raids", 16, "exact", "2022-11-01", "2022-11-30"), part=True)
    got = reconcile.bounds(rows, YEAR_ONE).bounds.iloc[0]
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
    got = reconcile.bounds(rows, year, area="drugs", parent=tree, integral=False)
    assert [c.figures for c in got.contradictions] == [["all", "class A", "cannabis"]]
    needs = {
        m["figure"]: (m["lower"], m["upper"]) for m in got.contradictions[0].members
    }
    assert needs == {"all": (670, np.inf), "class A": (0, 23), "cannabis": (0, 540)}
    assert got.bounds["state"][0] == "contradicted"


def test_rates_and_mixed_units_are_refused():
    rate = figures(("a", 17, "exact", "2023-01-01", "2023-12-31")).assign(
        unit="per week"
    )
    for unit in ("per week", "£ per week", "%", "per 100,000"):
        with pytest.raises(Invalid, match="do not add"):
            reconcile.bounds(rate.assign(unit=unit), YEAR_ONE)
    mixed = pd.concat([ARRESTS, ARRESTS.assign(unit="kg")])
    with pytest.raises(Invalid, match="different units"):
        reconcile.bounds(mixed, YEAR_ONE)
    with pytest.raises(Invalid, match="Did you mean"):
        reconcile.bounds(ARRESTS.assign(qualifier="exactly"), YEAR_ONE)


def test_path_is_the_steadiest_by_a_grid():
    """Second route: two halves, the year known, each half bounded; try every split."""
    rows = figures(
        ("year", 365, "exact", "2023-01-01", "2023-12-31"),
        ("h1", 300, "over", "2023-01-01", "2023-06-30"),
    )
    path = reconcile.bounds(
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


@settings(deadline=None)
@given(truths, statements, st.lists(spans, min_size=1, max_size=3))
def test_the_truth_is_always_inside(truth, made, asked):
    frame = pd.concat(
        [periods.one_period(f"{a}-{b}", DAYS[a], DAYS[b]) for a, b in asked]
    )
    got = reconcile.bounds(publish(truth, made), frame, integral=True)
    assert got.contradictions == []
    for (a, b), row in zip(asked, got.bounds.itertuples(), strict=True):
        assert row.lower <= sum(truth[a : b + 1]) <= row.upper


@settings(deadline=None)
@given(truths, statements, spans)
def test_bounds_never_widen_when_a_figure_is_added(truth, made, asked):
    frame = periods.one_period("asked", DAYS[asked[0]], DAYS[asked[1]])
    all_of_it = publish(truth, made)
    fewer = reconcile.bounds(all_of_it.iloc[:-1], frame, integral=True).bounds.iloc[0]
    more = reconcile.bounds(all_of_it, frame, integral=True).bounds.iloc[0]
    assert more["lower"] >= fewer["lower"] and more["upper"] <= fewer["upper"]


@settings(deadline=None)
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
    got = reconcile.bounds(publish(truth, made), pd.concat(asked), integral=True).bounds
    one, two, both = (got.iloc[k] for k in range(3))
    assert both["lower"] >= one["lower"] + two["lower"]
    assert both["upper"] <= one["upper"] + two["upper"]


def shortest_paths(frame, asked):
    """Second route for one area: bounds on cumulative totals by Floyd and Warshall.

    With S(t) the running total, a figure says low <= S(stop) - S(start) <= high and S never
    falls. The tightest bound on any difference is a shortest path; a negative cycle on the
    diagonal is a contradiction.
    """
    stated, _ = constraints.read_constraints(frame, integral=True)
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


@settings(deadline=None)
@given(truths, statements, spans, st.integers(-3, 3))
def test_bounds_equal_shortest_paths_and_both_routes_see_contradictions(
    truth, made, asked, slip
):
    frame = publish(truth, made)
    frame.loc[0, "value"] = max(frame.loc[0, "value"] + slip, 0)
    one = periods.one_period("asked", DAYS[asked[0]], DAYS[asked[1]])
    got = reconcile.bounds(frame, one, integral=True)
    lower, upper, clash = shortest_paths(frame, one)
    assert bool(got.contradictions) == clash
    if not clash:
        assert (got.bounds["lower"][0], got.bounds["upper"][0]) == (lower, upper)


@settings(deadline=None)
@given(truths, statements, st.integers(1, 40))
def test_a_named_set_contradicts_and_none_of_it_can_be_spared(truth, made, slip):
    frame = publish(truth, made)
    frame.loc[0, "value"] += slip
    frame.loc[0, "qualifier"] = "exact"
    one = periods.one_period("asked", DAYS[0], DAYS[-1])
    for found in reconcile.bounds(frame, one, integral=True).contradictions[:1]:
        named = frame[frame["figure"].isin(found.figures)]
        assert reconcile.bounds(named, one, integral=True).contradictions
        for claim in named.groupby(
            ["value", "period_start", "period_end"]
        ).groups.values():
            rest = named.drop(index=claim)
            if len(rest):
                assert not reconcile.bounds(rest, one, integral=True).contradictions


@settings(deadline=None)
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
    got = reconcile.bounds(frame, ask, integral=True)
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


@settings(deadline=None)
@given(
    truths, statements, spans, st.lists(st.integers(-40, 80), min_size=3, max_size=3)
)
def test_bounds_are_those_of_every_culprit_together(truth, made, asked, slips):
    frame = publish(truth, made).drop_duplicates(SPAN)[:7].reset_index(drop=True)
    for k, slip in enumerate(slips[: len(frame)]):
        frame.loc[k, "value"] = max(frame.loc[k, "value"] + slip, 0)
    one = periods.one_period("asked", DAYS[asked[0]], DAYS[asked[1]])
    lower, upper = every_culprit(frame, one)
    got = reconcile.bounds(frame, one, integral=True).bounds.iloc[0]
    assert (got["lower"], got["upper"]) == (lower, upper)


def test_groups_apart_that_give_way_only_together_are_tried_together():
    rows = figures(
        ("67", 67, "exact", "2023-01-01", "2023-01-16"),
        ("41", 41, "exact", "2023-01-18", "2023-01-28"),
        ("none late", 0, "exact", "2023-01-15", "2023-02-04"),
        ("none early", 0, "exact", "2023-01-01", "2023-01-24"),
    )
    got = reconcile.bounds(
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
    got = reconcile.bounds(rows, pd.concat(halves)).bounds
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
    got = reconcile.bounds(rows, periods.one_period("year", "2023-01-01", "2023-12-31"))
    assert [c.figures for c in got.contradictions] == [["month", "printed"]]
    row = got.bounds.iloc[0]
    assert (row["lower"], row["upper"], row["state"]) == (121, np.inf, "contradicted")


def test_a_limit_that_is_gone_only_because_a_figure_may_be_wrong_is_disputed():
    """Blackpool's arrests: were the 103 right, 243 of the 443 would lie after September 2022."""
    rows = figures(
        ("over 200", 200, "over", "2021-01-01", "2021-12-31"),
        ("103", 103, "exact", "2021-01-01", "2022-09-30"),
        ("443", 443, "exact", "2021-07-01", "2024-03-31"),
    )
    got = reconcile.bounds(rows, periods.one_period("rest", "2022-10-01", "2024-03-31"))
    row = got.bounds.iloc[0]
    assert [c.figures for c in got.contradictions] == [["over 200", "103"]]
    assert (row["lower"], row["upper"], row["state"]) == (0, 443, "contradicted")


# --- at the edges ---

YEAR = ("2023-01-01", "2023-12-31")
FIRST, SECOND = ("2023-01-01", "2023-06-30"), ("2023-07-01", "2023-12-31")
ASKED = periods.one_period("2023", *YEAR)


def bound(*rows, asked=ASKED, **options):
    return reconcile.bounds(figures(*rows), asked, **options).bounds.iloc[0]


@pytest.mark.parametrize(
    ("rows", "asked", "sentence"),
    [
        (
            figures(("a", 5, "exact", *YEAR)),
            ASKED.drop(columns=["start", "end"]),
            "Periods need the columns label, start and end; 'start' is missing.",
        ),
        (
            figures(("a", 5, "exact", *YEAR)),
            ASKED.assign(end=ASKED["start"] - pd.Timedelta(days=1)),
            "A period asked about ends before it starts.",
        ),
        (
            figures(*(("a", 5, "exact", *YEAR),) * 14, area=list("nmlkjihgfedcba")),
            ASKED,
            "Figures of several areas: name one with area=. a, b, c, d, e, f, g, h, i, j, k, l",
        ),
    ],
)
def test_what_cannot_be_reconciled_is_refused_in_these_words(rows, asked, sentence):
    with pytest.raises(Invalid) as caught:
        reconcile.bounds(rows, asked)
    assert str(caught.value) == sentence


def test_one_day_may_be_asked_about():
    day = periods.one_period("day", "2023-03-01", "2023-03-01")
    got = bound(("a", 5, "exact", "2023-03-01", "2023-03-01"), asked=day)
    assert (got["lower"], got["upper"], got["point"], got["state"]) == (
        5,
        5,
        5,
        "exact",
    )


def test_without_figures_nothing_is_known():
    got = reconcile.bounds(figures()[:0], ASKED)
    row = got.bounds.iloc[0]
    assert (row["lower"], row["upper"], row["state"], row["binding"]) == (
        0,
        np.inf,
        "open",
        [],
    )
    assert np.isnan(row["point"]) and got.path.empty and got.contradictions == []


def test_halves_that_are_whole_numbers_bound_a_year_to_whole_numbers():
    got = bound(("a", 109, "exact", *FIRST), ("b", 205, "nearly", *SECOND))
    assert (got["lower"], got["upper"], got["state"]) == (109 + 185, 314, "bounded")
    assert (
        got["binding"] == ["a", "b"] and np.isnan(got["point"]) and not got["inferred"]
    )
    loose = bound(("a", 109.5, "exact", *FIRST), ("b", 205, "nearly", *SECOND))
    assert (loose["lower"], loose["upper"]) == pytest.approx((109.45 + 184.5, 314.55))


@pytest.mark.parametrize(("room", "state"), [(0.5, "exact"), (0.6, "bounded")])
def test_what_is_weighed_is_exact_within_one(room, state):
    rows = (
        ("a", 100 + room, "nearly", *YEAR, "kg"),
        ("b", 100 - room, "over", *YEAR, "kg"),
    )
    got = bound(*rows)
    assert got["state"] == state
    assert got["point"] == pytest.approx(
        100 if state == "exact" else np.nan, nan_ok=True
    )


def test_only_figures_of_the_same_line_of_areas_bear_on_one():
    rows = figures(
        ("town", 11, "exact", *YEAR),
        ("county", 45, "exact", *YEAR),
        ("street", 7, "exact", *YEAR),
        ("other town", 20, "exact", *YEAR),
        ("other force", 3, "exact", *YEAR),
        area=["town", "county", "street", "other town", "elsewhere"],
    )
    tree = {
        "town": "county",
        "other town": "county",
        "street": "town",
        "county": None,
        "x": "x",
    }

    def limits(area, parent=tree):
        row = reconcile.bounds(rows, ASKED, area=area, parent=parent).bounds.iloc[0]
        return row["lower"], row["upper"]

    assert limits("county") == (45, 45) and limits("town") == (11, 11)
    assert limits("elsewhere") == (3, 3) and limits("nowhere") == (0, np.inf)
    rows = rows[rows["figure"] != "town"]
    assert limits("town") == (7, 45)  # the other town is of another line
    frame = pd.DataFrame({"area": list(tree), "parent": list(tree.values())})
    assert limits("town", frame) == (7, 45)
    rows = rows[rows["figure"] != "county"]
    assert limits("county") == (27, np.inf) and limits("county", None) == (0, np.inf)


def test_changes_from_a_year_before_are_no_totals():
    rows = figures(
        ("a", 11, "exact", *YEAR), ("b", 50, "exact", *YEAR), basis=["total", "change"]
    )
    assert reconcile.bounds(rows, ASKED).bounds["state"][0] == "exact"


def test_areas_that_may_overlap_are_each_held_under_the_whole_alone():
    rows = figures(
        ("a", 11, "exact", *YEAR), ("b", 20, "exact", *YEAR), area=["n", "s"]
    )
    tree = pd.DataFrame({"area": ["n", "s"], "parent": ["county"] * 2})
    for level, least in (("district", 31), *((w, 20) for w in model.OVERLAPPING)):
        got = reconcile.bounds(
            rows, ASKED, area="county", parent=tree.assign(level=level)
        ).bounds
        assert got["lower"][0] == least


@pytest.mark.parametrize(
    ("first", "second", "sentence"),
    [
        (
            (522, "exact"),
            (531, "exact"),
            "522 for 2023 (it would have to be 531); 531 for 2023 (it would have to be 522)",
        ),
        (
            (109, "nearly"),
            (200, "over"),
            "nearly 109 for 2023 (it would have to be at least 200); over 200 for 2023 (it would "
            "have to be 99 to 109)",
        ),
        (
            (109, "approx"),
            (200, "at_least"),
            "about 109 for 2023 (it would have to be at least 200); at least 200 for 2023 (it "
            "would have to be 99 to 119)",
        ),
        (
            (1_234_567, "exact"),
            (2_000_001, "exact"),
            "1,234,567 for 2023 (it would have to be 2,000,001); 2,000,001 for 2023 (it would "
            "have to be 1,234,567)",
        ),
    ],
)
def test_a_contradiction_is_told_in_these_words(first, second, sentence):
    got = reconcile.bounds(figures(("a", *first, *YEAR), ("b", *second, *YEAR)), ASKED)
    words = sentence.replace("2023 (", "January 2023 to December 2023 (")
    found = got.contradictions[0]
    assert found.sentence == f"These figures cannot all be right: {words}."
    assert found.figures == ["a", "b"] and got.bounds["state"][0] == "contradicted"
    one = found.members[0]
    assert (one["figure"], one["value"], one["qualifier"]) == ("a", *first)
    assert (one["start"], one["end"]) == tuple(map(pd.Timestamp, YEAR))


def test_a_count_that_may_be_one_of_two_numbers_is_not_exact():
    got = bound(("a", 40, "at_least", *YEAR), ("b", 41, "nearly", *YEAR))
    assert (got["lower"], got["upper"], got["state"]) == (40, 41, "bounded")
    assert np.isnan(got["point"])


def test_a_figure_for_the_very_period_is_the_reason_before_a_sum():
    halves = ("a", 40, "exact", *FIRST), ("b", 60, "exact", *SECOND)
    got = bound(
        *halves, ("least", 100, "at_least", *YEAR), ("most", 100, "nearly", *YEAR)
    )
    assert got["binding"] == ["least", "most"] and bound(*halves)["binding"] == [
        "a",
        "b",
    ]


def test_a_contradiction_is_told_of_the_periods_it_bears_on_only():
    rows = figures(
        ("a", 51, "exact", *FIRST),
        ("b", 87, "exact", *FIRST),
        ("spring", 7, "exact", "2023-04-01", "2023-04-30"),
        ("next", 109, "nearly", "2024-01-01", "2024-12-31"),
    )
    spans = {
        "April": ("2023-04-01", "2023-04-30"),
        "May": ("2023-05-01", "2023-05-31"),
        "last day": ("2023-06-30", "2023-06-30"),
        "July": ("2023-07-01", "2023-07-31"),
        "2024": ("2024-01-01", "2024-12-31"),
    }
    asked = pd.concat([periods.one_period(k, *v) for k, v in spans.items()])
    got = reconcile.bounds(rows, asked).bounds.set_index("label")["state"]
    assert got.to_dict() == {
        "April": "exact",
        "May": "contradicted",
        "last day": "contradicted",
        "July": "open",
        "2024": "bounded",
    }


def test_the_path_has_its_days_totals_and_rates():
    got = reconcile.bounds(
        figures(
            ("a", 62, "exact", "2023-01-01", "2023-01-31"),
            ("b", 84, "exact", "2023-02-01", "2023-02-28"),
        ),
        ASKED,
    ).path
    assert got.columns.tolist() == ["start", "end", "total", "per_day"]
    assert got["start"].tolist() == [
        pd.Timestamp("2023-01-01"),
        pd.Timestamp("2023-02-01"),
    ]
    assert got["end"].tolist() == [
        pd.Timestamp("2023-01-31"),
        pd.Timestamp("2023-02-28"),
    ]
    assert got[["total", "per_day"]].to_numpy().tolist() == [[62, 2], [84, 3]]


def test_whether_totals_are_whole_numbers_may_be_said():
    one = ("a", 205, "nearly", *YEAR)
    assert bound(one)["lower"] == 185 and bound(one, integral=False)["lower"] == 184.5
    two = figures(one, one, area=["n", "s"])
    with pytest.raises(Invalid, match=r"name one with area=\. n, s$"):
        reconcile.bounds(two, ASKED)


def test_a_period_rests_on_a_contradiction_outside_its_own_time():
    quarter = ("2023-01-01", "2023-03-31")
    rows = (
        ("y", 101, "exact", *YEAR),
        ("h", 41, "exact", *FIRST),
        ("q", 61, "over", *quarter),
    )
    got = bound(*rows, asked=periods.one_period("second half", *SECOND))
    assert got["state"] == "contradicted" and "h" in got["binding"]
    assert (
        bound(*rows[:2], asked=periods.one_period("second half", *SECOND))["state"]
        == "exact"
    )


def test_of_three_statements_of_one_period_neighbours_are_named():
    rows = [
        (name, value, "exact", *YEAR)
        for name, value in (("a", 143), ("b", 101), ("c", 121))
    ]
    got = reconcile.bounds(figures(*rows), ASKED)
    assert [c.figures for c in got.contradictions] == [["b", "c"], ["a", "c"]]
    assert tuple(got.bounds.loc[0, ["lower", "upper", "state"]]) == (
        101,
        143,
        "contradicted",
    )


# --- several measures ---

YEARS = pd.DataFrame(
    {
        "label": ["first", "second"],
        "start": pd.to_datetime(["2022-11-01", "2023-11-01"]),
        "end": pd.to_datetime(["2023-10-31", "2024-10-31"]),
    }
)


def op_warrior():
    of = {"programme": "op_warrior", "area": "Lancashire", "dated": True}
    figures = oc.published_figures(vintages="all", **of)
    return figures.assign(part=figures["note"].str.contains("subset"))


def test_arrests_grew_by_the_published_53_per_cent():
    found = growth(
        bounds_by_measure(op_warrior(), YEARS, measures=["arrests"]).bounds,
        "first",
        "second",
    )
    published = op_warrior().query("measure == 'arrests_change' and value == 53")
    assert len(published) == 1
    assert found["least"][0] == pytest.approx(1855 / 1212 - 1)
    assert round(100 * found["most"][0]) == published["value"].iloc[0]


def test_each_measure_has_every_period_and_its_bounds_by_month():
    bounds = bounds_by_measure(
        op_warrior(), YEARS, measures=["arrests", "drugs_seized"]
    ).bounds
    assert list(bounds["measure"]) == [
        "arrests",
        "arrests",
        "drugs_seized",
        "drugs_seized",
    ]
    month = bounds.loc[0, ["month_least", "month_most"]].tolist()
    assert month == pytest.approx([1212 / (365 / (365.25 / 12))] * 2)
    assert bounds["lower"][3] == pytest.approx(1018.5 - 286.5)


def test_a_count_without_figures_has_no_limit_and_no_growth():
    bounds = bounds_by_measure(op_warrior(), YEARS, measures=["people_charged"]).bounds
    assert bounds["upper"].eq(float("inf")).all()
    assert growth(bounds, "first", "second").empty


def test_contradictions_name_each_figure_and_what_it_would_have_to_be():
    found = bounds_by_measure(
        op_warrior(), YEARS, measures=["arrests", "jail_years"]
    ).contradictions
    assert set(found["measure"]) == {"jail_years"}
    assert sorted(found["value"].unique()) == [522, 531]
    assert found.loc[found["value"] == 522, "lower"].iloc[0] == pytest.approx(530.5)


PERIODS = pd.DataFrame(
    {
        "label": ["one", "two"],
        "start": pd.to_datetime(["2022-01-01", "2023-01-01"]),
        "end": pd.to_datetime(["2022-12-31", "2023-12-31"]),
    }
)


def several(*rows, of, **options):
    frame = figures(*(r[1:] for r in rows)).assign(measure=[r[0] for r in rows])
    if "area" in options:
        frame["area"] = [r[1] for r in rows]
    return bounds_by_measure(frame, PERIODS, measures=of, **options)


def test_growth_is_told_only_of_counts_that_are_limited_and_not_nought():
    first, second = ("2022-01-01", "2022-12-31"), YEAR
    found = several(
        ("known", "a", 109, "exact", *first),
        ("known", "b", 218, "exact", *second),
        ("open", "c", 109, "exact", *first),
        ("open", "d", 200, "over", *second),
        ("unlimited", "e", 100, "over", *first),
        ("unlimited", "f", 109, "exact", *second),
        ("nought", "g", 0, "exact", *first),
        ("nought", "h", 109, "exact", *second),
        ("rounded", "i", 200, "exact", *first),
        ("rounded", "j", 300, "exact", *second),
        ("one", "k", 1, "exact", *first),
        ("one", "l", 2, "exact", *second),
        of=["known", "open", "unlimited", "nought", "rounded", "one", "known"],
    )
    assert len(found.bounds) == 12 and found.bounds.columns[0] == "measure"
    got = growth(found.bounds, "one", "two")
    assert got.columns.tolist() == ["measure", "least", "most"]
    assert got["measure"].tolist() == ["known", "rounded", "one"]
    assert got[["least", "most"]].to_numpy().ravel() == pytest.approx(
        [1, 1, 250 / 250 - 1, 350 / 150 - 1, 1, 1]
    )
    assert found.contradictions.empty and found.contradictions.columns.tolist() == [
        "measure",
        "set",
        "figure",
        "value",
        "qualifier",
        "start",
        "end",
        "lower",
        "upper",
        "sentence",
    ]


def test_each_contradicting_set_has_its_number_and_its_sentence():
    clash = [
        (name, f"{name}{k}-{value}", value, "exact", start, end)
        for name, spans in (
            ("x", [("2022-01-01", "2022-06-30"), ("2023-01-01", "2023-06-30")]),
            ("y", [("2022-01-01", "2022-06-30")]),
        )
        for k, (start, end) in enumerate(spans)
        for value in (51, 87)
    ]
    found = several(*clash, of=["x", "y"]).contradictions
    assert found[["measure", "set"]].to_numpy().tolist() == [
        ["x", 0],
        ["x", 0],
        ["x", 1],
        ["x", 1],
        ["y", 0],
        ["y", 0],
    ]
    assert found["sentence"].str.contains("cannot").all()


def test_several_counts_of_an_area_are_limited_by_its_parts():
    rows = [("arrests", "town", 109, "exact", *YEAR)]
    tree = {"town": "county"}
    whole = several(*rows, of=["arrests"], area="county", parent=tree).bounds
    assert (
        whole["lower"].tolist() == [0, 109] and whole["upper"].tolist() == [np.inf] * 2
    )
    town = several(*rows, of=["arrests"], area="town", parent=tree).bounds
    assert town["upper"].tolist() == [np.inf, 109]


def test_places_by_name_are_a_tree_of_areas_as_those_by_code_are():
    of = {"programme": "op_warrior", "measure": "arrests", "dated": True}
    years = periods.calendar_years("2022-11-01", "2025-10-31")
    published = oc.published_figures(vintages="all", **of)
    found = reconcile.bounds(published, years, area="Lancashire", parent=oc.places())
    codes = oc.places().assign(area=lambda f: f["code"])
    codes["parent"] = codes["parent"].map(codes.set_index("name")["code"])
    by_code = published.assign(area=published["area_code"])
    known = reconcile.bounds(by_code, years, area="lancashire", parent=codes)
    assert found.bounds.equals(known.bounds) and len(found.bounds) == 4


def test_dated_figures_of_parts_are_minimums_for_the_county():
    figures = oc.published_figures(programme="op_warrior", vintages="all", dated=True)
    year = oc.core.periods.one_period("2022-23", "2022-11-01", "2023-03-31")
    of = ["arrests", "cannabis_plants_seized", "cash_seized"]
    county = {"area": "Lancashire", "parent": oc.places()}
    bounds = oc.methods.reconcile.bounds_by_measure(
        figures, year, measures=of, **county
    ).bounds
    assert bounds["lower"].tolist() == [7, 1080, 42701.5]
    assert bounds["upper"][0] == 1190
    own = figures[figures["area"] == "Lancashire"]
    assert oc.methods.reconcile.bounds_by_measure(own, year, measures=of).bounds[
        "lower"
    ].tolist() == [
        0,
        0,
        0,
    ]
