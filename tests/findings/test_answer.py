"""The answer of a page: its word, its sentence, and how sure it is."""

import re

import pytest

import outcomes as oc
from outcomes.core.errors import Invalid
from outcomes.findings.verdicts import ANSWERS

TEXTS = ("Shops failed no more often.", "A rise of a third would have shown.")


def answered(word="no clear change", **more):
    sentence, detail = TEXTS
    return oc.answer(word, sentence, **{"detail": detail, "sources": "Office"} | more)


def test_an_answer_is_a_finding_with_its_word_first():
    found = answered(value=0.1, lower=-0.1, upper=0.3, verdict="estimate")
    assert isinstance(found, oc.Finding) and found.name == "answer"
    assert found.facts["answer"] == "no clear change"
    assert str(found).splitlines() == [f"No clear change. {TEXTS[0]}", TEXTS[1]]
    assert found.facts["sentence"] == TEXTS[0] and not found.facts["headline"]


@pytest.mark.parametrize("word", ANSWERS)
def test_each_word_is_shown_by_a_sign_and_a_text(word):
    verdict = "not_enough" if word == "cannot be told" else "published"
    html = answered(word, verdict=verdict).html()
    said = re.search(r'<p class="said">(.*?)</p>', html)[1]
    assert re.sub("<[^>]+>", " ", said).split() == [
        ANSWERS[word],
        *word.capitalize().split(),
    ]
    assert 'aria-hidden="true"' in said
    assert html.startswith(f'<figure class="finding {verdict} answer" id="answer">')


@pytest.mark.parametrize(
    ("word", "more", "says"),
    [
        ("maybe", {}, "answer 'maybe' is not known"),
        ("no clear chance", {}, "Did you mean 'no clear change'"),
        ("yes", {"detail": " "}, "an answer needs detail="),
        ("yes", {"verdict": "not_enough"}, "its verdict says that it cannot be told"),
        ("yes", {"sources": []}, "at least one source"),
    ],
)
def test_what_answers_nothing_is_refused(word, more, says):
    with pytest.raises(Invalid, match=says):
        answered(word, **more)


def test_a_value_that_is_withheld_leaves_nothing_to_be_told():
    found = answered(
        "yes",
        value=3,
        lower=2,
        upper=9,
        unit="people",
        verdict="estimate",
        sources="Unpublished extract",
    )
    assert found.facts["answer"] == "cannot be told" and found.facts["value"] is None


def test_as_of_a_day_on_which_nothing_was_known_nothing_can_be_told():
    oc.as_of("2001-01-01", programme="op_warrior")
    try:
        found = answered("yes", value=3)
    finally:
        oc.as_of("")
    assert found.facts["answer"] == "cannot be told"
    assert found.sentence != TEXTS[0] and found.facts["value"] is None
