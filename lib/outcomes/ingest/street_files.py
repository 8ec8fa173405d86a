"""Where monthly files come from: a folder of CSV (plain or gz), one file, or an archive zip.

They are of two kinds, street files and stop-and-search files.

Nothing is ever unpacked by the name that stands in an archive: entries are opened one at a time
and written under names of our own, with a limit on what comes out.
"""

import gzip
import stat
import threading
import zipfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from functools import partial
from pathlib import Path, PurePosixPath
from typing import Any, BinaryIO

from outcomes.core.errors import Invalid
from outcomes.ingest.street_crime import HEADERS, MOST_BYTES, File, parse_name

_DAMAGED = (
    *(EOFError, zlib.error, gzip.BadGzipFile, zipfile.BadZipFile),
    *(NotImplementedError, RuntimeError),  # of a zip's ways of packing and encrypting
)
_ENDS = tuple(f"-{kind}.csv" for kind in HEADERS)
_NO_FILE = "holds no street file such as 2024-01-lancashire-street.csv."


def find(paths: list[Path]) -> list[File]:
    """All files of folders, archives and single files, by month, force and kind.

    Raises :class:`Invalid` for a source that is not there, holds no such file, or an archive that
    is damaged or not to be trusted, and for two files of one force, month and kind.
    """
    found: list[File] = []
    for path in paths:
        if path.is_dir():
            names = sorted(
                p for end in _ENDS for p in path.rglob(f"*{end}*") if p.is_file()
            )
            if not names:
                raise Invalid(f"{path} {_NO_FILE}")
            found += map(_file, names)
        elif not path.is_file():
            raise Invalid(f"the source {str(path)!r} does not exist.")
        elif path.suffix == ".zip":
            found += archive(path.open("rb"), path.name)
        else:
            found.append(_file(path))
    by_month: dict[tuple[str, str, str], File] = {}
    for file in found:
        first = by_month.setdefault((file.month, file.force, file.kind), file)
        if first is not file:
            raise Invalid(
                f"{file.force} {file.month} stands twice: {first.name} and {file.name}."
            )
    return [by_month[key] for key in sorted(by_month)]


def _file(path: Path) -> File:
    told = parse_name(path.name)
    opener = gzip.open if path.suffix == ".gz" else open
    stream = partial(_open, partial(opener, path, "rb"), path.name)
    file = File(told.force, told.month, path.name, stream, kind=told.kind)
    return file if opener is gzip.open else file._replace(size=path.stat().st_size)


@contextmanager
def _open(
    opener: Callable[[], Any],
    name: str,
    lock: AbstractContextManager[Any] | None = None,
) -> Iterator[BinaryIO]:
    """An open stream whose damage is a sentence; one at a time where a lock is given."""
    try:
        with lock or nullcontext(), opener() as stream:
            yield stream
    except _DAMAGED as error:
        why = (
            "its checksum is wrong"
            if "CRC" in str(error)
            else "it is damaged or cut short"
        )
        raise Invalid(f"{name} cannot be unpacked: {why}; download it again.") from None


def archive(stream: BinaryIO, name: str) -> list[File]:
    """The files of a zip archive: what is of neither kind is passed over, if it is harmless.

    Raises :class:`Invalid` for an archive that is damaged, holds no such file, or holds an
    entry that is not to be trusted: a path out of it, a link, another archive, or far too much.
    """
    try:
        held = zipfile.ZipFile(stream)
    except Invalid:  # of a remote stream
        raise
    except (zipfile.BadZipFile, ValueError, NotImplementedError, OverflowError):
        raise Invalid(
            f"{name} is not a whole zip archive: damaged or cut short."
        ) from None
    lock = threading.Lock()  # entries share one stream
    found: dict[str, File] = {}
    for entry in held.infolist():
        where = f"{name}: the entry {entry.filename!r}"
        if why := distrust(entry):
            raise Invalid(f"{where} {why}")
        if not entry.filename.endswith(_ENDS):
            continue
        told = parse_name(PurePosixPath(entry.filename).name)
        if entry.filename in found:
            raise Invalid(f"{where} stands twice.")
        called = f"{name}: {entry.filename}"
        opener = partial(_open, partial(held.open, entry), called, lock)
        found[entry.filename] = File(
            told.force,
            told.month,
            called,
            opener,
            entry.CRC,
            told.kind,
            entry.file_size,
        )
    if not found:
        raise Invalid(f"{name} {_NO_FILE}")
    return list(found.values())


def distrust(entry: zipfile.ZipInfo) -> str:
    """Why an entry of an archive is not to be opened; "" for one that may be.

    Examples
    --------
    >>> distrust(zipfile.ZipInfo("../2024-01-durham-street.csv"))
    'leads out of the archive.'
    """
    path = PurePosixPath(entry.filename.replace("\\", "/"))
    if path.is_absolute() or ".." in path.parts or ":" in entry.filename:
        return "leads out of the archive."
    if stat.S_ISLNK(entry.external_attr >> 16):
        return "is a link, not a file."
    if path.suffix.lower() in (".zip", ".gz", ".7z", ".tar"):
        return "is an archive within the archive."
    if entry.flag_bits & 1:
        return "is encrypted."
    if entry.file_size > MOST_BYTES:
        return f"unpacks to over {MOST_BYTES >> 20} MiB: no street file."
    return ""
