"""The packages: floors above known weaknesses hold, and the bill of materials is the lock."""

import json
import os
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

import audit
from notebook_maker import entry, fact, notebook, plan, show
from outcomes.core.errors import Invalid
from outcomes.publish import build, sbom
from outcomes.publish import plan as plans

LOCK = f"""\
# made by a tool
numpy==2.2.0 ; python_version >= '3.11' \\
    --hash=sha256:{"1" * 64} \\
    --hash=sha256:{"2" * 64}
    # via pandas
pandas==3.1.0 \\
    --hash=sha256:{"3" * 64}
    # via
    #   lancashire-programme-outcomes
    #   PyYAML_2.x
tz.data==1
    --hash=sha256:{"4" * 64}
"""


def test_a_pin_has_its_version_its_marker_its_digests_and_who_needs_it():
    assert sbom.pins(LOCK) == [
        (
            "numpy",
            "2.2.0",
            "python_version >= '3.11'",
            ["1" * 64, "2" * 64],
            ["pandas"],
        ),
        (
            "pandas",
            "3.1.0",
            "",
            ["3" * 64],
            ["lancashire-programme-outcomes", "PyYAML_2.x"],
        ),
        ("tz.data", "1", "", ["4" * 64], []),
    ]


def test_the_bill_of_a_small_lock_word_for_word():
    bill = json.loads(sbom.bill(LOCK))
    top = "pkg:pypi/lancashire-programme-outcomes@0.1.0"
    digest = "sha256 of a distribution"
    assert bill.pop("serialNumber").startswith("urn:uuid:")
    assert bill == {
        "bomFormat": "CycloneDX",
        "specVersion": "1.5",
        "version": 1,
        "metadata": {
            "component": {
                "type": "application",
                "bom-ref": top,
                "version": "0.1.0",
                "purl": top,
                "name": "lancashire-programme-outcomes",
            }
        },
        "components": [
            {
                "type": "library",
                "bom-ref": "pkg:pypi/numpy@2.2.0",
                "name": "numpy",
                "version": "2.2.0",
                "purl": "pkg:pypi/numpy@2.2.0",
                "properties": [
                    {"name": digest, "value": "1" * 64},
                    {"name": digest, "value": "2" * 64},
                    {"name": "applies when", "value": "python_version >= '3.11'"},
                ],
            },
            {
                "type": "library",
                "bom-ref": "pkg:pypi/pandas@3.1.0",
                "name": "pandas",
                "version": "3.1.0",
                "purl": "pkg:pypi/pandas@3.1.0",
                "properties": [{"name": digest, "value": "3" * 64}],
            },
            {
                "type": "library",
                "bom-ref": "pkg:pypi/tz.data@1",
                "name": "tz.data",
                "version": "1",
                "purl": "pkg:pypi/tz.data@1",
                "properties": [{"name": digest, "value": "4" * 64}],
            },
        ],
        "dependencies": [
            {"ref": top, "dependsOn": ["pkg:pypi/pandas@3.1.0"]},
            {"ref": "pkg:pypi/numpy@2.2.0", "dependsOn": []},
            {"ref": "pkg:pypi/pandas@3.1.0", "dependsOn": ["pkg:pypi/numpy@2.2.0"]},
            {"ref": "pkg:pypi/tz.data@1", "dependsOn": []},
        ],
    }


def test_a_weak_lock_is_refused_by_name():
    with pytest.raises(Invalid, match=r"^the lock pins pandas without a digest\.$"):
        sbom.pins("pandas==3.1.0\n    # via x\n")
    with pytest.raises(Invalid, match=r"^the lock pins nothing\.$"):
        sbom.pins("# nothing\n")


ROOT = Path(__file__).parents[2]


REAL_LOCK = (ROOT / "requirements.lock").read_text(encoding="utf-8")


FLOORS = audit.floors()


BILL = json.loads(sbom.bill(REAL_LOCK))


def test_the_lock_stands_above_every_floor():
    locked = audit.locked()
    assert {f.package for f in FLOORS} <= locked.keys()
    assert audit.below(locked, FLOORS) == []


def test_the_declared_bounds_stand_above_every_floor():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    extras = project["project"]["optional-dependencies"].values()
    wanted = [*project["project"]["dependencies"], *(r for e in extras for r in e)]
    wanted += project["build-system"]["requires"]
    for requirement in wanted:
        name, version = requirement.split(">=")
        assert audit.below({name: version}, FLOORS) == []


@pytest.mark.parametrize(
    ("version", "low"),
    [
        ("7.17.0", True),
        ("7.17.1", False),
        ("7.9.9", True),
        ("7.17.1.post1", False),
        ("8", False),
        ("7.17.1.0", False),
    ],
)
def test_versions_are_compared_by_number(version, low):
    (floor,) = (f for f in FLOORS if f.package == "nbconvert")
    assert bool(audit.below({"nbconvert": version}, [floor])) == low


def test_a_package_below_its_floor_is_named_with_the_reason():
    (said,) = audit.below({"h11": "0.14.0", "pandas": "0.1"}, FLOORS)
    assert said.startswith("h11 0.14.0 is below 0.16.0") and "CVE-2025-43859" in said


def test_every_pin_of_the_lock_is_in_the_bill_with_its_digests():
    bill = BILL
    listed = {(c["name"], c["version"]) for c in bill["components"]}
    assert listed == set(re.findall(r"(?m)^([A-Za-z0-9._-]+)==([^\s;\\]+)", REAL_LOCK))
    digests = {p["value"] for c in bill["components"] for p in c["properties"]}
    assert set(re.findall(r"sha256:([0-9a-f]{64})", REAL_LOCK)) <= digests


def test_the_bill_says_which_needs_which():
    needs = {d["ref"].partition("@")[0]: d["dependsOn"] for d in BILL["dependencies"]}
    names = {k: {n.partition("@")[0] for n in v} for k, v in needs.items()}
    top = names["pkg:pypi/lancashire-programme-outcomes"]
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))[
        "project"
    ]
    direct = {f"pkg:pypi/{r.partition('>=')[0]}" for r in project["dependencies"]}
    assert direct <= top
    assert {"pkg:pypi/numpy", "pkg:pypi/python-dateutil"} <= names["pkg:pypi/pandas"]
    assert "pkg:pypi/jupyter-server" in names["pkg:pypi/jupyterlab"]


def test_the_bill_is_the_same_bytes_whatever_the_hash_seed():
    code = "import sys; from outcomes.publish.sbom import bill; print(bill(sys.stdin.read()))"
    made = set()
    for seed in ("1", "2"):
        given = {"PYTHONHASHSEED": seed, "PYTHONPATH": str(ROOT / "lib")}
        done = subprocess.run(
            [sys.executable, "-c", code],
            input=REAL_LOCK,
            capture_output=True,
            check=True,
            env=given,
            text=True,
        )
        made.add(done.stdout)
    (only,) = made
    bill = json.loads(only)
    assert bill["bomFormat"] == "CycloneDX" and bill["specVersion"] == "1.5"
    assert re.fullmatch(r"urn:uuid:[0-9a-f-]{36}", bill["serialNumber"])
    refs = [c["bom-ref"] for c in bill["components"]]
    assert len(set(refs)) == len(refs)
    known = {*refs, bill["metadata"]["component"]["bom-ref"]}
    assert {
        d for one in bill["dependencies"] for d in (one["ref"], *one["dependsOn"])
    } <= known
    assert "://" not in only


def test_a_lock_without_digests_is_refused():
    with pytest.raises(Invalid, match="without a digest"):
        sbom.pins("pandas==3.1.0\n    # via x\n")
    with pytest.raises(Invalid, match="pins nothing"):
        sbom.pins("# nothing\n")


def test_the_command_names_what_is_below_a_floor(tmp_path):
    env = os.environ | {"OUTCOMES_ADVISORIES": ""}  # no network is asked
    given = [sys.executable, ROOT / "tests/audit.py"]
    done = subprocess.run(given, capture_output=True, text=True, env=env)
    assert (
        done.stdout.endswith(f"{len(FLOORS)} floors, 0 broken.\n")
        and done.returncode == 0
    )


@pytest.mark.build
def test_a_release_has_its_bill_of_materials(tmp_path):
    notebook(tmp_path / "notebooks/programmes/demo.ipynb", show(fact()))
    (tmp_path / "requirements.lock").write_text(REAL_LOCK, encoding="utf-8")
    found = plans.read(plan(tmp_path, entry()))
    made = build.build(found, found.resolve(), out=tmp_path / "site", workers=1)
    assert json.loads((made.path / "sbom.json").read_text(encoding="utf-8")) == BILL
