"""Running notebooks: what counts as success, and how each failure is named."""

import json
import os
from pathlib import Path

import pytest

from notebook_maker import FINDING, PROVENANCE, fact, notebook, show
from outcomes.publish import run

pytestmark = pytest.mark.build


def job(tmp_path, *cells, parameters=None, name="demo", timeout=60.0, **options):
    path = notebook(tmp_path / f"{name}.ipynb", *cells, **options)
    return run.Job(name, str(path), parameters or {}, str(tmp_path / f"{name}.out.ipynb"), timeout)


@pytest.fixture(autouse=True)
def prepared():
    run.prepare()


def only(made):
    return next(iter(run.run([made], workers=1)))


def test_a_notebook_that_runs_to_its_end_is_a_success(tmp_path):
    made = job(tmp_path, show(fact()), "print(wave)", parameters={"wave": "2024-05"})
    assert only(made).error is None
    written = json.loads(Path(made.output).read_text(encoding="utf-8"))
    outputs = [o for c in written["cells"] for o in c.get("outputs", [])]
    assert FINDING in outputs[0]["data"]
    assert "".join(outputs[1]["text"]) == "2024-05\n"
    assert PROVENANCE in outputs[-1]["data"]


@pytest.mark.parametrize(
    ("cells", "options", "name", "cell"),
    [
        (["1 / 0"], {}, "ZeroDivisionError", 4),
        (["x = 1", "import sys; sys.exit(0)", "x"], {}, "SystemExit", 5),
        (["import os; os._exit(0)"], {}, "KernelDied", None),
        (["!false"], {}, "ShellCommand", 4),
        (["gone = !false"], {}, "ShellCommand", 4),
        (["%%bash\nfalse"], {}, "ShellCommand", 4),
        (["x = 1"], {"end": ""}, "NoProvenance", None),
        (["x = 1"], {"end": "print('End of page.')"}, "NoProvenance", None),
        (["import time; time.sleep(60)"], {"timeout": 4.0}, "Timeout", None),
    ],
)
def test_a_notebook_that_did_not_truly_run_fails_by_name(tmp_path, cells, options, name, cell):
    error = only(job(tmp_path, *cells, **options)).error
    assert (error["name"], error["cell"]) == (name, cell)
    assert error["message"]


def test_the_cell_number_is_that_of_the_notebook_as_written(tmp_path):
    made = job(tmp_path, "wave + 1", parameters={"wave": "2024-05"})
    assert only(made).error["cell"] == 4


def test_a_cell_that_did_not_run_is_found_even_when_nothing_failed():
    cells = [
        {"cell_type": "code", "source": "1", "execution_count": 1, "outputs": []},
        {"cell_type": "code", "source": "2", "execution_count": None, "outputs": []},
    ]
    assert run.complete({"cells": cells})["name"] == "NotRun"


def test_a_message_is_kept_on_one_line_of_bounded_length():
    message = run.failure("X", "a\n b" * 400)["message"]
    assert "\n" not in message
    assert len(message) == 500


def test_an_error_that_nobody_foresaw_fails_its_own_page_and_no_other(tmp_path, monkeypatch):
    jobs = [job(tmp_path, "x = 1", name=n) for n in ("a", "full", "b")]
    (tmp_path / "gone.ipynb").write_text("no notebook")
    jobs.append(run.Job("gone", str(tmp_path / "gone.ipynb"), {}, str(tmp_path / "g.ipynb")))
    real = run._papermill

    def work(one, deadline):
        if one.handle == "full":
            raise OSError(28, "No space left on device")
        return real(one, deadline)

    monkeypatch.setattr(run, "_papermill", work)
    errors = {r.handle: r.error for r in run.run(jobs, workers=2)}
    failed = {h: e["name"] for h, e in errors.items() if e}
    assert failed == {"full": "OSError", "gone": "Invalid"}
    assert sorted(errors) == ["a", "b", "full", "gone"]


def test_a_kernel_killed_for_want_of_memory_is_named_as_such(tmp_path):
    error = only(job(tmp_path, "import os; os.kill(os.getpid(), 9)")).error
    assert error["name"] == "KernelDied"
    assert "memory" in error["message"]


def test_a_notebook_of_a_kernel_that_is_not_there_says_so(tmp_path):
    made = job(tmp_path, "x = 1")
    path = Path(made.notebook)
    path.write_text(path.read_text().replace('"python3"', '"ir"'), encoding="utf-8")
    error = only(made).error
    assert (error["name"], "ir" in error["message"]) == ("NoSuchKernel", True)


def test_kernels_get_the_same_surroundings_on_any_machine(tmp_path, monkeypatch):
    for name, value in {"TZ": "Asia/Tokyo", "MPLBACKEND": "pdf", "LC_ALL": "de_DE.UTF-8"}.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("PYTHONHASHSEED", "123")
    cell = "import os, json; print(json.dumps([os.environ.get(k) for k in NAMES]))"
    (tmp_path / "home/profile_default/startup").mkdir(parents=True)
    (tmp_path / "home/profile_default/startup/a.py").write_text("STARTED = 1")
    monkeypatch.setenv("IPYTHONDIR", str(tmp_path / "home"))
    names = 'NAMES = ["TZ", "LC_ALL", "PYTHONHASHSEED", "OMP_NUM_THREADS", "MPLBACKEND"]'
    made = job(
        tmp_path, names, cell, "import sys; print(sys.prefix, os.getcwd(), 'STARTED' in globals())"
    )
    assert only(made).error is None
    text = Path(made.output).read_text(encoding="utf-8")
    outputs = [o for c in json.loads(text)["cells"] for o in c.get("outputs", [])]
    seen = json.loads("".join(outputs[0]["text"]))
    assert seen[:4] == ["UTC", "C.UTF-8", "0", "1"]
    assert "inline" in seen[4]
    prefix, cwd, started = "".join(outputs[1]["text"]).split()
    assert started == "False"
    assert prefix == run.sys.prefix
    assert cwd != os.getcwd()
    assert os.environ["TZ"] == "Asia/Tokyo"
