"""Do 95 % intervals hold the truth 95 times in 100? Five settings each, most from this register.

Slow, so not collected by default: ``pytest tests/simulate -o python_files="simulate_*.py"``.
Shares and rates are enumerated exactly; designs are simulated 2,000 times from a fixed seed, so
that the standard error of a coverage is half a percentage point.
"""

import numpy as np
import pandas as pd
import pytest
from scipy.stats import binom, poisson

from outcomes.analysis import impact, rates

LOW, HIGH = 0.93, 0.97
RUNS = 2000


@pytest.mark.parametrize(
    ("n", "p"), [(42, 0.238), (289, 0.104), (289, 0.05), (70, 0.8), (500, 0.5)]
)
def test_wilson(n, p):
    k = np.arange(n + 1)
    got = rates.wilson(k, n)
    held = (got.lower <= p) & (p <= got.upper)
    assert LOW <= binom.pmf(k, n, p)[held].sum() <= HIGH


@pytest.mark.parametrize("mean", [30, 75, 200, 443, 1212])
@pytest.mark.parametrize("method", [rates.garwood, rates.byar])
def test_poisson_rates(method, mean):
    k = np.arange(int(mean + 12 * mean**0.5))
    got = method(k)
    held = (got.lower <= mean) & (mean <= got.upper)
    assert LOW <= poisson.pmf(k, mean)[held].sum() <= HIGH


@pytest.mark.parametrize(
    ("n1", "p1", "n2", "p2"),
    [(42, 0.24, 60, 0.2), (70, 0.8, 80, 0.6), (289, 0.1, 250, 0.1), (100, 0.5, 30, 0.4),
     (289, 0.05, 400, 0.03)],
)  # fmt: skip
def test_newcombe(n1, p1, n2, p2):
    a, b = np.meshgrid(np.arange(n1 + 1), np.arange(n2 + 1), indexing="ij")
    got = rates.newcombe(a, n1, b, n2)
    held = (got.lower <= p1 - p2) & (p1 - p2 <= got.upper)
    assert LOW <= (binom.pmf(a, n1, p1) * binom.pmf(b, n2, p2))[held].sum() <= HIGH


@pytest.mark.parametrize("means", [(20, 20, 40, 40), (50, 30, 60, 55), (207, 110, 308, 318),
                                   (100, 50, 2000, 2100), (30, 60, 35, 35)])  # fmt: skip
def test_relative_incident_rate_ratio(means):
    rng = np.random.default_rng(11)
    true = means[1] / means[0] / (means[3] / means[2])
    draws = rng.poisson(means, (RUNS, 4))
    found = [impact.rirr(d[:2], d[2:]) for d in draws]
    assert LOW <= np.mean([f.lower <= true <= f.upper for f in found]) <= HIGH


@pytest.mark.parametrize(("treated", "spread", "effect"), [
    (6, 0.0, 1.0), (18, 0.0, 0.8), (18, 0.15, 1.0), (18, 0.15, 0.7), (30, 0.3, 1.0)])  # fmt: skip
def test_difference_in_differences(treated, spread, effect):
    """Counts in 90 other units; each group has its own monthly weather of size ``spread``."""
    rng = np.random.default_rng(12)
    months = pd.date_range("2020-01-01", periods=48, freq="MS")
    units = [f"u{k:02d}" for k in range(treated + 90)]
    level = rng.gamma(4, 1, len(units))
    after = np.arange(48)[:, None] >= 32
    inside = np.arange(len(units)) < treated
    held = []
    for _ in range(RUNS // 4):
        weather = np.exp(rng.normal(0, spread, (48, 2)))
        mean = level * np.where(inside, weather[:, :1], weather[:, 1:])
        mean = mean * np.where(after & inside, effect, 1)
        got = impact.did(pd.DataFrame(rng.poisson(mean), months, units), units[:treated],
                         "2022-09-01")  # fmt: skip
        held.append(got.lower <= effect <= got.upper)
    assert LOW - 0.02 <= np.mean(held) <= HIGH + 0.02  # 500 runs: twice the standard error wider


@pytest.mark.parametrize(("level", "spread", "effect"), [
    (20, 0.0, 1.0), (100, 0.0, 0.8), (100, 0.15, 1.0), (400, 0.1, 0.9),
    (1500, 0.05, 1.0)])  # fmt: skip
def test_interrupted_time_series(level, spread, effect):
    rng = np.random.default_rng(13)
    months = pd.date_range("2016-01-01", periods=96, freq="MS")
    season = np.exp(0.1 * np.sin(np.arange(96) * np.pi / 6))
    step = np.where(np.arange(96) >= 72, effect, 1)
    held = []
    for _ in range(RUNS // 10):
        mean = level * season * step * np.exp(rng.normal(0, spread, 96))
        got = impact.its(pd.Series(rng.poisson(mean), months), "2022-01-01")
        held.append(got.lower <= effect <= got.upper)
    assert np.mean(held) >= LOW - 0.03  # the wider of two errors is used, so only a floor
