"""The answer to a question: one Finding, by the same functions of the findings room as in the reports."""

import pandas as pd

from outcomes import data, findings, methods
from outcomes.core import formatting, periods
from outcomes.core.errors import NotEnough
from outcomes.data import published_figures
from outcomes.explore import queries, questions
from outcomes.explore.queries import CRIME, RECORDED, STEPS, cited, named
from outcomes.methods import intervals, spc

_CUTS = {
    "quarter": periods.quarters,
    "calendar year": periods.calendar_years,
    "financial year": periods.financial_years,
}
_APART = "Published periods differ in length and may overlap: never add them up."
_CHANCE = (
    "The interval allows for chance alone; for the ups and downs of a series "
    "see its usual range."
)


def answer(a) -> findings.Finding:
    """The finding that answers a settled question (:func:`outcomes.explore.questions.settle`)."""
    crime = a.programme in CRIME
    if not crime and queries.figures(a).empty:
        raise NotEnough("No figure of these places falls in these years.")
    charts = {
        questions.TIME: (_printed, _counted),
        questions.USUAL: (_usual, _usual),
        questions.SIDE: (_beside, _ranked),
        questions.ALLOWED: (_allowed,),
        questions.SOURCES: (_sourced,),
    }
    return charts[a.chart][crime](a)


def _scaled(a, n, residents, months):
    """Counts of so many months in the unit asked for."""
    unit = {questions.MONTHLY: 1 / months, questions.RATE: 1e5 / residents}
    return n * unit.get(a.unit, 1)


def _valued(a, rows: pd.DataFrame) -> pd.DataFrame:
    """Figures with their values in the unit asked for; those that have none in it drop out."""
    lived = rows["area"].map(queries.residents(rows["area"].unique()))
    months = (
        (rows["period_end"] - rows["period_start"]).dt.days + 1
    ) / methods.reconcile.MONTH
    return rows.assign(value=_scaled(a, rows["value"], lived, months)).dropna(
        subset=["value"]
    )


def _unit(a) -> str:
    suffix = {
        questions.MONTHLY: "a month",
        questions.RATE: "per 100,000 residents",
    }.get(a.unit, "")
    return f"{named(a).what} {suffix}".strip()


def _counted(a) -> findings.Finding:
    """Counts of crime over time, beside a year earlier or the median of the other places."""
    frame = queries.counts(a, everywhere=a.comparison == questions.OTHERS)
    frame["value"] = _scaled(a, frame["n"], frame["residents"], STEPS[a.by])
    own, rest = (frame[frame["area"].isin(a.areas) == mine] for mine in (True, False))
    lines = _compared(a, own, rest)
    names = list(dict.fromkeys(lines["name"]))
    said = [
        _moved(rows.sort_values("period"), a.by)
        for _, rows in own.groupby("name", sort=False)
    ]
    label, last = f"{_unit(a)} by {a.by}", own["period"].max()
    caption = formatting.sentence_case(label)
    table = lines.pivot(index="period", columns="name", values="value")[
        names
    ].reset_index()
    table["period"] = [formatting.period_name(day, a.by) for day in table["period"]]
    figure = findings.plots.series(
        lines, x="period", y="value", by="name", highlight=names, ylabel=label
    )
    return findings.finding(
        "explore",
        f"{caption}: {'; '.join(said)}.",
        unit=_unit(a),
        value=own.loc[own["period"] == last, "value"].iloc[0],
        period=formatting.period_name(last, a.by),
        area=formatting.listed(own["name"].unique()),
        figure=figure,
        table=table,
        caption=caption,
        sources=cited(a),
        caveats=[_CHANCE],
    )


def _compared(a, own: pd.DataFrame, rest: pd.DataFrame) -> pd.DataFrame:
    """The lines of a chart: the places' own, and what they are compared with."""
    lines = own[["name", "period", "value"]]
    if a.comparison == questions.EARLIER:
        past = lines.assign(
            name="a year earlier", period=lines["period"] + pd.DateOffset(years=1)
        )
        return pd.concat([lines, past[past["period"].isin(lines["period"])]])
    if a.comparison == questions.OTHERS:
        middle = rest.groupby("period", as_index=False)["value"].median()
        name = f"median of {rest['area'].nunique()} others"
        return pd.concat([lines, middle.assign(name=name)])
    return lines


def _moved(rows: pd.DataFrame, by: str) -> str:
    """ "Lancashire 412 in 2025 Q4, a change of 8.4% on a year earlier (95% interval …)"."""
    last = rows.iloc[-1]
    text = f"{last['name']} {formatting.number(last['value'])} in {formatting.period_name(last['period'], by)}"
    past = rows[rows["period"] == last["period"] - pd.DateOffset(years=1)]
    if past.empty or last["n"] + past["n"].iloc[0] == 0:
        return text
    change, low, high = (
        r - 1 for r in intervals.poisson_ratio(last["n"], 1, past["n"].iloc[0], 1)
    )
    span = formatting.interval(low, high, kind="percent")
    return f"{text}, a change of {formatting.percent(change)} on a year earlier (95% interval {span})"


def _usual(a) -> findings.Finding:
    of = named(a)
    if a.programme == RECORDED and (a.by, a.unit, a.start, a.end) == (
        "quarter",
        questions.COUNTED,
        "",
        "",
    ):
        return findings.process_behaviour("explore", a.measure, a.areas[0])
    if a.programme in CRIME:
        frame = queries.counts(a).set_index("period")
        value = _scaled(a, frame["n"], frame["residents"], STEPS[a.by])
        freq = {"month": "MS", "quarter": "QS"}.get(a.by)
        value, step = value.asfreq(freq) if freq else value, a.by.split()[-1]
        sources, place = cited(a), frame["name"].iloc[0]
    else:
        value, step = queries.regular(a)
        sources = queries.figures(a)
        place = sources["area_name"].iloc[0]
        value = _scaled(a, value, queries.residents(a.areas[:1]).iloc[0], STEPS[step])
    return findings.process_behaviour(
        "explore",
        value,
        place,
        noun=_unit(a),
        step=step,
        sources=sources,
        direction=of.direction,
        kind=of.kind,
    )


def _ranked(a) -> findings.Finding:
    """Where the first place stands among all forces or districts, per resident and year."""
    frame = queries.counts(a, everywhere=True)
    years = frame["period"].nunique() * STEPS[a.by] / 12
    how = {"n": "sum", "residents": "first"}
    rows = frame.groupby(["area", "name"], as_index=False).agg(how)
    rows["base"] = rows["residents"] * years
    names = dict(zip(rows["area"], rows["name"], strict=True))
    first, *also = (names.get(x, x) for x in a.areas)
    ends = frame["period"].min(), frame["period"].max()
    period = formatting.listed(
        dict.fromkeys(formatting.period_name(day, a.by) for day in ends), "to"
    )
    rows = rows.dropna(subset=["n", "base"])
    per_head = {"denominator": "base", "label": "name", "per": 1e5}
    return findings.position(
        "explore",
        spc.funnel(rows, count="n", **per_head) if len(rows) > 4 else None,
        first,
        noun=named(a).what,
        base="residents a year",
        period=period,
        sources=cited(a),
        highlight=also,
    )


def _printed(a) -> findings.Finding:
    """Figures as printed, at the end of their periods: nothing is joined, so nothing is implied."""
    of, title = named(a), formatting.sentence_case(_unit(a))
    rows = queries.figures(a, everywhere=a.comparison == questions.OTHERS, latest=True)
    rows = rows.dropna(subset=["period_end"]).sort_values("period_end", kind="stable")
    rows = _valued(a, rows)
    own, rest = (
        rows.loc[rows["area"].isin(a.areas) == k, "area_name"] for k in (True, False)
    )
    if own.empty:
        raise NotEnough("No figure of these places has both dates of its period.")
    shown = [*own.unique(), *rest.value_counts().index][: questions.MOST]
    rows = rows[rows["area_name"].isin(shown)]
    said = [_spread(name, rows[rows["area_name"] == name], of.kind) for name in shown]
    wide = rows.pivot_table(
        index="period_end", columns="area_name", values="value", aggfunc="last"
    )
    columns = {name: (f"{name}: {_unit(a)}", of.kind) for name in shown}
    figure = findings.stems(
        wide.reset_index(), start="period_end", label=None, columns=columns
    )
    table = rows.assign(
        period=[_span(r) for _, r in rows.iterrows()], place=rows["area_name"]
    )
    return findings.finding(
        "explore",
        f"{title}, as published: {'; '.join(said)}.",
        value=rows["value"].iloc[-1],
        unit=of.unit,
        direction=of.direction,
        area=formatting.listed(shown),
        sources=rows,
        figure=figure,
        table=table[
            ["period", "place", "value", "qualifier", "period_state", "publisher"]
        ],
        caption=f"{title}, one row for each period",
        caveats=[_APART],
        units={"value": of.unit},
    )


def _spread(name: str, rows: pd.DataFrame, kind: str) -> str:
    """ "Lancashire 8 figures from 16 to 3,067, the latest 2,252 for April 2024 to March 2025"."""
    write, last = formatting.WRITE[kind], rows.iloc[-1]
    ends = f" from {write(rows['value'].min())} to {write(rows['value'].max())}"
    text = (
        f"{name} {formatting.count(len(rows), 'figure')}{ends if len(rows) > 1 else ''}"
    )
    return f"{text}, the latest {write(last['value'])} for {_span(last)}"


def _span(row) -> str:
    if pd.isna(row["period_start"]):
        return f"a period to {formatting.date(row['period_end'])}"
    return formatting.period(row["period_start"], row["period_end"])


def _allowed(a) -> findings.Finding:
    of = named(a)
    rows = queries.with_parts(a).dropna(subset=["period_start", "period_end"])
    county = {"area": a.areas[0], "parent": data.areas()}
    last = rows.loc[rows["area"] == a.areas[0], "period_end"].max()
    last = min(last, pd.Timestamp(f"{a.end}-12-31")) if a.end else last
    periods = _CUTS[a.by](_begin(a, rows), last)
    done = periods[periods["end"] <= last]
    label = (done if len(done) else periods)["label"].iloc[-1]
    if a.unit == questions.MONTHLY:
        found = methods.reconcile.bounds_by_measure(
            rows, periods, measures=[a.measure], **county
        )
        return findings.bounds_by_measure(
            "explore",
            found.bounds,
            measures=data.measures(),
            focus=label,
            sources=rows,
            area=formatting.place(a.areas[0]),
            caption=f"{formatting.sentence_case(of.what)} by {a.by}: what the published figures allow",
        )
    return findings.bounds(
        "explore",
        rows,
        periods,
        noun=of.what,
        focus=label,
        direction=of.direction,
        kind=of.kind,
        **county,
    )


def _begin(a, rows: pd.DataFrame) -> pd.Timestamp:
    """From the start of the programme, unless years are asked for: before it little is limited."""
    began = data.programmes().set_index("programme")["start"][a.programme]
    begin = pd.Timestamp(f"{a.start}-01-01") if a.start else began
    first = rows["period_start"].min()
    return max(first, begin) if begin < rows["period_end"].max() else first


def _beside(a) -> findings.Finding:
    """Places side by side in the latest of the periods that most of them have a figure for."""
    of = named(a)
    rows = queries.level(a).dropna(subset=["period_start", "period_end"])
    number = rows.groupby(["period_start", "period_end"])["area"].nunique()
    start, end = number[number == number.max()].index[-1]
    rows = rows[(rows["period_start"] == start) & (rows["period_end"] == end)]
    rows = (
        _valued(a, rows).drop_duplicates("area").sort_values("value", ascending=False)
    )
    own, period = rows[rows["area"].isin(a.areas)], formatting.period(start, end)
    caption = f"{formatting.sentence_case(_unit(a))} in {period}"
    figure = findings.bars(
        rows.head(15),
        label="area_name",
        value="value",
        kind=of.kind,
        xlabel=_unit(a),
        highlight=list(own["area_name"]),
    )
    return findings.finding(
        "explore",
        _compares(caption, rows, own, formatting.WRITE[of.kind]),
        value=rows["value"].iloc[0],
        unit=of.unit,
        direction=of.direction,
        sources=rows,
        period=period,
        table=rows[["area_name", "value", "qualifier", "publisher"]],
        caption=caption,
        figure=figure,
    )


def _compares(caption: str, rows: pd.DataFrame, own: pd.DataFrame, write) -> str:
    """ "Arrests in November 2023: from 3 (Dorset) to 90 (Kent). Lancashire: 12."""
    low, top = (
        f"{write(r['value'])} ({r['area_name']})"
        for _, r in rows.iloc[[-1, 0]].iterrows()
    )
    mine = zip(own["area_name"], own["value"], strict=True)
    return f"{caption}: from {low} to {top}." + "".join(
        f" {n}: {write(v)}." for n, v in mine
    )


def _sourced(a) -> findings.Finding:
    """Every page that prints a figure, and how many independent publishers say the same."""
    rows, of = queries.figures(a), named(a)
    rows = rows[rows["fact"] == a.fact] if a.fact else rows
    what = formatting.sentence_case(of.what)
    said = _one_figure(rows, of.kind) if a.fact else _all_figures(rows)
    table = rows.assign(
        figure=[
            formatting.stated(rows.iloc[[i]], of.kind)[0] for i in range(len(rows))
        ],
        period=rows["period_state"],
    ).rename(columns={"area_name": "place", "url": "address"})
    columns = [
        "figure",
        "place",
        "publisher",
        "title",
        "published",
        "period",
        "note",
        "address",
    ]
    return findings.finding(
        "explore",
        f"{what}{said}.",
        value=len(rows),
        unit="prints",
        sources=rows,
        table=table[columns],
        caption=f"{what}: every source",
    )


def _one_figure(rows: pd.DataFrame, kind: str) -> str:
    said = []
    for one in published_figures.corroboration(rows).itertuples():
        stated = formatting.listed(
            formatting.stated(rows[rows["value"] == one.value], kind)
        )
        independent = formatting.count(one.independent, "independent publisher")
        said.append(
            f"{stated} on {formatting.count(one.prints, 'page')} ({independent})"
        )
    return f", {rows['area_name'].iloc[0]}: {'; '.join(said)}"


def _all_figures(rows: pd.DataFrame) -> str:
    values = rows.groupby("fact")["value"].nunique()
    prints, pages = (
        formatting.count(len(rows), "print"),
        formatting.count(rows["source"].nunique(), "page"),
    )
    more = formatting.number((values > 1).sum())
    figures = formatting.count(len(values), "figure")
    return (
        f": {prints} on {pages} of {figures}, {more} of them with more than one value"
    )
