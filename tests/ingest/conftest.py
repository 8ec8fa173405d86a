"""What the tests of raw files share."""

import gzip
import shutil
from pathlib import Path

import pytest

from outcomes.ingest import street_crime as streets

DATA = Path(__file__).parents[2] / "data"


@pytest.fixture
def whole_data(tmp_path):
    """A copy of the whole data folder."""
    return shutil.copytree(DATA, tmp_path / "data")


@pytest.fixture
def street(tmp_path):
    """A function that writes a street file and returns its path."""

    def make(rows, month="2024-01", force="lancashire", cut=0):
        folder = tmp_path / "police_uk" / f"{force}-street"
        folder.mkdir(parents=True, exist_ok=True)
        lines = [streets.HEADER, *rows]
        quoted = [",".join(f'"{c}"' if "," in c else c for c in line) for line in lines]
        packed = gzip.compress(
            "".join(line + "\n" for line in quoted).encode(), mtime=0
        )
        path = folder / f"{month}-{force}-street.csv.gz"
        path.write_bytes(packed[: len(packed) - cut])
        return path

    return make
