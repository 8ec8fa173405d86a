"""The one door to the tables: types, filters, the log of readings and the digest of rows."""

import datetime
import hashlib
import os
import subprocess
import sys

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from outcomes.core.errors import Invalid
from outcomes.data import tables as store


@pytest.fixture
def tables(tmp_path, monkeypatch):
    """A data folder with the same four rows as CSV (with a package) and as parquet."""
    clean = tmp_path / "clean"
    clean.mkdir()
    (clean / "small.csv").write_text(
        "area,month,code,n,rate\nNA,2024-01-01,05A,3,1.5\n,2024-02-01,38,,\nfleetwood,,92A,7,2\n"
        "blackpool,2024-02-01,92A,0,0\n"
    )
    kinds = {
        "area": "string",
        "month": "date",
        "code": "string",
        "n": "integer",
        "rate": "number",
    }
    fields = ", ".join(f'{{"name": "{k}", "type": "{v}"}}' for k, v in kinds.items())
    (tmp_path / "datapackage.json").write_text(
        f'{{"resources": [{{"name": "small", "schema": {{"fields": [{fields}]}}}}]}}'
    )
    first, second = datetime.date(2024, 1, 1), datetime.date(2024, 2, 1)
    columns = {
        "area": ["NA", "", "fleetwood", "blackpool"],
        "month": pa.array([first, second, None, second], pa.date32()),
        "code": ["05A", "38", "92A", "92A"],
        "n": pa.array([3, 0, 7, 0], pa.int32()),
    }
    pq.write_table(pa.table(columns), clean / "large.parquet")
    monkeypatch.setenv("OUTCOMES_DATA", str(tmp_path))
    store._log.clear()
    yield clean
    store._log.clear()


def test_text_stays_text_and_absence_is_not_a_word(tables):
    frame = store.read("small")
    assert frame["area"].tolist() == ["NA", "", "fleetwood", "blackpool"]
    assert frame["code"].tolist() == ["05A", "38", "92A", "92A"]
    assert frame["n"].isna().tolist() == [False, True, False, False]
    assert frame["month"].dtype == "datetime64[us]" and frame["month"].isna().sum() == 1


@pytest.mark.parametrize("table", ["small", "large"])
def test_csv_and_parquet_answer_alike(tables, table):
    february = store.read(table, month=pd.Timestamp("2024-02-01"))
    assert february["area"].tolist() == ["", "blackpool"]
    assert february.index.tolist() == [0, 1]
    assert february["month"].dtype == "datetime64[us]"
    assert store.read(table, code=["92A", "38"], month="2024-02-01")[
        "code"
    ].tolist() == [
        "38",
        "92A",
    ]
    assert store.read(table, columns=["n", "code"], area="fleetwood").to_dict(
        "list"
    ) == {
        "n": [7],
        "code": ["92A"],
    }
    assert store.read(table, area=None).shape[0] == 4
    assert store.read(table, area=[]).empty


@pytest.mark.parametrize("table", ["small", "large"])
def test_words_are_pythons_own_and_pandas_is_left_as_it_is(tables, table):
    code = store.read(table)["code"]
    assert code.dtype == "str" and code.dtype.storage == "python"
    assert store.in_words(code, {"38": "x"}).dtype.storage == "python"
    # pandas fails here where its option holds all words so
    assert store.read(table)["month"].dt.day_name().dtype == "str"


@pytest.mark.parametrize("table", ["small", "large"])
def test_a_word_is_one_object_however_often_it_stands_there(tables, table):
    """Of 400,000 rows, each would else hold four words of some 60 bytes."""
    codes = store.read(table)["code"].tolist()
    assert codes[2] == "92A" and codes[2] is codes[3]


def test_a_word_that_is_absent_stays_absent(tables):
    words = {"code": ["05A", None, "05A"], "area": pa.nulls(3, pa.string())}
    pq.write_table(pa.table(words), tables / "gaps.parquet")
    frame = store.read("gaps")
    assert frame["code"].isna().tolist() == [False, True, False]
    assert frame["area"].isna().all() and list(frame) == ["code", "area"]
    assert store.read("gaps", code="none").dtypes.eq(store.WORDS).all()


def test_a_caller_cannot_spoil_the_cache(tables):
    frame = store.read("large")
    frame.loc[0, "n"] = 999
    frame["extra"] = 1
    again = store.read("large")
    assert again["n"].tolist() == [3, 0, 7, 0] and "extra" not in again


def test_readings_are_noted_once_and_sorted_though_cached(tables):
    store.read("small", code=["92A", "38"])
    store.read("large", month=pd.Timestamp("2024-01-01"), area=None)
    store.read("small", code=["38", "92A", "38"])
    assert store.reads() == [
        {"table": "large", "where": {"month": "2024-01-01"}},
        {"table": "small", "where": {"code": ["38", "92A"]}},
    ]
    store._log.clear()
    assert store.reads() == []
    store.read("small", code=["38", "92A"])
    assert len(store.reads()) == 1


def test_digest_of_a_whole_table_is_that_of_its_file(tables):
    whole = hashlib.sha256((tables / "small.csv").read_bytes()).hexdigest()
    assert store.digest("small") == store.digest("small", {}) == whole
    assert store.reads() == []


def test_digest_moves_with_the_rows_read_and_with_no_others(tables):
    mine, other = (
        store.digest("small", {"code": ["92A"]}),
        store.digest("small", {"code": "38"}),
    )
    text = (tables / "small.csv").read_text()
    (tables / "small.csv").write_text(
        text.replace("fleetwood,,92A,7", "fleetwood,,92A,8")
    )
    assert store.digest("small", {"code": ["92A"]}) != mine
    assert store.digest("small", {"code": "38"}) == other
    assert store.read("small", code="92A")["n"].tolist() == [8, 0]


def test_digest_does_not_depend_on_the_process(tables):
    script = "from outcomes.data import tables; print(tables.digest('small', {'code': '92A'}))"
    for seed in ("1", "2"):
        run = subprocess.run(
            [sys.executable, "-c", script],
            env={**os.environ, "PYTHONHASHSEED": seed},
            capture_output=True,
            text=True,
            check=True,
        )
        assert run.stdout.strip() == store.digest("small", {"code": "92A"})


def test_unknown_names_are_answered_with_the_nearest(tables):
    with pytest.raises(Invalid, match=r"'smal' is not known\. Did you mean 'small'"):
        store.read("smal")
    for table in ("small", "large"):
        with pytest.raises(Invalid, match=f"column of {table} 'mnth'.*'month'"):
            store.read(table, mnth="2024-01-01")


def test_reading_leaves_out_the_libraries_that_hang_after_a_fork(tables):
    script = (
        "import sys; from outcomes.data import tables; tables.read('large', area='NA');"
        "print(sorted({'duckdb', 'polars'} & set(sys.modules)))"
    )
    run = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True
    )
    assert run.stdout.strip() == "[]"


def test_tables_held_ahead_are_read_anew_once_replaced_and_can_be_let_go_of(tables):
    broken = tables / "broken.csv"
    broken.write_text('a,b\n"1,2\n')
    store._csv.cache_clear()
    store.hold()  # one that cannot be read is told by who asks for it
    assert store._csv.cache_info().currsize == 1 and not store.reads()
    file = tables / "small.csv"
    file.write_text(file.read_text() + "preston,2024-03-01,38,5,1\n")
    assert store.rows("small")["area"].tolist()[-1] == "preston"
    store.forget()
    assert store._cached.cache_info().currsize == 0
    assert len(store.rows("small")) == 5
