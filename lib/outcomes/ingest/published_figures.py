"""The published figures: ``data/published`` (as transcribed) to ``data/clean`` (as read).

An analyst adds a row to ``figures.csv``; the ``map_*`` files bring its labels to the vocabulary of
``programmes.csv``, ``measures.csv`` and ``areas.csv``. A label that no map holds, a date that is
not one, or a row that stands twice stops the build, and every such place is listed at once.
"""

import hashlib
import re
from collections.abc import Callable
from pathlib import Path

import pandas as pd

from outcomes.core.collection import collection
from outcomes.ingest import published_figures_checks

WEEKLY = ("county_lines", "op_sceptre")
COPY_DAYS = 14
FIELDS = [
    *("figure", "programme", "measure", "area", "area_name", "level", "value", "unit"),
    *(
        "qualifier",
        "period_start",
        "period_end",
        "period_state",
        "basis",
        "source",
        "publisher",
    ),
    *("title", "url", "published", "note", "fact", "seed", "copy_of"),
]
_AMBIGUOUS = re.compile(r"\bAMBIGUOUS\b")
_UNSTATED = re.compile(r"\b(?:PERIOD|START|END) NOT STATED\b")
_COPY = re.compile(
    r"count once|second (?:copy|source)|same police release|OPCC copy", re.I
)


def build(published: Path, clean: Path) -> None:
    """Write programmes, measures, areas, sources and figures as CSV into ``clean``.

    The same input gives the same bytes. Raises :class:`Invalid` that lists every problem found,
    each with its file, row (the header is row 1), column and value; nothing is written then.
    """
    published, clean = Path(published), Path(clean)
    given = {
        n: published_figures_checks.read(published / f"{n}.csv", c)
        for n, c in published_figures_checks.INPUTS.items()
    }
    published_figures_checks.stop(
        published_figures_checks.vocabulary(given)
        + published_figures_checks.rows(given)
    )
    figures = _figures(given)
    published_figures_checks.stop(
        published_figures_checks.units(figures, given["measures"])
    )
    made = {
        "programmes": _flags(given["programmes"], "seed_page"),
        "measures": _measures(given["measures"], figures),
        "areas": given["areas"],
        "sources": _sources(given),
        "figures": figures[FIELDS],
    }
    clean.mkdir(parents=True, exist_ok=True)
    for name, frame in made.items():
        text = frame.to_csv(index=False, lineterminator="\n")
        (clean / f"{name}.csv").write_text(text, encoding="utf-8", newline="")


def _figures(given: dict[str, pd.DataFrame]) -> pd.DataFrame:
    rows, named = given["figures"], _named(given)
    made = rows[["qualifier", "period_start", "period_end"]].assign(
        figure=[
            f"f{_digest('|'.join(row), 8)}"
            for row in rows[published_figures_checks.IDENTITY].to_numpy()
        ],
        value=rows["value"].map(_number),
        period_state=[_period_state(row) for row in rows.to_dict("records")],
        basis=[
            _basis(*pair) for pair in zip(rows["note"], named["basis"], strict=True)
        ],
        note=(named["remark"] + " " + rows["note"]).str.strip(),
    )
    out = pd.concat(
        [named.drop(columns=["basis", "remark"]), made, _cited(given)], axis=1
    )
    out["fact"] = [_fact(row) for row in out.to_dict("records")]
    out["copy_of"] = _copies(out)
    return out


def _named(given: dict[str, pd.DataFrame]) -> pd.DataFrame:
    """The labels of each row in our vocabulary; and what the map says of its measure."""
    rows, known = given["figures"], given["areas"].set_index("area")
    programmes, units = (
        given[f"map_{n}"].set_index("label") for n in ("programmes", "units")
    )
    measures = given["map_measures"].set_index(["label", "measure"])
    measures = measures.reindex(
        pd.MultiIndex.from_frame(rows[["programme", "measure"]])
    )
    areas = given["map_areas"].set_index(["label", "level"])["area"]
    area = areas.reindex(pd.MultiIndex.from_frame(rows[["area", "area_level"]]))
    found = measures.reset_index(drop=True).rename(columns={"slug": "measure"})
    return found.assign(
        programme=rows["programme"].map(programmes["programme"]),
        area=area.to_numpy(),
        area_name=lambda f: f["area"].map(known["name"]),
        level=lambda f: f["area"].map(known["level"]),
        unit=rows["unit"].map(units["unit"]),
    )


def _cited(given: dict[str, pd.DataFrame]) -> pd.DataFrame:
    """Who published each row, where and when. A date may be known as a month or year only.

    ``dated`` is what the page prints or, for a page that prints none, what was found otherwise, and
    ``published`` the last day that it can mean.
    """
    rows, days = given["figures"], given["publication_days"].set_index("url")
    names = {"source_title": "title", "source_url": "url", "published_date": "printed"}
    cited = rows[["publisher", *names]].rename(columns=names)
    pairs = zip(cited["publisher"], cited["url"], strict=True)
    return cited.assign(
        source=[_source_id(*pair) for pair in pairs],
        dated=lambda f: f["printed"].where(
            f["printed"] != "", f["url"].map(_of(days["published"]))
        ),
        by=lambda f: f["url"].map(_of(days["by"])),
        seed=(cited["url"] == collection.page).map({True: "true", False: "false"}),
    ).assign(
        published=lambda f: f["by"].where(
            f["by"] != "", f["dated"].map(published_figures_checks.last_day)
        )
    )


def _of(column: pd.Series) -> Callable[[str], str]:
    """A column asked by its index; "" where it has none."""
    return lambda key: column.get(key, "")


def _digest(text: str, length: int) -> str:
    return hashlib.sha256(text.encode("utf-8")).hexdigest()[:length]


def _number(text: str) -> str:
    """The shortest spelling: 20.0 and 20 are the same figure."""
    value = float(text)
    return str(int(value)) if value == int(value) else repr(value)


def _period_state(row: dict) -> str:
    if _AMBIGUOUS.search(row["note"]):
        return "ambiguous"
    if _UNSTATED.search(row["note"]) or not (row["period_start"] or row["period_end"]):
        return "unstated"
    return "inferred" if "PERIOD INFERRED" in row["note"] else "stated"


def _basis(note: str, measured: str) -> str:
    if "CODED" in note:
        return "coded"
    return "derived_sum" if "DERIVED SUM" in note else measured or "published"


def _source_id(publisher: str, url: str) -> str:
    words = re.sub(r"[^a-z0-9]+", "-", publisher.split("(")[0].lower()).strip("-")
    return f"{words[:32].strip('-')}-{_digest(url, 6)}"


def _fact(row: dict) -> str:
    """The quantity a row states: programme, measure, area and period.

    A national week of action is printed with ends a day apart (13-19 or 13-20 November), and as of
    England and Wales or of the United Kingdom: the week is named by its month. Two undated pages
    need not mean the same period, so an undated quantity is the page's own.
    """
    start, end, area = row["period_start"], row["period_end"], row["area"]
    period = f"{start}..{end}" if start or end else f"undated.{row['source']}"
    if row["programme"] in WEEKLY and start and end:
        days = (pd.Timestamp(end) - pd.Timestamp(start)).days + 1
        if 5 <= days <= 9:
            period = f"week.{start[:7]}"
            area = "england-and-wales" if area == "united-kingdom" else area
    return f"{row['programme']}.{row['measure']}.{area}.{period}"


def _copies(figures: pd.DataFrame) -> list[str]:
    """For a row that repeats another page's release, the figure of the first; otherwise "".

    A copy states the same fact and value, and either its note says that it is one, or the two
    pages came out at most 14 days apart (one that prints no date: it shares a second figure with
    the other, for a day that was found otherwise is no better than a month or a year).
    The seed page restates earlier releases in a report of its own: it is neither copy nor copied.
    """
    rows = figures.to_dict("index")
    told = figures["note"].str.contains(_COPY)
    groups: dict[tuple, list[int]] = {}
    pages: dict[str, set] = {}
    for i, row in rows.items():
        pages.setdefault(row["source"], set()).add((row["fact"], row["value"]))
        if row["seed"] == "false":
            groups.setdefault((row["fact"], row["value"]), []).append(i)
    copy_of = [""] * len(figures)
    for group in groups.values():
        firsts: list[int] = []
        for i in sorted(
            group, key=lambda i: (told[i], rows[i]["published"] or "9999", i)
        ):
            same = [j for j in firsts if rows[j]["source"] != rows[i]["source"]]
            near = [j for j in same if told[i] or _near(rows[i], rows[j], pages)]
            copy_of[i] = rows[near[0]]["figure"] if near else ""
            firsts += [] if near else [i]
    return copy_of


def _near(one: dict, other: dict, pages: dict[str, set]) -> bool:
    """Do the two pages look like prints of one release?"""
    if not (one["printed"] and other["printed"]):
        return len(pages[one["source"]] & pages[other["source"]]) > 1
    gap = pd.Timedelta(days=COPY_DAYS)
    first = [pd.Timestamp(row["printed"]) for row in (one, other)]
    last = [pd.Timestamp(row["published"]) for row in (one, other)]
    return first[0] - last[1] <= gap and first[1] - last[0] <= gap


def _sources(given: dict[str, pd.DataFrame]) -> pd.DataFrame:
    """One row for each page; ``published`` as known, ``published_by`` its last possible day."""
    cited = _cited(given).rename(
        columns={"published": "published_by", "dated": "published"}
    )
    kept = ["source", "publisher", "title", "url", "published", "published_by", "seed"]
    unique = cited[kept].drop_duplicates()
    again = unique[unique.duplicated("source")]
    why = "stands above with another title or date."
    found = (
        published_figures_checks.problem("figures", i, "source_url", u, why)
        for i, u in again["url"].items()
    )
    published_figures_checks.stop(list(found))
    return unique.sort_values("source")


def _measures(measures: pd.DataFrame, figures: pd.DataFrame) -> pd.DataFrame:
    """The vocabulary with the programmes that use each measure, separated by spaces."""
    used = figures.groupby("measure")["programme"].agg(
        lambda p: " ".join(sorted(set(p)))
    )
    held = measures.assign(programmes=measures["measure"].map(used).fillna(""))
    return _flags(_flags(held, "whole"), "stock").sort_values("measure")


def _flags(frame: pd.DataFrame, column: str) -> pd.DataFrame:
    return frame.assign(**{column: frame[column].map({"yes": "true", "no": "false"})})
