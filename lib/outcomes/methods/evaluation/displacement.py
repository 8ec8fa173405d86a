"""Before and after in a treated area and a control: weighted counts, ratios and displacement.

Each argument is a pair (before, after) of counts. Sources: Wheeler & Ratcliffe 2018 (Crime
Science 7:11) for the WDD; Wilson 2021 for the relative incident rate ratio and its inflation;
Bowers & Johnson 2003 (J Quant Criminol 19:275) for the WDQ. Counts of crime vary more than
chance alone, so pass ``inflation`` (a dispersion above 1) or a WDD will signal too often. Areas of
unequal size are compared by the ratio (:func:`rirr`). Nothing is weighted by harm: the types of
street-level crime are wider than the offences that the ONS's Crime Severity Score weighs.
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import pandas as pd

from outcomes.core.errors import Invalid, NotEnough
from outcomes.core.kept_results import keep
from outcomes.methods.evaluation.matching import disjoint_sets, match_sets, match_units
from outcomes.methods.intervals import normal, numbers
from outcomes.methods.minimum_data import like

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
    if ring_treated is not None and ring_control is not None:
        pairs += [(_pair(ring_treated), 1), (_pair(ring_control), -1)]
    elif ring_treated is not None or ring_control is not None:
        raise Invalid(
            "A ring around the treated area needs one around the control as well."
        )
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


class RingDisplacement(NamedTuple):
    """The change in an area and the ring around it, against as many matched units elsewhere."""

    counts: (
        pd.DataFrame
    )  # place, neighbourhoods, before, after: area, ring and their matches
    both: Change  # the WDD with the ring
    alone: Change  # that of the area alone, not widened
    inflation: float  # how much more placebo areas vary than by chance
    left_out: int  # placebo areas without any event
    quotient: Displacement | None  # None where the area changed as its match did


@keep
def ring_displacement(
    panel: pd.DataFrame,
    treated: Sequence[str],
    ring: Sequence[str],
    start: str | pd.Timestamp,
    *,
    pool: Sequence[str],
    placebo_sets: Sequence[Sequence[str]],
    covariates: pd.DataFrame | None = None,
    population: pd.Series | None = None,
) -> RingDisplacement:
    """Whether the ring around an area gained or lost, by weighted counts and by the quotient.

    The area and the ring are each set against as many matched units of the pool, one for one, since
    differences of counts need a control of the same size. How far counts stray by themselves is
    measured in placebo areas that do not overlap.

    Parameters
    ----------
    panel : month x unit of counts, of the months compared.
    treated, ring, start : the treated units, those around them, the first month.
    pool, placebo_sets : units that may be compared with, and sets of them.
    covariates, population : as :func:`match_units` takes them.

    Raises
    ------
    NotEnough : for an empty ring, and with fewer than 10 placebo areas that do not overlap.
    """
    if not len(ring):
        raise NotEnough("No neighbourhood lies so near the area.")
    # Names as Python's own words are found far sooner than those that Arrow holds.
    panel = panel.set_axis(panel.columns.astype(object), axis=1)
    features = {"covariates": covariates, "population": population, "ratio": 1}
    match = match_units(
        panel[[*treated, *pool]], treated, start, minimum=(1, 0), **features
    ).units
    left = [unit for unit in pool if unit not in set(match)]
    ring_match = match_units(
        panel[[*ring, *left]], ring, start, minimum=(1, 0), **features
    ).units
    after = np.asarray(panel.index >= like(start, panel.index))

    def before_after(units: Sequence[str]) -> tuple[float, float]:
        total = panel[list(units)].sum(axis=1).to_numpy()
        return float(total[~after].sum()), float(total[after].sum())

    groups = {
        "area": list(treated),
        "area's match": match,
        "ring": list(ring),
        "ring's match": ring_match,
    }
    counts = pd.DataFrame(
        [(name, len(units), *before_after(units)) for name, units in groups.items()],
        columns=["place", "neighbourhoods", "before", "after"],
    )
    own, control, near, near_control = counts[["before", "after"]].to_numpy()
    exposure = (int((~after).sum()), int(after.sum()))
    towns = disjoint_sets(placebo_sets)
    matches = match_sets(panel[list(pool)], towns, start, **features)
    pairs = [
        (before_after(town), before_after(units))
        for town, units in zip(towns, matches, strict=True)
    ]
    kept = [pair for pair in pairs if np.sum(pair) > 0]
    inflation = overdispersion([wdd(*pair, exposure=exposure) for pair in kept])
    try:
        quotient = wdq(own, near, control)
    except NotEnough:
        quotient = None
    return RingDisplacement(
        counts=counts,
        both=wdd(
            own,
            control,
            ring_treated=near,
            ring_control=near_control,
            exposure=exposure,
            inflation=inflation,
        ),
        alone=wdd(own, control, exposure=exposure),
        inflation=inflation,
        left_out=len(pairs) - len(kept),
        quotient=quotient,
    )


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
