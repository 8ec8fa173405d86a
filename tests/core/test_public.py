"""Public names: listed by a stub, loaded when first used, and a misspelt one answered."""

import subprocess
import sys

import pytest

import outcomes
from outcomes import methods
from outcomes.core.public import attach


@pytest.fixture
def package(tmp_path, monkeypatch):
    """A package of one module, with a stub that lists one of its two names."""
    folder = tmp_path / "small"
    folder.mkdir()
    (folder / "__init__.py").touch()
    (folder / "__init__.pyi").write_text("from .inner import shown as shown\n")
    (folder / "inner.py").write_text("shown, kept = 1, 2\n")
    monkeypatch.syspath_prepend(tmp_path)
    return attach("small", str(folder / "__init__.py"))


def test_a_name_of_the_stub_is_loaded_and_no_other(package):
    get, names, public = package
    assert names() == public == ["shown"] and get("shown") == 1
    with pytest.raises(AttributeError, match="'small' has no attribute 'kept'"):
        get("kept")


def test_a_misspelt_name_is_answered_and_a_private_one_is_not(package):
    get = package[0]
    with pytest.raises(AttributeError, match=r"'shwn'\. Did you mean 'shown'\?"):
        get("shwn")
    with pytest.raises(AttributeError, match=r"'_shown'\.$"):
        get("_shown")


@pytest.mark.parametrize("room", [outcomes, methods])
def test_every_listed_name_is_there(room):
    assert [name for name in dir(room) if not hasattr(room, name)] == []


def test_a_room_is_light_until_a_name_is_used():
    code = "import sys, outcomes.methods; print('scipy' in sys.modules)"
    said = subprocess.check_output([sys.executable, "-c", code], text=True)
    assert said.strip() == "False"
