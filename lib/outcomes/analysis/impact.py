"""Did it work: the designs in one place, corrections for many looks, and the verdict in words.

``did``, ``event_study`` and ``randomisation`` compare with other places; ``synthetic_control``
makes a comparison; ``its`` stands alone; ``wdd``, ``rirr`` and ``wdq`` need only a few counts.
"""

from statistics import NormalDist
from typing import NamedTuple

import numpy as np
import pandas as pd

from outcomes.analysis.differences import did, event_study
from outcomes.analysis.displacement import rirr, wdd, wdq
from outcomes.analysis.guards import require_months
from outcomes.analysis.interrupted import its
from outcomes.analysis.matching import contiguous_clusters, match_units, ring
from outcomes.analysis.placebos import (
    compare_changes,
    placebo_dates,
    placebo_interval,
    randomisation,
)
from outcomes.analysis.synthetic import simplex_weights, synthetic_control
from outcomes.data.errors import Invalid, NotEnough, one_of

__all__ = [
    "Detectable",
    "Verdict",
    "benjamini_hochberg",
    "compare_changes",
    "contiguous_clusters",
    "did",
    "event_study",
    "its",
    "match_units",
    "minimum_detectable",
    "placebo_dates",
    "placebo_interval",
    "randomisation",
    "require_months",
    "ring",
    "rirr",
    "simplex_weights",
    "synthetic_control",
    "verdict",
    "wdd",
    "wdq",
]


class Detectable(NamedTuple):
    """The smallest fall and rise, as ratios, that the design would usually have shown."""

    fall: float
    rise: float
    power: float


class Verdict(NamedTuple):
    """The sentence to print, its kind (effect, harm, none or unsound), and what was not checked."""

    sentence: str
    kind: str
    unchecked: str = ""


def benjamini_hochberg(p_values, *, q: float = 0.05, labels=None) -> pd.DataFrame:
    """Which of many tests stand when the share of false alarms is held at ``q``.

    Returns label, p, adjusted, rejected, in the order given. Source: Benjamini & Hochberg 1995
    (JRSS B 57:289). The primary outcome is not among them: it is declared and tested alone.
    """
    p = np.asarray(p_values, float)
    if len(p) == 0 or (~np.isfinite(p) | (p < 0) | (p > 1)).any():
        raise Invalid("Every p-value must lie between 0 and 1.")
    order = np.argsort(p, kind="stable")
    raw = p[order] * len(p) / np.arange(1, len(p) + 1)
    adjusted = np.empty(len(p))
    adjusted[order] = np.minimum(np.minimum.accumulate(raw[::-1])[::-1], 1)
    names = getattr(p_values, "index", np.arange(len(p))) if labels is None else labels
    return pd.DataFrame(
        {"label": np.asarray(names), "p": p, "adjusted": adjusted, "rejected": adjusted <= q}
    )


def minimum_detectable(
    *, se: float | None = None, placebo=None, power: float = 0.8, confidence: float = 0.95
) -> Detectable:
    """How large a change would have had to be to be seen, so that "no effect found" has a size.

    Give ``se``, the standard error of a log ratio, or ``placebo``, the ratios of placebo sets: then
    the spread of their logarithms takes its place (Bloom 1995, Eval Rev 19:547).
    """
    if (se is None) == (placebo is None):
        raise Invalid("Give either se or the placebo ratios.")
    if se is None:
        logs = np.log(np.asarray(placebo, float))
        logs = logs[np.isfinite(logs)]
        if len(logs) < 19:
            raise NotEnough(f"There are {len(logs)} placebo ratios; at least 19 are needed.")
        se = float(np.sqrt((logs**2).mean()))
    normal = NormalDist()
    reach = (normal.inv_cdf(0.5 + confidence / 2) + normal.inv_cdf(power)) * se
    return Detectable(float(np.exp(-reach)), float(np.exp(reach)), power)


def verdict(
    *,
    outcome: str,
    place: str,
    comparison: str,
    ratio: float,
    p: float,
    lower: float | None = None,
    upper: float | None = None,
    better: str = "fewer",
    checks: dict[str, bool | None] | None = None,
    detectable: Detectable | None = None,
    alpha: float = 0.05,
) -> Verdict:
    """The sentence that an evaluation has earned, written from its checks and never by hand.

    ``checks`` maps what was checked ("balance before the start", "no drift before the start") to
    True, False or None (could not be checked). A failed check outranks any estimate. The words
    are "consistent with", never "caused".
    """
    one_of(better, ("fewer", "more", "neither"), "better")
    failed = [name for name, passed in (checks or {}).items() if passed is False]
    change = f"{_change(ratio)} compared with {comparison}{_interval(lower, upper)}"
    head = f"{outcome} in {place} {change}"
    if failed:
        return Verdict(
            f"{head}, but the comparison failed its own checks ({', '.join(failed)}), so this "
            "cannot be read as the programme's doing.",
            "unsound",
        )
    unknown = [name for name, passed in (checks or {}).items() if passed is None]
    rest = f"Not checked, for want of data: {', '.join(unknown)}." if unknown else ""
    if not p <= alpha:
        return Verdict(
            f"{head}; a difference of that size is usual among places without the programme "
            f"(p = {p:.2f}), so no effect can be told from chance.{_seen(detectable)}",
            "none",
            rest,
        )
    if better == "neither":
        return Verdict(
            f"{head}, more than chance would explain (p = {_p(p)}): consistent with a change that "
            f"came with the programme, where neither more nor fewer is better in itself.",
            "effect",
            rest,
        )
    good = (ratio < 1) == (better == "fewer")
    what = (
        "consistent with an effect of the programme"
        if good
        else ("the opposite of what the programme is for")
    )
    return Verdict(
        f"{head}, more than chance would explain (p = {_p(p)}): {what}.",
        "effect" if good else "harm",
        rest,
    )


def _change(ratio: float) -> str:
    if not np.isfinite(ratio) or ratio <= 0:
        raise Invalid(f"A verdict needs a ratio above 0; given {ratio}.")
    size = abs(ratio - 1)
    if size < 0.005:
        return "did not change"
    return f"{'fell' if ratio < 1 else 'rose'} by {size:.0%}"


def _interval(lower, upper) -> str:
    if lower is None or upper is None:
        return ""
    return f" (95% interval {_signed(lower)} to {_signed(upper)})"


def _signed(ratio: float) -> str:
    return f"{'−' if ratio < 1 else '+'}{abs(ratio - 1):.0%}"


def _seen(detectable: Detectable | None) -> str:
    if detectable is None:
        return ""
    return (
        f" A fall of {1 - detectable.fall:.0%} or more, or a rise of {detectable.rise - 1:.0%} or "
        "more, would usually have shown."
    )


def _p(p: float) -> str:
    return "under 0.001" if p < 0.001 else f"{p:.3f}".rstrip("0")
