"""An Atom feed of releases (RFC 4287): what each one changed, in words."""

from xml.etree import ElementTree as Xml

LENGTH = 20
_NAME = "Lancashire Programme Outcomes"
_URN = "urn:lancashire-programme-outcomes"


def atom(past: list[dict]) -> str:
    """The feed of some releases' summaries, newest first."""
    root = Xml.Element("feed", xmlns="http://www.w3.org/2005/Atom")
    _add(root, id=f"{_URN}:releases", title=_NAME, updated=_time(past[0]["release"]))
    _add(Xml.SubElement(root, "author"), name=_NAME)
    Xml.SubElement(root, "link", rel="self", href="feed.xml")
    for told in past:
        entry, name = Xml.SubElement(root, "entry"), told["release"]
        title = f"Release of {_time(name)[:10]}: {told['sentence'].rstrip('.')}"
        _add(entry, id=f"{_URN}:{name}", title=title, updated=_time(name))
        Xml.SubElement(entry, "link", href="index.html")
        _add(entry, content="\n".join([told["sentence"], *told["lines"]]))
    Xml.indent(root, " ")
    return Xml.tostring(root, encoding="unicode", xml_declaration=False) + "\n"


def _add(parent: Xml.Element, **texts: str) -> None:
    for tag, text in texts.items():
        Xml.SubElement(parent, tag).text = text


def _time(name: str) -> str:
    """A run's name as a time: "20251124T083000Z-…" → "2025-11-24T08:30:00Z"."""
    day, clock = name[:8], name[9:15]
    return f"{day[:4]}-{day[4:6]}-{day[6:]}T{clock[:2]}:{clock[2:4]}:{clock[4:]}Z"
