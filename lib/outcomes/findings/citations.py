"""What a finding cites: frames, dicts and names of sources as one list of citations."""

from collections.abc import Iterator
from typing import Any

import pandas as pd

from outcomes.core import formatting
from outcomes.data import published_figures

FIELDS = ("source", "publisher", "title", "url", "published")


def cite(sources: Any) -> list[dict[str, str]]:
    """Sources as dicts of source, publisher, title, url and published; duplicates once, in order.

    ``sources`` is a frame, a dict, a plain name ("Council survey"), or a list that may mix them. A
    frame of published figures is cited page by page, as its rows are; any other frame of the data
    room, and one of figures without a row, by the citations that it carries in
    ``attrs["sources"]``, whose period is that of the rows read. A dict may say by ``access`` what
    may be shown of it: "published", "unpublished" or "restricted".

    Examples
    --------
    >>> [one["publisher"] for one in cite(["Council survey", {"publisher": "Ofsted"}])]
    ['Council survey', 'Ofsted']
    """
    clean = [
        {k: _plain(one.get(k)) for k in FIELDS}
        | ({"access": one["access"]} if one.get("access") else {})
        for one in _each(sources)
    ]
    return list({tuple(one.items()): one for one in clean}.values())


def _each(sources: Any) -> Iterator[dict]:
    if isinstance(sources, str):
        yield {"publisher": sources}
    elif isinstance(sources, dict):
        yield sources
    elif isinstance(sources, pd.DataFrame):
        yield from _pages(sources) or sources.attrs.get("sources", [])
    else:
        for one in sources:
            yield from _each(one)


def _pages(figures: pd.DataFrame) -> list[dict]:
    """The pages that published figures stand on, with their day, month or year as far as it is
    known; none for a frame of anything else."""
    if figures.empty or not {"publisher", "title"} <= {*figures}:
        return []
    held = [name for name in FIELDS if name in figures]
    rows = zip(*(figures[name].tolist() for name in held), strict=True)
    pages = [dict(zip(held, row, strict=True)) for row in dict.fromkeys(rows)]
    known = published_figures.dated(str(page.get("source", "")) for page in pages)
    for page in pages:
        if page.get("source") in known:
            page["published"] = formatting.known(known[page["source"]])
    return pages


def _plain(value: Any) -> str:
    if value is None or pd.isna(value):
        return ""
    if isinstance(value, pd.Timestamp):
        return formatting.date(value)
    return formatting.plain(value).removesuffix(" [title inferred from address]")
