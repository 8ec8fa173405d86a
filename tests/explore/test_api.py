"""What an analyst types first: short names, tab completion, columns that say what they mean."""

import subprocess
import sys

import pandas as pd
import pytest

import outcomes as oc
from outcomes.core.errors import Invalid


def test_the_import_is_light_and_the_names_are_there_for_tab():
    code = "import sys, outcomes; print(*dir(outcomes)); print('pandas' in sys.modules)"
    said = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True
    ).stdout
    names, heavy = said.splitlines()
    assert heavy == "False"
    assert {"figures", "crime", "programmes", "help", "describe", "explore"} <= set(
        names.split()
    )


def test_a_misspelled_name_is_answered_with_the_nearest():
    with pytest.raises(AttributeError, match="Did you mean 'figures'"):
        oc.figurs  # noqa: B018
    with pytest.raises(Invalid, match="Did you mean 'op_sceptre'"):
        oc.help("op_scepter")
    with pytest.raises(Invalid, match="Did you mean 'Blackpool'"):
        oc.crime("Blackpol")
    with pytest.raises(Invalid, match="Did you mean 'trafficking'"):
        oc.crime("lancashire", "traficking")
    with pytest.raises(Invalid, match="Did you mean 'arrests'"):
        oc.figures(measure="arests")


def test_the_tables_are_those_of_the_data_room():
    pd.testing.assert_frame_equal(
        oc.figures(programme="op_warrior"), oc.data.figures(programme="op_warrior")
    )
    pd.testing.assert_frame_equal(oc.programmes(), oc.data.programmes())
    assert oc.crime("Blackpool", "burglary")["type"].unique() == ["burglary"]
    assert oc.crime("lancashire", "trafficking")["offence"].unique() == ["92A"]
    year = oc.crime("lancashire", ["burglary"], start="2025-01", end="2025-12")
    assert year["month"].nunique() == 12
    with pytest.raises(Invalid, match="whole forces only"):
        oc.crime("Blackpool", "trafficking")


def test_every_column_says_what_it_means_and_still_does_after_a_filter():
    for frame in (
        oc.figures(),
        oc.programmes(),
        oc.crime("Burnley"),
        oc.crime("kent", "92A"),
    ):
        told = oc.describe(frame.head(3))
        assert list(told["column"]) == list(frame.columns)
        assert (told["description"] != "").all()


@pytest.mark.parametrize(
    ("word", "said"),
    [
        ("op_sceptre", "Take knives off the streets"),
        ("arrests", "Unit: count"),
        ("blackpool", "Blackpool: a district"),
        ("coverage", "Table coverage."),
        ("denominator", "Source:"),
        ("", "oc.published_figures"),
    ],
)
def test_help_knows_programmes_measures_places_tables_and_terms(word, said):
    assert said in repr(oc.help(word))
