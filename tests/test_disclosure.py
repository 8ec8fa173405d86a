"""Small counts of people are hidden, and cannot be had back by subtraction."""

import itertools

import pandas as pd
import pytest

from outcomes.data.disclosure import CONFIDENTIAL, suppress
from outcomes.data.errors import Invalid


def table(*parts):
    """Parts and, in the last row, their total."""
    frame = pd.DataFrame({"n": [*parts, sum(parts)]})
    return frame, [False] * len(parts) + [True]


def test_small_counts_are_hidden_and_zeros_are_not():
    shown = suppress(pd.DataFrame({"n": [0, 1, 4, 5, 90]}), "n")
    assert shown["n"].tolist() == [0, "[c]", "[c]", 5, 90]


def test_the_next_smallest_part_is_hidden_beside_a_total():
    frame, total = table(3, 20, 7, 0)
    assert suppress(frame, "n", total=total)["n"].tolist() == ["[c]", 20, "[c]", 0, 30]
    assert suppress(frame, "n")["n"].tolist() == ["[c]", 20, 7, 0, 30]
    assert frame["n"].tolist() == [3, 20, 7, 0, 30]


def test_two_hidden_parts_that_add_up_to_few_take_a_third():
    frame, total = table(1, 2, 9, 30)
    assert suppress(frame, "n", total=total)["n"].tolist() == ["[c]", "[c]", "[c]", 30, 42]


def test_a_small_total_is_hidden_itself():
    frame, total = table(3, 0)
    assert suppress(frame, "n", total=total)["n"].tolist() == ["[c]", 0, "[c]"]


def test_groups_are_kept_apart():
    frame = pd.DataFrame({"area": list("aaabbb"), "n": [2, 8, 10, 6, 7, 13]})
    shown = suppress(frame, "n", total=[False, False, True] * 2, by="area")
    assert shown["n"].tolist() == ["[c]", "[c]", 10, 6, 7, 13]


def test_published_counts_are_left_as_they_are():
    frame, total = table(3, 20)
    assert suppress(frame, "n", total=total, public=True).equals(frame)


@pytest.mark.parametrize("parts", list(itertools.product([0, 1, 3, 4, 5, 11], repeat=3)))
def test_no_hidden_part_can_be_had_from_the_total(parts):
    frame, total = table(*parts)
    shown = suppress(frame, "n", total=total)["n"].tolist()
    hidden = [part for part, cell in zip(parts, shown, strict=False) if cell == CONFIDENTIAL]
    assert all(
        cell == CONFIDENTIAL for part, cell in zip(parts, shown, strict=False) if 0 < part < 5
    )
    if hidden and shown[-1] != CONFIDENTIAL:
        assert len(hidden) >= 2 and sum(hidden) >= 5


@pytest.mark.parametrize("bad", [[-1, 3], [1.5, 3]])
def test_what_is_not_a_count_of_people_is_refused(bad):
    with pytest.raises(Invalid, match="not counts of people"):
        suppress(pd.DataFrame({"n": bad}), "n")


def test_unknown_column_and_idle_threshold_are_refused():
    with pytest.raises(Invalid, match="column 'm' is not known"):
        suppress(pd.DataFrame({"n": [1]}), "m")
    with pytest.raises(Invalid, match="threshold is 1"):
        suppress(pd.DataFrame({"n": [1]}), "n", threshold=1)
