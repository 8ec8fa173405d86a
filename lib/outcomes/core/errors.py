"""Errors as sentences: what was given, what is allowed, and the nearest match."""

from collections.abc import Iterable
from difflib import get_close_matches


class Invalid(ValueError):
    """Something a person typed cannot be used; the message is one sentence for that person."""


class NotEnough(ValueError):
    """The data are too few for the method asked; the message is the sentence to print instead."""


def nearest(word: str, allowed: Iterable[str]) -> str | None:
    """The allowed word closest to ``word`` in spelling, or None when nothing is close."""
    lowered = {str(a).lower(): str(a) for a in allowed}
    close = get_close_matches(str(word).lower(), lowered, n=1, cutoff=0.6)
    return lowered[close[0]] if close else None


def one_of(value: str, allowed: Iterable[str], what: str, *, most: int = 20) -> str:
    """``value`` when it is allowed; otherwise raise :class:`Invalid` naming the nearest match.

    The sentence lists ``most`` of the values allowed.
    """
    allowed = [str(a) for a in allowed]
    if value in allowed:
        return value
    guess = nearest(value, allowed)
    hint = f" Did you mean {guess!r}?" if guess else ""
    more = f" and {len(allowed) - most} more" if len(allowed) > most else ""
    listed = ", ".join(allowed[:most])
    raise Invalid(f"{what} {value!r} is not known.{hint} Allowed: {listed}{more}.")


def plain(text: str) -> str:
    """One line of text without control, unseen or direction-changing characters, for any sink.

    A line end or a space of another kind becomes a space, so that words stay apart.
    """
    keep = (c if c.isprintable() else " " if c.isspace() else "" for c in str(text))
    return " ".join("".join(keep).split())
