"""How new a page is: the last period of the counts it read, and the newest publication of all."""

import re
from collections.abc import Iterable

from outcomes.core.formatting import MONTHS, known, sentence_case

# Months that a row covers, from its day on.
_STEP = {"month": 1, "quarter": 3, "year_end": 1}


def sentence(sources: Iterable[dict], reads: Iterable[dict]) -> str:
    """How new a page is, in words, as far as it is known.

    "Data to December 2025; newest publication 27 November 2025": data go to the end of the last
    month, quarter or year among the rows read that count by time; every published figure read
    counts as well as those cited.

    Parameters
    ----------
    sources
        What is cited, each with when it was ``published`` as a page says it.
    reads
        The readings of tables: table, where, and as_of on a page as of a day.
    """
    from outcomes.data import published_figures, tables  # only now: they load pandas

    days, ends = [day(source.get("published") or "") for source in sources], []
    reads, package = list(reads), tables.package()
    # A page as of a day also reads, whole, how many figures have no date: nothing of that is shown.
    as_of = max((read.get("as_of", "") for read in reads), default="")
    for read in reads:
        table = read["table"]
        column = package.get(table, {}).get("covers", "")
        if read.get("as_of", "") != as_of or not (
            column in _STEP or table == "figures"
        ):
            continue
        rows = tables.rows(table, None, read["where"], as_of)
        if rows.empty:
            continue
        if table == "figures":
            days += published_figures.dated(rows["source"].unique()).values()
        else:
            last = rows[column].max().to_period("M") + _STEP[column] - 1
            ends.append(str(last))
    newest = max(days, default="")  # "2025" sorts before any day of it: it may be older
    said = [f"data to {known(max(ends))}"] if ends else []
    said += [f"newest publication {known(newest)}"] if newest else []
    return sentence_case("; ".join(said))


def day(text: str) -> str:
    """A date in words or digits as digits, as far as it is known; "" for what is no date.

    Examples
    --------
    >>> day("13 November 2023"), day("November 2023"), day("2023"), day("soon")
    ('2023-11-13', '2023-11', '2023', '')
    """
    found = re.fullmatch(r"(?:(?:(\d{1,2}) )?([A-Z][a-z]+) )?(\d{4})", text)
    if found and (not found[2] or found[2] in MONTHS):
        parts = [found[3]]
        parts += [f"{MONTHS.index(found[2]) + 1:02d}"] if found[2] else []
        parts += [f"{int(found[1]):02d}"] if found[1] else []
        text = "-".join(parts)
    return text if re.fullmatch(r"\d{4}(-\d\d){0,2}", text) else ""
