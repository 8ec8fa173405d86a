"""What a notebook parameter may be: named vocabularies, computed from the data, and plain kinds.

``choices("sceptre_wave")`` lists the values that a page can be built for; ``check(name, value)``
returns the value, or raises :class:`Invalid` with the values allowed and the nearest of them.
"""

import re
from collections.abc import Callable
from contextlib import suppress
from datetime import date
from numbers import Real
from typing import Any

import numpy as np
import pandas as pd

from outcomes.core import formatting
from outcomes.core.collection import collection
from outcomes.core.errors import Invalid, NotEnough, one_of, spelt
from outcomes.data import tables
from outcomes.data.crime import OUTCOMES, type_names
from outcomes.data.crime_codes import OFFENCE_GROUPS
from outcomes.data.doors import door
from outcomes.data.places import (
    is_list_of_codes,
    place,
    place_names,
    places,
    refuse_place,
)
from outcomes.data.published_figures import (
    NATIONAL,
    measures,
    programmes,
    published_figures,
    waves,
)

ENOUGH = 3
"""A week of action is offered when this many different measures were published for it; a measure
of a programme of weeks, when it was published for this many weeks."""

SERIES = {
    "referrals": "nrm_referrals",
    "adults": "nrm_referrals_adult",
    "children": "nrm_referrals_child",
    "county lines": "nrm_referrals_county_lines",
    "men and boys": "nrm_referrals_male",
    "women and girls": "nrm_referrals_female",
    "UK nationals": "nrm_referrals_uk_nationals",
    "duty to notify": "dtn_reports",
    "reasonable grounds": "nrm_reasonable_grounds",
    "conclusive grounds": "nrm_conclusive_grounds",
}
"""Modern slavery series: the word on a control, and the measure behind it."""

CRIME_TABLES = {
    "recorded_crime": "Recorded crime of forces, by quarter (Home Office)",
    "street_crime": "Street-level crime of districts and towns, by month (data.police.uk)",
}
"""Tables of crime that can be asked about as a programme can, and their names."""

_COMPARISONS = [
    "matched",
    "county",
    *(formatting.slug(name) for name in collection.comparison_forces),
]
_FIXED = {
    "explore_chart": [
        *("Over time", "What the figures allow", "Usual range"),
        *("Places side by side", "Every source"),
    ],
    "explore_period": [
        *("month", "quarter", "calendar year", "financial year", "as published"),
    ],
    "explore_unit": ["As counted", "A month, on average", "Per 100,000 residents"],
    "explore_comparison": ["Nothing", "A year earlier", "Other places"],
    "period_unit": ["financial year", "calendar year", "quarter"],
    "trend_step": ["quarter", "month"],
    "project_adder_comparison": _COMPARISONS,
    "chb_comparison": _COMPARISONS,
    "chb_outcome": [
        *("anti-social behaviour", "serious acquisitive crime", "burglary", "robbery"),
        *("vehicle crime", "theft from the person"),
    ],
    "adder_outcome": [
        *("drug offences", "serious acquisitive crime", "violence and sexual offences"),
        *("shoplifting", "anti-social behaviour", "all crime"),
    ],
}


SEVERAL = (
    *("county_lines_measure", "crime_type", "explore_place", "force", "fraud_measure"),
    *("offence_group", "op_warrior_measure", "sceptre_force"),
)
"""Vocabularies of which a parameter may hold several values; of any other it is one."""

MAY_BE_NONE = ("explore_place", "force", "sceptre_force")
"""Vocabularies in :data:`SEVERAL` of which a list may be empty: those compared with."""

MAY_BE_BLANK = (
    *("explore_chart", "explore_comparison", "explore_period", "explore_unit"),
    "explore_measure",
)
"""Vocabularies of which "" leaves the choice to what is asked."""

LATEST = ("crime_year", "sceptre_wave", "county_lines_week")
"""Vocabularies of years or months, of which "" asks for the latest that is held."""


def vocabularies() -> list[str]:
    """Names of the vocabularies that :func:`choices` lists.

    >>> "district" in vocabularies()
    True
    """
    return sorted([*_FIXED, *_COMPUTED])


def kinds() -> list[str]:
    """Names of the kinds of value that :func:`check` knows and that have no list.

    >>> kinds()
    ['date', 'month', 'positive', 'probability', 'text', 'year', 'yes_no']
    """
    return sorted(_KINDS)


@door
def choices(name: str) -> list[str]:
    """The values of a vocabulary, in the order a person would list them.

    >>> choices("trend_step")
    ['quarter', 'month']
    """
    name = spelt(name, [*vocabularies(), *kinds()], "vocabulary")
    if name in _FIXED:
        return list(_FIXED[name])
    if name in _COMPUTED:
        return _COMPUTED[name]()
    raise Invalid(f"{name!r} is {_KINDS[name][1]}: it has no list of values.")


@door
def check(
    name: str,
    value: Any,
    *,
    parameter: str = "",
    listed: Callable[[str], list[str]] | None = None,
) -> Any:
    """``value`` when it belongs to the vocabulary or kind; of one in :data:`SEVERAL`, a list too.

    ``parameter`` is the name to use in the message, such as "wave". ``listed`` gives the values of
    a vocabulary where they have been worked out before, as :func:`choices` does. Raises
    :class:`Invalid`.

    >>> check("district", "Burnley")
    'Burnley'
    """
    called = parameter or name
    if pd.api.types.is_list_like(value) and not isinstance(value, dict):
        if name not in SEVERAL:
            raise Invalid(f"{called} is one value, not a list: {list(value)!r}.")
        if not len(value) and name not in MAY_BE_NONE:
            raise Invalid(
                f"{called} is an empty list; it takes one or more values of {name}."
            )
        if any(isinstance(item, (list, tuple)) for item in value):
            raise Invalid(
                f"{called} is a list of single values, and {list(value)!r} holds a list."
            )
        allowed = (listed or choices)(name) if len(value) else []
        return [_checked(name, item, allowed, called) for item in value]
    if name in _KINDS:
        test, meaning = _KINDS[name]
        if not test(value):
            raise Invalid(f"{called} {value!r} is not {meaning}.")
        return value
    if value == "" and name in (*LATEST, *MAY_BE_BLANK):
        return value
    return _checked(name, value, (listed or choices)(name), called)


def _checked(name: str, value: Any, allowed: list[str], called: str) -> Any:
    """A value that is allowed; of a place that is known but not allowed it is said what it is."""
    if name not in ("district", "place"):
        return spelt(value, allowed, called, most=len(allowed))
    if name == "place" and is_list_of_codes(value):
        place(value)
        return value
    try:
        return spelt(value, allowed, called, most=len(allowed))
    except Invalid:
        refuse_place(value, allowed, called)
        raise


@door
def latest_choice(name: str, value: Any) -> str:
    """The value of a parameter of a vocabulary in :data:`LATEST`: of "" the latest that is held.

    Raises :class:`NotEnough` where none is held.

    >>> latest_choice("crime_year", "") == max(choices("crime_year"))
    True
    """
    if not isinstance(value, str) or value != "":
        return check(name, value)
    if name not in LATEST:
        one_of(name, LATEST, "vocabulary with a latest value")
    held = choices(name)
    if not held:
        raise NotEnough(f"No {name} is held here, so none is the latest.")
    return max(held)


def check_parameters(**given: Any) -> None:
    """Hold a notebook's parameters against their vocabularies: ``check_parameters(sceptre_wave=wave)``.

    Where a page is built this has been done before. Raises :class:`Invalid` with the nearest value
    that is allowed. What is read to find out is not noted: no number of a page rests on it.

    >>> check_parameters(district="Burnley", probability=0.95)
    >>> check_parameters(district="Burnly")
    Traceback (most recent call last):
    outcomes.core.errors.Invalid: district 'Burnly' is not known. Did you mean 'Burnley'? ...
    """
    with tables.unnoted(), tables.whole():
        for name, value in given.items():
            if name in SEVERAL and isinstance(value, str):
                raise Invalid(f"{name} is a list, such as [{value!r}], not {value!r}.")
            found = check(name, value)
            if pd.api.types.is_list_like(value):
                value = list(value)
            if found != value:  # the notebook would go on with what it was given
                raise Invalid(f"{name} {value!r} is spelt {found!r}.")


# ---------------------------------------------------------------- vocabularies from the data


def _districts() -> list[str]:
    return place_names("district", within=collection.force)


def _sceptre_forces() -> list[str]:
    columns = ["area_name", "level", "period_start", "period_end"]
    frame = tables.read("figures", columns, programme="op_sceptre").dropna()
    return sorted(set(frame.loc[frame["level"] == "force", "area_name"]))


def _weeks(programme: str, *areas: tuple[str, ...]) -> list[str]:
    """Weeks of action with enough different measures in one of some sets of areas."""
    figures = waves(programme)
    counts = [
        figures[figures["area"].isin(of)].groupby("wave")["measure"].nunique()
        for of in areas
    ]
    most = pd.concat(counts, axis=1).max(axis=1)
    return sorted(most.index[most >= ENOUGH])


def _countable(programme: str) -> list[str]:
    """Measures that add up over time, published for the home force for two periods or more."""
    figures = published_figures(programme=programme, area=collection.force, dated=True)
    known = measures(programme)
    periods = figures["measure"].value_counts()
    whole = known.loc[known["whole"], "measure"]
    return [measure for measure in whole if periods.get(measure, 0) > 1]


def _county_lines_measures() -> list[str]:
    """Measures published for enough weeks, for the home force or nationally."""
    figures = waves("county_lines")
    figures = figures[figures["area"].isin([collection.force, *NATIONAL])]
    weeks = figures.groupby("measure")["wave"].nunique()
    return sorted(weeks[weeks >= ENOUGH].index)


def _tour_areas() -> list[str]:
    """The home force and the places in it that a figure of the No More Knives tour is of."""
    columns = ["area_name", "level"]
    figures = tables.read("figures", columns, programme="no_more_knives")
    inside = {
        place
        for level in set(figures["level"])
        for place in place_names(level, within=collection.force)
    }
    return [collection.force, *sorted(set(figures["area_name"]) & inside)]


def _series() -> list[str]:
    """Series published for at least four separate quarters or years of the United Kingdom."""
    figures = published_figures(
        programme="modern_slavery", area="United Kingdom", dated=True
    )
    facts = figures["measure"].value_counts()
    return [word for word, measure in SERIES.items() if facts.get(measure, 0) >= 4]


def _crime_years() -> list[str]:
    """Calendar years with all twelve street files of the home force, the latest first."""
    months = tables.read("coverage", force=collection.force_code)
    years = months.loc[months["state"] == "complete", "month"].dt.year.value_counts()
    return [str(year) for year in sorted(years[years == 12].index, reverse=True)]


def _places_of_any_kind() -> list[str]:
    """Every place that a figure is of, or that crime is counted in."""
    levels = ("district", "force")
    names = [tables.read(f"{level}s", ["name"])["name"] for level in levels]
    known = sorted({*collection.towns, *places()["name"], *pd.concat(names)})
    return list(dict.fromkeys([*collection.towns, *known]))


def _explored_measures() -> list[str]:
    return list(dict.fromkeys([*measures()["measure"], *OFFENCE_GROUPS, *OUTCOMES]))


def _trend_starts() -> list[str]:
    """Aprils that leave three years or more before the latest year of recorded crime."""
    quarters = tables.read("crime_quarterly", force=collection.force_code)["quarter"]
    quarters = quarters.drop_duplicates()
    aprils = quarters[quarters.dt.month == 4].sort_values()
    late = quarters.max() - pd.DateOffset(months=45)
    return list(aprils[aprils <= late].dt.strftime("%Y-%m"))


_COMPUTED: dict[str, Callable[[], list[str]]] = {
    "district": _districts,
    "place": lambda: [*collection.towns, *_districts()],
    "town": lambda: place_names("town", within=collection.force),
    "division": lambda: place_names("division", within=collection.force),
    "explore_measure": _explored_measures,
    "explore_place": _places_of_any_kind,
    "explore_programme": lambda: [*programmes()["programme"], *CRIME_TABLES],
    "force": lambda: place_names("force"),
    "sceptre_force": _sceptre_forces,
    "sceptre_wave": lambda: _weeks("op_sceptre", (collection.force,)),
    "county_lines_week": lambda: _weeks("county_lines", (collection.force,), NATIONAL),
    "nmk_area": _tour_areas,
    "op_warrior_measure": lambda: _countable("op_warrior"),
    "fraud_measure": lambda: _countable("fraud"),
    "county_lines_measure": _county_lines_measures,
    "modern_slavery_series": _series,
    "crime_type": lambda: list(type_names),
    "crime_year": _crime_years,
    "offence_group": lambda: list(OFFENCE_GROUPS),
    "trend_since": _trend_starts,
    "programme": lambda: list(programmes()["programme"]),
}


# ---------------------------------------------------------------- kinds of value


def _is_date(value: Any) -> bool:
    if value == "":
        return True
    if not isinstance(value, str) or not re.fullmatch(
        r"(19|20|21)\d\d-\d\d-\d\d", value
    ):
        return False
    with suppress(ValueError):
        return bool(date.fromisoformat(value))
    return False


def _is_month(value: Any) -> bool:
    return isinstance(value, str) and value != "" and _is_date(f"{value}-01")


def _is_number(value: Any) -> bool:
    return isinstance(value, Real) and not isinstance(
        value, bool
    )  # those of numpy are Real too


_KINDS: dict[str, tuple[Callable[[Any], bool], str]] = {
    "date": (_is_date, 'a day written YYYY-MM-DD, or "" for none'),
    "month": (_is_month, "a month written YYYY-MM"),
    "probability": (lambda v: _is_number(v) and 0 < v < 1, "a number between 0 and 1"),
    "positive": (lambda v: _is_number(v) and 0 < v < float("inf"), "a number above 0"),
    "text": (lambda v: isinstance(v, str) and v.isprintable(), "text on one line"),
    "year": (
        lambda v: isinstance(v, str) and re.fullmatch(r"((19|20)\d\d)?", v) is not None,
        'a year written YYYY, or "" for none',
    ),
    "yes_no": (lambda v: isinstance(v, (bool, np.bool_)), "True or False"),
}
