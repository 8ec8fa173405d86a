"""Checks of the published figures: every problem found is one sentence with its place.

Nothing is repaired here. A problem names the file, the row (the header is row 1), the column and
the value, and the nearest word allowed, so that an analyst can mend ``data/published`` at once.
"""

import io
import re
from calendar import monthrange
from collections.abc import Iterable
from datetime import date
from pathlib import Path

import pandas as pd

from outcomes.core.errors import Invalid, is_web_address, nearest, reading
from outcomes.core.formatting import count
from outcomes.data import own_files

QUALIFIERS = ("exact", "over", "at_least", "nearly", "approx")
INPUTS = {
    table: tuple(columns.split())
    for table, columns in {
        "figures": "programme measure value unit qualifier period_start period_end area "
        "area_level publisher source_title source_url published_date note",
        "programmes": "programme name start sites partners aim seed_page",
        "measures": "measure name unit kind better minimum_n whole stock definition",
        "areas": "area name level gss parent population population_year",
        "map_programmes": "label programme",
        "map_measures": "label measure slug basis remark",
        "map_areas": "label level area",
        "map_units": "label unit",
        "publication_days": "url published by how",
    }.items()
}
# A corrected title, day or note leaves a figure what it is: none is part of its identity.
_LOOSE = {"publisher", "source_title", "published_date", "note"}
IDENTITY = [column for column in INPUTS["figures"] if column not in _LOOSE]
_LEVELS = (
    *("nation", "region", "group", "force", "county", "division", "district", "town"),
    *("neighbourhood", "hotspot"),
)
_ALLOWED = (
    ("measures", "kind", ("output", "outcome", "context")),
    ("measures", "better", ("fewer", "more", "neither")),
    ("measures", "whole", ("yes", "no")),
    ("measures", "stock", ("yes", "no")),
    ("map_measures", "basis", ("", "change")),
    ("programmes", "seed_page", ("yes", "no")),
    ("areas", "level", _LEVELS),
)
_FIRST = "1990-01-01"
"""No programme and no figure of this collection is older."""
_LONGEST = 15  # years of one period
_MOST = 1e11
_DATE = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)
_DAYS = ("period_start", "period_end", "published_date")
_PARTIAL = re.compile(r"\d{4}(-\d\d){0,2}", re.ASCII)


def read_input(path: Path, columns: tuple[str, ...]) -> pd.DataFrame:
    """One input file as text, stripped; raises :class:`Invalid` for a missing file or column.

    What a spreadsheet makes of a file that it saves is read as it was meant: its code page, days
    turned round (30/06/2025), months as names (Nov-24), thousands apart (1,200), and the zeros that
    it drops: 24.0 and 24 are one value.
    """
    if not path.is_file():
        raise Invalid(
            f"The register needs the file {path.name}; there is none in {path.parent}."
        )
    with reading(path):
        text = io.StringIO(own_files.decoded(path))
        frame = pd.read_csv(text, dtype=str, keep_default_na=False)
    if tuple(frame.columns) != columns:
        raise Invalid(
            f"{path.name} must have the columns {', '.join(columns)}, in this order."
        )
    frame = frame.apply(lambda column: column.str.strip())
    for column in frame.columns.intersection([*_DAYS, "value"]):
        frame[column] = _as_meant(path.name, frame[column])
    return frame


def _as_meant(file: str, cells: pd.Series) -> pd.Series:
    """Cells of days or numbers as they stood before a spreadsheet wrote them its own way."""
    day = cells.str.extract(r"^(\d{1,2})/(\d{1,2})/(\d{4})$")
    turned = day[2].notna()
    if (wrong := turned & (day[1].fillna("0").astype(int) > 12)).any():
        raise Invalid(
            f"{file}: days such as {cells[wrong].iloc[0]!r} have the month first, so that "
            f"{count(int(turned.sum()), 'day')} of column {cells.name} may be either: write "
            "days as YYYY-MM-DD."
        )
    iso = day[2] + "-" + day[1].str.zfill(2) + "-" + day[0].str.zfill(2)
    month = pd.to_datetime(cells, format="%b-%y", errors="coerce")
    named = month.notna() & cells.str.fullmatch(r"[A-Z][a-z]{2}-\d\d")
    grouped = cells.str.fullmatch(own_files.GROUPED)
    cells = cells.where(~turned, iso).where(~named, month.dt.strftime("%Y-%m"))
    cells = cells.where(~grouped, cells.str.replace(",", ""))
    return cells.str.replace(r"^(-?\d+)(?:\.0+|(\.\d*[1-9])0+)$", r"\1\2", regex=True)


def raise_problems(problems: list[str]) -> None:
    """Raise :class:`Invalid` with all problems, when there are any.

    Examples
    --------
    >>> raise_problems(["figures.csv row 2, column unit: '' is not in map_units.csv."])
    Traceback (most recent call last):
    outcomes.core.errors.Invalid: 1 problem in the published figures:
    - figures.csv row 2, column unit: '' is not in map_units.csv.
    """
    if problems:
        count = f"{len(problems)} problem" + ("s" if len(problems) > 1 else "")
        raise Invalid(f"{count} in the published figures:\n- " + "\n- ".join(problems))


def vocabulary_problems(tables: dict[str, pd.DataFrame]) -> list[str]:
    """Problems of the maps and vocabularies: keys unique, words allowed, targets present."""
    keys = {name: [INPUTS[name][0]] for name in INPUTS if name != "figures"}
    keys |= {"map_measures": ["label", "measure"], "map_areas": ["label", "level"]}
    found = [
        p for name, key in keys.items() for p in repeated_keys(name, tables[name], key)
    ]
    for name, column, words in _ALLOWED:
        found += _unknown_words(
            name, tables[name], column, words, "among the words allowed"
        )
    for name, column, target in (
        ("map_programmes", "programme", "programmes"),
        ("map_measures", "slug", "measures"),
        ("map_areas", "area", "areas"),
    ):
        slugs = tables[target].iloc[:, 0]
        found += _unknown_words(name, tables[name], column, slugs, f"in {target}.csv")
    found += unseen_problems(tables)
    areas = tables["areas"]
    found += _area_problems(areas)
    for index, start in tables["programmes"]["start"].items():
        if start and not (_is_day(start) and start >= _FIRST):
            why = f"is not a day written YYYY-MM-DD, from {_FIRST} on."
            found.append(problem("programmes", index, "start", start, why))
    found += day_problems(tables["publication_days"], tables["figures"])
    return found + _unknown_words(
        "areas", areas, "parent", [*areas["area"], ""], "in column area"
    )


def unseen_problems(tables: dict[str, pd.DataFrame]) -> list[str]:
    """Cells with characters that nobody sees, or that turn the direction of a text."""
    found = []
    for name, frame in tables.items():
        for column in frame:
            odd = frame.loc[~frame[column].map(str.isprintable).astype(bool), column]
            why = "holds a character that cannot be seen: write it anew."
            found += [problem(name, i, column, value, why) for i, value in odd.items()]
    return found


def _area_problems(areas: pd.DataFrame) -> list[str]:
    """Areas that lie in themselves, and residents or codes that are none."""
    parents = dict(zip(areas["area"], areas["parent"], strict=True))
    found = []
    for index, row in areas.iterrows():
        above, passed = row["parent"], []
        while above and above not in passed:
            passed.append(above)
            above = parents.get(above, "")
        if row["area"] in passed:
            why = "lies in itself, by what its parents say."
            found.append(problem("areas", index, "parent", row["parent"], why))
        for column, form, why in (
            ("gss", r"([A-Z]\d{8})?", "is not a code such as E07000121."),
            ("population", r"(\d{1,9})?", "is not a number of residents."),
            ("population_year", r"((19|20)\d\d)?", "is not a year."),
        ):
            if not re.fullmatch(form, row[column], re.ASCII):
                found.append(problem("areas", index, column, row[column], why))
    return found


def day_problems(days: pd.DataFrame, figures: pd.DataFrame) -> list[str]:
    """Problems of the days found for pages that print none.

    Parameters
    ----------
    days
        ``publication_days.csv``.
    figures
        ``figures.csv``.
    """
    table = "publication_days"
    printed = figures.loc[figures["published_date"] != "", "source_url"]
    found = _unknown_words(table, days, "url", figures["source_url"], "in figures.csv")
    last = days["published"].map(last_day)
    is_day, is_last = (
        column.map(_is_day).astype(bool) for column in (days["by"], last)
    )
    empty = days.eq("")
    for column, wrong, why in (
        (
            "url",
            days["url"].isin(printed),
            "has its date of publication in figures.csv.",
        ),
        ("published", ~empty["published"] & ~is_last, "is not a year, month or day."),
        ("by", ~empty["by"] & ~is_day, "is not a day written YYYY-MM-DD."),
        ("by", empty["by"] & empty["published"], "is empty, and so is published."),
        (
            "by",
            ~empty["published"] & (days["by"] > last),
            "is after the last day that published can mean.",
        ),
        ("how", empty["how"], "is empty: say how the day was found."),
    ):
        found += [
            problem(table, index, column, value, why)
            for index, value in days.loc[wrong, column].items()
        ]
    return found


def row_problems(tables: dict[str, pd.DataFrame]) -> list[str]:
    """Problems of the register's rows: labels mapped, numbers and dates readable, no row twice."""
    figures = tables["figures"]
    labels = tables["map_programmes"]["label"]
    found = _unknown_words(
        "figures", figures, "programme", labels, "in map_programmes.csv"
    )
    found += _unknown_words(
        "figures", figures, "unit", tables["map_units"]["label"], "in map_units.csv"
    )
    found += _unknown_words(
        "figures", figures, "qualifier", QUALIFIERS, "among the words allowed"
    )
    pairs, why = (
        tables["map_measures"][["label", "measure"]],
        "is not in map_measures.csv for {}",
    )
    found += _unmapped_labels(figures, pairs, "programme", "measure", why)
    pairs, why = (
        tables["map_areas"][["level", "label"]],
        "with level {} is not in map_areas.csv",
    )
    found += _unmapped_labels(figures, pairs, "area_level", "area", why)
    for index, row in enumerate(figures.to_dict("records")):
        found += [problem("figures", index, *cell) for cell in cell_problems(row)]
    return found + repeated_keys("figures", figures, IDENTITY)


def unit_problems(figures: pd.DataFrame, measures: pd.DataFrame) -> list[str]:
    """Rows whose unit is not the unit of their measure."""
    unit = measures.set_index("measure")["unit"]
    found = []
    for index, row in figures[
        figures["unit"] != figures["measure"].map(unit)
    ].iterrows():
        why = f"is not {unit[row['measure']]!r}, the unit of its measure {row['measure']!r}."
        found.append(problem("figures", index, "unit", row["unit"], why))
    return found


def problem(table: str, index: int, column: str, value: str, why: str) -> str:
    """One sentence: where, what, and why not.

    Examples
    --------
    >>> problem("figures", 0, "value", "1,200", "is not a plain number.")
    "figures.csv row 2, column value: '1,200' is not a plain number."
    """
    return f"{table}.csv row {index + 2}, column {column}: {value!r} {why}"


def repeated_keys(table: str, frame: pd.DataFrame, key: list[str]) -> list[str]:
    """Rows whose key an earlier row has."""
    again = frame[frame.duplicated(key)]
    return [
        problem(
            table,
            index,
            key[0],
            row[key[0]],
            f"stands twice with the same {', '.join(key)}.",
        )
        for index, row in again.iterrows()
    ]


def last_day(text: str) -> str:
    """The last day on which a page dated to a year or a month can have been published.

    Examples
    --------
    >>> last_day("2024"), last_day("2024-02"), last_day("2024-02-03")
    ('2024-12-31', '2024-02-29', '2024-02-03')
    """
    if not text or not _PARTIAL.fullmatch(text) or len(text) == 10:
        return text
    year, month = int(text[:4]), int(text[5:] or 12)
    if not (year and 1 <= month <= 12):
        return text
    return f"{text[:4]}-{month:02d}-{monthrange(year, month)[1]}"


def _unknown_words(
    table: str, frame: pd.DataFrame, column: str, allowed: Iterable[str], where: str
) -> list[str]:
    known = sorted(set(allowed))
    bad = frame.loc[~frame[column].isin(known), column]
    return [
        problem(table, index, column, value, f"is not {where}{hint(value, known)}")
        for index, value in bad.items()
    ]


def hint(value: str, known: Iterable[str]) -> str:
    """The end of a sentence: the nearest of the words that are known, if one is near.

    Examples
    --------
    >>> hint("arests", ["arrests", "seizures"])
    "; did you mean 'arrests'?"
    """
    guess = nearest(value, known)
    return f"; did you mean {guess!r}?" if guess else "."


def _unmapped_labels(
    figures: pd.DataFrame, pairs: pd.DataFrame, beside: str, column: str, why: str
) -> list[str]:
    """Rows whose labels in two columns are not among ``pairs``, which are in the same order."""
    known, found = set(pairs.itertuples(index=False, name=None)), []
    for index, other, value in figures[[beside, column]].itertuples():
        if (other, value) not in known:
            near = sorted(label for mate, label in known if mate == other)
            said = why.format(repr(other)) + hint(value, near)
            found.append(problem("figures", index, column, value, said))
    return found


def cell_problems(row: dict[str, str]) -> list[tuple[str, str, str]]:
    """Cells of one row that cannot be read: (column, value, why)."""
    found = []
    if not re.fullmatch(r"-?\d+(\.\d+)?", row["value"], re.ASCII):
        found.append(
            ("value", row["value"], "is not a plain number such as 1200 or 12.5.")
        )
    elif abs(float(row["value"])) > _MOST:
        found.append(("value", row["value"], "is more than anything here can be."))
    found += _period_problems(row)
    found += [(c, "", "is empty.") for c in ("publisher", "source_title") if not row[c]]
    if not is_web_address(row["source_url"]):
        found.append(("source_url", row["source_url"], "is not a web address."))
    return found


def _period_problems(row: dict[str, str]) -> list[tuple[str, str, str]]:
    """What is wrong with the days of one row: (column, value, why)."""
    found = []
    start, end, printed = row["period_start"], row["period_end"], row["published_date"]
    for column in ("period_start", "period_end"):
        if row[column] and not _is_day(row[column]):
            found.append((column, row[column], "is not a day written YYYY-MM-DD."))
        elif row[column] and row[column] < _FIRST:
            found.append((column, row[column], f"is before {_FIRST}."))
    if start > end > "":
        found.append(("period_end", end, "is before the start of the period."))
    elif _is_day(start) and _is_day(end) and _years(start, end) > _LONGEST:
        why = f"is over {_LONGEST} years after the start of the period."
        found.append(("period_end", end, why))
    if printed and not _is_day(last_day(printed)):
        found.append(("published_date", printed, "is not a year, month or day."))
    elif printed and (
        printed < _FIRST[:4] or (_is_day(start) and _years(printed, start) > 1)
    ):
        why = "is long before the period that it tells of, or before any figure here."
        found.append(("published_date", printed, why))
    return found


def _years(first: str, last: str) -> int:
    """From the year of one day to that of another."""
    return int(last[:4]) - int(first[:4])


def _is_day(text: str) -> bool:
    try:
        return bool(_DATE.fullmatch(text) and date.fromisoformat(text))
    except ValueError:
        return False
