"""Rules that every notebook of the collection keeps, checked on the files as they are in git."""

import ast
import itertools
import json
import re
from pathlib import Path

import pytest

from outcomes.core.errors import Invalid
from outcomes.core.mime import FINDING, PROVENANCE
from outcomes.publish.notebook_outputs import is_normalised
from outcomes.publish.parameters import check, declared

ROOT = Path(__file__).parents[1]
LESSONS = sorted(
    ROOT.glob("notebooks/learn/*.ipynb")
)  # not pages: rules of their own, below
EXPLORE = {
    *ROOT.glob("notebooks/explore/*.ipynb")
}  # controls, not a page: see tests/explore
NOTEBOOKS = sorted({*ROOT.glob("notebooks/[!.]*/[!.]*.ipynb")} - {*LESSONS} - EXPLORE)
NAMES = [str(n.relative_to(ROOT / "notebooks")) for n in NOTEBOOKS]
PROGRAMMES = {
    "op_warrior",
    "clear_hold_build",
    "project_adder",
    "modern_slavery",
    "no_more_knives",
    "county_lines",
    "op_sceptre",
    "fraud",
}

each = pytest.mark.parametrize("path", NOTEBOOKS, ids=NAMES)


def read(path: Path) -> dict:
    return json.loads(path.read_text(encoding="utf-8"))


def text(cell: dict) -> str:
    return "".join(cell["source"])


def code(path: Path) -> list[dict]:
    return [c for c in read(path)["cells"] if c["cell_type"] == "code"]


def prose(path: Path) -> str:
    return "\n".join(
        text(c) for c in read(path)["cells"] if c["cell_type"] == "markdown"
    )


def findings(path: Path) -> list[dict]:
    return [
        o["data"][FINDING]
        for c in code(path)
        for o in c["outputs"]
        if FINDING in o["data"]
    ]


def test_the_collection_is_whole():
    assert {p.stem for p in NOTEBOOKS if p.parent.name == "programmes"} == PROGRAMMES
    county = {p.stem for p in NOTEBOOKS if p.parent.name == "county"}
    assert county == {"annual_report", "area_profile", "trend_monitor", "data_quality"}


@each
def test_reads_like_a_page(path):
    first = read(path)["cells"][0]
    assert first["cell_type"] == "markdown" and text(first).startswith("# ")
    assert len(re.findall(r"^# ", prose(path), re.M)) == 1
    cells = [text(c) for c in read(path)["cells"] if c["cell_type"] == "markdown"]
    ours = " ".join(c for c in cells if "## What the report says" not in c).split()
    assert 250 <= len(ours) <= 975, f"{len(ours)} words: 250 to 975 can be read at once"
    levels = [len(h) for h in re.findall(r"^(#+) ", prose(path), re.M)]
    assert all(b - a <= 1 for a, b in itertools.pairwise(levels))


@each
def test_no_line_of_code_is_wider_than_a_window(path):
    lines = [line for cell in code(path) for line in text(cell).splitlines()]
    assert not [line for line in lines if len(line) > 88]


@each
def test_code_is_short_and_plain(path):
    source = "\n".join(text(c) for c in code(path))
    tree = ast.parse(source)  # also refuses shell escapes and magics
    # a function that saves a repetition may stand, and a reason may be caught to be told
    assert not [
        n for n in ast.walk(tree) if isinstance(n, ast.AsyncFunctionDef | ast.ClassDef)
    ]
    for caught in (n for n in ast.walk(tree) if isinstance(n, ast.ExceptHandler)):
        named = ast.unparse(caught.type or ast.Name("all"))
        assert named in ("oc.NotEnough", "oc.core.errors.NotEnough")
    assert not re.search(r"warnings\.|sys\.path|;\s*$", source, re.M)


@each
def test_parameters_are_declared_explained_and_allowed(path):
    known = declared(path)
    assert known, "a report notebook has parameters"
    assert all(p.vocabulary and p.explanation for p in known.values())
    defaults = {name: p.default for name, p in known.items()}
    assert check(defaults, known, where=path.name) == defaults


@each
def test_a_value_that_is_not_allowed_is_answered_in_the_notebook_too(path):
    asked, imports = (text(c) for c in code(path)[:2])
    for name, known in declared(path).items():
        wrong = ["nonsense"] if isinstance(known.default, list) else "nonsense"
        with pytest.raises(Invalid, match="nonsense"):
            exec(f"{asked}\n{name} = {wrong!r}\n{imports}", {})


@each
def test_outputs_are_stored_and_cannot_be_silently_empty(path):
    shown = findings(path)
    assert len(shown) >= 3
    names = [f["name"] for f in shown]
    assert len(names) == len(set(names))
    assert 2 <= sum(f["headline"] for f in shown) <= 4
    assert all(
        o["output_type"] == "execute_result" for c in code(path) for o in c["outputs"]
    )
    assert PROVENANCE in code(path)[-1]["outputs"][0]["data"]


@each
def test_every_finding_cites_a_source_and_has_its_data(path):
    for one in findings(path):
        assert all(s["publisher"] or s["title"] for s in one["sources"])
        if one["verdict"] == "estimate":
            assert one["value"] is not None or one["lower"] is not None, one["name"]
    drawn = [
        o["data"]
        for c in code(path)
        for o in c["outputs"]
        if "image/svg+xml" in o["data"]
    ]
    assert drawn
    assert all(d[FINDING]["table"]["rows"] for d in drawn)


@each
def test_language_claims_no_cause(path):
    said = prose(path) + " ".join(f["sentence"] for f in findings(path))
    assert not re.search(
        r"\b(was|were|is|are) caused by\b|\bproves? that\b|thanks to Op", said
    )
    assert "cannot" in prose(path), "the page says what it cannot show"


@each
def test_stored_as_normalised(path):
    assert is_normalised(path)
    assert path.stat().st_size < 400_000


lesson = pytest.mark.parametrize("path", LESSONS, ids=[p.stem for p in LESSONS])


@lesson
def test_a_lesson_has_an_aim_a_picture_exercises_a_quiz_and_a_next(path):
    cells = read(path)["cells"]
    assert text(cells[0]).startswith("# ") and "**Aim:**" in text(cells[0])
    assert len(re.findall(r"^# ", prose(path), re.M)) == 1
    assert {"## Quiz", "## Next"} <= set(re.findall(r"^## .*", prose(path), re.M))
    levels = [len(h) for h in re.findall(r"^(#+) ", prose(path), re.M)]
    assert all(b - a <= 1 for a, b in itertools.pairwise(levels))
    done = [
        text(c).splitlines()[-1]
        for c in code(path)
        if "solution" in c["metadata"].get("tags", [])
    ]
    asked = [re.match(r'learn\.(check|quiz)\("([a-z-]+)", ', line) for line in done]
    assert all(asked) and {m[1] for m in asked} == {"check", "quiz"}
    assert sum(m[1] == "quiz" for m in asked) >= 3
    hinted = set(
        re.findall(r'learn\.hint\("([a-z-]+)", 0\)', "\n".join(map(text, code(path))))
    )
    assert hinted == {m[2] for m in asked if m[1] == "check"}
    assert any(
        "image/svg+xml" in o["data"]
        for c in code(path)
        for o in c["outputs"]
        if "data" in o
    )


@lesson
def test_a_lesson_hides_nothing_that_it_needs(path):
    """Pictures are folded and solutions taken out: no other cell may use a name that they make."""
    hidden, open_ = set(), []
    for cell in code(path):
        tree = ast.parse(text(cell))
        names = [n for n in ast.walk(tree) if isinstance(n, ast.Name)]
        tags = set(cell["metadata"].get("tags", []))
        imports = [
            a for n in ast.walk(tree) if isinstance(n, ast.Import) for a in n.names
        ]
        made = {n.id for n in names if isinstance(n.ctx, ast.Store)}
        made |= {a.asname or a.name for a in imports}
        used = {n.id for n in names if isinstance(n.ctx, ast.Load)}
        if tags & {"picture", "solution"}:
            hidden |= made - set(open_)
        else:
            assert not (used - made) & hidden, text(cell)
            hidden -= made
            open_ += made


@lesson
def test_a_lesson_is_stored_whole(path):
    assert is_normalised(path)
    assert path.stat().st_size < 400_000
    assert all(
        c["outputs"] for c in code(path) if "learn." in text(c) or "show." in text(c)
    )
    assert all(o["output_type"] != "error" for c in code(path) for o in c["outputs"])
    assert PROVENANCE in code(path)[-1]["outputs"][0]["data"]


def test_the_annual_report_shows_its_figures_as_they_were_published():
    tables = [
        dict(zip([c["key"] for c in one["table"]["columns"]], row, strict=True))
        for one in findings(ROOT / "notebooks/county/annual_report.ipynb")
        if one["table"] and one["caption"].endswith("what other pages say")
        for row in one["table"]["rows"]
    ]
    shown = {(row["measure"], row["place"]): row["as_printed"] for row in tables}
    assert shown["serious and organised crime grade", "Lancashire"] == "Good"
    assert shown["cash seized", "Blackpool"] == "£360,942.60"
    assert shown["drugs seized", "Lancashire"] == "318 kg"
    assert shown["cash seized", "East Division"] == "over £148,000"
    stated = {(row["measure"], row["place"]): row["other_statements"] for row in tables}
    assert "over 1,200 for November 2022" in stated["arrests", "Lancashire"]
    assert stated["diversion visits", "Lancashire"] == "none"
    disputed = next(
        one
        for one in findings(ROOT / "notebooks/county/annual_report.ipynb")
        if one["name"] == "figures-contradicted"
    )
    assert disputed["verdict"] == "contradicted"
    assert disputed["detail"].startswith("No reading allows both yes")
