"""docs/validation.md: what the literature printed, and what the library gives: `python tests/validation_table.py`.

A row holds the published number as text; what the library gives is worked out and written to as many
digits. The data are those of the tests, and the second route is a test.
"""

import importlib.util
from collections.abc import Callable
from functools import cache
from pathlib import Path
from types import ModuleType
from typing import NamedTuple

import numpy as np
import pandas as pd

from outcomes.methods import evaluation as ev

HERE = Path(__file__).parent
PAGE = HERE.parent / "docs/validation.md"
HEAD = """# Validation: published results

What the literature printed, and what the library gives for the same data, to as many digits. Written by
`python tests/validation_table.py`; a test works it out again. By a second route each method is held to
another way of working it out, in the test that is named.

| Method | Source, and what is compared | Published | Here | Second route |
|---|---|---|---|---|
"""


class Row(NamedTuple):
    """One published number; ``near`` is how far apart both may be where the page says why."""

    method: str
    source: str
    published: str
    here: Callable[[], float]
    route: str  # module::test of tests/methods/evaluation
    near: float = 0.0

    def computed(self) -> str:
        """What the library gives, to the digits published."""
        digits = len(self.published.partition(".")[2])
        return f"{self.here():.{digits}f}"

    def agrees(self) -> bool:
        """Whether it is what was published."""
        away = abs(float(self.computed()) - float(self.published))
        return away <= self.near + 1e-12


@cache
def tested(name: str) -> ModuleType:
    """A module of tests, with the data that it holds."""
    file = HERE / f"methods/evaluation/test_{name}.py"
    spec = importlib.util.spec_from_file_location(f"validation_{name}", file)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@cache
def packs() -> pd.DataFrame:
    return pd.read_csv(HERE / "methods/evaluation/proposition_99.csv", index_col="Year")


@cache
def synthetic_did() -> ev.SyntheticDid:
    return ev.fit_synthetic_did(packs(), "California", 1989)


@cache
def staggered() -> ev.Staggered:
    return ev.staggered_effects(*tested("several_sites").counties())


@cache
def vaccine() -> ev.Pooled:
    x = tested("several_sites").BCG
    n1, n2 = x["tpos"] + x["tneg"], x["cpos"] + x["cneg"]
    variance = 1 / x["tpos"] - 1 / n1 + 1 / x["cpos"] - 1 / n2
    return ev.pool_sites(np.log(x["tpos"] / n1 / (x["cpos"] / n2)), np.sqrt(variance))


def odds(side: int) -> float:
    found = ev.pool_sites(*tested("several_sites").odds_ratios())
    return found.between_limits[side] ** 2


@cache
def ban(harmonics: int) -> ev.Its:
    data = tested("interrupted_time_series").sicily.__wrapped__()
    look = {"exposure": data["population"], "harmonics": harmonics}
    return ev.its(data["events"], "2005-01", **look)


@cache
def restaurants(kind: str, size: float) -> pd.Series:
    x = tested("parallel_trends")
    look = {"kind": kind, "sizes": [size], "weights": x.FIRST}
    found = ev.assess_parallel_trends(x.PROFITS, x.COVARIANCE, 4, **look)
    return found.frame.iloc[0]


def augmented(penalty: float) -> float:
    look = {"penalty": penalty}
    return ev.fit_augmented_synthetic_control(
        packs(), "California", 1989, **look
    ).effect


def county(group: int, time: int, column: str) -> float:
    frame = staggered().frame.set_index(["group", "time"])
    return float(frame.loc[(group, time), column])


def rows() -> list[Row]:
    """Every published number that the newer methods are held to."""
    x = tested("displacement")
    found = []
    name, route = (
        "Synthetic difference in differences",
        "synthetic_did::test_the_published_digits_come_of_a_solver_that_stops_early",
    )
    paper = "Arkhangelsky et al. 2021, table 1, Proposition 99"
    found.append(
        Row(name, f"{paper}: effect", "-15.6", lambda: synthetic_did().effect, route)
    )
    found.append(
        Row(
            name,
            f"{paper}: plain differences",
            "-27.3",
            lambda: synthetic_did().unweighted,
            route,
        )
    )
    name = "Augmented synthetic control"
    route = "augmented_synthetic_control::test_it_is_the_estimate_less_the_bias_that_a_ridge_regression_expects"
    for penalty, effect in ((1, "-12.407"), (100, "-14.343"), (10_000, "-18.271")):
        what = f"augsynth-py 0.6.0, held to the authors' R package; Proposition 99, penalty {penalty:,}: effect"
        found.append(Row(name, what, effect, lambda p=penalty: augmented(p), route))
    name = "Interrupted time series"
    paper = "Bernal, Cummins and Gasparrini 2017, smoking ban in Sicily"
    route = "interrupted_time_series::test_a_change_of_slope_by_the_model_of_the_published_code"
    found.append(Row(name, f"{paper}: step", "0.894", lambda: ban(0).ratio, route))
    found.append(
        Row(name, f"{paper}: step, with a season", "0.885", lambda: ban(2).ratio, route)
    )
    name, route = (
        "Drift before the start",
        "parallel_trends::test_a_straight_drift_is_carried_on_by_generalised_least_squares",
    )
    paper = "HonestDiD of Rambachan and Roth 2023, restaurants' profits"
    for kind, size, limits in (
        ("smoothness", 0, ("0.131", "0.216")),
        ("smoothness", 0.1, ("0.119", "0.419")),
        ("relative magnitudes", 1, ("0.067", "0.319")),
        ("relative magnitudes", 1.5, ("0.013", "0.370")),
    ):
        for side, limit in zip(("lower", "upper"), limits, strict=True):
            what = f"{paper}: {kind} of {size}, {side} limit"
            found.append(
                Row(
                    name,
                    what,
                    limit,
                    lambda k=kind, m=size, s=side: restaurants(k, m)[s],
                    route,
                    0.001,
                )
            )
    name, route = (
        "Starts that differ",
        "several_sites::test_each_group_and_time_is_a_difference_of_mean_changes",
    )
    paper = "did of Callaway and Sant'Anna 2021, minimum wages"
    for (group, time), pair in tested("several_sites").PUBLISHED.items():
        for column, value in zip(("effect", "se"), pair, strict=True):
            what = f"{paper}: start {group}, {time}, {'error' if column == 'se' else column}"
            found.append(
                Row(
                    name,
                    what,
                    f"{value:.4f}",
                    lambda g=group, t=time, c=column: county(g, t, c),
                    route,
                )
            )
    found.append(
        Row(
            name,
            f"{paper}: mean after the starts",
            "-0.0400",
            lambda: staggered().overall,
            route,
        )
    )
    found.append(
        Row(name, f"{paper}: its error", "0.0120", lambda: staggered().se, route)
    )
    name, route = (
        "Sites pooled in part",
        "several_sites::test_the_mean_of_sites_is_that_of_statsmodels",
    )
    paper = "metafor, 13 trials of a vaccine (DerSimonian and Laird)"
    found.append(
        Row(name, f"{paper}: mean", "-0.7141", lambda: vaccine().mean.estimate, route)
    )
    found.append(
        Row(
            name,
            f"{paper}: variance between",
            "0.3088",
            lambda: vaccine().between ** 2,
            route,
        )
    )
    found.append(Row(name, f"{paper}: Q", "152.2330", lambda: vaccine().q, route))
    route = (
        "several_sites::test_one_more_site_by_drawing_what_the_variance_between_may_be"
    )
    paper = "metafor, van Houwelingen et al. 2002, odds ratios of the same trials: Q-profile of the variance between"
    for k, (side, limit) in enumerate((("lower", "0.1302"), ("upper", "1.1812"))):
        found.append(
            Row(name, f"{paper}, {side} limit", limit, lambda k=k: odds(k), route, 1e-4)
        )
    name, route = (
        "Displacement",
        "displacement::test_rirr_and_wdd_are_interactions_of_poisson_regressions",
    )
    paper = "Wheeler and Ratcliffe 2018"
    both = ev.wdd(x.T, x.C, ring_treated=x.NEAR_T, ring_control=x.NEAR_C)
    found.append(
        Row(name, f"{paper}: weighted difference", "-118", lambda: both.estimate, route)
    )
    found.append(Row(name, f"{paper}: its error", "39.598", lambda: both.se, route))
    return found


def table() -> str:
    """The page."""
    lines = [
        f"| {r.method} | {r.source} | {r.published} | {r.computed()} | "
        f"`{r.route.partition('::')[2]}` |"
        for r in rows()
    ]
    foot = """
HonestDiD finds its limits on a grid, with simulated quantiles, so that both may differ by 0.001. The authors'
solver of the synthetic difference in differences stops early (-15.60383); solved to the end it is
-15.60540, which rounds alike. That of metafor stops within 0.0001 of a limit, which is 0.13015. Detection
by injected falls, the specification curve and placebo sites have no published example with open data: they
are held to their parts, worked out one by one, and to the [simulations](coverage.md). So are the errors of an
interrupted time series, averaged over what may move counts: by the restricted likelihood, value by value.
"""
    return HEAD + "\n".join(lines) + "\n" + foot


if __name__ == "__main__":
    PAGE.write_text(table(), encoding="utf-8")
