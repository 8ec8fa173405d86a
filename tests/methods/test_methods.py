"""The room as a whole: every name is found, and nothing heavy loads before it is used."""

import pkgutil
import subprocess
import sys

import pytest

import outcomes as oc
from outcomes import methods


def test_every_public_name_is_found():
    for name in methods.__all__:
        assert getattr(methods, name) is not None
    assert set(dir(methods)) >= {"intervals", "reconcile", "spc", "did", "evaluation"}
    with pytest.raises(AttributeError, match=r"interval.*'intervals'"):
        _ = oc.methods.interval


def test_no_module_loads_scipy_statsmodels_or_plots_by_itself():
    found = pkgutil.walk_packages(methods.__path__, "outcomes.methods.")
    modules = ", ".join(m.name for m in found)
    code = (
        f"import sys, {modules}; import outcomes.methods;"
        "print(sorted({m.split('.')[0] for m in sys.modules} & "
        "{'scipy', 'statsmodels', 'matplotlib', 'sklearn', 'duckdb'}))"
    )
    found = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    )
    assert found.stdout.strip() == "[]"
