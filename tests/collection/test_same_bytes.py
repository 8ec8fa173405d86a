"""Pages of the collection, built by the command in surroundings that differ in all they can."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAGES = ["op-sceptre/2023-05", "op-warrior", "area-profile/burnley", "modern-slavery"]
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


def test_a_site_is_the_same_in_any_folder_time_zone_locale_and_hash_seed(tmp_path):
    made = []
    for number, own in enumerate(SURROUNDINGS):
        out = tmp_path / ("deeper/" * number) / "site"
        env = os.environ | {"SOURCE_DATE_EPOCH": "1700000000", "PYTHONUTF8": "0"} | own
        command = [sys.executable, "-m", "outcomes", "build", *PAGES, "--out", str(out)]
        done = subprocess.run(
            command, cwd=ROOT, env=env, capture_output=True, text=True
        )
        assert done.returncode == 0, done.stderr
        made.append(bytes_of(out / "latest"))
    assert len(made[0]) > 20
    assert made[0] == made[1]


def test_a_page_is_the_same_whether_its_evaluations_are_made_or_kept(tmp_path):
    made = []
    for kept in ("off", "cold", "cold"):
        where = kept if kept == "off" else str(tmp_path / kept)
        out = tmp_path / f"site{len(made)}"
        env = os.environ | {"SOURCE_DATE_EPOCH": "1700000000", "OUTCOMES_KEPT": where}
        pages = ["op-warrior", "clear-hold-build/robbery", "project-adder/shoplifting"]
        command = [sys.executable, "-m", "outcomes", "build", *pages, "--out", str(out)]
        done = subprocess.run(
            command, cwd=ROOT, env=env, capture_output=True, text=True
        )
        assert done.returncode == 0, done.stderr
        made.append(bytes_of(out / "latest"))
    assert len(list((tmp_path / "cold").glob("*.pickle"))) > 20
    assert made[0] == made[1] == made[2]


def bytes_of(site: Path) -> dict[str, bytes]:
    """Every file of a release but the manifest, which says how long each page took."""
    found = (
        p
        for p in site.resolve().rglob("*")
        if p.is_file() and p.name != "manifest.json"
    )
    return {p.relative_to(site.resolve()).as_posix(): p.read_bytes() for p in found}
