"""The packages this project stands on: what is locked, what is installed, and what is known of it.

``python -m outcomes.data.supply audit`` holds the installed packages, and the lock, to the floors
of ``docs/advisories.toml``; ``… sbom`` prints a bill of materials (CycloneDX 1.5, JSON), made from
the lock alone: the same bytes for the same lock.
"""

import json
import re
import sys
import tomllib
import uuid
from importlib import metadata
from pathlib import Path
from typing import NamedTuple

from outcomes.data.errors import Invalid

_NAMESPACE = uuid.UUID("6ba7b811-9dad-11d1-80b4-00c04fd430c8")  # RFC 4122's for addresses
_PROJECT = "lancashire-programme-outcomes"


class Pin(NamedTuple):
    """One line of the lock: a package, its version, where it applies, digests, who needs it."""

    name: str
    version: str
    marker: str
    digests: tuple[str, ...]
    needed_by: tuple[str, ...]


class Floor(NamedTuple):
    """A version below which a package has a known weakness."""

    package: str
    version: str
    advisory: str
    about: str


def pins(lock: str) -> list[Pin]:
    """What a lock file pins, in its order; :class:`Invalid` for a pin without a digest."""
    found = []
    for block in re.split(r"(?m)^(?=[A-Za-z0-9])", lock):
        head = re.match(r"([A-Za-z0-9._-]+)==([^\s;\\]+)(?: ; ([^\\\n]+?))? *\\?\n", block)
        if not head:
            continue
        digests = tuple(re.findall(r"--hash=sha256:([0-9a-f]{64})", block))
        if not digests:
            raise Invalid(f"the lock pins {head[1]} without a digest.")
        needed = re.findall(r"(?m)^    #(?: via)? +([A-Za-z0-9._-]+)", block.partition("# via")[2])
        first = re.findall(r"# via +([A-Za-z0-9._-]+)", block)
        found.append(
            Pin(head[1], head[2], head[3] or "", digests, tuple(sorted({*first, *needed})))
        )
    if not found:
        raise Invalid("the lock pins nothing.")
    return found


def floors(file: Path) -> list[Floor]:
    """The floors of an advisory list."""
    raw = tomllib.loads(Path(file).read_text(encoding="utf-8")).get("floor", [])
    return [Floor(**entry) for entry in raw]


def key(version: str) -> tuple[int, ...]:
    """A release's numbers for comparing; what follows them (rc1, .post1) counts for nothing."""
    numbers = re.match(r"\d+(?:\.\d+)*", version)
    return tuple(int(n) for n in numbers[0].split(".")) if numbers else ()


def below(versions: dict[str, str], known: list[Floor]) -> list[str]:
    """A sentence for each package of ``versions`` that stands below a floor."""
    return [
        f"{f.package} {versions[f.package]} is below {f.version}: "
        f"{f.about.rstrip('.')}{f' ({f.advisory})' if f.advisory else ''}."
        for f in known
        if f.package in versions and _less(versions[f.package], f.version)
    ]


def _less(one: str, two: str) -> bool:
    a, b = key(one), key(two)
    width = max(len(a), len(b))
    return a + (0,) * (width - len(a)) < b + (0,) * (width - len(b))


def installed() -> dict[str, str]:
    """Name and version of every package in this environment, names as the lock writes them."""
    return {
        re.sub(r"[-_.]+", "-", one.metadata["Name"]).lower(): one.version
        for one in metadata.distributions()
        if one.metadata["Name"]
    }


def sbom(lock: str, version: str) -> dict:
    """A bill of materials: every pinned package with its digests, and which needs which."""
    known = pins(lock)
    top = f"pkg:pypi/{_PROJECT}@{version}"
    names = {p.name: _address(p) for p in known} | {_PROJECT: top}
    needs: dict[str, set[str]] = {address: set() for address in [top, *map(_address, known)]}
    for pin in known:
        for parent in pin.needed_by:
            if parent in names:
                needs[names[parent]].add(_address(pin))
    return {
        "bomFormat": "CycloneDX",
        "specVersion": "1.5",
        "serialNumber": f"urn:uuid:{uuid.uuid5(_NAMESPACE, lock)}",
        "version": 1,
        "metadata": {
            "component": {
                "type": "application",
                "bom-ref": top,
                "name": _PROJECT,
                "version": version,
                "purl": top,
            }
        },
        "components": [_component(pin) for pin in known],
        "dependencies": [{"ref": r, "dependsOn": sorted(d)} for r, d in sorted(needs.items())],
    }


def _address(pin: Pin) -> str:
    return f"pkg:pypi/{pin.name}@{pin.version}"


def _component(pin: Pin) -> dict:
    said = [{"name": "sha256 of a distribution", "value": d} for d in pin.digests]
    said += [{"name": "applies when", "value": pin.marker}] if pin.marker else []
    plain = {"type": "library", "bom-ref": _address(pin), "name": pin.name, "version": pin.version}
    return plain | {"purl": _address(pin), "properties": said}


def main(given: list[str]) -> int:
    """``audit`` or ``sbom``; 1 when something stands below a floor, 2 for anything else."""
    import outcomes

    root = Path(__file__).resolve().parents[3]
    lock = (root / "requirements.lock").read_text(encoding="utf-8")
    if given == ["sbom"]:
        print(json.dumps(sbom(lock, outcomes.__version__), indent=1))
        return 0
    if given != ["audit"]:
        print("Say audit or sbom.", file=sys.stderr)
        return 2
    known = floors(root / "docs" / "advisories.toml")
    locked = below({p.name: p.version for p in pins(lock)}, known)
    here = below(installed(), known)
    for line in [*(f"Lock: {s}" for s in locked), *(f"Installed: {s}" for s in here)]:
        print(line)
    print(
        f"{len(known)} floors, {len(locked)} broken by the lock, {len(here)} by this environment."
    )
    return 1 if locked or here else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
