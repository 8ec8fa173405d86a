"""CSV files that a spreadsheet opens as they are meant: headings, units, decimals, and no formula.

A file has one row of headings and begins with a byte order mark, by which Excel knows that it is
UTF-8. A finding's file says in its last columns what place and time it is about, and its source.
"""

import csv
import io
import re
from collections.abc import Iterable
from numbers import Real
from typing import Any

from outcomes.core.errors import plain

MARK = "\ufeff"
_PLACES = {"area", "place", "district", "division", "force", "neighbourhood", "ward"}
_TIMES = {"date", "month", "period", "quarter", "wave", "week", "year"}


def safe(value: object) -> str:
    """A cell that a spreadsheet shows and never runs: a formula gets an apostrophe before it.

    Cells are parted at semicolons where a comma is the decimal sign: what follows one counts too.
    """
    if type(value) in (int, float):
        return str(value)
    text = "" if value is None else plain(value)
    try:
        float(text)
        return text
    except ValueError:
        return re.sub("(^|; ?)([-=+@＝＋－＠])", r"\1'\2", text)


def table(header: Iterable[str], rows: Iterable[Iterable]) -> str:
    """Rows as CSV text (RFC 4180 with plain line ends), every cell made safe.

    Examples
    --------
    >>> table(["shop", "tests (count)"], [["A", 3]])
    '\\ufeffshop,tests (count)\\nA,3\\n'
    """
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerows([[safe(v) for v in row] for row in ([*header], *rows)])
    return MARK + out.getvalue()


def finding_csv(fact: dict) -> str:
    """The table behind one finding: units in its header, its area, period and source at the end.

    Area and period are added where the finding says them and no column of the table does.
    """
    rows = fact["table"]["rows"]
    heads = fact["table"]["columns"]
    columns = [rounded(values) for values in zip(*rows, strict=True)]
    header = []
    for head, values in zip(heads, columns, strict=True):
        unit = head.get("unit") or _unit(fact, head["label"], values)
        header.append(f"{head['label']} ({unit})" if unit else head["label"])
    said = {word for head in heads for word in head["label"].lower().split()}
    for name, known in (("area", _PLACES), ("period", _TIMES)):
        if fact.get(name) and not said & known:
            header.append(name)
            columns.append([fact[name]] * len(rows))
    header.append("cited source" if "source" in header else "source")
    columns.append([credit(fact.get("sources", []))] * len(rows))
    return table(header, zip(*columns, strict=True))


def rounded(values: Iterable[Any]) -> list:
    """A column with two decimals more than a page shows, so that what is worked out from it holds.

    Counts stay as they are, and a number too small for that keeps two digits.

    Examples
    --------
    >>> rounded([0.238095238, None, 0.0000123]), rounded([1234.56789]), rounded([3, "4"])
    ([0.2381, None, 1.2e-05], [1234.57], [3, '4'])
    """
    values = list(values)
    sizes = [abs(v) for v in values if isinstance(v, float)]
    if not sizes:
        return values
    places = 2 if min(sizes) >= 1000 else 3 if max(sizes) >= 10 else 4
    return [
        v
        if not isinstance(v, float)
        else round(v, places)
        if abs(v) >= 10 ** (1 - places)
        else float(f"{v:.2g}")
        for v in values
    ]


def _unit(fact: dict, label: str, values: list) -> str:
    """The unit of a column of values or rates, where it holds the finding's own value."""
    value = fact.get("value")
    if label not in ("value", "rate") or not isinstance(value, Real):
        return ""
    held = (value, *rounded([value]))
    found = any(isinstance(v, Real) and v in held for v in values)
    return fact.get("unit", "") if found else ""


def credit(sources: list[dict]) -> str:
    """Sources in one cell: publisher, title and address of each.

    Examples
    --------
    >>> credit([{"publisher": "Ofsted", "title": "Reports", "url": ""}])
    'Ofsted, Reports'
    """
    named = ([s.get(k) for k in ("publisher", "title", "url")] for s in sources)
    return "; ".join(", ".join(filter(None, names)) for names in named)


def numbers_beside(fact: dict) -> str:
    """What a finding's sentence rests on beside its value and its table, in one cell.

    Examples
    --------
    >>> numbers_beside({"numbers": {"matched neighbourhoods": 54, "share": 0.25}})
    'matched neighbourhoods: 54; share: 0.25'
    """
    return "; ".join(f"{name}: {n}" for name, n in fact.get("numbers", {}).items())
