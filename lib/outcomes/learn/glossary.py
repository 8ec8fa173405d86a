"""The glossary of :mod:`outcomes.data.glossary`, shown as a list of definitions."""

from html import escape

from outcomes.core.errors import one_of
from outcomes.data.glossary import terms as glossary_terms


class Glossary(list[dict[str, str]]):
    """Rows of term, meaning and source, shown as a list of definitions."""

    def __repr__(self) -> str:
        return "\n".join(
            f"{row['term']}: {row['meaning']} (Source: {row['source']})" for row in self
        )

    def _repr_mimebundle_(self, include=None, exclude=None) -> dict[str, str]:
        definitions = ""
        for row in self:
            term, meaning, source = (
                escape(row[c]) for c in ("term", "meaning", "source")
            )
            definitions += f"<dt><b>{term}</b></dt>"
            definitions += f"<dd>{meaning} <small>Source: {source}</small></dd>"
        return {"text/plain": repr(self), "text/html": f"<dl>{definitions}</dl>"}


def glossary(*terms: str) -> Glossary:
    """The terms asked for, in that order, or all of them.

    Raises :class:`~outcomes.core.errors.Invalid` with the nearest term for one that is not known.

    >>> glossary("denominator")
    denominator: The number below the line of a rate or share: all that could have been counted \
above it. (Source: ONS, User guide to crime statistics for England and Wales)
    """
    known = {row["term"]: row for row in glossary_terms()}
    return Glossary([known[one_of(term, known, "term")] for term in terms or known])
