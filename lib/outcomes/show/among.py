"""Findings ready made: one count among others of its kind, and prints of one fact among others.

They complete :mod:`outcomes.show.ready` for weeks of action and for figures that are printed many
times. Each sentence is written by code from the result; too little data is a result as well.
"""

import pandas as pd

from outcomes.analysis import rates, spc
from outcomes.show import plots, words
from outcomes.show.findings import Finding, finding


def pace(
    name: str, frame: pd.DataFrame, *, label: str, count: str, exposure: str, ask: str, what: str,
    sources, area: str = "", period: str = "", better: str = "neither", headline: bool = False,
    caption: str, caveats=(),
) -> Finding:  # fmt: skip
    """Counts over unequal lengths as rates (Garwood), one row compared with the row before it.

    ``what`` names the rate ("arrests a day"). The value is the ratio of the row labelled ``ask``
    to the row above it, with the exact interval of two Poisson rates.
    """
    rows = frame.dropna(subset=[count, exposure]).reset_index(drop=True)
    rows = rows.join(rates.garwood(rows[count], exposure=rows[exposure])) if len(rows) else rows
    facts = {"unit": f"ratio of {what}", "area": area, "period": period, "sources": sources}
    facts |= {"better": better, "caveats": caveats}
    if len(rows):
        options = {"label": label, "estimate": "estimate", "lower": "lower", "upper": "upper"}
        facts |= {"table": rows[[label, count, exposure, *list(options.values())[1:]]]}
        facts |= {"caption": caption}
        facts |= {"figure": plots.intervals(rows, highlight=ask, xlabel=what, **options)}
    at = [i for i in rows.index[1:] if str(rows[label][i]) == ask]
    if not at:
        text = f"How {what} in {ask} compare with the time before cannot be told: "
        text += "exact counts were not published for both."
        return finding(name, text, verdict="not_enough", **facts)
    now, before = rows.loc[at[0]], rows.loc[at[0] - 1]
    given = (now[count], now[exposure], before[count], before[exposure])
    ratio, low, high = rates.poisson_ratio(*given)
    text = (
        f"{words.number(now['estimate'], 0)} {what} in {ask}, {words.number(ratio, 2)} times "
        f"the rate of {before[label]} (interval {words.interval(low, high, decimals=2)})."
    )
    numbers = {"value": ratio, "lower": low, "upper": high, "headline": headline}
    return finding(name, text, verdict="estimate", **numbers, **facts)


def standing(
    name: str, frame: pd.DataFrame, *, label: str, part: str, whole: str, ask: str, what: str,
    kind: str, sources, area: str = "", reference: float | None = None, reference_label: str = "",
    better: str = "neither", headline: bool = False, caption: str, caveats=(),
) -> Finding:  # fmt: skip
    """One of several shares (Wilson), and whether chance alone would let it stray so far (funnel).

    ``what`` names the share ("Lancashire's share of national arrests"), ``kind`` its rows
    ("week"). ``reference`` is a share to hold it against, named by ``reference_label``.
    """
    rows = frame.dropna(subset=[part, whole]).reset_index(drop=True)
    facts = {"unit": what, "period": ask, "area": area, "sources": sources, "better": better}
    facts["caveats"] = caveats
    if len(rows) < 2:
        text = f"{what} cannot be compared: fewer than two {kind}s have both counts published."
        return finding(name, text, verdict="not_enough", **facts)
    rows = rows.join(rates.wilson(rows[part], rows[whole])).rename(columns={"estimate": "share"})
    table = rows.assign(**{c: 100 * rows[c] for c in ("share", "lower", "upper")})
    table = table[[label, part, whole, "share", "lower", "upper"]]
    facts |= {"table": table, "caption": caption}
    facts["units"] = dict.fromkeys(("share", "lower", "upper"), "%")
    facts["figure"] = plots.intervals(
        rows, label=label, estimate="share", lower="lower", upper="upper", kind="percent",
        highlight=ask, reference=reference, reference_label=reference_label, xlabel=what,
    )  # fmt: skip
    beside = f"; {reference_label} is {words.percent(reference)}" if reference is not None else ""
    at = rows[rows[label].astype(str) == ask]
    if not len(at):
        text = f"{what} in {ask} cannot be told: both counts were not published exactly. In the "
        text += f"{words.count(len(rows), kind)} where it can, it ranged from "
        text += words.interval(rows["share"].min(), rows["share"].max(), kind="percent")
        return finding(name, f"{text}{beside}.", verdict="not_enough", **facts)
    row = at.iloc[0]
    text = (
        f"{what} was {words.percent(row['share'])} in {ask} (interval "
        f"{words.interval(row['lower'], row['upper'], kind='percent')}){beside}."
        f"{_among(rows, part, whole, at.index[0], kind)}"
    )
    numbers = {"value": row["share"], "lower": row["lower"], "upper": row["upper"]}
    return finding(name, text, verdict="estimate", headline=headline, **numbers, **facts)


def _among(rows: pd.DataFrame, part: str, whole: str, at: int, kind: str) -> str:
    if len(rows) < 3:
        return ""
    found = spc.funnel(rows[part], rows[whole], label=rows.index, kind="proportion").frame.loc[at]
    where = "outside" if found["signal"] else "within"
    limits = words.interval(max(found["lower_998"], 0), found["upper_998"], kind="percent")
    return (
        f" Over all {words.count(len(rows), kind)} it was {words.percent(found['mean'])}, and this "
        f"{kind} is {where} the range that chance and the usual differences allow ({limits})."
    )


def differing(
    name: str, figures: pd.DataFrame, *, label: str, what: str, caption: str, area: str = "",
    sources=None, headline: bool = False, caveats=(),
) -> Finding:  # fmt: skip
    """Facts of which exact prints differ, each with the values printed: "655 or 665".

    ``label`` is a column that names the fact each row states; ``what`` counts them ("national
    count"). Every differing print is in the table, first to last.
    """
    exact = figures[figures["qualifier"] == "exact"]
    kinds = exact.groupby(label)["value"].transform("nunique")
    prints = exact[kinds > 1].sort_values([label, "published", "value"], na_position="first")
    facts = {"unit": f"{what}s", "area": area, "caveats": caveats}
    if not len(prints):
        text = f"No {what} was printed exactly with two different values."
        shown = sources if sources is not None else figures
        return finding(name, text, value=0, sources=shown, **facts)
    said = [
        f"{fact}, {words.listed(dict.fromkeys(map(words.number, sorted(rows['value']))), 'or')}"
        for fact, rows in prints.groupby(label, sort=False)
    ]
    text = (
        f"{words.count(len(said), what)} {'was' if len(said) == 1 else 'were'} printed with "
        f"different values: {'; '.join(said)}."
    )
    return finding(
        name, text, value=len(said), verdict="contradicted", headline=headline, sources=prints,
        table=prints[[label, "value", "published", "publisher"]], caption=caption, **facts,
    )  # fmt: skip
