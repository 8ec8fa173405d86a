"""Run notebooks with papermill, and judge whether each one truly ran.

papermill returns normally after ``sys.exit(0)`` and ignores ``!false``, so success is what
:func:`complete` says it is. Threads drive it, one to a kernel; that is safe because nothing here
changes the working directory or the environment: a kernel gets its own.
"""

import json
import logging
import re
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from outcomes.core.mime import PROVENANCE
from outcomes.publish import releases, scratch
from outcomes.publish.parameters import load, source, tagged
from outcomes.publish.plan import DEFAULT, Limits

_SHELL = re.compile(
    r"^\s*(?:[\w, ]+=\s*)?!|^\s*%%?(?:!|(?:sx|sc|system|bash|sh|script)\b)", re.M
)


@dataclass(frozen=True)
class Job:
    """One notebook to run: from where, with what, to where, within which limits."""

    handle: str
    notebook: str
    parameters: dict
    output: str
    limits: Limits = DEFAULT


@dataclass(frozen=True)
class Result:
    """What became of a job; ``error`` holds name, message and cell number, or is None."""

    handle: str
    seconds: float
    error: dict | None = None


def run(
    jobs: Iterable[Job], *, workers: int, work: Callable[[Job], Result] | None = None
) -> Iterator[Result]:
    """Run jobs, ``workers`` at a time, and yield each result as it comes."""
    from outcomes.publish import kernels

    jobs, work = list(jobs), work or execute
    with ThreadPoolExecutor(max(1, min(workers, len(jobs)))) as threads:
        waiting = [threads.submit(work, job) for job in jobs]
        try:
            yield from (done.result() for done in as_completed(waiting))
        except BaseException:
            for future in waiting:
                future.cancel()
            kernels.stop()  # and with it the kernels of pages nobody waits for any more
            raise


def execute(job: Job) -> Result:
    """Run one notebook in a kernel of its own; whatever goes wrong is the result's error."""
    started = time.monotonic()
    try:
        error = refused(load(Path(job.notebook)))
        if error is None:
            error = _papermill(job, started + job.limits.seconds)
    except Exception as problem:  # a missing kernel, a full disk: named in the manifest
        error = failure(type(problem).__name__, str(problem))
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
    last: dict = {}
    injected = (
        0  # cells that papermill put in: they do not count in the notebook as written
    )
    for position, cell in enumerate(notebook["cells"], start=1):
        number = position - injected
        injected += tagged(cell, "injected-parameters")
        if cell["cell_type"] != "code" or not source(cell).strip():
            continue
        for output in cell.get("outputs", []):
            if output["output_type"] == "error":
                return failure(output["ename"], output["evalue"], number)
        if cell.get("execution_count") is None:
            message = "the run stopped before this cell, without an error"
            return failure("NotRun", message, number)
        last = cell
    if not any(PROVENANCE in out.get("data", {}) for out in last.get("outputs", [])):
        return failure("NoProvenance", "its last code cell did not show the provenance")
    return None


def failure(name: str, message: str, cell: int | None = None) -> dict:
    """The record of a failure, as the manifest keeps it."""
    return {"name": name, "message": " ".join(str(message).split())[:500], "cell": cell}


def prepare() -> None:
    """Before the first page: our kernels, and no log lines from the libraries that run them."""
    from outcomes.publish import kernels

    logging.disable(logging.CRITICAL)
    kernels.start()


def _papermill(job: Job, deadline: float) -> dict | None:
    """Run a notebook in a folder of its own, until a time of the monotonic clock; its error."""
    import papermill
    from nbclient.exceptions import (
        CellExecutionError,
        CellTimeoutError,
        DeadKernelError,
    )

    with tempfile.TemporaryDirectory(
        prefix="k-", dir=scratch.home(), ignore_cleanup_errors=True
    ) as folder:
        options = _options(folder, job.limits, deadline)
        try:
            done = papermill.execute_notebook(
                job.notebook, None, job.parameters, **options
            )
        except papermill.PapermillExecutionError as error:
            name, said = _of_a_limit(error, job.limits)
            cells = load(Path(job.notebook))["cells"]
            declares = [i for i, c in enumerate(cells) if tagged(c, "parameters")]
            injected = declares[0] + 1 if declares else 0
            shifted = bool(job.parameters) and error.cell_index >= injected
            return failure(name, said, error.cell_index + 1 - shifted)
        except CellExecutionError as error:  # the kernel could not even show its error,
            # nor name it where no memory was left for that
            return failure(error.ename or "MemoryError", error.evalue)
        except CellTimeoutError:
            limit = f"the limit of {job.limits.seconds:g} seconds"
            return failure("Timeout", f"the page took longer than {limit}")
        except DeadKernelError:
            from outcomes.publish import kernels

            if over := kernels.exceeded.get(folder):
                return _over(over, job.limits)
            code = kernels.ended.get(folder)
            how = f" (exit code {code})" if code is not None else ""
            if code == -9:
                how = ": it was killed (signal 9), as happens when memory runs out"
            return failure(
                "KernelDied", f"the kernel ended before the notebook did{how}"
            )
    error = complete(done)
    if error is None:  # papermill would lay it out for people to read
        releases.write_whole(Path(job.output), json.dumps(done, ensure_ascii=False))
    return error


def _of_a_limit(error: Any, limits: Limits) -> tuple[str, str]:
    """The name and the words of a notebook's error, which say so where a limit is its cause."""
    name, said = error.ename, error.evalue
    if name == "CellExecutionError" and not said:
        # papermill's word where a kernel had no memory left to show its error
        name = MemoryError.__name__
    if "Memory" in name:
        limit = f"the limit of {limits.memory} MB of memory"
        said = f"it needs more than {limit}: {said}".rstrip(": ")
    if name == PermissionError.__name__:
        said = f"a page may write into its own folder only: {said}"
    return name, said


def _over(limit: str, limits: Limits) -> dict:
    """The failure of a page that took, all its processes together, more than it may."""
    if limit == "memory":
        said = f"it and what it started need more than the limit of {limits.memory} MB of memory"
        return failure("MemoryError", said)
    if limit == "output":
        said = f"it writes more than the limit of {limits.output} MB of output"
        return failure("OutputLimit", said)
    return failure("ProcessLimit", "it started hundreds of processes")


def _options(folder: str, limits: Limits, deadline: float) -> dict:
    """How papermill runs a page in a folder of its own."""
    from traitlets.config import Config

    from outcomes.publish import kernels

    config = Config()
    # Kernels talk over local sockets: over TCP they warn about encryption and race for ports.
    if len(folder) < 90 and sys.platform != "win32":  # a socket's path may not be long
        config.KernelManager.transport = "ipc"
    config.KernelManager.connection_file = str(Path(folder, "k.json"))
    return {
        "kernel_name": "python3",  # whatever an editor wrote into the notebook
        "progress_bar": False,
        "request_save_on_cell_execute": False,
        "resources": {"metadata": {"path": folder}},
        "extra_arguments": [
            "--HistoryManager.enabled=False",
            *kernels.arguments(limits),
        ],
        "config": config,
        "kernel_manager_class": kernels.Manager,
        "shutdown_kernel": "immediate",
        "timeout_func": lambda cell: max(0.01, deadline - time.monotonic()),
    }
