from . import bootstrap as bootstrap
from . import evaluation as evaluation
from . import funnels as funnels
from . import intervals as intervals
from . import minimum_data as minimum_data
from . import multiple_testing as multiple_testing
from . import power as power
from . import reconcile as reconcile
from . import spc as spc
from .evaluation.design import Evaluation as Evaluation
from .evaluation.design import (
    adjust_for_multiple_testing as adjust_for_multiple_testing,
)
from .evaluation.design import designs as designs
from .evaluation.design import evaluate as evaluate
from .evaluation.design import missing_location_bounds as missing_location_bounds
from .evaluation.design import same_calendar_months as same_calendar_months
from .evaluation.design import unequal_months as unequal_months
from .evaluation.difference_in_differences import Did as Did
from .evaluation.difference_in_differences import EventStudy as EventStudy
from .evaluation.difference_in_differences import did as did
from .evaluation.difference_in_differences import event_study as event_study
from .evaluation.difference_in_differences import grade_pretrend as grade_pretrend
from .evaluation.displacement import Change as Change
from .evaluation.displacement import Displacement as Displacement
from .evaluation.displacement import RingDisplacement as RingDisplacement
from .evaluation.displacement import overdispersion as overdispersion
from .evaluation.displacement import ring_displacement as ring_displacement
from .evaluation.displacement import rirr as rirr
from .evaluation.displacement import wdd as wdd
from .evaluation.displacement import wdq as wdq
from .evaluation.interrupted_time_series import Its as Its
from .evaluation.interrupted_time_series import its as its
from .evaluation.matching import Matching as Matching
from .evaluation.matching import contiguous_clusters as contiguous_clusters
from .evaluation.matching import disjoint_sets as disjoint_sets
from .evaluation.matching import match_sets as match_sets
from .evaluation.matching import match_units as match_units
from .evaluation.matching import ring as ring
from .evaluation.placebos import Randomisation as Randomisation
from .evaluation.placebos import placebo_interval as placebo_interval
from .evaluation.placebos import randomisation as randomisation
from .evaluation.synthetic_control import Synthetic as Synthetic
from .evaluation.synthetic_control import fit_synthetic_control as fit_synthetic_control
from .evaluation.synthetic_control import (
    fit_synthetic_control_to_counts as fit_synthetic_control_to_counts,
)
from .evaluation.synthetic_control import simplex_weights as simplex_weights
from .evaluation.verdict import Evidence as Evidence
from .evaluation.verdict import Verdict as Verdict
from .evaluation.verdict import reach_verdict as reach_verdict
from .evaluation.verdict import smallest_p as smallest_p
