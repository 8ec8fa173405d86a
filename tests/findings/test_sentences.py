"""Words, numbers and reading grade of a sentence, each counted by hand."""

import pytest

from outcomes.findings import sentences


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", 0),
        ("Shops failed.", 2),
        ("Shops – 23.8% of 42 – failed.", 5),
        ("A well-known £1,212 fell\nby −3.", 6),
    ],
)
def test_words(text, words):
    assert sentences.word_count(text) == words


@pytest.mark.parametrize(
    ("text", "numbers"),
    [
        ("Nothing is known.", 0),
        ("10 of 42 shops sold a knife.", 2),
        ("£1.3m to £1,600,000, or −31.0 points.", 3),
        ("43.7%.", 1),
        ("In 13 November 2023, May 2024, 2023-24, 2019 and 2025 Q4.", 0),
        ("From 24 to 30 June 2024 and in the latest 12 months.", 0),
        ("131.2 crimes per 1,000 residents, 4 for each 100,000 people.", 2),
        ("2nd highest of 14, lowest of 43, 3rd of the 14.", 0),
        ("It is number 6 of 14.", 0),
        ("The most of 14 districts, and 14 of them fell.", 1),
        ("A 95% interval of 3 to 5.", 2),
        ("Fylde 004 is a place.", 0),
        ("In 2,023 places.", 1),
        ("2,023 of 2023.", 1),
    ],
)
def test_numbers(text, numbers):
    assert sentences.number_count(text) == numbers


def test_dates_are_left_out_and_all_else_stays():
    text = "3 in March 2024, at p under 0.01: one in twenty."
    assert sentences.without_dates(text) == "3 in …, at …: …."


@pytest.mark.parametrize(
    ("text", "syllables", "words", "parts"),
    [
        ("The cat sat on the mat.", 6, 6, 1),
        ("It rose. It fell by 3.5 points.", 7, 7, 2),
        ("Reported places: tables created.", 9, 4, 1),
        ("No more", 2, 2, 1),
    ],
)
def test_the_grade_of_flesch_and_kincaid(text, syllables, words, parts):
    grade = 0.39 * words / parts + 11.8 * syllables / words - 15.59
    assert sentences.reading_grade(text) == pytest.approx(grade)
    assert sentences.reading_grade("–") == 0
