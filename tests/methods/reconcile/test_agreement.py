"""A published figure among other statements: every state, on hand-made figures and the register."""

import numpy as np
import pandas as pd
import pytest

import outcomes as oc
from figure_maker import row
from outcomes import findings
from outcomes.methods.reconcile import check_agreement

KNOWN = oc.measures()
WHOLE = set(KNOWN.loc[KNOWN["whole"], "measure"])
YEAR = ("2023-01-01", "2023-12-31")


def state(one, *others):
    held = check_agreement(
        pd.DataFrame([one]), pd.DataFrame([one, *others]), whole=WHOLE
    )
    return held.iloc[0]


ONE = row("a", 100, "2023-01-01", "2023-12-31")


def test_a_part_of_its_period_allows_it_and_gives_a_floor():
    held = state(ONE, row("b", 31, "2023-03-01", "2023-03-31"))
    assert (held["state"], held["lower"], held["others"]) == ("not_contradicted", 31, 1)
    assert held["per_day"] == pytest.approx(100 / 365)


def test_a_part_larger_than_the_whole_contradicts_it():
    held = state(ONE, row("b", 250, "2023-03-01", "2023-03-31", qualifier="over"))
    assert held["state"] == "contradicted"
    assert "cannot all be right" in held["contradiction"]


def test_its_own_copies_are_no_second_witness():
    again = row("b", 100, "2023-01-01", "2023-12-31")
    assert state(ONE, again | {"copy_of": "a"})["state"] == "no_other_source"
    assert state(ONE, again)["state"] == "confirmed"
    for quoted in ("Publisher a", "Press (Publisher a)"):  # the same body once more
        assert state(ONE, again | {"publisher": quoted})["state"] == "not_contradicted"
    other = row("b", 100, "2021-01-01", "2021-12-31")
    assert state(ONE, other)["state"] == "no_other_source"


def test_what_limits_nothing_is_no_other_source():
    partly = row(
        "b", 60, "2022-07-01", "2023-06-30"
    )  # limits nothing, but speaks of the time
    undated = row("c", 100, None, None)
    assert state(ONE, partly, undated)["state"] == "no_other_source"
    assert state(ONE, undated)["state"] == "no_other_source"


def test_without_an_end_it_cannot_be_tested_but_the_others_quarrel_is_told():
    held = state(
        row("a", 100, "2023-01-01", None),
        row("b", 50, "2023-01-01", "2023-06-30"),
        row("c", 80, "2023-02-01", "2023-03-31", qualifier="over"),
    )
    assert held["state"] == "not_enough" and pd.isna(held["per_day"])
    assert "50 for January 2023 to June 2023" in held["other_contradictions"]


def test_what_does_not_add_up_is_compared_as_it_stands():
    grade = row("a", 4, "2023-01-01", "2023-12-31", measure="hmicfrs_soc_grade")
    same = row("b", 4, "2023-11-10", "2023-11-10", measure="hmicfrs_soc_grade")
    assert state(grade, same)["state"] == "confirmed"
    assert state(grade, same | {"value": 2.0})["state"] == "contradicted"
    assert state(grade)["state"] == "no_other_source"


def test_a_note_does_not_overrule_the_computation():
    noted = ONE | {"note": "CONTRADICTION: another page gives twice as much."}
    assert state(noted)["state"] == "no_other_source"
    assert (
        state(noted, row("b", 31, "2023-03-01", "2023-03-31"))["state"]
        == "not_contradicted"
    )


def test_a_period_that_can_be_read_in_two_ways_contradicts_nothing_and_is_told():
    rival = row("b", 250, "2023-03-01", "2023-03-31", qualifier="over")
    held = state(ONE, rival | {"period_state": "ambiguous"})
    assert held["state"] == "no_other_source" and not held["contradiction"]
    low = row("b", 31, "2023-03-01", "2023-03-31") | {"period_state": "ambiguous"}
    held = state(ONE, low)
    assert (held["state"], held["lower"]) == ("not_contradicted", 31)
    assert held["doubt"] == (
        "A limit rests on 31 (Publisher b) for March 2023, whose period can be read in more than "
        "one way."
    )


def test_what_notebooks_ask_of_it_is_made_once(tmp_path, monkeypatch):
    monkeypatch.setenv("OUTCOMES_KEPT", str(tmp_path))
    other = row("b", 31, "2023-03-01", "2023-03-31")  # and WHOLE is a set
    first, again = state(ONE, other), state(ONE, other)
    assert len(list(tmp_path.glob("*.pickle"))) == 1
    pd.testing.assert_series_equal(first, again)


def test_the_annual_report_is_told_as_the_rules_have_it():
    everything = oc.published_figures(vintages="all")
    page = everything[everything["seed"]]
    held = check_agreement(
        page, everything[~everything["seed"]], whole=WHOLE, parent=oc.places()
    )
    found = held.set_index(["programme", "measure"])["state"]
    assert len(held) == len(page)
    disputed = [("clear_hold_build", "lancashire_among_pilot_forces")]
    assert list(found[found == "contradicted"].index) == disputed
    said = held.set_index("measure")["contradiction"]["lancashire_among_pilot_forces"]
    assert "yes (Office of the Police and Crime Commissioner for Lancashire)" in said
    assert "no (Police Oracle)" in said
    cash = held.set_index(["programme", "measure"]).loc[("op_warrior", "cash_seized")]
    assert (cash["state"], cash["lower"]) == ("not_contradicted", 1_150_000)
    assert cash["lower"] < cash["value"] < cash["upper"]
    assert "£1,347,298 (Lancashire Telegraph)" in cash["doubt"]
    assert list(found[found == "confirmed"].index) == [
        ("clear_hold_build", "pilot_forces"),
        ("op_sceptre", "knives_surrendered"),
        ("op_sceptre", "schools_engaged"),
        ("county_lines", "arrests"),
        ("county_lines", "cash_seized"),
        ("inspection", "hmicfrs_soc_grade"),
    ]
    arrests = held.set_index(["programme", "measure"]).loc[("op_warrior", "arrests")]
    assert (arrests["lower"], arrests["upper"]) == (
        1212,
        3067,
    )  # year one, and both years


def test_no_rate_is_made_of_what_had_gathered_before_its_period():
    stock = set(KNOWN.loc[KNOWN["stock"], "measure"])
    assert "knives_surrendered" in stock and "arrests" not in stock
    week = ("2023-11-13", "2023-11-19")
    bins = row("a", 1112, *week, measure="knives_surrendered")
    frame = pd.DataFrame([bins, row("b", 14, *week)])
    held = check_agreement(frame, frame, whole=WHOLE, stock=stock).set_index("measure")[
        "per_day"
    ]
    assert pd.isna(held["knives_surrendered"]) and held["arrests"] == 2
    dated = frame.assign(period_state="stated")
    periods = oc.core.periods.one_period("the week", *week)
    look = {"noun": "x", "area": "lancashire", "focus": "the week"}
    for rows, has in ((dated[:1], False), (dated[1:], True)):
        found = findings.bounds("x", rows, periods, **look)
        assert ("per_month_at_least" in found.frame) is has
    bounds = oc.methods.reconcile.bounds_by_measure(
        dated, periods, measures=["knives_surrendered", "arrests"]
    ).bounds
    found = findings.bounds_by_measure(
        "x",
        bounds,
        measures=KNOWN,
        focus="the week",
        sources=["A page"],
        area="x",
        caption="x",
    )
    assert found.frame["month_least"].isna().tolist() == [True, False]


def test_what_is_defined_otherwise_is_another_measure():
    """Attempts are no losses reported, and gangs are no disruptions."""
    names = ["courier_fraud_losses_and_attempts", "courier_fraud_losses"]
    rows = oc.published_figures(measure=names, vintages="all")
    assert set(rows["measure"]) == set(names)
    held = check_agreement(rows, rows, whole=WHOLE, parent=oc.places())
    since = held[held["period_start"] >= "2023-04-01"]
    assert len(since) == 4 and not (since["state"] == "contradicted").any()
    everything = oc.published_figures(vintages="all")
    gangs = everything[everything["measure"] == "gangs_disrupted"]
    held = check_agreement(gangs, everything, whole=WHOLE, parent=oc.places())
    assert list(held["state"]) == ["no_other_source"]


def told(one, *others, parent=None):
    """What ``others`` say of a figure that is not among them."""
    frame = pd.DataFrame(others, columns=list(one))
    return check_agreement(pd.DataFrame([one]), frame, whole=WHOLE, parent=parent).iloc[
        0
    ]


GRADE = row("a", 4, *YEAR, measure="hmicfrs_soc_grade")


def test_a_figure_that_agrees_has_nothing_against_it_and_no_quarrel():
    held = told(ONE, row("b", 31, "2023-03-01", "2023-03-31"))
    told_of = ["state", "contradiction", "other_contradictions", "others"]
    assert held[told_of].tolist() == ["not_contradicted", "", "", 1]
    assert held["lower"] == 31 and np.isnan(held["upper"])
    assert told(ONE)[told_of].tolist() == ["no_other_source", "", "", 0]


def test_an_overlap_that_limits_nothing_is_no_other_source():
    held = told(ONE, row("b", 100, "2022-07-01", "2023-06-30"))
    assert (
        held["state"] == "no_other_source"
        and np.isnan([held["lower"], held["upper"]]).all()
    )


def test_a_copy_counts_once_whether_of_the_figure_or_of_another():
    copies = [row("b", 100, *YEAR, copy_of="a"), row("c", 100, *YEAR, copy_of="d")]
    assert told(ONE, copies[0])[["state", "others"]].tolist() == ["no_other_source", 0]
    assert told(ONE, copies[1])["others"] == 1  # what it copies is not at hand
    assert told(ONE, copies[1], row("d", 100, *YEAR))["others"] == 1


@pytest.mark.parametrize(
    ("start", "end", "near"),
    [
        ("2023-12-31", "2024-01-31", True),
        ("2022-01-01", "2023-01-01", True),
        ("2024-01-01", "2024-01-31", False),
        ("2022-01-01", "2022-12-31", False),
        ("2023-06-01", None, True),
    ],
)
def test_statements_bear_on_each_other_where_they_share_a_day(start, end, near):
    other = row("b", 4, start, end, measure="hmicfrs_soc_grade")
    held = told(GRADE, other)
    assert (held["state"], held["others"]) == (
        ("confirmed", 1) if near else ("no_other_source", 0)
    )
    for change in ({"area": "blackpool"}, {"programme": "x"}, {"measure": "y"}):
        assert told(GRADE, other | change)["others"] == 0


def test_a_note_that_records_a_contradiction_has_no_say():
    for one in (ONE, GRADE):
        for note in (
            "CONTRADICTION: two pages differ.",
            "CONTRADICTED by the seed.",
            "",
        ):
            held = told(one | {"note": note})
            assert held[["state", "contradiction"]].tolist() == ["no_other_source", ""]
            undated = told(one | {"note": note, "period_end": pd.NaT})
            assert undated[["state", "contradiction"]].tolist() == ["not_enough", ""]
    clash = told(ONE, row("b", 250, "2023-03-01", "2023-03-31"))
    assert clash["contradiction"] == (
        "These figures cannot all be right: 250 for March 2023 (it would have to be at most "
        "150); 100 for January 2023 to December 2023 (it would have to be at least 245)."
    )


def test_a_figure_without_a_start_is_undated_and_has_no_rate():
    held = told(ONE | {"period_start": pd.NaT}, row("b", 100, *YEAR))
    assert held["state"] == "not_enough" and np.isnan(held["per_day"])
    assert np.isnan(told(GRADE)["per_day"])


def test_a_quarrel_of_others_is_told_of_the_same_place_and_time_only():
    early = [
        row("b", 50, "2020-01-01", "2020-06-30"),
        row("c", 80, "2020-02-01", "2020-03-31"),
    ]
    late = [
        row("d", 50, "2023-01-01", "2023-06-30"),
        row("e", 80, "2023-02-01", "2023-03-31"),
    ]
    away = [one | {"area": "blackpool"} for one in late]
    assert told(ONE, *early)["other_contradictions"] == ""
    found = told(ONE | {"value": 500.0}, *late)
    assert (
        found["state"] == "not_contradicted"
        and "cannot all be right" in found["other_contradictions"]
    )
    again = [
        row("f", 7, "2023-07-01", "2023-07-31"),
        row("g", 9, "2023-07-01", "2023-07-31"),
    ]
    both = told(ONE | {"value": 500.0}, *late, *again)["other_contradictions"]
    assert both.count("These figures cannot all be right: ") == 2 and "). These" in both
    tree = {"blackpool": "lancashire"}
    assert (
        told(ONE | {"value": 500.0}, *away, parent=tree)["other_contradictions"] == ""
    )
    assert told(ONE | {"value": 500.0}, away[0], parent=tree)["lower"] == 50
    assert (
        told(ONE, *(late[0] | {"measure": "x"}, late[1] | {"programme": "y"}))[
            "other_contradictions"
        ]
        == ""
    )


def test_others_that_limit_a_figure_from_both_sides():
    held = told(
        ONE | {"value": 250.0},
        row("b", 31, "2023-03-01", "2023-03-31"),
        row("c", 205, "2022-07-01", "2024-06-30"),
    )
    assert held[["state", "lower", "upper"]].tolist() == ["contradicted", 31, 205]
    assert "cannot all be right" in held["contradiction"]
