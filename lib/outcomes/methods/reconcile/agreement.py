"""Does one published figure agree with all other statements of the same thing?

A figure that adds up over time is reconciled with every other figure of its measure, so that
statements of other, overlapping periods count too. Anything else is compared with statements of
the same measure and place whose period overlaps. What is found is one of the words of
:data:`outcomes.findings.verdicts.VERDICTS`, with the statements that it rests on. Nothing that was
noted by hand when a figure was read has a say in it.
"""

from collections.abc import Container, Iterable
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from outcomes.core.formatting import exact, period, qualified
from outcomes.core.kept_results import keep
from outcomes.core.periods import one_period
from outcomes.data.publishers import independent
from outcomes.data.rounding import counted, same
from outcomes.methods.reconcile.bounds import (
    Reconciliation,
    bounds,
    contradictions,
)
from outcomes.methods.reconcile.conflicts import Contradiction
from outcomes.methods.reconcile.constraints import read_constraints

STATES = (
    "confirmed",
    "not_contradicted",
    "no_other_source",
    "contradicted",
    "not_enough",
)
"""What a figure can be beside all others, as words of the table of verdicts."""
_SAME = ["programme", "measure", "area"]
_OVER_A_PERIOD = ("%", "percent", "ratio", "change")
_MEMBER = ("figure", "value", "qualifier", "unit", "publisher")
_UNSURE = (
    "Another statement differs, of a period that can be read in more than one way."
)


class Agreement(NamedTuple):
    """A verdict on statements of one thing, and the statements that it rests on.

    ``members`` are dicts of set (statements of one set are compared with one another), of (the
    definition), figure, value, qualifier, unit, publisher, start, end, and for a contradiction
    least and most: what the others of its set leave it.
    """

    verdict: str
    members: tuple[dict, ...] = ()

    def facts(self) -> dict:
        """The agreement as a finding stores it: without days as objects, NaN or infinity."""
        members = []
        for member in self.members:
            days = {
                key: None
                if pd.isna(member[key])
                else pd.Timestamp(member[key]).date().isoformat()
                for key in ("start", "end")
            }
            amounts = {
                key: float(member[key]) if np.isfinite(member[key]) else None
                for key in ("value", "least", "most")
            }
            members.append(member | days | amounts)
        return {"verdict": self.verdict, "members": members}


class Check(NamedTuple):
    """What the other statements make of one figure."""

    state: str
    members: tuple[dict, ...] = ()
    lower: float = np.nan
    upper: float = np.nan
    limited_by: tuple = ()
    contradiction: str = ""
    doubt: str = ""
    other_contradictions: str = ""


@keep
def check_agreement(
    figures: pd.DataFrame,
    others: pd.DataFrame,
    *,
    whole: Container[str],
    stock: Container[str] = (),
    parent: pd.DataFrame | dict | None = None,
) -> pd.DataFrame:
    """Each of ``figures`` with what ``others`` say of it.

    *Confirmed* takes a publisher that neither quotes the first nor is quoted with it, and the same
    value within rounding for the same thing. *Contradicted* takes that no reading allows both: a
    figure whose period can be read in more than one way contradicts nothing.

    Parameters
    ----------
    figures
        Published figures, a row each.
    others
        All figures to compare them with; the figures themselves are left out of their own test.
    whole
        The measures whose values may be added.
    stock
        Those whose values had gathered before their period, which have no rate.
    parent
        Areas, as for :func:`outcomes.methods.reconcile.bounds`.

    Returns
    -------
    DataFrame
        ``figures`` with state (of :data:`STATES`), members (the statements that it rests on, see
        :class:`Agreement`), lower and upper (what the others alone allow, where they limit it),
        limited_by (the figures that do), contradiction (in words), doubt (why a limit is not
        certain), other_contradictions (of the others among themselves), others (how many
        statements of the measure and place are not known to lie apart in time, copies of one
        release once) and per_day.
    """
    originals = others[~others["copy_of"].isin(others["figure"])]
    rows = []
    for one in figures.itertuples():
        alike = (originals[_SAME] == [getattr(one, c) for c in _SAME]).all(axis=1)
        itself = (originals["figure"] == one.figure) | (
            originals["copy_of"] == one.figure
        )
        apart = (originals["period_start"] > one.period_end) | (
            originals["period_end"] < one.period_start
        )
        near = originals[alike & ~apart & ~itself]
        adds = one.measure in whole
        found = (
            _check_sum(one, others, near, parent) if adds else _check_value(one, near)
        )
        days = (one.period_end - one.period_start).days + 1
        rated = adds and one.measure not in stock and days == days
        rows.append((*found, len(near), one.value / days if rated else np.nan))
    columns = [*Check._fields, "others", "per_day"]
    return figures.reset_index(drop=True).join(pd.DataFrame(rows, columns=columns))


def combine_checks(checked: pd.DataFrame) -> Agreement | None:
    """The one verdict on all figures of :func:`check_agreement`; None when they have several."""
    states = checked["state"].unique()
    if len(states) != 1 or states[0] == "not_enough":
        return None
    members = [
        member | {"set": number}
        for number, rows in enumerate(checked["members"])
        for member in rows
    ]
    return Agreement(states[0], tuple(members))


def find_differing(figures: pd.DataFrame, *, by: str = "fact") -> Agreement | None:
    """Statements of one thing that no reading allows to be both right; None when there are none.

    ``by`` is the column that names the thing each row states. Of each that was stated in values
    that differ by more than their rounding, the lowest and the highest are named. A statement
    without both days of its period, or whose period can be read in more than one way, contradicts
    none, and neither do two of which the periods lie apart.
    """
    sure = figures["period_start"].notna() & figures["period_end"].notna()
    if "period_state" in figures:
        sure &= figures["period_state"] != "ambiguous"
    known = figures[sure]
    known = known[known.duplicated(by, keep=False)].reset_index(drop=True)
    limits = value_limits(known)
    lowest = limits["high"].groupby(known[by], sort=False).idxmin()
    highest = limits["low"].groupby(known[by], sort=False).idxmax()
    starts, ends = (
        known[day].to_numpy()[[lowest, highest]]
        for day in ("period_start", "period_end")
    )
    low, high = limits["low"].to_numpy(), limits["high"].to_numpy()
    differ = (low[highest] > high[lowest]) & (starts.max(axis=0) <= ends.min(axis=0))
    members: list[dict] = []
    for number, name in enumerate(lowest.index[differ]):
        pair = lowest[name], highest[name]
        for one, other in (pair, pair[::-1]):
            least, most = limits.loc[other, ["low", "high"]]
            member = _member(known.loc[one], of=str(name), least=least, most=most)
            members.append(member | {"set": number})
    return Agreement("contradicted", tuple(members)) if members else None


def describe_contradictions(
    contradictions: pd.DataFrame | list[Contradiction], figures: pd.DataFrame
) -> Agreement | None:
    """The contradictions of a reconciliation of ``figures`` as an agreement; None without any.

    A set that holds a figure whose period can be read in more than one way is left out.
    """
    if isinstance(contradictions, list):
        sets = [found.members for found in contradictions]
    else:
        keys = [c for c in ("measure", "set") if c in contradictions]
        groups = contradictions.groupby(keys, sort=False)
        sets = [rows.to_dict("records") for _, rows in groups]
    known = figures.drop_duplicates("figure").set_index("figure", drop=False)
    members: list[dict] = []
    for number, rows in enumerate(sets):
        stated = [known.loc[row["figure"]] for row in rows]
        if any(map(_is_ambiguous, stated)):
            continue
        for one, row in zip(stated, rows, strict=True):
            limits = {"least": row["lower"], "most": row["upper"]}
            members.append(_member(one, **limits) | {"set": number})
    return Agreement("contradicted", tuple(members)) if members else None


def value_limits(rows: pd.DataFrame) -> pd.DataFrame:
    """The least and the most that each statement allows within its rounding: low and high."""
    columns = (rows[name].tolist() for name in ("value", "qualifier", "unit"))
    stated = zip(*columns, strict=True)
    limits = np.array([counted(*one) for one in stated], float).reshape(-1, 2)
    return pd.DataFrame(limits, index=rows.index, columns=["low", "high"])


def _check_value(one: Any, near: pd.DataFrame) -> Check:
    """A figure that does not add up: a grade, a number in force, a rate."""
    if pd.isna(one.period_start) or pd.isna(one.period_end):
        return Check("not_enough")
    # Another period has another rate.
    if one.unit in _OVER_A_PERIOD or " per " in f" {one.unit} ":
        near = near[near["fact"] == one.fact]
    limits = value_limits(near)
    low, high = counted(one.value, one.qualifier, one.unit)
    excluded = near[(limits["low"] > high) | (limits["high"] < low)]
    firm = [r for r in excluded.itertuples() if not _is_ambiguous(r)]
    if firm and not _is_ambiguous(one):
        return _contradicted_by(one, firm[0])
    figures = tuple(near["figure"])
    lower, upper = limits["low"].max(), limits["high"].min()
    upper = upper if upper < np.inf else np.nan
    if witnesses := _witnesses(one, near):
        return Check("confirmed", witnesses, lower, upper, figures)
    if near.empty:
        return Check("no_other_source")
    if not lower <= one.value <= (np.inf if np.isnan(upper) else upper):
        return Check("not_enough", limited_by=figures, doubt=_UNSURE)
    return Check("not_contradicted", (), lower, upper, figures)


def _contradicted_by(one: Any, other: Any) -> Check:
    members = []
    for stated, against in ((one, other), (other, one)):
        least, most = counted(against.value, against.qualifier, against.unit)
        members.append(_member(stated, least=least, most=most))
    periods = [period(r.period_start, r.period_end) for r in (one, other)]
    overlap = "" if periods[0] == periods[1] else ", and their periods overlap"
    said = _cited((one, other))
    return Check(
        "contradicted",
        tuple(members),
        contradiction=f"No reading allows both {said}{overlap}.",
    )


def _check_sum(
    one: Any,
    others: pd.DataFrame,
    near: pd.DataFrame,
    parent: pd.DataFrame | dict | None,
) -> Check:
    """A figure that adds up over time, with and without itself among the others."""
    if pd.isna(one.period_start):
        return Check("not_enough")
    alike = (others["programme"] == one.programme) & (others["measure"] == one.measure)
    itself = (others["figure"] == one.figure) | (others["copy_of"] == one.figure)
    rest = others[alike & ~itself]
    ends = [one.period_start, *near["period_end"].dropna()]
    end = one.period_end if pd.notna(one.period_end) else max(ends)
    trial = _Trial(one, one_period("asked", one.period_start, end), parent)
    alone = trial.reconcile(rest)
    elsewhere = " ".join(
        found.sentence
        for found in alone.contradictions
        if any(
            m["area"] == one.area and m["end"] >= one.period_start
            for m in found.members
        )
    )
    found = Check("not_enough")
    if pd.notna(one.period_end):
        found = _check_dated_sum(trial, rest, alone)
    return found._replace(other_contradictions=elsewhere)


class _Trial(NamedTuple):
    """One figure and the period it speaks of, to be reconciled with others."""

    one: Any
    asked: pd.DataFrame
    parent: pd.DataFrame | dict | None

    def reconcile(self, rows: pd.DataFrame) -> Reconciliation:
        """What ``rows`` allow the period of the figure."""
        return bounds(rows, self.asked, area=self.one.area, parent=self.parent)

    def with_own(self, rows: pd.DataFrame) -> pd.DataFrame:
        """``rows`` and the figure itself."""
        own = pd.DataFrame([self.one._asdict()])
        own = own[[c for c in rows.columns if c in own]]
        if rows.empty:
            return own
        return pd.concat([rows, own.astype({c: rows[c].dtype for c in own})])

    def contradictions(
        self, rows: pd.DataFrame, alone: Reconciliation
    ) -> list[Contradiction]:
        """The contradictions that the figure is part of among ``rows``, which ``alone`` allow
        its period what they do: none where all is within that, and they agree."""
        own = read_constraints(self.with_own(rows[:0])).frame.iloc[0]
        least, most = alone.bounds[["lower", "upper"]].iloc[0]
        fits = max(own["low"], least) <= min(own["high"], most)
        if fits and not alone.contradictions:
            return []
        found = contradictions(
            self.with_own(rows), self.asked, area=self.one.area, parent=self.parent
        )
        return [c for c in found if self.one.figure in c.figures]


def _check_dated_sum(trial: _Trial, rest: pd.DataFrame, alone: Reconciliation) -> Check:
    """A figure of a known period beside the ``rest``, which ``alone`` allow it what they do."""
    one = trial.one
    found = trial.contradictions(rest, alone)
    if found:  # is it so by every reading?
        firm = rest[[not _is_ambiguous(r) for r in rest.itertuples()]]
        alone = trial.reconcile(firm)
        against = trial.contradictions(firm, alone)
        if against and _is_ambiguous(one):
            return Check("not_enough", doubt=_UNSURE)
        if against:
            agreement = describe_contradictions(against, trial.with_own(firm))
            return Check(
                "contradicted",
                agreement.members if agreement else (),
                *_limits(alone),
                contradiction=" ".join(c.sentence for c in against),
            )
    least, most = _limits(alone)
    limited_by = tuple(alone.bounds["binding"].iloc[0])
    bearing = rest[rest["figure"].isin(limited_by)]
    unsure = [r for r in bearing.itertuples() if _is_ambiguous(r)]
    doubt = ""
    if found:
        doubt = f"{_UNSURE} {' '.join(c.sentence for c in found)}"
    elif unsure:
        doubt = f"A limit rests on {_cited(unsure)}, whose period can be read in more than one way."
    stating = rest[rest["fact"].eq(one.fact) & ~rest["copy_of"].isin(rest["figure"])]
    if witnesses := _witnesses(one, stating):
        named = (member["figure"] for member in witnesses[1:])
        limited_by = tuple(dict.fromkeys([*named, *limited_by]))
        return Check("confirmed", witnesses, least, most, limited_by, doubt=doubt)
    if np.isnan(least) and np.isnan(most):
        return Check("no_other_source")
    # Where its reading overlaps the limits by its rounding alone, they stretch to the value itself.
    lower = min(0.0 if np.isnan(least) else least, one.value)
    upper = most if np.isnan(most) else max(most, one.value)
    return Check("not_contradicted", (), lower, upper, limited_by, doubt=doubt)


def _limits(alone: Reconciliation) -> tuple[float, float]:
    """The least and the most that the others allow; NaN for what they leave open."""
    least, most = alone.bounds[["lower", "upper"]].iloc[0]
    return (least if least > 0 else np.nan, most if most < np.inf else np.nan)


def _witnesses(one: Any, candidates: pd.DataFrame) -> tuple[dict, ...]:
    """One's own statement and those of independent publishers that are the same to the rounding."""
    agreed = [
        r
        for r in candidates.itertuples()
        if independent([one.publisher, r.publisher]) > 1
        and same(one.value, r.value, one.qualifier, r.qualifier)
    ]
    definition = f"{one.programme}: {one.measure}"
    rows = (one, *agreed) if agreed else ()
    return tuple(_member(r, of=definition) for r in rows)


def _is_ambiguous(row: Any) -> bool:
    """Whether the period of a figure can be read in more than one way."""
    return getattr(row, "period_state", "stated") == "ambiguous"


def _member(
    row: Any, *, of: str = "", least: float = np.nan, most: float = np.nan
) -> dict:
    """A statement as a member of an agreement; ``of`` is by default its programme and measure."""
    stated = {column: getattr(row, column) for column in _MEMBER}
    days = {"start": row.period_start, "end": row.period_end}
    definition = of or f"{row.programme}: {row.measure}"
    return {"set": 0, "of": definition, **stated, **days, "least": least, "most": most}


def _cited(rows: Iterable[Any]) -> str:
    """Statements in words: "1,409 (the police) for November 2022 to December 2023"."""
    said = []
    for row in rows:
        if row.unit == "yes or no":
            value = "yes" if row.value else "no"
        else:
            money = "£" if row.unit == "£" else ""
            value = qualified(
                row.value, row.qualifier, lambda x, money=money: money + exact(x)
            )
        when = period(row.period_start, row.period_end)
        said.append(f"{value} ({row.publisher}) for {when}")
    return " and ".join(said)
