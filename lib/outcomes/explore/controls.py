"""The controls in JupyterLab: a change of one changes chart, table and sentence, all at once."""

import os
from html import escape
from pathlib import Path

import ipywidgets as widgets

from outcomes.data.errors import Invalid, NotEnough
from outcomes.explore import answer, ask, take

_LABELS = {
    "programme": "Programme",
    "measure": "Measure",
    "areas": "Places",
    "start": "From",
    "end": "To",
    "chart": "Chart",
    "by": "Period",
    "unit": "Unit",
    "comparison": "Compare",
    "fact": "Figure",
}
# JupyterLab takes arrow keys away from a closed list (ipywidgets issue 3912), unless the list has
# this mark. A widget cannot set it, so an image that never loads does, when the list has focus.
_LOOK = """<style>
.oc-explore { gap: 0 20px; }
.oc-explore select[multiple] { height: auto; }
.oc-explore .widget-html-content { line-height: 1.4; height: auto; white-space: normal; }
.oc-explore .cannot { margin: 0 0 6px; padding: 0; list-style: none; font-size: 12px; }
.oc-explore .cannot { opacity: .75; }
.oc-explore .cannot b { font-weight: 600; }
.oc-explore figure { margin: 0; }
.oc-explore img { width: 100%; max-width: 640px; }
.oc-explore td.t, .oc-explore table th:not(.n) { text-align: left; }
.oc-explore .scroll { max-height: 340px; overflow: auto; }
</style><img hidden alt="" src="data:," onerror="const mark = () => {
  const box = this.closest('.oc-explore');
  const shield = event => event.target.setAttribute('data-lm-suppress-shortcuts', '');
  box ? box.addEventListener('focusin', shield) : setTimeout(mark, 100);
}; mark()">"""


class Explorer:
    """Controls and the finding that answers them; ``finding`` and ``asked`` are the present one."""

    def __init__(self, wish: dict):
        wide = {"layout": widgets.Layout(width="22rem"), "style": {"description_width": "6rem"}}
        one, many = widgets.Dropdown, widgets.SelectMultiple
        self.boxes = {
            name: (many if name == "areas" else one)(description=label, **wide)
            for name, label in _LABELS.items()
        }
        self.greys = {name: widgets.HTML(layout=wide["layout"]) for name in _LABELS}
        self.title = widgets.Text(description="Title", placeholder="of the page", **wide)
        self.entry = widgets.Textarea(description="Entry", rows=6, **wide)
        self.file = widgets.FileUpload(accept=".csv", description="Add own figures (CSV)", **wide)
        self.said = widgets.HTML(layout=wide["layout"])
        self.picture = widgets.HTML(layout={"flex": "1 1 30rem", "min_width": "0"})
        self.picture.add_class("jp-RenderedHTMLCommon")
        self.buttons = {
            "Export CSV and SVG": self._export,
            "Make this a page": self._entry,
            "Add it to reports.toml": self._add,
        }
        made = [widgets.Button(description=text, layout=wide["layout"]) for text in self.buttons]
        for button in made:
            button.on_click(self._pressed)
        left = [w for name in _LABELS for w in (self.boxes[name], self.greys[name])]
        left += [
            made[0],
            self.file,
            self.title,
            made[1],
            self.entry,
            made[2],
            self.said,
            widgets.HTML(_LOOK),
        ]
        box = widgets.HBox(
            [widgets.VBox(left, layout={"flex": "0 0 auto"}), self.picture],
            layout={"flex_flow": "row wrap", "align_items": "flex-start"},
        )
        box.add_class("oc-explore")
        self.view = box
        self.set(**wish)
        for box in self.boxes.values():
            box.observe(self._changed, "value")
        self.file.observe(self._uploaded, "value")

    def set(self, **wish) -> None:
        """Set controls; what cannot be asked with them gives way, and the answer is drawn anew."""
        now = {name: box.value for name, box in self.boxes.items()}
        self.asked, offered = ask.settle(now | wish)
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
        self.greys[name].value = (
            items and f'<ul class="cannot" aria-label="Cannot be asked now">{items}</ul>'
        )

    def _draw(self) -> None:
        try:
            self.finding = answer.answer(self.asked)
            html = self.finding.html().replace("<details>", "<details open>", 1)
        except (Invalid, NotEnough) as reason:
            self.finding, html = None, f'<p class="sentence">{escape(str(reason))}</p>'
        except Exception as fault:  # an old chart beside new controls would mislead
            said = f"This could not be drawn. {type(fault).__name__}: {fault}"
            self.finding, html = None, f'<p class="sentence">{escape(said)}</p>'
        live = '<p class="sentence" role="status" aria-live="polite">'
        self.picture.value = html.replace('<p class="sentence">', live, 1)
        self.entry.value = ""

    def _changed(self, change) -> None:
        if not self.setting:
            self.set()

    def _pressed(self, button) -> None:
        self._tell(self.buttons[button.description])

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
        return bundle | {"text/html": note + (self.finding.html() if self.finding else "")}
