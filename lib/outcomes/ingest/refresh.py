"""Take months of street-level crime, and of searches, into the clean tables, or leave them alone.

New tables are made beside the old ones, checked (:mod:`outcomes.data.quality`) and shown as a list
of changes. Only then are they put in place: one rename decides, and what follows it is made good
by the next run.
"""

import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path

from filelock import FileLock, Timeout

from outcomes.core.errors import Invalid, one_of
from outcomes.data import quality, schema, tables
from outcomes.ingest import (
    published_figures,
    published_figures_stamp,
    stop_and_search,
    street_crime,
    street_panel,
)

_WORK, _READY, _LOCK = ".refresh", ".refresh-ready", ".refresh-lock"
_FIRST = "2013-05"  # data.police.uk has other types of crime before
_LEDGERS = {"street_files.csv", "stop_and_search_files.csv"}
_SHOWN = 20  # differences of tables edited by hand
_BY_HAND = (
    "data/published has not changed, so data/clean was edited by hand: make the change in "
    "data/published, or take the edit back with outcomes data check --remake."
)


Agreed = Callable[[list[str], list[str]], bool]
"""Is given the changes in words and the tables they touch, and says whether to go on."""


def take_files(
    files: list[street_crime.File],
    data: Path,
    *,
    agreed: Agreed,
    today: date,
    tell: Callable[[str], None] = lambda name: None,
) -> list[str]:
    """Take monthly files into the tables of a data folder; the names of the tables that changed.

    Raises :class:`Invalid` with every problem found in the files, or in the tables they would
    make; the tables are then as they were.
    """
    with work_folder(data) as work:
        known = sorted(tables.rows("forces", clean=data / "clean")["force"])
        for file in files:
            one_of(file.force, known, f"{file.name}: force")
            if file.month < _FIRST:
                raise Invalid(
                    f"{file.name}: the first month that can be taken is {_FIRST}, as the types of "
                    "crime were others before."
                )
            if file.month >= f"{today:%Y-%m}":
                raise Invalid(f"{file.name}: {file.month} has not ended yet.")
        street = [file for file in files if file.kind == street_crime.STREET]
        searches = [file for file in files if file.kind == street_crime.SEARCHES]
        said = []
        if street:
            said += street_panel.build(street, data / "clean", work, tell)
        if searches:
            clean, new = data / "clean", work / "clean"
            said += stop_and_search.build(searches, clean, new, tell)
        return _settle(work, data, said, agreed, today)


def remake_figures(
    data: Path, *, today: date | None = None, remake: bool = False
) -> list[str]:
    """Make the tables of published figures anew where ``published`` has changed.

    While ``published`` is as it was when the tables were made, tables that differ were edited by
    hand: :class:`Invalid` names their rows, and they stay as they are unless ``remake`` is asked.

    Returns
    -------
    list of str
        What changed, in words.
    """
    told: list[str] = []
    with work_folder(data) as work:
        published_figures.build(data / "published", work / "clean")
        changed = changed_tables(work / "clean", data / "clean")
        if changed and not remake and published_figures_stamp.unchanged(data):
            said = published_figures_stamp.differences(work / "clean", data / "clean")
            raise Invalid(" ".join([*said[:_SHOWN], _BY_HAND]))
        for name in changed:
            old, new = (
                set(path.read_text("utf-8").splitlines() if path.is_file() else [])
                for path in (data / "clean" / name, work / "clean" / name)
            )
            told.append(
                f"{name}: made anew, {len(new - old)} rows in, {len(old - new)} rows out."
            )
        _settle(work, data, told, lambda said, names: True, today or date.today())
        published_figures_stamp.write(data)
    return told


@contextmanager
def work_folder(data: Path) -> Iterator[Path]:
    """A folder to make new tables in, for one process at a time.

    What an earlier run put in place only in part is finished first. Raises :class:`Invalid` while
    another process is at work.
    """
    lock = FileLock(data / _LOCK)
    try:
        lock.acquire(blocking=False)
    except Timeout:
        raise Invalid(f"another refresh of {data} is under way.") from None
    work = data / _WORK
    try:
        shutil.rmtree(work, ignore_errors=True)
        if (data / _READY).is_dir():
            _put_in_place(data)
        yield work
    finally:
        shutil.rmtree(work, ignore_errors=True)
        lock.release()
        (data / _LOCK).unlink(missing_ok=True)


def _settle(
    work: Path, data: Path, said: list[str], agreed: Agreed, today: date
) -> list[str]:
    """Put the tables in ``work`` in place, when they differ, are sound and are agreed to."""
    new, clean = work / "clean", data / "clean"
    changed = changed_tables(new, clean)
    if not changed:
        agreed([*said, "Nothing changes."], [])
        return []
    add_unchanged(new, clean)
    _lay_beside(data / schema.PACKAGE, work / schema.PACKAGE)
    errors, cautions = quality.check(new, today=today)
    if errors:
        raise Invalid(
            "The tables would not be sound, and stay as they are: " + " ".join(errors)
        )
    known = {caution.said for caution in quality.cautions(clean, today=today)}
    warnings = [f"Warning: {w.said}" for w in cautions if w.said not in known]
    if {*changed} <= _LEDGERS:
        said.append("No count changes: only what is held of the files themselves does.")
    if not agreed([*said, *warnings], changed):
        return []
    commit(work, data, changed)
    return changed


def add_unchanged(new: Path, clean: Path) -> None:
    """Lay the tables of ``clean`` that are not made anew beside those that are: the checks see all
    tables as they would be."""
    for path in sorted(clean.iterdir()):
        if not (new / path.name).exists():
            _lay_beside(path, new / path.name)


def commit(work: Path, data: Path, names: list[str]) -> None:
    """Put tables of a work folder in place of those of a data folder: all of them or none."""
    ready = work / "ready"
    ready.mkdir()
    for name in names:
        (work / "clean" / name).rename(ready / name)
        with (ready / name).open("r+b") as stream:  # Windows saves no file open to read
            os.fsync(stream.fileno())
    ready.rename(data / _READY)  # from here on the change is certain
    _put_in_place(data)


def _lay_beside(file: Path, there: Path) -> None:
    """A file under another name: by a link where the system lets us make one."""
    try:
        there.symlink_to(file.resolve())
    except OSError:  # Windows asks for a right that few have
        shutil.copyfile(file, there)


def changed_tables(new: Path, clean: Path) -> list[str]:
    """Names of new tables that differ from the old."""
    return [
        path.name
        for path in sorted(new.iterdir())
        if not (clean / path.name).is_file()
        or path.read_bytes() != (clean / path.name).read_bytes()
    ]


def _put_in_place(data: Path) -> None:
    for path in sorted((data / _READY).iterdir()):
        path.replace(data / "clean" / path.name)
    (data / _READY).rmdir()
