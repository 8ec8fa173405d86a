"""Marking: is an answer right, and if not, which mistake was it?

:func:`check` compares an answer with the right one and with the answers that typical mistakes
lead to, all computed from the data. Nothing that a learner gives as an answer raises an error.
"""

from typing import Any

import numpy as np
import pandas as pd

from outcomes.core import formatting
from outcomes.core.errors import nearest, one_of
from outcomes.learn import answer_key, progress_record
from outcomes.learn.exercise_file import exercises
from outcomes.learn.feedback import Said

_SLIPS = {
    100: "You gave per cent where a share was asked, or multiplied by 100 once too often.",
    0.01: "You gave a share (a part of 1) where per cent was asked. Multiply by 100.",
    1000: "It is a thousand times too large. Look at what one unit is.",
    0.001: "It is a thousand times too small. Was it asked for every 1,000?",
    10: "It is ten times too large: one digit too many?",
    0.1: "It is ten times too small: one digit too few?",
    -1: "The size is right and the sign is not. A fall is negative, a rise is positive.",
}


def check(exercise: str, answer: Any = ...) -> Said:
    """Mark an answer at once: right, not yet, or which mistake was made.

    ``exercise`` is the name in the lesson's cell; ``answer`` a number, or a name in quotation
    marks; ``...`` is no answer yet. Raises :class:`Invalid` for an exercise that does not exist.
    """
    one = _named(exercise, "exercise")
    if _unanswered(answer):
        return Said(
            "not yet", "Put your answer in place of the three dots, then run the cell."
        )
    known = answer_key.facts(one["facts"])
    right = answer_key.value(one["answer"], known)
    fault = _unreadable(answer, isinstance(right, str))
    if fault:
        return _marked(exercise, False, fault)
    if _same(answer, right, one.get("near", 0.051)):
        return _marked(exercise, True, _filled(one["right"], known))
    for mistake in one["mistakes"]:
        value = answer_key.value(mistake["value"], known)
        if _same(answer, value, one.get("near", 0.051), right):
            return _marked(exercise, False, _filled(mistake["says"], known))
    return _marked(exercise, False, _general(answer, right))


def quiz(question: str, choice: Any = "") -> Said:
    """Show a question with its choices; given the letter of a choice, mark it."""
    one = _named(question, "quiz question")
    shown = {
        "question": one["question"],
        "choices": {k: v[0] for k, v in one["choices"].items()},
    }
    if _unanswered(choice):
        text = "Type the letter of your choice between the quotation marks, then run the cell."
        return Said("not yet", text, **shown)
    letter = str(choice).strip(" ).").lower()
    if letter not in one["choices"]:
        text = f"Choose one of the letters {', '.join(one['choices'])}."
        return _marked(question, False, text, **shown)
    return _marked(
        question, letter == one["answer"], one["choices"][letter][1], **shown
    )


def hint(exercise: str, step: Any = 0) -> Said:
    """The hint of a step: 1 is a nudge, the last is nearly the answer, 0 gives nothing away."""
    hints = _named(exercise, "exercise")["hints"]
    if step not in range(1, len(hints) + 1):
        return Said(
            "hint",
            f"There are {len(hints)} hints. For the first, change the number to 1.",
        )
    return Said("hint", f"{step} of {len(hints)}. {hints[step - 1]}")


def _named(name: str, kind: str) -> dict:
    known = {
        k: v
        for k, v in exercises().items()
        if ("question" in v) == (kind != "exercise")
    }
    return known[one_of(name, known, kind)]


def _marked(name: str, right: bool, text: str, **shown) -> Said:
    progress_record.note(name, right)
    return Said("right" if right else "not quite", text, **shown)


def _filled(text: str, known: dict) -> str:
    """A remark with its {names} replaced by facts, numbers written as a reader expects them."""
    shown = {
        k: v if isinstance(v, str) else formatting.number(v) for k, v in known.items()
    }
    return text.format_map(shown)


def _unanswered(answer: Any) -> bool:
    return (
        answer is ...
        or answer is None
        or (isinstance(answer, str) and not answer.strip())
    )


def _unreadable(answer: Any, text: bool) -> str:
    """Why an answer is no name or no single number, for someone new to Python; "" when it is."""
    if text:
        return "" if isinstance(answer, str) else 'Write the word in "quotation marks".'
    for kinds, fault in (
        (tuple, "Python reads a comma as two numbers. Write 1212, not 1,212."),
        (
            str,
            "That is text. Write a number without quotation marks, commas or signs such as %.",
        ),
        ((bool, np.bool_), "That is True or False, and a number was asked."),
        (
            (pd.Series, pd.DataFrame, np.ndarray, list),
            "That is a list or a whole table, and one "
            "number was asked. Is .sum() missing?",
        ),
    ):
        if isinstance(answer, kinds):
            return fault
    if callable(answer):
        return "That is the name of an instruction that was not run: put () after it."
    try:
        return (
            ""
            if np.isfinite(float(answer))
            else "That is no finite number: a division by 0?"
        )
    except (TypeError, ValueError):
        return "This cannot be read as a number."


def _same(answer: Any, value: Any, near: float, right: Any = None) -> bool:
    """Is an answer this value? Up to ``near``, or as far as a mistaken answer was written out."""
    if isinstance(value, str):
        return " ".join(answer.split()).casefold() == value.casefold()
    answer = float(answer)
    if right is None:
        return abs(answer - value) <= near
    digits = len(f"{answer:.9f}".rstrip("0").partition(".")[2])
    written = digits > 1 and round(value, digits) == answer
    return written or abs(answer - value) <= min(near, 0.005 * abs(value)) + 1e-9


def _general(answer: Any, right: Any) -> str:
    """What can be said of a wrong answer that no listed mistake leads to."""
    if isinstance(right, str):
        return (
            "Look at the spelling."
            if nearest(answer, [right])
            else "That is not the one."
        )
    for factor, text in _SLIPS.items():
        if abs(float(answer) - factor * right) <= abs(0.002 * factor * right):
            return text
    return (
        f"That is too {'large' if float(answer) > right else 'small'}. A hint may help."
    )
