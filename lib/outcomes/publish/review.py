"""What automatic checks say of a built release, before a person approves it.

Every check gives pass, review or fail, with reasons in words. A fail has to be mended; what is to
be reviewed needs a note from the person who looked at it (:mod:`outcomes.publish.approval`).
"""

import re
from collections.abc import Iterable, Iterator
from html import unescape
from pathlib import Path
from typing import NamedTuple

from outcomes.data import privacy, published_figures, quality, tables
from outcomes.data.disclosure import PEOPLE, THRESHOLD, WORDS
from outcomes.publish import approval, changes, html_checks, index, releases, staleness

LARGE = 0.25  # of its value: a headline that moves by so much is looked at by a person
_MOST = 5  # reasons of one check, each in full; the rest are counted
_NUMBERS = {word: n for n, word in WORDS.items()}
_FEW = re.compile(  # so many a day are a rate, and no count
    rf"(?<![\w.,£/–-])([1-{THRESHOLD - 1}]|{'|'.join(_NUMBERS)}) (?:[a-z]+ )?{PEOPLE}\b"
    r"(?! (?:an?|per) )",
    re.I,
)
_OF_THE_WHOLE = (
    *("manifest.json", "findings.csv", "answers.csv", "feed.xml", "index.html"),
    "sbom.json",
)
_DIGESTS = privacy.Review(
    "*.json", "crime identifier", "*", 10**6, "Digests of files and rows have its form."
)


class Check(NamedTuple):
    """One automatic check of a release: pass, review or fail, and the reasons."""

    name: str
    verdict: str
    reasons: list[str]


class Looked(NamedTuple):
    """A release as the checks read it: its folder, its record, and the record of the one before."""

    folder: Path
    record: dict
    before: dict
    reviews: Path
    broken: list[str]


def checks(
    out: Path, release: Path, root: Path, *, broken: Iterable[str] = ()
) -> list[Check]:
    """Every check of a release; ``root`` is the folder of the plan.

    ``broken`` says where tables do not follow from what they are made of, which only those who
    make them can tell.
    """
    records = releases.manifest(release), _before(out, release)
    looked = Looked(release, *records, root / "docs", list(broken))
    found = {
        name: list(dict.fromkeys(one(looked))) for name, (_, one) in _CHECKS.items()
    }
    return [Check(n, _CHECKS[n][0] if why else "pass", why) for n, why in found.items()]


def told(found: list[Check]) -> list[str]:
    """Checks as lines: the verdict of each, and its reasons beneath."""
    lines = []
    for one in found:
        lines.append(f"{one.verdict:<6}  {one.name}")
        lines += [f"        {reason}" for reason in one.reasons[:_MOST]]
        more = len(one.reasons) - _MOST
        lines += [f"        And {more} more."] if more > 0 else []
    return lines


def _before(out: Path, release: Path) -> dict:
    """The record of the release that is public, or else of the one made before; or an empty one."""
    earlier = [n for n in releases.names(out) if n < release.name]
    public = (out / "public").resolve().name
    name = public if public in earlier else (earlier or [""])[-1]
    return releases.manifest(out / "releases" / name if name else None)


def _files(looked: Looked) -> Iterator[str]:
    """Pages that are not there, files that no build makes, and whether an approved release is
    still what was approved."""
    made = set(_OF_THE_WHOLE)
    for entry in looked.record["pages"]:
        made |= {entry["path"], f"notebooks/{entry.get('notebook')}.ipynb"}
        made |= {f"{entry['handle']}/{fact['name']}.csv" for fact in entry["findings"]}
        if not (looked.folder / entry["path"]).is_file():
            yield f"{entry['path']} is missing."
    there = (p for p in looked.folder.rglob("*") if not p.is_dir())
    for path in sorted({p.relative_to(looked.folder).as_posix() for p in there} - made):
        yield f"{path} is no part of any page, and no build makes it."
    yield from approval.changed(looked.folder)


def _disclosure(looked: Looked) -> Iterator[str]:
    """Counts of 1 to 4 people, in words or in tables, that no source cited beside them printed."""
    published = _published()
    for entry in looked.record["pages"]:
        page = looked.folder / entry["path"]
        cited = {s["url"] for f in entry["findings"] for s in f["sources"]}
        text = _text(page)
        for title in {s["title"] for f in entry["findings"] for s in f["sources"]} - {
            ""
        }:
            text = text.replace(title, "|")  # what a source is called is its own print
        places = [(entry["path"], cited, ((m[1], m[0]) for m in _FEW.finditer(text)))]
        for fact in entry["findings"]:
            name = f"{entry['handle']}/{fact['name']}.csv"
            cited = {s["url"] for s in fact["sources"]}
            places.append((name, cited, _counts(looked.folder / name)))
        for place, cited, found in places:
            for value, said in found:
                number = _NUMBERS.get(value.lower()) or int(value)
                if not any((url, number) in published for url in cited):
                    yield f"{place}: “{said}” is a small count that no source has published."


def _published() -> set[tuple[str, int]]:
    """Addresses of sources, each with the small counts of people that it has printed."""
    names = published_figures.measures().set_index("measure")["name"]
    figures = published_figures.figures()
    kept = figures["basis"].eq("published") & figures["value"].between(1, THRESHOLD)
    kept &= figures["measure"].map(names).str.contains(rf"\b{PEOPLE}\b")
    return {(row.url, int(row.value)) for row in figures[kept].itertuples()}


def _text(page: Path) -> str:
    """What a page says, without its code and style; each element's text apart."""
    html = page.read_text(encoding="utf-8") if page.is_file() else ""
    html = re.sub(
        r"<style.*?</style>|<details class=\"code\".*?</details>", "|", html, flags=re.S
    )
    return unescape(re.sub(r"<[^>]*>", "|", html))


def _counts(path: Path) -> Iterator[tuple[str, str]]:
    """Small counts in the columns of people of a CSV file, each with its column."""
    if path.is_file():
        for column, value in privacy.cells(path):
            few = value.isdigit() and 0 < int(value) < THRESHOLD
            if few and re.search(rf"\b{PEOPLE}\b", column, re.I):
                yield value, f"{column}: {value}"


def _personal(looked: Looked) -> Iterator[str]:
    allowed = [_DIGESTS, *privacy.reviews(looked.reviews / "privacy.toml")]
    for hit in privacy.unreviewed(privacy.scan(looked.folder, ["."]), allowed):
        yield f"{hit.file}, {hit.place}: {hit.kind} “{hit.text[:60]}”."


def _accessibility(looked: Looked) -> Iterator[str]:
    """What the checks of a page's HTML say of the files as they are now."""
    files = [
        p.relative_to(looked.folder).as_posix() for p in looked.folder.rglob("*.*")
    ]
    for path in sorted(f for f in files if f.endswith(".html")):
        html = (looked.folder / path).read_text(encoding="utf-8")
        yield from (
            f"{path}: {said}." for said in html_checks.problems(html, path, files)
        )


def _pages(looked: Looked) -> Iterator[str]:
    for entry in releases.troubled(looked.record):
        shown = {
            "kept": "its last good version is shown",
            "failed": "there is no version of it",
        }
        yield f"{entry['path']} failed, {shown[entry['state']]}: {index.reason(entry['error'])}."


def _leads(fact: dict) -> bool:
    """Whether a finding stands at the head of its page."""
    return bool(fact["headline"] or fact.get("answer"))


def _moves(looked: Looked) -> Iterator[str]:
    """Headlines that moved by a large share since the release before, or are gone."""
    pages = looked.record["pages"]
    now = {
        (e["handle"], f["name"]): e | {"findings": [f]}
        for e in pages
        for f in e["findings"]
    }
    for old in looked.before["pages"]:
        for was in (f for f in old["findings"] if _leads(f)):
            new = now.get((old["handle"], was["name"]))
            if new is None:
                yield f"{old['title']}: the headline {was['name']} is gone: {was['sentence']}"
            elif (share := _share(was, new["findings"][0])) > LARGE - 1e-9:
                one = changes.compare(
                    old | {"findings": [was]}, new, looked.record["methods"]
                )[0]
                yield f"moved by {share:.0%}: {changes.line(old['title'], one)}"


def _answers(looked: Looked) -> Iterator[str]:
    """Sweeps whose answer is the same on all their pages: one page would say as much."""
    yield from index.same_answers(looked.record["pages"])


def _share(was: dict, new: dict) -> float:
    """By what share of itself a headline's value moved, or else the limit that moved most."""
    keys = ("lower", "upper") if was["value"] is None else ("value",)
    pairs = [(was[key], new[key]) for key in keys]
    return max(
        abs(b - a) / abs(a) if a and b is not None else float(a != b) for a, b in pairs
    )


def _contradicted(looked: Looked) -> Iterator[str]:
    for entry in looked.record["pages"]:
        for fact in entry["findings"]:
            if _leads(fact) and fact["verdict"] == "contradicted":
                yield f"{entry['title']}, headline {fact['name']}: {fact['sentence']}"


def _tables(looked: Looked) -> Iterator[str]:
    yield from looked.broken
    yield from quality.errors(tables.root() / "clean")


def _gaps(looked: Looked) -> Iterator[str]:
    """What a reader must know of the tables, and whether the release was made from others."""
    reads = {
        (r["table"], r["file"]) for e in looked.record["pages"] for r in e["reads"]
    }
    later = sorted(
        {table for table, file in reads if file != staleness.table_digest(table)}
    )
    if later:
        yield f"These tables have changed since it was built: {', '.join(later)}."
    yield from (c.said for c in quality.cautions(tables.root() / "clean"))


_CHECKS = {
    "files": ("fail", _files),
    "disclosure": ("fail", _disclosure),
    "personal data": ("fail", _personal),
    "accessibility": ("fail", _accessibility),
    "tables": ("fail", _tables),
    "answers": ("fail", _answers),
    "pages": ("review", _pages),
    "large moves": ("review", _moves),
    "contradictions": ("review", _contradicted),
    "data gaps": ("review", _gaps),
}
"""What each check gives when it finds something, and how it looks."""
