"""Every exercise with twenty forms of right answers and twenty of wrong ones.

A right answer is right however it is typed or rounded; a wrong one is wrong, and the remark names
what happened, never a mistake of method that was not made.
"""

import json
import re
from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction
from functools import cache

import numpy as np
import pandas as pd
import pytest
from lesson_runner import NAMES, ROOT

from outcomes.learn import answer_key, marking
from outcomes.learn.exercise_file import exercises

CHECKS = {
    name: one for name, one in exercises().items() if "answer" in one and "facts" in one
}
facts = cache(answer_key.facts)


@pytest.fixture(autouse=True)
def computed_once(monkeypatch):
    monkeypatch.setattr(answer_key, "facts", facts)


def right_of(name: str):
    return answer_key.value(CHECKS[name]["answer"], facts(CHECKS[name]["facts"]))


NUMBERS = [name for name in CHECKS if not isinstance(right_of(name), str)]
WORDS = [name for name in CHECKS if isinstance(right_of(name), str)]
number = pytest.mark.parametrize("name", NUMBERS)


def half_up(value: float, digits: int) -> float:
    return float(
        Decimal(repr(value)).quantize(Decimal(1).scaleb(-digits), ROUND_HALF_UP)
    )


def right_forms(value: float) -> list:
    exact = float(value)
    forms = [
        *(value, exact, np.float64(value), np.array(value), Fraction(exact)),
        *(Decimal(repr(exact)), pd.Series([value]).iloc[0], pd.Series([value]).sum()),
        *(np.array([exact])[0], np.float32(value), exact + 1e-9, exact - 1e-9),
        *(round(exact, digits) for digits in (1, 2, 3, 6)),
        *(half_up(exact, digits) for digits in (1, 2)),
    ]
    if abs(exact) >= 1:  # a whole number is a rounded answer, and it is said
        whole = half_up(exact, 0)
        forms += [int(whole), np.int64(whole), float(whole)]
    return [*forms, exact * 1.0, complex(exact).real]


@number
def test_a_right_answer_is_right_in_every_form(name):
    forms = right_forms(right_of(name))
    assert len(forms) >= 20
    for form in forms:
        marked = marking.mark(CHECKS[name], form)
        assert marked.right, (form, marked.remark)


def wrong_forms(value: float) -> dict[str, list]:
    """Wrong answers by what a remark must say of them."""
    exact = float(value)
    return {
        "comma": [(1, 212), (int(exact), 5)],
        "text": [str(exact), f"{exact:,.1f}", f"{exact}%", "", "about ten"],
        "True or False": [True, False, np.bool_(True)],
        "list": [[exact], [exact, exact], pd.Series([exact, 1]), np.array([1.0, 2])],
        "table": [pd.DataFrame({"n": [exact]})],
        "not run": [pd.Series([exact]).sum, len],
        "no finite number": [float("nan"), float("inf"), -float("inf")],
        "cannot be read": [None, object(), {"n": exact}],
    }


@number
def test_what_is_no_number_is_said_to_be_none(name):
    forms = wrong_forms(right_of(name))
    assert sum(map(len, forms.values())) >= 20
    for said, answers in forms.items():
        for answer in answers:
            marked = marking.mark(CHECKS[name], answer)
            assert not marked.right and said in marked.remark, (answer, marked.remark)


@number
@pytest.mark.parametrize("digits", [1, 2, None])
def test_a_slip_is_named_also_where_it_is_rounded(name, digits):
    value = float(right_of(name))
    if not value:
        pytest.skip("nothing is a hundred times nought")
    unit = CHECKS[name].get("unit", "")
    named = {*marking.SLIPS.values(), *marking.UNIT_SLIPS.get(unit, {}).values()}
    own = [mistake["says"] for mistake in CHECKS[name]["mistakes"]]
    for factor in (100, 1000, 10, -1, 0.01):
        answer = value * factor
        if digits is not None:
            answer = round(answer, digits)
        if digits == 1 and abs(answer) < 3:
            continue  # one digit may be that of many numbers
        marked = marking.mark(CHECKS[name], answer)
        assert not marked.right, answer
        listed = any(
            marking.filled(says, facts(CHECKS[name]["facts"])) == marked.remark
            for says in own
        )
        assert marked.remark in named or listed, (answer, marked.remark)


@number
def test_every_listed_mistake_is_named_exact_and_rounded(name):
    theme, right = facts(CHECKS[name]["facts"]), float(right_of(name))
    for mistake in CHECKS[name]["mistakes"]:
        value = answer_key.value(mistake["value"], theme)
        for answer in (value, round(float(value), 2)):
            marked = marking.mark(CHECKS[name], answer)
            assert not marked.right, (answer, right)
            assert not marked.remark.endswith("A hint may help."), (
                answer,
                marked.remark,
            )


@pytest.mark.parametrize("name", WORDS)
def test_a_name_is_right_however_it_is_written(name):
    right = right_of(name)
    spaced = f"  {right} "
    forms = [right, right.upper(), right.lower(), right.title(), spaced, f"{right}\n"]
    for form in forms + [form.swapcase() for form in forms] + [np.str_(right)] * 8:
        assert marking.mark(CHECKS[name], form).right, form
    for form in [right[:-1], right + "x", "Wyre", "", 7, None, [right], ("a", "b")]:
        assert not marking.mark(CHECKS[name], form).right, form


@pytest.mark.parametrize("lesson", NAMES)
def test_an_exercise_whose_answer_is_no_whole_number_says_how_many_decimals(lesson):
    cells = json.loads((ROOT / f"notebooks/learn/{lesson}.ipynb").read_text())["cells"]
    said = ""
    for cell in cells:
        text = "".join(cell["source"])
        said = text if cell["cell_type"] == "markdown" else said
        for name in re.findall(r'learn\.check\("([a-z-]+)"', text):
            if name in NUMBERS and float(right_of(name)) % 1:
                assert re.search("decimal will do|whole number", said, re.I), name
