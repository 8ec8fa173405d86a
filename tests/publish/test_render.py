"""Pages: what a reader gets of an executed notebook, and what can never get onto one."""

import base64
import hashlib
import html
import re
from dataclasses import replace
from importlib import import_module

import pytest
import tinycss2

from notebook_maker import FINDING, PROVENANCE, entry, fact, notebook, plan
from outcomes.core.collection import collection
from outcomes.core.errors import Invalid
from outcomes.findings import verdicts
from outcomes.findings.finding import ANCHORS
from outcomes.publish import (
    html_checks,
    parameters,
    releases,
    render,
)
from outcomes.publish import plan as plans

FILES = {
    "index.html",
    "demo.html",
    "other.html",
    "demo/found.csv",
    "feed.xml",
    "notebooks/programmes/demo.ipynb",
}


def output(data):
    return {"output_type": "display_data", "metadata": {}, "data": data}


def shown(one, inner=""):
    body = f'<figure id="{one["name"]}"><p>{html.escape(one["sentence"])}</p>{inner}</figure>'
    return output({"text/plain": one["sentence"], "text/html": body, FINDING: one})


def without_script(page: str) -> str:
    """A page without the one script that it has, which stands at its end."""
    before, _, rest = page.rpartition("<script>")
    return before + rest.partition("</script>")[2]


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


END = code(
    "show.provenance()", output({"text/plain": "End.", PROVENANCE: {"reads": []}})
)


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
        return render.build(
            found.pages[0], body, plan=found, known=known, code="1", root=""
        )

    return build


def test_what_two_headlines_say_alike_stands_in_brief_once(make):
    again = fact("again", fact()["sentence"], verdict="published")
    built = make(text("What is asked?"), code("x", shown(fact()), shown(again)))
    brief = built.html[built.html.index('id="brief"') : built.html.index("</section>")]
    assert brief.count("10 of 42 shops") == 1


def test_the_page_opens_with_title_question_and_headlines(make):
    side = fact("side", "An aside.", headline=False, verdict="published")
    built = make(text("What is asked?"), code("x", shown(fact()), shown(side)))
    assert re.findall(r"<h1>(.*?)</h1>", built.html) == ["Demo"]
    brief = built.html[built.html.index('id="brief"') : built.html.index("</section>")]
    assert "10 of 42 shops" in brief
    assert "An aside" not in brief
    assert "Estimate</span>" in brief
    assert "Fewer is better." in brief
    assert built.html.index("What is asked?") < built.html.index('id="brief"')
    assert (
        html_checks.problems(built.html, "demo.html", FILES | {"demo/side.csv"}) == []
    )


ANSWER = {
    "name": "answer",
    "sentence": "Shops failed less: “1 in 8”.",
    "answer": "yes",
    "detail": "A test ruled out chance.",
    "headline": False,
}


def test_the_answer_stands_first_and_describes_the_page(make):
    asked = text("**Do shops fail\nless?** This page looks.")
    later = code("oc.answer(…)", shown(fact(**ANSWER), '<p class="said">'))
    built = make(asked, code("x", shown(fact())), later)
    assert [f["name"] for f in built.findings] == ["answer", "found"]
    assert built.question == "Do shops fail less?"
    head, body = built.html.split("</h1>")
    assert (
        '<meta name="description" content="Yes. Shops failed less: “1 in 8”.">' in head
    )
    first = body.index('id="answer"')
    assert body.index('<p class="asked">Do shops fail less?</p>') < first
    assert built.html.count("Do shops fail") == 1
    assert first < body.index("This page looks.") < body.index('id="found"')
    assert built.html.count('id="answer"') == 1 and "oc.answer(…)" in built.html
    known = FILES | {"demo/answer.csv"}
    assert html_checks.problems(built.html, "demo.html", known) == []
    without = make(code("x", shown(fact()))).html
    assert 'name="description" content="Demo: what published figures' in without


def test_a_head_names_the_page_for_who_shares_or_follows_it(make, monkeypatch):
    cells = code("x", shown(fact() | ANSWER), shown(fact()))
    head = make(cells).html.partition("</head>")[0]
    for said in (
        '<meta property="og:title" content="Demo – Lancashire Programme Outcomes">',
        '<meta property="og:description" content="Yes. Shops failed less',
        '<link rel="icon" href="data:image/svg+xml,',
        '<link rel="alternate" type="application/atom+xml" title="What each release '
        'changed" href="feed.xml">',
    ):
        assert said in head
    assert "canonical" not in head and "og:url" not in head  # it has no address yet
    there = replace(collection, address="https://a.org/")
    monkeypatch.setitem(render.environment().globals, "collection", there)
    head = make(cells).html.partition("</head>")[0]
    assert '<link rel="canonical" href="https://a.org/demo.html">' in head
    assert '<meta property="og:url" content="https://a.org/demo.html">' in head


def test_each_finding_has_a_link_and_the_page_says_how_to_cite_it(make):
    page = make(code("x", shown(fact() | ANSWER), shown(fact()))).html
    links = re.findall('<a class="permalink" href="#([^"]+)">Link to this<', page)
    assert links == ["answer", "found"]
    slots = render.versioned(
        plans.Page("demo", "programmes/demo", "A & B"), "1 May 2026", "R-1", True
    )
    assert "Version of 1 May 2026" in slots["version"]
    assert 'href="#changes"' in slots["version"] and 'href="#cite"' in slots["version"]
    assert "“A &amp; B”, version of 1 May 2026, release R-1." in slots["cite"]
    assert collection.contact_link in slots["cite"]


def test_what_a_page_was_asked_stands_at_its_foot_with_its_words(make):
    asked = code("wave = '2023-11'  # month: the week")
    asked["metadata"] = {"tags": ["parameters"]}
    page = make(
        text("Lead."),
        text("## What it was asked\n\nChange one of these."),
        asked,
        text("## First"),
        text("## Second"),
        code("x", shown(fact())),
    ).html
    contents = re.search('<nav class="contents".*?</nav>', page, re.S)[0]
    names = re.findall(">([^<>]+)</a>|>([^<>]+)(?=<li|</ul)", contents)
    order = [a or b for a, b in names]
    assert order[:3] == ["First", "Second", "What it was asked"]
    assert page.index('id="found"') < page.index("Change one of these.")
    assert page.index("Change one of these.") < page.index('class="about"')


def test_tables_with_the_same_caption_are_regions_of_different_names(make):
    table = (
        '<div class=scroll role=region aria-label="Table: Arrests" tabindex=0></div>'
    )
    cells = [shown(fact(), table), shown(fact("other-one", "Else."), table)]
    page = make(code("x", *cells)).html
    labels = re.findall('role=region aria-label="([^"]*)"', page)
    assert labels == ["Table: found", "Table: other one"]


def test_a_page_has_one_answer(make):
    two = [shown(fact(**ANSWER | {"name": n})) for n in ("answer", "another")]
    with pytest.raises(Invalid, match="the page has 2 answers; it asks one question"):
        make(code("x", *two))
    assert make(code("x", two[0])).findings


def test_the_question_is_what_opens_the_prose_in_bold():
    asked = text("# T\n\n**Do shops\n fail?** So **it** is.")
    cells = [asked, text("**No.**"), code("x")]
    assert render.question({"cells": cells}) == "Do shops fail?"
    assert render.question({"cells": [text("# T"), *cells]}) == "Do shops fail?"
    assert render.question({"cells": [text("# T"), code("x"), *cells]}) == ""
    assert render.question({"cells": []}) == ""


def test_the_foot_says_what_the_page_rests_on(make):
    built = make(code("x", shown(fact())))
    for needed in (
        "not an official statistic",
        "<dt>How new<dd>Newest publication 14 June 2024</div>",
        "the week of action",
        "2023-11",
        'href="https://example.org/report"',
        "Open Government Licence",
        'href="notebooks/programmes/demo.ipynb"',
        'href="index.html"',
        'href="demo/found.csv"',
    ):
        assert needed in built.html, needed
    assert built.vintage == "Newest publication 14 June 2024"


def test_headings_are_brought_into_order(make):
    cells = [
        text("#### Deep first"),
        text("# Second title"),
        text("### Below\n\n##### Far below"),
    ]
    levels = re.findall(r"<h(\d)[^>]*>(?:Deep|Second|Below|Far)", make(*cells).html)
    assert levels == ["2", "2", "3", "4"]


def test_the_parts_of_a_page_are_listed_with_links_that_work(make):
    parts = [text(f"## Part *{n}* & more") for n in ("one", "two", "three")]
    built = make(*parts)
    assert '<a href="#part-2">Part two &amp; more</a>' in built.html
    assert '<h2 id="part-2">Part <em>two</em> &amp; more</h2>' in built.html
    assert html_checks.problems(built.html, "demo.html", FILES) == []


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
    page = without_script(built.html)
    assert "<b>bold</b>" in page
    for gone in (
        "alert(1)",
        "<script",
        "onclick",
        "evil.example",
        "<iframe",
        "javascript:",
        "p{}",
    ):
        assert gone not in page, gone
    assert html_checks.problems(page, "demo.html", FILES) == []


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
        "x",
        output({"text/plain": evil}),
        {"output_type": "stream", "name": "stdout", "text": evil},
    )
    built = make(plain, code(evil, shown(one)), title=f"Demo {evil}")
    assert "<script" not in without_script(built.html)
    assert 'href="javascript' not in built.html
    assert built.html.count("&lt;script&gt;") >= 7
    assert html_checks.problems(built.html, "demo.html", FILES) == []


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
    found = html_checks.problems(built.html, "demo.html", FILES)
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
    _, admitted = render.inlined("page.js")
    assert f"script-src 'sha256-{admitted}';" in policy  # the page's own, by its digest
    assert "url(" not in style


@pytest.mark.parametrize("kind", ["index.css", "report.css"])
def test_style_sheets_close_what_they_open(kind):
    rules = tinycss2.parse_stylesheet(str(render.inlined(kind, "page.css")[0]))
    assert [r for r in rules if r.type not in ("qualified-rule", "at-rule")] == []
    assert [r.at_keyword for r in rules if r.type == "at-rule"].count("media") >= 4
    assert any(
        tinycss2.serialize(r.prelude) == "body" for r in rules if r.type != "at-rule"
    )


def test_slots_take_new_content_and_give_up_the_old():
    slotted = "a<!--notice--><!--/notice-->b"
    once = render.fill(slotted, "notice", r"<p>\1 & x</p>")
    assert once == r"a<!--notice--><p>\1 & x</p><!--/notice-->b"
    assert render.fill(once, "notice", "") == slotted


def test_the_rooms_agree_on_names():
    finding = import_module("outcomes.findings.finding")
    assert list(render.MARKS) == list(verdicts.VERDICTS)
    assert set(render.BETTER) <= set(finding.DIRECTIONS)


def printed(words, name="stdout"):
    return {"output_type": "stream", "name": name, "text": words}


def test_what_a_notebook_says_prints_and_shows_stands_in_its_order(make):
    """Text before the first code or heading is the lead; each result has its code."""
    raw = {"cell_type": "raw", "source": "Nobody reads this.", "metadata": {}}
    made = make(
        text("What is asked?"),
        text("| a | b |\n|---|---|\n| 1 | ~~2~~ |"),
        raw,
        code("first = 1"),
        code("   "),
        code("second = 2", printed(["One\n", "two\n"]), shown(fact())),
        text("Said *later*."),
        code(
            "third = 3",
            output({"text/plain": ["A ", "value"]}),
            output({"text/plain": "  "}),
        ),
        code("never shown", printed(" \n"), printed("Warning", "stderr")),
    ).html
    body = made.split("<h1>")[1].split('class="about"')[0]
    order = [
        "Demo</h1>",
        '<div class="lead"><p>What is asked?</p></div>',
        '<div class="lead"><table>',
        '<th scope="col">a</th>',
        "<td><del>2</del></td>",
        '<section class="brief"',
        '<pre class="plain">One\ntwo</pre>',
        '<div class="result"><figure id="found">',
        'Show the code<span class="unseen"> of found</span>',
        "first = 1\n\nsecond = 2</code>",
        '<div class="text"><p>Said <em>later</em>.</p></div>',
        '<pre class="plain">A value</pre>',
        'Show the code<span class="unseen"> of cell 9</span>',
        "<code>third = 3</code>",
    ]
    found = [body.find(words) for words in order]
    assert -1 not in found and found == sorted(found), list(
        zip(found, order, strict=True)
    )
    assert (
        "Nobody reads" not in made
        and "never shown" not in made
        and "<h2" not in body[:200]
    )
    assert body.count("<pre class") == 2


def test_a_title_alone_leaves_no_empty_block(make):
    made = make(
        text("# The notebook's own title"), text("Lead."), code("x"), text(" ")
    ).html
    assert made.count('class="lead"') == 1 and '"></div>' not in made


def test_a_heading_ends_the_lead_and_so_does_code(make):
    made = make(
        text("Lead."), text("## Part\n\nBelow."), code("x"), text("After.")
    ).html
    assert made.count('<div class="lead"><p>') == 1
    assert '<div class="text"><h2 id="part-1">Part</h2>\n<p>Below.</p></div>' in made
    assert '<div class="text"><p>After.</p></div>' in made
    assert "On this page" not in made, "three parts are needed for a list of them"


@pytest.mark.parametrize("kind", render._UNSEEN)
def test_a_picture_without_words_is_named_by_its_cell(make, kind):
    said = "^cell 3 shows a picture outside a finding, so it has no words\\.$"
    with pytest.raises(Invalid, match=said):
        make(text("Lead."), code("x", output({"text/plain": "x", kind: "x"})))
    with pytest.raises(
        Invalid, match=r"^two findings of the page have the same name\.$"
    ):
        make(code("x", shown(fact())), code("y", shown(fact())))


def test_the_foot_names_code_tables_parameters_and_how_to_ask_again(make, monkeypatch):
    reads = [{"table": t, "where": {}} for t in ("lsoas", "areas", "lsoas")]
    end = code("x", output({"text/plain": "End.", PROVENANCE: {"reads": reads}}))
    monkeypatch.setitem(globals(), "END", end)
    built = make(code('wave = "2023-11"') | {"metadata": {"tags": ["parameters"]}})
    assert built.reads == reads
    for words in (
        "<dt>Tables read<dd>areas, lsoas</div>",
        "<dt>Code<dd>1</div>",
        "<dt>How new<dd>no source states its date</div>",
        '<div><dt>Wave<dd>November 2023<span class="quiet"> – the week of action</span></div>',
        '<div><dt>Confidence<dd>0.95<span class="quiet"> – width</span></div>',
        "<code>wave = '2023-11'  # the week of action\nconfidence = 0.95  # width</code>",
        "<code>outcomes build demo</code>",
    ):
        assert words in built.html, words


def source_(**changes):
    source = {
        "source": "s",
        "publisher": "P",
        "title": "T",
        "url": "https://example.org/1",
    }
    return source | {"published": "1 May 2024"} | changes


def test_sources_are_listed_once_in_the_order_of_first_mention_and_marks_in_their_own(
    make,
):
    other = source_(title="U", url="", published="")
    first = fact("a", "A.", sources=[source_(), other], verdict="published")
    second = fact(
        "b", "B.", sources=[source_(), source_(title="V", published="2024-05-02")]
    )
    built = make(code("x", shown(first)), code("y", shown(second)))
    listed = built.html.split('<ol class="sources">')[1].split("</ol>")[0]
    assert [one.strip() for one in listed.split("<li>")[1:]] == [
        '<a href="https://example.org/1">P, T, 1 May 2024</a>',
        "P, U",
        '<a href="https://example.org/1">P, V, 2024-05-02</a>',
    ]
    legend = built.html.split('<dl class="legend">')[1].split("</dl>")[0]
    assert re.findall("</span>([^<]*)</span>", legend) == ["Estimate", "Published"]
    assert (
        built.vintage == "Newest publication 2 May 2024" and built.vintage in built.html
    )


def test_words_are_explained_where_a_finding_or_a_cell_uses_them(make):
    for plain in (
        fact(verdict="published", sentence="An interval."),
        fact(sentence="At most 3."),
    ):
        assert "Words used here" not in make(code("x", shown(plain))).html
    estimate = make(code("x", shown(fact(sentence="About 3 (interval 2 to 4).")))).html
    assert "<dt>confidence interval<dd>" in estimate.split("Words used here")[1]
    said = make(text("Of recorded crime, a *confidence interval*.")).html
    assert "<dt>confidence interval<dd>" in said.split("Words used here")[1]


@pytest.mark.parametrize(
    ("markdown", "html"),
    [
        (
            "[a](http://a.example)",
            '<a href="http://a.example" rel="noopener noreferrer">a</a>',
        ),
        (
            '[a](https://a.example "T")',
            '<a href="https://a.example" title="T" rel="noopener noreferrer">a</a>',
        ),
        (
            "[a](mailto:a@b.example)",
            '<a href="mailto:a@b.example" rel="noopener noreferrer">a</a>',
        ),
        ("[a](data:text/html,x)", "<p>a</p>"),
        (
            '<a href="ftp://a.example">a</a>',
            '<p><a rel="noopener noreferrer">a</a></p>',
        ),
        ('<abbr title="T">a</abbr>', '<abbr title="T">a</abbr>'),
        ("3. a", '<ol start="3">'),
        ("a\u202eb\u200bc", "<p>abc</p>"),
    ],
)
def test_markdown_becomes_html_in_which_nothing_can_act(make, markdown, html):
    assert html in make(text(markdown)).html


def test_a_page_that_belongs_to_no_release_leads_to_no_other_page(tmp_path):
    notebook(tmp_path / "notebooks/programmes/demo.ipynb")
    notebook(tmp_path / "notebooks/county/other.ipynb")
    found = plans.read(
        plan(tmp_path, entry() + entry("a/other", "county/other", "Other"))
    )
    one, other = found.pages
    body = {"cells": [text("[This](../county/other.ipynb)."), END], "metadata": {}}
    body |= {"nbformat": 4, "nbformat_minor": 5}
    for at, cell in enumerate(body["cells"]):
        cell["id"] = f"c{at}"
    options = {"plan": found, "known": {}, "code": "1"}
    alone = render.build(one, body, root=None, **options).html
    assert "<p>This.</p>" in alone and "index.html" not in alone
    assert '<a href="a/other.html"' in render.build(one, body, root="", **options).html
    body["cells"][0]["source"] = "[This](../programmes/demo.ipynb)."
    assert (
        '<a href="../demo.html"'
        in render.build(other, body, root="../", **options).html
    )


def test_only_pages_of_the_same_notebook_are_siblings():
    one, two = (plans.Page(h, "n", f"N: {h}") for h in ("a/one", "b"))
    three = plans.Page("a/three", "n", "Three & four")
    assert render.siblings(one, [one, plans.Page("c", "other", "C")]) == ""
    assert re.findall(
        '<a href="([^"]*)">([^<]*)', render.siblings(one, [one, two, three])
    ) == [("../b.html", "b"), ("three.html", "Three &amp; four")]


def test_a_district_leads_to_itself_and_another_side_by_side():
    one, two = (
        plans.Page(f"area/{h}", "n", f"N: {h}", group="districts")
        for h in ("wyre", "fylde")
    )
    links = re.findall('<a href="([^"]*)">', render.siblings(one, [one, two]))
    pair = "../index.html?one=wyre&amp;other=fylde#pair"
    assert links == ["fylde.html", pair]


def test_only_the_first_slot_of_a_name_is_filled_over_all_its_lines():
    html = "<!--a-->x\ny<!--/a--><!--b-->z<!--/b--><!--a-->w<!--/a-->"
    filled = "<!--a-->new<!--/a--><!--b-->z<!--/b--><!--a-->w<!--/a-->"
    assert render.fill(html, "a", "new") == filled


def test_style_is_made_small_and_script_left_as_it_is(tmp_path, monkeypatch):
    (tmp_path / "a.css").write_text("\na  b {\n  color: red;\n  margin: 0 , 1px;\n}\n")
    (tmp_path / "b.css").write_text("i:hover > p { top: 0 }\n")
    (tmp_path / "c.js").write_text("let a = { b: 1 };\n")
    monkeypatch.setattr(render, "TEMPLATES", tmp_path)
    style = "a b{color:red;margin:0,1px}i:hover > p{top:0}"
    hashed = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    assert render.inlined("a.css", "b.css") == (style, hashed)
    assert render.inlined("c.js")[0] == "let a = { b: 1 };\n"
    (tmp_path / "d.js").write_text(
        '/** Why. */\n// And how.\nlet a = "//";\n\n  /** More. */\n  a += "/** */";\n'
    )
    assert render.inlined("d.js")[0] == 'let a = "//";\na += "/** */";\n'


def test_assumptions_of_a_page_are_said_with_how_sure_they_are_and_what_hangs_on_them(
    tmp_path,
):
    assert render.assumptions(tmp_path, "a/b") == ""
    rows = ["id,text,quality,impact,where_used"]
    rows += [
        f"A{n},£ {quality} < {impact}.,{quality},{impact},docs/x.md; notebooks/a/b.ipynb"
        for n, (quality, impact) in enumerate(
            [("high", "low"), ("medium", "medium"), ("low", "high")], start=1
        )
    ]
    rows[1] = rows[1].replace(
        "docs/x.md; notebooks/a/b.ipynb", "notebooks/a/b.ipynb; docs/x.md"
    )
    rows += ["A4,Of another page.,high,low,notebooks/a/b.ipynb.old; notebooks/b.ipynb"]
    releases.write(tmp_path / "docs/assumptions.csv", "\n".join(rows))
    assert (
        render.assumptions(tmp_path, "b") != ""
        and render.assumptions(tmp_path, "a") == ""
    )
    html = render.assumptions(tmp_path, "a/b")
    assert html.startswith("<h3>What is taken for granted</h3><ul><li>")
    assert re.findall(r"<li>(.*?) <span[^>]*>(.*?)</span></li>", html) == [
        (
            "£ high &lt; low.",
            "Well borne out; if it were wrong, a detail could change.",
        ),
        (
            "£ medium &lt; medium.",
            "Likely, and partly checked; if it were wrong, an interval or a comparison could "
            "change.",
        ),
        (
            "£ low &lt; high.",
            "Not checkable; if it were wrong, a headline could change.",
        ),
    ]


@pytest.mark.build
def test_a_third_caution_is_behind_a_disclosure():
    said = render.cautions([f"Care {n} & more." for n in range(6)])
    shown, _, folded = said.partition("<details><summary>More cautions</summary>")
    assert shown.count("<li>") == 2 and folded.count("<li>") == 4
    assert "Care 5 &amp; more." in folded
    slot = render.fill("<!--cautions--><!--/cautions-->", "cautions", said)
    assert (
        render.fill(slot, "cautions", render.cautions([]))
        == "<!--cautions--><!--/cautions-->"
    )


def test_no_template_names_a_place():
    for path in render.TEMPLATES.iterdir():
        assert "Lancashire" not in path.read_text("utf-8"), path.name


def test_no_finding_may_have_the_anchor_of_a_part_of_each_page():
    names = ("base", "lesson", "page", "slots")
    texts = (render.TEMPLATES / f"{name}.html.j2" for name in names)
    found = {a for t in texts for a in re.findall(r'\bid="([a-z-]+)"', t.read_text())}
    assert found == ANCHORS
