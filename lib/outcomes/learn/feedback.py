"""What a lesson says back, as text and as HTML."""

from dataclasses import dataclass, field
from html import escape
from urllib.parse import quote

_WORDS = {
    "right": "Right.",
    "not yet": "Not yet.",
    "not quite": "Not quite.",
    "hint": "Hint",
}
_EDGES = {"right": "#17655E", "not yet": "#8A8A8A", "not quite": "#A33B00"}


@dataclass(frozen=True)
class Said:
    """A remark, with the question or the chart that it is on.

    ``state`` is right, not yet, not quite, hint or note, and is said in words as well; ``choices``
    are those of a question, by letter; ``chart`` is an SVG.

    >>> Said("right", "You counted well.")
    Right. You counted well.
    """

    state: str
    text: str
    question: str = ""
    choices: dict[str, str] = field(default_factory=dict)
    chart: str = ""

    def __repr__(self) -> str:
        choices = [f"{letter}) {text}" for letter, text in self.choices.items()]
        remark = f"{_WORDS.get(self.state, '')} {self.text}".strip()
        return "\n".join(filter(None, [self.question, *choices, remark]))

    def _repr_mimebundle_(self, include=None, exclude=None) -> dict[str, str]:
        shown = ""
        if self.chart:
            address = f"data:image/svg+xml,{quote(self.chart)}"
            shown += f'<img alt="The chart that you drew." src="{address}">'
        if self.question:
            choices = "".join(
                f"<br><b>{letter})</b> {escape(text)}"
                for letter, text in self.choices.items()
            )
            shown += f"<p><b>{escape(self.question)}</b>{choices}</p>"
        edge = _EDGES.get(self.state, "#12436D")
        style = f"border-left:6px solid {edge};padding:.3em 1em;white-space:pre-line"
        remark = f"<b>{_WORDS.get(self.state, '')}</b> {escape(self.text)}"
        html = f'{shown}<div style="{style}">{remark}</div>'
        return {"text/plain": repr(self), "text/html": html}
