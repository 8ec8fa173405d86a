"""What a public function of the room does with what it is given.

What a person typed is held to the annotations of the function, as the command line holds its own: a
wrong type, an unknown keyword or an empty list is answered by one sentence.
"""

import re
from collections.abc import Callable, Collection
from datetime import date, datetime
from functools import reduce, wraps
from inspect import BoundArguments, Parameter, Signature, signature
from operator import or_
from types import NoneType
from typing import Any, NamedTuple, ParamSpec, TypeVar, get_args, get_type_hints

import numpy as np
import pandas as pd

from outcomes.core.errors import Invalid, nearest

FIRST, LAST = 1900, 2199
"""The years of which a day may be given."""

Names = str | Collection[str]
Day = str | date
Year = int | str

P = ParamSpec("P")
R = TypeVar("R")


def is_name(value: Any) -> bool:
    """Whether a value is text that is not blank.

    >>> is_name("Burnley"), is_name(" ")
    (True, False)
    """
    return isinstance(value, str) and value.strip() != ""


def is_real(value: Any) -> bool:
    """Whether a value is a finite number, of Python or of numpy.

    >>> is_real(3), is_real(True), is_real(float("nan"))
    (True, False, False)
    """
    number = isinstance(value, (int, float, np.integer, np.floating))
    return number and not isinstance(value, bool) and bool(np.isfinite(value))


def is_day(value: Any) -> bool:
    """Whether a value is a day, as a date or as text written YYYY-MM-DD; a year or month is none.

    >>> is_day("2024-01-31"), is_day("2024-02-31"), is_day("2024-01")
    (True, False, False)
    """
    if isinstance(value, pd.Period):
        value = str(value)
    if isinstance(value, (date, np.datetime64)):  # a pandas Timestamp is a date too
        return not pd.isna(value) and FIRST <= pd.Period(value, "D").year <= LAST
    if not isinstance(value, str) or not re.fullmatch(r"\d{4}-\d\d-\d\d", value):
        return False
    exists = not pd.isna(pd.to_datetime(value, errors="coerce"))
    return exists and FIRST <= int(value[:4]) <= LAST  # pandas reads 0001 as 2001


def plain_day(value: Any) -> Any:
    """A period or a time of a zone as the plain day it means; anything else as it is.

    >>> plain_day(pd.Period("2024-01", "M")), plain_day("2024-01-01")
    (Timestamp('2024-01-01 00:00:00'), '2024-01-01')
    """
    if isinstance(value, pd.Period):
        return value.start_time
    zoned = isinstance(value, datetime) and value.tzinfo is not None
    return pd.Timestamp(value).tz_localize(None) if zoned else value


def as_list(value: Any) -> list:
    """A single value as a list of one, None as an empty one, any other collection as a list.

    >>> as_list("Wyre"), as_list(("Burnley", "Wyre")), as_list(None)
    (['Wyre'], ['Burnley', 'Wyre'], [])
    """
    if value is None:
        return []
    return list(value) if pd.api.types.is_list_like(value) else [value]


class Kind(NamedTuple):
    """A kind of argument: what it is in words, how to tell, and whether it may be a list of them."""

    words: str
    fits: Callable[[Any], bool]
    many: bool = False


KINDS: dict[Any, Kind] = {
    bool: Kind("True or False", lambda v: isinstance(v, (bool, np.bool_))),
    str: Kind("a name", is_name),
    Names: Kind("a name or a list of names", is_name, many=True),
    Day: Kind(
        "a day written YYYY-MM-DD",
        lambda v: is_day(v) or (isinstance(v, str) and v == ""),
    ),
    Year: Kind(
        "a year written YYYY",
        lambda v: (
            isinstance(v, (int, str))
            and re.fullmatch(r"(19|20)\d\d", str(v)) is not None
        ),
    ),
    float: Kind("a number above 0", lambda v: is_real(v) and v > 0),
    pd.DataFrame: Kind("a frame", lambda v: isinstance(v, pd.DataFrame)),
}
"""The annotations that a door understands. One of another type is the function's own to check."""


def door(function: Callable[P, R]) -> Callable[P, R]:
    """Hold what is given to a function to its annotations (:data:`KINDS`).

    An argument left at its default is not looked at, so that None stands where it is the default.

    >>> @door
    ... def greet(place: str) -> str:
    ...     return f"Hello, {place}"
    >>> greet(3)
    Traceback (most recent call last):
    outcomes.core.errors.Invalid: place 3 is not a name.
    """
    takes = signature(function)
    kinds = kinds_of(function)

    @wraps(function)
    def asked(*args: P.args, **given: P.kwargs) -> R:
        called = _bound(function.__name__, takes, args, given)
        for name, value in called.arguments.items():
            if name in kinds and value is not takes.parameters[name].default:
                check(function.__name__, name, value, kinds[name])
                called.arguments[name] = plain_day(value)
        return function(*called.args, **called.kwargs)

    return asked


def kinds_of(function: Callable) -> dict[str, Kind]:
    """The kind of each argument of a function that has one."""
    found = {}
    for name, hint in get_type_hints(function).items():
        parts = get_args(hint)
        if NoneType in parts:
            hint = reduce(or_, (part for part in parts if part is not NoneType))
        if hint in KINDS and name != "return":
            found[name] = KINDS[hint]
    return found


def check(called: str, name: str, value: Any, kind: Kind) -> None:
    """Refuse, in a sentence, a value of an argument that is not of its kind."""
    listed = pd.api.types.is_list_like(value) and not isinstance(value, pd.DataFrame)
    if listed and not kind.many:
        raise Invalid(
            f"{name} {_shown(value)} is a list; {called} takes {kind.words} here."
        )
    items = list(value) if listed else [value]
    if not items:
        raise Invalid(f"{name} is an empty list; {called} takes {kind.words} here.")
    for item in items:
        if not kind.fits(item):
            meant = {"yes": True, "true": True, "no": False, "false": False}
            word = meant.get(str(item).lower()) if kind is KINDS[bool] else None
            hint = f" Did you mean {word}?" if word is not None else ""
            raise Invalid(f"{name} {_shown(item)} is not {kind.words}.{hint}")


def _shown(value: Any) -> str:
    text = f"a {type(value).__name__}" if hasattr(value, "shape") else repr(value)
    return text if len(text) <= 60 else f"{text[:57]}..."


def _bound(called: str, takes: Signature, args: tuple, given: dict) -> BoundArguments:
    """What each argument is; an unknown keyword is answered with the nearest."""
    names = list(takes.parameters)
    any_name = any(p.kind is Parameter.VAR_KEYWORD for p in takes.parameters.values())
    unknown = [] if any_name else [name for name in given if name not in names]
    try:
        bound = takes.bind(*args, **given)
    except TypeError:
        if not names:
            raise Invalid(f"{called} takes nothing; write {called}().") from None
        if unknown:
            guess = nearest(unknown[0], names)
            hint = f" Did you mean {guess!r}?" if guess else ""
            said = f"takes no {unknown[0]!r}.{hint}"
        else:
            said = "cannot be called so."
        needed = [
            n for n, p in takes.parameters.items() if p.default is Parameter.empty
        ]
        need = f"It needs {', '.join(needed)}." if needed else "Give each by its name."
        raise Invalid(f"{called} {said} It takes: {', '.join(names)}. {need}") from None
    bound.apply_defaults()
    return bound
