"""What a notebook says when it is asked with given parameters: every text that a page would show.

The code cells are executed here, in one process and in order, as the kernel of a build does it, but
no chart is drawn: its texts are read from the figure. That makes a page a matter of a second or
two, so that every notebook can be asked with many values.
"""

import ast
import contextlib
import json
import warnings
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd
from matplotlib.text import Text

import outcomes as oc
from outcomes import findings
from outcomes.findings.finding import Finding
from outcomes.publish.parameters import check, declared, source, tagged

ROOT = Path(__file__).parents[2]
REPORTS = sorted(
    {*ROOT.glob("notebooks/programmes/*.ipynb"), *ROOT.glob("notebooks/county/*.ipynb")}
)


@dataclass(frozen=True)
class Piece:
    """One text of a page: where it stands ("children: sentence"), and what it says."""

    where: str
    text: str


@dataclass(frozen=True)
class Spoken:
    """A page in words: its prose, its findings' facts, and all its texts."""

    notebook: str
    parameters: dict[str, Any]
    facts: list[dict]
    pieces: list[Piece]


def said(path: Path, given: dict[str, Any]) -> Spoken:
    """The notebook's page with the ``given`` parameters over its defaults.

    Raises :class:`outcomes.core.errors.Invalid` for a value that no page may be built with.
    """
    known = declared(path)
    given = check(given, known, where=path.stem)
    cells = load_cells(path)
    pieces = [Piece("prose", source(c)) for c in cells if c["cell_type"] == "markdown"]
    names: dict[str, Any] = {}
    facts = []
    with _page_of_its_own():
        for cell in cells:
            if cell["cell_type"] != "code":
                continue
            shown = _executed(source(cell), names)
            if tagged(cell, "parameters"):
                names |= given
            if isinstance(shown, Finding):
                facts.append(shown.facts)
                pieces += _of(shown)
    return Spoken(path.stem, given, facts, pieces)


def load_cells(path: Path) -> list[dict]:
    """The cells of a notebook as it is stored."""
    return json.loads(path.read_text(encoding="utf-8"))["cells"]


def _executed(code: str, names: dict[str, Any]) -> Any:
    """Run a cell and give the value of its last expression, as a kernel would show it."""
    *body, last = ast.parse(code).body or [ast.Pass()]
    if not isinstance(last, ast.Expr):
        body, last = [*body, last], None
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        exec(compile(ast.Module(body, []), "<cell>", "exec"), names)
        shown = None if last is None else ast.Expression(last.value)
        return shown and eval(compile(shown, "<cell>", "eval"), names)


@contextlib.contextmanager
def _page_of_its_own() -> Iterator[None]:
    """What a page says once, and its day, are of the kernel, which here goes on."""
    findings.page()
    try:
        yield
    finally:
        findings.page()
        oc.as_of("")


def _drawn(figure: Any) -> list[str]:
    """The texts of a figure, which is not drawn."""
    if figure is None:
        return []
    for axes in figure.axes:
        for axis in (axes.xaxis, axes.yaxis):
            axis.get_ticklabels()  # this writes the labels of ticks
    texts = [" ".join(t.get_text().split()) for t in figure.findobj(Text)]
    return [text for text in texts if text]


def _of(found: Finding) -> Iterator[Piece]:
    """A finding's texts, one piece each; a column of its table is a piece for each value."""
    facts, name = found.facts, found.name
    for key in (
        "sentence",
        "detail",
        "alt",
        "caption",
        "unit",
        "period",
        "area",
        "test",
    ):
        if facts.get(key):
            yield Piece(f"{name}: {key}", str(facts[key]))
    for caveat in facts["caveats"]:
        yield Piece(f"{name}: caveat", caveat)
    for one in facts["sources"]:
        yield Piece(f"{name}: source", " ".join(str(v) for v in one.values() if v))
    rows = cells(facts)
    for column in rows:
        yield Piece(f"{name}: heading", str(column))
    among = {str(v) for column in rows for v in rows[column]}
    for text in dict.fromkeys(
        _drawn(found.figure)
    ):  # a long label may be drawn in two lines
        row = any(text.casefold() in value.casefold() for value in among)
        yield Piece(f"{name}: {'row drawn' if row else 'drawn'}", text)
    for column in rows:
        for value in rows[column].astype(str).unique():
            yield Piece(f"{name}: cell", value)


def cells(facts: dict) -> pd.DataFrame:
    """A finding's table as a frame, empty when it has none."""
    table = facts.get("table")
    if not table:
        return pd.DataFrame()
    return pd.DataFrame(table["rows"], columns=[c["label"] for c in table["columns"]])
