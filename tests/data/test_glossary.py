"""The terms of the glossary that a text uses."""

from outcomes.data import glossary


def test_a_term_is_found_as_a_whole_word_in_singular_or_plural():
    def found(text: str) -> list[str]:
        return [term["term"] for term in glossary.used(text)]

    assert "rate" in found("A Rate of crime.") and "rate" in found("Two rates.")
    assert "rate" not in found("It was accurate and separated.")
    assert found("") == []
    known = [term["term"] for term in glossary.terms()]
    assert known == sorted(known, key=str.casefold)
