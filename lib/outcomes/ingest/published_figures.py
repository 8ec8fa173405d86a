"""The published figures: ``data/published`` (as transcribed) to ``data/clean`` (as read).

An analyst adds a row to ``figures.csv``; the ``map_*`` files bring its labels to the vocabulary of
``programmes.csv``, ``measures.csv`` and ``areas.csv``. A label that no map holds, a date that is
not one, or a row that stands twice stops the build, and every such place is listed at once.
"""

import hashlib
from pathlib import Path

import numpy as np
import pandas as pd

from outcomes.core.collection import collection
from outcomes.core.formatting import slug
from outcomes.ingest import published_figures_checks as checks

WEEKLY = ("county_lines", "op_sceptre")
COPY_DAYS = 14
FIELDS = [
    *("figure", "programme", "measure", "area", "area_name", "level", "value", "unit"),
    *("qualifier", "period_start", "period_end", "period_state", "basis", "source"),
    *("publisher", "title", "url", "published", "note", "fact", "seed", "copy_of"),
]
_AMBIGUOUS = r"\b(?:PERIOD )?AMBIGUOUS\b"
_UNSTATED = r"\b(?:PERIOD|START|END) NOT STATED\b"
_INFERRED = r"\bPERIOD INFERRED\b"
_CODED = r"\bCODED\b"
_SUMMED = r"\bDERIVED SUM\b"
_COPY = r"(?i)count once|second (?:copy|source)|same police release|OPCC copy"


def build(published: Path, clean: Path) -> None:
    """Write programmes, measures, areas, sources and figures as CSV into ``clean``.

    The same input gives the same bytes. Raises :class:`Invalid` that lists every problem found,
    each with its file, row (the header is row 1), column and value; nothing is written then.
    """
    given = {
        name: checks.read_input(published / f"{name}.csv", columns)
        for name, columns in checks.INPUTS.items()
    }
    checks.raise_problems(
        checks.vocabulary_problems(given) + checks.row_problems(given)
    )
    cited = citations(given["figures"], given["publication_days"])
    figures = pd.concat([translate(given), cited], axis=1)
    checks.raise_problems(checks.unit_problems(figures, given["measures"]))
    figures["fact"] = facts(figures)
    figures["copy_of"] = copies(figures)
    used = figures.groupby("measure")["programme"].agg(
        lambda names: " ".join(sorted(set(names)))
    )
    measures = given["measures"].sort_values("measure")
    measures = measures.assign(programmes=measures["measure"].map(used).fillna(""))
    made = {
        "programmes": _flags(given["programmes"], ["seed_page"]),
        "measures": _flags(measures, ["whole", "stock"]),
        "areas": given["areas"],
        "sources": sources(cited),
        "figures": figures[FIELDS],
    }
    clean.mkdir(parents=True, exist_ok=True)
    for name, frame in made.items():
        text = frame.to_csv(index=False, lineterminator="\n")
        (clean / f"{name}.csv").write_text(text, encoding="utf-8", newline="")


def translate(given: dict[str, pd.DataFrame]) -> pd.DataFrame:
    """The rows of ``figures.csv`` in the vocabulary of the tables.

    Parameters
    ----------
    given
        The input files by name, checked.

    Returns
    -------
    DataFrame
        The columns :data:`FIELDS` but those of the source, fact and copy_of. The figure's name is
        made of what identifies it, so a corrected title, day or note leaves it as it is.
    """
    rows, areas = given["figures"], given["areas"].set_index("area")
    labels = {
        name: given[f"map_{name}"].set_index("label")
        for name in ("programmes", "units")
    }
    measures = given["map_measures"].set_index(["label", "measure"])
    measures = measures.reindex(
        pd.MultiIndex.from_frame(rows[["programme", "measure"]])
    ).set_axis(rows.index)
    area = given["map_areas"].set_index(["label", "level"])["area"]
    area = area.reindex(pd.MultiIndex.from_frame(rows[["area", "area_level"]]))
    area = area.set_axis(rows.index)
    note, start, end = rows["note"], rows["period_start"], rows["period_end"]
    unstated = note.str.contains(_UNSTATED) | ((start == "") & (end == ""))
    states = {
        "ambiguous": note.str.contains(_AMBIGUOUS),
        "unstated": unstated,
        "inferred": note.str.contains(_INFERRED),
    }
    bases = {
        "coded": note.str.contains(_CODED),
        "derived_sum": note.str.contains(_SUMMED),
    }
    measured = measures["basis"].replace("", "published")
    identity = rows[checks.IDENTITY].agg("|".join, axis=1)
    return pd.DataFrame(
        {
            "figure": "f" + identity.map(lambda text: _digest(text, 8)),
            "programme": rows["programme"].map(labels["programmes"]["programme"]),
            "measure": measures["slug"],
            "area": area,
            "area_name": area.map(areas["name"]),
            "level": area.map(areas["level"]),
            # the shortest spelling: 20.0 and 20 are the same figure
            "value": [
                np.format_float_positional(value, trim="-")
                for value in rows["value"].astype(float)
            ],
            "unit": rows["unit"].map(labels["units"]["unit"]),
            "qualifier": rows["qualifier"],
            "period_start": start,
            "period_end": end,
            "period_state": np.select(list(states.values()), list(states), "stated"),
            "basis": np.select(list(bases.values()), list(bases), measured),
            "note": (measures["remark"] + " " + plain_notes(note)).str.strip(),
        }
    )


def plain_notes(notes: pd.Series) -> pd.Series:
    """The notes as a reader is to see them: without the marks, which are columns of their own.

    What follows a mark opens a sentence.

    Parameters
    ----------
    notes
        The notes of ``figures.csv``, with their marks (``data/published/README.md``).

    Examples
    --------
    >>> noted = ["PERIOD INFERRED: year not printed.", "Event. CODED: no count is published."]
    >>> plain_notes(pd.Series(noted)).tolist()
    ['Year not printed.', 'Event. No count is published.']
    """
    marks = "|".join([_AMBIGUOUS, _UNSTATED, _INFERRED, _CODED, _SUMMED])
    opened = notes.str.replace(
        rf"(?:(?:{marks})[.:,;]?\s*)+(\S?)", lambda found: found[1].upper(), regex=True
    )
    return opened.str.strip()


def citations(rows: pd.DataFrame, days: pd.DataFrame) -> pd.DataFrame:
    """Who published each row of ``figures.csv``, where and when.

    A date may be known as a month or year only.

    Parameters
    ----------
    rows
        ``figures.csv``.
    days
        ``publication_days.csv``: what was found for pages that print no date.

    Returns
    -------
    DataFrame
        source, publisher, title, url, seed, printed: the date that the page prints, dated: that
        or what was found otherwise, and published: the last day that it can mean.
    """
    names = {"source_title": "title", "source_url": "url", "published_date": "printed"}
    cited = rows[["publisher", *names]].rename(columns=names)
    found = days.set_index("url").reindex(cited["url"], fill_value="")
    found = found.set_axis(cited.index)
    dated = cited["printed"].mask(cited["printed"] == "", found["published"])
    body = cited["publisher"].map(lambda name: slug(name.split("(")[0]))
    return cited.assign(
        source=body.str[:32].str.strip("-")
        + "-"
        + cited["url"].map(lambda url: _digest(url, 6)),
        seed=(cited["url"] == collection.page).map({True: "true", False: "false"}),
        dated=dated,
        published=found["by"].mask(found["by"] == "", dated.map(checks.last_day)),
    )


def facts(figures: pd.DataFrame) -> pd.Series:
    """The quantity that each row states: programme, measure, area and period.

    A national week of action is printed with ends a day apart (13-19 or 13-20 November), and as of
    England and Wales or of the United Kingdom: the week is named by its month. Two undated pages
    need not mean the same period, so an undated quantity is the page's own.

    Parameters
    ----------
    figures
        programme, measure, area, source, period_start and period_end ("" where not stated).

    Examples
    --------
    >>> row = {"programme": "op_sceptre", "measure": "arrests", "area": "lancashire"}
    >>> row |= {"source": "s", "period_start": "2023-11-13", "period_end": "2023-11-20"}
    >>> facts(pd.DataFrame([row]))[0]
    'op_sceptre.arrests.lancashire.week.2023-11'
    """
    start, end, area = figures["period_start"], figures["period_end"], figures["area"]
    first, last = (pd.to_datetime(day, errors="coerce") for day in (start, end))
    weekly = figures["programme"].isin(WEEKLY)
    week = weekly & ((last - first).dt.days + 1).between(5, 9)
    period = start + ".." + end
    period = period.mask(period == "..", "undated." + figures["source"])
    period = period.mask(week, "week." + start.str[:7])
    area = area.mask(week & (area == "united-kingdom"), "england-and-wales")
    return figures["programme"] + "." + figures["measure"] + "." + area + "." + period


def copies(figures: pd.DataFrame) -> list[str]:
    """For a row that repeats another page's release, the figure of the first; otherwise "".

    A copy states the same fact and value, and either its note says that it is one, or the two
    pages came out at most 14 days apart (one that prints no date: it shares a second figure with
    the other, for a day that was found otherwise is no better than a month or a year).
    The seed page restates earlier releases in a report of its own: it is neither copy nor copied.

    Parameters
    ----------
    figures
        figure, fact, value, note, and the columns of :func:`citations`.
    """
    rows = figures.to_dict("index")
    told = figures["note"].str.contains(_COPY)
    stated = zip(figures["fact"], figures["value"], strict=True)
    pages = pd.Series(list(stated), figures.index).groupby(figures["source"]).agg(set)
    gap = pd.Timedelta(days=COPY_DAYS)

    def same_release(one: dict, other: dict) -> bool:
        if not (one["printed"] and other["printed"]):
            return len(pages[one["source"]] & pages[other["source"]]) > 1
        first = [pd.Timestamp(row["printed"]) for row in (one, other)]
        last = [pd.Timestamp(row["published"]) for row in (one, other)]
        return first[0] - last[1] <= gap and first[1] - last[0] <= gap

    copy_of = dict.fromkeys(rows, "")
    order = figures.assign(told=told, day=figures["published"].replace("", "9999"))
    order = order[order["seed"] == "false"].sort_values(["told", "day"], kind="stable")
    for _, group in order.groupby(["fact", "value"], sort=False):
        firsts: list[dict] = []
        for index in group.index:
            row = rows[index]
            others = [first for first in firsts if first["source"] != row["source"]]
            near = [o for o in others if told[index] or same_release(row, o)]
            if near:
                copy_of[index] = near[0]["figure"]
            else:
                firsts.append(row)
    return list(copy_of.values())


def sources(cited: pd.DataFrame) -> pd.DataFrame:
    """One row for each page; ``published`` as known, ``published_by`` its last possible day.

    Raises :class:`Invalid` for a page that stands with two titles or dates.
    """
    names = {"published": "published_by", "dated": "published"}
    kept = ["source", "publisher", "title", "url", "published", "published_by", "seed"]
    unique = cited.rename(columns=names)[kept].drop_duplicates()
    again = unique[unique.duplicated("source")]
    why = "stands above with another title or date."
    checks.raise_problems(
        [
            checks.problem("figures", index, "source_url", url, why)
            for index, url in again["url"].items()
        ]
    )
    return unique.sort_values("source")


def _digest(text: str, length: int) -> str:
    return hashlib.sha256(text.encode("utf-8")).hexdigest()[:length]


def _flags(frame: pd.DataFrame, columns: list[str]) -> pd.DataFrame:
    words = {"yes": "true", "no": "false"}
    return frame.assign(**{column: frame[column].map(words) for column in columns})
