"""Two Dask workers against one, and one that is killed: seconds, and are the pages the same?

    python benchmarks/bench_cluster.py [--pages 56] [--rounds 1]

Pages of the plan, at even distances, are built by ``outcomes build --force`` on a scheduler and
workers of this machine: one worker, two workers, two of which one is killed in mid-run, and here
without Dask. The digests of all pages are compared. Needs the extra ``cluster``.
"""

import argparse
import hashlib
import os
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from contextlib import contextmanager
from pathlib import Path

from outcomes.publish import plan as plans

ROOT = Path(__file__).parents[1]
QUIET = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}


@contextmanager
def cluster(workers: int):
    """The address of a scheduler, and the processes of its workers."""
    with socket.socket() as free, tempfile.TemporaryDirectory() as folder:
        free.bind(("127.0.0.1", 0))
        port = str(free.getsockname()[1])
        free.close()
        address = f"tcp://127.0.0.1:{port}"
        dask = [
            sys.executable,
            "-m",
            "distributed.cli.dask_scheduler",
            "--no-dashboard",
        ]
        made = [
            subprocess.Popen([*dask, "--host", "127.0.0.1", "--port", port], **QUIET)
        ]
        worker = [
            sys.executable,
            "-m",
            "distributed.cli.dask_worker",
            address,
            "--nthreads",
            "1",
        ]
        worker += ["--no-nanny", "--no-dashboard", "--local-directory", folder]
        made += [subprocess.Popen(worker, **QUIET) for _ in range(workers)]
        time.sleep(8)  # until all are there: what is measured is the work
        try:
            yield address, made[1:]
        finally:
            for process in made:
                process.kill()
                process.wait()


def build(
    handles: list[str], out: Path, *options: str, lost=None
) -> tuple[float, dict]:
    """Seconds of a build, and the digest of each page; ``lost`` is a worker to kill in mid-run."""
    command = [
        sys.executable,
        "-m",
        "outcomes",
        "build",
        *handles,
        "--force",
        "--out",
        str(out),
    ]
    began = time.monotonic()
    running = subprocess.Popen([*command, *options], cwd=ROOT, **QUIET)
    if lost:
        time.sleep(20)
        lost.kill()
    if running.wait():
        raise SystemExit(f"The build ended with exit code {running.returncode}.")
    seconds = time.monotonic() - began
    pages = {h: (out / "latest" / f"{h}.html").read_bytes() for h in handles}
    return seconds, {h: hashlib.sha256(html).hexdigest() for h, html in pages.items()}


def one_round(handles: list[str], folder: Path) -> dict[str, float]:
    """Seconds of each way; ends with an error where a page differs."""
    took, pages = {}, {}
    for name, workers, kills in (
        ("one", 1, 0),
        ("two", 2, 0),
        ("one of two killed", 2, 1),
    ):
        with cluster(workers) as (address, running):
            lost = running[0] if kills else None
            out = folder / name.replace(" ", "-")
            took[name], pages[name] = build(
                handles, out, "--scheduler", address, lost=lost
            )
    cores = str(os.cpu_count() or 1)
    took["here"], pages["here"] = build(handles, folder / "here", "--workers", cores)
    for name, digests in pages.items():
        if other := [h for h, digest in digests.items() if digest != pages["here"][h]]:
            raise SystemExit(f"With {name}, these pages differ: {', '.join(other)}.")
    return took


def main() -> None:
    ask = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    ask.add_argument("--pages", type=int, default=56)
    ask.add_argument("--rounds", type=int, default=1)
    given = ask.parse_args()
    every = [page.handle for page in plans.read(ROOT / "reports.toml").pages]
    handles = [every[int(k * len(every) / given.pages)] for k in range(given.pages)]
    rounds = []
    for _ in range(given.rounds):
        with tempfile.TemporaryDirectory() as folder:
            rounds.append(one_round(handles, Path(folder)))
    for name in rounds[0]:
        seconds = statistics.median(r[name] for r in rounds)
        ratio = statistics.median(r["one"] / r[name] for r in rounds)
        print(
            f"{name:18} {seconds:7.1f} s   {ratio:.2f} times as fast as one worker",
            flush=True,
        )
    print(f"All {len(handles)} pages are the same in every way.")


if __name__ == "__main__":
    main()
