"""A data frame as an accessible HTML table: caption, header scope, units, and marks for gaps.

pandas writes neither caption nor ``scope``, and its Styler escapes nothing by default, so the
few lines here are our own. Marks follow the Government Analysis Function: ``[c]`` confidential,
``[x]`` unavailable, ``[z]`` not applicable.
"""

import re
from html import escape

import numpy as np
import pandas as pd

from outcomes.core import formatting

LONG, ENDS = 18, 6  # rows: a longer table is shown by this many at either end


def _is_number(column: pd.Series) -> bool:
    return pd.api.types.is_numeric_dtype(column) and not pd.api.types.is_bool_dtype(
        column
    )


def cell(value, decimals: int | None = None) -> str:
    """One value as plain text for a reader."""
    if isinstance(
        value, str
    ):  # a slug of the register is read as words; the CSV has it as it is
        return (
            value.replace("_", " ")
            if re.fullmatch("[a-z0-9]+(_[a-z0-9]+)+", value)
            else value
        )
    if value is None or pd.isna(value):
        return formatting.UNAVAILABLE
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, pd.Timestamp):
        return formatting.date(value)
    return formatting.number(value, decimals)


def _decimals(column: pd.Series) -> int | None:
    """One number of decimals for a whole column, so that its figures line up."""
    if not pd.api.types.is_float_dtype(column):
        return None
    known = column[column.abs() < float("inf")].dropna()
    if known.empty or (known == known.round()).all():
        return 0
    return 0 if known.abs().min() >= 1000 else 1 if known.abs().max() >= 10 else 2


def _escaped(text: str) -> str:
    return escape(formatting.plain(text), quote=False)


def _header(label: str, unit: str) -> str:
    shown = formatting.sentence_case(label.replace("_", " "))
    return _escaped(f"{shown} ({unit})" if unit else shown)


def html(
    frame: pd.DataFrame, *, caption: str, units: dict[str, str] | None = None
) -> str:
    """``frame`` as a table; the first column names each row. Every cell is escaped.

    ``units`` gives the unit of a column, written in its header. Of a long table the first and the
    last rows are shown. End tags that HTML makes optional are left out: they are a third of it.
    """
    units = units or {}
    # numbers are the rule in a cell, so it is text that carries a class
    numeric = {c: _is_number(frame[c]) for c in frame.columns}
    head = "".join(
        f"<th scope=col{' class=n' * numeric[c]}>{_header(str(c), units.get(c, ''))}"
        for c in frame.columns
    )
    texts = {c: _texts(frame[c]) for c in frame.columns}
    kinds = [
        "<td>" if n else f"<td class={_width(texts[c])}>" for c, n in numeric.items()
    ]
    kinds[0] = "<th scope=row>"
    rows = [
        "<tr>" + "".join(map(str.__add__, kinds, row))
        for row in zip(*texts.values(), strict=True)
    ]
    if len(rows) > LONG:
        left = f"<tr><td class=t colspan={len(kinds)}>{len(rows) - 2 * ENDS} rows between, all in "
        rows[ENDS:-ENDS] = [f"{left}the data to download"]
    return (
        f"<table><caption>{_escaped(caption)}</caption><thead><tr>{head}<tbody>{''.join(rows)}"
        "</table>"
    )


def _width(texts: list[str]) -> str:
    """The class of a column of text: l for sentences, which want room, and t for words."""
    return "l" if max(map(len, texts), default=0) > 60 else "t"


def _texts(column: pd.Series) -> list[str]:
    decimals = _decimals(column)
    return [_escaped(cell(v, decimals)) for v in column]


def raw(value):
    """One value as JSON and CSV hold it, the same on every machine; None for what is not known."""
    if isinstance(value, str):
        return formatting.plain(value)
    if isinstance(value, (list, tuple)):
        return formatting.plain("; ".join(map(str, value)))
    if pd.isna(value):
        return None
    if isinstance(value, pd.Timestamp):
        return value.date().isoformat()
    if isinstance(value, bool | np.bool_):
        return bool(value)
    value = float(
        f"{float(value):.10g}"
    )  # the last bits of a float differ between machines
    if value in (float("inf"), float("-inf")):
        return None
    return int(value) if value.is_integer() and abs(value) < 1e15 else value


def records(frame: pd.DataFrame, units: dict[str, str] | None = None) -> dict:
    """``frame`` as the JSON of a Finding: columns with key, label and unit, and plain rows.

    Every text is made one plain line, for it goes from here into CSV files.
    """
    units = {c: formatting.plain(u) for c, u in (units or {}).items()}
    keys = {c: formatting.plain(c) for c in frame.columns}
    columns = [
        {"key": k, "label": k.replace("_", " "), "unit": units.get(c, "")}
        for c, k in keys.items()
    ]
    rows = [[raw(v) for v in row] for row in frame.itertuples(index=False, name=None)]
    return {"columns": columns, "rows": rows}
