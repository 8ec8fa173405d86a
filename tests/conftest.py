"""What tests share: the real site, made once for all of them as a newcomer makes it."""

import fcntl
import gc
import os
import shutil
import subprocess
import sys
from datetime import date
from pathlib import Path

import pytest
from hypothesis import settings

ROOT = Path(__file__).parents[1]
# A few examples of each property, the same every time; `make simulate` draws many others.
settings.register_profile("ci", settings.get_profile("ci"), max_examples=20)
settings.register_profile("full", max_examples=150, deadline=None)
# Tests change functions and see what becomes of results: none is taken from a run before. Commands
# that are run as a person runs them, and notebooks as they are stored, share theirs.
os.environ.setdefault("OUTCOMES_KEPT", "off")
KEPT = str(ROOT / ".kept")
# By measured time, the longest first, so that no worker is left with a long one at the end. What
# needs no site stands second: it runs while the site is built for the first.
FIRST = (
    *("test_whole_site.py", "test_faults.py", "test_nbval_guards.py", "TestEachPage"),
    *("test_kernels.py", "TestEachOtherPage", "test_attack.py", "test_cluster.py"),
    *("test_execute.py", "test_hostile.py", "test_explore_browser.py"),
    *("test_theme.py", "test_build.py"),
)


def pytest_collection_modifyitems(items: list) -> None:
    """The long files and classes first; all else in its own order."""
    rank = {name: at for at, name in enumerate(FIRST)}
    items.sort(
        key=lambda item: rank.get(item.parent.name.rpartition("/")[2], len(rank))
    )


def pytest_collection_finish() -> None:
    """Ten thousand tests stay until the end: a build, which collects what it leaves, and a forked
    process, which copies what is looked through, would go through all of them each time."""
    gc.collect()
    gc.freeze()


@pytest.fixture(scope="session", autouse=True)
def judged_once():
    """What the gate finds in the tables of this repository: every build of a test asks it, and it
    takes longer than the rest of a small build. No test changes these tables."""
    from outcomes.data import quality

    patch, known = pytest.MonkeyPatch(), {}
    for name in ("errors", "cautions"):
        patch.setattr(quality, name, _remembering(known, getattr(quality, name)))
    yield
    patch.undo()


def _remembering(known: dict, judge):
    def judged(clean, *, today=None):
        if Path(clean) != ROOT / "data/clean":
            return judge(clean, today=today)
        key = (judge.__name__, today or date.today())
        if key not in known:
            known[key] = judge(clean, today=today)
        return list(known[key])

    return judged


@pytest.fixture(autouse=True)
def no_figure_of_another():
    """A chart without axes of its own is drawn on the last ones: those of a test go with it."""
    yield
    if (pyplot := sys.modules.get("matplotlib.pyplot")) is not None:
        pyplot.close("all")


@pytest.fixture
def kept(monkeypatch):
    """Evaluations are made once for all tests that run notebooks as they are stored."""
    monkeypatch.setenv("OUTCOMES_KEPT", KEPT)


@pytest.fixture(scope="session")
def real_site(tmp_path_factory) -> Path:
    """The folder ``site`` that ``make reports`` makes in a fresh copy of this repository.

    One build serves every test of every worker; OUTCOMES_CLONE names a folder in which it stays for
    the next run, for whoever writes tests. Whoever changes it takes a copy first
    (``shutil.copytree(real_site, own, symlinks=True)``); the copy of the repository is its parent.
    """
    folder = tmp_path_factory.getbasetemp()
    if "PYTEST_XDIST_WORKER" in os.environ:
        folder = folder.parent  # the workers' own folders lie beside each other
    clone = Path(os.environ.get("OUTCOMES_CLONE") or folder / "clone")
    with open(folder / "clone.lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not clone.exists():
            fresh_copy(clone)
            newcomer = {"HOME": str(clone.with_name(f"{clone.name}-home"))}
            Path(newcomer["HOME"]).mkdir(exist_ok=True)
            done = subprocess.run(
                ["make", "reports"],
                cwd=clone,
                env=surroundings(clone) | newcomer,
                text=True,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
            )
            (clone / "build.log").write_text(done.stdout, encoding="utf-8")
    log = (clone / "build.log").read_text(encoding="utf-8")
    assert (clone / "site" / "latest" / "index.html").is_file(), log[-3000:]
    return clone / "site"


@pytest.fixture(scope="session")
def release(real_site) -> Path:
    """The release of :func:`real_site` that is shown."""
    return (real_site / "latest").resolve()


def fresh_copy(clone: Path) -> None:
    """This repository as a clone would have it, with the virtual environment of these tests."""
    listed = ["git", "ls-files", "--cached", "--others", "--exclude-standard"]
    found = subprocess.run(listed, cwd=ROOT, capture_output=True, text=True)
    paths = found.stdout.splitlines() if found.returncode == 0 else []
    assert paths, (
        "the files of the repository are asked of git, which does not answer here"
    )
    for path in map(Path, paths):
        if (ROOT / path).is_file():
            (clone / path).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / path, clone / path)
    for path in ("requirements.lock", "pyproject.toml"):
        os.utime(
            clone / path, (0, 0)
        )  # older than the environment: nothing is installed again
    (clone / ".venv").symlink_to(sys.prefix)


def surroundings(clone: Path) -> dict:
    """The environment of a person's shell in the copy: its own code, bytecode and results kept."""
    aside = (
        "PYTEST",
        "OUTCOMES",
        "MAKE",
        "MFLAGS",
    )  # of what these tests were started by
    own = {k: v for k, v in os.environ.items() if not k.startswith(aside)}
    own.pop("PYTHONDONTWRITEBYTECODE", None)
    own |= {"PYTHONPATH": str(clone / "lib"), "OUTCOMES_KEPT": KEPT}
    return own
