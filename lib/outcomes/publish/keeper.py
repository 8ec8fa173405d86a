"""The keeper of a kernel: the process between the fork server and one kernel, on Linux.

It is there so that nothing outlives a page, however the page or its build ends. It waits until the
kernel ends, or the publisher or the fork server does; then it kills the kernel and all that the
kernel started, detached or not, and tells how the kernel ended. For this it asks two things of the
system (prctl(2)): a signal when its own parent dies, and to become the parent of every orphan among
its descendants (a child subreaper).

It also measures the page as a whole, several times a second: the memory of the kernel and of all
that it started, shared memory too, what they write into files, pipes and streams, by the system's
calls or through memory, and how many they are. A page that takes more than its limits is ended with
the reason.
"""

import ctypes
import os
import select
import signal
import socket
import stat
import struct
import time
from collections.abc import Collection, Iterable
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

# names of prctl(2), by number
_PARENT_DEATH_SIGNAL, _CHILD_SUBREAPER, _NO_NEW_PRIVILEGES = 1, 36, 38
_NEW_RULES, _ADD_RULE, _OBEY_RULES = 444, 445, 446  # calls of landlock(7), by number
_WRITE, _MOVE, _CUT = 1 << 1, 1 << 13, 1 << 14
_MAKE_OR_REMOVE = sum(1 << bit for bit in range(4, 13))
_OFTEN = 0.2  # seconds between two looks at what a page takes
_MOST_PROCESSES = 400
_SPARE = 1 << 20  # bytes that a kernel writes of itself
_ENTRY = 1024  # bytes that the name of a file takes, with what the system knows of it
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


def can_confine() -> bool:
    """Whether the system has Landlock, by which :func:`write_only_in` works."""
    return _call(_NEW_RULES, None, 0, 1) > 0


def _call(number: int, *given: int | bytes | None) -> int:
    words = (ctypes.c_long(g) if isinstance(g, int) else g for g in given)
    return ctypes.CDLL(None).syscall(ctypes.c_long(number), *words)


def write_only_in(places: Iterable[Path]) -> None:
    """Let this process, and all that it will start, change no files but those in some places.

    A place is a folder with all that is in it, or a file. Reading is as before. This is Landlock
    (landlock(7); Linux 5.13 or later); nothing changes where the system has none.
    """
    version = _call(_NEW_RULES, None, 0, 1)
    if version < 1:
        return
    refused = _WRITE | _MAKE_OR_REMOVE | _MOVE * (version > 1) | _CUT * (version > 2)
    rules = _call(_NEW_RULES, struct.pack("=Q", refused), 8, 0)
    for place in places:
        beneath = os.open(place, os.O_PATH)
        allowed = refused if place.is_dir() else refused & (_WRITE | _CUT)
        _call(_ADD_RULE, rules, 1, struct.pack("=Qi", allowed, beneath), 0)
        os.close(beneath)
    ctypes.CDLL(None).prctl(_NO_NEW_PRIVILEGES, 1, 0, 0, 0)
    _call(_OBEY_RULES, rules, 0)
    os.close(rules)


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
            text = _read(f"/proc/{name}/stat")
            found[int(name)] = int(text.rpartition(b")")[2].split(None, 2)[1])
    return found


def _read(file: str) -> bytes:
    """What a file of /proc holds, without what :class:`Path` does beside: it is read often."""
    with open(file, "rb", buffering=0) as held:
        return held.read(1 << 16)


def descendants(of: int) -> list[int]:
    """The processes that the process ``of`` has started, and those that they have."""
    parents, found, near = _parents(), [], [of]
    while near:
        near = [pid for pid, parent in parents.items() if parent in near]
        found += near
    return found


class Taken(NamedTuple):
    """What processes take: bytes of memory, bytes written, and bytes put on disk.

    A page of a file that is changed through memory (mmap(2)) is put on disk without being written:
    the system counts it when it is first changed (proc_pid_io(5), ``write_bytes``).
    """

    memory: int
    written: int
    stored: int


class Measured:
    """What the processes of a page take together, beyond what its kernel began with.

    ``folder`` is the page's own, with all that it has left there.
    """

    def __init__(self, memory: int, output: int, folder: str):
        self.memory, self.output = memory, output  # the limits, in megabytes
        self.folder = folder
        self.begun = _taken(descendants(os.getpid()))

    def excess(self) -> str:
        """The limit that is exceeded: "memory", "output" or "processes"; "" for none."""
        pids = descendants(os.getpid())
        if len(pids) > _MOST_PROCESSES:
            return "processes"
        now, begun = _taken(pids), self.begun
        written, stored = now.written - begun.written, now.stored - begun.stored
        if max(written, stored, _size(self.folder)) > self.output * _MB + _SPARE:
            return "output"
        most = self.memory * _MB
        if now.memory - begun.memory <= most:
            return ""
        # pages that forked processes share were counted for each of them
        shared_out = _memory(pids, "smaps_rollup", "Pss_Anon", "Pss_Shmem")
        return "memory" if shared_out > most else ""


def _taken(pids: list[int]) -> Taken:
    # what children that were let go have written is counted to their parent: to this one too
    output = _sums([*pids, os.getpid()], "io", "wchar", "write_bytes")
    return Taken(_memory(pids, "status", "RssAnon", "RssShmem"), *output)


def _memory(pids: list[int], file: str, own: str, shared: str) -> int:
    """The memory of processes, by two fields of a file of /proc.

    Shared memory counts whether it is mapped or not.
    """
    alone, mapped = _sums(pids, file, own, shared)
    return 1024 * alone + max(1024 * mapped, _held(pids))


def _size(folder: str) -> int:
    """What all that lies in a folder takes of the disk, or of memory where that holds it."""
    size = 0
    for place, folders, files in os.walk(folder):
        for name in (*folders, *files):
            with suppress(OSError):  # it is gone meanwhile
                size += 512 * os.lstat(os.path.join(place, name)).st_blocks + _ENTRY
    return size


def _held(pids: list[int]) -> int:
    """What files take that have no name and are open, as shared memory that is not mapped."""
    files = {}
    for pid in pids:
        with suppress(OSError):  # it has ended meanwhile
            for name in os.listdir(f"/proc/{pid}/fd"):
                with suppress(OSError):
                    found = os.stat(f"/proc/{pid}/fd/{name}")
                    if stat.S_ISREG(found.st_mode) and not found.st_nlink:
                        files[found.st_dev, found.st_ino] = 512 * found.st_blocks
    return sum(files.values())


def _sums(pids: list[int], file: str, *names: str) -> list[int]:
    """The sums of some fields of a file that /proc has of each process."""
    sums = [0] * len(names)
    for pid in pids:
        with suppress(OSError):  # it has ended meanwhile
            lines = _read(f"/proc/{pid}/{file}").decode(errors="replace").splitlines()
            held = dict(line.split(":", 1) for line in lines if ":" in line)
            found = [int(held.get(name, "0").split()[0]) for name in names]
            sums = [one + more for one, more in zip(sums, found, strict=True)]
    return sums


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
