"""Lancashire Programme Outcomes: data, analysis and findings behind the notebooks.

``import outcomes as oc`` gives an analyst ``oc.programmes``, ``oc.figures(…)``, ``oc.crime(…)``,
``oc.describe(frame)`` and ``oc.help("op_sceptre")``; and the rooms ``oc.data``, ``oc.analysis``,
``oc.show`` and ``oc.explore``. All load when first used, so that the import itself stays light.
"""

from importlib import import_module

__version__ = "0.1.0"

_ROOMS = ("analysis", "data", "explore", "ingest", "learn", "publish", "show")
_SURFACE = ("crime", "describe", "figures", "help", "programmes")


def __getattr__(name: str):
    if name in _ROOMS:
        return import_module(f"{__name__}.{name}")
    if name in _SURFACE:
        found = getattr(import_module(f"{__name__}.explore.surface"), name)
        return found() if name == "programmes" else found
    if name.startswith("_"):
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from outcomes.data.errors import nearest

    guess = nearest(name, __dir__())
    hint = f" Did you mean {guess!r}?" if guess else f" It has: {', '.join(__dir__())}."
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}.{hint}")


def __dir__() -> list[str]:
    return sorted([*_ROOMS, *_SURFACE, "__version__"])
