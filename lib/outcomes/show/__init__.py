"""The show room: a result as a sentence, a figure and a table (a Finding), and nothing of files."""

from importlib import import_module

_HOME = {
    **dict.fromkeys(("Finding", "finding"), "findings"),
    "provenance": "ending",
    **dict.fromkeys(("bars", "bounds", "intervals", "panels", "series"), "plots"),
    **dict.fromkeys(("stems", "strip", "waves"), "plots"),
    **dict.fromkeys(("behaviour", "place", "reconciled", "share", "shares"), "ready"),
    **dict.fromkeys(("differing", "pace", "printed", "standing"), "among"),
    **dict.fromkeys(("allowed", "amount", "clashing", "grown"), "many"),
    **dict.fromkeys(("held", "held_counts", "held_kinds"), "against"),
    **dict.fromkeys(("against_forces", "others_against_forces"), "forces"),
    **dict.fromkeys(("balanced", "levels", "placeless", "seen"), "outset"),
    **dict.fromkeys(("claimed", "effect", "effects", "events"), "evaluated"),
    **dict.fromkeys(("displaced", "mixed", "ranked", "unplaced"), "elsewhere"),
    **dict.fromkeys(("event_time", "funnel", "gaps", "placebos", "xmr"), "charts"),
}
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
