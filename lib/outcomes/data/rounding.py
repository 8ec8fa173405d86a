"""What one printed figure allows: the least and the most that its total can be.

The rules, in one place:

* ``exact``: within the rounding it was printed with, half of the last significant place. So 1,409
  is 1,409; 1,200 is 1,150 to 1,250; £1.3m is ±£50,000; 608.417 is ±0.0005. Numbers below 100
  are taken as counted, because nobody rounds 20 arrests to the nearest ten.
* ``over`` and ``at_least``: that much or more, with no upper limit.
* ``nearly``: that much or less, and not below it by more than ``NEARLY`` of itself.
* ``approx``: within ``APPROX`` of itself, or within its rounding if that is wider.
"""

import math
from decimal import Decimal

import numpy as np

from outcomes.core.errors import Invalid
from outcomes.data.doors import is_real

APPROX = 0.10
NEARLY = 0.10
QUALIFIERS = ("exact", "over", "at_least", "nearly", "approx")
MONEY = ("£", "GBP")
CONTINUOUS = (
    *MONEY,
    "kg",
    "g",
    "years",
    "tonnes",
    "litres",
    "months",
    "hours",
    "miles",
    "%",
    "ratio",
)
"""Units of what is measured, not counted."""


def tolerance(value: float, unit: str = "count") -> float:
    """Half of the last significant place of a number as printed: 1,200 gives 50, 1,409 gives 0.5.

    Money with pence is good to the penny, because £360,942.60 is stored as 360942.6.

    >>> tolerance(1200), tolerance(1409), tolerance(360_942.6, "£")
    (50.0, 0.5, 0.005)
    """
    if not is_real(value):
        raise Invalid(f"value {value!r} is not a number.")
    number = Decimal(repr(float(value))).normalize()
    exponent = int(number.as_tuple().exponent)  # finite: no letter
    if exponent < 0:
        return 0.005 if unit in MONEY else 0.5 * 10.0**exponent
    if abs(value) < 100:
        return 0.5
    return 0.5 * 10.0**exponent


def limits(value: float, qualifier: str, unit: str) -> tuple[float, float]:
    """The least and the most that a figure allows its own total to be.

    >>> limits(1200, "exact", "count"), limits(1200, "over", "count")
    ((1150.0, 1250.0), (1200.0, inf))
    """
    if qualifier in ("over", "at_least"):
        return float(value), math.inf
    if qualifier == "nearly":
        return value * (1 - NEARLY), float(value)
    room = tolerance(value, unit)
    if qualifier == "approx":
        room = max(room, APPROX * abs(value))
    return max(value - room, 0.0), value + room


def counted(value: float, qualifier: str, unit: str) -> tuple[float, float]:
    """:func:`limits`, and whole numbers where things are counted: 26 is 26, not up to 26.5.

    >>> counted(26, "exact", "count"), counted(26, "exact", "years")
    ((26.0, 26.0), (25.5, 26.5))
    """
    low, high = limits(value, qualifier, unit)
    if unit in CONTINUOUS or " per " in f" {unit} " or value % 1:
        return low, high
    return float(np.ceil(low - 1e-9)), float(np.floor(high))


def same(
    one: float, two: float, how_one: str = "exact", how_two: str = "exact"
) -> bool:
    """Whether two printed figures are one within rounding: 1,347,298 and "over 1,300,000" are.

    The rounder of the two says how far: half of its last significant place either way, all of it
    on the side that "over", "at least" and "nearly" mean, and ``APPROX`` of itself for "about".

    >>> same(1_347_298, 1_300_000, "exact", "over"), same(1200, 1409)
    (True, False)
    """
    told = [(one, how_one), (two, how_two)]
    (fine, _), (rough, how) = sorted(told, key=lambda t: tolerance(t[0], MONEY[0]))
    half = tolerance(rough, MONEY[0])
    near = max(half, APPROX * abs(rough))
    sides = {"over": (0, 2 * half), "at_least": (0, 2 * half), "nearly": (-2 * half, 0)}
    low, high = (sides | {"approx": (-near, near)}).get(how, (-half, half))
    return low <= fine - rough <= high
