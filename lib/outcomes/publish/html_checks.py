"""What a page must be before it may be published, checked on the HTML itself.

One reading with the standard parser; every problem is a sentence. A page with a problem counts
as failed, and its last good version stays. Only elements that neither act nor load are let through,
and no comment but the names of slots: elsewhere browsers read otherwise than the parser does.
"""

import base64
import hashlib
import posixpath
import re
from collections.abc import Collection
from html.parser import HTMLParser
from itertools import pairwise
from urllib.parse import unquote, urlsplit

from outcomes.publish.render import inlined

_ALLOWED = re.compile(
    "html|head|meta|title|style|body|a|header|p|main|footer|nav|aside|section|div|span|h[1-6]|[uod]l|li|"
    "d[td]|[bh]r|em|strong|b|i|del|su[bp]|abbr|code|pre|blockquote|figure|figcaption|img|details|"
    "summary|table|caption|thead|tbody|t[rhd]|label|input|select|option"
)
_DRAWN = ("svg", "g", "path", "text", "tspan", "title")
"""What the map of the index is drawn with; no other page may hold it."""
_PLAIN = re.compile(
    "(?:<(?:"
    "/(?:t[rdh]|p|li|d[dtl]|div|span|strong|code|pre|a|[uo]l|h[1-6]|table|details|summary)"
    "|(?:t[rd]|th scope=(?:col|row)|p|li|d[dtl]|div|span|strong|code|pre)"
    '(?: (?:class|aria-hidden|data-value)=(?:[a-z]+|"[\\w. -]*"))*'
    ")>[^<]*)+"
)
"""A stretch of elements that no rule asks more of, such as the rows of a table: most of a page, and
read in one step."""
_HEAD = ("head", "link", "meta", "title", "style")
_LINKS = ("icon", "alternate", "canonical")  # of these a browser loads the icon alone
_POLICY = "Content-Security-Policy"
_ADDRESSES = {
    "src",
    "srcset",
    "poster",
    "data",
    "background",
    "action",
    "formaction",
    "xlink:href",
}


class _Reader(HTMLParser):
    """Collects what the rules need: headings, images, ids, links, and what is not allowed."""

    def __init__(self, drawn: Collection[str] = ()) -> None:
        super().__init__()
        self.drawn, self.drawing = drawn, False
        self.levels, self.ids, self.links, self.problems = [], [], [], []
        self.tables, self.seen = [], set()
        self.language, self.title, self._in_title = "", "", False
        self.loose, self._captioned = [], False

    def parse_starttag(self, i: int) -> int:
        return self._plain(i) or super().parse_starttag(i)

    def parse_endtag(self, i: int) -> int:
        return self._plain(i) or super().parse_endtag(i)

    def _plain(self, i: int) -> int:
        """Where a plain stretch ends that begins at ``i``; 0 where the parser has to look."""
        if self._captioned or self._in_title:
            return 0
        found = _PLAIN.match(self.rawdata, i)
        if found is None:
            return 0
        if self.tables and "<th " in found[0]:
            self.tables[-1].append("scope")
        return found.end()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if not self._may_stand(tag, given):
            self.problems.append(f"it holds a <{tag}>")
        self.seen.add(tag)
        self._hold(tag, given)
        if tag == "img" and not given.get("alt", "").strip():
            self.problems.append("an image has no alternative text")
        if self._captioned:
            self.loose.append(f"a <{tag}> follows the caption of its figure")
        if re.fullmatch("h[1-6]", tag):
            self.levels.append(int(tag[1]))
        if "id" in given:
            self.ids.append(given["id"])
        if "href" in given and given.get("rel") != "icon":
            self.links.append(given["href"])
        self._note(tag, given)

    def _may_stand(self, tag: str, given: dict) -> bool:
        """Whether an element may stand where it does: those of the head before the body alone."""
        self.drawing = self.drawing or (tag == "svg" and tag in self.drawn)
        if self.drawing and tag in self.drawn:
            return True
        if tag in _HEAD and "body" in self.seen:
            return False
        if tag == "link":
            return given.get("rel") in _LINKS
        header = given.get("http-equiv")
        onward = re.fullmatch(r"0; url=([\w./-]+)", given.get("content", ""))
        if header == "refresh" and onward:  # at once, and to a page of the release
            self.links.append(onward[1])
            return True
        return header in (None, _POLICY) and _ALLOWED.fullmatch(tag) is not None

    def _hold(self, tag: str, given: dict) -> None:
        """Hold every attribute to what it may say."""
        for name, value in given.items():
            loads = name in _ADDRESSES or (tag, name) == ("link", "href")
            loads = loads and (tag != "link" or given.get("rel") == "icon")
            if name.startswith("on") or name == "style":
                self.problems.append(f"a <{tag}> has the attribute {name}")
            if (loads or name == "href") and re.search(r"\s", value):
                self.loose.append(f"an address of a <{tag}> holds a space")
            if loads and not value.startswith("data:image/"):
                self.problems.append(f"a <{tag}> loads {value[:60]!r} from elsewhere")

    def handle_endtag(self, tag: str) -> None:
        self.drawing = self.drawing and tag != "svg"
        if tag in ("figcaption", "figure"):
            self._captioned = tag == "figcaption"

    def _note(self, tag: str, given: dict) -> None:
        self._in_title = tag == "title" and not self.drawing
        if tag == "html":
            self.language = given.get("lang")
        if tag == "table":
            self.tables.append([])
        elif self.tables:
            self.tables[-1].append("scope" if tag == "th" and "scope" in given else tag)

    def handle_comment(self, data: str) -> None:
        if not re.fullmatch("/?[a-z]+", data):  # the slots, which are filled in later
            self.problems.append(f"it holds the comment {data[:60]!r}")

    unknown_decl = handle_pi = handle_comment

    def handle_data(self, data: str) -> None:
        if self._in_title:
            self.title += data


def problems(
    html: str, path: str, files: Collection[str], *, taken_over: bool = False
) -> list[str]:
    """What keeps ``html`` from being published at ``path`` among the ``files`` of a release.

    A page ``taken_over`` from an earlier release may be of an earlier form, where that harms
    nobody: it is the last good version of a page that cannot be made anew.
    """
    page = _Reader(_DRAWN if path == "index.html" else ())
    # the one script that a page has is ours, byte for byte
    script = "index.js" if path == "index.html" else "page.js"
    html = html.replace(f"<script>{inlined(script)[0]}</script>", "", 1)
    if taken_over:
        html = _without_former_script(html)
    page.feed(html)
    page.close()
    found = page.problems + page.loose * (not taken_over)
    if page.language != "en-GB" or not page.title.strip():
        found.append("it lacks its language or title")
    if page.levels.count(1) != 1 or page.levels[0] != 1:
        found.append(
            f"it has {page.levels.count(1)} first-level headings; one must open it"
        )
    for before, after in pairwise(page.levels):
        if after > before + 1:
            found.append(f"a heading of level {after} follows one of level {before}")
    found += [
        f"the id {i!r} is used twice"
        for i in sorted(set(page.ids))
        if page.ids.count(i) > 1
    ]
    if any("th" in tags or "scope" not in tags for tags in page.tables):
        found.append("a table has no header cells with scope")
    found += [
        p for link in page.links if (p := _link(link, path, set(page.ids), files))
    ]
    return list(dict.fromkeys(found))


def _without_former_script(html: str) -> str:
    """A page without the one script that its own policy admits: ours, as it was in its release.

    What is taken over is what that release's record has by digest, so that nothing else is let in.
    """
    found = re.search(r"<script>(.*?)</script>", html, re.S)
    if found is None:
        return html
    digest = base64.b64encode(hashlib.sha256(found[1].encode()).digest()).decode()
    return html.replace(found[0], "", 1) if f"'sha256-{digest}'" in html else html


def _link(link: str, path: str, ids: set[str], files: Collection[str]) -> str | None:
    parts = urlsplit(link)
    if parts.scheme in ("http", "https", "mailto"):
        return None
    if parts.scheme or parts.netloc:
        return f"the link {link[:60]!r} is of a kind that is not allowed"
    if not parts.path:
        return (
            None if parts.fragment in ids else f"the link {link[:60]!r} leads nowhere"
        )
    target = posixpath.normpath(
        posixpath.join(posixpath.dirname(path), unquote(parts.path))
    )
    return None if target in files else f"the link {link[:60]!r} leads nowhere"
