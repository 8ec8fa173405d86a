"""The lessons as pages of the site: to read without Jupyter, with every answer folded.

A page is made of what the lesson's notebook stores, which the regression tests compare with a fresh
run; nothing is run for it. It passes the checks of every other page, and a lesson that does not pass
is left out of the release with its reason.
"""

import re
import tomllib
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import Any

import nh3
from markupsafe import Markup

from outcomes.core.errors import Invalid
from outcomes.core.mime import FINDING, PROVENANCE
from outcomes.publish import disclosed, render
from outcomes.publish.html_checks import problems
from outcomes.publish.parameters import load, source, tagged
from outcomes.publish.plan import Page, Plan, words

FOLDER = "learn"
ROOT = "../"
_CALL = re.compile(r'learn\.(check|quiz|hint)\("([^"]+)"')
_CHART = re.compile(r'<img [^>]*src="(data:image/svg\+xml,[^"\s]+)"')
_AIM = re.compile(r"\*\*Aim:\*\*\s*(.+)\n?")


@dataclass(frozen=True)
class Lesson:
    """A lesson as the site lists it: its page, what it is for, and its parts in order."""

    page: Page
    aim: str
    parts: list[str] = field(default_factory=list)
    html: str = ""

    @property
    def entry(self) -> dict[str, Any]:
        """What the search knows of it: its aim, as a page's finding, and the names of its parts."""
        said = {"name": "aim", "sentence": self.aim, "labels": ", ".join(self.parts)}
        page = {"path": self.page.path, "title": self.page.title, "question": ""}
        return page | {"notebook": self.page.notebook, "findings": [said]}


def listed(plan: Plan) -> list[Lesson]:
    """The lessons beside a plan, in order, without their pages."""
    found = []
    for path in _notebooks(plan):
        title, _, rest = source(load(path)["cells"][0]).partition("\n")
        aim = _AIM.search(rest)
        page = Page(
            handle=f"{FOLDER}/{path.stem.replace('_', '-')}",
            notebook=f"{FOLDER}/{path.stem}",
            title=f"Lesson {int(path.stem[:2])}: {title.lstrip('# ')}",
        )
        said = aim[1] if aim else ""
        found.append(Lesson(page, said[:1].upper() + said[1:]))
    return found


def pages(plan: Plan, files: set[str]) -> tuple[list[Lesson], list[str]]:
    """The lessons with their pages, and of those that may not be published why.

    ``files`` are those of the release, to which a page may link.
    """
    every, refused = listed(plan), []
    file = _folder(plan) / "exercises.toml"
    asked = tomllib.loads(file.read_text("utf-8")) if file.is_file() else {}
    while True:  # once more where one was refused, as those beside it lead to it
        known = files | {lesson.page.path for lesson in every}
        made = []
        for lesson in every:
            try:
                written = _written(lesson, plan, every, asked)
                if wrong := problems(written.html, lesson.page.path, known):
                    raise Invalid("; ".join(wrong[:3]))
                made.append(written)
            except Invalid as error:
                title = lesson.page.title
                refused.append(f"The page of {title!r} was left out: {error}")
        if len(made) == len(every):
            return made, refused
        every = [replace(lesson, parts=[], html="") for lesson in made]


def _folder(plan: Plan) -> Path:
    return plan.folder / "notebooks" / FOLDER


def _notebooks(plan: Plan) -> list[Path]:
    return sorted(_folder(plan).glob("[0-9][0-9]_*.ipynb"))


def _written(
    lesson: Lesson, plan: Plan, every: list[Lesson], asked: dict[str, dict]
) -> Lesson:
    """A lesson with its page, which leads to those before and after it; ``asked`` are exercises."""
    at = every.index(lesson)
    prose = render.Prose(lesson.page, plan, ROOT)
    blocks, facts, reads = [], [], set()
    for cell in load(plan.source(lesson.page))["cells"]:
        if cell["cell_type"] == "markdown":
            text = _AIM.sub("", source(cell)) if not blocks else source(cell)
            blocks.append({"kind": "text", "html": prose.html(text)})
            continue
        data = [output.get("data", {}) for output in cell.get("outputs", [])]
        facts += [one[FINDING] for one in data if FINDING in one]
        ends = [one[PROVENANCE] for one in data if PROVENANCE in one]
        reads |= {read["table"] for end in ends for read in end["reads"]}
        if not ends:
            block = _block(cell, asked)  # hints stand before the answer here
            first = block["kind"] == "hints" and blocks[-1]["kind"] == "answer"
            blocks.insert(len(blocks) - first, block)
    if said := next(disclosed.reasons(facts, []), ""):
        raise Invalid(said)
    if any(map(render.withheld, facts)):
        raise Invalid("it shows a count that is withheld, and its code could tell it.")
    html = render.template(
        "lesson.html.j2",
        page=lesson.page,
        root=ROOT,
        aim=lesson.aim,
        blocks=blocks,
        contents=prose.contents,
        tables=sorted(reads),
        sources=render.sources(facts),
        before=every[at - 1] if at else None,
        after=every[at + 1] if at + 1 < len(every) else None,
    )
    return Lesson(lesson.page, lesson.aim, [words for _, words in prose.contents], html)


def _block(cell: dict, asked: dict[str, dict]) -> dict[str, Any]:
    """A cell of code as a reader meets it: a question, an answer, hints, or code and its outputs."""
    call = _CALL.search(source(cell))
    kind, name = call.groups() if call else ("", "")
    one = asked.get(name, {})
    if kind == "hint":
        return {"kind": "hints", "name": words(name), "hints": one.get("hints", [])}
    if kind == "quiz" and tagged(cell, "solution"):
        remark = one["choices"][one["answer"]][1]
        return {"kind": "quiz", "asked": one, "remark": remark}
    lines = source(cell).splitlines()
    if kind == "check" and tagged(cell, "solution"):
        return {
            "kind": "answer",
            "name": words(name),
            "source": "\n".join(lines[:-1]),
            "remark": _text(cell).removeprefix("Right.").strip(),
            "chart": next(iter(_CHART.findall(_html(cell))), ""),
        }
    shown = [] if "learn.progress" in source(cell) else cell.get("outputs", [])
    return {
        "kind": "code",
        "source": "\n".join(lines),
        "folded": tagged(cell, "picture"),
        "outputs": [made for output in shown if (made := _output(output))],
    }


def _html(cell: dict) -> str:
    outputs = cell.get("outputs", [])
    return "".join(
        render.joined(o.get("data", {}).get("text/html", "")) for o in outputs
    )


def _text(cell: dict) -> str:
    outputs = cell.get("outputs", [])
    found = (o.get("data", {}).get("text/plain", "") for o in outputs)
    return "".join(map(render.joined, found))


def _output(output: dict) -> dict[str, Any] | None:
    """An output as a page may hold it: a finding, clean HTML, or text."""
    data = output.get("data", {})
    if FINDING in data:
        html = render.lighter(render.joined(data["text/html"]), data[FINDING]["name"])
        return {"kind": "result", "html": Markup(html)}
    if "text/html" in data:
        return {"kind": "text", "html": _clean(render.joined(data["text/html"]))}
    text = render.joined(output.get("text", data.get("text/plain", ""))).strip()
    return {"kind": "plain", "text": text} if text else None


def _clean(html: str) -> Markup:
    """Tables and lists in which nothing can act or load, with heads that say what they head."""
    clean = nh3.clean(
        html,
        tags=render.TAGS,
        attributes={},
        clean_content_tags={"script", "style"},
    )
    clean = clean.replace("<th></th>", "<td></td>")
    head, body = partial(_scoped, "col"), partial(_scoped, "row")
    clean = re.sub("<thead>.*?</thead>", head, clean, flags=re.S)
    clean = re.sub("<tbody>.*?</tbody>", body, clean, flags=re.S)
    return Markup(re.sub(r">\s+<", "><", clean).strip())


def _scoped(scope: str, found: re.Match) -> str:
    return found[0].replace("<th>", f'<th scope="{scope}">')
