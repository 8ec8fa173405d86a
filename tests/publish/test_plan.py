"""The plan: what becomes a page, and what is refused in a sentence."""

from pathlib import Path

import pytest

from notebook_maker import entry, notebook, plan
from outcomes.core.errors import Invalid
from outcomes.publish import parameters
from outcomes.publish import plan as plans


@pytest.fixture
def folder(tmp_path):
    notebook(tmp_path / "notebooks/programmes/demo.ipynb")
    notebook(tmp_path / "notebooks/county/other.ipynb")
    return tmp_path


def read(folder, text, **options):
    return plans.read(plan(folder, text), **options)


def test_each_value_of_a_vocabulary_makes_a_page(folder):
    text = entry(
        "sceptre/{wave}", title="Sceptre: {wave}", sweep={"wave": "each sceptre_wave"}
    )
    pages = read(
        folder, text, choices={"sceptre_wave": ["2023-11", "2024-05"]}.__getitem__
    ).pages
    assert [p.handle for p in pages] == ["sceptre/2023-11", "sceptre/2024-05"]
    assert [p.title for p in pages] == ["Sceptre: November 2023", "Sceptre: May 2024"]
    assert [p.parameters for p in pages] == [{"wave": "2023-11"}, {"wave": "2024-05"}]


def test_two_sweeps_make_every_combination_and_fixed_values_stay(folder):
    sweep = {"area": ["Blackburn with Darwen", "Wyre"], "kind": ["a", "b"]}
    text = entry("x/{area}/{kind}", sweep=sweep, parameters={"level": 2})
    pages = read(folder, text).pages
    handles = [
        "x/blackburn-with-darwen/a",
        "x/blackburn-with-darwen/b",
        "x/wyre/a",
        "x/wyre/b",
    ]
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
    [
        "../up",
        "/etc/passwd",
        "a/../b",
        "Upper",
        "a b",
        "a\\b",
        "a//b",
        "a/",
        "",
        " ",
        "a\0b",
        "é",
        "-a",
        "a--b",
        "index",
        "notebooks/x",
        "con",
        "a/nul",
        "x" * 121,
    ],
)
def test_a_handle_that_could_leave_its_place_is_refused(folder, handle):
    text = (
        entry(handle.replace("\0", "\\u0000")) if "\0" not in handle else entry("a\0b")
    )
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


def test_a_notebook_is_read_once_for_all_pages_of_a_sweep(folder, monkeypatch):
    widths = [n / 10 for n in range(1, 10)]
    text = entry("demo") + entry("demo/{confidence}", sweep={"confidence": widths})
    declares, asked = parameters.declared, []
    monkeypatch.setattr(
        parameters, "declared", lambda file: asked.append(file) or declares(file)
    )
    found = read(folder, text)
    assert [file.name for file in asked] == ["demo.ipynb"]
    asked.clear()
    assert len(found.resolve()) == 10
    assert [file.name for file in asked] == ["demo.ipynb"]


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


@pytest.mark.parametrize(
    ("value", "slug"),
    [
        ("West Lancashire", "west-lancashire"),
        (" Côte d’Azur – 2 ", "cote-dazur-2"),
        (["A b", "c"], "a-b-c"),
        (12, "12"),
        ("日", ""),
    ],
)
def test_a_value_in_a_handle_is_lower_case_words(value, slug):
    assert plans.slug(value) == slug


@pytest.mark.parametrize(
    ("value", "words"),
    [
        ([], ""),
        (["a"], "a"),
        (["2023-11", "2024-05"], "November 2023 and May 2024"),
        ("op_warrior", "op warrior"),
        ("anti_social_behaviour", "anti-social behaviour"),
        ("2023-01-31", "31 January 2023"),
        ("2023-12", "December 2023"),
        ("2023-00", "2023-00"),
        ("Blackburn-with-Darwen", "Blackburn-with-Darwen"),
        ("a-", "a-"),
        (3, "3"),
        ("2023-11-04 x", "2023-11-04 x"),
        ("", ""),
    ],
)
def test_a_value_in_a_title_is_words(value, words):
    assert plans.words(value) == words


def test_what_is_not_said_of_a_page_has_its_default(folder):
    (page,) = read(folder, entry("a/b", title="Demo: a part: of it")).pages
    assert vars(page) == {
        "handle": "a/b",
        "notebook": "programmes/demo",
        "title": "Demo: a part: of it",
        "group": "county",
        "schedule": "monthly",
        "parameters": {},
    }
    assert (page.path, page.label) == ("a/b.html", "a part: of it")
    given = {"group": "districts", "schedule": "on-request"}
    found = read(folder, entry(**given))
    assert (
        vars(found.pages[0]) | given == vars(found.pages[0])
        and found.pages[0].label == "Demo"
    )
    assert found.file == folder / "reports.toml" and found.folder == folder
    assert found.source(found.pages[0]) == folder / "notebooks/programmes/demo.ipynb"
    assert found.main("programmes/demo") == found.pages[0] and found.main("x") is None
    assert read(folder, "").pages == [] and found.notify == []


def test_whoever_is_to_be_told_hears_of_failures_and_changes_unless_said_otherwise(
    folder,
):
    mail = '[notify]\ncommand = ["mail", "x"]\n'
    usual = {"command": ["mail", "x"], "on": ["failure", "change"], "format": "json"}
    assert read(folder, mail).notify == [usual]
    two = mail.replace("[notify]", "[[notify]]")
    two += two.replace('"x"', '"y"') + 'on = ["success"]\nformat = "text"\n'
    other = {"command": ["mail", "y"], "on": ["success"], "format": "text"}
    assert read(folder, two).notify == [usual, other]
    assert read(folder, mail + 'on = ["change"]\n').notify[0]["on"] == ["change"]


def test_notebooks_are_found_by_name_in_order_without_checkpoints(folder):
    notebook(folder / "notebooks/a.ipynb")
    notebook(folder / "notebooks/programmes/.ipynb_checkpoints/demo.ipynb")
    assert list(plans.notebooks(folder).items()) == [
        (n, folder / f"notebooks/{n}.ipynb")
        for n in ("a", "county/other", "programmes/demo")
    ]


def test_pages_are_chosen_by_handle_and_by_schedule(folder):
    text = (
        entry("b")
        + entry("a", schedule="yearly")
        + entry("a/c")
        + entry("a/d", "county/other")
    )
    found = read(folder, text)

    def chosen(*given):
        return [p.handle for p in found.select(*given)]

    assert chosen([]) == chosen([], "") == ["b", "a", "a/c", "a/d"]
    assert chosen([], "yearly") == ["a"] and chosen(["a/c", "b"], "monthly") == [
        "b",
        "a/c",
    ]
    assert chosen(["b", "a"]) == ["b", "a"], (
        "a page of that name comes before what is beneath"
    )
    assert chosen([], "daily") == []
    with pytest.raises(
        Invalid, match=r"^schedule 'weakly' is not known\. Did you mean 'weekly'"
    ):
        chosen([], "weakly")
    with pytest.raises(Invalid, match=r"^handle 'a/e' is not known\."):
        chosen(["a/e"])


def said(folder, text) -> str:
    with pytest.raises(Invalid) as error:
        read(folder, text)
    return str(error.value)


PAGE = "[[page]]\nhandle = 'x'\nnotebook = 'programmes/demo'\n"


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("page = 3", "reports.toml: each page must be written as [[page]]."),
        ("page = [3]", "reports.toml, page 1 must be a table, headed [[page]]."),
        (entry() + PAGE, "reports.toml, page 2 needs 'title', as text."),
        (PAGE + "title = ' '", "reports.toml, page 1 needs 'title', as text."),
        (PAGE + "title = 3", "reports.toml, page 1 needs 'title', as text."),
        (
            PAGE + "title = 'x'\nsweep = 3",
            "reports.toml, page 1: 'parameters' and 'sweep' must be tables of names and values.",
        ),
        (
            PAGE + "title = 'x'\nparameters = 3",
            "reports.toml, page 1: 'parameters' and 'sweep' must be tables of names and values.",
        ),
        (
            PAGE + "title = 'x'\nsweep = {a = 'all'}",
            "reports.toml, page 1: sweep 'a' must be a list or \"each …\", not 'all'.",
        ),
        (
            PAGE + "title = 'x'\nsweep = {a = []}",
            "reports.toml, page 1: sweep 'a' has no values, so it makes no page.",
        ),
        (
            entry("UP"),
            "reports.toml: handle 'UP' is not allowed: use lower-case words and hyphens, with '/' "
            "between parts, up to 120 characters.",
        ),
        (entry("a/con"), "reports.toml: handle 'a/con' uses a name that is reserved."),
        (
            entry() + entry(),
            "reports.toml: handle 'demo' is declared twice; each must be unique.",
        ),
        (
            "[notify]\ncommand = 'mail'",
            "reports.toml: [notify] needs command, as a list of words.",
        ),
        (
            "[notify]\ncommand = [3]",
            "reports.toml: [notify] needs command, as a list of words.",
        ),
        (
            "[notify]\non = []",
            "reports.toml: [notify] needs command, as a list of words.",
        ),
        (
            "[limits]\nmemory = 0",
            "reports.toml, [limits]: memory must be a whole number above 0, not 0.",
        ),
    ],
)
def test_what_is_wrong_with_a_plan_is_said_word_for_word(folder, text, says):
    assert said(folder, text) == says


@pytest.mark.parametrize(
    ("text", "begins"),
    [
        ("[pages]\n", "reports.toml: the heading 'pages' is not known"),
        (entry(titel="x"), "reports.toml, page 1: the key 'titel' is not known"),
        (entry(group="x"), "reports.toml, page 1: group 'x' is not known"),
        (entry(schedule="x"), "reports.toml, page 1: schedule 'x' is not known"),
        (
            entry(audience="public"),
            "reports.toml, page 1: 'audience' is no key: every page",
        ),
        (entry("a/{b}"), "reports.toml, page 1: the placeholder 'b' is not known"),
        (entry(notebook="x"), "reports.toml, demo: the notebook 'x' is not known"),
        ("[limits]\nx = 1", "reports.toml, [limits]: the key 'x' is not known"),
        (
            "[notify]\ncommand = ['a']\nx = 1",
            "reports.toml, [notify]: the key 'x' is not known",
        ),
        (
            "[notify]\ncommand = ['a']\non = ['x']",
            "reports.toml, [notify]: on 'x' is not known",
        ),
        ("[[page]\n", "reports.toml is not valid TOML: "),
    ],
)
def test_what_is_not_known_in_a_plan_is_said_with_its_place(folder, text, begins):
    assert said(folder, text).startswith(begins)


def test_a_plan_that_is_not_there_or_not_text_is_said(folder):
    missing = folder / "gone.toml"
    with pytest.raises(Invalid) as error:
        plans.read(missing)
    said = f"plan {str(missing)!r} does not exist; give the plan's path with --plan."
    assert str(error.value) == said
    (folder / "reports.toml").write_bytes(b"\xff")
    with pytest.raises(Invalid, match=r"^reports\.toml is not valid TOML: "):
        plans.read(folder / "reports.toml")


def test_a_sweep_asks_the_data_for_its_values(folder):
    text = entry("x/{a}", sweep={"a": "each  district"})
    assert len(read(folder, text).pages) == 14
    asked = []
    read(folder, text, choices=lambda name: asked.append(name) or ("a",))
    assert asked == ["district"]


def test_a_value_that_the_page_above_asks_for_anyhow_leads_there(folder):
    sweep = {"wave": ["2023-11", "2024-05"]}
    found = read(folder, entry() + entry("demo/{wave}", sweep=sweep))
    assert [p.handle for p in found.pages] == ["demo", "demo/2024-05"]
    assert found.moved == {"demo/2023-11": "demo"}


@pytest.mark.parametrize(
    ("vocabulary", "moved"),
    [("sceptre_wave", {"demo/2024-05": "demo"}), ("month", {})],
)
def test_where_nothing_asks_for_the_latest_that_leads_above(folder, vocabulary, moved):
    book = folder / "notebooks/programmes/demo.ipynb"
    text, usual = book.read_text(encoding="utf-8"), r"\"2023-11\"  # month"
    assert text.count(usual) == 1
    empty = text.replace(usual, rf"\"\"  # {vocabulary}")
    book.write_text(empty, encoding="utf-8")
    sweep = {"wave": ["2023-11", "2024-05"]}
    found = read(folder, entry() + entry("demo/{wave}", sweep=sweep))
    assert found.moved == moved


def test_what_was_a_page_once_leads_on_as_the_plan_says(folder):
    text = entry() + "[moved]\n'old/page' = 'demo'\n"
    assert read(folder, text).moved == {"old/page": "demo"}


@pytest.mark.parametrize(
    ("moved", "says"),
    [
        ("moved = 3", "reports.toml: moved must be a table, headed [moved]."),
        ("[moved]\ndemo = 'demo'", "[moved]: 'demo' is a page, so it has not moved."),
        ("[moved]\nold = 'dema'", "[moved]: the handle 'dema' is not known."),
        ("[moved]\nold = 3", "[moved]: the handle 3 is not known."),
        ("[moved]\n'../old' = 'demo'", "handle '../old' is not allowed"),
    ],
)
def test_what_cannot_lead_on_is_refused(folder, moved, says):
    text = f"{moved}\n{entry()}" if "=" in moved[:9] else f"{entry()}{moved}\n"
    assert says in said(folder, text)


def test_no_address_that_was_ever_listed_leads_nowhere():
    """What ``outcomes list`` has printed stays an address: a page, or what leads on to one."""
    root = Path(__file__).parents[2]
    listed = (root / "tests/publish/addresses.txt").read_text("utf-8").split()
    found = plans.read(root / "reports.toml")
    there = {page.handle for page in found.pages} | found.moved.keys()
    gone = set(listed) - there
    assert not gone, f"lead them on by [moved] in reports.toml: {sorted(gone)}"
    new = there - set(listed)
    assert not new, f"add them to tests/publish/addresses.txt: {sorted(new)}"
