"""The data package as another project's reader sees it."""

import json
import shutil
from pathlib import Path

import pytest

frictionless = pytest.importorskip("frictionless")

DATA = Path(__file__).parents[2] / "data"
FIRST = 500  # rows of the large tables; our own check reads them whole, and far quicker


def problems(folder):
    """Errors of every table, in words; references between tables are followed."""
    package = frictionless.Package(str(folder / "datapackage.json"))
    found = []
    for resource in package.resources:
        limit = FIRST if resource.format == "parquet" else None
        report = resource.validate(limit_rows=limit)
        found += [f"{resource.name}: {e[0]}" for e in report.flatten(["message"])]
    return found


def test_the_package_is_valid_for_frictionless():
    assert problems(DATA) == []


def test_it_would_see_a_breach(tmp_path):
    shutil.copytree(DATA / "clean", tmp_path / "clean")
    whole = json.loads((DATA / "datapackage.json").read_text("utf-8"))
    whole["resources"] = [
        r for r in whole["resources"] if r["name"] in ("forces", "districts")
    ]
    (tmp_path / "datapackage.json").write_text(json.dumps(whole), "utf-8")
    path = tmp_path / "clean" / "districts.csv"
    path.write_text(
        path.read_text("utf-8").replace(",lancashire,", ",lancs,", 1), "utf-8"
    )
    (found,) = problems(tmp_path)
    assert found.startswith("districts: ") and "lancs" in found
