"""What an evaluation cannot compute is refused in these very sentences."""

import numpy as np
import pandas as pd
import pytest

from outcomes.core.errors import Invalid, NotEnough
from outcomes.methods.evaluation import displacement, placebos
from outcomes.methods.evaluation.displacement import rirr, wdd, wdq
from outcomes.methods.evaluation.interrupted_time_series import its
from outcomes.methods.evaluation.synthetic_control import fit_synthetic_control
from small_panels import START, panel

T, C, NEAR = (207, 110), (308, 318), (178, 157)


def quiet(count=36, start="2020-01-01"):
    """Months of a series that goes up and down by the season and no more."""
    months = pd.date_range(start, periods=count, freq="MS")
    return pd.Series(100.0 + 10 * (months.month % 3), index=months)


@pytest.mark.parametrize(
    ("call", "error", "sentence"),
    [
        (
            lambda: wdd((1, 2), (3, -1)),
            Invalid,
            "Counts before and after must be 0 or more; given 3.0 and -1.0.",
        ),
        (
            lambda: wdd((np.inf, 2), (3, 1)),
            Invalid,
            "Counts before and after must be 0 or more; given inf and 2.0.",
        ),
        *(
            (
                call,
                Invalid,
                "A ring around the treated area needs one around the control as well.",
            )
            for call in (
                lambda: wdd(T, C, ring_treated=NEAR),
                lambda: wdd(T, C, ring_control=NEAR),
            )
        ),
        *(
            (
                lambda e=exposure: wdd(T, C, exposure=e),
                Invalid,
                f"Each exposure must be above 0; given {exposure[0]} and {exposure[1]}.",
            )
            for exposure in ((0, 1), (1, 0))
        ),
        (
            lambda: wdd((0, 0), (0, 0)),
            NotEnough,
            "A difference of counts needs at least one event; every count is 0.",
        ),
        (
            lambda: displacement.overdispersion([wdd(T, C)] * 9),
            NotEnough,
            "How far places stray by themselves takes 10 of them to tell; there are 9.",
        ),
        (
            lambda: rirr((0, 2), (3, 1)),
            NotEnough,
            "A ratio of changes needs at least one event before and after in both.",
        ),
        (
            lambda: wdq(T, NEAR, (0, 4)),
            NotEnough,
            "A displacement quotient needs events in the control before and after.",
        ),
        (
            lambda: wdq((10, 10), NEAR, (5, 5)),
            NotEnough,
            "The area changed as the control did, so there is nothing to displace.",
        ),
        *(
            (
                lambda r=r, c=c: placebos.placebo_interval(r, [1.1] * 40, confidence=c),
                Invalid,
                "An interval needs a ratio above 0 and a confidence between 0 and 1.",
            )
            for r, c in ((0, 0.95), (1, 0), (1, 1))
        ),
        (
            lambda: placebos.placebo_interval(1, [1.1] * 98, confidence=0.99),
            NotEnough,
            "There are 98 placebo ratios, too few for 99%.",
        ),
        (
            lambda: placebos.randomisation(
                panel(units=24), ["u0"], START, [[f"u{k}"] for k in range(1, 19)]
            ),
            NotEnough,
            "There are 18 placebo sets; at least 19 are needed for a p of 0.05.",
        ),
        (
            lambda: its(quiet(), "2022-01", breaks=[("2021-01", " ")]),
            Invalid,
            "A break at 2021-01 needs a reason that can be printed.",
        ),
        *(
            (
                lambda s=s: its(s, "2022-01"),
                Invalid,
                "The months of a series must be in order, each once.",
            )
            for s in (quiet()[::-1], pd.concat([quiet()[:1], quiet()]))
        ),
        (
            lambda: fit_synthetic_control(panel()[["u0", "u1"]], "u0", START),
            NotEnough,
            "A synthetic control needs at least 2 donors; there are 1.",
        ),
    ],
)
def test_what_cannot_be_computed_is_refused_in_these_words(call, error, sentence):
    with pytest.raises(error) as caught:
        call()
    assert str(caught.value) == sentence
