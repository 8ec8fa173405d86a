"""Series that several pages show: one declaration, and one finding wherever they stand."""

import pandas as pd
import pytest

import outcomes as oc
from outcomes import findings
from outcomes.core.errors import Invalid


def test_every_group_of_offences_type_and_series_of_referrals_is_declared():
    names = oc.data.series_names()
    street = [f"street_{kind.replace('-', '_')}" for kind in oc.data.TYPES]
    assert {
        *oc.data.OFFENCE_GROUPS,
        *street,
        *oc.data.vocabularies.SERIES.values(),
    } <= set(names)
    assert len(names) == len(set(names))
    published = oc.data.series_names(family="published")
    known = oc.data.measures().set_index("measure")["name"]
    nouns, known = (
        {n: oc.data.series(n).noun for n in published},
        known[published].to_dict(),
    )
    assert {n: nouns[n] for n in published if "," not in known[n]} == {
        n: name for n, name in known.items() if "," not in name
    }
    # "NRM referrals, exploited as children, the United Kingdom" says something else
    assert not [noun for noun in nouns.values() if "," in noun]


def test_a_misspelt_series_is_told_the_nearest():
    with pytest.raises(Invalid, match="Did you mean 'trafficking'"):
        oc.data.series("traficking")


def test_values_are_those_of_the_group_whole_and_cite_what_was_read():
    values = oc.data.series("drug_possession").values()
    rows = oc.data.crime_quarterly(force="lancashire", offence=["92C", "92D", "92E"])
    assert values.sum() == rows["n"].sum() and values.index.freq is not None
    assert "Police recorded crime" in values.attrs["sources"][0]["title"]
    assert oc.data.series("nrm_referrals").values().attrs["sources"][0]["publisher"]
    months = oc.data.series("street_robbery").values()
    held = oc.data.coverage(force="lancashire")
    gaps = held.loc[
        held["state"] != "complete", "month"
    ]  # a month without a file is never a zero
    assert list(months.index[months.isna()]) == list(gaps) and len(gaps)


@pytest.mark.parametrize("name", oc.data.series_names(family="recorded"))
def test_no_declared_series_is_said_to_signal_in_most_of_its_points(name):
    """On the real data: 55 of 55 quarters of blades signalled when judged by all 13 years."""
    said = findings.behaviour("x", series=name)
    if said.facts["upper"] is None:
        assert "No usual range" in said.facts["caveats"][0]
        assert "signal" not in said.sentence
    else:
        assert (said.frame["special"] != "").sum() <= 4


def test_one_series_says_the_same_under_any_name_and_events():
    one = findings.behaviour("trafficking", series="trafficking")
    other = findings.behaviour(
        "by-quarter",
        series="trafficking",
        area="Lancashire",
        events={"start": "2022-11-01"},
    )
    keys = [
        "sentence",
        "value",
        "lower",
        "upper",
        "unit",
        "period",
        "area",
        "verdict",
        "table",
    ]
    assert {k: one.facts[k] for k in keys} == {k: other.facts[k] for k in keys}
    assert one.sentence.startswith("Recorded drug trafficking in Lancashire: ")


def test_what_trends_is_told_by_its_change_with_both_ends():
    said = findings.behaviour("x", series="nrm_referrals")
    assert "more than four times the 1,322 of 2017 Q3" in said.sentence
    assert "usual range" not in said.sentence and said.facts["upper"] is None
    steps = pd.Series(
        range(10, 40), index=pd.date_range("2019-01-01", periods=30, freq="MS")
    )
    told = findings.behaviour(
        "x", steps, what="calls", step="month", area="here", sources="Us"
    )
    assert told.sentence.startswith(
        "Calls: 39 in June 2021, more than three times the 10 of Jan"
    )


def test_a_series_nobody_printed_for_two_quarters_cannot_be_told():
    said = findings.behaviour("x", series="nrm_referrals_male")
    assert said.facts["verdict"] == "not_enough" and "cannot be told" in said.sentence
