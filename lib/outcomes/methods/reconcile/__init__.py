"""Published figures as constraints on a series of counts: what they allow, and what they cannot."""

from outcomes.core.public import attach

__getattr__, __dir__, __all__ = attach(__name__, __file__)
