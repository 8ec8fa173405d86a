"""Who publishes: which names are one body, and which publishers quote one another."""

import re
from collections.abc import Iterable

from outcomes.core.collection import collection

_ASIDE = re.compile(
    r"stored copy at \S+|\b(from an?|releases?|data|quoting|foi( to)?|listing)\b"
)
_SAME = {
    **{name.lower(): same.lower() for name, same in collection.publishers.items()},
    "nca": "national crime agency",
    "ons": "office for national statistics",
}


def independent(publishers: Iterable[str]) -> int:
    """How many of the publishers named neither quote one another nor the same third body."""
    groups: list[set[str]] = []
    for names in map(_bodies, publishers):
        near = [group for group in groups if group & names]
        groups = [group for group in groups if not group & names] + [names.union(*near)]
    return len(groups)


def _bodies(publisher: str) -> set[str]:
    """The outlet and the bodies it quotes, in brackets, by one name each."""
    names = re.split(r"[(/),]", _ASIDE.sub("", publisher.lower()))
    return {_SAME.get(name.strip(), name.strip()) for name in names} - {""}
