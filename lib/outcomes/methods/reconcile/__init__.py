"""What overlapping, rounded and qualified published figures allow a count to be.

The steps, a module each: figures become *constraints*; constraints become a linear-programming
*model*; *conflicts* between figures are found in it; what is left gives *bounds* on the total of
any period. *agreement* asks the bounds whether one published figure agrees with all others.
"""

from outcomes.methods.reconcile.agreement import STATES as STATES
from outcomes.methods.reconcile.agreement import Agreement as Agreement
from outcomes.methods.reconcile.agreement import check_agreement as check_agreement
from outcomes.methods.reconcile.agreement import combine_checks as combine_checks
from outcomes.methods.reconcile.agreement import (
    describe_contradictions as describe_contradictions,
)
from outcomes.methods.reconcile.agreement import find_differing as find_differing
from outcomes.methods.reconcile.agreement import value_limits as value_limits
from outcomes.methods.reconcile.bounds import MONTH as MONTH
from outcomes.methods.reconcile.bounds import MeasureBounds as MeasureBounds
from outcomes.methods.reconcile.bounds import Reconciliation as Reconciliation
from outcomes.methods.reconcile.bounds import bounds as bounds
from outcomes.methods.reconcile.bounds import bounds_by_measure as bounds_by_measure
from outcomes.methods.reconcile.bounds import growth as growth
from outcomes.methods.reconcile.conflicts import Contradiction as Contradiction
