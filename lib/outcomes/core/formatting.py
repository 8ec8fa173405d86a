"""Numbers, shares, money and periods written as a reader expects them.

Every function returns text that is the same on any locale. Missing values become ``[x]``
(unavailable), the shorthand of the Government Analysis Function.
"""

from collections.abc import Iterable
from math import isfinite

import pandas as pd

from outcomes.core.days import date as date
from outcomes.core.days import month as month
from outcomes.core.errors import plain as plain

UNAVAILABLE = "[x]"
QUALIFIED = {
    "over": "over ",
    "at_least": "at least ",
    "nearly": "nearly ",
    "approx": "about ",
}


def number(value: float | None, decimals: int | None = None) -> str:
    """``1212`` → "1,212". Without ``decimals``: none from 100 up, else at most one or two."""
    if value is None or pd.isna(value):
        return UNAVAILABLE
    if not isfinite(value):
        return "no upper limit" if value > 0 else "no lower limit"
    if decimals is None:
        whole = float(value).is_integer() or abs(value) >= 100
        decimals = 0 if whole else 1 if abs(value) >= 1 else 2
    text = f"{abs(value):,.{decimals}f}"
    negative = value < 0 and float(text.replace(",", "")) != 0
    return ("−" if negative else "") + text


def percent(share: float | None, decimals: int = 1) -> str:
    """A share between 0 and 1 as a percentage: ``0.2381`` → "23.8%"."""
    if share is None or pd.isna(share):
        return UNAVAILABLE
    return number(100 * share, decimals) + "%"


def money(pounds: float | None, decimals: int = 0) -> str:
    """Pounds sterling: ``1347298`` → "£1,347,298"; negative sums carry the sign first."""
    text = number(pounds, decimals)
    if text == UNAVAILABLE or text.startswith("no "):
        return text
    return f"−£{text[1:]}" if text.startswith("−") else f"£{text}"


WRITE = {"number": number, "percent": percent, "money": money}


def interval(
    lower: float, upper: float, *, kind: str = "number", decimals: int | None = None
) -> str:
    """Two limits as words: "13.5% to 38.5%". ``kind`` is number, percent or money."""
    extra = {} if decimals is None else {"decimals": decimals}
    return f"{WRITE[kind](lower, **extra)} to {WRITE[kind](upper, **extra)}"


def between(lower: float, upper: float, *, kind: str = "number") -> str:
    """Bounds as words: "exactly 1,212", "at least 300", "between 300 and 420"."""
    least, most = WRITE[kind](lower), WRITE[kind](upper)
    if lower == upper:
        return f"exactly {least}"
    if not isfinite(upper):
        return f"at least {least}"
    # apart by less than is written: pence, when pounds are
    return least if least == most else f"between {least} and {most}"


def known(text: str) -> str:
    """A day as far as it is known: "2023-11-13" → "13 November 2023", "2023-11" → "November 2023",
    "2023" → "2023"."""
    return {10: date, 7: month}.get(len(text), str)(text)


def period(start, end) -> str:
    """A span in words: whole months as "November 2022 to December 2023", else by the day."""
    if pd.isna(start) or pd.isna(end):
        return "dates not stated"
    start, end = pd.Timestamp(start), pd.Timestamp(end)
    whole = start.day == 1 and end.is_month_end
    if whole and (start.year, start.month) == (end.year, end.month):
        return month(start)
    if whole:
        return f"{month(start)} to {month(end)}"
    if start == end:
        return date(start)
    return f"{date(start)} to {date(end)}"


def listed(items: Iterable[str], last: str = "and") -> str:
    """``["a", "b", "c"]`` → "a, b and c"."""
    items = [str(i) for i in items]
    if len(items) < 2:
        return "".join(items)
    return f"{', '.join(items[:-1])} {last} {items[-1]}"


def count(n: int, one: str, many: str | None = None) -> str:
    """``count(1, "figure")`` → "1 figure"; ``count(3, "figure")`` → "3 figures"."""
    return f"{number(n)} {one if n == 1 else many or one + 's'}"


_ORDINALS = ("", "", "second ", "third ")


def ranked(rank: int, values, places: str) -> str:
    """A rank among values, the highest first, from the nearer end: "the second lowest of 14
    districts"; a tie is named ("the highest of 14 districts, level with 2 others")."""
    values, rank = pd.Series(values), int(rank)
    ordered = values.sort_values(ascending=False)
    ties = int((values == ordered.iloc[rank - 1]).sum()) - 1
    below = len(values) - rank - ties + 1
    if min(rank, below) >= len(_ORDINALS):
        place = f"number {rank} of {len(values)} {places}, highest first"
    else:
        end = "highest" if rank <= below else "lowest"
        place = f"the {_ORDINALS[min(rank, below)]}{end} of {len(values)} {places}"
    tied = count(ties, "other")
    return f"{place}, level with {tied}" if ties else place


def sentence_case(text: str) -> str:
    """The first letter large, the rest as given."""
    return text[:1].upper() + text[1:]


def place(area: str) -> str:
    """An area's slug as a name: "east-division" → "East Division"."""
    return (
        area.replace("-", " ")
        .title()
        .replace(" And ", " and ")
        .replace(" With ", " with ")
    )


def not_held(months: Iterable) -> str:
    """What brings months of street files that are not here: "Not held here: … brings them."

    ``months`` are their first days, in any order; "" for none. A month is missing here and not in
    the world: data.police.uk serves it, so the command that fetches it is named.
    """
    days = sorted(pd.Timestamp(m) for m in months)
    if not days:
        return ""
    first, last = days[0], days[-1]
    span = period(first, last + pd.offsets.MonthEnd())
    if len(days) < (last.year - first.year) * 12 + last.month - first.month + 1:
        span = f"{len(days)} months of {span}"
    command = f"outcomes data refresh --from {first:%Y-%m} --to {last:%Y-%m}"
    return f"Not held here: {span}; `{command}` brings {'it' if len(days) == 1 else 'them'}."


def stated(figures: pd.DataFrame, kind: str = "number", home: str = "") -> list[str]:
    """Published figures in words, each once: "over 18,000 for November 2022 to December 2023".

    With ``home``, a figure of another place is told with it.
    """
    said = (
        f"{QUALIFIED.get(f.qualifier, '')}{WRITE[kind](f.value)} for "
        f"{period(f.period_start, f.period_end)}"
        f"{f' in {f.area_name}' if home and getattr(f, 'area', home) != home else ''}"
        for f in figures.itertuples()
    )
    return list(dict.fromkeys(said))
