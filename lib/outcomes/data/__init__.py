"""The data room: the one door to the tables in ``data/clean``, and what is known of them.

What an analyst asks stands at the top of the package (``oc.recorded_crime("trafficking")``); this
room holds the modules, and :func:`read` of any table as it is stored. Every reading is noted
(:func:`tables.reads`), so that a page can say what it read and be rebuilt when those rows change.
"""

from outcomes.core.public import attach

__getattr__, __dir__, __all__ = attach(__name__, __file__)
