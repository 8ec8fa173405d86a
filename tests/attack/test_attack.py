"""An attacker's attempts to have back what a table hides; none may succeed.

From the sums of tables of two and three dimensions, by trying every table through the rule itself,
from two releases together, and from everything that is made of a table: sentence, alternative
text, figure, CSV, page and stored output.
"""

import json
import random

import pandas as pd
import pytest
import recover

from empty_figure import canvas
from outcomes.data.crime import drug_deaths
from outcomes.data.disclosure import CONFIDENTIAL, THRESHOLD, plain, suppress
from outcomes.findings import charts, finding, theme
from outcomes.publish import csv_files, index
from outcomes.publish.notebook_outputs import normalise

TWO = ["area", "year"]


def shown(frame: pd.DataFrame, dimensions) -> dict[tuple, object]:
    return recover.cells_of(suppress(frame, "n", along=dimensions), dimensions)


def laid_bare(frame: pd.DataFrame, dimensions: list[str]) -> dict[tuple, tuple]:
    """Hidden small counts of a table that its sums leave one value for."""
    cells, truth = shown(frame, dimensions), recover.cells_of(frame, dimensions)
    limits = recover.by_sums(cells, recover.sums_of(frame, dimensions))
    return {
        p: ends
        for p, ends in limits.items()
        if ends[0] == ends[1] and truth[p] < THRESHOLD
    }


def seeds(n: int):
    return pytest.mark.parametrize("seed", range(n))


@seeds(40)
def test_the_sums_of_a_table_with_margins_give_nothing_back(seed):
    draw = random.Random(seed)
    height, width = draw.choice([(2, 2), (3, 3), (3, 5), (4, 4), (5, 4), (6, 3)])
    kinds = draw.choice(
        [[0, 1, 2, 4, 6, 9], [0, 0, 0, 3, 40], [1, 2, 3, 4], [3, 50, 600]]
    )
    rows = [[draw.choice(kinds) for _ in range(width)] for _ in range(height)]
    assert laid_bare(recover.square(rows), TWO) == {}, rows


def cube(draw: random.Random, kinds) -> pd.DataFrame:
    """A table of area, year and sex with every margin."""
    rows = [(a, y, s, draw.choice(kinds)) for a in "abc" for y in "xyz" for s in "fm"]
    frame = pd.DataFrame(rows, columns=["area", "year", "sex", "n"])
    for name in ("area", "year", "sex"):
        others = [c for c in ("area", "year", "sex") if c != name]
        sums = (
            frame.groupby(others, as_index=False)["n"].sum().assign(**{name: "Total"})
        )
        frame = pd.concat([frame, sums], ignore_index=True)
    return frame


@seeds(15)
def test_the_sums_of_three_dimensions_give_nothing_back(seed):
    draw = random.Random(seed)
    frame = cube(draw, draw.choice([[0, 1, 2, 4, 6, 9], [0, 0, 3, 40], [2, 30, 400]]))
    assert laid_bare(frame, ["area", "year", "sex"]) == {}


def test_real_counts_of_drug_deaths_give_nothing_back():
    """Deaths by district and year are public; treated as if they were not, none comes back."""
    deaths = drug_deaths().rename(columns={"deaths": "n"})
    deaths = deaths[deaths["area"] != "lancashire"].dropna(subset=["n"])
    for first in range(1993, 2021, 4):
        wide = deaths[deaths["year"].between(first, first + 3)]
        wide = wide.pivot(index="area", columns="year", values="n").dropna().astype(int)
        assert len(wide) >= 10
        assert laid_bare(recover.square(wide.to_numpy().tolist()), TWO) == {}


def flat(table: tuple, width: int = 2) -> tuple:
    """What is shown of a small table given as its inner cells, margins included."""
    rows = [list(table[at : at + width]) for at in range(0, len(table), width)]
    frame = recover.square(rows)
    cells = shown(frame, TWO)
    inner = [(f"a{i}", f"y{j}") for i in range(len(rows)) for j in range(width)]
    return tuple(cells[p] for p in inner) + tuple(
        v for p, v in cells.items() if "Total" in p
    )


@pytest.mark.parametrize("total", [5, 8, 11])
def test_trying_every_table_through_the_rule_gives_nothing_back(total):
    """All tables of 2 by 2 with one total. Where that total is hidden, tables of another could
    look the same, so those are left to the attacks above."""
    tables = (t for t in recover.tables_up_to(4, total) if sum(t) == total)
    tried, found = 0, []
    for seen, candidates in recover.by_trying(tables, flat).items():
        if seen[-1] == CONFIDENTIAL or CONFIDENTIAL not in seen[:4]:
            continue
        tried += 1
        back = recover.recovered(seen[:4], candidates)
        found += [(seen, at, n) for at, n in back.items() if 0 < n < THRESHOLD]
    assert tried > 5
    assert found == []


def test_the_attacker_finds_what_is_laid_bare():
    """The same attacks on a table that hides small counts alone have them back at once."""
    rows = [[3, 9], [9, 9]]
    frame = recover.square(rows)
    cells = recover.cells_of(suppress(frame, "n"), TWO)
    assert recover.by_sums(cells, recover.sums_of(frame, TWO)) == {("a0", "y0"): (3, 3)}
    alike = recover.by_trying(
        recover.tables_up_to(3, 12),
        lambda t: (*(CONFIDENTIAL if 0 < n < THRESHOLD else n for n in t), sum(t)),
    )
    seen = (CONFIDENTIAL, 7, 0, 10)
    assert recover.recovered(seen[:3], alike[seen]) == {0: 3}


@seeds(20)
def test_two_releases_of_the_same_counts_give_nothing_back(seed):
    """A rebuild, or rows in another order, hides the same cells: there is nothing to compare."""
    draw = random.Random(seed)
    rows = [
        [draw.choice([0, 1, 2, 3, 3, 8, 8, 20]) for _ in range(3)] for _ in range(3)
    ]
    frame = recover.square(rows)
    again = frame.sample(frac=1, random_state=seed)
    first, second = shown(frame, TWO), shown(again, TWO)
    sums, steady = recover.sums_of(frame, TWO), list(first)
    limits = recover.between(first, second, sums, steady)
    truth = recover.cells_of(frame, TWO)
    assert not {
        p for p, (a, b) in limits.items() if a == b and truth[p[1:]] < THRESHOLD
    }


def test_a_revised_release_beside_the_one_before_gives_nothing_back():
    """One count grows past the threshold and the others are known to stand: the first release's
    small count is then its total less the parts that the second shows."""
    first, second = (
        recover.square([[3, 20], [7, 30]]),
        recover.square([[6, 20], [7, 30]]),
    )
    sums = recover.sums_of(first, TWO)
    steady = [("a0", "y1"), ("a1", "y0"), ("a1", "y1")]
    seen = suppress(first, "n", along=TWO)
    after = suppress(second, "n", along=TWO, earlier=seen)
    limits = recover.between(
        shown(first, TWO), recover.cells_of(after, TWO), sums, steady
    )
    assert not {p: ends for p, ends in limits.items() if ends[0] == ends[1]}
    alone = recover.between(shown(first, TWO), shown(second, TWO), sums, steady)
    assert alone[1, "a0", "y0"] == (3, 3)  # what the earlier release is needed for


WORLDS = [[[3, 20], [7, 30]], [[4, 19], [6, 31]], [[2, 21], [8, 29]]]


def products(rows, hide: bool = True) -> dict[str, str]:
    """Everything that is made of a table, as the disclosure module says it must be made."""
    frame = recover.square(rows)
    if hide:
        frame = suppress(frame, "n", along=TWO)
    numbers = plain(frame["n"])
    figure, ax = canvas(3)
    drawn = frame.assign(label=frame["area"] + " " + frame["year"], n=numbers).dropna()
    with theme.styled():
        charts.bars(drawn, ax=ax, x="n", y="label")
    last = frame["n"].iloc[0]
    one = finding(
        "found",
        f"{last} people in a0; {numbers.sum():.0f} over what is shown.",
        sources=["x"],
        value=numbers.iloc[0],
        table=frame,
        caption="People",
        figure=figure,
        alt=f"Bars, the first at {last}.",
        caveats=[f"The smallest shown is {numbers.min():.0f}."],
    )
    bundle = one._repr_mimebundle_()
    output = {"output_type": "display_data", "data": bundle, "metadata": {}}
    cell = {"cell_type": "code", "outputs": [output], "source": "x", "metadata": {}}
    book = {"cells": [cell | {"execution_count": 1, "id": "a"}], "metadata": {}}
    return {
        "sentence and alternative text": repr(one),
        "page": one.html(),
        "figure": one.svg,
        "CSV": csv_files.finding_csv(one.facts),
        "facts": json.dumps(one.facts),
        "all findings": index.findings_csv([{"handle": "x", "findings": [one.facts]}]),
        "stored output": json.dumps(
            normalise(book | {"nbformat": 4, "nbformat_minor": 5})
        ),
    }


def test_tables_that_look_alike_make_the_same_bytes_everywhere():
    """Nothing that is made of a table says more than the table: where only hidden counts differ,
    every product is the same, down to the figure's coordinates."""
    seen = [shown(recover.square(rows), TWO) for rows in WORLDS]
    assert all(CONFIDENTIAL in s.values() for s in seen)
    alike = [rows for rows, s in zip(WORLDS, seen, strict=True) if s == seen[0]]
    assert len(alike) >= 2, seen
    first, *others = (products(rows) for rows in alike)
    for other in others:
        assert other == first


def test_the_bytes_tell_when_a_product_was_made_before_hiding():
    first, second = (products(rows, hide=False) for rows in WORLDS[:2])
    assert all(first[k] != second[k] for k in first)
