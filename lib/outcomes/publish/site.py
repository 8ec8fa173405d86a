"""A release of the site: staged whole, checked, then shown by one rename.

``<out>/releases/<run>/`` holds a release; ``<out>/latest`` is a link to the newest. A reader who
opens the site at any moment sees one whole release, never a part of one or a mixture of two.
"""

import hashlib
import json
import os
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from html import escape
from pathlib import Path

import outcomes
from outcomes.data.errors import Invalid
from outcomes.publish import check, index, parameters, run
from outcomes.publish import page as pages
from outcomes.publish.plan import Page, Plan

Tell = Callable[[str, float, dict | None], None]


@dataclass(frozen=True)
class Release:
    """What a build made: its folder, and the manifest's record of every page."""

    path: Path
    entries: list[dict]

    @property
    def shown(self) -> Path:
        """Where a person opens it: by the link, which the next release will take over."""
        return self.path.parent.parent / "latest" / "index.html"

    @property
    def failed(self) -> list[dict]:
        """The pages that were asked for and could not be built."""
        return [e for e in self.entries if e["error"] and e["tried"] == self.path.name]


def build(
    plan: Plan,
    chosen: list[Page],
    *,
    out: Path,
    workers: int,
    timeout: float = run.TIMEOUT,
    tell: Tell = lambda handle, seconds, error: None,
) -> Release:
    """Build ``chosen`` pages, carry the others over from the last release, and switch to it all.

    ``tell`` is called as each page is done. Nothing is written before the parameters of every
    page have been checked, and what is shown changes only when the release is whole.
    """
    run.prepare()
    chosen = parameters.for_pages(plan, chosen)
    out = Path(out).resolve()
    if out.exists() and not out.is_dir():
        raise Invalid(f"{str(out)!r} is a file; --out needs a folder.")
    (out / "releases").mkdir(parents=True, exist_ok=True)
    name = _run_name(plan, out)
    with tempfile.TemporaryDirectory(prefix=".staging-", dir=out / "releases") as folder:
        staged = Staged(plan, Path(folder, "site"), latest(out), name, {p.handle for p in chosen})
        jobs = [
            run.Job(p.handle, str(plan.source(p)), p.parameters, f"{folder}/{i}.ipynb", timeout)
            for i, p in enumerate(chosen)
        ]
        by_handle = {p.handle: (p, Path(j.output)) for p, j in zip(chosen, jobs, strict=True)}
        for result in run.run(jobs, workers=workers):
            error = staged.add(*by_handle[result.handle], result)
            tell(result.handle, result.seconds, error)
        entries = staged.finish()
        os.rename(staged.folder, out / "releases" / name)
    _switch(out, name)
    return Release(out / "releases" / name, entries)


def latest(out: Path) -> Path | None:
    """The release that is shown now, or None."""
    found = (Path(out) / "latest").resolve()
    return found if (found / "manifest.json").is_file() else None


def manifest(release: Path) -> dict:
    """The record of a release."""
    return json.loads((release / "manifest.json").read_text(encoding="utf-8"))


class Staged:
    """A release while it is being made, in a folder that nobody reads yet."""

    def __init__(self, plan: Plan, folder: Path, previous: Path | None, name: str, asked: set[str]):
        self.plan, self.folder, self.previous, self.name = plan, folder, previous, name
        self.before = {e["handle"]: e for e in manifest(previous)["pages"]} if previous else {}
        self.pages = [p for p in plan.pages if p.handle in asked or p.handle in self.before]
        self.files = {"index.html", "findings.csv", "manifest.json"}
        self.files |= {p.path for p in self.pages}
        self.files |= {f"notebooks/{p.notebook}.ipynb" for p in self.pages}
        self.records: dict[str, dict] = {}
        self.code, self.lock = code_digest(), _digest(plan.folder / "requirements.lock")

    def add(self, page: Page, executed: Path, result: run.Result) -> dict | None:
        """Put one page in, or its last good version; the error when there was one."""
        error, record = result.error, self._record(page, result.seconds)
        if error is None:
            try:
                record |= self._render(page, executed)
            except Exception as problem:  # the page fails with its reason; the others go on
                name = "PageCheck" if isinstance(problem, Invalid) else type(problem).__name__
                error = run.failure(name, str(problem))
        if error:
            record |= {"error": error} | self._fall_back(page, error)
        self.records[page.handle] = record
        return error

    def finish(self) -> list[dict]:
        """Carry over what was not asked for, and write what speaks of the whole."""
        for page in self.pages:
            if page.handle not in self.records:
                self._copy(page)
                old = self.before[page.handle]
                state = "carried" if old["state"] == "built" else old["state"]
                self.records[page.handle] = old | {"state": state}
            self._link_siblings(page)
            source = self.plan.source(page)
            write(self.folder / "notebooks" / f"{page.notebook}.ipynb", source.read_bytes())
        entries = [self.records[p.handle] for p in self.pages]
        record = {"release": self.name, "version": outcomes.__version__, "pages": entries}
        write(
            self.folder / "manifest.json", json.dumps(record, indent=1, ensure_ascii=False) + "\n"
        )
        write(self.folder / "findings.csv", index.findings_csv(entries))
        write(self.folder / "index.html", index.index_html(entries, self.name))
        self._check_whole()
        return entries

    def _record(self, page: Page, seconds: float) -> dict:
        shown = {**vars(page), "path": page.path, "label": page.label}
        digests = {"code": self.code, "lock": self.lock, "source": _digest(self.plan.source(page))}
        now = {"state": "built", "built": self.name, "tried": self.name, "error": None}
        found = {"reads": [], "inputs": "", "vintage": "", "findings": []}
        return shown | now | {"seconds": round(seconds, 2)} | digests | found

    def _render(self, page: Page, executed: Path) -> dict:
        """Write a page and its tables, once it is fit to be published."""
        built = pages.build(
            page,
            parameters.load(executed),
            plan=self.plan,
            known=parameters.declared(self.plan.source(page)),
            code=f"version {outcomes.__version__}, digest {self.code[:12]}",
            root="../" * page.handle.count("/"),
        )
        tables = {f"{page.handle}/{f['name']}.csv": f for f in built.findings if f["table"]}
        if found := check.problems(built.html, page.path, self.files | set(tables)):
            raise Invalid("; ".join(found[:3]))
        for path, fact in tables.items():
            write(self.folder / path, index.finding_csv(fact))
        write(self.folder / page.path, built.html)
        self.files |= set(tables)
        facts = [{k: v for k, v in f.items() if k != "table"} for f in built.findings]
        inputs = inputs_digest(built.reads)
        return {
            "reads": built.reads,
            "inputs": inputs,
            "vintage": pages.vintage(facts),
            "findings": facts,
        }

    def _fall_back(self, page: Page, error: dict) -> dict:
        """The last good version with a notice, or a page that says there is none."""
        old = self.before.get(page.handle)
        if old and old["state"] != "failed":
            kept = {k: old[k] for k in ("built", "reads", "inputs", "vintage", "findings")}
            self._copy(page, _notice(self.name, old["built"], error))
            return kept | {"state": "kept"}
        root = "../" * page.handle.count("/")
        stub = pages.template("stub.html.j2", page=page, root=root, reason=index.reason(error))
        write(self.folder / page.path, stub)
        return {"state": "failed"}

    def _copy(self, page: Page, notice: str | None = None) -> None:
        """Copy a page and its tables from the release before."""
        html = (self.previous / page.path).read_text(encoding="utf-8")
        html = html if notice is None else pages.fill(html, "notice", notice)
        write(self.folder / page.path, html)
        for path in sorted((self.previous / page.handle).glob("*.csv")):
            write(self.folder / page.handle / path.name, path.read_bytes())
            self.files.add(f"{page.handle}/{path.name}")

    def _link_siblings(self, page: Page) -> None:
        path = self.folder / page.path
        html = pages.fill(
            path.read_text(encoding="utf-8"), "siblings", pages.siblings(page, self.pages)
        )
        write(path, html)

    def _check_whole(self) -> None:
        """The last look, on the files as they will be served."""
        files = {
            p.relative_to(self.folder).as_posix() for p in self.folder.rglob("*") if p.is_file()
        }
        for path in ["index.html", *(p.path for p in self.pages)]:
            html = (self.folder / path).read_text(encoding="utf-8")
            if found := check.problems(html, path, files):
                raise RuntimeError(f"{path} may not be published: {'; '.join(found[:3])}")


def code_digest() -> str:
    """A sha256 of the library's code and templates."""
    folder = Path(outcomes.__file__).parent
    total = hashlib.sha256()
    for path in sorted(folder.rglob("*")):
        if path.is_file() and "__pycache__" not in path.parts:
            total.update(f"{path.relative_to(folder).as_posix()}\0{_digest(path)}\n".encode())
    return total.hexdigest()


def inputs_digest(reads: list[dict]) -> str:
    """A sha256 of the rows a page read: it changes when any of them does."""
    from outcomes.data import store

    parts = [[r["table"], r["where"], store.digest(r["table"], r["where"])] for r in reads]
    return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()


def _digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest() if path.is_file() else ""


def _run_name(plan: Plan, out: Path) -> str:
    """The time in UTC, and a short digest of plan and code; never a name already taken."""
    now = time.gmtime(float(os.environ.get("SOURCE_DATE_EPOCH") or time.time()))
    short = hashlib.sha256((_digest(plan.file) + code_digest()).encode()).hexdigest()[:8]
    base = f"{time.strftime('%Y%m%dT%H%M%SZ', now)}-{short}"
    taken = {p.name for p in (out / "releases").iterdir()}
    return next(n for i in range(1, 10000) if (n := base if i == 1 else f"{base}-{i}") not in taken)


def _notice(now: str, then: str, error: dict) -> str:
    return (
        f'<div class="notice"><p><strong>This is the version of {escape(index.day(then))}.</strong>'
        f" The page could not be rebuilt on {escape(index.day(now))}.</p>"
        f"<p>Reason: {escape(index.reason(error))}.</p></div>"
    )


def write(path: Path, content: str | bytes) -> None:
    """Write a file, and the folders it needs; text as UTF-8 with plain line ends."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content if isinstance(content, bytes) else content.encode("utf-8"))


def _switch(out: Path, name: str) -> None:
    """Show a release: a new link takes the place of the old one in one rename."""
    link = out / f".latest-{os.getpid()}"
    link.unlink(missing_ok=True)
    link.symlink_to(Path("releases", name), target_is_directory=True)
    os.replace(link, out / "latest")
