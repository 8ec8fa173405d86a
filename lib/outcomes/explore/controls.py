"""The controls in JupyterLab: a change of one changes chart, table and sentence, all at once."""

import os
from html import escape
from itertools import chain
from pathlib import Path

import ipywidgets as widgets

from outcomes.core.errors import Invalid, NotEnough
from outcomes.explore import export as take
from outcomes.explore import findings, questions

_LABELS = {
    "programme": "Programme",
    "measure": "Measure",
    "areas": "Places",
    "start": "From",
}
_LABELS |= {"end": "To", "chart": "Chart", "by": "Period", "unit": "Unit"}
_LABELS |= {"comparison": "Compare", "fact": "Figure"}
_WIDE = {"layout": {"width": "22rem"}, "style": {"description_width": "6rem"}}
# JupyterLab takes arrow keys away from a closed list (ipywidgets issue 3912), unless the list has
# this mark. A widget cannot set it, so an image that never loads does, when the list has focus.
_LOOK = Path(__file__).with_suffix(".html").read_text(encoding="utf-8")


class Explorer:
    """Controls and the finding that answers them; ``finding`` and ``asked`` are the present one."""

    def __init__(self, wish: dict):
        self.boxes = {
            name: (widgets.SelectMultiple if name == "areas" else widgets.Dropdown)(
                description=label, **_WIDE
            )
            for name, label in _LABELS.items()
        }
        self.greys = {name: widgets.HTML(layout=_WIDE["layout"]) for name in _LABELS}
        self.title = widgets.Text(
            description="Title", placeholder="of the page", **_WIDE
        )
        self.entry = widgets.Textarea(description="Entry", rows=6, **_WIDE)
        self.file = widgets.FileUpload(
            accept=".csv", description="Add own figures (CSV)", **_WIDE
        )
        self.said = widgets.HTML(layout=_WIDE["layout"])
        self.picture = widgets.HTML(layout={"flex": "1 1 30rem", "min_width": "0"})
        self.picture.add_class("jp-RenderedHTMLCommon")
        layout = {"flex_flow": "row wrap", "align_items": "flex-start"}
        self.view = widgets.HBox([self._left(), self.picture], layout=layout)
        self.view.add_class("oc-explore")
        self.set(**wish)
        for box in self.boxes.values():
            box.observe(self._changed, "value")
        self.file.observe(self._uploaded, "value")

    def _left(self) -> widgets.VBox:
        """The controls, each above the reasons of what cannot be asked; and what can be done."""
        export = self._button("Export CSV and SVG", self._export)
        entry = self._button("Make this a page", self._entry)
        add = self._button("Add it to reports.toml", self._add)
        pairs = chain.from_iterable(
            zip(self.boxes.values(), self.greys.values(), strict=True)
        )
        out = (export, self.file, self.title, entry, self.entry, add, self.said)
        return widgets.VBox(
            [*pairs, *out, widgets.HTML(_LOOK)], layout={"flex": "0 0 auto"}
        )

    def _button(self, text: str, act) -> widgets.Button:
        button = widgets.Button(description=text, layout=_WIDE["layout"])
        button.on_click(lambda _: self._tell(act))
        return button

    def set(self, **wish) -> None:
        """Set controls; what cannot be asked with them gives way, and the answer is drawn anew."""
        now = {name: box.value for name, box in self.boxes.items()}
        self.asked, offered = questions.settle(now | wish)
        self.setting = True
        try:
            for name, options in offered.items():
                self._offer(name, options)
        finally:
            self.setting = False
        self._draw()

    def _offer(self, name: str, options: list) -> None:
        box, value = self.boxes[name], getattr(self.asked, name)
        can = tuple((label, v) for label, v, why in options if not why)
        if box.options != can:
            box.options = can
        if box.value != value:
            box.value = value
        box.disabled = len(can) < 2
        reasons: dict[str, list[str]] = {}
        for label, _, why in options:
            reasons.setdefault(why, []).append(label)
        items = "".join(
            f"<li>✕ <b>{escape(', '.join(labels))}</b>: {escape(why)}</li>"
            for why, labels in reasons.items()
            if why
        )
        start = '<ul class="cannot" aria-label="Cannot be asked now">'
        self.greys[name].value = items and f"{start}{items}</ul>"

    def _draw(self) -> None:
        self.finding = None
        try:
            self.finding = findings.answer(self.asked)
            html = self.finding.html().replace("<details>", "<details open>", 1)
        except (Invalid, NotEnough) as reason:
            html = f'<p class="sentence">{escape(str(reason))}</p>'
        except Exception as fault:  # an old chart beside new controls would mislead
            said = f"This could not be drawn. {type(fault).__name__}: {fault}"
            html = f'<p class="sentence">{escape(said)}</p>'
        live = '<p class="sentence" role="status" aria-live="polite">'
        self.picture.value = html.replace('<p class="sentence">', live, 1)
        self.entry.value = ""

    def _changed(self, change) -> None:
        if not self.setting:
            self.set()

    def _uploaded(self, change) -> None:
        for file in change["new"]:
            self._tell(lambda content=bytes(file["content"]): take.own_figures(content))
        self.set()

    def _tell(self, act) -> None:
        try:
            text = act()
        except Invalid as reason:
            text = str(reason)
        lines = "<br>".join(map(escape, text.splitlines()))
        self.said.value = f'<p role="status" aria-live="polite">{lines}</p>'

    def _export(self) -> str:
        if self.finding is None:
            raise Invalid("There is nothing to export.")
        files = take.export(self.finding, self.asked, Path("exports"))
        return "Written: " + ", ".join(map(str, files))

    def _entry(self) -> str:
        self.entry.value = take.page(self.asked, self.title.value)
        return "Copy the entry, or add it to reports.toml as it stands."

    def _add(self) -> str:
        if "[[page]]" not in self.entry.value:
            self._entry()
        return take.add_page(self.entry.value, take.plan())

    def __repr__(self) -> str:
        return self.finding.sentence if self.finding else "This cannot be told."

    def _repr_mimebundle_(self, include=None, exclude=None) -> dict:
        """The controls in a notebook that a person has open; what they show, in a stored one."""
        bundle = {"text/plain": repr(self)}
        if {"JPY_SESSION_NAME", "VSCODE_PID"} & set(os.environ):
            return bundle | self.view._repr_mimebundle_()
        note = "<p>Run this cell to have the controls. At the start they show:</p>"
        return bundle | {
            "text/html": note + (self.finding.html() if self.finding else "")
        }
