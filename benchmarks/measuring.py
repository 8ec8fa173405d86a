"""What the benchmarks share: processes with nothing kept from before, their CPU, wall time and memory.

``FORMER`` is the commit of this repository that builds are compared with. It is laid out beside, in a
folder that is removed again, and run by the same interpreter and packages, compiled as ours is.
"""

import json
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

import psutil

ROOT = Path(__file__).parents[1]
CORES = os.cpu_count() or 1
FORMER = "ac509d6"
BUILD = [sys.executable, "-m", "outcomes", "build", "--workers", str(CORES)]
_PAGES = """
import json, pathlib
from outcomes.publish import plan
held = plan.read(pathlib.Path("reports.toml"))
print(json.dumps([(p.handle, str(held.source(p)), p.parameters) for p in held.pages]))
"""


class Page(NamedTuple):
    """A page of a plan: its notebook's file and what it is asked."""

    handle: str
    source: str
    parameters: dict


class Taken(NamedTuple):
    """Seconds of CPU of a whole tree of processes, of wall time, and its most memory in MB (shared
    memory counts once)."""

    cpu: float
    wall: float
    peak: float


def command(
    words: list[str], root: Path = ROOT, kept: Path | None = None, given: str = ""
) -> str:
    """What a command prints that runs the library of ``root``; ``kept`` is where it keeps results,
    by default nowhere."""
    env = os.environ | {f"{lib}_NUM_THREADS": "1" for lib in ("OMP", "OPENBLAS", "MKL")}
    env["PYTHONPATH"] = os.pathsep.join([str(Path(__file__).parent), str(root / "lib")])
    env["OUTCOMES_KEPT"] = str(kept or "off")
    for name in ("PYTHONDONTWRITEBYTECODE", "OUTCOMES_DATA"):
        env.pop(name, None)
    done = subprocess.run(
        words, input=given, env=env, cwd=root, capture_output=True, text=True
    )
    if done.returncode:
        said = done.stdout[-2000:] + done.stderr[-2000:]
        raise SystemExit(f"{' '.join(words[:6])} failed:\n{said}")
    return done.stdout


def compiled(root: Path) -> Path:
    """A folder with a library, whose bytecode is written, so that no way pays for it."""
    command([sys.executable, "-m", "compileall", "-q", str(root / "lib")], root)
    return root


@contextmanager
def former() -> Iterator[Path]:
    """The repository at the commit that builds are compared with."""
    git = ["git", "-C", str(ROOT), "worktree"]
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder) / "former"
        subprocess.run([*git, "add", "-q", "--detach", place, FORMER], check=True)
        try:
            yield compiled(place)
        finally:
            subprocess.run([*git, "remove", "--force", place], check=True)


def pages(root: Path = ROOT) -> dict[str, Page]:
    """The pages of a repository's own plan by handle, in its order."""
    told = json.loads(command([sys.executable, "-c", _PAGES], root))
    return {handle: Page(handle, *rest) for handle, *rest in told}


def measured(call: Callable[[Path], object]) -> Taken:
    """What a call's processes take; it is given an empty folder of its own."""
    stop, peak = threading.Event(), [0.0]
    watch = threading.Thread(target=_watch, args=(stop, peak))
    with tempfile.TemporaryDirectory() as folder:
        before, started = _cpu(), time.monotonic()
        watch.start()
        try:
            call(Path(folder))
        finally:
            wall, cpu = time.monotonic() - started, _cpu() - before
            stop.set()
            watch.join()
    return Taken(cpu, wall, peak[0])


def _cpu() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def _watch(stop: threading.Event, peak: list[float]) -> None:
    while not stop.wait(0.5):
        total = 0
        for process in psutil.Process().children(recursive=True):
            try:
                total += process.memory_full_info().pss
            except psutil.Error:
                continue
        peak[0] = max(peak[0], total / 1e6)


def expect(minutes: float) -> None:
    """Say how long a benchmark takes on two quiet cores."""
    print(f"Some {minutes:.0f} minutes on two quiet cores.", file=sys.stderr)


def median(values: Iterable[float]) -> float:
    return statistics.median(values)


def row(*cells: str | float) -> None:
    """Print a row of a table in Markdown."""
    words = [c if isinstance(c, str) else f"{c:,.2f}" for c in cells]
    print(f"| {' | '.join(words)} |", flush=True)


def heading(*names: str) -> None:
    """Print the head of a table in Markdown."""
    row(*names)
    print("|---" * len(names) + "|", flush=True)
