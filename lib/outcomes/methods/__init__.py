"""Methods: pure functions on frames and arrays, with the method's source in each.

A module is named after its method: ``methods.intervals.wilson``, ``methods.spc.funnel``. Modules
load when first used.
"""

from outcomes.core.public import attach

__getattr__, __dir__, __all__ = attach(__name__, __file__)
