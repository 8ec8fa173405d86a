"""Ready-made findings on a series over time: beside its usual range, and how far it is revised.

The words are one function for each rule (:func:`movement`, :func:`trend`), so that a page, the
explorer and a lesson say the same of the same chart.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

import pandas as pd

from outcomes.core import formatting
from outcomes.core.errors import NotEnough, one_of
from outcomes.data import citations, declared_series, places
from outcomes.data.declared_series import YEAR, Series
from outcomes.data.published_figures import latest_per_fact, published_figures
from outcomes.findings import charts
from outcomes.findings.finding import Finding, finding
from outcomes.findings.theme import styled
from outcomes.methods import intervals, spc

_TEST = "limits of an individuals chart (XmR) and its rules for runs"


@dataclass(frozen=True)
class _Asked:
    """What a finding on a series is about: its name, its words, its points and their writing."""

    name: str
    what: str
    step: str
    kind: str
    events: dict | None
    facts: dict[str, Any]

    @property
    def write(self) -> Callable[..., str]:
        return formatting.WRITE[self.kind]

    def named(self, frame: pd.DataFrame) -> pd.DataFrame:
        """The points with their periods in words."""
        days = [formatting.period_name(day, self.step) for day in frame["period"]]
        return frame.assign(period=days)


def process_behaviour(
    name: str,
    series: str | Series | spc.Chart | pd.Series,
    area: str = "",
    *,
    noun: str = "",
    step: str = "",
    unit: str = "",
    sources: Any = None,
    direction: str = "neither",
    kind: str = "number",
    since: str = "",
    events: dict | None = None,
    headline: bool = False,
    caveats: Iterable[str] = (),
) -> Finding:
    """A series beside its usual range, or, where it moves too much to have one, its change.

    Parameters
    ----------
    name
        Of the finding.
    series
        A series that :func:`outcomes.series` declares, or its name: values, noun, unit, usual
        range and sources are as declared, so that every page says the same of it. Or a chart of
        :func:`outcomes.methods.spc.process_behaviour`, or values by date to make one of.
    area
        A place by name. Of a declared series, by default the one that it is declared for.
    noun, step, unit, sources, direction, kind
        Of a series that is not declared: what is counted ("deaths from drug poisoning"), what a
        point is ("quarter"), and what :func:`outcomes.findings.finding` takes.
    since
        A day from which the usual range of a declared series is taken instead.
    events
        Names of dated lines in the chart, and their days.

    Raises
    ------
    Invalid
        For a series that is not declared, with the nearest name.
    """
    if isinstance(series, str):
        series = declared_series.series(series)
    if isinstance(series, Series):
        return _declared(name, series, area, since, events, headline, list(caveats))
    facts = {"unit": unit or noun, "area": area, "sources": sources}
    facts |= {"headline": headline, "direction": direction}
    asked = _Asked(name, _placed(noun, area), step, kind, events, facts)
    try:
        chart = series
        if not isinstance(series, spc.Chart):
            chart = spc.process_behaviour(series, direction=direction)
    except NotEnough as reason:
        return _not_enough(asked, reason, caveats)
    caveats = [*caveats, *chart.caveats]
    if chart.moved:
        return _by_change(asked, chart.frame, caveats)
    return _in_range(asked, chart, chart.frame, "", caveats)


def _placed(noun: str, area: str) -> str:
    """What is counted, and where."""
    if not area or noun.endswith(area):
        return noun
    return f"{noun} in {'the ' if area.startswith('United') else ''}{area}"


def _declared(
    name: str,
    series: Series,
    area: str,
    since: str,
    events: dict | None,
    headline: bool,
    caveats: list[str],
) -> Finding:
    place = places.true_name(area) if area else series.area
    values, start = series.values(place), pd.Timestamp(since or series.start)
    values = values.loc[values.first_valid_index() :]
    facts = {"unit": series.unit, "area": place, "sources": values.attrs["sources"]}
    facts |= {"direction": series.direction, "headline": headline}
    if start == pd.Timestamp(series.start):
        facts["series"] = series.name
    what = _placed(series.noun, place)
    asked = _Asked(name, what, series.step, "number", events, facts)
    frame = pd.DataFrame({"period": values.index, "value": values.to_numpy()})
    if series.change:
        known, why = values.notna().sum(), series.change
        if known < spc.FEWEST:
            why = f"a usual range needs {spc.FEWEST} points, and there are {known}"
        return _by_change(asked, frame, [*caveats, f"No usual range is drawn: {why}."])
    try:
        chart = spc.process_behaviour(
            values[start:],
            latest=series.latest,
            season=series.season,
            direction=series.direction,
        )
    except NotEnough as reason:
        return _not_enough(asked, reason, caveats)
    if chart.moved:
        first, last = map(chart.named, chart.base["period"].iloc[[0, -1]])
        caveats.append(
            f"No usual range is drawn: most points of {first} to {last} signal change "
            "against the range that they give themselves."
        )
        facts["unit"] = series.unit.removesuffix(", season taken out")
        own = frame[frame["period"] >= start]
        if series.season:
            own = own[own["period"].dt.month == own["period"].iloc[-1].month]
        return _by_change(asked, frame, caveats, own)
    before = ""
    if len(chart.factors):
        frame["value"] /= frame["period"].dt.month.map(chart.factors)
    elif values.index[0] < start:
        before = (
            f"The first count held here is {formatting.number(values.iloc[0])}, in "
        )
        before += f"{chart.named(values.index[0])}."
    limits = chart.frame.drop(columns=["value", "moving_range"])
    frame = frame.merge(limits, on="period", how="left")
    judged = frame["period"].isin(chart.judged["period"])
    frame["special"] = frame["special"].fillna("").where(judged, "")
    usual, *trial = chart.caveats
    begins = [f"It begins there because {series.why}."]
    if since and since != series.start:
        begins = []
    return _in_range(asked, chart, frame, before, [*caveats, usual, *begins, *trial])


def _not_enough(asked: _Asked, reason: NotEnough, caveats: Iterable[str]) -> Finding:
    facts: dict[str, Any] = asked.facts | {"headline": False}
    return finding(
        asked.name,
        f"Whether {asked.what} changed cannot be told.",
        detail=str(reason),
        verdict="not_enough",
        caveats=caveats,
        **facts,
    )


def _in_range(
    asked: _Asked,
    chart: spc.Chart,
    frame: pd.DataFrame,
    before: str,
    caveats: Iterable[str],
) -> Finding:
    """The latest point and the usual range; ``frame`` may begin before the chart does."""
    last, write = chart.latest, asked.write
    lower, upper = chart.latest_limits
    table = asked.named(frame)
    table = table[["period", "value", "mean", "lower", "upper", "special"]]
    numbers = {"points": len(chart.judged), "of these signals": len(chart.signals)}
    if chart.latest_points:
        numbers["points of the latest year"] = numbers.pop("points")
        rules = chart.signals["special"].value_counts(sort=False)
        numbers |= {f"of these {rule}": int(count) for rule, count in rules.items()}
    season = ", season taken out" if len(chart.factors) else ""
    with styled():
        ax = charts.process_behaviour(frame, kind=asked.kind, events=asked.events)
        charts.title(ax, f"{asked.what}{season} by {asked.step}")
    ringed = int((frame["special"] != "").sum())
    return finding(
        asked.name,
        movement(chart, asked.what, write=write),
        detail=f"{_sureness(chart, write)} {before}".strip(),
        alt=f"A line by {asked.step} with its mean and limits; "
        f"{formatting.extremes(table, 'period', 'value', write)}; "
        f"{formatting.count(ringed, 'point') if ringed else 'no point'} ringed as a "
        "signal.",
        figure=ax.figure,
        table=table,
        caption=f"{formatting.sentence_case(asked.what)}{season} by {asked.step}, with "
        "usual range",
        value=last["value"],
        lower=lower,
        upper=upper,
        period=formatting.period_name(last["period"], asked.step),
        verdict="tested",
        test=_TEST,
        numbers=numbers,
        caveats=caveats,
        **asked.facts,
    )


def movement(
    chart: spc.Chart, what: str, *, write: Callable[..., str] = formatting.number
) -> str:
    """What a process behaviour chart says of a series: the answer first, in a sentence.

    >>> chart = spc.process_behaviour([10, 12] * 6 + [17], baseline=12)
    >>> movement(chart, "knives found")
    'Knives found stood unusually high in 12, at 17; 5.7 to 16.3 is usual.'
    >>> movement(spc.process_behaviour([10, 12] * 6), "knives found")
    'No clear change in knives found: 12 in 11; 5.7 to 16.3 is usual.'
    """
    last, signals = chart.latest, chart.signals
    when, value = chart.named(last["period"]), chart.latest_value(write)
    season = ", season aside" if len(chart.factors) else ""
    usual = f"; {chart.usual_range(write)} is usual"
    rule, way, subject = (
        last["special"],
        last["direction"],
        formatting.sentence_case(what),
    )
    if rule == spc.OUTSIDE:
        return f"{subject} stood unusually {way} in {when}, at {value}{season}{usual}."
    if rule == spc.TREND:
        verb = "rose" if way == "rising" else "fell"
        text = f"{subject} {verb} six {chart.step}s or more in a row, to {value} in "
        return f"{text}{when}{season}."
    if rule == spc.SIDE:
        side = "above" if way == "high" else "below"
        text = f"{subject} stayed {side} the usual average for over six {chart.step}s, with "
        return f"{text}{value} in {when}{season}."
    if rule == spc.NEAR:
        text = f"{subject} came close to unusually {way} in {when}, at "
        return f"{text}{value}{season}."
    if signals.empty:
        return f"No clear change in {what}: {value} in {when}{season}{usual}."
    ways = set(signals["direction"])
    moved = (
        f"stood unusually {ways.pop()}" if ways in ({"high"}, {"low"}) else "changed"
    )
    latest = "the latest " if chart.latest_points else ""
    of = f"{len(signals)} of {latest}{formatting.count(len(chart.judged), chart.step)}"
    return f"{subject} {moved} in {of}, but not in {when}."


def _sureness(chart: spc.Chart, write: Callable[..., str]) -> str:
    """Which points signal, or what would have; and the usual range."""
    usual, last = chart.usual_range(write), chart.latest
    if chart.signals.empty:
        return (
            f"A {chart.step} outside {usual}, or seven in a row on one side of "
            f"{write(last['mean'])}, would have shown."
        )
    text = f"{chart.detail} The usual range is {usual}"
    if last["special"]:
        return f"{text}."
    season = ", season aside" if len(chart.factors) else ""
    value, when = chart.latest_value(write), chart.named(last["period"])
    return f"{text}; {when} had {value}{season}."


def _by_change(
    asked: _Asked,
    frame: pd.DataFrame,
    caveats: Iterable[str],
    own: pd.DataFrame | None = None,
) -> Finding:
    """A series without a usual range: its first and last point, and its last year.

    ``own`` are the points of which the first is taken; chart and table have all.
    """
    ends = (frame if own is None else own).dropna(subset=["value"])
    if len(ends) < 2:
        reason = NotEnough(f"Fewer than two {asked.step}s are held here.")
        return _not_enough(asked, reason, caveats)
    table, write = asked.named(frame[["period", "value"]]), asked.write
    ends = asked.named(ends.iloc[[0, -1]])
    first, last = ends["value"]
    ratio, year = _ratio(first, last), YEAR.get(asked.step)
    detail = ""
    if isinstance(ratio, intervals.Interval):
        detail = (
            f"That is {formatting.number(ratio.estimate, 2)} times as many (interval "
        )
        detail += f"{formatting.span(ratio, decimals=2)} by counting error alone)."
    if year and asked.kind == "number":
        table["year to its end"] = sums = frame["value"].rolling(year).sum()
        now, before = sums.iloc[-1], sums.shift(year).iloc[-1]
        if pd.notna(now + before):
            detail += f" The year to its end had {write(now)}, the year before "
            detail += f"{write(before)}."
    with styled():
        ax = charts.lines(
            frame, x="period", y="value", kind=asked.kind, events=asked.events
        )
        charts.title(ax, asked.what, xlabel="", ylabel="")
    return finding(
        asked.name,
        f"{formatting.sentence_case(asked.what)} {trend(ratio)}: {write(last)} in "
        f"{ends['period'].iloc[1]}, from {write(first)} in {ends['period'].iloc[0]}.",
        detail=detail.strip(),
        alt=f"A line by {asked.step}, "
        f"{formatting.extremes(table, 'period', 'value', write)}.",
        figure=ax.figure,
        table=table,
        caption=f"{formatting.sentence_case(asked.what)} by {asked.step}",
        value=last,
        period=ends["period"].iloc[1],
        numbers={"times the first": last / first} if first else None,
        caveats=caveats,
        **asked.facts,
    )


def _ratio(first: float, last: float) -> float | intervals.Interval:
    """The last point to the first: of whole counts with its interval."""
    if not first:
        return float("inf")
    if float(first).is_integer() and float(last).is_integer():
        return intervals.poisson_ratio(last, 1, first, 1)
    return last / first


def trend(ratio: float | intervals.Interval) -> str:
    """How a series that moves much went from its first point to its last: a verb and a size.

    Where chance alone could have moved it so far, it has only gone up and down.

    >>> trend(3.4), trend(intervals.poisson_ratio(42, 1, 40, 1)), trend(float("inf"))
    ('more than tripled', 'moved up and down', 'rose from none')
    """
    text = formatting.change(ratio)
    return "moved up and down" if text == "did not clearly change" else text


def revisions(
    name: str, series: str, *, headline: bool = False, caveats: Iterable[str] = ()
) -> Finding:
    """How far the points of a declared, published series moved between first and latest print.

    ``series`` is a name of the family "published" that :func:`outcomes.series` declares
    ("nrm_referrals"). Only points that were published more than once can show a revision; where
    there is none the finding says so. Raises :class:`Invalid` for another series.
    """
    known = declared_series.series_names(family="published")
    of = declared_series.series(one_of(series, known, "series"))
    prints = published_figures(
        measure=of.name, area=of.area, vintages="all", dated=True
    )
    days = (prints["period_end"] - prints["period_start"]).dt.days + 1
    prints = prints[days.between(88, 93) & (prints["qualifier"] == "exact")]
    facts: dict[str, Any] = {"unit": f"{of.step}s revised", "area": of.area}
    first, latest = (latest_per_fact(prints, vintage=v) for v in ("first", "latest"))
    both = first.merge(latest, on="period_start", suffixes=("_first", "_latest"))
    both["prints"] = both["period_start"].map(prints.groupby("period_start").size())
    both = both[both["prints"] > 1].sort_values("period_start")
    if both.empty:
        return finding(
            name,
            f"How much {of.noun} are revised cannot be told: no {of.step} is held "
            "here from two publications.",
            verdict="not_enough",
            sources=prints
            if len(prints)
            else citations.source("figures", measure=of.name),
            caveats=caveats,
            **facts,
        )
    old, new = both["value_first"], both["value_latest"]
    table = pd.DataFrame(
        {
            of.step: both["period_start"].map(formatting.quarter),
            "first": old,
            "latest": new,
            "revision": new - old,
            "change": 100 * (new / old - 1),
            "prints": both["prints"],
            "published_first": both["published_first"],
            "published_latest": both["published_latest"],
        }
    ).reset_index(drop=True)
    moved = table.loc[table["revision"] != 0, "revision"]
    of_all = f"{len(moved) or 'None'} of {len(table)} {of.step}s of {of.noun}"
    if len(moved) == len(table):
        of_all = f"All {len(table)} {of.step}s of {of.noun}"
    text = f"{of_all} {'was' if len(moved) < 2 else 'were'} revised after first publication"
    if len(table) == 1:
        text = f"The one {of.step} of {of.noun} that is held here from two publications was "
        text += "revised" if len(moved) else "not revised"
    most = formatting.number(table["change"].abs().max(), 2)
    return finding(
        name,
        f"{text}, by at most {most}%." if len(moved) else f"{text}.",
        detail=f"The revisions run {_range(moved)}." if len(moved) else "",
        value=len(moved),
        headline=headline,
        sources=prints,
        table=table,
        caption=f"{formatting.sentence_case(of.noun)}: first and latest print by "
        f"{of.step}",
        units={"change": "%"},
        caveats=caveats,
        **facts,
    )


def _range(values: pd.Series) -> str:
    return (
        f"from {formatting.number(values.min())} to {formatting.number(values.max())}"
    )
