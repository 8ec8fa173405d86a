"""What holds between the pages of the site: one fact is told in one way wherever it stands."""

import json
import re
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

import pandas as pd
import pytest

from outcomes.findings.verdicts import refusal
from sentence_numbers import missing

pytestmark = pytest.mark.build

Found = tuple[str, dict]  # a page's handle, and the facts of one of its findings


@pytest.fixture(scope="module")
def findings(release) -> list[Found]:
    """Every finding of the site with the handle of its page; its table among its facts."""
    record = json.loads((release / "manifest.json").read_text(encoding="utf-8"))
    return [
        (page["handle"], fact) for page in record["pages"] for fact in page["findings"]
    ]


def said(found: list[str]) -> str:
    """What was found, a line each, as the message of a test."""
    return "\n".join(["", *found])


def grouped(findings: list[Found]) -> dict[tuple, list[Found]]:
    """Findings about one series, one area and one period, wherever they stand."""
    groups = defaultdict(list)
    for handle, fact in findings:
        if fact.get("series"):
            groups[fact["series"], fact["area"], fact["period"]].append((handle, fact))
    return groups


def disagreements(findings: list[Found]) -> Iterator[str]:
    """Each series, area and period that two pages tell otherwise, and what is told."""
    for (series, area, period), told in grouped(findings).items():
        for fact in (
            "value",
            "lower",
            "upper",
            "unit",
            "direction",
            "verdict",
            "sentence",
        ):
            said = defaultdict(list)
            for handle, one in told:
                said[one[fact]].append(f"{handle}#{one['name']}")
            if len(said) > 1:
                ways = "; ".join(
                    f"{', '.join(where)}: {way!r}" for way, where in said.items()
                )
                yield f"{series}, {area}, {period}, {fact}: {ways}"


def test_a_series_is_told_alike_on_every_page(findings):
    found = list(disagreements(findings))
    assert not found, said(found)


def test_the_series_that_several_pages_show_are_compared(findings):
    pages = {
        key: {h.partition("/")[0] for h, _ in told}
        for key, told in grouped(findings).items()
    }
    shared = {series for (series, *_), on in pages.items() if len(on) > 1}
    assert {"trafficking", "blade_or_point"} <= shared


def written(text: str) -> dict[float, set[str]]:
    """The numbers of a sentence, by value, each as it is written."""
    found = defaultdict(set)
    for number in re.findall(r"(?<![\w.,])\d[\d,]*(?:\.\d+)?", text):
        found[float(number.replace(",", ""))].add(number)
    return found


def roundings(findings: list[Found]) -> Iterator[str]:
    """Values of one unit, area and period that two sentences round otherwise."""
    told = defaultdict(dict)
    for handle, fact in findings:
        if fact["value"] is None or not fact["unit"]:
            continue
        numbers = [w for ways in written(fact["sentence"]).values() for w in ways]
        near = [n for n in numbers if rounds_to(fact["value"], n)]
        if near:
            places = max(len(n.partition(".")[2]) for n in near)
            key = (fact["unit"], fact["area"], fact["period"], round(fact["value"], 6))
            told[key].setdefault(
                places, f"{handle}#{fact['name']}: {max(near, key=len)}"
            )
    for key, ways in told.items():
        if len(ways) > 1:
            yield f"{', '.join(map(str, key))}: {'; '.join(ways.values())}"


def rounds_to(value: float, number: str) -> bool:
    """Whether ``number``, as written, is ``value`` rounded to the places it is written with."""
    places = len(number.partition(".")[2])
    return (
        abs(abs(value) - float(number.replace(",", ""))) <= 0.5 * 10**-places * 1.0001
    )


def test_a_value_is_rounded_alike_wherever_it_stands(findings):
    found = list(roundings(findings))
    assert not found, said(found)


def test_every_mark_is_earned_by_its_rule(findings):
    refused = [
        f"{handle}: {why}" for handle, fact in findings if (why := refusal(fact))
    ]
    assert not refused, said(refused)


def test_every_estimate_has_an_interval_or_bounds(findings):
    estimates = [(h, f) for h, f in findings if f["verdict"] == "estimate"]
    assert len(estimates) > 20
    open_above = "no upper limit"
    for handle, fact in estimates:
        assert fact["lower"] is not None, f"{handle}#{fact['name']}"
        told = " ".join([fact["sentence"], *fact["caveats"]])
        assert fact["upper"] is not None or open_above in told, (
            f"{handle}#{fact['name']}"
        )


def _table(path: Path) -> dict | None:
    """A table to download, as the facts of a finding hold it: numbers as numbers."""
    if not path.is_file():
        return None
    frame = pd.read_csv(path, keep_default_na=False, encoding="utf-8-sig")
    rows = [
        [v.item() if hasattr(v, "item") else v for v in row]
        for row in frame.to_numpy(object)
    ]
    return {"columns": [{"label": name} for name in frame.columns], "rows": rows}


def test_every_number_of_a_sentence_stands_in_what_the_finding_holds(release, findings):
    unheld = []
    for handle, fact in findings:
        table = _table(release / handle / f"{fact['name']}.csv")
        numbers = missing(fact | {"table": table})
        unheld += [f"{handle}#{fact['name']}: {', '.join(numbers)}"] if numbers else []
    assert not unheld, said(unheld)
