"""One printed figure among all other statements of the same thing: do they agree?

A figure that adds up over time is reconciled with every other figure of its measure, so that
statements of other, overlapping periods count too. Anything else is held against statements of
the same measure and place whose period overlaps. What is found is one of the words of
:data:`outcomes.findings.verdicts.VERDICTS`, with the statements that it rests on. Nothing that was
noted by hand when a figure was read has a say in it.
"""

from collections.abc import Container
from typing import NamedTuple

import numpy as np
import pandas as pd

from outcomes.core.formatting import exact, period, qualified
from outcomes.core.periods import one_period
from outcomes.data.publishers import independent
from outcomes.data.rounding import counted, same
from outcomes.methods.reconcile import reconciliation

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


class Agreement(NamedTuple):
    """A verdict on statements of one thing, and the statements that it rests on.

    ``members`` are dicts of set (statements of one set are held against one another), of (the
    definition), figure, value, qualifier, unit, publisher, start, end, and for a contradiction
    least and most: what the others of its set leave it.
    """

    verdict: str
    members: tuple[dict, ...] = ()

    def facts(self) -> dict:
        """The agreement as a finding stores it: without days as objects, NaN or infinity."""
        return {"verdict": self.verdict, "members": [_plain(m) for m in self.members]}


class _Held(NamedTuple):
    """What the other statements make of one figure."""

    state: str
    members: tuple = ()
    lower: float = np.nan
    upper: float = np.nan
    bears: tuple = ()  # the figures that limit it
    against: str = ""
    doubt: str = ""
    quarrel: str = ""


def hold(
    figures: pd.DataFrame,
    others: pd.DataFrame,
    *,
    whole: Container[str],
    stock: Container[str] = (),
    parent=None,
) -> pd.DataFrame:
    """Each of ``figures`` with what ``others`` say of it.

    ``others`` are all figures to hold them against (the figures themselves are left out of their
    own test); ``whole`` names the measures whose values may be added, ``stock`` those whose values
    had gathered before their period, which have no rate; ``parent`` is a frame of
    areas, as for ``reconcile``. Adds to the columns of ``figures``: state (of :data:`STATES`),
    members (the statements that it rests on, see :class:`Agreement`), lower and upper (what the
    others alone allow, where they limit it), bears (the figures that limit it), against (the
    contradiction in words), doubt (why a limit is not certain), quarrel (others that contradict
    each other), others (how many statements of the measure and place are not known to lie apart
    in time, copies of one release once), per_day.

    *Confirmed* takes a publisher that neither quotes the first nor is quoted with it, and the same
    value within rounding for the same thing. *Contradicted* takes that no reading allows both: a
    figure whose period can be read in more than one way contradicts nothing.
    """
    rows, originals = [], others[~others["copy_of"].isin(others["figure"])]
    for one in figures.itertuples():
        near = _overlapping(one, originals)
        adds = one.measure in whole
        held = (
            _reconciled(one, others, near, parent) if adds else _as_it_stands(one, near)
        )
        days = (one.period_end - one.period_start).days + 1
        flows = adds and one.measure not in stock
        rate = one.value / days if flows and days == days else np.nan
        rows.append((*held, len(near), rate))
    columns = [*_Held._fields, "others", "per_day"]
    return figures.reset_index(drop=True).join(pd.DataFrame(rows, columns=columns))


def agreement(checked: pd.DataFrame) -> Agreement | None:
    """The one verdict on all figures that :func:`hold` checked, or None when they have several."""
    states = checked["state"].unique()
    if len(states) != 1 or states[0] == "not_enough":
        return None
    sets = enumerate(checked["members"])
    return Agreement(
        states[0], tuple(m | {"set": at} for at, rows in sets for m in rows)
    )


def clash(figures: pd.DataFrame, *, by: str = "fact") -> Agreement | None:
    """Statements of one thing that no reading allows to be both right; None when there are none.

    ``by`` is the column that names the thing each row states. Of each that was stated in values
    that differ by more than their rounding, the lowest and the highest are named. A statement
    without both days of its period, or whose period can be read in more than one way, contradicts
    none, and neither do two of which the periods lie apart.
    """
    members: list[dict] = []
    sure = figures["period_start"].notna() & figures["period_end"].notna()
    sure &= np.array([not _unsure(r) for r in figures.itertuples()], bool)
    for name, rows in figures[sure].groupby(by, sort=False):
        read = readings(rows)
        least, most = read["low"].idxmax(), read["high"].idxmin()
        ends = rows.loc[[least, most]]
        apart = ends["period_start"].max() > ends["period_end"].min()
        if read.loc[least, "low"] > read.loc[most, "high"] and not apart:
            at = members[-1]["set"] + 1 if members else 0
            for i, other in ((most, least), (least, most)):
                left = {
                    "least": read.loc[other, "low"],
                    "most": read.loc[other, "high"],
                }
                members.append(_member(rows.loc[i], of=str(name), **left) | {"set": at})
    return Agreement("contradicted", tuple(members)) if members else None


def quarrel(
    contradictions: pd.DataFrame | list[dict], figures: pd.DataFrame
) -> Agreement | None:
    """The contradictions of a reconciliation of ``figures`` as an agreement; None without any.

    A set that holds a figure whose period can be read in more than one way is left out.
    """
    if isinstance(contradictions, pd.DataFrame):
        keys = [c for c in ("measure", "set") if c in contradictions]
        sets = [
            rows.to_dict("records")
            for _, rows in contradictions.groupby(keys, sort=False)
        ]
    else:
        sets = [c["members"] for c in contradictions]
    known = figures.drop_duplicates("figure").set_index("figure", drop=False)
    members: list[dict] = []
    for at, rows in enumerate(sets):
        stated = [known.loc[m["figure"]] for m in rows]
        if any(map(_unsure, stated)):
            continue
        members += [
            _member(r, of=_definition(r), least=m["lower"], most=m["upper"])
            | {"set": at}
            for r, m in zip(stated, rows, strict=True)
        ]
    return Agreement("contradicted", tuple(members)) if members else None


def _overlapping(one, others: pd.DataFrame) -> pd.DataFrame:
    """Other statements of the same measure and place, not known to lie apart in time."""
    alike = (others[_SAME] == [getattr(one, c) for c in _SAME]).all(axis=1)
    apart = (others["period_start"] > one.period_end) | (
        others["period_end"] < one.period_start
    )
    itself = (others["figure"] == one.figure) | (others["copy_of"] == one.figure)
    return others[alike & ~apart & ~itself]


def _as_it_stands(one, near: pd.DataFrame) -> _Held:
    """A figure that does not add up: a grade, a number in force, a rate."""
    if pd.isna(one.period_start) or pd.isna(one.period_end):
        return _Held("not_enough")
    if (
        one.unit in _OVER_A_PERIOD or " per " in f" {one.unit} "
    ):  # another period has another rate
        near = near[near["fact"] == one.fact]
    read = readings(near)
    low, high = counted(one.value, one.qualifier, one.unit)
    shut = near[(read["low"] > high) | (read["high"] < low)]
    shut = shut[[not _unsure(r) for r in shut.itertuples()]]
    if len(shut) and not _unsure(one):
        other = next(shut.itertuples())
        pair = ((one, other), (other, one))
        members = tuple(_member(a, of=_definition(a), **_left(b)) for a, b in pair)
        said = " and ".join(
            f"{_stated(r)} ({r.publisher}) for {_period(r)}" for r in (one, other)
        )
        lap = "" if _period(one) == _period(other) else ", and their periods overlap"
        return _Held(
            "contradicted", members, against=f"No reading allows both {said}{lap}."
        )
    if witnesses := _witnesses(one, near):
        return _Held("confirmed", witnesses, *_within(read), tuple(near["figure"]))
    if near.empty:
        return _Held("no_other_source")
    lower, upper = _within(read)
    fits = lower <= one.value <= (np.inf if np.isnan(upper) else upper)
    if not fits:
        return _Held("not_enough", bears=tuple(near["figure"]), doubt=_UNSURE)
    return _Held("not_contradicted", (), lower, upper, tuple(near["figure"]))


_UNSURE = (
    "Another statement differs, of a period that can be read in more than one way."
)


def _reconciled(one, others, near, parent) -> _Held:
    """A figure that adds up over time, with and without itself among the others."""
    if pd.isna(one.period_start):
        return _Held("not_enough")
    dated = pd.notna(one.period_end)
    family = others[
        (others["programme"] == one.programme) & (others["measure"] == one.measure)
    ]
    rest = family[(family["figure"] != one.figure) & (family["copy_of"] != one.figure)]
    end = (
        one.period_end
        if dated
        else max([one.period_start, *near["period_end"].dropna()])
    )
    asked, kin = (
        one_period("asked", one.period_start, end),
        {"area": one.area, "parent": parent},
    )
    alone = reconciliation.bounds(rest, asked, **kin)
    told = _quarrel(one, alone.contradictions)
    if not dated:
        return _Held("not_enough", quarrel=told)
    own = pd.DataFrame([one._asdict()])[[c for c in rest.columns if c in one._fields]]
    own = own.astype({c: rest[c].dtype for c in own} if len(rest) else {})
    found, firm = _opposed(one, rest, own, asked, kin), None
    if found:  # is it so by every reading?
        firm = rest[[not _unsure(r) for r in rest.itertuples()]]
        alone = reconciliation.bounds(firm, asked, **kin)
        against = _opposed(one, firm, own, asked, kin)
        said = " ".join(c["sentence"] for c in against)
        if said and not _unsure(one):
            every = pd.concat([firm, own]) if len(firm) else own
            least, most = _limited(alone)
            members = quarrel(against, every).members
            return _Held("contradicted", members, least, most, (), said, quarrel=told)
        if said:
            return _Held("not_enough", doubt=_UNSURE, quarrel=told)
    least, most = _limited(alone)
    bears = tuple(alone.bounds["binding"].iloc[0])
    doubt = _doubt(rest[rest["figure"].isin(bears)], found)
    stating = rest[rest["fact"].eq(one.fact) & ~rest["copy_of"].isin(rest["figure"])]
    if witnesses := _witnesses(one, stating):
        bears = tuple(dict.fromkeys([*(m["figure"] for m in witnesses[1:]), *bears]))
        return _Held(
            "confirmed", witnesses, least, most, bears, doubt=doubt, quarrel=told
        )
    if np.isnan(least) and np.isnan(most):
        return _Held("no_other_source", quarrel=told)
    lower = 0.0 if np.isnan(least) else least
    if not lower <= one.value <= (np.inf if np.isnan(most) else most):
        lower, most = _rounded_to(one, lower, most)
    return _Held("not_contradicted", (), lower, most, bears, doubt=doubt, quarrel=told)


def _rounded_to(one, lower: float, upper: float) -> tuple[float, float]:
    """The limits stretched to a printed value whose reading overlaps them by its rounding alone."""
    return min(lower, one.value), upper if np.isnan(upper) else max(upper, one.value)


def _opposed(one, rest, own, asked, kin) -> list[dict]:
    """The contradictions that a figure is part of among the rest."""
    every = pd.concat([rest, own]) if len(rest) else own
    return [
        c
        for c in reconciliation.bounds(every, asked, **kin).contradictions
        if one.figure in c["figures"]
    ]


def _limited(alone) -> tuple[float, float]:
    """The least and the most that the others allow; NaN for what they leave open."""
    least, most = alone.bounds[["lower", "upper"]].iloc[0]
    return (least if least > 0 else np.nan, most if most < np.inf else np.nan)


def _doubt(bearing: pd.DataFrame, found: list[dict]) -> str:
    """That a limit rests on a figure whose period is doubtful, or that one was set aside."""
    unsure = [r for r in bearing.itertuples() if _unsure(r)]
    if found:
        return f"{_UNSURE} {' '.join(c['sentence'] for c in found)}"
    if not unsure:
        return ""
    said = " and ".join(
        f"{_stated(r)} ({r.publisher}) for {_period(r)}" for r in unsure
    )
    return f"A limit rests on {said}, whose period can be read in more than one way."


def _witnesses(one, candidates: pd.DataFrame) -> tuple[dict, ...]:
    """One's own statement and those of independent publishers that are the same to the rounding."""
    agreed = [
        r
        for r in candidates.itertuples()
        if independent([one.publisher, r.publisher]) > 1
        and same(one.value, r.value, one.qualifier, r.qualifier)
    ]
    return (
        tuple(_member(r, of=_definition(one)) for r in (one, *agreed)) if agreed else ()
    )


def _quarrel(one, contradictions: list[dict]) -> str:
    """What the others contradict each other in, of one's place and not before its period."""
    return " ".join(
        c["sentence"]
        for c in contradictions
        if any(
            m["area"] == one.area and m["end"] >= one.period_start for m in c["members"]
        )
    )


def _unsure(row) -> bool:
    """Whether the period of a figure can be read in more than one way."""
    return getattr(row, "period_state", "stated") == "ambiguous"


def readings(rows: pd.DataFrame) -> pd.DataFrame:
    """The least and the most that each statement allows: low and high."""
    told = zip(rows["value"], rows["qualifier"], rows["unit"], strict=True)
    ends = np.array([counted(*one) for one in told], float).reshape(-1, 2)
    return pd.DataFrame(ends, index=rows.index, columns=["low", "high"])


def _within(read: pd.DataFrame) -> tuple[float, float]:
    """What all statements together allow."""
    high = read["high"].min()
    return read["low"].max(), high if high < np.inf else np.nan


def _left(row) -> dict:
    low, high = counted(row.value, row.qualifier, row.unit)
    return {"least": low, "most": high}


def _definition(row) -> str:
    return f"{row.programme}: {row.measure}"


def _member(row, *, of: str, least: float = np.nan, most: float = np.nan) -> dict:
    told = {k: getattr(row, k) for k in _MEMBER}
    days = {"start": row.period_start, "end": row.period_end}
    return {"set": 0, "of": of, **told, **days, "least": least, "most": most}


def _plain(member: dict) -> dict:
    """A member without what JSON cannot hold."""
    out = dict(member)
    for key in ("start", "end"):
        out[key] = (
            None if pd.isna(out[key]) else pd.Timestamp(out[key]).date().isoformat()
        )
    for key in ("value", "least", "most"):
        out[key] = float(out[key]) if np.isfinite(out[key]) else None
    return out


def _stated(row) -> str:
    if row.unit == "yes or no":
        return "yes" if row.value else "no"
    money = "£" if row.unit == "£" else ""
    return qualified(row.value, row.qualifier, lambda value: money + exact(value))


def _period(row) -> str:
    return period(row.period_start, row.period_end)
