"""Which pages must be rebuilt, and why: what a page rests on, compared with what it rested on.

A page rests on its notebook, its parameters and entry in the plan, the library, the locked packages
and the rows it read. No heavy library is loaded here unless a table that a page read has changed.
"""

import hashlib
import json
from collections.abc import Iterable
from functools import cache
from pathlib import Path

import outcomes
from outcomes.core import project
from outcomes.publish import releases
from outcomes.publish.plan import Page, Plan

LIBRARY = Path(outcomes.__file__).parent
_APART = (
    "ingest",
    "cli.py",
)  # what makes the tables shows in them; no page runs the command line
_ENTRY = ("title", "group", "schedule")


def reasons(
    plan: Plan,
    pages: list[Page],
    shown: Path | None,
    before: dict,
    *,
    force: bool = False,
) -> dict[str, str]:
    """Why each page that is due must be rebuilt, by handle; a page that is not due is left out.

    ``shown`` is the release shown now, ``before`` the records of its pages by handle.
    """
    found = {p.handle: _why(plan, p, shown, before.get(p.handle), force) for p in pages}
    return {handle: "; ".join(why) for handle, why in found.items() if why}


def _why(
    plan: Plan, page: Page, shown: Path | None, old: dict | None, force: bool
) -> list[str]:
    if old is None:
        return ["it is new"]
    now = rests_on(plan, page)
    words = {
        "source": "the notebook changed",
        "parameters": "its parameters changed",
        "code": "the library's code changed",
        "lock": "the locked packages changed",
    }
    why = ["it was asked for by --force"] if force else []
    if old["state"] in ("kept", "failed"):
        why.append("it failed last time")
    why += [say for key, say in words.items() if old[key] != now[key]]
    if any(old[key] != getattr(page, key) for key in _ENTRY):
        why.append("its entry in the plan changed")
    changed = sorted({r["table"] for r in old["reads"] if _row_changed(r)})
    why += [f"rows it reads changed: {', '.join(changed)}"] if changed else []
    return why + ["its file is missing"] * bool(
        shown and not (shown / page.path).is_file()
    )


def rests_on(plan: Plan, page: Page) -> dict:
    """What a page rests on, but for the rows it reads, which are known once it has run."""
    source = file_digest(plan.source(page))
    lock = file_digest(plan.folder / "requirements.lock")
    return {
        "source": source,
        "parameters": page.parameters,
        "code": code_digest(),
        "lock": lock,
    }


def readings(reads: Iterable[dict]) -> list[dict]:
    """Readings of tables, each with the digest of its rows, their number, and the file's digest."""
    from outcomes.data import tables

    return [
        r
        | {"file": table_digest(r["table"])}
        | {"digest": tables.digest(r["table"], r["where"], r.get("as_of", ""))}
        | {"rows": len(tables.rows(r["table"], None, r["where"], r.get("as_of", "")))}
        for r in reads
    ]


def inputs_digest(reads: Iterable[dict]) -> str:
    """A sha256 of the rows a page read: it changes when any of them does."""
    parts = [[r["table"], r["where"], r["digest"]] for r in reads]
    return total([json.dumps(parts, sort_keys=True)])


def table_digest(table: str) -> str:
    """A sha256 of a table's file, or "" when there is none."""
    return file_digest(min(data().glob(f"clean/{table}.*"), default=None))


def _row_changed(reading: dict) -> bool:
    now, day = table_digest(reading["table"]), reading.get("as_of", "")
    if not now or (
        now == reading.get("file") and not day
    ):  # the wait for a table may have changed
        return not now
    from outcomes.data import tables  # only now: it loads pandas

    return tables.digest(reading["table"], reading["where"], day) != reading.get(
        "digest"
    )


def standing(plan_file: Path) -> str:
    """A sha256 of all that a site rests on: while it stands, no page can be due, nor the gate's
    word be another. That may change with the day."""
    folder = Path(plan_file).resolve().parent
    files = [Path(plan_file), folder / "requirements.lock", package()]
    files += sorted((folder / "notebooks").rglob("*.ipynb"))
    files += sorted(data().glob("published/*"))
    return total([today(), code_digest(), data_digest(), *map(_named, files)])


def today() -> str:
    """The day of a release made now, "2026-11-24", in UTC."""
    stamp = releases.now()
    return f"{stamp[:4]}-{stamp[4:6]}-{stamp[6:8]}"


def data_digest() -> str:
    """A sha256 of all tables."""
    return total(map(_named, sorted(data().glob("clean/*"))))


def _named(path: Path) -> str:
    return f"{path.name} {file_digest(path)}"


def code_digest() -> str:
    """A sha256 of the library's code and templates, of what ``collection.toml`` says, and of the
    terms that pages explain."""
    files = [project.folder() / project.FILE, data() / "glossary.csv"]
    return total([_library(), *map(file_digest, files)])


@cache
def _library() -> str:
    """Without what no page depends on."""
    paths = [
        p
        for p in sorted(LIBRARY.rglob("*"))
        if p.is_file() and "__pycache__" not in p.parts
    ]
    names = [(p.relative_to(LIBRARY).as_posix(), p) for p in paths]
    return total(
        f"{n} {file_digest(p)}" for n, p in names if n.split("/")[0] not in _APART
    )


def file_digest(path: Path | None) -> str:
    """A sha256 of a file's bytes, or "" when there is none."""
    if path is None or not path.is_file():
        return ""
    found = path.stat()
    return _digest(path, found.st_mtime_ns, found.st_size, found.st_ino)


@cache
def _digest(path: Path, *version: int) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def total(lines: Iterable[str]) -> str:
    """A sha256 of some lines."""
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()


def data() -> Path:
    """The data folder (:func:`outcomes.core.project.data`)."""
    return project.data()


def package() -> Path:
    """The description of the tables."""
    return data() / "datapackage.json"
