"""One printed figure among all other statements of the same thing: do they agree?

A figure that adds up over time is reconciled with every other figure of its measure, so that
statements of other, overlapping periods count too. Anything else is held against statements of
the same measure and place whose period overlaps.
"""

from collections.abc import Container
from typing import NamedTuple

import numpy as np
import pandas as pd

from outcomes.analysis.periods import one_period
from outcomes.analysis.reconcile import reconcile

STATES = {
    "agrees": "other statements allow it",
    "contradicted": "another statement contradicts it",
    "alone": "no other statement bears on it",
    "undated": "its period has no end or no date, so it cannot be tested",
}
_SAME = ["programme", "measure", "area"]


class _Held(NamedTuple):
    """What the other statements make of one figure."""

    state: str
    lower: float = np.nan
    upper: float = np.nan
    against: str = ""
    quarrel: str = ""


def hold(
    figures: pd.DataFrame, others: pd.DataFrame, *, whole: Container[str], parent=None
) -> pd.DataFrame:
    """Each of ``figures`` with what ``others`` say of it.

    ``others`` are all figures to hold them against (the figures themselves are left out of their
    own test); ``whole`` names the measures whose values may be added; ``parent`` is a frame of
    areas, as for ``reconcile``. Adds to the columns of ``figures``: state (of :data:`STATES`),
    others (how many statements of the measure and place are not known to lie apart in time,
    copies of one release once), lower and upper (what the others alone allow, where they limit
    it), against (the contradiction in words), quarrel (others that contradict each other),
    per_day.

    A contradiction that the register's note records in words, as when two pages mean different
    periods by one sum, counts as one.
    """
    rows, originals = [], others[~others["copy_of"].isin(others["figure"])]
    for one in figures.itertuples():
        near = _overlapping(one, originals)
        held = _held(one, others, near, one.measure in whole, parent)
        days = (one.period_end - one.period_start).days + 1
        rate = one.value / days if one.measure in whole and days == days else np.nan
        rows.append((*held, len(near), rate))
    columns = [*_Held._fields, "others", "per_day"]
    return figures.reset_index(drop=True).join(pd.DataFrame(rows, columns=columns))


def _overlapping(one, others: pd.DataFrame) -> pd.DataFrame:
    """Other statements of the same measure and place, not known to lie apart in time."""
    same = (others[_SAME] == [getattr(one, c) for c in _SAME]).all(axis=1)
    apart = (others["period_start"] > one.period_end) | (others["period_end"] < one.period_start)
    itself = (others["figure"] == one.figure) | (others["copy_of"] == one.figure)
    return others[same & ~apart & ~itself]


def _held(one, others, near, whole: bool, parent) -> _Held:
    noted = _noted(one.note)
    dated = pd.notna(one.period_start) and pd.notna(one.period_end)
    if whole and pd.notna(one.period_start):
        return _reconciled(one, others, near, noted, dated, parent)
    if not dated:
        return _Held("undated", against=noted)
    if noted or (near["value"] != one.value).any():
        return _Held("contradicted", against=noted)
    return _Held("agrees" if len(near) else "alone")


def _reconciled(one, others, near, noted: str, dated: bool, parent) -> _Held:
    """A figure that adds up over time, with and without itself among the others."""
    family = others[(others["programme"] == one.programme) & (others["measure"] == one.measure)]
    rest = family[(family["figure"] != one.figure) & (family["copy_of"] != one.figure)]
    end = one.period_end if dated else max([one.period_start, *near["period_end"].dropna()])
    asked, kin = one_period("asked", one.period_start, end), {"area": one.area, "parent": parent}
    alone = reconcile(rest, asked, **kin)
    quarrel = _quarrel(one, alone.contradictions)
    if not dated:
        return _Held("undated", against=noted, quarrel=quarrel)
    own = pd.DataFrame([one._asdict()])[[c for c in rest.columns if c in one._fields]]
    found = reconcile(pd.concat([rest, own]) if len(rest) else own, asked, **kin).contradictions
    said = " ".join([c["sentence"] for c in found if one.figure in c["figures"]] + [noted]).strip()
    least, most = alone.bounds[["lower", "upper"]].iloc[0]
    limits = (least if least > 0 else np.nan, most if most < np.inf else np.nan)
    if said:
        return _Held("contradicted", *limits, said, quarrel)
    bearing = near[["period_start", "period_end"]].notna().all(axis=1).any()
    bears = bearing or not np.isnan(limits).all()
    return _Held("agrees" if bears else "alone", *limits, "", quarrel)


def _quarrel(one, contradictions: list[dict]) -> str:
    """What the others contradict each other in, of one's place and not before its period."""
    return " ".join(
        c["sentence"]
        for c in contradictions
        if any(m["area"] == one.area and m["end"] >= one.period_start for m in c["members"])
    )


def _noted(note: str) -> str:
    """The contradiction that a note records, from its keyword on; empty when there is none."""
    for word in ("CONTRADICTION: ", "CONTRADICTED ", "CONTRADICTS "):
        _, found, after = str(note).partition(word)
        if found:
            text = after if word.endswith(": ") else f"{word.lower()}{after}"
            text = text.replace("the seed", "the annual report")
            return text[:1].upper() + text[1:]
    return ""
