"""Errors as sentences: what was given, what is allowed, and the nearest match."""

from collections.abc import Iterable
from difflib import get_close_matches
from typing import Any


class Invalid(ValueError):
    """Something a person gave cannot be used; the message is one sentence for that person."""


class NotEnough(ValueError):
    """The data are too few for the method asked; the message is the sentence to print instead."""


def nearest(word: str, allowed: Iterable[str]) -> str | None:
    """The allowed word closest to ``word`` in spelling, or None when nothing is close.

    >>> nearest("op_scepter", ["op_sceptre", "op_warrior"])
    'op_sceptre'
    >>> nearest("fraud", ["op_sceptre", "op_warrior"])
    """
    lowered = {str(a).lower(): str(a) for a in allowed}
    close = get_close_matches(str(word).lower(), lowered, n=1, cutoff=0.6)
    return lowered[close[0]] if close else None


def one_of(value: Any, allowed: Iterable[str], what: str, *, most: int = 20) -> str:
    """``value`` when it is allowed.

    Parameters
    ----------
    value
        What was given.
    allowed
        Every value that may be.
    what
        What the value is, as the sentence names it: "programme".
    most
        How many of the allowed values the sentence lists.

    Raises
    ------
    Invalid
        Naming the nearest of the allowed values.

    Examples
    --------
    >>> one_of("burglary", ["burglary", "robbery"], "type of crime")
    'burglary'
    >>> one_of("burglery", ["burglary", "robbery"], "type of crime")
    Traceback (most recent call last):
    outcomes.core.errors.Invalid: type of crime 'burglery' is not known. Did you mean 'burglary'? \
Allowed: burglary, robbery.
    """
    allowed = [str(a) for a in allowed]
    if value in allowed:
        return value
    guess = nearest(value, allowed)
    hint = f" Did you mean {guess!r}?" if guess else ""
    more = f" and {len(allowed) - most} more" if len(allowed) > most else ""
    listed = ", ".join(allowed[:most])
    raise Invalid(f"{what} {value!r} is not known.{hint} Allowed: {listed}{more}.")


def plain(text: object) -> str:
    r"""One line of text without control, unseen or direction-changing characters, for any sink.

    A line end or a space of another kind becomes a space, so that words stay apart.

    >>> plain("Preston\u200b,\nBurnley\x1b[31m")
    'Preston, Burnley[31m'
    """
    keep = (c if c.isprintable() else " " if c.isspace() else "" for c in str(text))
    return " ".join("".join(keep).split())
