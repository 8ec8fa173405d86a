"""False alarms of the trend monitor on noise: `python tests/simulate/simulate_trend.py [runs]`.

Each run makes a series of 55 quarters in which nothing changes, judges the last year by the 15
quarters before it through the steps of the page (season, gaps, limits, memory from all points) and
asks how often it is taken for changed (p of 0.05 or less), how many more signal by the rules of the
chart than the page says chance would make, and how many are told by their change instead of judged.
By 250 runs, quarters, of the series judged:

    noise                            taken for changed   more signals   told by change (of all)
    independent                      0.040               -0.01          0.00
    each leans by 0.5 on the last    0.045                0.01          0.10
    each leans by 0.7 on the last    0.093                0.07          0.27
    random walk, 3% or 8% a step     0.165                0.13 to 0.16  0.59

So of all series made, 4, 4, 7 and 7 in 100 are taken for changed. By month, with the season and
the gaps of the street files: 0.016, 0.059, 0.100 and 0.44 of those judged (0, 0.11, 0.28 and 0.72
told by their change), so 2, 5, 7 and 12 in 100.
"""

import sys

import numpy as np
import pandas as pd

from outcomes.methods import bootstrap, spc

QUARTERS = pd.date_range("2012-04-01", periods=55, freq="QS")
MONTHS = pd.date_range("2019-12-01", periods=73, freq="MS")


def autoregressive(rng, memory: float, n: int) -> np.ndarray:
    noise = rng.normal(size=n)
    for at in range(1, n):
        noise[at] = memory * noise[at - 1] + np.sqrt(1 - memory**2) * noise[at]
    return noise


NOISE = {
    "independent": lambda rng, n: 400 + 40 * autoregressive(rng, 0, n),
    "each leans by 0.5 on the last": lambda rng, n: (
        400 + 40 * autoregressive(rng, 0.5, n)
    ),
    "each leans by 0.7 on the last": lambda rng, n: (
        400 + 40 * autoregressive(rng, 0.7, n)
    ),
    "random walk, 3% a step": lambda rng, n: (
        4000 * np.exp(np.cumsum(rng.normal(0, 0.03, n)))
    ),
    "random walk, 8% a step": lambda rng, n: (
        400 * np.exp(np.cumsum(rng.normal(0, 0.08, n)))
    ),
}


def run(
    make, *, runs: int, months: bool = False, draws: int = 500, seed: int = 1
) -> dict:
    """Shares of series taken for changed, that signal, and that are told by their change."""
    rng, index = np.random.default_rng(seed), MONTHS if months else QUARTERS
    taken, signal, moving = [], [], 0
    for _ in range(runs):
        values = pd.Series(np.maximum(make(rng, len(index)), 0), index=index)
        if months:
            values *= 1 + 0.15 * np.sin(index.month / 12 * 2 * np.pi)
            values[(index > "2022-10") & (index < "2024-01")] = np.nan
            values[(index > "2024-04") & (index < "2025-01")] = np.nan
        since = values["2021-04":]
        found = spc.process_behaviour(since, latest=12 if months else 4, season=months)
        if found.moved:
            moving += 1
            continue
        made = bootstrap.no_change(
            since, found, history=values, draws=draws, seed=int(rng.integers(1e9))
        )
        taken.append(made.p <= 0.05)
        signal.append((len(found.signals) > 0) - made.signals)
    out = {"taken": np.mean(taken), "more signals than said": np.mean(signal)}
    return out | {"moving": moving / runs}


def test_false_alarms_are_held():
    for name, most in zip(NOISE, (0.06, 0.06, 0.12, 0.2, 0.2), strict=True):
        assert run(NOISE[name], runs=250)["taken"] <= most, name


if __name__ == "__main__":
    many = int(sys.argv[1]) if len(sys.argv) > 1 else 400
    for months in (False, True) if len(sys.argv) < 3 else (False,):
        for name, make in NOISE.items():
            found = run(make, runs=many, months=months)
            said = "  ".join(f"{key} {value:.3f}" for key, value in found.items())
            print(f"{'months' if months else 'quarters':9}{name:32}{said}", flush=True)
