"""The published figures as notebooks read them."""

import pandas as pd
import pytest

import outcomes as oc
from outcomes.core.errors import Invalid
from outcomes.data import published_figures, tables


@pytest.fixture
def as_of():
    """Set the page-wide day for one test."""
    yield oc.as_of
    oc.as_of("")


def quarter(vintages: str = "all") -> pd.DataFrame:
    """NRM referrals of the first quarter of 2023."""
    frame = oc.published_figures(
        measure="nrm_referrals", area="United Kingdom", vintages=vintages, dated=True
    )
    first, last = frame["period_start"], frame["period_end"]
    return frame[(first == "2023-01-01") & (last == "2023-03-31")]


def test_every_vintage_is_kept_in_step_with_the_bulletins(as_of):
    published = quarter().sort_values("published")
    assert list(published["value"]) == [4746, 4739, 4738, 4742]
    assert list(quarter("latest")["value"]) == [4742]
    assert list(quarter("first")["value"]) == [4746]
    as_of("2023-06-30")  # Home Office, quarter 1 2023 bulletin (4 May 2023)
    assert list(quarter()["value"]) == [4746]
    as_of("2023-08-10")
    assert list(quarter()["value"]) == [4739, 4746]
    as_of("2023-05-03")
    assert quarter().empty


def test_an_exact_figure_is_preferred_to_a_round_one():
    week = oc.published_figures(
        programme="county_lines",
        measure="cash_seized",
        area="East Division",
        vintages="all",
    )
    week = week[week["period_end"] == "2024-03-10"]
    assert len(week) == 3  # over £148k, £148,612 and nearly £150,000
    assert list(oc.latest_per_fact(week)["value"]) == [148612]


def test_a_page_dated_to_a_month_counts_from_the_last_day_of_the_month(as_of):
    def values() -> set:
        return set(
            oc.published_figures(
                measure="knives_surrendered", area="Lancashire", vintages="all"
            )["value"]
        )

    as_of("2023-11-30")
    assert 1112 in values()
    as_of("2023-11-29")
    assert 1112 not in values()


def test_undated_pages_drop_out_of_the_past(as_of):
    def published() -> pd.Series:
        return oc.published_figures(programme="op_warrior", vintages="all")["published"]

    assert published().isna().any()
    as_of("2026-01-01")
    assert published().notna().all()


def test_dated_splits_the_figures_in_two():
    whole, dated, rest = (
        oc.published_figures(vintages="all", dated=d) for d in (None, True, False)
    )
    assert len(dated) + len(rest) == len(whole)
    assert rest[["period_start", "period_end"]].isna().any(axis=1).all()


def test_columns_and_types():
    frame = oc.published_figures(vintages="all")
    assert frame["value"].dtype == float
    assert frame["seed"].dtype == bool
    days = frame[["period_start", "period_end", "published"]]
    assert all(dtype.kind == "M" for dtype in days.dtypes)
    assert set(frame["qualifier"]) == {"exact", "over", "at_least", "nearly", "approx"}
    assert set(frame["period_state"]) == {"stated", "inferred", "ambiguous", "unstated"}
    assert set(frame["basis"]) == {"published", "derived_sum", "coded", "change"}
    assert isinstance(frame.index, pd.RangeIndex)
    spoken = oc.measures().set_index("measure")["name"]
    assert (frame["measure_name"] == frame["measure"].map(spoken)).all()


@pytest.mark.parametrize(
    ("wrong", "nearest"),
    [
        ({"measure": "arests"}, "'arrests'"),
        ({"programme": "op_warior"}, "'op_warrior'"),
        ({"area": "Lancashir"}, "'Lancashire'"),
        ({"measure": ["arrests", "cash_siezed"]}, "'cash_seized'"),
    ],
)
def test_a_misspelling_is_answered_with_the_nearest_name(wrong, nearest):
    with pytest.raises(Invalid, match=f"Did you mean {nearest}"):
        oc.published_figures(**wrong)


def test_a_known_name_without_figures_gives_no_rows():
    none = oc.published_figures(programme="no_more_knives", measure="cash_seized")
    assert none.empty and "measure_name" in none


@pytest.mark.parametrize("day", ["2023-06", "30/06/2023", "soon"])
def test_a_day_must_be_a_day(day):
    with pytest.raises(Invalid, match="YYYY-MM-DD"):
        oc.as_of(day)


def test_measures_of_a_programme_are_those_it_has_figures_for():
    held = set(oc.measures("op_warrior")["measure"])
    assert held == set(oc.published_figures(programme="op_warrior")["measure"])
    assert oc.measures("op_warrior")["whole"].dtype == bool
    with pytest.raises(Invalid, match="'op_sceptre'"):
        oc.measures("op_sceptr")


def test_pages_keep_a_partial_date():
    pages = published_figures.dated(oc.published_figures(vintages="all")["source"])
    assert {len(day) for day in pages.values()} == {0, 4, 7, 10}
    assert published_figures.dated(["no-such-page"]) == {}


def test_weeks_of_action_carry_their_national_dates():
    sceptre = oc.weeks_of_action("op_sceptre").set_index("wave")
    ends = sceptre.loc["2023-11", ["week", "week_end"]].drop_duplicates()
    assert ends.astype(str).to_numpy().tolist() == [["2023-11-13", "2023-11-19"]]
    lines = oc.weeks_of_action("county_lines").set_index("wave")
    ends = lines.loc["2024-03", ["week", "week_end"]].drop_duplicates()
    assert ends.astype(str).to_numpy().tolist() == [["2024-03-04", "2024-03-10"]]
    assert lines.index.min() == "2019-01"


def test_a_week_has_each_count_once_whatever_the_nation_is_called():
    every = oc.weeks_of_action("county_lines", vintages="all")
    nation = every[every["area"].isin(published_figures.NATIONAL)]
    arrests = nation[nation["measure"] == "arrests"]
    by_wave = oc.latest_per_fact(arrests, by="wave").set_index("wave")["value"]
    assert by_wave["2023-10"] == 1613  # not the 1,600 of a later page
    assert by_wave["2024-11"] == 1660  # two pages give the week's last day differently
    with pytest.raises(Invalid, match="county_lines, op_sceptre"):
        oc.weeks_of_action("fraud")


def test_the_reading_is_noted():
    tables._log.clear()
    oc.published_figures(programme="fraud")
    where = {"programme": "fraud"}
    assert {"table": "figures", "where": where} in tables.reads()


def statements(*rows):
    """Figures of one fact: (figure, publisher, copy_of)."""
    frame = pd.DataFrame(rows, columns=["figure", "publisher", "copy_of"])
    return frame.assign(fact="f", value=7.0)


@pytest.mark.parametrize(
    ("rows", "prints", "releases", "independent"),
    [
        ([("a", "BBC", ""), ("b", "Blog Preston", "")], 2, 2, 2),
        ([("a", "BBC", ""), ("b", "Blog Preston", "a")], 2, 1, 1),  # one press release
        ([("a", "BBC", ""), ("b", "BBC", "")], 2, 2, 1),  # twice by one publisher
        (
            [("b", "Blog Preston", "a")],
            1,
            1,
            1,
        ),  # the first print is not among these figures
    ],
)
def test_prints_of_one_release_count_once(rows, prints, releases, independent):
    (found,) = published_figures.corroboration(statements(*rows)).itertuples()
    assert (found.prints, found.releases, found.independent) == (
        prints,
        releases,
        independent,
    )


def test_three_prints_of_one_release_are_one_voice():
    every = oc.published_figures(vintages="all")
    found = published_figures.corroboration(
        every[every["programme"] == "op_warrior"]
    ).set_index("value")
    assert found.loc[860, ["prints", "releases", "independent"]].tolist() == [3, 1, 1]
    whole = published_figures.corroboration(every)
    assert whole["prints"].sum() == len(every)
    assert (whole["independent"] <= whole["releases"]).all()


@pytest.mark.parametrize("programme", published_figures.WEEKS)
def test_the_waves_of_a_programme_are_those_of_its_weeks(programme):
    weeks = oc.weeks_of_action(programme, vintages="all")
    told = published_figures.waves(programme)
    pd.testing.assert_frame_equal(told, weeks[["wave", "area", "measure"]])
