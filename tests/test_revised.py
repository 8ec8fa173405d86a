"""Revisions of a published series, on the register itself; and what brings the missing months."""

import pandas as pd
import pytest

from outcomes import data, findings
from outcomes.core import formatting
from outcomes.core.errors import Invalid


def test_revisions_are_first_against_latest_print_and_every_number_is_in_the_table():
    found = findings.revisions("revisions", "nrm_referrals")
    table, facts = found.frame, found.facts
    assert len(table) >= 13 and (table["prints"] > 1).all()
    assert (table["revision"] == table["latest"] - table["first"]).all()
    moved = table[table["revision"] != 0]
    assert facts["value"] == len(moved)
    assert (
        formatting.interval(moved["revision"].min(), moved["revision"].max())
        in found.sentence
    )
    assert f"{formatting.number(table['change'].abs().max(), 2)}%" in found.sentence
    prints = data.figures(measure="nrm_referrals", area="united-kingdom", dated=True)
    for row in table.itertuples():
        start = pd.Period(row.quarter.replace(" ", ""), "Q").start_time
        own = prints[
            (prints["period_start"] == start) & (prints["qualifier"] == "exact")
        ]
        own = own[(own["period_end"] - start).dt.days < 93]
        assert {row.first, row.latest} <= set(own["value"])


def test_a_series_printed_once_cannot_show_a_revision():
    found = findings.revisions("revisions", "nrm_referrals_female")
    assert found.facts["verdict"] == "not_enough" and found.facts["table"] is None
    assert "cannot be told" in found.sentence


def test_only_a_published_series_is_revised():
    with pytest.raises(Invalid, match="nrm_referrals"):
        findings.revisions("revisions", "nrm_referral")
