"""Stored outputs: what of a run is kept in a notebook, and when nothing is."""

import json

import pytest

from notebook_maker import notebook
from outcomes.publish import execute as run
from outcomes.publish import notebook_outputs


def cell(**changes):
    return {"cell_type": "code", "metadata": {}, "source": "1", "outputs": []} | changes


def test_of_a_cell_only_its_tags_and_its_text_are_kept():
    kept = {"tags": ["parameters"]}
    noisy = {
        "execution": {"iopub.execute_input": "2026-01-01"},
        "papermill": {"duration": 1.2},
    }
    given = [
        cell(
            metadata=kept | noisy,
            source=["a = 1\n", "b = 2\n", "\n"],
            execution_count=41,
        ),
        {
            "cell_type": "markdown",
            "metadata": {},
            "source": "# Title\nText  ",
            "id": "own",
        },
        {"cell_type": "code", "metadata": {}, "source": "c", "execution_count": 7},
    ]
    made = notebook_outputs.normalise(
        {"cells": given, "metadata": {"papermill": {"version": "2"}}}
    )
    assert made == {
        "cells": [
            {
                "cell_type": "code",
                "id": "cell-01",
                "metadata": kept,
                "execution_count": 1,
                "source": ["a = 1\n", "b = 2"],
                "outputs": [],
            },
            {
                "cell_type": "markdown",
                "id": "own",
                "metadata": {},
                "source": ["# Title\n", "Text"],
            },
            {
                "cell_type": "code",
                "id": "cell-03",
                "metadata": {},
                "execution_count": 2,
                "source": ["c"],
                "outputs": [],
            },
        ],
        "metadata": {
            "kernelspec": {
                "display_name": "Python 3",
                "language": "python",
                "name": "python3",
            },
            "language_info": {"name": "python"},
        },
        "nbformat": 4,
        "nbformat_minor": 5,
    }


FACTS = {"name": "found", "value": 1}
RESULT = {"output_type": "execute_result", "execution_count": 9, "metadata": {"a": 1}}
DISPLAY = {"output_type": "display_data", "metadata": {"a": 1}}
STREAM = {"output_type": "stream", "name": "stdout"}
ERROR = {"output_type": "error", "ename": "E", "evalue": "v", "traceback": []}


@pytest.mark.parametrize(
    ("output", "kept"),
    [
        (
            RESULT
            | {"data": {"text/plain": ["a\n", "b"], "application/x+json": FACTS}},
            {"text/plain": ["a\n", "b"], "application/x+json": FACTS},
        ),
        (
            DISPLAY | {"data": {"image/svg+xml": "<svg>\n</svg>", "image/png": "aGk="}},
            {"image/svg+xml": ["<svg>\n", "</svg>"]},
        ),
        (DISPLAY | {"data": {"image/png": "aGk="}}, {"image/png": ["aGk="]}),
    ],
)
def test_an_output_keeps_its_data_by_the_line_and_a_drawing_no_second_picture(
    output, kept
):
    (made,) = notebook_outputs.normalise({"cells": [cell(outputs=[output])]})["cells"][
        0
    ]["outputs"]
    number = (
        {"execution_count": 1}
        if output is not None and "execution_count" in output
        else {}
    )
    assert (
        made
        == {"data": kept, "metadata": {}, "output_type": output["output_type"]} | number
    )


def test_printed_text_is_kept_by_the_line_and_an_error_as_it_is():
    given = [STREAM | {"text": "a\nb\n"}, ERROR]
    made = notebook_outputs.normalise({"cells": [cell(outputs=given)]})["cells"][0][
        "outputs"
    ]
    assert made == [STREAM | {"text": ["a\n", "b\n"]}, ERROR]


@pytest.fixture
def ran(tmp_path, monkeypatch):
    """What a run shows: a notebook whose first code cell has these outputs, or an error."""

    def prepare(outputs=(), error=None):
        path = notebook(tmp_path / "here/demo.ipynb", "1", parameters=None)

        def execute(job):
            assert (job.handle, job.notebook, job.parameters) == ("demo", str(path), {})
            content = json.loads(path.read_text("utf-8"))
            content["cells"][2]["outputs"] = list(outputs)
            with open(job.output, "w", encoding="utf-8") as file:
                json.dump(content, file)
            return run.Result("demo", 1.0, error)

        monkeypatch.setattr(notebook_outputs, "execute", execute)
        return path

    return prepare


def test_the_outputs_of_a_run_are_stored_in_the_notebook(ran, tmp_path):
    path = ran([STREAM | {"text": "£5\n"}])
    assert notebook_outputs.store(path, tmp_path) is None
    text = path.read_text("utf-8")
    assert json.loads(text)["cells"][2]["outputs"][0]["text"] == ["£5\n"]
    whole = json.dumps(json.loads(text), indent=1, sort_keys=True, ensure_ascii=False)
    assert text == whole + "\n" and sorted(p.name for p in path.parent.iterdir()) == [
        path.name
    ]


def test_every_cell_that_prints_errors_is_named(ran, tmp_path, monkeypatch):
    path = ran([STREAM | {"name": "stderr", "text": "Warning"}])
    content = json.loads(path.read_text("utf-8"))
    content["cells"].append(
        cell(id="c9", outputs=[STREAM | {"name": "stderr", "text": "x"}])
    )
    path.write_text(json.dumps(content))
    message = notebook_outputs.store(path, tmp_path)["message"]
    assert message == "cells c2, c9 print to the error stream"


def test_a_notebook_that_fails_or_prints_errors_is_left_as_it_was(ran, tmp_path):
    path = ran(error=run.failure("KeyError", "x", 3))
    before = path.read_bytes()
    assert notebook_outputs.store(path, tmp_path) == {
        "name": "KeyError",
        "message": "x",
        "cell": 3,
    }
    path = ran([STREAM | {"text": "a"}, STREAM | {"name": "stderr", "text": "Warning"}])
    assert notebook_outputs.store(path, tmp_path) == {
        "name": "Noise",
        "message": "cells c2 print to the error stream",
        "cell": None,
    }
    assert path.read_bytes() == before
