"""Pages over a Dask cluster on this machine: the same bytes, and a lost worker is made up for."""

import os
import signal
import socket
import subprocess
import sys
import time

import pytest

from notebook_maker import entry, fact, notebook, plan, show
from outcomes.core.errors import Invalid
from outcomes.publish import build as site
from outcomes.publish import plan as plans
from outcomes.publish import releases

pytest.importorskip("distributed", reason="the extra 'cluster' is not installed")
pytestmark = pytest.mark.build
HANDLES = [f"page-{n}" for n in range(6)]


@pytest.fixture(scope="module")
def cluster(tmp_path_factory):
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
    slow = "import time; time.sleep(1); import outcomes; oc = outcomes.data; len(oc.areas())"
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


def test_a_cluster_gives_the_same_bytes_and_a_killed_worker_is_made_up_for(
    folder, cluster, monkeypatch
):
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1700000000")
    address, workers = cluster
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


def test_a_page_that_fails_on_a_worker_is_named(folder, cluster):
    build(folder, "site")
    notebook(folder / "notebooks/page-1.ipynb", "1 / 0", parameters=None)
    made = build(folder, "site", scheduler=cluster[0])
    errors = [(e["handle"], e["state"], e["error"]["name"]) for e in made.failed]
    assert errors == [("page-1", "kept", "ZeroDivisionError")]
    assert len(releases.names(folder / "site")) == 2


@pytest.mark.parametrize("address", ["localhost", "tcp://localhost", "http://a:1"])
def test_an_address_that_is_none_is_refused(folder, address):
    with pytest.raises(Invalid, match="tcp://host:port"):
        build(folder, "site", scheduler=address)
