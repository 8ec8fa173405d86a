"""False alarms where nothing happened, on the real months of Lancashire's small areas.

Run with ``pytest tests/simulate -o python_files="simulate_*.py"``.
"""

from itertools import combinations

import numpy as np
import pandas as pd
import pytest

import outcomes as oc
from outcomes.methods.evaluation import (
    difference_in_differences,
    displacement,
    matching,
    placebos,
    verdict,
)


@pytest.fixture(scope="module")
def panel():
    """Serious acquisitive crime: complete months x small areas."""
    name = "serious acquisitive crime"
    return oc.crime_panels(name, force="Lancashire")[name]


@pytest.fixture(scope="module")
def places(panel):
    frame = oc.neighbourhoods(force="Lancashire").set_index("lsoa")
    return frame.loc[panel.columns, ["longitude", "latitude"]]


@pytest.fixture(scope="module")
def towns(places):
    """Placebo towns of 18 neighbours that share no area with each other."""
    return matching.disjoint_sets(matching.contiguous_clusters(places, 18))


def changes(panel, towns, start):
    """(before, after) of each town, per month, for WDDs between pairs."""
    late = panel.index >= start
    sums = pd.DataFrame({k: panel[t].sum(axis=1) for k, t in enumerate(towns)})
    return sums[~late].iloc[-12:], sums[late].iloc[:12]


def alarms(panel, places, size: int, every: int):
    """p of placebo areas against all that share no unit with them, and the least p these allow."""
    areas = matching.contiguous_clusters(places, size)
    found = []
    for start in ("2021-07-01", "2022-01-01", "2022-07-01"):
        for area in areas[::every]:
            others = [a for a in areas if set(a).isdisjoint(area)]
            p = placebos.randomisation(panel, area, start, others, minimum=(12, 3)).p
            found.append((p, verdict.smallest_p(len(matching.disjoint_sets(others)))))
    return np.array(found).T


def test_randomisation_rejects_as_often_as_it_says(panel, places):
    """Placebo towns of Fleetwood's size, at three starts."""
    p, _ = alarms(panel, places, 18, every=3)
    print(f"towns of 18: {np.mean(p <= 0.05):.3f} of {len(p)} at 5%")
    assert abs(np.mean(p <= 0.05) - 0.05) <= 0.01
    assert abs(np.mean(p <= 0.5) - 0.5) <= 0.05


def test_areas_that_overlap_cry_wolf_and_the_least_p_mends_it(panel, places):
    """Placebo areas of Blackpool's size: hundreds overlap, and some six are apart."""
    p, least = alarms(panel, places, 94, every=7)
    print(
        f"areas of 94: {np.mean(p <= 0.05):.3f}, bounded {np.mean(np.maximum(p, least) <= 0.05)}"
    )
    assert np.mean(p <= 0.05) > 0.10
    assert np.mean(np.maximum(p, least) <= 0.05) <= 0.06


def test_regression_errors_alone_cry_wolf_for_one_town(panel, towns):
    """Why one treated area is judged by placebo towns: did's own interval misses too often."""
    found = [
        difference_in_differences.did(panel, town, "2022-01-01", minimum=(12, 6))
        for town in towns
    ]
    assert np.mean([f.lower > 1 or f.upper < 1 for f in found]) > 0.10


def test_wdd_cries_wolf_under_real_overdispersion_and_inflation_mends_it(panel, towns):
    """Pairs of towns, one year and the next, with no programme in either."""
    before, after = (f.sum().to_numpy() for f in changes(panel, towns, "2021-07-01"))
    places = list(zip(before, after, strict=True))
    found = [displacement.wdd(a, b) for a, b in combinations(places, 2)]
    inflation = displacement.overdispersion(found)
    plain = np.array([abs(f.z) for f in found])
    rates = np.mean(plain > 1.96), np.mean(plain / np.sqrt(inflation) > 1.96)
    print(f"WDD: {rates[0]:.3f} plain, {rates[1]:.3f} with inflation {inflation:.2f}")
    assert inflation > 1.5
    assert rates[0] > 0.10
    assert 0.03 <= rates[1] <= 0.07
