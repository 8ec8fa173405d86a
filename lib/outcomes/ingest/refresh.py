"""Take new or revised months of street-level crime into the clean tables, or leave them alone.

New tables are made beside the old ones, checked by the gate and shown as a list of changes. Only
then are they put in place: one rename decides, and what follows it is made good by the next run.
"""

import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date
from itertools import islice
from pathlib import Path

from filelock import FileLock, Timeout

from outcomes.core.errors import Invalid, one_of
from outcomes.data import quality, schema
from outcomes.ingest import carried_over, street_crime, street_panel
from outcomes.ingest import published_figures as register

_WORK, _READY, _LOCK = ".refresh", ".refresh-ready", ".refresh-lock"
_FIRST = "2010-12"  # data.police.uk begins here
_SHOWN = 20  # differences of tables edited by hand
_BY_HAND = (
    "data/published has not changed, so data/clean was edited by hand: make the change in "
    "data/published, or take the edit back with outcomes data check --remake."
)


Agreed = Callable[[list[str], list[str]], bool]
"""Is given the changes in words and the tables they touch, and says whether to go on."""


def run(
    files: list[street_crime.File],
    data: Path,
    *,
    agreed: Agreed,
    today: date | None = None,
    tell: Callable[[str], None] = lambda name: None,
) -> list[str]:
    """Take files into the tables of a data folder; return the names of the tables that changed.

    Raises :class:`Invalid` with every problem found in the files, or by the gate; the tables are
    then as they were.
    """
    today = today or date.today()
    with alone(data) as work:
        _check_names(files, data / "clean", today)
        said = street_panel.make(files, data / "clean", work, tell)
        return _settle(work, data, said, agreed, today)


def figures(
    data: Path, *, today: date | None = None, remake: bool = False
) -> list[str]:
    """Make the register's tables anew where ``published`` has changed; what changed, in words.

    While ``published`` is as it was when the tables were made, tables that differ were edited by
    hand: :class:`Invalid` names their rows, and they stay as they are unless ``remake`` is asked.
    """
    told: list[str] = []
    with alone(data) as work:
        register.build(data / "published", work / "clean")
        changed = _changed(work / "clean", data / "clean")
        if changed and not remake and carried_over.unchanged(data):
            said = carried_over.differences(work / "clean", data / "clean")
            raise Invalid(" ".join([*islice(said, _SHOWN), _BY_HAND]))
        for name in changed:
            old, new = (_rows(folder / "clean" / name) for folder in (data, work))
            told.append(
                f"{name}: made anew, {len(new - old)} rows in, {len(old - new)} rows out."
            )
        _settle(work, data, told, lambda said, tables: True, today or date.today())
        carried_over.note(data)
    return told


def _rows(path: Path) -> set[str]:
    return set(path.read_text("utf-8").splitlines()) if path.is_file() else set()


def _settle(
    work: Path, data: Path, said: list[str], agreed: Agreed, today: date
) -> list[str]:
    """Put the tables in ``work`` in place, when they differ, are sound and are agreed to."""
    changed = _changed(work / "clean", data / "clean")
    if not changed:
        agreed([*said, "Nothing changes."], [])
        return []
    said = said + _checked(work, data, today)
    if not agreed(said, changed):
        return []
    _commit(work, data, changed)
    return changed


@contextmanager
def alone(data: Path) -> Iterator[Path]:
    """A folder to work in, for one process at a time; first finish what was cut off."""
    lock = FileLock(data / _LOCK)
    try:
        lock.acquire(blocking=False)
    except Timeout:
        raise Invalid(f"another refresh of {data} is under way.") from None
    work = data / _WORK
    try:
        shutil.rmtree(work, ignore_errors=True)
        if (data / _READY).is_dir():
            _put(data)
        yield work
    finally:
        shutil.rmtree(work, ignore_errors=True)
        lock.release()
        (data / _LOCK).unlink(missing_ok=True)


def _check_names(files: list[street_crime.File], clean: Path, today: date) -> None:
    forces = (clean / "forces.csv").read_text("utf-8").splitlines()[1:]
    known = sorted(line.split(",")[0] for line in forces)
    for file in files:
        one_of(file.force, known, f"{file.name}: force")
        if not _FIRST <= file.month < f"{today:%Y-%m}":
            raise Invalid(
                f"{file.name}: {file.month} is before {_FIRST} or has not ended yet."
            )


def _changed(new: Path, clean: Path) -> list[str]:
    """Names of new tables that differ from the old."""
    pairs = [(path, clean / path.name) for path in sorted(new.iterdir())]
    return [
        p.name for p, q in pairs if not q.is_file() or p.read_bytes() != q.read_bytes()
    ]


def _checked(work: Path, data: Path, today: date) -> list[str]:
    """The new warnings of the gate, were the new tables in place; raises when it has errors."""
    for path in sorted((data / "clean").iterdir()):
        if not (work / "clean" / path.name).exists():
            (work / "clean" / path.name).symlink_to(path.resolve())
    (work / schema.PACKAGE).symlink_to((data / schema.PACKAGE).resolve())
    errors, cautions = quality.check(work / "clean", today=today)
    if errors:
        raise Invalid(
            "The tables would not be sound, and stay as they are: " + " ".join(errors)
        )
    known = {caution.said for caution in quality.cautions(data / "clean", today=today)}
    return [f"Warning: {w.said}" for w in cautions if w.said not in known]


def _commit(work: Path, data: Path, names: list[str]) -> None:
    ready = work / "ready"
    ready.mkdir()
    for name in names:
        (work / "clean" / name).rename(ready / name)
        with (ready / name).open("rb") as stream:
            os.fsync(stream.fileno())
    ready.rename(data / _READY)  # from here on the change is certain
    _put(data)


def _put(data: Path) -> None:
    for path in sorted((data / _READY).iterdir()):
        path.replace(data / "clean" / path.name)
    (data / _READY).rmdir()
