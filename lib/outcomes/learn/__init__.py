"""The learn room: exercises that mark themselves, hints, quizzes, the glossary and progress.

The lessons stand in ``notebooks/learn``, with hints and remarks on mistakes in ``exercises.toml``
beside them. Every right answer is computed from the data when it is asked for, so that new data do
not make a lesson wrong. ``outcomes learn FOLDER`` writes the copy that a learner works in.
"""

from outcomes.core.public import attach

__getattr__, __dir__, __all__ = attach(__name__, __file__)
