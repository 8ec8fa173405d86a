"""Evaluations of a programme in one place: designs, estimates, placebos, checks and the verdict."""

from outcomes.core.public import attach

__getattr__, __dir__, __all__ = attach(__name__, __file__)
