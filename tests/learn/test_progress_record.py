"""What is kept of a learner, and where."""

import json

from lesson_runner import NAMES, ROOT, each, of_lesson, run, states

from outcomes import learn
from outcomes.learn import progress_record


@each
def test_with_the_solutions_every_exercise_is_right_and_progress_is_kept(
    name, tmp_path, monkeypatch
):
    monkeypatch.chdir(tmp_path)
    (tmp_path / progress_record.FILE).write_text("{}")
    shown, _ = run(ROOT / f"notebooks/learn/{name}.ipynb")
    assert states(shown).count("right") == len(of_lesson(name))
    assert set(states(shown)) == {"right", "hint", "note"}
    done = json.loads((tmp_path / progress_record.FILE).read_text())
    assert done == {k: {"right": True, "tries": 1} for k in of_lesson(name)}
    assert "All done" in learn.progress(name[:2]).text
    leads_on = "next lesson" in learn.progress(name[:2]).text
    assert leads_on == (name != NAMES[-1])


def test_without_a_progress_file_nothing_is_written(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    learn.check("two-months", 1)
    assert "outcomes learn" in learn.progress("04").text
    assert list(tmp_path.iterdir()) == []


def test_a_right_answer_stays_right_and_a_damaged_file_is_no_error(
    tmp_path, monkeypatch
):
    monkeypatch.chdir(tmp_path)
    file = tmp_path / progress_record.FILE
    for damaged in ("", "{", "[1]", '{"overlap": 3}'):
        file.write_text(damaged)
        learn.quiz("overlap", "b")
        assert json.loads(file.read_text()) == {"overlap": {"right": False, "tries": 1}}
    learn.quiz("overlap", "a")
    learn.quiz("overlap", "c")
    assert json.loads(file.read_text()) == {"overlap": {"right": True, "tries": 3}}
    assert learn.progress("04").text.startswith(
        "1 of 10 are right. Still open: how-many-outcomes"
    )
