"""A finding ready made: what was published of a measure over the years, beside other places."""

import pandas as pd

from outcomes.show import plots, words
from outcomes.show.findings import Finding, finding


def printed(
    name: str, figures: pd.DataFrame, *, place: str, area: str, what: str, unit: str,
    start=None, better: str = "neither", headline: bool = False, caveats=(),
) -> Finding:  # fmt: skip
    """A measure as it was published for a place over the years, beside other places.

    ``figures`` are rows of the register with one row for each fact, ``place`` a slug and ``area``
    its name. Periods may overlap, so nothing is added and no line joins what has gaps.
    """
    rows = figures.dropna(subset=["period_end"]).sort_values("period_end", kind="stable")
    own = rows[rows["area"] == place]
    facts = {"area": area, "better": better, "unit": unit, "caveats": caveats}
    columns = ["area_name", "period_start", "period_end", "value", "publisher"]
    facts |= {"table": rows[columns], "caption": f"{what}, as published"}
    if own.empty:
        text = f"{what}: none is published here for {area}."
        return finding(name, text, verdict="not_enough", sources=figures, **facts)
    span = [_span(s, e) for s, e in zip(own["period_start"], own["period_end"], strict=True)]
    suffix = "%" if unit.startswith("%") else ""
    said = [f"{words.number(v, 1)}{suffix} in {p}" for v, p in zip(own["value"], span, strict=True)]
    text = f"{what} in {area}, as published: {words.listed(said)}."
    if start is not None and own["period_start"].max() < pd.Timestamp(start):
        text += " Each of these holds time before the start, so none shows the time after it alone."
    figure = plots.series(
        rows, x="period_end", y="value", by="area_name", ylabel=f"{unit}, by end of period",
        highlight=list(dict.fromkeys([area, *rows["area_name"]]))[:4],
        events=None if start is None else {"start": start},
    )  # fmt: skip
    return finding(
        name, text, value=own["value"].iloc[-1], period=span[-1], figure=figure, headline=headline,
        sources=rows, **facts,
    )  # fmt: skip


def _span(start, end) -> str:
    """Whole years as "2013 to 2015", anything else by month or day."""
    start, end = pd.Timestamp(start), pd.Timestamp(end)
    if (start.month, start.day, end.month, end.day) != (1, 1, 12, 31):
        return words.period(start, end)
    return str(start.year) if start.year == end.year else f"{start.year} to {end.year}"
