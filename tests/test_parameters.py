"""Parameters: read without running anything, and refused before a kernel starts."""

import json

import pytest

from notebook_maker import notebook
from outcomes.data import choices
from outcomes.data.errors import Invalid, one_of
from outcomes.publish import parameters as p

CELL = """\
wave = "2023-11"  # sceptre_wave: the week of action, by its month
confidence = 0.95  # probability: how wide the intervals are
measures = [  # ignored: only the last line's comment speaks
    "arrests",
    "cash",
]  # op_warrior_measure: what is counted
months = 12
per_head = True  # yes_no: per resident
as_of = ""  # date: figures published by this day
"""


@pytest.fixture
def known(tmp_path, monkeypatch):
    allowed = {
        "sceptre_wave": ["2023-11", "2024-05"],
        "op_warrior_measure": ["arrests", "cash", "cannabis_plants"],
    }

    def check(name, value, *, parameter):
        for one in value if isinstance(value, list) else [value]:
            if name in allowed:
                one_of(one, allowed[name], parameter)
        return value

    monkeypatch.setattr(choices, "check", check)
    return p.declared(notebook(tmp_path / "demo.ipynb", parameters=CELL))


def test_defaults_vocabularies_and_explanations_are_read(known):
    assert list(known) == ["wave", "confidence", "measures", "months", "per_head", "as_of"]
    assert known["wave"] == p.Parameter(
        "wave", "2023-11", "sceptre_wave", "the week of action, by its month"
    )
    assert known["measures"].default == ["arrests", "cash"]
    assert known["measures"].vocabulary == "op_warrior_measure"
    assert known["months"].vocabulary == ""


def test_text_from_a_command_line_takes_the_type_of_the_default(known):
    given = {
        "wave": "2024-05",
        "confidence": "0.9",
        "measures": "cash, arrests",
        "months": "24",
        "per_head": "no",
        "as_of": "",
    }
    assert p.check(given, known, where="demo") == {
        "wave": "2024-05",
        "confidence": 0.9,
        "measures": ["cash", "arrests"],
        "months": 24,
        "per_head": False,
        "as_of": "",
    }


def test_values_from_a_plan_keep_their_type(known):
    made = p.check({"confidence": 1, "months": 6.0, "measures": ["cash"]}, known, where="demo")
    assert made == {"confidence": 1.0, "months": 6, "measures": ["cash"]}
    assert type(made["confidence"]) is float
    assert type(made["months"]) is int


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ({"mesures": "arrests"}, "'measures'"),
        ({"measures": "arrests,cahs"}, "'cash'"),
        ({"wave": "2023-12"}, "Did you mean '2023-11'"),
        ({"confidence": "wide"}, "a number"),
        ({"confidence": "nan"}, "a number"),
        ({"confidence": "1e999"}, "a number"),
        ({"months": "1.5"}, "a whole number"),
        ({"months": 1.5}, "a whole number"),
        ({"months": True}, "a whole number"),
        ({"per_head": "perhaps"}, "yes or no"),
        ({"wave": 2023}, "text"),
        ({"wave": "2023\x00"}, "text"),
        ({"wave": ["2023-11"]}, "text"),
        ({"measures": [["cash"]]}, "text"),
    ],
)
def test_what_cannot_be_used_is_said_with_the_nearest_match(known, given, says):
    with pytest.raises(Invalid) as error:
        p.check(given, known, where="demo")
    assert says in str(error.value)
    assert str(error.value).startswith("demo: ")


@pytest.mark.parametrize(
    "cell",
    [
        "import os",
        "wave = open('x')",
        "wave, other = 1, 2",
        "wave = other = 1",
        "wave = (",
        "wave += 1",
        "wave = __import__('os').system('true')",
    ],
)
def test_a_parameters_cell_holds_plain_values_only(tmp_path, cell):
    with pytest.raises(Invalid):
        p.declared(notebook(tmp_path / "demo.ipynb", parameters=cell))


def test_a_notebook_without_parameters_takes_none(tmp_path):
    known = p.declared(notebook(tmp_path / "demo.ipynb", parameters=None))
    assert known == {}
    with pytest.raises(Invalid, match="no parameters"):
        p.check({"wave": "2023-11"}, known, where="demo")


def test_two_tagged_cells_or_no_notebook_at_all_are_refused(tmp_path):
    path = notebook(tmp_path / "demo.ipynb")
    content = json.loads(path.read_text(encoding="utf-8"))
    content["cells"].insert(3, content["cells"][2])
    path.write_text(json.dumps(content))
    with pytest.raises(Invalid, match="2 cells"):
        p.declared(path)
    path.write_text("{}")
    with pytest.raises(Invalid, match="not a notebook"):
        p.declared(path)
    with pytest.raises(Invalid, match="does not exist"):
        p.declared(tmp_path / "none.ipynb")


def test_assignments_of_the_command_line():
    assert p.assignments(["wave=2023-11", "note = a=b"]) == {"wave": "2023-11", "note": "a=b"}
    for bad in (["wave"], ["=x"], ["a b=1"], ["a=1", "a=2"]):
        with pytest.raises(Invalid):
            p.assignments(bad)
