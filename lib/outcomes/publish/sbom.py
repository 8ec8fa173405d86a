"""The bill of materials of a release (CycloneDX 1.5): every package of the lock, and who needs it.

It is made from the lock alone: the same bytes for the same lock.
"""

import json
import re
import uuid
from typing import NamedTuple

import outcomes
from outcomes.core.errors import Invalid

_NAMESPACE = uuid.UUID(
    "6ba7b811-9dad-11d1-80b4-00c04fd430c8"
)  # RFC 4122's for addresses
_PROJECT = "lancashire-programme-outcomes"


class Pin(NamedTuple):
    """One line of the lock: a package, its version, where it applies, digests, who needs it."""

    name: str
    version: str
    marker: str
    digests: list[str]
    needed_by: list[str]

    @property
    def address(self) -> str:
        """The package's address, as bills of materials write it."""
        return f"pkg:pypi/{self.name}@{self.version}"


def pins(lock: str) -> list[Pin]:
    """What a lock file pins, in its order; :class:`Invalid` for a pin without a digest."""
    found = []
    for block in re.split(r"(?m)^(?=[A-Za-z0-9])", lock):
        head = re.match(
            r"([A-Za-z0-9._-]+)==([^\s;\\]+)(?: ; ([^\\\n]+?))? *\\?\n", block
        )
        if not head:
            continue
        digests = re.findall(r"--hash=sha256:([0-9a-f]{64})", block)
        if not digests:
            raise Invalid(f"the lock pins {head[1]} without a digest.")
        needed = re.findall(r"(?m)^    #(?: via|  ) +([A-Za-z0-9._-]+)", block)
        found.append(Pin(head[1], head[2], head[3] or "", digests, needed))
    if not found:
        raise Invalid("the lock pins nothing.")
    return found


def bill(lock: str) -> str:
    """The bill of materials of a lock, as JSON."""
    known, version = pins(lock), outcomes.__version__
    top = Pin(_PROJECT, version, "", [], [])
    needs = {
        pin.address: sorted(p.address for p in known if pin.name in p.needed_by)
        for pin in (top, *known)
    }
    whole = {
        "bomFormat": "CycloneDX",
        "specVersion": "1.5",
        "serialNumber": f"urn:uuid:{uuid.uuid5(_NAMESPACE, lock)}",
        "version": 1,
        "metadata": {"component": _component(top) | {"type": "application"}},
        "components": [_component(pin) for pin in known],
        "dependencies": [
            {"ref": ref, "dependsOn": on} for ref, on in sorted(needs.items())
        ],
    }
    return json.dumps(whole, indent=1) + "\n"


def _component(pin: Pin) -> dict:
    said = [{"name": "sha256 of a distribution", "value": d} for d in pin.digests]
    said += [{"name": "applies when", "value": pin.marker}] if pin.marker else []
    plain = {
        "type": "library",
        "bom-ref": pin.address,
        "name": pin.name,
        "version": pin.version,
    }
    return plain | {"purl": pin.address} | ({"properties": said} if said else {})
