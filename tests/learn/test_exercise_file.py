"""The file of exercises: what stands in it, and the places it is about."""

import json

from lesson_runner import LESSONS

import outcomes as oc
from outcomes.learn.answer_key import THEMES
from outcomes.learn.exercise_file import exercises, lesson_places


def test_an_exercise_names_its_lesson_and_its_facts_or_its_choices():
    lessons = {path.stem[:2] for path in LESSONS}
    for name, one in exercises().items():
        assert one["lesson"] in lessons, name
        if "question" in one:
            assert one["answer"] in one["choices"], name
        else:
            assert one["facts"] in THEMES and one["hints"] and one["right"], name


def test_every_exercise_of_the_file_is_asked_by_a_lesson_and_the_other_way_round():
    text = "".join(
        "".join(cell["source"])
        for path in LESSONS
        for cell in json.loads(path.read_text(encoding="utf-8"))["cells"]
    )
    for name in exercises():
        assert f'"{name}"' in text, name


def test_the_places_of_the_lessons_are_held():
    places = lesson_places()
    home = set(oc.districts(force=oc.collection.force)["name"])
    assert {places["district"], places["quiet_district"]} <= home
    assert len(oc.neighbourhoods(places["town"]))
