"""environment.yml says the same as pyproject.toml, and the lock covers both and names no index."""

import ast
import json
import re
import sys
import tomllib
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).parents[1]
# conda-forge's name of a package, where it is not PyPI's
CONDA_NAMES = {
    "python-duckdb": "duckdb",
    "jupyter_client": "jupyter-client",
    "lazy_loader": "lazy-loader",
}


def _split(requirement: str) -> tuple[str, str]:
    name, bound = re.fullmatch(
        r"([A-Za-z0-9_.-]+?)((?:[<>=!~]=?).*)?", requirement
    ).groups()
    return name.lower(), bound or ""


@pytest.fixture(scope="module")
def project() -> dict:
    return tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))[
        "project"
    ]


@pytest.fixture(scope="module")
def wanted(project) -> dict[str, str]:
    extras = project["optional-dependencies"]
    return dict(
        map(
            _split, [*project["dependencies"], *(r for e in extras.values() for r in e)]
        )
    )


def test_environment_yml_equals_pyproject(project, wanted):
    env = yaml.safe_load((ROOT / "environment.yml").read_text(encoding="utf-8"))
    conda = [d for d in env["dependencies"] if isinstance(d, str) and d != "pip"]
    pip = next(d["pip"] for d in env["dependencies"] if isinstance(d, dict))
    found = {CONDA_NAMES.get(n, n): b for n, b in map(_split, [*conda, *pip])}
    assert found.pop("python") == project["requires-python"]
    assert found == wanted


def test_lock_pins_every_dependency_with_a_hash_and_within_its_bound(wanted):
    from packaging.specifiers import SpecifierSet

    lock = (ROOT / "requirements.lock").read_text(encoding="utf-8")
    pins = dict(
        re.findall(
            r"^([a-z0-9._-]+)==([^\s;]+)[^\n]*\\\n    --hash=sha256:", lock, re.M
        )
    )
    assert pins.keys() >= wanted.keys()
    for name, bound in wanted.items():
        assert pins[name] in SpecifierSet(bound, prereleases=True), name


def test_lock_names_no_package_index():
    lock = (ROOT / "requirements.lock").read_text(encoding="utf-8")
    assert not re.search(r"https?://|--index-url|--extra-index|file:", lock)


def test_each_dependency_has_its_reason(wanted):
    reasons = (ROOT / "docs/dependencies.md").read_text(encoding="utf-8")
    named = set(re.findall(r"^\| `([a-z0-9-]+)` \|", reasons, re.M))
    assert named == wanted.keys()


def _imported(folder: Path) -> set[str]:
    nodes = [
        n
        for p in folder.rglob("*.py")
        for n in ast.walk(ast.parse(p.read_text("utf-8")))
    ]
    plain = {a.name for n in nodes if isinstance(n, ast.Import) for a in n.names}
    parts = {n.module for n in nodes if isinstance(n, ast.ImportFrom) and n.level == 0}
    return {name.partition(".")[0] for name in plain | parts} - set(
        sys.stdlib_module_names
    )


def _imported_by_notebooks(folder: Path) -> set[str]:
    found = set()
    for path in folder.rglob("*.ipynb"):
        for cell in json.loads(path.read_text("utf-8"))["cells"]:
            if cell["cell_type"] == "code":
                source = "".join(cell["source"])
                found |= set(re.findall(r"(?m)^(?:import|from) (\w+)", source))
    return found - set(sys.stdlib_module_names)


def test_what_the_library_imports_is_declared_and_what_is_declared_is_used(project):
    extras = project["optional-dependencies"]
    wanted = [*project["dependencies"], *extras["cluster"], *extras["lab"]]
    declared = {_split(r)[0] for r in wanted}
    read = _imported(ROOT / "lib") | _imported_by_notebooks(ROOT / "notebooks")
    used = {name.replace("_", "-") for name in read - {"outcomes"}}
    by_name = {
        "afcharts",
        "ipykernel",
        "jupyterlab",
    }  # a style sheet, a kernel and an application
    assert used <= declared
    assert declared - by_name <= used
