"""Which pages are stale, and why: what a page rests on, compared with what it rested on.

A page rests on its notebook, its parameters and entry in the plan, the library, the locked packages
and the rows it read. No heavy library is loaded here unless a table that a page read has changed.
"""

import hashlib
import json
import os
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

import outcomes
from outcomes.core import project
from outcomes.core.errors import Invalid
from outcomes.publish import releases
from outcomes.publish.plan import Page, Plan

LIBRARY = Path(outcomes.__file__).parent
# What makes the tables shows in them, and no page runs the command line.
_NO_PAGE_RESTS_ON = ("ingest", "cli.py")
ASSUMPTIONS = Path("docs", "assumptions.csv")
_ENTRY = ("title", "group", "schedule")
_CHANGED = {
    "source": "the notebook changed",
    "parameters": "its parameters changed",
    "code": "the library's code changed",
    "lock": "the locked packages changed",
}


@dataclass(frozen=True)
class Stale:
    """Which pages of a site are stale, as seen at one moment, beside its latest release.

    ``digest`` is that of all the site rested on before anything else was looked at, ``latest`` the
    release, ``record`` its manifest, and ``reasons`` why each stale page must be rebuilt, by handle.
    ``damaged`` are the files of the release that are not as they were built, with what is wrong.
    The release is ``complete`` when no page is stale, it holds those of the plan in their order, and
    it is sound.
    """

    digest: str
    latest: Path | None
    record: dict
    reasons: dict[str, str]
    complete: bool
    damaged: dict[str, str] = field(default_factory=dict)


def find_stale(
    plan: Plan, pages: list[Page], out: Path, *, force: bool = False
) -> Stale:
    """Which of the ``pages`` must be rebuilt for the site in ``out``; with ``force`` all of them."""
    digest, latest = site_digest(plan.file), releases.latest(out)
    try:
        record = releases.manifest(latest)
    except Invalid:  # nothing can be taken over from it
        latest, record = None, releases.manifest(None)
    damaged = releases.damage(latest, record)
    before = {e["handle"]: e for e in record["pages"]}
    found = reasons(plan, pages, latest, before, force=force, damaged=damaged)
    held = {*before, *(page.handle for page in pages)}
    wanted = [page.handle for page in plan.pages if page.handle in held]
    complete = latest is not None and not found and wanted == list(before)
    complete = complete and record.get("lessons") == lessons_digest(plan.folder)
    complete = complete and record.get("beside") == beside_digest(plan)
    complete = complete and not damaged and not releases.in_future(record["release"])
    return Stale(digest, latest, record, found, complete, damaged)


def reasons(
    plan: Plan,
    pages: list[Page],
    latest: Path | None,
    before: dict[str, dict],
    *,
    force: bool = False,
    damaged: dict[str, str] | None = None,
) -> dict[str, str]:
    """Why each page that is stale must be rebuilt, by handle; a page that is not is left out.

    ``latest`` is the latest release, ``before`` the records of its pages by handle, and ``damaged``
    its files that are not as they were built (:func:`releases.damage`).
    """
    found = {}
    for page in pages:
        old = before.get(page.handle)
        if old is None:
            found[page.handle] = "it is new"
            continue
        why = ["it was asked for by --force"] if force else []
        if old["state"] in ("kept", "failed"):
            why.append("it failed last time")
        now = fingerprint(plan, page)
        why += [said for key, said in _CHANGED.items() if old[key] != now[key]]
        if any(old[key] != getattr(page, key) for key in _ENTRY):
            why.append("its entry in the plan changed")
        if changed := sorted({r["table"] for r in old["reads"] if _rows_changed(r)}):
            why.append(f"rows it reads changed: {', '.join(changed)}")
        told = {r["table"] for r in old["reads"] if _described_anew(r)}
        if told := sorted(told.difference(changed)):
            why.append(f"the description of what it reads changed: {', '.join(told)}")
        if latest and not (latest / page.path).is_file():
            why.append("its file is missing")
        elif wrong := damage_of(old, damaged or {}):
            why.append(f"its file {wrong}")
        if why:
            found[page.handle] = "; ".join(why)
    return found


def damage_of(entry: dict, damaged: dict[str, str]) -> str:
    """What is wrong with the files of a page, by its record; "" when they are as they were built."""
    files = [f"{entry['handle']}.html", *table_paths(entry)]
    return next((damaged[path] for path in files if path in damaged), "")


def table_paths(entry: dict) -> list[str]:
    """Where the tables of a page's findings may lie in a release."""
    return [
        f"{entry['handle']}/{fact['name']}.csv" for fact in entry.get("findings", [])
    ]


def fingerprint(plan: Plan, page: Page) -> dict:
    """What a page rests on, but for the rows it reads, which are known once it has run."""
    return {
        "source": file_digest(plan.source(page)),
        "parameters": page.parameters,
        "code": code_digest(),
        "lock": file_digest(plan.folder / "requirements.lock"),
    }


def readings(reads: Iterable[dict]) -> list[dict]:
    """Readings of tables, each with the digest of its rows, their number, the file's digest, and
    that of what ``datapackage.json`` says of the table: who made it is cited on the page."""
    from outcomes.data import tables

    found = []
    for read in reads:
        table, where, day = read["table"], read["where"], read.get("as_of", "")
        digests = {
            "file": table_digest(table),
            "described": description_digest(table),
            "digest": tables.digest(table, where, day),
            "rows": len(tables.rows(table, None, where, day)),
        }
        found.append({**read, **digests})
    return found


def inputs_digest(reads: Iterable[dict]) -> str:
    """A sha256 of the rows a page read: it changes when any of them does."""
    parts = [[r["table"], r["where"], r["digest"]] for r in reads]
    return digest([json.dumps(parts, sort_keys=True)])


def table_digest(table: str) -> str:
    """A sha256 of a table's file (of a table of one's own: both), or "" when there is none."""
    files = project.table_files(table)
    if len(files) < 2:
        return file_digest(min(files, default=None))
    return digest(map(file_digest, files))


def _rows_changed(reading: dict) -> bool:
    now, day = table_digest(reading["table"]), reading.get("as_of", "")
    # As of a day, the wait after which a table counts as published may have changed as well.
    if not now or (now == reading.get("file") and not day):
        return not now
    from outcomes.data import tables  # only now: it loads pandas

    found = tables.digest(reading["table"], reading["where"], day)
    return found != reading.get("digest")


def _described_anew(reading: dict) -> bool:
    return description_digest(reading["table"]) != reading.get("described")


def description_digest(table: str) -> str:
    """A sha256 of what ``datapackage.json`` says of a table."""
    found = package()
    held = _descriptions(found, *_version(found)) if found.is_file() else {}
    return held.get(table, "")


@cache
def _descriptions(path: Path, *version: int) -> dict[str, str]:
    resources = json.loads(path.read_text(encoding="utf-8"))["resources"]
    return {r["name"]: digest([json.dumps(r, sort_keys=True)]) for r in resources}


def site_digest(plan_file: Path) -> str:
    """A sha256 of all that a site rests on: while it stays, no page can become stale.

    The day is part of it: what the quality checks say of age may change with the day.
    """
    folder = Path(plan_file).resolve().parent
    files = [Path(plan_file), folder / "requirements.lock", package()]
    files.append(folder / ASSUMPTIONS)
    files += sorted((folder / "notebooks").rglob("*.ipynb"))
    files += sorted(project.data().glob("published/*"))
    rests = [today(), code_digest(), data_digest(), lessons_digest(folder)]
    return digest([*rests, *map(_named, files)])


def lessons_digest(folder: Path) -> str:
    """A sha256 of the lessons beside a plan and of their exercises, which no page rests on."""
    return digest(map(_named, sorted((folder / "notebooks" / "learn").glob("*.*"))))


def beside_digest(plan: Plan) -> str:
    """A sha256 of what a release shows beside what pages made: what their questions assume, and
    where pages have moved to."""
    moved = json.dumps(plan.moved, sort_keys=True)
    return digest([file_digest(plan.folder / ASSUMPTIONS), moved])


def today() -> str:
    """The day of a release made now, "2026-11-24", in UTC."""
    stamp = releases.now()
    return f"{stamp[:4]}-{stamp[4:6]}-{stamp[6:8]}"


def data_digest() -> str:
    """A sha256 of all tables."""
    files = [*project.data().glob("clean/*"), *project.data().glob("own/*")]
    return digest(map(_named, sorted(files)))


def versions() -> dict[str, tuple[int, ...]]:
    """What pages read but do not own, each file of it with what changes when it is written to.

    These are the files of the data and of the library.
    """
    found = {}
    for folder in (project.data(), LIBRARY):
        for place, folders, files in os.walk(folder):
            folders[:] = [f for f in folders if not f.startswith((".", "__pycache__"))]
            beneath = Path(place).relative_to(folder.parent).as_posix()
            for name in files:  # hundreds, twice a page: text is enough
                if not name.startswith("."):
                    found[f"{beneath}/{name}"] = _version(os.path.join(place, name))
    return found


def meddled(before: dict[str, tuple[int, ...]]) -> str:
    """Why a page cannot be published that ran since files had these versions; "" where it can.

    A change that was put back is one too: the page, or one beside it, may have read what was there.
    """
    now = versions()
    changed = sorted(n for n in {*before, *now} if before.get(n) != now.get(n))
    if not changed:
        return ""
    more = f" and {len(changed) - 1} more" if len(changed) > 1 else ""
    return (
        f"{changed[0]}{more} changed while it ran, by a page or by something else, so its numbers "
        "may not be those of the data; see that the file is as it should be, and build again"
    )


def _named(path: Path) -> str:
    return f"{path.name} {file_digest(path)}"


def code_digest() -> str:
    """A sha256 of the library's code and templates, of what ``collection.toml`` says, of the
    terms that pages explain, and of the words that the search knows."""
    tables = [project.data() / name for name in ("glossary.csv", "synonyms.csv")]
    files = [project.folder() / project.FILE, *tables]
    return digest([_library_digest(), *map(file_digest, files)])


@cache
def _library_digest() -> str:
    """Without what no page rests on."""
    files = {p.relative_to(LIBRARY): p for p in sorted(LIBRARY.rglob("*"))}
    return digest(
        f"{name.as_posix()} {file_digest(path)}"
        for name, path in files.items()
        if path.is_file()
        and "__pycache__" not in path.parts
        and name.parts[0] not in _NO_PAGE_RESTS_ON
    )


def file_digest(path: Path | None) -> str:
    """A sha256 of a file's bytes, or "" when there is none."""
    if path is None or not path.is_file():
        return ""
    return _digest(path, *_version(path))


def _version(path: Path | str) -> tuple[int, ...]:
    """What changes whenever a file is written to; no program can put back the time of change."""
    found = os.stat(path)
    return found.st_mtime_ns, found.st_ctime_ns, found.st_size, found.st_ino


@cache
def _digest(path: Path, *version: int) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def digest(lines: Iterable[str]) -> str:
    """A sha256 of some lines."""
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()


def package() -> Path:
    """The description of the tables."""
    return project.data() / "datapackage.json"
