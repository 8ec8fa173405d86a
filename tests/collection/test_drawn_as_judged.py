"""What a chart draws is what its sentence judges: one rule for both, on every page.

Each rule takes a finding (its facts, the rows of its table, its SVG) and gives what parts the two.
The last tests plant a fault for each rule.
"""

import copy
import csv
import json
import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple
from urllib.parse import unquote

import pytest

_FIGURE = re.compile(r'<figure class="finding [^"]*" id="([^"]+)">(.*?)</figure>', re.S)
_IMAGE = re.compile(r'<img alt="[^"]*" src="data:image/svg\+xml,([^"]*)"')
_UNIT = re.compile(r" \([^()]*\)$")
_HEADS = {
    "lower limit": "lower",
    "upper limit": "upper",
    "sign of change": "special",
    "can be tested": "testable",
    "p-value by itself": "p alone",
    "p-value as it counts": "p counted",
}


def _head(text: str) -> str:
    """A heading of a file as the table of the finding calls it."""
    text = _UNIT.sub("", text)
    return _HEADS.get(text, text)


class Drawn(NamedTuple):
    """A finding as a reader has it."""

    page: str
    facts: dict
    rows: list[dict[str, str]]
    svg: str

    def number(self, row: dict[str, str], column: str) -> float | None:
        return float(row[column]) if row.get(column) not in ("", None) else None

    def clear_of(self, row: dict[str, str], reference: float) -> bool | None:
        """Whether the interval of a row leaves a reference out; None without an interval."""
        lower, upper = self.number(row, "lower"), self.number(row, "upper")
        if lower is None or upper is None:
            return None
        return lower > reference or upper < reference


def changes_by_p(drawn: Drawn) -> Iterator[str]:
    """Intervals of evaluations side by side leave no change out exactly where the p does."""
    if not {"p alone", "p counted", "lower"} <= set(
        drawn.rows[0] if drawn.rows else ()
    ):
        return
    detail = drawn.facts["detail"]
    p = "p alone" if "before correction" in detail else "p counted"
    listed = detail.split(". The comparison fails")[0]
    for row in drawn.rows:
        clear = drawn.clear_of(row, 0)
        if row["testable"] != "True":
            continue
        judged = float(row[p]) <= 0.05
        if clear is not None and clear != judged:
            yield f"{row['case']}: drawn clear is {clear}, judged clear is {judged}"
        name = row["case"].replace("comparison: ", "against ")
        if judged and name not in listed:
            yield f"{row['case']} is judged clear and not named"


def rings(drawn: Drawn) -> Iterator[str]:
    """A process behaviour chart rings the points that the sentence counts as signals."""
    if not {"special", "mean", "value"} <= set(drawn.rows[0] if drawn.rows else ()):
        return
    marked = sum(row["special"] != "" for row in drawn.rows)
    counted = drawn.facts.get("numbers", {}).get("of these signals")
    if marked != counted:
        yield f"{marked} points marked, {counted} counted"
    if marked and drawn.facts["sentence"].startswith("No clear change"):
        yield "no clear change, and points marked"
    found = re.findall(r"<path style='([^']*)' d='([^']*)'", drawn.svg)
    ringed = sum(
        len(re.findall("[mM]", d)) for style, d in found if "#a33b00" in style.lower()
    )
    if drawn.svg and ringed != marked:
        yield f"{ringed} points ringed, {marked} marked"


def limits(drawn: Drawn) -> Iterator[str]:
    """A funnel's sentence goes by the limits that are drawn, and both are named."""
    if "lower 99.8% limit" not in (drawn.rows[0] if drawn.rows else ()):
        return
    row = next(r for r in drawn.rows if r["place"] == drawn.facts["area"])
    rate = float(row["rate"])
    inside = {
        level: float(row[f"lower {level} limit"])
        <= rate
        <= float(row[f"upper {level} limit"])
        for level in ("95%", "99.8%")
    }
    wanted = (
        "Nothing unusual in " if inside["95%"] else ".+ stood somewhat (high|low): "
    )
    wanted = wanted if inside["99.8%"] else ".+ stood unusually (high|low): "
    if not re.match(wanted, drawn.facts["sentence"]):
        yield f"drawn as {wanted!r}: {drawn.facts['sentence']}"
    for level in inside:
        if f"{level} limits" not in drawn.svg:
            yield f"the {level} limits have no name in the chart"


def clear_periods(drawn: Drawn) -> Iterator[str]:
    """The periods after a start that are counted as clear are those drawn clear of zero."""
    counted = drawn.facts.get("numbers", {}).get("of these clear of no difference")
    if counted is None:
        return
    late = [row for row in drawn.rows if row["before"] == "False"]
    shown = sum(bool(drawn.clear_of(row, 0)) for row in late)
    if shown != counted:
        yield f"{shown} periods drawn clear, {counted} counted"


def bold_series(drawn: Drawn) -> Iterator[str]:
    """Series in bold are those that differ, by intervals clear of the usual level."""
    if "differs" not in (drawn.rows[0] if drawn.rows else ()):
        return
    differ = {row["series"] for row in drawn.rows if row["differs"] == "True"}
    for row in drawn.rows:
        clear = drawn.clear_of(row, 1)
        if clear is not None and clear != (row["series"] in differ):
            yield f"{row['series']}: drawn clear is {clear}"
    heavy = re.findall(r"<g style='[^']*font-weight:[^']*'>(.*?)</g>", drawn.svg, re.S)
    bold = set(re.findall(r"<text[^>]*>([^<]*)</text>", "".join(heavy)))
    if drawn.svg and bold != differ:
        yield f"bold {bold}, differing {differ}"


def differences(drawn: Drawn) -> Iterator[str]:
    """A difference is called clear exactly where its interval leaves zero out."""
    facts = drawn.facts
    if facts.get("unit") != "difference of shares" or facts.get("lower") is None:
        return
    clear = facts["lower"] > 0 or facts["upper"] < 0
    said = " ".join([facts["sentence"], facts.get("detail", "")])
    if ("more than chance" in said) != clear:
        yield f"interval clear is {clear}: {said}"


RULES = (changes_by_p, rings, limits, clear_periods, bold_series, differences)


def drawings(site: Path) -> Iterator[Drawn]:
    """Every finding of a release with its table and its chart."""
    record = json.loads((site / "manifest.json").read_text(encoding="utf-8"))
    for entry in record["pages"]:
        html = (site / entry["path"]).read_text(encoding="utf-8")
        images = {
            name: unquote(image[1])
            for name, body in _FIGURE.findall(html)
            if (image := _IMAGE.search(body))
        }
        for facts in entry["findings"]:
            file, rows = site / entry["handle"] / f"{facts['name']}.csv", []
            if file.is_file():
                with file.open(encoding="utf-8-sig", newline="") as lines:
                    rows = [
                        {_head(k): v for k, v in row.items()}
                        for row in csv.DictReader(lines)
                    ]
            yield Drawn(entry["handle"], facts, rows, images.get(facts["name"], ""))


@pytest.fixture(scope="module")
def drawn(release) -> list[Drawn]:
    return list(drawings(release))


def applies(rule, one: Drawn) -> bool:
    """Whether a rule looks at a finding: a table of its columns, or a number of its name."""
    marks = {
        changes_by_p: "p counted",
        rings: "special",
        limits: "lower 99.8% limit",
        bold_series: "differs",
    }
    if rule in marks:
        return marks[rule] in (one.rows[0] if one.rows else ())
    if rule is clear_periods:
        return "of these clear of no difference" in one.facts.get("numbers", {})
    return one.facts.get("unit") == "difference of shares"


@pytest.mark.build
def test_what_is_drawn_is_what_is_judged(drawn):
    wrong = [
        (one.page, one.facts["name"], problem)
        for one in drawn
        for rule in RULES
        for problem in rule(one)
    ]
    assert wrong == []


@pytest.mark.build
def test_every_rule_finds_charts_to_look_at(drawn):
    seen = Counter(
        rule.__name__ for one in drawn for rule in RULES if applies(rule, one)
    )
    assert set(seen) == {rule.__name__ for rule in RULES}, seen


def _widened(one: Drawn) -> Drawn:
    """A fault: the interval of the first row that has one is drawn on the other side."""
    row = next(r for r in one.rows if r.get("lower"))
    at = 1.0 if "differs" in row else 0.0
    if one.clear_of(row, at):
        row["lower"], row["upper"] = str(at - 1), str(at + 1)
    else:
        row["lower"], row["upper"] = str(at + 1), str(at + 2)
    return one


def _marked(one: Drawn) -> Drawn:
    """A fault: one more point is marked than is counted."""
    next(r for r in one.rows if not r["special"])["special"] = "outside the limits"
    return one


def _moved(one: Drawn) -> Drawn:
    """A fault: the place stands beyond all limits, and its sentence stays."""
    row = next(r for r in one.rows if r["place"] == one.facts["area"])
    row["rate"] = str(3 * float(row["upper 99.8% limit"]))
    return one


def _miscounted(one: Drawn) -> Drawn:
    """A fault: the sentence counts one period more."""
    one.facts["numbers"]["of these clear of no difference"] += 1
    return one


def _turned(one: Drawn) -> Drawn:
    """A fault: the interval of a difference is another than its words."""
    clear = one.facts["lower"] > 0 or one.facts["upper"] < 0
    one.facts["lower"], one.facts["upper"] = (-1, 1) if clear else (1, 2)
    return one


FAULTS = {
    changes_by_p: _widened,
    rings: _marked,
    limits: _moved,
    clear_periods: _miscounted,
    bold_series: _widened,
    differences: _turned,
}


@pytest.mark.build
@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.__name__)
def test_a_planted_fault_is_found(drawn, rule):
    looked_at = [
        one
        for one in drawn
        if applies(rule, one)
        and any(r.get("testable", "True") == "True" for r in one.rows)
    ]
    one = copy.deepcopy(looked_at[0])
    if rule in (changes_by_p,):
        one = one._replace(rows=[r for r in one.rows if r["testable"] == "True"])
    assert list(rule(FAULTS[rule](one)))
