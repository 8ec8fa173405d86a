"""A month of one district revised, in a copy of the repository: for a test and a benchmark."""

from datetime import date
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

TABLES = ("crime_district_monthly", "crime_monthly", "crime_force_monthly")
BURNLEY, MIDDLE, LAST = "E07000117", "E01024858", date(2025, 12, 1)


def revise(root: Path, back: bool = False) -> None:
    """A vehicle crime of Burnley's last month is a burglary now, in each table that counts it.

    ``back`` makes it a vehicle crime again.
    """
    by = -1 if back else 1
    for table in TABLES:
        path = root / f"data/clean/{table}.parquet"
        held = pq.read_table(path)
        frame = held.to_pandas()
        mine = (frame["force"] == "lancashire") & (frame["month"] == LAST)
        for place, value in (("district", BURNLEY), ("lsoa", MIDDLE)):
            mine &= frame[place] == value if place in frame else True
        for kind, more in (("burglary", by), ("vehicle-crime", -by)):
            frame.loc[(mine & (frame["type"] == kind)).idxmax(), "n"] += more
        made = pa.Table.from_pandas(frame, schema=held.schema, preserve_index=False)
        pq.write_table(made, path)
