"""What tests share: the real site, made once for all of them as a newcomer makes it."""

import fcntl
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]


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
            done = subprocess.run(
                ["make", "reports"], cwd=clone, env=_surroundings(clone), text=True,
                stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
            )  # fmt: skip
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
    assert paths, "the files of the repository are asked of git, which does not answer here"
    for path in map(Path, paths):
        if (ROOT / path).is_file():
            (clone / path).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / path, clone / path)
    for path in ("requirements.lock", "pyproject.toml"):
        os.utime(clone / path, (0, 0))  # older than the environment: nothing is installed again
    (clone / ".venv").symlink_to(sys.prefix)


def _surroundings(clone: Path) -> dict:
    """The environment of a person's shell in the copy: its own code, bytecode kept."""
    own = {k: v for k, v in os.environ.items() if not k.startswith(("PYTEST", "OUTCOMES"))}
    own.pop("PYTHONDONTWRITEBYTECODE", None)
    own["PYTHONPATH"] = str(clone / "lib")
    return own
