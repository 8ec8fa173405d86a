"""Each report checks what its tagged cell declares: every parameter, by its own vocabulary."""

import ast
import tomllib
from pathlib import Path

import pytest

from outcomes.publish.parameters import declared, load, source

ROOT = Path(__file__).parents[2]
PLAN = tomllib.loads((ROOT / "reports.toml").read_text(encoding="utf-8"))["page"]
REPORTS = sorted({page["notebook"] for page in PLAN})


def checks(notebook: Path) -> list[ast.Call]:
    """The calls of ``oc.check_parameters`` in a notebook."""
    code = [source(c) for c in load(notebook)["cells"] if c["cell_type"] == "code"]
    return [
        node
        for text in code
        for node in ast.walk(ast.parse(text))
        if isinstance(node, ast.Call) and ast.unparse(node.func).endswith("_parameters")
    ]


def checked(call: ast.Call) -> set[tuple[str, str]]:
    """Name and vocabulary of every parameter that a call checks."""
    return {
        (name.id, keyword.arg or "")
        for keyword in call.keywords
        for name in ast.walk(keyword.value)
        if isinstance(name, ast.Name)
    }


@pytest.mark.parametrize("notebook", REPORTS)
def test_what_a_report_declares_it_checks(notebook):
    """One left out would be reported on as it was misspelt."""
    path = ROOT / "notebooks" / f"{notebook}.ipynb"
    (call,) = checks(path)
    assert not call.args
    known = {(one.name, one.vocabulary) for one in declared(path).values()}
    assert checked(call) == known and known


@pytest.mark.parametrize("page", PLAN, ids=lambda page: page["handle"])
def test_the_plan_sweeps_by_the_vocabulary_that_the_notebook_declares(page):
    known = declared(ROOT / "notebooks" / f"{page['notebook']}.ipynb")
    for name, values in page.get("sweep", {}).items():
        assert name in known
        if isinstance(values, str):
            assert values == f"each {known[name].vocabulary}"


def test_a_parameter_left_out_or_of_another_vocabulary_is_found():
    call = ast.parse("oc.check_parameters(force=[force, *others], month=since)").body[0]
    assert checked(call.value) == {
        ("force", "force"),
        ("others", "force"),
        ("since", "month"),
    }
