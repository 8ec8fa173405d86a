"""The analysis room: pure functions on frames and arrays, with the method's source in each.

Every public name can be used from here (``oc.analysis.wilson``) or from its module
(``oc.analysis.rates.wilson``). Modules load when first used.
"""

from importlib import import_module

_NAMES = {
    "rates": (
        "Interval byar clopper_pearson days e_test garwood jeffreys newcombe poisson_ratio "
        "standardised wilson"
    ),
    "reconcile": (
        "Reconciliation calendar_years financial_years months one_period quarters reading tolerance"
    ),
    "spc": "Chart Funnel deseasonalise dersimonian_laird funnel xmr",
    "displacement": "Change rirr wdd wdq",
    "interrupted": "its",
    "differences": "did event_study placebo_dates randomisation",
    "synthetic": "synthetic_control simplex_weights",
    "matching": "contiguous_clusters match_units ring",
    "impact": ("benjamini_hochberg minimum_detectable require_months verdict"),
}
_HOME = {name: module for module, names in _NAMES.items() for name in names.split()}


def __getattr__(name: str):
    if name in _NAMES:
        return import_module(f"{__name__}.{name}")
    if name in _HOME:
        return getattr(import_module(f"{__name__}.{_HOME[name]}"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted([*_NAMES, *_HOME])
