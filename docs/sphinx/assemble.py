"""Put the documentation together from what the repository says already; nothing is written twice.

    python docs/sphinx/assemble.py build/docs-source

Guides, lessons and the notes on the data are copied in their folders, so that their links hold;
the dictionary of the data, the glossary and the list of public names are made from the data
package, the glossary and the stubs of the library. Solutions of lessons are folded.
"""

import ast
import csv
import json
import re
import shutil
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
GUIDES = {
    "Begin": ["README", "docs/install", "docs/commands"],
    "Learn": ["learn"],
    "Data": [
        "data/README",
        "dictionary",
        "glossary",
        "docs/assumptions",
        "docs/quality",
    ],
    "Evidence": ["docs/then_and_now", "docs/validation", "docs/coverage"],
    "Library": ["docs/evaluation", "api", "methods", "docs/architecture"],
    "Look after it": [
        *("CONTRIBUTING", "deploy/README", "docs/dependencies", "docs/rap"),
        *("docs/mutation", "SECURITY", "CHANGELOG"),
    ],
}
LIBRARY = ROOT / "lib/outcomes"
ROOMS = ["explore", "findings", "learn", "data"]
"""The rooms whose functions an analyst calls by the room's name, as ``oc.learn.check``."""
_LINK = re.compile(r"(?<!!)\[([^\]]+)\]\(([^)#\s]+)(#[^)\s]*)?\)")


def pages() -> list[str]:
    """The written pages: those of GUIDES that are files, by path without ending."""
    every = [name for names in GUIDES.values() for name in names]
    return [name for name in every if (ROOT / f"{name}.md").is_file()]


def write(folder: Path) -> None:
    """Write the whole source of the documentation into a folder, which is emptied first."""
    shutil.rmtree(folder, ignore_errors=True)
    (folder / "_static").mkdir(parents=True)
    shutil.copy(ROOT / "docs/sphinx/conf.py", folder)
    shutil.copy(ROOT / "docs/sphinx/lessons.css", folder / "_static")
    for name in pages():
        file = folder / f"{name}.md"
        file.parent.mkdir(parents=True, exist_ok=True)
        text = (ROOT / f"{name}.md").read_text(encoding="utf-8")
        file.write_text(_linked(text, Path(name).parent, folder), encoding="utf-8")
    for image in ROOT.glob("docs/*.png"):
        shutil.copy(image, folder / "docs")
    made = {
        "index": _index(),
        "learn": _lessons(folder),
        "dictionary": _dictionary(),
        "glossary": _glossary(),
        "api": _names(),
        "methods": _methods(),
    }
    for name, text in made.items():
        (folder / f"{name}.md").write_text(text, encoding="utf-8")


def _linked(text: str, beside: Path, folder: Path) -> str:
    """Links of a page: to a page they stay, to a file they download it, and lead no further."""

    def link(found: re.Match) -> str:
        words, target, part = found[1], found[2], found[3] or ""
        if target.startswith(("http:", "https:", "mailto:")):
            return found[0]
        place = (ROOT / beside / target).resolve()
        if place.is_dir():
            target, place = f"{target.rstrip('/')}/README.md", place / "README.md"
        if not place.is_file():
            return words
        inside = place.relative_to(ROOT)
        lesson = inside.parts[:2] == ("notebooks", "learn") and place.suffix == ".ipynb"
        page = place.suffix == ".md" and str(inside.with_suffix("")) in pages()
        if lesson or page:
            return f"[{words}]({target}{part})"
        copy = folder / inside
        copy.parent.mkdir(parents=True, exist_ok=True)
        if place.suffix == ".md":  # a page that is none here
            return words
        shutil.copy(place, copy)
        return f"{{download}}`{words.replace('`', '')} <{target}>`"

    return _LINK.sub(link, text)


def _index() -> str:
    parts = [
        "# Lancashire Programme Outcomes: documentation",
        "",
        "Guides, lessons, the data and the library, in one place. Everything here is made from the",
        "repository: its pages, its notebooks and the docstrings of its library.",
        "",
    ]
    for caption, names in GUIDES.items():
        parts += ["```{toctree}", f":caption: {caption}", ":maxdepth: 1", ""]
        parts += [*names, "```", ""]
    return "\n".join(parts)


def _lessons(folder: Path) -> str:
    """The lessons with their answers folded, and the page that lists them."""
    target = folder / "notebooks/learn"
    target.mkdir(parents=True, exist_ok=True)
    names = []
    for path in sorted((ROOT / "notebooks/learn").glob("[0-9]*.ipynb")):
        lesson = json.loads(path.read_text(encoding="utf-8"))
        for cell in lesson["cells"]:
            tags = cell["metadata"].setdefault("tags", [])
            tags += ["hide-cell"] * ("solution" in tags)
            tags += ["hide-input"] * ("picture" in tags)
        text = json.dumps(lesson, ensure_ascii=False)
        (target / path.name).write_text(text, encoding="utf-8")
        names.append(f"notebooks/learn/{path.stem}")
    guide = ROOT / "notebooks/learn/INSTRUCTORS.md"
    if guide.is_file():
        text = guide.read_text(encoding="utf-8")
        written = _linked(text, Path("notebooks/learn"), folder)
        (target / guide.name).write_text(written, encoding="utf-8")
        names.append("notebooks/learn/INSTRUCTORS")
    return "\n".join(
        [
            "# Lessons",
            "",
            "To read: each answer is folded under its exercise. To do them, with answers that mark",
            "themselves, write your own copy by `make learn`. Each is a page of the published site",
            "too, under `learn/`, for readers who have nothing but a browser.",
            "",
            "```{toctree}",
            ":maxdepth: 1",
            "",
            *names,
            "```",
            "",
        ]
    )


def _dictionary() -> str:
    """Every table and column, from the data package."""
    package = json.loads((ROOT / "data/datapackage.json").read_text(encoding="utf-8"))
    parts = [
        "# Data dictionary",
        "",
        "The tables of `data/clean`, as the data package says.",
        "",
    ]
    for table in package["resources"]:
        parts += [f"## {table['name']}", "", table["description"], ""]
        parts += ["| Column | Type | Unit | Meaning |", "|---|---|---|---|"]
        for field in table["schema"]["fields"]:
            said = [field.get(key, "") for key in ("type", "unit", "description")]
            cells = [f"`{field['name']}`", *(str(s).replace("|", "\\|") for s in said)]
            parts.append("| " + " | ".join(cells) + " |")
        parts.append("")
    return "\n".join(parts)


def _glossary() -> str:
    parts = ["# Glossary", ""]
    with (ROOT / "data/glossary.csv").open(encoding="utf-8", newline="") as file:
        for term in csv.DictReader(file):
            parts += [term["term"], f": {term['meaning']} *{term['source']}*", ""]
    return "\n".join(parts)


def functions(room: str = "") -> dict[str, list[str]]:
    """The public functions of the library, or of one of its rooms, by the module that has them.

    They are those that its stub names, or its ``__init__`` where it has no stub.
    """
    stub = LIBRARY / room / "__init__.pyi"
    file = stub if stub.is_file() else stub.with_suffix(".py")
    found = {room: _defined(file)}
    for node in ast.parse(file.read_text(encoding="utf-8")).body:
        if isinstance(node, ast.ImportFrom) and node.level and node.module:
            module = f"{room}.{node.module}".lstrip(".")
            path = LIBRARY.joinpath(*module.split("."))
            whole = path / "__init__.py" if path.is_dir() else path.with_suffix(".py")
            known = _defined(whole)
            names = [alias.name for alias in node.names if alias.name in known]
            found.setdefault(module, []).extend(names)
    return {module: names for module, names in found.items() if names}


def _defined(file: Path) -> list[str]:
    tree = ast.parse(file.read_text(encoding="utf-8"))
    return [node.name for node in tree.body if isinstance(node, ast.FunctionDef)]


def _names() -> str:
    parts = ["# What an analyst calls", "", "`import outcomes as oc`, and then:", ""]
    shown = set()
    for room in ("", *ROOMS):
        parts += [f"## oc.{room}", ""] if room else []
        for module, names in functions(room).items():
            new = [name for name in names if (module, name) not in shown]
            shown |= {(module, name) for name in new}
            if new:
                parts += ["```{eval-rst}", f".. currentmodule:: outcomes.{module}", ""]
                for name in new:
                    parts += [f".. autofunction:: {name}", ""]
                parts += ["```", ""]
    parts += ["## Charts", "", *_module("findings.charts")]
    parts += ["## Numbers and dates as text", "", *_module("core.formatting")]
    return "\n".join(parts)


def methods() -> list[str]:
    """Every module of the methods room; a package stands before its modules."""
    folder = LIBRARY / "methods"
    paths = (path.relative_to(folder).with_suffix("") for path in folder.rglob("*.py"))
    parts = (path.parts[: -1 if path.name == "__init__" else None] for path in paths)
    return sorted(".".join(part) for part in parts if part)


def _methods() -> str:
    parts = ["# Methods", "", "What each assumes, and the paper that it follows.", ""]
    for module in methods():
        parts += [f"## {module}", "", *_module(f"methods.{module}")]
    return "\n".join(parts)


def _module(name: str) -> list[str]:
    return [
        "```{eval-rst}",
        f".. automodule:: outcomes.{name}",
        "   :members:",
        "```",
        "",
    ]


if __name__ == "__main__":
    write(Path(sys.argv[1]))
