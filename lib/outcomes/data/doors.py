"""What every function of the data room does at its door.

What a person typed is held to the annotations of the function, as the command line holds its own:
a wrong type, an unknown keyword, a name that the table does not hold or a month outside it is
answered by one sentence with the nearest that is allowed. A frame leaves with its sources.
"""

import re
from collections.abc import Callable
from datetime import date, datetime
from difflib import get_close_matches
from functools import lru_cache, wraps
from inspect import BoundArguments, Parameter, Signature, signature
from typing import Annotated, Any, NamedTuple, get_type_hints

import numpy as np
import pandas as pd

from outcomes.core import formatting
from outcomes.core.errors import Invalid, one_of
from outcomes.data import tables

FIRST, LAST = 1900, 2199
"""The years of which a day or a month may be given."""


class Kind(NamedTuple):
    """A kind of argument: what it is in words, how to tell, whether a list of them may be given."""

    what: str
    fits: Callable[[Any], bool]
    many: bool = False
    held: bool = False
    """Must the table's column of that name hold it?"""
    none: bool = False
    """Is None allowed where it is not the default?"""

    def __repr__(self) -> str:
        return repr(self.what)  # as an editor shows it beside the argument


def _is_name(value: Any) -> bool:
    return isinstance(value, str) and value.strip() != ""


def _is_time(form: str) -> Callable[[Any], bool]:
    def fits(value: Any) -> bool:
        if isinstance(value, pd.Period):  # a year is no month, and a month no day
            value = str(value)
        if isinstance(value, (date, np.datetime64)):  # a pandas Timestamp is a date too
            return not pd.isna(value) and _told(pd.Period(value, "D").year)
        if not isinstance(value, str) or not re.fullmatch(form, value):
            return False
        told = _told(int(value[:4] or FIRST))  # pandas reads the year 0001 as 2001
        return told and (
            value == "" or not pd.isna(pd.to_datetime(value, errors="coerce"))
        )

    return fits


def _told(year: int) -> bool:
    return FIRST <= year <= LAST


def plain_day(value: Any) -> Any:
    """A period or a time of a zone as the plain day it means; anything else as it is."""
    if isinstance(value, pd.Period):
        return value.start_time
    zoned = isinstance(value, datetime) and value.tzinfo is not None
    return pd.Timestamp(value).tz_localize(None) if zoned else value


def is_real(value: Any) -> bool:
    kinds = (int, float, np.integer, np.floating)
    return (
        isinstance(value, kinds)
        and not isinstance(value, bool)
        and bool(np.isfinite(value))
    )


is_day = _is_time(r"\d{4}-\d\d-\d\d")
Flag = Annotated[bool, Kind("True or False", lambda v: isinstance(v, (bool, np.bool_)))]
Name = Annotated[str, Kind("a name", _is_name)]
Names = Annotated[Any, Kind("a name or a list of names", _is_name, many=True)]
Held = Annotated[Any, Kind("a name or a list of names", _is_name, many=True, held=True)]
HeldOrBlank = Annotated[  # where the table has rows without one: "" asks for these
    Any,
    Kind(
        "a name, '' or a list of them",
        lambda v: isinstance(v, str),
        many=True,
        held=True,
    ),
]
HeldOrAll = Annotated[
    Any, Kind("a name, a list of names or None", _is_name, True, True, True)
]
Month = Annotated[Any, Kind("a month written YYYY-MM", _is_time(r"\d{4}-\d\d(-\d\d)?"))]
Day = Annotated[Any, Kind("a day written YYYY-MM-DD", _is_time(r"(\d{4}-\d\d-\d\d)?"))]
Distance = Annotated[
    float, Kind("a number of 0 or more", lambda v: is_real(v) and v >= 0)
]
Number = Annotated[float, Kind("a number above 0", lambda v: is_real(v) and v > 0)]
Frame = Annotated[pd.DataFrame, Kind("a frame", lambda v: isinstance(v, pd.DataFrame))]


def door(table: str = "") -> Callable:
    """Hold what is given to a function to its annotations (:data:`Flag`, :data:`Names` …).

    The frame that a function of ``table`` returns carries its sources in ``attrs["sources"]``: for
    a table counted by month, the months at hand of the forces and the span asked for; with
    ``fill=True`` the complete ones only.
    """

    def wrap(function: Callable) -> Callable:
        takes = signature(function)
        kinds = _kinds(function)

        @wraps(function)
        def asked(*args: Any, **given: Any) -> Any:
            called = _bound(function.__name__, takes, args, given)
            bound = called.arguments
            for name, value in bound.items():
                if name in kinds and value is not takes.parameters[name].default:
                    _check(function.__name__, name, value, kinds[name], table)
                    bound[name] = plain_day(value)
            _span(table, bound)
            made = function(*called.args, **called.kwargs)
            if table and isinstance(made, pd.DataFrame):
                from outcomes.data import citations  # which has a door itself

                made.attrs.setdefault("table", table)

                if (
                    "sources" not in made.attrs
                ):  # a function that knows better has said so
                    months = _months(table, made, bound)
                    made.attrs["sources"] = citations.sources_of(table, made, months)
            return made

        return asked

    return wrap


def _kinds(function: Callable) -> dict[str, Kind]:
    hints = get_type_hints(function, include_extras=True)
    marked = {name: getattr(hint, "__metadata__", ()) for name, hint in hints.items()}
    return {
        n: kinds[0]
        for n, kinds in marked.items()
        if kinds and isinstance(kinds[0], Kind)
    }


def _bound(called: str, takes: Signature, args: tuple, given: dict) -> BoundArguments:
    """What each argument is; an unknown keyword is answered with the nearest."""
    open_ended = any(p.kind is Parameter.VAR_KEYWORD for p in takes.parameters.values())
    for name in given:
        if name not in takes.parameters and not open_ended:
            close = get_close_matches(name, takes.parameters, n=1)
            hint = f" Did you mean {close[0]!r}?" if close else ""
            raise Invalid(
                f"{called} takes no {name!r}.{hint} It takes: {', '.join(takes.parameters)}."
                if takes.parameters
                else f"{called} takes nothing, so {name!r} cannot be given."
            )
    try:
        bound = takes.bind(*args, **given)
    except TypeError:
        if not takes.parameters:
            raise Invalid(f"{called} takes nothing; write {called}().") from None
        first = [n for n, p in takes.parameters.items() if p.default is Parameter.empty]
        need = f"It needs {', '.join(first)}." if first else "Give each by its name."
        names = ", ".join(takes.parameters)
        raise Invalid(
            f"{called} cannot be called so. It takes: {names}. {need}"
        ) from None
    bound.apply_defaults()
    return bound


def _check(called: str, name: str, value: Any, kind: Kind, table: str) -> None:
    if value is None and kind.none:
        return
    listed = pd.api.types.is_list_like(value) and not isinstance(value, pd.DataFrame)
    if listed and not kind.many and not kind.fits(value):
        raise Invalid(
            f"{name} {_shown(value)} is a list; {called} takes {kind.what} here."
        )
    items = list(value) if listed and kind.many else [value]
    if not items:
        raise Invalid(f"{name} is an empty list; {called} takes {kind.what} here.")
    for item in items:
        if not kind.fits(item):
            raise Invalid(
                f"{name} {_shown(item)} is not {kind.what}.{_meant(item, kind)}"
            )
        if kind.held and item != "":
            one_of(
                item, _held(tables.path_of(table).stat().st_mtime_ns, table, name), name
            )


def _shown(value: Any) -> str:
    text = f"a {type(value).__name__}" if hasattr(value, "shape") else repr(value)
    return text if len(text) <= 60 else f"{text[:57]}..."


def _meant(value: Any, kind: Kind) -> str:
    """A hint for a year where a month or a day is meant, and for a yes or no in words."""
    year = re.fullmatch(r"(19|20)\d\d", str(value))
    if year and kind.what.startswith("a month"):
        return f" Did you mean '{value}-01'?"
    if year and kind.what.startswith("a day"):
        return f" Did you mean '{value}-01-01'?"
    words = {
        "yes": True,
        "true": True,
        "1": True,
        "no": False,
        "false": False,
        "0": False,
    }
    said = words.get(str(value).lower())
    return (
        f" Did you mean {said}?"
        if kind.what == "True or False" and said is not None
        else ""
    )


@lru_cache(maxsize=32)
def _held(version: int, table: str, column: str) -> list[str]:
    """The names that a column holds, whatever the day of the page."""
    return sorted(set(tables.rows(table, [column])[column]) - {""})


def _span(table: str, asked: dict) -> None:
    """Refuse a span that lies outside what is held, or ends before it begins.

    A page as of an early day may ask for what was not out by then: that is empty, and not refused.
    """
    column = tables.package().get(table, {}).get("covers", "")
    ends = [asked.get(f"{column}_from"), asked.get(f"{column}_to")]
    if not column or ends == [None, None]:
        return
    held = tables.rows("coverage" if column == "month" else table, [column])[column]
    first, last = (None if end is None else pd.Timestamp(end) for end in ends)
    low, high = held.min(), held.max()
    until = high + pd.DateOffset(months=2) if column == "quarter" else high
    are = f"{column}s held are {formatting.month(low)} to {formatting.month(until)}"
    if first is not None and last is not None and first > last:
        raise Invalid(
            f"{ends[0]!r} lies after {ends[1]!r}: a span ends after it begins."
        )
    if first is not None and first > high:
        raise Invalid(f"{ends[0]!r} lies after all that is held: the {are}.")
    if last is not None and last < low:
        raise Invalid(f"{ends[1]!r} lies before all that is held: the {are}.")


def _months(table: str, frame: pd.DataFrame, asked: dict) -> pd.DataFrame | None:
    """The months that counts by month were read from: rows of coverage."""
    if tables.package().get(table, {}).get("covers") != "month" or "force" not in frame:
        return None
    held = tables.read("coverage", force=sorted(frame["force"].unique()))
    kept = held["state"].isin(
        ["complete"] if asked.get("fill") else ["complete", "partial"]
    )
    if asked.get("month_from") is not None:
        kept &= held["month"] >= pd.Timestamp(asked["month_from"])
    if asked.get("month_to") is not None:
        kept &= held["month"] <= pd.Timestamp(asked["month_to"])
    return held[kept]
