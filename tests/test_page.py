"""Pages: what a reader gets of an executed notebook, and what can never get onto one."""

import base64
import hashlib
import html
import re
from importlib import import_module

import pytest
import tinycss2

from notebook_maker import FINDING, PROVENANCE, entry, fact, notebook, plan
from outcomes.data.errors import Invalid
from outcomes.publish import check, page, parameters
from outcomes.publish import plan as plans
from outcomes.publish.run import SENTINEL

FILES = {
    "index.html",
    "demo.html",
    "other.html",
    "demo/found.csv",
    "notebooks/programmes/demo.ipynb",
}


def output(data):
    return {"output_type": "display_data", "metadata": {}, "data": data}


def shown(one, inner=""):
    body = f'<figure id="{one["name"]}"><p>{html.escape(one["sentence"])}</p>{inner}</figure>'
    return output({"text/plain": one["sentence"], "text/html": body, FINDING: one})


def code(source, *outputs):
    return {
        "cell_type": "code",
        "source": source,
        "metadata": {},
        "outputs": list(outputs),
        "execution_count": 1,
    }


def text(source):
    return {"cell_type": "markdown", "source": source, "metadata": {}}


END = code("show.provenance()", output({"text/plain": "End.", PROVENANCE: {"reads": []}}))


@pytest.fixture
def make(tmp_path):
    notebook(tmp_path / "notebooks/programmes/demo.ipynb")
    notebook(tmp_path / "notebooks/county/other.ipynb")

    def build(*cells, title="Demo"):
        pages = entry(title=title) + entry("other", "county/other", "Other")
        found = plans.read(plan(tmp_path, pages))
        known = parameters.declared(found.source(found.pages[0]))
        body = {"cells": [text("# Title of the notebook"), *cells, END], "metadata": {}}
        for at, cell in enumerate(body["cells"]):
            cell["id"] = f"c{at}"
        body |= {"nbformat": 4, "nbformat_minor": 5}
        return page.build(found.pages[0], body, plan=found, known=known, code="1", root="")

    return build


def test_the_page_opens_with_title_question_and_headlines(make):
    side = fact("side", "An aside.", headline=False, verdict="exact")
    built = make(text("What is asked?"), code("x", shown(fact()), shown(side)))
    assert re.findall(r"<h1>(.*?)</h1>", built.html) == ["Demo"]
    brief = built.html[built.html.index('id="brief"') : built.html.index("</section>")]
    assert "10 of 42 shops" in brief
    assert "An aside" not in brief
    assert "Estimate</span>" in brief
    assert "Fewer is better." in brief
    assert built.html.index("What is asked?") < built.html.index('id="brief"')
    assert check.problems(built.html, "demo.html", FILES | {"demo/side.csv"}) == []


def test_the_foot_says_what_the_page_rests_on(make):
    built = make(code("x", shown(fact())))
    for needed in (
        "not an official statistic",
        "published 14 June 2024",
        "the week of action",
        "2023-11",
        'href="https://example.org/report"',
        "Open Government Licence",
        'href="notebooks/programmes/demo.ipynb"',
        'href="index.html"',
        'href="demo/found.csv"',
    ):
        assert needed in built.html, needed
    assert page.vintage(built.findings) == "2024-06-14"


def test_headings_are_brought_into_order(make):
    cells = [text("#### Deep first"), text("# Second title"), text("### Below\n\n##### Far below")]
    levels = re.findall(r"<h(\d)[^>]*>(?:Deep|Second|Below|Far)", make(*cells).html)
    assert levels == ["2", "2", "3", "4"]


def test_the_parts_of_a_page_are_listed_with_links_that_work(make):
    parts = [text(f"## Part *{n}* & more") for n in ("one", "two", "three")]
    built = make(*parts)
    assert '<a href="#part-2">Part two &amp; more</a>' in built.html
    assert '<h2 id="part-2">Part <em>two</em> &amp; more</h2>' in built.html
    assert check.problems(built.html, "demo.html", FILES) == []


def test_script_in_markdown_is_removed(make):
    hostile = [
        "<script>alert(1)</script>",
        "A <b onclick='x()'>bold</b> <script>alert(1)</script> <img src=https://evil.example/x.png>",
        "![picture](https://evil.example/x.png)",
        "[bad](javascript:alert(1))",
        "<style>p{}</style>",
        "<iframe src='//evil.example'></iframe>",
    ]
    built = make(text("## Here\n\n" + "\n\n".join(hostile)))
    assert "<b>bold</b>" in built.html
    for gone in ("alert(1)", "<script", "onclick", "evil.example", "<iframe", "javascript:", "p{}"):
        assert gone not in built.html, gone
    assert check.problems(built.html, "demo.html", FILES) == []


def test_hostile_titles_sources_and_text_are_shown_as_text(make):
    evil = "<script>alert('x')</script>"
    source = {
        "source": "s",
        "publisher": evil,
        "title": evil,
        "url": "javascript:alert(1)",
        "published": evil,
    }
    one = fact(sentence=evil, sources=[source], table=None)
    plain = code(
        "x", output({"text/plain": evil}), {"output_type": "stream", "name": "stdout", "text": evil}
    )
    built = make(plain, code(evil, shown(one)), title=f"Demo {evil}")
    assert "<script" not in built.html
    assert 'href="javascript' not in built.html
    assert built.html.count("&lt;script&gt;") >= 7
    assert check.problems(built.html, "demo.html", FILES) == []


@pytest.mark.parametrize(
    ("inner", "says"),
    [
        ("<script>1</script>", "<script>"),
        ('<img src="data:image/svg+xml,x">', "no alternative text"),
        ('<img alt=" " src="data:image/svg+xml,x">', "no alternative text"),
        ('<img alt="x" src="https://evil.example/x.svg">', "from elsewhere"),
        ('<img alt="x" src="x.svg">', "from elsewhere"),
        ('<p onload="x()">y</p>', "onload"),
        ('<p style="color:red">y</p>', "style"),
        ("<h1>Again</h1>", "first-level"),
        ("<h5>Deep</h5>", "level 5"),
        ('<a href="gone.html">y</a>', "leads nowhere"),
        ('<a href="#gone">y</a>', "leads nowhere"),
        ('<a href="javascript:x()">y</a>', "not allowed"),
        ('<a href="//evil.example/">y</a>', "not allowed"),
        ('<p id="brief">y</p>', "used twice"),
        ("<table><tr><td>1</td></tr></table>", "scope"),
        ("<iframe></iframe>", "<iframe>"),
        ('<a href="../../etc/passwd">y</a>', "leads nowhere"),
    ],
)
def test_a_finding_that_brings_what_no_page_may_hold_is_named(make, inner, says):
    built = make(code("x", shown(fact(), inner)))
    found = check.problems(built.html, "demo.html", FILES)
    assert len(found) == 1
    assert says in found[0]


def test_errors_warnings_and_pictures_without_words_are_never_published(make):
    stderr = {"output_type": "stream", "name": "stderr", "text": "Warning: pid 4711"}
    assert "4711" not in make(code("x", stderr)).html
    with pytest.raises(Invalid, match="picture outside a finding"):
        make(code("x", output({"text/plain": "<Figure>", "image/png": "aGk="})))
    with pytest.raises(Invalid, match="same name"):
        make(code("x", shown(fact()), shown(fact())))


def test_links_between_notebooks_become_links_between_pages(make):
    built = make(text("See [this](../county/other.ipynb) and [that](gone.ipynb)."))
    assert 'See <a href="other.html"' in built.html
    assert "and that." in built.html


def test_code_is_hidden_but_there(make):
    built = make(code("a = 1 < 2"), code("b = 2", shown(fact())))
    block = re.search(r"<details class=\"code\">.*?</details>", built.html, re.S)[0]
    assert "a = 1 &lt; 2\n\nb = 2" in block
    assert "provenance()" not in built.html


def test_the_policy_allows_the_pages_own_style_and_nothing_else(make):
    built = make(code("x", shown(fact())))
    style = re.search("<style>(.*?)</style>", built.html, re.S)[1]
    hashed = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    policy = html.unescape(re.search('Policy" content="(.*?)"', built.html)[1])
    assert policy.startswith("default-src 'none'; img-src data:; style-src 'sha256-")
    assert f"'sha256-{hashed}'" in policy
    assert "unsafe" not in policy
    assert "script-src" not in policy
    assert "url(" not in style


@pytest.mark.parametrize("kind", ["index.css", "report.css"])
def test_style_sheets_close_what_they_open(kind):
    rules = tinycss2.parse_stylesheet(str(page.inlined(kind, "page.css")[0]))
    assert [r for r in rules if r.type not in ("qualified-rule", "at-rule")] == []
    assert [r.at_keyword for r in rules if r.type == "at-rule"].count("media") >= 4
    assert any(tinycss2.serialize(r.prelude) == "body" for r in rules if r.type != "at-rule")


def test_slots_take_new_content_and_give_up_the_old():
    slotted = "a<!--notice--><!--/notice-->b"
    once = page.fill(slotted, "notice", r"<p>\1 & x</p>")
    assert once == r"a<!--notice--><p>\1 & x</p><!--/notice-->b"
    assert page.fill(once, "notice", "") == slotted


def test_the_rooms_agree_on_names():
    finding = import_module("outcomes.show.findings")
    assert set(page.MARKS) == set(finding.VERDICTS)
    assert set(page.BETTER) <= set(finding.BETTER)
    assert FINDING == page.FINDING == finding.MIME
    assert SENTINEL == import_module("outcomes.show.ending").MIME
