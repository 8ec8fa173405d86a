"""A release while it is being made, in a folder that nobody reads yet."""

import hashlib
import json
from collections.abc import Callable, Iterable
from dataclasses import asdict
from functools import cache
from pathlib import Path

import outcomes
from outcomes.core import formatting
from outcomes.core.errors import Invalid
from outcomes.publish import (
    bundle,
    changes,
    csv_files,
    disclosed,
    execute,
    feed,
    html_checks,
    index,
    lessons,
    notebook_outputs,
    parameters,
    releases,
    render,
    sbom,
    search,
    staleness,
)
from outcomes.publish.plan import Page, Plan
from outcomes.publish.releases import write

_TOLD = ("sentence", "detail", "alt", "area", "caption")
_NO_CODE = "# Its code is not published, as counts of people are withheld."
_GOOD = ["built", "reads", "inputs", "vintage", "question"]
_GOOD += ["findings", "elsewhere", "changes", "changed", "replaced", "earlier"]
"""What the record of a page keeps of its last good version."""


def render_page(
    plan: Plan, page: Page, executed: Path, *, root: str | None
) -> render.Built:
    """A page of the executed notebook, by the code as it is now."""
    code = f"version {outcomes.__version__}, digest {staleness.code_digest()[:12]}"
    known = parameters.declared(plan.source(page))
    notebook = parameters.load(executed)
    return render.build(page, notebook, plan=plan, known=known, code=code, root=root)


def write_page(
    folder: Path, page: Page, html: str, facts: list[dict], files: set[str]
) -> dict[str, str]:
    """Write a page and its tables, once it is fit to be published; gives each file's digest.

    ``files`` are those of its release, to which it may link.
    """
    tables = {f"{page.handle}/{f['name']}.csv": f for f in facts if f["table"]}
    if found := html_checks.problems(html, page.path, files | set(tables)):
        raise Invalid("; ".join(found[:3]))
    made = {p: write(folder / p, csv_files.finding_csv(f)) for p, f in tables.items()}
    return made | {page.path: write(folder / page.path, html)}


def concerning(
    cautions: list[dict], reads: Iterable[dict], facts: Iterable[dict]
) -> list[str]:
    """The words of those cautions that concern a page, by its readings and findings.

    A page is concerned when it reads rows that the caution is about, and, where the caution names
    printed pages, when it cites every one of them and a finding names the place. This follows from the tables
    and the page alone, never from a clock: what is said of age, which holds on some days only,
    stands on the index, which names the day of its release.
    """
    reads, facts = list(reads), list(facts)
    cited = {source.get("source", "") for f in facts for source in f["sources"]} - {""}
    told = " ".join(str(f.get(key, "")) for f in facts for key in _TOLD)
    named = f"-{formatting.slug(told)}-"
    found = []
    for caution in cautions:
        if caution["aged"]:
            continue
        sources, tables = caution["sources"], caution["tables"]
        if sources and not cited.issuperset(sources):
            continue
        place = caution["where"].get("area", "")
        if sources and f"-{place}-" not in named:
            continue
        if any(r["table"] in tables and _overlap(r, caution) for r in reads):
            found.append(caution["said"])
    return found


def _overlap(reading: dict, caution: dict) -> bool:
    """Whether rows that were read may be among those of a caution, as far as both say which."""
    asked, named = reading["where"], caution["where"]
    either = [
        [set(v) if isinstance(v, list) else {v} for v in (asked[key], named[key])]
        for key in asked.keys() & named.keys()
    ]
    return all(one & other for one, other in either)


class Staging:
    """The pages of one release, put in as each is run, then the files that speak of all."""

    def __init__(
        self,
        plan: Plan,
        folder: Path,
        name: str,
        pages: list[Page],
        stale: staleness.Stale,
        cautions: list[dict],
        versions: dict[str, tuple[int, ...]],
    ):
        self.plan, self.folder, self.name = plan, folder, name
        self.previous, self.last, self.reasons = (
            stale.latest,
            stale.record,
            stale.reasons,
        )
        self.cautions, self.versions = cautions, versions
        self.before = {e["handle"]: e for e in self.last["pages"]}
        self.asked = {p.handle: p for p in pages}
        self.pages = [
            self.asked.get(p.handle, p)
            for p in plan.pages
            if p.handle in self.asked or p.handle in self.before
        ]
        self.files = {"index.html", "findings.csv", "answers.csv"}
        self.files |= {"manifest.json", "feed.xml", bundle.FILE}
        self.files |= {p.path for p in self.pages}
        self.files |= {f"notebooks/{p.notebook}.ipynb" for p in self.pages}
        there = {p.handle: p for p in self.pages}
        self.moved = {
            f"{old}.html": there[new]
            for old, new in plan.moved.items()
            if new in there and old not in there
        }
        """Addresses that were pages once, each with the page that it leads to."""
        self.damaged = stale.damaged
        self.written: dict[str, str] = {}
        """Each file of the release with the digest of what the publisher wrote."""
        self.left_out: list[str] = []
        """What was left out of the release, each with its reason in a sentence."""
        self.records: dict[str, dict] = {}
        self.outputs: dict[str, Path] = {}
        self.rests = {page.handle: self._rests_on(page) for page in pages}
        self.methods = changes.methods(plan.folder / "CHANGELOG.md")

    @property
    def stale(self) -> list[Page]:
        """The pages to be run."""
        return [page for page in self.pages if page.handle in self.reasons]

    def job(self, page: Page, folder: Path) -> execute.Job:
        """The run of a page; its output is named after all it rests on, to be found again."""
        text = json.dumps([page.handle, self.rests[page.handle]], sort_keys=True)
        output = self.outputs[page.handle] = (
            folder / f"{staleness.digest([text])[:32]}.ipynb"
        )
        source = str(self.plan.source(page))
        return execute.Job(
            page.handle, source, page.parameters, str(output), self.plan.limits
        )

    def add(self, result: execute.Result) -> dict | None:
        """Put the page of a job in, or its last good version; the error when there was one."""
        page, error = self.asked[result.handle], result.error
        rests = self.rests[page.handle]
        record = {
            **asdict(page),
            **{"path": page.path, "label": page.label},
            **{"state": "built", "built": self.name, "tried": self.name, "error": None},
            **{"why": self.reasons[page.handle], "changes": [], "changed": ""},
            **{"replaced": "", "earlier": []},
            "seconds": round(result.seconds, 2),
            **{key: rests[key] for key in ("source", "parameters", "code", "lock")},
            **{
                "reads": [],
                "inputs": "",
                "vintage": "",
                "question": "",
                "findings": [],
                "elsewhere": [],
            },
        }
        if error is None:
            try:
                record |= self._render(page, self.outputs[page.handle])
                old = self.before.get(page.handle)
                new = [m for m in self.methods if m not in self.last.get("methods", [])]
                record |= changes.moved(old, record, self.name, new)
            # the page fails with its reason; the others go on
            except Exception as problem:
                checked = isinstance(problem, Invalid)
                name = "PageCheck" if checked else type(problem).__name__
                error = execute.failure(name, str(problem))
        if error:
            record |= {"error": error, **self._fall_back(page, error)}
        self.records[page.handle] = record
        return error

    def finish(self) -> list[dict]:
        """Take over what was not built, write what speaks of the whole, and look at it all."""
        self._take_over_the_others()
        withheld = {p.notebook for p in self.pages if self._withholds(p)}
        for page in self.pages:
            self._fill_slots(page, withheld=page.notebook in withheld)
        for notebook in dict.fromkeys(page.notebook for page in self.pages):
            self._write_notebook(notebook, withheld=notebook in withheld)
        entries = [self.records[p.handle] for p in self.pages]
        summary = changes.summary(entries, self.name, self.last["release"])
        history = [summary, *self.last.get("history", [])][: feed.LENGTH]
        manifest = {
            "release": self.name,
            "version": outcomes.__version__,
            "methods": self.methods,
            "cautions": self.cautions,
            "lessons": staleness.lessons_digest(self.plan.folder),
            "beside": staleness.beside_digest(self.plan),
            "history": history,
            "pages": entries,
        }
        aged = [caution["said"] for caution in self.cautions if caution["aged"]]
        learnt, refused = lessons.pages(self.plan, self.files)
        self.left_out += refused
        home = index.index_html(entries, self.name, summary, learnt)
        files = {
            "findings.csv": index.findings_csv(entries),
            "answers.csv": index.answers_csv(entries),
            "feed.xml": feed.atom(history),
            search.FILE: search.script([*entries, *(one.entry for one in learnt)]),
            "index.html": render.fill(home, "cautions", render.cautions(aged)),
        }
        if (lock := self.plan.folder / "requirements.lock").is_file():
            files["sbom.json"] = sbom.bill(lock.read_text(encoding="utf-8"))
        files |= {path: render.moved(path, page) for path, page in self.moved.items()}
        files |= {lesson.page.path: lesson.html for lesson in learnt}
        for name, text in files.items():
            self._write(name, text)
        self._vet()
        self._write(bundle.FILE, bundle.bundle(self.folder, entries, self.name))
        manifest["files"] = dict(sorted(self.written.items()))
        record = json.dumps(manifest, indent=1, ensure_ascii=False) + "\n"
        write(self.folder / releases.RECORD, record)
        # the last look, on the files as they will be served
        found = (p for p in self.folder.rglob("*") if p.is_file())
        there = {p.relative_to(self.folder).as_posix() for p in found}
        made = {
            "index.html",
            *self.moved,
            *(e["path"] for e in entries if e["state"] == "built"),
        }
        for path in ["index.html", *self.moved, *(p.path for p in self.pages)]:
            html = (self.folder / path).read_text(encoding="utf-8")
            old = path not in made
            if wrong := html_checks.problems(html, path, there, taken_over=old):
                raise RuntimeError(
                    f"{path} may not be published: {'; '.join(wrong[:3])}"
                )
        return entries

    def _rests_on(self, page: Page) -> dict:
        tables = {"tables": staleness.data_digest()}
        return staleness.fingerprint(self.plan, page) | tables

    def _take_over_the_others(self) -> None:
        """Take over what was not built; where a table changed meanwhile, no page as unchanged."""
        digest_of = cache(staleness.table_digest)  # one look at each for all pages
        for page in self.pages:
            if page.handle not in self.records:
                self.records[page.handle] = self._take_over(page, digest_of)
        # what was looked at may not be what the pages read
        if staleness.meddled(self.versions):
            for handle, record in self.records.items():
                if record["state"] == "unchanged":
                    carried = {**self.before[handle], "state": "carried"}
                    self.records[handle] = carried

    def _take_over(self, page: Page, digest_of: Callable[[str], str]) -> dict:
        """Copy a page that was not built: nothing had changed, or nobody asked."""
        old = self.before[page.handle]
        if wrong := staleness.damage_of(old, self.damaged):  # and nobody asked for it
            said = f"its file {wrong}; build it again"
            error = execute.failure("Damaged", said)
            return {**old, "error": error, **self._fall_back(page, error)}
        self._copy(page)
        if old["state"] in ("kept", "failed"):
            return old
        if page.handle not in self.asked:
            return {**old, "state": "carried"}
        reads = [{**read, "file": digest_of(read["table"])} for read in old["reads"]]
        return {**old, "state": "unchanged", "reads": reads}

    def _render(self, page: Page, executed: Path) -> dict:
        """Write a page and its tables, once it is fit to be published; what is found in it."""
        if said := staleness.meddled(self.versions):
            raise Invalid(said)
        if self._rests_on(page) != self.rests[page.handle]:
            raise Invalid("its notebook changed while it ran; build it again")
        root = "../" * page.handle.count("/")
        built = render_page(self.plan, page, executed, root=root)
        before = disclosed.with_tables(self.before.get(page.handle), self.previous)
        for said in disclosed.reasons(built.findings, before):
            raise Invalid(said)
        made = write_page(self.folder, page, built.html, built.findings, self.files)
        self.written |= made
        self.files |= set(made)
        facts = [index.recorded(fact) for fact in built.findings]
        reads = staleness.readings(built.reads)
        if said := staleness.meddled(self.versions):  # since it was looked at above
            raise Invalid(said)
        return {
            "reads": reads,
            "inputs": staleness.inputs_digest(reads),
            "vintage": built.vintage,
            "question": built.question,
            "elsewhere": [
                {key: fact[key] for key in ("name", "sentence")}
                for fact in built.elsewhere
            ],
            "findings": facts,
        }

    def _fall_back(self, page: Page, error: dict) -> dict:
        """The last good version with a notice, or a page that says there is none."""
        old, reason = self.before.get(page.handle), index.reason(error)
        for path in (self.folder / page.handle).glob("*.csv"):
            path.unlink()  # of the version that failed
            self.written.pop(path.relative_to(self.folder).as_posix(), None)
        if self._may_be_kept(old):
            now, then = index.day(self.name), index.day(old["built"])
            self._copy(page, render.slot("notice", now, then, reason))
            return {**{key: old[key] for key in _GOOD if key in old}, "state": "kept"}
        root = "../" * page.handle.count("/")
        stub = render.template("stub.html.j2", page=page, root=root, reason=reason)
        self._write(page.path, stub)
        return {"state": "failed"}

    def _may_be_kept(self, old: dict | None) -> bool:
        """Whether the version of a page in the release before can be shown again."""
        if old is None or old["state"] == "failed" or self.previous is None:
            return False
        there = (self.previous / f"{old['handle']}.html").is_file()
        return there and not staleness.damage_of(old, self.damaged)

    def _copy(self, page: Page, notice: str | None = None) -> None:
        """Copy a page and its tables from the release before."""
        html = (self.previous / page.path).read_text(encoding="utf-8")
        if notice is not None:
            html = render.fill(html, "notice", notice)
        self._write(page.path, html)
        for path in staleness.table_paths(self.before[page.handle]):
            if (self.previous / path).is_file():
                self._write(path, (self.previous / path).read_bytes())
                self.files.add(path)

    def _write(self, path: str, content: str | bytes) -> None:
        self.written[path] = write(self.folder / path, content)

    def _write_notebook(self, notebook: str, *, withheld: bool) -> None:
        """A notebook without outputs and foreign metadata; without its code too where counts of
        one of its pages are withheld, as the code could tell them."""
        made = notebook_outputs.without_outputs(
            self.plan.folder / "notebooks" / f"{notebook}.ipynb"
        )
        if withheld:
            for cell in made["cells"]:
                if cell["cell_type"] == "code":
                    cell["source"] = [_NO_CODE]
        self._write(f"notebooks/{notebook}.ipynb", notebook_outputs.stored(made))

    def _withholds(self, page: Page) -> bool:
        return any(map(render.withheld, self.records[page.handle]["findings"]))

    def _vet(self) -> None:
        """Leave out what the publisher has not written, and refuse what something else changed."""
        for path in sorted(self.folder.rglob("*")):
            name = path.relative_to(self.folder).as_posix()
            if path.is_symlink() or (path.is_file() and name not in self.written):
                path.unlink()
                self.left_out.append(
                    f"{name} was left out of the release: no page made it, so a notebook "
                    "wrote it into the folder of the site."
                )
        for name in self.written:
            self._read(name)

    def _read(self, name: str) -> str:
        """A file of the release as text, once it is seen to be what the publisher wrote."""
        path = self.folder / name
        held = path.read_bytes() if path.is_file() else b""
        if hashlib.sha256(held).hexdigest() != self.written[name]:
            raise RuntimeError(
                f"{name} was changed by something other than the publisher while the release was "
                "made: a notebook may write into the folder of the site."
            )
        return held.decode("utf-8")

    def _fill_slots(self, page: Page, *, withheld: bool) -> None:
        """What a page says of others and of the past, which may change while the page does not."""
        record, html = self.records[page.handle], self._read(page.path)
        said = concerning(self.cautions, record["reads"], record["findings"])
        built = record["built"]
        slots = {
            "cautions": render.cautions(said),
            **render.versioned(page, index.day(built), built, bool(record["changes"])),
            "siblings": render.siblings(page, self.pages),
            "elsewhere": self._elsewhere(page, record.get("elsewhere", [])),
            "assumed": render.assumptions(self.plan.folder, page.notebook),
            "changes": changes.told(record),
        }
        for slot, content in slots.items():
            html = render.fill(html, slot, content)
        if withheld:
            html = render.without_code(html)
        self._write(page.path, html)

    def _elsewhere(self, page: Page, said: list[dict]) -> str:
        """Links to the findings of a page that stand on the page above it."""
        above = render.parent(page, self.plan)
        record = self.records.get(above.handle, {}) if above else {}
        linked = record.get("state", "failed") != "failed"
        return render.elsewhere(page, above, said, linked)
