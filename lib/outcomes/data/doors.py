"""What every function of the data room does at its door: a frame leaves with its sources."""

from collections.abc import Callable
from functools import wraps
from inspect import signature
from typing import Any

import pandas as pd

from outcomes.data import citations, store


def door(table: str) -> Callable:
    """A function that returns rows of ``table``: its frame carries them in ``attrs["sources"]``.

    For a table counted by month, the months cited are those at hand of the forces and the months
    asked for; with ``fill=True`` the complete ones only.
    """

    def wrap(function: Callable) -> Callable:
        takes = signature(function)

        @wraps(function)
        def asked(*args: Any, **given: Any) -> pd.DataFrame:
            frame = function(*args, **given)
            bound = takes.bind(*args, **given)
            bound.apply_defaults()
            months = _months(table, frame, bound.arguments)
            frame.attrs["sources"] = citations.sources_of(table, frame, months)
            return frame

        return asked

    return wrap


def _months(table: str, frame: pd.DataFrame, asked: dict) -> pd.DataFrame | None:
    """The months that counts by month were read from: rows of coverage."""
    if store.package().get(table, {}).get("covers") != "month" or "force" not in frame:
        return None
    forces = sorted(frame["force"].unique())
    held = store.read("coverage", force=forces)
    states = ["complete"] if asked.get("fill") else ["complete", "partial"]
    kept = held["state"].isin(states)
    if asked.get("month_from") is not None:
        kept &= held["month"] >= pd.Timestamp(asked["month_from"])
    if asked.get("month_to") is not None:
        kept &= held["month"] <= pd.Timestamp(asked["month_to"])
    return held[kept]
