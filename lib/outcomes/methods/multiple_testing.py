"""Multiple testing: of many tests some come out by chance alone, and the correction for it."""

import numpy as np
import pandas as pd

from outcomes.core.errors import Invalid
from outcomes.methods.intervals import Numbers, numbers


def benjamini_hochberg(p_values: Numbers, *, q: float = 0.05) -> pd.DataFrame:
    """Which of many tests stand when the false discovery rate is held at ``q``.

    Returns p, adjusted, rejected, in the order given, with its index. Raises Invalid for p-values that are
    none. The primary outcome is not among them: it is declared and tested alone.

    Source: Benjamini & Hochberg 1995 (JRSS B 57:289).

    >>> benjamini_hochberg([0.01, 0.04, 0.30])["adjusted"].round(2).tolist()
    [0.03, 0.06, 0.3]
    """
    from scipy.stats import false_discovery_control

    p = numbers(p_values)
    if not 0 < q < 1:
        raise Invalid(f"The share of false alarms lies between 0 and 1; given {q}.")
    if p.ndim != 1 or len(p) == 0 or (~np.isfinite(p) | (p < 0) | (p > 1)).any():
        raise Invalid("Every p-value must lie between 0 and 1.")
    adjusted = false_discovery_control(p)
    found = {"p": p, "adjusted": adjusted, "rejected": adjusted <= q}
    return pd.DataFrame(found, pd.Series(p_values).index)
