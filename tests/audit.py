"""``make audit``: holds the lock, and what is installed, to the floors of docs/advisories.toml."""

import re
import sys
import tomllib
from importlib import metadata
from pathlib import Path
from typing import NamedTuple

from outcomes.publish import sbom

ROOT = Path(__file__).parents[1]


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


if __name__ == "__main__":
    broken = [f"Lock: {said}" for said in below(locked(), floors())]
    broken += [f"Installed: {said}" for said in below(installed(), floors())]
    print(*broken, f"{len(floors())} floors, {len(broken)} broken.", sep="\n")
    sys.exit(1 if broken else 0)
