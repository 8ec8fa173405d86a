"""Many places at once: the funnel plot with exact limits and additive overdispersion.

Source: Spiegelhalter 2005 (Stat Med 24:1185); the between-place variance by DerSimonian & Laird
1986 (Control Clin Trials 7:177) after winsorising, as Spiegelhalter's appendix sets out. The other
way is that of the Summary Hospital-level Mortality Indicator (NHS England, *SHMI specification*; the
same rules in R: FunnelPlotR 0.5): on the log scale, with far places left out, not pulled in.
"""

from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
import pandas as pd

from outcomes.core import formatting
from outcomes.core.errors import Invalid, NotEnough, one_of
from outcomes.methods import intervals
from outcomes.methods.intervals import Interval, normal, numbers

LEVELS = {"95": 0.95, "998": 0.998}
FEW = 20
"""Places below which a funnel tells nothing: with 14 that differ as districts do, one at 1.5 times
the rest is flagged never, and one at three times in four draws of five (``tests/simulate``)."""

METHODS = ("spiegelhalter", "shmi")

_COLUMNS = {
    "label": "place",
    "count": "count",
    "denominator": "denominator",
    "rate": "rate",
    "lower_95": "lower 95% limit",
    "upper_95": "upper 95% limit",
    "lower_998": "lower 99.8% limit",
    "upper_998": "upper 99.8% limit",
    "signal": "signal",
}
_OTHERS = {
    "rate": ["times the rest", "ratio lower", "ratio upper"],
    "proportion": ["points above the rest", "difference lower", "difference upper"],
}


@dataclass(frozen=True)
class Position:
    """Where one place stands in a funnel, and what may be said of it.

    ``lower`` and ``upper`` are the limits that the place is judged by (95 %, or 99.8 % when it lies
    outside those). Under :data:`FEW` places nothing is judged: then they are the interval of its
    own rate, ``signal`` is "", and ``others`` compares it with all other places together.
    """

    place: str
    rate: float
    lower: float
    upper: float
    mean: float
    rank: int
    places: int
    signal: str
    ranked: str
    """The rank in words, from the nearer end: "the second lowest of 14 districts"."""
    clause: str
    """What the limits, or the comparison with the others, say of the place."""
    others: Interval | None = None
    """Ratio to the rate of all others, or difference in percentage points from their share."""

    @property
    def estimate(self) -> float:
        """The rate, under the name that every result has."""
        return self.rate


@dataclass(frozen=True)
class Funnel:
    """A row for each place, the common rate, and how much places vary beyond chance (tau2, Q)."""

    frame: pd.DataFrame
    mean: float
    tau2: float
    q: float
    per: float
    kind: str
    noun: str

    @property
    def overdispersed(self) -> bool:
        """Whether places vary by more than chance, so that limits are widened."""
        return self.tau2 > 0

    @property
    def judged(self) -> bool:
        """Whether there are enough places for limits to tell anything."""
        return len(self.frame) >= FEW

    @property
    def caveats(self) -> list[str]:
        """What a reader must know of the limits, as sentences."""
        if not self.judged:
            return [
                "The intervals are those of counting alone: they do not say why places differ, "
                "nor whether one is unusual. Among so few places nothing could be told to be."
            ]
        widened = (
            "Limits are widened, because places differ by more than chance. About one place in "
            "ten lies outside the 95% limits all the same."
        )
        return [widened] if self.overdispersed else []

    def table(self) -> pd.DataFrame:
        """The places, highest rate first: with their limits, or where they are few with the
        interval of each rate and how it stands to all other places together."""
        return self._table.copy()

    @cached_property
    def _table(self) -> pd.DataFrame:
        if self.judged:
            named = self.frame[list(_COLUMNS)].rename(columns=_COLUMNS)
            return named.sort_values("rate", ascending=False)
        rows = self.frame[["label", "count", "denominator"]]
        rows = rows.rename(columns={"label": "place"})
        k, n = rows["count"], rows["denominator"]
        rest = k.sum() - k, n.sum() - n
        if self.kind == "rate":
            own = intervals.poisson(k, exposure=n, per=self.per)
            others, times = intervals.poisson_ratio(k, n, *rest), 1
        else:
            own = intervals.wilson(k, n)
            others, times = intervals.newcombe(k, n, *rest), 100
        rows[["rate", "lower", "upper"]] = own
        rows[_OTHERS[self.kind]] = others
        rows[_OTHERS[self.kind]] *= times
        rows["rank"] = self.frame["rank"]
        order = ["rate", "place"]
        return rows.sort_values(order, ascending=[False, True], ignore_index=True)

    def position(self, place: str) -> Position:
        """Where ``place`` stands; Invalid, with the nearest name, when it is not among them."""
        labels = self.frame["label"].astype(str)
        row = self.frame[labels == one_of(str(place), labels, "place")].iloc[0]
        rank = int(row["rank"])
        here = Position(
            place=str(place),
            rate=float(row["rate"]),
            lower=np.nan,
            upper=np.nan,
            mean=self.mean,
            rank=rank,
            places=len(self.frame),
            signal=row["signal"],
            ranked=formatting.ranked(rank, self.frame["rate"], self.noun),
            clause="",
        )
        if self.judged:
            return self._beside_limits(row, here)
        own = self._table.set_index("place").loc[row["label"]]
        others = Interval(*(float(own[name]) for name in _OTHERS[self.kind]))
        if self.kind == "rate":
            clause = (
                f"{formatting.number(others.estimate, 2)} times the rest (interval "
            )
            clause += f"{formatting.interval(*others[1:], decimals=2)})"
        else:
            side = "above" if others.estimate >= 0 else "below"
            clause = f"{formatting.number(abs(others.estimate), 1)} percentage points {side} the "
            clause += f"rest (interval {formatting.interval(*others[1:], decimals=1)})"
        lower, upper = float(own["lower"]), float(own["upper"])
        return replace(here, lower=lower, upper=upper, clause=clause, others=others)

    def _beside_limits(self, row: pd.Series, here: Position) -> Position:
        """A place told by the lines that are drawn: within the 95 % limits, between them and the
        99.8 % ones, or outside those."""
        beyond = {
            level: not row[f"lower_{level}"] <= row["rate"] <= row[f"upper_{level}"]
            for level in LEVELS
        }
        level = "998" if beyond["998"] else "95"
        lower, upper = float(row[f"lower_{level}"]), float(row[f"upper_{level}"])
        write = {"rate": formatting.number, "proportion": formatting.percent}[self.kind]
        side = "above" if row["rate"] > row["mean"] else "below"
        clause = f"{side if beyond['95'] else 'within'} the "
        clause += f"{'99.8' if level == '998' else '95'}% limits "
        clause += f"({write(max(lower, 0), 1)} to {write(upper, 1)})"
        if beyond["95"] and not beyond["998"]:
            clause += " but within the 99.8% ones"
        clause += f" of what chance and the usual differences between {self.noun} allow"
        return replace(here, lower=lower, upper=upper, clause=clause)


def funnel(
    data: pd.DataFrame,
    *,
    count: str,
    denominator: str,
    label: str,
    per: float = 1,
    kind: str = "rate",
    noun: str = "places",
    overdispersion: bool = True,
    winsorise: float = 0.10,
    method: str = "spiegelhalter",
) -> Funnel:
    """Which places differ from the common rate by more than chance and usual variation allow.

    When places vary no more than chance, limits are exact; otherwise they are widened by the
    overdispersion (tau2) on the scale that steadies the variance: square root, or arcsine for
    proportions. Winsorising keeps far places from hiding themselves; where there are none, the
    95 % limits hold some 90 % of places (``tests/simulate``), so read the 99.8 % ones.

    Parameters
    ----------
    data
        A row for each place.
    count, denominator, label
        Its columns: events, what they are counted over (people, days, tests), and names.
    per
        What a rate is given for, such as 100,000 residents.
    kind
        "rate" (Poisson) or "proportion" (binomial: the count is part of the denominator).
    noun
        What the places are, in the plural: "districts".
    overdispersion
        Whether limits are widened at all.
    winsorise
        The share of places pulled in at each end, or left out, before overdispersion is estimated.
    method
        "spiegelhalter", or "shmi": rates on the log scale, far places left out. Limits are then
        multiples of the common rate, wider above it than below, as between places that differ by
        so many times. It takes :data:`FEW` places, each with an event.

    Returns
    -------
    Funnel
        Its frame has label, count, denominator, rate, mean, lower_95, upper_95, lower_998,
        upper_998 (all times ``per``), z, rank (1 is the highest) and signal: "high" or "low"
        outside the 99.8 % limits, else "", and always "" under :data:`FEW` places.

    Examples
    --------
    >>> places = pd.DataFrame({"name": list("abc"), "n": [10, 30, 20], "people": 1000})
    >>> funnel(places, count="n", denominator="people", label="name").position("b").clause
    '2.00 times the rest (interval 1.16 to 3.43)'
    """
    for column in (count, denominator, label):
        one_of(column, data.columns, "column")
    k, n = numbers(data[count]), numbers(data[denominator])
    _check(k, n, data[label], kind)
    if not 0 < numbers(per) < np.inf:
        raise Invalid(f"A rate is for a number of people or days above 0; given {per}.")
    if not 0 <= numbers(winsorise) < 0.5:
        raise Invalid(
            f"The share pulled in at each end is from 0 to under 0.5; given {winsorise}."
        )
    centre = k.sum() / n.sum()
    shmi = one_of(method, METHODS, "method") == "shmi"
    if shmi:
        _check_shmi(k, kind)
    forward, back = (np.log, np.exp) if shmi else _SCALES[kind]
    variance = 1 / (centre * n) if shmi else 1 / (4 * n)
    z = (forward(k / n) - forward(centre)) / np.sqrt(variance)
    tau2, pulled_in, w = 0.0, z, 1 / variance
    if overdispersion:
        trim = _truncated if shmi else _winsorised
        pulled_in, w = trim(z, w, winsorise)
    q = float((pulled_in**2).sum())
    if overdispersion:  # the estimate of DerSimonian and Laird, by moments
        tau2 = max(0.0, float((q - (len(w) - 1)) / (w.sum() - (w**2).sum() / w.sum())))
    frame = pd.DataFrame(
        {"label": data[label].to_numpy(), "count": k, "denominator": n}
    )
    frame["rate"], frame["mean"] = k / n * per, centre * per
    for name, level in LEVELS.items():
        low, high = _exact(level, centre, n, kind)
        if tau2 > 0:
            reach = normal(level) * np.sqrt(variance + tau2)
            low, high = back(forward(centre) - reach), back(forward(centre) + reach)
        frame[f"lower_{name}"], frame[f"upper_{name}"] = low * per, high * per
    frame["z"] = z * np.sqrt(variance / (variance + tau2))
    frame["rank"] = frame["rate"].rank(ascending=False, method="min").astype(int)
    above = frame["rate"] > frame["upper_998"]
    below = frame["rate"] < frame["lower_998"]
    frame["signal"] = np.select([above, below], ["high", "low"], "")
    if len(frame) < FEW:
        frame["signal"] = ""
    return Funnel(frame, float(centre * per), tau2, q, per, kind, noun)


_SCALES = {
    "rate": (np.sqrt, lambda v: np.maximum(v, 0) ** 2),
    "proportion": (
        lambda p: np.arcsin(np.sqrt(p)),
        lambda v: np.sin(np.clip(v, 0, np.pi / 2)) ** 2,
    ),
}
"""The scale that steadies the variance of each kind, and the way back."""


def _exact(
    level: float, centre: float, n: np.ndarray, kind: str
) -> tuple[np.ndarray, np.ndarray]:
    """The counts beyond which half of what a level leaves lies on each side, as rates of ``n``.

    Interpolated, the upper one from above as the lower one from below: so a count beyond either is
    no likelier than that, and passes have the limits of failures the other way round.
    """
    from scipy.stats import binom, poisson

    law, given = (poisson, (centre * n,)) if kind == "rate" else (binom, (n, centre))
    tail, most = (1 - level) / 2, np.inf if kind == "rate" else n
    low, high = law.ppf(tail, *given), law.isf(tail, *given)
    lower = low - (law.cdf(low, *given) - tail) / law.pmf(low, *given)
    upper = high + (law.sf(high - 1, *given) - tail) / law.pmf(high, *given)
    return np.maximum(lower, 0) / n, np.minimum(upper, most) / n


def _winsorised(
    z: np.ndarray, w: np.ndarray, share: float
) -> tuple[np.ndarray, np.ndarray]:
    """A share of places at each end pulled in to the quantile there."""
    return np.clip(z, *np.quantile(z, [share, 1 - share])), w


def _truncated(
    z: np.ndarray, w: np.ndarray, share: float
) -> tuple[np.ndarray, np.ndarray]:
    """A share of places at each end left out."""
    place = pd.Series(z).rank().to_numpy() / (len(z) + 1)
    kept = (place >= share) & (place < 1 - share)
    return z[kept], w[kept]


def _check_shmi(k: np.ndarray, kind: str) -> None:
    if kind != "rate":
        raise Invalid("The method 'shmi' is for rates; for proportions leave it out.")
    if len(k) < FEW:
        raise NotEnough(f"The method 'shmi' takes {FEW} places; there are {len(k)}.")
    if (k == 0).any():
        raise NotEnough(
            "The method 'shmi' needs an event in each place: it takes logs."
        )


def _check(k: np.ndarray, n: np.ndarray, labels: pd.Series, kind: str) -> None:
    one_of(kind, _SCALES, "kind")
    if twice := labels[labels.duplicated()].tolist():
        raise Invalid(f"The place {twice[0]!r} stands twice: add its rows up first.")
    if len(k) < 3:
        raise NotEnough(f"A funnel needs at least 3 places; there are {len(k)}.")
    if (~np.isfinite(n) | (n <= 0)).any():
        raise Invalid("A funnel needs a denominator above 0 for every place.")
    if (~np.isfinite(k) | (k < 0)).any() or (kind == "proportion" and (k > n).any()):
        raise Invalid(
            "A funnel needs counts of 0 or more, and for proportions no more than n."
        )
    if k.sum() == 0:
        raise NotEnough("A funnel needs at least one event; every count is 0.")
