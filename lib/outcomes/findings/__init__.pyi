from . import (
    among as among,
)
from . import (
    charts as charts,
)
from . import (
    comparisons as comparisons,
)
from . import (
    evaluation as evaluation,
)
from . import (
    foreign_svg as foreign_svg,
)
from . import (
    parts as parts,
)
from . import (
    plots as plots,
)
from . import (
    ready as ready,
)
from . import (
    series as series,
)
from . import (
    svg as svg,
)
from . import (
    table as table,
)
from . import (
    theme as theme,
)
from . import (
    verdicts as verdicts,
)
from .among import (
    standing as standing,
)
from .answer import (
    answer as answer,
)
from .bounds import (
    amount as amount,
)
from .bounds import (
    bounds as bounds,
)
from .bounds import (
    bounds_by_measure as bounds_by_measure,
)
from .bounds import (
    contradictions as contradictions,
)
from .bounds import (
    differing_values as differing_values,
)
from .comparisons import (
    position as position,
)
from .evaluation import (
    balance as balance,
)
from .evaluation import (
    effect as effect,
)
from .evaluation import (
    effects as effects,
)
from .evaluation import (
    event_study as event_study,
)
from .evaluation import (
    levels as levels,
)
from .evaluation import (
    months_compared as months_compared,
)
from .finding import (
    Finding as Finding,
)
from .finding import (
    finding as finding,
)
from .finding import (
    page as page,
)
from .plots import (
    allowed as allowed,
)
from .plots import (
    bars as bars,
)
from .plots import (
    behaviour as behaviour,
)
from .plots import (
    clashing as clashing,
)
from .plots import (
    differing as differing,
)
from .plots import (
    funnel as funnel,
)
from .plots import (
    intervals as intervals,
)
from .plots import (
    pace as pace,
)
from .plots import (
    panels as panels,
)
from .plots import (
    place as place,
)
from .plots import (
    reconciled as reconciled,
)
from .plots import (
    stems as stems,
)
from .plots import (
    strip as strip,
)
from .plots import (
    waves as waves,
)
from .plots import (
    xmr as xmr,
)
from .provenance import (
    provenance as provenance,
)
from .ready import (
    share as share,
)
from .ready import (
    shares as shares,
)
from .series import (
    process_behaviour as process_behaviour,
)
from .series import (
    revisions as revisions,
)
