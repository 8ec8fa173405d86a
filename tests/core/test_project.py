"""Where the project lies."""

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
