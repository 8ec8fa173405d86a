"""What the exercises ask about, computed from the data: the numbers that right and wrong answers
are made of. The file of exercises says how, such as ``"1000 * crimes / residents"``.
"""

from collections.abc import Callable
from typing import Any

import pandas as pd

from outcomes.core import periods
from outcomes.core.collection import collection
from outcomes.data.crime import (
    ASB,
    CRIME_TYPES,
    crime_panels,
    recorded_crime,
    street_crime,
)
from outcomes.data.places import districts, neighbourhoods
from outcomes.data.published_figures import (
    latest_per_fact,
    measures,
    published_figures,
    weeks_of_action,
)
from outcomes.learn.exercise_file import lesson_places, survey
from outcomes.methods import evaluation, intervals, reconcile, spc

Facts = dict[str, Any]
"""Numbers and names that an exercise is about, by name."""


def facts(theme: str) -> Facts:
    """The facts of a theme (:data:`THEMES`), from the data as they are now.

    >>> float(facts("shops")["first_tested"])
    42.0
    """
    return THEMES[theme]()


def value(formula: str, known: Facts) -> Any:
    """A right or a mistaken answer: a formula of the file of exercises over facts, and no more.

    >>> value("100 * part / whole", {"part": 1, "whole": 4})
    25.0
    """
    return eval(formula, {"__builtins__": {"abs": abs}}, known)


def district_in_a_month() -> Facts:
    """A district in June 2025, as a table of rows (lesson 01)."""
    district = lesson_places()["district"]
    rows = street_crime(
        "neighbourhood", force=collection.force, area=district, year=2025
    )
    rows = rows[rows["month"] == "2025-06"]
    asb = rows[rows["type"] == ASB]
    vehicle = rows[rows["type"] == "Vehicle crime"]
    return {
        "rows": len(rows),
        "cells": rows.size,
        "not_asb_rows": len(rows) - len(asb),
        "records": rows["n"].sum(),
        "asb": asb["n"].sum(),
        "places": len(neighbourhoods(district)),
        "with_vehicle": vehicle["lsoa"].nunique(),
        "vehicle": vehicle["n"].sum(),
    }


def county_with_gaps() -> Facts:
    """The county in 2020, when months are missing, and in July 2021, when places are (01)."""
    year = street_crime("force", force=collection.force, year=2020)
    july = street_crime("neighbourhood", force=collection.force, year=2021)
    july = july[july["month"] == "2021-07"]
    crime = july[july["type"] != ASB]
    return {
        "records": year["n"].sum(),
        "months": year["month"].nunique(),
        "crimes": year.loc[year["type"] != ASB, "n"].sum(),
        "july": july["n"].sum(),
        "july_crimes": crime["n"].sum(),
        "blank": crime.loc[crime["lsoa"] == "", "n"].sum(),
    }


def districts_in_a_year() -> Facts:
    """Crimes, anti-social behaviour and burglary by district in 2025 (00, 02 and 03)."""
    district = lesson_places()["district"]
    street = street_crime("district", force=collection.force, year=2025)
    table = street.pivot_table(
        index="district", columns="type", values="n", aggfunc="sum"
    )
    crimes = table[CRIME_TYPES].sum(axis=1)
    people = districts(force=collection.force).set_index("name")["population"]
    rates = 1000 * crimes / people
    burglary_rates = table["Burglary"] / people
    order = crimes.sort_values(ascending=False)
    at = order.index.get_loc(district)
    return {
        "crimes": crimes[district],
        "residents": people[district],
        "asb": table.loc[district, ASB],
        "n": len(table),
        "types": len(CRIME_TYPES),
        "total": crimes.sum(),
        "people": people.sum(),
        "above": order.iloc[at - 1],
        "above_name": order.index[at - 1],
        "below": order.iloc[at + 1],
        "below_name": order.index[at + 1],
        "rates": rates,
        "counts": crimes,
        "mean": rates.mean(),
        "sum": rates.sum(),
        "most": table["Burglary"].idxmax(),
        "worst": burglary_rates.idxmax(),
        "least": burglary_rates.idxmin(),
    }


def shops_tested() -> Facts:
    """Shops tested in November 2023 (first), November 2024 (then) and May 2025 (now) (02, 03)."""
    weeks = weeks_of_action("op_sceptre", area=collection.force)
    n = weeks.set_index(["wave", "measure"])["value"]
    found = {}
    for name, wave in {"first": "2023-11", "then": "2024-11", "now": "2025-05"}.items():
        found[f"{name}_failed"] = n[wave, "test_purchase_failures"]
        found[f"{name}_tested"] = n[wave, "test_purchases"]
    share = intervals.wilson(found["first_failed"], found["first_tested"])
    return found | share._asdict()


def robberies() -> Facts:
    """Robberies by month in 2025: the county, and a quiet district in the last month (03)."""
    where = {"force": collection.force, "year": 2025}
    county = street_crime("force", **where).query("type == 'Robbery'")["n"]
    quiet = street_crime(
        "district", area=lesson_places()["quiet_district"], **where
    ).query("type == 'Robbery'")["n"]
    seen = int(quiet.iloc[-1])
    return {
        "mean": county.mean(),
        "county": county,
        "quiet": quiet,
        "seen": seen,
        **intervals.poisson(seen)._asdict(),
    }


def arrests() -> Facts:
    """Arrests of Op Warrior as published for overlapping periods, and what they allow (02, 04)."""
    figures = published_figures(
        programme="op_warrior",
        measure="arrests",
        area=collection.force,
        dated=True,
        vintages="all",
    )
    figures = figures[figures["period_start"] >= "2022-11-01"]
    spans = latest_per_fact(figures).set_index(["period_start", "period_end"])["value"]
    year = periods.one_period("2023/24", "2023-04-01", "2024-03-31")
    bounds = reconcile.bounds(figures, year).bounds.iloc[0]
    kinds = measures("op_warrior")["kind"]
    return {
        "both": spans["2022-11-01", "2024-10-31"],
        "second": spans["2023-11-01", "2024-10-31"],
        "fourteen": spans["2022-11-01", "2023-12-31"],
        "months": 14,
        "round": spans["2022-11-01", "2023-10-31"],
        "outputs": (kinds == "output").sum(),
        "outcomes": (kinds == "outcome").sum(),
        "all": len(kinds),
        "least": bounds["lower"],
        "most": bounds["upper"],
    }


def trafficking_by_quarter() -> Facts:
    """Recorded trafficking of drugs, twelve quarters from January 2023 (05)."""
    recorded = recorded_crime("trafficking", force=collection.force)
    n = recorded.set_index("quarter")["n"].loc["2023-01":"2025-10"]
    moves = n.diff().dropna()
    special = spc.process_behaviour(n, screen=False).frame["special"]
    return {
        "quarters": n,
        "mean": n.mean(),
        "median": n.median(),
        "sd": n.std(),
        "total": n.sum(),
        "first": n.iloc[0],
        "next": n.iloc[1],
        "points": len(n),
        "drift": moves.mean(),
        "range": moves.abs().mean(),
        "rises": (moves > 0).sum(),
        "above": (n > n.mean()).sum(),
        "signals": (special != "").sum(),
    }


def town_and_county() -> Facts:
    """Anti-social behaviour in a town and the rest of the county (06).

    Before are the last twelve months held before the start; after is the year 2025.
    """
    panel, town = _panel_and_town()
    inside, every = panel[town].sum(axis=1), panel.sum(axis=1)
    early, year = inside[:"2023-08"], slice("2025-01", "2025-12")
    last = early.index[-12:]
    return {
        "all_before": early.sum(),
        "all_after": inside["2023-09":].sum(),
        "before": inside[last].sum(),
        "rest_before": every[last].sum() - inside[last].sum(),
        "after": inside[year].sum(),
        "rest_after": every[year].sum() - inside[year].sum(),
    }


def change_by_chance() -> Facts:
    """How many areas the size of the town, where nothing began, changed at least as much (06)."""
    panel, town = _panel_and_town()
    later = neighbourhoods(lesson_places()["later_town"])["lsoa"]
    places = neighbourhoods().set_index("lsoa").drop(later)
    designs = evaluation.designs(
        places,
        town,
        evaluation.ring(places, town, km=2.0),
        home=collection.force,
        away=collection.comparison_forces[0],
    )
    found = evaluation.evaluate(panel, town, "2023-09", **designs["matched"])
    drawn = found.randomisation
    assert drawn is not None, found.reason
    return {"rank": drawn.rank, "areas": drawn.sets + 1, "ratio": drawn.ratio}


def survey_of_districts() -> Facts:
    """The made-up survey: people asked and worried by district, shares, an interval (07)."""
    rows = survey().set_index("district")
    asked, worried = rows["asked"], rows["worried"]
    shares = 100 * worried / asked
    most = shares.idxmax()
    interval = intervals.wilson(worried[most], asked[most])
    return {
        "rows": len(rows),
        "asked": asked.sum(),
        "worried": worried.sum(),
        "shares": shares,
        "counts": worried,
        "mean": shares.mean(),
        "most": most,
        "row": shares.index.get_loc(most),
        "most_worried": worried[most],
        "most_asked": asked[most],
        "lower": 100 * interval.lower,
        "upper": 100 * interval.upper,
        "largest": worried.idxmax(),
    }


def _panel_and_town() -> tuple[pd.DataFrame, list[str]]:
    name = "anti-social behaviour"
    panel = crime_panels(name, force=collection.force)[name]
    return panel, neighbourhoods(lesson_places()["town"])["lsoa"].tolist()


THEMES: dict[str, Callable[[], Facts]] = {
    "month": district_in_a_month,
    "county": county_with_gaps,
    "districts": districts_in_a_year,
    "shops": shops_tested,
    "robbery": robberies,
    "arrests": arrests,
    "quarters": trafficking_by_quarter,
    "town": town_and_county,
    "chance": change_by_chance,
    "survey": survey_of_districts,
}
"""The themes that exercises name, and what computes their facts."""
