"""Coverage and false alarms of the newer designs: `python tests/simulate/simulate_evidence.py [WORD]`.

Each design is given panels in which the truth is known, under independent noise, noise of which each
period keeps a part of the last, and units that drift apart. It writes docs/coverage.md, with WORD anew
only for designs with that word in their name, so that a word of none judges the figures of the page
again and simulates nothing; `make simulate` holds the same to what that page says.
"""

import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pandas as pd
import pytest

from outcomes.methods import evaluation as ev
from outcomes.methods.evaluation.verdict import ALPHA

PAGE = Path(__file__).parents[2] / "docs/coverage.md"
MONTHS = pd.date_range("2016-01-01", periods=96, freq="MS")
NOISES = {"independent": 0.0, "each keeps 0.3 of the last": 0.3}
NOISES |= {"each keeps 0.6 of the last": 0.6}


class Case(NamedTuple):
    """One design under one noise; ``draw`` gives whether the truth is held, and a false alarm."""

    design: str
    noise: str
    draw: Callable[[np.random.Generator], Iterator[tuple[bool, bool]]]
    runs: int = 400


def remembering(rng: np.random.Generator, memory: float, shape: tuple) -> np.ndarray:
    """Standard normal noise down the first axis, of which each keeps ``memory`` of the last."""
    out = rng.normal(size=shape)
    for k in range(1, len(out)):
        out[k] = memory * out[k - 1] + (1 - memory**2) ** 0.5 * out[k]
    return out


def panel(rng, memory: float, drift: float, shape=(16, 20)) -> pd.DataFrame:
    """Units that share two movements, with noise and a straight drift of their own."""
    times, units = shape
    shared = rng.normal(0, 0.5, (times, 2)).cumsum(axis=0)
    values = shared @ rng.uniform(0, 1, (2, units)) + remembering(rng, memory, shape)
    slope = rng.normal(0, drift, units)
    return pd.DataFrame(50 + values + np.arange(times)[:, None] * slope)


def one_unit(fit: Callable, memory: float, drift: float) -> Callable:
    """A rank and a spread of placebo units; an effect moves an estimate by itself alone."""

    def draw(rng):
        while True:
            found = fit(panel(rng, memory, drift), 0, 12).placebos
            yield found.interval().sign(0) == 0, found.p <= ALPHA

    return draw


def staggered(memory: float, drift: float, treated: int = 20) -> Callable:
    def draw(rng):
        while True:
            frame = panel(rng, memory, drift, (12, 40 + treated))
            starts = {k: 5 if k < treated / 2 else 8 for k in range(treated)}
            held = ev.staggered_effects(frame, starts).interval().sign(0) == 0
            yield held, not held

    return draw


def series(memory: float, drift: float, *, slope: bool, beside: bool) -> Callable:
    """Counts of 96 months, 24 of them after the start; what came after is judged together."""

    def draw(rng):
        step = np.arange(96) >= 72
        trend = np.exp(drift * np.arange(96) / 12)
        while True:
            noise = np.exp(0.1 * remembering(rng, memory, (96, 2)))
            own, other = rng.poisson(200 * trend[:, None] * noise).T
            look = {"slope": slope}
            if beside:
                look |= {"comparison": pd.Series(other, MONTHS)}
            found = ev.its(pd.Series(own, MONTHS), MONTHS[step][0], **look).overall
            yield found.lower <= 1 <= found.upper, not found.lower <= 1 <= found.upper

    return draw


def carried(memory: float, drift: float) -> Callable:
    """A town and 39 others, each with a drift of its own, each beside as much of the rest."""

    def draw(rng):
        units = [f"u{k}" for k in range(40)]
        month = np.arange(60)[:, None]
        while True:
            slope = rng.normal(0, drift, 40)
            mean = 150 * np.exp(
                slope * month / 12 + 0.1 * remembering(rng, memory, (60, 40))
            )
            frame = pd.DataFrame(rng.poisson(mean), MONTHS[:60], units)
            frame["rest"] = rng.poisson(3000, 60)
            pairs = [([unit], ["rest"]) for unit in units[1:]]
            found = ev.carry_drift(
                frame, "u0", MONTHS[40], comparison=["rest"], placebo_sets=pairs
            )
            limits = found.interval
            yield limits.lower <= 1 <= limits.upper, found.p <= ALPHA

    return draw


def parted(kind: str, memory: float, drift: float, size: float) -> Callable:
    """Coefficients of 4 periods before and 3 after, whose trends part by a straight drift."""

    def draw(rng):
        times = np.r_[np.arange(-4, 0), np.arange(1, 4)]
        lag = np.abs(times[:, None] - times)
        covariance = 0.01 * (0.5 * np.eye(7) + 0.5 * memory**lag)
        while True:
            beta = rng.multivariate_normal(drift * times, covariance)
            found = ev.assess_parallel_trends(
                beta, covariance, 4, kind=kind, sizes=[size]
            ).frame.iloc[0]
            held = found["lower"] <= 0 <= found["upper"]
            yield held, not held

    return draw


def pooled(sites: int, between: float, *, new: bool = False) -> Callable:
    def draw(rng):
        while True:
            errors = rng.uniform(0.05, 0.2, sites)
            effects = rng.normal(rng.normal(-0.1, between, sites), errors)
            found = ev.pool_sites(pd.Series(effects), pd.Series(errors))
            one = rng.normal(-0.1, between) if new else -0.1
            limits = found.next_site if new else found.mean
            held = limits.lower <= one <= limits.upper
            yield held, not held

    return draw


def together(sites: list[int], lasting: float, memory: float) -> Callable:
    """Sites of one force: places change for good, near ones alike; the rank decides."""

    def draw(rng):
        while True:
            here = {c: rng.uniform(0, 0.6, 400) for c in ("longitude", "latitude")}
            places = pd.DataFrame(here, [f"u{k}" for k in range(400)])
            places["latitude"] += 51
            gap = places.to_numpy()[:, None] - places.to_numpy()
            near = np.exp(-np.hypot(*gap.transpose(2, 0, 1)) / 0.05)
            root = np.linalg.cholesky(near + 1e-9 * np.eye(400))
            middles = [0]  # of sites that lie apart
            while len(middles) < len(sites):
                middles.append(int(near[middles].max(axis=0).argmin()))
            first = [
                places.index[np.argsort(near[k])[-n:]]
                for k, n in zip(middles, sites, strict=True)
            ]
            drawn = ev.placebo_sites(places, first, km=2)
            for _ in range(40):
                level = rng.gamma(4, 1, 400) * np.exp(
                    0.2 * remembering(rng, memory, (48, 400))
                )
                moved = np.where(
                    np.arange(48)[:, None] < 32,
                    0,
                    lasting * (root @ rng.normal(size=400)),
                )
                counts = pd.DataFrame(
                    rng.poisson(level * np.exp(moved)), MONTHS[:48], places.index
                )
                found = ev.randomisation(
                    counts, drawn.treated, MONTHS[32], drawn.sets, comparison=drawn.pool
                )
                ratios = found.placebo["ratio"]
                limits = ev.placebo_interval(found.ratio, ratios)
                held = limits.lower <= 1 <= limits.upper
                yield held, max(found.p, drawn.least_p) <= ALPHA

    return draw


SDID, AUGMENTED = "synthetic difference in differences", "augmented synthetic control"
ITS, BESIDE = (
    "interrupted time series with a slope",
    "interrupted time series beside another",
)
SMOOTH, RELATIVE = "drift: smoothness of 0", "drift: relative magnitudes of 1"


def cases() -> list[Case]:
    found = []
    for name, fit in {
        SDID: ev.fit_synthetic_did,
        AUGMENTED: ev.fit_augmented_synthetic_control,
    }.items():
        many = 500 if name == SDID else 200
        found += [Case(name, n, one_unit(fit, m, 0), many) for n, m in NOISES.items()]
        found.append(Case(name, "units drift apart", one_unit(fit, 0.3, 0.1), many))
    for name, beside in ((ITS, False), (BESIDE, True)):
        look, many = {"slope": True, "beside": beside}, 400 if beside else 1000
        found += [Case(name, n, series(m, 0, **look), many) for n, m in NOISES.items()]
        found.append(
            Case(name, "a drift of 5% a year", series(0.3, 0.05, **look), many)
        )
    for n, m in NOISES.items():
        found.append(
            Case(
                "drift carried on, by placebo areas",
                f"{n}; each drifts",
                carried(m, 0.05),
                300,
            )
        )
    for kind, name, size in (
        ("smoothness", SMOOTH, 0),
        ("relative magnitudes", RELATIVE, 1),
    ):
        found.append(Case(name, "no drift", parted(kind, 0, 0, size), 200))
        found.append(
            Case(name, "a drift, periods alike", parted(kind, 0.6, 0.05, size), 200)
        )
    for n, m in NOISES.items():
        found.append(
            Case("starts that differ, 20 treated of 60", n, staggered(m, 0), 400)
        )
    found.append(
        Case(
            "starts that differ, 20 treated of 60",
            "units drift apart",
            staggered(0.3, 0.1),
            400,
        )
    )
    found.append(
        Case(
            "starts that differ, 4 treated of 44",
            "independent",
            staggered(0, 0, 4),
            400,
        )
    )
    for k in (5, 10, 20):
        found.append(
            Case(f"mean of {k} sites pooled in part", "sites alike", pooled(k, 0), 4000)
        )
        found.append(
            Case(
                f"mean of {k} sites pooled in part",
                "sites differ",
                pooled(k, 0.1),
                4000,
            )
        )
        found.append(
            Case(
                f"one more site, after {k}",
                "sites differ",
                pooled(k, 0.1, new=True),
                4000,
            )
        )
    for sites, name in (([5], "one site"), ([5, 5, 3], "three sites")):
        found.append(
            Case(f"{name}, by placebo sets", "independent", together(sites, 0, 0), 400)
        )
        found.append(
            Case(
                f"{name}, by placebo sets",
                "near places change alike",
                together(sites, 0.2, 0.3),
                400,
            )
        )
    return found


def run(case: Case, runs: int | None = None) -> tuple[float, float, int]:
    """The share of truths held and of false alarms, and by how many runs."""
    draws, many = case.draw(np.random.default_rng(17)), runs or case.runs
    held = np.array([next(draws) for _ in range(many)], float)
    return float(held[:, 0].mean()), float(held[:, 1].mean()), many


HEAD = """# Coverage and false alarms, simulated

How often do the 95% intervals of the newer designs hold the truth, and how often does each design find a
change where there is none? Panels are made in which the truth is known, under noise of several kinds. Written
by `python tests/simulate/simulate_evidence.py`; `make simulate` runs it again.

Wanted are 93% to 97% and 4% to 6%. Of 400 runs a share of 95% is known to 1.1 points either way (one
standard error), a share of 5% as well. A miss by that error or less shows nothing, on either side and of
either share, and is said to be *within the error*. Beyond it a design that holds less or alarms more often
claims too much (*no*). One that holds more or alarms more rarely is *cautious*: what it finds can be
relied on, and it finds less than it might.

| Design | Noise | Runs | Truth held | False alarms | As wanted |
|---|---|---|---|---|---|
"""

FOOT = """
**What is missed, and what follows.** {missed} No page rests on one of these alone: what a page finds is judged
by its rank among places where nothing began.

**Not covered by any of these**: a drift of the treated places alone, which no interval allows for. What
is left once it is carried on is another question, which the designs called *drift* answer.
"""

NONE = "Nothing, by more than the simulation's own error."
HELD, ALARMS = (0.93, 0.97), (0.04, 0.06)
"""The shares that are wanted, of truths held and of false alarms."""


def judged(held: float, alarms: float, runs: int) -> str:
    """Whether the shares are as wanted, or miss it by more than one standard error of the runs."""
    error = (0.95 * 0.05 / runs) ** 0.5
    if held < HELD[0] - error:
        return "no: holds too few"
    if alarms > ALARMS[1] + error:
        return "no: alarms too often"
    if held > HELD[1] + error or alarms < ALARMS[0] - error:
        return "cautious"
    within = HELD[0] <= held <= HELD[1] and ALARMS[0] <= alarms <= ALARMS[1]
    return "yes" if within else "within the error"


def write_page(found: dict[Case, tuple[float, float, int]]) -> None:
    """docs/coverage.md with a row for each case."""
    rows, missed = [], {}
    for case, (held, alarms, many) in found.items():
        verdict = judged(held, alarms, many)
        cells = [case.design, case.noise, f"{many:,}", f"{held:.1%}", f"{alarms:.1%}"]
        rows.append(f"| {' | '.join([*cells, verdict])} |")
        if verdict.startswith("no"):
            shares = f"{held:.1%} held and {alarms:.1%} alarms ({case.noise})"
            missed.setdefault(case.design, []).append(shares)
    said = [f"{d[0].upper()}{d[1:]}: {', '.join(each)}." for d, each in missed.items()]
    foot = FOOT.format(missed=" ".join(said) or NONE)
    PAGE.write_text(HEAD + "\n".join(rows) + "\n" + foot, encoding="utf-8")


def printed() -> dict[tuple[str, str], tuple[float, float, int]]:
    """The share of truths held, of false alarms, and the runs, of each row of the page."""
    rows = [line.split(" | ") for line in PAGE.read_text("utf-8").splitlines()]
    return {
        (row[0].removeprefix("| "), row[1]): (
            float(row[3].rstrip("%")) / 100,
            float(row[4].rstrip("%")) / 100,
            int(row[2].replace(",", "")),
        )
        for row in rows
        if len(row) == 6 and row[3].endswith("%")
    }


@pytest.mark.parametrize("case", cases(), ids=lambda c: f"{c.design}: {c.noise}")
def test_coverage_is_what_the_page_says(case):
    said = printed()[case.design, case.noise]
    for share, there in zip(run(case, said[2])[:2], said[:2], strict=True):
        assert abs(share - there) <= max(0.001, 3 * (0.95 * 0.05 / said[2]) ** 0.5)


if __name__ == "__main__":
    results, word = {}, " ".join(sys.argv[1:])
    known = printed() if word else {}
    for case in cases():
        began = time.process_time()
        at = case.design, case.noise
        again = word in case.design or at not in known
        found = run(case) if again else known[at]
        results[case], (held, alarms, many) = found, found
        took = time.process_time() - began
        print(
            f"{case.design:40} {case.noise:40} {many} {held:.3f} {alarms:.3f} {took:.1f}s",
            flush=True,
        )
    write_page(results)
