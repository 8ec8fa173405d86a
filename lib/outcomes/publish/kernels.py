"""Kernels for the publisher's pages, through jupyter_client's provisioner: papermill is unchanged.

Every kernel gets the same surroundings on any machine. Where a process can be forked, kernels are
forked from one that has imported what pages import (:mod:`outcomes.publish.fork_server`); elsewhere
they are started the ordinary way.
"""

import atexit
import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from contextlib import suppress
from importlib.metadata import EntryPoint
from queue import Empty
from select import select

from jupyter_client.asynchronous import AsyncKernelClient
from jupyter_client.manager import AsyncKernelManager
from jupyter_client.provisioning import KernelProvisionerFactory, LocalProvisioner
from traitlets import Type

NAME = "outcomes-provisioner"
# The same bytes from any machine: no hash seed, time zone or locale, and one thread to a kernel.
_SAME = {"PYTHONHASHSEED": "0", "TZ": "UTC", "LC_ALL": "C.UTF-8", "LANG": "C.UTF-8"}
_SAME |= {f"{lib}_NUM_THREADS": "1" for lib in ("OMP", "OPENBLAS", "MKL", "NUMEXPR")}
# Arrow's own allocator keeps tens of megabytes for its next reading.
_SAME["ARROW_DEFAULT_MEMORY_POOL"] = "system"
_SOON = 1.0  # seconds that a ready or a killed kernel may take to say so
_DROPPED = ("MPLBACKEND", "PYTHONSTARTUP")  # the kernel chooses its own backend, inline
ended: dict[str, int] = {}  # how the kernel of a working folder ended
_one = threading.Lock()
_zygote: "Zygote | None" = None


class Provisioner(LocalProvisioner):
    """A local kernel, forked where that is possible."""

    async def pre_launch(self, **kwargs):
        kwargs["env"] = surroundings(kwargs.get("env", os.environ))
        return await super().pre_launch(**kwargs)

    async def launch_kernel(self, cmd, **kwargs):
        self.cwd = str(kwargs.get("cwd") or os.getcwd())
        zygote = (
            warm() if cmd[0] == sys.executable and "ipykernel_launcher" in cmd else None
        )
        if zygote is None:
            return await super().launch_kernel(cmd, **kwargs)
        arguments = cmd[cmd.index("ipykernel_launcher") + 1 :]
        self.process = zygote.fork(arguments, kwargs["env"], self.cwd)
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
        return code


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
            elif heard["parent_header"].get("msg_id") == asked and _idle(heard):
                return
            if not await self.is_alive():
                raise RuntimeError("The kernel died before it was ready.")
            if time.monotonic() > late:
                raise RuntimeError(f"The kernel was not ready in {timeout:g} seconds.")


def _idle(message: dict) -> bool:
    return message["content"].get("execution_state") == "idle"


class Manager(AsyncKernelManager):
    """What papermill starts kernels with; theirs is that of jupyter_client but for the client."""

    client_factory = Type(Client)


class Forked:
    """A forked kernel, with as much of ``subprocess.Popen`` as a provisioner asks for."""

    stdin = stdout = stderr = None

    def __init__(self, channel: socket.socket):
        self.channel, self.returncode = channel, None
        self.pid = int(channel.recv(32) or 0)
        if not self.pid:
            raise RuntimeError("the process that kernels are forked from has ended")

    def poll(self) -> int | None:
        """The exit code, minus the signal that killed it, or None while it runs."""
        if self.returncode is None and select([self.channel], [], [], 0)[0]:
            self.returncode = int(self.channel.recv(32) or -signal.SIGKILL)
            self.channel.close()
        return self.returncode

    def wait(self, timeout: float | None = None) -> int:
        """Wait for its end."""
        if self.returncode is None and not select([self.channel], [], [], timeout)[0]:
            raise subprocess.TimeoutExpired("kernel", timeout)
        return self.poll()

    def send_signal(self, signum: int) -> None:
        if self.poll() is None:
            os.kill(self.pid, signum)

    def kill(self) -> None:
        self.send_signal(signal.SIGKILL)

    def terminate(self) -> None:
        self.send_signal(signal.SIGTERM)


class Zygote:
    """The process that kernels are forked from, as seen by the publisher."""

    def __init__(self):
        self.used = False
        self.socket, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        command = [
            sys.executable,
            "-P",
            "-Xfrozen_modules=off",
            "-m",
            "outcomes.publish.fork_server",
        ]
        options = {"stdout": subprocess.DEVNULL, "start_new_session": True}
        # Arrow's allocators would keep a thread, used or not; none may be alive at a fork.
        env = surroundings(os.environ) | {
            "JE_ARROW_MALLOC_CONF": "background_thread:false"
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
    return {k: v for k, v in env.items() if k not in _DROPPED} | _SAME


def why_cold() -> str:
    """Why kernels are not forked here, or "" when they are."""
    if os.environ.get("OUTCOMES_KERNELS") == "ordinary":
        return "OUTCOMES_KERNELS is set to ordinary"
    return (
        "" if sys.platform == "linux" else f"kernels are not forked on {sys.platform}"
    )


def warm() -> Zygote | None:
    """The process to fork kernels from, started when first asked for; None where none can be."""
    global _zygote
    if why_cold():
        return None
    with _one:
        if _zygote is None or _zygote.process.poll() is not None:
            atexit.register(stop)
            _zygote = Zygote()
        return _zygote


def start() -> None:
    """Make jupyter_client use our kernels, and begin with the imports early."""
    factory = KernelProvisionerFactory.instance()
    entry = EntryPoint(NAME, f"{__name__}:Provisioner", factory.GROUP_NAME)
    factory.provisioners.setdefault(
        NAME, entry
    )  # where the library is found by its path
    factory.default_provisioner_name = NAME
    warm()


def stop() -> None:
    """End the process that kernels are forked from."""
    global _zygote
    with _one:
        if _zygote is not None:
            _zygote.stop()
        _zygote = None
