"""Quality checks: may the tables be published, and what must a reader be told beside them?

Errors stop a build: something is broken, and each is a sentence with table, column, value and row.
Cautions do not: they are true limits of sound data, in words that can stand on the pages they
concern. Nothing here needs the raw files.
"""

import re
from collections.abc import Iterator, Mapping
from datetime import date
from pathlib import Path
from typing import NamedTuple

import pandas as pd

from outcomes.core import formatting
from outcomes.core.collection import collection
from outcomes.data import contradictions, own_files, schema, tables

BLANK_SHARE = 0.10  # of a month's rows without a location
STALE_DAYS = {
    "crime_monthly": 150,
    "crime_quarterly": 300,
}  # after the end of the last period
STREET = ("crime_monthly", "crime_district_monthly", "crime_force_monthly")
_READY = ".refresh-ready"
_OF_ONE = re.compile(
    r"(?i)\b(?:one|single|sole) (?:victim|offender|suspect|defendant|driver|man|woman|boy|girl)\b"
    r"|\bprison sentence\b|\bsentence of (?:an?|the|one)\b"
)
_DEALT_WITH = re.compile(r"(?i)\b(?:arrest|charge|caution|convict|sentence|jail)")
_PART_OF = re.compile(r"\b(?:[Pp]art of|Denominator)\b")


class Caution(NamedTuple):
    """A limit in words, and what it concerns.

    ``tables`` are those it lies in and ``where`` the values of their columns, as a reading would
    ask for them: what neither names is concerned as well. ``sources`` are the pages that print
    what it is about. ``aged`` means that it holds on some days and not on others.
    """

    said: str
    tables: tuple[str, ...]
    where: Mapping[str, str | list[str]] = {}
    sources: tuple[str, ...] = ()
    aged: bool = False


def check(clean: Path, *, today: date | None = None) -> tuple[list[str], list[Caution]]:
    """Errors and cautions of the tables in a ``clean`` folder, as on the day ``today``.

    With errors there are no cautions: they would be drawn from tables that cannot be trusted.
    """
    found = errors(clean, today=today)
    return found, [] if found else cautions(clean, today=today)


def errors(clean: Path, *, today: date | None = None) -> list[str]:
    """What stops a build: breaches of the schema, tables that disagree, days yet to come."""
    if (clean.parent / _READY).exists():
        return [
            "A refresh was cut off while tables were put in place: run outcomes data refresh."
        ]
    found = [*schema.check(clean), *own_files.errors(clean.parent / "own")]
    if found:
        return found
    day = pd.Timestamp(today or date.today())
    found = [
        *_future(clean, day),
        *_disagreements(clean),
        *_shares(clean),
        *_part_years(clean),
    ]
    return [*found, *_personal(clean)]


def cautions(clean: Path, *, today: date | None = None) -> list[Caution]:
    """What a reader must know: gaps, blanks, contradictions, overlapping sums, age."""
    day = pd.Timestamp(today or date.today())
    return [*_contradictions(clean), *_gaps(clean), *_age(clean, day)]


def _table(clean: Path, name: str, *columns: str) -> pd.DataFrame:
    return tables.rows(name, list(columns) or None, clean=clean)


def _has(clean: Path, *names: str) -> bool:
    return set(names) <= set(tables.tables(clean))


def _future(clean: Path, day: pd.Timestamp) -> Iterator[str]:
    """Months that have not ended, periods of figures and pages printed after today."""
    places = [
        ("coverage", "month"),
        ("crime_force_monthly", "month"),
        ("figures", "period_start"),
        ("figures", "period_end"),
    ]
    for name, column in places:
        days = _table(clean, name)[column] if _has(clean, name) else pd.Series()
        limit = day if name == "figures" else day.replace(day=1) - pd.Timedelta(days=1)
        for row, value in days[days > limit].head(5).items():
            yield f"{name}: {column} lies in the future: '{value:%Y-%m-%d}' in row {row + 2}."
    if not _has(clean, "sources", "figures"):
        return
    pages, rows = _table(clean, "sources"), _table(clean, "figures", "source")["source"]
    # a page that is dated to a month or a year may be of the first day of it
    first = (pages["published"] + "-01-01").str[:10]
    first = pd.to_datetime(first, format="%Y-%m-%d", errors="coerce")
    late = pages[first.fillna(pages["published_by"]) > day]
    for page in late.head(5).itertuples():
        told = page.published or f"{page.published_by:%Y-%m-%d}"
        where = ", ".join(str(row + 2) for row in rows.index[rows == page.source][:1])
        yield (
            f"sources: published lies in the future: {told!r} of the page in row {where} of "
            "data/published/figures.csv, dated there or in publication_days.csv."
        )


def _disagreements(clean: Path) -> Iterator[str]:
    """The three tables of street crime must add up to each other, and to coverage."""
    if not _has(clean, "crime_force_monthly", "coverage"):
        return
    keys = ["force", "month"]
    whole = _table(clean, "crime_force_monthly").groupby(keys)["n"].sum()
    covered = _table(clean, "coverage").rename(columns={"rows": "n"}).dropna(subset="n")
    fine = [n for n in ("crime_monthly", "crime_district_monthly") if _has(clean, n)]
    parts = {"coverage": covered} | {
        name: _table(clean, name, *keys, "n") for name in fine
    }
    from_files = pd.MultiIndex.from_frame(
        _table(clean, "coverage").dropna(subset="duplicates")[keys]
    )
    for name, frame in parts.items():
        sums = frame.groupby(keys)["n"].sum()
        own = whole.index.get_level_values("force").isin(frame["force"].unique())
        if name == "crime_monthly":  # other months are known by force alone
            own = whole.index.isin(sums.index.union(from_files))
        want = whole[own]
        both = pd.concat([sums, want], axis=1, keys=["have", "want"]).fillna(0)
        for (force, month), row in (
            both[both["have"] != both["want"]].head(5).iterrows()
        ):
            yield (
                f"{name}: n of {force} in {month:%Y-%m} adds up to {row.have:,.0f}, and in "
                f"crime_force_monthly to {row.want:,.0f}."
            )


def _shares(clean: Path) -> Iterator[str]:
    """A percentage of a whole lies from 0 to 100; only a change may not."""
    if not _has(clean, "figures"):
        return
    frame = _table(clean, "figures")
    odd = (
        (frame["unit"] == "%")
        & (frame["basis"] != "change")
        & ~frame["value"].between(0, 100)
    )
    odd |= (
        (frame["unit"] == "count")
        & (frame["basis"] == "published")
        & (frame["value"] < 0)
    )
    for row, figure in frame[odd].iterrows():
        yield f"figures: value is out of range: '{figure.value:g}' {figure.unit} in row {row + 2}."


def _personal(clean: Path) -> Iterator[str]:
    """What tells of one person's case is no figure: a sentence, a loss or an arrest of one.

    A count of one is that person's case too where it counts arrests, charges or sentences, unless
    its note says what printed count it is a part of.
    """
    if not _has(clean, "figures", "measures"):
        return
    kinds = _table(clean, "measures").set_index("measure")
    texts = (
        kinds.index.str.replace("_", " ")
        + " | "
        + kinds["name"]
        + " | "
        + kinds["definition"]
    )
    of_one, dealt = (kinds.index[texts.str.contains(p)] for p in (_OF_ONE, _DEALT_WITH))
    frame = _table(clean, "figures")
    alone = (
        frame["measure"].isin(dealt)
        & (frame["value"] == 1)
        & (frame["basis"] != "change")
    )
    alone &= ~frame["note"].str.contains(_PART_OF)
    told = alone | frame["measure"].isin(of_one) | frame["note"].str.contains(_OF_ONE)
    for row, figure in frame[told].iterrows():
        yield (
            f"figures: row {row + 2} tells of one person's case: {figure['measure']} "
            f"{figure['value']:g} in {figure['area_name']}. The register holds counts of an "
            "operation, a period or a place; leave the case out, or say in the note "
            "what printed count it is part of."
        )


def _part_years(clean: Path) -> Iterator[str]:
    """A force's year far below its other years is part of a year."""
    if not _has(clean, "crime_annual"):
        return
    frame = _table(clean, "crime_annual")
    years = frame[frame["kind"] == "force"].groupby(["force", "year_end"])["n"].sum()
    usual = years.groupby("force").transform("max")
    for (force, end), n in years[years < 0.7 * usual].items():
        yield (
            f"crime_annual: n of {force} in the year to {end:%Y-%m-%d} is {n:,}, against "
            f"{usual[force, end]:,} in another year: is it a part of a year?"
        )


def _gaps(clean: Path) -> Iterator[Caution]:
    """Months that are missing or partial, or in which many rows have no location, for the forces
    counted by neighbourhood."""
    if not _has(clean, "coverage", "districts", "forces"):
        return
    frame, near = _table(clean, "coverage"), _table(clean, "districts")
    share = frame["no_location"] / frame["rows"]
    names = _table(clean, "forces").set_index("force")["name"]
    for force in sorted(set(frame.loc[frame["duplicates"].notna(), "force"])):
        own = frame["force"] == force
        where = {
            "force": force,
            "district": near.loc[near["force"] == force, "district"].tolist(),
        }
        blank = frame[own].assign(blank=share[own] > BLANK_SHARE)
        for said in _of_force(blank, names.get(force, formatting.place(force))):
            yield Caution(said, STREET, where)


def _of_force(frame: pd.DataFrame, name: str) -> Iterator[str]:
    """The last month is named beside the gaps: it says how old the data are on any day."""
    lost = frame.loc[frame["state"] == "missing", "month"]
    if len(lost):
        last = frame.loc[frame["state"] != "missing", "month"].max()
        held = f"is held here to {formatting.month(last)}"
        yield f"Street-level crime of {name} {held}, without {formatting.month_runs(lost)}."
    for row in frame[frame["state"] == "partial"].itertuples():
        yield f"{formatting.month(row.month)} is incomplete for {name}. {row.reason}"
    if frame["blank"].any():
        months = formatting.month_runs(frame.loc[frame["blank"], "month"])
        said = f"Over {BLANK_SHARE:.0%} of the crimes recorded in {name} have no location in"
        yield f"{said} {months}: a place looks quieter then than it was."


def _age(clean: Path, day: pd.Timestamp) -> Iterator[Caution]:
    for table, column, months in (
        ("crime_monthly", "month", 1),
        ("crime_quarterly", "quarter", 3),
    ):
        if not _has(clean, table):
            continue
        frame = _table(clean, table, "force", column)
        last = pd.Timestamp(
            frame.loc[frame["force"] == collection.force_code, column].max()
        )
        end = last + pd.DateOffset(months=months) - pd.Timedelta(days=1)
        if (day - end).days > STALE_DAYS[table]:
            kind = "Street-level crime" if months == 1 else "Recorded crime by quarter"
            said = f"{kind} ends with {formatting.month(end)}; later months are not in these tables yet."
            yield Caution(said, (table,), aged=True)


def _contradictions(clean: Path) -> Iterator[Caution]:
    if _has(clean, "figures", "measures"):
        pair = (_table(clean, name) for name in ("figures", "measures"))
        for found in contradictions.find(*pair):
            yield Caution(found.said, ("figures",), found.of, found.sources)
