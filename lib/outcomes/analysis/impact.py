"""Corrections for many looks, what could have been seen, and the verdict in words."""

from math import ceil
from statistics import NormalDist
from typing import NamedTuple

import numpy as np
import pandas as pd

from outcomes.analysis.rates import normal
from outcomes.data.errors import Invalid, NotEnough, one_of

ENOUGH = 99  # placebos from which their own distribution is used, not its spread alone


_EFFECTS = {
    "neither": "consistent with a change that came with the programme, where neither more nor "
    "fewer is better in itself",
    True: "consistent with an effect of the programme",
    False: "the opposite of what the programme is for",
}


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

    ``placebo`` are the ratios of placebo sets. From ``ENOUGH`` of them it is the change that, added
    to their logarithms, passes the limit of :func:`placebos.placebo_interval` with the ``power``
    asked. With fewer, the spread of their logarithms stands for ``se``, the standard error of a
    log ratio, which can be given instead (Bloom 1995, Eval Rev 19:547). NotEnough under 19.
    """
    if (se is None) == (placebo is None):
        raise Invalid("Give either se or the placebo ratios.")
    if se is None:
        logs = np.log(np.asarray(placebo, float))
        logs = np.sort(logs[np.isfinite(logs)])
        if len(logs) < 19:
            raise NotEnough(f"There are {len(logs)} placebo ratios; at least 19 are needed.")
        if len(logs) >= ENOUGH:
            limit = np.sort(np.abs(logs))[ceil(round(confidence * (len(logs) + 1), 9)) - 1]
            most, least = np.quantile(logs, [power, 1 - power], method="weibull")
            fall, rise = np.exp(-limit - most), np.exp(limit - least)
            return Detectable(float(min(fall, 1.0)), float(max(rise, 1.0)), power)
        se = float(np.sqrt((logs**2).mean()))
    reach = (normal(confidence) + NormalDist().inv_cdf(power)) * se
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
    checks = checks or {}
    failed, unknown = (", ".join(k for k in checks if checks[k] is v) for v in (False, None))
    head = f"{outcome} in {place} {_change(ratio)} compared with {comparison}"
    if lower is not None and upper is not None:
        head += f" (95% interval {_signed(lower)} to {_signed(upper)})"
    rest = f"Not checked, for want of data: {unknown}." if unknown else ""
    if failed:
        text = f"{head}, but the comparison failed its own checks ({failed}), so this "
        return Verdict(text + "cannot be read as the programme's doing.", "unsound")
    if not p <= alpha:
        text = f"{head}; a difference of that size is usual among places without the programme "
        text += f"(p = {p:.2f}), so no effect can be told from chance.{_seen(detectable)}"
        return Verdict(text, "none", rest)
    good = better == "neither" or (ratio < 1) == (better == "fewer")
    what = _EFFECTS[better if better == "neither" else good]
    text = f"{head}, more than chance would explain (p = {_p(p)}): {what}."
    return Verdict(text, "effect" if good else "harm", rest)


def _change(ratio: float) -> str:
    if not np.isfinite(ratio) or ratio <= 0:
        raise Invalid(f"A verdict needs a ratio above 0; given {ratio}.")
    size = abs(ratio - 1)
    if size < 0.005:
        return "did not change"
    return f"{'fell' if ratio < 1 else 'rose'} by {size:.0%}"


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
