"""The explore room: questions behind controls, in JupyterLab, on the findings that reports show.

:mod:`~outcomes.explore.questions` says what can be asked and, if not, why;
:mod:`~outcomes.explore.findings` answers; :mod:`~outcomes.explore.export` carries out and in: a
page, an export, an analyst's own figures.
"""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from outcomes.explore.controls import Explorer
    from outcomes.findings.finding import Finding


def open(
    programme: str = "",
    measure: str = "",
    areas: "str | Sequence[str]" = (),
    *,
    start: str | int = "",
    end: str | int = "",
    chart: str = "",
    by: str = "",
    unit: str = "",
    comparison: str = "",
    fact: str = "",
) -> "Explorer":
    """The controls, set as wished where that can be asked; "" leaves one to what fits.

    Parameters
    ----------
    programme, measure
        By their short names; "street_crime" and "recorded_crime" are programmes here.
    areas
        Up to four places by name; the first leads the sentence.
    start, end
        Years.
    chart, by, unit, comparison, fact
        As the controls name them: "Over time", "quarter", "As counted", "Other places".

    Raises
    ------
    Invalid
        For a name that is no option of its control anywhere, with the nearest that is.
    NotEnough
        Where nothing of the programme had been published by the day of :func:`outcomes.as_of`.

    Examples
    --------
    >>> open("op_sceptre").question.programme
    'op_sceptre'
    """
    wish = locals()
    # widgets load only where they are shown
    from outcomes.explore.controls import Explorer

    return Explorer(wish)


def ask(
    programme: str,
    measure: str = "",
    areas: "str | Sequence[str]" = (),
    *,
    start: str | int = "",
    end: str | int = "",
    chart: str = "",
    by: str = "",
    unit: str = "",
    comparison: str = "",
    fact: str = "",
) -> "Finding":
    """The answer to a question, for a page: is there a clear change, or a clear difference?

    Parameters
    ----------
    programme, measure, areas, start, end, chart, by, unit, comparison, fact
        As :func:`open` takes them.

    Raises
    ------
    Invalid
        For what cannot be asked, with the reason that the controls give; nothing gives way.

    Examples
    --------
    >>> ask("recorded_crime", "robbery", "Kent", start="2015").facts["area"]
    'Kent'
    """
    given = locals()
    from outcomes.explore import findings, questions

    wish = questions.wished(given)
    asked = {name: value for name, value in wish.items() if value not in ("", ())}
    return findings.page_answer(questions.exactly(asked))
