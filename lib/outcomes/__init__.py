"""Lancashire Programme Outcomes: data, methods and findings behind the notebooks.

``import outcomes as oc`` gives an analyst ``oc.programmes()``, ``oc.published_figures(…)``,
``oc.street_crime(…)``, ``oc.describe(frame)`` and ``oc.help("op_sceptre")``; and the rooms
``oc.data``, ``oc.methods``, ``oc.findings`` and ``oc.explore``. All load when first used, so that
the import stays light.
"""

from outcomes.core.public import attach

__version__ = "0.1.0"
__getattr__, __dir__, __all__ = attach(__name__, __file__)
