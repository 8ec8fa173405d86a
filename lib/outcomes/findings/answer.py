"""The answer of a page: a word, a sentence that answers its question, and how sure that is."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from outcomes.core.errors import Invalid, one_of
from outcomes.core.formatting import Estimated
from outcomes.findings.finding import Finding, finding
from outcomes.findings.verdicts import ANSWERS


def answer(
    word: str,
    sentence: str,
    *,
    detail: str,
    value: float | Estimated | None = None,
    lower: float | None = None,
    upper: float | None = None,
    unit: str = "",
    period: str = "",
    area: str = "",
    direction: str | None = None,
    verdict: str = "published",
    test: str = "",
    agreement: Any = None,
    numbers: Mapping[str, float] | None = None,
    sources: Any,
    caveats: tuple[str, ...] | list[str] = (),
) -> Finding:
    """Answer the question of the page: exactly one a report, and the first thing that it says.

    Parameters
    ----------
    word : "yes", "no", "partly", "no clear change", "no clear difference" or
        "cannot be told".
    sentence : the answer, in at most 25 words and three numbers.
    detail : how sure it is.
    value, lower, upper, unit, period, area, direction, verdict, test, agreement, numbers, sources,
    caveats : as :func:`outcomes.findings.finding` takes them.

    Raises
    ------
    Invalid : when the word is not one of those, the detail is missing, a word is given although the
        verdict says that it cannot be told, or :func:`outcomes.findings.finding` refuses the rest.

    Examples
    --------
    >>> answer(
    ...     "no clear change",
    ...     "Shops failed no more often than before.",
    ...     detail="A rise of more than a third would have shown.",
    ...     sources="Trading Standards",
    ... )
    No clear change. Shops failed no more often than before.
    A rise of more than a third would have shown.
    """
    one_of(word, tuple(ANSWERS), "answer")
    if not detail.strip():
        raise Invalid(
            "an answer needs detail=: how sure it is, and what was ruled out."
        )
    if verdict == "not_enough" and word != "cannot be told":
        raise Invalid(
            f"the answer is {word!r}, and its verdict says that it cannot be told."
        )
    found = finding(
        "answer",
        sentence,
        detail=detail,
        value=value,
        lower=lower,
        upper=upper,
        unit=unit,
        period=period,
        area=area,
        direction=direction,
        verdict=verdict,
        test=test,
        agreement=agreement,
        numbers=numbers,
        sources=sources,
        caveats=caveats,
    )
    if found.facts["verdict"] == "not_enough":  # as of an early day, or withheld
        word = "cannot be told"
    return replace(found, facts=found.facts | {"answer": word})
