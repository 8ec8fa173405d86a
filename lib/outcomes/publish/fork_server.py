"""The process that warm kernels are forked from: it has imported what pages import, nothing more.

It reads requests from the socket that is its standard input. Each comes with a socket of its own,
over which the kernel's process id is told, and later how the kernel ended. When the publisher is
gone, so are the kernels.
"""

import gc
import json
import os
import pkgutil
import select
import signal
import socket
import sys
import time
from contextlib import suppress
from importlib import import_module
from typing import NoReturn

_USED = """
seaborn afcharts matplotlib.pyplot matplotlib.backends.backend_agg matplotlib.backends.backend_svg
pyarrow.parquet pyarrow.compute pyarrow.dataset
scipy.optimize scipy.stats statsmodels.stats.diagnostic sqlite3
pandas.core.reshape.reshape pandas.core.methods.to_dict
ipykernel.kernelapp ipykernel.ipkernel ipykernel.zmqshell ipykernel.debugger
IPython.core.completerlib IPython.core.debugger IPython.core.oinspect IPython.extensions.storemagic
tornado.platform.asyncio tornado.queues
"""
_ROOMS = ("outcomes.data", "outcomes.methods", "outcomes.findings")
_NEVER = {"outcomes.data.schema"}  # it checks tables when they are made; no page does


def preload() -> None:
    """Import what pages import; a used DuckDB or polars would hang the children."""
    for name in _USED.split():
        import_module(name)
    for room in map(import_module, _ROOMS):
        for found in pkgutil.iter_modules(room.__path__, f"{room.__name__}."):
            if found.name not in _NEVER:
                import_module(found.name)


def serve(requests: socket.socket) -> None:
    """Fork a kernel for each request until the publisher is gone."""
    ended, told = os.pipe()
    os.set_blocking(told, False)
    signal.set_wakeup_fd(told)
    signal.signal(signal.SIGCHLD, lambda *_: None)
    channels: dict[int, socket.socket] = {}
    while True:
        ready, _, _ = select.select([requests, ended], [], [])
        if ended in ready:
            os.read(ended, 512)
            _reap(channels)
        if requests in ready:
            message, fds, _, _ = socket.recv_fds(requests, 1 << 20, 1)
            if not message:
                break
            channel = socket.socket(fileno=fds[0])
            pid = _fork(message, [requests, channel, *channels.values()], [ended, told])
            channels[pid] = channel
            channel.send(str(pid).encode())
    for pid in channels:
        os.kill(pid, signal.SIGKILL)


def _reap(channels: dict[int, socket.socket]) -> None:
    """Tell how each ended kernel ended: its exit code, or minus the signal that killed it."""
    for pid in list(channels):
        found, status = os.waitpid(pid, os.WNOHANG)
        if found:
            channel = channels.pop(pid)
            with suppress(OSError):  # nobody may be waiting any more
                channel.send(str(os.waitstatus_to_exitcode(status)).encode())
            channel.close()


def _fork(message: bytes, sockets: list[socket.socket], pipes: list[int]) -> int:
    """A kernel's process id; the kernel itself lets go of all that is the parent's."""
    if pid := os.fork():
        return pid
    signal.set_wakeup_fd(-1)
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    for pipe in pipes:
        os.close(pipe)
    os.setsid()
    os.dup2(os.open(os.devnull, os.O_RDWR), 0)
    for one in sockets:
        one.close() if one.fileno() > 0 else one.detach()
    return _become_kernel(json.loads(message))


def _become_kernel(request: dict) -> NoReturn:
    """An ordinary kernel's surroundings, then an ordinary kernel."""
    os.environ.clear()
    os.environ.update(request["env"], JPY_PARENT_PID=str(os.getppid()))
    time.tzset()
    os.chdir(request["cwd"])
    sys.argv = ["ipykernel_launcher", *request["arguments"]]
    # as fresh as in a new process; Python's own is made so at every fork
    import_module("numpy").random.seed()
    gc.enable()
    code = 1
    try:
        import_module("ipykernel.kernelapp").launch_new_instance()
        code = 0
    except SystemExit as leave:
        code = (
            leave.code if isinstance(leave.code, int) else int(leave.code is not None)
        )
    finally:
        sys.stdout.flush()
        os._exit(code)


if __name__ == "__main__":
    # The inline backend is named, but not yet imported: it must meet the kernel's own shell.
    os.environ["MPLBACKEND"] = "module://matplotlib_inline.backend_inline"
    preload()
    gc.collect()
    gc.disable()
    gc.freeze()  # what is shared stays shared: the collector would write to it
    serve(socket.socket(fileno=0))
