"""The same bytes for the same rows."""

import hashlib

import pandas as pd

from outcomes.ingest import (
    write,
)


def test_the_same_rows_in_another_order_give_the_same_bytes(tmp_path):
    frame = pd.DataFrame(
        {
            "force": ["b", "a", "a"],
            "month": pd.to_datetime(["2024-01-01", "2024-02-01", "2024-01-01"]),
            "n": [1, 2, 3],
            "flag": [True, False, True],
        }
    )
    digests = {"csv": set(), "parquet": set()}
    for number, rows in enumerate((frame, frame.iloc[::-1])):
        for kind, maker in (("csv", write.csv), ("parquet", write.parquet)):
            path = tmp_path / f"{number}.{kind}"
            maker(
                rows.drop(columns="flag") if kind == "parquet" else rows,
                path,
                ["force", "month"],
            )
            digests[kind].add(hashlib.sha256(path.read_bytes()).hexdigest())
    assert [len(found) for found in digests.values()] == [1, 1]
    assert (tmp_path / "0.csv").read_text().splitlines()[1] == "a,2024-01-01,3,true"
