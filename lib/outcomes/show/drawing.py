"""A matplotlib drawing as a small SVG: the same picture in a third of the bytes.

matplotlib writes every mark as an element of its own, with its style and its clip. Here marks of
one style become one path where nothing between them would be covered, coordinates are tenths of a
point from one to the next, and texts of one look share it. Nothing is clipped: axes hold
their data.
"""

import re
from dataclasses import dataclass
from xml.etree import ElementTree as Xml
from xml.sax.saxutils import escape

from outcomes.data.errors import Invalid

FONTS = "Arial, Helvetica, sans-serif"  # no quoted name: the SVG must fit in an attribute
SIZE, INK = 10.2, "#1A1A1A"
_NEAR = 50  # tenths of a point: half a thick line or a marker beyond its coordinates


@dataclass
class _Mark:
    """Steps of one path, in absolute tenths of a point, with their look and their extent."""

    style: str
    steps: list
    box: tuple

    def meets(self, other: "_Mark") -> bool:
        (a, b, c, d), (e, f, g, h) = self.box, other.box
        return a - g < _NEAR and e - c < _NEAR and b - h < _NEAR and f - d < _NEAR


def small(text: str) -> str:
    """The SVG of a figure, drawn alike with less."""
    root = Xml.fromstring(text)
    named = {e.get("id"): e for e in root.iter() if e.get("id")}
    marks: list[_Mark] = []
    texts: dict[str, list[str]] = {}
    for element in _leaves(root):
        look = _look(element.get("style", ""))
        if _tag(element) == "text":
            texts.setdefault(look, []).append(_text(element))
        elif mark := _mark(element, look, named):
            _place(mark, marks)
    body = [f"<path style='{m.style}' d='{_written(m.steps)}'/>" for m in marks]
    body.append("<g stroke='#fff' stroke-width='3' paint-order='stroke'>")  # words over lines
    body += [f"<g style='{look}'>{''.join(lines)}</g>" for look, lines in texts.items()]
    _, _, width, height = root.get("viewBox").split()
    return (
        f"<svg xmlns='http://www.w3.org/2000/svg' width='{width}pt' height='{height}pt' "
        f"viewBox='0 0 {width} {height}' font-family='{FONTS}' font-size='{SIZE}' fill='{INK}' "
        f"stroke-linejoin='round'>{''.join(body)}</g></svg>"
    )


def _tag(element) -> str:
    return element.tag.rpartition("}")[2]


def _leaves(parent):
    """Everything that is drawn, in order."""
    for child in parent:
        tag = _tag(child)
        if tag == "g":
            yield from _leaves(child)
        elif tag in ("path", "use", "text"):
            yield child
        elif tag not in ("defs", "metadata"):
            raise Invalid(f"a figure may hold lines, areas, marks and words, but no <{tag}>.")


def _look(style: str) -> str:
    """A style without what is so anyhow, its colours as short as they can be."""
    rules = [re.sub(r"\s*:\s*", ":", r.strip()) for r in style.split(";") if r.strip()]
    usual = (f"font-size:{SIZE}px", "text-anchor:start", f"fill:{INK.lower()}")
    idle = ("font-family:", "stroke-linejoin:", "stroke-dashoffset:0", *usual)
    kept = ";".join(r for r in rules if not r.startswith(idle))
    return re.sub(r"#(\w)\1(\w)\2(\w)\3\b", r"#\1\2\3", kept)


def _text(element) -> str:
    """A line of words at its place, turned if it is: matplotlib gives the place in two ways."""
    turn = element.get("transform", "")
    moved = re.search(r"translate\(([-\d.]+) ([-\d.]+)\)", turn)
    x, y = moved.groups() if moved else (element.get("x"), element.get("y"))
    angle = re.search(r"rotate\((-?[1-9]\d*)", turn)
    place = f"x='{float(x):.0f}' y='{float(y):.0f}'"
    place += f" transform='rotate({angle[1]} {x} {y})'" if angle else ""
    return f"<text {place}>{escape(element.text or '')}</text>"


def _mark(element, style: str, named: dict) -> _Mark | None:
    """One drawn path or marker; None for what cannot be seen."""
    x, y, d = 0, 0, element.get("d", "")
    if _tag(element) == "use":
        x, y = _tenths(element.get("x")), _tenths(element.get("y"))
        d = named[element.get("{http://www.w3.org/1999/xlink}href")[1:]].get("d")
    if not d or ("fill:none" in style and "stroke:" not in style):
        return None
    steps = []
    for letter, numbers in re.findall(r"([A-Za-z])([^A-Za-z]*)", d):
        values = iter([_tenths(n) for n in numbers.split()])
        steps.append((letter, [(a + x, b + y) for a, b in zip(values, values, strict=True)]))
    if d.count("C") == 8:
        style, steps = _dot(style, max(a for _, part in steps for a, _ in part) - x, x, y)
    across, down = zip(*(point for _, part in steps for point in part), strict=True)
    return _Mark(style, steps, (min(across), min(down), max(across), max(down)))


def _dot(style: str, radius: int, x: int, y: int) -> tuple[str, list]:
    """A round marker: a filled one is a line of no length with a round end, a ring two arcs."""
    rules = dict(r.split(":") for r in style.split(";"))
    if rules.get("fill") != rules.get("stroke") or "opacity" in style:
        return style, [("M", [(x - radius, y)]), ("a", [(x + radius, y)])]
    width = _number(2 * radius + _tenths(rules.get("stroke-width", "1")))
    look = f"fill:none;stroke:{rules['fill']};stroke-width:{width};stroke-linecap:round"
    return look, [("M", [(x, y)]), ("h", [])]


def _place(mark: _Mark, marks: list[_Mark]) -> None:
    """Join a mark to the last one of its look, unless it would slip under one drawn since."""
    for other in reversed(marks):
        if other.style == mark.style and "opacity" not in mark.style:
            other.steps += mark.steps
            a, b = other.box, mark.box
            other.box = (*map(min, a[:2], b[:2]), *map(max, a[2:], b[2:]))
            return
        if other.meets(mark):
            break
    marks.append(mark)


def _written(steps: list) -> str:
    """Steps as path data: each point from the one before, a letter only where it changes."""
    text, here, start, last = "", (0, 0), (0, 0), ""
    for letter, points in steps:
        if letter in "zha":
            r = (points[0][0] - here[0]) // 2 if points else 0
            arcs = _joined("a", [r, r, 0, 10, 0, 2 * r, 0, r, r, 0, 10, 0, -2 * r, 0])
            text += {"z": "z", "h": "h0", "a": arcs}[letter]
            here, last = start if letter == "z" else here, ""
            continue
        moves = [to - at for point in points for to, at in zip(point, here, strict=True)]
        if letter == "L" and 0 in moves:
            letter, moves = ("V", moves[1:]) if moves[0] == 0 else ("H", moves[:1])
        text += _joined("" if last == letter else letter.lower(), moves)
        here, last = points[-1], "L" if letter == "M" else letter
        start = here if letter == "M" else start
    return text


def _joined(letter: str, tenths: list[int]) -> str:
    """Numbers with no more between them than a reader of SVG needs."""
    text = letter or " "
    for n in map(_number, tenths):
        text += n if n[0] == "-" or text[-1].isalpha() or text == " " else f" {n}"
    return text.replace(" -", "-")


def _tenths(text: str) -> int:
    return round(10 * float(text))


def _number(tenths: int) -> str:
    return re.sub(r"^(-?)0\.", r"\1.", f"{tenths / 10:.1f}".removesuffix(".0"))
