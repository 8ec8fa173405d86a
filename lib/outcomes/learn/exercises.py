"""Exercises that mark themselves: is an answer right, and if not, which mistake was it?

:func:`check` compares an answer with the right one and with the answers that typical mistakes
lead to, all computed from the data. Nothing that a learner gives as an answer raises an error.
"""

from contextlib import suppress
from typing import Any

import matplotlib.pyplot as plt

from outcomes.core.errors import Invalid, one_of
from outcomes.findings import theme
from outcomes.learn import chart_answers, marking, progress_record
from outcomes.learn.exercise_file import exercises
from outcomes.learn.feedback import Said


def check(exercise: str, answer: Any = ...) -> Said:
    """Mark an answer at once: right, not yet, or which mistake was made.

    Parameters
    ----------
    exercise : the name in the lesson's cell.
    answer : a number, a name in quotation marks, or a chart, as the exercise asks; ``...`` is no
        answer yet.

    Raises :class:`~outcomes.core.errors.Invalid` for an exercise that does not exist.

    >>> check("two-months", 197).state
    'right'
    """
    one = _named(exercise, "exercise")
    if _unanswered(answer):
        return Said(
            "not yet", "Put your answer in place of the three dots, then run the cell."
        )
    marked = marking.mark(one, answer)
    chart = _picture(answer) if "chart" in one else ""
    return _marked(exercise, marked.right, marked.remark, chart=chart)


def quiz(question: str, choice: Any = "") -> Said:
    """Show a question with its choices; given the letter of a choice, mark it.

    >>> quiz("overlap", "b").text
    'One publisher can use periods that overlap, and often does.'
    """
    one = _named(question, "quiz question")
    shown = {
        "question": one["question"],
        "choices": {letter: text for letter, (text, _) in one["choices"].items()},
    }
    if _unanswered(choice):
        text = "Type the letter of your choice between the quotation marks, then run the cell."
        return Said("not yet", text, **shown)
    letter = str(choice).strip(" ).").lower()
    if letter not in one["choices"]:
        text = f"Choose one of the letters {', '.join(one['choices'])}."
        return _marked(question, False, text, **shown)
    remark = one["choices"][letter][1]
    return _marked(question, letter == one["answer"], remark, **shown)


def hint(exercise: str, step: Any = 0) -> Said:
    """The hint of a step: 1 is a nudge, the last is nearly the answer, 0 gives nothing away.

    >>> hint("growth", 1).text
    '1 of 3. Compare a year with a year.'
    """
    hints = _named(exercise, "exercise")["hints"]
    if step not in range(1, len(hints) + 1):
        return Said(
            "hint",
            f"There are {len(hints)} hints. For the first, change the number to 1.",
        )
    return Said("hint", f"{step} of {len(hints)}. {hints[step - 1]}")


def _named(name: str, kind: str) -> dict[str, Any]:
    quizzes = kind != "exercise"
    known = {k: v for k, v in exercises().items() if ("question" in v) == quizzes}
    return known[one_of(name, known, kind)]


def _unanswered(answer: Any) -> bool:
    blank = isinstance(answer, str) and not answer.strip()
    return answer is ... or answer is None or blank


def _picture(answer: Any) -> str:
    """A learner's chart as SVG, closed so that it is not shown twice; "" where it is none."""
    ax = chart_answers.axes_of(answer)
    if ax is None:
        return ""
    with suppress(Invalid):  # then Jupyter shows it, below the remark
        drawn = theme.svg(ax)
        plt.close(ax.get_figure(root=True))
        return drawn
    return ""


def _marked(name: str, right: bool, text: str, **shown: Any) -> Said:
    progress_record.record_try(name, right)
    return Said("right" if right else "not quite", text, **shown)
