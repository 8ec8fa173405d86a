"""No page, table or file of a site can land outside its folder, or on another page's place."""

import json
import os
from pathlib import Path

import pytest

from hostile_texts import HANDLES, TEXTS
from notebook_maker import FINDING, PROVENANCE, entry, fact, notebook, plan, show
from outcomes.core.errors import Invalid
from outcomes.findings import finding
from outcomes.publish import execute, releases, staleness
from outcomes.publish import plan as plans
from outcomes.publish.staging import Staging

NOTEBOOKS = {
    "parent": "../secret",
    "parent_inside": "programmes/../../secret",
    "absolute": "/etc/passwd",
    "windows": "programmes\\demo",
    "checkpoint": ".ipynb_checkpoints/demo",
    "suffix": "programmes/demo.ipynb",
    "nul": "programmes/demo\x00",
    "case": "Programmes/Demo",
    "here": "programmes/./demo",
    "twice": "programmes//demo",
    "empty": "",
    "folder": "programmes",
}
NAMES = (
    "../x",
    "/x",
    "a/b",
    "a.b",
    "x\x00",
    "Found",
    "con ",
    "-x",
    "x-",
    "a b",
    "é",
    "",
    "a\nb",
)


@pytest.fixture
def folder(tmp_path) -> Path:
    """A plan's folder with one notebook, and a notebook that lies outside it."""
    notebook(tmp_path / "home/notebooks/programmes/demo.ipynb")
    notebook(tmp_path / "home/notebooks/.ipynb_checkpoints/demo.ipynb")
    notebook(tmp_path / "secret.ipynb")
    notebook(tmp_path / "home/secret.ipynb")
    return tmp_path / "home"


def test_the_suite_is_as_large_as_it_says():
    assert len(HANDLES) >= 50 and len(set(HANDLES.values())) == len(HANDLES)
    assert len(NOTEBOOKS) + len(NAMES) >= 25


def quoted(text: str) -> str:
    """A text as TOML writes it, whatever is in it."""
    shown = "".join(
        c if c.isalnum() and c.isascii() else f"\\U{ord(c):08x}" for c in text
    )
    return f'"{shown}"'


def written(
    folder: Path, handle: str, notebook: str = "programmes/demo", more: str = ""
) -> Path:
    lines = ["[[page]]", f"handle = {quoted(handle)}", f"notebook = {quoted(notebook)}"]
    return plan(folder, "\n".join([*lines, 'title = "Demo"', more]))


@pytest.mark.parametrize("handle", HANDLES.values(), ids=HANDLES)
def test_a_handle_that_leaves_the_site_is_refused(folder, handle):
    with pytest.raises(Invalid):
        plans.read(written(folder, handle))


@pytest.mark.parametrize("handle", ["a/b", "x-1", "area-profile/burnley", "a" * 120])
def test_a_handle_of_words_is_taken(folder, handle):
    (page,) = plans.read(written(folder, handle)).pages
    assert page.path == f"{handle}.html"


@pytest.mark.parametrize("value", [*HANDLES.values(), *TEXTS.values()])
def test_a_value_in_a_handle_becomes_words_or_is_refused(folder, value):
    """However a swept value is written, its page lies where the plan put it."""
    more = f"sweep = {{ wave = [{quoted(value)}] }}"
    try:
        (page,) = plans.read(written(folder, "waves/{wave}", more=more)).pages
    except Invalid:
        return
    site = Path("/site/releases/x")
    assert os.path.normpath(site / page.path) == str(site / page.path)
    assert (site / page.path).parent == site / "waves"
    assert (
        page.path.isascii()
        and page.path.islower()
        and not set(page.path) & set(" %\\:*?~$")
    )


@pytest.mark.parametrize("name", NOTEBOOKS.values(), ids=NOTEBOOKS)
def test_a_notebook_outside_the_plans_folder_is_refused(folder, name):
    with pytest.raises(Invalid):
        plans.read(written(folder, "demo", notebook=name))


@pytest.mark.parametrize("name", NAMES)
def test_a_findings_name_is_a_file_name(name):
    with pytest.raises(Invalid, match="not allowed"):
        finding(name, "x", sources=["x"])


@pytest.mark.parametrize(("one", "two"), [("demo", "demo"), ("a/b", "a/b")])
def test_two_pages_never_share_a_place(folder, one, two):
    text = "".join(entry(handle=h) for h in (one, two))
    with pytest.raises(Invalid, match="twice"):
        plans.read(plan(folder, text))


def test_two_values_that_make_the_same_words_are_refused(folder):
    more = 'sweep = { wave = ["West Lancashire", "west-lancashire"] }'
    with pytest.raises(Invalid, match="twice"):
        plans.read(written(folder, "waves/{wave}", more=more))


def test_upper_case_cannot_make_a_second_page_of_the_same_name(folder):
    """On a disk that does not tell cases apart, Demo.html would be written over demo.html."""
    with pytest.raises(Invalid, match="lower-case"):
        plans.read(plan(folder, entry(handle="demo") + entry(handle="DEMO")))


@pytest.mark.parametrize(
    "name", ["../x", "a/../../x", "/etc/passwd", "..\\x", "x/y", "x\x00"]
)
def test_a_finding_with_a_forged_name_writes_nothing_outside(folder, tmp_path, name):
    """A hand-made display bundle can name its finding anything; its CSV has to stay inside."""
    out = tmp_path / "site"
    staged = staged_page(folder, out, fact(name))
    before = files(tmp_path, out)
    error = staged.add(execute.Result("demo", 0.1))
    assert error is not None
    assert files(tmp_path, out) == before
    inside = out / ".staging"
    assert all(p.suffix != ".csv" or inside in p.parents for p in out.rglob("*"))


def test_the_same_page_with_an_honest_name_is_built(folder, tmp_path):
    out = tmp_path / "site"
    staged = staged_page(folder, out, fact())
    assert staged.add(execute.Result("demo", 0.1)) is None
    assert (staged.folder / "demo/found.csv").is_file()


def staged_page(folder: Path, out: Path, one: dict):
    notebook(folder / "notebooks/programmes/demo.ipynb", show(one))
    found = plans.read(plan(folder, entry()))
    inside = releases.staging(out, resume=False)
    name = "20251124T083000Z-1"
    stale = staleness.find_stale(found, found.pages, out)
    made = Staging(
        found, inside / "site", name, found.pages, stale, [], staleness.versions()
    )
    forge(folder, one, Path(made.job(found.pages[0], inside / "run").output))
    return made


def forge(folder: Path, one: dict, output: Path) -> None:
    """The notebook as if it had been run: outputs written by hand, as a forger would."""
    path = folder / "notebooks/programmes/demo.ipynb"
    book = json.loads(path.read_text(encoding="utf-8"))
    codes = [c for c in book["cells"] if c["cell_type"] == "code"]
    for at, cell in enumerate(codes, start=1):
        cell["execution_count"] = at
    html = f'<figure id="found"><p>{one["sentence"]}</p></figure>'
    data = [{"text/plain": "x", "text/html": html, FINDING: one}]
    data.append({"text/plain": "End.", PROVENANCE: {"reads": []}})
    for cell, shown in zip(codes[-2:], data, strict=True):
        cell["outputs"] = [
            {"output_type": "display_data", "metadata": {}, "data": shown}
        ]
    output.write_text(json.dumps(book), encoding="utf-8")


def files(root: Path, but: Path) -> set[str]:
    return {str(p) for p in root.rglob("*") if p.is_file() and but not in p.parents}


@pytest.mark.parametrize("place", ["releases", ".staging", ".lock"])
def test_a_link_laid_in_the_site_leads_no_writing_outside(tmp_path, place):
    """Whoever can lay a link into the folder of a site must not have a build write through it."""
    out, outside = tmp_path / "site", tmp_path / "outside"
    out.mkdir()
    outside.mkdir()
    (outside / "kept").write_text("kept", encoding="utf-8")
    target = outside / "kept" if place == ".lock" else outside
    (out / place).symlink_to(target)
    for resume in (True, False):
        try:
            with releases.lock(out, lambda said: None) as inside:
                releases.staging(inside, resume=resume)
        except (Invalid, OSError):
            pass
    assert (outside / "kept").read_text(encoding="utf-8") == "kept"
    assert [p.name for p in outside.iterdir()] == ["kept"]


def test_a_link_at_latest_is_replaced_and_never_followed(tmp_path):
    out, outside = tmp_path / "site", tmp_path / "outside"
    outside.mkdir()
    with releases.lock(out, lambda said: None) as inside:
        (inside / "latest").symlink_to(outside)
        staged = releases.staging(inside, resume=False) / "site"
        (staged / "x").mkdir(parents=True)
        releases.publish(inside, staged, "20251124T083000Z-1")
    assert (out / "latest").resolve() == (out / "releases/20251124T083000Z-1").resolve()
    assert list(outside.iterdir()) == []


@pytest.mark.parametrize("name", ["../x", "/etc", "..", "2025/../..", "\x00", "~", ""])
def test_a_release_is_found_by_its_name_only(tmp_path, name):
    releases.write(tmp_path / "releases/20251124T083000Z-1/manifest.json", "{}")
    releases.write(tmp_path / "manifest.json", "{}")
    try:
        found = releases.find(tmp_path, name)
    except Invalid:
        return
    assert found == tmp_path / "releases/20251124T083000Z-1"
