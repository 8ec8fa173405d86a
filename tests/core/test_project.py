"""Where the project lies."""

import os
import shutil
import subprocess
import sys

from outcomes.core import project

ROOT = project.folder()


def test_the_folder_is_that_of_the_library_when_nothing_is_named(monkeypatch, tmp_path):
    monkeypatch.delenv("OUTCOMES_DATA", raising=False)
    monkeypatch.chdir(tmp_path)
    assert (project.folder() / "lib/outcomes/core/project.py").is_file()
    assert project.data() == project.folder() / "data"


def test_data_elsewhere_bring_their_own_collection(monkeypatch, tmp_path):
    data = tmp_path / "theirs" / "data"
    data.mkdir(parents=True)
    monkeypatch.setenv("OUTCOMES_DATA", str(data))
    assert project.data() == data
    assert project.folder() == ROOT  # no collection beside them: this one
    (data.parent / project.FILE).touch()
    assert project.folder() == data.parent


def test_a_library_installed_apart_looks_above_the_working_folder(
    monkeypatch, tmp_path
):
    monkeypatch.delenv("OUTCOMES_DATA", raising=False)
    monkeypatch.setattr(project, "_LIBRARY", tmp_path / "site-packages")
    (tmp_path / project.FILE).touch()
    inner = tmp_path / "notebooks" / "own"
    inner.mkdir(parents=True)
    monkeypatch.chdir(inner)
    assert project.folder() == tmp_path


def test_outside_a_collection_every_refusal_says_what_to_do(tmp_path):
    library = tmp_path / "lib"
    shutil.copytree(ROOT / "lib/outcomes", library / "outcomes")
    env = {k: v for k, v in os.environ.items() if k != "OUTCOMES_DATA"}
    env |= {"PYTHONPATH": str(library)}
    for words in (["list"], ["learn", "mine"], ["data", "check"], ["lab"]):
        done = subprocess.run(
            [sys.executable, "-m", "outcomes", *words],
            cwd=tmp_path,
            env=env,
            capture_output=True,
            text=True,
        )
        assert done.returncode == 2, done.stderr
        assert "let the environment variable OUTCOMES_DATA name" in done.stderr
        assert done.stderr.count("\n") == 1
