"""The gate: may the tables be published, and what must a reader be told beside them?

Errors stop a build: something is broken, and each is a sentence with table, column, value and row.
Cautions do not: they are true limits of sound data, in words that can stand on the pages they
concern. Nothing here needs the raw files.
"""

from bisect import bisect_right
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import NamedTuple

import pandas as pd

from outcomes.data import schema

BLANK_SHARE = 0.10  # of a month's rows without a location
STALE_DAYS = {"crime_monthly": 150, "crime_quarterly": 300}  # after the end of the last period
_HOME = "lancashire"
_READY = ".refresh-ready"


class Caution(NamedTuple):
    """A limit in words, the table it lies in, and the programmes and areas that it concerns.

    Empty ``programmes`` or ``areas`` means any.
    """

    said: str
    table: str
    programmes: tuple[str, ...] = ()
    areas: tuple[str, ...] = ()


def check(clean: Path, *, today: date | None = None) -> tuple[list[str], list[Caution]]:
    """Errors and cautions of the tables in a ``clean`` folder, as on the day ``today``.

    With errors there are no cautions: they would be drawn from tables that cannot be trusted.
    """
    found = errors(clean, today=today)
    return found, [] if found else cautions(clean, today=today)


def errors(clean: Path, *, today: date | None = None) -> list[str]:
    """What stops a build: breaches of the schema, tables that disagree, days yet to come."""
    if (clean.parent / _READY).exists():
        return ["A refresh was cut off while tables were put in place: run outcomes data refresh."]
    found = schema.check(clean)
    if found:
        return found
    day = pd.Timestamp(today or date.today())
    return [*_future(clean, day), *_disagreements(clean), *_shares(clean), *_part_years(clean)]


def cautions(clean: Path, *, today: date | None = None) -> list[Caution]:
    """What a reader must know: gaps, blanks, contradictions, overlapping sums, age."""
    day = pd.Timestamp(today or date.today())
    found = [*_gaps(clean), *_blanks(clean), *_age(clean, day)]
    return [*found, *_contradictions(clean)]


def _table(clean: Path, name: str, dates: tuple[str, ...] = ()) -> pd.DataFrame:
    path = clean / f"{name}.parquet"
    if path.is_file():
        return pd.read_parquet(path)
    frame = pd.read_csv(clean / f"{name}.csv", keep_default_na=False, na_values={"value": [""]})
    return frame.assign(**{n: pd.to_datetime(frame[n].replace("", None)) for n in dates})


def _has(clean: Path, *names: str) -> bool:
    return all(any(clean.glob(f"{name}.*")) for name in names)


def _future(clean: Path, day: pd.Timestamp) -> Iterator[str]:
    """Months that have not ended, and pages printed after today."""
    places = [("coverage", "month"), ("crime_force_monthly", "month"), ("sources", "published_by")]
    for name, column in places:
        if not _has(clean, name):
            continue
        frame = _table(clean, name, (column,))
        days = pd.to_datetime(frame[column])
        limit = day if column == "published_by" else day.replace(day=1) - pd.Timedelta(days=1)
        for row, value in days[days > limit].head(5).items():
            yield f"{name}: {column} lies in the future: '{value:%Y-%m-%d}' in row {row + 2}."


def _disagreements(clean: Path) -> Iterator[str]:
    """The three tables of street crime must add up to each other, and to coverage."""
    if not _has(clean, "crime_force_monthly", "coverage"):
        return
    keys = ["force", "month"]
    whole = _table(clean, "crime_force_monthly").groupby(keys)["n"].sum()
    covered = _table(clean, "coverage", ("month",))
    parts = {"coverage": covered.assign(n=pd.to_numeric(covered["rows"]))[[*keys, "n"]].dropna()}
    for name in ("crime_monthly", "crime_district_monthly"):
        if _has(clean, name):
            parts[name] = _table(clean, name)
    for name, frame in parts.items():
        frame["month"] = pd.to_datetime(frame["month"]).dt.date
        sums = frame.groupby(keys)["n"].sum()
        want = whole.rename(index=lambda m: pd.Timestamp(m).date(), level="month")
        want = want[want.index.get_level_values("force").isin(set(frame["force"]))]
        both = pd.concat([sums, want], axis=1, keys=["have", "want"]).fillna(0)
        for (force, month), row in both[both["have"] != both["want"]].head(5).iterrows():
            yield (
                f"{name}: n of {force} in {month:%Y-%m} adds up to {row.have:,.0f}, and in "
                f"crime_force_monthly to {row.want:,.0f}."
            )


def _shares(clean: Path) -> Iterator[str]:
    """A percentage of a whole lies from 0 to 100; only a change may not."""
    if not _has(clean, "figures"):
        return
    frame = _table(clean, "figures")
    odd = (frame["unit"] == "%") & (frame["basis"] != "change") & ~frame["value"].between(0, 100)
    odd |= (frame["unit"] == "count") & (frame["basis"] == "published") & (frame["value"] < 0)
    for row, figure in frame[odd].iterrows():
        yield f"figures: value is out of range: '{figure.value:g}' {figure.unit} in row {row + 2}."


def _part_years(clean: Path) -> Iterator[str]:
    """A force's year far below its other years is part of a year."""
    if not _has(clean, "crime_annual"):
        return
    frame = _table(clean, "crime_annual")
    years = frame[frame["kind"] == "force"].groupby(["force", "year_end"])["n"].sum()
    usual = years.groupby("force").transform("max")
    for (force, end), n in years[years < 0.7 * usual].items():
        yield (
            f"crime_annual: n of {force} in the year to {end} is {n:,}, against "
            f"{usual[force, end]:,} in another year: is it a part of a year?"
        )


def _gaps(clean: Path) -> Iterator[Caution]:
    """Months that are missing or partial, for the forces counted by neighbourhood."""
    if not _has(clean, "coverage"):
        return
    frame = _table(clean, "coverage", ("month",))
    for force in sorted(set(frame.loc[frame["duplicates"] != "", "force"])):
        whole = frame[frame["force"] == force]
        lost = whole.loc[whole["state"] == "missing", "month"]
        if len(lost):
            said = f"There is no street-level crime of {_title(force)} for {spans(lost)}."
            yield Caution(said, "coverage", (), (force,))
        for row in whole[whole["state"] == "partial"].itertuples():
            said = f"{row.month:%B %Y} is incomplete for {_title(force)}. {row.reason}"
            yield Caution(said, "coverage", (), (force,))


def _blanks(clean: Path) -> Iterator[Caution]:
    if not _has(clean, "coverage"):
        return
    frame = _table(clean, "coverage", ("month",))
    frame = frame[frame["duplicates"] != ""]
    share = pd.to_numeric(frame["no_location"]) / pd.to_numeric(frame["rows"])
    for force, rows in frame[share > BLANK_SHARE].groupby("force"):
        said = (
            f"Over {BLANK_SHARE:.0%} of the crimes that {_title(force)} recorded have no location "
            f"in {spans(rows['month'])}: a place looks quieter then than it was."
        )
        yield Caution(said, "coverage", (), (force,))


def _age(clean: Path, day: pd.Timestamp) -> Iterator[Caution]:
    for table, column, months in (("crime_monthly", "month", 1), ("crime_quarterly", "quarter", 3)):
        if not _has(clean, table):
            continue
        frame = _table(clean, table)
        last = pd.Timestamp(frame.loc[frame["force"] == _HOME, column].max())
        end = last + pd.DateOffset(months=months) - pd.Timedelta(days=1)
        if (day - end).days > STALE_DAYS[table]:
            kind = "Street-level crime" if months == 1 else "Recorded crime by quarter"
            said = f"{kind} ends with {end:%B %Y}; later months are not in these tables yet."
            yield Caution(said, table)


def _contradictions(clean: Path) -> Iterator[Caution]:
    """Published counts that cannot all be right: one fact told in two ways, a part above its
    whole, or parts that do not overlap above the whole they lie in.

    A series that a publisher has revised is left out: its figures differ by their day.
    """
    if not _has(clean, "figures", "measures"):
        return
    figures = _limits(clean)
    names = _table(clean, "measures").set_index("measure")["name"]
    for (programme, measure, area), rows in figures.groupby(["programme", "measure", "area"]):
        revised = rows.groupby(["fact", "publisher"])["value"].nunique().gt(1).any()
        told = [] if revised else [*_two_ways(rows), *_too_much(rows)]
        if told:
            more = f" ({len(told)} such cases)" if len(told) > 1 else ""
            where = rows["area_name"].iloc[0]
            said = f"Published figures of {names[measure]} in {where} contradict: {told[0]}{more}."
            yield Caution(said, "figures", (programme,), (area,))


def _limits(clean: Path) -> pd.DataFrame:
    """Dated counts as published, with the least and most that each allows.

    A printed 1,200 is exact to its last figure that is not zero: 1,150 to 1,250.
    """
    frame = _table(clean, "figures", ("period_start", "period_end"))
    measures = _table(clean, "measures").set_index("measure")["whole"].astype(str).str.lower()
    keep = frame["measure"].map(measures).eq("true") & frame["basis"].eq("published")
    keep &= frame["period_state"].isin(["stated", "inferred"]) & frame["unit"].ne("%")
    keep &= frame["period_start"].notna() & frame["period_end"].notna()
    frame = frame[keep]
    value, exact = frame["value"], frame["qualifier"] == "exact"
    slack = value.map(_slack)
    low = (value - slack).where(
        exact, value.where(frame["qualifier"].isin(["over", "at_least"]), 0)
    )
    high = (value + slack).where(exact, value.where(frame["qualifier"] == "nearly"))
    return frame.assign(low=low, high=high.fillna(float("inf")))


def _slack(value: float) -> float:
    step = 1
    while value and value % (step * 10) == 0:
        step *= 10
    return step / 2


def _two_ways(rows: pd.DataFrame) -> Iterator[str]:
    for _, same in rows.groupby("fact", sort=False):
        low, high = same.loc[same["low"].idxmax()], same.loc[same["high"].idxmin()]
        if low["low"] > high["high"]:
            yield f"{_quoted(low)} and {_quoted(high)}, both for {_period(low)}"


def _too_much(rows: pd.DataFrame) -> Iterator[str]:
    for at, whole in rows[rows["high"] < float("inf")].iterrows():
        inside = rows["period_start"].ge(whole["period_start"]) & rows["fact"].ne(whole["fact"])
        inside &= rows["period_end"].le(whole["period_end"]) & (rows.index != at)
        least, parts = _most(rows[inside])
        if least > whole["high"]:
            kind = "one part" if parts == 1 else f"{parts} parts that do not overlap"
            yield (
                f"{_quoted(whole)} for {_period(whole)}, and at least {least:,.10g} in {kind} of it"
            )


def _most(rows: pd.DataFrame) -> tuple[float, int]:
    """The largest sum of least values over periods that do not overlap, and how many they are."""
    rows = rows.sort_values(["period_end", "period_start", "low"], kind="stable")
    ends = rows["period_end"].tolist()
    best: list[tuple[float, int]] = [(0.0, 0)]
    for number, row in enumerate(rows.itertuples(), 1):
        before = bisect_right(ends, row.period_start - pd.Timedelta(days=1), 0, number - 1)
        total, parts = best[before]
        best.append(max(best[-1], (total + row.low, parts + 1), key=lambda pair: pair[0]))
    return best[-1]


def _quoted(row: pd.Series) -> str:
    word = "" if row["qualifier"] == "exact" else row["qualifier"].replace("_", " ") + " "
    return f"{word}{row['value']:,.10g} ({row['publisher']})"


def _period(row: pd.Series) -> str:
    start, end = row["period_start"], row["period_end"]
    return f"{start.day} {start:%B %Y} to {end.day} {end:%B %Y}"


def _title(force: str) -> str:
    return force.replace("-", " ").title().replace(" And ", " and ")


def spans(months: pd.Series) -> str:
    """ "June 2020, August to September 2020 and May 2021" for months in any order."""
    periods = sorted(set(pd.PeriodIndex(months, freq="M")))
    runs: list[list[pd.Period]] = []
    for period in periods:
        if runs and period == runs[-1][-1] + 1:
            runs[-1].append(period)
        else:
            runs.append([period])
    words = []
    for run in runs:
        first, last = run[0], run[-1]
        begin = f"{first:%B}" if first.year == last.year else f"{first:%B %Y}"
        words.append(f"{last:%B %Y}" if len(run) == 1 else f"{begin} to {last:%B %Y}")
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} and {words[-1]}"
