"""The glossary of :mod:`outcomes.data.glossary`, shown as a list of definitions."""

from html import escape

from outcomes.core.errors import one_of
from outcomes.data.glossary import terms as rows


class Glossary(list):
    """Rows of term, meaning and source, shown as a list of definitions."""

    def __repr__(self) -> str:
        return "\n".join(
            f"{r['term']}: {r['meaning']} (Source: {r['source']})" for r in self
        )

    def _repr_mimebundle_(self, include=None, exclude=None) -> dict:
        line = (
            "<dt><b>{term}</b></dt><dd>{meaning} <small>Source: {source}</small></dd>"
        )
        items = (line.format(**{k: escape(v) for k, v in row.items()}) for row in self)
        return {"text/plain": repr(self), "text/html": f"<dl>{''.join(items)}</dl>"}


def glossary(*terms: str) -> Glossary:
    """The terms asked for, in that order, or all. Raises Invalid with the nearest known term."""
    known = {row["term"]: row for row in rows()}
    return Glossary([known[one_of(t, known, "term")] for t in terms or known])
