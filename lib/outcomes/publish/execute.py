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
from dataclasses import dataclass, replace
from pathlib import Path

from outcomes.core.mime import PROVENANCE
from outcomes.publish.parameters import load, source, tagged
from outcomes.publish.resource_limits import DEFAULT, Limits, arguments

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
        part = Path(job.output).with_suffix(".part.ipynb")
        made = replace(job, output=str(part))
        error = refused(load(Path(job.notebook))) or _papermill(
            made, started + job.limits.seconds
        )
        if error is None:
            part.replace(job.output)  # an output that is there is a success, whole
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
    cells = enumerate(notebook["cells"], start=1)
    code = [(n, c) for n, c in cells if c["cell_type"] == "code" and source(c).strip()]
    for number, cell in code:
        for output in cell.get("outputs", []):
            if output["output_type"] == "error":
                return failure(
                    output["ename"], output["evalue"], _in_source(notebook, number)
                )
        if cell.get("execution_count") is None:
            message = "the run stopped before this cell, without an error"
            return failure("NotRun", message, _in_source(notebook, number))
    last = code[-1][1] if code else {}
    if not any(
        PROVENANCE in output.get("data", {}) for output in last.get("outputs", [])
    ):
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
    import papermill
    from nbclient.exceptions import (
        CellExecutionError,
        CellTimeoutError,
        DeadKernelError,
    )

    with tempfile.TemporaryDirectory(
        prefix="oc-", ignore_cleanup_errors=True
    ) as folder:
        options = _options(folder, job.limits, deadline)
        try:
            done = papermill.execute_notebook(
                job.notebook, None, job.parameters, **options
            )
        except papermill.PapermillExecutionError as error:
            return failure(
                error.ename, _said(job, error), _shifted(job, error.cell_index)
            )
        except CellExecutionError as error:  # the kernel could not even show its error
            return failure(error.ename, error.evalue)
        except CellTimeoutError:
            limit = f"the limit of {job.limits.seconds:g} seconds"
            return failure("Timeout", f"the page took longer than {limit}")
        except DeadKernelError:
            return failure(
                "KernelDied", "the kernel ended before the notebook did" + _how(folder)
            )
    if (
        error := complete(done)
    ) is None:  # papermill would lay it out for people to read
        Path(job.output).write_text(
            json.dumps(done, ensure_ascii=False), encoding="utf-8"
        )
    return error


def _options(folder: str, limits: Limits, deadline: float) -> dict:
    """How papermill runs a page in a folder of its own."""
    from traitlets.config import Config

    from outcomes.publish import kernels

    config = Config()
    # Kernels talk over local sockets: over TCP they warn about encryption and race for ports.
    if len(folder) < 80 and sys.platform != "win32":  # a socket's path may not be long
        config.KernelManager.transport = "ipc"
        config.KernelManager.connection_file = str(Path(folder, "k.json"))
    return {
        "progress_bar": False,
        "request_save_on_cell_execute": False,
        "resources": {"metadata": {"path": folder}},
        # Nobody's start-up files change a page, and no history is kept of it.
        "extra_arguments": [
            f"--IPKernelApp.ipython_dir={folder}",
            "--HistoryManager.enabled=False",
            *arguments(limits),
        ],
        "config": config,
        "kernel_manager_class": kernels.Manager,
        "shutdown_kernel": "immediate",
        "timeout_func": lambda cell: max(0.01, deadline - time.monotonic()),
    }


def _said(job: Job, error) -> str:
    if "Memory" not in error.ename:
        return error.evalue
    return f"it needs more than the limit of {job.limits.memory} MB of memory: {error.evalue}"


def _how(folder: str) -> str:
    from outcomes.publish import kernels

    code = kernels.ended.get(folder)
    if code == -9:
        return ": it was killed (signal 9), as happens when memory runs out"
    return f" (exit code {code})" if code is not None else ""


def _in_source(notebook: dict, number: int) -> int:
    """A cell's number in the notebook as written: papermill puts one cell of its own in."""
    return number - sum(
        tagged(c, "injected-parameters") for c in notebook["cells"][: number - 1]
    )


def _shifted(job: Job, index: int) -> int:
    cells = load(Path(job.notebook))["cells"]
    at = next((i for i, cell in enumerate(cells) if tagged(cell, "parameters")), -1)
    return index + 1 - (bool(job.parameters) and index > at)
