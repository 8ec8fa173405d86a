"""What a lesson says back."""

from dataclasses import dataclass, field
from html import escape

_WORDS = {
    "right": "Right.",
    "not yet": "Not yet.",
    "not quite": "Not quite.",
    "hint": "Hint",
}
_EDGES = {"right": "#17655E", "not yet": "#8A8A8A", "not quite": "#A33B00"}


@dataclass(frozen=True)
class Said:
    """A remark; ``state`` is right, not yet, not quite, hint or note, and said in words as well."""

    state: str
    text: str
    question: str = ""
    choices: dict = field(default_factory=dict)

    def __repr__(self) -> str:
        listed = [f"{letter}) {text}" for letter, text in self.choices.items()]
        remark = f"{_WORDS.get(self.state, '')} {self.text}".strip()
        return "\n".join(filter(None, [self.question, *listed, remark]))

    def _repr_mimebundle_(self, include=None, exclude=None) -> dict:
        rows = "".join(f"<br><b>{k})</b> {escape(v)}" for k, v in self.choices.items())
        asked = f"<p><b>{escape(self.question)}</b>{rows}</p>" if self.question else ""
        edge = f"border-left:6px solid {_EDGES.get(self.state, '#12436D')};padding:.3em 1em"
        block = f"<b>{_WORDS.get(self.state, '')}</b> {escape(self.text)}"
        return {
            "text/plain": repr(self),
            "text/html": f'{asked}<div style="{edge}">{block}</div>',
        }
