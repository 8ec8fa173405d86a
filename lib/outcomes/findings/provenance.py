"""The last cell of every notebook: which tables were read, and from which sources.

Its output is also the sentinel by which the publisher knows that a notebook ran to its end.
"""

from html import escape

from outcomes.core import formatting
from outcomes.core.mime import PROVENANCE


class Provenance:
    """What a page rests on: the tables read, with the rows asked for."""

    def __init__(self, reads: list[dict]):
        self.reads = reads

    def __repr__(self) -> str:
        tables = sorted({r["table"] for r in self.reads})
        return f"End of page: {formatting.count(len(tables), 'table')} read ({formatting.listed(tables)})."

    def _repr_mimebundle_(self, include=None, exclude=None) -> dict:
        html = f'<p class="provenance">{escape(repr(self))}</p>'
        return {
            "text/plain": repr(self),
            "text/html": html,
            PROVENANCE: {"reads": self.reads},
        }


def provenance() -> Provenance:
    """End a notebook: list the tables it read. Must be the last line of its last code cell.

    >>> "read" in str(provenance())
    True
    """
    from outcomes import data

    return Provenance(data.reads())
