"""Where street files come from: a folder of CSV (plain or gz), one file, or an archive zip.

Nothing is ever unpacked by the name that stands in an archive: entries are opened one at a time
and written under names of our own, with a limit on what comes out.
"""

import gzip
import stat
import threading
import zipfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path, PurePosixPath
from typing import BinaryIO

from outcomes.core.errors import Invalid
from outcomes.ingest.street_crime import MOST_BYTES, File, named

_DAMAGED = (EOFError, zlib.error, gzip.BadGzipFile, zipfile.BadZipFile)


def find(paths: list[Path]) -> list[File]:
    """All street files of the sources, by month and force.

    Raises :class:`Invalid` for a source that is not there, holds no street file, or an archive
    that is damaged or not to be trusted, and for two files of one force and month.
    """
    places: dict[tuple[str, str], File] = {}
    for file in (file for path in paths for file in _of(path)):
        first = places.setdefault((file.month, file.force), file)
        if first is not file:
            raise Invalid(
                f"{file.force} {file.month} stands twice: {first.name} and {file.name}."
            )
    return [places[key] for key in sorted(places)]


def _of(path: Path) -> list[File]:
    if path.is_dir():
        names = sorted(p for p in path.rglob("*-street.csv*") if p.is_file())
        if not names:
            raise Invalid(
                f"{path} holds no street file such as 2024-01-lancashire-street.csv."
            )
        return [_plain(p) for p in names]
    if not path.is_file():
        raise Invalid(f"the source {str(path)!r} does not exist.")
    if path.suffix == ".zip":
        return archive(path.open("rb"), path.name)
    return [_plain(path)]


def _plain(path: Path) -> File:
    month, force = named(path.name)
    packed = path.suffix == ".gz"
    opener = partial(
        _guarded, partial(gzip.open if packed else open, path, "rb"), path.name
    )
    return File(force, month, path.name, opener)


@contextmanager
def _guarded(
    opener: Callable[[], BinaryIO], name: str, lock=None
) -> Iterator[BinaryIO]:
    """An open stream whose damage is a sentence."""
    try:
        with lock or threading.Lock(), opener() as stream:
            yield stream
    except _DAMAGED as error:
        why = (
            "its checksum is wrong"
            if "CRC" in str(error)
            else "it is damaged or cut short"
        )
        raise Invalid(f"{name} cannot be unpacked: {why}; download it again.") from None


def archive(stream: BinaryIO, name: str) -> list[File]:
    """The street files of a zip archive: all else in it is passed over, if it is harmless."""
    held, lock = _archive(stream, name), threading.Lock()  # entries share one stream
    seen: set[str] = set()
    files = []
    for entry in held.infolist():
        where = f"{name}: the entry {entry.filename!r}"
        _trust(entry, where)
        if not entry.filename.endswith("-street.csv"):
            continue
        month, force = named(PurePosixPath(entry.filename).name)
        if entry.filename in seen:
            raise Invalid(f"{where} stands twice.")
        seen.add(entry.filename)
        called = f"{name}: {entry.filename}"
        opener = partial(_guarded, partial(_open, held, entry), called, lock)
        files.append(File(force, month, called, opener, entry.CRC))
    if not files:
        raise Invalid(
            f"{name} holds no street file such as 2024-01-lancashire-street.csv."
        )
    return files


def _archive(stream: BinaryIO, name: str) -> zipfile.ZipFile:
    try:
        return zipfile.ZipFile(stream)
    except Invalid:  # of a remote stream
        raise
    except (zipfile.BadZipFile, ValueError, NotImplementedError, OverflowError):
        raise Invalid(
            f"{name} is not a whole zip archive: damaged or cut short."
        ) from None


def _trust(entry: zipfile.ZipInfo, where: str) -> None:
    path = PurePosixPath(entry.filename.replace("\\", "/"))
    if path.is_absolute() or ".." in path.parts or ":" in entry.filename:
        raise Invalid(f"{where} leads out of the archive.")
    if stat.S_ISLNK(entry.external_attr >> 16):
        raise Invalid(f"{where} is a link, not a file.")
    if path.suffix.lower() in (".zip", ".gz", ".7z", ".tar"):
        raise Invalid(f"{where} is an archive within the archive.")
    if entry.flag_bits & 1:
        raise Invalid(f"{where} is encrypted.")
    if entry.file_size > MOST_BYTES:
        raise Invalid(
            f"{where} unpacks to over {MOST_BYTES >> 20} MiB: no street file."
        )


def _open(held: zipfile.ZipFile, entry: zipfile.ZipInfo) -> BinaryIO:
    try:
        return held.open(entry)
    except (NotImplementedError, RuntimeError) as error:
        raise zipfile.BadZipFile(str(error)) from None
