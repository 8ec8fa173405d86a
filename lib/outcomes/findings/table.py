"""A data frame as an accessible HTML table: caption, header scope, units, and marks for gaps.

pandas writes neither caption nor ``scope``, and its Styler escapes nothing by default, so the
few lines here are our own. Marks follow the Government Analysis Function: ``[c]`` confidential,
``[x]`` unavailable, ``[z]`` not applicable.
"""

import re
from datetime import date
from html import escape
from math import isinf
from typing import Any

import numpy as np
import pandas as pd
from pandas.api.types import is_bool_dtype, is_numeric_dtype

from outcomes.core import formatting
from outcomes.core.errors import Invalid

_SENTENCE = 60  # characters: a longer text in a cell is a sentence
# Column names of the library that say little to a reader, in plain words.
_PLAIN = {
    "lower": "lower limit",
    "upper": "upper limit",
    "n": "number",
    "of": "out of",
    "special": "sign of change",
    "p": "p-value",
    "p_alone": "p-value by itself",
    "p_counted": "p-value as it counts",
    "p_adjusted": "p-value, corrected for how many were looked at",
    "pre": "months before",
    "post": "months after",
    "testable": "can be tested",
    "treated": "with the programme",
    "pool": "all to match from",
    "month_least": "per month at least",
    "month_most": "per month at most",
    "of_usual": "times the usual",
    "leaning": "correlation with the one before",
    "rate_per_1000": "rate per 1,000",
}
_ACRONYMS = {"nrm": "NRM"}
_IN_ITS_UNIT = ("value", "lower", "upper", "month_least", "month_most")


def cell(value: Any, decimals: int | None = None) -> str:
    """One value as plain text for a reader.

    Examples
    --------
    >>> cell("drug_offences"), cell(1212.0), cell(None)
    ('drug offences', '1,212', '[x]')
    """
    if isinstance(value, str):
        # a slug of the register is read as words; the CSV has it as it is
        slug = re.fullmatch("[a-z0-9]+(_[a-z0-9]+)+", value)
        return value.replace("_", " ") if slug else value
    if value is None or pd.isna(value):
        return formatting.UNAVAILABLE
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, date):  # a pandas Timestamp is one too
        return formatting.date(pd.Timestamp(value))
    if isinstance(value, (pd.Period, pd.Interval)):
        return str(value)
    return formatting.number(value, decimals)


def label(name: str) -> str:
    """The heading of a column, in plain words.

    Examples
    --------
    >>> label("area_name"), label("lower"), label("nrm_referrals")
    ('area name', 'lower limit', 'NRM referrals')
    """
    words = (_ACRONYMS.get(word, word) for word in name.split("_"))
    return _PLAIN.get(name, " ".join(words))


def _decimals(column: pd.Series) -> int | None:
    """One number of decimals for a whole column, so that its figures line up."""
    if not pd.api.types.is_float_dtype(column):
        return None
    known = np.abs(column.to_numpy(float, na_value=np.nan))
    known = known[np.isfinite(known)]
    if not known.size or (known == known.round()).all():
        return 0
    return 0 if known.min() >= 1000 else 1 if known.max() >= 10 else 2


def _are_years(name: str, values: pd.Series) -> bool:
    """Whether a column holds years, which are numbers without a comma."""
    return name.lower().endswith("year") and bool(values.between(1900, 2100).all())


def _escaped(text: str) -> str:
    return escape(formatting.plain(text), quote=False)


def html(
    frame: pd.DataFrame, *, caption: str, units: dict[str, str] | None = None
) -> str:
    """``frame`` as a table; the first column names each row. Every cell is escaped.

    ``units`` gives the unit of a column, written in its header. End tags that HTML makes optional
    are left out: they are a third of it.
    """
    heads, columns = [], []
    # where rows differ in unit, each number has the decimals that it needs
    mixed = "unit" in frame and frame["unit"].nunique() > 1
    for name, values in frame.items():
        numeric = is_numeric_dtype(values) and not is_bool_dtype(values)
        head = formatting.sentence_case(label(str(name)))
        unit = (units or {}).get(name, "")
        kind = " class=n" if numeric else ""
        heads.append(
            f"<th scope=col{kind}>{_escaped(f'{head} ({unit})' if unit else head)}"
        )
        places = None if mixed and name in _IN_ITS_UNIT else _decimals(values)
        if numeric and _are_years(str(name), values):
            values = values.astype(int).astype(str)
        texts = [_escaped(cell(value, places)) for value in values]
        # numbers are the rule in a cell, so it is text that carries a class: l for sentences,
        # which want room, and t for words
        long = max(map(len, texts), default=0) > _SENTENCE
        start = "<td>" if numeric else f"<td class={'l' if long else 't'}>"
        start = start if columns else "<th scope=row>"
        columns.append([start + text for text in texts])
    rows = ["<tr>" + "".join(cells) for cells in zip(*columns, strict=True)]
    return (
        f"<table><caption>{_escaped(caption)}</caption><thead><tr>{''.join(heads)}"
        f"<tbody>{''.join(rows)}</table>"
    )


def raw(value: Any) -> str | float | bool | None:
    """One value as JSON and CSV hold it, the same on every machine; None for what is not known."""
    if isinstance(value, str):
        return formatting.plain(value)
    if isinstance(value, (list, tuple)):
        return formatting.plain("; ".join(map(str, value)))
    if pd.isna(value):
        return None
    if isinstance(value, date):
        return pd.Timestamp(value).date().isoformat()
    if isinstance(value, (pd.Period, pd.Interval)):
        return str(value)
    if isinstance(value, bool | np.bool_):
        return bool(value)
    try:  # the last bits of a float differ between machines
        value = float(f"{float(value):.10g}")
    except (TypeError, ValueError):
        kind = type(value).__name__
        raise Invalid(
            f"A cell holds {value!r}, of the type {kind}: text, a number or a day can be shown."
        ) from None
    if value in (float("inf"), float("-inf")):
        return None
    return int(value) if value.is_integer() and abs(value) < 1e15 else value


def with_labels(table: pd.DataFrame | pd.Series) -> pd.DataFrame:
    """A table whose rows are named, as those of a group or a pivot are, with the names as columns.

    >>> with_labels(pd.Series([3], pd.Index(["Wyre"], name="district"), name="n")).columns.tolist()
    ['district', 'n']
    """
    named = any(name is not None for name in table.index.names)
    frame = table.to_frame() if isinstance(table, pd.Series) else table
    return frame.reset_index() if named else frame


def records(frame: pd.DataFrame, units: dict[str, str] | None = None) -> dict:
    """``frame`` as the JSON of a Finding: columns with key, label and unit, and plain rows.

    Every text is made one plain line, for it goes from here into CSV files. Raises
    :class:`Invalid` when two columns would have one heading.
    """
    units = {c: formatting.plain(u) for c, u in (units or {}).items()}
    keys = {c: formatting.plain(c) for c in frame.columns}
    columns = [
        {"key": k, "label": label(k), "unit": units.get(c, "")} for c, k in keys.items()
    ]
    heads = [(column["label"], column["unit"]) for column in columns]
    if twice := [head for head in heads if heads.count(head) > 1]:
        raise Invalid(
            f"Two columns of the table would both be headed {twice[0][0]!r}: rename one."
        )
    rows = [[_told(v) for v in row] for row in frame.itertuples(index=False, name=None)]
    return {"columns": columns, "rows": rows}


def _told(value: Any) -> str | float | bool | None:
    """A cell of a table: a limit that there is not in words, for an empty one is not known."""
    if isinstance(value, float) and isinf(value):
        return formatting.number(value)
    return raw(value)
