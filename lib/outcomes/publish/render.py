"""An executed notebook as one HTML page that needs no script, no style sheet and no outside host.

The page's bytes follow from its inputs alone: no clock, no machine. When it was built stands on
the index and in the manifest.
"""

import base64
import csv
import hashlib
import json
import posixpath
import re
from dataclasses import dataclass
from functools import cache
from html import escape, unescape
from itertools import takewhile
from pathlib import Path

import jinja2
import mistune
import nh3
from markupsafe import Markup

from outcomes.core.collection import collection
from outcomes.core.errors import Invalid
from outcomes.core.formatting import slug
from outcomes.core.mime import FINDING, PROVENANCE
from outcomes.data import glossary
from outcomes.data.disclosure import CONFIDENTIAL, WITHHELD
from outcomes.findings.verdicts import ANSWERS, VERDICTS
from outcomes.publish import staleness, vintage
from outcomes.publish.parameters import Parameter, source, tagged
from outcomes.publish.plan import Page, Plan, words

TEMPLATES = Path(__file__).parent / "templates"
# A verdict as a shape, a word and an explanation: never by colour alone.
MARKS = {word: (v.shape, v.shown, v.meaning) for word, v in VERDICTS.items()}
BETTER = {"fewer": "Fewer is better.", "more": "More is better."}
TAGS = {
    "p",
    "br",
    "hr",
    "em",
    "strong",
    "b",
    "i",
    "del",
    "sub",
    "sup",
    "abbr",
    "code",
    "pre",
    "a",
}
TAGS |= {
    "blockquote",
    "ul",
    "ol",
    "li",
    "dl",
    "dt",
    "dd",
    "h2",
    "h3",
    "h4",
    "h5",
    "h6",
}
TAGS |= {"table", "thead", "tbody", "tr", "th", "td"}
_ATTRIBUTES = {
    "a": {"href", "title"},
    "th": {"scope"},
    "abbr": {"title"},
    "ol": {"start"},
    "h2": {"id"},
}
_HIDDEN = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufeff]"
)
# The mark of a page in a browser's tabs and bookmarks: three bars, in the colours of the band.
_ICON = (
    "data:image/svg+xml,%3Csvg%20xmlns='http://www.w3.org/2000/svg'%20viewBox='0,0,16,16'"
    "%3E%3Cpath%20fill='%231c2b3c'%20d='M0,0h16v16H0z'/%3E%3Cpath%20fill='%23fff'%20d='M3,9h2"
    "v4H3zM7,6h2v7H7z'/%3E%3Cpath%20fill='%23f2859f'%20d='M11,3h2v10h-2z'/%3E%3C/svg%3E"
)
_CAUTIONS = 2  # of one page; the others open on demand
_BORNE = {
    "high": "well borne out",
    "medium": "likely, and partly checked",
    "low": "not checkable",
}
"""How well an assumption is borne out, by its quality."""
_WRONG = {
    "high": "a headline",
    "medium": "an interval or a comparison",
    "low": "a detail",
}
"""What could change if it were wrong, by its impact."""
_UNSEEN = (
    "image/png",
    "image/jpeg",
    "image/svg+xml",
    "application/javascript",
    "text/latex",
)


@cache
def inlined(*names: str) -> tuple[Markup, str]:
    """Style sheets, or a script, as the text of one element, and the hash that admits it."""
    text = "".join((TEMPLATES / name).read_text(encoding="utf-8") for name in names)
    if names[0].endswith(".css"):
        text = re.sub(r"\s*([{};,])\s*|\s+", lambda m: m[1] or " ", text.strip())
        text = re.sub(r"(?<=[a-z-]): ", ":", text).replace(";}", "}")
    else:  # a script: no indentation, and no remarks but at the end of a line
        text = re.sub(r"^\s*((//.*|/\*\*.*\*/)\s*)*", "", text, flags=re.M)
    hashed = base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
    return Markup(text), hashed


@cache
def environment() -> jinja2.Environment:
    """The templates, with everything escaped that is not marked safe."""
    made = jinja2.Environment(
        loader=jinja2.FileSystemLoader(TEMPLATES),
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.filters["slug"] = slug
    made.filters["plain"] = lambda text: Markup(escape(text, quote=False))
    made.filters["quoted"] = lambda text: Markup(escape(text))
    made.globals.update(
        marks=MARKS,
        answers=ANSWERS,
        direction=BETTER,
        words=words,
        inlined=inlined,
        collection=collection,
        icon=_ICON,
    )
    return made


def template(name: str, **context) -> str:
    """A template, filled."""
    return environment().get_template(name).render(**context)


def slot(name: str, *given) -> str:
    """What stands in a slot of a page, by the macro of that name in ``slots.html.j2``."""
    macros = environment().get_template("slots.html.j2").module
    return str(getattr(macros, name)(*given))


@dataclass(frozen=True)
class Built:
    """A page's HTML, its findings in order, what it read, how new that is, and its question.

    ``elsewhere`` are its findings that are the same for all choices: they stand on the parent page.
    """

    html: str
    findings: list[dict]
    reads: list[dict]
    vintage: str = ""
    question: str = ""
    elsewhere: tuple[dict, ...] = ()


def build(
    page: Page,
    notebook: dict,
    *,
    plan: Plan,
    known: dict[str, Parameter],
    code: str,
    root: str | None,
) -> Built:
    """Make the page of an executed notebook.

    ``known`` are the notebook's parameters, ``code`` names the code's version, ``root`` leads
    from the page to the top of the release (None: it belongs to none). Raises :class:`Invalid`
    when something in the notebook has no place on a page.
    """
    text = Prose(page, plan, root)
    lead, blocks, reads = _blocks(notebook, text, shared=parent(page, plan) is None)
    elsewhere = tuple(b["facts"] for b in blocks if b["kind"] == "elsewhere")
    blocks = _own(blocks)
    prose = "".join(b["html"] for b in blocks if b["kind"] in ("text", "asked"))
    found = [b for b in blocks if b["kind"] == "finding"]
    answers = [b for b in found if b["facts"].get("answer")]
    if len(answers) > 1:
        raise Invalid(f"the page has {len(answers)} answers; it asks one question.")
    asked = question(notebook)
    if (
        answers and asked and lead
    ):  # it stands with its answer, and need not stand twice
        bold = re.compile(r"<strong>.*?</strong>\s*", re.S)
        lead[0]["html"] = Markup(bold.sub("", lead[0]["html"], count=1))
    hidden = any(withheld(b["facts"]) for b in found)
    if hidden:  # the code that made a count could tell it, and so could what it prints
        blocks = [b for b in blocks if b["kind"] not in ("code", "plain")]
    facts = [b["facts"] for b in answers + [b for b in found if b not in answers]]
    if len({f["name"] for f in facts}) < len(facts):
        raise Invalid("two findings of the page have the same name.")
    given = {n: page.parameters.get(n, p.default) for n, p in known.items()}
    context = {
        "page": page,
        "root": root,
        "answer": answers[0] if answers else None,
        "question": asked,
        "lead": [b for b in lead if b["kind"] != "asked"],
        "blocks": [
            {"kind": "above"} if b in answers else b
            for b in blocks
            if b["kind"] != "asked"
        ],
        "asked_of": [b["html"] for b in [*lead, *blocks] if b["kind"] == "asked"],
        "contents": _in_order(text.contents, prose, blocks),
        "code": code,
        "withheld": hidden,
        "parameters": [(p, given[n]) for n, p in known.items()],
        "asked": "\n".join(
            f"{n} = {given[n]!r}  # {p.explanation}" for n, p in known.items()
        ),
        "tables": sorted({r["table"] for r in reads}),
    }
    context |= _found(facts, text.said, reads)
    html = template("page.html.j2", view=context)
    return Built(html, facts, reads, context["vintage"], asked, elsewhere)


def withheld(fact: dict) -> bool:
    """Whether a finding withholds a count of people.

    >>> withheld({"sentence": "[c] people."}), withheld({"sentence": "Nobody."})
    (True, False)
    """
    return CONFIDENTIAL in json.dumps(fact) or WITHHELD in fact.get("caveats", [])


def without_code(html: str) -> str:
    """A page without the code that it shows on demand."""
    return re.sub(r'<details class="code">.*?</details>\n?', "", html, flags=re.S)


def _in_order(contents: list[tuple], prose: str, blocks: list[dict]) -> list[tuple]:
    """The parts that are in the prose, with what the page was asked at the end, where it stands."""
    there = [part for part in contents if f'id="{part[0]}"' in prose]
    asked = " ".join(b["html"] for b in blocks if b["kind"] == "asked")
    return sorted(there, key=lambda part: f'id="{part[0]}"' in asked)


def question(notebook: dict) -> str:
    """What a notebook asks: the words in bold that open its prose; "" where there are none.

    Examples
    --------
    >>> question({"cells": [{"cell_type": "markdown", "source": "# Bins\\n\\n**Are they full?** So."}]})
    'Are they full?'
    """
    opening = takewhile(lambda cell: cell["cell_type"] == "markdown", notebook["cells"])
    found = re.search(r"\*\*(.+?)\*\*", "\n\n".join(map(source, opening)), re.S)
    return " ".join(found[1].split()) if found else ""


def _found(facts: list[dict], said: list[str], reads: list[dict]) -> dict:
    """What a page's findings, and what else is said on it, add to its head and its foot."""
    brief: dict[str, dict] = {}  # what several findings say alike stands there once
    for fact in facts:
        if fact["headline"]:
            brief.setdefault(fact["sentence"], fact)
    return {
        "terms": glossary.used(" ".join([*said, *map(_spoken, facts)])),
        "brief": list(brief.values()),
        "shown_marks": [m for m in MARKS if m in {f["verdict"] for f in facts}],
        "sources": sources(facts),
        "vintage": vintage.sentence(sources(facts), reads),
    }


def fill(html: str, slot: str, content: str) -> str:
    """``html`` with the content of one slot replaced; slots are what may change on a kept page."""
    pattern = f"(<!--{slot}-->).*?(<!--/{slot}-->)"
    return re.sub(
        pattern, lambda m: f"{m[1]}{content}{m[2]}", html, count=1, flags=re.S
    )


def parent(page: Page, plan: Plan) -> Page | None:
    """The page of the same notebook that a page of a sweep stands beneath; None for any other."""
    first = plan.main(page.notebook)
    beneath = first and page.handle.startswith(f"{first.handle}/")
    return first if beneath else None


def elsewhere(page: Page, above: Page | None, said: list[dict], linked: bool) -> str:
    """Where the findings stand that do not depend on what a page was asked; "" when none do.

    ``above`` is the page that has them, ``said`` their names and sentences; they are ``linked``
    when that page is part of the release.
    """
    if above is None or not said:
        return ""
    path = posixpath.relpath(above.path, posixpath.dirname(page.path))
    return slot("elsewhere", above.title, said, path if linked else "")


def moved(path: str, page: Page) -> str:
    """The page at an address that was one once: it leads on to the ``page`` that has what it had."""
    root = "../" * path.count("/")
    return template("moved.html.j2", page=page, root=root)


def siblings(page: Page, present: list[Page]) -> str:
    """Links to the pages of the same notebook with other parameters, of those present.

    A district has a link beside each other that leads to the two side by side, on the index.
    """
    others = [
        p for p in present if p.notebook == page.notebook and p.handle != page.handle
    ]
    if not others:
        return ""
    here = posixpath.dirname(page.path)
    front = posixpath.relpath("index.html", here)
    pair = bool(collection.compared) and page.group == "districts"
    listed = [
        (
            posixpath.relpath(p.path, here),
            p.label,
            f"{front}?one={_last(page)}&other={_last(p)}#pair" if pair else "",
        )
        for p in others
    ]
    return slot("siblings", listed)


def _last(page: Page) -> str:
    return posixpath.basename(page.handle)


def cautions(said: list[str]) -> str:
    """Cautions as one aside with a heading, those after the first few folded; "" when none."""
    return slot("cautions", said[:_CAUTIONS], said[_CAUTIONS:]) if said else ""


def versioned(page: Page, day: str, release: str, changed: bool) -> dict[str, str]:
    """What a page says of its version, by slot: its day and address, and how to cite it."""
    address = collection.address and collection.address + page.path
    return {
        "version": slot("version", day, address, changed),
        "cite": slot("cite", page.title, day, release, address),
    }


def assumptions(folder: Path, notebook: str) -> str:
    """What a page takes for granted: the rows of ``docs/assumptions.csv`` that name its notebook.

    As HTML, "" when there are none; ``folder`` is that of the plan.
    """
    file = folder / staleness.ASSUMPTIONS
    if not file.is_file():
        return ""
    with file.open(encoding="utf-8", newline="") as lines:
        used = f"notebooks/{notebook}.ipynb"
        rows = [r for r in csv.DictReader(lines) if used in r["where_used"].split("; ")]
    return slot("assumed", rows, _BORNE, _WRONG) if rows else ""


def sources(facts: list[dict]) -> list[dict]:
    """Every source the findings cite, once, in the order of first mention."""
    seen: dict[tuple, dict] = {}
    for one in (s for f in facts for s in f["sources"]):
        seen.setdefault(tuple(str(v) for v in one.values()), one)
    return list(seen.values())


def _spoken(fact: dict) -> str:
    """A finding's words; where they speak of an estimate's interval it is a confidence interval."""
    said = f"{fact['sentence']} {fact.get('detail', '')}"
    estimated = fact["verdict"] == "estimate" and "interval" in said
    return said + " confidence interval" * estimated


def _blocks(notebook: dict, text: "Prose", *, shared: bool) -> tuple[list, list, list]:
    """The page's lead, its blocks in order, and what was read.

    Unless the page shows what is ``shared``, the findings of cells with that tag stand elsewhere,
    and their words nowhere.
    """
    lead, blocks, reads, waiting, opening = [], [], [], [], True
    for number, cell in enumerate(notebook["cells"], start=1):
        away = not shared and tagged(cell, "shared")
        if cell["cell_type"] == "markdown":
            if not away and (
                html := text.html(source(cell))
            ):  # a title alone leaves nothing
                place = lead if opening and "<h" not in html else blocks
                place.append({"kind": "text", "html": html})
        elif cell["cell_type"] == "code" and source(cell).strip():
            opening = False
            if tagged(cell, "parameters"):  # before it stands what it may be changed to
                for block in [*lead[1:], *blocks][-1:]:
                    block["kind"] = "asked"
            waiting.append(source(cell))
            found = [
                b
                for output in cell.get("outputs", [])
                if (b := _output(output, number))
            ]
            reads += [r for b in found if b["kind"] == "end" for r in b["reads"]]
            for block in found:
                if away and block["kind"] == "finding":
                    block["kind"] = "elsewhere"
            if shown := [b for b in found if b["kind"] != "end"]:
                last = shown[-1].get("facts", {"name": f"cell {number}"})["name"]
                blocks += [
                    *shown,
                    {"kind": "code", "source": "\n\n".join(waiting), "of": last},
                ]
                waiting = []
    return lead, blocks, reads


def _own(blocks: list) -> list:
    """The blocks without what stands elsewhere; a part of which all does is left out whole."""
    parts: list[list] = [[]]
    for block in blocks:
        if block["kind"] == "text" and "<h2" in block["html"]:
            parts.append([])
        parts[-1].append(block)
    kept = []
    for part in parts:
        kinds = {block["kind"] for block in part}
        if "elsewhere" not in kinds or kinds & {"finding", "plain", "asked"}:
            kept += [block for block in part if block["kind"] != "elsewhere"]
    return kept


def _output(output: dict, number: int) -> dict | None:
    """One output as a block: a finding, the provenance, plain text, or nothing."""
    if output["output_type"] == "stream":
        text = _seen(output["text"]) if output["name"] == "stdout" else ""
        return {"kind": "plain", "text": text} if text else None
    data = output.get("data", {})
    if FINDING in data:
        html = Markup(lighter(joined(data["text/html"]), data[FINDING]["name"]))
        return {"kind": "finding", "facts": data[FINDING], "html": html}
    if PROVENANCE in data:
        return {"kind": "end", "reads": data[PROVENANCE].get("reads", [])}
    if any(kind in data for kind in _UNSEEN):
        raise Invalid(
            f"cell {number} shows a picture outside a finding, so it has no words."
        )
    text = _seen(data.get("text/plain", ""))
    return {"kind": "plain", "text": text} if text else None


def lighter(html: str, name: str) -> str:
    """A finding's HTML in fewer bytes: paths with commas for spaces, which an address must spell
    out, and empty cells without a look. Its table is named after it: captions may be alike."""
    html = re.sub("<td class=[tl]><", "<td><", html)
    label = f'role=region aria-label="Table: {words(name)}"'
    html = re.sub('role=region aria-label="[^"]*"', label, html, count=1)
    path = re.compile("(?<=%20d=')[^']+")
    return path.sub(lambda steps: steps[0].replace("%20", ","), html)


def joined(text: str | list[str]) -> str:
    return text if isinstance(text, str) else "".join(text)


def _seen(text: str | list[str]) -> str:
    """A text without what cannot be seen, or turns the direction of reading."""
    return _HIDDEN.sub("", joined(text)).strip()


class Prose(mistune.HTMLRenderer):
    """Markdown cells of one page: headings brought into order, links to notebooks to pages."""

    def __init__(self, page: Page, plan: Plan, root: str | None):
        super().__init__(escape=False)
        self.page, self.plan, self.root = page, plan, root
        self.level, self.titled = 1, False
        self.contents: list[tuple[str, str]] = []
        self.said: list[str] = []
        self.parse = mistune.create_markdown(
            renderer=self, plugins=["table", "strikethrough"]
        )

    def html(self, text: str) -> Markup:
        """One cell as HTML in which nothing can act or load."""
        self.said.append(text)
        clean = nh3.clean(
            self.parse(_seen(text)),
            tags=TAGS,
            attributes=_ATTRIBUTES,
            clean_content_tags={"script", "style"},
            url_schemes={"http", "https", "mailto"},
            link_rel="noopener noreferrer",
        )
        return Markup(clean.strip())

    def heading(self, text: str, level: int, **attrs) -> str:
        if level == 1 and not self.titled:
            self.titled = True  # the plan's title stands in its place
            return ""
        self.level = max(2, min(level, self.level + 1))
        if self.level > 2:
            return f"<h{self.level}>{text}</h{self.level}>\n"
        anchor = f"part-{len(self.contents) + 1}"
        self.contents.append((anchor, unescape(nh3.clean(text, tags=set()))))
        return f'<h2 id="{anchor}">{text}</h2>\n'

    def table_cell(
        self, text: str, align: str | None = None, head: bool = False
    ) -> str:
        return f'<th scope="col">{text}</th>' if head else f"<td>{text}</td>"

    def link(self, text: str, url: str, title: str | None = None) -> str:
        if not url.endswith(".ipynb"):
            unsafe = self.safe_url(url) == "#harmful-link"
            return text if unsafe else super().link(text, url, title)
        here = posixpath.dirname(self.page.notebook)
        found = self.plan.main(
            posixpath.normpath(posixpath.join(here, url.removesuffix(".ipynb")))
        )
        if found is None or self.root is None:
            return text
        return f'<a href="{self.root}{found.path}">{text}</a>'
