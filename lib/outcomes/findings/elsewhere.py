"""What is known from elsewhere: published figures of other places, and what would show here."""

from collections.abc import Iterable
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from outcomes.core.errors import Invalid
from outcomes.core.formatting import percent
from outcomes.findings.finding import Finding, finding

_SHOWN = ("measure_name", "area", "value", "qualifier", "unit")
_CITED = ("period_start", "period_end", "publisher", "note")


class Reach(NamedTuple):
    """A change that was found elsewhere, and the smallest that a study here would usually show.

    Both are shares: 0.16 is 16 %. ``smallest`` is NaN or None where no change of any size would show.

    >>> Reach(0.16, 0.29, "Fleetwood").clause
    'A fall of 16% would not stand out in Fleetwood: the smallest that usually does is 29%.'
    >>> Reach(0.16, None, "Blackpool").clause
    'A fall of 16% would not stand out in Blackpool, and nor would any other.'
    """

    size: float
    smallest: float | None
    area: str
    change: str = "fall"  # or "rise"

    @property
    def clause(self) -> str:
        """Whether a change of that size would have been seen here, as a sentence."""
        if not self.size > 0:
            raise Invalid(
                f"A change has a size above 0, such as 0.16; given {self.size}."
            )
        smallest = np.nan if self.smallest is None else self.smallest
        stands = "would" if self.size >= smallest else "would not"
        said = f"A {self.change} of {percent(self.size, 0)} {stands} stand out in {self.area}"
        if np.isnan(smallest):
            return f"{said}, and nor would any other."
        return f"{said}: the smallest that usually does is {percent(smallest, 0)}."


def elsewhere(
    name: str,
    sentence: str,
    figures: pd.DataFrame,
    *,
    caption: str,
    detail: str = "",
    reach: Reach | None = None,
    area: str = "",
    sources: Iterable[Any] = (),
    **facts: Any,
) -> Finding:
    """A finding on published figures of other places, each with its page, beside what is known here.

    Parameters
    ----------
    name, sentence, caption
        Of the finding, as :func:`outcomes.findings.finding` has them.
    figures
        Rows of :func:`outcomes.published_figures`: the table of the finding.
    detail
        What the figures mean here; ``reach``, where the figures have an effect, says in a sentence
        after it whether a change of that size would have been seen.
    area
        What the sentence is about; the place of the figures where all are of one.
    sources
        What else the sentence rests on.
    facts
        Whatever else a finding may be given.

    Examples
    --------
    >>> import outcomes as oc
    >>> trials = oc.published_figures(measure="hotspot_policing_fall")
    >>> found = elsewhere("trials", "Hot spots that were policed had 16% less crime.", trials,
    ...                   caption="Trials elsewhere", reach=Reach(0.16, 0.29, "Fleetwood"))
    >>> found.facts["detail"]
    'A fall of 16% would not stand out in Fleetwood: the smallest that usually does is 29%.'
    """
    table = figures[[*_SHOWN, *_CITED]]
    dropped = [c for c in _CITED if table[c].replace("", np.nan).isna().all()]
    places = figures["area"].unique()
    return finding(
        name,
        sentence,
        detail=" ".join(filter(None, [detail, reach.clause if reach else ""])),
        table=table.drop(columns=dropped),
        caption=caption,
        area=area or (places[0] if len(places) == 1 else "other places"),
        sources=[figures, *sources],
        **facts,
    )
