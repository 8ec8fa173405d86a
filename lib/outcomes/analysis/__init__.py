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
    "reconcile": "Reconciliation",
    "statements": "Agreement STATES agreement clash hold quarrel",
    "several": "Several growth reconcile_each",
    "claims": "",
    "contradiction": "",
    "programme": "",
    "periods": "calendar_years financial_years months one_period quarters reading",
    "spc": "Chart deseasonalise xmr",
    "funnels": "Funnel dersimonian_laird funnel",
    "displacement": "Change overdispersion rirr wdd wdq",
    "interrupted": "Its its",
    "differences": "Did EventStudy did event_study",
    "synthetic": "Synthetic simplex_weights synthetic_control",
    "matching": "Matching contiguous_clusters distances match_sets match_units ring separate",
    "evaluation": "Evaluation bounded_by_unplaced declared designs evaluate like_for_like",
    "guards": "require_events require_months",
    "linear": "Linear least_squares",
    "placebos": (
        "Randomisation compare_changes placebo_dates placebo_interval randomisation"
    ),
    "impact": "Detectable benjamini_hochberg minimum_detectable",
    "verdicts": "Evidence Verdict verdict",
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
