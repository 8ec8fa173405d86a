"""Several counts side by side: what the published figures allow each of them, period by period."""

import pandas as pd

from outcomes.analysis import several
from outcomes.data.errors import Invalid
from outcomes.show import plots, style, words
from outcomes.show.findings import Finding, finding

_STATES = {
    "exact": "{} fixed",
    "bounded": "{} between two limits",
    "open": "{} without an upper limit",
    "contradicted": "{} contradicted",
}


def amount(lower: float, upper: float, unit: str = "count") -> str:
    """Bounds with their unit: "exactly 1,212", "between £1,000 and £2,000", "at least 3 kg".

    From nought up it is "at most", and without a limit "not limited".
    """
    kind = "money" if unit == "£" else "number"
    text = words.between(lower, upper, kind=kind)
    if not lower > 0 and upper > 0:
        limited = upper < float("inf")
        text = f"at most {words.WRITE[kind](upper)}" if limited else "not limited"
        unit = unit if limited else ""
    return f"{text} {unit}" if unit == "kg" else text


def allowed(
    name: str, bounds: pd.DataFrame, *, measures: pd.DataFrame, ask, sources, area: str,
    caption: str, period: str = "", by: str = "measure", headline: bool = False, caveats=(),
) -> Finding:  # fmt: skip
    """Bounds of several measures by period: a panel of bands each, in one month on average.

    ``bounds`` is that of :func:`outcomes.analysis.several.reconcile_each`; ``measures`` the table
    of measures (measure, name, unit); the sentence is about the period, or periods, named ``ask``.
    """
    if bounds.empty:
        raise Invalid(f"finding {name!r} was asked about no measure.")
    known = measures.set_index(by)
    names, units = bounds[by].map(known["name"]), bounds[by].map(known["unit"])
    asked = [ask] if isinstance(ask, str) else list(ask)
    said = [
        f"In {label}: "
        + "; ".join(
            f"{names[i]}, {amount(bounds['lower'][i], bounds['upper'][i], units[i])}"
            for i in bounds.index[bounds["label"] == label]
        )
        for label in asked
    ]
    count = bounds["state"].value_counts()
    states = [text.format(words.number(count[s])) for s, text in _STATES.items() if s in count]
    text = f"{'. '.join(said)}. Of {words.count(len(bounds), 'total')} asked for, "
    text += f"{words.listed(states)}."
    limited = (bounds["lower"] > 0) | (bounds["upper"] < float("inf"))
    table = bounds[["label", "start", "end", "lower", "upper", "month_least", "month_most"]]
    table = pd.concat(
        [names.rename("measure"), units.rename("unit"), table, bounds["state"]], axis=1
    )
    drawn = bounds[limited.groupby(bounds[by]).transform("any")]
    facts = {"verdict": "bounded", "value": len(bounds), "headline": headline}
    if drawn.empty:
        facts = {"verdict": "not_enough"}
    return finding(
        name, text, **facts, unit="totals asked for", area=area, table=table,
        period=period or words.listed(asked), figure=_panels(drawn, known, by), caption=caption,
        sources=sources, caveats=caveats,
    )  # fmt: skip


def _panels(bounds: pd.DataFrame, known: pd.DataFrame, by: str):
    """One chart of bands for each measure, under one another; none when nothing is limited."""
    groups = list(bounds.groupby(by, sort=False))
    if not groups:
        return None
    figure, axes = style.canvas(0.2 + 1.75 * len(groups), rows=len(groups), squeeze=False)
    for ax, (measure, part) in zip(axes.flat, groups, strict=True):
        unit = known["unit"][measure]
        label = f"{words.sentence_case(known['name'][measure])}, a month"
        label += " (kg)" if unit == "kg" else ""
        options = {"lower": "month_least", "upper": "month_most", "ylabel": label}
        plots.bounds(part, ax=ax, kind="money" if unit == "£" else "number", **options)
    return figure


def grown(
    name: str, bounds: pd.DataFrame, before: str, after: str, *, measures: pd.DataFrame, sources,
    area: str, period: str, headline: bool = False, caveats=(),
) -> Finding:  # fmt: skip
    """The least and the most growth of each measure between two periods of one length."""
    names = measures.set_index("measure")["name"]
    rows = several.growth(bounds, before, after)
    rows = rows.assign(name=rows["measure"].map(names), middle=rows[["least", "most"]].mean(axis=1))
    left = [names[m] for m in bounds["measure"].unique() if m not in set(rows["measure"])]
    rest = f" It cannot be told for {words.listed(left)}." if left else ""
    facts = {"unit": "growth of the measure that grew most", "area": area, "period": period}
    facts |= {"sources": sources, "caveats": caveats}
    if rows.empty:
        text = f"Growth from {before} to {after} cannot be told for any measure asked."
        return finding(name, text, verdict="not_enough", **facts)
    said = words.listed(
        f"{r.name} {_growth(r.least, r.most)}" for r in rows.itertuples(index=False)
    )
    top = rows.loc[rows["middle"].idxmax()]
    figure = plots.intervals(
        rows, label="name", estimate="middle", lower="least", upper="most", kind="percent",
        xlabel=f"growth from {before} to {after}",
    )  # fmt: skip
    table = rows[["name"]].assign(least=100 * rows["least"], most=100 * rows["most"])
    return finding(
        name, f"Growth from {before} to {after}: {said}.{rest}", value=top["middle"],
        lower=top["least"], upper=top["most"], verdict="bounded", headline=headline, figure=figure,
        table=table, units={"least": "%", "most": "%"}, caption=f"Growth from {before} to {after}",
        **facts,
    )  # fmt: skip


def _growth(least: float, most: float) -> str:
    low, high = words.percent(least), words.percent(most)
    return low if low == high else f"{low} to {high}"


def clashing(
    name: str, contradictions: pd.DataFrame, *, checked, measures: pd.DataFrame, sources,
    area: str, headline: bool = False, caveats=(),
) -> Finding:  # fmt: skip
    """Which of the measures ``checked`` have figures that cannot all be right, and which."""
    names = measures.set_index("measure")["name"]
    n = contradictions["measure"].nunique()
    text = f"{words.number(n)} of {words.count(len(checked), 'measure')} "
    text += f"{'has' if n == 1 else 'have'} figures that cannot all be right."
    sets = contradictions[["measure", "sentence"]].drop_duplicates()
    for measure, sentence in sets.itertuples(index=False):
        text += f" {words.sentence_case(names[measure])}: {sentence[:1].lower()}{sentence[1:]}"
    columns = ["measure", "value", "qualifier", "start", "end", "lower", "upper"]
    table = contradictions.assign(measure=contradictions["measure"].map(names))[columns]
    return finding(
        name, text, value=n, unit="measures", area=area, headline=headline, sources=sources,
        verdict="contradicted" if n else "informational", caveats=caveats,
        table=table.rename(columns={"lower": "would be at least", "upper": "would be at most"}),
        caption="Figures that contradict each other, and what each would have to be",
    )  # fmt: skip
