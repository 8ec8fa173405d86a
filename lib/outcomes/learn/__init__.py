"""The learn room: exercises that mark themselves, hints, quizzes, the glossary and progress.

The lessons stand in ``notebooks/learn``; hints and remarks on mistakes in ``exercises.toml``. Every
right answer is computed from the data when it is asked for, so that new data do not make a lesson
wrong. ``outcomes learn FOLDER`` writes the copy that a learner works in.
"""

from outcomes.learn.exercises import check, hint, quiz
from outcomes.learn.glossary import glossary
from outcomes.learn.progress_record import progress

__all__ = ["check", "glossary", "hint", "progress", "quiz"]
