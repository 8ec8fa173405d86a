"""An interval for one treated area from the placebo areas, in step with their p-value.

Source: Conley & Taber 2011 (REStat 93:113): when few areas are treated, the spread of changes in
untreated areas is the spread of the estimate. Regression errors for one town were found to miss
far too often here (``tests/simulate``), so this is the interval to print beside a ratio.
"""

from math import ceil

import numpy as np

from outcomes.analysis.rates import Interval
from outcomes.data.errors import Invalid, NotEnough


def placebo_interval(ratio: float, placebo, *, confidence: float = 0.95) -> Interval:
    """The ratios that placebo areas do not rule out: it leaves out 1 exactly when p <= 1 - c.

    ``placebo`` are the ratios of areas without the programme (``randomisation(...).placebo``). It
    reaches as far on either side (of the logarithm) as all but the outermost placebos do from 1.
    Raises NotEnough when there are too few of them for the confidence asked.
    """
    if not 0 < confidence < 1 or not ratio > 0:
        raise Invalid("An interval needs a ratio above 0 and a confidence between 0 and 1.")
    size = np.sort(np.abs(np.log(np.asarray(placebo, float))))
    size = size[np.isfinite(size)]
    place = ceil(round(confidence * (len(size) + 1), 9))
    if place > len(size):
        raise NotEnough(f"There are {len(size)} placebo ratios, too few for {confidence:.0%}.")
    reach = size[place - 1]
    return Interval(float(ratio), float(ratio * np.exp(-reach)), float(ratio * np.exp(reach)))
