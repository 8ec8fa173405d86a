"""``docs/architecture.md`` is held to the code: its modules, its picture and its walks."""

import re
from collections import Counter

import grimp
import pytest

import architecture_tool as tool

TEXT = tool.PAGE.read_text("utf-8")
WALKS = {
    part.partition("\n")[0]: re.findall(r"(?m)^\d+\. `([^`]+)`", part)
    for part in TEXT.partition("## Three walks")[2]
    .partition("\n## ")[0]
    .split("\n### ")[1:]
}
MODULES = {name for room in tool.ROOMS for name in tool.modules(room)}


def test_it_says_what_the_code_says():
    assert tool.written(TEXT) == TEXT, "run make architecture"


def test_every_module_is_named_once_and_no_other():
    listed = TEXT.partition("## The modules")[2]
    named = Counter(re.findall(r"(?m)^\| `([\w.]+)` \|", listed))
    files = tool.LIBRARY.rglob("*.py")
    parts = (file.relative_to(tool.LIBRARY).with_suffix("").parts for file in files)
    there = {".".join(p for p in part if p != "__init__") for part in parts}
    rooms = {room for room in tool.ROOMS if (tool.LIBRARY / room).is_dir()}
    assert named == Counter(there - rooms - {"", "__main__"})


def test_every_module_says_what_it_is_in_a_sentence():
    said = {name: s for room in tool.ROOMS for name, s in tool.modules(room).items()}
    assert [name for name, s in said.items() if not re.search(r"[.?]$", s)] == []


def test_every_room_is_described():
    table = TEXT.partition("| room |")[2].partition("\n\n")[0]
    assert sorted(re.findall(r"(?m)^\| `(\w+)` \|", table)) == sorted(tool.ROOMS)


def test_there_are_three_walks():
    assert list(WALKS) == ["A published figure", "A month of crime", "A parameter"]


@pytest.mark.parametrize("walk", WALKS)
def test_a_walk_goes_from_neighbour_to_neighbour(walk):
    graph = grimp.build_graph("outcomes", cache_dir=None)
    met: set[str] = set()
    after_file = True
    for step in WALKS[walk]:
        if "/" in step or step.endswith(".toml"):
            assert (tool.ROOT / step).is_file(), step
            after_file = True
            continue
        assert step in MODULES, step
        name = f"outcomes.{step}"
        near = graph.find_modules_directly_imported_by(name)
        near |= graph.find_modules_that_directly_import(name)
        assert after_file or near & met, f"{step} touches no module before it"
        met.add(name)
        package = name.rpartition(".")[0]  # what a sub-package gives, its members give
        met |= {package} if package.count(".") > 1 else set()
        after_file = False


def test_a_published_figure_passes_a_dozen_modules_or_fewer():
    assert (
        sum("/" not in s and s[-5:] != ".toml" for s in WALKS["A published figure"])
        <= 12
    )


def test_the_tool_reads_the_contract():
    assert tool.FLOORS[0] == ["cli"] and tool.FLOORS[-1] == ["core"]
