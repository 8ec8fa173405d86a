"""What is carried out and in: a page, a table and a picture, an analyst's own figures."""

import re
import tomllib
from pathlib import Path

import pandas as pd
import pytest

from outcomes.core.errors import Invalid
from outcomes.data import tables
from outcomes.explore import export, questions
from outcomes.explore.findings import answer
from outcomes.explore.queries import Question
from outcomes.publish.parameters import check, declared

ROOT = Path(__file__).parents[2]


def asked(**wish) -> Question:
    return questions.settle(wish).question


def found(**wish):
    return answer(asked(**wish))


def test_a_page_names_the_notebook_and_the_parameters_that_can_be_built(tmp_path):
    question = asked(
        programme="op_warrior",
        measure="cash_seized",
        chart=questions.ALLOWED,
        by="quarter",
    )
    entry = tomllib.loads(export.page(question))["page"][0]
    assert entry["parameters"] == {
        "measures": ["cash_seized"],
        "period_unit": "quarter",
    }
    for programme in export.REPORTS:
        question = asked(programme=programme)
        entry = tomllib.loads(export.page(question, 'Any: "quoted" ünï'))["page"][0]
        known = declared(ROOT / f"notebooks/{entry['notebook']}.ipynb")
        given = entry.get("parameters", {})
        assert check(given, known, where=programme) == given
    with pytest.raises(Invalid, match="No report"):
        export.page(asked(programme="knife_crime"))


def test_what_a_page_leaves_out_is_said():
    robbery = {"programme": "recorded_crime", "measure": "robbery"}
    assert export.left_out(asked(**robbery)) == ""
    kent = asked(**robbery, areas=("Kent",), start="2015")
    said = "The report cannot be asked for places Kent and from 2015"
    assert export.left_out(kent).startswith(said)
    preston = asked(programme="street_crime", measure="burglary", areas=("Preston",))
    assert "measure burglary" in export.left_out(preston)
    assert "Preston" not in export.left_out(preston)
    two = asked(programme="street_crime", areas=("Preston", "Wyre"))
    assert "places Wyre" in export.left_out(two)


def test_an_entry_that_cannot_be_built_leaves_the_plan_as_it_is(tmp_path):
    plan = tmp_path / "reports.toml"
    (tmp_path / "notebooks").symlink_to(ROOT / "notebooks")
    plan.write_text("# mine\n", encoding="utf-8")
    entry = export.page(asked(programme="op_warrior", measure="arrests"))
    with pytest.raises(Invalid, match="Did you mean 'arrests'"):
        export.add_page(entry.replace('["arrests"]', '["arests"]'), plan)
    assert plan.read_text(encoding="utf-8") == "# mine\n"
    assert "outcomes build op-warrior/arrests" in export.add_page(entry, plan)
    assert plan.read_text(encoding="utf-8") == f"# mine\n\n{entry}"
    assert [p.name for p in tmp_path.iterdir() if p.is_file()] == ["reports.toml"]


def test_export_writes_the_table_and_the_picture(tmp_path):
    question = asked(programme="op_warrior", measure="arrests")
    one = answer(question)
    csv, svg = export.export(one, question, tmp_path / "exports")
    assert len(pd.read_csv(csv)) == len(one.frame)
    drawn = svg.read_text(encoding="utf-8")  # a layout settles in its last decimals
    assert re.sub(r"\.\d+", "", drawn) == re.sub(r"\.\d+", "", one.svg)


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


def test_a_file_that_is_no_register_is_refused(monkeypatch):
    monkeypatch.setenv("OUTCOMES_DATA", str(ROOT / "data"))
    for content in (b"a,b\n1,2\n", b"\xff\xfe\x00", b""):
        with pytest.raises(Invalid):
            export.own_figures(content)
