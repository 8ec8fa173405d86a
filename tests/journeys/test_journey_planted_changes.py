"""A change that nobody meant, planted where people make them: the suite says which, in words.

Each is made in a copy of the repository, one page is built, and what it found is held to its
baseline, as ``tests/test_baselines.py`` does for the whole site.
"""

import re
from pathlib import Path

import pytest
from walk import OUTCOMES, type_in

import baselines_tool as baselines
from conftest import fresh_copy
from revised_month import revise

pytestmark = pytest.mark.build


def _edit(clone: Path, path: str, old: str, new: str) -> None:
    file = clone / path
    text = file.read_text(encoding="utf-8")
    assert old in text, f"{path} no longer holds {old!r}"
    file.write_text(text.replace(old, new, 1), encoding="utf-8")


def swapped_series(clone: Path) -> None:
    path = "lib/outcomes/data/vocabularies.py"
    _edit(
        clone,
        path,
        '"adults": "nrm_referrals_adult"',
        '"adults": "nrm_referrals_child"',
    )
    old, new = '"children": "nrm_referrals_child"', '"children": "nrm_referrals_adult"'
    _edit(clone, path, old, new)


def another_verdict(clone: Path) -> None:
    _edit(
        clone,
        "notebooks/programmes/op_sceptre.ipynb",
        r"verdict=\"estimate\"",
        r"verdict=\"published\"",
    )


def another_rounding(clone: Path) -> None:
    path = "lib/outcomes/core/formatting.py"
    _edit(
        clone,
        path,
        "def percent(share: float | None, decimals: int = 1)",
        "def percent(share: float | None, decimals: int = 2)",
    )


def another_colour(clone: Path) -> None:
    _edit(clone, "lib/outcomes/findings/theme.py", '"#12436D"', '"#12436E"')


PLANTED = [
    (
        swapped_series,
        "modern-slavery/children",
        r"sentence: .*children.* became .*adults",
    ),
    (another_verdict, "op-sceptre", "has not earned the verdict 'published'"),
    (another_rounding, "op-sceptre/2023-11", r"sentence: .*23\.8%.*became .*23\.81%"),
    (another_colour, "county-lines", "its figure is drawn otherwise"),
    (
        revise,
        "area-profile/burnley",
        r"positions: its table .* became|types-by-month: .* became",
    ),
]


NAMES = [plant.__name__ for plant, *_ in PLANTED]


@pytest.mark.parametrize(("plant", "handle", "words"), PLANTED, ids=NAMES)
def test_a_planted_change_is_told_in_words(tmp_path, plant, handle, words):
    clone, out = tmp_path / "clone", tmp_path / "site"
    fresh_copy(clone)
    plant(clone)
    said = type_in(clone, OUTCOMES, "build", handle, "--out", str(out), code=None)
    moved = []
    if (out / "latest").exists():
        found = baselines.pages(out / "latest")[handle]
        moved = baselines.differences(handle, baselines.stored(handle), found)
    assert re.search(words, "\n".join([*map(str, moved), said])), moved or said
