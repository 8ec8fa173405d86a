"""A page made to order: one notebook with parameters of a person's choice, beside the site.

It goes to ``<out>/adhoc/<handle>-<digest of the parameters>/`` and changes nothing of the site.
"""

import hashlib
import json
import os
import shutil
import tempfile
from dataclasses import dataclass, replace
from html import escape
from pathlib import Path

import outcomes
from outcomes.data.errors import Invalid
from outcomes.publish import banners, check, due, index, parameters, releases, run, site
from outcomes.publish import page as pages
from outcomes.publish.plan import Page, Plan, words


@dataclass(frozen=True)
class Ordered:
    """Where the page is, or why there is none."""

    shown: Path
    failed: dict | None = None


def build(plan: Plan, page: Page, given: dict, *, out: Path, tell: site.Tell) -> Ordered:
    """Build ``page`` with the ``given`` parameters over its own, or leave nothing behind."""
    page = replace(page, parameters=page.parameters | given)
    page = parameters.for_pages(plan, [page])[0]
    cautions = banners.cautions(out)
    digest = hashlib.sha256(json.dumps(page.parameters, sort_keys=True).encode()).hexdigest()[:8]
    folder = Path(out).resolve() / "adhoc" / f"{page.handle.replace('/', '-')}-{digest}"
    folder.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=".staging-", dir=folder.parent) as staging:
        executed, made = Path(staging, "executed.ipynb"), Path(staging, "made")
        where = (str(plan.source(page)), page.parameters, str(executed))
        job = run.Job(page.handle, *where, plan.limits)
        run.prepare()
        result = next(run.run([job], workers=1))
        error = result.error
        if error is None:
            try:
                _render(plan, page, executed, made, given, cautions)
            except Invalid as problem:
                error = run.failure("PageCheck", str(problem))
        tell(page.handle, result.seconds, error)
        if error is None:
            shutil.rmtree(folder, ignore_errors=True)
            os.rename(made, folder)
    return Ordered(folder / "page.html", error)


def _render(
    plan: Plan, page: Page, executed: Path, folder: Path, given: dict, cautions: list
) -> None:
    built = pages.build(
        replace(page, handle="page"),
        parameters.load(executed),
        plan=plan,
        known=parameters.declared(plan.source(page)),
        code=f"version {outcomes.__version__}, digest {due.code_digest()[:12]}",
        root=None,
    )
    chosen = "; ".join(f"{name}: {words(page.parameters[name])}" for name in given)
    notice = f"<p>Made to order, with {escape(chosen)}. It is not part of the published site.</p>"
    html = pages.fill(built.html, "notice", f'<div class="notice">{notice}</div>')
    said = banners.concern(cautions, built.reads, built.findings)
    html = pages.fill(html, "cautions", banners.html(said))
    tables = {f"page/{f['name']}.csv": f for f in built.findings if f["table"]}
    if found := check.problems(html, "page.html", {"page.html", *tables}):
        raise Invalid("; ".join(found[:3]))
    for path, fact in tables.items():
        releases.write(folder / path, index.finding_csv(fact))
    releases.write(folder / "page.html", html)
