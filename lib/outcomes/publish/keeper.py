"""The keeper of a kernel: the process between the fork server and one kernel, on Linux.

It is there so that nothing outlives a page, however the page or its build ends. It waits until the
kernel ends, or the publisher or the fork server does; then it kills the kernel and all that the
kernel started, detached or not, and tells how the kernel ended. For this it asks two things of the
system (prctl(2)): a signal when its own parent dies, and to become the parent of every orphan among
its descendants (a child subreaper).

It also measures the page as a whole, several times a second: the memory of the kernel and of all
that it started, shared memory too, what they write into files, pipes and streams, and how many
they are. A page that takes more than its limits is ended with the reason.
"""

import ctypes
import os
import select
import signal
import socket
import time
from collections.abc import Collection
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

_PARENT_DEATH_SIGNAL, _CHILD_SUBREAPER = 1, 36  # names of prctl(2), by number
_OFTEN = 0.2  # seconds between two looks at what a page takes
_MOST_PROCESSES = 400
_SPARE = 1 << 20  # bytes that a kernel writes of itself
_MB = 1 << 20
_PATIENCE = 5.0  # seconds that killed processes may take to be gone


def die_with(parent: int, signum: int) -> None:
    """Have the system send this process a signal when its parent ends; leave if it has ended."""
    ctypes.CDLL(None).prctl(_PARENT_DEATH_SIGNAL, signum, 0, 0, 0)
    if os.getppid() != parent:
        os._exit(1)


def adopt_orphans() -> None:
    """Become the parent of every process below this one whose own parent ends."""
    ctypes.CDLL(None).prctl(_CHILD_SUBREAPER, 1, 0, 0, 0)


def woken_by(*signals: int) -> int:
    """A descriptor to select on: it can be read once one of these signals has come."""
    woken, wake = os.pipe()
    os.set_blocking(woken, False)
    os.set_blocking(wake, False)
    if (before := signal.set_wakeup_fd(wake, warn_on_full_buffer=False)) >= 0:
        os.close(before)  # the parent's
    for signum in signals:
        signal.signal(signum, lambda *_: None)
    return woken


def children(of: int) -> list[int]:
    """The processes whose parent is the process ``of``."""
    return [pid for pid, parent in _parents().items() if parent == of]


def _parents() -> dict[int, int]:
    """Every process of the system, with its parent."""
    found = {}
    for name in filter(str.isdigit, os.listdir("/proc")):
        with suppress(OSError):  # it has ended meanwhile
            text = Path(f"/proc/{name}/stat").read_text()
            found[int(name)] = int(text.rpartition(")")[2].split()[1])
    return found


def descendants(of: int) -> list[int]:
    """The processes that the process ``of`` has started, and those that they have."""
    parents, found, near = _parents(), [], [of]
    while near:
        near = [pid for pid, parent in parents.items() if parent in near]
        found += near
    return found


class Taken(NamedTuple):
    """What a page takes: bytes of memory, bytes written, and processes."""

    memory: int
    output: int
    processes: int


class Measured:
    """What the processes of a page take together, beyond what its kernel began with."""

    def __init__(self, memory: int, output: int):
        self.memory, self.output = memory, output  # the limits, in megabytes
        self.begun = _taken(descendants(os.getpid()))
        self.written = _field("/proc/self/io", "wchar")

    def excess(self) -> str:
        """The limit that is exceeded: "memory", "output" or "processes"; "" for none."""
        pids = descendants(os.getpid())
        now = _taken(pids)
        # what children that were let go have written is counted to their parent
        written = now.output + _field("/proc/self/io", "wchar") - self.written
        if now.processes > _MOST_PROCESSES:
            return "processes"
        if written - self.begun.output > self.output * _MB + _SPARE:
            return "output"
        most = self.memory * _MB
        if now.memory - self.begun.memory <= most:
            return ""
        # pages that forked processes share were counted for each of them
        return "memory" if sum(map(_shared_out, pids)) > most else ""


def _taken(pids: list[int]) -> Taken:
    memory = [_field(f"/proc/{p}/status", "RssAnon", "RssShmem") for p in pids]
    written = [_field(f"/proc/{p}/io", "wchar") for p in pids]
    return Taken(1024 * sum(memory), sum(written), len(pids))


def _shared_out(pid: int) -> int:
    """The memory of a process, each page divided among those that share it."""
    return 1024 * _field(f"/proc/{pid}/smaps_rollup", "Pss_Anon", "Pss_Shmem")


def _field(file: str, *names: str) -> int:
    """The sum of some fields of a file of /proc; 0 where there is no such file any more."""
    with suppress(OSError):
        lines = Path(file).read_text().splitlines()
        held = dict(line.split(":", 1) for line in lines if ":" in line)
        return sum(int(held.get(name, "0").split()[0]) for name in names)
    return 0


def kill_children(spared: Collection[int] = ()) -> None:
    """Kill all children of this process but some, and theirs as they become children of it."""
    late = time.monotonic() + _PATIENCE
    while time.monotonic() < late:
        left = [pid for pid in children(os.getpid()) if pid not in spared]
        if not left:
            return
        for pid in left:
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        for pid in left:
            with suppress(ChildProcessError):
                os.waitpid(pid, os.WNOHANG)
        time.sleep(0.002)


def keep(
    kernel: int, channel: socket.socket, woken: int, measured: Measured | None = None
) -> None:
    """Stay until the kernel has ended or nobody waits for it; tell how, and leave nothing.

    ``channel`` is the publisher's, over which the kernel's process id has been told. ``woken`` can
    be read after SIGCHLD, and after any other signal by which the keeper itself is to end.
    ``measured`` is what the page takes; when that is too much the kernel is ended, and the limit
    told.
    """
    status, told, excess = None, set(), ""
    while status is None and not told:
        ready, _, _ = select.select([channel, woken], [], [], _OFTEN)
        if channel in ready:
            break  # the publisher says nothing here: it is gone, or has let go
        if woken in ready:
            with suppress(BlockingIOError):
                told.update(set(os.read(woken, 512)) - {signal.SIGCHLD})
        elif measured and (excess := measured.excess()):
            break
        status = _ended(kernel)
    if status is None:
        with suppress(ProcessLookupError):
            os.kill(kernel, signal.SIGKILL)
        _, status = os.waitpid(kernel, 0)
    kill_children()
    with suppress(OSError):  # nobody may be waiting any more
        said = f"{os.waitstatus_to_exitcode(status)} {excess}"
        channel.send(said.strip().encode())


def _ended(kernel: int) -> int | None:
    """The status of the kernel if it has ended; orphans that have ended are let go."""
    status = None
    with suppress(ChildProcessError):
        while (found := os.waitpid(-1, os.WNOHANG))[0]:
            if found[0] == kernel:
                status = found[1]
    return status
