"""The register as notebooks read it."""

import pandas as pd
import pytest

from outcomes import data
from outcomes.core.errors import Invalid
from outcomes.data import former, published_figures

QUARTER_1_2023 = {
    "measure": "nrm_referrals",
    "start": "2023-01-01",
    "end": "2023-03-31",
}


def quarter(**options) -> pd.DataFrame:
    frame = data.figures(**QUARTER_1_2023, dated=True, **options)
    return frame[frame["period_end"] == "2023-03-31"]


def test_as_of_gives_the_value_first_published():
    # Home Office, quarter 1 2023 bulletin (4 May 2023): 4,746 referrals.
    assert list(quarter(as_of="2023-06-30")["value"]) == [4746]


def test_every_vintage_is_kept_in_step_with_the_bulletins():
    published = quarter().sort_values("published")
    assert list(published["value"]) == [4746, 4739, 4738, 4742]
    assert list(quarter(as_of="2023-08-10")["value"]) == [4739, 4746]
    assert quarter(as_of="2023-05-03").empty


def test_one_each_takes_the_first_or_the_latest_vintage():
    assert list(former.one_each(quarter())["value"]) == [4742]
    assert list(former.one_each(quarter(), vintage="first")["value"]) == [4746]


def test_one_each_prefers_an_exact_figure_to_a_round_one():
    week = data.figures(
        programme="county_lines", measure="cash_seized", start="2024-03-04"
    )
    east = week[
        (week["area"] == "east-division") & (week["period_end"] == "2024-03-10")
    ]
    assert len(east) == 3  # over £148k, £148,612 and nearly £150,000
    assert list(former.one_each(east)["value"]) == [148612]


def test_a_page_dated_to_a_month_counts_from_the_last_day_of_the_month():
    bbc = data.figures(
        measure="knives_surrendered", area="lancashire", as_of="2023-11-30"
    )
    assert 1112 in set(bbc["value"])
    assert 1112 not in set(
        data.figures(
            measure="knives_surrendered", area="lancashire", as_of="2023-11-29"
        )["value"]
    )


def test_undated_pages_drop_out_of_the_past():
    assert data.figures(programme="op_warrior")["published"].isna().any()
    assert (
        data.figures(programme="op_warrior", as_of="2026-01-01")["published"]
        .notna()
        .all()
    )


def test_copies_of_a_release_are_counted_once():
    two_years = {"programme": "op_warrior", "measure": "arrests", "start": "2024-10-01"}
    prints = data.figures(**two_years, end="2024-10-31")
    assert list(prints["value"]).count(3067) == 2
    assert (
        list(data.figures(**two_years, end="2024-10-31", copies=False)["value"]).count(
            3067
        )
        == 1
    )


def test_a_copy_stands_in_when_the_first_print_is_left_out():
    # The Lancashire Telegraph page is undated; the Lancaster Guardian printed it on 29 November.
    past = {"programme": "op_warrior", "measure": "arrests", "as_of": "2024-11-30"}
    assert 3067 in set(data.figures(**past, copies=False)["value"])


def test_periods_that_overlap_are_kept_and_undated_figures_are_not():
    frame = data.figures(measure="arrests", programme="op_warrior", start="2023-12-01")
    seed = frame[frame["seed"]]
    assert list(seed["value"]) == [1409]  # November 2022 to December 2023
    assert (frame["period_end"].isna() | (frame["period_end"] >= "2023-12-01")).all()
    assert (frame["period_start"].notna() | frame["period_end"].notna()).all()


def test_an_open_period_overlaps_whatever_follows_its_start():
    since = data.figures(
        programme="project_adder", area="blackpool", start="2024-01-01"
    )
    assert {305, 443, 360942.60} <= set(since.loc[since["seed"], "value"])


def test_dated_splits_the_register_in_two():
    whole, dated, rest = (len(data.figures(dated=d)) for d in (None, True, False))
    assert dated + rest == whole
    assert (
        data.figures(dated=False)[["period_start", "period_end"]]
        .isna()
        .any(axis=1)
        .all()
    )


def test_columns_and_types():
    frame = data.figures()
    assert frame["value"].dtype == float
    assert frame["seed"].dtype == bool
    assert all(
        frame[c].dtype.kind == "M" for c in ("period_start", "period_end", "published")
    )
    assert set(frame["qualifier"]) == {"exact", "over", "at_least", "nearly", "approx"}
    assert set(frame["period_state"]) == {"stated", "inferred", "ambiguous", "unstated"}
    assert set(frame["basis"]) == {"published", "derived_sum", "coded", "change"}
    assert isinstance(frame.index, pd.RangeIndex)


@pytest.mark.parametrize(
    ("wrong", "nearest"),
    [
        ({"measure": "arests"}, "'arrests'"),
        ({"programme": "op_warior"}, "'op_warrior'"),
        ({"area": "lancashir"}, "'lancashire'"),
        ({"measure": ["arrests", "cash_siezed"]}, "'cash_seized'"),
    ],
)
def test_a_misspelling_is_answered_with_the_nearest_name(wrong, nearest):
    with pytest.raises(Invalid, match=f"Did you mean {nearest}"):
        data.figures(**wrong)


def test_a_known_name_without_figures_gives_no_rows():
    assert data.figures(programme="no_more_knives", measure="cash_seized").empty


@pytest.mark.parametrize("day", ["2023-06", "30/06/2023", "soon"])
def test_a_day_must_be_a_day(day):
    with pytest.raises(Invalid, match="YYYY-MM-DD"):
        data.figures(as_of=day)


def test_measures_of_a_programme_are_those_it_has_figures_for():
    held = set(data.measures("op_warrior")["measure"])
    assert held == set(data.figures(programme="op_warrior")["measure"])
    assert data.measures("op_warrior")["whole"].dtype == bool
    with pytest.raises(Invalid, match="'op_sceptre'"):
        data.measures("op_sceptr")


def test_areas_by_level():
    assert len(data.areas("district")) == 14
    assert len(data.areas("force")) == 44
    with pytest.raises(Invalid, match="'district'"):
        data.areas("distict")


def test_sources_come_in_the_order_asked_and_keep_a_partial_date():
    frame = data.figures(programme="fraud")
    asked = list(dict.fromkeys(frame["source"]))[::-1]
    pages = data.sources(asked)
    assert list(pages["source"]) == asked
    assert set(data.sources()["published"].str.len()) == {0, 4, 7, 10}
    with pytest.raises(Invalid, match="source"):
        data.sources(["no-such-page"])


def test_weeks_of_action_carry_their_national_dates():
    sceptre = former.waves("op_sceptre").set_index("wave")
    assert (
        sceptre.loc["2023-11", ["start", "end"]] == ["2023-11-13", "2023-11-19"]
    ).all()
    lines = former.waves("county_lines").set_index("wave")
    assert (
        lines.loc["2024-03", ["start", "end"]] == ["2024-03-04", "2024-03-10"]
    ).all()
    assert lines.index[0] == "2019-01"


def test_the_reading_is_noted():
    data.tables._log.clear()
    data.figures(programme="fraud")
    assert data.reads() == [{"table": "figures", "where": {"programme": "fraud"}}]


def statements(*rows):
    """Figures of one fact: (figure, publisher, copy_of)."""
    frame = pd.DataFrame(rows, columns=["figure", "publisher", "copy_of"])
    return frame.assign(fact="f", value=7.0)


@pytest.mark.parametrize(
    ("rows", "prints", "releases", "independent"),
    [
        ([("a", "BBC", ""), ("b", "Blog Preston", "")], 2, 2, 2),
        ([("a", "BBC", ""), ("b", "Blog Preston", "a")], 2, 1, 1),  # one press release
        (
            [("a", "BBC", ""), ("b", "BBC", "")],
            2,
            2,
            1,
        ),  # printed twice by one publisher
        ([("a", "Home Office", ""), ("b", "LBC (Home Office data)", "")], 2, 2, 1),
        ([("a", "X (NCA data)", ""), ("b", "Y (National Crime Agency)", "")], 2, 2, 1),
        (
            [("a", "X (Z)", ""), ("b", "Y", ""), ("c", "Y (Z)", "")],
            3,
            3,
            1,
        ),  # joined by the third
        (
            [
                ("a", "X (stored copy at y.com)", ""),
                ("b", "Y (FOI to Lancashire Police)", ""),
            ],
            2,
            2,
            2,
        ),
        (
            [("b", "Blog Preston", "a")],
            1,
            1,
            1,
        ),  # the first print is not among these figures
    ],
)
def test_only_publishers_who_do_not_quote_each_other_corroborate(
    rows, prints, releases, independent
):
    (found,) = published_figures.corroboration(statements(*rows)).itertuples()
    assert (found.prints, found.releases, found.independent) == (
        prints,
        releases,
        independent,
    )


def test_three_prints_of_one_release_are_one_voice():
    found = published_figures.corroboration(
        data.figures(programme="op_warrior")
    ).set_index("value")
    assert found.loc[860, ["prints", "releases", "independent"]].tolist() == [3, 1, 1]
    whole = published_figures.corroboration(data.figures())
    assert whole["prints"].sum() == len(data.figures())
    assert (whole["independent"] <= whole["releases"]).all()
