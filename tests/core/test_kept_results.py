"""Results that are kept: made once, the same as made anew, and never wrong for being kept."""

import os
import subprocess
import sys
import time

import numpy as np
import pandas as pd
import pytest

from outcomes.core import kept_results
from outcomes.core.kept_results import digest, keep

FRAME = pd.DataFrame({"n": [1, 2], "place": ["a", "b"]}, index=["x", "y"])


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.setenv("OUTCOMES_KEPT", str(tmp_path / "kept"))
    return tmp_path / "kept"


@pytest.fixture
def doubled():
    """A kept function, and the list of what it was truly called with."""
    calls = []

    @keep
    def function(frame, times=2, *, name=""):
        calls.append((len(frame), times, name))
        return frame["n"] * times

    function.calls = calls
    return function


def test_a_result_is_made_once_however_its_arguments_are_written(folder, doubled):
    first = doubled(FRAME)
    for again in (doubled(FRAME.copy(), 2), doubled(frame=FRAME, name="", times=2)):
        pd.testing.assert_series_equal(first, again)
    assert len(doubled.calls) == 1 and len(list(folder.iterdir())) == 1
    assert doubled(FRAME, 3).tolist() == [3, 6] and len(doubled.calls) == 2


def test_what_a_caller_does_to_a_result_changes_none_that_comes_after(folder, doubled):
    for _ in range(2):
        found = doubled(FRAME)
        found.iloc[0] = 99
    assert doubled(FRAME).tolist() == [2, 4]


@pytest.mark.parametrize(
    "other",
    [
        FRAME.assign(n=[1, 3]),
        FRAME.astype({"n": float}),
        FRAME.rename(index={"x": "z"}),
        FRAME.rename(columns={"n": "m"}),
        FRAME[["place", "n"]],
        FRAME[::-1],
        FRAME[:1],
        FRAME["n"],
        FRAME["n"].rename("m"),
        FRAME.to_numpy(),
        FRAME.rename_axis("unit"),
        [FRAME],
        {"n": FRAME},
        "1",
        1,
        1.0,
        True,
        None,
        ["ab", "c"],
        ["a", "bc"],
        [["a"], ["bc"]],
        [("a",), ["bc"]],
        [1, "a"],
        [1.0, "a"],
        [True, "a"],
        [[1], ["a"]],
        {"ab", "c"},
        {"a", "bc"},
        frozenset({"a", "bc"}),
        set(),
        (),
        float("nan"),
        pd.Timestamp("2024-01-01"),
        np.array([1, 2]),
        np.array([1, 2], "int32"),
        np.array([[1, 2]]),
        pd.date_range("2024-01-01", periods=2, freq="MS"),
    ],
    ids=lambda value: type(value).__name__,
)
def test_what_differs_in_anything_has_another_digest(other):
    assert digest(other) != digest(FRAME)
    assert digest(other) == digest(other)


def test_of_all_these_no_two_have_one_digest():
    marks = test_what_differs_in_anything_has_another_digest.pytestmark
    values = marks[0].args[1]
    assert len({digest(value) for value in values}) == len(values)


def test_a_set_has_one_digest_in_whatever_order_it_was_filled():
    assert [*{0, 8}] != [*{8, 0}] and digest({0, 8}) == digest({8, 0})


def test_a_word_met_again_is_digested_as_the_first_was():
    # The format could write a reference instead, and then equal lists would differ.
    one, other = "".join(["E0", "1"]), "".join(["E0", "1"])
    assert one is not other
    assert digest([[one, one]]) == digest([[one, other]])


def test_what_has_no_digest_is_made_each_time(folder):
    calls = []
    function = keep(lambda value: calls.append(1) or len(calls))
    assert (function(object()), function(object())) == (1, 2)
    assert not folder.exists()


def test_off_keeps_nothing(folder, doubled, monkeypatch):
    monkeypatch.setenv("OUTCOMES_KEPT", "off")
    doubled(FRAME), doubled(FRAME)
    assert len(doubled.calls) == 2 and not folder.exists()


def test_a_folder_that_cannot_be_written_costs_time_and_no_more(
    folder, doubled, monkeypatch
):
    folder.write_text("a file stands where the folder should")
    assert doubled(FRAME).tolist() == doubled(FRAME).tolist() == [2, 4]


def test_an_error_is_raised_each_time_and_not_kept(folder):
    function = keep(lambda n: 1 / n)
    for _ in range(2):
        with pytest.raises(ZeroDivisionError):
            function(0)
    assert not list(folder.iterdir())


@pytest.mark.parametrize("damage", [b"", b"x", b"x" * 500], ids=len)
def test_a_damaged_result_is_made_anew(folder, doubled, damage):
    doubled(FRAME)
    (path,) = folder.glob("*.pickle")
    whole = path.read_bytes()
    path.write_bytes(damage or whole[:-1])
    assert doubled(FRAME).tolist() == [2, 4] and len(doubled.calls) == 2
    assert path.read_bytes() == whole


def test_other_code_makes_its_own_results(folder, doubled, monkeypatch):
    doubled(FRAME)
    stamps, code = kept_results._LOADED
    monkeypatch.setattr(kept_results, "_LOADED", (stamps, code[::-1]))
    doubled(FRAME), doubled(FRAME)
    assert len(doubled.calls) == 2 and len(list(folder.iterdir())) == 2


def test_once_the_code_is_edited_a_running_process_keeps_nothing(
    folder, doubled, monkeypatch
):
    doubled(FRAME)
    monkeypatch.setattr(kept_results, "_LOADED", ([], kept_results._LOADED[1]))
    doubled(FRAME), doubled(FRAME)
    assert len(doubled.calls) == 3 and len(list(folder.iterdir())) == 1


def test_the_code_of_methods_and_core_is_in_the_digest():
    names = {path.name for path in kept_results._FILES}
    assert {"design.py", "matching.py", "placebos.py", "formatting.py"} <= names


def test_the_longest_unused_go_when_there_is_no_room(folder, doubled, monkeypatch):
    made = {}
    for times in (1, 2, 3):
        doubled(FRAME, times)
        (made[times],) = {*folder.glob("*.pickle")} - {*made.values()}
        os.utime(made[times], (times, times))
    doubled(FRAME, 1)  # used again
    size = sum(path.stat().st_size for path in made.values())
    monkeypatch.setattr(kept_results, "MOST_BYTES", size)
    doubled(FRAME, 4)
    assert not made[2].exists() and made[1].exists() and made[3].exists()


PROGRAM = """
import os, sys, time
from outcomes.core.kept_results import keep

@keep
def slow(n):
    with open(sys.argv[1], "a") as file:
        file.write("made\\n")
    time.sleep(1)
    return "x" * n

print(len(slow(100_000)))
"""


def started(tmp_path):
    command = [sys.executable, "-c", PROGRAM, str(tmp_path / "calls")]
    return subprocess.Popen(command, stdout=subprocess.PIPE, text=True)


def test_processes_that_want_one_result_make_it_once(folder, tmp_path):
    running = [started(tmp_path) for _ in range(3)]
    assert {each.communicate()[0] for each in running} == {"100000\n"}
    assert (tmp_path / "calls").read_text() == "made\n"
    assert [path.suffix for path in folder.iterdir()] == [".pickle"]


@pytest.mark.skipif(sys.platform == "win32", reason="a process is killed")
def test_a_process_that_is_killed_holds_up_none_that_comes_after(folder, tmp_path):
    first = started(tmp_path)
    while not (tmp_path / "calls").exists():
        time.sleep(0.02)
    first.kill()
    first.communicate()
    assert started(tmp_path).communicate()[0] == "100000\n"
    assert (tmp_path / "calls").read_text() == "made\nmade\n"


def test_what_is_given_twice_is_digested_as_its_copy_would_be():
    table = pd.DataFrame({"n": [1.0, 2.0]}, ["a", "b"])
    other = table.assign(n=[1.0, 3.0])
    once = kept_results.digest([[table, 1], [table, 2]])
    assert once == kept_results.digest([[table, 1], [table.copy(), 2]])
    assert once != kept_results.digest([[table, 1], [other, 2]])
