"""Explore: what can be asked, answers by a second route, and what is carried out and in."""

import json
import re
import tomllib
from types import SimpleNamespace

import pandas as pd
import pytest

from notebook_maker import FINDING, PROVENANCE
from outcomes import data, findings
from outcomes.core.errors import Invalid
from outcomes.data import tables
from outcomes.explore import export, queries, questions
from outcomes.explore.findings import answer
from outcomes.publish.notebook_outputs import normalise
from outcomes.publish.parameters import check, declared
from test_notebooks import ROOT, code, prose, read

NOTEBOOK = ROOT / "notebooks/explore/explore.ipynb"
REASONS = ("chart", "by", "unit", "comparison")


def asked(**wish):
    return questions.settle(wish)


def found(**wish):
    return answer(asked(**wish)[0])


def why(offered, control: str) -> dict[str, str]:
    return {value: reason for _, value, reason in offered[control]}


def test_every_wish_settles_on_what_can_be_asked_and_every_refusal_has_a_reason():
    programmes = [value for _, value, _ in asked()[1]["programme"]]
    assert len(programmes) == len(data.programmes()) + 2
    for programme in programmes:
        a, offered = asked(
            programme=programme, measure="no such", chart=questions.USUAL, areas=("x",)
        )
        assert a.programme == programme
        for control in REASONS:
            assert not why(offered, control)[getattr(a, control)]
            refused = [r for r in why(offered, control).values() if r]
            assert all(r.endswith(".") for r in refused)


def test_what_cannot_be_asked_is_refused_for_its_own_reason():
    _, arrests = asked(programme="op_warrior", measure="arrests")
    assert (
        "needs 12 separate months or quarters" in why(arrests, "chart")[questions.USUAL]
    )
    _, change = asked(programme="op_warrior", measure="arrests_change")
    assert "do not add up" in why(change, "chart")[questions.ALLOWED]
    _, crime = asked(programme=queries.RECORDED)
    assert "by resident" in why(crime, "comparison")[questions.OTHERS]
    assert "nothing has to be bounded" in why(crime, "chart")[questions.ALLOWED]
    _, street = asked(programme=queries.STREET)
    assert "months are missing" in why(street, "by")["quarter"]
    two = asked(programme=queries.RECORDED, areas=("lancashire", "kent"))[1]
    assert why(two, "chart")[questions.USUAL] == "choose one place."


def test_the_years_that_can_be_asked_are_those_that_the_tables_hold(monkeypatch):
    held = data.crime_quarterly(force="lancashire")["quarter"]
    years = [str(y) for y in range(held.min().year, held.max().year + 1)]
    assert [v for _, v, _ in asked(programme=queries.RECORDED)[1]["end"]] == [
        "",
        *years,
    ]
    later = data.months_present("lancashire").append(pd.DatetimeIndex(["2031-01-01"]))
    monkeypatch.setattr(data, "months_present", lambda *_: later, raising=False)
    queries.years.cache_clear()
    assert asked(programme=queries.STREET, end="2031")[0].end == "2031"
    queries.years.cache_clear()


def test_a_declared_series_is_judged_as_on_the_reports():
    wish = {"programme": queries.RECORDED, "measure": "trafficking"}
    wish |= {"chart": questions.USUAL, "by": "quarter"}
    one = found(**wish)
    page = findings.process_behaviour("explore", "trafficking")
    assert one.facts == page.facts
    other = found(**wish, start="2015")
    assert other.facts["lower"] != page.facts["lower"]


def test_counts_are_those_of_the_table_and_part_years_are_left_out():
    one = found(programme=queries.RECORDED, measure="trafficking", by="financial year")
    table = data.crime_quarterly(force="lancashire", offence="92A")
    year = table[table["quarter"].between("2024-04-01", "2025-03-31")]["n"].sum()
    assert one.facts["value"] == year
    assert one.facts["period"] == "2024-25"  # 2025-26 has three quarters only
    assert one.frame.iloc[-1].to_list() == ["2024-25", year]


def test_rates_and_the_median_of_other_places_by_a_second_route():
    wish = {"programme": queries.RECORDED, "measure": "robbery", "by": "calendar year"}
    one = found(**wish, unit=questions.RATE, comparison=questions.OTHERS)
    table = data.crime_quarterly(offence="robbery")
    total = table[table["quarter"].dt.year == 2025].groupby("force")["n"].sum()
    rate = (
        1e5
        * total
        / data.forces().set_index("force")["population"].reindex(total.index)
    )
    assert one.frame.iloc[-1]["Lancashire"] == pytest.approx(rate["lancashire"])
    median = next(c for c in one.frame.columns if c.startswith("median"))
    others = rate.drop(["lancashire", "city-of-london"])  # few live in the City
    assert one.frame.iloc[-1][median] == pytest.approx(others.median())


def test_published_figures_are_never_added_and_the_bounds_are_those_of_the_report():
    one = found(programme="op_warrior", measure="arrests", chart=questions.ALLOWED)
    assert one.facts["value"] == 2252 and one.facts["verdict"] == "estimate"
    first = one.frame[one.frame["label"] == "2022-23"].iloc[0]
    assert (
        first["lower"] < 1212 / 12 * 5
    )  # five months since the start, of a first year of 1,212


def test_every_source_of_a_figure_is_shown_with_its_publishers():
    wish = {"programme": "op_warrior", "measure": "arrests", "chart": questions.SOURCES}
    _, offered = asked(**wish)
    rows = data.figures(programme="op_warrior", measure="arrests", area="lancashire")
    assert len(offered["fact"]) == rows["fact"].nunique() + 1
    fact = rows["fact"].value_counts().index[0]
    one = found(**wish, fact=fact)
    assert len(one.frame) == (rows["fact"] == fact).sum()
    assert set(one.frame["address"]) == set(rows.loc[rows["fact"] == fact, "url"])


def test_places_side_by_side_are_of_one_kind():
    one = found(programme="op_sceptre", measure="arrests", chart=questions.SIDE)
    levels = data.areas().set_index("name")["level"][one.frame["area_name"]]
    assert set(levels) == {"force"} and len(one.frame) > 1


def test_a_page_names_the_notebook_and_the_parameters_that_can_be_built(tmp_path):
    a, _ = asked(
        programme="op_warrior",
        measure="cash_seized",
        chart=questions.ALLOWED,
        by="quarter",
    )
    entry = tomllib.loads(export.page(a))["page"][0]
    assert entry["parameters"] == {
        "measures": ["cash_seized"],
        "period_unit": "quarter",
    }
    for programme in export._PAGES:
        a, _ = asked(programme=programme)
        entry = tomllib.loads(export.page(a, 'Any: "quoted" ünï'))["page"][0]
        known = declared(ROOT / f"notebooks/{entry['notebook']}.ipynb")
        given = entry.get("parameters", {})
        assert check(given, known, where=programme) == given
    with pytest.raises(Invalid, match="No report"):
        export.page(asked(programme="knife_crime")[0])


def test_an_entry_that_cannot_be_built_leaves_the_plan_as_it_is(tmp_path):
    plan = tmp_path / "reports.toml"
    (tmp_path / "notebooks").symlink_to(ROOT / "notebooks")
    plan.write_text("# mine\n", encoding="utf-8")
    entry = export.page(asked(programme="op_warrior", measure="arrests")[0])
    with pytest.raises(Invalid, match="Did you mean 'arrests'"):
        export.add_page(entry.replace('["arrests"]', '["arests"]'), plan)
    assert plan.read_text(encoding="utf-8") == "# mine\n"
    assert "outcomes build op-warrior/arrests" in export.add_page(entry, plan)
    assert plan.read_text(encoding="utf-8") == f"# mine\n\n{entry}"
    assert [p.name for p in tmp_path.iterdir() if p.is_file()] == ["reports.toml"]


def test_export_writes_the_table_and_the_picture(tmp_path):
    a, _ = asked(programme="op_warrior", measure="arrests")
    one = answer(a)
    csv, svg = export.export(one, a, tmp_path / "exports")
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


def test_the_notebook_is_stored_whole_and_shows_what_the_controls_would():
    stored = read(NOTEBOOK)
    assert normalise(stored) == stored
    assert prose(NOTEBOOK).count("\n# ") == 0 and prose(NOTEBOOK).startswith("# ")
    assert "cannot" in prose(NOTEBOOK)
    known = declared(NOTEBOOK)
    assert check({n: p.default for n, p in known.items()}, known, where="explore")
    outputs = [o["data"] for c in code(NOTEBOOK) for o in c["outputs"]]
    assert not [d for d in outputs if "application/vnd.jupyter.widget-view+json" in d]
    assert [d for d in outputs if FINDING in d] and PROVENANCE in outputs[-1]
    assert "<figure" in json.dumps(outputs[0]) + json.dumps(outputs[1])


def test_a_question_without_an_answer_is_said_in_words():
    from outcomes.explore.controls import Explorer

    shown = Explorer({"programme": "op_warrior", "measure": "arrests"})
    assert (
        shown.picture.value.count(shown.finding.sentence) >= 2
    )  # the sentence, and its picture
    shown.boxes["measure"].value = "cash_seized"
    assert shown.asked.measure == "cash_seized" and "ash seized" in shown.picture.value
    shown.set(end="2018", start="2018")
    assert isinstance(shown.asked, SimpleNamespace) and shown.picture.value
