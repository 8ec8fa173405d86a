"""The words of the lessons."""

import csv
import importlib
import re
from pathlib import Path

import pytest

from outcomes import learn
from outcomes.core.errors import Invalid

ROOT = Path(__file__).parents[2]


def test_every_term_of_the_glossary_is_explained_with_a_source():
    with open(ROOT / "data/glossary.csv", encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    terms = [r["term"] for r in rows]
    assert len(rows) >= 40 and terms == sorted(set(terms), key=str.casefold)
    assert all(r["meaning"].endswith(".") and len(r["source"]) > 8 for r in rows)
    assert list(learn.glossary()) == rows
    assert repr(learn.glossary("rate")).startswith("rate: A count divided by")
    with pytest.raises(Invalid, match="Did you mean 'percentage point'"):
        learn.glossary("percentage points")


def test_a_source_in_the_library_is_a_module_that_there_is():
    for row in learn.glossary():
        for module in re.findall(r"outcomes\.[a-z_.]+[a-z]", row["source"]):
            assert importlib.import_module(module), row["term"]
