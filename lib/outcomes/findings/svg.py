"""A matplotlib drawing of ours as a small SVG: the same picture in a third of the bytes.

matplotlib writes every mark as an element of its own, with its style and its clip. Here marks of
one style become one path where nothing between them would be covered, coordinates are tenths of a
point from one to the next, and texts of one look share it. That is done only where all of a figure
is known to come out alike; what else it holds (a clip that cuts, a hatch, an image, a formula)
is :class:`Unknown`, and matplotlib's own SVG is the figure (:mod:`outcomes.findings.foreign_svg`).
"""

import re
from dataclasses import dataclass, field
from functools import lru_cache
from math import cos, hypot, radians, sin
from typing import NamedTuple
from xml.etree import ElementTree as Xml
from xml.sax.saxutils import escape

FONTS = (
    "Arial, Helvetica, sans-serif"  # no quoted name: the SVG must fit in an attribute
)
SIZE, INK = 13.5, "#1A1A1A"
"""Points of all words: at a phone's 320 pixels they are 12 pixels high."""
WIDER = "<style>@media(min-width:424px){text{font-size:10.2px!important}}</style>"
"""Where a drawing is shown wider than on a phone its words are smaller, in the places of the large
ones: a rule inside the drawing, which goes by the width at which it is shown."""
HREF = "{http://www.w3.org/1999/xlink}href"
_NEAR = 50  # tenths of a point: half a thick line or a marker beyond its coordinates
_THIN = 2  # points: of a line no thicker, the half beyond the edge of its axes may stay
_PALE = 0.5  # of the light of white: words as pale are written on something dark
_STROKE = {
    "stroke" + more for more in ("", "-width", "-opacity", "-linecap", "-dasharray")
}
_DRAWN = _STROKE | {
    "stroke-linejoin",
    "stroke-dashoffset",
    "fill",
    "fill-opacity",
    "opacity",
}
_WORDS = {
    "font-size",
    "font-family",
    "font-weight",
    "font-style",
    "text-anchor",
    "fill",
    "opacity",
}
_KNOWN = {  # element: attributes, rules of style
    "g": ({"id", "clip-path"}, set()),
    "path": ({"id", "clip-path", "d", "style"}, _DRAWN),
    "use": ({HREF, "x", "y", "style"}, _DRAWN),
    "text": ({"x", "y", "transform", "style"}, _WORDS),
}
_NUMBER = r"(-?[\d.]+)"
_PLACE = re.compile(
    rf"(?:translate\({_NUMBER} {_NUMBER}\) ?)?(?:rotate\({_NUMBER}[^()]*\))?"
)


class Unknown(Exception):
    """A figure holds something that the small SVG would not draw as matplotlib does."""


@dataclass
class _Mark:
    """Steps of one path, in absolute tenths of a point, with their look and their extents."""

    style: str
    steps: list
    box: tuple
    parts: list = field(default_factory=list)  # the extent of each mark that was joined

    def meets(self, other: "_Mark") -> bool:
        return _meet(self.box, other.box, _NEAR)


def _meet(one: tuple, other: tuple, near: float = 0) -> bool:
    (a, b, c, d), (e, f, g, h) = one, other
    return a - g < near and e - c < near and b - h < near and f - d < near


def small(root: Xml.Element) -> str:
    """The SVG of a figure, drawn alike with less.

    Raises
    ------
    Unknown : when the figure holds what would not come out alike.
    """
    named = {e.get("id"): e for e in root.iter() if e.get("id")}
    marks: list[_Mark] = []
    texts: dict[str, list[str]] = {}
    written: list[tuple] = []
    for element, clip in _leaves(root):
        look = _look(element.get("style", ""))
        if _tag(element) == "text":
            if clip:
                raise Unknown("words are cut")
            texts.setdefault(look, []).append(_text(element))
            written.append(_extent(element))
        elif mark := _mark(element, look, named):
            _held(mark.parts[0], look, named.get(clip[5:-1]))
            if any(_meet(mark.parts[0], box) for box in written):
                raise Unknown("a mark lies over words")
            _place(mark, marks)
    body = [f"<path style='{m.style}' d='{_written(m.steps)}'/>" for m in marks]
    body.append(
        "<g stroke='#fff' stroke-width='3' paint-order='stroke'>"
    )  # words over lines
    body += [f"<g style='{look}'>{''.join(lines)}</g>" for look, lines in texts.items()]
    _, _, width, height = root.get("viewBox", "").split()
    return (
        f"<svg xmlns='http://www.w3.org/2000/svg' width='{width}pt' height='{height}pt' "
        f"viewBox='0 0 {width} {height}' font-family='{FONTS}' font-size='{SIZE}' fill='{INK}' "
        f"stroke-linejoin='round'>{WIDER}{''.join(body)}</g></svg>"
    )


def _tag(element) -> str:
    return element.tag.rpartition("}")[2]


def _leaves(parent, clip: str = ""):
    """Everything that is drawn, in order, each with what cuts it."""
    for child in parent:
        tag = _tag(child)
        if tag in ("defs", "metadata"):
            continue
        attributes, rules = _KNOWN.get(tag, ((), ()))
        more = set(child.keys()) - set(attributes) | rules_of(
            child.get("style", "")
        ).keys() - set(rules)
        if (
            tag not in _KNOWN
            or more
            or len(child) * (tag == "text")
            or "url(" in child.get("style", "")
        ):
            raise Unknown(f"<{tag}> {more}")
        if tag == "g":
            yield from _leaves(child, child.get("clip-path", clip))
        else:
            yield child, child.get("clip-path", clip)


@lru_cache(1024)
def rules_of(style: str) -> dict[str, str]:
    """The rules of an element's style, in order; to be read only, for many elements share one.

    Examples
    --------
    >>> rules_of("fill: none; stroke: #000")
    {'fill': 'none', 'stroke': '#000'}
    """
    rules = (r.partition(":") for r in style.split(";") if r.strip())
    return {name.strip(): value.strip() for name, _, value in rules}


@lru_cache(1024)
def _look(style: str) -> str:
    """A style without what is so anyhow, its colours as short as they can be."""
    rules = [f"{name}:{value}" for name, value in rules_of(style).items()]
    if not any(r.startswith("fill:") or r == "fill-opacity:0" for r in rules):
        rules.append("fill:#000000")  # SVG's own, which goes without saying
    usual = (f"font-size:{SIZE}px", "text-anchor:start", f"fill:{INK.lower()}")
    idle = ("font-family:", "stroke-linejoin:", "stroke-dashoffset:0", *usual)
    kept = ";".join(r for r in rules if not r.startswith(idle))
    return re.sub(r"#(\w)\1(\w)\2(\w)\3\b", r"#\1\2\3", kept)


def _placed(element) -> tuple[str, str, float]:
    """Where words stand and how they are turned: matplotlib gives the place in two ways."""
    found = _PLACE.fullmatch(element.get("transform", ""))
    if not found or float(found[3] or 0) % 1:
        raise Unknown("words at an angle of their own")
    x, y = found.group(1, 2) if found[1] else (element.get("x"), element.get("y"))
    return x, y, float(found[3] or 0)


def _text(element) -> str:
    """A line of words at its place, turned if it is."""
    x, y, angle = _placed(element)
    place = f"x='{float(x):.0f}' y='{float(y):.0f}'"
    place += f" transform='rotate({angle:.0f} {x} {y})'" if angle else ""
    return f"<text {place}>{escape(element.text or '')}</text>"


def _extent(element) -> tuple:
    """About where words stand, in tenths of a point; refuses those too pale to stand on white."""
    rules = rules_of(element.get("style", ""))
    light = [
        int(rules.get("fill", "#000000")[at : at + 2], 16) / 255 for at in (1, 3, 5)
    ]
    if (
        sum(w * c**2.2 for w, c in zip((0.2126, 0.7152, 0.0722), light, strict=True))
        > _PALE
    ):
        raise Unknown("pale words")
    x, y, angle = _placed(element)
    size = float(rules["font-size"].removesuffix("px"))
    long = 0.6 * size * len(element.text or "")
    left = -long * {"middle": 0.5, "end": 1}.get(rules.get("text-anchor", ""), 0)
    turn = radians(angle)
    corners = [(a, b) for a in (left, left + long) for b in (-0.7 * size, 0)]
    turned = [
        (a * cos(turn) - b * sin(turn), a * sin(turn) + b * cos(turn))
        for a, b in corners
    ]
    across, down = zip(*turned, strict=True)
    x, y = float(x), float(y)
    return tuple(
        10 * n for n in (x + min(across), y + min(down), x + max(across), y + max(down))
    )


def _mark(element, style: str, named: dict) -> _Mark | None:
    """One drawn path or marker; None for what cannot be seen."""
    x, y, d, used = 0, 0, element.get("d", ""), _tag(element) == "use"
    if used:
        x, y = _tenths(element.get("x")), _tenths(element.get("y"))
        shape = named[element.get(HREF)[1:]]
        if (
            not rules_of(shape.get("style", "")).items()
            <= rules_of(element.get("style", "")).items()
        ):
            raise Unknown("a marker with a look of its own")
        d = shape.get("d")
    if not d or ("fill:none" in style and "stroke:" not in style):
        return None
    shape = _shape(d)
    a, b, radius, c = shape.box
    box = (a + x, b + y, radius + x, c + y)
    if used and shape.is_round:
        style, steps = _dot(style, radius, x, y)
        return _Mark(style, steps, (x, y, x, y) if radius < _NEAR else box, [box])
    steps = [
        (letter, [(a + x, b + y) for a, b in part]) for letter, part in shape.steps
    ]
    return _Mark(style, steps, box, [box])


class _Shape(NamedTuple):
    """Path data in tenths of a point, their extent, and whether they are matplotlib's circle."""

    steps: list
    box: tuple
    is_round: bool


@lru_cache(64)  # a marker is drawn at many places
def _shape(d: str) -> _Shape:
    steps = []
    for letter, numbers in re.findall(r"([A-Za-z])([^A-Za-z]*)", d):
        values = iter([_tenths(n) for n in numbers.split()])
        steps.append((letter, list(zip(values, values, strict=True))))
    across, down = zip(*(point for _, part in steps for point in part), strict=True)
    box = (min(across), min(down), max(across), max(down))
    # eight curves about nought, their ends as far out
    ends = [hypot(*part[-1]) for _, part in steps[:-1]]
    letters = "".join(letter for letter, _ in steps)
    return _Shape(steps, box, letters == "MCCCCCCCCz" and max(ends) - min(ends) < 1.5)


def _dot(style: str, radius: int, x: int, y: int) -> tuple[str, list]:
    """A round marker: a filled one is a line of no length with a round end, a ring two arcs."""
    rules = dict(r.split(":") for r in style.split(";"))
    if (
        rules.get("fill", "") != rules.get("stroke")
        or "opacity" in style
        or "dash" in style
    ):
        return style, [("M", [(x - radius, y)]), ("a", [(x + radius, y)])]
    width = _number(2 * radius + _tenths(rules.get("stroke-width", "1")))
    look = f"fill:none;stroke:{rules['fill']};stroke-width:{width};stroke-linecap:round"
    return look, [("M", [(x, y)]), ("h", [])]


def _held(box: tuple, look: str, clip) -> None:
    """That the rectangle which a mark is cut to takes nothing of it but half a thin line."""
    if clip is None:
        return
    if [_tag(e) for e in clip] != ["rect"]:
        raise Unknown("cut to a shape")
    x, y, wide, high = (_tenths(clip[0].get(k)) for k in ("x", "y", "width", "height"))
    half = _tenths(_width(look)) / 2 if _width(look) > _THIN else 0
    a, b, c, d = box
    along = "stroke-linecap" not in look  # a straight line ends where it ends
    wide_of, high_of = half * (not (along and b == d)), half * (not (along and a == c))
    if min(a - x, x + wide - c) < wide_of - 1 or min(b - y, y + high - d) < high_of - 1:
        raise Unknown("a mark is cut")


@lru_cache(1024)
def _width(look: str) -> float:
    found = re.search(r"stroke-width:([\d.]+)", look)
    return float(found[1]) if found else 1.0 if "stroke:" in look else 0.0


def _place(mark: _Mark, marks: list[_Mark]) -> None:
    """Join a mark to the last one of its look, unless it would slip under one drawn since."""
    for other in reversed(marks):
        if other.style == mark.style and "opacity" not in mark.style:
            if "fill:none" not in mark.style and any(
                _meet(mark.parts[0], box) for box in other.parts
            ):
                break  # as one path, where two areas meet could be a hole, or one's edge show
            other.steps += mark.steps
            other.parts += mark.parts
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
        moves = [
            to - at for point in points for to, at in zip(point, here, strict=True)
        ]
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


def _tenths(number: str | float) -> int:
    return round(10 * float(number))


def _number(tenths: int) -> str:
    whole, part = divmod(abs(tenths), 10)
    text = f"{whole or ''}.{part}" if part else f"{whole}"
    return f"-{text}" if tenths < 0 else text
