"""Pages over a Dask cluster on this machine: the same bytes, and a lost worker is made up for."""

import io
import os
import signal
import socket
import subprocess
import sys
import tarfile
import time
from importlib.util import find_spec
from pathlib import Path
from types import SimpleNamespace

import pytest

from notebook_maker import entry, fact, notebook, plan, show
from outcomes.core.errors import Invalid
from outcomes.publish import build as site
from outcomes.publish import cluster, kernels, releases
from outcomes.publish import execute as run
from outcomes.publish import plan as plans


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
    assert {n.split("/")[0] for n in names} == {"lib", "data", "collection.toml"}


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
        "collection.toml",
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
    wanted = ["collection.toml", "data/clean/a.csv", "lib/outcomes/__init__.py"]
    assert files == wanted
    assert sys.path == [f"{home}/lib", "/first"] and "outcomes" not in sys.modules
    assert {"json", "outcomes_else"} <= set(loaded) and "outcomes.data" not in loaded
    assert os.environ["PYTHONPATH"] == f"{home}/lib"
    assert os.environ["OUTCOMES_DATA"] == f"{home}/data"
    plugin.teardown(None)
    assert called == ["start", "stop"]


needs_dask = pytest.mark.skipif(
    find_spec("distributed") is None, reason="the extra 'cluster' is not installed"
)

HANDLES = [f"page-{n}" for n in range(6)]


@pytest.fixture(scope="module")
def dask_cluster(tmp_path_factory):
    """A scheduler and two workers as processes; their address, and the workers.

    The workers know nothing of the library: they are told where no path.
    """
    folder = tmp_path_factory.mktemp("dask")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        address = f"tcp://127.0.0.1:{free.getsockname()[1]}"
    env = {k: v for k, v in os.environ.items() if k != "PYTHONPATH"}
    dask = [sys.executable, "-m", "distributed.cli"]
    quiet = {
        "stdout": subprocess.DEVNULL,
        "stderr": subprocess.DEVNULL,
        "env": env,
        "cwd": folder,
    }
    port = address.rpartition(":")[2]
    scheduler = [
        *dask[:2],
        "distributed.cli.dask_scheduler",
        "--host",
        "127.0.0.1",
        "--port",
        port,
    ]
    worker = [
        *dask[:2],
        "distributed.cli.dask_worker",
        address,
        "--nthreads",
        "1",
        "--no-nanny",
    ]
    worker += ["--no-dashboard", "--local-directory", str(folder)]
    processes = [subprocess.Popen([*scheduler, "--no-dashboard"], **quiet)]
    processes += [subprocess.Popen(worker, **quiet) for _ in range(2)]
    yield address, processes[1:]
    for process in processes:
        process.kill()
        process.wait()


@pytest.fixture
def folder(tmp_path):
    slow = "import time; time.sleep(1); from outcomes.data import places; len(places.places())"
    for handle in HANDLES:
        path = tmp_path / f"notebooks/{handle}.ipynb"
        notebook(path, slow, show(fact("found", f"On {handle}.")), parameters=None)
    plan(tmp_path, "".join(entry(h, h, h.title()) for h in HANDLES))
    return tmp_path


def build(folder, out, **options):
    found = plans.read(folder / "reports.toml")
    return site.build(found, found.resolve(), out=folder / out, workers=2, **options)


def files(release):
    return {
        p.relative_to(release).as_posix(): p.read_bytes()
        for p in sorted(release.rglob("*"))
        if p.is_file() and p.name != "manifest.json"
    }


@pytest.mark.build
@needs_dask
def test_a_cluster_gives_the_same_bytes_and_a_killed_worker_is_made_up_for(
    folder, dask_cluster, monkeypatch
):
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1700000000")
    address, workers = dask_cluster
    local = build(folder, "local")
    assert local.failed == []
    spread = build(folder, "spread", scheduler=address)
    assert [e["error"] for e in spread.failed] == []
    assert files(spread.path) == files(local.path)
    done = []

    def tell(handle, seconds, error):
        done.append(handle)
        if len(done) == 1:
            workers[0].send_signal(signal.SIGKILL)

    started = time.monotonic()
    again = build(folder, "again", scheduler=address, tell=tell)
    assert [e["error"] for e in again.failed] == []
    assert sorted(done) == HANDLES
    assert workers[0].wait() == -signal.SIGKILL and workers[1].poll() is None
    assert files(again.path) == files(local.path), f"{time.monotonic() - started:.0f} s"


@pytest.mark.build
@needs_dask
def test_a_page_that_fails_on_a_worker_is_named(folder, dask_cluster):
    build(folder, "site")
    notebook(folder / "notebooks/page-1.ipynb", "1 / 0", parameters=None)
    made = build(folder, "site", scheduler=dask_cluster[0])
    errors = [(e["handle"], e["state"], e["error"]["name"]) for e in made.failed]
    assert errors == [("page-1", "kept", "ZeroDivisionError")]
    assert len(releases.names(folder / "site")) == 2


@pytest.mark.build
@needs_dask
@pytest.mark.parametrize("address", ["localhost", "tcp://localhost", "http://a:1"])
def test_an_address_that_is_none_is_refused(folder, address):
    with pytest.raises(Invalid, match="tcp://host:port"):
        build(folder, "site", scheduler=address)
