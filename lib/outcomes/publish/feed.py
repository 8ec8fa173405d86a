"""An Atom feed of releases (RFC 4287): what each one changed, in words."""

from outcomes.publish import render as pages

LENGTH = 20


def atom(past: list[dict]) -> str:
    """The feed of some releases' summaries, newest first."""
    return pages.template("feed.xml.j2", past=past, time=timestamp) + "\n"


def timestamp(name: str) -> str:
    """When a release was made, from its name.

    Examples
    --------
    >>> timestamp("20251124T083000Z-1a2b")
    '2025-11-24T08:30:00Z'
    """
    day, clock = name[:8], name[9:15]
    return f"{day[:4]}-{day[4:6]}-{day[6:]}T{clock[:2]}:{clock[2:4]}:{clock[4:]}Z"
