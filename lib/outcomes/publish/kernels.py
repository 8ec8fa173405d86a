"""Kernels for the publisher's pages, through jupyter_client's provisioner: papermill is unchanged.

Every kernel gets the same surroundings on any machine, and is held to its page's limits of memory
and output from inside. Where a process can be forked, kernels are forked from a server that has
imported what pages import; elsewhere they are started the ordinary way.

The fork server (``python -m outcomes.publish.kernels``) reads requests from the socket that is its
standard input. Each comes with a socket of its own, over which the kernel's process id is told, and
later how the kernel ended. Between it and each kernel stands a keeper
(:mod:`outcomes.publish.keeper`): when the kernel, the publisher or the server is gone, so is all
that the kernel started. An ordinary kernel watches a pipe that it inherits.
"""

import atexit
import gc
import json
import os
import pkgutil
import re
import select
import signal
import socket
import subprocess
import sys
import threading
import time
import traceback
from collections.abc import Callable
from contextlib import suppress
from importlib import import_module
from importlib.metadata import EntryPoint
from pathlib import Path
from queue import Empty
from typing import Any, NoReturn, cast

from jupyter_client.asynchronous import AsyncKernelClient
from jupyter_client.kernelspec import KernelSpecManager
from jupyter_client.manager import AsyncKernelManager
from jupyter_client.provisioning import KernelProvisionerFactory, LocalProvisioner
from traitlets import Type, default

from outcomes.publish import keeper, scratch
from outcomes.publish.plan import Limits

NAME = "outcomes-provisioner"
# The same bytes from any machine: no hash seed, time zone or locale, and one thread to a kernel.
_FIXED = {"PYTHONHASHSEED": "0", "TZ": "UTC", "LC_ALL": "C.UTF-8", "LANG": "C.UTF-8"}
_FIXED |= {f"{lib}_NUM_THREADS": "1" for lib in ("OMP", "OPENBLAS", "MKL", "NUMEXPR")}
# Arrow's own allocator keeps tens of megabytes for its next reading.
_FIXED["ARROW_DEFAULT_MEMORY_POOL"] = "system"
# Nor is there a heap for each thread of a kernel, of which one does the work.
_FIXED["MALLOC_ARENA_MAX"] = "1"
_PATIENCE = 5.0  # seconds that keepers may take to end their kernels
_SOON = 1.0  # seconds that a ready or a killed kernel may take to say so
_DROPPED = ("MPLBACKEND", "PYTHONSTARTUP")  # the kernel chooses its own backend, inline
ended: dict[str, int] = {}  # how the kernel of a working folder ended
exceeded: dict[str, str] = {}  # which limit its page went beyond
_one = threading.Lock()
_alive: tuple[int, int] | None = None  # a pipe that is open while the publisher lives
_WATCHED = "OUTCOMES_PUBLISHER"  # the descriptor of its reading end, in a kernel
_server: "ForkServer | None" = None
_IMPORTED = """
seaborn afcharts matplotlib.pyplot matplotlib.backends.backend_agg matplotlib.backends.backend_svg
pyarrow.parquet pyarrow.compute pyarrow.dataset
scipy.optimize scipy.stats sqlite3
statsmodels.genmod.generalized_linear_model statsmodels.stats.proportion statsmodels.stats.rates
pandas.core.reshape.reshape pandas.core.methods.to_dict
ipykernel.kernelapp ipykernel.ipkernel ipykernel.zmqshell ipykernel.debugger
IPython.core.completerlib IPython.core.debugger IPython.core.oinspect IPython.extensions.storemagic
tornado.platform.asyncio tornado.queues
"""
# What ipykernel and seaborn use where it is there: no page is debugged, and none has controls.
_NOT_NEEDED = ("debugpy", "ipywidgets")
_ROOMS = ("outcomes.data", "outcomes.methods", "outcomes.findings")
_NOT_IMPORTED = {
    "outcomes.data.schema"
}  # it checks tables when they are made; no page does
_MB = 1 << 20
_MEASURED = ("memory", "output")
_SHOWN = {"display_data", "execute_result", "update_display_data"}
_SHOWN |= {"comm_open", "comm_msg", "comm_close", "clear_output"}
_LONG = 4000  # letters of an error: who reads more?


class Provisioner(LocalProvisioner):
    """A local kernel, forked where that is possible."""

    async def pre_launch(self, **kwargs):
        kwargs["env"] = surroundings(kwargs.get("env", os.environ))
        if kwargs.get("cwd"):
            # What a page leaves there goes with its folder. Nobody's start-up files change a page,
            # and it may not make the folder in which a person would have them.
            kwargs["env"] |= dict.fromkeys(("TMPDIR", "IPYTHONDIR"), str(kwargs["cwd"]))
        return await super().pre_launch(**kwargs)

    async def launch_kernel(self, cmd, **kwargs):
        self.cwd = str(kwargs.get("cwd") or os.getcwd())
        ours = cmd[0] == sys.executable and "ipykernel_launcher" in cmd
        server = fork_server() if ours else None
        if server is None:
            return await super().launch_kernel(cmd, **_watching(kwargs))
        arguments = cmd[cmd.index("ipykernel_launcher") + 1 :]
        self.process = server.fork(arguments, kwargs["env"], self.cwd)
        self.pid = self.pgid = self.process.pid
        return self.connection_info

    async def kill(self, restart: bool = False):
        await super().kill(restart)
        if isinstance(
            self.process, Forked
        ):  # else the manager looks again in a tenth of a second
            with suppress(subprocess.TimeoutExpired):
                self.process.wait(_SOON)

    async def poll(self):
        code = await super().poll()
        if code is not None and self.process:
            ended[self.cwd] = code
            exceeded[self.cwd] = getattr(self.process, "excess", "")
        return code


def _watching(options: dict) -> dict:
    """How a process is started, with a pipe by which it sees that the publisher has ended."""
    global _alive
    if (
        sys.platform == "win32"
    ):  # the kernel watches its parent by a handle of Jupyter's
        return options
    with _one:
        if _alive is None:
            _alive = os.pipe()  # the writing end is never inherited, and ends with us
    env = options["env"] | {_WATCHED: str(_alive[0])}
    return options | {"env": env, "pass_fds": (_alive[0],)}


class Client(AsyncKernelClient):
    """A client that takes a kernel as ready when it says so, not when it has been silent long."""

    async def wait_for_ready(self, timeout: float | None = None) -> None:
        """Ask once the kernel has heard that we listen, and until the end of an answer is heard.

        Raises RuntimeError when the kernel has died, or is not ready in ``timeout`` seconds.
        """
        late, asked = time.monotonic() + (timeout or float("inf")), None
        while True:
            try:
                heard = await self.iopub_channel.get_msg(timeout=_SOON)
            except Empty:
                heard = {"msg_type": "iopub_welcome"}  # which older kernels never say
            if heard["msg_type"] == "iopub_welcome":
                asked = self.kernel_info()
            elif (
                heard["parent_header"].get("msg_id") == asked
                and heard["content"].get("execution_state") == "idle"
            ):
                return
            if not await self.is_alive():
                raise RuntimeError("The kernel died before it was ready.")
            if time.monotonic() > late:
                raise RuntimeError(f"The kernel was not ready in {timeout:g} seconds.")


class Manager(AsyncKernelManager):
    """What papermill starts kernels with: jupyter_client's but for the client and what it looks for."""

    client_factory = Type(Client)

    @default("kernel_spec_manager")
    def _specs(self) -> KernelSpecManager:
        """The kernel of this very Python alone, whatever else a person has installed for Jupyter."""
        return KernelSpecManager(parent=self, kernel_dirs=[])


class Forked:
    """A forked kernel, with as much of ``subprocess.Popen`` as a provisioner asks for."""

    stdin = stdout = stderr = None

    def __init__(self, channel: socket.socket):
        self.channel, self.returncode, self.excess = channel, None, ""
        self.pid = int(channel.recv(32) or 0)
        if not self.pid:
            raise RuntimeError("the process that kernels are forked from has ended")

    def poll(self) -> int | None:
        """The exit code, minus the signal that killed it, or None while it runs."""
        if self.returncode is None and select.select([self.channel], [], [], 0)[0]:
            code, _, self.excess = self.channel.recv(32).decode().partition(" ")
            self.returncode = int(code or -signal.SIGKILL)
            self.channel.close()
        return self.returncode

    def wait(self, timeout: float | None = None) -> int:
        """Wait for its end."""
        if (
            self.returncode is None
            and not select.select([self.channel], [], [], timeout)[0]
        ):
            raise subprocess.TimeoutExpired("kernel", timeout)
        return self.poll()

    def send_signal(self, signum: int) -> None:
        if self.poll() is None:
            os.kill(self.pid, signum)

    def kill(self) -> None:
        self.send_signal(signal.SIGKILL)

    def terminate(self) -> None:
        self.send_signal(signal.SIGTERM)


class ForkServer:
    """The process that kernels are forked from, as seen by the publisher."""

    def __init__(self):
        self.used = False
        self.socket, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        command = [sys.executable, "-P", "-Xfrozen_modules=off"]
        command += ["-m", "outcomes.publish.kernels"]
        options = {"stdout": subprocess.DEVNULL, "start_new_session": True}
        # Arrow's allocators would keep a thread, used or not; none may be alive at a fork.
        env = surroundings(os.environ) | {
            "JE_ARROW_MALLOC_CONF": "background_thread:false",
            "TMPDIR": str(scratch.home()),
        }
        self.process = subprocess.Popen(command, stdin=theirs, env=env, **options)
        theirs.close()

    def fork(self, arguments: list[str], env: dict, cwd: str) -> Forked:
        """A fresh kernel with these arguments, environment and working folder."""
        self.used = True
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        request = json.dumps({"arguments": arguments, "env": dict(env), "cwd": cwd})
        with theirs:
            socket.send_fds(self.socket, [request.encode()], [theirs.fileno()])
        return Forked(ours)

    def stop(self) -> None:
        """End it, and with it every kernel it still has."""
        self.socket.close()
        if not self.used:
            self.process.kill()  # it has no kernel, and may be at its imports
        try:
            self.process.wait(10)
        except subprocess.TimeoutExpired:
            self.process.kill()


def surroundings(env: dict) -> dict:
    """An environment with what could change a page taken out or fixed."""
    return {k: v for k, v in env.items() if k not in _DROPPED} | _FIXED


def why_not_forked() -> str:
    """Why kernels are not forked here, or "" when they are."""
    if os.environ.get("OUTCOMES_KERNELS") == "ordinary":
        return "OUTCOMES_KERNELS is set to ordinary"
    return (
        "" if sys.platform == "linux" else f"kernels are not forked on {sys.platform}"
    )


def fork_server() -> ForkServer | None:
    """The process to fork kernels from, started when first asked for; None where none can be."""
    global _server
    if why_not_forked():
        return None
    with _one:
        if _server is None or _server.process.poll() is not None:
            atexit.register(stop)
            _server = ForkServer()
        return _server


def start() -> None:
    """Make jupyter_client use our kernels, and begin with the imports early."""
    factory = KernelProvisionerFactory.instance()
    entry = EntryPoint(NAME, f"{__name__}:Provisioner", factory.GROUP_NAME)
    factory.provisioners.setdefault(
        NAME, entry
    )  # where the library is found by its path
    factory.default_provisioner_name = NAME
    fork_server()
    _look_up()


def _look_up() -> None:
    """Make one of each thing that a kernel is started by, before threads make theirs.

    Their traits name classes by text, which traitlets looks up for the first one made: two
    threads at once, and the later one raises TypeError (``import_item accepts strings``).
    """
    for made in (Manager(), Client()):
        _ = made.session  # made when it is first asked for
    Provisioner()


def stop() -> None:
    """End the process that kernels are forked from."""
    global _server
    with _one:
        if _server is not None:
            _server.stop()
        _server = None


# ---------------------------------------------------------------- the fork server


def preload() -> None:
    """Import what pages import; a used DuckDB or polars would hang the children."""
    absent = [name for name in _NOT_NEEDED if name not in sys.modules]
    for name in absent:
        sys.modules[name] = cast(Any, None)  # which Python takes as not installed
    for name in _IMPORTED.split():
        import_module(name)
    for name in absent:
        del sys.modules[name]
    for room in map(import_module, _ROOMS):
        for found in pkgutil.iter_modules(room.__path__, f"{room.__name__}."):
            if found.name not in _NOT_IMPORTED:
                import_module(found.name)


def warm() -> None:
    """Do what every page would else do for the first time: read the small tables, draw a chart.

    No page can tell: tables are held by the version of their files, and the chart leaves nothing
    but what matplotlib has learnt of its fonts.
    """
    from matplotlib.figure import Figure

    from outcomes.data import tables
    from outcomes.findings import theme

    tables.hold()
    with theme.styled():
        figure = Figure()
        axes = figure.subplots()
        axes.plot([1, 2], [3, 4])
        axes.scatter([1, 2], [3, 4])
        axes.bar([1, 2], [3, 4])
        axes.set_title("A title")
    theme.svg(figure)


def serve(requests: socket.socket) -> None:
    """Fork a kernel for each request until the publisher is gone, and end all kernels then."""
    keeper.adopt_orphans()
    woken = keeper.woken_by(signal.SIGCHLD)
    waiting = select.poll()
    waiting.register(requests, select.POLLIN)
    waiting.register(woken, select.POLLIN)
    keepers: set[int] = set()
    while True:
        ready = dict(waiting.poll())
        if woken in ready:
            os.read(woken, 512)
            _reap(keepers)
        asked = ready.get(requests.fileno(), 0)
        if asked & (select.POLLHUP | select.POLLERR):
            break  # whatever it still asks for: nobody would wait for it
        if asked:
            message, fds, _, _ = socket.recv_fds(requests, 1 << 20, 1)
            if not message:
                break
            with socket.socket(fileno=fds[0]) as channel:
                keepers.add(_fork_keeper(message, requests, channel, woken))
    for pid in keepers:
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGTERM)
    late = time.monotonic() + _PATIENCE
    while keepers and time.monotonic() < late:
        _reap(keepers)
        time.sleep(0.01)
    keeper.kill_children()


def _reap(keepers: set[int]) -> None:
    """Let go of the keepers that have ended, and kill what one that was killed has left behind."""
    with suppress(ChildProcessError):
        while pid := os.waitpid(-1, os.WNOHANG)[0]:
            keepers.discard(pid)
    keeper.kill_children(spared=keepers)


def _fork_keeper(
    message: bytes, requests: socket.socket, channel: socket.socket, woken: int
) -> int:
    """The process id of a keeper with a kernel; it lets go of all that is the server's."""
    server = os.getpid()
    if pid := os.fork():
        return pid
    try:
        os.setsid()  # what a kernel does to its parent's group is done to its keeper alone
        os.close(woken)
        os.dup2(os.open(os.devnull, os.O_RDWR), 0)
        if requests.fileno() > 0:  # 0 is the null device by now
            requests.close()
        woken = keeper.woken_by(signal.SIGCHLD, signal.SIGTERM)
        keeper.die_with(server, signal.SIGTERM)
        keeper.adopt_orphans()
        kernel = _fork_kernel(message, channel, woken)
        with suppress(OSError):  # that nobody waits any more, the keeper sees by itself
            channel.send(str(kernel).encode())
        keeper.keep(kernel, channel, woken, _measured(message))
    finally:
        os._exit(0)


def _measured(message: bytes) -> keeper.Measured | None:
    """The watch over what a page takes, where its kernel is given limits."""
    request = json.loads(message)
    words = " ".join(request["arguments"])
    found = [re.search(rf"--Limits\.{name}=(\d+)", words) for name in _MEASURED]
    limits = [int(m[1]) for m in found if m]
    return keeper.Measured(*limits, request["cwd"]) if all(found) else None


def _fork_kernel(message: bytes, channel: socket.socket, woken: int) -> int:
    """A kernel's process id; the kernel itself lets go of all that is its keeper's."""
    parent = os.getpid()
    if pid := os.fork():
        return pid
    os.setsid()
    keeper.die_with(parent, signal.SIGKILL)
    os.close(signal.set_wakeup_fd(-1))
    os.close(woken)
    for signum in (signal.SIGCHLD, signal.SIGTERM):
        signal.signal(signum, signal.SIG_DFL)
    channel.close()
    return _become_kernel(json.loads(message))


def _its_own(folder: Path) -> list[Path]:
    """Where a page may write: its folder, nothing at all, and the results that all pages share."""
    from outcomes.core import kept_results  # reads the code that it keeps results of

    places = [folder, Path(os.devnull)]
    with suppress(OSError):  # none are kept
        kept = kept_results.folder()
        kept.mkdir(mode=0o700, exist_ok=True)
        places.append(kept)
    return places


def _become_kernel(request: dict) -> NoReturn:
    """An ordinary kernel's surroundings, then an ordinary kernel."""
    code = 1
    try:
        os.environ.clear()
        os.environ.update(request["env"], JPY_PARENT_PID=str(os.getppid()))
        time.tzset()
        import_module("tempfile").tempdir = None  # the server's is not the page's
        os.chdir(request["cwd"])
        keeper.write_only_in(_its_own(Path(request["cwd"])))
        sys.argv = ["ipykernel_launcher", *request["arguments"]]
        # as fresh as in a new process; Python's own is made so at every fork
        import_module("numpy").random.seed()
        gc.enable()
        import_module("ipykernel.kernelapp").launch_new_instance()
        code = 0
    except SystemExit as leave:
        code = (
            leave.code if isinstance(leave.code, int) else int(leave.code is not None)
        )
    except BaseException:
        traceback.print_exc()  # nobody else could tell why there is no kernel
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)


# ---------------------------------------------------------------- inside a kernel


class OutputLimit(Exception):
    """A page shows more than it may."""


def arguments(limits: Limits) -> list[str]:
    """What a kernel is started with to be held to its limits."""
    given = [f"--Limits.{name}={value}" for name, value in limits._asdict().items()]
    return [f"--IPKernelApp.extra_extensions={__name__}", *given]


def load_ipython_extension(shell: Any) -> None:
    """Hold this kernel to its limits; IPython calls this as the kernel starts."""
    memory, output = (int(shell.config.Limits[name]) for name in ("memory", "output"))
    if pipe := os.environ.pop(_WATCHED, ""):
        threading.Thread(target=_end_with, args=(int(pipe),), daemon=True).start()
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
        def inner(*args: Any, **options: Any) -> Any:
            nonlocal left
            left -= (now := size(*args, **options))
            if now and left < 0:
                raise OutputLimit(
                    f"it shows more than the limit of {output} MB of output"
                )
            return call(*args, **options)

        return inner

    session = shell.kernel.session
    session.send = counted(_cut_errors(session.send), _size)
    for stream in (sys.stdout, sys.stderr):
        stream.write = counted(stream.write, len)


def _end_with(pipe: int) -> None:
    """Kill this kernel and its group once the publisher has ended."""
    os.read(pipe, 1)
    os.killpg(0, signal.SIGKILL)


def _size(stream, message, content=None, *args, buffers=None, **options) -> int:
    """The size of a message that shows something or speaks to a widget; of any other 0."""
    kind = message if isinstance(message, str) else message["msg_type"]
    if kind not in _SHOWN:
        return 0
    held = message["content"] if content is None else content
    beside = str(options.get("metadata") or "")
    return len(str(held)) + len(beside) + sum(map(len, buffers or ()))


def _cut_errors(send: Callable) -> Callable:
    """``send`` with the words of an error made short: they are read by a person."""

    def cut(*given, **options):
        for held in (*given, *options.values()):
            held = held.get("content", held) if isinstance(held, dict) else held
            if isinstance(held, dict) and {"evalue", "traceback"} <= {*held}:
                held["evalue"] = held["evalue"][:_LONG]
                held["traceback"] = [line[-_LONG:] for line in held["traceback"][-50:]]
        return send(*given, **options)

    return cut


if __name__ == "__main__":
    # The inline backend is named, but not yet imported: it must meet the kernel's own shell.
    os.environ["MPLBACKEND"] = "module://matplotlib_inline.backend_inline"
    preload()
    warm()
    gc.collect()
    gc.disable()
    gc.freeze()  # what is shared stays shared: the collector would write to it
    serve(socket.socket(fileno=0))
