"""Ways to work out a hidden count, each tried once: sums, words, limits, figures, two releases.

A finding on a restricted source is made of counts among which three people are to stay hidden; an
attacker who knows how the numbers hang together then tries to have them back.
"""

import json
import re
from decimal import Decimal

import numpy as np
import pandas as pd
import pytest
import recover

from empty_figure import canvas
from outcomes.core.errors import Invalid
from outcomes.data.disclosure import CONFIDENTIAL, plain, suppress, withhold
from outcomes.data.own import own
from outcomes.findings import finding
from outcomes.publish import csv_files, disclosed, index, search

SECRET = {"publisher": "Police", "title": "Extract", "access": "restricted"}


def shown(sentence="Counts.", table=None, units=None, sources=SECRET, **more):
    table = None if table is None else pd.DataFrame(table)
    given = (
        {} if table is None else {"table": table, "caption": "Counts", "units": units}
    )
    return finding("found", sentence, sources=[sources], **given | more)


# ---------------------------------------------------------------- sums of a table

R3, TOTALS = ["A", "B", "C"], "total|Total|TOTAL|All|Sum|Overall|Everyone|Lancashire|x"
LINES = {  # what a table's cells are, by row, and which of them add up to which
    **{
        f"a total that is called {name}": (
            {"area": [*R3, name], "n": [3, 40, 17, 60]},
            [((3, "n"), [(0, "n"), (1, "n"), (2, "n")])],
        )
        for name in TOTALS.split("|")
    },
    "a total at the top": (
        {"area": ["All", *R3], "n": [60, 3, 40, 17]},
        [((0, "n"), [(1, "n"), (2, "n"), (3, "n")])],
    ),
    "a total in the middle": (
        {"area": ["A", "North", "B"], "n": [3, 43, 40]},
        [((1, "n"), [(0, "n"), (2, "n")])],
    ),
    "a subtotal and a total": (
        {"area": ["A", "B", "Subtotal", "C", "Total"], "n": [3, 9, 12, 30, 42]},
        [((2, "n"), [(0, "n"), (1, "n")]), ((4, "n"), [(2, "n"), (3, "n")])],
    ),
    "a subtotal without a name for it": (
        {"area": ["A", "B", "East", "C", "West"], "n": [3, 9, 12, 30, 77]},
        [((2, "n"), [(0, "n"), (1, "n")])],
    ),
    "a subtotal above its parts": (
        {"area": ["East", "A", "B", "West"], "n": [12, 3, 9, 77]},
        [((0, "n"), [(1, "n"), (2, "n")])],
    ),
    "a pair that is named": (
        {"area": ["A and C", "A", "B", "C"], "n": [20, 3, 40, 17]},
        [((0, "n"), [(1, "n"), (3, "n")])],
    ),
    "a total across": (
        {"area": ["A", "B"], "girls": [3, 9], "boys": [20, 30], "Total": [23, 39]},
        [((0, "Total"), [(0, "girls"), (0, "boys")])],
    ),
    "a total across without a name for it": (
        {"area": ["A", "B"], "girls": [3, 9], "boys": [20, 30], "seen": [23, 39]},
        [((0, "seen"), [(0, "girls"), (0, "boys")])],
    ),
    "a difference across": (
        {"area": ["A", "B"], "before": [23, 39], "after": [20, 30], "fewer": [3, 9]},
        [((0, "before"), [(0, "after"), (0, "fewer")])],
    ),
    "two totals that cross": (
        {
            "area": ["A", "B", "Total"],
            "girls": [3, 9, 12],
            "boys": [20, 30, 50],
            "Total": [23, 39, 62],
        },
        [
            ((0, "Total"), [(0, "girls"), (0, "boys")]),
            ((1, "Total"), [(1, "girls"), (1, "boys")]),
            ((2, "Total"), [(2, "girls"), (2, "boys")]),
            ((2, "girls"), [(0, "girls"), (1, "girls")]),
            ((2, "boys"), [(0, "boys"), (1, "boys")]),
            ((2, "Total"), [(0, "Total"), (1, "Total")]),
        ],
    ),
    "a running total beside its steps": (
        {"month": ["J", "F", "M"], "n": [40, 3, 17], "so far": [40, 43, 60]},
        [
            ((1, "so far"), [(0, "so far"), (1, "n")]),
            ((2, "so far"), [(1, "so far"), (2, "n")]),
            ((0, "so far"), [(0, "n")]),
        ],
    ),
    "a running total that is not called one": (
        {"month": ["J", "F", "M", "A"], "n": [40, 3, 17, 9], "m": [40, 43, 60, 69]},
        [
            ((1, "m"), [(0, "m"), (1, "n")]),
            ((2, "m"), [(1, "m"), (2, "n")]),
            ((3, "m"), [(2, "m"), (3, "n")]),
            ((0, "m"), [(0, "n")]),
        ],
    ),
    "the same column twice": (
        {"area": R3, "n": [3, 40, 17], "people": [3, 40, 17]},
        [((r, "people"), [(r, "n")]) for r in range(3)],
    ),
    "parts with decimals in them": (
        {"area": ["A", "B", "Total"], "n": [3.0, 40.0, 43.0]},
        [((2, "n"), [(0, "n"), (1, "n")])],
    ),
    "counts that are text": (
        {"area": ["A", "B", "Total"], "n": ["3", "1,040", "1,043"]},
        [((2, "n"), [(0, "n"), (1, "n")])],
    ),
    "three parts that come to the threshold": (
        {"area": [*R3, "D", "Total"], "n": [1, 1, 3, 50, 55]},
        [((4, "n"), [(0, "n"), (1, "n"), (2, "n"), (3, "n")])],
    ),
    "a line of one part and a zero": (
        {"area": ["A", "B", "Total"], "n": [3, 0, 3]},
        [((2, "n"), [(0, "n"), (1, "n")])],
    ),
    "a total that is cited twice": (
        {"area": ["A", "B", "Total", "Overall"], "n": [3, 40, 43, 43]},
        [((2, "n"), [(0, "n"), (1, "n")]), ((3, "n"), [(0, "n"), (1, "n")])],
    ),
}


@pytest.mark.parametrize("table", LINES.values(), ids=LINES)
def test_no_sum_of_a_table_gives_a_small_count_back(table):
    held, sums = table
    frame = pd.DataFrame(held)
    rows = [
        dict(zip(held, r, strict=True))
        for r in shown(table=held).facts["table"]["rows"]
    ]
    cells = {(r, c): rows[r][c] for s in sums for r, c in [s[0], *s[1]]}
    numbers = frame.map(
        lambda v: float(str(v).replace(",", "")) if re.match(r"[\d,.]+$", str(v)) else v
    )
    small = [p for p in cells if 0 < numbers.loc[p] < 5]
    assert small, "the trial itself hides nothing"
    limits = recover.by_sums(cells, sums)
    for place in small:
        assert cells[place] == CONFIDENTIAL
        assert limits[place][0] <= 1 and limits[place][1] >= 4, (rows, limits)


# ---------------------------------------------------------------- what stands in cells

CELLS = {
    "a float": [3.0, 40.0],
    "text": ["3", "40"],
    "text with limits": ["3 (0.6 to 8.8)", "40 (29 to 54)"],
    "text with square limits": ["3 [0.6, 8.8]", "40 [29, 54]"],
    "text with a star": ["3*", "40"],
    "text with a dagger": ["3 †", "40"],
    "text with decimals": ["3.00", "40.00"],
    "text with a share": ["3 (7%)", "40 (93%)"],
    "text with its base": ["3 of 45", "42 of 45"],
    "text as a fraction": ["3/45", "42/45"],
    "text with a noun": ["3 people", "40 people"],
    "text with n=": ["n=3", "n=40"],
    "text beside a symbol": ["3", "[x]"],
    "text beside words": ["3", "n/a", "40"],
    "text beside nothing": ["3", None, "40"],
    "a nullable number": pd.array([3, None, 40], dtype="Int64"),
    "a number of Python among others": pd.Series([3, None, 40], dtype=object),
    "a decimal of Python": pd.Series([Decimal(3), Decimal(40)], dtype=object),
    "a category": pd.Categorical(["3", "40"]),
    "one byte": np.array([3, 40], dtype="uint8"),
    "an estimate among counts": [3, 40, 17.5],
    "a weighted count": [3.2, 40.0, 17.0],
    "full-width digits": ["３", "４０"],
    "space around it": [" 3 ", "40"],
    "words": ["three", "forty"],
    "words with a capital": ["Three", "Forty-two"],
    "raised digits": ["³", "⁴⁰"],
    "ringed digits": ["③", "㊵"],
}


@pytest.mark.parametrize("values", CELLS.values(), ids=CELLS)
def test_a_small_count_is_hidden_however_a_cell_holds_it(values):
    frame = pd.DataFrame({"area": [*"ABC"][: len(values)], "n": values})
    rows = shown(table=frame).facts["table"]["rows"]
    assert rows[0] == ["A", CONFIDENTIAL]
    assert "0.6" not in json.dumps(rows) and "%" not in json.dumps(rows)


BESIDE = {
    "a share": {"share": [6.98, 93.02, 100.0]},
    "a share as text": {"share": ["6.98%", "93.02%", "100%"]},
    "a rate": {"rate": [2.0, 8.1, 5.3]},
    "a ratio": {"to B": [0.075, 1.0, 1.075]},
    "an index": {"index": [7.5, 100.0, 107.5]},
    "an index that is whole": {"index": [8.0, 100.0, 107.5]},
    "a mean that is whole": {"mean of both": [None, 21.5, 11.0]},
    "odds with a gap": {"odds": [0.075, 13.3, None]},
    "limits": {"lower": [0.62, 28.6, 31.1], "upper": [8.77, 54.5, 57.9]},
    "a standard error": {"error": [1.732, 6.325, 6.557]},
    "a logarithm": {"log": [1.0986, 3.6889, 3.7612]},
    "words": {"note": ["3 of these were boys", "40 of them", "43 in all"]},
    "words with a share": {"note": ["7% of all", "93% of all", "all"]},
    "a heading": {"n of the 3": [9, 12, 21]},
    "a label": {"area": ["A (3)", "B (40)", "Total (43)"]},
}


@pytest.mark.parametrize("beside", BESIDE.values(), ids=BESIDE)
def test_what_stands_beside_a_count_in_its_table_goes_with_it(beside):
    held = {"area": ["A", "B", "Total"], "n": [3, 40, 43]} | beside
    facts = shown(table=held).facts["table"]
    told = [float(v) for c in beside.values() for v in c if isinstance(v, float)]
    cells = [c for row in facts["rows"] for c in row]
    assert not {*cells} & {*told}
    assert not re.search(r"\b(3|40|7%|6\.98)\b", json.dumps([cells, facts["columns"]]))


# ---------------------------------------------------------------- words

WORDS = {
    "the count": "3 people were hurt.",
    "the count in words": "Three people were hurt.",
    "the count with a noun between": "3 young people were hurt.",
    "after a colon": "People hurt: 3.",
    "in brackets": "The hurt (3) were young.",
    "with a hyphen": "It was a 3-person group.",
    "as an ordinal sign": "③ people were hurt.",
    "raised": "People³ were hurt.",
    "full-width": "３ people were hurt.",
    "three times": "It happened thrice.",
    "a trio": "A trio was hurt.",
    "the others of all": "40 of 43 people were safe.",
    "the others out of all": "40 out of 43 people were safe.",
    "the others from all": "40 from 43 people were safe.",
    "the others of the": "40 of the 43 people were safe.",
    "the others as a fraction": "40/43 people were safe.",
    "the others far from all": "40 were safe of a total 43 people.",
    "in words of all": "Forty of forty-three people were safe.",
    "the share": "6.98% were hurt, of 43.",
    "the share rounded": "7% of 43 were hurt.",
    "the share in words": "7 per cent of 43 were hurt.",
    "the share of the others": "93.0% of 43 were safe.",
    "one in so many": "1 in 14 of 43 were hurt.",
    "one in so many in words": "One in fourteen of 43 were hurt.",
    "a rate": "0.7 per 10 people of 43 were hurt.",
    "a rate for every": "7 for every 100 of 43 were hurt.",
    "a part in words": "A fourteenth, less than a tenth, of 43 were hurt.",
    "how many times as many": "40 were safe, 13 times as many as were hurt.",
}


@pytest.mark.parametrize("place", ["sentence", "detail", "caption", "caveats"])
@pytest.mark.parametrize("said", WORDS.values(), ids=WORDS)
def test_no_text_of_a_finding_tells_the_count(said, place):
    held = {"area": ["A", "B", "Total"], "n": [3, 40, 43]}
    more = {place: [said] if place == "caveats" else said}
    facts = shown(**{"sentence": "Counts.", "table": held} | more).facts
    text = " ".join(
        [
            *(facts.get(k, "") for k in ("sentence", "detail", "caption")),
            *facts["caveats"],
        ]
    )
    assert CONFIDENTIAL in text
    told = (
        r"(?<![\w.])(3|40|forty|three|thrice|trio|7|6\.98|0\.7|93\.0|14|13|fourteen)\b"
    )
    left = re.findall(told, text, re.I)
    assert not {n.lower() for n in left} - {"14", "13", "fourteen"}, text
    assert not re.search(r"(?<!\[c\]) in (14|fourteen)|(?<!\[c\] )13 times", text), text


def test_no_unit_tells_the_count():
    held = {"area": ["A", "B"], "n": [3, 40]}
    found = shown(table=held, units={"n": "people, 3 of them hurt"}, unit="of 3 people")
    assert not re.search(r"\b3\b", json.dumps(found.facts) + found.html())


ALONE = {
    "a complement": ("42 of 45 pupils agreed.", "42"),
    "a share of a base": ("6.7% of 45 pupils disagreed.", "6.7"),
    "a share of the others": ("93.3% of 45 pupils agreed.", "93.3"),
    "a rate and its base": ("2 per 1,000 of 1,500 people were hurt.", "2 per"),
    "one in so many": ("1 in 15 of 45 pupils disagreed.", "1 in 15"),
    "words": ("Forty-two of forty-five pupils agreed.", "42"),
    "the count": ("3 people were hurt.", "3"),
    "the count as a word": ("Three young people were hurt.", "Three"),
    "the count as a group": ("A couple of people were hurt.", "couple"),
    "the count after a colon": ("People hurt: 3.", "3"),
    "the count with a hyphen": ("A 3-person group was hurt.", "3"),
}


@pytest.mark.parametrize(("said", "told"), ALONE.values(), ids=ALONE)
def test_words_without_a_table_do_not_tell_a_small_count(said, told):
    found = shown(said)
    assert told not in found.sentence and CONFIDENTIAL in found.sentence


LIMITS = {
    "a count with limits": {"value": 3, "lower": 0.62, "upper": 8.77, "unit": "people"},
    "in a unit nobody foresaw": {
        "value": 3,
        "lower": 0.62,
        "upper": 8.77,
        "unit": "carers",
    },
    "without a unit": {"value": 3, "lower": 0.62, "upper": 8.77},
    "a share of a base in the words": {"value": 6.67, "unit": "%"},
    "a share as a part of one": {"value": 0.0667, "unit": "share of pupils"},
    "a share with limits": {
        "value": 6.67,
        "lower": 1.4,
        "upper": 18.3,
        "unit": "% of pupils",
    },
    "the others, beside all": {"value": 42, "unit": "pupils"},
}


@pytest.mark.parametrize("limits", LIMITS.values(), ids=LIMITS)
def test_neither_value_nor_limits_tell_a_small_count(limits):
    verdict = "estimate" if "lower" in limits else "published"
    table = {"answer": ["no", "yes", "Total"], "n": [3, 42, 45]}
    found = shown("Of 45 pupils some agreed.", table, verdict=verdict, **limits)
    assert [found.facts[k] for k in ("value", "lower", "upper")] == [None] * 3
    alone = shown("Of 45 pupils some agreed.", verdict=verdict, **limits)
    if limits["value"] != 42:
        assert alone.facts["value"] is None and alone.facts["upper"] is None


# ---------------------------------------------------------------- every product

PRODUCTS = {
    "sentence and alternative text": lambda f: repr(f),
    "page": lambda f: f.html(),
    "bundle": lambda f: json.dumps(f._repr_mimebundle_()),
    "facts": lambda f: json.dumps(f.facts),
    "CSV": lambda f: csv_files.finding_csv(f.facts),
    "all findings": lambda f: index.findings_csv([entry(f)]),
    "answers": lambda f: index.answers_csv([entry(f)]),
    "search": lambda f: search.script([entry(f)]),
    "manifest": lambda f: json.dumps(index.recorded(f.facts)),
    "frame": lambda f: f.frame.to_csv(),
}


def entry(found) -> dict:
    facts = found.facts | {"answer": "yes"}
    page = {"handle": "x", "title": "X", "question": "How many?", "path": "x.html"}
    page |= {"group": "county", "notebook": "x", "parameters": {}, "label": "X"}
    return page | {
        "findings": [facts],
        "state": "built",
        "vintage": "",
        "elsewhere": [],
    }


@pytest.mark.parametrize("product", PRODUCTS.values(), ids=PRODUCTS)
def test_no_product_of_a_finding_holds_the_count(product):
    figure, ax = canvas()
    ax.bar([*"AB"], [3, 1746])
    held = {
        "area": ["A", "B", "Total"],
        "n": [3, 1746, 1749],
        "share": [0.1715, 99.8285, 100],
    }
    found = shown(
        "Of 1,749 people three, not 1,746, were hurt.",
        held,
        figure=figure,
        alt="Bars of 3 and 1,746.",
        detail="That is 0.1715%.",
        value=3,
        lower=0.6187,
        upper=8.7673,
        unit="people",
        verdict="estimate",
        numbers={"others": 1746},
        caveats=["1,746 were safe."],
    )
    text = product(found)
    assert not re.search(r"1,?746|0\.17|99\.8|0\.61|8\.76|\bthree\b", text, re.I)
    assert "svg" not in text or "Bars" not in text


# ---------------------------------------------------------------- what the publisher refuses


def fact(table=None, sentence="Counts.", name="found", **more) -> dict:
    """What the publisher sees of a finding whose author hid a count."""
    table = None if table is None else pd.DataFrame(table)
    given = {"table": table, "caption": "Counts"} if table is not None else {}
    return finding(name, sentence, sources=["Police"], **given | more).facts


H = CONFIDENTIAL
TABLE = {"area": ["A", "B", "C"], "n": [H, 40, 17]}
REFUSED = {
    "one hidden beside a total": [fact({"area": ["A", "B", "Total"], "n": [H, 40, 43]})],
    "a total at the top": [fact({"area": ["All", "A", "B"], "n": [43, H, 40]})],
    "two hidden that come to few": [
        fact({"area": [*R3, "Total"], "n": [H, H, 40, 43]}),
    ],
    "a total across": [
        fact({"area": ["A", "B"], "girls": [H, 9], "boys": [20, 30], "all": [23, 39]})
    ],
    "totals that cross": [
        fact({"area": ["A", "B", "Total"], "g": [H, H, 12], "b": [20, 30, 50], "Total": [23, 39, 62]})
    ],
    "a running total": [
        fact({"month": [*"JFMA"], "n": [40, H, 17, 9], "so far": [40, 43, 60, 69]})
    ],
    "a copy of the column": [fact({"area": R3, "n": [H, 40, 17], "m": [3, 40, 17]})],
    "a share": [fact(TABLE | {"share": [5.0, 66.6667, 28.3333]})],
    "a rate by a base": [
        fact(TABLE | {"rate": [2.0, 20.0, 17.0], "people at risk": [1500, 2000, 1000]})
    ],
    "the total in the sentence": [fact(TABLE, "Of 60 people some were hurt.")],
    "the total in the detail": [fact(TABLE, detail="It rests on 60 people.")],
    "the total in the caption": [fact(TABLE) | {"caption": "All 60"}],
    "a share in the sentence": [fact(TABLE, "5.0% of 60 people were in A.")],
    "the others in the sentence": [fact(TABLE, "57 of 60 people were elsewhere.")],
    "one in so many": [fact(TABLE, "1 in 20 of 60 people was in A.")],
    "Poisson limits": [fact(TABLE, verdict="estimate", lower=0.6187, upper=8.7673)],
    "Poisson limits of another level": [
        fact(TABLE, verdict="estimate", lower=0.8177, upper=7.7537)
    ],
    "the total in another finding": [fact(TABLE), fact(None, "There were 60.", "all")],
    "the total as another's value": [
        fact(TABLE), fact(None, "There were many.", "all", value=60)
    ],
    "the total in another's table": [
        fact(TABLE), fact({"area": ["Total"], "n": [60]}, "See below.", "all")
    ],
    "a share in another's words": [
        fact(TABLE), fact(None, "Of those, 5.0% of 60 people were in A.", "share")
    ],
    **{
        f"hidden as {mark}": [fact({"area": ["A", "B", "Total"], "n": [mark, 40, 43]})]
        for mark in ("*", "<5", "c", "suppressed", "withheld")
    },
}  # fmt: skip


@pytest.mark.parametrize("facts", REFUSED.values(), ids=REFUSED)
def test_a_page_that_tells_what_its_author_hid_is_refused_in_a_sentence(facts):
    (said, *_) = disclosed.reasons(facts, [])
    assert said.startswith("finding 'found' hides a small count, and ")
    assert said.endswith(".") and "\n" not in said and len(said) < 300


LET_PASS = {
    "hidden alone": [fact(TABLE)],
    "two that may be anything": [fact({"area": [*R3, "Total"], "n": [H, H, 40, 60]})],
    "a total that is hidden too": [fact({"area": ["A", "Total"], "n": [H, H]})],
    "a share that is of something else": [fact(TABLE | {"asked": [55.5, 71.2, 40.1]})],
    "another finding on something else": [fact(TABLE), fact(None, "Of 300.", "b")],
    "years": [fact(TABLE, "From 2021 to 2023.")],
    "nothing hidden": [fact({"area": ["A", "Total"], "n": [40, 43]})],
    "every count hidden": [fact({"area": R3, "n": [H, H, H]})],
}


@pytest.mark.parametrize("facts", LET_PASS.values(), ids=LET_PASS)
def test_a_page_that_tells_nothing_is_let_pass(facts):
    assert list(disclosed.reasons(facts, [])) == []


def area_table(*counts, total=None):
    names = [*"ABCDEF"[: len(counts)]]
    more = [] if total is None else [total]
    return {"area": [*names, *["Total"] * len(more)], "n": [*counts, *more]}


RELEASES = {
    "hidden before and shown now": (
        area_table(H, H, 40, total=50),
        area_table(3, 7, 40, total=50),
    ),
    "a neighbour shown now": (
        area_table(H, H, 40, total=50),
        area_table(H, 7, 40, total=53),
    ),
    "a neighbour shown before": (
        area_table(6, 7, 40, total=53),
        area_table(H, H, 40, total=50),
    ),
    "the total shown before": (
        {"area": ["A", "B", "C", "Total"], "n": [H, 40, 7, H]},
        area_table(H, 40, H, total=50),
    ),
    "across, shown now": (
        {"area": ["A"], "girls": [H], "boys": [H], "Total": [23]},
        {"area": ["A"], "girls": [9], "boys": [20], "Total": [29]},
    ),
}


@pytest.mark.parametrize(("was", "now"), RELEASES.values(), ids=RELEASES)
def test_two_releases_together_do_not_tell_a_count(was, now):
    (said, *_) = disclosed.reasons([fact(now)], [filed(fact(was))])
    assert "tells it" in said and said.endswith(".")


def filed(one: dict) -> dict:
    """A finding of an earlier release: its table comes from its CSV file."""
    text = csv_files.finding_csv(one).removeprefix(csv_files.MARK)
    return one | {"table": disclosed._read(text)}


STEADY = {
    "nothing moved": (area_table(H, H, 40, total=50), area_table(H, H, 40, total=50)),
    "a shown count moved": (
        area_table(H, H, 40, total=50),
        area_table(H, H, 45, total=55),
    ),
    "no total": (area_table(H, 7, 40), area_table(6, 7, 40)),
    "another period": (area_table(H, H, 40, total=50), area_table(3, 7, 40, total=50)),
    "kept hidden": (area_table(H, H, 40, total=50), area_table(H, H, 40, total=53)),
}


@pytest.mark.parametrize(("was", "now"), STEADY.values(), ids=STEADY)
def test_releases_that_tell_nothing_together_pass(was, now, request):
    old = filed(fact(was))
    if "another period" in request.node.name:
        old["period"] = "2019"
    assert list(disclosed.reasons([fact(now)], [old])) == []


@pytest.mark.parametrize(
    ("was", "now"), list(RELEASES.values())[:3], ids=list(RELEASES)[:3]
)
def test_what_the_earlier_table_holds_keeps_the_next_one_safe(was, now, request):
    """The author's way out: the earlier table is given when the next is made."""
    true = {"hidden": [3, 7, 40, 50], "neighbour shown now": [6, 7, 40, 53]}
    counts = next(
        (v for k, v in true.items() if k in request.node.name), [3, 7, 40, 50]
    )
    frame = pd.DataFrame({"area": [*"ABC", "Total"], "n": counts})
    safe = suppress(frame, "n", along="area", earlier=pd.DataFrame(was))
    assert list(disclosed.reasons([fact(safe)], [filed(fact(was))])) == []


# ---------------------------------------------------------------- figures


def drawn(kind: str, values) -> object:
    figure, ax = canvas()
    x = range(10, 10 + len(values))
    if kind == "bars":
        ax.bar([*"ABC"], values)
    elif kind == "bars across":
        ax.barh([*"ABC"], values)
    elif kind == "line":
        ax.plot(x, values)
    else:
        ax.scatter(x, values)
    return figure


@pytest.mark.parametrize("kind", ["bars", "bars across", "line", "points"])
def test_a_figure_that_draws_what_its_table_hides_is_refused(kind):
    given = {"alt": "Three values.", "sources": ["Police"]}
    hidden = {"table": pd.DataFrame(TABLE), "caption": "Counts"}
    with pytest.raises(Invalid, match="draws 3, and its table hides a small count"):
        finding("found", "Counts.", figure=drawn(kind, [3, 40, 17]), **given, **hidden)
    safe = plain(pd.DataFrame(TABLE)["n"])
    found = finding("found", "Counts.", figure=drawn(kind, safe), **given, **hidden)
    assert found.svg
    secret = {"sources": [SECRET], "table": pd.DataFrame(TABLE | {"n": [3, 40, 17]})}
    made = finding(
        "x", "Counts.", figure=drawn(kind, [3, 40, 17]), **given | hidden | secret
    )
    assert made.figure is None


# ---------------------------------------------------------------- what cannot be solved

UNSOLVED = {
    "parts that exceed their total": {"area": [*R3, "Total"], "n": [H, 40, 17, 30]},
    "two totals that disagree": {
        "area": ["A", "B", "Total", "All"],
        "n": [H, H, 50, 60],
    },
}


@pytest.mark.parametrize("table", UNSOLVED.values(), ids=UNSOLVED)
def test_what_cannot_be_solved_is_said_in_a_sentence(table):
    said = list(disclosed.reasons([fact(table)], []))
    assert all(s.endswith(".") and "\n" not in s for s in said)
    if said:
        assert "cannot be told" in said[0]


@pytest.mark.parametrize(
    "frame",
    [
        {"area": [], "n": []},
        {"area": ["A"], "n": [None]},
        {"n": [3]},
        {"area": ["Total"], "n": [3]},
        {"area": ["A", "A"], "n": [3, 3]},
        {"area": ["A", "B"], "n": [float("inf"), 3]},
        {"area": ["A", "B"], "n": [-3, 3]},
        {"area": ["A"], "n": [3], "n2": [0]},
        {"area": ["A", "B"], "when": pd.to_datetime(["2024-01-01"] * 2), "n": [3, 8]},
        {"area": ["A", "B"], "yes": [True, False], "n": [3, 8]},
    ],
)
def test_odd_tables_are_withheld_without_a_traceback(frame):
    held, _ = withhold(pd.DataFrame(frame), {})
    assert not {3, -3} & {*held.to_numpy(object).ravel()}


@pytest.mark.parametrize(
    ("state", "seen"), [("published", 3), ("restricted", H), ("unpublished", H)]
)
def test_a_table_of_ones_own_says_what_may_be_shown(tmp_path, monkeypatch, state, seen):
    monkeypatch.setenv("OUTCOMES_DATA", str(tmp_path))
    (tmp_path / "own").mkdir()
    (tmp_path / "own/hurt.csv").write_text("area,n\nWyre,3\nPendle,40\n")
    said = f'title = "Hurt"\npublisher = "Us"\nlicence = "None"\nstate = "{state}"\n'
    said += '[columns]\narea = "text"\nn = "integer"\n'
    (tmp_path / "own/hurt.toml").write_text(said)
    held = own("hurt")
    found = finding("found", "Counts.", table=held, caption="Hurt", sources=held)
    assert found.facts["table"]["rows"] == [["Wyre", seen], ["Pendle", 40]]


def test_a_column_with_no_upper_limit_is_still_one_of_counts():
    table = {
        "columns": [{"key": k, "label": k, "unit": ""} for k in ("area", "most")],
        "rows": [["Wyre", CONFIDENTIAL], ["Pendle", "no upper limit"], ["Fylde", 40]],
    }
    seen = disclosed.table_of({"table": table})
    assert seen is not None and seen.columns == ["most"]
