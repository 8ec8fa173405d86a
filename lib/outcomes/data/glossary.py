"""The field's terms in plain words, each with its source (``data/glossary.csv``)."""

import csv
import re

from outcomes.data.tables import root


def terms() -> list[dict[str, str]]:
    """Every term with its meaning and source, in alphabetical order.

    >>> sorted(terms()[0])
    ['meaning', 'source', 'term']
    """
    with open(root() / "glossary.csv", encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def synonyms(word: str) -> list[str]:
    """What people mean by a word, most like it first (``data/synonyms.csv``); [] where none is known.

    >>> synonyms("ASB")[0]
    'anti-social behaviour'
    """
    with open(root() / "synonyms.csv", encoding="utf-8", newline="") as file:
        groups = list(csv.DictReader(file))
    found = []
    for group in groups:
        searched = [text.strip() for text in group["searched"].lower().split(";")]
        if word.strip().lower() in searched:
            found += [text.strip() for text in group["finds"].split(";")]
    return found


def used(text: str) -> list[dict[str, str]]:
    """The terms found in ``text`` as whole words, in the singular or with an s.

    >>> [term["term"] for term in used("Two confidence intervals.")]
    ['confidence interval']
    """
    said = text.casefold()  # most terms are nowhere, which is seen at once
    return [
        t
        for t in terms()
        if t["term"].casefold() in said
        and re.search(rf"\b{re.escape(t['term'])}s?\b", text, re.I)
    ]
