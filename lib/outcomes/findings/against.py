"""Figures of one page as it printed them, each with what other pages say: findings ready made."""

import re

import pandas as pd

from outcomes.core import formatting
from outcomes.findings import parts, plots
from outcomes.findings.bounds import amount
from outcomes.findings.finding import Finding, finding
from outcomes.findings.verdicts import VERDICTS
from outcomes.methods.reconcile import STATES, combine_checks

_COUNTED = {
    "confirmed": (
        "is confirmed by another publisher",
        "are confirmed by another publisher",
    ),
    "not_contradicted": ("is not contradicted", "are not contradicted"),
    "no_other_source": ("has no other source", "have no other source"),
    "contradicted": ("is contradicted", "are contradicted"),
    "not_enough": ("cannot be told", "cannot be told"),
}
_AMONG = ", among the other statements"
_HELD = "each figure against every other statement of the same thing"
KINDS = {
    "output": "work done",
    "outcome": "results without a comparison",
    "context": "the setting",
}
"""What a figure can show, by the kind of its measure."""


def as_printed(figure) -> str:
    """A figure as a reader met it: "over £148,000", "318 kg", "Good (coded 4)", "an event"."""
    if figure.unit == "yes or no":
        return "yes" if figure.value else "no"
    if figure.unit == "event":
        return "an event, no count"
    if figure.unit == "grade":
        grade = re.search(rf"\b{figure.value:.0f}=([A-Z][a-z]+)", figure.note)
        return (
            f"{grade[1]} (coded {figure.value:.0f})" if grade else f"{figure.value:.0f}"
        )
    pence = 0 if float(figure.value).is_integer() else 2
    text = (
        formatting.money(figure.value, pence)
        if figure.unit == "£"
        else formatting.number(figure.value)
    )
    text += f" {figure.unit}" if figure.unit in ("kg", "years", "times") else ""
    return formatting.QUALIFIED.get(figure.qualifier, "") + text


def held(
    name: str,
    checked: pd.DataFrame,
    *,
    measures: pd.DataFrame,
    others: pd.DataFrame,
    what: str,
    headline: bool = False,
    caveats=(),
) -> Finding:
    """The figures of one programme: each as printed, its state, and what else is in print.

    ``checked`` is from :func:`outcomes.methods.reconcile.check_agreement`; ``measures`` the register's
    table; ``others`` the figures it was held against, cited where they bear on one.
    """
    if checked.empty:
        return finding(
            name, f"{what}: none.", value=0, unit="figures", sources=parts.REGISTER
        )
    known = measures.set_index("measure")
    checked = checked.reset_index(drop=True).assign(
        name=checked["measure"].map(known["name"]).to_numpy(),
        printed=[as_printed(f) for f in checked.itertuples()],
    )
    bad = checked[checked["state"] == "contradicted"]
    text = f"{what}: {counted(checked)}."
    if len(bad):
        text += f" Contradicted: {formatting.listed(bad['name'] + ' (' + bad['printed'] + ')')}."
    if len(checked) == 1 and len(bad):
        text = f"{what}: {bad['name'][0]}. {bad['contradiction'][0]}"
    if len(checked) == 1 and checked["state"][0] == "not_contradicted":
        one = checked.iloc[0]
        allowed = _allowed(one, whole=True)
        text = f"{what}: {one['printed']}, not contradicted. Other figures allow {allowed}."
    return finding(
        name,
        text,
        **_marked(checked),
        headline=headline,
        table=_each(checked, known, others),
        caveats=[*caveats, *_disputes(checked)],
        caption=f"{what}: every figure, and what other pages say",
        sources=pd.concat([checked, *(_near(f, others) for f in checked.itertuples())]),
    )


def _marked(checked: pd.DataFrame) -> dict:
    """The verdict on a set of figures with its number: one's own when it is one figure."""
    if (checked["state"] == "not_enough").all():
        return {"verdict": "not_enough"}
    facts = {"value": len(checked), "unit": "figures"}
    found = combine_checks(checked)
    if len(checked) == 1:
        one = checked.iloc[0]
        facts = {"value": one["value"], "unit": one["name"], "period": _period(one)}
        if found.verdict == "not_contradicted":
            facts |= {"lower": 0 if pd.isna(one["lower"]) else one["lower"]}
            facts |= {"upper": float("inf") if pd.isna(one["upper"]) else one["upper"]}
    elif (
        found is None or found.verdict == "not_contradicted"
    ):  # a range is that of one figure
        return facts | {"verdict": "tested", "test": _HELD}
    return facts | {"agreement": found}


def _each(
    checked: pd.DataFrame, known: pd.DataFrame, others: pd.DataFrame
) -> pd.DataFrame:
    """The table of :func:`held`: each figure, its state, and what else is in print."""
    return pd.DataFrame(
        {
            "measure": checked["name"],
            "place": checked["area_name"],
            "period": [_period(f) for f in checked.itertuples()],
            "as_printed": checked["printed"],
            "state": checked["state"].map({k: v.shown for k, v in VERDICTS.items()}),
            "other_statements": [_stated(f, others) for f in checked.itertuples()],
            "others_allow": [
                _allowed(f, known["whole"][f.measure]) for f in checked.itertuples()
            ],
            "a_day": checked["per_day"],
            "it_shows": checked["measure"].map(known["kind"]).map(KINDS),
        }
    )


def _disputes(checked: pd.DataFrame) -> list[str]:
    """What speaks against each figure, what is unsure, and where the other statements quarrel."""
    return [
        f"{formatting.sentence_case(checked['name'][i])}{_AMONG * (column == 'other_contradictions')}: {said}"
        for column in ("contradiction", "doubt", "other_contradictions")
        for i, said in checked[column].items()
        if said
    ]


def counted(checked: pd.DataFrame) -> str:
    """ "4 figures, of which 3 are confirmed by another publisher and 1 is contradicted"."""
    n = checked["state"].value_counts()
    parts = [
        f"{formatting.number(n[s])} {_COUNTED[s][int(n[s] > 1)]}"
        for s in STATES
        if s in n
    ]
    total = formatting.count(len(checked), "figure")
    if len(parts) == 1:
        return f"{total}, which {parts[0].split(' ', 1)[1]}"
    return f"{total}, of which {formatting.listed(parts)}"


def held_counts(
    name: str,
    checked: pd.DataFrame,
    *,
    what: str,
    sources,
    headline: bool = False,
    caveats=(),
) -> Finding:
    """How many figures are confirmed, not contradicted, alone, contradicted or untestable."""
    n = checked["state"].value_counts().reindex(list(STATES), fill_value=0)
    earned = [VERDICTS[s] for s in n.index]
    table = pd.DataFrame({"state": [v.shown for v in earned], "figures": n.to_numpy()})
    figure = plots.bars(table, label="state", value="figures", xlabel="figures")
    return finding(
        name,
        f"{what}: {counted(checked)}.",
        value=int(n["confirmed"]),
        figure=figure,
        unit="figures confirmed",
        headline=headline,
        sources=sources,
        verdict="tested",
        test=_HELD,
        table=table.assign(meaning=[v.meaning for v in earned]),
        caveats=caveats,
        caption=f"{what} by what other statements say",
    )


def _period(figure) -> str:
    if pd.isna(figure.period_end) and pd.notna(figure.period_start):
        return f"since {formatting.month(figure.period_start)}"
    return formatting.period(figure.period_start, figure.period_end)


def _when(period: str) -> str:
    if period.startswith("since"):
        return f" {period}"
    return f", {period}" if "not stated" in period else f" for {period}"


def _allowed(one, whole: bool) -> str:
    """What the other statements alone allow, where that can be asked at all."""
    if not whole or one.state == "not_enough":
        return "[z]"
    low = 0 if pd.isna(one.lower) else one.lower
    return amount(low, float("inf") if pd.isna(one.upper) else one.upper, one.unit)


def _near(one, others: pd.DataFrame) -> pd.DataFrame:
    same = (others["measure"] == one.measure) & (others["area"] == one.area)
    same &= (others["programme"] == one.programme) & (others["figure"] != one.figure)
    apart = (others["period_start"] > one.period_end) | (
        others["period_end"] < one.period_start
    )
    return others[(same & ~apart) | others["figure"].isin(one.limited_by)]


def _stated(one, others: pd.DataFrame) -> str:
    """The other statements in words, each once: "103 for January 2021 to September 2022"."""
    said = [
        f"{as_printed(f)}{_when(_period(f))}{'' if f.area == one.area else f' in {f.area_name}'}"
        for f in _near(one, others).itertuples()
    ]
    return "; ".join(dict.fromkeys(said)) or "none"


def held_kinds(
    name: str,
    checked: pd.DataFrame,
    *,
    what: str,
    measures: pd.DataFrame,
    sources,
    headline: bool = False,
    caveats=(),
) -> Finding:
    """How many figures count work done, how many a result, and how many describe the setting."""
    kinds = checked["measure"].map(measures.set_index("measure")["kind"]).map(KINDS)
    table = kinds.value_counts().reindex(list(KINDS.values()), fill_value=0)
    table = table.rename_axis("it_shows").reset_index(name="figures")
    said = formatting.listed(
        f"{formatting.number(k.figures)} show {k.it_shows}" for k in table.itertuples()
    )
    text = f"{what}: of {formatting.count(len(checked), 'figure')}, {said}."
    return finding(
        name,
        text,
        value=int(table["figures"][0]),
        unit="figures that show work done",
        headline=headline,
        sources=sources,
        caveats=caveats,
        table=table,
        caption=f"{what} by what its figures show",
        figure=plots.bars(table, label="it_shows", value="figures", xlabel="figures"),
    )
