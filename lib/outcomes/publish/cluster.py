"""Pages spread over a Dask cluster: library, tables and notebooks are sent to the workers.

A worker needs the packages of the lock and ``distributed``, nothing of this repository. A page of a
worker that is lost is run again on another one.
"""

import io
import re
import sys
import tarfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from outcomes.core import project
from outcomes.core.errors import Invalid
from outcomes.publish import execute, staleness


def results(jobs: list[execute.Job], address: str) -> Iterator[execute.Result]:
    """Run jobs on the cluster whose scheduler is at ``address``; each result as it comes."""
    if not re.fullmatch(r"(tcp|tls|ws|wss|ucx)://\S+:\d+", address):
        raise Invalid(
            f"--scheduler {address!r} is not understood; write it as tcp://host:port."
        )
    try:
        from distributed import Client, as_completed
    except ImportError:
        raise Invalid(
            "--scheduler needs the package 'distributed': the extra 'cluster'."
        ) from None
    with Client(address, timeout=30, set_as_default=False) as client:
        client.register_plugin(_prepared(), name="outcomes")
        futures, page = {}, _page()
        for job in jobs:
            text = Path(job.notebook).read_bytes()
            sent = client.submit(
                page,
                vars(job) | {"limits": [*job.limits]},
                text,
                pure=False,
                key=f"{job.handle}-{id(job)}",
            )
            futures[sent] = job
        for future in as_completed(futures, loop=client.loop):
            yield _received(futures[future], future)


def _received(job: execute.Job, future) -> execute.Result:
    """A page as it came back: its executed notebook is put where a local run would have."""
    try:
        seconds, error, done = future.result()
    except Exception as lost:
        return execute.Result(job.handle, 0.0, execute.failure("WorkerLost", str(lost)))
    if error is None:
        part = Path(job.output).with_suffix(".part.ipynb")
        part.write_bytes(done)
        part.replace(job.output)
    return execute.Result(job.handle, seconds, error)


def _bundle() -> bytes:
    """The library, the tables and what the collection is about as one archive."""
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w:gz", compresslevel=1) as archive:
        for folder, name in (
            (staleness.LIBRARY, "lib/outcomes"),
            (project.data(), "data"),
            (project.folder() / project.FILE, project.FILE),
        ):
            archive.add(
                folder, name, filter=lambda i: None if "__pycache__" in i.name else i
            )
    return packed.getvalue()


def _prepared():
    """What each worker does before its first page, now or when it joins later."""
    from distributed import WorkerPlugin

    class Prepared(WorkerPlugin):
        def __init__(self, bundle: bytes):
            self.bundle = bundle

        def setup(self, worker: Any) -> None:
            import os
            import tempfile

            home = tempfile.mkdtemp(prefix="outcomes-", dir=worker.local_directory)
            with tarfile.open(fileobj=io.BytesIO(self.bundle)) as archive:
                archive.extractall(home, filter="data")
            for name in [n for n in sys.modules if n.partition(".")[0] == "outcomes"]:
                del sys.modules[name]  # of an earlier build
            sys.path.insert(0, f"{home}/lib")
            os.environ.update(PYTHONPATH=f"{home}/lib", OUTCOMES_DATA=f"{home}/data")
            from outcomes.publish import kernels

            kernels.start()

        def teardown(self, worker: Any) -> None:
            from outcomes.publish import kernels

            kernels.stop()

    return Prepared(_bundle())


def _page():
    """What runs on a worker. Made inside a function, so that it is sent whole: workers do not
    have this module before they are prepared, and the scheduler never has."""

    def page(job: dict, text: bytes) -> tuple[float, dict | None, bytes]:
        import tempfile

        from outcomes.publish import execute as here

        with tempfile.TemporaryDirectory() as folder:
            source, output = Path(folder, "page.ipynb"), Path(folder, "done.ipynb")
            source.write_bytes(text)
            given = {"notebook": str(source), "output": str(output)}
            given["limits"] = here.Limits(*job["limits"])
            result = here.execute(here.Job(**job | given))
            done = output.read_bytes() if result.error is None else b""
            return result.seconds, result.error, done

    return page
