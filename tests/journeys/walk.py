"""Steps that journeys share: a command typed in a copy of the repository, as a person types it."""

import shutil
import subprocess
from pathlib import Path

from conftest import surroundings


def own_copy(clone: Path, folder: Path) -> Path:
    """A copy of the built clone that a journey may change, its site with it."""
    shutil.copytree(clone, folder, symlinks=True)
    return folder


def type_in(clone: Path, *command: str, code: int | None = 0, given: str = "") -> str:
    """Run a command in the clone; what it printed. Fails with all of it on another exit code.

    With ``code=None`` any exit code will do.
    """
    done = subprocess.run(
        command,
        cwd=clone,
        env=surroundings(clone),
        text=True,
        input=given,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    )
    told = f"{' '.join(command)}: {done.returncode}\n{done.stdout[-3000:]}"
    assert code in (None, done.returncode), told
    return done.stdout


OUTCOMES = ".venv/bin/outcomes"
