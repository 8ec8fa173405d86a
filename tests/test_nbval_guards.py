"""nbval is a guard only if it fails: a changed number or function must turn a notebook red."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest

ROOT = Path(__file__).parents[1]
SCEPTRE, WARRIOR = "programmes/op_sceptre.ipynb", "programmes/op_warrior.ipynb"
PROFILE = "county/area_profile.ipynb"
MORE = """
_true = {name}


def {name}(count, *rest, **options):
    return _true(count + 1, *rest, **options)
"""

pytestmark = pytest.mark.build


def nbval(notebook: str, **env: str) -> subprocess.CompletedProcess:
    command = [
        sys.executable,
        "-m",
        "pytest",
        "--nbval",
        str(ROOT / "notebooks" / notebook),
    ]
    command += [
        "-q",
        "-x",
        "-p",
        "no:cacheprovider",
        "-p",
        "no:xdist",
        "--rootdir",
        str(ROOT),
    ]
    inherited = {k: v for k, v in os.environ.items() if not k.startswith("PYTEST_")}
    return subprocess.run(
        command,
        cwd=ROOT,
        env=inherited | env,
        capture_output=True,
        text=True,
        timeout=600,
    )


def changed_figure(data: Path, measure: str, value: float) -> None:
    file = data / "clean" / "figures.csv"
    rows = pd.read_csv(file, dtype=str, keep_default_na=False)
    hit = (rows["measure"] == measure) & (pd.to_numeric(rows["value"]) == value)
    assert hit.any()
    rows.loc[hit, "value"] = str(value + 1)
    rows.to_csv(file, index=False, lineterminator="\n")


def changed_crime(data: Path, district: str) -> None:
    for name in ("crime_monthly", "crime_district_monthly"):
        file = data / "clean" / f"{name}.parquet"
        rows = pd.read_parquet(file)
        latest = rows["month"] == rows["month"].max()
        hit = rows.index[(rows["district"] == district) & latest][:1]
        rows.loc[hit, "n"] += 500
        rows.to_parquet(file, index=False)


@pytest.mark.parametrize("notebook", [SCEPTRE, PROFILE])
def test_an_unchanged_copy_passes(notebook, tmp_path):
    shutil.copytree(ROOT / "data", tmp_path / "data")
    done = nbval(notebook, OUTCOMES_DATA=str(tmp_path / "data"))
    assert done.returncode == 0, done.stdout[-2000:]


@pytest.mark.parametrize(
    ("notebook", "change"),
    [
        (SCEPTRE, lambda d: changed_figure(d, "test_purchase_failures", 14)),
        (WARRIOR, lambda d: changed_figure(d, "arrests", 1855)),
        (PROFILE, lambda d: changed_crime(d, "E07000117")),
    ],
    ids=["a figure", "a figure that a bound rests on", "a month of crime"],
)
def test_a_changed_number_in_the_data_is_seen(notebook, change, tmp_path):
    shutil.copytree(ROOT / "data", tmp_path / "data")
    change(tmp_path / "data")
    done = nbval(notebook, OUTCOMES_DATA=str(tmp_path / "data"))
    assert done.returncode == 1, done.stdout[-2000:]


@pytest.mark.parametrize(
    ("notebook", "name"), [(SCEPTRE, "wilson"), (PROFILE, "poisson")]
)
def test_a_changed_function_of_the_library_is_seen(notebook, name, tmp_path):
    shutil.copytree(ROOT / "lib", tmp_path / "lib")
    file = tmp_path / "lib/outcomes/methods/intervals.py"
    file.write_text(
        file.read_text(encoding="utf-8") + MORE.format(name=name), encoding="utf-8"
    )
    env = {"PYTHONPATH": str(tmp_path / "lib"), "OUTCOMES_DATA": str(ROOT / "data")}
    done = nbval(notebook, **env)
    assert done.returncode == 1, done.stdout[-2000:]
