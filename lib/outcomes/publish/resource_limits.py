"""What one page may take: time, memory and output, so that it cannot stop the schedule.

The time is watched by the publisher (:mod:`outcomes.publish.execute`). Memory and output are held
inside the kernel, before its first cell: the page then fails by name, and the others go on.
"""

import sys
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

_MB = 1 << 20
_SHOWN = {"display_data", "execute_result", "update_display_data"}


class Limits(NamedTuple):
    """Seconds for a page's run, megabytes it may use once it is started, and megabytes it may show.

    A file that a page writes may be no larger than what it may show.
    """

    seconds: float = 600
    memory: int = 4096
    output: int = 50


DEFAULT = Limits()


class OutputLimit(Exception):
    """A page shows more than it may."""


def arguments(limits: Limits) -> list[str]:
    """What a kernel is started with to be held to its limits."""
    given = [f"--Limits.{name}={value}" for name, value in limits._asdict().items()]
    return [f"--IPKernelApp.extra_extensions={__name__}", *given]


def load_ipython_extension(shell) -> None:
    """Hold this kernel to its limits; IPython calls this as the kernel starts."""
    memory, output = (int(shell.config.Limits[name]) for name in ("memory", "output"))
    if sys.platform == "linux":
        import resource

        # a kernel that has only started has 1.4 GB in this count, most of it stacks never used
        held = (
            int(Path("/proc/self/statm").read_text().split()[5])
            * resource.getpagesize()
        )
        resource.setrlimit(resource.RLIMIT_DATA, (held + memory * _MB,) * 2)
        resource.setrlimit(resource.RLIMIT_FSIZE, (output * _MB,) * 2)
    left = output * _MB

    def counted(call: Callable, size: Callable[..., int]) -> Callable:
        def inner(*args, **options):
            nonlocal left
            left -= (now := size(*args, **options))
            if now and left < 0:
                raise OutputLimit(
                    f"it shows more than the limit of {output} MB of output"
                )
            return call(*args, **options)

        return inner

    session = shell.kernel.session
    session.send = counted(session.send, _size)
    for stream in (sys.stdout, sys.stderr):
        stream.write = counted(stream.write, len)


def _size(stream, message, content=None, *args, **options) -> int:
    """The size of a message that shows something; of any other 0."""
    kind = message if isinstance(message, str) else message["msg_type"]
    return (
        len(str(message["content"] if content is None else content))
        if kind in _SHOWN
        else 0
    )
