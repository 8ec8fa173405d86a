"""The controls without a browser, and the notebook that shows them."""

import json
import time
from pathlib import Path
from threading import Event, Thread

from notebook_maker import FINDING, PROVENANCE
from outcomes.data import published_figures, tables
from outcomes.explore import findings, questions
from outcomes.explore.controls import Explorer
from outcomes.explore.queries import Question
from outcomes.publish.notebook_outputs import normalise
from outcomes.publish.parameters import check, declared
from test_notebooks import code, prose, read

NOTEBOOK = Path(__file__).parents[2] / "notebooks/explore/explore.ipynb"


def test_the_notebook_is_stored_whole_and_shows_what_the_controls_would():
    stored = read(NOTEBOOK)
    assert normalise(stored) == stored
    assert prose(NOTEBOOK).count("\n# ") == 0 and prose(NOTEBOOK).startswith("# ")
    assert "cannot" in prose(NOTEBOOK)
    known = declared(NOTEBOOK)
    assert check({n: p.default for n, p in known.items()}, known, where="explore")
    outputs = [o["data"] for c in code(NOTEBOOK) for o in c["outputs"]]
    assert not [d for d in outputs if "application/vnd.jupyter.widget-view+json" in d]
    assert [d for d in outputs if FINDING in d] and PROVENANCE in outputs[-1]
    assert "<figure" in json.dumps(outputs[0]) + json.dumps(outputs[1])


def test_a_change_of_one_control_changes_sentence_picture_and_table():
    shown = Explorer({"programme": "op_warrior", "measure": "arrests"})
    first = shown.finding
    assert first.sentence in shown.picture.value
    assert f'alt="{first.facts["alt"]}"' in shown.picture.value
    shown.boxes["measure"].value = "cash_seized"
    assert shown.question.measure == "cash_seized"
    assert "ash seized" in shown.picture.value
    assert first.sentence not in shown.picture.value
    assert first.facts["alt"] not in shown.picture.value


def test_two_choices_made_quickly_are_drawn_one_after_the_other(monkeypatch):
    """JupyterLab hands each to a thread of its own; the answer on the screen is the last one's."""
    shown = Explorer({"programme": "op_warrior", "measure": "arrests"})
    drawing, answer = Event(), findings.answer
    Explorer(
        {"programme": "street_crime", "measure": "burglary"}
    )  # the tables are read

    def slow(question):
        first, _ = not drawing.is_set(), drawing.set()
        time.sleep(1 if first else 0)
        return answer(question)

    monkeypatch.setattr(findings, "answer", slow)
    boxes = shown.boxes
    first = Thread(target=lambda: boxes["programme"].set_trait("value", "street_crime"))
    second = Thread(target=lambda: boxes["measure"].set_trait("value", "burglary"))
    first.start()
    drawing.wait()
    second.start()
    first.join()
    second.join()
    assert shown.question.measure == boxes["measure"].value == "burglary"
    assert "Burglary in Lancashire" in shown.picture.value


def test_what_cannot_be_asked_stands_below_its_control():
    shown = Explorer({"programme": "op_warrior", "measure": "arrests"})
    assert "it needs 12 separate months" in shown.reasons["chart"].value
    assert questions.USUAL not in dict(shown.boxes["chart"].options)


def test_a_question_without_an_answer_is_said_in_words(monkeypatch):
    shown = Explorer({"programme": "op_warrior", "measure": "arrests"})
    shown.set(end="2018", start="2018")
    assert isinstance(shown.question, Question) and shown.picture.value

    def fail(question):
        raise ZeroDivisionError("by <b>none</b>")

    monkeypatch.setattr("outcomes.explore.findings.answer", fail)
    shown.set()
    assert shown.finding is None and repr(shown) == "This cannot be told."
    assert "could not be drawn" in shown.picture.value
    assert "&lt;b&gt;none" in shown.picture.value


def test_a_programme_of_which_nothing_was_published_yet_is_answered_in_words():
    shown = Explorer({"programme": "recorded_crime"})
    with tables.whole():
        published_figures.as_of("2018-01-01")
        shown.boxes["programme"].value = "op_warrior"
        said = "Nothing of Op Warrior had been published by 1 January 2018."
        assert shown.finding is None and said in shown.picture.value
        shown._report(shown._make_entry)
        assert not shown.entry.value and "no answer" in shown.status.value
        shown.boxes["programme"].value = "recorded_crime"
        assert shown.finding is not None


def test_places_are_ticked_and_the_first_leads():
    shown = Explorer({"programme": "street_crime", "areas": ("Preston",)})
    box = shown.boxes["areas"]
    labels = [tick.description for tick in box.ticks]
    assert labels[0] == "Preston"  # what is ticked is seen without scrolling
    assert {"Lancashire", "Fleetwood", "Nelson and Brierfield"} <= set(labels)
    box.ticks[labels.index("Lancashire")].value = True
    assert shown.question.areas == ("Preston", "Lancashire")
    assert "Lancashire's" in shown.finding.sentence
    box.ticks[0].value = False
    assert shown.question.areas == ("Lancashire",)
    box.ticks[
        0
    ].value = True  # the county stands beside a place in it, whichever came first
    assert shown.question.areas == ("Preston", "Lancashire")


def test_no_more_places_can_be_ticked_than_a_chart_shows_and_one_stays():
    four = ("Kent", "Essex", "Dorset", "Cumbria")
    shown = Explorer({"programme": "recorded_crime", "areas": four})
    ticks = shown.boxes["areas"].ticks
    assert [tick.value for tick in ticks[:5]] == [True] * 4 + [False]
    assert all(tick.disabled for tick in ticks if not tick.value)
    for tick in ticks[1:4]:
        tick.value = False
    assert [tick.disabled for tick in ticks[:2]] == [True, False]


def test_the_report_of_a_question_is_stored_whole():
    notebook = NOTEBOOK.with_name("question.ipynb")
    stored = read(notebook)
    assert normalise(stored) == stored
    outputs = [o["data"] for c in code(notebook) for o in c["outputs"]]
    assert outputs[0][FINDING]["answer"] == "yes" and PROVENANCE in outputs[-1]
