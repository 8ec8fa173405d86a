"""One force against a mix of all others, by quarter and per head: findings ready made.

The comparison is a synthetic control with placebo ranks over the other forces; the sentence is the
verdict its checks have earned. A mix whose gaps before the start exceed ``FIT`` of the level fails.
"""

import pandas as pd

from outcomes.core import formatting
from outcomes.core.errors import NotEnough
from outcomes.findings import plots
from outcomes.findings.finding import Finding, finding
from outcomes.methods import multiple_testing, power
from outcomes.methods.evaluation import synthetic_control, verdict

FIT = 0.10
_RANKED = "rank of the gap from a mix of other forces among those of all forces"
PER = 100_000


def against_forces(
    name: str,
    counts: pd.DataFrame,
    people: pd.Series,
    treated: str,
    start,
    *,
    what: str,
    sources,
    direction: str,
    event: str = "start",
    headline: bool = False,
    caveats=(),
) -> Finding:
    """Offences per head of one force against its mix of other forces, before and after a start.

    ``counts`` is quarter x force, ``people`` the residents of each force to be compared; ``what``
    names the offences ("recorded drug trafficking").
    """
    place, start = formatting.place(treated), pd.Timestamp(start)
    facts = {"area": place, "sources": sources, "unit": "% of the mix of other forces"}
    facts["period"] = f"from {start.year} Q{start.quarter}"
    try:
        made = _made(counts, people, treated, start)
    except NotEnough as reason:
        return finding(
            name, str(reason), verdict="not_enough", caveats=caveats, **facts
        )
    said = _said(made, treated, what, direction)
    earned = {"verdict": "not_enough"}
    if said.kind != "untestable":
        earned = {"verdict": "tested", "value": 100 * (made.ratio - 1)}
        n = int(made.placebo["kept"].sum()) + 1
        earned["test"] = f"{_RANKED}, {n} in number"
    title = f"{what} per {formatting.number(PER)} residents"
    named = {"actual": place, "synthetic": "mix of others"}
    lines = made.frame.melt("time", list(named), "which", "rate").replace(
        {"which": named}
    )
    look = {"highlight": list(named.values()), "ylabel": f"{title}, by quarter"}
    return finding(
        name,
        f"{said.sentence} {said.detail} {_own_rate(made.frame, place)}",
        headline=headline,
        **earned,
        numbers=_behind(made),
        table=made.frame.assign(
            time=[f"{t.year} Q{t.quarter}" for t in made.frame["time"]]
        ),
        caption=f"{formatting.sentence_case(title)} by quarter",
        figure=plots.series(
            lines, x="time", y="rate", by="which", events={event: start}, **look
        ),
        caveats=[*caveats, made.note, _spared(made.leave_one_out)],
        **facts,
    )


def _behind(made) -> dict[str, float]:
    """What the sentence of a mix says beside the difference from it."""
    found = {
        "forces in the mix": len(made.weights),
        **({"p": made.p} if made.rank else {}),
    }
    own, seen = made.frame.groupby("after")["actual"].mean(), _detectable(made)
    found |= {"own rate before": own[False], "own rate after": own[True]}
    if seen is not None:
        found |= {"a fall that would usually have shown, %": 100 * (1 - seen.fall)}
        found["a rise that would usually have shown, %"] = 100 * (seen.rise - 1)
    return found


def _detectable(made):
    kept = made.placebo.loc[made.placebo["kept"], "ratio"]
    return power.minimum_detectable(placebo=kept) if len(kept) >= 19 else None


def _own_rate(frame: pd.DataFrame, place: str) -> str:
    own = frame.groupby("after")["actual"].mean()
    text = f"{place}'s own rate was {formatting.number(own[True])} per {formatting.number(PER)} a quarter "
    return f"{text}after the start and {formatting.number(own[False])} before."


def _spared(mixes: pd.DataFrame) -> str:
    change = 100 * (mixes["ratio"] - 1)
    spread = formatting.interval(change.min(), change.max(), decimals=0)
    return f"Leaving out any one force of the mix, the difference is {spread}%."


def others_against_forces(
    name: str,
    outcomes: dict[str, pd.DataFrame],
    people: pd.Series,
    treated: str,
    start,
    *,
    sources,
    direction: str,
    caveats=(),
) -> Finding:
    """The outcomes after the primary one, all listed, with p-values adjusted for many looks.

    ``outcomes`` maps what is counted to its counts, quarter x force.
    """
    place, start = formatting.place(treated), pd.Timestamp(start)
    made, short = {}, []
    for what, counts in outcomes.items():
        try:
            made[what] = _made(counts, people, treated, start)
        except NotEnough as reason:
            short.append(f"{formatting.sentence_case(what)}: {reason}")
    facts = {
        "unit": "offences",
        "area": place,
        "period": f"from {start.year} Q{start.quarter}",
    }
    facts |= {"sources": sources, "caveats": caveats}
    if not made:
        return finding(name, " ".join(short), verdict="not_enough", **facts)
    ranked = {what: m.p for what, m in made.items() if m.p == m.p}
    found = (
        multiple_testing.benjamini_hochberg(list(ranked.values()))["adjusted"]
        if ranked
        else []
    )
    p = dict(zip(ranked, found, strict=True))
    told = [
        _said(m, treated, what, direction, p.get(what), len(p))
        for what, m in made.items()
    ]
    rows = [
        (
            what,
            100 * (m.ratio - 1),
            100 * m.fit,
            m.rank,
            m.gaps.shape[1] + 1,
            m.p,
            p.get(what),
        )
        for what, m in made.items()
    ]
    columns = [
        "offences",
        "difference",
        "gap_before",
        "rank",
        "ranked",
        "p",
        "p_adjusted",
    ]
    return finding(
        name,
        " ".join([*(f"{v.sentence} {v.detail}" for v in told), *short]),
        verdict="tested",
        test=f"{_RANKED}, corrected for many looks",
        **facts,
        numbers={
            f"{k}: {n}": v for k, m in made.items() for n, v in _behind(m).items()
        },
        table=pd.DataFrame(rows, columns=columns),
        units={"difference": "% of the mix", "gap_before": "% of the level"},
        caption=f"Other offences in {place} against a mix of other forces",
    )


def _made(counts, people, treated, start) -> synthetic_control.Synthetic:
    made = synthetic_control.fit_synthetic_control(
        counts[people.index] * PER / people, treated, start
    )
    if not made.ratio > 0:
        raise NotEnough(
            "No offences were recorded after the start, so the change has no ratio."
        )
    return made


def _said(made, treated, what, direction, corrected=None, looks=0) -> verdict.Verdict:
    """The verdict that the checks of one synthetic control have earned."""
    kept = made.placebo.loc[made.placebo["kept"], "ratio"]
    same = ((made.leave_one_out["ratio"] < 1) == (made.ratio < 1)).all()
    found = verdict.Evidence(
        made.ratio,
        made.p if corrected is None else corrected,
        direction,
        unadjusted_p=made.p,
        disjoint=len(kept),
        family_size=looks,
        family="other offences",
        other_comparison=True,
        not_replicated=[] if same else ["every mix without one of its forces"],
        checks={
            "fit before the start": made.fit <= FIT,
            "forces to rank it among": made.rank > 0,
        },
        detectable=_detectable(made),
    )
    return verdict.reach_verdict(
        found,
        noun=f"{what} per head",
        area=formatting.place(treated),
        comparison=f"a mix of {formatting.count(len(made.weights), 'other force')}",
    )
