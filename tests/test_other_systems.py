"""The gate starts where the system has nothing of POSIX: no locks, users, forks or links of its own."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from outcomes.ingest import refresh

ROOT = Path(__file__).parents[1]
AS_ON_WINDOWS = """
import os, sys
gone = {"fcntl", "resource", "pwd", "grp", "termios", "tty", "pty", "readline"}
class Without:
    def find_spec(self, name, path=None, target=None):
        if name in gone:
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)
sys.meta_path.insert(0, Without())
for name in gone:
    sys.modules.pop(name, None)
for name in ("fork", "getuid", "geteuid", "getgid", "setsid", "killpg", "sync", "statvfs"):
    delattr(os, name)
sys.argv = ["outcomes", *sys.argv[1:]]
from outcomes.cli import main
main()
"""


@pytest.mark.parametrize("command", ["data check", "list", "status", "build --dry-run"])
def test_a_command_needs_nothing_of_posix(command, tmp_path):
    env = os.environ | {"PYTHONIOENCODING": "cp1252", "TMPDIR": str(tmp_path)}
    given = [sys.executable, "-c", AS_ON_WINDOWS, *command.split()]
    done = subprocess.run(
        given, cwd=ROOT, env=env, capture_output=True, encoding="cp1252", timeout=120
    )
    assert "Traceback" not in done.stderr and "AttributeError" not in done.stderr
    assert "No module named" not in done.stderr
    if command == "data check":
        assert done.returncode == 0 and "The tables are sound" in done.stdout


def test_where_no_link_may_be_made_a_file_is_copied(tmp_path, monkeypatch):
    def refuse(*given, **more):
        raise OSError("A required privilege is not held by the client")

    monkeypatch.setattr(Path, "symlink_to", refuse)
    (tmp_path / "a").write_text("x")
    refresh._lay_beside(tmp_path / "a", tmp_path / "b")
    assert (tmp_path / "b").read_text() == "x" and not (tmp_path / "b").is_symlink()
