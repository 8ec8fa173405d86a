"""Running notebooks: what counts as success, and how each failure is named."""

import json
import os
from pathlib import Path

import pytest

from notebook_maker import FINDING, PROVENANCE, fact, notebook, show
from outcomes.publish import execute

pytestmark = pytest.mark.build


SHORT = execute.Limits(60)


def job(tmp_path, *cells, parameters=None, name="demo", limits=SHORT, **options):
    path = notebook(tmp_path / f"{name}.ipynb", *cells, **options)
    return execute.Job(
        name, str(path), parameters or {}, str(tmp_path / f"{name}.out.ipynb"), limits
    )


@pytest.fixture(autouse=True)
def prepared():
    execute.prepare()


def only(made):
    return next(iter(execute.run([made], workers=1)))


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
        (
            ["import time; time.sleep(60)"],
            {"limits": execute.Limits(4)},
            "Timeout",
            None,
        ),
    ],
)
def test_a_notebook_that_did_not_truly_run_fails_by_name(
    tmp_path, cells, options, name, cell
):
    error = only(job(tmp_path, *cells, **options)).error
    assert (error["name"], error["cell"]) == (name, cell)
    assert error["message"]


LONG = "the page took longer than the limit of 2 seconds"
MUCH = "it shows more than the limit of 1 MB of output"
LIMITED = {
    "a loop": ("while True: pass", LONG),
    "a loop that swallows interrupts": (
        "while True:\n    try:\n        while True: pass\n    except BaseException: pass",
        LONG,
    ),
    "printing without end": ("while True: print('x' * 1000)", MUCH),
    "printing without line ends": ("while True: print('x' * 1000, end='')", MUCH),
    "warnings without end": (
        "import sys\nwhile True: sys.stderr.write('x' * 1000)",
        MUCH,
    ),
    "showing without end": (
        "while True: display({'text/html': 'x' * 1000}, raw=True)",
        MUCH,
    ),
    "one large result": ("'x' * 2_000_000", MUCH),
    "one large array": (
        "import numpy; numpy.ones(2**28)",
        "it needs more than the limit of 1024 MB of memory: Unable to allocate 2.00 GiB",
    ),
    "memory bit by bit": (
        "x = []\nwhile True: x.append(bytearray(10**7))",
        "it needs more than the limit of 1024 MB of memory",
    ),
    "a large file": ("open('x', 'wb').write(bytes(2_000_000))", "File too large"),
    "a file without end": (
        "with open('x', 'wb') as f:\n    while True: f.write(bytes(1000))",
        "File too large",
    ),
}


@pytest.mark.parametrize(("cell", "says"), LIMITED.values(), ids=LIMITED)
def test_each_limit_names_itself_and_the_other_pages_are_unharmed(tmp_path, cell, says):
    seconds = 2 if says == LONG else 60
    jobs = [job(tmp_path, "x = 1", show(fact()), name=n) for n in ("a", "b")]
    jobs.insert(1, job(tmp_path, cell, limits=execute.Limits(seconds, 1024, 1)))
    results = {r.handle: r for r in execute.run(jobs, workers=2)}
    assert says in results["demo"].error["message"]
    assert results["demo"].error["cell"] == (None if says == LONG else 4)
    assert results["demo"].seconds < 45
    assert results["a"].error is results["b"].error is None
    assert not Path(jobs[1].output).exists()
    assert all(p.stat().st_size < 3_000_000 for p in tmp_path.iterdir())


def test_a_page_within_its_limits_is_not_touched_by_them(tmp_path):
    """Nothing of the limits is seen in the page's names, and what it shows arrives whole."""
    cells = [
        "'x' * 900_000",
        "print(sorted(n for n in dir() if n[0] != '_' and n != 'wave'))",
    ]
    made = job(tmp_path, *cells, limits=execute.Limits(60, 1024, 1))
    assert only(made).error is None
    text = Path(made.output).read_text(encoding="utf-8")
    shown = [o for c in json.loads(text)["cells"] for o in c.get("outputs", [])]
    assert len("".join(shown[0]["data"]["text/plain"])) == 900_002
    assert "".join(shown[1]["text"]) == (
        "['In', 'Out', 'confidence', 'exit', 'get_ipython', 'open', 'quit']\n"
    )


def test_the_cell_number_is_that_of_the_notebook_as_written(tmp_path):
    made = job(tmp_path, "wave + 1", parameters={"wave": "2024-05"})
    assert only(made).error["cell"] == 4


def test_a_cell_that_did_not_run_is_found_even_when_nothing_failed():
    cells = [
        {"cell_type": "code", "source": "1", "execution_count": 1, "outputs": []},
        {"cell_type": "code", "source": "2", "execution_count": None, "outputs": []},
    ]
    assert execute.complete({"cells": cells})["name"] == "NotRun"


def test_a_message_is_kept_on_one_line_of_bounded_length():
    message = execute.failure("X", "a\n b" * 400)["message"]
    assert "\n" not in message
    assert len(message) == 500


def test_an_error_that_nobody_foresaw_fails_its_own_page_and_no_other(
    tmp_path, monkeypatch
):
    jobs = [job(tmp_path, "x = 1", name=n) for n in ("a", "full", "b")]
    (tmp_path / "gone.ipynb").write_text("no notebook")
    jobs.append(
        execute.Job("gone", str(tmp_path / "gone.ipynb"), {}, str(tmp_path / "g.ipynb"))
    )
    real = execute._papermill

    def work(one, deadline):
        if one.handle == "full":
            raise OSError(28, "No space left on device")
        return real(one, deadline)

    monkeypatch.setattr(execute, "_papermill", work)
    errors = {r.handle: r.error for r in execute.run(jobs, workers=2)}
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
    for name, value in {
        "TZ": "Asia/Tokyo",
        "MPLBACKEND": "pdf",
        "LC_ALL": "de_DE.UTF-8",
    }.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("PYTHONHASHSEED", "123")
    cell = "import os, json; print(json.dumps([os.environ.get(k) for k in NAMES]))"
    (tmp_path / "home/profile_default/startup").mkdir(parents=True)
    (tmp_path / "home/profile_default/startup/a.py").write_text("STARTED = 1")
    monkeypatch.setenv("IPYTHONDIR", str(tmp_path / "home"))
    names = (
        'NAMES = ["TZ", "LC_ALL", "PYTHONHASHSEED", "OMP_NUM_THREADS", "MPLBACKEND"]'
    )
    made = job(
        tmp_path,
        names,
        cell,
        "import sys; print(sys.prefix, os.getcwd(), 'STARTED' in globals())",
    )
    assert only(made).error is None
    text = Path(made.output).read_text(encoding="utf-8")
    outputs = [o for c in json.loads(text)["cells"] for o in c.get("outputs", [])]
    seen = json.loads("".join(outputs[0]["text"]))
    assert seen[:4] == ["UTC", "C.UTF-8", "0", "1"]
    assert "inline" in seen[4]
    prefix, cwd, started = "".join(outputs[1]["text"]).split()
    assert started == "False"
    assert prefix == execute.sys.prefix
    assert cwd != os.getcwd()
    assert os.environ["TZ"] == "Asia/Tokyo"
