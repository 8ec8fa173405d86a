"""Findings of evaluations on the real data and made-up months: sentences, numbers, refusals."""

import numpy as np
import pandas as pd
import pytest

from outcomes import data, findings
from outcomes.core.errors import Invalid
from outcomes.methods.evaluation import design

START = pd.Timestamp("2023-01-01")
SAID = {"area": "Here", "sources": "made up"}


def panel(effect=1.0, units=150, seed=2, months=60):
    """Counts of small areas; the first six had a programme."""
    rng = np.random.default_rng(seed)
    mean = np.outer(np.exp(rng.normal(0, 0.1, months)), rng.gamma(6, 2, units))
    mean[36:, :6] *= effect
    time = pd.date_range("2020-01-01", periods=months, freq="MS")
    return pd.DataFrame(rng.poisson(mean), time, [f"u{k:02d}" for k in range(units)])


def run(frame, **options):
    treated, pool = list(frame.columns[:6]), list(frame.columns[6:])
    sets = [pool[k : k + 6] for k in range(len(pool) - 5)]
    return design.evaluate(
        frame, treated, START, pool=pool, placebo_sets=sets, **options
    )


def test_fleetwood_is_the_eighteen_neighbourhoods_of_five_wards():
    fleetwood = data.lsoas_of("Fleetwood")
    assert len(fleetwood) == 18 and set(fleetwood) < set(data.lsoas_of("Wyre"))
    assert len(data.lsoas_of("Blackpool")) == 94
    with pytest.raises(Invalid, match="place 'Accrington'"):
        data.lsoas_of("Accrington")


def test_panels_hold_every_located_count_of_complete_months_and_no_other():
    made = data.crime_panels(
        ["drug offences", "all crime"], force=["lancashire", "leicestershire"]
    )
    panel = made["drug offences"]
    assert list(panel.index) == list(
        data.months_present("lancashire")
    )  # Leicestershire has more
    assert panel.shape[1] == 945 + 634 and panel.notna().all(axis=None)
    rows = data.crime_monthly(force="lancashire", types="drugs", fill=True)
    inside = rows[(rows["lsoa"] != "") & rows["lsoa"].isin(panel.columns)]
    assert panel[data.lsoas()["lsoa"]].to_numpy().sum() == inside["n"].sum()
    assert (made["all crime"] >= panel).all(axis=None)


def test_like_months_each_count_as_often():
    index = data.months_present("lancashire")
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


def test_what_can_be_seen_says_where_the_months_stop():
    cover = data.coverage(force="lancashire")
    got = findings.seen(
        "seen", cover, run(panel())._replace(start=pd.Timestamp("2023-09")), **SAID
    )
    held = data.months_present("lancashire")
    last, first = held[held < "2023-09"].max(), held[held >= "2023-09"].min()
    absent = pd.date_range(last, first, freq="MS")[1:-1]
    assert f"stop at {last:%B %Y} and resume in {first:%B %Y}" in got.sentence
    between = f"{len(absent)} months between, the start in September 2023 among them,"
    assert between in got.sentence
    asked = f"--from {absent[0]:%Y-%m} --to {absent[-1]:%Y-%m}"
    assert f"`outcomes data refresh {asked}` brings them" in got.sentence
    none = design.Evaluation(reason="Too few.", start=pd.Timestamp("2030-01"))
    late = findings.seen("seen", cover, none, **SAID)
    assert (
        late.facts["verdict"] == "not_enough"
        and "no month from January 2030" in late.sentence
    )


def test_an_effect_is_worded_with_its_rank_and_a_failed_check_outranks_it():
    got = run(panel(0.6))
    elsewhere = run(panel(0.6), matched=False, pool_name="elsewhere")
    got = got._replace(alternatives={"elsewhere": elsewhere})
    told = findings.effect("effect", got, what="Burglary", direction="fewer", **SAID)
    assert "consistent with an effect" in told.sentence
    rank = f"number {got.randomisation.rank} of {got.randomisation.sets + 1}"
    assert any(rank in caveat for caveat in told.facts["caveats"])
    assert told.facts["value"] == pytest.approx(100 * (got.did.ratio - 1))
    assert told.frame["n"].sum() == got.randomisation.sets
    failed = got._replace(checks={"balance before the start": False})
    told = findings.effect("effect", failed, what="Burglary", direction="fewer", **SAID)
    assert "failed its check of balance" in told.sentence
    both = {"sound": got, "failed": failed}
    told = findings.effects("choices", both, what="Burglary", caption="c", **SAID)
    assert "sound and failed are more than is usual" in told.sentence
    drawn = told.frame.set_index("case")
    assert (drawn["upper"] < 0).all(), (
        "an interval clear of no change, as the sentence says"
    )
    assert "fails its own checks for: failed" in told.sentence


def test_a_claim_stands_only_after_correction_for_many_looks():
    got, plain = run(panel(0.6)), run(panel())
    elsewhere = {"elsewhere": run(panel(0.6), matched=False, pool_name="elsewhere")}
    border = got._replace(
        randomisation=got.randomisation._replace(p=0.04),
        disjoint=99,
        alternatives=elsewhere,
    )
    all_of = {"a": plain, "b": border, "c": plain, "d": plain}
    for primary, words in (
        ("a", "cannot be told from chance"),
        ("b", "consistent with it"),
    ):
        parts = design.adjust_for_multiple_testing(
            all_of, primary=primary
        )  # 0.04 becomes 0.12
        told = findings.claimed("claim", "It is said.", parts, ["b"], **SAID)
        assert f"b: {words}." in told.sentence
    told = findings.effects("all", parts, what="All", primary="b", caption="c", **SAID)
    assert (
        "b is more than is usual" in told.sentence
        and "after correction" in told.sentence
    )
    again = {
        "as declared": all_of["b"]._replace(adjusted_p=0.12, family_size=3),
        **elsewhere,
    }
    told = findings.effects(
        "all", again, what="All", primary="as declared", caption="c", **SAID
    )
    assert "as declared and elsewhere are more" in told.sentence
    assert "before correction for many looks" in told.sentence


def test_a_sum_and_its_parts_are_no_family():
    """Both outcomes of a claim count by themselves, and only the parts of one are corrected."""
    runs = {k: run(panel(seed=n)) for n, k in enumerate(("asb", "sum", "one", "two"))}
    got = design.adjust_for_multiple_testing(
        runs, primary=["asb", "sum"], families={"parts of sum": ["one", "two"]}
    )
    assert [e.family_size for e in got.values()] == [0, 0, 2, 2]
    assert (
        got["sum"].p == runs["sum"].unadjusted_p
        and got["one"].p >= runs["one"].unadjusted_p
    )
    worst = max(runs["one"].unadjusted_p, runs["two"].unadjusted_p)
    least = min(runs["one"].unadjusted_p, runs["two"].unadjusted_p)
    assert sorted((got["one"].p, got["two"].p)) == pytest.approx(
        [min(2 * least, worst), worst]
    )
    with pytest.raises(Invalid, match="one family"):
        design.adjust_for_multiple_testing(
            runs, primary=["asb"], families={"parts of sum": ["one", "two"]}
        )


@pytest.mark.parametrize("p", [0.005, 0.012, 0.03, 0.049, 0.051, 0.2])
@pytest.mark.parametrize("corrected", [None, 0.04, 0.06, 0.5])
def test_an_interval_leaves_out_no_change_exactly_when_its_verdict_does(p, corrected):
    """The p is that of the rank which a change of so much has among 199 placebo areas."""
    logs = np.arange(1, 200) / 100 * np.tile([1, -1], 100)[:199]
    at = round(p * 200)
    ratio = float(np.exp(-(2.005 - at / 100)))
    plain = run(panel())
    got = plain._replace(
        did=plain.did._replace(ratio=ratio),
        disjoint=199,
        adjusted_p=corrected,
        family_size=2,
        randomisation=plain.randomisation._replace(
            p=at / 200, ratio=ratio, placebo=pd.DataFrame({"ratio": np.exp(logs)})
        ),
    )
    if corrected is None:
        got = got._replace(family_size=0)
    elif corrected < got.unadjusted_p:
        return  # no correction makes p smaller
    reach = got.interval()
    assert got.confidence >= 0.95
    if reach is None:  # so high a level takes more placebo areas, and nothing is told
        assert got.confidence > 1 - 1 / 200 and got.p > 0.05
        return
    assert (not reach.lower <= 1 <= reach.upper) == (got.p <= 0.05)
    alone = got.interval(adjusted=False)
    assert (not alone.lower <= 1 <= alone.upper) == (got.unadjusted_p <= 0.05)
    told = findings.effect("e", got, what="B", direction="fewer", **SAID)
    clear = told.facts["upper"] < 0 or told.facts["lower"] > 0
    assert clear == ("more than" in told.sentence or got.p <= 0.05)


def test_where_no_test_is_possible_the_change_is_described_and_no_interval_drawn():
    few = run(panel(0.6))._replace(disjoint=6)
    assert few.interval() is few.interval(adjusted=False) is None
    told = findings.effect("e", few, what="Burglaries", direction="fewer", **SAID)
    assert (
        told.facts["verdict"] == "not_enough" and "no test is possible" in told.sentence
    )
    assert not told.svg and told.frame["change"].item() == pytest.approx(
        100 * (few.did.ratio - 1)
    )
    told = findings.effects("c", {"a": few, "b": few}, what="B", caption="c", **SAID)
    assert "described only: no test is possible of any" in told.sentence
    assert (
        not {"lower", "upper", "p_alone"} & set(told.frame)
        and "more than" not in told.sentence
    )
    mixed = {"few": few, "many": run(panel(0.6))}
    told = findings.effects("c", mixed, what="B", caption="c", **SAID)
    assert "many is more than is usual" in told.sentence
    assert "no test is possible of few" in told.sentence
    assert told.frame.set_index("case").loc["few", ["lower", "p_alone"]].isna().all()
    told = findings.claimed("claim", "It is said.", {"o": few}, ["o"], **SAID)
    assert (
        "o: no test is possible." in told.sentence
        and told.facts["verdict"] == "not_enough"
    )


def test_placebo_areas_without_a_ratio_are_counted_beside_the_rank():
    got = run(panel())
    ratios = got.randomisation.placebo.assign(
        ratio=lambda d: d["ratio"].where(d.index > 1, np.inf)
    )
    odd = got._replace(
        randomisation=got.randomisation._replace(placebo=ratios, left_out=3)
    )
    caveats = " ".join(
        findings.effect("e", odd, what="B", direction="fewer", **SAID).facts["caveats"]
    )
    assert "2 placebo areas rose from no events" in caveats
    assert (
        "3 placebo areas without events to compare are left out of the rank." in caveats
    )


def test_months_that_do_not_count_equally_are_said_at_the_outset():
    got = run(panel()[:57], minimum=(24, 13))
    cover = data.coverage(force="lancashire")
    told = findings.seen("seen", cover, got, **SAID)
    assert any("1 to 2 times each after the start" in c for c in told.facts["caveats"])
    told = findings.seen("seen", cover, run(panel()), **SAID)
    assert not any("do not count equally" in c for c in told.facts["caveats"])


def test_a_mix_of_few_events_is_no_estimate():
    """15 robberies to be expected tell nothing, whatever the rank of their gap."""
    frame = panel(units=30) / 60
    told = findings.mixed(
        "m", frame, "u00", START, what="B", sources="s", direction="fewer"
    )
    assert (
        told.facts["verdict"] == "not_enough"
        and "Too few events to tell" in told.sentence
    )


def test_counts_without_a_place_bound_the_change_both_ways():
    rows = design.missing_location_bounds((100, 90), (1000, 1000), (50, 30)).set_index(
        "case"
    )
    assert rows.loc["none of them inside", "ratio"] == pytest.approx(0.9)
    assert rows.loc["all of them inside", "ratio"] == pytest.approx(120 / 150)
    assert rows.loc["all before and none after", "ratio"] == pytest.approx(90 / 150)
    assert rows.loc["none before and all after", "ratio"] == pytest.approx(1.2)
    got, frame = run(panel(0.6)), panel(0.6)
    unknown = pd.Series(5.0, index=frame.index)
    told = findings.unplaced(
        "bounds",
        frame,
        frame.columns[:6],
        unknown,
        got,
        what="Burglary",
        direction="fewer",
        **SAID,
    )
    assert told.facts["lower"] < told.facts["value"] < told.facts["upper"]
    assert told.facts["value"] == pytest.approx(100 * (got.did.ratio - 1))


def test_displacement_is_measured_against_controls_of_the_same_size():
    frame, got = panel(0.6), run(panel(0.6))
    near, pool = list(frame.columns[6:10]), list(frame.columns[10:])
    sets = [pool[k : k + 6] for k in range(0, 130, 6)]
    told = findings.displaced(
        "ring",
        frame,
        list(frame.columns[:6]),
        near,
        got,
        pool=pool,
        sets=sets,
        what="burglaries",
        km=1,
        **SAID,
    )
    table = told.frame.set_index("place")
    assert table["neighbourhoods"].tolist() == [6, 6, 4, 4]
    counts = table[["before", "after"]]
    change = counts["after"] - counts["before"] * got.did.post / got.did.pre
    expected = (
        change["area"]
        - change["area's match"]
        + change["ring"]
        - change["ring's match"]
    )
    assert told.facts["value"] == pytest.approx(expected)
    none = findings.displaced(
        "ring",
        frame,
        list(frame.columns[:6]),
        [],
        got,
        pool=pool,
        sets=sets,
        what="burglaries",
        km=1,
        **SAID,
    )
    assert none.facts["verdict"] == "not_enough"


def test_a_rank_among_few_is_said_to_be_no_test():
    frame = panel(0.5)
    groups = {f"g{k}": list(frame.columns[6 * k : 6 * k + 6]) for k in range(13)}
    told = findings.ranked(
        "rank",
        frame,
        groups,
        "g0",
        START,
        what="Burglary",
        sources="made up",
        direction="fewer",
    )
    assert (
        "number 1 of 13 by size of change, and number 1 from the lowest"
        in told.sentence
    )
    assert "p = 0.08, where the least that 13 can give is 0.08." in told.sentence
    assert told.frame.columns.tolist() == ["area", "change"], (
        "no interval: the rank decides"
    )


def test_an_area_without_events_is_left_out_of_the_rank_and_said():
    frame = panel(0.5)
    groups = {f"g{k}": list(frame.columns[6 * k : 6 * k + 6]) for k in range(13)}
    frame[groups["g5"]] = 0
    asked = {"what": "Burglary", "sources": "made up", "direction": "fewer"}
    told = findings.ranked("rank", frame, groups, "g0", START, **asked)
    assert "number 1 of 12" in told.sentence and len(told.frame) == 12
    assert told.facts["caveats"] == ["Without events to compare, so not ranked: g5."]
    none = findings.ranked("rank", frame, groups, "g5", START, **asked)
    assert none.facts["verdict"] == "not_enough"


def test_features_that_are_equally_far_from_balance_are_each_named():
    got = run(panel())
    level = got.matching.balance.assign(smd_after=[0.1, -0.1])
    told = findings.balanced(
        "a", got._replace(matching=got.matching._replace(balance=level)), **SAID
    )
    assert "0.10 of a standard deviation (level and trend)" in told.sentence


def test_too_little_is_a_finding_everywhere():
    frame = panel(months=40)
    short, treated = run(frame), list(frame.columns[:6])
    people = pd.Series(1000.0, index=frame.columns)
    told = [
        findings.balanced("a", short, **SAID),
        findings.effect("b", short, what="B", direction="fewer", **SAID),
        findings.events("c", short, what="B", direction="fewer", **SAID),
        findings.effects("d", {"x": short}, what="B", caption="c", **SAID),
        findings.levels(
            "e",
            frame,
            treated,
            short,
            people=people,
            what="B",
            direction="fewer",
            **SAID,
        ),
        findings.unplaced(
            "f",
            frame,
            treated,
            frame["u00"],
            short,
            what="B",
            direction="fewer",
            **SAID,
        ),
        findings.mixed(
            "g", frame, "u00", START, what="B", sources="s", direction="fewer"
        ),
    ]
    assert {f.facts["verdict"] for f in told} == {"not_enough"}
    assert all("Not enough months to tell" in f.sentence for f in told)


def test_a_ring_that_leaves_no_placebo_area_is_a_reason_and_no_error():
    frame = panel(units=20)
    treated, pool = list(frame.columns[:6]), list(frame.columns[6:])
    got = design.evaluate(
        frame, treated, START, pool=pool, placebo_sets=[], matched=False
    )
    assert "There are 0 placebo sets" in got.reason


def test_what_was_printed_of_blackpool():
    """19.5 deaths from drug misuse for each 100,000 in 2020 to 2022, beside 5.2 in England."""
    rows = data.figures(programme="project_adder", measure="drug_misuse_death_rate")
    rows = data.one_each(rows[rows["area"].isin(["blackpool", "england"])])
    told = findings.printed(
        "rate",
        rows,
        place="blackpool",
        area="Blackpool",
        what="Rate",
        unit="deaths",
        start="2021-07",
        direction="fewer",
    )
    assert told.facts["value"] == 19.5 and "19.5 in 2020 to 2022" in told.sentence
    assert "none shows the time after it alone" in told.sentence
    none = findings.printed(
        "rate", rows, place="wyre", area="Wyre", what="Rate", unit="deaths"
    )
    assert none.facts["verdict"] == "not_enough"


def test_rows_without_a_place_peak_as_project_adder_begins():
    told = findings.placeless(
        "share", data.coverage(force="lancashire"), area="L", sources="s"
    )
    assert told.facts["value"] == pytest.approx(2887 / 19905)  # July 2021
    assert "July 2021" in told.sentence
