"""What an evaluation has earned the right to say: one table, whose first row that applies decides.

==========  =====================================  ============================================
kind        when                                   what may be said
==========  =====================================  ============================================
not_enough  too few months, events or placebo      the reason, and no estimate at all
            areas (:mod:`guards`, the evaluation)
unsound     a check of the comparison failed       it cannot be read as the programme's doing
untestable  too few placebo areas are apart for    the change, described, and that no test of it
            any p of ``ALPHA``, or it has no rank  is possible
none        p is over ``ALPHA``                    no effect can be told from chance
doubtful    anything in ``Evidence.doubts``        a reason to look further, which shows nothing
harm        the change is the wrong way            the opposite of what the programme is for
effect      none of these                          consistent with an effect, never "caused"
==========  =====================================  ============================================

* A drift before the start fails under 0.05 and leaves doubt under ``DOUBT``: a check of little
  power is made at a lax level (Bancroft 1964, Biometrics 20:427), and passing it proves little
  (Roth 2022, AER: Insights 4:305).
* Areas that overlap are not so many draws: n that share no unit allow no p under 1 / (n + 1).
* An outcome other than the declared primary ones counts with its p corrected for its family (the
  parts of a sum are one; a sum and its parts are none), and as exploratory.
* The interval beside a verdict is at the level that its p is judged at: it leaves out no change
  exactly when p is ``ALPHA`` at most.
* The same change must be found by every other choice that passes its own checks, by another
  comparison among them, and not at a start that is pretended.
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from outcomes.core.errors import Invalid, one_of
from outcomes.methods.multiple_testing import Detectable

ALPHA, DOUBT = 0.05, 0.25


class Verdict(NamedTuple):
    """The sentence to print, its kind (of the table above), and what was not checked."""

    sentence: str
    kind: str
    unchecked: str = ""


class Evidence(NamedTuple):
    """What was found, and all that speaks for and against it."""

    ratio: float
    p: float  # as it counts: no less than ``least``, and corrected if secondary
    direction: str = "fewer"  # or "more" or "neither"
    interval: tuple[float, float] | None = None
    alone: float | None = None  # p by itself
    separate: int = 10**6  # placebo areas that share no unit
    looks: int = 0  # secondary outcomes that p is corrected for; 0 for a primary one
    family: str = "secondary outcomes"  # what these are called
    level: float = 0.95  # of the interval
    checks: dict[str, bool | None] | None = None  # None: could not be checked
    drift: float | None = (
        None  # p of a drift before the start; NaN: could not be tested
    )
    elsewhere: bool | None = (
        None  # another comparison passed its own checks; None: not tried
    )
    unfound: Sequence[str] = ()  # sound other choices that do not find the same
    pretended: bool = False  # a start that is pretended shows a change as well
    detectable: Detectable | None = None

    @property
    def least(self) -> float:
        """The least p that the separate placebo areas allow."""
        return least_p(self.separate)

    @property
    def failed(self) -> str:
        """The checks that failed, in words."""
        failed = [k for k, passed in (self.checks or {}).items() if passed is False]
        return "; ".join(
            failed + ["no drift before the start"] * (drifts(self.drift) == "fails")
        )

    @property
    def doubts(self) -> str:
        """What keeps a rare change from being read as an effect, in words."""
        rows = {
            f"its drift before the start leaves doubt (p = {_p(self.drift)})": "doubtful",
            "whether it drifted before the start cannot be tested": "untested",
        }
        said = [text for text, grade in rows.items() if drifts(self.drift) == grade]
        for text, holds in (
            (f"as one of the {self.family} it is exploratory", self.looks),
            ("no other comparison was tried", self.elsewhere is None),
            ("no other comparison passes its own checks", self.elsewhere is False),
            (f"not found by {' or '.join(self.unfound)}", self.unfound),
            ("a start that is pretended shows a change as well", self.pretended),
        ):
            said += [text] * bool(holds)
        return "; ".join(said)


TABLE = (
    (
        "unsound",
        lambda e: e.failed,
        ", but the comparison failed its check of {failed}, so "
        "this cannot be read as the programme's doing.",
    ),
    (
        "untestable",
        lambda e: e.least > ALPHA or np.isnan(e.p),
        ". No test of it is possible: {untested}. It is described, not tested.",
    ),
    (
        "none",
        lambda e: e.p > ALPHA,
        "; {usual}no effect can be told from chance ({p}).{seen}",
    ),
    (
        "doubtful",
        lambda e: e.doubts,
        ", more than is usual among places without the programme "
        "({p}). That is a reason to look further and shows no effect: {doubts}.",
    ),
    (
        "harm",
        lambda e: (
            e.direction != "neither" and (e.ratio < 1) != (e.direction == "fewer")
        ),
        ", more than chance would explain ({p}): the opposite of what the programme is for.",
    ),
    ("effect", lambda e: True, ", more than chance would explain ({p}): {effect}."),
)
_EFFECT = "consistent with an effect of the programme"
_NEITHER = "consistent with a change that came with the programme, where neither more nor fewer is "


def least_p(separate: int) -> float:
    """The least p-value that so many placebo areas which share no unit allow."""
    return 1 / (separate + 1)


def drifts(p: float | None) -> str:
    """A test of drift before the start, graded: passes, doubtful, fails or untested."""
    if p is None:
        return ""
    if np.isnan(p):
        return "untested"
    return "fails" if p < ALPHA else "doubtful" if p < DOUBT else "passes"


def verdict(
    evidence: Evidence, *, outcome: str, place: str, comparison: str
) -> Verdict:
    """The sentence that the evidence has earned, written by the table and never by hand."""
    e = evidence
    if not np.isnan(e.p) and not 0 < e.p <= 1:
        raise Invalid(f"A p-value lies above 0 and up to 1; given {e.p}.")
    one_of(e.direction, ("fewer", "more", "neither"), "direction")
    kind, _, text = next(row for row in TABLE if row[1](e))
    usual = "a difference of that size is usual among places without the programme, so "
    said = text.format(
        failed=e.failed.replace("; ", " and of "),
        doubts=e.doubts,
        p=_weighed(e),
        seen=_seen(e),
        usual=usual if _alone(e) > ALPHA else "",
        untested=_untested(e),
        effect=f"{_NEITHER}better in itself" if e.direction == "neither" else _EFFECT,
    )
    unknown = ", ".join(k for k, passed in (e.checks or {}).items() if passed is None)
    rest = f"Not checked, for want of data: {unknown}." if unknown else ""
    head = f"{outcome} in {place} {_change(e.ratio)} expected from {comparison}{_interval(e)}"
    return Verdict(head + said, kind, rest)


def _interval(e: Evidence) -> str:
    if e.interval is None or e.least > ALPHA:
        return ""
    ends = " to ".join(
        f"{'−' if r < 1 else '+'}{_size(abs(r - 1))}" for r in e.interval
    )
    why = "" if e.level == 0.95 else ", the level that its correction leaves"
    return f" ({100 * e.level:.4g}% interval {ends}{why})"


def _size(part: float) -> str:
    """A percentage; of less than half of one with a digit more, so that "−0.03%" is no nought."""
    return f"{part:.0%}" if part >= 0.005 or part < 5e-5 else f"{100 * part:.1g}%"


def _change(ratio: float) -> str:
    if not np.isfinite(ratio) or ratio <= 0:
        raise Invalid(f"A verdict needs a ratio above 0; given {ratio}.")
    size = abs(ratio - 1)
    if size < 0.005:
        return "came out as"
    return f"came out {size:.0%} {'below' if ratio < 1 else 'above'} what would be"


def _untested(e: Evidence) -> str:
    if e.least <= ALPHA:
        return "it has no rank among other places"
    areas = "area of its size does" if e.separate == 1 else "areas of its size do"
    few = f"only {e.separate} untreated {areas} not overlap another"
    return f"{few}, and so few can tell no change of any size from chance"


def _seen(e: Evidence) -> str:
    """What would have shown."""
    if e.detectable is None or e.looks:
        return ""
    return (
        f" A fall of {1 - e.detectable.fall:.0%} or more, or a rise of {e.detectable.rise - 1:.0%} "
        "or more, would usually have shown."
    )


def _weighed(e: Evidence) -> str:
    """The p that counts, with what it was by itself and why it counts for less."""
    alone, notes = _alone(e), []
    if e.least > alone:
        notes = [
            f"at least {_p(e.least)} as only {e.separate} placebo areas do not overlap"
        ]
    if e.looks > 1:
        notes.append(f"corrected as one of {e.looks} {e.family}")
    by_itself = f": {_p(alone)} by itself" if notes else ""
    return ", ".join([f"p = {_p(e.p)}{by_itself}", *notes])


def _alone(e: Evidence) -> float:
    return e.p if e.alone is None else e.alone


def _p(p: float | None) -> str:
    if p is None or np.isnan(p):
        return "not known"
    return (
        "under 0.001"
        if p < 0.001
        else f"{p:.3f}".rstrip("0")
        if p < 0.1
        else f"{p:.2f}"
    )
