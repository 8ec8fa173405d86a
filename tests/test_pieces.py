"""Small pieces of the publisher, each tried alone: no page is run here."""

import asyncio
import io
import json
import os
import signal
import socket
import subprocess
import sys
import tarfile
import threading
import time
from pathlib import Path
from types import SimpleNamespace

import pytest

from notebook_maker import entry, notebook, plan
from outcomes.core.errors import Invalid
from outcomes.publish import cluster, feed, kernels, notify, sbom
from outcomes.publish import execute as run
from outcomes.publish import plan as plans

BAD = {"name": "KeyError", "message": "x", "cell": None}
LOCK = f"""\
# made by a tool
numpy==2.2.0 ; python_version >= '3.11' \\
    --hash=sha256:{"1" * 64} \\
    --hash=sha256:{"2" * 64}
    # via pandas
pandas==3.1.0 \\
    --hash=sha256:{"3" * 64}
    # via
    #   lancashire-programme-outcomes
    #   PyYAML_2.x
tz.data==1
    --hash=sha256:{"4" * 64}
"""


def test_a_pin_has_its_version_its_marker_its_digests_and_who_needs_it():
    assert sbom.pins(LOCK) == [
        (
            "numpy",
            "2.2.0",
            "python_version >= '3.11'",
            ["1" * 64, "2" * 64],
            ["pandas"],
        ),
        (
            "pandas",
            "3.1.0",
            "",
            ["3" * 64],
            ["lancashire-programme-outcomes", "PyYAML_2.x"],
        ),
        ("tz.data", "1", "", ["4" * 64], []),
    ]


def test_the_bill_of_a_small_lock_word_for_word():
    bill = json.loads(sbom.bill(LOCK))
    top = "pkg:pypi/lancashire-programme-outcomes@0.1.0"
    digest = "sha256 of a distribution"
    assert bill.pop("serialNumber").startswith("urn:uuid:")
    assert bill == {
        "bomFormat": "CycloneDX",
        "specVersion": "1.5",
        "version": 1,
        "metadata": {
            "component": {
                "type": "application",
                "bom-ref": top,
                "version": "0.1.0",
                "purl": top,
                "name": "lancashire-programme-outcomes",
            }
        },
        "components": [
            {
                "type": "library",
                "bom-ref": "pkg:pypi/numpy@2.2.0",
                "name": "numpy",
                "version": "2.2.0",
                "purl": "pkg:pypi/numpy@2.2.0",
                "properties": [
                    {"name": digest, "value": "1" * 64},
                    {"name": digest, "value": "2" * 64},
                    {"name": "applies when", "value": "python_version >= '3.11'"},
                ],
            },
            {
                "type": "library",
                "bom-ref": "pkg:pypi/pandas@3.1.0",
                "name": "pandas",
                "version": "3.1.0",
                "purl": "pkg:pypi/pandas@3.1.0",
                "properties": [{"name": digest, "value": "3" * 64}],
            },
            {
                "type": "library",
                "bom-ref": "pkg:pypi/tz.data@1",
                "name": "tz.data",
                "version": "1",
                "purl": "pkg:pypi/tz.data@1",
                "properties": [{"name": digest, "value": "4" * 64}],
            },
        ],
        "dependencies": [
            {"ref": top, "dependsOn": ["pkg:pypi/pandas@3.1.0"]},
            {"ref": "pkg:pypi/numpy@2.2.0", "dependsOn": []},
            {"ref": "pkg:pypi/pandas@3.1.0", "dependsOn": ["pkg:pypi/numpy@2.2.0"]},
            {"ref": "pkg:pypi/tz.data@1", "dependsOn": []},
        ],
    }


def test_a_weak_lock_is_refused_by_name():
    with pytest.raises(Invalid, match=r"^the lock pins pandas without a digest\.$"):
        sbom.pins("pandas==3.1.0\n    # via x\n")
    with pytest.raises(Invalid, match=r"^the lock pins nothing\.$"):
        sbom.pins("# nothing\n")


@pytest.fixture
def told(tmp_path):
    """What the command of a plan is told on its input, of a build with these pages."""
    notebook(tmp_path / "notebooks/demo.ipynb")
    words = [
        sys.executable,
        "-c",
        "import sys; open('told', 'w').write(sys.stdin.read())",
    ]
    text = f"[notify]\ncommand = {json.dumps(words)}\n"
    found = plans.read(plan(tmp_path, entry("demo", "demo") + text))
    (tmp_path / "site/releases/new").mkdir(parents=True)

    def read(*made, error=None):
        said = []
        if error is not None:
            assert notify.failed(found, tmp_path / "site", error, said.append) is True
        else:
            release = SimpleNamespace(
                path=tmp_path / "site/releases/new",
                new=True,
                entries=list(made),
                failed=[e for e in made if e["error"]],
                changed=[e for e in made if e["changes"]],
                shown=tmp_path / "site/latest/index.html",
            )
            assert notify.made(found, release, said.append) is True
        assert said == []
        file = tmp_path / "told"
        return json.loads(file.read_text("utf-8")) if file.is_file() else None

    return read


def page(handle, built="new", error=None, changes=()):
    return {
        "handle": handle,
        "title": handle.title(),
        "built": built,
        "error": error,
        "changes": list(changes),
    }


def test_whoever_is_to_be_told_hears_which_pages_were_built_failed_and_changed(
    told, tmp_path
):
    failed = {"name": "KeyError", "message": "'x'.", "cell": 3}
    moved = {"name": "more_thefts", "said": "1 became 2 (up 1)", "why": "data revised"}
    pages = [
        page("one", changes=[moved]),
        page("two", "old"),
        page("three", "old", failed),
    ]
    assert told(*pages) == {
        "occasions": ["failure", "change"],
        "release": "new",
        "site": str(tmp_path / "site/latest/index.html"),
        "built": ["one"],
        "failed": {"three": "KeyError: 'x' (cell 3)"},
        "changes": ["One, more thefts: 1 became 2 (up 1). Why: data revised."],
    }


def test_nobody_is_told_of_a_build_without_news(told):
    assert told(page("one")) is None


def test_whoever_is_to_be_told_hears_of_a_build_that_made_no_release(told, tmp_path):
    assert told(error=OSError("full")) == {
        "occasions": ["failure"],
        "site": str(tmp_path / "site/latest/index.html"),
        "error": "full",
    }


def test_where_nobody_is_to_be_told_nobody_is(tmp_path):
    notebook(tmp_path / "notebooks/demo.ipynb")
    found = plans.read(plan(tmp_path, entry("demo", "demo")))
    assert notify.failed(found, tmp_path, OSError("full"), print) is True


def test_a_command_of_notify_that_fails_is_said(tmp_path):
    notebook(tmp_path / "notebooks/demo.ipynb")
    command = json.dumps([sys.executable, "-c", "raise SystemExit(3)"])
    text = entry("demo", "demo") + f"[notify]\ncommand = {command}\n"
    said = []
    found = plans.read(plan(tmp_path, text))
    assert notify.failed(found, tmp_path, OSError("full"), said.append) is False
    assert said[0].startswith(
        "outcomes: the command of [notify] did not work: Command "
    )
    assert "non-zero exit status 3" in said[0]
    release = SimpleNamespace(
        path=tmp_path,
        shown=tmp_path,
        new=True,
        entries=[],
        changed=[],
        failed=[page("x", error=BAD)],
    )
    assert notify.made(found, release, said.append) is False and len(said) == 2


def test_the_feed_word_for_word():
    past = [
        {
            "release": "20251124T083059Z-ab",
            "sentence": "2 pages.",
            "lines": ["A < b.", "C."],
        },
        {
            "release": "20251001T000102Z-cd",
            "sentence": "1 page; first release.",
            "lines": [],
        },
    ]
    made = """\
<feed xmlns="http://www.w3.org/2005/Atom">
 <id>urn:lancashire-programme-outcomes:releases</id>
 <title>Lancashire Programme Outcomes</title>
 <updated>2025-11-24T08:30:59Z</updated>
 <author>
  <name>Lancashire Programme Outcomes</name>
 </author>
 <link rel="self" href="feed.xml" />
 <entry>
  <id>urn:lancashire-programme-outcomes:20251124T083059Z-ab</id>
  <title>Release of 2025-11-24: 2 pages</title>
  <updated>2025-11-24T08:30:59Z</updated>
  <link href="index.html" />
  <content>2 pages.
A &lt; b.
C.</content>
 </entry>
 <entry>
  <id>urn:lancashire-programme-outcomes:20251001T000102Z-cd</id>
  <title>Release of 2025-10-01: 1 page; first release</title>
  <updated>2025-10-01T00:01:02Z</updated>
  <link href="index.html" />
  <content>1 page; first release.</content>
 </entry>
</feed>
"""
    assert feed.atom(past) == made


@pytest.fixture
def job(tmp_path):
    return run.Job(
        "demo", str(notebook(tmp_path / "demo.ipynb")), {}, str(tmp_path / "out.ipynb")
    )


def came(value):
    def result():
        if isinstance(value, Exception):
            raise value
        return value

    return SimpleNamespace(result=result)


def test_a_page_from_a_worker_is_put_where_a_local_run_would_put_it(job, tmp_path):
    made = cluster._received(job, came((2.5, None, b"{}")))
    assert made == run.Result("demo", 2.5)
    assert (tmp_path / "out.ipynb").read_bytes() == b"{}"
    assert sorted(p.name for p in tmp_path.iterdir()) == ["demo.ipynb", "out.ipynb"]


def test_a_page_that_fails_on_a_worker_or_with_it_leaves_no_file(job, tmp_path):
    error = run.failure("KeyError", "x", 2)
    assert cluster._received(job, came((1.5, error, b""))) == run.Result(
        "demo", 1.5, error
    )
    lost = cluster._received(job, came(OSError("the worker is gone")))
    assert lost == run.Result(
        "demo", 0.0, run.failure("WorkerLost", "the worker is gone")
    )
    assert not (tmp_path / "out.ipynb").exists()


def test_workers_are_sent_the_library_and_the_tables_and_nothing_compiled():
    with tarfile.open(fileobj=io.BytesIO(cluster._bundle()), mode="r:gz") as archive:
        names = archive.getnames()
    assert {"lib/outcomes/__init__.py", "data/clean/figures.csv"} <= set(names)
    assert not [n for n in names if "__pycache__" in n]
    assert {n.split("/")[0] for n in names} == {"lib", "data"}


def test_a_worker_runs_a_page_with_its_parameters_and_limits(job, monkeypatch):
    seen = []

    def execute(one):
        folder = Path(one.notebook).parent
        assert folder == Path(one.output).parent and folder.is_absolute()
        seen.append(
            (one.handle, one.parameters, one.limits, Path(one.notebook).read_bytes())
        )
        Path(one.output).write_bytes(b"done")
        return run.Result(one.handle, 3.0, errors.pop())

    monkeypatch.setattr(run, "execute", execute)
    errors = [run.failure("KeyError", "x"), None]
    sent = vars(job) | {"limits": [60, 1024, 5], "parameters": {"wave": "2024-05"}}
    assert cluster._page()(sent, b"a notebook") == (3.0, None, b"done")
    assert cluster._page()(sent, b"a notebook") == (
        3.0,
        run.failure("KeyError", "x"),
        b"",
    )
    given = ("demo", {"wave": "2024-05"}, run.Limits(60, 1024, 5), b"a notebook")
    assert seen == [given, given]


@pytest.mark.parametrize(
    "address",
    ["tcp://a:1 ", "xtcp://a:1", "tcp://a b:1", "tcp://:1", "tcp://a:", "TCP://a:1"],
)
def test_an_address_that_is_no_scheduler_is_named(job, address):
    with pytest.raises(Invalid) as error:
        next(cluster.results([job], address))
    said = f"--scheduler {address!r} is not understood; write it as tcp://host:port."
    assert str(error.value) == said


@pytest.mark.parametrize(
    "address", ["tcp://a:1", "tls://a.b:8786", "ws://a:1", "wss://a:1"]
)
def test_without_its_package_a_scheduler_says_which_is_missing(
    job, address, monkeypatch
):
    monkeypatch.setitem(sys.modules, "distributed", None)
    said = r"^--scheduler needs the package 'distributed': the extra 'cluster'\.$"
    with pytest.raises(Invalid, match=said):
        next(cluster.results([job], address))


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


class Future:
    """A page sent to a worker: it runs when its result is asked for."""

    def __init__(self, work):
        self.result = work


@pytest.fixture
def dask(monkeypatch):
    """Dask's client as it would answer, and what was asked of it."""
    asked = []

    class Client:
        loop = "loop"

        def __init__(self, address, **options):
            asked.append((address, options))

        def __enter__(self):
            return self

        def __exit__(self, *error):
            asked.append("closed")

        def register_plugin(self, plugin, name):
            asked.append((plugin, name))

        def submit(self, page, job, text, **options):
            asked.append((job, text, options))
            return Future(lambda: page(job, text))

    def as_completed(futures, loop):
        assert loop == "loop"
        return reversed(list(futures))

    fake = SimpleNamespace(
        Client=Client, as_completed=as_completed, WorkerPlugin=object
    )
    monkeypatch.setitem(sys.modules, "distributed", fake)
    return asked


def test_pages_are_sent_to_workers_whole_and_come_back_in_any_order(
    tmp_path, dask, monkeypatch
):
    def execute(one):
        Path(one.output).write_text(one.handle)
        return run.Result(one.handle, 1.5)

    monkeypatch.setattr(run, "execute", execute)
    monkeypatch.setattr(cluster, "_prepared", lambda: "prepared")
    jobs = [
        run.Job(
            n,
            str(notebook(tmp_path / f"{n}.ipynb")),
            {},
            str(tmp_path / f"{n}.out.ipynb"),
        )
        for n in ("one", "two")
    ]
    found = list(cluster.results(jobs, "tcp://a:1"))
    assert found == [run.Result("two", 1.5), run.Result("one", 1.5)]
    assert [Path(j.output).read_text() for j in jobs] == ["one", "two"]
    assert dask[:2] == [
        ("tcp://a:1", {"timeout": 30, "set_as_default": False}),
        ("prepared", "outcomes"),
    ]
    for job, (sent, text, options) in zip(jobs, dask[2:4], strict=True):
        assert sent == vars(job) | {"limits": [600, 4096, 50]}
        assert text == Path(job.notebook).read_bytes()
        key = options.pop("key")
        assert key.startswith(f"{job.handle}-") and options == {"pure": False}
    assert dask[-1] == "closed"


def test_a_worker_is_made_ready_with_its_own_library_and_tables(
    tmp_path, dask, monkeypatch
):
    for name in (
        "library/__init__.py",
        "library/__pycache__/a.pyc",
        "data/clean/a.csv",
    ):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(name)
    monkeypatch.setattr(cluster.staleness, "LIBRARY", tmp_path / "library")
    monkeypatch.setenv("OUTCOMES_DATA", str(tmp_path / "data"))
    monkeypatch.setenv("PYTHONPATH", "/elsewhere")
    called = []
    monkeypatch.setattr(kernels, "start", lambda: called.append("start"))
    monkeypatch.setattr(kernels, "stop", lambda: called.append("stop"))
    loaded = dict.fromkeys(("outcomes", "outcomes.data", "outcomes_else", "json"))
    monkeypatch.setattr(sys, "modules", loaded)
    monkeypatch.setattr(sys, "path", ["/first"])
    (tmp_path / "worker").mkdir()
    plugin = cluster._prepared()
    plugin.setup(SimpleNamespace(local_directory=str(tmp_path / "worker")))
    (home,) = (tmp_path / "worker").iterdir()
    assert home.name.startswith("outcomes-")
    files = sorted(
        p.relative_to(home).as_posix() for p in home.rglob("*") if p.is_file()
    )
    assert files == ["data/clean/a.csv", "lib/outcomes/__init__.py"]
    assert sys.path == [f"{home}/lib", "/first"] and "outcomes" not in sys.modules
    assert {"json", "outcomes_else"} <= set(loaded) and "outcomes.data" not in loaded
    assert os.environ["PYTHONPATH"] == f"{home}/lib"
    assert os.environ["OUTCOMES_DATA"] == f"{home}/data"
    plugin.teardown(None)
    assert called == ["start", "stop"]


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
    assert set(left) == {kernels.stop}, "it ends with the publisher"
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
        assert ordinary[-1] == (other, given)
    monkeypatch.setattr(kernels, "fork_server", lambda: None)
    assert asyncio.run(made.launch_kernel(ours, env={})) == {"ordinary": True}
    assert ordinary[-1] == (ours, {"env": {}}) and made.cwd == os.getcwd()
    assert len(asked) == 1


def test_every_kernel_has_the_same_surroundings_before_it_starts(
    provisioner, monkeypatch
):
    made, _ = provisioner
    monkeypatch.setenv("FROM_HERE", "1")
    given = asyncio.run(made.pre_launch(env={"A": "b", "TZ": "x"}, cwd="/x"))
    assert given == {"env": kernels.surroundings({"A": "b"}), "cwd": "/x"}
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


def test_a_command_of_notify_has_two_minutes_and_reads_plain_text(
    tmp_path, monkeypatch
):
    notebook(tmp_path / "notebooks/demo.ipynb")
    text = entry("demo", "demo") + '[notify]\ncommand = ["mail", "x"]\n'
    found = plans.read(plan(tmp_path, text))
    asked = []
    monkeypatch.setattr(
        notify.subprocess, "run", lambda *a, **more: asked.append((*a, more))
    )
    assert notify.failed(found, tmp_path, OSError("£"), print)
    ((command, options),) = asked
    assert command == ["mail", "x"] and (options["timeout"], options["cwd"]) == (
        120,
        tmp_path,
    )
    assert '"error": "£"' in options["input"]
