"""Series that several pages show: one declaration, and one finding wherever they stand."""

import pytest

import outcomes as oc
from outcomes.core.errors import Invalid


def test_every_group_of_offences_type_and_series_of_referrals_is_declared():
    names = oc.series_names()
    street = [f"street_{kind.replace('-', '_')}" for kind in oc.type_names]
    assert {
        *oc.OFFENCE_GROUPS,
        *street,
        *oc.data.vocabularies.SERIES.values(),
    } <= set(names)
    assert len(names) == len(set(names))
    published = oc.series_names(family="published")
    known = oc.measures().set_index("measure")["name"]
    nouns, known = (
        {n: oc.series(n).noun for n in published},
        known[published].to_dict(),
    )
    assert {n: nouns[n] for n in published if "," not in known[n]} == {
        n: name for n, name in known.items() if "," not in name
    }
    # "NRM referrals, exploited as children, the United Kingdom" says something else
    assert not [noun for noun in nouns.values() if "," in noun]


def test_a_misspelt_series_is_told_the_nearest():
    with pytest.raises(Invalid, match="Did you mean 'trafficking'"):
        oc.series("traficking")


def test_values_are_those_of_the_group_whole_and_cite_what_was_read():
    values = oc.series("drug_possession").values()
    rows = oc.recorded_crime(["92C", "92D", "92E"], force="Lancashire")
    assert values.sum() == rows["n"].sum() and values.index.freq is not None
    assert "Police recorded crime" in values.attrs["sources"][0]["title"]
    assert oc.series("nrm_referrals").values().attrs["sources"][0]["publisher"]
    months = oc.series("street_robbery").values()
    held = oc.coverage(force="Lancashire")
    gaps = held.loc[
        held["state"] != "complete", "month"
    ]  # a month without a file is never a zero
    assert list(months.index[months.isna()]) == list(gaps) and len(gaps)
