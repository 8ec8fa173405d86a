"""What the pages say is short, has few numbers and is easy to read, on every page of the site."""

from collections import Counter
from statistics import median

import pytest

import sentence_sheet
from outcomes.findings import sentences


@pytest.fixture(scope="module")
def found(release) -> list[sentence_sheet.Said]:
    return sentence_sheet.said(release)


def named(offenders: list[sentence_sheet.Said]) -> str:
    return "\n".join(["", *(f"{one.where}: {one.sentence}" for one in offenders)])


@pytest.mark.build
def test_at_most_one_sentence_in_ten_is_long(found):
    long = [o for o in found if sentences.word_count(o.sentence) > sentences.WORDS]
    assert len(long) <= 0.1 * len(found), named(long)


@pytest.mark.build
def test_no_sentence_is_too_long(found):
    limit = sentences.WORDS_HARD
    long = [o for o in found if sentences.word_count(o.sentence) > limit]
    assert not long, named(long)


@pytest.mark.build
def test_half_of_the_sentences_have_three_numbers_or_fewer(found):
    assert (
        median(sentences.number_count(o.sentence) for o in found) <= sentences.NUMBERS
    )


@pytest.mark.build
def test_no_alternative_text_repeats_its_sentence(found):
    repeated = [one for one in found if one.alt == one.sentence]
    assert not repeated, named(repeated)


@pytest.mark.build
def test_every_page_gives_one_answer(found):
    answers = Counter(one.page for one in found if one.answer)
    assert [p for p in {o.page: 1 for o in found} if answers[p] != 1] == []


@pytest.mark.build
def test_answers_are_short_and_easy_to_read(found):
    hard = [o for o in found if o.answer and list(sentence_sheet.offences(o))]
    assert not hard, named(hard)


def one(**texts) -> sentence_sheet.Said:
    given = {"sentence": "It fell by 3.", "detail": "", "alt": "", "answer": ""}
    return sentence_sheet.Said("p", "n", **given | texts)


@pytest.mark.parametrize(
    ("texts", "wrong"),
    [
        ({}, []),
        ({"sentence": "word " * 25}, []),
        ({"sentence": "word " * 26}, ["26 words"]),
        ({"sentence": "word " * 36}, ["36 words (TOO LONG)"]),
        ({"sentence": "1, 2, 3 and 4."}, ["4 numbers"]),
        ({"alt": "It fell by 3."}, ["alternative text is the sentence"]),
        ({"sentence": "Considerable exploitation."}, []),
        (
            {"sentence": "Considerable exploitation.", "answer": "yes"},
            ["reading grade 38.3"],
        ),
    ],
)
def test_what_offends_is_named(texts, wrong):
    assert list(sentence_sheet.offences(one(**texts))) == wrong


def test_a_sheet_says_each_text_once_with_its_pages():
    given = [
        one(),
        one()._replace(page="q"),
        one(sentence="It rose.")._replace(page="r"),
    ]
    assert sentence_sheet.sheet([g._replace(answer="no") for g in given])[1:] == [
        "== n  (3 of 3 pages)",
        "  sentence",
        "    p, q: (5 words, 1 numbers)",
        "      [no] It fell by 3.",
        "    r: (3 words, 0 numbers)",
        "      [no] It rose.",
    ]
    assert "    all pages: (4 words, 1 numbers)" in sentence_sheet.sheet(given[:2])
    assert sentence_sheet.table(given)[-1] == (
        "3 sentences, 0 of them over 25 words; median of numbers 1."
    )
