"""What every page of the plan found, one readable file a page: written, read and compared.

``make baselines`` builds the plan and writes ``tests/baselines``; ``python tests/baselines_tool.py
PAGE…`` does so for some pages. ``tests/test_baselines.py`` holds the built site to the files, so
that no number, word, table or figure of any page moves unseen.
"""

import hashlib
import json
import re
import subprocess
import sys
import tempfile
import tomllib
from collections import Counter
from html import unescape
from pathlib import Path
from typing import NamedTuple
from urllib.parse import unquote

import then_and_now_table

ROOT = Path(__file__).parents[1]
FOLDER = Path(__file__).with_name("baselines")
WORDS = ("answer", "sentence", "detail", "alt", "caption", "caveats", "title")
FACTS = (
    "answer",
    "sentence",
    "detail",
    "alt",
    "value",
    "lower",
    "upper",
    "unit",
    "period",
    "area",
    "direction",
    "verdict",
)
FACTS += ("test", "series", "headline", "caption", "caveats")
_FIGURE = re.compile(r'<figure class="finding [^"]*" id="([^"]+)">(.*?)</figure>', re.S)
_IMAGE = re.compile(r'<img alt="[^"]*" src="([^"]*)"')


def pages(site: Path) -> dict[str, dict]:
    """Each page of a release by its handle: its title and its findings."""
    record = json.loads((site / "manifest.json").read_text(encoding="utf-8"))
    return {entry["handle"]: _page(site, entry) for entry in record["pages"]}


def _page(site: Path, entry: dict) -> dict:
    html = (site / entry["path"]).read_text(encoding="utf-8")
    drawn = {name: _IMAGE.search(body) for name, body in _FIGURE.findall(html)}
    found = {}
    for fact in entry["findings"]:
        kept = {
            k: v
            for k in FACTS
            if (v := fact.get(k)) is not None and v not in ("", []) and v is not False
        }
        kept |= {f"number: {name}": n for name, n in fact.get("numbers", {}).items()}
        kept["sources"] = [_cited(source) for source in fact["sources"]]
        table = site / entry["handle"] / f"{fact['name']}.csv"
        if table.is_file():
            rows = table.read_text(encoding="utf-8-sig")
            kept["table"] = f"{len(rows.splitlines()) - 1} rows, {_digest(rows)}"
        if image := drawn.get(fact["name"]):
            kept["figure"] = _digest(_drawing(image[1]))
        found[fact["name"]] = kept
    return {"title": entry["title"], "findings": found}


def _drawing(address: str) -> str:
    """The SVG in an image's address, as it is drawn: there commas part the numbers of a path."""
    svg = unquote(unescape(address))
    return re.sub("(?<= d=')[^']+", lambda steps: steps[0].replace(",", " "), svg)


def _cited(source: dict) -> str:
    return ", ".join(
        source[k] for k in ("publisher", "title", "published") if source.get(k)
    )


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8")).hexdigest()[:16]


def written(page: dict) -> str:
    """A page's baseline as TOML, one table a finding, in the order of the page."""
    lines = [f"title = {_value(page['title'])}"]
    for name, facts in page["findings"].items():
        lines += [
            "",
            f"[findings.{name}]",
            *(f"{_key(k)} = {_value(v)}" for k, v in facts.items()),
        ]
    return "\n".join(lines) + "\n"


def _key(name: str) -> str:
    return name if re.fullmatch("[a-z_-]+", name) else _value(name)


def _value(value) -> str:
    if isinstance(value, list):
        return (
            "[\n" + "".join(f"  {_value(v)},\n" for v in value) + "]" if value else "[]"
        )
    return json.dumps(
        value, ensure_ascii=False
    )  # numbers, true, and text: TOML writes them alike


def path_of(handle: str) -> Path:
    """The file of a page: ``area-profile/burnley`` is ``area-profile--burnley.toml``."""
    return FOLDER / f"{handle.replace('/', '--')}.toml"


def stored(handle: str) -> dict:
    """What the baseline of a page holds; an empty page where there is none."""
    path = path_of(handle)
    if not path.is_file():
        return {"title": "", "findings": {}}
    return tomllib.loads(path.read_text(encoding="utf-8"))


class Move(NamedTuple):
    """One fact that differs between two states of a page."""

    where: str
    fact: str
    said: str

    @property
    def of_words(self) -> bool:
        """Whether only a text moved, and nothing that it stands on."""
        return self.fact in WORDS

    def __str__(self) -> str:
        return f"{self.where}: {self.said}."


def differences(handle: str, before: dict, after: dict) -> list[Move]:
    """What differs between two states of a page, each in words that name the finding."""
    old, new = before["findings"], after["findings"]
    moves = [
        Move(f"{handle}, {name}", "finding", "a finding that no baseline holds")
        for name in new
        if name not in old
    ]
    moves += [
        Move(f"{handle}, {name}", "finding", "is no longer on the page")
        for name in old
        if name not in new
    ]
    if before["title"] != after["title"]:
        said = f"its title {before['title']!r} became {after['title']!r}"
        moves.append(Move(handle, "title", said))
    for name in (n for n in new if n in old):
        for fact in dict.fromkeys([*old[name], *new[name]]):
            was, now = old[name].get(fact), new[name].get(fact)
            if was != now:
                said = _moved(fact, was, now, new[name])
                moves.append(Move(f"{handle}, {name}", fact, said))
    if not moves and list(old) != list(new):
        moves.append(Move(handle, "order", "its findings stand in another order"))
    return moves


def _moved(fact: str, was, now, facts: dict) -> str:
    gone = "is gone" if now is None else "is new"
    whole = was is not None and now is not None
    if fact == "figure":
        return "its figure is drawn otherwise" if whole else f"its figure {gone}"
    if fact == "table":
        return f"its table ({was}) became ({now})" if whole else f"its table {gone}"
    if fact == "value" and whole:
        return f"{was:,} became {now:,} {facts.get('unit', '')}".rstrip()
    if isinstance(was, float | int) and isinstance(now, float | int):
        return f"{fact}: {was:,} became {now:,}"
    return f"{fact}: {was!r} became {now!r}"


def summary(moves: list[Move]) -> list[str]:
    """What moved, in a few lines: the texts counted, all else named.

    Whoever rewrites the words of a page wants to read "Only words moved."
    """
    kinds = Counter(move.fact for move in moves if move.of_words)
    counted = ", ".join(f"{n} of {fact}" for fact, n in kinds.most_common())
    rest = [move for move in moves if not move.of_words]
    if not moves:
        return ["Nothing moved."]
    if not rest:
        return [f"Only words moved: {counted}."]
    kinds = Counter(move.fact for move in rest)
    lines = [f"Words moved: {counted or 'none'}.", "NOT ONLY WORDS MOVED:"]
    lines += [f"  {n} of {fact}" for fact, n in kinds.most_common()]
    return [*lines, *(f"  {move}" for move in rest)]


def main(handles: list[str]) -> None:
    """Build the pages asked, or the whole plan, and write what they found."""
    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, "-m", "outcomes", "build", *handles, "--out", folder]
        if subprocess.run(command, cwd=ROOT).returncode:
            sys.exit("The pages could not all be built: no baseline was written.")
        found = pages(Path(folder, "latest"))
    FOLDER.mkdir(exist_ok=True)
    moves = [m for h, page in found.items() for m in differences(h, stored(h), page)]
    for handle, page in found.items():
        path_of(handle).write_text(written(page), encoding="utf-8")
    if not handles:
        kept = {path_of(handle) for handle in found}
        for path in set(FOLDER.glob("*.toml")) - kept:
            path.unlink()
    then_and_now_table.PAGE.write_text(then_and_now_table.table(), encoding="utf-8")
    written_now = f"{len(found)} baselines written, {len(moves)} facts moved."
    print(*moves, written_now, *summary(moves), sep="\n")


if __name__ == "__main__":
    main(sys.argv[1:])
