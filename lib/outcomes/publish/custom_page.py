"""A page made to order: one notebook with parameters of a person's choice, beside the site.

It goes to ``<out>/adhoc/<handle>-<digest of the parameters>/`` and changes nothing of the site.
"""

import json
import os
import shutil
import tempfile
from dataclasses import dataclass, replace
from html import escape
from pathlib import Path

from outcomes.core.errors import Invalid
from outcomes.publish import banners, execute, parameters, staleness
from outcomes.publish import build as site
from outcomes.publish import render as pages
from outcomes.publish.plan import Page, Plan, words


@dataclass(frozen=True)
class Ordered:
    """Where the page is, or why there is none."""

    shown: Path
    failed: dict | None = None


def build(
    plan: Plan, page: Page, given: dict, *, out: Path, tell: site.Tell
) -> Ordered:
    """Build ``page`` with the ``given`` parameters over its own, or leave nothing behind."""
    page = replace(page, parameters=page.parameters | given)
    page = parameters.for_pages(plan, [page])[0]
    cautions = banners.cautions(out)
    digest = staleness.total([json.dumps(page.parameters, sort_keys=True)])[:8]
    folder = Path(out).resolve() / "adhoc" / f"{page.handle.replace('/', '-')}-{digest}"
    folder.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=".staging-", dir=folder.parent) as staging:
        executed, made = Path(staging, "executed.ipynb"), Path(staging, "made")
        source = str(plan.source(page))
        execute.prepare()
        job = execute.Job(
            page.handle, source, page.parameters, str(executed), plan.limits
        )
        result = next(execute.run([job], workers=1))
        error = result.error or _rendered(plan, page, executed, made, given, cautions)
        tell(page.handle, result.seconds, error)
        if error is None:
            shutil.rmtree(folder, ignore_errors=True)
            os.rename(made, folder)
    return Ordered(folder / "page.html", error)


def _rendered(
    plan: Plan, page: Page, executed: Path, folder: Path, given: dict, cautions: list
) -> dict | None:
    """Write the page, or say why it may not be."""
    alone = replace(page, handle="page")
    chosen = "; ".join(f"{name}: {words(page.parameters[name])}" for name in given)
    notice = f"<p>Made to order, with {escape(chosen)}. It is not part of the published site.</p>"
    try:
        built = site.made_page(plan, alone, executed, root=None)
        html = pages.fill(built.html, "notice", f'<div class="notice">{notice}</div>')
        said = banners.concern(cautions, built.reads, built.findings)
        html = pages.fill(html, "cautions", banners.html(said))
        site.put_page(folder, alone, html, built.findings, {alone.path})
    except Invalid as problem:
        return execute.failure("PageCheck", str(problem))
    return None
