"""Builds that are killed, and what is alive of them afterwards: for tests of what is left behind."""

import os
import signal
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path
from uuid import uuid4

from notebook_maker import notebook

PUBLISHER = """
import sys
from outcomes.publish import execute
execute.prepare()
jobs = [execute.Job(n, f"{n}.ipynb", {}, f"{n}.done.ipynb") for n in sys.argv[1:]]
print("asked", flush=True)
for result in execute.run(jobs, workers=2):
    print(result.handle, result.error, flush=True)
"""
DETACHED = """
import os, subprocess, time
subprocess.Popen(["sleep", "987"], start_new_session=True)
if not os.fork():
    os.setsid()
    if not os.fork():
        time.sleep(987)
    os._exit(0)
"""


class Publisher:
    """A publisher of some notebooks, in a process whose descendants can be told by a mark."""

    def __init__(self, folder: Path, **cells: str):
        for name, cell in cells.items():
            notebook(folder / f"{name}.ipynb", cell, parameters=None)
        self.folder, self.mark = folder, f"OUTCOMES_MARK={uuid4().hex}"
        name, _, value = self.mark.partition("=")
        self.temporary = folder / "t"
        self.temporary.mkdir(exist_ok=True)
        env = os.environ | {name: value, "TMPDIR": str(self.temporary)}
        self.process = subprocess.Popen(
            [sys.executable, "-c", PUBLISHER, *cells],
            cwd=folder,
            env=env,
            stdout=subprocess.PIPE,
            text=True,
        )

    def kill(self, signum: int = signal.SIGKILL) -> None:
        self.process.send_signal(signum)
        self.process.wait(30)
        self.process.stdout.close()

    def alive(self) -> list[str]:
        """The command lines of its living descendants, wherever they have gone."""
        found = []
        for path in Path("/proc").glob("[0-9]*"):
            with suppress(OSError):
                stat = (path / "stat").read_text().rpartition(")")[2].split()[0]
                if stat != "Z" and self.mark in (path / "environ").read_text("latin-1"):
                    found.append((path / "cmdline").read_text().replace("\0", " "))
        return found

    def alive_in(self, seconds: float) -> list[str]:
        """Those that are still alive when they have had this long to end."""
        late = time.monotonic() + seconds
        while (found := self.alive()) and time.monotonic() < late:
            time.sleep(0.05)
        return found


def kill_at(folder: Path, moment: float) -> list[str]:
    """Kill a publisher of two pages with detached children so many seconds after its start;
    what is alive of it when the server of kernels has had the time to end its imports."""
    made = Publisher(folder, a=DETACHED + "time.sleep(987)", b=DETACHED)
    time.sleep(moment)
    made.kill()
    return made.alive_in(30)
