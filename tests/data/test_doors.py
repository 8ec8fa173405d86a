"""Every public function of the data room answers a wrong argument in one sentence."""

import inspect
import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import outcomes as oc
from outcomes import data
from outcomes.core.errors import Invalid
from outcomes.data import doors
from outcomes.publish import parameters

ROOT = Path(__file__).parents[2]
FREE = {  # what takes nothing, or text of any kind that no table holds
    *(
        "Invalid",
        "NotEnough",
        "check_parameters",
        "cut",
        "digest",
        "reads",
        "root",
        "whole",
    )
}
GIVEN = {  # what a function cannot be called without
    "oc.as_of": {"day": "2024-01-01"},
    "oc.crime_panels": {"outcomes": "burglary", "force": "lancashire"},
    "oc.latest_choice": {"name": "crime_year", "value": ""},
    "oc.latest_per_fact": {"figures": oc.published_figures(programme="fraud")},
    "oc.series": {"name": "trafficking"},
    "oc.source": {"table": "forces"},
    "oc.street_crime": {"by": "district", "force": "Lancashire"},
    "oc.suppress": {"frame": pd.DataFrame({"n": [3]}), "column": "n"},
    "oc.weeks_of_action": {"programme": "op_sceptre"},
    "read": {"table": "forces"},
}
WRONG = [
    "nothing of this name",
    2020,
    0.5,
    True,
    None,
    "",
    [],
    [None],
    [[]],
    {},
    object(),
    ["Preston", 3],
    float("nan"),
    pd.DataFrame({"n": [1]}),
    b"x",
    "yes",
]
FORMS = {"what": "a name", "names": "a name or a list of names"}


def public() -> dict[str, object]:
    offered = {name: getattr(data, name) for name in data.__all__ if name not in FREE}
    functions = {name: f for name, f in offered.items() if inspect.isfunction(f)}
    named = {f"oc.{name}": getattr(oc, name) for name in oc.__all__}
    return (
        functions
        | {
            name: f
            for name, f in named.items()
            if inspect.isfunction(f)
            and f.__module__.startswith("outcomes.data.")
            and name.removeprefix("oc.") not in FREE
        }
        | {
            "oc.describe": oc.describe,
            "oc.help": oc.help,
        }
    )


def kind_of(function, argument: str):
    """The kind of an argument, where the door looks at it."""
    if not hasattr(function, "__wrapped__"):
        return None
    return doors.kinds_of(function).get(argument)


PUBLIC = public()
CASES = [
    (name, argument)
    for name, function in PUBLIC.items()
    for argument, one in inspect.signature(function).parameters.items()
    if one.kind is not inspect.Parameter.VAR_KEYWORD
]


@pytest.fixture(autouse=True)
def today():
    yield
    oc.as_of("")


def test_every_function_of_the_room_has_a_door():
    """One added without @door would answer a wrong word with a traceback or an empty table."""
    without = [name for name, f in PUBLIC.items() if not hasattr(f, "__wrapped__")]
    assert without == []


@pytest.mark.parametrize("name, argument", CASES, ids=[f"{n}-{a}" for n, a in CASES])
@pytest.mark.parametrize("wrong", range(len(WRONG)), ids=lambda i: repr(WRONG[i])[:12])
def test_a_wrong_value_is_answered_in_a_sentence(name, argument, wrong):
    function, value = PUBLIC[name], WRONG[wrong]
    one = inspect.signature(function).parameters[argument]
    kind = kind_of(function, argument)
    default = (
        one.default if one.default is not inspect.Parameter.empty else NotImplemented
    )
    if value is None and default is None:
        return  # None is what it means to leave it out
    given = GIVEN.get(name, {}) | {argument: value}
    try:
        made = function(**given)
    except Invalid as error:
        said = str(error)
        assert (
            said.endswith((".", "?")) and "Traceback" not in said and len(said) < 6000
        )
        return
    # What was taken must be of the kind that the argument says, and bring something.
    assert kind is None or value is default or kind.fits(value), f"{value!r} was taken"
    assert (
        not isinstance(made, pd.DataFrame) or len(made) or not isinstance(value, str)
    ), value


@pytest.mark.parametrize("name", [n for n in PUBLIC if n not in ("read", "oc.source")])
def test_a_misspelt_keyword_is_answered_with_the_nearest(name):
    takes = inspect.signature(PUBLIC[name]).parameters
    word = next(iter(takes), "x")
    with pytest.raises(
        Invalid, match=rf"takes no '{word}s'\. Did you mean '{word}'|takes nothing"
    ):
        PUBLIC[name](**{f"{word}s": "x"})


@pytest.mark.parametrize(
    "call, said",
    [
        (
            lambda: oc.street_crime("force", force="Kent", year=2030),
            "the years held are 20",
        ),
        (
            lambda: oc.street_crime("force", force="Kent", year="2024-01"),
            "is not a year written YYYY",
        ),
        (lambda: oc.street_crime(None, force="Kent"), "by None is not a name"),
        (lambda: oc.street_crime(123, force="Kent"), "by 123 is not a name"),
        (
            lambda: oc.published_figures(dated="yes"),
            "dated 'yes' is not True or False. Did you mean True",
        ),
        (
            lambda: oc.published_figures(program="op_warrior"),
            "Did you mean 'programme'",
        ),
        (lambda: oc.places(["district"]), "is a list; places takes a name"),
        (lambda: oc.drug_deaths("Blackpol"), "Did you mean 'Blackpool'"),
        (
            lambda: data.read("figures", programme="op_warior"),
            "Did you mean 'op_warrior'",
        ),
        (lambda: data.read("crime_quarterly", quarter="2020"), "holds days written"),
        (lambda: oc.programmes("op_warrior"), r"takes nothing; write programmes\(\)"),
        (lambda: oc.crime_panels("burglary"), "It needs outcomes, force"),
    ],
)
def test_what_was_silent_or_broke_is_said(call, said):
    with pytest.raises(Invalid, match=said):
        call()


@pytest.mark.parametrize(
    "call, said",
    [
        (lambda: oc.as_of("0001-01-01"), "is not a day"),  # pandas reads 2001
        (
            lambda: oc.street_crime("neighbourhood", force="Cumbria"),
            "has no row of 'cumbria'; it holds lanc",
        ),
        (
            lambda: oc.crime_panels("burglary", force="Cumbria"),
            "has no row of 'cumbria'",
        ),
        (lambda: oc.neighbourhoods("Carlisle"), "No neighbourhood of Carlisle"),
        (
            lambda: oc.neighbourhoods("Preston", force="Leicestershire"),
            "No neighbourhood of Preston",
        ),
        (lambda: oc.population(year=pd.Period("2025", "Y")), "is not a year"),
        (lambda: data.read("figures", programme=[]), "programme is an empty list"),
        (
            lambda: data.read("coverage", force=["lancashire", "zz"]),
            "force 'zz' is not known",
        ),
        (
            lambda: data.read("coverage", force=True),
            "force cannot be True: it holds text",
        ),
        (lambda: data.read("coverage", month="2024"), "it holds days written"),
        (lambda: data.read("coverage", month=2024), "it holds days written"),
        (
            lambda: data.read("coverage", month="2035-01-01"),
            "month has no '2035-01-01': it holds",
        ),
        (lambda: data.read("crime_annual", n=-1), "n has no -1: it holds 0 to"),
        (
            lambda: oc.source("crime_quarterly", force="lancashir"),
            "Did you mean 'lancashire'",
        ),
        (lambda: data.digest("figures", ["x"]), "Filters are written"),
        (
            lambda: oc.suppress(pd.DataFrame({"n": ["p", 9]}), "n"),
            "not counts of people",
        ),
        (
            lambda: oc.check_parameters(crime_type=[]),
            "crime_type is an empty list",
        ),
        (lambda: oc.published_figures("op_warrior"), "Give each by its name"),
    ],
)
def test_what_was_still_silent_or_broke_is_said(call, said):
    with pytest.raises(Invalid, match=said):
        call()


@pytest.mark.parametrize(
    "given",
    [
        pd.Period("2024-01", "M"),
        pd.Timestamp("2024-01-01", tz="UTC"),
        np.datetime64("2024-01"),
    ],
)
def test_a_month_may_be_given_in_any_plain_form(given):
    day = given.tz_localize(None) if isinstance(given, pd.Timestamp) else given
    held = data.read("coverage", month=day, force=np.array(["lancashire"]))
    assert held["month"].tolist() == [pd.Timestamp("2024-01-01")]
    oc.check_parameters(positive=np.int64(3), yes_no=np.bool_(True), sceptre_force=[])


def test_columns_may_be_given_in_any_plain_form():
    for columns in ("force", ["force"], pd.Index(["force"]), ["force", "force"]):
        frame = data.read("coverage", columns)
        assert (
            list(frame) == ["force"] and " months" in frame.attrs["sources"][0]["title"]
        )


def test_an_editor_offers_the_keywords_of_figures():
    takes = inspect.signature(oc.published_figures)
    assert "programme" in takes.parameters and "str" in str(takes)


def test_a_page_as_of_an_early_day_may_ask_for_what_was_not_out():
    oc.as_of("2012-01-01")
    assert oc.recorded_crime(force="Lancashire").empty


NOTEBOOKS = [
    path
    for path in sorted(ROOT.glob("notebooks/*/*.ipynb"))
    if path.parent.name not in ("learn", "explore")
]


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda p: p.stem)
def test_a_notebook_refuses_a_list_for_one_value_and_one_value_for_a_list(path):
    """papermill sets a parameter to whatever it is given: the set-up cell must know its shape."""
    cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
    code = ["".join(c["source"]) for c in cells if c["cell_type"] == "code"]
    asked, setup = (
        code[0],
        next(c for c in code if "oc.check_parameters(" in c),
    )
    for name, one in parameters.declared(path).items():
        other = one.default[0] if isinstance(one.default, list) else [one.default]
        names: dict = {}
        exec(asked, names)
        names[name] = other
        with pytest.raises(Invalid, match=r"list|'L' is not known"):
            exec(setup, names)
