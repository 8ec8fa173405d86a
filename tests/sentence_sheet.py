"""All sentences of a site, to be read: those of a swept notebook side by side, and what offends.

``python tests/sentence_sheet.py op-sceptre --site site`` prints every sentence, detail and
alternative text of the page and its sweep, finding by finding, and each text once with the pages that
say it. Without a page it prints only the table of offenders, page by page. ``--site`` is a folder
that ``outcomes build --out`` made.
"""

import argparse
import json
import re
from collections import defaultdict
from collections.abc import Iterator
from html import unescape
from pathlib import Path
from typing import NamedTuple

from outcomes.findings import sentences

TEXTS = ("sentence", "detail", "alt")
_FIGURE = re.compile(r'<figure class="finding [^"]*" id="([^"]+)">(.*?)</figure>', re.S)
_ALT = re.compile(r'<img alt="([^"]*)"')


class Said(NamedTuple):
    """One finding of a page as it is said; ``alt`` is that of the picture on the page."""

    page: str
    name: str
    sentence: str
    detail: str
    alt: str
    answer: str

    @property
    def where(self) -> str:
        return f"{self.page}#{self.name}"


def said(site: Path) -> list[Said]:
    """Every finding of the release in ``site`` (a release, or the folder that holds ``latest``)."""
    release = site if (site / "manifest.json").is_file() else site / "latest"
    record = json.loads((release / "manifest.json").read_text(encoding="utf-8"))
    found = []
    for page in record["pages"]:
        html = (release / page["path"]).read_text(encoding="utf-8")
        drawn = {name: _ALT.search(body) for name, body in _FIGURE.findall(html)}
        for fact in page["findings"]:
            image = drawn.get(fact["name"])
            texts = {k: fact.get(k, "") for k in ("sentence", "detail", "answer")}
            alt = unescape(image[1]) if image else ""
            found.append(Said(page["handle"], fact["name"], alt=alt, **texts))
    return found


def offences(one: Said) -> Iterator[str]:
    """What is wrong with the sentences of a finding, each in a few words."""
    words = sentences.word_count(one.sentence)
    numbers = sentences.number_count(one.sentence)
    if words > sentences.WORDS:
        yield f"{words} words" + " (TOO LONG)" * (words > sentences.WORDS_HARD)
    if numbers > sentences.NUMBERS:
        yield f"{numbers} numbers"
    if one.alt == one.sentence:
        yield "alternative text is the sentence"
    grade = sentences.reading_grade(one.sentence)
    if one.answer and grade > sentences.GRADE:
        yield f"reading grade {grade:.1f}"


def table(found: list[Said]) -> list[str]:
    """The offenders of each page, and a line that sums up."""
    lines, page = [], ""
    for one in found:
        if wrong := list(offences(one)):
            if one.page != page:
                page = one.page
                lines += ["", page]
            lines.append(f"  {one.name}: {'; '.join(wrong)}\n      {one.sentence}")
    long = sum(sentences.word_count(one.sentence) > sentences.WORDS for one in found)
    counts = sorted(sentences.number_count(one.sentence) for one in found)
    total = f"{len(found)} sentences, {long} of them over {sentences.WORDS} words"
    middle = f"median of numbers {counts[len(counts) // 2]}" if counts else "none"
    return [*lines, "", f"{total}; {middle}."]


def sheet(found: list[Said]) -> list[str]:
    """Each finding's texts over all pages, side by side; a text that several pages say once."""
    pages = list(dict.fromkeys(one.page for one in found))
    lines = []
    for name in dict.fromkeys(one.name for one in found):
        here = [one for one in found if one.name == name]
        lines += ["", f"== {name}  ({len(here)} of {len(pages)} pages)"]
        for kind in TEXTS:
            told = defaultdict(list)
            for one in here:
                word = f"[{one.answer}] " if one.answer and kind == "sentence" else ""
                told[word + getattr(one, kind)].append(one.page)
            told.pop("", None)
            lines += [f"  {kind}"] if told else []
            for text, where in told.items():
                alike = (
                    "all pages" if len(where) == len(pages) > 1 else ", ".join(where)
                )
                size = f"{sentences.word_count(text)} words, "
                size += f"{sentences.number_count(text)} numbers"
                lines += [f"    {alike}: ({size})", f"      {text}"]
    return lines


def main() -> None:
    """Print the sheet of the pages asked, and their offenders."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument(
        "pages", nargs="*", help="handles; the pages below are read too"
    )
    parser.add_argument("--site", type=Path, default=Path("site"))
    asked = parser.parse_args()
    found = [
        one
        for one in said(asked.site)
        if not asked.pages
        or any(f"{one.page}/".startswith(f"{page}/") for page in asked.pages)
    ]
    print(*(sheet(found) if asked.pages else []), *table(found), sep="\n")


if __name__ == "__main__":
    main()
