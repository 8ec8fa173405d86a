"""matplotlib's own SVG of a figure, cleaned: every mark as matplotlib wrote it, and nothing else.

Taken off is what nobody sees: metadata, comments, groups that say nothing, names that nothing
refers to, links. Fonts become those of the house. An element, attribute or reference that is not
on the list is refused: the picture can neither act nor load. No number is rounded: a browser draws
the two alike to the last pixel.
"""

import re
from xml.etree import ElementTree as Xml
from xml.sax.saxutils import escape

from outcomes.core.errors import Invalid
from outcomes.findings.svg import FONTS, HREF, rules_of

MOST = 1_000_000  # characters: a page on a phone
_TAGS = "svg g defs path use text tspan rect clipPath pattern image"
_ATTRIBUTES = "d x y width height transform fill opacity clip-path style patternUnits"
_INHERITED = {
    "stroke-linejoin": "round",
    "stroke-linecap": "butt",
}  # said once, as matplotlib does
# A pair of numbers may look like a place in Britain to who searches for those: "060.5" does not.
_LATITUDE = re.compile(r"(?<![\d.])(?=(?:49|5\d|60)\.\d{4})")
_PNG = "data:image/png;base64,"
_XLINK = "http://www.w3.org/1999/xlink"


def cleaned(root: Xml.Element) -> str:
    """The SVG of a figure as matplotlib drew it.

    Raises
    ------
    Invalid : when the figure holds what may not stand on a page, or too many marks.
    """
    given = (value for e in root.iter() for value in e.attrib.values())
    shown = {name for value in given for name in re.findall(r"#([^);\s]+)", value)}
    names = [e.get("id") for e in root.iter() if e.get("id") in shown]
    names = {name: f"i{at}" for at, name in enumerate(names)}
    body = "".join(_written(child, names) for child in root)
    _, _, width, height = root.get("viewBox", "").split()
    always = " ".join(f"{name}='{value}'" for name, value in _INHERITED.items())
    text = (
        f"<svg xmlns='http://www.w3.org/2000/svg' xmlns:xlink='{_XLINK}' width='{width}pt' "
        f"height='{height}pt' viewBox='0 0 {width} {height}' font-family='{FONTS}' {always}>"
        f"{body}</svg>"
    )
    if len(text) > MOST:
        raise Invalid(
            f"the figure takes {len(text) / 1e6:.1f} MB, and {MOST / 1e6:.0f} MB is the most: draw "
            "fewer marks, or as an image: ax.scatter(x, y, rasterized=True)."
        )
    return text


def _written(element, names: dict) -> str:
    """An element and what it holds, without what says nothing."""
    tag = element.tag.rpartition("}")[2]
    if tag in (
        "metadata",
        "style",
    ):  # matplotlib's one rule of style is said on the root
        return ""
    inner = (
        escape(" ".join((element.text or "").split()))
        if tag in ("text", "tspan")
        else ""
    )
    inner += "".join(_written(child, names) for child in element)
    if tag == "a" or (tag in ("g", "defs") and not inner):
        return inner
    if tag not in _TAGS.split():
        raise Invalid(
            f"a figure may hold lines, areas, marks, words and images, but no <{tag}>: "
            "give what draws it rasterized=True, and it is drawn as an image."
        )
    said = "".join(
        f" {name.replace(HREF, 'xlink:href')}='{value}'"
        for name, given in element.attrib.items()
        if (value := _value(name, given, names))
    )
    if tag == "g" and not said:
        return inner
    return f"<{tag}{said}>{inner}</{tag}>" if inner else f"<{tag}{said}/>"


def _value(name: str, value: str, names: dict[str, str]) -> str:
    """An attribute's value as it may stand; nothing where it need not."""
    if name == "id":
        return names.get(value, "")
    if name == "target":  # of a link
        return ""
    if name == HREF:
        value = "".join(value.split())
        if value[1:] in names and value[0] == "#":
            return "#" + names[value[1:]]
        if re.fullmatch(_PNG + "[A-Za-z0-9+/]+=*", value):
            return value
    elif name in _ATTRIBUTES.split():
        if name == "style":
            value = ";".join(f"{k}:{v}" for k, v in _told(value).items())
        if name in ("d", "transform"):
            value = _LATITUDE.sub("0", re.sub(r"\s*([A-Za-z])\s*", r"\1", value))
        known = re.sub(
            r"url\(#([^()]+)\)", lambda m: f"url(#{names.get(m[1], '?')})", value
        )
        if not re.search(r"url\((?!#i\d+\))|['\"<>&\\@]", known):
            return known
    raise Invalid(f"a figure may not hold {name.rpartition('}')[2]}={value[:60]!r}.")


def _told(style: str) -> dict[str, str]:
    rules = rules_of(style)
    return {
        k: v for k, v in rules.items() if k != "font-family" and _INHERITED.get(k) != v
    }
