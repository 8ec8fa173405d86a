"""The answer to a question: one Finding, by the same calls of the show room as in the reports."""

import pandas as pd

from outcomes import analysis, data, show
from outcomes.analysis import rates
from outcomes.data import register
from outcomes.data.errors import NotEnough
from outcomes.explore import ask
from outcomes.explore.evidence import (
    CITED,
    CRIME,
    STEPS,
    counts,
    figures,
    level,
    named,
    point,
    regular,
    residents,
)
from outcomes.show import words

_CUTS = {
    "quarter": analysis.quarters,
    "calendar year": analysis.calendar_years,
    "financial year": analysis.financial_years,
}
_APART = "Published periods differ in length and may overlap: never add them up."
_CHANCE = (
    "The interval allows for chance alone; for the ups and downs of a series see its usual range."
)


def answer(a) -> show.Finding:
    """The finding that answers a settled question (:func:`outcomes.explore.ask.settle`)."""
    if a.programme not in CRIME and figures(a).empty:
        raise NotEnough("No figure of these places falls in these years.")
    crime = {ask.TIME: _counted, ask.USUAL: _usual, ask.SIDE: _ranked}
    printed = {ask.TIME: _printed, ask.USUAL: _usual, ask.SIDE: _beside, ask.ALLOWED: _allowed}
    printed[ask.SOURCES] = _sourced
    return (crime if a.programme in CRIME else printed)[a.chart](a)


def _scaled(a, n, residents, months):
    unit = {ask.MONTHLY: 1 / months, ask.RATE: 1e5 / residents}
    return n * unit.get(a.unit, 1)


def _unit(a) -> str:
    suffix = {ask.MONTHLY: "a month", ask.RATE: "per 100,000 residents"}.get(a.unit, "")
    return f"{named(a)[0]} {suffix}".strip()


def _counted(a) -> show.Finding:
    """Counts of crime over time, beside a year earlier or the median of the other places."""
    frame = counts(a, everywhere=a.comparison == ask.OTHERS)
    frame["value"] = _scaled(a, frame["n"], frame["residents"], STEPS[a.by])
    own = frame[frame["area"].isin(a.areas)]
    lines = own[["name", "period", "value"]]
    if a.comparison == ask.EARLIER:
        past = lines.assign(name="a year earlier", period=lines["period"] + pd.DateOffset(years=1))
        lines = pd.concat([lines, past[past["period"].isin(lines["period"])]])
    elif a.comparison == ask.OTHERS:
        rest = frame[~frame["area"].isin(a.areas)]
        middle = rest.groupby("period", as_index=False)["value"].median()
        lines = pd.concat([lines, middle.assign(name=f"median of {rest['area'].nunique()} others")])
    names = list(dict.fromkeys(lines["name"]))
    said = [_moved(rows.sort_values("period"), a.by) for _, rows in own.groupby("name", sort=False)]
    text = f"{words.sentence_case(_unit(a))} by {a.by}: {'; '.join(said)}."
    table = lines.pivot(index="period", columns="name", values="value")[names].reset_index()
    table["period"] = [point(day, a.by) for day in table["period"]]
    figure = show.series(
        lines, x="period", y="value", by="name", highlight=names, ylabel=f"{_unit(a)} by {a.by}"
    )
    last = own["period"].max()
    return show.finding(
        "explore", text, value=own.loc[own["period"] == last, "value"].iloc[0], unit=_unit(a),
        period=point(last, a.by), area=words.listed(own["name"].unique()), figure=figure,
        table=table, caption=f"{words.sentence_case(_unit(a))} by {a.by}",
        sources=[CITED[a.programme]], caveats=[_CHANCE],
    )  # fmt: skip


def _moved(rows: pd.DataFrame, by: str) -> str:
    """ "Lancashire 412 in 2025 Q4, a change of 8.4% on a year earlier (95% interval …)"."""
    last = rows.iloc[-1]
    text = f"{last['name']} {words.number(last['value'])} in {point(last['period'], by)}"
    past = rows[rows["period"] == last["period"] - pd.DateOffset(years=1)]
    if past.empty or last["n"] + past["n"].iloc[0] == 0:
        return text
    change, low, high = (r - 1 for r in rates.poisson_ratio(last["n"], 1, past["n"].iloc[0], 1))
    span = words.interval(low, high, kind="percent")
    return f"{text}, a change of {words.percent(change)} on a year earlier (95% interval {span})"


def _usual(a) -> show.Finding:
    _, unit, better = named(a)
    if a.programme in CRIME:
        frame = counts(a).set_index("period")
        value = _scaled(a, frame["n"], frame["residents"], STEPS[a.by])
        freq = {"month": "MS", "quarter": "QS"}.get(a.by)
        value, step = value.asfreq(freq) if freq else value, a.by.split()[-1]
        sources, place = [CITED[a.programme]], frame["name"].iloc[0]
    else:
        value, step = regular(a)
        rows = figures(a)
        sources, place = rows, rows["area_name"].iloc[0]
        value = _scaled(a, value, residents(a.areas[:1]).iloc[0], STEPS[step])
    options = {"step": step, "sources": sources, "area": place, "better": better}
    options["kind"] = "money" if unit == "£" else "number"
    return show.behaviour("explore", value, what=_unit(a), **options)


def _ranked(a) -> show.Finding:
    """Where the first place stands among all forces or districts, per resident and year."""
    frame = counts(a, everywhere=True)
    years = frame["period"].nunique() * STEPS[a.by] / 12
    rows = frame.groupby(["area", "name"], as_index=False).agg(
        n=("n", "sum"), residents=("residents", "first")
    )
    rows = rows.assign(base=rows["residents"] * years)
    names = dict(zip(rows["area"], rows["name"], strict=True))
    first, *also = (names.get(x, x) for x in a.areas)
    ends = frame["period"].min(), frame["period"].max()
    period = words.listed(dict.fromkeys(point(day, a.by) for day in ends), "to")
    return show.place(
        "explore", rows, label="name", count="n", denominator="base", per=1e5, highlight=first,
        also=also, what=named(a)[0], of="100,000 residents a year", period=period,
        sources=[CITED[a.programme]],
    )  # fmt: skip


def _printed(a) -> show.Finding:
    """Figures as printed, at the end of their periods: nothing is joined, so nothing is implied."""
    _, unit, better = named(a)
    rows = figures(a, everywhere=a.comparison == ask.OTHERS, latest=True)
    rows = rows.dropna(subset=["period_end"]).sort_values("period_end", kind="stable")
    months = ((rows["period_end"] - rows["period_start"]).dt.days + 1) / (365.25 / 12)
    lived = rows["area"].map(residents(rows["area"].unique()))
    rows = rows.assign(shown=_scaled(a, rows["value"], lived, months)).dropna(subset=["shown"])
    own, rest = (rows.loc[rows["area"].isin(a.areas) == k, "area_name"] for k in (True, False))
    shown = [*own.unique(), *rest.value_counts().index][: ask.MOST]
    rows = rows[rows["area_name"].isin(shown)]
    if own.empty:
        raise NotEnough("No figure of these places has both dates of its period.")
    kind = "money" if unit == "£" else "number"
    write = {"money": words.money, "number": words.number}[kind]
    said = []
    for name in shown:
        part = rows[rows["area_name"] == name]
        last = part.iloc[-1]
        text = f"{name} {words.count(len(part), 'figure')}"
        text += (
            f" from {write(part['shown'].min())} to {write(part['shown'].max())}"
            if len(part) > 1
            else ""
        )
        said.append(f"{text}, the latest {write(last['shown'])} for {_span(last)}")
    wide = rows.pivot_table(index="period_end", columns="area_name", values="shown", aggfunc="last")
    figure = show.stems(
        wide.reset_index(), start="period_end", label=None,
        columns={name: (f"{name}: {_unit(a)}", kind) for name in shown},
    )  # fmt: skip
    table = rows.assign(period=[_span(r) for _, r in rows.iterrows()])
    table = table[["period", "area_name", "shown", "qualifier", "period_state", "publisher"]]
    return show.finding(
        "explore", f"{words.sentence_case(_unit(a))}, as published: {'; '.join(said)}.",
        value=rows["shown"].iloc[-1], unit=unit, better=better, area=words.listed(shown),
        table=table.rename(columns={"area_name": "place", "shown": "value"}), sources=rows,
        caption=f"{words.sentence_case(_unit(a))}, one row for each period", figure=figure,
        caveats=[_APART], units={"value": unit},
    )  # fmt: skip


def _span(row) -> str:
    if pd.isna(row["period_start"]):
        return f"a period to {words.date(row['period_end'])}"
    return words.period(row["period_start"], row["period_end"])


def _allowed(a) -> show.Finding:
    what, unit, better = named(a)
    rows = figures(a).dropna(subset=["period_start", "period_end"])
    first, last = rows["period_start"].min(), rows["period_end"].max()
    # From the start of the programme, unless years are asked for: before it little is limited.
    began = data.programmes().set_index("programme")["start"][a.programme]
    begin = pd.Timestamp(f"{a.start}-01-01") if a.start else began
    first = max(first, begin) if begin < last else first
    last = min(last, pd.Timestamp(f"{a.end}-12-31")) if a.end else last
    periods = _CUTS[a.by](first, last)
    done = periods[periods["end"] <= last]
    label = (done if len(done) else periods)["label"].iloc[-1]
    place = rows["area_name"].iloc[0]
    if a.unit == ask.MONTHLY:
        found = analysis.several.reconcile_each(rows, periods, of=[a.measure])
        return show.allowed(
            "explore", found.bounds, measures=data.measures(), ask=label, sources=rows, area=place,
            caption=f"{words.sentence_case(what)} by {a.by}: what the published figures allow",
        )  # fmt: skip
    return show.reconciled(
        "explore", rows, periods, what=what, area=a.areas[0], ask=label, better=better,
        kind="money" if unit == "£" else "number",
    )  # fmt: skip


def _beside(a) -> show.Finding:
    """Places side by side in the latest of the periods that most of them have a figure for."""
    _, unit, better = named(a)
    rows = level(a).dropna(subset=["period_start", "period_end"])
    number = rows.groupby(["period_start", "period_end"])["area"].nunique()
    start, end = number[number == number.max()].index[-1]
    rows = rows[(rows["period_start"] == start) & (rows["period_end"] == end)]
    lived = rows["area"].map(residents(rows["area"].unique()))
    rows = rows.assign(value=_scaled(a, rows["value"], lived, 1)).dropna(subset=["value"])
    rows = rows.drop_duplicates("area").sort_values("value", ascending=False)
    kind = "money" if unit == "£" else "number"
    write = {"money": words.money, "number": words.number}[kind]
    top, low = rows.iloc[0], rows.iloc[-1]
    own = rows[rows["area"].isin(a.areas)]
    caption = f"{words.sentence_case(_unit(a))} in {words.period(start, end)}"
    text = f"{caption}: from {write(low['value'])} ({low['area_name']}) to "
    text += f"{write(top['value'])} ({top['area_name']})."
    text += "".join(
        f" {n}: {write(v)}." for n, v in zip(own["area_name"], own["value"], strict=True)
    )
    return show.finding(
        "explore", text, value=top["value"], unit=unit, better=better, sources=rows,
        table=rows[["area_name", "value", "qualifier", "publisher"]], caption=caption,
        period=words.period(start, end),
        figure=show.bars(
            rows.head(15), label="area_name", value="value", kind=kind,
            highlight=list(own["area_name"]), xlabel=_unit(a),
        ),
    )  # fmt: skip


def _sourced(a) -> show.Finding:
    """Every page that prints a figure, and how many independent publishers say the same."""
    rows = figures(a)
    rows = rows[rows["fact"] == a.fact] if a.fact else rows
    held = register.corroboration(rows)
    values = held.groupby("fact")["value"].nunique()
    kind = "money" if named(a)[1] == "£" else "number"
    text = f"{words.sentence_case(named(a)[0])}: {words.count(len(rows), 'print')} on "
    text += (
        f"{words.count(rows['source'].nunique(), 'page')} of {words.count(len(values), 'figure')}"
    )
    text += f", {words.number((values > 1).sum())} of them with more than one value."
    if a.fact:
        said = [
            f"{words.listed(words.stated(rows[rows['value'] == h.value], kind))} on "
            f"{words.count(h.prints, 'page')} "
            f"({words.count(h.independent, 'independent publisher')})"
            for h in held.itertuples()
        ]
        text = (
            f"{words.sentence_case(named(a)[0])}, {rows['area_name'].iloc[0]}: {'; '.join(said)}."
        )
    table = rows.assign(
        figure=[words.stated(rows.iloc[[i]], kind)[0] for i in range(len(rows))],
        period=rows["period_state"],
    ).rename(columns={"area_name": "place", "url": "address"})
    columns = ["figure", "place", "publisher", "title", "published", "period", "note", "address"]
    return show.finding(
        "explore", text, value=len(rows), unit="prints", sources=rows, table=table[columns],
        caption=f"{words.sentence_case(named(a)[0])}: every source",
    )  # fmt: skip
