"""The feed: releases as entries, word for word."""

from xml.etree import ElementTree as Xml

from outcomes.publish import feed

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
    assert first.find(f"{ATOM}content").text.splitlines() == [
        "2 pages.",
        "Op Sceptre: No. It fell by 3.",
        "Demo, found: 1 < 2.",
    ]
    assert second.find(f"{ATOM}content").text == "2 pages."
    assert second.find(f"{ATOM}id").text.endswith(":20250901T000000Z-cd")


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
  <content>2 pages.
A &lt; b.
C.</content>
 </entry>
 <entry>
  <id>urn:lancashire-programme-outcomes:20251001T000102Z-cd</id>
  <title>Release of 2025-10-01: 1 page; first release</title>
  <updated>2025-10-01T00:01:02Z</updated>
  <link href="index.html" />
  <content>1 page; first release.</content>
 </entry>
</feed>
"""
    assert feed.atom(past) == made
