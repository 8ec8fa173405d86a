"""Parameters: read without running anything, and refused before a kernel starts."""

import json

import pytest

from notebook_maker import notebook
from outcomes.core.errors import Invalid, one_of
from outcomes.data import vocabularies
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

    def check(name, value, *, parameter, listed):
        for one in value if isinstance(value, list) else [value]:
            if name in allowed:
                one_of(one, allowed[name], parameter)
        return value

    monkeypatch.setattr(vocabularies, "check", check)
    return p.declared(notebook(tmp_path / "demo.ipynb", parameters=CELL))


def test_defaults_vocabularies_and_explanations_are_read(known):
    assert list(known) == [
        "wave",
        "confidence",
        "measures",
        "months",
        "per_head",
        "as_of",
    ]
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
    made = p.check(
        {"confidence": 1, "months": 6.0, "measures": ["cash"]}, known, where="demo"
    )
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
    says = "demo.ipynb: (its parameters cell is not valid|line 1 of its parameters cell must read)"
    with pytest.raises(Invalid, match=says):
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
    with pytest.raises(Invalid, match=r"demo\.ipynb has 2 cells"):
        p.declared(path)
    path.write_text("{}")
    with pytest.raises(Invalid, match="not a notebook"):
        p.declared(path)
    with pytest.raises(Invalid, match=r"none\.ipynb' does not exist"):
        p.declared(tmp_path / "none.ipynb")


def test_assignments_of_the_command_line():
    assert p.assignments(["wave=2023-11", "note = a=b"]) == {
        "wave": "2023-11",
        "note": "a=b",
    }
    for bad in ("wave", "=x", "a b=1"):
        with pytest.raises(
            Invalid, match=f"-p '{bad}' is not understood; write it as -p name="
        ):
            p.assignments([bad])
    with pytest.raises(Invalid, match="-p 'a' is given twice"):
        p.assignments(["a=1", "a =2"])


def test_a_cell_may_be_a_list_of_lines_and_carry_no_metadata():
    assert p.source({"source": ["x = 1\n", "y = 2"]}) == "x = 1\ny = 2"
    assert p.source({"source": "x = 1"}) == "x = 1"


def test_a_notebook_is_read_as_utf_8_whatever_the_locale(tmp_path, monkeypatch):
    path = notebook(tmp_path / "demo.ipynb", parameters='area = "é"  # : why: twice')
    path.write_text(path.read_text("utf-8").replace("\\u00e9", "é"), encoding="utf-8")
    content = json.loads(path.read_text(encoding="utf-8"))
    del content["cells"][0]["metadata"]
    path.write_text(json.dumps(content, ensure_ascii=False), encoding="utf-8")
    assert p.declared(path) == {"area": p.Parameter("area", "é", "", "why: twice")}


def test_lists_are_typed_by_their_first_item():
    known = {
        n: p.Parameter(n, d)
        for n, d in (("ns", [1, 0.5]), ("none", []), ("yes", [True]))
    }
    assert p.check({"ns": "3,4"}, known, where="x") == {"ns": [3, 4]}
    assert p.check({"ns": 5}, known, where="x") == {"ns": [5]}
    assert p.check({"ns": (5, 6)}, known, where="x") == {"ns": [5, 6]}
    assert p.check({"none": "a,b"}, known, where="x") == {"none": ["a", "b"]}
    assert p.check({"yes": [True, "no"]}, known, where="x") == {"yes": [True, False]}
    with pytest.raises(
        Invalid, match="x: parameter 'none' must be text, like '', not 2"
    ):
        p.check({"none": [2]}, known, where="x")


def test_the_data_room_is_asked_by_the_parameters_name():
    known = {"wave": p.Parameter("wave", "2023-11", "sceptre_wave", "x")}
    with pytest.raises(Invalid, match="demo: wave '1999-01'"):
        p.check({"wave": "1999-01"}, known, where="demo")
