"""The search of a release: one script with all that pages say, which any browser runs from a disk.

A sentence that many pages of a sweep share is held once, with all pages that say it. What readers
call things, and what the pages call them, is the table ``data/synonyms.csv``.
"""

import csv
import json
from pathlib import Path

from outcomes.core import project
from outcomes.data import glossary
from outcomes.publish.render import TEMPLATES

FILE = "search.js"
_WORDS = ("area", "caption", "unit", "labels")
_LABELS = 24


def script(entries: list[dict]) -> str:
    """The search as one script: what it knows of the pages in ``entries``, and how it looks.

    ``entries`` are the manifest's records, in plan order.
    """
    keys = ("path", "title", "question", "notebook")
    held = {
        "pages": [[entry.get(key, "") for key in keys] for entry in entries],
        "findings": _findings(entries),
        "terms": [[one["term"], one["meaning"]] for one in glossary.terms()],
        "synonyms": synonyms(),
    }
    data = json.dumps(held, ensure_ascii=False, separators=(",", ":"))
    code = (TEMPLATES / FILE).read_text(encoding="utf-8")
    return code.replace('"HELD"', data, 1)


def _findings(entries: list[dict]) -> list[list]:
    """Every sentence once: pages that say it, anchor, answer, sentence, detail, other words."""
    found: dict[str, list] = {}
    for at, entry in enumerate(entries):
        for fact in entry["findings"]:
            said = fact["sentence"]
            texts = filter(None, (fact.get(key) for key in _WORDS))
            other = " ".join(text for text in texts if text not in said)
            told = [fact["name"], fact.get("answer", ""), said, fact.get("detail", "")]
            pages = found.setdefault(said, [[], *told, other])[0]
            if [at, fact["name"]] not in pages:
                pages.append([at, fact["name"]])
    return [[pages, *rest[1:]] for pages, *rest in found.values()]


def labels(table: dict | None) -> str:
    """The words that stand in a finding's table, each once: its types, places and measures.

    Examples
    --------
    >>> labels({"rows": [["Burglary", 3], ["Robbery", 5], ["Burglary", 7]]})
    'Burglary, Robbery'
    """
    cells = (cell for row in (table or {}).get("rows", []) for cell in row)
    words = (c for c in cells if isinstance(c, str) and c[:1].isalpha() and len(c) < 50)
    return ", ".join(list(dict.fromkeys(words))[:_LABELS])


def synonyms() -> list[list[list[str]]]:
    """What readers type, and the words of the pages that it finds: a pair for each row.

    Examples
    --------
    >>> [finds for searched, finds in synonyms() if "mugging" in searched]
    [['robbery']]
    """
    file: Path = project.data() / "synonyms.csv"
    if not file.is_file():
        return []
    with file.open(encoding="utf-8", newline="") as lines:
        return [
            [row[name].split("; ") for name in ("searched", "finds")]
            for row in csv.DictReader(lines)
        ]
