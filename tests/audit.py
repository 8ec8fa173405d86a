"""``make audit``: holds the lock, and what is installed, to the floors of docs/advisories.toml.

Then it asks a source of advisories (the form of OSV's ``querybatch``) about every package of the
lock, and says when none can be reached. ``OUTCOMES_ADVISORIES`` names another, or "" for none.
"""

import json
import os
import re
import sys
import tomllib
from importlib import metadata
from pathlib import Path
from typing import NamedTuple
from urllib.error import URLError
from urllib.request import Request, urlopen

from outcomes.publish import sbom

ROOT = Path(__file__).parents[1]
SOURCE = "https://api.osv.dev/v1/querybatch"
_PATIENCE = 20  # seconds


class Floor(NamedTuple):
    """A version below which a package has a known weakness."""

    package: str
    version: str
    advisory: str
    about: str


def floors() -> list[Floor]:
    raw = tomllib.loads((ROOT / "docs/advisories.toml").read_text(encoding="utf-8"))
    return [Floor(**entry) for entry in raw["floor"]]


def below(versions: dict[str, str], known: list[Floor]) -> list[str]:
    """A sentence for each package of ``versions`` that stands below a floor."""
    return [
        f"{f.package} {versions[f.package]} is below {f.version}: "
        f"{f.about.rstrip('.')}{f' ({f.advisory})' if f.advisory else ''}."
        for f in known
        if f.package in versions and _key(versions[f.package]) < _key(f.version)
    ]


def _key(version: str) -> tuple[int, ...]:
    """A version's numbers without zeros at the end; what follows them counts for nothing."""
    numbers = [int(n) for n in re.match(r"\d+(?:\.\d+)*", version)[0].split(".")]
    while numbers and not numbers[-1]:
        numbers.pop()
    return tuple(numbers)


def locked() -> dict[str, str]:
    lock = (ROOT / "requirements.lock").read_text(encoding="utf-8")
    return {p.name: p.version for p in sbom.pins(lock)}


def installed() -> dict[str, str]:
    """Name and version of every package in this environment, names as the lock writes them."""
    found = {one.metadata["Name"]: one.version for one in metadata.distributions()}
    return {
        re.sub(r"[-_.]+", "-", name).lower(): v for name, v in found.items() if name
    }


def asked(source: str, versions: dict[str, str]) -> list[str] | None:
    """A sentence for each package with an advisory; None where no source can be asked."""
    queries = [
        {"package": {"name": name, "ecosystem": "PyPI"}, "version": version}
        for name, version in versions.items()
    ]
    body = json.dumps({"queries": queries}).encode()
    try:
        request = Request(source, body, {"Content-Type": "application/json"})
        with urlopen(request, timeout=_PATIENCE) as answer:
            results = json.load(answer)["results"]
    except (URLError, OSError, ValueError, KeyError):
        return None
    found = []
    for (name, version), result in zip(versions.items(), results, strict=True):
        if named := [v["id"] for v in (result or {}).get("vulns", [])]:
            found.append(f"{name} {version} has advisories: {', '.join(named)}.")
    return found


def main() -> int:
    """Print what is broken; 1 when anything is."""
    broken = [f"Lock: {said}" for said in below(locked(), floors())]
    broken += [f"Installed: {said}" for said in below(installed(), floors())]
    source = os.environ.get("OUTCOMES_ADVISORIES", SOURCE)
    told = asked(source, locked()) if source else None
    print(*broken, *(told or []), sep="\n", end="\n" if broken or told else "")
    if told is None:
        said = "could be asked" if source else "is named"
        print(
            f"No source of advisories {said}: of the {len(locked())} packages of the lock, only "
            "those with a floor were looked at."
        )
    else:
        print(f"{len(locked())} packages asked about, {len(told)} with advisories.")
    print(f"{len(floors())} floors, {len(broken)} broken.")
    return 1 if broken or told else 0


if __name__ == "__main__":
    sys.exit(main())
