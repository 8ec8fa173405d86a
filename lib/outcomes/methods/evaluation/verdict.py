"""What an evaluation has earned the right to say: one table, whose first row that applies decides.

==========  =====================================  ============================================
kind        when                                   what may be said
==========  =====================================  ============================================
not_enough  too few months, events or placebo      the reason, and no estimate at all
            areas (:mod:`minimum_data`)
unsound     a check of the comparison failed       it cannot be read as the programme's doing
untestable  too few placebo areas are disjoint     the change, described, and that no test of it
            for any p of ``ALPHA``, or no rank     is possible
none        p is over ``ALPHA``                    no clear change, and what is ruled out
doubtful    anything in ``Evidence.doubts``        a reason to look further, which shows nothing
harm        the change is the wrong way            the opposite of what the programme is for
effect      none of these                          consistent with an effect, never "caused"
==========  =====================================  ============================================

* A pre-trend (a drift before the start) fails under 0.05 and leaves doubt under ``DOUBT``: a check
  of little power is made at a lax level (Bancroft 1964, Biometrics 20:427), and passing it proves
  little (Roth 2022, AER: Insights 4:305).
* Placebo areas that overlap are not independent draws: n that share no unit allow no p under
  1 / (n + 1).
* An outcome other than the declared primary ones counts with its p adjusted for multiple testing
  within its family (the parts of a sum are one; a sum and its parts are none), as exploratory.
* The interval beside a verdict is at the level that its p is judged at: it excludes no difference
  exactly when p is ``ALPHA`` at most.
* The same change must be found by every alternative that passes its own checks, by another
  comparison among them, and not at a placebo date.
"""

from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np

from outcomes.core.errors import Invalid, one_of
from outcomes.core.formatting import p_value, sentence_case
from outcomes.methods.evaluation.difference_in_differences import ALPHA, grade_pretrend
from outcomes.methods.power import Detectable

PRETREND = "no drift before the start"
CLAUSES = {
    "not_enough": "there is too little to tell",
    "unsound": "the comparison failed its own checks",
    "untestable": "no test is possible",
    "none": "no clear change",
    "doubtful": "more than is usual, but doubtful",
    "harm": "more than chance explains, and the wrong way",
    "effect": "more than chance explains",
}
"""What each kind of verdict allows to be said, as a part of a sentence."""

BECAUSE = {
    "not_enough": "there are too few months or events",
    "unsound": "the two are not alike enough",
    "untestable": "too few places are as large to test it",
    "doubtful": "doubts remain",
}
"""Why it cannot be told, by the kind of verdict."""

ANSWERS = {"none": "no clear change", "harm": "no", "effect": "yes"}
"""The answer that a verdict gives; every other kind cannot be told."""


class Verdict(NamedTuple):
    """The kind of a verdict (of the table above) and the words it has earned.

    ``sentence`` is what was found and ``detail`` how sure it is; ``unchecked`` says what no data
    could check.
    """

    kind: str
    sentence: str
    detail: str = ""
    unchecked: str = ""
    because: str = ""  # why it cannot be told, as the end of a sentence

    @property
    def clause(self) -> str:
        """What may be said, as a part of a sentence: "no clear change"."""
        return CLAUSES[self.kind]

    @property
    def answer(self) -> str:
        """The word that answers whether the programme changed what it is for."""
        return ANSWERS.get(self.kind, "cannot be told")


class Evidence(NamedTuple):
    """What was found, and all that speaks for and against it."""

    ratio: float
    p: float  # as it counts: no less than ``smallest_p``, and adjusted if secondary
    direction: str = "fewer"  # or "more" or "neither"
    interval: tuple[float, float] | None = None
    unadjusted_p: float | None = None
    disjoint: int = 10**6  # placebo areas that share no unit
    family_size: int = 0  # outcomes that p is adjusted for; 0 for a primary one
    family: str = "secondary outcomes"  # what these are called
    confidence: float = 0.95  # of the interval
    checks: dict[str, bool | None] | None = None  # None: could not be checked
    pretrend_p: float | None = None  # NaN: could not be tested
    other_comparison: bool | None = None  # one passed its checks; None: not tried
    not_replicated: Sequence[str] = ()  # sound alternatives that do not find the same
    placebo_date: bool = False  # a placebo date shows a change as well
    detectable: Detectable | None = None
    few: str = ""  # how few there are to rank it among, where they do not overlap

    @property
    def alone(self) -> float:
        """p before any adjustment for multiple testing."""
        return self.p if self.unadjusted_p is None else self.unadjusted_p

    @property
    def testable(self) -> bool:
        """Whether there are enough disjoint placebo areas for a p of ``ALPHA``."""
        return smallest_p(self.disjoint) <= ALPHA

    @property
    def failed(self) -> list[str]:
        """The checks that failed."""
        failed = [k for k, passed in (self.checks or {}).items() if passed is False]
        return failed + [PRETREND] * (grade_pretrend(self.pretrend_p) == "fails")

    @property
    def doubts(self) -> list[str]:
        """What keeps a rare change from being read as an effect."""
        grade = grade_pretrend(self.pretrend_p)
        drift = f"its drift before the start leaves doubt ({p_value(self.pretrend_p)})"
        rows = {
            drift: grade == "doubtful",
            "whether it drifted before the start cannot be tested": grade == "untested",
            f"as one of the {self.family} it is exploratory": self.family_size > 0,
            "no other comparison was tried": self.other_comparison is None,
            "no other comparison passes its own checks": self.other_comparison is False,
            f"not found by {' or '.join(self.not_replicated)}": self.not_replicated,
            "a made-up start shows a change as well": self.placebo_date,
        }
        return [text for text, holds in rows.items() if holds]

    @property
    def blocked(self) -> str:
        """What keeps a change of any size from being called an effect, in words; "" where nothing does.

        The table is asked of a change as rare as can be that every alternative finds.
        """
        rare = self._replace(
            ratio=0.5,
            p=smallest_p(self.disjoint),
            direction="neither",
            not_replicated=(),
        )
        kind = _row(rare).kind
        if kind == "effect":
            return ""
        if kind == "doubtful":
            return "; ".join(rare.doubts)
        if kind == "unsound":
            return f"{'it ' if rare.failed == [PRETREND] else ''}{_failed(rare)}"
        return CLAUSES[kind]


def smallest_p(disjoint: int) -> float:
    """The smallest p-value that so many placebo areas which share no unit allow.

    >>> smallest_p(19)
    0.05
    """
    return 1 / (disjoint + 1)


def reach_verdict(
    evidence: Evidence, *, noun: str, area: str, comparison: str
) -> Verdict:
    """What the evidence has earned, written by the table and never by hand.

    Parameters
    ----------
    evidence : what was found, and all that speaks for and against it.
    noun : what was counted, in the plural or as a mass ("burglaries", "robbery").
    area, comparison : the treated area and what it is compared with, in words.

    Raises
    ------
    Invalid : for a p-value, a ratio or a direction that is none.

    Examples
    --------
    >>> found = Evidence(0.84, 0.17, interval=(0.67, 1.06))
    >>> said = reach_verdict(found, noun="burglary", area="Fleetwood", comparison="the county")
    >>> said.kind, said.clause
    ('none', 'no clear change')
    >>> said.sentence
    'No clear change in burglary in Fleetwood: a fall of over 33%, against the county, is ruled out.'
    """
    e = evidence
    if not np.isnan(e.p) and not 0 < e.p <= 1:
        raise Invalid(f"A p-value lies above 0 and up to 1; given {e.p}.")
    if not np.isfinite(e.ratio) or e.ratio <= 0:
        raise Invalid(f"A verdict needs a ratio above 0; given {e.ratio}.")
    one_of(e.direction, ("fewer", "more", "neither"), "direction")
    row = _row(e)
    words = {
        "head": f"{noun[:1].upper()}{noun[1:]} in {area} came out {_change(e.ratio)} {comparison}",
        "noun": noun,
        "area": area,
        "comparison": comparison,
        "change": _change(e.ratio),
        "checks": " and of ".join(e.failed),
        "failed": _failed(e),
        "untestable": _untestable(e),
        "ruled_out": _ruled_out(e, comparison),
        "interval": _interval(e),
        "p": _weighed(e),
        "estimate": _estimate(e, comparison),
        "usual": _how_often(e.alone),
        "would_have_shown": _would_have_shown(e),
        "doubts": "; ".join(e.doubts),
        "effect": _EITHER if e.direction == "neither" else "an effect of the programme",
    }
    unknown = ", ".join(k for k, passed in (e.checks or {}).items() if passed is None)
    return Verdict(
        row.kind,
        row.sentence.format(**words),
        row.detail.format(**words),
        f"Not checked, for want of data: {unknown}." if unknown else "",
        _because(e, row.kind),
    )


class _Row(NamedTuple):
    """One kind of verdict: when it applies, its sentence and its detail."""

    kind: str
    applies: Callable[[Evidence], bool]
    sentence: str
    detail: str


TABLE = (
    _Row(
        "unsound",
        lambda e: bool(e.failed),
        "{head}, but {failed}.",
        "{estimate}The comparison failed its check of {checks}, so this cannot be read as "
        "the programme's doing.",
    ),
    _Row(
        "untestable",
        lambda e: not e.testable or np.isnan(e.p),
        "{head}; no test is possible.",
        "{untestable}. It is described, not tested.",
    ),
    _Row(
        "none",
        lambda e: e.p > ALPHA,
        "No clear change in {noun} in {area}{ruled_out}.",
        "It came out {change} {comparison}{interval}{usual} ({p}).{would_have_shown}",
    ),
    _Row(
        "doubtful",
        lambda e: bool(e.doubts),
        "{head}: a reason to look further.",
        "That is more than is usual among places without the programme ({p}){interval}, and "
        "shows no effect: {doubts}.",
    ),
    _Row(
        "harm",
        lambda e: (
            e.direction != "neither" and (e.ratio < 1) != (e.direction == "fewer")
        ),
        "{head}: the opposite of its aim.",
        "That is more than chance would explain ({p}){interval}: the opposite of what the "
        "programme is for.",
    ),
    _Row(
        "effect",
        lambda e: True,
        "{head}, more than chance explains.",
        "That is consistent with {effect} ({p}){interval}.",
    ),
)


def _row(e: Evidence) -> _Row:
    """The first row of the table that applies."""
    return next(row for row in TABLE if row.applies(e))


_FAILED = {
    PRETREND: "was already changing before the start",
    "balance before the start": "the two were unlike before the start",
    "places near by moving with the comparison": "places near by moved otherwise too",
    "fit before the start": "the mix did not fit before the start",
    "forces to rank it among": "no other force fits well enough to rank it",
}
"""Checks by name, and what it means in words that one of them failed."""

_EITHER = "a change that came with the programme, where neither more nor fewer is better in itself"


def _because(e: Evidence, kind: str) -> str:
    if kind == "unsound" and PRETREND in e.failed:
        return "the two were already moving apart before"
    if kind == "untestable" and e.few:
        return e.few
    return BECAUSE.get(kind, "")


def _failed(e: Evidence) -> str:
    only = _FAILED.get(e.failed[0]) if len(e.failed) == 1 else None
    return only or "the comparison failed its own checks"


def _untestable(e: Evidence) -> str:
    if e.testable:
        return "It has no rank among other places"
    areas = "area of its size does" if e.disjoint == 1 else "areas of its size do"
    few = e.few or f"only {e.disjoint} untreated {areas} not overlap another"
    return (
        f"{sentence_case(few)}, and so few can tell no change of any size from chance"
    )


def _change(ratio: float) -> str:
    size = abs(ratio - 1)
    if size < 0.005:
        return "as expected from"
    return f"{size:.0%} {'lower' if ratio < 1 else 'higher'} than expected from"


def _interval(e: Evidence) -> str:
    if e.interval is None or not e.testable:
        return ""
    low, high = (f"{'−' if r < 1 else '+'}{_size(abs(r - 1))}" for r in e.interval)
    why = "" if e.confidence == 0.95 else ", the level that its correction leaves"
    return f" ({100 * e.confidence:.4g}% interval {low} to {high}{why})"


def _estimate(e: Evidence, comparison: str) -> str:
    """The change beside its interval, as a sentence; "" where it has none."""
    interval = _interval(e)
    return (
        f"It came out {_change(e.ratio)} {comparison}{interval}. " if interval else ""
    )


def _how_often(p: float) -> str:
    """How often as large a difference came without the programme, by its p before correction."""
    if p > 0.5:
        return "; a difference of that size is usual among places without the programme"
    if not p > ALPHA:
        return ""
    often = f"{10 * p:.0f} in 10" if p > 0.3 else f"1 in {1 / p:.0f}"
    return f"; as large a difference came in about {often} places without the programme"


def _ruled_out(e: Evidence, comparison: str) -> str:
    """Of the changes that the interval rules out, the one that the programme is for."""
    if e.interval is None:
        return f" against {comparison}"
    fall = f"a fall of over {_size(1 - e.interval[0])}"
    rise = f"a rise of over {_size(e.interval[1] - 1)}"
    if e.direction == "neither":
        return f": {fall} or {rise} is ruled out"
    return f": {fall if e.direction == 'fewer' else rise}, against {comparison}, is ruled out"


def _size(part: float) -> str:
    """A percentage; of less than half of one with a digit more, so that "−0.03%" is no zero."""
    return f"{part:.0%}" if part >= 0.005 or part < 5e-5 else f"{100 * part:.1g}%"


def _would_have_shown(e: Evidence) -> str:
    if e.detectable is None or e.family_size:
        return ""
    return (
        f" A fall of {1 - e.detectable.fall:.0%} or more, or a rise of {e.detectable.rise - 1:.0%} "
        "or more, would usually have stood out."
    )


def _weighed(e: Evidence) -> str:
    """The p that counts, with what it was by itself and why it counts for less."""
    notes = []
    if smallest_p(e.disjoint) > e.alone:
        least = p_value(smallest_p(e.disjoint))
        notes = [f"{least} at least, as only {e.disjoint} placebo areas do not overlap"]
    if e.family_size > 1:
        notes.append(f"corrected as one of {e.family_size} {e.family}")
    by_itself = f": {p_value(e.alone).removeprefix('p = ')} by itself" if notes else ""
    return ", ".join([f"{p_value(e.p)}{by_itself}", *notes])
