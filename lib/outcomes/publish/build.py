"""A release of the site: staged whole, checked, then shown by one rename.

A reader who opens the site at any moment sees one whole release, never a part of one or a mixture
of two (:mod:`outcomes.publish.releases`). Pages that nothing has changed for are taken over as
they are (:mod:`outcomes.publish.staleness`).
"""

import json
import math
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import outcomes
from outcomes.core.errors import Invalid
from outcomes.publish import (
    assumptions,
    banners,
    changes,
    execute,
    feed,
    html_checks,
    index,
    parameters,
    releases,
    sbom,
    staleness,
)
from outcomes.publish import render as pages
from outcomes.publish.plan import Page, Plan
from outcomes.publish.releases import write

Tell = Callable[[str, float, dict | None], None]
KEEP = 12
_GOOD = (
    *("built", "reads", "inputs", "vintage", "question"),
    *("findings", "changes", "changed"),
)


@dataclass(frozen=True)
class Release:
    """What a build made: its folder, and the manifest's record of every page.

    ``new`` is False when there was nothing to do, and the release is the one shown before.
    """

    path: Path
    entries: list[dict]
    new: bool = True

    @property
    def shown(self) -> Path:
        """Where a person opens it: by the link, which the next release will take over."""
        return self.path.parent.parent / "latest" / "index.html"

    @property
    def failed(self) -> list[dict]:
        """The pages that were asked for and could not be built."""
        return [e for e in self.entries if e["error"] and e["tried"] == self.path.name]

    @property
    def changed(self) -> list[dict]:
        """The pages on which a finding changed in this release."""
        return [
            e for e in self.entries if e["changes"] and e["changed"] == self.path.name
        ]


def build(
    plan: Plan,
    chosen: list[Page],
    *,
    out: Path,
    workers: int,
    force: bool = False,
    resume: bool = True,
    keep: int = KEEP,
    scheduler: str = "",
    tell: Tell = lambda handle, seconds, error: None,
    say: Callable[[str], None] = lambda sentence: None,
) -> Release:
    """Build those of the ``chosen`` pages that are due, take the others over, and switch to it all.

    ``tell`` is called as each page is done. Nothing is written before the parameters of every
    page and the tables have been checked, and what is shown changes only when the release is
    whole. Executed notebooks of a build that was killed are used again with ``resume``.
    """
    chosen = parameters.for_pages(plan, chosen)
    cautions = banners.cautions(out)
    with releases.alone(out, say) as out:
        stands, previous = staleness.standing(plan.file), releases.latest(out)
        last = releases.manifest(previous)
        before = {e["handle"]: e for e in last["pages"]}
        why = staleness.reasons(plan, chosen, previous, before, force=force)
        present = [p.handle for p in plan.pages if p in chosen or p.handle in before]
        if (
            previous
            and not why
            and last.get("cautions") == cautions
            and present == list(before)
        ):
            path, entries = previous, last["pages"]
        else:
            digest = staleness.total(
                [staleness.file_digest(plan.file) + staleness.code_digest()]
            )
            name = releases.new_name(out, digest)
            folder = releases.staging(out, resume=resume and not force)
            staged = Staged(
                plan, folder / "site", previous, name, chosen, why, cautions
            )
            entries = _made(staged, chosen, folder / "run", tell, workers, scheduler)
            path = releases.show(out, staged.folder, name)
            releases.prune(out, keep)
        _leave(out, stands, plan, chosen, entries)
    return Release(path, entries, new=path != previous)


def _leave(
    out: Path, stands: str, plan: Plan, chosen: list[Page], entries: list[dict]
) -> None:
    """Clean up, and note whether a later build need not look again while nothing has changed."""
    releases.clear(out)
    whole = len(chosen) == len(plan.pages) and not any(e["error"] for e in entries)
    releases.note_standing(out, stands if whole else "")


def _made(
    staged: "Staged",
    chosen: list[Page],
    folder: Path,
    tell: Tell,
    workers: int,
    scheduler: str,
) -> list[dict]:
    """The records of a release once all its pages are there."""
    due_pages = {p.handle: p for p in chosen if p.handle in staged.why}
    turns = longest_first(list(due_pages.values()), staged.before)
    jobs = {page.handle: staged.job(page, folder) for page in turns}
    for result in _results(list(jobs.values()), workers, scheduler):
        output = Path(jobs[result.handle].output)
        error = staged.add(due_pages[result.handle], output, result)
        tell(result.handle, result.seconds, error)
    return staged.finish()


def longest_first(due_pages: list[Page], before: dict[str, dict]) -> list[Page]:
    """The pages by what they took last time, so that no core waits long for a last page. Those
    never built come first; of these one of each notebook, since a notebook with one page is long.
    """
    seen: Counter[str] = Counter()
    turn = {}
    for page in due_pages:
        took = before.get(page.handle, {}).get("seconds", math.inf)
        turn[page.handle] = (-took, seen[page.notebook])
        seen[page.notebook] += 1
    return sorted(due_pages, key=lambda page: turn[page.handle])


def _results(
    jobs: list[execute.Job], workers: int, scheduler: str
) -> Iterator[execute.Result]:
    """Each job's result as it comes: those of a build that was killed come first."""
    done = [j for j in jobs if Path(j.output).is_file()]
    yield from (execute.Result(j.handle, 0.0) for j in done)
    waiting = [j for j in jobs if j not in done]
    if waiting and scheduler:
        from outcomes.publish import cluster

        yield from cluster.results(waiting, scheduler)
    elif waiting:
        execute.prepare()
        yield from execute.run(waiting, workers=workers)


def made_page(
    plan: Plan, page: Page, executed: Path, *, root: str | None
) -> pages.Built:
    """A page of the executed notebook, by the code as it is now."""
    code = f"version {outcomes.__version__}, digest {staleness.code_digest()[:12]}"
    known = parameters.declared(plan.source(page))
    notebook = parameters.load(executed)
    return pages.build(page, notebook, plan=plan, known=known, code=code, root=root)


def put_page(
    folder: Path, page: Page, html: str, facts: list[dict], files: set[str]
) -> set[str]:
    """Write a page and its tables, once it is fit to be published; gives the tables' paths."""
    tables = {f"{page.handle}/{f['name']}.csv": f for f in facts if f["table"]}
    if found := html_checks.problems(html, page.path, files | set(tables)):
        raise Invalid("; ".join(found[:3]))
    for path, fact in tables.items():
        write(folder / path, index.finding_csv(fact))
    write(folder / page.path, html)
    return set(tables)


class Staged:
    """A release while it is being made, in a folder that nobody reads yet."""

    def __init__(
        self,
        plan: Plan,
        folder: Path,
        previous: Path | None,
        name: str,
        asked: list[Page],
        why: dict[str, str],
        cautions: list[dict],
    ):
        self.plan, self.folder, self.previous, self.name = plan, folder, previous, name
        self.cautions = cautions
        self.last = releases.manifest(previous)
        self.before = {e["handle"]: e for e in self.last["pages"]}
        self.asked, self.why = {p.handle for p in asked}, why
        self.pages = [
            p for p in plan.pages if p.handle in self.asked or p.handle in self.before
        ]
        self.files = {"index.html", "findings.csv", "answers.csv", "manifest.json"}
        self.files.add("feed.xml")
        self.files |= {p.path for p in self.pages}
        self.files |= {f"notebooks/{p.notebook}.ipynb" for p in self.pages}
        self.records: dict[str, dict] = {}
        self.rests = {p.handle: self._rests_on(p) for p in asked}
        self.methods = changes.methods(plan.folder / "CHANGELOG.md")

    def job(self, page: Page, folder: Path) -> execute.Job:
        """The run of a page; its output is named after all it rests on, to be found again."""
        text = json.dumps([page.handle, self.rests[page.handle]], sort_keys=True)
        output = folder / f"{staleness.total([text])[:32]}.ipynb"
        source = str(self.plan.source(page))
        return execute.Job(
            page.handle, source, page.parameters, str(output), self.plan.limits
        )

    def add(self, page: Page, executed: Path, result: execute.Result) -> dict | None:
        """Put one page in, or its last good version; the error when there was one."""
        error, record = result.error, self._record(page, result.seconds)
        if error is None:
            try:
                record |= self._render(page, executed)
                old = self.before.get(page.handle)
                new = [m for m in self.methods if m not in self.last.get("methods", [])]
                record |= changes.moved(old, record, self.name, new)
            except (
                Exception
            ) as problem:  # the page fails with its reason; the others go on
                name = (
                    "PageCheck"
                    if isinstance(problem, Invalid)
                    else type(problem).__name__
                )
                error = execute.failure(name, str(problem))
        if error:
            record |= {"error": error} | self._fall_back(page, error)
        self.records[page.handle] = record
        return error

    def finish(self) -> list[dict]:
        """Take over what was not built, and write what speaks of the whole."""
        for page in self.pages:
            if page.handle not in self.records:
                self.records[page.handle] = self._taken_over(page)
            self._fill_slots(page)
            notebook = self.plan.source(page).read_bytes()
            write(self.folder / "notebooks" / f"{page.notebook}.ipynb", notebook)
        entries = [self.records[p.handle] for p in self.pages]
        for name, text in self._of_the_whole(entries).items():
            write(self.folder / name, text)
        self._check_whole()
        return entries

    def _of_the_whole(self, entries: list[dict]) -> dict[str, str]:
        """The files that speak of all pages, by name."""
        told = changes.summary(entries, self.name, self.last["release"])
        past = [told, *self.last.get("history", [])][: feed.LENGTH]
        record = {
            "release": self.name,
            "version": outcomes.__version__,
            "methods": self.methods,
        }
        record |= {"cautions": self.cautions, "history": past, "pages": entries}
        aged = banners.html([c["said"] for c in self.cautions if c["aged"]])
        files = {
            "manifest.json": json.dumps(record, indent=1, ensure_ascii=False) + "\n",
            "findings.csv": index.findings_csv(entries),
            "answers.csv": index.answers_csv(entries),
            "feed.xml": feed.atom(past),
            "index.html": pages.fill(
                index.index_html(entries, self.name, told), "cautions", aged
            ),
        }
        if (lock := self.plan.folder / "requirements.lock").is_file():
            files["sbom.json"] = sbom.bill(lock.read_text(encoding="utf-8"))
        return files

    def _rests_on(self, page: Page) -> dict:
        return staleness.rests_on(self.plan, page) | {"tables": staleness.data_digest()}

    def _record(self, page: Page, seconds: float) -> dict:
        shown = {**vars(page), "path": page.path, "label": page.label}
        now = {"state": "built", "built": self.name, "tried": self.name, "error": None}
        found = {"reads": [], "inputs": "", "vintage": "", "question": ""}
        found["findings"] = []
        why = {"why": self.why[page.handle], "changes": [], "changed": ""}
        digests = {k: v for k, v in self.rests[page.handle].items() if k != "tables"}
        return shown | now | why | {"seconds": round(seconds, 2)} | digests | found

    def _taken_over(self, page: Page) -> dict:
        """Copy a page that was not built: nothing had changed, or nobody asked."""
        old = self.before[page.handle]
        self._copy(page)
        if old["state"] in ("kept", "failed"):
            return old
        if page.handle not in self.asked:
            return old | {"state": "carried"}
        files = [r | {"file": staleness.table_digest(r["table"])} for r in old["reads"]]
        return old | {"state": "unchanged", "reads": files}

    def _render(self, page: Page, executed: Path) -> dict:
        """Write a page and its tables, once it is fit to be published."""
        if self._rests_on(page) != self.rests[page.handle]:
            raise Invalid(
                "its notebook or the tables changed while it ran; build it again"
            )
        built = made_page(
            self.plan, page, executed, root="../" * page.handle.count("/")
        )
        self.files |= put_page(
            self.folder, page, built.html, built.findings, self.files
        )
        facts = [{k: v for k, v in f.items() if k != "table"} for f in built.findings]
        reads = staleness.readings(built.reads)
        return {
            "reads": reads,
            "inputs": staleness.inputs_digest(reads),
            "vintage": built.vintage,
            "question": built.question,
            "findings": facts,
        }

    def _fall_back(self, page: Page, error: dict) -> dict:
        """The last good version with a notice, or a page that says there is none."""
        old = self.before.get(page.handle)
        for path in (self.folder / page.handle).glob("*.csv"):
            path.unlink()  # of the version that failed
        if old and old["state"] != "failed" and (self.previous / page.path).is_file():
            kept = {k: old[k] for k in _GOOD if k in old}
            self._copy(page, _notice(self.name, old["built"], error))
            return kept | {"state": "kept"}
        root = "../" * page.handle.count("/")
        stub = pages.template(
            "stub.html.j2", page=page, root=root, reason=index.reason(error)
        )
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

    def _fill_slots(self, page: Page) -> None:
        """What a page says of others and of the past, which may change while the page does not."""
        path = self.folder / page.path
        html = path.read_text(encoding="utf-8")
        record = self.records[page.handle]
        said = banners.concern(self.cautions, record["reads"], record["findings"])
        html = pages.fill(html, "cautions", banners.html(said))
        html = pages.fill(html, "siblings", pages.siblings(page, self.pages))
        html = pages.fill(
            html, "assumed", assumptions.told(self.plan.folder, page.notebook)
        )
        write(path, pages.fill(html, "changes", changes.told(record)))

    def _check_whole(self) -> None:
        """The last look, on the files as they will be served."""
        found = (p for p in self.folder.rglob("*") if p.is_file())
        files = {p.relative_to(self.folder).as_posix() for p in found}
        for path in ["index.html", *(p.path for p in self.pages)]:
            html = (self.folder / path).read_text(encoding="utf-8")
            if wrong := html_checks.problems(html, path, files):
                raise RuntimeError(
                    f"{path} may not be published: {'; '.join(wrong[:3])}"
                )


def _notice(now: str, then: str, error: dict) -> str:
    return pages.slot("notice", index.day(now), index.day(then), index.reason(error))
