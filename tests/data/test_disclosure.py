"""Small counts of people are hidden, and cannot be had back by subtraction or by trying."""

import itertools
import random

import pandas as pd
import pytest
import recover

from outcomes.core.errors import Invalid
from outcomes.data.disclosure import CONFIDENTIAL, plain, suppress, withhold


def line(*parts):
    """Parts and, in the last row, their total."""
    names = [*"abcdefg"[: len(parts)], "Total"]
    return pd.DataFrame({"area": names, "n": [*parts, sum(parts)]})


def shown(*parts, **options):
    return tuple(suppress(line(*parts), "n", along="area", **options)["n"])


def test_small_counts_are_hidden_and_zeros_are_not():
    found = suppress(pd.DataFrame({"n": [0, 1, 4, 5, 90]}), "n")
    assert found["n"].tolist() == [0, "[c]", "[c]", 5, 90]


def test_the_next_smallest_part_is_hidden_beside_a_total():
    frame = line(3, 20, 7, 0)
    assert shown(3, 20, 7, 0) == ("[c]", 20, "[c]", 0, 30)
    assert suppress(frame, "n")["n"].tolist() == ["[c]", 20, 7, 0, 30]
    assert frame["n"].tolist() == [3, 20, 7, 0, 30]


def test_two_hidden_parts_that_add_up_to_few_take_a_third():
    assert shown(1, 2, 9, 30) == ("[c]", "[c]", "[c]", 30, 42)


def test_two_hidden_parts_that_add_up_to_the_threshold_are_enough():
    assert shown(1, 4, 9, 30) == ("[c]", "[c]", 9, 30, 44)


def test_years_may_be_numbers_beside_the_word_total_and_counts_stay_whole():
    frame = pd.DataFrame({"year": [2021, 2020, 2022, "Total"], "n": [8, 8, 2, 18]})
    found = suppress(frame, "n", along="year")["n"].tolist()
    assert found == [8, "[c]", "[c]", 18] and type(found[0]) is int


def test_a_small_total_is_hidden_itself():
    assert shown(3, 0) == ("[c]", 0, "[c]")


def test_where_no_part_is_left_the_total_goes():
    assert shown(7) == (7, 7)
    assert shown(4, 0, 0) == ("[c]", 0, 0, "[c]")


def test_tables_are_kept_apart():
    frame = pd.DataFrame({"area": list("aaabbb"), "sex": ["m", "f", "Total"] * 2})
    frame["n"] = [2, 8, 10, 6, 7, 13]
    found = suppress(frame, "n", along="sex", by="area")["n"].tolist()
    assert found == ["[c]", "[c]", 10, 6, 7, 13]
    with pytest.raises(Invalid, match="'Total' twice in one line"):
        suppress(frame, "n", along="sex")


def test_rows_whose_table_has_no_name_are_a_table_too():
    frame = pd.DataFrame(
        {"area": ["a", "a", None, None, None], "sex": [*"fm", "f", "m", "Total"]}
    )
    frame["n"] = [7, 8, 2, 8, 10]
    found = suppress(frame, "n", along="sex", by="area")["n"].tolist()
    assert found == [7, 8, "[c]", "[c]", 10]


def test_of_equal_counts_the_same_is_hidden_whatever_the_order_of_rows():
    frame = pd.DataFrame({"area": ["c", "Total", "b", "a"], "n": [8, 18, 2, 8]})
    for order in itertools.permutations(range(4)):
        found = suppress(frame.iloc[list(order)], "n", along="area").set_index("area")[
            "n"
        ]
        assert found[["a", "b", "c", "Total"]].tolist() == ["[c]", "[c]", 8, 18]


def test_another_word_for_the_total_and_another_threshold():
    frame = pd.DataFrame({"area": ["a", "b", "c", "All"], "n": [9, 10, 12, 31]})
    found = suppress(frame, "n", along="area", total="All", threshold=10)["n"].tolist()
    assert found == ["[c]", "[c]", 12, 31]
    assert suppress(frame, "n", along="area", threshold=10)["n"].tolist() == [
        "[c]",
        10,
        12,
        31,
    ]
    with pytest.raises(Invalid, match="column 'sex' is not known"):
        suppress(frame, "n", along="area", by="sex")
    two = pd.DataFrame({"n": [0, 1, 2, 3]})
    assert suppress(two, "n", threshold=2)["n"].tolist() == [0, "[c]", 2, 3]


def test_published_counts_pass_with_their_source():
    assert shown(3, 20, public="Home Office, 4 May 2023") == (3, 20, 23)
    with pytest.raises(Invalid, match=r"^public .* is not a name\.$"):
        suppress(line(3), "n", public=True)


def test_a_figure_has_a_gap_where_a_count_is_hidden():
    found = plain(suppress(pd.DataFrame({"n": [0, 3, 9]}), "n")["n"])
    assert found.isna().tolist() == [False, True, False] and found[2] == 9


def test_nobody_who_knows_the_rule_can_tell_a_hidden_part():
    """Every line of three parts up to a total of 9, by what is shown of it: a reader who knows how
    cells are chosen tries them all, and is left with more than one value for each small part."""
    alike = {}
    for parts in itertools.product(range(10), repeat=3):
        if sum(parts) <= 9:
            alike.setdefault(shown(*parts), []).append(parts)
    for seen, candidates in alike.items():
        for place in range(3):
            values = {parts[place] for parts in candidates}
            if seen[place] == CONFIDENTIAL and min(values) < 5:
                assert len(values) > 1, (seen, candidates)
            if seen[place] != CONFIDENTIAL:
                assert values == {seen[place]} and not 0 < seen[place] < 5


def square(rows):
    """A table of two dimensions with both margins, in long form."""
    wide = pd.DataFrame(rows, index=[f"a{i}" for i in range(len(rows))])
    wide.columns = [f"y{i}" for i in range(len(rows[0]))]
    wide["Total"] = wide.sum(axis=1)
    wide.loc["Total"] = wide.sum()
    return (
        wide.rename_axis("area")
        .reset_index()
        .melt("area", var_name="year", value_name="n")
    )


def agrees(table, cells, place, full):
    """May the row and the column of ``place`` have these sums, each of it ``full`` or in part?"""
    i, j = place
    sums = (
        (sum(table[i]), f"a{i}", "Total", full[0]),
        (sum(row[j] for row in table), "Total", f"y{j}", full[1]),
    )
    for have, area, year, whole in sums:
        told = cells[area, year]
        if told != CONFIDENTIAL and (have > told or (whole and have != told)):
            return False
    return True


def solutions(rows, found):
    """Values that each hidden inner cell can have, over all tables that agree with what is shown.

    Every table is tried, up to 8 above the largest count: a cell at a time, each line checked when
    it is full.
    """
    cells = {(r.area, r.year): r.n for r in found.itertuples()}
    height, width, limit = len(rows), len(rows[0]), max(max(row) for row in rows) + 8
    hidden = [
        (i, j)
        for i in range(height)
        for j in range(width)
        if cells[f"a{i}", f"y{j}"] == CONFIDENTIAL
    ]
    values = {place: set() for place in hidden}
    table = [
        [0 if (i, j) in values else rows[i][j] for j in range(width)]
        for i in range(height)
    ]

    small = [(i, j) for i, j in hidden if rows[i][j] < 5]

    def attempt(at):
        if all(len(values[place]) > 1 for place in small):
            return
        if at == len(hidden):
            whole = cells["Total", "Total"]
            if whole == CONFIDENTIAL or whole == sum(map(sum, table)):
                for i, j in hidden:
                    values[i, j].add(table[i][j])
            return
        i, j = hidden[at]
        rest = hidden[at + 1 :]
        ends = all(p[0] != i for p in rest), all(p[1] != j for p in rest)
        for value in range(1, limit):
            table[i][j] = value
            if agrees(table, cells, (i, j), ends):
                attempt(at + 1)
        table[i][j] = 0

    attempt(0)
    return values


TRIED = 6  # hidden cells: up to so many, every table is tried


@pytest.mark.parametrize("seed", range(60))
def test_no_small_cell_of_a_table_with_margins_can_be_worked_out(seed):
    draw = random.Random(seed)
    height, width = draw.choice([(2, 2), (2, 3), (3, 2), (3, 3)])
    rows = [
        [draw.choice([0, 1, 2, 4, 6, 9]) for _ in range(width)] for _ in range(height)
    ]
    found = suppress(square(rows), "n", along=["area", "year"])
    seen = found.pivot(index="area", columns="year", values="n")
    if found["n"].eq(CONFIDENTIAL).sum() <= TRIED:  # more would take minutes
        for (i, j), values in solutions(rows, found).items():
            assert rows[i][j] >= 5 or len(values) > 1, (rows, seen)
    dimensions = ["area", "year"]
    cells = recover.cells_of(found, dimensions)
    limits = recover.by_sums(cells, recover.sums_of(found, dimensions))
    for i, j in itertools.product(range(height), range(width)):
        if 0 < rows[i][j] < 5:
            least, most = limits[f"a{i}", f"y{j}"]
            assert least < most, (rows, seen)


def test_the_trial_itself_finds_what_is_laid_bare():
    """Without secondary suppression the same trial has the hidden cell back at once."""
    rows = [[3, 9], [9, 9]]
    assert solutions(rows, suppress(square(rows), "n")) == {(0, 0): {3}}


@pytest.mark.parametrize("bad", [[-1, 3], [1.5, 3]])
def test_what_is_not_a_count_of_people_is_refused(bad):
    with pytest.raises(
        Invalid, match=r"^column 'n' holds values that are not counts of people.$"
    ):
        suppress(pd.DataFrame({"n": bad}), "n")


def test_unknown_column_and_idle_threshold_are_refused():
    with pytest.raises(Invalid, match="column 'm' is not known"):
        suppress(pd.DataFrame({"n": [1]}), "m")
    with pytest.raises(
        Invalid, match=r"^threshold is 1; below 2 nothing would be hidden.$"
    ):
        suppress(pd.DataFrame({"n": [1]}), "n", threshold=1)


@pytest.mark.parametrize(
    ("frame", "left"),
    [
        ({"area": ["A", "B"], "n": [3, 8]}, ["[c]", 8]),
        ({"area": ["A", "B", "C"], "n": [7, 8, 9]}, [7, 8, 9]),
        ({"area": ["A", "B", "Total"], "n": [3, 8, 11]}, ["[c]", "[c]", 11]),
        ({"area": ["A", "Total"], "n": [3, 3], "total": [3, 3]}, ["[c]", "[c]"]),
    ],
)
def test_an_unpublished_table_is_withheld_with_and_without_a_total(frame, left):
    shown, hidden = withhold(pd.DataFrame(frame), {})
    assert shown["n"].tolist() == left
    assert hidden == {
        n for n, one in zip(frame["n"], left, strict=True) if one == "[c]"
    }


def test_a_table_of_what_is_measured_is_shown():
    money = pd.DataFrame({"area": ["A", "B"], "cash": [3, 8]})
    shown, hidden = withhold(money, {"cash": "£"})
    assert shown.equals(money) and hidden == set()


def test_frames_put_one_below_the_other_are_hidden_row_by_row():
    """Each has the labels 0, 1, …, so that no label names one row."""
    both = pd.concat([pd.DataFrame({"year": y, "n": [3, 9, 20]}) for y in (2024, 2025)])
    hidden = suppress(both, "n", by="year")
    alone = suppress(both.reset_index(drop=True), "n", by="year")
    assert hidden["n"].tolist() == alone["n"].tolist()
    assert hidden.index.tolist() == [0, 1, 2, 0, 1, 2]


@pytest.mark.parametrize(
    ("heading", "unit"),
    [
        ("Week 1", ""),
        ("Week 1", "arrests"),
        ("Arrests this year", ""),
        ("Public order", "arrests"),
        ("Public order", ""),
        ("Week", ""),
        ("Year", "referrals"),
        ("Age 10 to 17", ""),
        ("Date not known", ""),
        ("Base", "pupils"),
        ("Base", ""),
    ],
)
def test_counts_are_hidden_whatever_word_of_a_label_heads_them(heading, unit):
    for counts in ([3, 40], [3, 4], [4, 3, 3], [3]):
        frame = pd.DataFrame({"area": [*"ABC"][: len(counts)], heading: counts})
        shown, hidden = withhold(frame, {heading: unit})
        assert hidden and not shown[heading].isin([1, 2, 3, 4]).any()
        assert withhold(frame.astype({heading: str}), {heading: unit})[1]


@pytest.mark.parametrize("heading", ["This week", "Public order", "Order of 3 rows"])
def test_a_count_is_no_label_beside_one_that_is_hidden(heading):
    """Numbers of other kinds go with a hidden count; a label alone stays."""
    frame = pd.DataFrame({"area": ["A", "B"], "n": [3, 40], heading: [7.5, 92.5]})
    assert withhold(frame, {})[0].iloc[:, 2].tolist() == [CONFIDENTIAL] * 2


@pytest.mark.parametrize(
    ("heading", "values"),
    [
        ("year", [2021, 2022, 2023]),
        ("Year ending", [2024.0, 2022.0, None]),
        ("Week", [1, 2, 3]),
        ("Week number", [12, 11, 10]),
        ("Quarter", [1, 2, 3, 4, 1, 2]),
        ("Month", [3, 3, 4, 4, 5, 5]),
        ("Rank", [2, 1, 3]),
        ("Age", [2, 3, 4, 5]),
        ("Date", ["01/02/2024", "08/02/2024", "15/02/2024"]),
        ("Year", ["2023/24", "2024/25", "Total"]),
        ("when", pd.to_datetime(["2024-01-01", "2024-01-02"])),
    ],
)
def test_a_label_says_which_row_it_is_and_stays(heading, values):
    frame = pd.DataFrame({heading: values})
    frame = frame.assign(n=[3] + [40] * (len(frame) - 1))
    shown, hidden = withhold(frame, {})
    assert hidden == {3} and shown["n"].tolist()[:2] == [CONFIDENTIAL, 40]
    assert shown.iloc[:, 0].astype(str).tolist() == frame[heading].astype(str).tolist()


@pytest.mark.parametrize(
    "values", [[3, 8, -1], [-3, 8, 20], [3, 20, -10, 13], ["3", "20", "-10", "13"]]
)
def test_one_negative_cell_opens_no_column(values):
    """Neither by what is left of it nor by subtraction: 3 is 13 less 20, and 10."""
    rows = pd.DataFrame({"area": [*"ABCD"][: len(values)], "n": values})
    for frame in (rows, rows.assign(all=[30, 40, 50, 60][: len(values)])):
        shown, hidden = withhold(frame, {})
        assert shown["n"].tolist() == [CONFIDENTIAL] * len(values)
        assert hidden & {1, 3}


def test_changes_that_are_large_are_shown():
    frame = pd.DataFrame({"area": ["A", "B"], "n": [-30, 40]})
    shown, hidden = withhold(frame, {})
    assert shown.equals(frame) and not hidden
