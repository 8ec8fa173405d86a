"""Errors as sentences, and text that is safe in any sink."""

import pytest

from outcomes.core.errors import Invalid, nearest, one_of, plain


def test_what_is_allowed_comes_back():
    assert one_of("a", ["a", "b"], "letter") == "a"


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ("burglery", "type 'burglery' is not known. Did you mean 'burglary'? "),
        ("xyz", "type 'xyz' is not known. "),
    ],
)
def test_what_is_not_allowed_is_named_with_the_nearest_and_all_that_is(given, said):
    with pytest.raises(Invalid) as caught:
        one_of(given, ["burglary", "robbery"], "type")
    assert str(caught.value) == said + "Allowed: burglary, robbery."


def test_a_long_list_is_cut_and_says_how_many_more():
    with pytest.raises(Invalid, match=r"Allowed: 0, 1, 2 and 7 more\.$"):
        one_of("x", map(str, range(10)), "number", most=3)


def test_nearness_looks_past_capitals_and_has_an_end():
    assert nearest("BLACKPOL", ["Blackpool", "Burnley"]) == "Blackpool"
    assert nearest("Kent", ["Blackpool", "Burnley"]) is None


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("a\u202eb\u200b\x1b[31m\n c", "ab[31m c"),
        ("  two\u2028lines\t", "two lines"),
        ("", ""),
        (None, "None"),
    ],
)
def test_plain_text_is_one_line_without_what_is_unseen(text, said):
    assert plain(text) == said
