"""The one door to the tables: reads ``data/clean``, and notes what was read.

A table is ``<root>/clean/<table>.parquet`` or ``.csv``; ``datapackage.json`` beside it gives the
types of a CSV's fields. Rows are filtered while they are read, so a small question costs a few
milliseconds. Neither DuckDB nor polars is used here: notebook kernels are forked after this module
has been imported, and a forked child of a process that used either hangs.
"""

import hashlib
import json
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from datetime import date
from functools import lru_cache, reduce
from operator import and_
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from outcomes.core import project
from outcomes.core.errors import Invalid, one_of, reading
from outcomes.data import own_files, vintages

WORDS = pd.StringDtype("python", na_value=np.nan)
"""Words of tables, as Python's own objects: frames of a few thousand rows are asked small questions,
and Arrow's words pay for a call into Arrow at each of them, a tenth of what a page takes. Not by
pandas' option for all words: with it ``dt.day_name`` of pandas 3.1 fails."""

_SUFFIXES = (".parquet", ".csv")
_HELD = 4 << 20  # bytes of a file that may be held ahead
_log: list[tuple[str, str, str]] = []
_cut = {"day": "", "before": ""}  # of the page: see published_figures.as_of


def root() -> Path:
    """The data folder (:func:`outcomes.core.project.data`)."""
    return project.data()


def tables(clean: Path | None = None) -> list[str]:
    """Names of the tables that are held in a folder (by default ``clean`` of the data), sorted."""
    found = (clean or root() / "clean").glob("*.*")
    return sorted({path.stem for path in found if path.suffix in _SUFFIXES})


def path_of(table: str, clean: Path | None = None) -> Path:
    """The file of a table; raises :class:`Invalid` with the nearest name when there is none.

    The name of a table of one's own begins with "own/" (:func:`outcomes.data.own.own`).
    """
    folder = clean or root() / "clean"
    if table.startswith(project.OWN):
        folder, table = root() / "own", table.removeprefix(project.OWN)
    for suffix in _SUFFIXES:
        path = folder / f"{table}{suffix}"
        if path.is_file():
            return path
    one_of(table, tables(folder), "table")
    raise Invalid(f"table {table!r} has no file in {folder}.")


def read(table: str, columns: list[str] | None = None, **where: Any) -> pd.DataFrame:
    """Rows of a table as a new frame, and a note of the reading.

    ``where`` keeps the rows whose column equals a value, or is one of a list of values; a filter
    of None is no filter. Text is str ("" when absent), dates are datetime64[us] (NaT when absent),
    whole numbers are int64 (float64 with NaN when some are absent). Raises :class:`Invalid` for a
    table or column that does not exist.
    """
    _log.append((table, json.dumps(_plain(where), sort_keys=True), _cut["day"]))
    return rows(table, columns, where, _cut["day"])


def rows(
    table: str,
    columns: list[str] | None = None,
    where: dict | None = None,
    as_of: str = "",
    clean: Path | None = None,
) -> pd.DataFrame:
    """Rows of a table, as :func:`read` gives them, those published by the day ``as_of`` ("" for
    all); not noted. ``clean`` is another folder of tables, such as one not yet in place.

    A table of one's own has one day for all its rows: the ``published`` of its description.
    """
    resource = package().get(table, {}) if as_of else {}
    more = [
        c for c in vintages.needed(resource) if columns is not None and c not in columns
    ]
    wanted = (*columns, *more) if columns is not None else None
    version = _version(path_of(table, clean))
    frame = _cached(version, _frozen(_plain(where or {})), wanted)
    if resource:
        frame = vintages.published_by(as_of, frame, resource).drop(columns=more)
    elif as_of and table.startswith(project.OWN):
        day = own_files.describe(Path(version[0])).published
        frame = frame[:0] if day and f"{day}" > as_of else frame
    return frame.copy(
        deep=False
    )  # copy-on-write: changing the copy leaves the cache as it is


def mapping(table: str, key: str, value: str) -> dict[Any, Any]:
    """One column of a table by another, such as the names of forces by code; a noted reading.

    >>> mapping("forces", "force", "name")["kent"]
    'Kent'
    """
    _log.append((table, "{}", _cut["day"]))
    return dict(_mapping(_version(path_of(table)), table, key, value, _cut["day"]))


@lru_cache(maxsize=32)
def _mapping(version: tuple, table: str, key: str, value: str, as_of: str) -> dict:
    frame = rows(table, [key, value], as_of=as_of)
    return dict(zip(frame[key].tolist(), frame[value].tolist(), strict=True))


def in_words(column: pd.Series, known: dict[Any, str]) -> Any:
    """Each value of a column by what it is called, each looked up once; "" where it is not known.

    >>> in_words(pd.Series(["kent", ""]), {"kent": "Kent"}).tolist()
    ['Kent', '']
    """
    at, values = pd.factorize(column, use_na_sentinel=False)
    return pd.array([known.get(value, "") for value in values], dtype=WORDS)[at]


def state() -> tuple:
    """What readings depend on: the folder of data, the day of the page, the version of each table.

    What is kept of readings is kept for this, so that it changes with them.

    >>> state() == state()
    True
    """
    files = sorted((root() / "clean").glob("*.*"))
    held = (_version(path) for path in files if path.suffix in _SUFFIXES)
    return str(root()), _cut["day"], *held


def distinct(table: str, column: str) -> list[Any]:
    """The different values of a column, in the order of the rows; not noted.

    >>> "lancashire" in distinct("crime_monthly", "force")
    True
    """
    return list(_distinct(_version(path_of(table)), column))


@lru_cache(maxsize=32)
def _distinct(version: tuple, column: str) -> list[Any]:
    path = Path(version[0])
    if path.suffix == ".csv":
        return _cached(version, (), (column,))[column].unique().tolist()
    return arrow(path, [column], coded=True).column(column).unique().to_pylist()


def cut_at(day: str, *, before: str = "") -> None:
    """Give what had been published by ``day`` from now on ("" for all); ``before`` is the sentence
    for a day on which nothing was known."""
    _cut.update(day=day, before=before)


def cut() -> dict[str, str]:
    """The page-wide day, and the sentence of a page on which nothing was known by then."""
    return dict(_cut)


@contextmanager
def whole() -> Iterator[None]:
    """What is read within is read whole, whatever the day of the page."""
    kept = dict(_cut)
    cut_at("")
    try:
        yield
    finally:
        _cut.update(kept)


def reads() -> list[dict]:
    """What has been read by this process: ``{"table", "where"}``, each once, sorted; with
    ``as_of`` where only what was published by a day was read."""
    return [
        {"table": table, "where": json.loads(where)} | ({"as_of": day} if day else {})
        for table, where, day in sorted(set(_log))
    ]


@contextmanager
def unnoted() -> Iterator[None]:
    """What is read within is not noted."""
    kept = _log[:]
    try:
        yield
    finally:
        _log[:] = kept


def digest(table: str, where: dict | None = None, as_of: str = "") -> str:
    """A sha256 of the rows of a table, all columns: it changes when any of those rows change.

    Not noted in the log. A whole table is the digest of its file; filtered rows, and those that
    were published by the day ``as_of``, are hashed one by one, so rows elsewhere in the table, and
    how the file was compressed, make no difference. The description of a table of one's own is
    part of it: whether its counts may be shown stands there.
    """
    path = path_of(table)
    if as_of:
        return _hashed(rows(table, None, where, as_of), path)
    return _digest(_version(path), _frozen(_plain(where or {})))


@lru_cache(maxsize=256)
def _digest(version: tuple, where: tuple) -> str:
    path = Path(version[0])
    if not where:
        files = project.table_files(f"own/{path.stem}") if _is_own(path) else [path]
        held = b"".join(file.read_bytes() for file in files)
        return hashlib.sha256(held).hexdigest()
    return _hashed(_cached(version, where, None), path)


def _hashed(frame: pd.DataFrame, path: Path) -> str:
    """A sha256 of the rows of the table in a file."""
    total = hashlib.sha256(json.dumps(list(frame.columns)).encode())
    if _is_own(path):
        total.update(path.with_suffix(".toml").read_bytes())
    total.update(pd.util.hash_pandas_object(frame, index=False).to_numpy().tobytes())
    return total.hexdigest()


def _plain(where: dict) -> dict:
    """Filters in a form that JSON can hold: text, numbers, or a sorted list of them."""
    if not isinstance(where, dict):
        raise Invalid(f"Filters are written {{column: value}}, not {where!r}.")
    plain = {}
    for column, value in sorted(where.items()):
        if pd.api.types.is_list_like(value):
            plain[column] = sorted({_scalar(item) for item in value})
        elif value is not None:
            plain[column] = _scalar(value)
    return plain


def _scalar(value: Any) -> Any:
    if isinstance(value, pd.Period):
        value = value.start_time
    if isinstance(value, (date, np.datetime64)):  # a pandas Timestamp is a date too
        return pd.Timestamp(value).strftime("%Y-%m-%d")
    return value.item() if isinstance(value, np.generic) else value


def _frozen(where: dict) -> tuple:
    return tuple((k, tuple(v) if isinstance(v, list) else v) for k, v in where.items())


def _version(path: Path) -> tuple:
    """Identity of a file's content, so that the cache never serves a file since replaced."""
    files = [path, path.with_suffix(".toml")] if _is_own(path) else [path]
    found = [file.stat() for file in files if file.is_file()]
    return str(path), *((stat.st_mtime_ns, stat.st_size) for stat in found)


def _is_own(path: Path) -> bool:
    return path.parent.name == "own"


def hold() -> None:
    """Read the tables that are CSV files, of up to 4 MB: what is forked from this process has them.

    One that is replaced later is read anew. One that cannot be read is left to who asks for it.
    """
    for path in sorted((project.data() / "clean").glob("*.csv")):
        with suppress(Exception):
            if path.stat().st_size <= _HELD:
                _csv(_version(path))


def forget() -> None:
    """Let go of the rows that are held for the next reading of them."""
    _cached.cache_clear()


@lru_cache(maxsize=64)
def _cached(version: tuple, where: tuple, columns: tuple | None) -> pd.DataFrame:
    path = Path(version[0])
    if path.suffix == ".csv":
        return _select(_csv(version), path, where, columns)
    return _parquet(path, where, columns)


def _known(path: Path, names: list[str], where: tuple, columns: tuple | None) -> None:
    for name in [*(column for column, _ in where), *(columns or ())]:
        one_of(name, names, f"column of {path.stem}")


def arrow(
    path: Path,
    columns: Iterable[str] | None = None,
    rule: Any = None,
    *,
    coded: bool = False,
) -> Any:
    """A table that is a Parquet file, as an Arrow table of the types that stand in the file.

    ``rule`` is a filter, as an Arrow expression; ``coded`` leaves text as codes, as the file has it.
    """
    import pyarrow.parquet as pq

    names = list(columns) if columns else None
    with reading(path):
        return pq.read_table(
            path,
            columns=names,
            filters=rule,
            use_threads=False,
            read_dictionary=names if coded else None,
        )


def _parquet(path: Path, where: tuple, columns: tuple | None) -> pd.DataFrame:
    import pyarrow as pa
    import pyarrow.parquet as pq

    with reading(path):
        schema = pq.read_schema(path)
    _known(path, schema.names, where, columns)
    rules = [_rule(column, value, schema.field(column).type) for column, value in where]
    rule = reduce(and_, rules) if rules else None
    found = arrow(path, columns, rule)
    wide = {
        pa.date32(): pa.timestamp("us"),
        pa.int32(): pa.int64(),
        pa.int16(): pa.int64(),
    }
    fields = [pa.field(f.name, wide.get(f.type, f.type)) for f in found.schema]
    words = {f.name for f in found.schema if f.type in (pa.string(), pa.large_string())}
    others = pa.schema([f for f in fields if f.name not in words])
    frame = found.select(others.names).cast(others).to_pandas()
    known = {name: _shared(found.column(name)) for name in words}
    return pd.DataFrame(known | dict(frame.items()))[found.schema.names]


def _shared(column: Any) -> Any:
    """Words of an Arrow column, each a single object however often it stands there: a word in every
    row would be an object of its own, of some 60 bytes and with a hash of its own."""
    coded = column.combine_chunks().dictionary_encode()
    at = coded.indices.fill_null(-1).to_numpy(zero_copy_only=False)
    return pd.array(coded.dictionary.to_pylist(), dtype=WORDS).take(at, allow_fill=True)


def _rule(column: str, value: Any, kind: Any) -> Any:
    """The filter as an Arrow expression, its values in the type of the column."""
    import pyarrow as pa
    import pyarrow.compute as pc

    wanted = list(value) if isinstance(value, tuple) else [value]
    try:
        if pa.types.is_date(kind):
            wanted = [date.fromisoformat(item) for item in wanted]
        return pc.field(column).isin(pa.array(wanted, type=kind))
    except (pa.ArrowInvalid, pa.ArrowTypeError, TypeError, ValueError):
        raise _no_such(column, wanted, str(kind)) from None


def _no_such(column: str, wanted: list, kind: str) -> Invalid:
    given = ", ".join(map(repr, wanted))
    meant = {
        "date32[day]": "days written YYYY-MM-DD",
        "date": "days written YYYY-MM-DD",
    }
    return Invalid(
        f"{column} cannot be {given}: it holds {meant.get(kind, f'values of {kind}')}."
    )


def _select(
    frame: pd.DataFrame, path: Path, where: tuple, columns: tuple | None
) -> pd.DataFrame:
    _known(path, list(frame.columns), where, columns)
    asked = frame[list(columns)] if columns else frame
    keep = np.ones(len(frame), dtype=bool)
    for column, value in where:
        wanted = list(value) if isinstance(value, tuple) else [value]
        if frame[column].dtype.kind == "M":
            try:
                wanted = [pd.Timestamp(item) for item in wanted]
            except (TypeError, ValueError):
                raise _no_such(column, wanted, "date") from None
        keep &= frame[column].isin(wanted).to_numpy()
    return asked[keep].reset_index(drop=True) if where else asked


def text(path: Path) -> pd.DataFrame:
    """A table that is a CSV file, every cell as the text that stands there."""
    with reading(path):
        return pd.read_csv(path, dtype=WORDS, keep_default_na=False, encoding="utf-8")


@lru_cache(maxsize=32)
def _csv(version: tuple) -> pd.DataFrame:
    path = Path(version[0])
    if _is_own(path):
        return own_files.read(path)
    cells = text(path)
    described = package(path.parent.parent).get(path.stem, {"schema": {"fields": []}})
    types = {field["name"]: field["type"] for field in described["schema"]["fields"]}
    return cells.assign(
        **{name: _typed(cells[name], types.get(name)) for name in cells.columns}
    )


def package(folder: Path | None = None) -> dict[str, dict]:
    """What ``datapackage.json`` of a data folder says of each table; nothing when there is none."""
    path = (folder or root()) / "datapackage.json"
    return _resources(_version(path)) if path.is_file() else {}


@lru_cache(maxsize=2)
def _resources(version: tuple) -> dict[str, dict]:
    held = json.loads(Path(version[0]).read_text(encoding="utf-8"))
    return {resource["name"]: resource for resource in held["resources"]}


def _typed(column: pd.Series, kind: str | None) -> pd.Series:
    if kind == "date":
        days = pd.to_datetime(column.where(column != ""), format="%Y-%m-%d")
        return days.astype("datetime64[us]")
    if kind == "boolean":
        return column.map({"true": True, "false": False, "True": True, "False": False})
    if kind in ("integer", "number") or (kind is None and _is_number(column)):
        # An int64 where every row has a whole number; NaN needs float64.
        numbers = pd.to_numeric(column.where(column != ""))
        return numbers.astype("float64") if kind == "number" else numbers
    return column


def _is_number(column: pd.Series) -> bool:
    """For a table that the package does not describe yet: are all its filled cells numbers?"""
    filled = column[column != ""]
    if filled.empty or filled.str.match(r"0\d").any():
        return False
    return bool(pd.to_numeric(filled, errors="coerce").notna().all())
