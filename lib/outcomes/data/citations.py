"""Where rows come from, as a citation whose period is that of the rows: none is written by hand.

Publisher, title and address of a table stand in ``data/tables.toml`` (and so in
``datapackage.json``); the months, quarters or years are those of the rows at hand, so a month
added moves every citation with it.
"""

from typing import Any, Self

import numpy as np
import pandas as pd

from outcomes.core.errors import Invalid, one_of
from outcomes.core.formatting import listed, month, month_span
from outcomes.data import tables
from outcomes.data.doors import Names, as_list, door, is_day, is_real, plain_day


class Sources(list[dict[str, str]]):
    """The citations that a frame carries in ``attrs["sources"]``.

    pandas copies ``attrs`` deeply with each column taken and each row filtered: what is cited stays
    the same, and so a copy is the list itself.

    >>> from copy import deepcopy
    >>> cited = Sources([{"publisher": "ONS"}])
    >>> deepcopy(cited) is cited
    True
    """

    def __copy__(self) -> Self:
        return self

    def __deepcopy__(self, memo: dict[int, Any]) -> Self:
        return self


_NAMED = 3
"""Places or years that are named one by one; more are counted, or given by their ends."""


@door
def source(table: str, **where: Any) -> dict[str, str]:
    """The citation of a table: source, publisher, title with the coverage of its rows, url,
    published ("" where no day is known).

    ``where`` filters as :func:`outcomes.data.read` does:
    ``source("crime_force_monthly", force="Lancashire")``. A name from ``[sources]`` of
    ``data/tables.toml`` ("imd") gives that source without coverage. Raises
    :class:`~outcomes.core.errors.Invalid` for another name.

    >>> source("imd")["title"]
    'English indices of deprivation 2019 and 2025'
    """
    known = _sources()
    if "force" in where:  # by name, as frames have it; it may have no row in the table
        forces = tables.rows("forces", ["name", "force"]).set_index("name")["force"]
        if isinstance(where["force"], str):
            where["force"] = forces.get(where["force"], where["force"])
        _check_filters("forces", {"force": where["force"]})
    _check_filters(table, {k: v for k, v in where.items() if k != "force"})
    if table in known and not where:
        return _citation(table, known[table])
    column = tables.package().get(table, {}).get("covers", "")
    if column == "month":
        rows = tables.read(table, ["force", "month"], **where)
        held = tables.read("coverage", force=sorted(rows["force"].unique()))
        return sources_of(table, rows, held)[0]
    rows = tables.read(table, [column] if column else None, **where)
    return sources_of(table, rows)[0]


@door
def read(table: str, columns: Names | None = None, **where: Any) -> pd.DataFrame:
    """Rows of a table as a new frame, with ``attrs["sources"]``, and a note of the reading.

    ``where`` keeps the rows whose column equals a value, or is one of a list of values; a filter
    of None is no filter. Text is str ("" when absent), dates are datetime64[us] (NaT when absent),
    whole numbers are int64 (float64 with NaN when some are absent). Raises
    :class:`~outcomes.core.errors.Invalid` for a table or column that does not exist, and for a name
    that the column does not hold.

    >>> read("forces", ["name", "gss"], force="lancashire").to_numpy().tolist()
    [['Lancashire', 'E23000003']]
    """
    _check_filters(table, where)
    if columns is None:
        frame = tables.read(table, **where)
        frame.attrs["sources"] = sources_of(table, frame)
        return frame
    asked = list(dict.fromkeys(as_list(columns)))
    held, needed = tables.package().get(table, {}), set()
    if "covers" in held:  # a citation is told by these columns
        names = {field["name"] for field in held["schema"]["fields"]}
        needed = names & {held["covers"], "force", "state"} - set(asked)
    frame = tables.read(table, [*asked, *sorted(needed)], **where)
    cited = sources_of(table, frame)
    frame = frame[asked]
    frame.attrs["sources"] = cited
    return frame


def _check_filters(table: str, where: dict[str, Any]) -> None:
    """Refuse a filter by what no row of the table has, whatever the day of the page."""
    for column, value in where.items():
        if isinstance(value, (dict, pd.DataFrame)):
            raise Invalid(
                f"{column} cannot be a {type(value).__name__}; give a value or a list."
            )
        many = pd.api.types.is_list_like(value)
        if many and not len(value):
            raise Invalid(
                f"{column} is an empty list; give a value, a list of them or None."
            )
        held = tables.rows(table, [column])[column].dropna()
        for item in value if many else [value] if value is not None else []:
            _check_filter(column, item, held)


def _check_filter(column: str, item: Any, held: pd.Series) -> None:
    """Refuse a value that a column does not hold: by its type, and then by its values."""
    kind = held.dtype.kind
    year = isinstance(item, pd.Period) and item.freqstr[0] in "AY"
    if kind == "M":
        item, what = plain_day(item), "days written YYYY-MM-DD"
        fits = is_day(item) and not year
    elif kind in "iuf":
        fits, what = is_real(item), "numbers"
    elif held.isin([True, False]).all():
        fits, what = isinstance(item, (bool, np.bool_)), "True and False"
    else:
        fits, what = isinstance(item, str), "text"
    if not fits:
        raise Invalid(f"{column} cannot be {item!r}: it holds {what}.")
    if what == "text":
        one_of(item, held.unique(), column)
    elif kind in "iufM":
        wanted = pd.Timestamp(item) if kind == "M" else item
        if not held.eq(wanted).any():
            write = "{:%Y-%m-%d}" if kind == "M" else "{:,}"
            ends = " to ".join(write.format(end) for end in (held.min(), held.max()))
            raise Invalid(f"{column} has no {item!r}: it holds {ends}.")


def cited(
    frame: pd.DataFrame,
    table: str,
    rows: pd.DataFrame | None = None,
    months: pd.DataFrame | None = None,
) -> pd.DataFrame:
    """A frame made from a table, with ``attrs["table"]`` and the citation of the rows it rests on.

    ``rows`` are those of the table (by default the frame itself), ``months`` as for
    :func:`sources_of`.

    >>> cited(tables.read("forces"), "forces").attrs["table"]
    'forces'
    """
    sources = sources_of(table, frame if rows is None else rows, months)
    frame.attrs = {"table": table, "sources": sources}
    return frame


def sources_of(
    table: str, frame: pd.DataFrame, months: pd.DataFrame | None = None
) -> Sources:
    """The citations of rows of a table, most important first.

    ``months`` are the rows of the table coverage that the counts were read from: an absent row may
    be a zero, so which months a street-level frame holds cannot be told from its own rows.

    >>> [one["publisher"] for one in sources_of("lsoas", tables.read("lsoas"))]
    ['ONS', 'MHCLG', 'ONS']
    """
    held = tables.package().get(table, {})
    keys, known = held.get("cites", []), _sources()
    said = _coverage(held.get("covers", ""), frame, months)
    if not keys:  # a table of one's own, which the package may not describe yet
        return Sources([_citation(table, {"cited": held.get("title", table)}, said)])
    return Sources(_citation(key, known[key], said) for key in keys)


def _sources() -> dict[str, dict]:
    """The sources that citations name, by short name."""
    return {
        key: one
        for table in tables.package().values()
        for key, one in zip(
            table.get("cites", []), table.get("citations", []), strict=True
        )
    }


def _citation(key: str, one: dict, said: str = "") -> dict[str, str]:
    title = ", ".join(filter(None, [one.get("cited", ""), said]))
    return {
        "source": key,
        "publisher": one.get("publisher", ""),
        "title": title,
        "url": one.get("url", ""),
        "published": "",
    }


def _coverage(column: str, frame: pd.DataFrame, months: pd.DataFrame | None) -> str:
    """The period of the rows in words; "" where a table has none, or no row."""
    if column == "month":
        return _months(frame if months is None else months)
    if column not in frame or frame[column].dropna().empty:
        return ""
    days = frame[column].dropna()
    if column == "year_end":
        ends = [month(day) for day in sorted(days.unique())]
        if len(ends) <= _NAMED:
            return f"years to {listed(ends)}"
        return f"years to {ends[0]} up to {ends[-1]}"
    if column == "quarter":
        return month_span(days.min(), days.max() + pd.DateOffset(months=2))
    return f"{days.min():.0f} to {days.max():.0f}"


def _months(frame: pd.DataFrame) -> str:
    """Places and months of street-level rows, with how many months of the span are at hand."""
    rows = frame[["force", "month"]]
    if "state" in frame:
        rows = rows[frame["state"] != "missing"]
    if rows.empty:
        return ""
    at, forces = pd.factorize(rows["force"], sort=True)
    months = rows["month"].to_numpy().astype("datetime64[M]").astype("int64")
    span = months.max() - months.min() + 1
    seen = np.zeros((len(forces), span), dtype=bool)
    seen[at, months - months.min()] = True
    held = seen.sum(axis=1)
    first, last = rows["month"].min(), rows["month"].max()
    names = tables.mapping("forces", "force", "name")
    places = [names.get(force, force) for force in forces]
    few = len(places) <= _NAMED
    said = [listed(places) if few else f"{len(places)} forces", month_span(first, last)]
    if held.min() < span:
        each = f"{held.min()} to {held.max()}"
        if held.min() == held.max():
            each = str(held.min())
        elif few:
            each = listed(map(str, held))
        said.append(f"{each} of {span} months")
    return ", ".join(said)
