"""The review of a release: what automatic checks find, and which person approved it.

Every check gives pass, review or fail, with reasons in words. A fail has to be mended; what is to
be reviewed needs a note from the person who approves the release. ``<out>/public`` links to the
release approved last. The record, ``<out>/releases/<name>.approved.json``, lies beside its release
and outlives it; it holds a digest of the release's files, so that a later change to them shows.
"""

import json
import re
from collections.abc import Iterable, Iterator
from html import unescape
from pathlib import Path
from typing import NamedTuple

from outcomes.core.errors import Invalid
from outcomes.data import privacy, published_figures, quality, tables
from outcomes.data.disclosure import PEOPLE, THRESHOLD, WORDS
from outcomes.publish import (
    bundle,
    changes,
    disclosed,
    html_checks,
    index,
    releases,
    staleness,
)

LARGE = 0.25  # of its value: a headline that moves by so much is looked at by a person
_MOST = 5  # reasons of one check, each in full; the rest are counted
_NUMBERS = {word: n for n, word in WORDS.items()}
_FEW = re.compile(  # so many a day are a rate, and no count
    rf"(?<![\w.,£/–-])([1-{THRESHOLD - 1}]|{'|'.join(_NUMBERS)}) (?:[a-z]+ )?{PEOPLE}\b"
    r"(?! (?:an?|per) )",
    re.I,
)
_OF_THE_SITE = {"manifest.json", "findings.csv", "answers.csv", "feed.xml"}
_OF_THE_SITE |= {"index.html", "sbom.json", bundle.FILE}
_DIGESTS = privacy.Review(
    "*.json", "crime identifier", "*", 10**6, "Digests of files and rows have its form."
)


class Check(NamedTuple):
    """One automatic check of a release: pass, review or fail, and the reasons."""

    name: str
    verdict: str
    reasons: list[str]


class Reviewed(NamedTuple):
    """A release as the checks read it: its folder and record, and those of the one before."""

    folder: Path
    record: dict
    before: dict
    docs: Path
    broken: list[str]
    earlier: Path | None = None

    @property
    def pages(self) -> list[dict]:
        """The records of its pages."""
        return self.record["pages"]


def checks(
    out: Path, release: Path, root: Path, *, broken: Iterable[str] = ()
) -> list[Check]:
    """Every check of a release; ``root`` is the folder of the plan.

    It is compared with the public release, or else with the one made before it. ``broken`` says
    where tables do not follow from what they are made of, which only those who make them can tell.
    """
    earlier = [n for n in releases.names(out) if n < release.name]
    public = (out / "public").resolve().name
    name = public if public in earlier else (earlier or [""])[-1]
    last = out / "releases" / name if name else None
    before = releases.manifest(last)
    record = releases.manifest(release)
    reviewed = Reviewed(release, record, before, root / "docs", list(broken), last)
    found = []
    for name, (verdict, find) in _CHECKS.items():
        why = list(dict.fromkeys(find(reviewed)))
        found.append(Check(name, verdict if why else "pass", why))
    return found


def report(found: list[Check]) -> list[str]:
    """Checks as lines: the verdict of each, and its reasons beneath."""
    lines = []
    for one in found:
        lines.append(f"{one.verdict:<6}  {one.name}")
        lines += [f"        {reason}" for reason in one.reasons[:_MOST]]
        if (more := len(one.reasons) - _MOST) > 0:
            lines.append(f"        And {more} more.")
    return lines


def unexpected_files(release: Reviewed) -> Iterator[str]:
    """Pages that are not there, files that no build makes, and changes since an approval."""
    made = _OF_THE_SITE | set(release.record.get("files", {}))
    damaged = releases.damage(release.folder, release.record)
    for entry in release.pages:
        made |= {entry["path"], f"notebooks/{entry.get('notebook')}.ipynb"}
        made |= {f"{entry['handle']}/{fact['name']}.csv" for fact in entry["findings"]}
        there = (release.folder / entry["path"]).is_file()
        if not there and entry["path"] not in damaged:
            yield f"{entry['path']} is missing."
    there = (p for p in release.folder.rglob("*") if not p.is_dir())
    names = {p.relative_to(release.folder).as_posix() for p in there}
    yield from (f"{path} {wrong}." for path, wrong in damaged.items() if path in made)
    for path in sorted(names - made):
        yield f"{path} is no part of any page, and no build makes it."
    yield from changes_since_approval(release.folder)


def small_counts(release: Reviewed) -> Iterator[str]:
    """Counts of 1 to 4 people, in words or in tables, that no source cited beside them printed."""
    printed = published_counts()
    was = {entry["handle"]: entry for entry in release.before["pages"]}
    for entry in release.pages:
        facts = disclosed.with_tables(entry, release.folder)
        before = disclosed.with_tables(was.get(entry["handle"]), release.earlier)
        told = disclosed.reasons(facts, before)
        yield from (f"{entry['path']}: {said}" for said in told)
        sources = [s for fact in entry["findings"] for s in fact["sources"]]
        text = _page_text(release.folder / entry["path"])
        for title in {s["title"] for s in sources if s["title"]}:
            text = text.replace(title, "|")  # what a source is called is its own print
        said = [(m[1], m[0]) for m in _FEW.finditer(text)]
        places = [(entry["path"], sources, said)]
        for fact in entry["findings"]:
            name = f"{entry['handle']}/{fact['name']}.csv"
            cells = _small_cells(release.folder / name)
            places.append((name, fact["sources"], cells))
        for place, cited, found in places:
            for value, said in found:
                number = _NUMBERS.get(value.lower()) or int(value)
                if not any((source["url"], number) in printed for source in cited):
                    yield f"{place}: “{said}” is a small count that no source has published."


def published_counts() -> set[tuple[str, int]]:
    """Addresses of sources, each with the small counts of people that it has printed."""
    figures = published_figures.published_figures(vintages="all")
    kept = figures["basis"].eq("published") & figures["value"].between(1, THRESHOLD)
    kept &= figures["measure_name"].str.contains(rf"\b{PEOPLE}\b")
    return {(row.url, int(row.value)) for row in figures[kept].itertuples()}


def _page_text(page: Path) -> str:
    """What a page says, its code too but not its style; each element's text apart."""
    html = page.read_text(encoding="utf-8") if page.is_file() else ""
    html = re.sub(r"<style.*?</style>", "|", html, flags=re.S)
    return unescape(re.sub(r"<[^>]*>", "|", html))


def _small_cells(path: Path) -> Iterator[tuple[str, str]]:
    """Small counts in the columns of people of a CSV file, each with its column."""
    if path.is_file():
        for column, value in privacy.cells(path):
            few = value.isdigit() and 0 < int(value) < THRESHOLD
            if few and re.search(rf"\b{PEOPLE}\b", column, re.I):
                yield value, f"{column}: {value}"


def personal_data(release: Reviewed) -> Iterator[str]:
    """What could point to a person and no reviewer has let pass."""
    allowed = [_DIGESTS, *privacy.reviews(release.docs / "privacy.toml")]
    for hit in privacy.unreviewed(privacy.scan(release.folder, ["."]), allowed):
        yield f"{hit.file}, {hit.place}: {hit.kind} “{hit.text[:60]}”."


def html_problems(release: Reviewed) -> Iterator[str]:
    """What the checks of a page's HTML say of the files as they are now."""
    folder = release.folder
    files = [p.relative_to(folder).as_posix() for p in folder.rglob("*.*")]
    for path in sorted(f for f in files if f.endswith(".html")):
        html = (folder / path).read_text(encoding="utf-8")
        for said in html_checks.problems(html, path, files):
            yield f"{path}: {said}."


def failing_pages(release: Reviewed) -> Iterator[str]:
    """Pages that could not be rebuilt."""
    shown = {
        "kept": "its last good version is shown",
        "failed": "there is no version of it",
    }
    for entry in releases.failing(release.record):
        why = index.reason(entry["error"])
        yield f"{entry['path']} failed, {shown[entry['state']]}: {why}."


def _leads(fact: dict) -> bool:
    """Whether a finding stands at the head of its page."""
    return bool(fact["headline"] or fact.get("answer"))


def large_moves(release: Reviewed) -> Iterator[str]:
    """Headlines that moved by a large share since the release before, or are gone."""
    now = {
        (entry["handle"], fact["name"]): (entry, fact)
        for entry in release.pages
        for fact in entry["findings"]
    }
    methods = release.record["methods"]
    for old in release.before["pages"]:
        for was in filter(_leads, old["findings"]):
            title = old["title"]
            if (old["handle"], was["name"]) not in now:
                yield f"{title}: the headline {was['name']} is gone: {was['sentence']}"
                continue
            entry, fact = now[old["handle"], was["name"]]
            share = share_moved(was, fact)
            if share > LARGE - 1e-9:
                change = changes.compare(
                    {**old, "findings": [was]}, {**entry, "findings": [fact]}, methods
                )[0]
                yield f"moved by {share:.0%}: {changes.line(title, change)}"


def answers(release: Reviewed) -> Iterator[str]:
    """Sweeps that answer alike on all their pages, and pages that answer nothing."""
    yield from index.answer_faults(release.pages)


def share_moved(was: dict, now: dict) -> float:
    """By what share of itself a headline's value moved, or else the limit that moved most."""
    keys = ("lower", "upper") if was["value"] is None else ("value",)
    shares = []
    for before, after in ((was[key], now[key]) for key in keys):
        if not before or after is None:
            shares.append(float(before != after))
        else:
            shares.append(abs(after - before) / abs(before))
    return max(shares)


def contradictions(release: Reviewed) -> Iterator[str]:
    """Headlines that other published figures contradict."""
    for entry in release.pages:
        for fact in entry["findings"]:
            if _leads(fact) and fact["verdict"] == "contradicted":
                yield f"{entry['title']}, headline {fact['name']}: {fact['sentence']}"


def table_errors(release: Reviewed) -> Iterator[str]:
    """What keeps the tables from being published."""
    yield from release.broken
    yield from quality.errors(tables.root() / "clean")


def data_gaps(release: Reviewed) -> Iterator[str]:
    """What a reader must know of the tables, and whether the release was made from others."""
    reads = {(r["table"], r["file"]) for e in release.pages for r in e["reads"]}
    later = {t for t, file in reads if file != staleness.table_digest(t)}
    if later:
        named = ", ".join(sorted(later))
        yield f"These tables have changed since it was built: {named}."
    yield from (c.said for c in quality.cautions(tables.root() / "clean"))


_CHECKS = {
    "files": ("fail", unexpected_files),
    "disclosure": ("fail", small_counts),
    "personal data": ("fail", personal_data),
    "accessibility": ("fail", html_problems),
    "tables": ("fail", table_errors),
    "answers": ("fail", answers),
    "pages": ("review", failing_pages),
    "large moves": ("review", large_moves),
    "contradictions": ("review", contradictions),
    "data gaps": ("review", data_gaps),
}
"""What each check gives when it finds something, and how it looks."""


def failed(found: list[Check]) -> list[str]:
    """The names of the checks that a release fails."""
    return [check.name for check in found if check.verdict == "fail"]


def approve(
    out: Path, release: Path, found: list[Check], *, by: str, note: str
) -> Path:
    """Record who approves a release, and link ``public`` to it; :class:`Invalid` when they may not.

    ``found`` are its checks; nobody can approve a release that fails one.
    """
    by, note = (" ".join(text.split()) for text in (by, note))
    if not by:
        raise Invalid("--by must name the person who approves the release.")
    if names := failed(found):
        raise Invalid(
            f"{release.name} fails ({', '.join(names)}) and cannot be approved: mend what the "
            "reasons name and build again."
        )
    doubtful = [c.name for c in found if c.verdict == "review"]
    if doubtful and not note:
        raise Invalid(
            f"{release.name} is to be reviewed ({', '.join(doubtful)}): say with --note why it may "
            "be published as it is."
        )
    approval = {
        "by": by,
        "when": releases.now(),
        "note": note,
        "checks": [check._asdict() for check in found],
        "digest": files_digest(release),
    }
    records = [*approvals(release), approval]
    text = json.dumps(records, indent=1, ensure_ascii=False) + "\n"
    releases.write_whole(_approval_file(release), text)
    releases.link(out, "public", release.name)
    return out / "public" / "index.html"


def approvals(release: Path) -> list[dict]:
    """What is recorded of a release's approval, the last one at the end."""
    file = _approval_file(release)
    return json.loads(file.read_text(encoding="utf-8")) if file.is_file() else []


def listing(out: Path) -> Iterator[str]:
    """A line for every release, the newest first: whether it is latest, public, and by whom."""
    for name in releases.names(out)[::-1]:
        folder = out / "releases" / name
        said = ["not approved"]
        for last in approvals(folder)[-1:]:
            said = [
                f"approved by {last['by']} on {index.day(last['when'])}: {last['note']}"
            ]
        said += changes_since_approval(folder)
        said += [
            n for n in ("latest", "public") if (out / n).resolve() == folder.resolve()
        ]
        yield "  ".join([name, *said])


def files_digest(release: Path) -> str:
    """A sha256 of every file of a release, names and bytes."""
    files = sorted(p for p in release.rglob("*") if p.is_file())
    return staleness.digest(
        f"{p.relative_to(release).as_posix()} {staleness.file_digest(p)}" for p in files
    )


def _approval_file(release: Path) -> Path:
    return release.with_name(f"{release.name}.approved.json")


def changes_since_approval(release: Path) -> list[str]:
    """What of an approved release is no longer as it was approved, in a sentence; or nothing."""
    last = approvals(release)[-1:]
    if not last or last[0]["digest"] == files_digest(release):
        return []
    if not (release / "index.html").is_file():
        return ["Only its record is kept."]
    return [f"Its files have changed since {last[0]['by']} approved it."]
