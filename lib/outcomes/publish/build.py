"""Build a site: check, run the stale pages, and switch to a new release by one rename.

A reader who opens the site at any moment sees one whole release, never a part of one or a mixture
of two (:mod:`outcomes.publish.releases`). Pages that are not stale are taken over as they are
(:mod:`outcomes.publish.staleness`). A page with parameters of a person's choice is built beside the
site and changes nothing of it.
"""

import ctypes
import gc
import json
import math
import os
import shutil
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import date
from html import escape
from pathlib import Path

from outcomes.core import project
from outcomes.core.errors import Invalid
from outcomes.publish import disclosed, execute, releases, render, scratch, staleness
from outcomes.publish.plan import Page, Plan, words
from outcomes.publish.staging import Staging, concerning, render_page, write_page

Tell = Callable[[str, float, dict | None], None]
KEEP = 12
_MOST_ERRORS = 20


@dataclass(frozen=True)
class Release:
    """What a build made: its folder, and the manifest's record of every page.

    ``new`` is False when there was nothing to do, and the release is the one before.
    """

    path: Path
    entries: list[dict]
    new: bool = True

    @property
    def shown(self) -> Path:
        """Where a person opens it: by the link, which the next release will take over."""
        return self.path.parent.parent / "latest" / "index.html"

    @property
    def failing(self) -> list[dict]:
        """The pages of which no version is up to date, asked for or not."""
        return [e for e in self.entries if e["error"]]

    @property
    def failed(self) -> list[dict]:
        """The pages that were asked for and could not be built."""
        return [e for e in self.failing if e["tried"] == self.path.name]

    @property
    def changed(self) -> list[dict]:
        """The pages on which a finding changed in this release."""
        here = self.path.name
        return [e for e in self.entries if e["changes"] and e["changed"] == here]


def build(
    plan: Plan,
    pages: list[Page],
    *,
    out: Path,
    workers: int,
    stale: staleness.Stale | None = None,
    force: bool = False,
    resume: bool = True,
    keep: int = KEEP,
    scheduler: str = "",
    tell: Tell = lambda handle, seconds, error: None,
    say: Callable[[str], None] = lambda sentence: None,
) -> Release:
    """Build those of the ``pages`` that are stale, take the others over, and switch to it all.

    ``pages`` are those of :meth:`Plan.resolve`, and ``stale`` what :func:`staleness.find_stale`
    says of them, found here when it is not given. ``tell`` is called as each page is done. Nothing
    is written before the tables have been checked, and the latest release changes only when the
    new one is whole. Executed notebooks of a build that was killed are used again with ``resume``.
    """
    stale = stale or staleness.find_stale(plan, pages, out, force=force)
    cautions = check_tables(out)
    with releases.lock(out, say) as out:
        versions = staleness.versions()
        now = releases.latest(out), staleness.site_digest(plan.file)
        if now != (stale.latest, stale.digest):
            # another build has been here, or tables were put in place while this one waited
            stale = staleness.find_stale(plan, pages, out, force=force)
            cautions = check_tables(out)
        path, entries = stale.latest, stale.record["pages"]
        if not stale.complete or stale.record.get("cautions") != cautions:
            code = staleness.file_digest(plan.file) + staleness.code_digest()
            name = releases.new_name(out, staleness.digest([code]))
            folder = releases.staging(out, resume=resume and not force)
            site = folder / "site"
            staging = Staging(plan, site, name, pages, stale, cautions, versions)
            turns = longest_first(staging.stale, staging.before)
            jobs = [staging.job(page, folder / "run") for page in turns]
            for result in _results(jobs, workers, scheduler):
                tell(result.handle, result.seconds, staging.add(result))
            entries = staging.finish()
            for left in staging.left_out:
                say(left)
            path = releases.publish(out, staging.folder, name)
        made = Release(path, entries, new=path != stale.latest)
        whole = len(pages) == len(plan.pages) and not made.failing
        try:  # the release is shown: what is still to do is no reason to say that there is none
            if made.new:
                releases.prune(out, keep)
            releases.clear(out)
            releases.note_up_to_date(out, stale.digest if whole else "")
        except OSError as error:
            say(f"The release is made, but {str(out)!r} could not be tidied: {error}.")
    return made


def longest_first(pages: list[Page], before: dict[str, dict]) -> list[Page]:
    """The pages by what they took last time, so that no core waits long for a last page. Those
    never built come first; of these one of each notebook, since a notebook with one page is long.
    """
    earlier: Counter[str] = Counter()
    turn = {}
    for page in pages:
        took = before.get(page.handle, {}).get("seconds", math.inf)
        turn[page.handle] = (-took, earlier[page.notebook])
        earlier[page.notebook] += 1
    return sorted(pages, key=lambda page: turn[page.handle])


def _results(
    jobs: list[execute.Job], workers: int, scheduler: str
) -> Iterator[execute.Result]:
    """Each job's result as it comes: those of a build that was killed come first."""
    done = [job for job in jobs if Path(job.output).is_file()]
    yield from (execute.Result(job.handle, 0.0) for job in done)
    waiting = [job for job in jobs if job not in done]
    if waiting and scheduler:
        from outcomes.publish import cluster

        yield from cluster.results(waiting, scheduler)
    elif waiting:
        execute.prepare()
        yield from execute.run(waiting, workers=workers)


def check_tables(out: Path) -> list[dict]:
    """The cautions that the quality checks give of the tables today.

    What is found is remembered in ``out`` while tables, code and day stay, so that a build that
    follows loads no heavy library for it. Raises :class:`Invalid` with the first errors and their
    number: such tables are not published.
    """
    day, file = staleness.today(), Path(out) / ".gate"
    rests = [day, staleness.code_digest(), staleness.data_digest()]
    digest = staleness.digest([*rests, staleness.file_digest(staleness.package())])
    if file.is_file():
        known, _, text = file.read_text("utf-8").partition("\n")
        if known == digest:
            return json.loads(text)
    from outcomes.data import quality, tables  # only now: they load pandas

    clean = project.data() / "clean"
    refuse(quality.errors(clean))
    found = quality.cautions(clean, today=date.fromisoformat(day))
    tables.forget()  # no page needs them whole, and its kernel needs the memory
    _give_back()
    text = json.dumps([caution._asdict() for caution in found], ensure_ascii=False)
    if file.parent.is_dir():  # nothing is made before all has been checked
        releases.write_whole(file, f"{digest}\n{text}")
    return json.loads(text)


def _give_back() -> None:
    """Have the system take back the memory that is free, which its C library keeps (malloc_trim(3))."""
    gc.collect()
    if sys.platform == "linux":
        with suppress(AttributeError):  # there is another C library
            ctypes.CDLL(None).malloc_trim(0)


def refuse(errors: list[str]) -> None:
    """Raise :class:`Invalid` when there are errors, with the first of them and their number."""
    if errors:
        more = len(errors) - _MOST_ERRORS
        said = ["The tables cannot be published.", *errors[:_MOST_ERRORS]]
        raise Invalid(" ".join(said + [f"And {more} more."] * (more > 0)))


@dataclass(frozen=True)
class CustomPage:
    """Where a page made to order is, or why there is none."""

    shown: Path
    failed: dict | None = None


def build_custom(
    plan: Plan, page: Page, given: dict, *, out: Path, tell: Tell
) -> CustomPage:
    """Build one page with parameters of a person's choice, or leave nothing behind.

    It goes to ``<out>/adhoc/<handle>-<digest of the parameters>/``. ``page`` is one of
    :meth:`Plan.resolve`, and ``given`` names what was chosen.
    """
    versions = staleness.versions()
    cautions = check_tables(out)
    digest = staleness.digest([json.dumps(page.parameters, sort_keys=True)])[:8]
    folder = Path(out).resolve() / "adhoc" / f"{page.handle.replace('/', '-')}-{digest}"
    folder.parent.mkdir(parents=True, exist_ok=True)
    with scratch.folder(folder.parents[1] / ".adhoc") as staging:
        executed, made = Path(staging, "executed.ipynb"), Path(staging, "made")
        source = str(plan.source(page))
        execute.prepare()
        job = execute.Job(
            page.handle, source, page.parameters, str(executed), plan.limits
        )
        result = next(execute.run([job], workers=1))
        error = result.error
        if error is None:
            try:
                alone = replace(page, handle="page")
                built = render_page(plan, alone, executed, root=None)
                for said in disclosed.reasons(built.findings, []):
                    raise Invalid(said)
                if said := staleness.meddled(versions):
                    raise Invalid(said)
                chosen = "; ".join(f"{n}: {words(page.parameters[n])}" for n in given)
                notice = f"Made to order, with {escape(chosen)}."
                notice += " It is not part of the published site."
                html = render.fill(
                    built.html, "notice", f'<div class="notice"><p>{notice}</p></div>'
                )
                said = concerning(cautions, built.reads, built.findings)
                html = render.fill(html, "cautions", render.cautions(said))
                write_page(made, alone, html, built.findings, {alone.path})
            except Invalid as problem:
                error = execute.failure("PageCheck", str(problem))
        tell(page.handle, result.seconds, error)
        if error is None:
            shutil.rmtree(folder, ignore_errors=True)
            os.rename(made, folder)
    return CustomPage(folder / "page.html", error)
