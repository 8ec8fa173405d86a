"""A printed figure among other statements: every state, on hand-made figures and the register."""

import pandas as pd
import pytest

import outcomes as oc
from outcomes import show
from outcomes.analysis.statements import hold

KNOWN = oc.data.measures()
WHOLE = set(KNOWN.loc[KNOWN["whole"], "measure"])


def row(figure, value, start, end, *, qualifier="exact", measure="arrests", note="", copy_of=""):
    return {
        "figure": figure, "programme": "op_warrior", "measure": measure, "area": "lancashire",
        "area_name": "Lancashire", "value": float(value), "unit": "count", "qualifier": qualifier,
        "period_start": pd.Timestamp(start), "period_end": pd.Timestamp(end), "note": note,
        "copy_of": copy_of, "publisher": "A publisher", "title": figure,
    }  # fmt: skip


def state(one, *others):
    held = hold(pd.DataFrame([one]), pd.DataFrame([one, *others]), whole=WHOLE)
    return held.iloc[0]


ONE = row("a", 100, "2023-01-01", "2023-12-31")


def test_a_part_of_its_period_allows_it_and_gives_a_floor():
    held = state(ONE, row("b", 31, "2023-03-01", "2023-03-31"))
    assert (held["state"], held["lower"], held["others"]) == ("agrees", 31, 1)
    assert held["per_day"] == pytest.approx(100 / 365)


def test_a_part_larger_than_the_whole_contradicts_it():
    held = state(ONE, row("b", 250, "2023-03-01", "2023-03-31", qualifier="over"))
    assert held["state"] == "contradicted"
    assert "cannot all be right" in held["against"]


def test_its_own_copies_are_no_second_witness():
    assert state(ONE, row("b", 100, "2023-01-01", "2023-12-31", copy_of="a"))["state"] == "alone"
    assert state(ONE, row("b", 100, "2023-01-01", "2023-12-31"))["state"] == "agrees"
    assert state(ONE, row("b", 100, "2021-01-01", "2021-12-31"))["state"] == "alone"


def test_one_dated_witness_is_enough_beside_one_without_a_date():
    partly = row("b", 60, "2022-07-01", "2023-06-30")  # limits nothing, but speaks of the time
    undated = row("c", 100, None, None)
    assert state(ONE, partly, undated)["state"] == "agrees"
    assert state(ONE, undated)["state"] == "alone"


def test_without_an_end_it_cannot_be_tested_but_the_others_quarrel_is_told():
    held = state(
        row("a", 100, "2023-01-01", None),
        row("b", 50, "2023-01-01", "2023-06-30"),
        row("c", 80, "2023-02-01", "2023-03-31", qualifier="over"),
    )
    assert held["state"] == "undated" and pd.isna(held["per_day"])
    assert "50 for January 2023 to June 2023" in held["quarrel"]


def test_what_does_not_add_up_is_compared_as_it_stands():
    grade = row("a", 4, "2023-01-01", "2023-12-31", measure="hmicfrs_soc_grade")
    same = row("b", 4, "2023-11-10", "2023-11-10", measure="hmicfrs_soc_grade")
    assert state(grade, same)["state"] == "agrees"
    assert state(grade, same | {"value": 2.0})["state"] == "contradicted"
    assert state(grade)["state"] == "alone"


def test_a_contradiction_noted_in_words_counts_without_the_word_for_our_own_source():
    held = state(
        ONE | {"note": "Rounded. CONTRADICTION: another page gives the seed twice as much."}
    )
    assert held["state"] == "contradicted"
    assert held["against"] == "Another page gives the annual report twice as much."


def test_the_annual_report_disputes_are_the_known_ones():
    everything = oc.data.figures()
    page = everything[everything["seed"]]
    held = hold(page, everything[~everything["seed"]], whole=WHOLE, parent=oc.data.areas())
    found = held.set_index(["programme", "measure"])["state"]
    assert len(held) == len(page)
    assert list(found[found == "contradicted"].index) == [
        ("op_warrior", "cash_seized"),
        ("clear_hold_build", "pilot_forces"),
    ]
    arrests = held.set_index(["programme", "measure"]).loc[("op_warrior", "arrests")]
    assert (arrests["lower"], arrests["upper"]) == (1212, 3067)  # year one, and both years


def test_the_finding_tells_the_disputes_and_lists_every_figure():
    rival = row("b", 250, "2023-03-01", "2023-03-31", qualifier="over")
    frame = pd.DataFrame([ONE, rival])
    held = hold(frame[:1], frame, whole=WHOLE)
    found = show.held("x", held, measures=KNOWN, others=frame[1:], what="The page")
    assert found.sentence.startswith("The page: 1 figure, which is contradicted. Contradicted: arr")
    assert found.facts["verdict"] == "contradicted"
    assert found.frame["other_statements"][0] == "over 250 for March 2023"
    none = show.held("x", held[:0], measures=KNOWN, others=frame, what="The page")
    assert none.sentence == "The page: none."


def test_figures_read_as_they_were_printed():
    shown = oc.data.figures().query("seed").assign(text=lambda f: [
        show.against.as_printed(r) for r in f.itertuples()
    ]).set_index(["programme", "measure", "area"])["text"]  # fmt: skip
    assert shown[("inspection", "hmicfrs_soc_grade", "lancashire")] == "Good (coded 4)"
    assert shown[("project_adder", "cash_seized", "blackpool")] == "£360,942.60"
    assert shown[("op_warrior", "drugs_seized", "lancashire")] == "318 kg"
    assert shown[("county_lines", "cash_seized", "east-division")] == "over £148,000"
