from .augmented_synthetic_control import AugmentedSynthetic as AugmentedSynthetic
from .augmented_synthetic_control import (
    fit_augmented_synthetic_control as fit_augmented_synthetic_control,
)
from .design import Evaluation as Evaluation
from .design import adjust_for_multiple_testing as adjust_for_multiple_testing
from .design import designs as designs
from .design import evaluate as evaluate
from .design import missing_location_bounds as missing_location_bounds
from .design import same_calendar_months as same_calendar_months
from .design import unequal_months as unequal_months
from .difference_in_differences import ALPHA as ALPHA
from .difference_in_differences import Did as Did
from .difference_in_differences import EventStudy as EventStudy
from .difference_in_differences import did as did
from .difference_in_differences import event_study as event_study
from .difference_in_differences import grade_pretrend as grade_pretrend
from .displacement import Change as Change
from .displacement import Displacement as Displacement
from .displacement import RingDisplacement as RingDisplacement
from .displacement import overdispersion as overdispersion
from .displacement import ring_displacement as ring_displacement
from .displacement import rirr as rirr
from .displacement import wdd as wdd
from .displacement import wdq as wdq
from .effect_ranks import EffectRank as EffectRank
from .effect_ranks import rank_effect as rank_effect
from .interrupted_time_series import Its as Its
from .interrupted_time_series import its as its
from .matching import BALANCED as BALANCED
from .matching import Matching as Matching
from .matching import contiguous_clusters as contiguous_clusters
from .matching import disjoint_sets as disjoint_sets
from .matching import match_sets as match_sets
from .matching import match_units as match_units
from .matching import ring as ring
from .parallel_trends import CarriedDrift as CarriedDrift
from .parallel_trends import TrendSensitivity as TrendSensitivity
from .parallel_trends import assess_parallel_trends as assess_parallel_trends
from .parallel_trends import carry_drift as carry_drift
from .placebos import Randomisation as Randomisation
from .placebos import placebo_interval as placebo_interval
from .placebos import randomisation as randomisation
from .power import Detection as Detection
from .power import detection_power as detection_power
from .power import mix_detection_power as mix_detection_power
from .specification import RADII as RADII
from .specification import Specification as Specification
from .specification import SpecificationCurve as SpecificationCurve
from .specification import describe_choices as describe_choices
from .specification import ring_option as ring_option
from .specification import specification_curve as specification_curve
from .specification import specifications as specifications
from .synthetic_control import Synthetic as Synthetic
from .synthetic_control import fit_synthetic_control as fit_synthetic_control
from .synthetic_control import (
    fit_synthetic_control_to_counts as fit_synthetic_control_to_counts,
)
from .synthetic_control import judge_synthetic_control as judge_synthetic_control
from .synthetic_control import simplex_weights as simplex_weights
from .synthetic_did import SyntheticDid as SyntheticDid
from .synthetic_did import fit_synthetic_did as fit_synthetic_did
from .verdict import CLAUSES as CLAUSES
from .verdict import Evidence as Evidence
from .verdict import Verdict as Verdict
from .verdict import reach_verdict as reach_verdict
from .verdict import smallest_p as smallest_p
