"""Text that wishes readers ill, in every place that can show text: none of it acts or loads.

The test of a place is its shape: with a hostile text it must have the very elements and attributes
that it has with an innocent one, and the text must be there to read. Where markup is allowed
(markdown cells) only listed elements and addresses may be left. The browser part hears every
dialog, request and console message; there pages are opened without their content security policy
too, so that escaping has to do alone.
"""

import csv
import io
import re
import unicodedata
from html.parser import HTMLParser
from pathlib import Path
from textwrap import fill

import pandas as pd
import pytest

import lab_driver as driver
from empty_figure import canvas
from hostile_texts import FORMULAS, TEXTS
from notebook_maker import entry, fact, notebook, plan
from outcomes.core import formatting
from outcomes.core.errors import Invalid
from outcomes.findings import charts, finding, theme
from outcomes.findings.svg import WIDER
from outcomes.publish import changes as history
from outcomes.publish import csv_files, feed, html_checks, index, parameters, render
from outcomes.publish import plan as plans

each_text = pytest.mark.parametrize("text", TEXTS.values(), ids=TEXTS)
INNOCENT = "a source"  # a term of the glossary, which a text may hold too
FACTS = ("sentence", "caveat", "caption", "unit", "period", "area")
CITED = ("publisher", "title", "url", "published")
TABLE = ("cell", "row name", "column name", "unit of a column")
SHOWN = (*FACTS, *CITED, *TABLE)
# texts of which a parser makes no element that acts
INERT = ("script_split", "script_null")
URLS = {
    k
    for k, t in TEXTS.items()
    if re.match(r"https?://[^\s\"'<>]+$", formatting.plain(t))
}


class Shape(HTMLParser):
    """The elements of some HTML with the names of their attributes, its addresses and its text."""

    def __init__(self, html: str):
        super().__init__()
        self.tags, self.addresses, self.words, self.values = [], [], [], []
        self.feed(html)
        self.close()

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, *(name for name, _ in attrs)))
        self.values += [(name, value or "") for name, value in attrs]
        self.addresses += [
            v or "" for n, v in attrs if n in ("href", "src", "action", "data")
        ]

    def handle_data(self, text):
        self.words.append(text)

    def handle_comment(self, text):
        self.tags.append(("<!--",))

    def unknown_decl(self, text):
        self.tags.append(("<![",))

    def handle_pi(self, text):
        self.tags.append(("<?",))

    @property
    def text(self) -> str:
        return " ".join("".join(self.words).split())


def made(place: str = "", text: str = INNOCENT, name: str = "found"):
    """A finding with ``text`` in one place, and innocent words in the others."""
    at = (
        dict.fromkeys(SHOWN, INNOCENT) | {"url": "https://example.org/"} | {place: text}
    )
    column, other = ("n" if place != "column name" else text), "area"
    frame = pd.DataFrame({other: [at["row name"], "x"], column: [at["cell"], "y"]})
    return finding(
        name,
        at["sentence"],
        sources=[{c: at[c] for c in CITED}],
        caveats=[at["caveat"]],
        caption=at["caption"],
        unit=at["unit"],
        period=at["period"],
        area=at["area"],
        table=frame,
        units={column: at["unit of a column"]},
    )


def shown(one) -> dict:
    """A code cell with a finding as its output."""
    return code("x", {"output_type": "display_data", "data": one._repr_mimebundle_()})


def code(source: str, *outputs: dict) -> dict:
    outputs = [{"metadata": {}} | o if "data" in o else o for o in outputs]
    rest = {"metadata": {}, "outputs": outputs, "execution_count": 1}
    return {"cell_type": "code", "source": source} | rest


def markdown(source: str) -> dict:
    return {"cell_type": "markdown", "source": source, "metadata": {}}


@pytest.fixture(scope="module")
def build(tmp_path_factory):
    """Builds the page of some cells, with a title and one parameter."""
    folder = tmp_path_factory.mktemp("plan")
    notebook(folder / "notebooks/programmes/demo.ipynb")
    found = plans.read(plan(folder, entry()))

    def built(*cells, title="Demo", default=INNOCENT, explanation=INNOCENT):
        one = plans.Page("demo", "programmes/demo", title)
        known = {"wave": parameters.Parameter("wave", default, "", explanation)}
        body = {"cells": [markdown("# Title"), *cells], "metadata": {}}
        body |= {"nbformat": 4, "nbformat_minor": 5}
        body["cells"] = [c | {"id": f"c{at}"} for at, c in enumerate(body["cells"])]
        return render.build(one, body, plan=found, known=known, code="1", root="").html

    return built


def tagged(source: str) -> dict:
    return code(source) | {"metadata": {"tags": ["parameters"]}}


# place -> the arguments that put a text there
PAGE = {
    "title": lambda t: {"title": t},
    "parameter": lambda t: {"default": t},
    "explanation": lambda t: {"explanation": t},
    "code": lambda t: {"cells": [code(t, plain_text(INNOCENT))]},
    "plain text": lambda t: {"cells": [code("x", plain_text(t))]},
    "printed": lambda t: {
        "cells": [code("x", {"output_type": "stream", "name": "stdout", "text": t})]
    },
    "list of a parameter": lambda t: {"default": [t, INNOCENT]},
}
STEM = [tagged("wave = 1"), shown(made(name="first"))]


def plain_text(text: str) -> dict:
    return {"output_type": "display_data", "data": {"text/plain": text}}


def on_page(build, place: str, text: str) -> str:
    given = PAGE[place](text)
    return build(*STEM, *given.pop("cells", []), **given)


def entry_of(**changes) -> dict:
    """A page's record in the manifest, as the index reads it."""
    record = {"handle": "demo", "title": "Demo", "label": "Demo", "path": "demo.html"}
    record |= {
        "notebook": "programmes/demo",
        "group": "programmes",
        "state": "built",
        "why": "",
    }
    record |= {
        "error": None,
        "built": "20251124T083000Z-1",
        "tried": "20251124T083000Z-1",
    }
    record |= {
        "changes": [],
        "changed": "",
        "findings": [fact()],
        "vintage": "",
        "reads": [],
    }
    return record | changes


def told(text: str = INNOCENT) -> dict:
    return {
        "release": "20251124T083000Z-1",
        "since": "",
        "sentence": text,
        "lines": [text],
    }


def failure(text: str) -> dict:
    return {"name": text, "message": text, "cell": 1}


DEMO = plans.Page("demo", "programmes/demo", "Demo")
# place -> the HTML around a text, made by the functions that make the index and what goes with it
AROUND = {
    "index, title": lambda t: front(title=t, label=t),
    "index, district": lambda t: front(group="districts", title=t, label=t),
    "index, finding": lambda t: front(findings=[fact(sentence=t, unit=t, period=t)]),
    "index, value of a district": lambda t: front(
        group="districts", findings=[fact(unit=t)]
    ),
    "index, error": lambda t: front(state="failed", error=failure(t)),
    "index, change": lambda t: index.index_html(
        [entry_of()], "20251124T083000Z-1", told(t)
    ),
    "page that failed": lambda t: render.template(
        "stub.html.j2", page=DEMO, root="", reason=index.reason(failure(t))
    ),
    "title of a page that failed": lambda t: render.template(
        "stub.html.j2", page=plans.Page("demo", "x", t), root="", reason="x"
    ),
    "notice": lambda t: render.slot(
        "notice", "24 November 2025", "24 October 2025", index.reason(failure(t))
    ),
    "sibling": lambda t: render.siblings(
        DEMO, [DEMO, plans.Page("b", "programmes/demo", t)]
    ),
    "change of a page": lambda t: history.told(
        entry_of(
            changed="20251124T083000Z-1", changes=[{"name": t, "said": t, "why": t}]
        )
    ),
}


def front(**changes) -> str:
    return index.index_html([entry_of(**changes)], "20251124T083000Z-1", told())


def same(html: str, innocent: str, text: str, place: str) -> None:
    """The two have the same elements, and the text is there to read, or was never shown."""
    one, two = Shape(html), Shape(innocent)
    assert one.tags == two.tags, place
    assert one.addresses == two.addresses, place


def test_the_suite_is_as_large_as_it_says():
    places = [*SHOWN, *PAGE, *AROUND, "heading", "markdown", "figure", "CSV", "feed"]
    assert len(TEXTS) >= 80 and len(set(TEXTS.values())) == len(TEXTS)
    assert len(places) >= 35
    assert len(FORMULAS) >= 30


@pytest.mark.parametrize("place", [p for p in SHOWN if p != "url"])
@each_text
def test_a_finding_has_the_same_shape_whatever_it_says(text, place):
    one, html = made(place, text), made(place, text).html()
    same(html, made().html(), text, place)
    if place not in ("unit", "period", "area"):  # those are facts, written on the index
        wanted, there = (
            t.replace("_", " ").split()
            for t in (formatting.plain(text), Shape(html).text)
        )
        assert " ".join(wanted).casefold() in " ".join(there).casefold()
    assert unseen(html) == [] and unseen(str(one.facts)) == []


@each_text
def test_an_address_is_a_link_only_when_it_is_a_web_address(text):
    html, key = made("url", text).html(), next(k for k, t in TEXTS.items() if t == text)
    links = [v for n, v in Shape(html).values if n == "href"]
    assert links == ([formatting.plain(text)] if key in URLS else [])
    assert {t[0] for t in Shape(html).tags} <= {t[0] for t in Shape(made().html()).tags}


def unseen(text: str) -> list[str]:
    """Characters of a text that cannot be seen, or that turn the direction of reading."""
    return sorted(
        {
            hex(ord(c))
            for c in text
            if unicodedata.category(c) in ("Cf", "Cc", "Zl", "Zp")
        }
    )


@each_text
def test_every_place_of_a_finding_on_a_page(build, text):
    cells = [shown(made(place, text, f"f-{at}")) for at, place in enumerate(SHOWN)]
    calm = [shown(made(name=f"f-{at}")) for at, _ in enumerate(SHOWN)]
    # a cell whose text has nothing to be seen is empty, and an empty cell goes without its class
    html, innocent = (
        build(*c).replace("<td><", "<td class=t><") for c in (cells, calm)
    )
    tags = {"a"} if text.strip().startswith("http") else {"a", "li"}
    kept = [[t for t in Shape(h).tags if t[0] not in tags] for h in (html, innocent)]
    assert [t for t in kept[0] if t[0] != "li"] == [t for t in kept[1] if t[0] != "li"]
    assert safe_addresses(html) == []


def safe_addresses(html: str) -> list[str]:
    """Addresses of a page that load something, or are of a kind that acts."""
    bad, image = [], "data:image/svg+xml,%3Csvg"
    acting = ("style", "srcdoc", "srcset", "action", "poster")
    values, icon = Shape(html).values, ("href", render._ICON)
    if icon in values:
        values.remove(icon)  # the page's own, once
    for name, value in values:
        outside = not value.startswith(("https://", "http://", "mailto:", "#"))
        local = re.fullmatch(
            r"(\.\./)*[a-z0-9/_-]+\.(html|csv|ipynb|xml)(#[a-z-]+)?", value
        )
        if (
            name.startswith("on")
            or name in acting
            or (name == "href" and outside and not local)
            or (name == "src" and not value.startswith(image))
        ):
            bad.append(f"{name}={value}")
    return bad


@pytest.fixture(scope="module")
def innocent(build) -> dict[str, str]:
    return {place: on_page(build, place, INNOCENT) for place in PAGE}


@pytest.mark.parametrize("place", PAGE)
@each_text
def test_a_page_has_the_same_shape_whatever_is_put_into_it(
    build, innocent, text, place
):
    html = on_page(build, place, text)
    same(html, innocent[place], text, place)
    assert safe_addresses(html) == []


@pytest.mark.parametrize("place", AROUND)
@each_text
def test_what_stands_around_pages_has_the_same_shape(text, place):
    same(AROUND[place](text), AROUND[place](INNOCENT), text, place)


_MARKDOWN = (
    "{}",
    "Text {} text",
    "## {}",
    "- {}",
    "> {}",
    "[{}](https://example.org/)",
)
_MARKDOWN += (
    "[text]({})",
    "[text](<{}>)",
    "![{}](x.png)",
    "| a |\n|---|\n| {} |",
    "<p title={}>x</p>",
)
_ALLOWED = {*render.TAGS, "div", "nav", "section"}


@each_text
def test_markdown_keeps_only_words_and_links(build, text):
    html = build(*STEM, *(markdown(m.format(text)) for m in ("## a", *_MARKDOWN)))
    body = Shape("".join(re.findall(r'<div class="text">(.*?)</div>', html, re.S)))
    allowed = {"a": {"href", "rel"}, "th": {"scope"}, "h2": {"id"}, "ol": {"start"}}
    for tag, *names in body.tags:
        assert tag in render.TAGS, tag
        assert set(names) <= {"title", "lang", *allowed.get(tag, ())}, (tag, names)
    for name, value in body.values:
        if name == "href":
            assert not re.match(
                r"[\s\x00-\x1f]*(java|vb)?script|data:|file:", value, re.I
            ), value
            if value.startswith(
                "//"
            ):  # it would leave the site, and so the page may not be built
                assert any(
                    "not allowed" in p
                    for p in html_checks.problems(html, "demo.html", ())
                )
    assert safe_tags(html)


def safe_tags(html: str) -> bool:
    """No element that runs or loads, on the whole page; its own style sheet and script apart."""
    own = f"<script>{render.inlined('page.js')[0]}</script>"
    assert html.count(own) == 1
    html = html.replace(own, "")
    names = [t[0] for t in Shape(html).tags]
    return names.count("style") == 1 and not {
        "script",
        "iframe",
        "svg",
        "math",
        "object",
    } & {*names}


@each_text
def test_a_heading_of_a_notebook_is_words_in_the_contents(build, text):
    one = " ".join(text.split())
    html = build(*STEM, *(markdown(f"## {t}") for t in ("a", "b", one)))
    listed = re.search(r'<nav class="contents".*?</nav>', html, re.S)[0]
    tags = [t[0] for t in Shape(listed).tags]
    assert {*tags} <= {"nav", "details", "summary", "ul", "li", "a"}
    assert [tags.count(t) for t in ("nav", "details", "summary", "ul")] == [1] * 4
    *parts, last = Shape(listed).addresses
    assert all(a.startswith("#part-") for a in parts) and last == "#about"


def test_words_in_a_figure_are_words_and_the_figure_is_an_image():
    rows = pd.DataFrame({"name": list(TEXTS.values()), "n": range(len(TEXTS))})
    figure, ax = canvas(12)
    with theme.styled():
        charts.bars(rows, ax=ax, x="n", y="name")
        ax.set_xlabel(fill("".join(TEXTS.values()), 40))
    ax.set_title(TEXTS["out_of_tag"])
    texts = {"alt": "Bars with words.", "sources": ["x"]}
    one = finding("found", TEXTS["out_of_double"], figure=figure, **texts)
    svg = Shape(one.svg)
    assert not {t[0] for t in svg.tags} & {
        "script",
        "a",
        "image",
        "iframe",
        "foreignobject",
    }
    assert [t[0] for t in svg.tags].count("style") == 1 and WIDER in one.svg
    assert not [n for n, _ in svg.values if n.startswith("on")]
    assert unseen(one.svg.replace("\n", "")) == []
    assert [t for t in Shape(one.html()).tags if t[0] == "img"] == [
        ("img", "alt", "src")
    ]
    assert safe_addresses(one.html()) == []


_CELLS = ("cell", "row name", "column name", "unit of a column")


formulas = pytest.mark.parametrize("text", FORMULAS.values(), ids=FORMULAS)


@formulas
def test_no_cell_of_a_findings_csv_is_a_formula(text):
    for place in _CELLS:
        raw = csv_files.finding_csv(made(place, text).facts)
        assert runs(raw, ",", ";", "\t") == []
        rows = [len(r) for r in csv.reader(io.StringIO(raw, newline=""))]
        assert len(rows) == 3 and len({*rows}) == 1


@formulas
def test_no_cell_of_a_table_is_a_formula(text):
    assert runs(table(text), ",", ";", "\t") == []


def table(text: str) -> str:
    """Both makers of tables, with a text in every cell that can hold one."""
    facts = [fact(sentence=text, unit=text, period=text, area=text)]
    rows = csv_files.table(["name", text], [[text, 1], ["x", text]])
    return rows + index.findings_csv([entry_of(handle=text, findings=facts)])


def runs(raw: str, *separators: str) -> list[str]:
    """Cells that a spreadsheet would run, read as one does that parts cells at these."""
    found = []
    for separator in separators:
        text = io.StringIO(re.sub("\r\n?", "\n", raw), newline="")
        for row in csv.reader(text, delimiter=separator):
            found += [
                c for c in row if c[:1] in tuple("=+-@\t\r\n＝＋－＠") and not number(c)
            ]
    return found


def number(text: str) -> bool:
    return re.fullmatch(r"[+-]?\d+(\.\d+)?(e[+-]?\d+)?", text) is not None


@pytest.mark.parametrize("value", [-3.5, -1, 0, 12, -1e-9, 1e15, -1234567.25])
def test_numbers_keep_their_sign(value):
    raw = csv_files.table(["n"], [[value], [str(value)]])
    rows = [r[0] for r in csv.reader(io.StringIO(raw))][1:]
    assert [float(r) for r in rows] == [value, value]
    frame = pd.DataFrame({"name": ["a"], "n": [value]})
    facts = finding("found", "x", sources=["x"], table=frame, caption="x").facts
    cell = csv_files.finding_csv(facts).split(",")[-2]
    assert float(cell) == pytest.approx(value, rel=1e-4)


@each_text
def test_the_feed_stays_well_formed(text):
    from xml.etree import ElementTree

    raw = feed.atom([told(text)])
    if any(c in text for c in "\x00\x01\x07\x08\x0b\x0c\x1b\ufdd0") or unseen(text):
        return  # a release's sentence is made of plain words; those are tried above
    root = ElementTree.fromstring(raw)
    assert len(root.findall(".//{*}link")) == 2
    assert text.split()[0] in "".join(root.itertext())


@each_text
def test_an_error_names_what_was_given_in_one_line(text):
    known = {"wave": parameters.Parameter("wave", "2023-11", "month", "x")}
    with pytest.raises(Invalid) as caught:
        parameters.check({"wave": text}, known, where="demo")
    assert not re.search(
        r"[\x00-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]", str(caught.value)
    )


def test_a_title_is_one_line(tmp_path):
    notebook(tmp_path / "notebooks/programmes/demo.ipynb")
    found = plans.read(plan(tmp_path, entry(title="one\n\ttwo  three")))
    assert found.pages[0].title == "one two three"


@pytest.mark.parametrize("name", ["override", "isolate", "zero_width", "soft_hyphen"])
def test_a_title_holds_nothing_unseen(tmp_path, name):
    notebook(tmp_path / "notebooks/programmes/demo.ipynb")
    found = plans.read(plan(tmp_path, entry(title=TEXTS[name])))
    assert unseen(found.pages[0].title) == []


def test_markdown_holds_nothing_that_turns_the_direction(build):
    assert not re.search(
        "[\u202a-\u202e\u2066-\u2069]", build(markdown(TEXTS["override"]))
    )


@pytest.mark.parametrize("name", ["ansi", "ansi_clear", "bell_backspace"])
def test_printed_text_holds_no_control_characters(build, name):
    html = on_page(build, "printed", TEXTS[name])
    assert not re.search(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]", html)


# HTML that no finding of the library makes, but a hand-made display bundle could hold: the check of
# a page must refuse it.
_KINDS = ("script", "on", "iframe", "svg_", "object", "style")
_ALONE = (
    "embed",
    "base",
    "form",
    "image",
    "meta_refresh",
    "comment",
    "comment_bang",
    "cdata",
)
HAND_MADE = {
    **{k: t for k, t in TEXTS.items() if k.startswith(_KINDS) and k not in INERT},
    **{k: TEXTS[k] for k in (*_ALONE, "noscript")},
    "math": "<math><style><img src=x onerror=alert(1)></style></math>",
    "area": "<map name=m><area href='javascript:alert(1)'></map>",
    "svg_image": "<svg><image href='https://evil.example/x'/></svg>",
}


@pytest.mark.parametrize("inner", HAND_MADE.values(), ids=HAND_MADE)
def test_a_hand_made_finding_that_acts_is_refused(build, inner):
    one = made()
    bundle = one._repr_mimebundle_() | {
        "text/html": f'<figure id="found">{inner}</figure>'
    }
    files = {
        "index.html",
        "demo.html",
        "demo/found.csv",
        "notebooks/programmes/demo.ipynb",
    }
    html = build(code("x", {"output_type": "display_data", "data": bundle}))
    assert html_checks.problems(html, "demo.html", files)


@pytest.fixture(scope="module")
def browser():
    with driver.browser("hostile text was not tried in a browser") as opened:
        yield opened


def heard(browser, folder: Path, html: str) -> list[str]:
    """Everything a page does when it is opened: dialogs, requests, messages, new pages."""
    (folder / "demo.html").write_text(
        html, encoding="utf-8", newline="", errors="replace"
    )
    context = browser.new_context()
    tab, out = context.new_page(), []
    here = (folder / "demo.html").as_uri()
    tab.on("dialog", lambda d: (out.append(f"dialog {d.message}"), d.dismiss()))
    tab.on("console", lambda m: out.append(f"console {m.text}"))
    tab.on("pageerror", lambda e: out.append(f"error {e}"))
    tab.on("popup", lambda p: out.append(f"popup {p.url}"))
    tab.on(
        "request",
        lambda r: out.append(r.url) if r.url != here and r.url[:5] != "data:" else 0,
    )
    tab.goto(here)
    tab.wait_for_timeout(150)
    tab.evaluate("document.querySelectorAll('details').forEach(d => d.open = true)")
    acting = tab.evaluate(
        "[...document.querySelectorAll('*')].flatMap(e => [...e.attributes].filter(a => "
        "/^on/i.test(a.name) || (/^(href|src|action|data)$/i.test(a.name) && "
        "/^\\s*(javascript|vbscript):/i.test(a.value))).map(a => a.name))"
        ".concat([...document.scripts].map(s => s.text))"
    )
    own = [render.inlined(name)[0] for name in ("index.js", "page.js")]
    acting = [a for a in acting if a not in own]
    context.close()
    return [*out, *acting]


def no_policy(html: str) -> str:
    """A page without its content security policy: its escaping must do alone."""
    bare, n = re.subn(r"<meta http-equiv=\"Content-Security-Policy\"[^>]*>", "", html)
    assert n == 1
    return bare


def everything(build) -> dict[str, str]:
    """Pages that together hold every text in every place."""
    prose = [markdown(m.format(t)) for m in _MARKDOWN for t in TEXTS.values()]
    printed = [code(t, plain_text(t)) for t in TEXTS.values()]
    pages = {"markdown": build(*prose)}
    # Each place has a page: a browser lays out one of a thousand findings slowly.
    for place in SHOWN:
        findings = [
            shown(made(place, text, f"f-{n}")) for n, text in enumerate(TEXTS.values())
        ]
        pages[f"findings, {place}"] = build(*findings)
    pages["code"] = build(tagged("wave = 1"), *printed, title="".join(TEXTS.values()))
    pages["parameters"] = build(
        *STEM, default=list(TEXTS.values()), explanation=str([*TEXTS.values()])
    )
    for place in AROUND:
        pages[place] = AROUND[place]("".join(TEXTS.values()))
    return pages


@pytest.mark.browser
def test_in_a_browser_nothing_acts_loads_or_complains(build, browser, tmp_path):
    found = {}
    for name, html in everything(build).items():
        whole = "Content-Security-Policy" in html
        variants = {name: html} | (
            {f"{name}, no policy": no_policy(html)} if whole else {}
        )
        for variant, text in variants.items():
            if said := heard(browser, tmp_path, text):
                found[variant] = said[:5]
    assert not found


@pytest.mark.browser
def test_the_trial_itself_hears_what_acts(build, browser, tmp_path):
    """The same trial on a page with one text put in as it is: each way of acting is heard."""
    html = no_policy(build(*STEM))
    for text, sign in (
        (TEXTS["script"], "dialog"),
        (TEXTS["onerror"], "dialog"),
        (TEXTS["svg_style"], "dialog"),
        (TEXTS["image"], "https://evil.example"),
        (TEXTS["style"], "https://evil.example"),
        (TEXTS["out_of_double"].replace('" ', "<p "), "onmouseover"),
    ):
        said = heard(browser, tmp_path, html.replace("</main>", f"{text}</main>"))
        assert any(sign in s for s in said), (text, said)
