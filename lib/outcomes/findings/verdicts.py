"""The words that a result may be marked with, and what each has to show to have earned it.

One table for the sentence, the page's marks and legend, the index and the check of a release:
a word that its facts do not earn is refused by :func:`outcomes.findings.finding`, and
:func:`refusal` says the same of a finding that was stored.
"""

import math
from collections.abc import Callable
from itertools import groupby
from typing import NamedTuple

from outcomes.data.publishers import independent
from outcomes.data.rounding import counted, same

NO_LIMIT = "no upper limit"
"""What is said of an estimate that nothing bounds from above."""
ANSWERS = {
    "yes": "●",
    "partly": "◐",
    "no": "○",
    "no clear change": "→",
    "no clear difference": "→",
    "cannot be told": "?",
}
"""The words that answer a page's question, each with its sign, so that colour is never alone."""
HELD = ("confirmed", "not_contradicted", "no_other_source", "contradicted")
"""The words that only a comparison with other statements can earn."""


class Verdict(NamedTuple):
    """A word as it is shown: its shape, so that colour is never alone, its name, its meaning."""

    shape: str
    shown: str
    meaning: str
    lacks: Callable[[dict], str]
    """What the facts of a finding lack for the word, as the end of a sentence; "" when nothing."""


def refusal(fact: dict) -> str:
    """Why a finding has not earned its verdict, as a sentence; "" when it has.

    ``fact`` is what :class:`outcomes.findings.Finding` and the manifest of a release hold: verdict,
    value, lower, upper, sentence, caveats, and where there are such ``test`` and ``agreement``.
    """
    word = fact["verdict"]
    if word not in VERDICTS:
        return f"verdict {word!r} of finding {fact['name']!r} is not one of {', '.join(VERDICTS)}."
    given = [k for k in ("test",) if fact.get(k) and word != "tested"]
    given += ["agreement"] * bool(fact.get("agreement") and word not in HELD)
    lacks = f"it is given {given[0]}=" if given else VERDICTS[word].lacks(fact)
    name = fact["name"]
    return (
        f"finding {name!r} has not earned the verdict {word!r}: {lacks}."
        if lacks
        else ""
    )


def _bounds(fact: dict) -> str:
    value, lower, upper = (fact.get(k) for k in ("value", "lower", "upper"))
    texts = [fact["sentence"], fact.get("detail", ""), *fact["caveats"]]
    said = NO_LIMIT in " ".join(texts)
    if lower is None or (upper is None and not said):
        return "both its lower and its upper limit must be stored"
    top = math.inf if upper is None else upper
    room = 1e-9 * max(1, abs(lower), abs(top) if upper is not None else 0)
    if lower > top + room or (
        value is not None and not lower - room <= value <= top + room
    ):
        return f"{value if value is not None else 'its interval'} does not lie between its limits"
    return ""


def _tested(fact: dict) -> str:
    return "" if fact.get("test") else "test= must name the test"


def _published(fact: dict) -> str:
    limited = fact.get("lower") is not None or fact.get("upper") is not None
    return (
        "a count as published has no limits, so it is an estimate or tested" * limited
    )


def _cannot_be_told(fact: dict) -> str:
    return "it has a value, so something can be told" * (fact.get("value") is not None)


def _sets(fact: dict) -> list[list[dict]]:
    """The statements that an agreement rests on, by what they were held against."""
    members = (fact.get("agreement") or {}).get("members", [])
    return [list(rows) for _, rows in groupby(members, lambda m: m["set"])]


def _made(fact: dict) -> str:
    agreement = fact.get("agreement") or {}
    if agreement.get("verdict") != fact["verdict"]:
        return "only the agreement check of the analysis room gives it (agreement=)"
    return ""


def _confirmed(fact: dict) -> str:
    sets = _sets(fact)
    if not _made(fact) and (not sets or any(_witnesses(rows) < 2 for rows in sets)):
        return "no second publisher that does not cite the first is named"
    return _made(fact) or next(filter(None, map(_alike, sets)), "")


def _witnesses(rows: list[dict]) -> int:
    return independent([m["publisher"] for m in rows])


def _alike(rows: list[dict]) -> str:
    """What keeps statements from being one within rounding."""
    one, *rest = rows
    if any(m["of"] != one["of"] for m in rest):
        return "its statements are not of one definition"
    alike = (
        same(one["value"], m["value"], one["qualifier"], m["qualifier"]) for m in rest
    )
    return "" if all(alike) else "its statements are not the same within rounding"


def _allowed(fact: dict) -> str:
    return _made(fact) or _bounds(fact)


def _alone(fact: dict) -> str:
    return _made(fact) or "other statements are named" * bool(_sets(fact))


def _contradicted(fact: dict) -> str:
    if lacks := _made(fact):
        return lacks
    sets = _sets(fact)
    if not sets or any(len(rows) < 2 for rows in sets):
        return "the statements that cannot both be right are not named"
    for rows in sets:
        if len({m["of"] for m in rows}) > 1:
            return "its statements are not of one definition"
        if not any(_shut_out(m) for m in rows):
            return "a reading of its statements allows all of them"
    return ""


def _shut_out(member: dict) -> bool:
    """Whether no reading of a statement is among what the others leave it."""
    low, high = counted(member["value"], member["qualifier"], member["unit"])
    least = -math.inf if member["least"] is None else member["least"]
    most = math.inf if member["most"] is None else member["most"]
    return low > most or high < least


VERDICTS = {
    "confirmed": Verdict(
        "✓",
        "Confirmed",
        "another publisher, which does not cite the first, "
        "published the same within rounding",
        _confirmed,
    ),
    "not_contradicted": Verdict(
        "↔",
        "Not contradicted",
        "other figures allow it, and would allow much else: the range is shown",
        _allowed,
    ),
    "no_other_source": Verdict(
        "1", "No other source", "nothing else is known to hold it against", _alone
    ),
    "contradicted": Verdict(
        "≠",
        "Contradicted",
        "no reading of the figures of one definition allows both: both are named, and neither "
        "can be relied on by itself",
        _contradicted,
    ),
    "estimate": Verdict(
        "≈", "Estimate", "a value with its interval or its bounds", _bounds
    ),
    "tested": Verdict("T", "Tested", "a declared test, with its outcome", _tested),
    "published": Verdict(
        "=",
        "Published",
        "as it was published or counted, and held against nothing",
        _published,
    ),
    "not_enough": Verdict(
        "?",
        "Cannot be told",
        "the data that it would take are not there",
        _cannot_be_told,
    ),
}
