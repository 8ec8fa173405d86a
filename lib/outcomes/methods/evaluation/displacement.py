"""Before and after in a treated area and a control: weighted counts, ratios and displacement.

Each argument is a pair (before, after) of counts. Sources: Wheeler & Ratcliffe 2018 (Crime
Science 7:11) for the WDD; Wilson 2021 for the relative incident rate ratio and its inflation;
Bowers & Johnson 2003 (J Quant Criminol 19:275) for the WDQ. Counts of crime vary more than
chance alone, so pass ``inflation`` (a dispersion above 1) or a WDD will signal too often.
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from outcomes.core.errors import Invalid, NotEnough
from outcomes.methods.intervals import normal, numbers

Pair = Sequence[float]
"""Counts before and after the start."""


class Change(NamedTuple):
    """An estimate, its standard error (for a ratio, of its logarithm), z and interval."""

    estimate: float
    se: float
    z: float
    lower: float
    upper: float


class Displacement(NamedTuple):
    """Bowers and Johnson's success measure, their quotient, and what it says in words."""

    success: float
    wdq: float
    clause: str  # what it says, as a part of a sentence


def wdd(
    treated: Pair,
    control: Pair,
    *,
    ring_treated: Pair | None = None,
    ring_control: Pair | None = None,
    exposure: Pair = (1, 1),
    inflation: float = 1.0,
    confidence: float = 0.95,
) -> Change:
    """How many events fewer (negative) or more than the control's change would have given.

    ``ring_treated`` and ``ring_control`` are rings around the two, so that displacement counts
    against the programme. ``exposure`` is the length of the two periods; the answer is in events
    over the second one. Raises NotEnough where every count is 0.

    >>> wdd((100, 60), (100, 90)).estimate
    -30.0
    """
    pairs = [(_pair(treated), 1), (_pair(control), -1)]
    if (ring_treated is None) != (ring_control is None):
        raise Invalid(
            "A ring around the treated area needs one around the control as well."
        )
    if ring_treated is not None:
        pairs += [(_pair(ring_treated), 1), (_pair(ring_control), -1)]
    lengths = _pair(exposure)
    if min(lengths) <= 0:
        raise Invalid(
            f"Each exposure must be above 0; given {exposure[0]} and {exposure[1]}."
        )
    scale = exposure[1] / exposure[0]
    estimate = sum(sign * (after - before * scale) for (before, after), sign in pairs)
    variance = sum(after + before * scale**2 for (before, after), _ in pairs)
    variance *= _inflation(inflation)
    if variance == 0:
        raise NotEnough(
            "A difference of counts needs at least one event; every count is 0."
        )
    return _change(estimate, np.sqrt(variance), confidence)


def overdispersion(changes: Sequence[Change]) -> float:
    """How much more places without a programme differ in their change than chance allows.

    ``changes`` are WDDs between such places, of about the size and made as the one in question;
    the mean of their squared z, 1 at least, and more for being known from so many only (Student's
    t at 95 %). Pass it as ``inflation``. Raises NotEnough under 10.
    """
    from scipy.stats import t as student

    n = len(changes)
    if n < 10:
        need = "How far places stray by themselves takes 10 of them to tell"
        raise NotEnough(f"{need}; there are {n}.")
    if not np.isfinite([c.z for c in changes]).all():
        raise Invalid("Overdispersion needs a z of each place that is a number.")
    few = (student.ppf(0.975, n) / normal(0.95)) ** 2
    return float(max(1.0, np.mean([c.z**2 for c in changes])) * few)


def rirr(
    treated: Pair, control: Pair, *, inflation: float = 1.0, confidence: float = 0.95
) -> Change:
    """The ratio of the treated area's change to the control's: 0.65 is 35 % lower than expected.

    The same as the interaction of a Poisson regression. ``se`` and ``z`` are of the logarithm.
    Raises NotEnough where a count is 0.

    >>> round(rirr((100, 60), (100, 90)).estimate, 2)
    0.67
    """
    cells = np.array([*_pair(treated), *_pair(control)])
    if (cells == 0).any():
        raise NotEnough(
            "A ratio of changes needs at least one event before and after in both."
        )
    log = float(np.log(cells[1] / cells[0]) - np.log(cells[3] / cells[2]))
    found = _change(log, np.sqrt((1 / cells).sum() * _inflation(inflation)), confidence)
    with np.errstate(over="ignore"):
        ratios = np.exp([found.estimate, found.lower, found.upper]).tolist()
    return found._replace(
        **dict(zip(("estimate", "lower", "upper"), ratios, strict=True))
    )


def wdq(treated: Pair, ring: Pair, control: Pair) -> Displacement:
    """Whether a ring around the treated area gained or lost relative to what the area gained.

    Only to be read where the area itself did better than the control (success below 0): above 0
    the ring shared the benefit, below 0 events moved there, below -1 more than all moved; at 0 it
    did neither. Raises NotEnough where the control has no events or the area changed as it did.

    >>> wdq((100, 60), (50, 45), (100, 100)).clause
    'the surroundings gained too'
    """
    a, b, c = (_pair(p) for p in (treated, ring, control))
    if min(c) == 0:
        raise NotEnough(
            "A displacement quotient needs events in the control before and after."
        )
    success = a[1] / c[1] - a[0] / c[0]
    if success == 0:
        raise NotEnough(
            "The area changed as the control did, so there is nothing to displace."
        )
    quotient = (b[1] / c[1] - b[0] / c[0]) / success
    if abs(quotient) < 1e-12:  # the ring changed as the control did
        quotient = 0.0
    return Displacement(float(success), float(quotient), _clause(success, quotient))


def _clause(success: float, quotient: float) -> str:
    if success > 0:
        return "no success in the area itself, so displacement is not in question"
    if quotient == 0:
        return (
            "the surroundings changed as the control did: neither gain nor displacement"
        )
    if quotient > 0:
        return "the surroundings gained too"
    if quotient < -1:
        return "more moved to the surroundings than was gained"
    return "part of the gain moved to the surroundings"


def _change(estimate: float, se: float, confidence: float) -> Change:
    reach = normal(confidence) * se
    numbers = (estimate, se, estimate / se, estimate - reach, estimate + reach)
    return Change(*map(float, numbers))


def _inflation(inflation: float) -> float:
    if not 0 < numbers(inflation) < np.inf:
        raise Invalid(f"The inflation is a finite number above 0; given {inflation}.")
    return inflation


def _pair(counts: Pair) -> tuple[float, float]:
    if np.shape(counts) != (2,):
        raise Invalid(f"A pair of counts, before and after, is needed; given {counts}.")
    before, after = numbers(counts)
    if not (np.isfinite([before, after]).all() and before >= 0 and after >= 0):
        raise Invalid(
            f"Counts before and after must be 0 or more; given {before} and {after}."
        )
    return before, after
