"""Series that several pages show: one declaration, and one finding wherever they stand."""

import numpy as np
import pandas as pd
import pytest

import outcomes as oc
from outcomes import findings
from outcomes.core.errors import Invalid, NotEnough
from outcomes.methods import spc


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


def test_a_value_and_a_limit_that_differ_do_not_read_alike(monkeypatch):
    from outcomes.findings import ready

    assert ready._apart(3407, 3407.4, 5098, kind="number") == [
        "3,407.0",
        "3,407.4",
        "5,098.0",
    ]
    assert ready._apart(254, 177.5, 295.3, kind="number") == ["254", "178", "295"]


# --- the analysis beneath ---


def test_limits_are_never_narrower_than_counting_error():
    rng = np.random.default_rng(1)
    counts = 400 + np.cumsum(
        rng.normal(0, 3, 30)
    )  # neighbours closer than chance leaves counts
    index = pd.date_range("2019-01-01", periods=30, freq="QS")
    found = spc.judged(pd.Series(counts, index=index), latest=4).chart
    assert found.upper - found.mean == pytest.approx(3 * np.sqrt(found.mean))
    loose = spc.xmr(counts[:26])
    assert loose.upper - loose.mean < 3 * np.sqrt(loose.mean) / 2


def test_the_latest_year_is_judged_by_the_time_before_it():
    values = pd.Series(
        [50, 54, 48, 52, 51, 49, 53, 50, 52, 51, 49, 50, 90, 91, 92, 93],
        index=pd.date_range("2021-04-01", periods=16, freq="QS"),
    )
    found = spc.judged(values, latest=4)
    assert (
        found.chart.mean == pytest.approx(values.iloc[:12].mean()) and not found.moving
    )
    assert (found.late["special"] != "").all() and len(found.base) == 12


def test_a_rising_series_has_no_usual_range():
    index = pd.date_range("2018-01-01", periods=24, freq="QS")
    assert spc.judged(
        pd.Series(np.arange(24) * 20.0 + 100, index=index), latest=4
    ).moving


@pytest.mark.parametrize(
    "values",
    [
        [0] * 12 + [1] + [0] * 7,
        [0] * 20,
        [0, 0, 1, 0, 2, 0, 1, 0, 0, 0, 1, 0],
        [3.3] * 6 + [4.4] * 6,
    ],
)
def test_sparse_series_are_refused(values):
    """One event in 20 periods gave 20 of 20 points that "signal"."""
    with pytest.raises(NotEnough, match="no usual range"):
        spc.xmr(values)


def test_of_rare_events_no_series_is_said_to_signal():
    """Poisson of mean 0.15, 24 points: 93 % of series signalled."""
    rng, refused = np.random.default_rng(2), 0
    for values in rng.poisson(0.15, (200, 24)):
        try:
            spc.xmr(values)
        except NotEnough:
            refused += 1
    assert refused == 200


def test_points_out_of_order_or_twice_are_refused():
    days = pd.to_datetime(["2024-01-01", "2024-03-01", "2024-02-01", "2024-04-01"])
    for index in (days, days[[0, 1, 1, 3]]):
        with pytest.raises(Invalid, match="must be"):
            spc.xmr(pd.Series([5, 6, 7, 8], index=index))
    with pytest.raises(Invalid, match="finite"):
        spc.xmr([5, 6, np.inf, 7])
    with pytest.raises(Invalid, match="of 0 or more"):
        spc.xmr([5, 6, -1, 7], counts=True)


def test_a_run_does_not_cross_months_that_are_absent():
    """Four months above the mean, a gap of 30 months, three above: no seven on one side."""
    early = pd.date_range("2019-10-01", periods=12, freq="MS")
    late = pd.date_range("2023-04-01", periods=11, freq="MS")
    values = [9, 1, 9, 1, 9, 1, 9, 1, 9, 8, 9, 8, 9, 8, 9, 1, 9, 1, 9, 1, 9, 1, 9]
    found = spc.xmr(pd.Series(values, index=early.append(late))).frame
    assert len(found) == 53 and found["value"].isna().sum() == 30
    assert spc.SIDE not in set(found["special"])
    assert spc.SIDE in set(
        spc.xmr(values).frame["special"]
    )  # side by side they are seven


@pytest.mark.parametrize("freq", ["MS", "ME", "QS", "YS", "D", "7D"])
def test_a_regular_index_stays_as_it_is(freq):
    values = pd.Series(
        range(5, 15), index=pd.date_range("2019-01-01", periods=10, freq=freq)
    )
    assert list(spc.regular(values).dropna()) == list(values)
    periods = values.index.to_period("M") if freq == "MS" else values.index
    assert list(spc.regular(values.set_axis(periods)).dropna()) == list(values)


def test_weeks_of_action_keep_their_own_dates():
    days = pd.to_datetime(["2018-03-12", "2018-09-18", "2019-03-11", "2019-09-16"])
    assert len(spc.regular(pd.Series([1, 2, 3, 4], index=days))) == 4


def test_a_season_is_that_of_the_dates_whatever_the_order_and_the_gaps():
    """Shuffled rows were wrong by up to 1.28 on a mean of 50; absent rows shifted the trend."""
    index = pd.date_range("2018-01-01", periods=60, freq="MS")
    values = (
        50
        * np.exp(0.01 * np.arange(60))
        * (1 + 0.3 * np.sin(index.month / 12 * 2 * np.pi))
    )
    values = pd.Series(values, index=index)
    whole = spc.deseasonalise(values)["adjusted"]
    mixed = spc.deseasonalise(values.sample(frac=1, random_state=0))[
        "adjusted"
    ].sort_index()
    assert mixed.to_numpy() == pytest.approx(whole.to_numpy())
    kept = values[(values.index < "2020-03") | (values.index > "2021-02")]
    absent, empty = (
        spc.deseasonalise(kept),
        spc.deseasonalise(values.where(values.isin(kept))),
    )
    pd.testing.assert_series_equal(
        absent["factor"], empty.loc[kept.index, "factor"], check_freq=False
    )
    for wrong in (values - 100, values.replace(values.iloc[0], np.inf)):
        with pytest.raises(Invalid, match="counts of 0 or more"):
            spc.deseasonalise(wrong)
    with pytest.raises(Invalid, match="stand twice"):
        spc.deseasonalise(pd.concat([values, values.tail(1)]))
