"""Lancashire Programme Outcomes: data, analysis and findings behind the notebooks.

``import outcomes as oc`` gives the rooms ``oc.data``, ``oc.analysis`` and ``oc.show``. They load
when first used, so that the import itself stays light.
"""

from importlib import import_module

__version__ = "0.1.0"

_ROOMS = ("analysis", "data", "ingest", "publish", "show")


def __getattr__(name: str):
    if name in _ROOMS:
        return import_module(f"{__name__}.{name}")
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted([*_ROOMS, "__version__"])
