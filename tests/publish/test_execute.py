"""Running notebooks: what counts as success, how each failure is named, and how papermill is started."""

import json
import logging
import os
import subprocess
import sys
import time
from pathlib import Path
from types import SimpleNamespace

import pytest
from nbclient.exceptions import CellExecutionError, CellTimeoutError, DeadKernelError
from papermill import PapermillExecutionError

from notebook_maker import FINDING, PARAMETERS, PROVENANCE, fact, notebook, show
from outcomes.publish import execute, kernels
from outcomes.publish import execute as run

DONE = {"output_type": "display_data", "data": {PROVENANCE: {"reads": []}}}


ERROR = {"output_type": "error", "ename": "KeyError", "evalue": "'x'"}


STREAM = {"output_type": "stream", "name": "stdout", "text": "x"}


GIVEN = {"tags": ["injected-parameters"]}


def cell(*outputs, count=1, **changes):
    made = {
        "cell_type": "code",
        "source": "1",
        "metadata": {},
        "execution_count": count,
    }
    return made | {"outputs": list(outputs)} | changes


TEXT = {"cell_type": "markdown", "source": "Text", "metadata": {}}


@pytest.mark.parametrize(
    ("cells", "name", "message", "number"),
    [
        ([TEXT, cell(STREAM), cell(STREAM, DONE)], None, "", None),
        ([cell(DONE), TEXT, cell(count=None, source=" \n")], None, "", None),
        (
            [{"cell_type": "code", "source": "1", "execution_count": 1}, cell(DONE)],
            None,
            "",
            None,
        ),
        ([TEXT, cell(STREAM, ERROR), cell(DONE)], "KeyError", "'x'", 2),
        ([cell(metadata=GIVEN), TEXT, cell(ERROR)], "KeyError", "'x'", 2),
        ([cell(ERROR), cell(metadata=GIVEN)], "KeyError", "'x'", 1),
        (
            [cell(), cell(DONE, count=None)],
            "NotRun",
            "the run stopped before this cell, without an error",
            2,
        ),
        (
            [cell(metadata=GIVEN), cell(DONE, count=None)],
            "NotRun",
            "the run stopped before this cell, without an error",
            1,
        ),
        (
            [cell(DONE), cell(STREAM)],
            "NoProvenance",
            "its last code cell did not show the provenance",
            None,
        ),
        (
            [TEXT],
            "NoProvenance",
            "its last code cell did not show the provenance",
            None,
        ),
    ],
)
def test_an_executed_notebook_is_judged_by_its_cells(cells, name, message, number):
    found = run.complete({"cells": cells})
    assert found == (name and {"name": name, "message": message, "cell": number})


@pytest.mark.parametrize(
    "source",
    [
        "!ls",
        "x = 1\n  !ls",
        "a, b = !ls",
        "%sx ls",
        "%%bash\nls",
        " %%sh",
        "%system ls",
        "%%!\nls",
    ],
)
def test_a_notebook_with_a_shell_command_is_refused_by_its_cell(source):
    said = "it runs a shell command, whose failure would pass unseen"
    found = run.refused(
        {"cells": [TEXT | {"source": "!x"}, cell(), cell(source=source)]}
    )
    assert found == {"name": "ShellCommand", "message": said, "cell": 3}


@pytest.mark.parametrize("source", ["x != 1", "'!'", "%matplotlib inline", "%shout"])
def test_what_is_no_shell_command_is_not_refused(source):
    assert run.refused({"cells": [cell(source=source)]}) is None


@pytest.fixture
def job(tmp_path):
    path = notebook(tmp_path / "demo.ipynb", "1")
    limits = run.Limits(2.5, 1024, 5)
    return run.Job(
        "demo", str(path), {"wave": "x"}, str(tmp_path / "out.ipynb"), limits
    )


@pytest.fixture
def papermill(monkeypatch):
    """papermill as it would answer: with an executed notebook, or with an error."""
    calls = []

    def answer(found):
        def execute(source, output, parameters, **options):
            calls.append((source, output, parameters, options))
            if isinstance(found, Exception):
                raise found
            return found

        monkeypatch.setattr("papermill.execute_notebook", execute)
        return calls

    return answer


def cell_error(name="KeyError", value="'x'", index=3):
    return PapermillExecutionError(index, 4, "1", name, value, [])


@pytest.mark.parametrize(
    ("error", "name", "message", "number"),
    [
        (cell_error(), "KeyError", "'x'", 3),
        (cell_error(index=1), "KeyError", "'x'", 2),
        (
            cell_error("MemoryError", "no room"),
            "MemoryError",
            "it needs more than the limit of 1024 MB of memory: no room",
            3,
        ),
        (CellExecutionError("", "KeyError", "'x'"), "KeyError", "'x'", None),
        (
            CellTimeoutError("slow"),
            "Timeout",
            "the page took longer than the limit of 2.5 seconds",
            None,
        ),
        (
            DeadKernelError("x"),
            "KernelDied",
            "the kernel ended before the notebook did",
            None,
        ),
        (OSError(28, "No space left"), "OSError", "[Errno 28] No space left", None),
        (
            {"cells": [cell()]},
            "NoProvenance",
            "its last code cell did not show the provenance",
            None,
        ),
    ],
)
def test_each_end_of_a_run_is_named(job, papermill, error, name, message, number):
    papermill(error)
    found = run.execute(job)
    assert found.error == {"name": name, "message": message, "cell": number}
    assert found.handle == "demo" and 0 <= found.seconds < 60
    assert not Path(job.output).exists()


@pytest.mark.parametrize(
    ("parameters", "given", "numbers"),
    [
        (PARAMETERS, {"wave": "x"}, {1: 2, 2: 3, 3: 3, 4: 4}),
        (PARAMETERS, {}, {1: 2, 2: 3, 3: 4}),
        (None, {"wave": "x"}, {1: 1}),
    ],
)
def test_the_cell_of_an_error_is_that_of_the_notebook_as_written(
    tmp_path, papermill, parameters, given, numbers
):
    """papermill puts a cell of its own after the one with the parameters, or none."""
    path = notebook(tmp_path / "demo.ipynb", "1", parameters=parameters)
    job = run.Job("demo", str(path), given, str(tmp_path / "out.ipynb"))
    for index, number in numbers.items():
        papermill(cell_error(index=index))
        assert run.execute(job).error["cell"] == number


def test_a_run_that_ends_well_puts_its_output_in_place_whole(
    job, papermill, monkeypatch
):
    monkeypatch.setattr(sys, "platform", "linux")
    done = {"cells": [cell(DONE, source="'£'")]}
    calls = papermill(done)
    assert run.execute(job).error is None
    assert json.loads(Path(job.output).read_text("utf-8")) == done
    names = sorted(p.name for p in Path(job.output).parent.iterdir())
    assert names == ["demo.ipynb", "out.ipynb"]
    ((source, output, parameters, options),) = calls
    assert (source, parameters) == (job.notebook, {"wave": "x"})
    assert output is None, "it is written by us, when it is a success"
    folder = options["resources"]["metadata"]["path"]
    assert not Path(folder).exists(), "the folder it ran in is gone"
    assert options["extra_arguments"] == [
        "--HistoryManager.enabled=False",
        "--IPKernelApp.extra_extensions=outcomes.publish.kernels",
        "--Limits.seconds=2.5",
        "--Limits.memory=1024",
        "--Limits.output=5",
    ]
    assert options["config"].KernelManager == {
        "transport": "ipc",
        "connection_file": f"{folder}/k.json",
    }
    assert options["shutdown_kernel"] == "immediate"
    assert 1 < options["timeout_func"](None) <= 2.5
    assert options["progress_bar"] is options["request_save_on_cell_execute"] is False


@pytest.mark.parametrize(
    ("folder", "platform"), [("/" + "x" * 89, "linux"), ("/tmp/x", "win32")]
)
def test_kernels_talk_over_tcp_where_a_local_socket_is_not_possible(
    folder, platform, monkeypatch
):
    monkeypatch.setattr(sys, "platform", platform)
    config = run._options(folder, run.Limits(), 0)["config"]
    assert config["KernelManager"] == {"connection_file": str(Path(folder, "k.json"))}
    monkeypatch.setattr(sys, "platform", "linux")
    known = run._options("/" + "x" * 88, run.Limits(), 0)["config"]["KernelManager"]
    assert known["transport"] == "ipc"


def test_a_cell_has_the_time_that_is_left_for_the_page(monkeypatch):
    monkeypatch.setattr(run.time, "monotonic", lambda: 100.0)
    left = run._options("/tmp/x", run.Limits(), 107.5)["timeout_func"]
    assert left(None) == 7.5
    assert run._options("/tmp/x", run.Limits(), 99.0)["timeout_func"](None) == 0.01


@pytest.mark.parametrize(
    ("code", "said"),
    [
        (-9, ": it was killed (signal 9), as happens when memory runs out"),
        (0, " (exit code 0)"),
        (3, " (exit code 3)"),
        (None, ""),
    ],
)
def test_how_a_kernel_ended_is_said(job, papermill, code, said, monkeypatch):
    monkeypatch.setattr(kernels, "ended", SimpleNamespace(get=lambda folder: code))
    papermill(DeadKernelError("x"))
    ended = f"the kernel ended before the notebook did{said}"
    assert run.execute(job).error["message"] == ended


def test_pages_run_so_many_at_a_time_and_the_rest_is_dropped_when_nobody_waits(
    monkeypatch,
):
    stopped = []
    monkeypatch.setattr(kernels, "stop", lambda: stopped.append(1))
    jobs = [run.Job(f"p{n}", "", {}, "") for n in range(5)]
    done = run.run(iter(jobs), workers=1, work=lambda j: run.Result(j.handle, 1.0))
    assert sorted(r.handle for r in done) == [j.handle for j in jobs] and not stopped
    assert list(run.run([], workers=0)) == []
    began = []

    def work(job):
        began.append(job.handle)
        return run.Result(job.handle, 1.0)

    results = run.run(jobs, workers=1, work=lambda j: work(j))
    next(results)
    with pytest.raises(KeyboardInterrupt):
        results.throw(KeyboardInterrupt())
    assert stopped == [1]


@pytest.mark.parametrize(("workers", "most"), [(0, 1), (1, 1), (2, 2), (9, 6)])
def test_as_many_pages_run_at_once_as_there_are_workers(workers, most):
    running, seen = set(), []

    def work(job):
        running.add(job.handle)
        until = time.monotonic() + 10
        while max([len(running), *seen]) < most and time.monotonic() < until:
            time.sleep(0.001)
        time.sleep(0.02)
        seen.append(len(running))
        running.discard(job.handle)
        return run.Result(job.handle, 1.0)

    jobs = [run.Job(f"p{n}", "", {}, "") for n in range(6)]
    assert len(list(run.run(jobs, workers=workers, work=work))) == 6
    assert max(seen) == most


def test_how_the_kernel_of_a_page_ended_is_said_with_its_failure(job, monkeypatch):
    def execute(source, output, parameters, **options):
        kernels.ended[options["resources"]["metadata"]["path"]] = 3
        raise DeadKernelError("x")

    monkeypatch.setattr(kernels, "ended", {})
    monkeypatch.setattr("papermill.execute_notebook", execute)
    message = "the kernel ended before the notebook did (exit code 3)"
    assert run.execute(job).error == {
        "name": "KernelDied",
        "message": message,
        "cell": None,
    }


def test_libraries_log_nothing_once_pages_are_to_run(monkeypatch):
    started = []
    monkeypatch.setattr(kernels, "start", lambda: started.append(1))
    before = logging.root.manager.disable
    try:
        run.prepare()
        assert logging.root.manager.disable == logging.CRITICAL and started == [1]
    finally:
        logging.disable(before)


SHORT = execute.Limits(60)


def job_of(tmp_path, *cells, parameters=None, name="demo", limits=SHORT, **options):
    path = notebook(tmp_path / f"{name}.ipynb", *cells, **options)
    return execute.Job(
        name, str(path), parameters or {}, str(tmp_path / f"{name}.out.ipynb"), limits
    )


@pytest.fixture
def prepared():
    execute.prepare()


def only(made):
    return next(iter(execute.run([made], workers=1)))


@pytest.mark.build
@pytest.mark.usefixtures("prepared")
def test_a_notebook_that_runs_to_its_end_is_a_success(tmp_path):
    made = job_of(tmp_path, show(fact()), "print(wave)", parameters={"wave": "2024-05"})
    assert only(made).error is None
    written = json.loads(Path(made.output).read_text(encoding="utf-8"))
    outputs = [o for c in written["cells"] for o in c.get("outputs", [])]
    assert FINDING in outputs[0]["data"]
    assert "".join(outputs[1]["text"]) == "2024-05\n"
    assert PROVENANCE in outputs[-1]["data"]


@pytest.mark.build
@pytest.mark.usefixtures("prepared")
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
    error = only(job_of(tmp_path, *cells, **options)).error
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


@pytest.mark.build
@pytest.mark.usefixtures("prepared")
@pytest.mark.parametrize(("cell", "says"), LIMITED.values(), ids=LIMITED)
def test_each_limit_names_itself_and_the_other_pages_are_unharmed(tmp_path, cell, says):
    seconds = 2 if says == LONG else 60
    jobs = [job_of(tmp_path, "x = 1", show(fact()), name=n) for n in ("a", "b")]
    jobs.insert(1, job_of(tmp_path, cell, limits=execute.Limits(seconds, 1024, 1)))
    results = {r.handle: r for r in execute.run(jobs, workers=2)}
    assert says in results["demo"].error["message"]
    assert results["demo"].error["cell"] == (None if says == LONG else 4)
    assert results["demo"].seconds < 45
    assert results["a"].error is results["b"].error is None
    assert not Path(jobs[1].output).exists()
    assert all(p.stat().st_size < 3_000_000 for p in tmp_path.iterdir())


@pytest.mark.build
@pytest.mark.usefixtures("prepared")
def test_a_page_within_its_limits_is_not_touched_by_them(tmp_path):
    """Nothing of the limits is seen in the page's names, and what it shows arrives whole."""
    cells = [
        "'x' * 900_000",
        "print(sorted(n for n in dir() if n[0] != '_' and n != 'wave'))",
    ]
    made = job_of(tmp_path, *cells, limits=execute.Limits(60, 1024, 1))
    assert only(made).error is None
    text = Path(made.output).read_text(encoding="utf-8")
    shown = [o for c in json.loads(text)["cells"] for o in c.get("outputs", [])]
    assert len("".join(shown[0]["data"]["text/plain"])) == 900_002
    assert "".join(shown[1]["text"]) == (
        "['In', 'Out', 'confidence', 'exit', 'get_ipython', 'open', 'quit']\n"
    )


@pytest.mark.build
@pytest.mark.usefixtures("prepared")
def test_the_cell_number_is_that_of_the_notebook_as_written(tmp_path):
    made = job_of(tmp_path, "wave + 1", parameters={"wave": "2024-05"})
    assert only(made).error["cell"] == 4


@pytest.mark.build
@pytest.mark.usefixtures("prepared")
def test_a_cell_that_did_not_run_is_found_even_when_nothing_failed():
    cells = [
        {"cell_type": "code", "source": "1", "execution_count": 1, "outputs": []},
        {"cell_type": "code", "source": "2", "execution_count": None, "outputs": []},
    ]
    assert execute.complete({"cells": cells})["name"] == "NotRun"


@pytest.mark.build
@pytest.mark.usefixtures("prepared")
def test_a_message_is_kept_on_one_line_of_bounded_length():
    message = execute.failure("X", "a\n b" * 400)["message"]
    assert "\n" not in message
    assert len(message) == 500


@pytest.mark.build
@pytest.mark.usefixtures("prepared")
def test_an_error_that_nobody_foresaw_fails_its_own_page_and_no_other(
    tmp_path, monkeypatch
):
    jobs = [job_of(tmp_path, "x = 1", name=n) for n in ("a", "full", "b")]
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


@pytest.mark.build
@pytest.mark.usefixtures("prepared")
def test_a_kernel_killed_for_want_of_memory_is_named_as_such(tmp_path):
    error = only(job_of(tmp_path, "import os; os.kill(os.getpid(), 9)")).error
    assert error["name"] == "KernelDied"
    assert "memory" in error["message"]


@pytest.mark.build
@pytest.mark.usefixtures("prepared")
def test_a_notebook_saved_under_the_name_of_another_kernel_runs(tmp_path):
    made = job_of(tmp_path, "x = 1")
    path = Path(made.notebook)
    text = path.read_text(encoding="utf-8")
    path.write_text(text.replace('"python3"', '"my-environment"'), encoding="utf-8")
    assert '"my-environment"' in path.read_text(encoding="utf-8")
    assert only(made).error is None


@pytest.mark.build
@pytest.mark.usefixtures("prepared")
def test_a_page_runs_where_nobody_has_used_ipython_yet(tmp_path, monkeypatch):
    (tmp_path / "newcomer").mkdir()
    monkeypatch.setenv("HOME", str(tmp_path / "newcomer"))
    monkeypatch.delenv("IPYTHONDIR", raising=False)
    assert only(job_of(tmp_path, "import IPython")).error is None
    assert not list((tmp_path / "newcomer").iterdir()), "it leaves nothing there"


_TWO_AT_ONCE = """
import sys, time
from traitlets.traitlets import ClassBasedTraitType

class Slow(ClassBasedTraitType):
    @property
    def _resolve_string(self, look_up=ClassBasedTraitType._resolve_string):
        time.sleep(0.05)  # between asking whether the class is a text, and reading that text
        return look_up.__get__(self)

ClassBasedTraitType._resolve_string = Slow._resolve_string
from outcomes.publish import execute

execute.prepare()
jobs = [execute.Job(path, path, {}, f"{path}.out") for path in sys.argv[1:]]
print([result.error for result in execute.run(jobs, workers=2)])
"""


@pytest.mark.build
def test_the_first_pages_of_a_process_may_start_at_once(tmp_path):
    # Seen as a page of a true build that failed: the classes that kernels are made of are looked
    # up by name for the first of them, and two threads did it at once.
    paths = [job_of(tmp_path, name=name).notebook for name in ("one", "two")]
    done = subprocess.run(
        [sys.executable, "-c", _TWO_AT_ONCE, *paths],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.stdout.split("\n")[0] == "[None, None]", done.stdout + done.stderr


@pytest.mark.build
@pytest.mark.usefixtures("prepared")
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
    made = job_of(
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
