"""The packages: floors above known weaknesses hold, and the bill of materials is the lock."""

import json
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from outcomes.data import supply
from outcomes.data.errors import Invalid

ROOT = Path(__file__).parents[1]
LOCK = (ROOT / "requirements.lock").read_text(encoding="utf-8")
FLOORS = supply.floors(ROOT / "docs/advisories.toml")


def test_the_lock_stands_above_every_floor():
    locked = {p.name: p.version for p in supply.pins(LOCK)}
    assert {f.package for f in FLOORS} <= locked.keys()
    assert supply.below(locked, FLOORS) == []


def test_the_declared_bounds_stand_above_every_floor():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    extras = project["project"]["optional-dependencies"].values()
    wanted = [*project["project"]["dependencies"], *(r for e in extras for r in e)]
    wanted += project["build-system"]["requires"]
    for requirement in wanted:
        name, version = requirement.split(">=")
        assert supply.below({name: version}, FLOORS) == []


@pytest.mark.parametrize(
    ("version", "low"),
    [("7.17.0", True), ("7.17.1", False), ("7.9.9", True), ("7.17.1.post1", False), ("8", False)],
)
def test_versions_are_compared_by_number(version, low):
    (floor,) = (f for f in FLOORS if f.package == "nbconvert")
    assert bool(supply.below({"nbconvert": version}, [floor])) == low


def test_a_package_below_its_floor_is_named_with_the_reason():
    (said,) = supply.below({"h11": "0.14.0", "pandas": "0.1"}, FLOORS)
    assert said.startswith("h11 0.14.0 is below 0.16.0") and "CVE-2025-43859" in said


def test_every_pin_of_the_lock_is_in_the_bill_with_its_digests():
    bill = supply.sbom(LOCK, "0.1.0")
    listed = {(c["name"], c["version"]) for c in bill["components"]}
    assert listed == set(re.findall(r"(?m)^([A-Za-z0-9._-]+)==([^\s;\\]+)", LOCK))
    digests = {p["value"] for c in bill["components"] for p in c["properties"]}
    assert set(re.findall(r"sha256:([0-9a-f]{64})", LOCK)) <= digests


def test_the_bill_says_which_needs_which():
    needs = {
        d["ref"].partition("@")[0]: d["dependsOn"] for d in supply.sbom(LOCK, "1")["dependencies"]
    }
    names = {k: {n.partition("@")[0] for n in v} for k, v in needs.items()}
    top = names["pkg:pypi/lancashire-programme-outcomes"]
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    direct = {f"pkg:pypi/{r.partition('>=')[0]}" for r in project["dependencies"]}
    assert direct <= top
    assert {"pkg:pypi/numpy", "pkg:pypi/python-dateutil"} <= names["pkg:pypi/pandas"]
    assert "pkg:pypi/jupyter-server" in names["pkg:pypi/jupyterlab"]


def test_the_bill_is_the_same_bytes_whatever_the_hash_seed():
    command = [sys.executable, "-m", "outcomes.data.supply", "sbom"]
    made = set()
    for seed in ("1", "2"):
        given = {"PYTHONHASHSEED": seed, "PYTHONPATH": str(ROOT / "lib")}
        made.add(subprocess.run(command, capture_output=True, check=True, env=given).stdout)
    (only,) = made
    bill = json.loads(only)
    assert bill["bomFormat"] == "CycloneDX" and bill["specVersion"] == "1.5"
    assert re.fullmatch(r"urn:uuid:[0-9a-f-]{36}", bill["serialNumber"])
    refs = [c["bom-ref"] for c in bill["components"]]
    assert len(set(refs)) == len(refs)
    known = {*refs, bill["metadata"]["component"]["bom-ref"]}
    assert {d for one in bill["dependencies"] for d in (one["ref"], *one["dependsOn"])} <= known
    assert "://" not in only.decode()


def test_a_lock_without_digests_is_refused():
    with pytest.raises(Invalid, match="without a digest"):
        supply.pins("pandas==3.1.0\n    # via x\n")
    with pytest.raises(Invalid, match="pins nothing"):
        supply.pins("# nothing\n")
