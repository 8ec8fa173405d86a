"""How a published series was revised: its first print beside the latest, alike on every page."""

import pandas as pd

from outcomes import data
from outcomes.core import formatting
from outcomes.core.errors import one_of
from outcomes.data.published_figures import latest_per_fact, published_figures
from outcomes.findings.finding import Finding, finding


def revisions(name: str, series: str, *, headline: bool = False, caveats=()) -> Finding:
    """How far the points of a declared, published series moved between first and latest print.

    ``series`` is a name of the family "published" that :func:`outcomes.data.series` declares
    ("nrm_referrals"). Only points that were printed more than once can show a revision; where
    there is none the finding says so. Raises :class:`Invalid` for another series.
    """
    of = data.series(one_of(series, data.series_names(family="published"), "series"))
    place = formatting.place(of.area)
    prints = published_figures(
        measure=of.name, area=of.area, vintages="all", dated=True
    )
    days = (prints["period_end"] - prints["period_start"]).dt.days + 1
    prints = prints[days.between(88, 93) & (prints["qualifier"] == "exact")]
    table = _twice(prints, of.step)
    facts = {"unit": f"{of.step}s revised", "area": place, "caveats": caveats}
    if table.empty:
        text = (
            f"How much {of.noun} are revised cannot be told: "
            f"no {of.step} is held from two prints."
        )
        shown = prints if len(prints) else data.source("figures", measure=of.name)
        return finding(name, text, verdict="not_enough", sources=shown, **facts)
    moved = table[table["revision"] != 0]
    text = f"{formatting.number(len(moved))} of {formatting.count(len(table), of.step)} of {of.noun} printed "
    text += "more than once "
    if len(moved):
        least, most = moved["revision"].min(), moved["revision"].max()
        text += f"{'was' if len(moved) == 1 else 'were'} revised, by {_signed(least, most)} and at "
        text += f"most {formatting.number(table['change'].abs().max(), 2)}%."
    else:
        text += "were revised."
    return finding(
        name,
        text,
        value=len(moved),
        headline=headline,
        sources=prints,
        table=table,
        caption=f"{formatting.sentence_case(of.noun)}: first and latest print by {of.step}",
        units={"change": "%"},
        **facts,
    )


def _twice(prints: pd.DataFrame, step: str) -> pd.DataFrame:
    """Points printed more than once: their first and latest value, and how they moved."""
    first, latest = (latest_per_fact(prints, vintage=v) for v in ("first", "latest"))
    both = first.merge(latest, on="period_start", suffixes=("_first", "_latest"))
    both["prints"] = both["period_start"].map(prints.groupby("period_start").size())
    both = both[both["prints"] > 1].sort_values("period_start")
    return pd.DataFrame(
        {
            step: [f"{d.year} Q{d.quarter}" for d in both["period_start"]],
            "first": both["value_first"],
            "latest": both["value_latest"],
            "revision": both["value_latest"] - both["value_first"],
            "change": 100 * (both["value_latest"] / both["value_first"] - 1),
            "prints": both["prints"],
            "published_first": both["published_first"],
            "published_latest": both["published_latest"],
        }
    ).reset_index(drop=True)


def _signed(least: float, most: float) -> str:
    return (
        formatting.number(least) if least == most else formatting.interval(least, most)
    )
