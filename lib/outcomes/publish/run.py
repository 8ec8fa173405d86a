"""Run notebooks with papermill, in worker processes, and judge whether each one truly ran.

papermill returns normally after ``sys.exit(0)``, ignores ``!false`` and changes the working
directory of its process. So each worker is a process of its own, results go to a staging folder,
and success is what :func:`complete` says it is.
"""

import logging
import os
import re
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass
from multiprocessing import get_context
from pathlib import Path

from outcomes.publish.parameters import load, source

SENTINEL = "application/vnd.outcomes.provenance+json"
FINDING = "application/vnd.outcomes.finding+json"
TIMEOUT = 600
# The same bytes from any machine: no hash seed, time zone or locale, and one thread to a kernel.
_SAME = {"PYTHONHASHSEED": "0", "TZ": "UTC", "LC_ALL": "C.UTF-8", "LANG": "C.UTF-8"}
_THREADS = {f"{lib}_NUM_THREADS": "1" for lib in ("OMP", "OPENBLAS", "MKL", "NUMEXPR")}
_SHELL = re.compile(r"^\s*(?:[\w, ]+=\s*)?!|^\s*%%?(?:!|sx|sc|system|bash|sh|script)\b", re.M)


@dataclass(frozen=True)
class Job:
    """One notebook to run: from where, with what, to where, within how many seconds."""

    handle: str
    notebook: str
    parameters: dict
    output: str
    timeout: float = TIMEOUT


@dataclass(frozen=True)
class Result:
    """What became of a job; ``error`` holds name, message and cell number, or is None."""

    handle: str
    seconds: float
    error: dict | None = None


def run(
    jobs: Iterable[Job], *, workers: int, work: Callable[[Job], Result] | None = None
) -> Iterator[Result]:
    """Run jobs in ``workers`` processes and yield each result as it comes.

    Each worker process belongs to one waiting thread. When a process is lost, the job it held is
    the one that failed, and the thread goes on with a new process.
    """
    jobs, work = list(jobs), work or execute
    own, pools = threading.local(), []

    def one(job: Job) -> Result:
        if getattr(own, "pool", None) is None:
            own.pool = ProcessPoolExecutor(1, get_context("spawn"), prepare)
            pools.append(own.pool)
        started = time.monotonic()
        try:
            return own.pool.submit(work, job).result()
        except BrokenProcessPool:
            own.pool = None
            lost = failure("WorkerLost", "the process that ran this page was killed")
        except Exception as error:  # the page fails with its reason; the others go on
            lost = failure(type(error).__name__, str(error))
        return Result(job.handle, time.monotonic() - started, lost)

    with ThreadPoolExecutor(max(1, min(workers, len(jobs)))) as threads:
        waiting = [threads.submit(one, job) for job in jobs]
        try:
            yield from (done.result() for done in as_completed(waiting))
        finally:
            for future in waiting:
                future.cancel()
            for pool in pools:
                pool.shutdown(wait=False, cancel_futures=True)


def execute(job: Job) -> Result:
    """Run one notebook in this process's kernel; called in a worker."""
    started = time.monotonic()
    error = refused(load(Path(job.notebook)))
    if error is None:
        error = _papermill(job, started + job.timeout)
    return Result(job.handle, time.monotonic() - started, error)


def refused(notebook: dict) -> dict | None:
    """Why a notebook may not be run at all: a shell command can fail without an error."""
    for number, cell in enumerate(notebook["cells"], start=1):
        if cell.get("cell_type") == "code" and _SHELL.search(source(cell)):
            message = "it runs a shell command, whose failure would pass unseen"
            return failure("ShellCommand", message, number)
    return None


def complete(notebook: dict) -> dict | None:
    """Why an executed notebook is not a success, or None when it is one."""
    code = [
        (number, cell)
        for number, cell in enumerate(notebook["cells"], start=1)
        if cell["cell_type"] == "code" and source(cell).strip()
    ]
    for number, cell in code:
        for output in cell.get("outputs", []):
            if output["output_type"] == "error":
                return failure(output["ename"], output["evalue"], _in_source(notebook, number))
        if cell.get("execution_count") is None:
            message = "the run stopped before this cell, without an error"
            return failure("NotRun", message, _in_source(notebook, number))
    last = code[-1][1] if code else {}
    if not any(SENTINEL in output.get("data", {}) for output in last.get("outputs", [])):
        return failure("NoProvenance", "its last code cell did not show the provenance")
    return None


def failure(name: str, message: str, cell: int | None = None) -> dict:
    """The record of a failure, as the manifest keeps it."""
    return {"name": name, "message": " ".join(str(message).split())[:500], "cell": cell}


def prepare() -> None:
    """Once in each worker: the environment that its kernels inherit."""
    os.environ.pop("MPLBACKEND", None)  # the kernel chooses its own, inline
    os.environ.update(_SAME | _THREADS)
    os.environ["JUPYTER_PATH"] = str(Path(sys.prefix, "share", "jupyter"))
    os.environ["JUPYTER_PREFER_ENV_PATH"] = os.environ["JUPYTER_NO_CONFIG"] = "1"
    # nbformat would build a grammar for 1.4 s, for a check nobody needs.
    sys.modules.setdefault("rfc3987_syntax", None)
    logging.disable(logging.CRITICAL)


def _papermill(job: Job, deadline: float) -> dict | None:
    import papermill
    from nbclient.exceptions import CellTimeoutError, DeadKernelError

    with tempfile.TemporaryDirectory(prefix="oc-", ignore_cleanup_errors=True) as folder:
        os.environ["IPYTHONDIR"] = folder  # nobody's start-up files change a page
        try:
            done = papermill.execute_notebook(
                job.notebook,
                job.output,
                parameters=job.parameters,
                kernel_name="python3",
                progress_bar=False,
                request_save_on_cell_execute=False,
                cwd=folder,
                config=_config(folder),
                shutdown_kernel="immediate",
                timeout_func=lambda cell: max(0.01, deadline - time.monotonic()),
            )
        except papermill.PapermillExecutionError as error:
            return failure(error.ename, error.evalue, _shifted(job, error.cell_index))
        except CellTimeoutError:
            return failure("Timeout", f"the page took longer than {job.timeout:g} seconds")
        except DeadKernelError:
            return failure("KernelDied", "the kernel ended before the notebook did")
        except Exception as error:  # a missing kernel, a full disk: named in the manifest
            return failure(type(error).__name__, str(error))
    return complete(done)


def _config(folder: str):
    """Kernels talk over local sockets: over TCP they warn about encryption and race for ports."""
    from traitlets.config import Config

    config = Config()
    if len(folder) < 80 and sys.platform != "win32":  # a socket's path may not be long
        config.KernelManager.transport = "ipc"
        config.KernelManager.connection_file = str(Path(folder, "k.json"))
    return config


def _in_source(notebook: dict, number: int) -> int:
    """A cell's number in the notebook as written: papermill puts one cell of its own in."""
    earlier = notebook["cells"][: number - 1]
    return number - sum(
        "injected-parameters" in cell.get("metadata", {}).get("tags", []) for cell in earlier
    )


def _shifted(job: Job, index: int) -> int:
    before = load(Path(job.notebook))["cells"]
    tagged = [
        i for i, c in enumerate(before) if "parameters" in c.get("metadata", {}).get("tags", [])
    ]
    injected = bool(job.parameters) and (not tagged or index > tagged[0])
    return index + 1 - injected
