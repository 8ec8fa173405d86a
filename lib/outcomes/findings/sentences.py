"""How long a sentence is, how many numbers it has, and how hard it is to read.

What is found is said in at most 25 words and three numbers; the tests of the site hold every page to
that, for every value of its parameters.
"""

import re

WORDS, WORDS_HARD = 25, 35
"""Words that a sentence should have at most, and those that none may pass."""
NUMBERS = 3
"""Numbers that a sentence should have at most."""
GRADE = 9
"""The reading grade that an answer should have at most."""

_MONTH = (
    "(?:January|February|March|April|May|June|July|August|September|October|November"
    "|December)"
)
_DAY = r"\d{1,2}(?:st|nd|rd|th)?"
_DATES = [
    rf"\b(?:{_DAY}(?: to |–| and ))?{_DAY} {_MONTH}(?: \d{{4}})?\b",  # 13 November 2023
    rf"\b{_MONTH} \d{{4}}\b",
    r"\b(?:19|20)\d\d(?:[-/–]\d\d(?:\d\d)?)?(?:-\d\d)?\b(?![,.]?\d|%)",  # 2023, 2023-24
    r"\bQ[1-4]\b",
    r"\b(?:latest|last|first|past) \d+ (?:quarters|months|weeks|years|days)\b",
]
_LEVELS = [  # how sure, not how many
    r"\b\d+(?:\.\d+)?%(?= (?:confidence |prediction )?(?:interval|limit|line|power))",
    r"\bone in \w+\b",
    r"\bp under 0\.01\b",
]
_BASES = r"\b(?:per|for (?:each|every)|in every|a) \d{1,3}(?:,000)+\b"
_RANKS = [  # 2nd highest of 14, number 6 of 14, most of 14
    r"\b(?:number \d+|\d+(?:st|nd|rd|th)(?: \w+)?|\w+est|most) of (?:the )?\d+\b",
    r"\b\d+(?:st|nd|rd|th)\b",
]
_NUMBER = re.compile(r"(?<![\w.,])(?!0\d)\d+(?:[.,]\d+)*")


def without_dates(text: str) -> str:
    """``text`` with an ellipsis for each date and each level of certainty.

    Examples
    --------
    >>> without_dates("In May 2024, 12 of 40 (95% interval 0.2 to 0.5).")
    'In …, 12 of 40 (… interval 0.2 to 0.5).'
    """
    for pattern in [*_DATES, *_LEVELS]:
        text = re.sub(pattern, "…", text)
    return text


def word_count(text: str) -> int:
    """The words of a text; a number is one.

    Examples
    --------
    >>> word_count("Shops failed – 23.8% of 42 in all.")
    7
    """
    return sum(any(map(str.isalnum, word)) for word in text.split())


def number_count(text: str) -> int:
    """The numbers that a reader has to take in.

    A date, the base of a rate, a rank and how many are ranked, and the level of an interval are
    none.

    Examples
    --------
    >>> number_count("131.2 crimes per 1,000 residents in May 2025, 2nd highest of 14.")
    1
    >>> number_count("Between 1,212 and 1,409 arrests; 10 of 42 shops.")
    4
    """
    text = re.sub(_BASES, "…", without_dates(text))
    for pattern in _RANKS:
        text = re.sub(pattern, "…", text)
    return len(_NUMBER.findall(text))


def reading_grade(text: str) -> float:
    """The years of school that a text takes to be read with ease.

    The grade of Flesch and Kincaid: 0.39 words a sentence + 11.8 syllables a word − 15.59. Syllables
    are estimated from the spelling; a number has one.

    Source: J. P. Kincaid and others, "Derivation of new readability formulas for Navy enlisted
    personnel", Naval Technical Training Command, Research Branch Report 8-75, 1975.

    Examples
    --------
    >>> round(reading_grade("The cat sat on the mat."), 1)
    -1.4
    >>> round(reading_grade("Identification of exploitation increased."), 1)
    24.3
    """
    words = [word for word in text.split() if any(map(str.isalnum, word))]
    if not words:
        return 0.0
    sentences = max(1, len(re.findall(r"[.!?](?=\s|$)", text)))
    spoken = sum(map(_syllables, words))
    return 0.39 * len(words) / sentences + 11.8 * spoken / len(words) - 15.59


def _syllables(word: str) -> int:
    """The groups of vowels in a word, less an ending that is not spoken."""
    letters = re.sub("[^a-z]", "", word.lower())
    letters = re.sub("(?:[^laeiouycgshxz]es|[^tdaeiouy]ed|[^laeiouy]e)$", "", letters)
    return max(1, len(re.findall("[aeiouy]{1,2}", letters.removeprefix("y"))))
