"""The data package describes every table, and the dictionary says the same."""

import json
import shutil
from pathlib import Path

import pytest

from outcomes.core.errors import Invalid
from outcomes.ingest import datapackage

DATA = Path(__file__).parents[2] / "data"


def test_package_and_dictionary_are_current():
    described = datapackage.describe(DATA)
    assert (
        json.loads((DATA / "datapackage.json").read_text(encoding="utf-8")) == described
    ), "run python -m outcomes.ingest.datapackage"
    readme = (DATA / "README.md").read_text(encoding="utf-8")
    assert datapackage.with_dictionary(readme, described) == readme


def test_every_field_is_described_and_every_table_has_a_key_and_a_source():
    for resource in datapackage.describe(DATA)["resources"]:
        fields = {field["name"] for field in resource["schema"]["fields"]}
        assert set(resource["schema"]["primaryKey"]) <= fields and resource["sources"]
        for field in resource["schema"]["fields"]:
            assert field["description"].endswith((".", "?")), (
                resource["name"],
                field["name"],
            )
            if field["type"] in ("integer", "number") and field["name"] not in (
                *("value", "minimum_n", "outcome"),
            ):
                assert field.get("unit"), (resource["name"], field["name"])


def test_a_table_without_a_description_stops_the_package(tmp_path):
    shutil.copytree(DATA / "clean", tmp_path / "clean")
    shutil.copy(DATA / "tables.toml", tmp_path)
    (tmp_path / "clean" / "extra.csv").write_text("a\n1\n")
    with pytest.raises(Invalid, match=r"extra has no description in tables\.toml"):
        datapackage.build(tmp_path)
