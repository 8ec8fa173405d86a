"""What stands beside a hidden count does not give it back: shares, rates, limits, sentences."""

import json

import pandas as pd
import pytest

from outcomes.core.errors import Invalid
from outcomes.data.disclosure import CONFIDENTIAL, suppress
from outcomes.findings import finding

SECRET = {"publisher": "Police", "title": "Extract", "access": "restricted"}


def shown(sentence="Counts.", table=None, source=SECRET, **more):
    table = None if table is None else pd.DataFrame(table)
    given = {"table": table, "caption": "People"} if table is not None else {}
    return finding("found", sentence, sources=[source], **given, **more)


@pytest.mark.parametrize("n", [1, 2, 3, 4])
@pytest.mark.parametrize("big", [8, 40, 345])
def test_shares_and_rates_go_with_the_count(n, big):
    total = n + big
    shares = [100 * n / total, 100 * big / total, 100.0]
    rates = [n / 1.5, big / 7.7, total / 9.2]
    counts = {"area": ["A", "B", "Total"], "n": [n, big, total]}
    for name, values in (("share", shares), ("rate", rates), ("ratio", rates[::-1])):
        facts = shown(table=counts | {name: values}).facts
        cells = [cell for row in facts["table"]["rows"] for cell in row]
        assert not set(map(str, cells)) & set(map(str, values)), name
        assert n not in cells


@pytest.mark.parametrize("n", [1, 2, 3, 4])
@pytest.mark.parametrize("form", ["{}", "{} (0.6 to 8.8)", "{}*", " {}", "{}.0"])
def test_counts_held_as_text_are_counts(n, form):
    found = shown(table={"area": ["A", "B"], "n": [form.format(n), form.format(40)]})
    assert found.facts["table"]["rows"][0][1] == CONFIDENTIAL
    assert "0.6" not in json.dumps(found.facts["table"])


@pytest.mark.parametrize("n", [1, 2, 3, 4])
@pytest.mark.parametrize("whole", [45, 120, 1500])
def test_a_sentence_does_not_give_the_difference(n, whole):
    said = f"{whole - n:,} of {whole:,} pupils agreed."
    table = {"answer": ["yes", "no"], "n": [whole - n, n]}
    assert f"{whole - n:,}" not in shown(said, table).sentence


@pytest.mark.parametrize("n", [1, 2, 3, 4])
@pytest.mark.parametrize("unit", ["people", "youths", "detainees", "arrests"])
def test_limits_go_with_the_value(n, unit):
    found = shown(value=n, lower=n / 5, upper=n * 2.9, unit=unit, verdict="estimate")
    assert [found.facts[k] for k in ("value", "lower", "upper")] == [None] * 3


@pytest.mark.parametrize("access", ["unpublished", "restricted"])
def test_the_source_says_what_may_be_shown(access):
    table = {"area": ["A", "B"], "n": [3, 8]}
    held = shown(table=table, source=SECRET | {"access": access})
    assert held.facts["table"]["rows"][0][1] == CONFIDENTIAL
    free = shown(table=table, source=SECRET | {"access": "published"})
    assert free.facts["table"]["rows"][0][1] == 3
    with pytest.raises(Invalid, match="access"):
        shown(table=table, source=SECRET | {"access": "secret"})


def test_a_table_that_cannot_be_solved_says_so():
    people = {"area": ["A", "B", "Subtotal", "C", "Total"], "n": [2, 3, 5, 9, 14]}
    try:
        suppress(pd.DataFrame(people), "n", along="area")
    except Invalid as error:
        assert "sums of this table do not agree" in str(error)
