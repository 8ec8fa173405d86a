"""Made-up counts of a few areas by month, for the tests of evaluations."""

import numpy as np
import pandas as pd

START = "2023-01-01"


def panel(seed=1, units=12, months=48, effect=1.0, treated=("u0", "u1"), shock=0.0):
    """Poisson counts of units with their own levels and common months (time x unit)."""
    rng = np.random.default_rng(seed)
    time = pd.date_range("2020-01-01", periods=months, freq="MS")
    level = np.outer(np.exp(rng.normal(0, 0.2, months)), rng.gamma(5, 3, units))
    level = level * np.exp(rng.normal(0, shock, level.shape)) if shock else level
    frame = pd.DataFrame(level, index=time, columns=[f"u{k}" for k in range(units)])
    frame.loc[frame.index >= START, list(treated)] *= effect
    return pd.DataFrame(rng.poisson(frame), index=time, columns=frame.columns)
