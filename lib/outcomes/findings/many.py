"""Several counts side by side: what the published figures allow each of them, period by period."""

import pandas as pd

from outcomes.core import formatting
from outcomes.core.errors import Invalid
from outcomes.findings import parts, plots, theme
from outcomes.findings.finding import Finding, finding
from outcomes.methods import reconcile

_SOUGHT = {
    "verdict": "tested",
    "test": "is there any history that satisfies all figures?",
}
_TABLE = [
    "measure",
    "unit",
    "label",
    "start",
    "end",
    "lower",
    "upper",
    "month_least",
    "month_most",
    "state",
]


def amount(lower: float, upper: float, unit: str = "count") -> str:
    """Bounds with their unit: "exactly 1,212", "between £1,000 and £2,000", "at least 3 kg".

    From nought up it is "at most", and without a limit "not limited".
    """
    kind = "money" if unit == "£" else "number"
    text = formatting.between(lower, upper, kind=kind)
    if not lower > 0 and upper > 0:
        limited = upper < float("inf")
        text = f"at most {formatting.WRITE[kind](upper)}" if limited else "not limited"
        unit = unit if limited else ""
    return f"{text} {unit}" if unit == "kg" else text


def allowed(
    name: str,
    bounds: pd.DataFrame,
    *,
    measures: pd.DataFrame,
    ask,
    sources,
    area: str,
    caption: str,
    period: str = "",
    by: str = "measure",
    headline: bool = False,
    caveats=(),
) -> Finding:
    """Bounds of several measures by period: a panel of bands each, in one month on average.

    ``bounds`` is that of :func:`outcomes.methods.reconcile.bounds_by_measure`; ``measures`` the table
    of measures (measure, name, unit). The sentence is about the first measure that is limited in the
    period, or periods, named ``ask``; the detail about the others.
    """
    if bounds.empty:
        raise Invalid(f"finding {name!r} was asked about no measure.")
    facts = {"verdict": "not_enough"}
    known, asked = measures.set_index(by), [ask] if isinstance(ask, str) else list(ask)
    rows = bounds.assign(
        name=bounds[by].map(known["name"]), unit=bounds[by].map(known["unit"])
    )
    if "stock" in known:  # what had gathered before its period has no rate
        stock = rows[by].map(known["stock"]).astype(bool)
        rows.loc[stock, ["month_least", "month_most"]] = float("nan")
    rows["limited"] = (rows["lower"] > 0) | (rows["upper"] < float("inf"))
    drawn = rows[rows["limited"].groupby(rows[by]).transform("any")]
    told = rows[rows["label"].isin(asked) & rows["limited"]]
    if len(told):
        top = told.iloc[0]
        facts = {"verdict": "estimate", "unit": f"{top['name']}, {top['label']}"}
        facts["headline"] = headline
        facts |= parts.numbers(top["point"], top["lower"], top["upper"])
    sentence, detail = _said(rows[rows["label"].isin(asked)])
    fixed = int((drawn["state"] == "exact").sum())
    shown = formatting.count(drawn[by].nunique(), "measure")
    return finding(
        name,
        sentence,
        detail=detail,
        alt=""
        if drawn.empty
        else f"Bands by period for {shown}, one under another; "
        f"{fixed} of {len(drawn)} are lines, where the total is fixed.",
        **facts,
        area=area,
        caption=caption,
        period=period or formatting.listed(asked),
        table=rows.assign(measure=rows["name"])[_TABLE],
        figure=None if drawn.empty else _panels(drawn, by),
        sources=sources,
        caveats=caveats,
    )


def _said(totals: pd.DataFrame) -> tuple[str, str]:
    """The first total of the periods asked about, and each of the others."""
    each = [
        f"{formatting.sentence_case(row.name)} in {row.label}: "
        f"{amount(row.lower, row.upper, row.unit)}."
        for row in totals[totals["limited"]].itertuples(index=False)
    ]
    free = totals[~totals["limited"]].groupby("label", sort=False)["name"]
    each += [
        f"No figure limits {formatting.listed(names)} in {label}."
        for label, names in free
    ]
    first, *others = each
    return first, " ".join(others)


def _panels(rows: pd.DataFrame, by: str):
    """One chart of bands for each measure, under one another."""
    groups = [part for _, part in rows.groupby(by, sort=False)]
    figure, axes = theme.canvas(
        0.2 + 1.75 * len(groups), rows=len(groups), squeeze=False
    )
    for ax, part in zip(axes.flat, groups, strict=True):
        unit, label = (
            part["unit"].iloc[0],
            formatting.sentence_case(part["name"].iloc[0]),
        )
        options = {"lower": "month_least", "upper": "month_most"}
        options["ylabel"] = f"{label}, a month{' (kg)' if unit == 'kg' else ''}"
        if part["month_least"].isna().all():
            options = {"ylabel": label}
        plots.bounds(part, ax=ax, kind="money" if unit == "£" else "number", **options)
    return figure


def clashing(
    name: str,
    contradictions: pd.DataFrame,
    *,
    checked,
    measures: pd.DataFrame,
    sources,
    area: str,
    headline: bool = False,
    caveats=(),
) -> Finding:
    """Which of the measures ``checked`` have figures that cannot all be right, and which."""
    names = measures.set_index("measure")["name"]
    if not len(checked):
        text = "No measure has figures of two periods, so there is nothing to check."
        facts = {"verdict": "not_enough", "headline": headline, "caveats": caveats}
        return finding(name, text, area=area, sources=sources, **facts)
    stated = isinstance(sources, pd.DataFrame) and len(contradictions) > 0
    agreement = (
        reconcile.describe_contradictions(contradictions, sources) if stated else None
    )
    unsure = (
        sources.loc[sources["period_state"] == "ambiguous", "figure"] if stated else []
    )
    doubtful = contradictions["figure"].isin(unsure)
    doubtful = doubtful.groupby(
        [contradictions["measure"], contradictions["set"]]
    ).transform("any")
    n = contradictions.loc[~doubtful, "measure"].nunique()
    sets = contradictions.loc[~doubtful, ["measure", "sentence"]].drop_duplicates()
    which = names[sets["measure"].unique()]
    text = f"{formatting.number(n) if n else 'None'} of {formatting.count(len(checked), 'measure')} "
    text += f"{'has' if n < 2 else 'have'} figures that cannot all be right"
    text += f": {formatting.listed(which)}." if 0 < n < 4 else "."
    detail = [
        f"{formatting.sentence_case(names[measure])}: {sentence[:1].lower()}{sentence[1:]}"
        for measure, sentence in sets.itertuples(index=False)
    ]
    if doubtful.any():
        unclear = formatting.listed(
            names[contradictions.loc[doubtful, "measure"].unique()]
        )
        detail.append(
            f"Figures of {unclear} clash as read, but the period of one can be read in "
            "more than one way."
        )
    columns = ["measure", "value", "qualifier", "start", "end", "lower", "upper"]
    table = contradictions.assign(measure=contradictions["measure"].map(names))[columns]
    return finding(
        name,
        text,
        detail=" ".join(detail),
        value=n,
        unit="measures",
        area=area,
        headline=headline,
        sources=sources,
        caveats=caveats,
        numbers={"measures checked": len(checked)},
        **({"agreement": agreement} if agreement else _SOUGHT),
        table=table.rename(
            columns={"lower": "would be at least", "upper": "would be at most"}
        ),
        caption="Figures that contradict each other, and what each would have to be",
    )
