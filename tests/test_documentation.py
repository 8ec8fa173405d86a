"""The documentation: put together from what is said elsewhere, and built without a warning."""

import importlib.util
import inspect
import os
import re
import subprocess
import sys
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote

import pytest

import outcomes as oc

ROOT = Path(__file__).parents[1]


def _tool():
    file = ROOT / "docs/sphinx/assemble.py"
    spec = importlib.util.spec_from_file_location("assemble", file)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def source(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("documentation") / "source"
    _tool().write(folder)
    return folder


def test_every_page_that_is_listed_is_there(source):
    for names in _tool().GUIDES.values():
        assert all((source / f"{name}.md").is_file() for name in names)


def test_every_guide_of_the_repository_is_in_it():
    guides = {f"docs/{path.stem}" for path in (ROOT / "docs").glob("*.md")}
    assert guides <= set(_tool().pages())


def test_every_public_function_every_table_and_every_term_is_in_it(source):
    api = (source / "api.md").read_text(encoding="utf-8")
    called = {n for n in dir(oc) if n[0].islower() and callable(getattr(oc, n))}
    assert not [name for name in called if f".. autofunction:: {name}\n" not in api]
    listed = {
        (module, name)
        for module, part in re.findall(r"currentmodule:: (\S+)([^`]+)", api)
        for name in re.findall(r"autofunction:: (\S+)", part)
    }
    for room in (oc.explore, oc.findings, oc.learn, oc.data):
        for one in (getattr(room, name) for name in dir(room)):
            if inspect.isfunction(one):
                assert (one.__module__, one.__name__) in listed
    methods = (source / "methods.md").read_text(encoding="utf-8")
    for room in (oc.methods, oc.methods.evaluation, oc.methods.reconcile):
        for one in (getattr(room, name) for name in dir(room)):
            if inspect.isfunction(one) or inspect.isclass(one):
                assert f".. automodule:: {one.__module__}\n" in methods
            elif inspect.ismodule(one):
                assert f".. automodule:: {one.__name__}\n" in methods
    dictionary = (source / "dictionary.md").read_text(encoding="utf-8")
    for table, said in oc.data.tables.package().items():
        assert f"## {table}\n" in dictionary
        for field in said["schema"]["fields"]:
            assert f"| `{field['name']}` |" in dictionary
    glossary = (source / "glossary.md").read_text(encoding="utf-8")
    assert all(f"{t['term']}\n: " in glossary for t in oc.data.glossary.terms())


class _Links(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.found, self.names, self.folded = [], set(), 0

    def handle_starttag(self, tag, attrs):
        said = dict(attrs)
        self.names |= {said[key] for key in ("id", "name") if said.get(key)}
        self.found += [said[key] for key in ("href", "src") if said.get(key)]
        self.folded += tag == "details" and "hide" in (said.get("class") or "")


@pytest.mark.build
def test_it_builds_without_a_warning_and_no_link_leads_nowhere(source):
    pytest.importorskip("sphinx")
    built = source.with_name("built")
    command = ["-m", "sphinx", "-q", "-W", "--keep-going", "-b", "html"]
    env = os.environ | {"OUTCOMES_ROOT": str(ROOT), "OUTCOMES_DATA": str(ROOT / "data")}
    ran = subprocess.run(
        [sys.executable, *command, source, built],
        env=env,
        capture_output=True,
        text=True,
    )
    assert ran.returncode == 0, ran.stderr[-2000:]
    pages = {}
    for path in built.rglob("*.html"):
        if "_static" not in path.parts:
            pages[path] = _Links()
            pages[path].feed(path.read_text(encoding="utf-8"))
    dead = []
    for path, page in pages.items():
        for link in page.found:
            target, _, part = unquote(link).partition("#")
            if target.startswith(("http", "mailto:", "data:", "javascript:")):
                continue
            place = (
                (path.parent / target.partition("?")[0]).resolve() if target else path
            )
            there = place.is_file()
            if there and part and place in pages:
                there = part in pages[place].names
            if not there:
                dead.append(f"{path.relative_to(built)}: {link}")
    assert not dead, "\n".join(dead)
    lessons = [p for p in pages if p.parent.name == "learn" and p.stem[:1].isdigit()]
    assert len(lessons) == len(list((ROOT / "notebooks/learn").glob("[0-9]*.ipynb")))
    assert all(pages[path].folded >= 4 for path in lessons)  # no answer stands open
