"""The folder of a site: its releases, the links to them, and the lock for one build at a time.

``<out>/releases/<run>/`` holds a release; ``<out>/latest`` is a link to the newest, put in place by
one rename, and ``<out>/public`` one to the release a person approved last
(:mod:`outcomes.publish.review`). ``<out>/.staging`` is where the next one is made; what a killed
build leaves there shows nowhere, and the pages it had run need not be run again.
"""

import hashlib
import itertools
import json
import lzma
import os
import shutil
import time
from calendar import timegm
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from filelock import FileLock, Timeout

from outcomes.core.errors import Invalid, one_of

RECORD, ARCHIVED = "manifest.json", "manifest.json.xz"
_RECORDED = {"handle", "state"}
_HOUR = 3600


@contextmanager
def lock(out: Path, say: Callable[[str], None]) -> Iterator[Path]:
    """The site's folder, made when it is not there, for one build at a time: a second one waits.

    The lock is the system's own, so a process that dies lets go of it.
    """
    out = Path(out).resolve()
    if out.exists() and not out.is_dir():
        raise Invalid(f"{str(out)!r} is a file; --out needs a folder.")
    (out / "releases").mkdir(parents=True, exist_ok=True)
    held = FileLock(out / ".lock")
    try:
        held.acquire(blocking=False)
    except Timeout:
        say("Another build of this site is at work; waiting until it is done.")
        held.acquire()
    try:
        yield out
    finally:
        held.release()


def latest(out: Path) -> Path | None:
    """The latest release, to which ``latest`` links, or None.

    Raises :class:`Invalid` where a folder stands in the place of the link, as a copy leaves it.
    """
    if _is_folder(Path(out) / "latest"):
        raise Invalid(
            f"{Path(out) / 'latest'} is a folder, where a build lays a link to a release: a copy of "
            "the site may have made it; move it away, and build again."
        )
    found = (Path(out) / "latest").resolve()
    return found if (found / RECORD).is_file() else None


def manifest(release: Path | None) -> dict:
    """The record of a release; of none, an empty one.

    Raises :class:`Invalid` where it cannot be read, or is not what a build writes.
    """
    if release is None:
        return {"release": "", "pages": [], "methods": [], "history": []}
    try:
        if (release / RECORD).is_file():
            text = (release / RECORD).read_text(encoding="utf-8")
        else:
            text = lzma.decompress((release / ARCHIVED).read_bytes()).decode("utf-8")
        record = json.loads(text)
        missing = {"release", "pages"} - record.keys()
        for entry in record["pages"]:
            missing |= _RECORDED - entry.keys()
        if not isinstance(record["release"], str):
            missing.add("release")
    except (OSError, EOFError, ValueError, lzma.LZMAError) as error:
        raise _damaged(release, str(error)) from None
    except (AttributeError, TypeError, KeyError, RecursionError):
        raise _damaged(release, "it is not what a build writes") from None
    if missing:
        raise _damaged(release, f"{', '.join(sorted(missing))} is missing in it")
    return record


def _damaged(release: Path, why: str) -> Invalid:
    cure = "'outcomes build' makes the site anew"
    return Invalid(
        f"the record of release {release.name} ({release / RECORD}) cannot be used, "
        f"{why.rstrip('.')}: {cure}."
    )


def timestamp(name: str) -> float:
    """When a release was made, by its name, as a time in seconds.

    >>> timestamp("20261124T080000Z-1a2b3c4d")
    1795507200.0
    """
    try:
        return float(timegm(time.strptime(name[:16], "%Y%m%dT%H%M%SZ")))
    except ValueError:
        raise Invalid(
            f"release {name[:40]!r} is not named by a time: 'outcomes build' makes one that is."
        ) from None


def in_future(name: str) -> bool:
    """Whether a release is dated later than now: a clock was wrong when it was made."""
    with suppress(Invalid):
        return timestamp(name) > timestamp(now()) + _HOUR
    return False  # it has a name of a person's choice


def damage(release: Path | None, record: dict) -> dict[str, str]:
    """Each file of a release that is not as it was built, with what is wrong with it.

    What the record knows no digests of cannot be told.
    """
    found = {}
    if release is None or "files" not in record:
        return found
    for file in release.rglob("*"):
        path = file.relative_to(release).as_posix()
        if path not in record["files"] and path != RECORD and not _is_folder(file):
            found[path] = "is not of this release"
    for path, digest in record["files"].items():
        file = release / path
        if not file.is_file():
            found[path] = "is missing"
            continue
        try:
            held = hashlib.sha256(file.read_bytes()).hexdigest()
        except OSError as error:
            found[path] = f"cannot be read ({error.strerror})"
            continue
        if held != digest:
            found[path] = "has changed since it was built"
    return found


def _is_folder(path: Path) -> bool:
    return path.is_dir() and not path.is_symlink()


def sound(release: Path) -> bool:
    """Whether a release is whole, unchanged, and not dated in the future."""
    try:
        record = manifest(release)
    except Invalid:
        return False
    return not damage(release, record) and not in_future(record["release"])


def names(out: Path) -> list[str]:
    """Every release of which the record is kept, oldest first."""
    found = (Path(out) / "releases").glob(f"*/{RECORD}*")
    return sorted({p.parent.name for p in found if p.name in (RECORD, ARCHIVED)})


def find(out: Path, name: str = "") -> Path:
    """A release by its name or the beginning of it: the newest that begins so; "" is the latest."""
    if not name:
        found = latest(out)
        if found is None:
            raise Invalid(f"no release is shown in {out}.")
        return found
    known = names(out)
    begun = [n for n in known if n.startswith(name)]
    if name in known or not begun:
        begun = [one_of(name, known, "release")]
    return Path(out) / "releases" / begun[-1]


def new_name(out: Path, digest: str) -> str:
    """The time in UTC and the beginning of a digest; never a name already taken."""
    base = f"{now()}-{digest[:8]}"
    taken = {p.name for p in (out / "releases").iterdir()}
    named = itertools.chain([base], (f"{base}-{i}" for i in itertools.count(2)))
    return next(name for name in named if name not in taken)


def now() -> str:
    """The time in UTC, as a release's name begins."""
    given = os.environ.get("SOURCE_DATE_EPOCH") or str(time.time())
    try:
        return time.strftime("%Y%m%dT%H%M%SZ", time.gmtime(float(given)))
    except (ValueError, OverflowError, OSError):
        raise Invalid(
            f"SOURCE_DATE_EPOCH is {given[:40]!r}; it must be a time in seconds, as date +%s "
            "gives it, or not be set."
        ) from None


def staging(out: Path, *, resume: bool) -> Path:
    """The folder to make a release in; executed notebooks found in it stay when ``resume``."""
    folder = out / ".staging"
    if folder.is_symlink():
        folder.unlink()  # nothing is written through a link that somebody laid here
    shutil.rmtree(folder / "site" if resume else folder, ignore_errors=True)
    (folder / "run").mkdir(parents=True, exist_ok=True)
    return folder


def clear(out: Path) -> None:
    """Remove what a build has left behind in staging."""
    shutil.rmtree(out / ".staging", ignore_errors=True)


def clear_if_idle(out: Path) -> None:
    """Remove what a killed build has left behind, unless a build is at work."""
    if (out / ".staging").exists():
        with suppress(Timeout), FileLock(out / ".lock", blocking=False):
            clear(out)


def publish(out: Path, staged: Path, name: str) -> Path:
    """Make a staged release the latest: a new link takes the old one's place."""
    getattr(
        os, "sync", lambda: None
    )()  # a power cut must not leave a link to pages that never reached the disk
    release = out / "releases" / name
    os.rename(staged, release)
    link(out, "latest", name)
    return release


def link(out: Path, place: str, name: str) -> None:
    """Make ``<out>/<place>`` lead to a release: a new link takes the old one's place."""
    new = out / f".{place}-new"
    new.unlink(missing_ok=True)
    new.symlink_to(Path("releases", name), target_is_directory=True)
    os.replace(new, out / place)


def prune(out: Path, keep: int) -> None:
    """Empty all but the newest ``keep`` releases, down to the record, which is packed.

    Never the latest or the public one, nor the newest in which no page was failing.
    """
    whole = [n for n in names(out) if (out / "releases" / n / "index.html").is_file()]
    good = [n for n in whole[::-1] if _without_failures(out / "releases" / n)]
    linked = {(out / place).resolve().name for place in ("latest", "public")}
    stays = {*whole[-keep:], *good[:1], *linked}
    for name in set(names(out)) - stays:
        _archive(out / "releases" / name)


def _without_failures(release: Path) -> bool:
    try:
        return not failing(manifest(release))
    except Invalid:
        return False


def _archive(release: Path) -> None:
    """Keep of a release its packed record alone, in about a fortieth of the space."""
    if (release / RECORD).is_file():
        try:
            record = manifest(release)
        except Invalid:
            return  # a person may still want to see what is left of it
        record.pop("files", None)
        text = json.dumps(record, ensure_ascii=False, separators=(",", ":"))
        part = release / f"{ARCHIVED}.part"
        part.write_bytes(lzma.compress(text.encode("utf-8"), preset=6))
        part.replace(release / ARCHIVED)
    for path in release.iterdir():
        if _is_folder(path):
            shutil.rmtree(path)
        elif path.name != ARCHIVED:
            path.unlink()


def failing(record: dict) -> list[dict]:
    """The pages of a release that could not be rebuilt when they were last tried."""
    return [e for e in record["pages"] if e["state"] in ("kept", "failed")]


def note_up_to_date(out: Path, digest: str) -> None:
    """Remember that the latest release is up to date while all it rests on has this digest.

    Without a digest, only that a build was here.
    """
    note = out / ".standing"
    if _is_folder(note):  # whoever made it: it would be in the way for good
        shutil.rmtree(note)
    write(note, f"{(out / 'latest').resolve().name} {digest}")


def up_to_date(out: Path, digest: str) -> bool:
    """Whether the latest release needs nothing, as remembered."""
    found, note = latest(out), out / ".standing"
    known = found and note.is_file()
    if not known or _noted(note) != f"{found.name} {digest}":
        return False
    return sound(found)


def _noted(file: Path) -> str:
    return file.read_bytes().decode("utf-8", errors="replace")


def last_checked(out: Path) -> float:
    """When a build last found the latest release up to date, as a time; 0 when never."""
    found, note = latest(out), out / ".standing"
    known = found and note.is_file() and _noted(note).startswith(found.name)
    when = note.stat().st_mtime if known else 0.0
    return when if when < time.time() + _HOUR else 0.0  # a clock was wrong


def write(path: Path, content: str | bytes) -> str:
    """Write a file, and the folders it needs; text as UTF-8 with plain line ends.

    Gives the sha256 of what was written.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    held = content if isinstance(content, bytes) else content.encode("utf-8")
    path.write_bytes(held)
    return hashlib.sha256(held).hexdigest()


def write_whole(path: Path, content: str) -> None:
    """Write a file whole or not at all: a build that is killed leaves no half of it."""
    part = path.with_name(f"{path.name}.part")
    write(part, content)
    part.replace(path)
