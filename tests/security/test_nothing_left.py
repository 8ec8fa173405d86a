"""No process and no folder outlives its build, however the build or a page of it ends."""

import os
import sys
import time

import pytest

from killed_builds import DETACHED, Publisher, kill_at
from outcomes.publish import releases, scratch

pytestmark = pytest.mark.build
on_linux = pytest.mark.skipif(
    sys.platform != "linux", reason="kernels have keepers on Linux only"
)
MOMENTS = [round(0.2 * n, 1) for n in range(20)]  # from the start to well after the run


@on_linux
@pytest.mark.parametrize("moment", MOMENTS)
def test_a_publisher_killed_at_any_moment_leaves_no_process(tmp_path, moment):
    assert kill_at(tmp_path, moment) == []


def said(made: Publisher) -> dict[str, str]:
    """What the publisher said of each page, until its end."""
    lines = made.process.stdout.read().splitlines()[1:]
    made.process.wait(30)
    made.process.stdout.close()
    return dict(line.split(" ", 1) for line in lines)


ENDS = {
    "parent_told": "os.kill(os.getppid(), signal.SIGTERM); time.sleep(30)",
    "parent_killed": "os.kill(os.getppid(), signal.SIGKILL); time.sleep(30)",
    "parents_group": "os.killpg(os.getpgid(os.getppid()), 9); time.sleep(30)",
    "own_group": "os.killpg(0, signal.SIGKILL)",
    "itself": "os.kill(os.getpid(), signal.SIGKILL)",
    "leaves": "os._exit(0)",
    "aborts": "os.abort()",
    "raises": "raise ValueError",
}


@on_linux
@pytest.mark.parametrize("end", ENDS.values(), ids=ENDS)
def test_a_page_that_ends_itself_or_its_parent_fails_and_the_next_is_built(
    tmp_path, end
):
    made = Publisher(tmp_path, a=DETACHED + f"import signal\n{end}", b="1")
    told = said(made)
    assert told["a"] != "None" and told["b"] == "None"
    assert made.alive_in(10) == []
    assert not list(made.temporary.glob("*/p-*")), "its folder goes with it"


@on_linux
def test_detached_children_of_a_page_that_is_built_end_with_it(tmp_path):
    made = Publisher(tmp_path, a=DETACHED)
    assert said(made) == {"a": "None"}
    assert made.alive_in(10) == []


@pytest.mark.skipif(sys.platform == "win32", reason="processes are killed")
def test_an_ordinary_kernel_ends_with_its_publisher(tmp_path, monkeypatch):
    monkeypatch.setenv("OUTCOMES_KERNELS", "ordinary")
    note = tmp_path / "pid"
    cell = f"import os, time\nopen({str(note)!r}, 'w').write(str(os.getpid()))"
    made = Publisher(tmp_path, a=f"{cell}\ntime.sleep(987)")
    late = time.monotonic() + 60
    while not (note.is_file() and note.read_text()) and time.monotonic() < late:
        time.sleep(0.05)
    made.kill()
    assert note.read_text() and made.alive_in(10) == []


@on_linux
def test_the_temporary_folder_of_a_killed_publisher_is_removed_by_the_next(
    tmp_path, monkeypatch
):
    made = Publisher(tmp_path, a="import tempfile; tempfile.mkdtemp()\nwhile True: 1")
    late = time.monotonic() + 60
    while not list(made.temporary.glob("*/p-*/k-*/tmp*")) and time.monotonic() < late:
        time.sleep(0.05)
    (root,) = made.temporary.iterdir()  # nothing lies beside it
    scratch.clear(root)
    assert list(root.glob("p-*/k-*")), "what a living one holds stays"
    made.kill()
    with scratch.folder(root) as mine:
        assert list(root.glob("p-*")) == [mine]
    assert not list(root.glob("p-*"))


def test_a_root_that_is_not_ours_is_not_used(tmp_path, monkeypatch):
    owner = os.getuid() if hasattr(os, "getuid") else 0
    monkeypatch.setattr(scratch.tempfile, "gettempdir", lambda: str(tmp_path))
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    (tmp_path / f"outcomes-{owner}").symlink_to(elsewhere)
    scratch._home.cache_clear()
    try:
        made = scratch.home()
        assert elsewhere not in made.parents and not list(elsewhere.iterdir())
    finally:
        scratch._home.cache_clear()


def test_staging_of_a_killed_build_is_cleared_when_there_is_nothing_to_do(tmp_path):
    (tmp_path / ".staging/run").mkdir(parents=True)
    with releases.lock(tmp_path, print):
        releases.clear_if_idle(tmp_path)
        assert (tmp_path / ".staging/run").is_dir(), "a build is at work"
    releases.clear_if_idle(tmp_path)
    assert not (tmp_path / ".staging").exists()
