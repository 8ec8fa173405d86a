"""A matplotlib drawing as a small SVG: the same picture in a third of the bytes.

matplotlib writes every mark as an element of its own, with its style and its clip. Here marks of
one style become one path where nothing between them would be covered, coordinates are tenths of a
point from one to the next, a clip is kept only where it cuts, and texts of one look share it.
"""

import re
from dataclasses import dataclass
from xml.etree import ElementTree as Xml
from xml.sax.saxutils import escape

from outcomes.data.errors import Invalid

FONTS = "Arial, Helvetica, sans-serif"  # no quoted name: the SVG must fit in an attribute
SIZE, INK = 10.2, "#1A1A1A"
_NEAR = 5  # points: half a thick line or a marker beyond its coordinates


@dataclass
class _Mark:
    """Steps of one path, in absolute tenths of a point, with their look and their extent."""

    style: str
    clip: str
    steps: list
    box: tuple

    def meets(self, other: "_Mark") -> bool:
        (a, b, c, d), (e, f, g, h) = self.box, other.box
        near = 10 * _NEAR
        return a - near < g and e - near < c and b - near < h and f - near < d


def small(text: str) -> str:
    """The SVG of a figure, drawn alike with less."""
    root = Xml.fromstring(text)
    named = {e.get("id"): e for e in root.iter() if e.get("id")}
    marks: list[_Mark] = []
    texts: dict[tuple, list[str]] = {}
    for element, clip in _leaves(root, ""):
        if _tag(element) == "text":
            look = _look(element.get("style", ""))
            texts.setdefault(look, []).append(_text(element))
        elif mark := _mark(element, clip, named):
            _place(mark, marks)
    clips = list(dict.fromkeys(m.clip for m in marks if m.clip))
    body = [_clip(named[c], at) for at, c in enumerate(clips)]
    body += [_path(m, clips) for m in marks]
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


def _leaves(parent, clip: str):
    """Everything that is drawn, in order, with the name of what clips it."""
    for child in parent:
        tag = _tag(child)
        own = child.get("clip-path", "")[5:-1] or clip
        if tag == "g":
            yield from _leaves(child, own)
        elif tag in ("path", "use", "text"):
            yield child, own
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


def _mark(element, clip: str, named: dict) -> _Mark | None:
    """One drawn path or marker; None for what cannot be seen."""
    style, x, y, d = _look(element.get("style", "")), 0, 0, element.get("d", "")
    if _tag(element) == "use":
        x, y = _tenths(element.get("x")), _tenths(element.get("y"))
        d = named[element.get("{http://www.w3.org/1999/xlink}href")[1:]].get("d")
    if not d or ("fill:none" in style and "stroke:" not in style):
        return None
    steps = [(letter, [(a + x, b + y) for a, b in points]) for letter, points in _steps(d)]
    if d.count("C") == 8:
        style, steps = _dot(style, steps, (x, y))
    points = [p for _, part in steps for p in part]
    box = (*map(min, zip(*points, strict=True)), *map(max, zip(*points, strict=True)))
    return _Mark(style, "" if not clip or _within(box, named[clip][0]) else clip, steps, box)


def _steps(d: str) -> list[tuple]:
    found = []
    for letter, numbers in re.findall(r"([A-Za-z])([^A-Za-z]*)", d):
        values = [_tenths(n) for n in numbers.split()]
        found.append((letter, list(zip(values[::2], values[1::2], strict=True))))
    return found


def _dot(style: str, steps: list, at: tuple) -> tuple[str, list]:
    """A round marker: a filled one is a line of no length with a round end, a ring two arcs."""
    rules = dict(r.split(":") for r in style.split(";"))
    radius = max(x for _, part in steps for x, _ in part) - at[0]
    if rules.get("fill") != rules.get("stroke") or "opacity" in style:
        return style, [("M", [(at[0] - radius, at[1])]), ("a", [(radius, radius)])]
    width = _number(2 * radius + _tenths(rules.get("stroke-width", "1")))
    look = f"fill:none;stroke:{rules['fill']};stroke-width:{width};stroke-linecap:round"
    return look, [("M", [at]), ("h", [])]


def _within(box: tuple, rect) -> bool:
    x, y, width, height = (_tenths(rect.get(k)) for k in ("x", "y", "width", "height"))
    near = 10 * _NEAR
    return (
        x - near <= box[0] and y - near <= box[1]
        and box[2] <= x + width + near and box[3] <= y + height + near
    )  # fmt: skip


def _place(mark: _Mark, marks: list[_Mark]) -> None:
    """Join a mark to the last one of its look, unless it would slip under one drawn since."""
    for other in reversed(marks):
        if (other.style, other.clip) == (mark.style, mark.clip) and "opacity" not in mark.style:
            other.steps += mark.steps
            a, b = other.box, mark.box
            other.box = (*map(min, a[:2], b[:2]), *map(max, a[2:], b[2:]))
            return
        if other.meets(mark):
            break
    marks.append(mark)


def _path(mark: _Mark, clips: list[str]) -> str:
    clip = f" clip-path='url(#c{clips.index(mark.clip)})'" if mark.clip else ""
    return f"<path style='{mark.style}'{clip} d='{_written(mark.steps)}'/>"


def _clip(element, at: int) -> str:
    sides = (f"{k}='{_number(_tenths(element[0].get(k)))}'" for k in ("x", "y", "width", "height"))
    return f"<clipPath id='c{at}'><rect {' '.join(sides)}/></clipPath>"


def _written(steps: list) -> str:
    """Steps as path data: each point from the one before, a letter only where it changes."""
    text, here, start, last = "", (0, 0), (0, 0), ""
    for letter, points in steps:
        if letter in "zha":
            r = points[0][0] if points else 0
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
