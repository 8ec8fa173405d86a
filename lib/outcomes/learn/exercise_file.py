"""The file of exercises beside the lessons: questions, hints, remarks and the places asked about."""

import tomllib
from functools import lru_cache
from typing import Any

import pandas as pd

from outcomes.core import project


def exercises() -> dict[str, dict[str, Any]]:
    """Every exercise and quiz question by its name, as ``exercises.toml`` has them.

    >>> exercises()["crime-rate"]["lesson"]
    '02'
    """
    apart = ("places", "survey")
    return {name: one for name, one in _file().items() if name not in apart}


def survey() -> pd.DataFrame:
    """The made-up survey that a lesson turns into a page: district, asked, worried.

    >>> bool((survey()["worried"] <= survey()["asked"]).all())
    True
    """
    return pd.DataFrame(_file()["survey"])


def lesson_places() -> dict[str, str]:
    """The places that the lessons are about: district, quiet_district, town and later_town, where the
    programme of the town began after it.

    >>> sorted(lesson_places())
    ['district', 'later_town', 'quiet_district', 'town']
    """
    return _file()["places"]


@lru_cache(maxsize=1)
def _file() -> dict[str, Any]:
    file = project.folder() / "notebooks" / "learn" / "exercises.toml"
    return tomllib.loads(file.read_text(encoding="utf-8"))
