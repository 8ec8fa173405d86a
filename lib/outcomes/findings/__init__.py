"""Findings: a result as a sentence, a figure and a table, and nothing of files."""

from outcomes.core.public import attach

__getattr__, __dir__, __all__ = attach(__name__, __file__)
