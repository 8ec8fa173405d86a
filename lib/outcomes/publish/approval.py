"""The release step: what automatic checks say of a built release, and which person approved it.

Every check gives pass, review or fail, with reasons in words. A fail has to be mended; what is to
be reviewed needs a note from the person who looked at it. ``<out>/public`` links to the release
approved last. The record, ``<out>/releases/<name>.approved.json``, lies beside its release and
outlives it; it holds a digest of the release's files, so that a later change to them shows.
"""

import csv
import json
import re
from collections.abc import Iterator
from html import unescape
from pathlib import Path
from typing import NamedTuple

from outcomes.data import disclosure, gate, privacy, register, store
from outcomes.data.errors import Invalid
from outcomes.publish import check, due, history, index, releases

LARGE = 0.25  # of its value: a headline that moves by so much is looked at by a person
_MOST = 5  # reasons of one check, each in full; the rest are counted
_PEOPLE = (
    r"(?:people|persons?|m[ae]n|wom[ae]n|boys?|girls?|child(?:ren)?|adults?|victims?|suspects?"
    r"|offenders?|defendants?|patients?|residents?|deaths?|arrest(?:s|ed)|charged|safeguarded)"
)
_WORDS = dict(zip(("one", "two", "three", "four"), range(1, disclosure.THRESHOLD), strict=True))
_FEW = re.compile(  # so many a day are a rate, and no count
    rf"(?<![\w.,£/–-])([1-{disclosure.THRESHOLD - 1}]|{'|'.join(_WORDS)}) (?:[a-z]+ )?{_PEOPLE}\b"
    r"(?! (?:an?|per) )",
    re.I,
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


def checks(out: Path, release: Path, root: Path) -> list[Check]:
    """Every check of a release; ``root`` is the folder of the plan."""
    looked = Looked(release, releases.manifest(release), _before(out, release), root / "docs")
    return [
        Check(name, severity if (found := list(dict.fromkeys(one(looked)))) else "pass", found)
        for name, severity, one in (
            ("files", "fail", _files),
            ("disclosure", "fail", _disclosure),
            ("personal data", "fail", _personal),
            ("accessibility", "fail", _accessibility),
            ("tables", "fail", lambda it: gate.errors(store.root() / "clean")),
            ("pages", "review", _pages),
            ("large moves", "review", _moves),
            ("contradictions", "review", _contradicted),
            ("data gaps", "review", _gaps),
        )
    ]


def told(found: list[Check]) -> list[str]:
    """Checks as lines: the verdict of each, and its reasons beneath."""
    lines = []
    for one in found:
        lines.append(f"{one.verdict:<6}  {one.name}")
        lines += [f"        {reason}" for reason in one.reasons[:_MOST]]
        more = len(one.reasons) - _MOST
        lines += [f"        And {more} more."] if more > 0 else []
    return lines


def approve(out: Path, release: Path, found: list[Check], *, by: str, note: str) -> Path:
    """Record who approves a release, and link ``public`` to it; :class:`Invalid` when they may not.

    ``found`` are its checks. A release that fails one cannot be approved by anybody.
    """
    by, note = (" ".join(text.split()) for text in (by, note))
    failed, doubtful = ([c.name for c in found if c.verdict == v] for v in ("fail", "review"))
    if not by:
        raise Invalid("--by must name the person who approves the release.")
    if failed:
        raise Invalid(
            f"{release.name} fails ({', '.join(failed)}) and cannot be approved: mend what the "
            "reasons name and build again."
        )
    if doubtful and not note:
        raise Invalid(
            f"{release.name} is to be reviewed ({', '.join(doubtful)}): say with --note why it may "
            "be published as it is."
        )
    now = {"by": by, "when": releases.now(), "note": note, "checks": [c._asdict() for c in found]}
    records = [*approvals(release), now | {"digest": digest(release)}]
    text = json.dumps(records, indent=1, ensure_ascii=False) + "\n"
    part = releases.write(_file(release).with_suffix(".part"), text)
    part.replace(_file(release))
    releases.point(out, "public", release.name)
    return out / "public" / "index.html"


def approvals(release: Path) -> list[dict]:
    """What is recorded of a release's approval, the last one at the end."""
    file = _file(release)
    return json.loads(file.read_text(encoding="utf-8")) if file.is_file() else []


def listed(out: Path) -> Iterator[str]:
    """A line for every release, the newest first: whether it is shown, public, and by whom."""
    for name in releases.names(out)[::-1]:
        folder = out / "releases" / name
        links = [n for n in ("latest", "public") if (out / n).resolve() == folder.resolve()]
        last = approvals(folder)[-1:]
        said = [f"approved by {a['by']} on {index.day(a['when'])}: {a['note']}" for a in last]
        said += ["" if last else "not approved", *_changed(folder), *links]
        yield "  ".join(filter(None, [name, *said]))


def digest(release: Path) -> str:
    """A sha256 of every file of a release, names and bytes."""
    files = sorted(p for p in release.rglob("*") if p.is_file())
    return due.total(f"{p.relative_to(release).as_posix()} {due.file_digest(p)}" for p in files)


def _file(release: Path) -> Path:
    return release.with_name(f"{release.name}.approved.json")


def _before(out: Path, release: Path) -> dict:
    """The record of the release that is public, or else of the one made before; or an empty one."""
    earlier = [n for n in releases.names(out) if n < release.name]
    public = (out / "public").resolve().name
    name = public if public in earlier else (earlier or [""])[-1]
    return releases.manifest(out / "releases" / name if name else None)


def _files(looked: Looked) -> Iterator[str]:
    """Pages that are not there, and whether an approved release is still what was approved."""
    for entry in looked.record["pages"]:
        if not (looked.folder / entry["path"]).is_file():
            yield f"{entry['path']} is missing."
    yield from _changed(looked.folder)


def _changed(release: Path) -> list[str]:
    last = approvals(release)[-1:]
    if not last or last[0]["digest"] == digest(release):
        return []
    whole = (release / "index.html").is_file()
    changed = f"Its files have changed since {last[0]['by']} approved it."
    return [changed if whole else "Only its record is kept."]


def _disclosure(looked: Looked) -> Iterator[str]:
    """Counts of 1 to 4 people that no source cited beside them has published."""
    published = _published()
    for entry in looked.record["pages"]:
        page = looked.folder / entry["path"]
        cited = {s["url"] for f in entry["findings"] for s in f["sources"]}
        for said in _FEW.finditer(_text(page)):
            if not _known(said[1], cited, published):
                yield f"{entry['path']}: “{said[0]}” is a small count that no source has published."
        for fact in entry["findings"]:
            cited = {s["url"] for s in fact["sources"]}
            for column, value in _counts(page.with_suffix("") / f"{fact['name']}.csv"):
                if not _known(value, cited, published):
                    yield (
                        f"{entry['handle']}/{fact['name']}.csv: {value} in “{column}” is a small "
                        "count that no source has published."
                    )


def _published() -> set[tuple[str, int]]:
    """Addresses of sources, each with the small counts of people that it has printed."""
    names = register.measures().set_index("measure")["name"]
    figures = register.figures()
    kept = figures["basis"].eq("published") & figures["value"].between(1, disclosure.THRESHOLD)
    kept &= figures["measure"].map(names).str.contains(rf"\b{_PEOPLE}\b")
    return {(row.url, int(row.value)) for row in figures[kept].itertuples()}


def _known(value: str, cited: set[str], published: set[tuple[str, int]]) -> bool:
    number = _WORDS.get(value.lower()) or int(value)
    return any((url, number) in published for url in cited)


def _text(page: Path) -> str:
    """What a page says, without its code and style; each element's text apart."""
    html = page.read_text(encoding="utf-8") if page.is_file() else ""
    html = re.sub(r"<style.*?</style>|<details class=\"code\".*?</details>", "|", html, flags=re.S)
    return unescape(re.sub(r"<[^>]*>", "|", html))


def _counts(path: Path) -> Iterator[tuple[str, str]]:
    """Column and value of small counts in the columns of people of a CSV file."""
    if not path.is_file():
        return
    with path.open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            for column, value in row.items():
                few = value.isdigit() and 0 < int(value) < disclosure.THRESHOLD
                if few and re.search(rf"\b{_PEOPLE}\b", column, re.I):
                    yield column, value


def _personal(looked: Looked) -> Iterator[str]:
    allowed = [_DIGESTS, *privacy.reviews(looked.reviews / "privacy.toml")]
    for hit in privacy.unreviewed(privacy.scan(looked.folder, ["."]), allowed):
        yield f"{hit.file}, {hit.place}: {hit.kind} “{hit.text[:60]}”."


def _accessibility(looked: Looked) -> Iterator[str]:
    """What the checks of a page's HTML say of the files as they are now."""
    names = [p.relative_to(looked.folder).as_posix() for p in looked.folder.rglob("*.*")]
    for path in sorted(n for n in names if n.endswith(".html")):
        html = (looked.folder / path).read_text(encoding="utf-8")
        yield from (f"{path}: {said}." for said in check.problems(html, path, names))


def _pages(looked: Looked) -> Iterator[str]:
    for entry in releases.troubled(looked.record):
        shown = {"kept": "its last good version is shown", "failed": "there is no version of it"}
        yield f"{entry['path']} failed, {shown[entry['state']]}: {index.reason(entry['error'])}."


def _moves(looked: Looked) -> Iterator[str]:
    """Headlines that moved by a large share since the release before, or are gone."""
    now = {e["handle"]: e for e in looked.record["pages"]}
    for old in looked.before["pages"]:
        facts = {f["name"]: f for f in now.get(old["handle"], {"findings": []})["findings"]}
        for was in (f for f in old["findings"] if f["headline"]):
            new = facts.get(was["name"])
            share = 0 if new is None else _share(was, new)
            if new is None:
                yield f"{old['title']}: the headline {was['name']} is gone: {was['sentence']}"
            elif share > LARGE - 1e-9:
                (change,) = history.compare(
                    {**old, "findings": [was]},
                    {**now[old["handle"]], "findings": [new]},
                    looked.record["methods"],
                )
                yield f"moved by {share:.0%}: {history.line(old['title'], change)}"


def _share(was: dict, new: dict) -> float:
    """By what share of itself a headline's value moved, or else the limit that moved most."""
    keys = ("lower", "upper") if was["value"] is None else ("value",)
    return max(_moved(was[key], new[key]) for key in keys)


def _moved(old: float | None, new: float | None) -> float:
    if None in (old, new) or not old:
        return float(old != new)
    return abs(new - old) / abs(old)


def _contradicted(looked: Looked) -> Iterator[str]:
    for entry in looked.record["pages"]:
        for fact in entry["findings"]:
            if fact["headline"] and fact["verdict"] == "contradicted":
                yield f"{entry['title']}, headline {fact['name']}: {fact['sentence']}"


def _gaps(looked: Looked) -> Iterator[str]:
    """What a reader must know of the tables, and whether the release was made from others."""
    reads = {(r["table"], r["file"]) for e in looked.record["pages"] for r in e["reads"]}
    later = sorted({table for table, file in reads if file != due.table_digest(table)})
    if later:
        yield f"These tables have changed since it was built: {', '.join(later)}."
    yield from (c.said for c in gate.cautions(store.root() / "clean"))
