"""The rule of :mod:`sentence_numbers`, on sentences of the kinds that pages hold."""

import pytest

from sentence_numbers import missing

TABLE = {
    "columns": [
        {"key": k, "label": k, "unit": ""} for k in ("quarter", "n", "share", "special")
    ],
    "rows": [
        ["2025 Q3", 3880, 0.238, "outside the limits"],
        ["2025 Q4", 2113, 0.135, ""],
        ["January 2021 to March 2021", 1347298, 0.9976, ""],
    ],
}


def fact(sentence: str, **more) -> dict:
    held = {
        "value": 0.64,
        "lower": -58.4,
        "upper": None,
        "unit": "per 100,000",
        "table": TABLE,
    }
    return held | {"sentence": sentence, "verdict": "estimate"} | more


@pytest.mark.parametrize(
    "sentence",
    [
        "2,113 in 2025 Q4, from 3,880 in 2025 Q3.",
        "A share of 23.8%, with a 95% interval of 13.5% to 99.8%.",
        "It fell by 36% (interval −58%), to 1.3 million.",
        "£1,347,298 in January 2021 to March 2021 and from 4 March 2024 to 10 March 2024.",
        "1 of 3 quarters signal change, per 100,000 residents, in 2023-24.",
        "It is number 2 of 3.",
        "All three together make 1,353,291.",
    ],
)
def test_a_number_that_the_finding_holds_is_found_as_it_is_written(sentence):
    assert missing(fact(sentence)) == []


@pytest.mark.parametrize(
    ("sentence", "lost"),
    [
        ("2,114 in 2025 Q4.", ["2,114"]),
        ("A share of 23.9%, against 54 others (p = 0.27).", ["23.9%", "54", "0.27"]),
        ("£25,909 a week for 104 weeks.", ["£25,909", "104"]),
        ("The value is 0.65.", ["0.65"]),
    ],
)
def test_a_number_that_the_finding_lacks_is_named(sentence, lost):
    assert missing(fact(sentence)) == lost


def test_further_numbers_may_be_kept_by_name():
    assert missing(fact("Against 54 others.", numbers={"neighbourhoods": 54})) == []


def test_what_it_would_take_is_no_result():
    text = "A chart needs at least 3 points, two of them in a row; there are 2."
    assert missing(fact(text, table=None, verdict="not_enough")) == []
    assert missing(fact(text, table=None)) == ["3", "2"]
