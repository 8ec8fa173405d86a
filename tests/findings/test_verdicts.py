"""Each word of the table of verdicts: earned, refused, and said of what a site holds."""

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import outcomes as oc
from outcomes import findings
from outcomes.core.errors import Invalid
from outcomes.core.mime import FINDING
from outcomes.findings.verdicts import HELD, VERDICTS, refusal
from outcomes.methods.reconcile import Agreement


def made(**facts):
    return findings.finding("x", "A sentence.", sources=["A page"], **facts)


def member(
    value,
    publisher,
    *,
    qualifier="exact",
    of="op: arrests",
    at=0,
    least=None,
    most=None,
):
    told = {
        "value": value,
        "qualifier": qualifier,
        "unit": "count",
        "publisher": publisher,
    }
    days = {"start": pd.Timestamp("2023-01-01"), "end": pd.NaT}
    nan = float("nan")
    limits = {
        "least": nan if least is None else least,
        "most": nan if most is None else most,
    }
    return {"set": at, "of": of, "figure": publisher, **told, **days, **limits}


TWICE = (member(1200, "a", qualifier="over"), member(1212, "b"))
CLASH = (
    member(522, "a", least=530.5, most=531.5),
    member(531, "b", least=521.5, most=522.5),
)


@pytest.mark.parametrize(
    ("facts", "lacks"),
    [
        ({"verdict": "estimate", "value": 3}, "both its lower and its upper limit"),
        (
            {"verdict": "estimate", "value": 3, "lower": 2},
            "both its lower and its upper limit",
        ),
        (
            {"verdict": "estimate", "value": 3, "lower": 4, "upper": 5},
            "3 does not lie between",
        ),
        (
            {"verdict": "estimate", "lower": 6, "upper": 5},
            "interval does not lie between",
        ),
        ({"verdict": "tested", "value": 3}, "test= must name the test"),
        ({"verdict": "published", "value": 3, "test": "a test"}, "it is given test="),
        ({"verdict": "published", "value": 3, "lower": 2, "upper": 4}, "has no limits"),
        ({"verdict": "published", "lower": 2}, "has no limits"),
        ({"verdict": "not_enough", "value": 0}, "it has a value"),
        *(({"verdict": word, "value": 3}, "only the agreement check") for word in HELD),
        ({"agreement": Agreement("confirmed", TWICE[:1])}, "no second publisher"),
        ({"agreement": Agreement("confirmed")}, "no second publisher"),
        (
            {
                "agreement": Agreement(
                    "confirmed", (TWICE[0], member(1212, "Press (a)"))
                )
            },
            "no second publisher",
        ),
        (
            {
                "agreement": Agreement(
                    "confirmed", (TWICE[0], TWICE[1] | {"of": "other"})
                )
            },
            "not of one definition",
        ),
        (
            {"agreement": Agreement("confirmed", (TWICE[0], member(1409, "b")))},
            "not the same within rounding",
        ),
        ({"agreement": Agreement("not_contradicted"), "value": 3}, "both its lower"),
        (
            {
                "agreement": Agreement("not_contradicted"),
                "value": 3,
                "lower": 4,
                "upper": 9,
            },
            "3 does not lie between",
        ),
        (
            {"agreement": Agreement("no_other_source", TWICE), "value": 3},
            "other statements",
        ),
        ({"agreement": Agreement("contradicted")}, "are not named"),
        ({"agreement": Agreement("contradicted", CLASH[:1])}, "are not named"),
        (
            {
                "agreement": Agreement(
                    "contradicted", (CLASH[0], CLASH[1] | {"of": "other"})
                )
            },
            "not of one definition",
        ),
        (
            {
                "agreement": Agreement(
                    "contradicted", tuple(m | {"least": 1, "most": 999} for m in CLASH)
                )
            },
            "a reading of its statements allows all of them",
        ),
    ],
)
def test_a_word_that_is_not_earned_is_refused_with_the_reason(facts, lacks):
    with pytest.raises(Invalid, match=lacks):
        made(**facts)


@pytest.mark.parametrize(
    "facts",
    [
        {"verdict": "estimate", "value": 3, "lower": 2, "upper": 4},
        {"verdict": "estimate", "value": 3, "lower": 3, "upper": 3},
        {"verdict": "estimate", "lower": 3, "upper": np.inf},
        {"verdict": "tested", "value": 3, "test": "rank among 38 areas"},
        {
            "verdict": "tested",
            "value": 3,
            "lower": 4,
            "upper": 5,
            "test": "limits of a chart",
        },
        {"value": 3},
        {"verdict": "not_enough"},
        {"agreement": Agreement("confirmed", TWICE), "value": 1200},
        {
            "agreement": Agreement("not_contradicted"),
            "value": 3,
            "lower": 0,
            "upper": np.inf,
        },
        {"agreement": Agreement("no_other_source"), "value": 3},
        {"agreement": Agreement("contradicted", CLASH), "value": 1},
    ],
)
def test_a_word_that_is_earned_holds_when_stored_as_well(facts):
    found = made(**facts).facts
    assert refusal(found) == ""
    assert found["verdict"] == (
        facts["agreement"].verdict
        if "agreement" in facts
        else facts.get("verdict", "published")
    )
    if facts.get("upper") == np.inf:
        assert found["upper"] is None and "no upper limit" in " ".join(found["caveats"])


@pytest.mark.parametrize(
    ("change", "lacks"),
    [
        ({"verdict": "informational"}, "is not one of"),
        ({"verdict": "tested"}, "test= must name"),
        ({"upper": None}, "both its lower and its upper"),
        ({"verdict": "confirmed"}, "only the agreement check"),
    ],
)
def test_a_stored_finding_whose_word_was_changed_is_told(change, lacks):
    stored = made(verdict="estimate", value=3, lower=2, upper=4).facts
    assert lacks in refusal(stored | change)


def test_every_word_has_a_shape_of_its_own_and_a_meaning():
    assert len({v.shape for v in VERDICTS.values()}) == len(VERDICTS)
    assert len({v.shown for v in VERDICTS.values()}) == len(VERDICTS)
    assert all(v.meaning for v in VERDICTS.values())


NOTEBOOKS = sorted((Path(__file__).parents[2] / "notebooks").glob("*/*.ipynb"))


def shown(path: Path) -> list[dict]:
    """The facts of every finding whose output a notebook has stored."""
    cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
    outputs = [o for c in cells if c["cell_type"] == "code" for o in c["outputs"]]
    return [o["data"][FINDING] for o in outputs if FINDING in o.get("data", {})]


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_every_word_in_a_notebook_is_earned(path):
    assert [why for fact in shown(path) if (why := refusal(fact))] == []


@pytest.mark.build
def test_every_word_of_the_site_is_earned(release):
    record = json.loads((release / "manifest.json").read_text(encoding="utf-8"))
    facts = [fact for page in record["pages"] for fact in page["findings"]]
    assert len(facts) > 400
    assert [why for fact in facts if (why := refusal(fact))] == []
    assert {fact["verdict"] for fact in facts} <= set(VERDICTS)


def test_the_annual_report_and_op_warrior_give_one_verdict_on_one_figure():
    """Every figure that Op Warrior's page holds against others, on both pages."""
    report, warrior = (
        {fact["name"]: fact for fact in shown(path)}
        for path in NOTEBOOKS
        if path.stem in ("annual_report", "op_warrior")
    )
    columns = [c["key"] for c in report["op-warrior"]["table"]["columns"]]
    rows = [
        dict(zip(columns, r, strict=True))
        for r in report["op-warrior"]["table"]["rows"]
    ]
    one = next(row for row in rows if row["measure"] == "cash seized")
    other = warrior["cash-of-the-report"]
    assert one["state"] == VERDICTS[other["verdict"]].shown == "Not contradicted"
    assert findings.amount(other["lower"], other["upper"], "£") == one["others_allow"]
    clashing = warrior["figures-that-contradict"]["agreement"]["members"]
    assert not {m["of"] for m in clashing} & {
        f"op_warrior: {m}" for m in ("cash_seized", "arrests")
    }


def test_the_annual_report_and_clear_hold_build_give_one_verdict_on_the_pilot_forces():
    facts = {f["name"]: f for path in NOTEBOOKS for f in shown(path)}
    one, other = facts["figures-contradicted"], facts["one-of-seven-pilots"]
    assert one["verdict"] == other["verdict"] == "contradicted"
    assert one["agreement"] == other["agreement"]


def test_what_is_withheld_is_no_estimate():
    facts = {
        "value": 3,
        "lower": 3,
        "upper": 3,
        "unit": "victims",
        "verdict": "estimate",
    }
    found = findings.finding(
        "x", "3 victims.", sources=["Unpublished return"], **facts
    ).facts
    assert found["verdict"] == "not_enough" and found["value"] is None


def test_statements_of_one_fact_that_differ_beyond_rounding_are_named_with_what_the_other_leaves():
    days = {
        "period_start": pd.Timestamp("2023-01-01"),
        "period_end": pd.Timestamp("2023-12-31"),
    }
    rows = [m | days | {"fact": "f"} for m in (*TWICE, member(1409, "c"))]
    frame = pd.DataFrame(rows)
    found = oc.methods.reconcile.find_differing(frame)
    assert [m["value"] for m in found.members] == [1212, 1409]
    assert [m["publisher"] for m in found.members] == ["b", "c"]
    assert refusal(made(agreement=found).facts) == ""
    assert oc.methods.reconcile.find_differing(frame[:2]) is None
    undated, apart = frame.assign(period_end=pd.NaT), frame.copy()
    apart.loc[2, ["period_start", "period_end"]] = pd.Timestamp("2024-01-01")
    for other in (undated, apart, frame.assign(period_state="ambiguous")):
        assert oc.methods.reconcile.find_differing(other) is None
