"""What keeps a page from being published: each rule on a page that breaks it and no other."""

import base64
import hashlib
import random
import re

import pytest

from outcomes.publish import html_checks

FILES = {"index.html", "a/page.html", "a/page/found.csv", "b c.html"}
GOOD = (
    '<h1>Title</h1><h2 id="x">Part</h2><h3>Piece</h3><h2>Part</h2><h2>Part</h2>'
    '<img alt="words" src="data:image/svg+xml,x">'
    '<table><thead><tr><th scope="col">n</th></tr></thead><tr><td>1</td></tr></table>'
    '<a href="#x">x</a><a href="https://a.org/">y</a><a href="http://a.org/">y</a>'
    '<a href="mailto:a@example.org">z</a><a href="../index.html#y">up</a>'
    '<a href="page/found.csv">CSV</a><a href="../b%20c.html">b</a><!--notice--><!--/notice-->'
)


def page(
    body: str = GOOD, language: str = ' lang="en-GB"', title: str = "Title"
) -> str:
    head = f"<meta charset=utf-8><title>{title}</title>\n<style>p{{}}</style>"
    return (
        f"<!DOCTYPE html><html{language}><head>{head}</head><body>{body}</body></html>"
    )


def problems(html: str) -> list[str]:
    return html_checks.problems(html, "a/page.html", FILES)


def test_a_page_that_keeps_every_rule_has_no_problem():
    assert problems(page()) == []


def test_a_page_taken_over_may_be_of_an_earlier_form_but_never_act_or_load():
    old = page(
        GOOD + "<figure><figcaption>x</figcaption><img alt=x src='data:image/x y'>"
    )
    assert len(problems(old)) == 2
    assert not html_checks.problems(old, "a/page.html", FILES, taken_over=True)
    acting = old.replace("<figure>", "<figure onclick=x>")
    assert html_checks.problems(acting, "a/page.html", FILES, taken_over=True)


@pytest.mark.parametrize(
    ("script", "admitted", "fit"),
    [("let a = 1;", "let a = 1;", True), ("let a = 2;", "let a = 1;", False)],
)
def test_a_page_taken_over_may_have_the_script_of_its_release(script, admitted, fit):
    """Else one page that cannot be rebuilt would stop every release after an upgrade."""
    digest = base64.b64encode(hashlib.sha256(admitted.encode()).digest()).decode()
    policy = f"<meta http-equiv=Content-Security-Policy content=\"script-src 'sha256-{digest}'\">"
    html = page(GOOD + f"<script>{script}</script>").replace(
        "<title>", policy + "<title>"
    )
    assert problems(html) == ["it holds a <script>"]
    found = html_checks.problems(html, "a/page.html", FILES, taken_over=True)
    assert (found == []) is fit


@pytest.mark.parametrize(
    ("content", "found"),
    [
        ("0; url=../index.html", []),
        ("0; url=gone.html", ["the link 'gone.html' leads nowhere"]),
        ("9; url=../index.html", ["it holds a <meta>"]),
        ("0; url=https://a.org/", ["it holds a <meta>"]),
        ("0; url=javascript:x", ["it holds a <meta>"]),
        ("0", ["it holds a <meta>"]),
    ],
)
def test_a_page_leads_on_at_once_and_within_the_release_alone(content, found):
    onward = f'<meta http-equiv="refresh" content="{content}">'
    assert problems(page().replace("<style>", f"{onward}<style>", 1)) == found
    assert "it holds a <meta>" in problems(page(GOOD + onward))


@pytest.mark.parametrize(
    ("link", "found"),
    [
        ("<link rel=icon href=data:image/svg+xml,x>", []),
        ("<link rel=alternate href=../index.html>", []),
        ("<link rel=icon href=x.png>", ["a <link> loads 'x.png' from elsewhere"]),
        ("<link rel=alternate href=gone.xml>", ["the link 'gone.xml' leads nowhere"]),
        ("<link rel=stylesheet href=../index.html>", ["it holds a <link>"]),
    ],
)
def test_a_head_links_an_icon_and_what_belongs_to_the_page(link, found):
    assert problems(page().replace("<style>", f"{link}<style>", 1)) == found


@pytest.mark.parametrize(
    ("more", "found"),
    [
        ("<script>x</script>", "it holds a <script>"),
        ("<svg></svg>", "it holds a <svg>"),
        ("<style>p{}</style>", "it holds a <style>"),
        ("<meta http-equiv=refresh>", "it holds a <meta>"),
        ("<title>x</title>", "it holds a <title>"),
        ("<unheard-of>", "it holds a <unheard-of>"),
        ("<!-- two words -->", "it holds the comment ' two words '"),
        ("<!--x" + "y" * 90 + "1-->", "it holds the comment 'x" + "y" * 59 + "'"),
        ("<?php x ?>", "it holds the comment 'php x ?'"),
        ("<p onclick=x>", "a <p> has the attribute onclick"),
        ("<p style=x>", "a <p> has the attribute style"),
        ("<img alt=x src=x.png>", "a <img> loads 'x.png' from elsewhere"),
        (
            "<img alt=x src=data:text/html,x>",
            "a <img> loads 'data:text/html,x' from elsewhere",
        ),
        ("<img alt=x srcset=y>", "a <img> loads 'y' from elsewhere"),
        ("<td background=y>", "a <td> loads 'y' from elsewhere"),
        (f"<img alt=x src={'y' * 90}>", f"a <img> loads '{'y' * 60}' from elsewhere"),
        ("<img src=data:image/png,x>", "an image has no alternative text"),
        ("<img alt=' ' src=data:image/png,x>", "an image has no alternative text"),
        ("<img alt src=data:image/png,x>", "an image has no alternative text"),
        (
            "<figure><figcaption>x</figcaption><details>x</details></figure>",
            "a <details> follows the caption of its figure",
        ),
        (
            "<img alt=x src='data:image/svg+xml,a b'>",
            "an address of a <img> holds a space",
        ),
        ("<a href='https://a.org/x y'>", "an address of a <a> holds a space"),
        ("<h1>Again</h1>", "it has 2 first-level headings; one must open it"),
        ("<h4>Deep</h4>", "a heading of level 4 follows one of level 2"),
        ("<p id=x>", "the id 'x' is used twice"),
        (
            "<table><tr><td>1</td></tr></table>",
            "a table has no header cells with scope",
        ),
        (
            "<table><tr><th scope=row>1</th><th>2</th></tr></table>",
            "a table has no header cells with scope",
        ),
        (
            "<a href=javascript:x>",
            "the link 'javascript:x' is of a kind that is not allowed",
        ),
        (
            "<a href=//example.org/x>",
            "the link '//example.org/x' is of a kind that is not allowed",
        ),
        (
            "<a href=ftp://a.org>",
            "the link 'ftp://a.org' is of a kind that is not allowed",
        ),
        ("<a href=#nowhere>", "the link '#nowhere' leads nowhere"),
        ("<a href=index.html>", "the link 'index.html' leads nowhere"),
        ("<a href=../../index.html>", "the link '../../index.html' leads nowhere"),
        (f"<a href={'y' * 90}>", f"the link '{'y' * 60}' leads nowhere"),
        (f"<a href=#{'y' * 90}>", f"the link '#{'y' * 59}' leads nowhere"),
        (
            f"<a href=x:{'y' * 90}>",
            f"the link 'x:{'y' * 58}' is of a kind that is not allowed",
        ),
    ],
)
def test_each_broken_rule_is_one_sentence(more, found):
    assert problems(page(GOOD + more)) == [found]


@pytest.mark.parametrize(
    ("html", "found"),
    [
        (page(language=""), "it lacks its language or title"),
        (page(language=" lang=en"), "it lacks its language or title"),
        (page(language=" lang"), "it lacks its language or title"),
        (page(title=" "), "it lacks its language or title"),
        (page(title=""), "it lacks its language or title"),
        (page("<p>x</p>"), "it has 0 first-level headings; one must open it"),
        (
            page("<h2>x</h2><h1>y</h1>"),
            "it has 1 first-level headings; one must open it",
        ),
    ],
)
def test_a_page_needs_its_language_its_title_and_one_heading_to_open_it(html, found):
    assert problems(html) == [found]


def test_a_problem_that_comes_twice_is_said_once():
    assert problems(page(GOOD + "<svg></svg><b><svg></svg></b>")) == [
        "it holds a <svg>"
    ]


MAP = '<svg><a href="a/page.html"><path d="M0,0Z"><title>x</title></path></a><text>x</text></svg>'


def test_the_index_alone_may_draw_a_map_that_links_and_neither_acts_nor_loads():
    index = page("<h1>Title</h1>" + MAP)
    assert html_checks.problems(index, "index.html", FILES) == []
    assert "it holds a <svg>" in problems(page(GOOD + MAP))
    for bad in ("<svg onload=x>", "<svg><image href=x>", "<svg><script>", "<title>"):
        assert html_checks.problems(page(f"<h1>T</h1>{bad}"), "index.html", FILES), bad
    gone = index.replace("a/page.html", "gone.html")
    assert html_checks.problems(gone, "index.html", FILES)
    after = index.replace("</svg>", "</svg><path>")
    assert html_checks.problems(after, "index.html", FILES) == ["it holds a <path>"]


PIECES = """
<p>|<p>x|</p>|<td>1|<td class=t>a&amp;b|<td class="a b" data-value="1.5">|<td scope=row>|<tr>|</tr>|<th>y
<th scope=col class=n>y|<th scope=row>y|<th>|<table>|<table>|</table>|<h2>|<h3>Part</h3>|<h2 class=y>
<li onclick=x>|<li/>|<p class=x id=x>|<div style=x>|<DIV>|<div>|<span class="x>y">|<figure>|<figcaption>x
</figcaption>|</figure>|<title>|<title>|</title>|<style>|</style>|<svg>|</svg>|<script>|</script>|<!--x-->
<!--<td>-->|<p <p>|< 5 &lt;|<a href=#x>|</a>|<p class='x'>|</p x>|<img alt=x src=data:image/x>|<pre>|<body>
""".replace("\n", "|").split("|")


def test_what_is_read_in_one_step_is_judged_as_if_each_element_was_read(monkeypatch):
    """Pages of pieces in any order: in a good page, or as the title of one."""
    draw = random.Random(20)
    parts = ["".join(draw.choices(PIECES, k=draw.randint(1, 9))) for _ in range(700)]
    pages = [page(GOOD + part) for part in parts]
    pages += [page(title=part) for part in parts if part.startswith("</")]
    fast = [problems(html) for html in pages]
    assert fast.count([]) > 10
    monkeypatch.setattr(html_checks, "_PLAIN", re.compile("(?!)"))
    assert fast == [problems(html) for html in pages]
