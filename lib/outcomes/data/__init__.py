"""The data room: the one door to the tables in ``data/clean``.

Functions are offered here whichever module holds them, and load when first used:
``oc.data.crime_monthly(force="lancashire")``. Every reading is noted (:func:`store.reads`), so that
a page can say what it read and be rebuilt when those rows change.
"""

from importlib import import_module

_HOMES = {
    "choices": "checked",
    "citations": "read source",
    "codes": "ASB CRIME_TYPES OFFENCE_GROUPS OUTCOMES SERIOUS_ACQUISITIVE TYPES",
    "crime": (
        "case_outcomes coverage crime_annual crime_district_monthly crime_force_monthly "
        "crime_monthly crime_panels crime_quarterly drug_deaths months_present offences"
    ),
    "days": "",
    "declared": "series series_names",
    "disclosure": "suppress",
    "doors": "",
    "errors": "Invalid NotEnough",
    "lags": "",
    "printed": "tolerance",
    "places": (
        "district_names districts forces lsoas lsoas_of neighbours population population_error"
    ),
    "register": (
        "areas figures measures one_each programmes sources waves week_counts week_figures"
    ),
    "schema": "",
    "store": "cut digest forget reads root whole",
    "terms": "",
    "vintages": "as_of undated",
}
_WHERE = {name: module for module, names in _HOMES.items() for name in names.split()}


def __getattr__(name: str):
    if name in _WHERE:
        return getattr(import_module(f"{__name__}.{_WHERE[name]}"), name)
    if name in _HOMES:
        return import_module(f"{__name__}.{name}")
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted({*_WHERE, *_HOMES})
