"""Ready-made findings on what overlapping published figures allow, and where they disagree."""

from collections.abc import Iterable
from typing import Any

import numpy as np
import pandas as pd

from outcomes.core import formatting
from outcomes.core.errors import Invalid
from outcomes.data import places
from outcomes.data.published_figures import stocks
from outcomes.findings import charts
from outcomes.findings.finding import Finding, finding
from outcomes.findings.theme import WIDTH, styled
from outcomes.methods import reconcile

REGISTER = ("Register of published figures",)
"""The source of a finding that rests on no figure."""
_TEST = "is there any history that satisfies all figures?"


def bounds(
    name: str,
    figures: pd.DataFrame,
    periods: pd.DataFrame,
    *,
    noun: str,
    area: str,
    focus: str,
    kind: str = "number",
    parent: pd.DataFrame | None = None,
    direction: str = "neither",
    headline: bool = False,
    caveats: Iterable[str] = (),
) -> Finding:
    """What overlapping published figures allow each of ``periods`` to be, and which say so.

    Contradictions become caveats, each figure with what it would have to be. A period that no
    figure limits cannot be told, and then it is no headline.

    Parameters
    ----------
    figures
        Published figures of one measure.
    periods
        A row for each period, with label, start and end.
    noun
        What is counted, in the plural: "arrests".
    area
        A slug; with ``parent``, the table of places, figures of its parts count towards it.
    focus
        The label of the period that the sentence is about.
    """
    reconciled = reconcile.bounds(
        figures, periods, area=area if parent is not None else None, parent=parent
    )
    found = reconciled.bounds
    row = found[found["label"] == focus].iloc[0]
    when = formatting.period(row["start"], row["end"])
    title = formatting.sentence_case(noun)
    facts: dict[str, Any] = {"verdict": "estimate"}
    if row["state"] == "contradicted":
        agreement = reconcile.describe_contradictions(
            reconciled.contradictions, figures
        )
        facts = facts if agreement is None else {"agreement": agreement}
    allowed = amount(row["lower"], row["upper"], "£" if kind == "money" else "")
    text = f"There were {allowed} {noun} in {when}, by the published figures"
    detail = "; ".join(_bearers(row, figures, kind, area))
    if row["lower"] == 0 and row["upper"] == np.inf:
        text = (
            f"How many {noun} there were in {when} cannot be told: no published figure "
        )
        text, detail, facts = f"{text}limits it", "", {"verdict": "not_enough"}
    elif row["state"] == "contradicted":
        text += ", though some of these contradict each other"
    notes = [c.sentence for c in reconciled.contradictions]
    if row["inferred"]:
        notes.insert(0, "The period of a figure it rests on was inferred, not printed.")
    if len(figures):
        with styled():
            ax = charts.bounds(found, kind=kind)
            charts.title(ax, noun)
        facts |= {"figure": ax.figure, "alt": _alt(found, kind)}
    return finding(
        name,
        f"{text}.",
        detail=f"It follows from: {detail}." if detail else "",
        value=row["point"],
        lower=row["lower"],
        upper=row["upper"],
        unit=noun,
        period=when,
        area=places.true_name(area),
        direction=direction,
        headline=headline and facts.get("verdict") != "not_enough",
        table=_by_period(found, figures, kind, area),
        caption=f"{title}: what the published figures allow",
        sources=figures if len(figures) else REGISTER,
        caveats=[*caveats, *notes],
        **facts,
    )


def _alt(found: pd.DataFrame, kind: str) -> str:
    """The bands of a chart of bounds in words."""
    write, limited = formatting.WRITE[kind], np.isfinite(found["upper"])
    exact = int((found["lower"] == found["upper"]).sum())
    text = f"A band for each of {formatting.count(len(found), 'period')}"
    if limited.any():
        text += f", between {write(found['lower'].min())} and "
        text += write(found.loc[limited, "upper"].max())
    if exact:
        text += f"; {formatting.count(exact, 'period')} known exactly"
    if not limited.all():
        text += f"; {formatting.count(int((~limited).sum()), 'period')} without an upper limit"
    return f"{text}."


def _bearers(row: pd.Series, figures: pd.DataFrame, kind: str, area: str) -> list[str]:
    """The figures that the bounds of a period rest on, in words."""
    bearing = figures[figures["figure"].isin(row["binding"])]
    return formatting.stated(bearing, kind, home=area)


def _by_period(
    found: pd.DataFrame, figures: pd.DataFrame, kind: str, area: str
) -> pd.DataFrame:
    """Bounds, the figures they rest on, and both by the month."""
    table = found[["label", "start", "end", "lower", "upper", "state"]].assign(
        rests_on=[
            "; ".join(_bearers(row, figures, kind, area)) for _, row in found.iterrows()
        ]
    )
    if "measure" in figures and set(figures["measure"]) & stocks():
        return table  # what had gathered before its period has no rate
    months = ((found["end"] - found["start"]).dt.days + 1) / (365.25 / 12)
    return table.assign(
        per_month_at_least=found["lower"] / months,
        per_month_at_most=found["upper"] / months,
    )


def amount(lower: float, upper: float, unit: str = "count") -> str:
    """Bounds with their unit; from zero up it is "at most".

    >>> amount(1212, 1212), amount(1000, 2000, "£"), amount(0, 3, "kg")
    ('exactly 1,212', 'between £1,000 and £2,000', 'at most 3 kg')
    >>> amount(0, float("inf"))
    'not limited'
    """
    kind = "money" if unit == "£" else "number"
    text = formatting.between(lower, upper, kind=kind)
    if lower <= 0 < upper:
        if upper == np.inf:
            return "not limited"
        text = f"at most {formatting.WRITE[kind](upper)}"
    return f"{text} {unit}" if unit == "kg" else text


def bounds_by_measure(
    name: str,
    bounds: pd.DataFrame,
    *,
    measures: pd.DataFrame,
    focus: str | Iterable[str],
    sources: Any,
    area: str,
    caption: str,
    period: str = "",
    by: str = "measure",
    headline: bool = False,
    caveats: Iterable[str] = (),
) -> Finding:
    """Bounds of several measures by period: bands for each, of one month on average.

    Parameters
    ----------
    bounds
        What :func:`outcomes.methods.reconcile.bounds_by_measure` gives.
    measures
        The table of measures: measure, name, unit.
    focus
        The label of the period, or the labels of the periods, that the sentence is about.
    """
    if bounds.empty:
        raise Invalid(f"finding {name!r} was asked about no measure.")
    known, asked = (
        measures.set_index(by),
        [focus] if isinstance(focus, str) else [*focus],
    )
    rows = bounds.assign(
        name=bounds[by].map(known["name"]), unit=bounds[by].map(known["unit"])
    )
    if "stock" in known:  # what had gathered before its period has no rate
        stock = rows[by].map(known["stock"]).astype(bool)
        rows.loc[stock, ["month_least", "month_most"]] = np.nan
    limited = (rows["lower"] > 0) | (rows["upper"] < np.inf)
    drawn = rows[limited.groupby(rows[by]).transform("any")]
    told = rows[rows["label"].isin(asked) & limited]
    facts: dict[str, Any] = {"verdict": "not_enough"}
    if len(told):
        top = told.iloc[0]
        facts = {"verdict": "estimate", "unit": f"{top['name']}, {top['label']}"}
        facts |= {"value": top["point"], "lower": top["lower"], "upper": top["upper"]}
        facts["headline"] = headline
    each = [
        f"{formatting.sentence_case(row.name)} in {row.label}: "
        f"{amount(row.lower, row.upper, row.unit)}."
        for row in told.itertuples(index=False)
    ]
    free = rows[rows["label"].isin(asked) & ~limited].groupby("label", sort=False)
    each += [
        f"No figure limits {formatting.listed(names)} in {label}."
        for label, names in free["name"]
    ]
    if len(drawn):
        fixed = int((drawn["state"] == "exact").sum())
        shown = formatting.count(drawn[by].nunique(), "measure")
        facts["figure"] = _panels(drawn, by)
        facts["alt"] = (
            f"Bands by period for {shown}, one under another; {fixed} of {len(drawn)} "
            "are lines, where the total is fixed."
        )
    columns = ["measure", "unit", "label", "start", "end", "lower", "upper"]
    columns += ["month_least", "month_most", "state"]
    return finding(
        name,
        each[0],
        detail=" ".join(each[1:]),
        area=area,
        caption=caption,
        period=period or formatting.listed(asked),
        table=rows.assign(measure=rows["name"])[columns],
        sources=sources,
        caveats=caveats,
        **facts,
    )


def _panels(rows: pd.DataFrame, by: str) -> Any:
    """A chart of bands for each measure, under one another."""
    from matplotlib import pyplot as plt

    groups = [part for _, part in rows.groupby(by, sort=False)]
    with styled():
        height = sum(0.9 + 0.46 * len(part) for part in groups)
        figure, axes = plt.subplots(
            len(groups),
            figsize=(WIDTH, height),
            squeeze=False,
            height_ratios=[0.9 + 0.46 * len(part) for part in groups],
        )
        for ax, part in zip(axes.flat, groups, strict=True):
            first, limits = (
                part.iloc[0],
                {"lower": "month_least", "upper": "month_most"},
            )
            label = (
                f"{first['name']}, a month{' (kg)' if first['unit'] == 'kg' else ''}"
            )
            if part["month_least"].isna().all():
                label, limits = first["name"], {}
            kind = "money" if first["unit"] == "£" else "number"
            charts.bounds(part, kind=kind, ax=ax, **limits)
            charts.title(ax, label)
    return figure


def contradictions(
    name: str,
    contradictions: pd.DataFrame,
    *,
    checked: Iterable[str],
    measures: pd.DataFrame,
    sources: Any,
    area: str,
    headline: bool = False,
    caveats: Iterable[str] = (),
) -> Finding:
    """Which of the measures ``checked`` have figures that cannot all be right.

    ``contradictions`` is what :func:`outcomes.methods.reconcile.bounds_by_measure` found;
    ``measures`` the table of measures. Those that contradict each other only if an ambiguous period
    is read one way are named in the detail alone.
    """
    checked, facts = list(checked), {"area": area, "headline": headline}
    if not checked:
        text = "No measure has figures of two periods, so there is nothing to check."
        facts |= {"verdict": "not_enough", "sources": sources, "caveats": caveats}
        return finding(name, text, **facts)
    names = measures.set_index("measure")["name"]
    facts |= {"verdict": "tested", "test": _TEST}
    unsure = []
    if isinstance(sources, pd.DataFrame) and len(contradictions):
        unsure = sources.loc[sources["period_state"] == "ambiguous", "figure"]
        agreement = reconcile.describe_contradictions(contradictions, sources)
        facts |= {} if agreement is None else {"agreement": agreement, "test": ""}
    doubtful = contradictions["figure"].isin(unsure)
    sets = [contradictions["measure"], contradictions["set"]]
    doubtful = doubtful.groupby(sets).transform("any")
    clear = contradictions[~doubtful]
    found = clear["measure"].nunique()
    detail = [
        f"{formatting.sentence_case(names[measure])}: {text[:1].lower()}{text[1:]}"
        for measure, text in clear[["measure", "sentence"]]
        .drop_duplicates()
        .itertuples(index=False)
    ]
    if doubtful.any():
        unclear = names[contradictions.loc[doubtful, "measure"].unique()]
        detail.append(
            f"Figures of {formatting.listed(unclear)} clash as read, but the period of one "
            "can be read in more than one way."
        )
    columns = ["measure", "value", "qualifier", "start", "end", "lower", "upper"]
    table = contradictions.assign(measure=contradictions["measure"].map(names))[columns]
    of_all = formatting.count(len(checked), "measure")
    which = f": {formatting.listed(names[clear['measure'].unique()])}" * (0 < found < 4)
    return finding(
        name,
        f"{found or 'None'} of {of_all} {'has' if found < 2 else 'have'} figures that "
        f"cannot all be right{which}.",
        detail=" ".join(detail),
        value=found,
        unit="measures",
        sources=sources,
        table=table.rename(
            columns={"lower": "would be at least", "upper": "would be at most"}
        ),
        caption="Figures that contradict each other, and what each would have to be",
        numbers={"measures checked": len(checked)},
        caveats=caveats,
        **facts,
    )


def differing_values(
    name: str,
    figures: pd.DataFrame,
    *,
    label: str,
    noun: str,
    caption: str,
    area: str = "",
    sources: Any = None,
    headline: bool = False,
    caveats: Iterable[str] = (),
) -> Finding:
    """Facts whose exact published values differ by more than rounding.

    ``label`` is the column that names the fact each row states; ``noun`` what the facts are, in the
    plural ("national counts"). Every differing value is in the table, first to last.
    """
    exact = figures[figures["qualifier"] == "exact"].reset_index(drop=True)
    # 100 may be 103, rounded
    read = reconcile.value_limits(exact).assign(of=exact[label]).groupby("of")
    apart = read["low"].transform("max") > read["high"].transform("min")
    order = [label, "published", "value"]
    prints = exact[apart].sort_values(order, na_position="first")
    facts = {"unit": noun, "area": area, "caveats": caveats}
    if prints.empty:
        return finding(
            name,
            f"None of the {noun} was published with two different exact values.",
            value=0,
            sources=figures if sources is None else sources,
            **facts,
        )
    values = prints.groupby(label, sort=False)["value"].agg(["min", "max"])
    widest = (values["max"] / values["min"]).idxmax()
    written = {}
    for fact, rows in prints.groupby(label, sort=False):
        money = "unit" in rows and set(rows["unit"]) == {"£"}
        write = formatting.money if money else formatting.number
        written[fact] = [write(value) for value in sorted(set(rows["value"]))]
    low, *_, high = written[widest]
    said = [f"{fact}, {formatting.listed(w, 'or')}" for fact, w in written.items()]
    text = f"1 of the {noun} was published with different values: {widest}, "
    if len(values) > 1:
        text = f"{len(values)} of the {noun} were published with different values; the "
        text += f"widest apart, {widest}: "
    return finding(
        name,
        f"{text}{low} and {high}.",
        detail=f"The values are: {'; '.join(said)}." if len(values) > 1 else "",
        value=len(values),
        agreement=reconcile.find_differing(prints, by=label),
        headline=headline,
        sources=prints,
        table=prints[[label, "value", "published", "publisher"]],
        caption=caption,
        **facts,
    )
