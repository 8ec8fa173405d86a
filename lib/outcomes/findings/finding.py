"""A Finding: one result as a sentence, a figure, a table and the facts behind them.

The display bundle holds ``text/plain`` (sentence, detail and alternative text, a line each: what the
regression tests compare), ``image/svg+xml``, ``text/html`` (all of it, as a person sees it) and
``application/vnd.outcomes.finding+json`` (what the publisher reads). JupyterLab prefers the HTML.
"""

import re
import sys
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from html import escape
from numbers import Real
from typing import Any, cast

import pandas as pd

from outcomes.core import formatting
from outcomes.core.errors import Invalid, one_of
from outcomes.core.formatting import Estimated, has_limits
from outcomes.core.mime import FINDING
from outcomes.data import citations, disclosure
from outcomes.data import tables as store
from outcomes.findings import chart_values, theme
from outcomes.findings import table as tables
from outcomes.findings.citations import cite
from outcomes.findings.verdicts import ANSWERS, NO_LIMIT, VERDICTS, refusal

DIRECTIONS = ("fewer", "more", "neither")
ANCHORS = {"about", "aim", "asked", "brief", "cautions", "changes", "cite", "contents"}
ANCHORS |= {"elsewhere", "made", "main", "siblings", "top"}
"""What the parts of a page have as their anchors; so no finding may have it as its name."""
_SHORT = 12  # rows: a table this short, with no figure above it, is what people came to look at
_PAGE = {"area": "", "period": "", "direction": "neither"}


@dataclass(frozen=True)
class Finding:
    """One result; make it with :func:`finding`.

    ``figure`` is the matplotlib figure itself: ``found.figure.axes[0]`` may be changed until the
    finding is displayed, for it is drawn when it is displayed, and not when it is made.
    """

    name: str
    sentence: str
    facts: dict
    figure: Any = field(default=None, repr=False, compare=False)
    frame: pd.DataFrame | None = field(default=None, repr=False, compare=False)
    units: dict = field(default_factory=dict)

    def __repr__(self) -> str:
        facts = self.facts
        word = facts.get("answer", "").capitalize()
        first = f"{word}. {self.sentence}" if word else self.sentence
        return "\n".join(filter(None, [first, facts.get("detail"), facts.get("alt")]))

    def _repr_mimebundle_(self, include=None, exclude=None) -> dict:
        svg = self.svg
        bundle = {"text/plain": repr(self), "text/html": self._html(svg)}
        bundle |= {"image/svg+xml": svg} if svg else {}
        return bundle | {FINDING: self.facts}

    @property
    def svg(self) -> str:
        """The figure as SVG, drawn anew each time; "" where there is none."""
        return "" if self.figure is None else theme.svg(self.figure)

    def html(self) -> str:
        """The whole finding as a person sees it; every text in it is escaped."""
        return self._html(self.svg)

    def _html(self, svg: str) -> str:
        facts = self.facts
        parts = [f'<p class="sentence"><strong>{escape(self.sentence)}</strong></p>']
        kind = facts["verdict"]
        if word := facts.get("answer"):
            sign = f'<span class="shape" aria-hidden="true">{ANSWERS[word]}</span>'
            mark = f'<span class="mark {word.replace(" ", "-")}">{sign}{word.capitalize()}</span>'
            parts.insert(0, f'<p class="said">{mark}</p>')
            kind += " answer"
        if detail := facts.get("detail"):
            parts.append(f'<p class="detail">{escape(detail)}</p>')
        if svg:
            alt = escape(facts["alt"])
            parts.append(
                f'<div class="chart"{self._marks()}><img alt="{alt}" src="{_data_uri(svg)}"></div>'
            )
        if self.frame is not None:
            shown = " open" if not svg and len(self.frame) <= _SHORT else ""
            named = escape(f"Table: {facts['caption']}")
            body = tables.html(self.frame, caption=facts["caption"], units=self.units)
            parts.append(
                f"<details{shown}><summary>{named}</summary>"
                f'<div class=scroll role=region aria-label="{named}" tabindex=0>'
                f"{body}</div></details>"
            )
        below = [("source", _credit(facts["sources"]))]
        below += [("caveat", caveat) for caveat in facts["caveats"]]
        said = "".join(f"<p class={c}>{escape(t, quote=False)}" for c, t in below)
        parts.append(f"<figcaption>{said}</figcaption>")  # HTML wants it first or last
        inner = "".join(parts)
        return f'<figure class="finding {kind}" id="{self.name}">{inner}</figure>'

    def _marks(self) -> str:
        """Where the values of the table stand in the figure as it was drawn: for the page's script."""
        if self.frame is None or not theme.is_ours(self.figure):
            return ""
        found = chart_values.marks(self.figure, self.frame)
        said = " ".join(f"{m.row},{m.column},{m.x},{m.y}" for m in found)
        return f' data-marks="{said}"' if said else ""


_ENCODED = str.maketrans({c: f"%{ord(c):X}" for c in ' "#%&<>{}'})


def _data_uri(svg: str) -> str:
    """An SVG as an image address: never run as a document, so nothing in it can act."""
    return "data:image/svg+xml," + " ".join(svg.split()).translate(_ENCODED)


def _credit(sources: list[dict]) -> str:
    """The source line: publisher, title and date of at most two; the foot of a page links all."""
    named = ([s["publisher"], s["title"], s["published"]] for s in sources)
    shown = [", ".join(filter(None, names)) for names in named]
    if more := len(shown) - 2 if len(shown) > 2 else 0:
        shown[2:] = [f"and {more} more, listed at the foot of the page"]
    return f"Source: {'; '.join(shown)}."


def page(*, area: str = "", period: str = "", direction: str = "neither") -> None:
    """Say once what holds of a whole page: findings that do not say otherwise take it over.

    Parameters
    ----------
    area, period : the place and the time that the page is about.
    direction : "fewer", "more" or "neither": the direction of improvement.

    Examples
    --------
    >>> page(area="Lancashire", direction="fewer")
    >>> finding("burglaries", "There were 12.", sources="Home Office").facts["area"]
    'Lancashire'
    >>> page()  # nothing is taken over any more
    """
    one_of(direction, DIRECTIONS, "direction")
    _PAGE.update(area=area, period=period, direction=direction)


def finding(
    name: str,
    sentence: str,
    *,
    detail: str = "",
    alt: str = "",
    figure: Any = None,
    table: pd.DataFrame | None = None,
    caption: str = "",
    units: dict[str, str] | None = None,
    value: float | Estimated | None = None,
    lower: float | None = None,
    upper: float | None = None,
    unit: str = "",
    period: str = "",
    area: str = "",
    direction: str | None = None,
    verdict: str = "published",
    test: str = "",
    agreement: Any = None,
    series: str = "",
    numbers: Mapping[str, float] | None = None,
    sources: Any,
    caveats: Iterable[str] | str = (),
    headline: bool = False,
) -> Finding:
    """Make a Finding: the last expression of the cell that draws its figure.

    Parameters
    ----------
    name : short kebab-case name, unique on its page; also the name of its CSV.
    sentence : what was found, in at most 25 words and three numbers
        (:mod:`outcomes.findings.sentences`).
    detail : how sure that is: interval, test, what was ruled out.
    alt : what the figure shows to who cannot see it: its kind, its shape, its highest and lowest.
    figure : a matplotlib figure, its axes, or a grid of seaborn. The finding takes it over: it is
        closed, so that Jupyter shows it once, and stays at hand as ``found.figure``.
    table, caption, units : the data behind the figure, its caption, and units by column. A table
        without a row is left out.
    value : the number of the sentence, in ``unit``; or a result with ``estimate``, ``lower`` and
        ``upper``, which gives the limits too.
    lower, upper : the interval or the bounds of ``value``; ``upper=inf`` is said as "no upper
        limit".
    period, area, direction : as :func:`page` says them, unless they are given. The direction of
        improvement is "fewer", "more" or "neither".
    verdict : a word of :data:`outcomes.findings.verdicts.VERDICTS`, which the facts must earn:
        "estimate" needs both limits, "tested" needs ``test``, "published" has no limits,
        "not_enough" no value; the rest come with ``agreement`` alone.
    test : the test that a "tested" result was put to, in words.
    agreement : what the check of statements against one another found
        (:class:`outcomes.methods.reconcile.Agreement`); its verdict is the finding's.
    series : the declared series (:func:`outcomes.series`) that it judges as declared; findings
        of one series, area and period must say the same on every page.
    numbers : what the sentence says beside value, limits and table, each by what it is
        ({"matched neighbourhoods": 54}): every number of a sentence must be found somewhere.
        They stand in the table of all findings, not on the page.
    sources : frames of the data room, dicts, source names
        (:func:`outcomes.findings.citations.cite`); every finding has at least one. One whose
        ``access`` is "unpublished" or "restricted" puts all counts of people under disclosure
        control (:mod:`outcomes.data.disclosure`).
    caveats : sentences shown under the figure, or one sentence.
    headline : whether it belongs among the three or four findings at the head of the page.

    Raises
    ------
    Invalid : when a choice is not allowed; the sentence, sources, caption or, with a figure, the
        alternative text are missing; the alternative text repeats the sentence; or the verdict is not earned.

    Examples
    --------
    >>> found = finding(
    ...     "failures",
    ...     "1 in 8 shops failed.",
    ...     detail="The interval is 1 in 50 to 1 in 2.",
    ...     value=0.125,
    ...     lower=0.02,
    ...     upper=0.47,
    ...     unit="share of shops",
    ...     verdict="estimate",
    ...     sources="Trading Standards",
    ... )
    >>> found
    1 in 8 shops failed.
    The interval is 1 in 50 to 1 in 2.
    """
    if figure is not None:
        figure = theme.figure_of(figure)
        if pyplot := sys.modules.get("matplotlib.pyplot"):
            pyplot.close(figure)
    if before := store.cut()["before"]:  # as of a day on which nothing was known
        facts = {"area": area, "direction": direction, "headline": headline}
        with store.whole():
            sources = citations.source("figures")
            return finding(name, before, sources=sources, verdict="not_enough", **facts)
    direction = direction or _PAGE["direction"]
    one_of(direction, DIRECTIONS, "direction")
    verdict = agreement.verdict if agreement is not None else verdict
    one_of(verdict, tuple(VERDICTS), "verdict")
    if table is not None:
        named = tables.with_labels(table)
        table = None if named.empty else named  # a file of headers tells nothing
    cited, units = cite(sources), units or {}
    shown = _Shown(
        {"sentence": sentence, "detail": detail, "alt": alt, "caption": caption},
        [caveats] if isinstance(caveats, str) else list(caveats),
        _limits(value, lower, upper),
        {formatting.plain(n): tables.raw(v) for n, v in (numbers or {}).items()},
        table,
        figure,
    )
    _check(name, shown, cited)
    if any(map(disclosure.is_unpublished, cited)):
        if shown.withhold(units, unit):
            agreement, test = None, ""  # they tell of what is withheld
            told = [disclosure.told(u, shown.hidden) for u in (*units.values(), unit)]
            *held, unit = told
            units = dict(zip(units, held, strict=True))
            if verdict != "published":
                verdict, shown.limits["value"] = "not_enough", None
    else:
        _check_drawn(name, shown)
    texts = {k: formatting.plain(t) for k, t in shown.texts.items()}
    facts = {
        "name": name,
        "sentence": texts["sentence"],
        **{k: texts[k] for k in ("detail", "alt") if texts[k]},
        **{k: tables.raw(v) for k, v in shown.limits.items()},
        "unit": formatting.plain(unit),
        "period": formatting.plain(period or _PAGE["period"]),
        "area": formatting.plain(area or _PAGE["area"]),
        "direction": direction,
        "verdict": verdict,
        "headline": headline,
        "caveats": [formatting.plain(c) for c in shown.caveats],
        "sources": cited,
        "caption": "" if shown.table is None else texts["caption"],
        "table": None if shown.table is None else tables.records(shown.table, units),
    }
    more = {"test": formatting.plain(test), "series": series, "numbers": shown.numbers}
    more["agreement"] = None if agreement is None else agreement.facts()
    facts |= {k: v for k, v in more.items() if v}
    if reason := refusal(facts):
        raise Invalid(formatting.sentence_case(reason))
    return Finding(name, texts["sentence"], facts, shown.figure, shown.table, units)


@dataclass
class _Shown:
    """All that a finding shows of its data, and so all that may disclose a small count."""

    texts: dict[str, str]
    caveats: list[str]
    limits: dict[str, float | None]
    numbers: dict[str, Any]
    table: pd.DataFrame | None
    figure: Any
    hidden: set[float] = field(default_factory=set)

    def withhold(self, units: dict[str, str], unit: str) -> bool:
        """Hide small counts of people, with all that would tell them; says whether there were any.

        Of the value and its limits only what the table shows as well is left.
        """
        hidden: set[float] = set()
        if self.table is not None:
            self.table, hidden = disclosure.withhold(self.table, units)
        limits = [v for v in self.limits.values() if v is not None and v == v]
        if disclosure.of_people(unit):
            hidden |= {abs(v) for v in limits if 0 < abs(v) < disclosure.THRESHOLD}
        cells = self._cells()
        said = [*self.texts.values(), *self.caveats]
        said += [f"{v:.6g}%" for v in limits if "%" in unit]
        said += [f"{100 * v:.6g}%" for v in limits if "%" not in unit and 0 < v < 1]
        if disclosure.of_people(unit) or disclosure.of_parts(unit):
            hidden |= disclosure.small_counts_told(said, [*cells, *limits])
        if not hidden:
            return False
        self.hidden = hidden
        self.figure, self.numbers = None, {}
        self.texts = {
            k: disclosure.told(t, hidden, cells) for k, t in self.texts.items()
        }
        self.texts["alt"] = ""
        self.caveats = [disclosure.told(c, hidden, cells) for c in self.caveats]
        self.caveats.append(disclosure.WITHHELD)
        if not set(limits) <= cells - hidden:
            self.limits = dict.fromkeys(self.limits)
        return True

    def _cells(self) -> set[float]:
        """The numbers of the table."""
        if self.table is None:
            return set()
        held = pd.to_numeric(self.table.to_numpy(object).ravel(), errors="coerce")
        return {float(n) for n in held if n == n}


def _check_drawn(name: str, shown: _Shown) -> None:
    """Refuse a figure that draws a small count which the table beside it hides."""
    if shown.table is None or shown.figure is None:
        return
    if not shown.table.eq(disclosure.CONFIDENTIAL).any(axis=None):
        return
    drawn = theme.values_drawn(shown.figure) - shown._cells()
    few = sorted(n for n in drawn if 0 < n < disclosure.THRESHOLD and n % 1 == 0)
    if few:
        raise Invalid(
            f"finding {name!r} draws {few[0]:.0f}, and its table hides a small count: make the "
            "figure from the table as it is shown (outcomes.data.disclosure.plain)."
        )


def _limits(
    value: float | Estimated | None, lower: float | None, upper: float | None
) -> dict[str, float | None]:
    """A value and its limits, whether they come as numbers or as one result."""
    if has_limits(value):
        if lower is not None or upper is not None:
            raise Invalid(
                "the limits are those of value: lower= and upper= are too much."
            )
        value, lower, upper = value.estimate, value.lower, value.upper
    if value is not None and value is not pd.NA and not isinstance(value, Real):
        raise Invalid(
            f"value is a {type(value).__name__}; it must be a number, or a result with estimate, "
            "lower and upper."
        )
    return {"value": cast("float | None", value), "lower": lower, "upper": upper}


def _check(name: str, shown: _Shown, cited: list[dict]) -> None:
    """Refuse what no finding may be made of, and say that nothing bounds one from above."""
    texts = shown.texts
    if not re.fullmatch(r"[a-z][a-z0-9]*(-[a-z0-9]+)*", name):
        raise Invalid(
            f"finding name {name!r} is not allowed: use lower-case words and hyphens."
        )
    if name in ANCHORS:
        raise Invalid(
            f"finding name {name!r} is the anchor of a part that each page has: add a word to it."
        )
    if not texts["sentence"].strip() or not cited:
        raise Invalid(f"finding {name!r} needs a sentence and at least one source.")
    if shown.table is not None and not texts["caption"]:
        raise Invalid(f"finding {name!r} has a table without a caption.")
    if texts["alt"] and shown.figure is None:
        raise Invalid(f"finding {name!r} has alt=, and no figure that it describes.")
    if texts["alt"].strip() == texts["sentence"].strip():
        raise Invalid(
            f"finding {name!r} repeats its sentence as alt=: say what the figure looks like, its "
            "kind, its shape, its highest and its lowest."
        )
    if shown.figure is not None and not texts["alt"].strip():
        raise Invalid(
            f"finding {name!r} has a figure without alt=: say what it shows to who cannot see it."
        )
    if any(len(caveat) == 1 for caveat in shown.caveats):
        raise Invalid(
            f"finding {name!r} has a caveat of one letter: give sentences in a list."
        )
    said = " ".join([*texts.values(), *shown.caveats])
    if shown.limits["upper"] == float("inf") and NO_LIMIT not in said:
        shown.caveats.append(f"There is {NO_LIMIT}.")
