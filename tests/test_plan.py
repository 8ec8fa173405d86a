"""The plan: what becomes a page, and what is refused in a sentence."""

import pytest

from notebook_maker import entry, notebook, plan
from outcomes.data.errors import Invalid
from outcomes.publish import plan as plans


@pytest.fixture
def folder(tmp_path):
    notebook(tmp_path / "notebooks/programmes/demo.ipynb")
    notebook(tmp_path / "notebooks/county/other.ipynb")
    return tmp_path


def read(folder, text, **options):
    return plans.read(plan(folder, text), **options)


def test_each_value_of_a_vocabulary_makes_a_page(folder):
    text = entry("sceptre/{wave}", title="Sceptre: {wave}", sweep={"wave": "each sceptre_wave"})
    pages = read(folder, text, choices={"sceptre_wave": ["2023-11", "2024-05"]}.__getitem__).pages
    assert [p.handle for p in pages] == ["sceptre/2023-11", "sceptre/2024-05"]
    assert [p.title for p in pages] == ["Sceptre: November 2023", "Sceptre: May 2024"]
    assert [p.parameters for p in pages] == [{"wave": "2023-11"}, {"wave": "2024-05"}]


def test_two_sweeps_make_every_combination_and_fixed_values_stay(folder):
    sweep = {"area": ["Blackburn with Darwen", "Wyre"], "kind": ["a", "b"]}
    text = entry("x/{area}/{kind}", sweep=sweep, parameters={"level": 2})
    pages = read(folder, text).pages
    handles = ["x/blackburn-with-darwen/a", "x/blackburn-with-darwen/b", "x/wyre/a", "x/wyre/b"]
    assert [p.handle for p in pages] == handles
    assert pages[3].parameters == {"level": 2, "area": "Wyre", "kind": "b"}


def test_titles_say_values_in_words():
    assert plans.words("2023-11-04") == "4 November 2023"
    assert plans.words(["cash", "arrests", "plants"]) == "cash, arrests and plants"
    assert plans.words("anti-social-behaviour") == "anti-social behaviour"
    assert plans.words("Blackburn with Darwen") == "Blackburn with Darwen"
    assert plans.words("2023-13") == "2023-13"


@pytest.mark.parametrize(
    "handle",
    ["../up", "/etc/passwd", "a/../b", "Upper", "a b", "a\\b", "a//b", "a/", "", " ", "a\0b", "é",
     "-a", "a--b", "index", "notebooks/x", "con", "a/nul", "x" * 121],
)  # fmt: skip
def test_a_handle_that_could_leave_its_place_is_refused(folder, handle):
    text = entry(handle.replace("\0", "\\u0000")) if "\0" not in handle else entry("a\0b")
    with pytest.raises(Invalid):
        read(folder, text)


def test_a_value_cannot_smuggle_a_path_into_a_handle(folder):
    pages = read(folder, entry("x/{area}", sweep={"area": ["../../etc/passwd"]})).pages
    assert pages[0].handle == "x/etc-passwd"


@pytest.mark.parametrize(
    ("text", "says"),
    [
        (entry() + entry(), "declared twice"),
        (entry(notbook="x"), "'notebook'"),
        (entry(notebook="programmes/demmo"), "'programmes/demo'"),
        (entry(notebook="../secret"), "not known"),
        (entry(group="programs"), "'programmes'"),
        (entry(schedule="montly"), "'monthly'"),
        (entry("x/{wav}", sweep={"wave": ["2023-11"]}), "'wave'"),
        (entry("x/{a.__class__}", sweep={"a": ["1"]}), "placeholder"),
        (entry("x/{a}", sweep={"a": "all"}), "each"),
        (entry("x/{a}", sweep={"a": []}), "no values"),
        (entry("x/{a}", sweep={"a": ["A", "a"]}), "declared twice"),
        ("[[page]]\nhandle = 'x'\n", "'notebook'"),
        ("[[pages]]\n", "'page'"),
        ("[[page]\n", "not valid TOML"),
        ("page = 3\n", "must be written as [[page]]"),
    ],
)
def test_what_cannot_be_a_page_is_named_with_the_nearest_match(folder, text, says):
    with pytest.raises(Invalid) as error:
        read(folder, text)
    assert says in str(error.value)


def test_a_missing_plan_is_a_sentence(tmp_path):
    with pytest.raises(Invalid, match="does not exist"):
        plans.read(tmp_path / "reports.toml")


def test_select_by_handle_and_by_what_is_beneath(folder):
    areas = entry("area/{a}", sweep={"a": ["north", "south"]})
    found = read(folder, entry("demo") + areas + entry("demo/more"))
    assert [p.handle for p in found.select(["area", "demo"])] == [
        "demo",
        "area/north",
        "area/south",
    ]
    assert [p.handle for p in found.select(["demo"])] == ["demo"]
    assert len(found.select([])) == 4
    with pytest.raises(Invalid, match="'area/north'"):
        found.select(["area/nort"])


def test_limits_are_read_and_what_is_not_given_has_its_default(folder):
    found = read(folder, entry() + "[limits]\nseconds = 60\noutput = 5\n").limits
    assert found == (60, 4096, 5)
    assert read(folder, entry()).limits == (600, 4096, 50)


@pytest.mark.parametrize(
    ("line", "says"),
    [
        ("memory = 0", "memory must be a whole number above 0, not 0"),
        ("seconds = '60'", "seconds must be a whole number above 0, not '60'"),
        ("output = true", "output must be a whole number"),
        ("memori = 1", "Did you mean 'memory'"),
    ],
)
def test_a_limit_that_cannot_be_used_is_refused(folder, line, says):
    with pytest.raises(Invalid, match=says):
        read(folder, f"{entry()}[limits]\n{line}\n")
