"""Write what ``docs/architecture.md`` has from the code: the picture of the rooms, and the modules.

``make architecture`` after a module is added, renamed or described anew. The rest of the page is
written by hand; ``tests/collection/test_architecture.py`` holds both to the code.
"""

import ast
import re
import tomllib
from pathlib import Path

import grimp

ROOT = Path(__file__).parents[1]
PAGE = ROOT / "docs/architecture.md"
LIBRARY = ROOT / "lib/outcomes"
CONTRACT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["tool"]
FLOORS = [
    [room.strip().removeprefix("outcomes.") for room in floor.split("|")]
    for floor in CONTRACT["importlinter"]["contracts"][0]["layers"]
]
ROOMS = [room for floor in FLOORS for room in floor]


def first_sentence(file: Path) -> str:
    """The first sentence of a module's docstring, without what its colon or stop ends."""
    said = ast.get_docstring(ast.parse(file.read_text("utf-8"))) or ""
    paragraph = " ".join(said.split("\n\n")[0].split())
    sentence = re.split(r"(?<=[.?])\s", paragraph)[0].replace("|", "\\|")
    return re.sub(r":[a-z]+:`|``", "`", sentence)


def modules(room: str) -> dict[str, str]:
    """Every module of a room, as it is imported, with its first sentence."""
    files = sorted((LIBRARY / room).rglob("*.py")) or [LIBRARY / f"{room}.py"]
    named = {}
    for file in files:
        parts = file.relative_to(LIBRARY).with_suffix("").parts
        name = ".".join(part for part in parts if part != "__init__")
        named[name] = first_sentence(file)
    return named


def imports() -> set[tuple[str, str]]:
    """Which room imports which."""
    graph = grimp.build_graph("outcomes", cache_dir=None)
    pairs = set()
    for importer in graph.modules:
        for imported in graph.find_modules_directly_imported_by(importer):
            one, two = (f"{name}..".split(".")[1] for name in (importer, imported))
            if one != two and {one, two} <= set(ROOMS):
                pairs.add((one, two))
    return pairs


def picture() -> str:
    """The rooms on their floors, with an arrow from each room to those that it imports."""
    lines = ["```mermaid", "flowchart TB"]
    for at, floor in enumerate(FLOORS):
        lines.append(f'  subgraph floor{len(FLOORS) - at}[" "]')
        lines += [f"    {room}" for room in floor]
        lines.append("  end")
    # Every room imports core: arrows to it would hide the others.
    lines += [f"  {one} --> {two}" for one, two in sorted(imports()) if two != "core"]
    below = [floor for floor in FLOORS if floor != ["core"]][-1]
    lines += [f"  {room} --> core" for room in below]
    return "\n".join([*lines, "```"])


def tables() -> str:
    """A table for each room, from the bottom floor up."""
    parts = []
    for room in reversed(ROOMS):
        named = modules(room)
        about = f"{named.pop(room)}\n\n" if len(named) > 1 else ""
        rows = [f"| `{name}` | {said} |" for name, said in named.items()]
        table = "\n".join(["| module | what it is |", "|---|---|", *rows])
        parts.append(f"### {room}\n\n{about}{table}")
    return "\n\n".join(parts)


def written(text: str) -> str:
    """The page with its two parts as the code has them."""
    for name, part in (("picture", picture()), ("modules", tables())):
        pattern = rf"(?s)(<!-- {name}: .*?-->\n).*?(<!-- end of {name} -->)"
        text = re.sub(pattern, lambda m, p=part: f"{m[1]}\n{p}\n\n{m[2]}", text)
    return text


if __name__ == "__main__":
    PAGE.write_text(written(PAGE.read_text("utf-8")), encoding="utf-8")
