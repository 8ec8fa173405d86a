"""The process that kernels are forked from: what it imports, forks, tells and lets go of."""

import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from types import SimpleNamespace

import pytest

from outcomes.publish import kernels

pytestmark = pytest.mark.skipif(
    sys.platform != "linux", reason="kernels are not forked here"
)
SLEEP = [sys.executable, "-c", "import time; time.sleep(60)"]


def pair():
    return socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)


@pytest.fixture
def signals():
    """The signals as they were, once a test is over."""
    before = signal.getsignal(signal.SIGCHLD)
    yield
    signal.set_wakeup_fd(-1)
    signal.signal(signal.SIGCHLD, before)


def test_what_pages_import_is_imported_before_the_first_kernel(monkeypatch):
    asked, real = [], kernels.import_module
    monkeypatch.setattr(
        kernels, "import_module", lambda name: asked.append(name) or real(name)
    )
    kernels.preload()
    assert {
        "seaborn",
        "pyarrow.parquet",
        "ipykernel.kernelapp",
        "outcomes.data.tables",
    } <= set(asked)
    assert {"outcomes.methods.intervals", "outcomes.findings.finding"} <= set(asked)
    assert "outcomes.data.schema" not in asked and len(asked) == len(set(asked))


def test_a_request_is_answered_with_a_process_and_all_end_with_the_publisher(
    signals, monkeypatch
):
    sleeping, seen = [], []

    def fork(message, sockets, pipes):
        sleeping.append(subprocess.Popen(SLEEP))
        assert all(one.fileno() > 0 for one in sockets)
        seen.append((message, len(sockets), len(pipes)))
        return sleeping[-1].pid

    monkeypatch.setattr(kernels, "_fork", fork)
    ours, requests = pair()
    children = []
    for message in (b"one", b"two"):
        mine, theirs = pair()
        with theirs:
            socket.send_fds(ours, [message], [theirs.fileno()])
        children.append(mine)
    ours.close()
    kernels.serve(requests)
    assert seen == [(b"one", 2, 2), (b"two", 3, 2)], "what a kernel must let go of"
    for mine, process in zip(children, sleeping, strict=True):
        assert mine.recv(32) == str(process.pid).encode()
        assert process.wait(10) == -signal.SIGKILL
        mine.close()
    requests.close()


def test_the_end_of_a_kernel_is_told_while_others_may_still_come(signals, monkeypatch):
    def fork(message, sockets, pipes):
        pid = os.fork()
        if not pid:
            os._exit(5)
        return pid

    def wait():
        told.extend((mine.recv(32), mine.recv(32), mine.recv(32)))
        ours.close()

    told = []
    monkeypatch.setattr(kernels, "_fork", fork)
    (ours, requests), (mine, theirs) = pair(), pair()
    mine.settimeout(20)
    with theirs:
        socket.send_fds(ours, [b"x"], [theirs.fileno()])
    waiting = threading.Thread(target=wait)
    waiting.start()
    kernels.serve(requests)
    waiting.join()
    assert told[0].isdigit() and told[1:] == [b"5", b""]
    mine.close()
    requests.close()


@pytest.mark.parametrize(
    ("code", "told"),
    [("raise SystemExit(3)", b"3"), ("", b"0"), ("import os; os.abort()", b"-6")],
)
def test_how_a_kernel_ended_is_told_once_and_only_of_those_that_ended(code, told):
    ended = subprocess.Popen([sys.executable, "-c", code])
    sleeping = subprocess.Popen(SLEEP)
    (mine, theirs), (others, its) = pair(), pair()
    channels = {ended.pid: theirs, sleeping.pid: its}
    deadline = time.monotonic() + 30
    while ended.pid in channels and time.monotonic() < deadline:
        kernels._reap(channels)
        time.sleep(0.01)
    assert mine.recv(32) == told and mine.recv(32) == b"", "and then it is closed"
    assert channels == {sleeping.pid: its}
    ended.returncode = 0  # it has been waited for
    others.close()
    os.kill(sleeping.pid, signal.SIGKILL)
    while channels and time.monotonic() < deadline:
        kernels._reap(channels)
        time.sleep(0.01)
    sleeping.returncode = 0
    assert channels == {}, "that nobody waits any more is no error"
    mine.close()


class Left(BaseException):
    """Where a kernel's process would end."""


@pytest.fixture
def system(monkeypatch):
    """The system as a forked kernel sees it; what it asked of it."""
    asked = []

    def leave(code):
        raise Left(code)

    def note(name, result=None):
        return lambda *given: asked.append((name, *given)) or result

    fake = SimpleNamespace(
        fork=note("fork", 0),
        close=note("close"),
        setsid=note("setsid"),
        dup2=note("dup2"),
        open=note("open", 9),
        devnull="/dev/null",
        O_RDWR=2,
        environ={"OLD": "1"},
        getppid=lambda: 77,
        chdir=note("chdir"),
        _exit=leave,
    )
    monkeypatch.setattr(kernels, "os", fake)
    monkeypatch.setattr(kernels.signal, "set_wakeup_fd", note("wakeup"))
    monkeypatch.setattr(kernels.signal, "signal", note("signal"))
    monkeypatch.setattr(kernels.time, "tzset", note("tzset"))
    monkeypatch.setattr(sys, "argv", ["x"])
    return SimpleNamespace(asked=asked, os=fake)


def test_a_forked_kernel_lets_go_of_all_that_is_its_parents(system, monkeypatch):
    monkeypatch.setattr(kernels, "_become_kernel", lambda request: request)
    done = []
    sockets = [
        SimpleNamespace(
            fileno=lambda n=n: n,
            close=lambda n=n: done.append(("close", n)),
            detach=lambda n=n: done.append(("detach", n)),
        )
        for n in (0, 1, 5)
    ]
    assert kernels._fork(json.dumps({"cwd": "/x"}).encode(), sockets, [3, 4]) == {
        "cwd": "/x"
    }
    assert done == [("detach", 0), ("close", 1), ("close", 5)], (
        "0 is the null device by then"
    )
    assert system.asked == [
        ("fork",),
        ("wakeup", -1),
        ("signal", signal.SIGCHLD, signal.SIG_DFL),
        ("close", 3),
        ("close", 4),
        ("setsid",),
        ("open", "/dev/null", 2),
        ("dup2", 9, 0),
    ]
    system.os.fork = lambda: 12
    assert kernels._fork(b"{}", sockets, [3]) == 12 and len(done) == 3


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (None, 0),
        (SystemExit(), 0),
        (SystemExit(4), 4),
        (SystemExit("words"), 1),
        (RuntimeError("x"), 1),
    ],
)
def test_a_kernel_has_the_surroundings_it_was_asked_for_and_its_own_exit_code(
    system, monkeypatch, error, code
):
    import numpy
    from ipykernel import kernelapp

    began, seeded = [], []

    def launch():
        began.append((list(sys.argv), dict(system.os.environ)))
        if error is not None:
            raise error

    monkeypatch.setattr(kernelapp, "launch_new_instance", launch)
    monkeypatch.setattr(numpy.random, "seed", lambda *given: seeded.append(given))
    request = {"env": {"A": "b"}, "cwd": "/x", "arguments": ["-f", "k.json"]}
    with pytest.raises(Left) as left:
        kernels._become_kernel(request)
    assert left.value.args == (code,)
    argv = ["ipykernel_launcher", "-f", "k.json"]
    assert began == [(argv, {"A": "b", "JPY_PARENT_PID": "77"})] and seeded == [()]
    assert system.asked == [("tzset",), ("chdir", "/x")]
