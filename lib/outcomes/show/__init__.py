"""The show room: a result as a sentence, a figure and a table (a Finding), and nothing of files."""

from importlib import import_module

_HOMES = {
    "against": ("held", "held_counts", "held_kinds"),
    "among": ("differing", "pace", "printed", "standing"),
    "charts": ("funnel", "xmr"),
    "elsewhere": ("displaced", "mixed", "ranked", "unplaced"),
    "ending": ("provenance",),
    "evaluated": ("claimed", "effect", "effects", "events"),
    "findings": ("Finding", "finding"),
    "forces": ("against_forces", "others_against_forces"),
    "many": ("allowed", "amount", "clashing", "grown"),
    "outset": ("balanced", "levels", "placeless", "seen"),
    "plots": (
        "bars",
        "bounds",
        "intervals",
        "panels",
        "series",
        "stems",
        "strip",
        "waves",
    ),
    "ready": ("behaviour", "place", "reconciled", "share", "shares"),
    "revised": ("revisions",),
}
_HOME = {name: module for module, names in _HOMES.items() for name in names}
_MODULES = ("against", "charts", "findings", "many", "plots", "style", "table", "words")

__all__ = sorted([*_HOME, *_MODULES])


def __getattr__(name: str):
    if name in _HOME:
        return getattr(import_module(f"{__name__}.{_HOME[name]}"), name)
    if name in _MODULES:
        return import_module(f"{__name__}.{name}")
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return __all__
