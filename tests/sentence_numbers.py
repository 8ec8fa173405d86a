"""Whether a reader can find every number of a finding's sentence in what the finding holds.

:func:`missing` takes a finding's facts and gives the numbers, as written, that stand neither in its
value and interval nor in its table. A number is found when a stored one, rounded as it is written
in the sentence, is the same: a share may be written as a percentage, a ratio as a change, a sum in
thousands or millions, and a fall without its sign. A table also answers for what anybody can count
in it at sight: its rows, the rows with the same value, the rows filled, and the sum of a column.
"""

import math
import re
from collections.abc import Iterable, Iterator
from decimal import Decimal

import pandas as pd

from outcomes.findings.sentences import without_dates

_NEEDED = [  # why it cannot be told: what it would take, and what there is
    r"\bat least \d+ (?=points?|months?|places?|are needed|are compared)",
    r"\b(?:there (?:is|are)) \d+\b",
    r"\b\d+(?:\.\d+)? (?=to be expected)",
]
_NUMBER = re.compile(
    r"(?<![\w.])[-−]?£?(?P<digits>\d{1,3}(?:,\d{3})+(?:\.\d+)?|\d+(?:\.\d+)?)"
    r"(?P<scale> ?(?:thousand|million|billion)\b|(?:bn|m|k)\b)?(?P<unit>%| per cent)?"
)
_SCALES = {
    "": 1,
    "k": 1e3,
    "thousand": 1e3,
    "m": 1e6,
    "million": 1e6,
    "bn": 1e9,
    "billion": 1e9,
}
_RANK = re.compile(r"\b(?:rank(?:ed|s)?|number|places?|the) (?:from )?$")


def missing(fact: dict) -> list[str]:
    """Numbers said in the finding's sentence that nothing in the finding holds, as written."""
    known, labels = _held(fact)
    text = without_dates(fact["sentence"])
    for pattern in _NEEDED * (fact["verdict"] == "not_enough"):
        text = re.sub(pattern, "…", text)
    for label in labels:  # a label of a row may hold numbers: "Fylde 004", "under 25"
        text = re.sub(rf"(?<![\w,.]){re.escape(label)}(?![\w%])", "…", text)
    out = []
    for found in _NUMBER.finditer(text):
        if not _stands(found, known) and not _rank_of_rows(found, text, known):
            out.append(found[0].strip())
    return list(dict.fromkeys(out))


def _stands(found: re.Match, known: list[float]) -> bool:
    """Whether a stored number, rounded as this one is written, is the same."""
    written = Decimal(found["digits"].replace(",", ""))
    scale = _SCALES[(found["scale"] or "").strip()]
    room = 0.5 * 10.0 ** int(written.as_tuple().exponent) * 1.0001
    ways = [1 / scale]
    if found["unit"]:
        ways.append(100)
    for value in known:
        if any(abs(abs(value) * way - float(written)) <= room for way in ways):
            return True
        if found["unit"] and abs(abs(value - 1) * 100 - float(written)) <= room:
            return True
    return False


def _rank_of_rows(found: re.Match, text: str, known: list[float]) -> bool:
    """Whether it is a rank, "number 6 of 14", among as many as the table has."""
    return bool(_RANK.search(text[: found.start()])) and not found["unit"]


def _held(fact: dict) -> tuple[list[float], list[str]]:
    """Every number that the finding holds, and the texts that name its rows."""
    known = [
        v for key in ("value", "lower", "upper") if (v := fact.get(key)) is not None
    ]
    labels: list[str] = []
    told = [
        fact.get(key) or "" for key in ("unit", "period", "area", "caption", "test")
    ]
    table = fact.get("table")
    if table:
        frame = pd.DataFrame(
            table["rows"], columns=[c["label"] for c in table["columns"]]
        )
        known += _counted(frame)
        told += list(frame.columns)
        for name in frame:
            texts = {v for v in frame[name] if isinstance(v, str)}
            labels += [v for v in texts if not re.fullmatch(r"[-−£\d,.%x\[\] ]*", v)]
            told += texts
            known += [float(v) for v in frame[name] if _is_number(v)]
    known += [float(v) for v in (fact.get("numbers") or {}).values() if _is_number(v)]
    known += [float(m["digits"].replace(",", "")) for m in _numbers(told)]
    return known, sorted(labels, key=len, reverse=True)


def _numbers(texts: Iterable[str]) -> Iterator[re.Match]:
    for text in texts:
        yield from _NUMBER.finditer(text)


def _is_number(value) -> bool:
    return (
        isinstance(value, int | float)
        and not isinstance(value, bool)
        and math.isfinite(value)
    )


def _counted(frame: pd.DataFrame) -> list[float]:
    """What can be counted in a table at sight."""
    out: list[float] = [0, len(frame), frame.shape[1]]
    for name in frame:
        column = frame[name]
        out += [column.notna().sum(), column.isna().sum(), column.nunique()]
        out += [(column.notna() & (column != "")).sum()]
        if column.nunique() < len(column):
            out += list(column.value_counts())
        numbers = pd.to_numeric(column, errors="coerce").dropna()
        if len(numbers):
            out += [
                numbers.sum(),
                (numbers > 0).sum(),
                (numbers < 0).sum(),
                (numbers != 0).sum(),
            ]
    return [float(v) for v in out]
