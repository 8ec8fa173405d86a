"""False alarms where nothing happened, on the real months of Lancashire's small areas.

Run with ``pytest tests/simulate -o python_files="simulate_*.py"``.
"""

import numpy as np
import pandas as pd
import pytest

import outcomes as oc
from outcomes.analysis import differences, displacement, guards, matching, placebos


@pytest.fixture(scope="module")
def panel():
    """Serious acquisitive crime: complete months x small areas."""
    rows = oc.data.crime_monthly(force="lancashire", types=list(oc.data.SERIOUS_ACQUISITIVE))
    places = oc.data.lsoas(force="lancashire")
    return guards.to_panel(
        rows, unit="lsoa", units=places["lsoa"], times=oc.data.months_present("lancashire")
    )


@pytest.fixture(scope="module")
def places(panel):
    frame = oc.data.lsoas(force="lancashire").set_index("lsoa")
    return frame.loc[panel.columns, ["longitude", "latitude"]]


@pytest.fixture(scope="module")
def towns(places):
    """Placebo towns of 18 neighbours that share no area with each other."""
    return matching.separate(matching.contiguous_clusters(places, 18))


def changes(panel, towns, start):
    """(before, after) of each town, per month, for WDDs between pairs."""
    late = panel.index >= start
    sums = pd.DataFrame({k: panel[t].sum(axis=1) for k, t in enumerate(towns)})
    return sums[~late].iloc[-12:], sums[late].iloc[:12]


def test_randomisation_rejects_as_often_as_it_says(panel, places):
    """Every fifth placebo town against all that share no area with it, at three starts."""
    towns = matching.contiguous_clusters(places, 18)
    found = []
    for start in ("2021-07-01", "2022-01-01", "2022-07-01"):
        for town in towns[::5]:
            others = [t for t in towns if not set(t) & set(town)]
            found.append(placebos.randomisation(panel, town, start, others, minimum=(12, 3)).p)
    assert abs(np.mean(np.array(found) <= 0.05) - 0.05) <= 0.01
    assert abs(np.mean(np.array(found) <= 0.5) - 0.5) <= 0.05


def test_regression_errors_alone_cry_wolf_for_one_town(panel, towns):
    """Why one treated area is judged by placebo towns: did's own interval misses too often."""
    found = [differences.did(panel, town, "2022-01-01", minimum=(12, 6)) for town in towns]
    assert np.mean([f.lower > 1 or f.upper < 1 for f in found]) > 0.10


def test_wdd_cries_wolf_under_real_overdispersion_and_inflation_mends_it(panel, towns):
    """Pairs of towns, one year and the next, with no programme in either."""
    before, after = changes(panel, towns, "2021-07-01")
    plain, mended = [], []
    pairs = [(a, b) for a in range(len(towns)) for b in range(a)]
    b, c = before.sum().to_numpy(), after.sum().to_numpy()
    inflation = displacement.overdispersion(b, c)
    for i, j in pairs:
        plain.append(abs(displacement.wdd((b[i], c[i]), (b[j], c[j])).z) > 1.96)
        mended.append(
            abs(displacement.wdd((b[i], c[i]), (b[j], c[j]), inflation=inflation).z) > 1.96
        )
    assert inflation > 1.5
    assert np.mean(plain) > 0.10
    assert 0.03 <= np.mean(mended) <= 0.07
