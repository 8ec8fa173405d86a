"""How new a page is: the last period of the counts it read, and the newest publication of all."""

import re
from collections.abc import Iterable

from outcomes.core import formatting

_STEP = {
    "month": 1,
    "quarter": 3,
    "year_end": 1,
}  # months that a row covers, from its day on


def told(sources: Iterable[dict], reads: Iterable[dict]) -> str:
    """ "Data to December 2025; newest publication 27 November 2025", or as much of it as is known.

    ``sources`` are cited, each with when it was ``published`` as a page says it; ``reads`` are the
    readings of tables. Data go to the end of the last month, quarter or year among the rows read
    that count by time; every published figure read counts as well as those cited.
    """
    reads = list(reads)
    days = [day(one.get("published") or "") for one in sources]
    ends, known = _read(reads)
    newest = max(
        [*days, *known], default=""
    )  # "2025" sorts before any day of it: it may be older
    said = [f"data to {formatting.known(max(ends))}"] if ends else []
    said += [f"newest publication {formatting.known(newest)}"] if newest else []
    text = "; ".join(said)
    return text[:1].upper() + text[1:]


def day(text: str) -> str:
    """ "13 November 2023", "November 2023", "2023" or the same in digits as "2023-11-13", "2023-11"
    or "2023"; "" for what is no date."""
    found = re.fullmatch(r"(?:(?:(\d{1,2}) )?([A-Z][a-z]+) )?(\d{4})", text)
    if found and (not found[2] or found[2] in formatting.MONTHS):
        parts = [found[3]]
        parts += [f"{formatting.MONTHS.index(found[2]) + 1:02d}"] if found[2] else []
        parts += [f"{int(found[1]):02d}"] if found[1] else []
        text = "-".join(parts)
    return text if re.fullmatch(r"\d{4}(-\d\d){0,2}", text) else ""


def _read(reads: list[dict]) -> tuple[list[str], list[str]]:
    """The last month of each table read that counts by time; the days of the figures read."""
    import pandas as pd  # only here: a build that takes every page over loads none of it

    from outcomes.data import published_figures, tables

    ends, known, package = [], [], tables.package()
    # A page as of a day also reads, whole, how many figures have no date: nothing of that is shown.
    asked = max((one.get("as_of", "") for one in reads), default="")
    for one in (one for one in reads if one.get("as_of", "") == asked):
        table, column = one["table"], package.get(one["table"], {}).get("covers", "")
        if not (column or table == "figures"):
            continue
        rows = tables.rows(table, None, one["where"], one.get("as_of", ""))
        if rows.empty:
            continue
        if table == "figures":
            known += published_figures.dated(rows["source"]).values()
        elif column in _STEP:
            last = rows[column].max() + pd.DateOffset(months=_STEP[column] - 1)
            ends.append(f"{last:%Y-%m}")
    return ends, known
