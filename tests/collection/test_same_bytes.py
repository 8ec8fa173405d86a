"""Pages of the collection, built by the command in surroundings that differ in all they can."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAGES = [
    *("op-sceptre/2023-05", "op-warrior", "area-profile/burnley", "modern-slavery"),
    *("clear-hold-build/robbery", "project-adder/shoplifting"),
]
SURROUNDINGS = [
    {
        "TZ": "UTC",
        "LC_ALL": "C",
        "LANG": "C",
        "PYTHONHASHSEED": "1",
        "MPLBACKEND": "agg",
    },
    {
        "TZ": "Pacific/Auckland",
        "LC_ALL": "C.UTF-8",
        "LANG": "tr_TR.UTF-8",
        "PYTHONHASHSEED": "77",
    },
]

pytestmark = pytest.mark.build


def test_a_site_is_the_same_in_any_folder_time_zone_locale_and_hash_seed_and_if_kept(
    tmp_path,
):
    """Evaluations are made, made and kept elsewhere, and taken from there."""
    made, cold = [], tmp_path / "cold"
    for number, (own, kept) in enumerate(
        [(SURROUNDINGS[0], "off"), (SURROUNDINGS[1], cold), (SURROUNDINGS[0], cold)]
    ):
        out = tmp_path / ("deeper/" * number) / "site"
        env = os.environ | {"SOURCE_DATE_EPOCH": "1700000000", "PYTHONUTF8": "0"} | own
        env |= {"OUTCOMES_KEPT": str(kept)}
        command = [sys.executable, "-m", "outcomes", "build", *PAGES, "--out", str(out)]
        done = subprocess.run(
            command, cwd=ROOT, env=env, capture_output=True, text=True
        )
        assert done.returncode == 0, done.stderr
        made.append(bytes_of(out / "latest"))
    assert len(list(cold.glob("*.pickle"))) > 20
    evaluated, elsewhere, taken = made
    assert len(evaluated) > 20
    assert evaluated == taken, "evaluations that were kept give another page"
    assert evaluated == elsewhere, "other surroundings give another page"


def bytes_of(site: Path) -> dict[str, bytes]:
    """Every file of a release but the manifest, which says how long each page took."""
    found = (
        p
        for p in site.resolve().rglob("*")
        if p.is_file() and p.name != "manifest.json"
    )
    return {p.relative_to(site.resolve()).as_posix(): p.read_bytes() for p in found}
