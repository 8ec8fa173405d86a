"""Errors as sentences: what was given, what is allowed, and the nearest match."""

import errno
import re
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from difflib import get_close_matches
from pathlib import Path
from typing import Any


class Invalid(ValueError):
    """Something a person gave cannot be used; the message is one sentence for that person."""


class NotEnough(ValueError):
    """The data are too few for the method asked; the message is the sentence to print instead."""


@contextmanager
def reading(file: Path | str) -> Iterator[None]:
    """Around the reading of a file: whatever is wrong with it is one sentence with the cure.

    Raises :class:`Invalid`.

    >>> with reading("figures.csv"):
    ...     int("12O")
    Traceback (most recent call last):
    outcomes.core.errors.Invalid: figures.csv cannot be read: it is damaged, cut short, or not of \
its kind (invalid literal for int() with base 10: '12O'). Put the whole file back, such as with \
'git checkout -- figures.csv', or make it anew.
    """
    try:
        yield
    except Invalid:
        raise
    except OSError as error:
        raise Invalid(f"{file} cannot be read: {error.strerror or error}.") from error
    except Exception as error:
        why = plain(str(error).strip().partition("\n")[0])[:120].rstrip(".")
        raise Invalid(
            f"{file} cannot be read: it is damaged, cut short, or not of its kind ({why}). Put the "
            f"whole file back, such as with 'git checkout -- {file}', or make it anew."
        ) from error


def unforeseen(error: Exception) -> str:
    """What to say of an error that nothing else has put into words.

    >>> unforeseen(PermissionError(13, "Permission denied", "site/.lock"))
    'site/.lock: permission denied. Give yourself the right to it, or name another place.'
    """
    if isinstance(error, OSError) and error.filename is not None:
        said = (error.strerror or "it cannot be used").lower()
        cures = {
            errno.EACCES: "Give yourself the right to it, or name another place.",
            errno.EROFS: "It lies on a disk that is read-only: name another place.",
            errno.ENOSPC: "The disk is full: make room, and try again.",
        }
        cure = cures.get(
            error.errno or 0, "Look at what is there, or name another place."
        )
        return f"{plain(error.filename)[:200]}: {said}. {cure}"
    said = plain(str(error).strip().partition("\n")[0])[:300].rstrip(".")
    kind = type(error).__name__
    return f"it could not be done, and what was there stays: {kind}: {said}. Add --debug to see where."


def nearest(word: str, allowed: Iterable[str]) -> str | None:
    """The allowed word closest to ``word`` in spelling, or None when nothing is close.

    One that holds the word whole is closer than one spelt alike but for several letters; half a word
    in common is not close.

    >>> nearest("Nelson", ["Preston", "Nelson and Brierfield"])
    'Nelson and Brierfield'
    >>> nearest("figures", ["ingest", "published_figures"])
    'published_figures'
    >>> nearest("arrest", ["arrests", "searches_with_arrest"])
    'arrests'
    >>> nearest("op_scepter", ["op_sceptre", "op_warrior"])
    'op_sceptre'
    >>> nearest("Nelsn", ["Preston", "Nelson and Brierfield"])
    'Nelson and Brierfield'
    >>> nearest("Leicester", ["Lancaster", "Preston"])
    """
    lowered = {str(a).lower(): str(a) for a in allowed}
    spelt = str(word).lower().strip()
    if same := get_close_matches(spelt, lowered, n=1, cutoff=0.9):
        return lowered[same[0]]
    if len(spelt) > 3 and spelt not in lowered:
        whole = re.compile(rf"(?<![a-z0-9]){re.escape(spelt)}(?![a-z0-9])")
        held = filter(whole.search, lowered)
        for name in sorted(held, key=lambda name: not name.endswith(spelt)):
            return lowered[name]
    close = get_close_matches(spelt, lowered, n=1, cutoff=0.7)
    if not close:  # one word of a name, misspelled
        words = {
            word: name for name in lowered for word in name.split() if len(word) > 3
        }
        close = [words[w] for w in get_close_matches(spelt, words, n=1, cutoff=0.8)]
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
    if not allowed:
        raise Invalid(f"{what} {value!r} is not known: there is none.")
    guess = nearest(value, allowed)
    hint = f" Did you mean {guess!r}?" if guess else ""
    more = f" and {len(allowed) - most} more" if len(allowed) > most else ""
    listed = ", ".join(allowed[:most])
    raise Invalid(f"{what} {value!r} is not known.{hint} Allowed: {listed}{more}.")


def spelt(value: Any, allowed: Iterable[str], what: str, *, most: int = 20) -> str:
    """The allowed value that is spelt so, whatever the capitals, hyphens, underscores and spaces.

    Raises :class:`Invalid` as :func:`one_of` does.

    >>> spelt("op warrior", ["op_sceptre", "op_warrior"], "programme")
    'op_warrior'
    """
    allowed = list(map(str, allowed))
    if value not in allowed and isinstance(value, str):
        value = {_bare(name): name for name in allowed}.get(_bare(value), value)
    return one_of(value, allowed, what, most=most)


def _bare(name: str) -> str:
    return re.sub(r"[\s_,-]+", " ", name).strip().casefold()


def plain(text: object) -> str:
    r"""One line of text without control, unseen or direction-changing characters, for any sink.

    A line end or a space of another kind becomes a space, so that words stay apart.

    >>> plain("Preston\u200b,\nBurnley\x1b[31m")
    'Preston, Burnley[31m'
    """
    given = str(text)
    if not given.isprintable():
        kept = (c if c.isprintable() else " " if c.isspace() else "" for c in given)
        given = "".join(kept)
    return " ".join(given.split())


def is_web_address(text: str) -> bool:
    """Whether a text is the address of a page on a public host, and nothing else.

    >>> is_web_address("https://www.gov.uk/a?b=1"), is_web_address("https://a b")
    (True, False)
    """
    label = "[a-z0-9](?:[a-z0-9-]*[a-z0-9])?"
    host = rf"(?:{label}\.)+[a-z][a-z0-9-]*[a-z0-9]"
    form = rf"(?i)https?://{host}(?::\d{{1,5}})?(?:[/?#][^\s<>\"\\]*)?"
    return text.isprintable() and bool(re.fullmatch(form, text))
