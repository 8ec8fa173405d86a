"""Marking: whether an answer is right, and if not, which mistake it was.

An answer is compared with the right one and with those that typical mistakes lead to, all computed
from the data; what no listed mistake explains may be a slip that any answer can have.
"""

from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from outcomes.core import formatting
from outcomes.core.errors import nearest
from outcomes.findings.finding import Finding
from outcomes.learn import answer_key, chart_answers

SLIPS = {
    100: "It is a hundred times too large.",
    0.01: "It is a hundred times too small.",
    1000: "It is a thousand times too large. Look at what one unit is.",
    0.001: "It is a thousand times too small. Look at what one unit is.",
    10: "It is ten times too large: one digit too many?",
    0.1: "It is ten times too small: one digit too few?",
    -1: "The size is right and the sign is not.",
}
"""Slips of any answer, by the factor that they put it out by."""

UNIT_SLIPS = {
    "%": {
        100: "It is a hundred times too large: multiply by 100 once only.",
        0.01: "You gave a share (a part of 1) where per cent was asked. Multiply by 100.",
        -1: "The size is right and the sign is not. A fall is negative, a rise is positive.",
    },
    "per 1,000": {
        0.001: "It is a thousand times too small: for every 1,000 was asked."
    },
}
"""Slips of an answer in a unit, where the sentence differs."""


NO_FINDING = "A finding with a chart was asked: answer = oc.finding(…, figure=chart)."
"""What is said where a finding was asked, and there is none or one without a chart."""

NEAR = 0.051
"""How far off an answer may be where the exercise does not say: it is asked to one decimal."""


class Mark(NamedTuple):
    """Whether an answer is right, and what to say of it."""

    right: bool
    remark: str


def mark(exercise: dict[str, Any], answer: Any) -> Mark:
    """The mark of an answer to an exercise, as the file of exercises has it."""
    facts = answer_key.facts(exercise["facts"])
    if "chart" in exercise:
        return mark_chart(exercise, answer, facts)
    right = answer_key.value(exercise["answer"], facts)
    if isinstance(right, str):
        return mark_name(exercise, answer, facts)
    return mark_number(exercise, answer, facts)


def mark_number(exercise: dict[str, Any], answer: Any, facts: answer_key.Facts) -> Mark:
    """The mark of a number, right to as many decimals as asked, or rounded to a whole number."""
    fault = unreadable_number(answer)
    if fault:
        return Mark(False, fault)
    answer, near = float(answer), exercise.get("near", NEAR)
    right = answer_key.value(exercise["answer"], facts)
    if abs(answer - right) <= near + 1e-6:  # sums of decimals are off by less
        return Mark(True, filled(exercise["right"], facts))
    rounded = rounding(answer, right, near)
    if rounded:
        return Mark(True, f"{rounded} {filled(exercise['right'], facts)}")
    for mistake in exercise["mistakes"]:
        if same_number(answer, answer_key.value(mistake["value"], facts), near):
            return Mark(False, filled(mistake["says"], facts))
    return Mark(False, slip(answer, right, exercise.get("unit", "")))


def mark_name(exercise: dict[str, Any], answer: Any, facts: answer_key.Facts) -> Mark:
    """The mark of a name, however it is spaced and whatever its capitals."""
    if fault := not_single(answer, "name"):
        return Mark(False, fault)
    right = answer_key.value(exercise["answer"], facts)
    if same_name(answer, right):
        return Mark(True, filled(exercise["right"], facts))
    for mistake in exercise["mistakes"]:
        if same_name(answer, answer_key.value(mistake["value"], facts)):
            return Mark(False, filled(mistake["says"], facts))
    if not isinstance(answer, str):
        return Mark(False, 'Write the word in "quotation marks".')
    if nearest(answer, [right]):
        return Mark(False, "Look at the spelling.")
    return Mark(False, "That is not the one.")


def mark_chart(exercise: dict[str, Any], answer: Any, facts: answer_key.Facts) -> Mark:
    """The mark of a chart, by the numbers that it shows and the lines drawn across it.

    Where a finding is asked, it has to be one, and to say how sure it is.
    """
    ax, asked = chart_answers.axes_of(answer), exercise.get("finding", False)
    if ax is None:
        text = "A chart was asked. Put in answer what seaborn gives: answer = sns.barplot(…)."
        return Mark(False, NO_FINDING if asked else text)
    right = pd.Series(answer_key.value(exercise["chart"], facts))
    if not chart_answers.shows(ax, right):
        for mistake in exercise["mistakes"]:
            wrong = pd.Series(answer_key.value(mistake["value"], facts))
            if chart_answers.shows(ax, wrong):
                return Mark(False, filled(mistake["says"], facts))
        if chart_answers.shows(ax, right, names=False):
            return Mark(False, "The numbers are right, but beside the wrong names.")
        text = "The chart does not show the numbers that were asked. A hint may help."
        return Mark(False, text)
    levels = chart_answers.drawn_levels(ax)
    for level in exercise.get("levels", []):
        height = answer_key.value(level["value"], facts)
        if not any(abs(drawn - height) <= 0.002 * abs(height) for drawn in levels):
            return Mark(False, filled(level["says"], facts))
    if asked and not isinstance(answer, Finding):
        return Mark(False, f"The chart is right, and no finding yet. {NO_FINDING}")
    if asked and not answer.facts.get("detail"):
        text = (
            "The finding does not say how sure it is: add detail=, with the interval."
        )
        return Mark(False, text)
    return Mark(True, filled(exercise["right"], facts))


def filled(remark: str, facts: answer_key.Facts) -> str:
    """A remark with its {names} replaced by facts, numbers written as a reader expects them.

    >>> filled("{n} of {place}", {"n": 10093.0, "place": "Burnley"})
    '10,093 of Burnley'
    """
    single = {name: fact for name, fact in facts.items() if np.ndim(fact) == 0}
    return remark.format_map(
        {
            name: fact if isinstance(fact, str) else formatting.number(fact)
            for name, fact in single.items()
        }
    )


def unreadable_number(answer: Any) -> str:
    """Why an answer is no single number, for someone new to Python; "" where it is one.

    >>> unreadable_number((1, 212))
    'Python reads a comma as two numbers. Write 1212, not 1,212.'
    """
    if isinstance(answer, tuple) and not hasattr(answer, "_fields"):
        return "Python reads a comma as two numbers. Write 1212, not 1,212."
    if isinstance(answer, str):
        return "That is text. Write a number without quotation marks, commas or signs such as %."
    if isinstance(answer, (bool, np.bool_)):
        return "That is True or False, and a number was asked."
    if fault := not_single(answer, "number"):
        return fault
    try:
        finite = np.isfinite(float(answer))
    except (TypeError, ValueError):
        return "This cannot be read as a number."
    return "" if finite else "That is no finite number: a division by 0?"


def not_single(answer: Any, asked: str) -> str:
    """Why an answer is not one ``asked`` ("number" or "name") but several, or none yet; "" where it is.

    >>> not_single(pd.Series(["Wyre"]), "name")
    'That is a list with one name in it. Is .iloc[0] missing?'
    """
    if isinstance(answer, tuple) and (fields := getattr(answer, "_fields", ())):
        names = formatting.listed((f".{field}" for field in fields), "or")
        which = names if len(fields) < 6 else "by its name, with a dot before it"
        return f"That is {len(fields)} values in one. Take one of them: {which}."
    array = isinstance(answer, np.ndarray) and answer.ndim > 0
    if array or isinstance(answer, (list, tuple, pd.Series, pd.Index, pd.DataFrame)):
        if len(answer) == 1 and not isinstance(answer, pd.DataFrame):
            return f"That is a list with one {asked} in it. Is .iloc[0] missing?"
        more = " Is .sum() missing?" if asked == "number" else ""
        return f"That is a list or a whole table, and one {asked} was asked.{more}"
    if callable(answer):
        return "That is the name of an instruction that was not run: put () after it."
    return ""


def same_name(answer: Any, right: Any) -> bool:
    """Whether two names are one, however they are spaced and whatever their capitals; or two
    numbers, where a name was asked and a number given.

    >>> same_name(" ribble  valley", "Ribble Valley"), same_name(1, "Wyre"), same_name(1, 1)
    (True, False, True)
    """
    if isinstance(answer, str) and isinstance(right, str):
        return " ".join(answer.split()).casefold() == right.casefold()
    kinds = (int, float, np.number)
    numbers = isinstance(answer, kinds) and isinstance(right, kinds)
    return numbers and not isinstance(answer, bool) and bool(answer == right)


def same_number(answer: float, value: float, near: float) -> bool:
    """Whether a mistaken answer is this value: within ``near``, or rounded as far as it is written.

    >>> same_number(0.24, 10 / 42, 0.051), same_number(0.25, 10 / 42, 0.051)
    (True, False)
    """
    digits = len(f"{answer:.9f}".rstrip("0").partition(".")[2])
    written = digits > 1 and round(value, digits) == answer
    return written or abs(answer - value) <= min(near, 0.005 * abs(value)) + 1e-9


def rounding(answer: float, right: float, near: float) -> str:
    """What to say of a right answer that is given with fewer decimals than asked; "" of others.

    ``near`` is how far off the answer may be: where it is 0 or about a half, whole numbers were
    asked, and there is nothing to say.

    >>> rounding(81, 80.917, 0.051)
    'Rounded to a whole number; to one decimal it is 80.9.'
    >>> rounding(82, 80.917, 0.051)
    ''
    """
    if not 0 < near < 0.5 or abs(right) < 1 or answer != np.floor(right + 0.5):
        return ""
    exact = formatting.number(right, 1)
    return f"Rounded to a whole number; to one decimal it is {exact}."


def slip(answer: float, right: float, unit: str = "") -> str:
    """What can be said of a wrong number that no listed mistake leads to.

    >>> slip(0.238, 23.8, "%")
    'You gave a share (a part of 1) where per cent was asked. Multiply by 100.'
    >>> slip(30, 23.8, "%")
    'That is too large. A hint may help.'
    >>> slip(23, 23.8)
    'You cut the decimals off. Rounded to a whole number it is 24.'
    """
    for factor, text in (SLIPS | UNIT_SLIPS.get(unit, {})).items():
        if _same_rounded(answer, factor * right):
            return text
    if abs(right) >= 1 and answer == np.trunc(right):
        whole = formatting.number(np.floor(right + 0.5), 0)
        return f"You cut the decimals off. Rounded to a whole number it is {whole}."
    return f"That is too {'large' if answer > right else 'small'}. A hint may help."


def _same_rounded(answer: float, value: float) -> bool:
    """Whether an answer is this value, as finely as it is written; whole numbers from ten on."""
    digits = len(f"{answer:.9f}".rstrip("0").partition(".")[2])
    written = round(value, digits) == answer and (digits > 0 or abs(value) >= 10)
    return bool(answer) and (written or abs(answer - value) <= abs(0.002 * value))
