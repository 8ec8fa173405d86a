"""The answer to a question: one Finding, by the same functions of the findings room as in the reports."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import NamedTuple

import pandas as pd
from matplotlib import pyplot as plt
from matplotlib.figure import Figure

from outcomes.core import formatting, periods
from outcomes.core.collection import collection
from outcomes.core.errors import NotEnough
from outcomes.data import places, published_figures, tables
from outcomes.explore import queries, questions
from outcomes.explore.queries import RECORDED, STEPS, STREET, Question
from outcomes.findings import charts
from outcomes.findings.bounds import bounds, bounds_by_measure
from outcomes.findings.comparisons import position
from outcomes.findings.finding import Finding, finding
from outcomes.findings.series import process_behaviour
from outcomes.findings.theme import WIDTH, styled
from outcomes.methods import intervals, reconcile, spc

NAME = "explore"
"""The name that every answer has as a finding."""

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
_BARS = 15  # places that are drawn side by side; the table has all


class Answered(NamedTuple):
    """An answer, and whether it shows a clear change or difference; None where that cannot be told."""

    finding: Finding
    clear: bool | None = None


def answer(question: Question) -> Finding:
    """The finding that answers a question.

    Parameters
    ----------
    question
        As :func:`outcomes.explore.questions.settle` gives it.

    Raises
    ------
    NotEnough
        Where nothing was published of these places in these years, or too little to compute it.

    Examples
    --------
    >>> wish = {"programme": "op_warrior", "measure": "arrests", "chart": questions.SOURCES}
    >>> answer(questions.settle(wish).question).facts["unit"]
    'times published'
    """
    return _answered(question).finding


def page_answer(question: Question) -> Finding:
    """The same finding as the answer of a page: is there a clear change, or a clear difference?

    >>> wish = {"programme": "recorded_crime", "measure": "robbery", "start": "2014"}
    >>> page_answer(questions.settle(wish).question).facts["answer"]
    'yes'
    """
    found, clear = _answered(question)
    word = {True: "yes", False: "no clear change", None: "cannot be told"}[clear]
    if question.chart == questions.SIDE and clear is False:
        word = "no"
    facts = {"name": "answer", "answer": word}
    return replace(found, name="answer", facts=found.facts | facts)


def _answered(question: Question) -> Answered:
    if question.about_crime:
        answers: dict[str, Callable[[Question], Answered]] = {
            questions.TIME: _counts_over_time,
            questions.USUAL: _usual_range,
            questions.SIDE: _crime_rates_side_by_side,
        }
        return answers[question.chart](question)
    if queries.figures(question).empty:
        raise NotEnough("No figure of these places falls in these years.")
    if question.chart == questions.USUAL:
        return _usual_range(question)
    told = {
        questions.TIME: _figures_over_time,
        questions.SIDE: _figures_side_by_side,
        questions.ALLOWED: _allowed,
        questions.SOURCES: _sources,
    }
    return Answered(told[question.chart](question))


def _scaled(
    question: Question,
    n: pd.Series,
    residents: pd.Series | float,
    months: pd.Series | float,
) -> pd.Series:
    """Counts of so many months in the unit asked for."""
    factors = {questions.MONTHLY: 1 / months, questions.RATE: 1e5 / residents}
    return n * factors.get(question.unit, 1)


def _scaled_figures(question: Question, rows: pd.DataFrame) -> pd.DataFrame:
    """Figures with values in the unit asked for; those that have none in it are left out."""
    days = (rows["period_end"] - rows["period_start"]).dt.days + 1
    people = rows["area"].map(queries.residents(rows["area"].unique()))
    months = days / reconcile.MONTH
    values = _scaled(question, rows["value"], people, months)
    return rows.assign(value=values).dropna(subset=["value"])


def _unit(question: Question) -> str:
    """What is counted, in the unit asked for: "robbery offences per 100,000 residents"."""
    after = {
        questions.MONTHLY: " a month",
        questions.RATE: " per 100,000 residents",
    }
    return queries.subject(question).noun + after.get(question.unit, "")


# ---------------------------------------------------------------- counts of crime


def _counts_over_time(question: Question) -> Answered:
    """Counts of crime over time, beside a year earlier or the median of the other places."""
    everywhere = question.comparison == questions.OTHERS
    frame = queries.crime_counts(question, everywhere=everywhere)
    frame["value"] = _scaled(
        question, frame["n"], frame["residents"], STEPS[question.by]
    )
    frame["name"] = [formatting.period_name(d, question.by) for d in frame["period"]]
    own = frame[frame["area"].isin(question.areas)]
    if own.empty:
        raise NotEnough(f"No whole {question.by} of these years is held here.")
    unit, names = _unit(question), [a for a in question.areas if a in set(own["area"])]
    own = pd.concat([own[own["area"] == area] for area in names])
    changes = {area: _change(question, own[own["area"] == area]) for area in names}
    first, lines = changes[names[0]], own[["area", "period", "value"]]
    beside, others = "", None
    if question.comparison == questions.EARLIER:
        later = lines["period"] + pd.DateOffset(years=1)
        earlier = lines.assign(area="a year earlier", period=later)
        lines = pd.concat([lines, earlier[later.isin(lines["period"])]])
        beside = ", beside the same a year earlier"
    if everywhere:
        rest = frame[~frame["area"].isin(question.areas)]
        others = f"median of {rest['area'].nunique()} others"
        median = rest.groupby("period")[["value"]].median().reset_index()
        median = median.assign(area=others, n=median["value"])
        lines = pd.concat([lines, median[["area", "period", "value"]]])
        beside = f", beside the {others}"
        changes[f"the {others}"] = _change(question, median)
    drawn, title = list(lines["area"].unique()), f"{unit} by {question.by}"
    with styled():
        ax = charts.lines(lines, x="period", y="value", hue="area", highlight=drawn)
        charts.title(ax, title, xlabel="", ylabel="")
    table = lines.pivot(index="period", columns="area", values="value")[drawn]
    table = table.reset_index()
    table["period"] = [formatting.period_name(d, question.by) for d in table["period"]]
    caveats = [_CHANCE]
    if set(own["level"]) & {"town"}:
        caveats.append(
            "Residents of a town are estimates, those of a district a count."
        )
    if question.programme == STREET and "force" in set(own["level"]):
        caveats.append(
            f"{names[0] if len(names) == 1 else collection.force} is the sum of its "
            "districts, without records that have no location."
        )
    lead = own[own["area"] == names[0]].nlargest(1, "period").iloc[0]
    found = finding(
        NAME,
        formatting.sentence_case(_change_sentence(question, unit, changes)),
        detail=" ".join(change.detail for change in changes.values() if change.detail),
        alt=f"{'Lines' if len(drawn) > 1 else 'A line'} by {question.by} for "
        f"{formatting.listed(names)}, "
        f"{formatting.extremes(own, 'name', 'value')}{beside}.",
        unit=unit,
        value=lead["value"],
        period=lead["name"],
        area=formatting.listed(names),
        figure=ax.figure,
        table=table,
        caption=formatting.sentence_case(title),
        numbers=first.numbers,
        sources=frame,
        caveats=caveats,
    )
    places = [changes[name].clear for name in names]
    known = [clear for clear in places if clear is not None]
    return Answered(found, any(known) if known else None)


@dataclass(frozen=True)
class _Change:
    """How a series went from an earlier time to its latest: mean values, and the ratio of counts."""

    area: str
    now: str
    after: float
    then: str = ""
    before: float = float("nan")
    ratio: intervals.Interval | float | None = None
    same: int = 1
    step: str = ""

    @property
    def clear(self) -> bool | None:
        """Whether it is more than chance; None where there is no interval."""
        if not isinstance(self.ratio, intervals.Interval):
            return None
        return not self.ratio.lower <= 1 <= self.ratio.upper

    @property
    def numbers(self) -> dict[str, float]:
        """What the sentence says of it beside the latest value."""
        if self.ratio is None:
            return {}
        size = getattr(self.ratio, "estimate", self.ratio)
        return {
            "earlier value": self.before,
            "latest value": self.after,
            "times the earlier": size,
        }

    @property
    def detail(self) -> str:
        """The values and the interval of the change, as a sentence."""
        said = f"{self.area} had {formatting.number(self.after)} in {self.now}"
        if self.ratio is None:
            return f"{said}."
        said += f", {formatting.number(self.before)} in {self.then}"
        if self.same > 1:
            said += f" (means of the same {self.same} {self.step}s of both)"
        if isinstance(self.ratio, intervals.Interval):
            limits = (self.ratio.lower - 1, self.ratio.upper - 1)
            said += f", a change of {formatting.percent(self.ratio.estimate - 1)} "
            said += f"(95% interval {formatting.span(limits, formatting.percent)})"
        return formatting.sentence_case(f"{said}.")


def _change(question: Question, rows: pd.DataFrame) -> _Change:
    """From the first year that was asked for to the latest; of no first year, in the last one.

    Years are compared over the periods that both have, so that a month without a file is in neither;
    values are means over these. Without a first year it is the latest period, and the same of the
    year before.
    """
    rows = rows.sort_values("period")
    year, begin = pd.DateOffset(years=1), rows["period"].iloc[0]
    januaries = rows.loc[rows["period"].dt.month == 1, "period"]
    if len(januaries) > 1 and not question.start:
        begin = januaries.iloc[0]
    last = rows["period"].iloc[-1]
    late, early = rows[rows["period"] == last], rows[rows["period"] == last - year]
    if question.start or early.empty:
        late = rows[rows["period"] > last - year]
        end = min(begin + year, late["period"].iloc[0])
        early = rows[(rows["period"] >= begin) & (rows["period"] < end)]
        shared = set(late["period"].dt.month) & set(early["period"].dt.month)
        if shared:
            late = late[late["period"].dt.month.isin(shared)]
            early = early[early["period"].dt.month.isin(shared)]
    area, now = rows["area"].iloc[0], _spanned(question, late)
    if early.empty or not early["n"].sum():
        return _Change(area, now, late["value"].mean())
    ratio = late["n"].sum() / early["n"].sum()
    if "residents" in rows:  # a place; the median of places has no such interval
        ratio = intervals.poisson_ratio(late["n"].sum(), 1, early["n"].sum(), 1)
    before, after = early["value"].mean(), late["value"].mean()
    then, same = _spanned(question, early), len(late)
    return _Change(area, now, after, then, before, ratio, same, question.by)


def _spanned(question: Question, rows: pd.DataFrame) -> str:
    """The periods of some rows as one time: "2020", "April 2020 to March 2021", "2024-25"."""
    first, last = rows["period"].min(), rows["period"].max()
    if len(rows) == 1:
        return formatting.period_name(first, question.by)
    if first.year == last.year:
        return str(first.year)
    days = pd.DateOffset(months=STEPS[question.by], days=-1)
    return formatting.month_span(first, last + days)


def _change_sentence(question: Question, unit: str, changes: dict[str, _Change]) -> str:
    """What changed in the first place, and beside it in one other, or in the median of others."""
    (area, first), *others = changes.items()  # the place asked first leads
    if first.ratio is None:
        value = formatting.number(first.after)
        return f"{unit} in {area} stood at {value} in {first.now}."
    known = {a: c for a, c in changes.items() if c.ratio is not None}
    over_years = question.start or first.same > 1
    when = f"from {first.then} to {first.now}" if over_years else "in a year"
    if len(known) > 2:
        sizes = pd.DataFrame(
            {
                "area": [*known],
                "times": [
                    getattr(c.ratio, "estimate", c.ratio) - 1 for c in known.values()
                ],
            }
        )
        ranged = formatting.extremes(sizes, "area", "times", formatting.percent)
        return f"the change in {unit} {when} ranged {ranged}."
    said = f"{unit} in {area} {formatting.change(first.ratio)} {when}"
    mean = "" if first.same == 1 else f" a {question.by}"
    if others and others[0][0] in known:
        name, other = others[0]
        name += "" if name.startswith("the ") else "'s"
        return f"{said}; {name} {formatting.change(other.ratio)}."
    before, after = formatting.number(first.before), formatting.number(first.after)
    if over_years:
        return f"{said}: {before}{mean} became {after}."
    return f"{said}: {after} in {first.now}, from {before} in {first.then}."


def _crime_rates_side_by_side(question: Question) -> Answered:
    """Where the first place stands among all forces or districts, per resident and year."""
    frame = queries.crime_counts(question, everywhere=True)
    kind = queries.crime_places_of_level(question)
    frame = frame[frame["area"].isin(kind)]
    years = frame["period"].nunique() * STEPS[question.by] / 12
    rows = frame.groupby("area", as_index=False).agg(
        n=("n", "sum"), residents=("residents", "first")
    )
    rows["base"] = rows["residents"] * years
    rows = rows.dropna(subset=["n", "base"])
    funnel = None
    if len(rows) > 4:
        funnel = spc.funnel(
            rows, count="n", denominator="base", label="area", per=100_000
        )
    ends = [
        formatting.period_name(day, question.by)
        for day in (frame["period"].min(), frame["period"].max())
    ]
    found = position(
        NAME,
        funnel,
        question.areas[0],
        noun=queries.subject(question).noun,
        base="residents a year",
        period=formatting.listed(dict.fromkeys(ends), "to"),
        sources=frame,
        highlight=question.areas[1:],
    )
    if funnel is None or found.facts["verdict"] == "not_enough":
        return Answered(found)
    here = funnel.position(question.areas[0])
    if here.others is None:
        return Answered(found, not here.lower <= here.rate <= here.upper)
    return Answered(found, not here.others.lower <= 1 <= here.others.upper)


# ---------------------------------------------------------------- crime or figures


def _usual_range(question: Question) -> Answered:
    """A series beside its usual range; one that is declared, as every page judges it."""
    place, subject = question.areas[0], queries.subject(question)
    whole = (question.start, question.end) == ("", "")
    quarterly = (question.by, question.unit) == ("quarter", questions.COUNTED)
    if question.programme == RECORDED and whole and quarterly:
        return _judged(process_behaviour(NAME, question.measure, place))
    if question.about_crime:
        sources = queries.crime_counts(question)
        counts, step = sources.set_index("period"), question.by.split()[-1]
        months = STEPS[question.by]
        values = _scaled(question, counts["n"], counts["residents"], months)
        if step != "year":
            values = values.asfreq({"month": "MS", "quarter": "QS"}[step])
    else:
        sources = queries.figures(question)
        values = queries.regular_series(question)
        step, people = str(values.name), queries.residents([place]).iloc[0]
        values = _scaled(question, values, people, STEPS[step])
    found = process_behaviour(
        NAME,
        values,
        place,
        noun=_unit(question),
        step=step,
        sources=sources,
        direction=subject.direction,
        kind=subject.kind,
    )
    return _judged(found)


def _judged(found: Finding) -> Answered:
    """A series with a usual range has changed where it has a signal; any other cannot be told."""
    signals = found.facts.get("numbers", {}).get("of these signals")
    return Answered(found, None if signals is None else signals > 0)


# ---------------------------------------------------------------- published figures


def _figures_over_time(question: Question) -> Finding:
    """Figures as published, at the end of their periods: nothing is joined, so nothing is implied."""
    subject, unit = queries.subject(question), formatting.sentence_case(_unit(question))
    everywhere = question.comparison == questions.OTHERS
    rows = queries.figures(question, everywhere=everywhere, latest=True)
    rows = rows.dropna(subset=["period_end"]).sort_values("period_end", kind="stable")
    rows = _scaled_figures(question, rows)
    mine = rows["area"].isin(question.areas)
    if not mine.any():
        raise NotEnough("No figure of these places has both dates of its period.")
    others = rows.loc[~mine, "area"].value_counts().index
    held = set(rows["area"])
    shown = [*(area for area in question.areas if area in held), *others]
    shown = shown[: questions.MOST]
    rows = rows[rows["area"].isin(shown)]
    spans = [
        f"a period to {formatting.date(end)}"
        if pd.isna(start)
        else formatting.period(start, end)
        for start, end in zip(rows["period_start"], rows["period_end"], strict=True)
    ]
    rows = rows.assign(period=spans)
    own = rows[rows["area"] == shown[0]]
    last, ranged = own.iloc[-1], formatting.extremes
    latest = formatting.qualified(last["value"], last["qualifier"], subject.write)
    number = formatting.count(len(own), "figure")
    each = [
        f"In {area} they run {ranged(part, 'period', 'value', subject.write)}."
        for area, part in rows.groupby("area")
    ]
    label = "period" if len(shown) == 1 else "area"
    return finding(
        NAME,
        f"{unit} in {shown[0]}, as published: {latest} for {last['period']}.",
        detail=f"It is the latest of {number}. {' '.join(each)}",
        alt="Stems at the ends of the periods for "
        f"{formatting.listed(shown)}; {ranged(rows, label, 'value', subject.write)}.",
        value=last["value"],
        unit=subject.unit,
        direction=subject.direction,
        period=last["period"],
        area=formatting.listed(shown),
        sources=rows,
        figure=_stems(rows, shown, unit, subject),
        table=rows.assign(place=rows["area"])[
            ["period", "place", "value", "qualifier", "period_state", "publisher"]
        ],
        caption=f"{unit}, one row for each period",
        caveats=[_APART],
        units={"value": subject.unit},
    )


def _stems(
    rows: pd.DataFrame, areas: list[str], unit: str, subject: queries.Subject
) -> Figure:
    """A panel for each place: a stem for each figure, at the end of its period."""
    axis = charts.money_axis if subject.kind == "money" else charts.number_axis
    with styled():
        figure, axes = plt.subplots(
            len(areas), figsize=(WIDTH, 2.1 * len(areas)), sharex=True, squeeze=False
        )
        for ax, area in zip(axes.flat, areas, strict=True):
            own = rows[rows["area"] == area].drop_duplicates("period_end", keep="last")
            ax.vlines(own["period_end"], 0, own["value"], color=charts.NAVY)
            ax.plot(own["period_end"], own["value"], "o", color=charts.NAVY)
            top = own.loc[own["value"].idxmax()]
            charts.note(
                ax,
                subject.write(top["value"]),
                (top["period_end"], top["value"]),
                offset=(0, 6),
                bold=True,
                ha="center",
                va="bottom",
            )
            charts.month_axis(ax.xaxis)
            ax.margins(y=0.14)
            ax.set_ylim(bottom=min(0, own["value"].min()))
            axis(ax.yaxis)
            charts.title(ax, f"{area}: {unit[:1].lower()}{unit[1:]}")
    return figure


def _figures_side_by_side(question: Question) -> Finding:
    """Places side by side in the latest of the periods that most of them have a figure for."""
    subject, unit = queries.subject(question), formatting.sentence_case(_unit(question))
    rows = queries.figures_of_level(question)
    rows = rows.dropna(subset=["period_start", "period_end"])
    number = rows.groupby(["period_start", "period_end"])["area"].nunique()
    start, end = number[number == number.max()].index[-1]
    rows = rows[(rows["period_start"] == start) & (rows["period_end"] == end)]
    rows = _scaled_figures(question, rows).drop_duplicates("area")
    rows = rows.sort_values("value", ascending=False)
    values = rows.set_index("area")["value"].map(subject.write)
    period = formatting.period(start, end)
    own = [area for area in question.areas if area in values]
    ranged = formatting.extremes(rows, "area", "value", subject.write)
    sentence = f"{unit} in {period} ranged {ranged}."
    if own:
        sentence = (
            f"{unit} in {period}: {values[own[0]]} in {own[0]}; all ranged {ranged}."
        )
    with styled():
        ax = charts.bars(
            rows.head(_BARS), x="value", y="area", highlight=own, kind=subject.kind
        )
        charts.title(ax, unit)
    bars = formatting.count(min(len(rows), _BARS), "place")
    each = "; ".join(f"{area}, {values[area]}" for area in own[1:])
    return finding(
        NAME,
        sentence,
        detail=f"{formatting.count(len(rows), 'place')} of one kind have a figure for "
        f"this period{': ' * bool(each)}{each}.",
        alt=f"Bars for {bars}, the highest first, "
        f"{formatting.extremes(rows.head(_BARS), 'area', 'value', subject.write)}.",
        value=rows.set_index("area")["value"][own[0] if own else rows["area"].iloc[0]],
        unit=subject.unit,
        direction=subject.direction,
        sources=rows,
        period=period,
        area=own[0] if own else "",
        table=rows.assign(area_name=rows["area"])[
            ["area_name", "value", "qualifier", "publisher"]
        ],
        caption=f"{unit} in {period}",
        figure=ax.figure,
    )


def _allowed(question: Question) -> Finding:
    """What overlapping figures leave open, period by period.

    Periods begin with the programme unless years are asked for: before it little is limited.
    """
    subject, place = queries.subject(question), question.areas[0]
    rows = queries.figures_with_parts(question)
    rows = rows.dropna(subset=["period_start", "period_end"])
    last = rows.loc[rows["area"] == place, "period_end"].max()
    if question.end:
        last = min(last, pd.Timestamp(f"{question.end}-12-31"))
    programmes = published_figures.programmes().set_index("programme")
    begin, first = programmes["start"][question.programme], rows["period_start"].min()
    if question.start:
        begin = pd.Timestamp(f"{question.start}-01-01")
    if begin < rows["period_end"].max():
        first = max(first, begin)
    spans = _CUTS[question.by](first, last)
    over = spans[spans["end"] <= last]
    focus = (over if len(over) else spans)["label"].iloc[-1]
    if question.unit != questions.MONTHLY:
        return bounds(
            NAME,
            rows,
            spans,
            noun=subject.noun,
            area=place,
            focus=focus,
            kind=subject.kind,
            parent=places.places(),
            direction=subject.direction,
        )
    found = reconcile.bounds_by_measure(
        rows, spans, measures=[question.measure], area=place, parent=places.places()
    )
    return bounds_by_measure(
        NAME,
        found.bounds,
        measures=queries.measures(tables.state()).reset_index(),
        focus=focus,
        sources=rows,
        area=place,
        caption=f"{formatting.sentence_case(subject.noun)} by {question.by}: what the "
        "published figures allow",
    )


def _sources(question: Question) -> Finding:
    """Every page with a figure, and how many independent publishers say the same."""
    rows, subject = queries.figures(question), queries.subject(question)
    rows = rows[rows["fact"] == question.fact] if question.fact else rows
    kind, noun = subject.kind, subject.noun
    stated = [formatting.stated(rows.iloc[[at]], kind)[0] for at in range(len(rows))]
    table = rows.assign(figure=stated, period=rows["period_state"])
    pages = formatting.count(rows["source"].nunique(), "page")
    times = formatting.count(len(rows), "time")
    if question.fact:
        said = []
        for one in published_figures.corroboration(rows).itertuples():
            same = formatting.listed(
                dict.fromkeys(table.loc[table["value"] == one.value, "figure"])
            )
            on = formatting.count(one.prints, "page")
            by = formatting.count(one.independent, "independent publisher")
            said.append(f"{same} on {on} ({by})")
        sentence = f"{noun}, {rows['area'].iloc[0]}: {said[0]}."
        detail = f"It was also published as {'; '.join(said[1:])}." * (len(said) > 1)
    else:
        values = rows.groupby("fact")["value"].nunique()
        verb = "stands" if len(values) == 1 else "stand"
        of = formatting.count(len(values), "figure")
        sentence = f"{of} of {noun} {verb} on {pages}."
        several = formatting.number((values > 1).sum()) if max(values) > 1 else "none"
        detail = (
            f"They were published {times} in all, {several} with more than one value."
        )
    columns = ["figure", "place", "publisher", "title", "published", "period", "note"]
    return finding(
        NAME,
        formatting.sentence_case(sentence),
        detail=detail,
        value=len(rows),
        unit="times published",
        sources=rows,
        table=table.rename(columns={"area": "place", "url": "address"})[
            [*columns, "address"]
        ],
        caption=f"{formatting.sentence_case(noun)}: every source",
    )
