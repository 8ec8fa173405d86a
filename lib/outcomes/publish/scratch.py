"""Temporary folders that are gone when their process is, however it ended.

All lie under one root. Each process has a folder of its own there, which it holds by a lock of the
system's for as long as it lives; whoever comes next removes the folders that nobody holds.
"""

import atexit
import os
import shutil
import stat
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from functools import cache, partial
from pathlib import Path

from filelock import FileLock, Timeout

_LOCK = ".lock"


@contextmanager
def folder(root: Path) -> Iterator[Path]:
    """A new folder of this process under ``root``, where those of dead processes are removed.

    >>> with tempfile.TemporaryDirectory() as root, folder(Path(root)) as mine:
    ...     mine.parent == Path(root)
    True
    """
    root.mkdir(mode=0o700, parents=True, exist_ok=True)
    with FileLock(root / _LOCK):  # none is removed between its making and its own lock
        clear(root)
        made = Path(tempfile.mkdtemp(prefix="p-", dir=root))
        held = FileLock(made / _LOCK)
        held.acquire()
    owner = os.getpid()
    try:
        yield made
    finally:
        if (
            os.getpid() == owner
        ):  # a forked child ends too, and the folder is not its own
            held.release()
            shutil.rmtree(made, ignore_errors=True)


def clear(root: Path) -> None:
    """Remove the folders under ``root`` whose processes have ended."""
    for left in root.glob("p-*"):
        held = FileLock(left / _LOCK)
        try:
            held.acquire(blocking=False)
        except (Timeout, OSError):
            continue
        shutil.rmtree(left, ignore_errors=True)
        held.release()


def sweep() -> None:
    """Remove the temporary folders of this user's processes that have ended."""
    root = _root()
    with suppress(OSError):
        if _ours(root) and any(root.glob("p-*")):
            with FileLock(root / _LOCK):
                clear(root)


def _root() -> Path:
    owner = os.getuid() if hasattr(os, "getuid") else 0
    return Path(tempfile.gettempdir(), f"outcomes-{owner}")


def _ours(root: Path) -> bool:
    owner = os.getuid() if hasattr(os, "getuid") else 0
    found = root.lstat()
    return found.st_uid == owner and stat.S_ISDIR(found.st_mode)


def home() -> Path:
    """The folder of this process for all its temporary files, made when first asked for."""
    made = _home(os.getpid())
    if not made.is_dir():  # somebody cleared the system's temporary files
        _home.cache_clear()
        made = _home(os.getpid())
    return made


@cache
def _home(process: int) -> Path:
    root = _root()
    with suppress(FileExistsError):
        root.mkdir(mode=0o700)
    if not _ours(root):
        root = Path(tempfile.mkdtemp(prefix="outcomes-"))  # laid there by somebody else
    held = folder(root)
    made = held.__enter__()
    atexit.register(partial(held.__exit__, None, None, None))
    return made
