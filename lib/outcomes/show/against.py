"""Figures of one page as it printed them, each with what other pages say: findings ready made."""

import re

import pandas as pd

from outcomes.analysis.statements import STATES
from outcomes.show import plots, words
from outcomes.show.findings import Finding, finding
from outcomes.show.many import amount

_QUALIFIED = {"over": "over ", "at_least": "at least ", "nearly": "nearly ", "approx": "about "}
_COUNTED = {
    "agrees": ("agrees with other statements", "agree with other statements"),
    "contradicted": ("is contradicted", "are contradicted"),
    "alone": ("stands alone", "stand alone"),
    "undated": ("has no full period", "have no full period"),
}
KINDS = {"output": "work done", "outcome": "results without a comparison", "context": "the setting"}
"""What a figure can show, by the kind of its measure."""


def as_printed(figure) -> str:
    """A figure as a reader met it: "over £148,000", "318 kg", "Good (coded 4)", "an event"."""
    if figure.unit == "event":
        return "an event, no count"
    if figure.unit == "grade":
        grade = re.search(rf"\b{figure.value:.0f}=([A-Z][a-z]+)", figure.note)
        return f"{grade[1]} (coded {figure.value:.0f})" if grade else f"{figure.value:.0f}"
    pence = 0 if float(figure.value).is_integer() else 2
    text = words.money(figure.value, pence) if figure.unit == "£" else words.number(figure.value)
    text += f" {figure.unit}" if figure.unit in ("kg", "years", "times") else ""
    return _QUALIFIED.get(figure.qualifier, "") + text


def held(
    name: str, checked: pd.DataFrame, *, measures: pd.DataFrame, others: pd.DataFrame, what: str,
    headline: bool = False, caveats=(),
) -> Finding:  # fmt: skip
    """The figures of one programme: each as printed, its state, and what else is in print.

    ``checked`` is from :func:`outcomes.analysis.statements.hold`; ``measures`` the register's
    table; ``others`` the figures it was held against, cited where they bear on one.
    """
    if checked.empty:
        register = ["The register of published figures"]
        return finding(name, f"{what}: none.", value=0, unit="figures", sources=register)
    checked, known = checked.reset_index(drop=True), measures.set_index("measure")
    said = [as_printed(f) for f in checked.itertuples()]
    names = checked["measure"].map(known["name"])
    text = f"{what}: {counted(checked)}."
    bad = checked.index[checked["state"] == "contradicted"]
    if len(bad):
        text += f" Contradicted: {words.listed(f'{names[i]} ({said[i]})' for i in bad)}."
    table = pd.DataFrame(
        {
            "measure": names,
            "place": checked["area_name"],
            "period": _periods(checked),
            "as_printed": said,
            "state": checked["state"],
            "other_statements": [_stated(f, others) for f in checked.itertuples()],
            "others_allow": [_allowed(f, known["whole"][f.measure]) for f in checked.itertuples()],
            "a_day": checked["per_day"],
            "it_shows": checked["measure"].map(known["kind"]).map(KINDS),
        }
    )
    near = pd.concat([checked, *(_near(f, others) for f in checked.itertuples())])
    verdict = "contradicted" if len(bad) else "informational"
    if checked["state"].isin(["undated"]).all():
        verdict = "not_enough"
    notes = [
        f"{words.sentence_case(names[i])}: {checked['against'][i]}"
        for i in checked.index
        if checked["against"][i]
    ]
    notes += [
        f"{words.sentence_case(names[i])}, among the other statements: {checked['quarrel'][i]}"
        for i in checked.index
        if checked["quarrel"][i]
    ]
    return finding(
        name, text, value=len(checked), unit="figures", verdict=verdict, headline=headline,
        table=table, caption=f"{what}: every figure, and what other pages say", sources=near,
        caveats=[*caveats, *notes],
    )  # fmt: skip


def counted(checked: pd.DataFrame) -> str:
    """ "4 figures, of which 3 agree with other statements and 1 is contradicted"."""
    n = checked["state"].value_counts()
    parts = [f"{words.number(n[s])} {_COUNTED[s][int(n[s] > 1)]}" for s in STATES if s in n]
    total = words.count(len(checked), "figure")
    if len(parts) == 1:
        return f"{total}, which {parts[0].split(' ', 1)[1]}"
    return f"{total}, of which {words.listed(parts)}"


def held_counts(
    name: str, checked: pd.DataFrame, *, what: str, sources, headline: bool = False, caveats=()
) -> Finding:
    """How many figures agree with other statements, are contradicted, alone or untestable."""
    n = checked["state"].value_counts().reindex(list(STATES), fill_value=0)
    table = pd.DataFrame({"state": n.index, "meaning": [STATES[s] for s in n.index], "figures": n})
    figure = plots.bars(table, label="meaning", value="figures", xlabel="figures")
    return finding(
        name, f"{what}: {counted(checked)}.", value=int(n["contradicted"]), figure=figure,
        unit="figures contradicted", headline=headline, table=table, caveats=caveats,
        verdict="contradicted" if n["contradicted"] else "informational", sources=sources,
        caption=f"{what} by whether other statements agree",
    )  # fmt: skip


def _periods(figures: pd.DataFrame) -> list[str]:
    out = []
    for f in figures.itertuples():
        open_end = pd.isna(f.period_end) and pd.notna(f.period_start)
        text = f"since {words.month(f.period_start)}" if open_end else ""
        out.append(text or words.period(f.period_start, f.period_end))
    return out


def _when(period: str) -> str:
    if period.startswith("since"):
        return f" {period}"
    return f", {period}" if "not stated" in period else f" for {period}"


def _allowed(one, whole: bool) -> str:
    """What the other statements alone allow, where that can be asked at all."""
    if not whole or one.state == "undated":
        return "[z]"
    low = 0 if pd.isna(one.lower) else one.lower
    return amount(low, float("inf") if pd.isna(one.upper) else one.upper, one.unit)


def _near(one, others: pd.DataFrame) -> pd.DataFrame:
    same = (others["measure"] == one.measure) & (others["area"] == one.area)
    same &= (others["programme"] == one.programme) & (others["figure"] != one.figure)
    apart = (others["period_start"] > one.period_end) | (others["period_end"] < one.period_start)
    return others[same & ~apart]


def _stated(one, others: pd.DataFrame) -> str:
    """The other statements in words, each once: "103 for January 2021 to September 2022"."""
    near = _near(one, others)
    said = [
        f"{as_printed(f)}{_when(p)}" for f, p in zip(near.itertuples(), _periods(near), strict=True)
    ]
    return "; ".join(dict.fromkeys(said)) or "none"


def held_kinds(
    name: str, checked: pd.DataFrame, *, what: str, measures: pd.DataFrame, sources,
    headline: bool = False, caveats=(),
) -> Finding:  # fmt: skip
    """How many figures count work done, how many a result, and how many describe the setting."""
    kinds = checked["measure"].map(measures.set_index("measure")["kind"]).map(KINDS)
    table = kinds.value_counts().reindex(list(KINDS.values()), fill_value=0)
    table = table.rename_axis("it_shows").reset_index(name="figures")
    said = words.listed(f"{words.number(k.figures)} show {k.it_shows}" for k in table.itertuples())
    text = f"{what}: of {words.count(len(checked), 'figure')}, {said}."
    return finding(
        name, text, value=int(table["figures"][0]), unit="figures that show work done",
        headline=headline, sources=sources, caveats=caveats, table=table,
        caption=f"{what} by what its figures show",
        figure=plots.bars(table, label="it_shows", value="figures", xlabel="figures"),
    )  # fmt: skip
