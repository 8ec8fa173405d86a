"""The feed: releases as entries, word for word."""

from dataclasses import replace
from xml.etree import ElementTree as Xml

import pytest

from outcomes.core.collection import collection
from outcomes.publish import feed, render

ATOM = "{http://www.w3.org/2005/Atom}"


def told(release: str, **more) -> dict:
    return {"release": release, "sentence": "2 pages.", "lines": []} | more


def test_each_release_is_an_entry_with_its_answers_and_changes():
    newest = told(
        "20251124T083000Z-ab",
        answers=["Op Sceptre: No. It fell by 3."],
        lines=["Demo, found: 1 < 2."],
    )
    root = Xml.fromstring(feed.atom([newest, told("20250901T000000Z-cd")]))
    assert root.find(f"{ATOM}updated").text == "2025-11-24T08:30:00Z"
    first, second = root.findall(f"{ATOM}entry")
    assert first.find(f"{ATOM}title").text == "Release of 2025-11-24: 2 pages"
    content = first.find(f"{ATOM}content")
    assert content.get("type") == "html"  # of a text readers may make one paragraph
    assert content.text.splitlines() == [
        "<p>2 pages.</p>",
        "<p>Op Sceptre: No. It fell by 3.</p>",
        "<p>Demo, found: 1 &lt; 2.</p>",
    ]
    assert second.find(f"{ATOM}content").text == "<p>2 pages.</p>\n"
    assert second.find(f"{ATOM}id").text.endswith(":20250901T000000Z-cd")


@pytest.mark.parametrize(
    ("known", "links"),
    [
        ({}, ["index.html", "index.html"]),
        ({"address": "https://a.org/"}, ["https://a.org/index.html"] * 2),
        (
            {"address": "https://a.org/", "archive": "https://a.org/old/"},
            [
                "https://a.org/index.html",
                "https://a.org/old/20250901T000000Z-cd/index.html",
            ],
        ),
    ],
)
def test_an_entry_leads_to_its_release_where_earlier_ones_are_kept(
    known, links, monkeypatch
):
    named = replace(collection, **known)
    monkeypatch.setitem(render.environment().globals, "collection", named)
    past = [told("20251124T083000Z-ab"), told("20250901T000000Z-cd")]
    root = Xml.fromstring(feed.atom(past))
    assert [e.get("href") for e in root.findall(f"{ATOM}entry/{ATOM}link")] == links
    own = root.find(f"{ATOM}link[@rel='self']").get("href")
    assert own == known.get("address", "") + "feed.xml"


def test_the_feed_word_for_word():
    past = [
        {
            "release": "20251124T083059Z-ab",
            "sentence": "2 pages.",
            "lines": ["A < b.", "C."],
        },
        {
            "release": "20251001T000102Z-cd",
            "sentence": "1 page; first release.",
            "lines": [],
        },
    ]
    made = """\
<feed xmlns="http://www.w3.org/2005/Atom">
 <id>urn:lancashire-programme-outcomes:releases</id>
 <title>Lancashire Programme Outcomes</title>
 <updated>2025-11-24T08:30:59Z</updated>
 <author>
  <name>Lancashire Programme Outcomes</name>
 </author>
 <link rel="self" href="feed.xml" />
 <entry>
  <id>urn:lancashire-programme-outcomes:20251124T083059Z-ab</id>
  <title>Release of 2025-11-24: 2 pages</title>
  <updated>2025-11-24T08:30:59Z</updated>
  <link href="index.html" />
  <content type="html">&lt;p&gt;2 pages.&lt;/p&gt;
&lt;p&gt;A &amp;lt; b.&lt;/p&gt;
&lt;p&gt;C.&lt;/p&gt;
</content>
 </entry>
 <entry>
  <id>urn:lancashire-programme-outcomes:20251001T000102Z-cd</id>
  <title>Release of 2025-10-01: 1 page; first release</title>
  <updated>2025-10-01T00:01:02Z</updated>
  <link href="index.html" />
  <content type="html">&lt;p&gt;1 page; first release.&lt;/p&gt;
</content>
 </entry>
</feed>
"""
    assert feed.atom(past) == made
