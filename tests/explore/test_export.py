"""What is carried out and in: a page, a table and a picture, an analyst's own figures."""

import os
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pandas as pd
import pytest

from outcomes.core.errors import Invalid
from outcomes.data import tables
from outcomes.explore import export, queries, questions
from outcomes.explore.findings import answer
from outcomes.explore.queries import Question
from outcomes.publish.parameters import check, declared

ROOT = Path(__file__).parents[2]


def asked(**wish) -> Question:
    return questions.settle(wish).question


def found(**wish):
    return answer(asked(**wish))


ASKED = [
    {"programme": "street_crime", "measure": "burglary", "areas": ("Preston", "Wyre")},
    {
        "programme": "street_crime",
        "areas": ("Lancashire", "Fleetwood"),
        "start": "2021",
    },
    {"programme": "recorded_crime", "measure": "robbery", "areas": ("Kent",)},
    {"programme": "recorded_crime", "chart": questions.SIDE, "start": "2020"},
    {
        "programme": "recorded_crime",
        "unit": questions.RATE,
        "comparison": questions.OTHERS,
    },
    {"programme": "op_warrior", "measure": "arrests", "chart": questions.ALLOWED},
    {"programme": "knife_crime"},
]


@pytest.mark.parametrize("wish", ASKED)
def test_a_page_asks_the_whole_question(wish):
    """Every part of it is in the entry, and the notebook settles on the same question again."""
    question = asked(**wish)
    (entry,) = tomllib.loads(export.page(question, 'Any: "quoted" ünï'))["page"]
    known = declared(ROOT / f"notebooks/{entry['notebook']}.ipynb")
    given = check(entry["parameters"], known, where="explore")
    assert questions.exactly(given) == question
    assert set(known) == set(questions.LABELS)


def test_every_programme_can_become_a_page():
    for option in questions.settle({}).options["programme"]:
        question = asked(programme=option.value)
        (entry,) = tomllib.loads(export.page(question))["page"]
        assert questions.exactly(entry["parameters"]) == question


def test_questions_that_differ_make_pages_of_different_names():
    names = [export.name_of(asked(**wish)) for wish in ASKED]
    assert len({*names}) == len(names)


def test_an_entry_that_cannot_be_built_leaves_the_plan_as_it_is(tmp_path):
    plan = tmp_path / "reports.toml"
    (tmp_path / "notebooks").symlink_to(ROOT / "notebooks")
    plan.write_text("# mine\n", encoding="utf-8")
    entry = export.page(asked(programme="op_warrior", measure="arrests"))
    with pytest.raises(Invalid, match="Did you mean 'arrests'"):
        export.add_page(entry.replace('"arrests"', '"arests"'), plan)
    assert plan.read_text(encoding="utf-8") == "# mine\n"
    assert "outcomes build explore/arrests-in-lancashire-over-time" in export.add_page(
        entry, plan
    )
    assert plan.read_text(encoding="utf-8") == f"# mine\n\n{entry}"
    assert [p.name for p in tmp_path.iterdir() if p.is_file()] == ["reports.toml"]


@pytest.mark.parametrize("wish", [{"programme": "op_warrior"}, ASKED[0], ASKED[3]])
def test_an_export_sorts_and_holds_what_it_takes_to_check_it(wish, tmp_path):
    question = asked(**wish)
    one = answer(question)
    csv, svg = export.export(one, question, tmp_path / "exports")
    rows = pd.read_csv(csv)
    for column in ("period_start", "period_end", "exported"):
        assert rows[column].dropna().str.fullmatch(r"\d{4}-\d\d-\d\d").all()
    if question.about_crime:
        rate = 1e5 * rows["count"] / rows["residents"]
        assert (rows["per_100000_residents"] - rate).abs().max() < 0.006
        assert rows[["source", "address"]].notna().all(axis=None)
        assert set(question.areas) <= set(rows["place"])
    else:
        assert rows[["publisher", "address", "value"]].notna().all(axis=None)
    drawn = svg.read_text(encoding="utf-8")
    assert re.findall(">([^<]+)<", drawn) == re.findall(">([^<]+)<", one.svg)


def test_an_export_holds_the_rows_of_the_figure_that_was_chosen():
    wish = {"programme": "op_warrior", "measure": "arrests", "chart": questions.SOURCES}
    fact = questions.settle(wish).options["fact"][1].value
    question = asked(**wish, fact=fact)
    one = answer(question)
    held = export.rows(question, one)
    assert len(held) == one.facts["value"] < len(export.rows(asked(**wish), one))
    assert set(held["address"]) == set(one.frame["address"])


def test_an_export_of_what_figures_allow_holds_the_places_within():
    question = asked(programme="op_warrior", measure="arrests", chart=questions.ALLOWED)
    rows = export.rows(question, answer(question))
    whole = queries.figures_with_parts(question).dropna(
        subset=["period_start", "period_end"]
    )
    assert sorted(rows["place"]) == sorted(whole["area"])
    assert rows["place"].nunique() > 1


def test_no_export_is_written_over_that_of_another_question(tmp_path):
    robbery = {"programme": "recorded_crime", "measure": "robbery"}
    four = ("Avon and Somerset", "Devon and Cornwall", "Greater Manchester", "Kent")
    wishes = [
        *ASKED,
        robbery | {"start": "2015", "end": "2019"},
        robbery | {"start": "2020", "end": "2024"},
        robbery | {"unit": questions.RATE},
        robbery | {"by": "quarter"},
        robbery | {"areas": ("Lancashire", "Kent")},
        robbery | {"areas": four, "by": "quarter", "unit": questions.RATE},
        robbery | {"areas": four, "by": "quarter", "unit": questions.MONTHLY},
    ]
    made = [export.files(answer(q := asked(**wish)), q) for wish in wishes]
    names = [name for files in made for name in files]
    assert len(set(names)) == len(names)
    assert max(map(len, names)) < 140


def own(**change) -> bytes:
    rows = pd.read_csv(
        ROOT / "data/published/figures.csv", dtype=str, keep_default_na=False
    )
    new = {"source_url": "https://example.org/own", "value": "777"}
    new |= {"period_start": "2025-04-01", "period_end": "2025-06-30"}
    both = pd.concat([rows.head(1), rows.head(1).assign(**new | change)])
    return both.to_csv(index=False).encode()


def test_own_figures_appear_for_the_session_and_the_register_stays(monkeypatch):
    monkeypatch.setenv("OUTCOMES_DATA", str(tables.root()))
    before = (ROOT / "data/published/figures.csv").read_bytes()
    wish = {"programme": "op_warrior", "measure": "arrests"}
    assert "777" not in found(**wish).sentence
    said = export.own_figures(own())
    assert (
        said.startswith("1 figure of your own is") and "1 stood in the register" in said
    )
    assert "777 for April 2025 to June 2025" in found(**wish).sentence
    assert (ROOT / "data/published/figures.csv").read_bytes() == before


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"value": "7 77"}, "row 3, column value: '7 77' is not a plain number"),
        ({"measure": "arests"}, "did you mean 'arrests'"),
        ({"unit": "kg"}, "is not 'count', the unit of its measure"),
        ({"value": "-5"}, "out of range"),
        ({"published_date": "2099"}, "lies in the future"),
    ],
)
def test_own_figures_that_the_checks_refuse_do_not_appear(monkeypatch, change, said):
    monkeypatch.setenv("OUTCOMES_DATA", str(ROOT / "data"))
    with pytest.raises(Invalid, match=said):
        export.own_figures(own(**change))
    assert tables.root() == ROOT / "data"


def test_tables_with_own_figures_are_gone_when_the_session_ends(tmp_path):
    """Each file sent is a copy of all tables: none stays, whether the checks took it or not."""
    sent = [own(), own(value="888"), own(value="7 77")]
    for at, content in enumerate(sent):
        (tmp_path / f"{at}.csv").write_bytes(content)
    (temporary := tmp_path / "temporary").mkdir()
    session = """
import sys
from contextlib import suppress
from pathlib import Path
from outcomes.core.errors import Invalid
from outcomes.explore import export
for file in sorted(Path(sys.argv[1]).glob("*.csv")):
    with suppress(Invalid):
        export.own_figures(file.read_bytes())
print(len(list((Path(sys.argv[1]) / "temporary").iterdir())))
"""
    ran = subprocess.run(
        [sys.executable, "-c", session, str(tmp_path)],
        env=os.environ | {"TMPDIR": str(temporary)},
        capture_output=True,
        text=True,
        check=True,
    )
    assert ran.stdout == "2\n" and list(temporary.iterdir()) == []


def test_a_file_that_is_no_register_is_refused(monkeypatch):
    monkeypatch.setenv("OUTCOMES_DATA", str(ROOT / "data"))
    for content in (b"a,b\n1,2\n", b"\xff\xfe\x00", b""):
        with pytest.raises(Invalid):
            export.own_figures(content)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (
            b"",
            r"my figures\.csv cannot be read as CSV: No columns to parse from file\.",
        ),
        (
            own() + b"x," * 20,
            r"my figures\.csv cannot be read as CSV: Error tokenizing",
        ),
        (b"a,b\n1,2\n", r"my figures\.csv must have the columns programme, "),
        (b"\xff\xfe\x00", r"my figures\.csv is not text as CSV holds it"),
    ],
)
def test_a_file_that_cannot_be_read_is_called_by_its_name(monkeypatch, content, said):
    """Git does not know the analyst's file: no cure by it is named, nor a folder they never saw."""
    monkeypatch.setenv("OUTCOMES_DATA", str(ROOT / "data"))
    with pytest.raises(Invalid, match=rf"^{said}") as told:
        export.own_figures(content, "my figures.csv")
    assert "git" not in str(told.value) and "outcomes-" not in str(told.value)
