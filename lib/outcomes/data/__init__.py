"""The data room: the one door to the tables in ``data/clean``.

Functions are offered here whichever module holds them, and load when first used:
``oc.data.crime_monthly(force="lancashire")``. Every reading is noted (:func:`tables.reads`), so
that a page can say what it read and be rebuilt when those rows change.
"""

from outcomes.core.public import attach

__getattr__, __dir__, __all__ = attach(__name__, __file__)
