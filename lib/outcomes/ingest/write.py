"""Write clean tables so that the same input gives the same bytes."""

from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pandas as pd

_ROWS_PER_GROUP = 20_000  # small groups let a filtered read skip most of the file
_LEVEL = 15  # of compression; a higher one takes three times as long for half a percent


def parquet(frame: pd.DataFrame, path: Path, keys: list[str]) -> None:
    """Write rows sorted by ``keys``: dates as days, whole numbers in 32 bits, all else as text."""
    import pyarrow as pa

    frame = frame.sort_values(keys, kind="stable", ignore_index=True)
    kinds = {"M": pa.date32(), "i": pa.int32(), "u": pa.int32()}
    schema = pa.schema(
        [
            (name, kinds.get(kind.kind, pa.string()))
            for name, kind in frame.dtypes.items()
        ]
    )
    table = pa.Table.from_pandas(frame, schema, preserve_index=False)
    stream([table.replace_schema_metadata()], path)


def stream(tables: Iterable[Any], path: Path) -> None:
    """Write Arrow tables one after the other, a group at a time: the bytes of one whole table."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    path.parent.mkdir(parents=True, exist_ok=True)
    options = {
        "compression": "zstd",
        "compression_level": _LEVEL,
        "store_schema": False,
    }
    rest, writer = None, None
    for table in tables:
        rest = table if rest is None else pa.concat_tables([rest, table])
        writer = writer or pq.ParquetWriter(path, rest.schema, version="2.6", **options)
        full = rest.num_rows // _ROWS_PER_GROUP * _ROWS_PER_GROUP
        if full:
            writer.write_table(rest.slice(0, full), row_group_size=_ROWS_PER_GROUP)
        rest = rest.slice(full)
    if rest.num_rows:
        writer.write_table(rest)
    writer.close()


def csv(frame: pd.DataFrame, path: Path, keys: list[str]) -> None:
    """Write rows sorted by ``keys`` as UTF-8 CSV.

    Dates are YYYY-MM-DD, truth is true or false, and absent values are empty.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    words = {
        name: frame[name].map({True: "true", False: "false"})
        for name in frame.select_dtypes("bool")
    }
    frame.assign(**words).sort_values(keys, kind="stable").to_csv(
        path, index=False, lineterminator="\n", date_format="%Y-%m-%d", encoding="utf-8"
    )
