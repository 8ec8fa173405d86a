"""Answers by a second route, each with a sentence, its detail, and words for its picture."""

import re

import pytest

from outcomes import findings
from outcomes.core.formatting import change
from outcomes.data import crime, places, published_figures, tables
from outcomes.explore import queries, questions
from outcomes.explore.findings import answer
from outcomes.explore.questions import settle
from outcomes.findings import sentences
from outcomes.methods.intervals import poisson_ratio


def found(**wish):
    return answer(settle(wish).question)


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
    table = crime.recorded_crime("92A", force="Lancashire")
    year = table[table["quarter"].between("2024-04-01", "2025-03-31")]["n"].sum()
    assert one.facts["value"] == year
    assert one.facts["period"] == "2024-25"  # 2025-26 has three quarters only
    assert one.frame.iloc[-1].to_list() == ["2024-25", year]
    before = table[table["quarter"].between("2023-04-01", "2024-03-31")]["n"].sum()
    assert f"rose by {year / before - 1:.0%} in a year" in one.sentence
    assert f"a change of {year / before - 1:.1%}" in one.facts["detail"]


def test_rates_and_the_median_of_other_places_by_a_second_route():
    wish = {"programme": queries.RECORDED, "measure": "robbery", "by": "calendar year"}
    one = found(**wish, unit=questions.RATE, comparison=questions.OTHERS)
    table = crime.recorded_crime("robbery")
    total = table[table["quarter"].dt.year == 2025].groupby("force")["n"].sum()
    people = places.forces().set_index("name")["population"]
    rate = 1e5 * total / people.reindex(total.index)
    assert one.frame.iloc[-1]["Lancashire"] == pytest.approx(rate["Lancashire"])
    median = next(c for c in one.frame.columns if c.startswith("median"))
    others = rate.drop(["Lancashire", "City of London"])  # few live in the City
    assert one.frame.iloc[-1][median] == pytest.approx(others.median())
    said = f"{median.capitalize()} had {others.median():.1f} in 2025"
    assert said in one.facts["detail"]
    assert f"; the {median} " in one.sentence


def test_several_places_are_told_by_the_lowest_and_the_highest():
    wish = {"programme": queries.RECORDED, "measure": "robbery"}
    one = found(**wish, areas=("Kent", "Lancashire", "Essex"))
    assert one.sentence.startswith("The change in robbery offences in a year ranged")
    assert one.facts["detail"].count("a change of") == 3


def test_a_place_is_told_beside_the_other_and_since_the_year_that_was_asked():
    wish = {"programme": queries.RECORDED, "measure": "robbery", "by": "calendar year"}
    one = found(**wish, areas=("Kent", "Lancashire"), start="2015", end="2024")
    table = crime.recorded_crime("robbery", force=["Kent", "Lancashire"])
    years = table.groupby(["force", table["quarter"].dt.year])["n"].sum()
    for place, said in (
        ("Kent", "Robbery offences in Kent"),
        ("Lancashire", "Lancashire's"),
    ):
        ratio = poisson_ratio(years[place, 2024], 1, years[place, 2015], 1)
        assert f"{said} {change(ratio)}" in one.sentence
    assert "from 2015 to 2024" in one.sentence


def test_years_are_compared_over_the_months_that_both_have():
    wish = {"programme": queries.STREET, "measure": "burglary", "areas": ("Preston",)}
    one = found(**wish, start="2020")
    table = crime.street_crime("district", force="Lancashire", area="Preston")
    rows = table[table["type"] == "Burglary"].set_index("month")["n"]
    early, late = rows["2020"], rows["2025"]
    months = early.index.month.intersection(late.index.month)
    assert len(months) < 12
    before = early[early.index.month.isin(months)].mean()
    after = late[late.index.month.isin(months)].mean()
    assert f"{before:.1f} a month became {after:.1f}" in one.sentence


def test_a_count_without_one_of_a_year_before_has_no_change():
    wish = {"programme": queries.RECORDED, "measure": "robbery", "by": "calendar year"}
    one = found(**wish, start="2025")
    assert "stood at" in one.sentence and "a change of" not in one.facts.get(
        "detail", ""
    )


def test_published_figures_are_never_added_and_the_bounds_are_those_of_the_report():
    one = found(programme="op_warrior", measure="arrests", chart=questions.ALLOWED)
    assert one.facts["value"] == 2252 and one.facts["verdict"] == "estimate"
    first = one.frame[one.frame["label"] == "2022-23"].iloc[0]
    # five months since the start, of a first year of 1,212
    assert first["lower"] < 1212 / 12 * 5


def test_every_source_of_a_figure_is_shown_with_its_publishers():
    wish = {"programme": "op_warrior", "measure": "arrests", "chart": questions.SOURCES}
    options = settle(wish).options["fact"]
    rows = published_figures.published_figures(
        programme="op_warrior", measure="arrests", area="Lancashire", vintages="all"
    )
    assert len(options) == rows["fact"].nunique() + 1
    fact = rows["fact"].value_counts().index[0]
    one = found(**wish, fact=fact)
    assert len(one.frame) == (rows["fact"] == fact).sum()
    assert set(one.frame["address"]) == set(rows.loc[rows["fact"] == fact, "url"])
    assert "independent publisher" in one.sentence
    all_of_them = found(**wish)
    assert all_of_them.facts["value"] == len(rows)
    assert f"published {len(rows)} times in all" in all_of_them.facts["detail"]


def test_places_side_by_side_are_of_one_kind():
    one = found(programme="op_sceptre", measure="arrests", chart=questions.SIDE)
    levels = places.places().set_index("name")["level"][one.frame["area_name"]]
    assert set(levels) == {"force"} and len(one.frame) > 1
    value = one.frame.set_index("area_name")["value"]["Lancashire"]
    assert f"{value:.0f} in Lancashire" in one.sentence
    assert one.facts["value"] == value != one.frame["value"].iloc[0]
    assert one.facts["area"] == "Lancashire"


def test_the_place_asked_first_leads_published_figures_and_the_value_is_its_own():
    """Not the one whose figures begin first, nor the one whose figures end last."""
    for areas in (
        ("Lancashire", "England and Wales"),
        ("England and Wales", "Lancashire"),
    ):
        one = found(programme="op_sceptre", measure="arrests", areas=areas)
        rows = one.frame[one.frame["place"] == areas[0]]
        assert one.sentence.startswith(f"Arrests in {areas[0]}, ")
        assert one.facts["value"] == rows["value"].iloc[-1]
        assert one.facts["period"] == rows["period"].iloc[-1]
        assert f"{one.facts['value']:,} for {one.facts['period']}." in one.sentence
        assert one.facts["area"] == " and ".join(areas)


def test_the_value_of_counts_is_that_of_the_first_place_though_another_goes_on(
    monkeypatch,
):
    counts = queries._counted(tables.state(), queries.RECORDED, "robbery")
    last = counts["day"].dt.year == counts["day"].dt.year.max()
    ended = counts[~(last & (counts["area"] == "Kent"))]
    monkeypatch.setattr(queries, "_counted", lambda *_: ended)
    wish = {"programme": queries.RECORDED, "measure": "robbery", "by": "calendar year"}
    one = found(**wish, areas=("Kent", "Lancashire"))
    kent = one.frame[["period", "Kent"]].dropna().iloc[-1]
    assert (one.facts["period"], one.facts["value"]) == tuple(kent)


KINDS = {
    questions.TIME: ("A line", "Lines", "Stems"),
    questions.ALLOWED: ("A band", "Bands"),
    questions.USUAL: ("A line",),
    questions.SIDE: ("A funnel", "Bars", "A dot"),
}


def every_question():
    """Each measure with each chart, and each unit and comparison of the first measures."""
    for programme in (option.value for option in settle({}).options["programme"]):
        measures = settle({"programme": programme}).options["measure"]
        for at, measure in enumerate(measures[:8]):
            wish = {"programme": programme, "measure": measure.value}
            for chart in settle(wish).options["chart"]:
                if chart.reason:
                    continue
                now = wish | {"chart": chart.value}
                question, options = settle(now)
                yield now, question
                if at == 0:
                    for control in ("unit", "comparison", "by"):
                        for option in options[control][1:]:
                            if not option.reason:
                                other = now | {control: option.value}
                                yield other, settle(other).question


def test_every_answer_has_a_short_sentence_and_its_own_words_for_the_picture():
    alts, long = {}, []
    for wish, question in every_question():
        one = answer(question)
        alt = one.facts.get("alt", "")
        if one.figure is None:
            assert not alt
        else:
            assert alt.startswith(KINDS[question.chart]), wish
            assert alt != one.sentence
            alts.setdefault(question.chart, []).append(alt)
        # the name of a measure may have an age in it
        noun = re.escape(queries.subject(question).noun)
        own = re.sub(noun, "", one.sentence, flags=re.IGNORECASE)
        numbers = sentences.number_count(own)
        words = sentences.word_count(one.sentence)
        if words > sentences.WORDS_HARD or numbers > sentences.NUMBERS:
            long.append(one.sentence)
    assert not long, "\n".join(long)
    assert set(alts) == set(KINDS)
    for chart, said in alts.items():
        assert len(set(said)) > 0.5 * len(said), chart
