"""The explore room: questions behind controls, in JupyterLab, on the findings that reports show.

:mod:`~outcomes.explore.questions` says what can be asked and, if not, why;
:mod:`~outcomes.explore.findings` answers; :mod:`~outcomes.explore.export` carries out and in: a
page, an export, an analyst's own figures.
"""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from outcomes.explore.controls import Explorer
    from outcomes.findings.finding import Finding


def open(**wish: Any) -> "Explorer":
    """The controls, set as wished where that can be asked.

    Parameters
    ----------
    **wish
        Values of controls by name (:class:`outcomes.explore.queries.Question`).

    Examples
    --------
    >>> open(programme="op_sceptre").question.programme
    'op_sceptre'
    """
    # widgets load only where they are shown
    from outcomes.explore.controls import Explorer

    return Explorer(wish)


def ask(**wish: Any) -> "Finding":
    """The answer to a question, for a page: is there a clear change, or a clear difference?

    Parameters
    ----------
    **wish
        Values of controls by name, as :func:`open` takes them; "" leaves one to what fits.

    Raises
    ------
    Invalid
        For what cannot be asked, with the reason that the controls give; nothing gives way.

    Examples
    --------
    >>> ask(programme="recorded_crime", measure="robbery", areas=["Kent"], start="2015").facts["area"]
    'Kent'
    """
    from outcomes.explore import findings, questions

    return findings.page_answer(questions.exactly(wish))
