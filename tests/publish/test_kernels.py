"""Kernels: forked like ordinary ones, with the same bytes; held to their limits; nothing left over."""

import asyncio
import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from pathlib import Path
from queue import Empty
from types import SimpleNamespace

import pytest

from notebook_maker import notebook
from outcomes.publish import execute, keeper, kernels, parameters

on_linux = pytest.mark.skipif(
    sys.platform != "linux", reason="kernels are forked on Linux only"
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


@on_linux
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


WARMED = """
import os, sys, warnings
from outcomes.publish import kernels
kernels.preload()
import matplotlib, numpy
from matplotlib._pylab_helpers import Gcf
from outcomes.data import tables
def seen():
    state = numpy.random.get_state()[1].tolist()
    threads = len(os.listdir("/proc/self/task"))
    return dict(matplotlib.rcParams), state, list(warnings.filters), threads
before = seen()
kernels.warm()
assert seen() == before and not tables.reads() and not Gcf.figs
assert tables._csv.cache_info().currsize
"""


@on_linux
def test_what_is_done_once_for_all_pages_leaves_nothing_that_a_page_could_see():
    """No thread, no setting, no number drawn at random, no reading, no figure; tables are held."""
    env = kernels.surroundings(os.environ) | {
        "MPLBACKEND": "module://matplotlib_inline.backend_inline"
    }
    subprocess.run([sys.executable, "-c", WARMED], env=env, check=True)


@on_linux
def test_a_request_is_answered_with_a_keeper_and_all_end_with_the_publisher(
    signals, monkeypatch
):
    sleeping, seen = [], []

    def fork(message, requests, channel, woken):
        sleeping.append(subprocess.Popen(SLEEP))
        assert requests.fileno() > 0 and channel.fileno() > 0
        seen.append(message)
        return sleeping[-1].pid

    monkeypatch.setattr(kernels, "_fork_keeper", fork)
    monkeypatch.setattr(kernels.keeper, "adopt_orphans", lambda: None)
    monkeypatch.setattr(kernels.keeper, "kill_children", lambda spared=(): None)
    ours, requests = pair()
    mine, theirs = pair()
    with theirs:
        socket.send_fds(ours, [b"one"], [theirs.fileno()])
    leaving = threading.Timer(1, ours.close)
    leaving.start()
    kernels.serve(requests)
    assert seen == [b"one"]
    assert sleeping[0].poll() is not None
    mine.close()
    requests.close()


@on_linux
def test_what_a_publisher_asked_for_before_it_died_is_not_begun(signals, monkeypatch):
    begun = []
    monkeypatch.setattr(kernels, "_fork_keeper", lambda *given: begun.append(given))
    monkeypatch.setattr(kernels.keeper, "adopt_orphans", lambda: None)
    monkeypatch.setattr(kernels.keeper, "kill_children", lambda spared=(): None)
    ours, requests = pair()
    mine, theirs = pair()
    with theirs, mine, ours:
        socket.send_fds(ours, [b"x"], [theirs.fileno()])
    kernels.serve(requests)
    assert begun == []
    requests.close()


def kept(work, *, let_go: bool = False) -> tuple[list[bytes], int]:
    """What the keeper of a process says until the end, and how long its children lived."""
    mine, theirs = pair()
    pid = os.fork()
    if not pid:
        with theirs:
            mine.close()
            woken = keeper.woken_by(signal.SIGCHLD, signal.SIGTERM)
            keeper.adopt_orphans()
            child = os.fork()
            if not child:
                signal.signal(signal.SIGTERM, signal.SIG_DFL)
                work()
                os._exit(0)
            theirs.send(str(child).encode())
            keeper.keep(child, theirs, woken)
            os._exit(len(keeper.children(os.getpid())))
    theirs.close()
    mine.settimeout(20)
    told = [mine.recv(32)]
    if not let_go:
        told += [mine.recv(32), mine.recv(32)]
    mine.close()
    return told[1:], os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])


def _detach():
    if not os.fork():
        os.setsid()
        if not os.fork():
            time.sleep(60)
        os._exit(0)


@on_linux
@pytest.mark.parametrize(
    ("work", "told"),
    [
        (lambda: os._exit(3), b"3"),
        (lambda: None, b"0"),
        (lambda: os.kill(os.getpid(), 15), b"-15"),
        (lambda: (_detach(), os._exit(5)), b"5"),
        (lambda: (os.kill(os.getppid(), signal.SIGTERM), time.sleep(60)), b"-9"),
    ],
    ids=["code", "zero", "signal", "detached", "told"],
)
def test_how_a_kernel_ended_is_told_once_and_nothing_is_left_of_it(work, told):
    started = time.monotonic()
    assert kept(work) == ([told, b""], 0), "and then the channel is closed"
    assert time.monotonic() - started < 20


@on_linux
def test_a_kernel_that_nobody_waits_for_is_ended():
    started = time.monotonic()
    assert kept(lambda: time.sleep(60), let_go=True) == ([], 0)
    assert time.monotonic() - started < 20


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
        getpid=lambda: 76,
        chdir=note("chdir"),
        _exit=leave,
    )
    monkeypatch.setattr(kernels, "os", fake)
    monkeypatch.setattr(kernels.signal, "set_wakeup_fd", note("wakeup"))
    monkeypatch.setattr(kernels.signal, "signal", note("signal"))
    monkeypatch.setattr(kernels.time, "tzset", note("tzset"))
    monkeypatch.setattr(sys, "argv", ["x"])
    return SimpleNamespace(asked=asked, os=fake)


@on_linux
def test_a_forked_kernel_lets_go_of_all_that_is_its_keepers(system, monkeypatch):
    monkeypatch.setattr(kernels, "_become_kernel", lambda request: request)
    watched = []
    monkeypatch.setattr(
        kernels.keeper, "die_with", lambda *given: watched.append(given)
    )
    channel = SimpleNamespace(close=lambda: system.asked.append("channel"))
    message = json.dumps({"cwd": "/x"}).encode()
    assert kernels._fork_kernel(message, channel, 5) == {"cwd": "/x"}
    assert watched == [(76, signal.SIGKILL)]
    assert system.asked == [
        ("fork",),
        ("setsid",),
        ("wakeup", -1),
        ("close", None),
        ("close", 5),
        ("signal", signal.SIGCHLD, signal.SIG_DFL),
        ("signal", signal.SIGTERM, signal.SIG_DFL),
        "channel",
    ]
    system.os.fork = lambda: 12
    assert kernels._fork_kernel(b"{}", channel, 5) == 12


@on_linux
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
    system, monkeypatch, capsys, error, code
):
    import numpy
    from ipykernel import kernelapp

    began, seeded, confined = [], [], []

    def launch():
        began.append((list(sys.argv), dict(system.os.environ)))
        if error is not None:
            raise error

    monkeypatch.setattr(kernelapp, "launch_new_instance", launch)
    monkeypatch.setattr(numpy.random, "seed", lambda *given: seeded.append(given))
    monkeypatch.setattr(kernels.keeper, "write_only_in", confined.extend)
    request = {"env": {"A": "b"}, "cwd": "/x", "arguments": ["-f", "k.json"]}
    with pytest.raises(Left) as left:
        kernels._become_kernel(request)
    assert left.value.args == (code,)
    assert ("RuntimeError: x" in capsys.readouterr().err) == (
        type(error) is RuntimeError
    )
    argv = ["ipykernel_launcher", "-f", "k.json"]
    assert began == [(argv, {"A": "b", "JPY_PARENT_PID": "77"})] and seeded == [()]
    assert system.asked == [("tzset",), ("chdir", "/x")]
    assert confined[:2] == [Path("/x"), Path("/dev/null")]


MB = 1024 * 1024


class Stream:
    """A standard stream that remembers what was written."""

    def __init__(self):
        self.written = []

    def write(self, text):
        self.written.append(text)
        return len(text)


@pytest.fixture
def kernel(monkeypatch):
    """A kernel of 100 MB that may show 1 MB: its shell, its streams, what it was held to."""
    held, sent = {}, []
    resource = SimpleNamespace(
        RLIMIT_DATA="memory",
        RLIMIT_FSIZE="file",
        getpagesize=lambda: 4096,
        setrlimit=lambda kind, value: held.update({kind: value}),
    )
    monkeypatch.setitem(sys.modules, "resource", resource)
    read = {"/proc/self/statm": "1 2 3 4 5 600 7 8\n"}
    monkeypatch.setattr(kernels.Path, "read_text", lambda path: read[str(path)])
    monkeypatch.setattr(sys, "platform", "linux")
    out, err = Stream(), Stream()
    monkeypatch.setattr(sys, "stdout", out)
    monkeypatch.setattr(sys, "stderr", err)
    session = SimpleNamespace(
        send=lambda *given, **more: sent.append((given, more)) or "sent"
    )
    shell = SimpleNamespace(
        config=SimpleNamespace(Limits={"memory": "100", "output": "1"}),
        kernel=SimpleNamespace(session=session),
    )
    kernels.load_ipython_extension(shell)
    return SimpleNamespace(session=session, out=out, err=err, held=held, sent=sent)


def test_memory_counts_from_what_a_started_kernel_holds_and_a_file_has_the_limit_of_output(
    kernel,
):
    assert kernel.held == {"memory": (600 * 4096 + 100 * MB,) * 2, "file": (MB, MB)}


def test_what_is_printed_and_shown_counts_together(kernel):
    assert kernel.out.write("x" * (MB // 2)) == MB // 2
    assert kernel.err.write("x" * (MB // 4)) == MB // 4
    shown = {"data": "x" * (MB // 16)}
    assert kernel.session.send("io", "display_data", shown) == "sent"
    kernel.session.send("io", {"msg_type": "execute_result", "content": shown})
    with pytest.raises(
        kernels.OutputLimit,
        match=r"^it shows more than the limit of 1 MB of output",
    ):
        kernel.session.send(
            "io", "update_display_data", content={"data": "x" * (MB // 8)}
        )
    kernel.session.send("io", "status", content={"state": "busy"})
    assert len(kernel.sent) == 3
    assert kernel.sent[-1] == (("io", "status"), {"content": {"state": "busy"}})


def test_all_up_to_the_limit_is_shown_and_one_letter_more_is_not(kernel):
    kernel.out.write("x" * MB)
    kernel.out.write("")
    with pytest.raises(kernels.OutputLimit):
        kernel.out.write("x")
    assert kernel.session.send("io", "status", {"state": "x" * MB}) == "sent", (
        "it shows nothing"
    )
    assert len(kernel.out.written) == 2


def test_a_kernel_is_started_with_its_limits_by_name():
    assert kernels.arguments(kernels.Limits(60, 1024, 5)) == [
        "--IPKernelApp.extra_extensions=outcomes.publish.kernels",
        "--Limits.seconds=60",
        "--Limits.memory=1024",
        "--Limits.output=5",
    ]


def test_a_kernel_keeps_what_is_its_own_and_gets_the_rest_from_nobody():
    given = {
        "HOME": "/h",
        "TZ": "Asia/Tokyo",
        "MPLBACKEND": "pdf",
        "PYTHONSTARTUP": "/x.py",
    }
    assert kernels.surroundings(given) == {
        "HOME": "/h",
        "PYTHONHASHSEED": "0",
        "TZ": "UTC",
        "LC_ALL": "C.UTF-8",
        "LANG": "C.UTF-8",
        "OMP_NUM_THREADS": "1",
        "OPENBLAS_NUM_THREADS": "1",
        "MKL_NUM_THREADS": "1",
        "NUMEXPR_NUM_THREADS": "1",
        "ARROW_DEFAULT_MEMORY_POOL": "system",
        "MALLOC_ARENA_MAX": "1",
    }


def test_kernels_are_forked_on_linux_unless_that_is_turned_off(monkeypatch):
    monkeypatch.delenv("OUTCOMES_KERNELS", raising=False)
    monkeypatch.setattr(sys, "platform", "linux")
    assert kernels.why_not_forked() == ""
    monkeypatch.setattr(sys, "platform", "darwin")
    assert kernels.why_not_forked() == "kernels are not forked on darwin"
    assert kernels.fork_server() is None
    monkeypatch.setenv("OUTCOMES_KERNELS", "ordinary")
    assert kernels.why_not_forked() == "OUTCOMES_KERNELS is set to ordinary"


@pytest.fixture
def forks():
    if sys.platform != "linux":
        pytest.skip("kernels are not forked here")


@pytest.fixture
def forked(forks):
    """A forked kernel as the publisher sees it, a sleeping process, and the kernel's own end."""
    sleeping = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"])
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    theirs.send(str(sleeping.pid).encode())
    yield kernels.Forked(ours), sleeping, theirs
    sleeping.kill()
    sleeping.wait()
    for one in (ours, theirs):
        one.close()


def test_a_kernel_that_runs_has_no_exit_code_and_one_that_ended_keeps_its_own(forked):
    kernel, sleeping, theirs = forked
    started = time.monotonic()
    assert (kernel.pid, kernel.poll(), kernel.returncode) == (sleeping.pid, None, None)
    assert time.monotonic() - started < 0.5, "to look is not to wait"
    with pytest.raises(subprocess.TimeoutExpired, match=r"kernel.*0\.01 seconds"):
        kernel.wait(0.01)
    theirs.send(b"3")
    assert (kernel.wait(5), kernel.poll(), kernel.wait()) == (3, 3, 3)
    kernel.kill()
    assert sleeping.poll() is None, "nothing is sent to a kernel that has ended"


def test_a_kernel_whose_parent_is_gone_counts_as_killed(forked):
    kernel, _, theirs = forked
    theirs.close()
    assert kernel.poll() == -9


@pytest.mark.parametrize(
    ("ask", "signum"), [("kill", signal.SIGKILL), ("terminate", signal.SIGTERM)]
)
def test_a_kernel_is_stopped_by_a_signal(forked, ask, signum):
    kernel, sleeping, _ = forked
    getattr(kernel, ask)()
    assert sleeping.wait(10) == -signum


def test_a_kernel_cannot_be_had_of_a_process_that_has_ended(forks):
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    theirs.close()
    with (
        ours,
        pytest.raises(
            RuntimeError, match=r"^the process that kernels are forked from has"
        ),
    ):
        kernels.Forked(ours)


@pytest.fixture
def parent(forks, monkeypatch):
    """The process that kernels are forked from, as far as the publisher sees it."""
    made = []

    class Process:
        def __init__(self, command, **options):
            self.command, self.options = command, options
            self.theirs = socket.socket(fileno=os.dup(options["stdin"].fileno()))
            self.waits, self.killed = [], False
            made.append(self)

        def poll(self):
            return None

        def wait(self, timeout):
            self.waits.append(timeout)
            if self.killed is None:
                raise subprocess.TimeoutExpired("x", timeout)

        def kill(self):
            self.killed = True

    monkeypatch.setattr(kernels.subprocess, "Popen", Process)
    monkeypatch.setattr(kernels, "_server", None)
    monkeypatch.setattr(kernels, "why_not_forked", lambda: "")
    left = []
    monkeypatch.setattr(kernels.atexit, "register", left.append)
    yield made
    assert kernels.stop in left, "it ends with the publisher"
    for process in made:
        process.theirs.close()


def answered(process, pid) -> dict:
    """Answer a request for a kernel; gives the request."""
    message, fds, _, _ = socket.recv_fds(process.theirs, 1 << 16, 1)
    with socket.socket(fileno=fds[0]) as channel:
        channel.send(str(pid).encode())
    return json.loads(message)


def test_kernels_are_forked_from_one_process_with_fixed_surroundings(
    parent, monkeypatch
):
    monkeypatch.setenv("TZ", "Asia/Tokyo")
    one = kernels.fork_server()
    assert kernels.fork_server() is one and len(parent) == 1
    (process,) = parent
    assert process.command == [
        sys.executable,
        "-P",
        "-Xfrozen_modules=off",
        "-m",
        "outcomes.publish.kernels",
    ]
    env = process.options["env"]
    assert (env["TZ"], env["JE_ARROW_MALLOC_CONF"]) == (
        "UTC",
        "background_thread:false",
    )
    assert process.options["stdout"] == subprocess.DEVNULL
    assert process.options["start_new_session"] is True
    asked = []
    answer = threading.Thread(target=lambda: asked.append(answered(process, 4711)))
    answer.start()
    kernel = one.fork(["-f", "x"], {"A": "b"}, "/tmp")
    answer.join()
    assert kernel.pid == 4711
    assert asked == [{"arguments": ["-f", "x"], "env": {"A": "b"}, "cwd": "/tmp"}]
    kernel.channel.close()
    process.poll = lambda: 1
    assert kernels.fork_server() is not one and len(parent) == 2, (
        "one that has ended is replaced"
    )
    kernels.stop()
    assert kernels._server is None and process.waits == [] and parent[1].waits == [10]
    assert parent[1].theirs.recv(1) == b"", "it is told by the end of its socket"
    kernels.stop()
    assert parent[1].killed is True, (
        "it had no kernel, and its imports need not be waited for"
    )


def test_a_parent_of_kernels_that_does_not_end_is_killed(parent):
    kernels.fork_server().used = True
    kernels.stop()
    assert parent[0].killed is False
    kernels.fork_server().used = True
    parent[1].killed = None
    kernels.stop()
    assert parent[1].killed is True


def test_jupyter_is_given_our_kernels(monkeypatch):
    began = []
    monkeypatch.setattr(kernels, "fork_server", lambda: began.append(1))
    factory = kernels.KernelProvisionerFactory.instance()
    monkeypatch.setattr(factory, "provisioners", {})
    monkeypatch.setattr(factory, "default_provisioner_name", "local-provisioner")
    kernels.start()
    assert factory.default_provisioner_name == "outcomes-provisioner" and began == [1]
    assert factory.provisioners["outcomes-provisioner"].load().__name__ == "Provisioner"


@pytest.fixture
def provisioner(monkeypatch):
    """A provisioner, and the kernels that were started the ordinary way."""
    ordinary = []

    async def launch(self, cmd, **kwargs):
        ordinary.append((cmd, kwargs))
        return {"ordinary": True}

    async def before(self, **kwargs):
        return kwargs

    monkeypatch.setattr(kernels.LocalProvisioner, "launch_kernel", launch)
    monkeypatch.setattr(kernels.LocalProvisioner, "pre_launch", before)
    made = kernels.Provisioner()
    made.connection_info = {"forked": True}
    return made, ordinary


def watching(options: dict) -> dict:
    """How an ordinary kernel was started, without the pipe by which it sees our end."""
    (pipe,) = options["pass_fds"]
    assert options["env"]["OUTCOMES_PUBLISHER"] == str(pipe)
    env = {k: v for k, v in options["env"].items() if k != "OUTCOMES_PUBLISHER"}
    return {k: v for k, v in options.items() if k != "pass_fds"} | {"env": env}


def test_a_kernel_is_forked_only_where_it_is_our_own_python(provisioner, monkeypatch):
    made, ordinary = provisioner
    asked = []
    zygote = SimpleNamespace(fork=lambda *a: asked.append(a) or SimpleNamespace(pid=7))
    monkeypatch.setattr(kernels, "fork_server", lambda: zygote)
    ours = [sys.executable, "-m", "ipykernel_launcher", "-f", "x"]
    given = {"env": {"A": "b"}, "cwd": "/tmp/x"}
    assert asyncio.run(made.launch_kernel(ours, **given)) == {"forked": True}
    assert asked == [(["-f", "x"], {"A": "b"}, "/tmp/x")]
    assert (made.pid, made.pgid, made.process.pid, ordinary) == (7, 7, 7, [])
    for other in (
        ["/usr/bin/R", "ipykernel_launcher"],
        [sys.executable, "-m", "other"],
    ):
        assert asyncio.run(made.launch_kernel(other, **given)) == {"ordinary": True}
        assert ordinary[-1][0] == other and watching(ordinary[-1][1]) == given
    monkeypatch.setattr(kernels, "fork_server", lambda: None)
    assert asyncio.run(made.launch_kernel(ours, env={})) == {"ordinary": True}
    assert ordinary[-1][0] == ours and watching(ordinary[-1][1]) == {"env": {}}
    assert made.cwd == os.getcwd()
    assert len(asked) == 1


def test_every_kernel_has_the_same_surroundings_before_it_starts(
    provisioner, monkeypatch
):
    made, _ = provisioner
    monkeypatch.setenv("FROM_HERE", "1")
    given = asyncio.run(made.pre_launch(env={"A": "b", "TZ": "x"}, cwd="/x"))
    env = kernels.surroundings({"A": "b"}) | {"TMPDIR": "/x", "IPYTHONDIR": "/x"}
    assert given == {"env": env, "cwd": "/x"}
    assert asyncio.run(made.pre_launch())["env"]["FROM_HERE"] == "1"


def test_how_a_kernel_ended_is_kept_for_its_folder(provisioner, monkeypatch):
    made, _ = provisioner
    codes = [None, -9]

    async def poll(self):
        return codes.pop(0)

    monkeypatch.setattr(kernels.LocalProvisioner, "poll", poll)
    monkeypatch.setattr(kernels, "ended", {})
    made.cwd, made.process = "/f", object()
    assert (asyncio.run(made.poll()), kernels.ended) == (None, {})
    assert (asyncio.run(made.poll()), kernels.ended) == (-9, {"/f": -9})


ROOT = Path(__file__).parents[2]


OURS = sorted((ROOT / "notebooks").glob("*/*.ipynb"))


DRAW = """
import matplotlib.pyplot as plt
fig, ax = plt.subplots()
ax.plot([1, 2, 3])
ax.set_title("Drawn inline")
"""


@pytest.fixture
def prepared(monkeypatch):
    monkeypatch.setenv("OUTCOMES_KERNELS", "")  # what it was comes back after the test
    execute.prepare()


def outputs(folder, source, kind="", **given):
    """What each cell of a notebook showed, in a warm or an ordinary kernel."""
    os.environ["OUTCOMES_KERNELS"] = kind
    target = folder / f"{source.stem}-{kind}.ipynb"
    job = execute.Job(source.stem, str(source), given, str(target))
    (result,) = execute.run([job], workers=1)
    assert result.error is None, result.error
    return [
        c["outputs"]
        for c in parameters.load(target)["cells"]
        if c["cell_type"] == "code"
    ]


def said(shown):
    return ["".join(o.get("text", "")) for cell in shown for o in cell if "text" in o]


@pytest.mark.build
@pytest.mark.usefixtures("prepared", "kept")
@on_linux
@pytest.mark.parametrize("source", OURS[::3], ids=lambda p: p.stem)
def test_a_page_is_byte_for_byte_that_of_an_ordinary_kernel(tmp_path, source):
    warm = outputs(tmp_path, source)
    assert any("image/svg+xml" in o.get("data", {}) for cell in warm for o in cell)
    assert warm == outputs(tmp_path, source, "ordinary")


@pytest.mark.build
@pytest.mark.usefixtures("prepared")
@on_linux
def test_a_figure_drawn_inline_is_neither_lost_nor_changed(tmp_path):
    source = notebook(tmp_path / "inline.ipynb", DRAW)
    warm = outputs(tmp_path, source)
    assert any("image/png" in o.get("data", {}) for cell in warm for o in cell)
    assert warm == outputs(tmp_path, source, "ordinary")


@pytest.mark.build
@pytest.mark.usefixtures("prepared")
@on_linux
def test_nothing_of_one_page_is_seen_by_another(tmp_path):
    look = (
        "import os, sys, random, locale, numpy as np, pandas as pd, matplotlib as mpl\n"
        "print([globals().get('left'), os.environ.get('LEFT'), os.getcwd() == '/',\n"
        "       mpl.rcParams['figure.dpi'] == 33, pd.options.display.max_rows,\n"
        "       hasattr(np, 'left'), 'left' in sys.modules, sys.argv[1:2], sys.path[:1],\n"
        "       __import__('outcomes').data.reads()])"
    )
    soil = (
        "import os, sys, random, numpy as np, pandas as pd, matplotlib as mpl, outcomes as oc\n"
        "left = os.environ['LEFT'] = 'x'; os.chdir('/'); mpl.rcParams['figure.dpi'] = 33\n"
        "pd.options.display.max_rows = 3; np.left = 1; sys.modules['left'] = np\n"
        "random.seed(1); np.random.seed(1); oc.places(); sys.path.insert(0, '/left')"
    )
    clean = notebook(tmp_path / "clean.ipynb", look)
    before = said(outputs(tmp_path, clean))
    outputs(tmp_path, notebook(tmp_path / "soil.ipynb", soil))
    assert said(outputs(tmp_path, clean)) == before
    assert said(outputs(tmp_path, clean, "ordinary")) == before


@pytest.mark.build
@pytest.mark.usefixtures("prepared")
@on_linux
def test_two_pages_draw_different_random_numbers(tmp_path):
    draw = "import random, numpy as np; print(random.random(), np.random.random())"
    source = notebook(tmp_path / "random.ipynb", draw)
    first, second = (said(outputs(tmp_path, source))[0].split() for _ in range(2))
    assert not set(first) & set(second)


@pytest.mark.build
@pytest.mark.usefixtures("prepared")
@on_linux
def test_nothing_runs_in_the_process_that_is_forked_and_it_never_used_an_engine(
    tmp_path,
):
    outputs(tmp_path, notebook(tmp_path / "one.ipynb", "1"))
    process = Path("/proc", str(kernels.fork_server().process.pid))
    assert len(list((process / "task").iterdir())) == 1
    loaded = (process / "maps").read_text()
    assert "pandas" in loaded
    assert not [name for name in ("duckdb", "polars") if name in loaded]


@pytest.mark.build
@pytest.mark.usefixtures("prepared")
@on_linux
def test_when_the_process_that_is_forked_is_killed_the_next_page_has_a_new_one(
    tmp_path,
):
    source = notebook(tmp_path / "one.ipynb", "1")
    outputs(tmp_path, source)
    first = kernels.fork_server().process
    first.kill()
    first.wait()
    outputs(tmp_path, source)
    assert kernels.fork_server().process.pid != first.pid


@pytest.mark.build
@pytest.mark.usefixtures("prepared")
@on_linux
def test_no_kernel_outlives_the_publisher(tmp_path):
    cells = [
        "import os; open('pid', 'w').write(str(os.getpid()))",
        "import time; time.sleep(60)",
    ]
    source = notebook(tmp_path / "long.ipynb", *cells)
    code = (
        "from outcomes.publish import execute as run; run.prepare();"
        f"list(run.run([run.Job('a', {str(source)!r}, {{}}, 'out.ipynb')], workers=1))"
    )
    env = os.environ | {"TMPDIR": str(tmp_path)}
    publisher = subprocess.Popen([sys.executable, "-c", code], cwd=tmp_path, env=env)
    while not (told := [*tmp_path.glob("*/*/*/pid")]) or not told[0].read_text():
        assert publisher.poll() is None, "it ended before its kernel began"
        time.sleep(0.1)
    kernel = Path("/proc", told[0].read_text())
    assert kernel.exists()
    publisher.send_signal(signal.SIGKILL)
    publisher.wait()
    for _ in range(300):
        if not kernel.exists():
            break
        time.sleep(0.1)
    assert not kernel.exists()


class Told(kernels.Client):
    """A client of a kernel that says what a test lets it say; each word of None is a silence."""

    iopub_channel = None

    def __init__(self, *words, alive=True):
        self.words, self.asked, self.alive = list(words), [], alive
        self.iopub_channel = SimpleNamespace(get_msg=self.heard)

    def kernel_info(self):
        self.asked.append(f"ask {len(self.asked) + 1}")
        return self.asked[-1]

    async def is_alive(self):
        return self.alive

    async def heard(self, timeout):
        if not self.words or self.words[0] is None:
            self.words[:1] = []
            raise Empty
        kind, state, parent = self.words.pop(0)
        content = {"execution_state": state}
        return {
            "msg_type": kind,
            "content": content,
            "parent_header": {"msg_id": parent},
        }


WELCOME = ("iopub_welcome", "", "")


@pytest.mark.build
@pytest.mark.usefixtures("prepared")
@on_linux
@pytest.mark.parametrize(
    ("words", "asked"),
    [
        ([WELCOME, ("status", "busy", "ask 1"), ("status", "idle", "ask 1")], 1),
        ([("status", "starting", ""), WELCOME, ("status", "idle", "ask 1")], 1),
        ([None, None, ("status", "idle", "ask 1"), ("status", "idle", "ask 2")], 2),
    ],
    ids=["at once", "while it starts", "an older kernel, which says no welcome"],
)
def test_a_kernel_is_ready_when_the_last_question_is_answered(words, asked):
    client = Told(*words)
    asyncio.run(client.wait_for_ready(timeout=60))
    assert client.words == [] and len(client.asked) == asked


@pytest.mark.build
@pytest.mark.usefixtures("prepared")
@on_linux
def test_a_kernel_that_died_or_says_nothing_is_not_waited_for():
    with pytest.raises(RuntimeError, match="died before it was ready"):
        asyncio.run(Told(None, alive=False).wait_for_ready(timeout=60))
    with pytest.raises(RuntimeError, match=r"not ready in 0\.01 seconds"):
        asyncio.run(Told(*[WELCOME] * 10_000).wait_for_ready(timeout=0.01))


@pytest.mark.build
@pytest.mark.usefixtures("prepared")
@on_linux
def test_where_kernels_cannot_be_forked_they_are_started_the_ordinary_way(
    tmp_path, monkeypatch
):
    monkeypatch.setattr(kernels.sys, "platform", "darwin")
    assert kernels.why_not_forked() == "kernels are not forked on darwin"
    assert kernels.fork_server() is None
    source = notebook(
        tmp_path / "one.ipynb", "print(open('/proc/self/cmdline').read())"
    )
    assert "ipykernel_launcher" in said(outputs(tmp_path, source))[0]
    assert json.dumps(kernels.surroundings({"TZ": "x", "A": "1"})).count("UTC") == 1
