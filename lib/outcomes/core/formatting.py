"""Numbers, shares, money, days, periods, lists and places as text: the library's only formatter.

The text is the same on every machine, whatever its locale. A missing value becomes ``[x]``, the
shorthand of the Government Analysis Function for "unavailable". The module itself loads without
pandas, so that a command that needs only text stays quick.
"""

import re
import unicodedata
from calendar import monthrange
from collections.abc import Callable, Iterable
from datetime import date as Date
from math import floor, inf, isfinite
from typing import TYPE_CHECKING, Any, Protocol, TypeGuard, cast

from outcomes.core.errors import Invalid
from outcomes.core.errors import plain as plain

if TYPE_CHECKING:
    import pandas as pd

UNAVAILABLE = "[x]"
MONTHS = ["January", "February", "March", "April", "May", "June", "July", "August"]
MONTHS += ["September", "October", "November", "December"]
# What a publisher's word before a number is, in a sentence.
QUALIFIED = {
    "over": "over ",
    "at_least": "at least ",
    "nearly": "nearly ",
    "approx": "about ",
}
_FRACTIONS = {
    "25%": "a quarter",
    "33%": "a third",
    "50%": "half",
    "67%": "two thirds",
    "75%": "three quarters",
}
_MULTIPLIED = {2: "doubled", 3: "tripled", 4: "quadrupled"}
_FOLD = {5: "fivefold", 6: "sixfold", 7: "sevenfold", 8: "eightfold", 9: "ninefold"}
_FOLD |= {10: "tenfold"}
_ORDINALS = ("", "", "second ", "third ")


class Limits(Protocol):
    """Anything with two limits: an ``Interval``, a row of a frame of intervals."""

    @property
    def lower(self) -> float: ...
    @property
    def upper(self) -> float: ...


class Estimated(Limits, Protocol):
    """An estimate with its limits."""

    @property
    def estimate(self) -> float: ...


def has_limits(given: object) -> TypeGuard[Estimated]:
    """Whether something has limits, as a result has, or a row of a frame of results.

    Not by isinstance: since Python 3.12 that does not see the columns of a row.

    >>> has_limits(3.0), has_limits((1.0, 2.0)), has_limits("a word")
    (False, False, False)
    """
    if isinstance(given, str):  # its methods are called so
        return False
    return hasattr(given, "lower") and hasattr(given, "upper")


# --- Numbers -------------------------------------------------------------------------------------


def number(x: float | None, decimals: int | None = None) -> str:
    """A number with commas. Without ``decimals``: none from 100 up, else at most one or two.

    Decimals belong to the unit: give them where several numbers of one unit are read together.

    >>> number(1212), number(12.34), number(0.5), number(-3)
    ('1,212', '12.3', '0.50', '−3')
    >>> number(153.5, 1), number(None), number(float("inf"))
    ('153.5', '[x]', 'no upper limit')
    """
    if x is None or _missing(x):
        return UNAVAILABLE
    if not isfinite(x):
        return "no upper limit" if x > 0 else "no lower limit"
    return _signed(
        f"{abs(x):,.{usual_decimals(x) if decimals is None else decimals}f}", x
    )


def exact(x: float | None, most: int = 6) -> str:
    """A number with every decimal it has, up to ``most``: as a publisher gave it.

    >>> exact(1212.0), exact(1234.5), exact(0.123456789, 3)
    ('1,212', '1,234.5', '0.123')
    """
    if x is None or _missing(x) or not isfinite(x):
        return number(x)
    text = f"{abs(x):,.{most}f}"
    return _signed(text.rstrip("0").rstrip(".") if most else text, x)


def percent(share: float | None, decimals: int = 1) -> str:
    """A share between 0 and 1 as a percentage.

    >>> percent(0.2381), percent(0.2381, 0)
    ('23.8%', '24%')
    """
    return _with_unit(share, "", "%", 100, decimals)


def signed_percent(share: float, decimals: int = 0) -> str:
    """A change as a percentage with its sign, "+" as well, but for what rounds to nothing.

    >>> signed_percent(0.2381), signed_percent(-0.05), signed_percent(0.001)
    ('+24%', '−5%', '0%')
    """
    written = percent(share, decimals)
    return f"+{written}" if share > 0 and written != percent(0, decimals) else written


def points(share: float | None, decimals: int = 0) -> str:
    """A difference of two shares in percentage points, for the words that follow it.

    >>> f"a difference of {points(-0.166)} percentage points"
    'a difference of −17 percentage points'
    """
    return _with_unit(share, "", "", 100, decimals)


def money(pounds: float | None, decimals: int = 0) -> str:
    """Pounds sterling; the sign of a negative sum comes first.

    >>> money(1347298), money(-12.5, 2)
    ('£1,347,298', '−£12.50')
    """
    return _with_unit(pounds, "£", "", 1, decimals)


def count(n: int, noun: str, plural: str | None = None) -> str:
    """A number of things, by their noun in the singular; ``plural`` where it is irregular.

    >>> count(1, "figure"), count(3, "figure"), count(2, "county", "counties")
    ('1 figure', '3 figures', '2 counties')
    """
    return f"{number(n)} {noun if n == 1 else plural or noun + 's'}"


def ordinal(n: int) -> str:
    """The place in an order, in figures.

    >>> [ordinal(n) for n in (1, 2, 3, 4, 11, 12, 21, 102)]
    ['1st', '2nd', '3rd', '4th', '11th', '12th', '21st', '102nd']
    """
    n = int(n)
    ending = {1: "st", 2: "nd", 3: "rd"}.get(n % 10, "th")
    return f"{n:,}{'th' if n % 100 in (11, 12, 13) else ending}"


def p_value(p: float | None) -> str:
    """A p-value to three decimals under 0.1, which is where they tell, and to two above it.

    >>> p_value(0.0004), p_value(0.0361), p_value(0.05), p_value(0.174), p_value(None)
    ('p under 0.001', 'p = 0.036', 'p = 0.05', 'p = 0.17', 'p not known')
    """
    if p is None or _missing(p):
        return "p not known"
    if p < 0.001:
        return "p under 0.001"
    return f"p = {p:.3f}".rstrip("0") if p < 0.1 else f"p = {p:.2f}"


WRITE = {"number": number, "percent": percent, "money": money, "points": points}


def qualified(
    value: float, qualifier: str, write: Callable[..., str] = number, **options: Any
) -> str:
    """A published figure with the word that its publisher put before it.

    >>> qualified(18000, "over"), qualified(250000, "approx", money), qualified(3, "exact")
    ('over 18,000', 'about £250,000', '3')
    """
    return QUALIFIED.get(qualifier, "") + write(value, **options)


# --- Two numbers ---------------------------------------------------------------------------------


def span(
    limits: Limits | tuple[float, float],
    write: Callable[..., str] = number,
    **options: Any,
) -> str:
    """Two limits, written alike: of an interval, of a row with ``lower`` and ``upper``, or a pair.

    ``write`` is ``number``, ``percent``, ``points`` or ``money``, and ``options`` are its own.

    >>> span((110.84, 115.2), decimals=1), span((0.1348, 0.3853), percent)
    ('110.8 to 115.2', '13.5% to 38.5%')
    >>> span((39.9, 153.5)), span((300, float("inf")), money)
    ('39.9 to 153.5', '£300 or more')
    """
    if has_limits(limits):
        lower, upper = limits.lower, limits.upper
    else:
        lower, upper = cast("tuple[float, float]", limits)
    options = _alike(write, options, lower, upper)
    if lower == -inf and upper == inf:
        return "any number"
    if upper == inf:
        return f"{write(lower, **options)} or more"
    if lower == -inf:
        return f"{write(upper, **options)} or less"
    return f"{write(lower, **options)} to {write(upper, **options)}"


def interval(
    lower: float, upper: float, *, kind: str = "number", decimals: int | None = None
) -> str:
    """Two limits, each written by itself; :func:`span` writes them alike.

    >>> interval(0.1348, 0.3853, kind="percent")
    '13.5% to 38.5%'
    """
    extra = {} if decimals is None else {"decimals": decimals}
    return f"{WRITE[kind](lower, **extra)} to {WRITE[kind](upper, **extra)}"


def between(lower: float, upper: float, *, kind: str = "number") -> str:
    """What bounds leave of a number; ``kind`` is number, percent or money.

    >>> between(1212, 1212), between(300, float("inf"), kind="money"), between(300, 420)
    ('exactly 1,212', 'at least £300', 'between 300 and 420')
    """
    least, most = WRITE[kind](lower), WRITE[kind](upper)
    if lower == upper:
        return f"exactly {least}"
    if not isfinite(upper):
        return f"at least {least}"
    # Apart by less than is written: pence, when pounds are.
    return least if least == most else f"between {least} and {most}"


def change(
    ratio: float | Estimated | tuple[float, float, float], *, decimals: int = 0
) -> str:
    """What a ratio of now to then says in a verb and a size.

    Of an interval (estimate, lower, upper) the size is the estimate's, and there is one only where
    the interval excludes 1. ``decimals`` are those of the percentage.

    >>> change(1.12), change(2 / 3), change(0.5), change(1.004)
    ('rose by 12%', 'fell by a third', 'halved', 'rose by less than 1%')
    >>> change(3.17), change(2.96), change(1.92), change(6.4)
    ('more than tripled', 'tripled', 'nearly doubled', 'rose more than sixfold')
    >>> change((1.01, 0.98, 1.04)), change((1.42, 1.39, 1.44))
    ('did not clearly change', 'rose by 42%')
    """
    size, clear = _ratio(ratio)
    if _missing(size):
        return "cannot be compared"
    if not clear:
        return "did not clearly change"
    if size in (0, 1, inf):
        return {0: "fell to none", 1: "did not change", inf: "rose from none"}[size]
    if size >= 1.9:
        return _multiplied(size)
    verb, text = "rose" if size > 1 else "fell", percent(abs(size - 1), decimals)
    if text == percent(0, decimals):
        return f"{verb} by less than {percent(10.0 ** -(decimals + 2), decimals)}"
    if size < 1 and text == percent(1, decimals):
        return f"fell by more than {percent(1 - 10.0 ** -(decimals + 2), decimals)}"
    if size < 1 and text == "50%":
        return "halved"
    return f"{verb} by {_FRACTIONS.get(text, text)}"


def compared(
    ratio: float | Estimated | tuple[float, float, float], *, decimals: int = 0
) -> str:
    """What a ratio of one place to another says, for the name that follows it.

    >>> f"{compared(1.42)} elsewhere", compared(0.7), compared(2.13), compared(1.001)
    ('42% higher than elsewhere', '30% lower than', '2.1 times as high as', 'level with')
    >>> compared((1.1, 0.9, 1.3))
    'not clearly different from'
    """
    size, clear = _ratio(ratio)
    if _missing(size):
        return "not comparable with"
    if not clear:
        return "not clearly different from"
    if size >= 1.95:
        times = number(size, 1 if size < 10 else 0)
        return "twice as high as" if times == "2.0" else f"{times} times as high as"
    text = percent(abs(size - 1), decimals)
    if text == percent(0, decimals):
        return "level with"
    return f"{text} {'higher' if size > 1 else 'lower'} than"


def extremes(
    frame: "pd.DataFrame",
    label: str,
    value: str,
    write: Callable[..., str] = number,
    **options: Any,
) -> str:
    """The lowest and the highest row of a frame: the core of most alternative texts.

    Rows without a value are left out; labels that are days are named by their month; of rows that
    are level the first is named and the others are counted.

    >>> import pandas as pd
    >>> rates = pd.DataFrame(
    ...     {"district": ["Burnley", "Ribble Valley", "Blackpool"], "rate": [113, 39.9, 153.5]}
    ... )
    >>> extremes(rates, "district", "rate")
    'from 39.9 (Ribble Valley) to 153.5 (Blackpool)'
    """
    known = frame[value].notna().to_numpy()
    values = frame[value].to_numpy()[known]
    if not len(values):
        return "without any value"
    low, high = values.min(), values.max()
    options = _alike(write, options, low, high)
    if low == high:
        return f"{write(low, **options)} throughout"
    ends = []
    for end in (low, high):
        first, *others = frame[label].iloc[known][values == end]
        name = month(first) if isinstance(first, Date) else str(first)
        also = f" and {count(len(others), 'other')}" if others else ""
        ends.append(f"{write(end, **options)} ({name}{also})")
    return f"from {ends[0]} to {ends[1]}"


def ranked(rank: int, values: Iterable[float], places: str) -> str:
    """A rank among values, the highest first, told from the nearer end; a tie is named.

    >>> ranked(13, range(14), "districts")
    'the second lowest of 14 districts'
    >>> ranked(1, [3, 3, 1], "districts")
    'the highest of 3 districts, level with 1 other'
    """
    values, rank = list(values), int(rank)
    at_rank = sorted(values, reverse=True)[rank - 1]
    ties = sum(value == at_rank for value in values) - 1
    below = len(values) - rank - ties + 1
    if min(rank, below) >= len(_ORDINALS):
        place = f"number {rank} of {len(values)} {places}, highest first"
    else:
        end = "highest" if rank <= below else "lowest"
        place = f"the {_ORDINALS[min(rank, below)]}{end} of {len(values)} {places}"
    return f"{place}, level with {count(ties, 'other')}" if ties else place


# --- Days and periods ----------------------------------------------------------------------------


def date(day: Any) -> str:
    """A day: of a date, a time stamp or ISO text.

    >>> date("2023-11-13")
    '13 November 2023'
    """
    return _written(day, lambda d: f"{d.day} {MONTHS[d.month - 1]} {d.year}")


def month(day: Any) -> str:
    """The month of a day, or of a period of one month.

    >>> month("2023-11-13"), month("2023-11")
    ('November 2023', 'November 2023')
    """
    return _written(day, lambda d: f"{MONTHS[d.month - 1]} {d.year}")


def quarter(day: Any) -> str:
    """The calendar quarter of a day.

    >>> quarter("2025-10-01")
    '2025 Q4'
    """
    return _written(day, lambda d: f"{d.year} Q{(d.month + 2) // 3}")


def period_name(day: Any, step: str) -> str:
    """The month, quarter, calendar or financial year that begins on a day.

    >>> [period_name("2024-04-01", step) for step in ("month", "quarter", "year")]
    ['April 2024', '2024 Q2', '2024']
    >>> period_name("2024-04-01", "financial year")
    '2024-25'
    """
    if step in ("month", "quarter"):
        return month(day) if step == "month" else quarter(day)
    year = _day(day).year
    return f"{year}-{(year + 1) % 100:02}" if step == "financial year" else f"{year}"


def known(text: str) -> str:
    """A day as far as it is known, of ISO text; other text stays as it is.

    >>> known("2023-11-13"), known("2023-11"), known("2023")
    ('13 November 2023', 'November 2023', '2023')
    """
    found = re.fullmatch(r"(\d{4})-(0[1-9]|1[0-2])(?:-(\d\d))?", text)
    if not found:
        return text
    day = f"{int(found[3])} " if found[3] else ""
    return f"{day}{MONTHS[int(found[2]) - 1]} {found[1]}"


def period(start: Any, end: Any) -> str:
    """A period from its first day to its last: whole months by month, all else by the day.

    >>> period("2022-11-01", "2023-12-31"), period("2023-11-01", "2023-11-30")
    ('November 2022 to December 2023', 'November 2023')
    >>> period("2023-11-13", "2023-11-19"), period(None, "2023-11-19")
    ('13 November 2023 to 19 November 2023', 'dates not stated')
    """
    if _missing(start) or _missing(end):
        return "dates not stated"
    first, last = _day(start), _day(end)
    whole = first.day == 1 and last.day == monthrange(last.year, last.month)[1]
    ends = [month(day) if whole else date(day) for day in (first, last)]
    return ends[0] if ends[0] == ends[1] else f"{ends[0]} to {ends[1]}"


def month_runs(months: Iterable[Any]) -> str:
    """Months in any order, those in a row as one run.

    >>> month_runs(["2021-05", "2020-06", "2020-08", "2020-09"])
    'June 2020, August to September 2020 and May 2021'
    >>> month_runs(["2020-12", "2021-01"])
    'December 2020 to January 2021'
    """
    runs: list[list[Any]] = []
    for day in sorted(map(_day, months)):
        if runs and _months_between(runs[-1][1], day) < 2:
            runs[-1][1] = day
        else:
            runs.append([day, day])
    return listed(month_span(*run) for run in runs)


def month_span(first: Any, last: Any) -> str:
    """Months from one to another, with the year once where it is the same.

    >>> month_span("2020-08", "2020-09"), month_span("2019-12", "2025-12")
    ('August to September 2020', 'December 2019 to December 2025')
    """
    first, last = _day(first), _day(last)
    if _months_between(first, last) == 0:
        return month(last)
    begin = MONTHS[first.month - 1] if first.year == last.year else month(first)
    return f"{begin} to {month(last)}"


# --- Lists, names, sentences ---------------------------------------------------------------------


def listed(items: Iterable[Any], last: str = "and") -> str:
    """Items in a row, as a sentence has them.

    >>> listed(["a", "b", "c"]), listed(["a", "b"], "or"), listed([])
    ('a, b and c', 'a or b', '')
    """
    items = [str(item) for item in items]
    if len(items) < 2:
        return "".join(items)
    return f"{', '.join(items[:-1])} {last} {items[-1]}"


def sentence_case(text: str) -> str:
    """The first letter large, the rest as given.

    >>> sentence_case("blade or point offences in Lancashire")
    'Blade or point offences in Lancashire'
    """
    return text[:1].upper() + text[1:]


def place(slug: str) -> str:
    """The name of a place, of its slug; a name stays as it is, for some have hyphens of their own.

    >>> place("east-division"), place("city-of-london"), place("Dyfed-Powys")
    ('East Division', 'City of London', 'Dyfed-Powys')
    """
    if slug != slug.lower():
        return slug
    words = slug.replace("-", " ").title()
    return re.sub(r"(?<= )(And|With|Of|Upon|The)(?= )", lambda w: w[0].lower(), words)


def slug(text: str) -> str:
    """Text as lower-case words and hyphens, as of a place's name.

    >>> slug("Blackburn with Darwen"), slug("Ynys Môn, 2024")
    ('blackburn-with-darwen', 'ynys-mon-2024')
    """
    plain_letters = (
        unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode()
    )
    return re.sub("[^a-z0-9]+", "-", plain_letters.lower()).strip("-")


def not_held(months: Iterable[Any]) -> str:
    """What brings months of street files that are not here; "" for none.

    ``months`` are their first days, in any order. A month is missing here and not in the world:
    data.police.uk serves it, so the command that fetches it is named.

    >>> not_held(["2022-11"])
    'Not held here: November 2022; “outcomes data refresh --from 2022-11 --to 2022-11” brings it.'
    """
    days = sorted(_day(day) for day in months)
    if not days:
        return ""
    first, last = days[0], days[-1]
    held = month(first) if first == last else f"{month(first)} to {month(last)}"
    if len(days) <= _months_between(first, last):
        held = f"{len(days)} months of {held}"
    return f"Not held here: {held}; {refresh_clause(first, last, len(days))}."


def refresh_clause(first: Any, last: Any, months: int) -> str:
    """The command that fetches months of street files from ``first`` to ``last``, as a clause.

    >>> refresh_clause("2022-11", "2023-12", 14)
    '“outcomes data refresh --from 2022-11 --to 2023-12” brings them'
    """
    command = (
        f"outcomes data refresh --from {_day(first):%Y-%m} --to {_day(last):%Y-%m}"
    )
    return f"“{command}” brings {'it' if months == 1 else 'them'}"


def stated(figures: "pd.DataFrame", kind: str = "number", home: str = "") -> list[str]:
    """Published figures, each once: "over 18,000 for November 2022 to December 2023".

    ``figures`` has ``value``, ``qualifier``, ``period_start``, ``period_end`` and ``area``, by name
    or with the name in ``area_name``. With ``home``, a figure of another place is told with it.
    """
    columns = ["value", "qualifier", "period_start", "period_end"]
    rows = zip(*(figures[name] for name in columns), strict=True)
    said = [
        f"{qualified(value, qualifier, WRITE[kind])} for {period(start, end)}"
        for value, qualifier, start, end in rows
    ]
    if home and "area" in figures:
        area = figures["area"]
        names = figures.get("area_name", area)
        said = [
            text if code == home else f"{text} in {name}"
            for text, code, name in zip(said, area, names, strict=True)
        ]
    return list(dict.fromkeys(said))


# --- What several of them need -------------------------------------------------------------------


def _missing(value: Any) -> bool:
    """None, NaN and NaT, which are unlike themselves, and pandas' NA, which is neither."""
    try:
        return value is None or bool(value != value)
    except TypeError:
        return True


def _signed(text: str, x: float) -> str:
    """Text of a size with a minus sign, unless it was rounded to nothing."""
    return "−" + text if x < 0 and text.strip("0.,") else text


def usual_decimals(*values: float) -> int:
    """The most decimals that one of the numbers is written with by itself.

    >>> usual_decimals(150.6, 96.4), usual_decimals(12, 300), usual_decimals(0.27, 4.4)
    (1, 0, 2)
    """
    finite = [abs(v) for v in values if not _missing(v) and isfinite(v)]
    alone = [
        0 if v >= 100 or float(v).is_integer() else 1 if v >= 1 else 2 for v in finite
    ]
    return max(alone, default=0)


def _alike(write: Callable[..., str], options: dict, *values: float) -> dict:
    """Options for numbers that are read together: as many decimals for the one as for the other."""
    if write is not number or "decimals" in options:
        return options
    return {**options, "decimals": usual_decimals(*values)}


def _with_unit(
    value: float | None, before: str, after: str, scale: float, decimals: int
) -> str:
    if value is None or _missing(value) or not isfinite(value):
        return number(value)
    text = number(scale * value, decimals)
    sign = "−" if text.startswith("−") else ""
    return f"{sign}{before}{text.removeprefix('−')}{after}"


def _ratio(given: float | Estimated | tuple[float, float, float]) -> tuple[float, bool]:
    """The size of a ratio, and whether its interval excludes 1 (a ratio without one does)."""
    if has_limits(given):
        size, lower, upper = given.estimate, given.lower, given.upper
    elif isinstance(given, tuple):
        size, lower, upper = given
    else:
        size, lower, upper = cast("float", given), inf, inf
    clear = lower > 1 or upper < 1
    if size < 0:
        raise Invalid(f"A ratio cannot be negative, and {exact(size)} was given.")
    return float(size), clear


def _multiplied(ratio: float) -> str:
    """Doubled and more, to the nearest tenth."""
    whole = floor(ratio + 0.05)
    if whole + 1 in _MULTIPLIED and ratio >= 0.95 * (whole + 1):
        return f"nearly {_MULTIPLIED[whole + 1]}"
    more = "more than " if ratio >= whole + 0.05 else ""
    if whole in _MULTIPLIED:
        return more + _MULTIPLIED[whole]
    return f"rose {more}{_FOLD.get(whole, f'{whole:,}-fold')}"


def _written(day: Any, write: Callable[[Any], str]) -> str:
    return "date not stated" if _missing(day) else write(_day(day))


def _day(value: Any) -> Any:
    """A date, a time stamp or a period as it is; text and all else by pandas."""
    if isinstance(value, Date) or hasattr(value, "month"):
        return value
    import pandas as pd  # only for what is no day yet

    return pd.Timestamp(value)


def _months_between(first: Any, last: Any) -> int:
    return (last.year - first.year) * 12 + last.month - first.month
