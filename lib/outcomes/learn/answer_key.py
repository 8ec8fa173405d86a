"""What the exercises ask about, computed from the data: the numbers that right and wrong answers
are made of. ``exercises.toml`` says how, such as ``"1000 * crimes / residents"``.
"""

from typing import Any

from outcomes import data
from outcomes.core import periods
from outcomes.methods import intervals, reconcile, spc
from outcomes.methods.evaluation import design, matching

_YEAR = {"month_from": "2025-01", "month_to": "2025-12"}


def of(theme: str) -> dict[str, Any]:
    """The facts of a theme by name: numbers and names."""
    return _THEMES[theme]()


def value(formula: str, known: dict[str, Any]) -> Any:
    """A right or a mistaken answer: a formula of ``exercises.toml`` over facts, and no more."""
    return eval(formula, {"__builtins__": {"abs": abs}}, known)


def _month() -> dict:
    """Burnley in June 2025, as a file of rows."""
    rows = data.crime_monthly(
        district="Burnley", month_from="2025-06", month_to="2025-06"
    )
    asb, vehicle = rows["type"] == data.ASB, rows[rows["type"] == "vehicle-crime"]
    facts = {
        "rows": len(rows),
        "not_asb_rows": len(rows[~asb]),
        "records": rows["n"].sum(),
    }
    facts |= {
        "asb": rows.loc[asb, "n"].sum(),
        "places": len(data.lsoas(district="Burnley")),
    }
    return facts | {
        "with_vehicle": vehicle["lsoa"].nunique(),
        "vehicle": vehicle["n"].sum(),
    }


def _county() -> dict:
    """Lancashire in 2020, when months are missing, and in July 2021, when places are."""
    year = data.crime_force_monthly(
        force="lancashire", month_from="2020-01", month_to="2020-12"
    )
    july = data.crime_monthly(
        force="lancashire", month_from="2021-07", month_to="2021-07"
    )
    crime = july[july["type"] != data.ASB]
    facts = {"records": year["n"].sum(), "months": year["month"].nunique()}
    facts |= {
        "crimes": year.loc[year["type"] != data.ASB, "n"].sum(),
        "july": july["n"].sum(),
    }
    blank = crime.loc[crime["lsoa"] == "", "n"].sum()
    return facts | {"july_crimes": crime["n"].sum(), "blank": blank}


def _districts() -> dict:
    """Crimes, anti-social behaviour and burglary by district of Lancashire in 2025."""
    rows = data.crime_district_monthly(force="lancashire", fill=True, **_YEAR)
    table = rows.pivot_table(
        index="district", columns="type", values="n", aggfunc="sum"
    )
    table = table.join(
        data.districts(force="lancashire").set_index("district")
    ).set_index("name")
    crimes, people = table[data.CRIME_TYPES].sum(axis=1), table["population"]
    order, rate = crimes.sort_values(ascending=False), 1000 * crimes / people
    burglary, at = table["burglary"] / people, order.index.get_loc("Burnley")
    facts = {
        "crimes": crimes["Burnley"],
        "residents": people["Burnley"],
        "n": len(table),
    }
    facts |= {
        "total": crimes.sum(),
        "people": people.sum(),
        "types": len(data.CRIME_TYPES),
    }
    facts |= {"above": order.iloc[at - 1], "above_name": order.index[at - 1]}
    facts |= {"below": order.iloc[at + 1], "below_name": order.index[at + 1]}
    facts |= {
        "asb": table.loc["Burnley", data.ASB],
        "mean": rate.mean(),
        "sum": rate.sum(),
    }
    facts |= {"most": table["burglary"].idxmax(), "worst": burglary.idxmax()}
    return facts | {"least": burglary.idxmin()}


def _shops() -> dict:
    """Test purchases in Lancashire: November 2023 (first), November 2024 (then), May 2025 (now)."""
    weeks = data.week_counts("op_sceptre").query("place == 'lancashire'")
    n, facts = weeks.set_index(["wave", "measure"])["value"], {}
    for name, wave in {"first": "2023-11", "then": "2024-11", "now": "2025-05"}.items():
        facts[f"{name}_failed"] = n[wave, "test_purchase_failures"]
        facts[f"{name}_tested"] = n[wave, "test_purchases"]
    return (
        facts | intervals.wilson(facts["first_failed"], facts["first_tested"])._asdict()
    )


def _robbery() -> dict:
    """Robberies by month in 2025: the county, and one small district in the last month."""
    when = {**_YEAR, "types": "robbery", "fill": True}
    county = data.crime_force_monthly(force="lancashire", **when)["n"]
    seen = int(
        data.crime_district_monthly(district="Ribble Valley", **when)["n"].iloc[-1]
    )
    return {"mean": county.mean(), "seen": seen, **intervals.poisson(seen)._asdict()}


def _arrests() -> dict:
    """Arrests of Op Warrior as printed for overlapping periods, and what they allow."""
    asked = {"programme": "op_warrior", "measure": "arrests", "area": "lancashire"}
    rows = data.figures(**asked, start="2022-11-01", dated=True)
    once = data.one_each(rows).set_index(["period_start", "period_end"])["value"]
    facts = {
        "both": once["2022-11-01", "2024-10-31"],
        "second": once["2023-11-01", "2024-10-31"],
    }
    facts |= {"fourteen": once["2022-11-01", "2023-12-31"], "months": 14}
    facts |= {"round": once["2022-11-01", "2023-10-31"]}
    year = periods.one_period("2023/24", "2023-04-01", "2024-03-31")
    found = reconcile.bounds(rows, year).bounds.iloc[0]
    kinds = data.measures("op_warrior")["kind"]
    facts |= {
        "outputs": (kinds == "output").sum(),
        "outcomes": (kinds == "outcome").sum(),
    }
    return facts | {"all": len(kinds), "least": found["lower"], "most": found["upper"]}


def _quarters() -> dict:
    """Recorded trafficking of drugs in Lancashire, twelve quarters from January 2023."""
    when = {"quarter_from": "2023-01", "quarter_to": "2025-10"}
    rows = data.crime_quarterly(force="lancashire", offence="trafficking", **when)
    n = rows.groupby("quarter")["n"].sum()
    moves, special = (
        n.diff().dropna(),
        spc.process_behaviour(n, screen=False).frame["special"],
    )
    facts = {"mean": n.mean(), "median": n.median(), "sd": n.std(), "total": n.sum()}
    facts |= {
        "first": n.iloc[0],
        "next": n.iloc[1],
        "points": len(n),
        "drift": moves.mean(),
    }
    facts |= {"range": moves.abs().mean(), "rises": (moves > 0).sum()}
    return facts | {"above": (n > n.mean()).sum(), "signals": (special != "").sum()}


def _fleetwood() -> dict:
    """Anti-social behaviour in Fleetwood and the rest of the county: the last twelve months held
    before the start, and the year 2025."""
    town, _, table = _panel()
    n, every = table[town].sum(axis=1), table.sum(axis=1)
    facts = {"all_before": n[:"2023-08"].sum(), "all_after": n["2023-09":].sum()}
    for side, months in {
        "before": n[:"2023-08"].index[-12:],
        "after": n["2025-01":"2025-12"].index,
    }.items():
        facts[side] = n[months].sum()
        facts[f"rest_{side}"] = every[months].sum() - facts[side]
    return facts


def _chance() -> dict:
    """How many areas the size of Fleetwood, where nothing began, changed at least as much."""
    town, places, table = _panel()
    ring = matching.ring(places, town, km=2.0)
    made = design.designs(places, town, ring, home="lancashire", away="leicestershire")
    drawn = design.evaluate(table, town, "2023-09", **made["matched"]).randomisation
    return {"rank": drawn.rank, "areas": drawn.sets + 1, "ratio": drawn.ratio}


def _panel() -> tuple:
    name = "anti-social behaviour"
    places = data.lsoas().set_index("lsoa")
    return (
        data.lsoas_of("Fleetwood"),
        places,
        data.crime_panels(name, force="lancashire")[name],
    )


_THEMES = {
    f.__name__[1:]: f
    for f in (
        _month,
        _county,
        _districts,
        _shops,
        _robbery,
        _arrests,
        _quarters,
        _fleetwood,
        _chance,
    )
}
