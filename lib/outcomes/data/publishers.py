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
    """How many of the publishers named neither quote one another nor the same third body.

    An outlet names the bodies that it quotes in brackets.

    >>> independent(["Home Office", "LBC (Home Office data)", "BBC"])
    2
    """
    groups: list[set[str]] = []
    for publisher in publishers:
        names = re.split(r"[(/),]", _ASIDE.sub("", publisher.lower()))
        bodies = {_SAME.get(name.strip(), name.strip()) for name in names} - {""}
        near = [group for group in groups if group & bodies]
        apart = [group for group in groups if not group & bodies]
        groups = [*apart, bodies.union(*near)]
    return len(groups)
