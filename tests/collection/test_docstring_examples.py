"""Every example in a docstring of the library runs and gives what it shows."""

import doctest
import importlib
import pkgutil
import re
from inspect import getsource

import pytest

import outcomes

MODULES = [
    name
    for _, name, _ in pkgutil.walk_packages(outcomes.__path__, "outcomes.")
    if not name.endswith("__main__")
]
FLAGS = doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE


def examples(module) -> list[doctest.DocTest]:
    return [t for t in doctest.DocTestFinder().find(module) if t.examples]


@pytest.mark.parametrize("name", MODULES)
def test_examples_give_what_they_show(name):
    module = importlib.import_module(name)
    said: list[str] = []
    runner = doctest.DocTestRunner(optionflags=FLAGS)
    for test in examples(module):
        runner.run(test, out=said.append)
    assert runner.summarize(verbose=False).failed == 0, "".join(said)


@pytest.mark.parametrize("name", MODULES)
def test_no_example_is_passed_over(name):
    module = importlib.import_module(name)
    written = len(re.findall(r"(?m)^\s*>>> ", getsource(module)))
    assert sum(len(test.examples) for test in examples(module)) == written
