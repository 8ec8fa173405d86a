"""Multiple testing, as published in 1995 and by its step-up rule."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from outcomes.core.errors import Invalid
from outcomes.methods import multiple_testing

P_1995 = [
    0.0001,
    0.0004,
    0.0019,
    0.0095,
    0.0201,
    0.0278,
    0.0298,
    0.0344,
    0.0459,
    0.3240,
    0.4262,
    0.5719,
    0.6528,
    0.7590,
    1,
]


def test_benjamini_hochberg_as_published_in_1995():
    got = multiple_testing.benjamini_hochberg(P_1995)
    assert got["rejected"].sum() == 4
    assert (
        sum(p <= 0.05 / 15 for p in P_1995) == 3
    )  # Bonferroni's count, as they print it
    assert list(got["adjusted"][:4].round(6)) == [0.0015, 0.003, 0.0095, 0.035625]
    assert got["adjusted"][4] == pytest.approx(0.0603)
    mixed = multiple_testing.benjamini_hochberg(
        pd.Series(P_1995[::-1], index=list("abcdefghijklmno"))
    )
    assert mixed.index[mixed["rejected"]].tolist() == ["l", "m", "n", "o"]


@settings(deadline=None)
@given(st.lists(st.floats(0, 1), min_size=1, max_size=30), st.floats(0.01, 0.5))
def test_benjamini_hochberg_equals_its_step_up_rule(p, q):
    got = multiple_testing.benjamini_hochberg(p, q=q)
    ranked = sorted(p)
    k = max(
        (i + 1 for i, v in enumerate(ranked) if v <= q * (i + 1) / len(p)), default=0
    )
    at_the_edge = any(
        abs(v - q * (i + 1) / len(p)) < 1e-12 for i, v in enumerate(ranked)
    )
    assert at_the_edge or got["rejected"].sum() == k
    assert (got["adjusted"] >= got["p"] - 1e-12).all()


def test_many_tests_keep_their_labels_or_are_numbered():
    assert multiple_testing.benjamini_hochberg([0.01, 0.5]).index.tolist() == [0, 1]
    given = pd.Series([0.01, 0.05], ["a", "b"])
    named = multiple_testing.benjamini_hochberg(given)
    assert named.index.tolist() == ["a", "b"]
    assert named["adjusted"].tolist() == pytest.approx([0.02, 0.05])
    assert named["rejected"].tolist() == [True, True]  # at the limit as well
    assert multiple_testing.benjamini_hochberg([0, 1])["adjusted"].tolist() == [0, 1]


@pytest.mark.parametrize("p", [[], [0.2, 1.2], [-0.1], [np.nan], [[0.1], [0.2]]])
def test_what_is_no_p_value_is_refused(p):
    with pytest.raises(Invalid) as said:
        multiple_testing.benjamini_hochberg(p)
    assert str(said.value) == "Every p-value must lie between 0 and 1."


@pytest.mark.parametrize("q", [0, 1, -0.1, 2])
def test_a_share_of_false_alarms_lies_between_0_and_1(q):
    with pytest.raises(Invalid, match=f"between 0 and 1; given {q}"):
        multiple_testing.benjamini_hochberg([0.1], q=q)
