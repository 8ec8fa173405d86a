"""The keeper of a kernel: the process between the fork server and one kernel, on Linux.

It is there so that nothing outlives a page, however the page or its build ends. It waits until the
kernel ends, or the publisher or the fork server does; then it kills the kernel and all that the
kernel started, detached or not, and tells how the kernel ended. For this it asks two things of the
system (prctl(2)): a signal when its own parent dies, and to become the parent of every orphan among
its descendants (a child subreaper).
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

_PARENT_DEATH_SIGNAL, _CHILD_SUBREAPER = 1, 36  # names of prctl(2), by number
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
    found = []
    for path in Path("/proc").glob("[0-9]*/stat"):
        with suppress(OSError):  # it has ended meanwhile
            if int(path.read_text().rpartition(")")[2].split()[1]) == of:
                found.append(int(path.parent.name))
    return found


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


def keep(kernel: int, channel: socket.socket, woken: int) -> None:
    """Stay until the kernel has ended or nobody waits for it; tell how, and leave nothing.

    ``channel`` is the publisher's, over which the kernel's process id has been told. ``woken`` can
    be read after SIGCHLD, and after any other signal by which the keeper itself is to end.
    """
    status, told = None, set()
    while status is None and not told:
        ready, _, _ = select.select([channel, woken], [], [])
        if channel in ready:
            break  # the publisher says nothing here: it is gone, or has let go
        with suppress(BlockingIOError):
            told.update(set(os.read(woken, 512)) - {signal.SIGCHLD})
        status = _ended(kernel)
    if status is None:
        with suppress(ProcessLookupError):
            os.kill(kernel, signal.SIGKILL)
        _, status = os.waitpid(kernel, 0)
    kill_children()
    with suppress(OSError):  # nobody may be waiting any more
        channel.send(str(os.waitstatus_to_exitcode(status)).encode())


def _ended(kernel: int) -> int | None:
    """The status of the kernel if it has ended; orphans that have ended are let go."""
    status = None
    with suppress(ChildProcessError):
        while (found := os.waitpid(-1, os.WNOHANG))[0]:
            if found[0] == kernel:
                status = found[1]
    return status
