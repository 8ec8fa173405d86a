"""The register of published figures: programmes, measures, areas, sources and the figures.

Every vintage is kept: one quantity may stand in many rows, from several publishers, first printed
and later revised. ``fact`` names the quantity, ``copy_of`` a print of the same release, ``as_of``
takes the register back to what was in print on a day.
"""

from collections.abc import Iterable

import pandas as pd

from outcomes.core.errors import Invalid, one_of
from outcomes.core.formatting import date
from outcomes.data import tables
from outcomes.data.doors import Day, Flag, Frame, Name, Names, door
from outcomes.data.publishers import independent

NATIONAL = ("england-and-wales", "united-kingdom")
"""Areas that national weeks are published for; the same week may be called either."""
_PART = r"subset of|\(subset\)"


@door("programmes")
def programmes() -> pd.DataFrame:
    """The programmes: programme, name, start, sites, partners, aim, seed_page (bool)."""
    return tables.read("programmes")


@door("measures")
def measures(programme: Name = None) -> pd.DataFrame:
    """What is counted: measure, name, unit, kind, better, minimum_n, whole, stock, definition,
    programmes.

    ``kind`` is output, outcome or context; ``better`` is fewer, more or neither; ``whole`` is true
    when values for separate periods and areas may be added, ``stock`` when a value holds what had
    gathered before its period, so that no rate over time is made of it; no rate or share is shown
    for fewer than ``minimum_n``. With ``programme``, the measures that it has figures for.
    """
    frame = tables.read("measures")
    if programme is None:
        return frame
    used = frame["programmes"].str.split()
    one_of(programme, sorted(set(used.explode())), "programme")
    return frame[[programme in words for words in used]].reset_index(drop=True)


@door()
def stocks() -> set[str]:
    """The measures whose values had gathered before their period: no rate over time is made."""
    known = tables.read("measures", columns=["measure", "stock"])
    return set(known.loc[known["stock"], "measure"])


@door("areas")
def areas(level: Name = None) -> pd.DataFrame:
    """Places: area, name, level, gss, parent, population, population_year (2021: the census, for
    districts of Lancashire and what they make up; 2020: estimates, for forces and nations)."""
    frame = tables.read("areas", level=level)
    if level is not None and frame.empty:
        one_of(level, sorted(set(tables.read("areas")["level"])), "level")
    return frame


@door("figures")
def sources(ids: Names = None) -> pd.DataFrame:
    """Pages: source, publisher, title, url, published, published_by, seed, in the order asked.

    ``published`` is text as far as it is known ("2024-11", "" for an undated page);
    ``published_by`` is the last day it can mean.
    """
    if ids is None:
        return tables.read("sources")
    wanted = list(dict.fromkeys([ids] if isinstance(ids, str) else ids))
    frame = tables.read("sources", source=wanted)
    for name in sorted(set(wanted) - set(frame["source"])):
        one_of(
            name, list(tables.read("sources", columns=["source"])["source"]), "source"
        )
    return frame.set_index("source").loc[wanted].reset_index()


def dated(ids: Iterable[str]) -> dict[str, str]:
    """When pages were published, as far as it is known: "2024-11-29", "2024-11", "2024" or "".

    Citations ask, since the column ``published`` of figures is the last day that can be meant. A
    page that the register does not hold is left out, and nothing is noted as read.
    """
    if "sources" not in tables.tables():
        return {}
    frame = tables.rows(
        "sources", ["source", "published"], {"source": sorted(set(ids))}
    )
    return dict(zip(frame["source"], frame["published"], strict=True))


@door("figures")
def figures(
    *,
    programme: Names = None,
    measure: Names = None,
    area: Names = None,
    start: Day = None,
    end: Day = None,
    as_of: Day = None,
    dated: Flag = None,
    copies: Flag = True,
) -> pd.DataFrame:
    """Published figures, one row per figure per source, in the order of transcription.

    Columns: figure, programme, measure, area, area_name, level, value (float), unit, qualifier
    (exact, over, at_least, nearly, approx), period_start, period_end (inclusive days, NaT when
    unknown), period_state (stated, inferred, ambiguous, unstated), basis (published, derived_sum,
    coded, change), source, publisher, title, url, published, note, fact, seed (bool), copy_of,
    part (bool: by its note the figure counts only part of its measure, so that it is a minimum).

    ``start`` and ``end`` keep periods that overlap the days between them, an open end counting as
    overlap; figures with no date at all drop out. ``dated`` True keeps figures with both ends,
    False the others. ``as_of`` keeps pages published on or before that day: a page dated to a
    month counts from the month's last day, an undated page drops out. ``copies=False`` leaves out
    each print of a release of which another print is in the result. Raises :class:`Invalid` for a
    programme, measure or area that the register does not know, with the nearest one it does.
    """
    frame = tables.read("figures", programme=programme, measure=measure, area=area)
    frame["part"] = frame["note"].str.contains(_PART)
    _known(frame, programme=programme, measure=measure, area=area)
    _within_held(start, end)
    keep = pd.Series(True, index=frame.index)
    first, last = frame["period_start"], frame["period_end"]
    if start or end:
        keep &= first.notna() | last.notna()
    if start:
        keep &= last.isna() | (last >= _day(start))
    if end:
        keep &= first.isna() | (first <= _day(end))
    if as_of:
        keep &= frame["published"] <= _day(as_of)
    if dated is not None:
        keep &= (first.notna() & last.notna()) == dated
    frame = frame[keep]
    if not copies:
        frame = frame[~frame["copy_of"].isin(frame["figure"])]
    return frame.reset_index(drop=True)


@door("figures")
def one_each(figures: Frame, *, vintage: Name = "latest") -> pd.DataFrame:
    """One row for each fact: the latest or the first published, exact figures before others.

    A figure whose period is ambiguous is taken only when no other is at hand, and an undated page
    only when no dated page states the fact as exactly. The order of the rows stays. Raises
    :class:`Invalid` for another ``vintage``.
    """
    first = one_of(vintage, ("latest", "first"), "vintage") == "first"
    for column in ("qualifier", "published", "period_state", "fact"):
        one_of(column, list(figures.columns), "column")
    order = figures.assign(
        vague=figures["qualifier"] != "exact", at=range(len(figures))
    )
    order["undated"] = order["published"].isna()
    order["unsure"] = order["period_state"].isin(["ambiguous", "unstated"])
    keys = ["unsure", "vague", "undated", "published", "at"]
    order = order.sort_values(keys, ascending=[True, True, True, first, True])
    kept = order.drop_duplicates("fact")["at"].sort_values()
    return figures.iloc[kept.to_numpy()].reset_index(drop=True)


def corroboration(figures: pd.DataFrame) -> pd.DataFrame:
    """How many independent publishers state each fact with each value, in order of first print.

    Columns: fact, value, prints (pages), releases (pages that are no copy of another one here),
    independent, publishers (names, sorted, separated by "; "). A page that quotes another body, as
    "Lancashire Telegraph (Home Office data)" does, is not independent of it, nor of another page
    that quotes the same; copies of one press release count once.
    """
    found = []
    copies = figures["copy_of"].isin(figures["figure"])
    for (fact, value), rows in figures.groupby(["fact", "value"], sort=False):
        mine = rows.loc[~copies[rows.index], "publisher"]
        publishers = "; ".join(sorted(set(rows["publisher"])))
        found.append((fact, value, len(rows), len(mine), independent(mine), publishers))
    columns = ["fact", "value", "prints", "releases", "independent", "publishers"]
    return pd.DataFrame(found, columns=columns)


@door("figures")
def waves(programme: Name) -> pd.DataFrame:
    """National weeks of action (op_sceptre, county_lines): wave, start, end, local, national.

    A week is five to nine days and named by its month, "2023-11". ``start`` and ``end`` are the
    days most rows give; ``local`` and ``national`` count the distinct measures published for the
    whole of Lancashire and for England and Wales or the United Kingdom.
    """
    frame = week_figures(programme)
    days = (
        frame.groupby(["wave", "period_start", "period_end"])
        .size()
        .reset_index(name="rows")
    )
    days = days.sort_values(["wave", "rows"], ascending=[True, False], kind="stable")
    found = days.drop_duplicates("wave").set_index("wave")[
        ["period_start", "period_end"]
    ]
    for column, areas in {"local": ["lancashire"], "national": NATIONAL}.items():
        measures = frame[frame["area"].isin(areas)].groupby("wave")["measure"].nunique()
        found[column] = measures.reindex(found.index, fill_value=0)
    return found.reset_index().set_axis(
        ["wave", "start", "end", "local", "national"], axis=1
    )


@door("figures")
def week_figures(programme: Name, *, area: Names = None) -> pd.DataFrame:
    """The figures of national weeks of action, with the column ``wave`` ("2023-11")."""
    programme = one_of(programme, ("county_lines", "op_sceptre"), "programme")
    frame = figures(programme=programme, area=area)
    days = (frame["period_end"] - frame["period_start"]).dt.days + 1
    frame = frame[days.between(5, 9)].reset_index(drop=True)
    return frame.assign(wave=frame["period_start"].dt.strftime("%Y-%m"))


@door("figures")
def week_counts(programme: Name) -> pd.DataFrame:
    """The figures of national weeks of action, each count once for each week and place.

    Adds ``wave`` and ``place``: the area, with England and Wales and the United Kingdom as one,
    "nation", since pages call the same week by either name. An exact figure is taken before a
    rounded one, and the latest of those, whatever last day of the week its page gives.
    """
    frame = week_figures(programme)
    frame["place"] = frame["area"].where(~frame["area"].isin(NATIONAL), "nation")
    frame = frame.assign(fact=frame["wave"] + frame["place"] + frame["measure"])
    return one_each(frame).drop(columns="fact")


def _known(frame: pd.DataFrame, **filters: str | list[str] | None) -> None:
    """Refuse a name that the vocabulary lacks. It is read only when a name brought no row."""
    for column, value in filters.items():
        asked = [] if value is None else _names(value)
        for item in sorted(set(asked) - set(frame[column])):
            one_of(
                item,
                sorted(tables.read(f"{column}s", columns=[column])[column]),
                column,
            )


def _within_held(start, end) -> None:
    """Refuse days after or before all periods of the register, and an end before its start."""
    if start and end and _day(start) > _day(end):
        raise Invalid(f"{start!r} lies after {end!r}: a span ends after it begins.")
    if not start and not end:
        return
    days = tables.rows("figures", ["period_start", "period_end"]).stack()
    held = f"periods of figures are {date(days.min())} to {date(days.max())}"
    if start and _day(start) > days.max():
        raise Invalid(f"{start!r} lies after all that is held: the {held}.")
    if end and _day(end) < days.min():
        raise Invalid(f"{end!r} lies before all that is held: the {held}.")


def _names(value: str | list[str]) -> list[str]:
    return [value] if isinstance(value, str) else list(value)


def _day(value: str | pd.Timestamp) -> pd.Timestamp:
    """A day; a month or a year is refused, since either end of it could be meant."""
    text = str(value)[:10]
    try:
        return pd.to_datetime(text, format="%Y-%m-%d", exact=True)
    except ValueError:
        raise Invalid(f"date {value!r} is not a day; write it as YYYY-MM-DD.") from None
