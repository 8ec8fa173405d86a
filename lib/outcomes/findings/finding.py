"""A Finding: one result as a sentence, a figure, a table and the facts behind them.

The display bundle holds ``text/plain`` (the sentence: also the figure's alt text, and what the
regression tests compare), ``image/svg+xml``, ``text/html`` (all of it, as a person sees it) and
``application/vnd.outcomes.finding+json`` (what the publisher reads). JupyterLab prefers the HTML.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from html import escape

import pandas as pd

from outcomes import data
from outcomes.core import formatting
from outcomes.core.errors import Invalid, one_of
from outcomes.core.mime import FINDING
from outcomes.data import disclosure, published_figures
from outcomes.findings import table as tables
from outcomes.findings import theme
from outcomes.findings.verdicts import HELD, NO_LIMIT, VERDICTS, refusal

BETTER = ("fewer", "more", "neither")
_SHORT = 12  # rows: a table this short, with no figure above it, is what people came to look at
_WITHHELD = (
    "Small counts of people are withheld, and with them any figure that shows them."
)
_CITED = ("source", "publisher", "title", "url", "published")


@dataclass(frozen=True)
class Finding:
    """One result; make it with :func:`finding`. Frozen, so that what is shown is what was made."""

    name: str
    sentence: str
    facts: dict
    svg: str = ""
    frame: pd.DataFrame | None = field(default=None, repr=False)
    units: dict = field(default_factory=dict)

    def __repr__(self) -> str:
        return self.sentence

    def _repr_mimebundle_(self, include=None, exclude=None) -> dict:
        bundle = {
            "text/plain": self.sentence,
            "text/html": self.html(),
            FINDING: self.facts,
        }
        if self.svg:
            bundle["image/svg+xml"] = self.svg
        return bundle

    def html(self) -> str:
        """The whole finding as a person sees it; every text in it is escaped."""
        parts = [f'<p class="sentence"><strong>{escape(self.sentence)}</strong></p>']
        if self.svg:
            parts.append(
                f'<img alt="{escape(self.sentence)}" src="{_data_uri(self.svg)}">'
            )
        below = _credit(self.facts["sources"]) + self._numbers() + self._caveats()
        parts.append(f"<figcaption>{below}</figcaption>")
        if self.frame is not None:
            caption = self.facts["caption"]
            body = tables.html(self.frame, caption=caption, units=self.units)
            shown = " open" if not self.svg and len(self.frame) <= _SHORT else ""
            parts.append(
                f"<details{shown}><summary>Table: {escape(caption)}</summary>"
                '<div class=scroll role=group aria-label="Table, may scroll" tabindex=0>'
                f"{body}</div></details>"
            )
        kind = self.facts["verdict"]
        return (
            f'<figure class="finding {kind}" id="{self.name}">{"".join(parts)}</figure>'
        )

    def _numbers(self) -> str:
        """Where a reader finds the numbers of the sentence that no table holds."""
        held = self.facts.get("numbers", {})
        said = "; ".join(f"{name}, {formatting.number(n)}" for name, n in held.items())
        return (
            f"<p class=source>Behind the sentence: {escape(said, quote=False)}."
            if said
            else ""
        )

    def _caveats(self) -> str:
        return "".join(
            f"<p class=caveat>{escape(c, quote=False)}" for c in self.facts["caveats"]
        )


_HELD = str.maketrans({c: f"%{ord(c):X}" for c in '"#%&<>'})


def _data_uri(svg: str) -> str:
    """An SVG as an image address: never run as a document, so nothing in it can act."""
    return "data:image/svg+xml," + " ".join(svg.split()).translate(_HELD)


def _credit(sources: list[dict]) -> str:
    """The source line: publisher, title and date of at most two; the foot of a page links all."""
    named = ([s["publisher"], s["title"], s["published"]] for s in sources)
    shown = [", ".join(filter(None, names)) for names in named]
    if len(shown) > 2:
        shown = [
            *shown[:2],
            f"and {len(shown) - 2} more, listed at the foot of the page",
        ]
    return f"<p class=source>Source: {escape('; '.join(shown), quote=False)}."


def cite(sources) -> list[dict]:
    """Sources as dicts of source, publisher, title, url and published; duplicates once, in order.

    ``sources`` is a frame, a dict, a plain name ("Council survey"), or a list that may mix them. A
    frame of published figures is cited page by page, as its rows are; any other frame of the data
    room, and one of figures without a row, by the citations that it carries in
    ``attrs["sources"]``, whose period is that of the rows read.
    """
    out: dict[tuple, dict] = {}
    for one in _each(sources):
        clean = {k: _cited(one.get(k)) for k in _CITED}
        out.setdefault(tuple(clean.values()), clean)
    return list(out.values())


def _each(sources) -> Iterator[dict]:
    if isinstance(sources, str):
        yield {"publisher": sources}
    elif isinstance(sources, dict):
        yield sources
    elif isinstance(sources, pd.DataFrame):
        rows = len(sources) and {"publisher", "title"} <= {*sources}
        keep = [c for c in _CITED if c in sources]
        pages = (
            _as_known(sources[keep].drop_duplicates().to_dict("records"))
            if rows
            else []
        )
        yield from pages or sources.attrs.get("sources", [])
    else:
        for one in sources:
            yield from _each(one)


def _as_known(pages: list[dict]) -> list[dict]:
    """Pages of the register with their day, month or year, as far as it is known."""
    known = published_figures.dated(str(p.get("source", "")) for p in pages)
    return [
        p | {"published": formatting.known(known[p["source"]])}
        if p.get("source") in known
        else p
        for p in pages
    ]


def _cited(value) -> str:
    if value is None or pd.isna(value):
        return ""
    if isinstance(value, pd.Timestamp):
        return formatting.date(value)
    return formatting.plain(value).removesuffix(" [title inferred from address]")


def finding(
    name: str,
    sentence: str,
    *,
    sources,
    value: float | None = None,
    lower: float | None = None,
    upper: float | None = None,
    unit: str = "",
    period: str = "",
    area: str = "",
    direction: str = "neither",
    verdict: str = "published",
    headline: bool = False,
    test: str = "",
    agreement=None,
    series: str = "",
    numbers: dict[str, float] | None = None,
    table: pd.DataFrame | None = None,
    caption: str = "",
    figure=None,
    caveats: Iterable[str] = (),
    units: dict[str, str] | None = None,
) -> Finding:
    """Make a Finding.

    Parameters
    ----------
    name : short kebab-case name, unique on its page; also the name of its CSV.
    sentence : the result in one or two sentences with its number; the figure's alt text.
    sources : what :func:`cite` takes: frames of the data room, dicts, source names; every finding
        has at least one. One that says that it is "unpublished" puts all counts of people under
        disclosure control.
    value, lower, upper : the number and its interval or bounds, in ``unit``.
    direction : "fewer", "more" or "neither": the direction of improvement.
    verdict : a word of :data:`outcomes.findings.verdicts.VERDICTS`, which the facts must earn:
        "estimate" needs both limits (``upper=inf`` is said as "no upper limit"), "tested" needs
        ``test``, "published" has no limits, "not_enough" no value; the rest come with
        ``agreement`` alone.
    test : the test that a "tested" result was put to, in words.
    agreement : what the analysis room's check of statements against one another found
        (:class:`outcomes.methods.reconcile.statements.Agreement`); its verdict is the finding's.
    headline : whether it belongs among the three or four findings at the head of the page.
    series : the declared series (:func:`outcomes.data.series`) that it judges as declared; findings
        of one series, area and period must say the same on every page.
    numbers : what the sentence says beside value, limits and table, each by what it is
        ({"matched neighbourhoods": 54}): every number of a sentence must be found somewhere.
    table, caption, units : the data behind the figure, its caption, and units by column. A table
        without a row is left out.
    figure : a matplotlib figure, its axes, or a grid of seaborn: on the page as in a notebook.
    caveats : sentences shown under the figure.

    Raises
    ------
    Invalid : when a choice is not allowed, the sentence, sources or caption are missing, or the
        verdict is not earned.
    """
    if before := data.cut()[
        "before"
    ]:  # the page is as of a day on which nothing was known
        with data.whole():
            facts = {"area": area, "direction": direction, "headline": headline}
            return finding(
                name,
                before,
                sources=data.source("figures"),
                verdict="not_enough",
                **facts,
            )
    one_of(direction, BETTER, "direction")
    verdict = agreement.verdict if agreement is not None else verdict
    one_of(verdict, tuple(VERDICTS), "verdict")
    cited, units = cite(sources), units or {}
    table = (
        None if table is not None and table.empty else table
    )  # a file of headers tells nothing
    _check(name, sentence, cited, caption if table is not None else "no table")
    more = {
        formatting.plain(name): tables.raw(n) for name, n in (numbers or {}).items()
    }
    numbers = {"value": value, "lower": lower, "upper": upper}
    texts = [sentence, caption, *caveats]
    if upper == float("inf") and NO_LIMIT not in " ".join(texts):
        texts.append(f"There is {NO_LIMIT}.")
    given = numbers
    if any("unpublished" in " ".join(one.values()).lower() for one in cited):
        table, figure, numbers, texts = _withheld(
            table, figure, numbers, texts, units, unit
        )
        more = more if numbers == given and texts[-1] != _WITHHELD else {}
    if verdict in ("estimate", *HELD) and numbers != given:
        verdict, agreement = "not_enough", None  # what it would be told by is withheld
        numbers["value"] = None
    sentence, caption, *caveats = map(formatting.plain, texts)
    facts = {
        "name": name,
        "sentence": sentence,
        **{k: tables.raw(v) for k, v in numbers.items()},
        "unit": formatting.plain(unit),
        "period": formatting.plain(period),
        "area": formatting.plain(area),
        "direction": direction,
        "verdict": verdict,
        "headline": headline,
        "caveats": caveats,
        "sources": cited,
        "caption": caption,
        "table": None if table is None else tables.records(table, units),
    }
    facts |= {"test": formatting.plain(test)} if test else {}
    facts |= {"series": series} if series else {}
    facts |= {"numbers": more} if more else {}
    facts |= {} if agreement is None else {"agreement": agreement.facts()}
    if reason := refusal(facts):
        raise Invalid(f"{reason[0].upper()}{reason[1:]}")
    drawn = theme.svg(figure) if figure is not None else ""
    return Finding(name, sentence, facts, drawn, table, units)


def _check(name: str, sentence: str, cited: list, caption: str) -> None:
    if not re.fullmatch(r"[a-z][a-z0-9]*(-[a-z0-9]+)*", name):
        raise Invalid(
            f"finding name {name!r} is not allowed: use lower-case words and hyphens."
        )
    if not sentence.strip() or not cited:
        raise Invalid(f"finding {name!r} needs a sentence and at least one source.")
    if not caption:
        raise Invalid(f"finding {name!r} has a table without a caption.")


def _withheld(
    table, figure, numbers: dict, texts: list, units: dict, unit: str
) -> tuple:
    """The parts of a finding from an unpublished source, as they may be shown."""
    table, hidden = (
        (None, set()) if table is None else disclosure.withhold(table, units)
    )
    if disclosure.of_people(unit):
        hidden |= {
            v
            for v in numbers.values()
            if v is not None and 0 < v < disclosure.THRESHOLD
        }
    if not hidden:
        return table, figure, numbers, texts
    numbers = {k: None if v in hidden else v for k, v in numbers.items()}
    return (
        table,
        None,
        numbers,
        [*(disclosure.told(t, hidden) for t in texts), _WITHHELD],
    )
