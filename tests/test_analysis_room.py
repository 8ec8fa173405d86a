"""The room as a whole: every name is found, and nothing heavy loads before it is used."""

import subprocess
import sys

import pytest

import outcomes as oc
from outcomes import analysis


def test_every_public_name_is_found_from_the_room_and_from_its_module():
    for name, module in analysis._HOME.items():
        assert getattr(oc.analysis, name) is getattr(getattr(oc.analysis, module), name)
    assert set(dir(analysis)) >= {"wilson", "reconcile", "xmr", "did", "impact"}
    with pytest.raises(AttributeError, match="willson"):
        _ = oc.analysis.willson


def test_reconcile_is_both_a_module_and_its_function():
    import pandas as pd

    period = oc.analysis.one_period("year", "2023-01-01", "2023-12-31")
    rows = pd.DataFrame(
        {
            "figure": ["a"],
            "value": [7.0],
            "qualifier": ["exact"],
            "period_start": ["2023-01-01"],
            "period_end": ["2023-12-31"],
        }
    )
    both = [
        f(rows, period).bounds
        for f in (oc.analysis.reconcile, oc.analysis.reconcile.reconcile)
    ]
    assert both[0]["point"][0] == both[1]["point"][0] == 7


def test_no_module_loads_scipy_statsmodels_or_plots_by_itself():
    modules = ", ".join(f"outcomes.analysis.{m}" for m in analysis._NAMES)
    code = (
        f"import sys, {modules}; import outcomes.analysis as a; a.wilson(1, 4);"
        "print(sorted({m.split('.')[0] for m in sys.modules} & "
        "{'scipy', 'statsmodels', 'matplotlib', 'sklearn', 'duckdb'}))"
    )
    found = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    )
    assert found.stdout.strip() == "[]"
