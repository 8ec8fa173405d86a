"""Methods: pure functions on frames and arrays, with the method's source in each.

Every public name can be used from here (``oc.methods.wilson``) or from its module
(``oc.methods.intervals.wilson``). Modules load when first used.
"""

from outcomes.core.public import attach

__getattr__, __dir__, __all__ = attach(__name__, __file__)
