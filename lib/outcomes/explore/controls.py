"""The controls in JupyterLab: a change of one changes chart, table and sentence, all at once."""

import os
from base64 import b64encode
from collections.abc import Callable
from functools import partial
from html import escape
from pathlib import Path
from threading import RLock
from typing import Any

import ipywidgets as widgets
from traitlets import Bool, Tuple, observe

from outcomes.core.errors import Invalid, NotEnough
from outcomes.explore import export, findings, questions
from outcomes.explore.questions import LABELS, Option
from outcomes.explore.served import SERVED
from outcomes.findings.finding import Finding

_WIDE = {"layout": {"width": "22rem"}, "style": {"description_width": "6rem"}}
# JupyterLab takes arrow keys away from a closed list (ipywidgets issue 3912), unless the list has
# this mark. A widget cannot set it, so an image that never loads does, when the list has focus.
_LOOK = Path(__file__).with_suffix(".html").read_text(encoding="utf-8")

_SAID = '<p class="sentence">{}</p>'


class Ticked(widgets.VBox):
    """Options of which several may be ticked, each by a click or the space bar; no key is held.

    >>> box = Ticked("Places", 2)
    >>> box.options = (("Kent", "kent"), ("Essex", "essex"))
    >>> box.value = ("essex",)
    >>> [tick.value for tick in box.ticks]
    [False, True]
    """

    value = Tuple()
    options = Tuple()
    disabled = Bool(False)

    def __init__(self, label: str, most: int) -> None:
        self.most, self.ticks = most, ()
        self.label = widgets.HTML(f"<b>{escape(label)}</b>, {most} at most")
        self.list = widgets.VBox(layout={"max_height": "13rem", "overflow": "auto"})
        super().__init__([self.label, self.list], layout=_WIDE["layout"])

    @observe("options")
    def _offered(self, change: Any) -> None:
        """The ticks anew; what is ticked stands first, where it is seen."""
        kept = set(self.value)
        ordered = sorted(self.options, key=lambda option: option[1] not in kept)
        self.ticks = tuple(
            widgets.Checkbox(description=text, value=value in kept, indent=False)
            for text, value in ordered
        )
        self._values = tuple(value for _, value in ordered)
        for tick in self.ticks:
            tick.observe(self._ticked, "value")
        self.list.children = self.ticks
        self._shown()

    @observe("value")
    def _shown(self, change: Any = None) -> None:
        """Ticks as the value has them; where as many are ticked as may be, no more can be."""
        for tick, value in zip(
            self.ticks, self.__dict__.get("_values", ()), strict=True
        ):
            tick.value = value in self.value
            full = len(self.value) >= self.most
            alone = self.value == (value,)
            tick.disabled = (full and not tick.value) or alone

    def _ticked(self, change: Any) -> None:
        at = self.ticks.index(change["owner"])
        rest = tuple(value for value in self.value if value != self._values[at])
        self.value = (*rest, self._values[at]) if change["new"] else rest


class Explorer:
    """Controls and the finding that answers them.

    ``question`` is what the controls ask at present, and ``finding`` its answer; None where there is
    none.

    >>> shown = Explorer({"programme": "op_warrior", "measure": "arrests"})
    >>> shown.set(measure="cash_seized")
    >>> shown.question.measure
    'cash_seized'
    """

    def __init__(self, wish: dict[str, Any]) -> None:
        self.boxes = {
            name: Ticked(label, questions.MOST)
            if name == "areas"
            else widgets.Dropdown(description=label, **_WIDE)
            for name, label in LABELS.items()
        }
        self.reasons = {name: widgets.HTML(layout=_WIDE["layout"]) for name in LABELS}
        self.title = widgets.Text(
            description="Title", placeholder="of the page", **_WIDE
        )
        self.entry = widgets.Textarea(description="Entry", rows=6, **_WIDE)
        self.file = widgets.FileUpload(
            accept=".csv",
            description="Add own figures (CSV)",
            layout=_WIDE["layout"],
        )
        self.status = widgets.HTML(layout=_WIDE["layout"])
        self.picture = widgets.HTML(layout={"flex": "1 1 30rem", "min_width": "0"})
        self.picture.add_class("jp-RenderedHTMLCommon")
        asked = [box for n in LABELS for box in (self.boxes[n], self.reasons[n])]
        written = [
            self._button("Export CSV and SVG", self._export),
            self.file,
            self.title,
            self._button("Make this a page", self._make_entry),
            self.entry,
            self._button("Add it to reports.toml", self._add_entry),
        ]
        if SERVED in os.environ:  # to people who look, and may write nothing here
            written = []
        controls = [*asked, *written, self.status, widgets.HTML(_LOOK)]
        layout = {"flex_flow": "row wrap", "align_items": "flex-start"}
        left = widgets.VBox(controls, layout={"flex": "0 0 auto"})
        self.view = widgets.HBox([left, self.picture], layout=layout)
        self.view.add_class("oc-explore")
        # JupyterLab gives each control a thread: two choices made quickly would be drawn at once
        self.lock, self.setting = RLock(), False
        self.set(**wish)
        for name, box in self.boxes.items():
            box.observe(partial(self._chosen, name), "value")
        self.file.observe(self._uploaded, "value")

    def _button(self, text: str, act: Callable[[], str]) -> widgets.Button:
        button = widgets.Button(description=text, layout=_WIDE["layout"])
        button.on_click(lambda _: self._report(act))
        return button

    def set(self, **wish: Any) -> None:
        """Set controls; what cannot be asked with them gives way, and the answer is drawn anew.

        Raises :class:`Invalid` for what is no option anywhere; the controls then stay as they are.
        """
        wish = questions.wished(wish)
        with self.lock:
            now = {name: box.value for name, box in self.boxes.items()}
            try:
                question, options = questions.settle(now | wish)
            except NotEnough as reason:
                if not hasattr(self, "question"):  # there are no controls to show yet
                    raise
                self.finding = None
                self._show(_SAID.format(escape(str(reason))))
                return
            questions.refuse_unknown(wish, options)
            self.question, self.setting = question, True
            try:
                for name in LABELS:
                    self._offer(name, options[name])
            finally:
                self.setting = False
            self._draw()

    def _chosen(self, name: str, change: Any) -> None:
        """What a person chose, once the choice before it is drawn; not what ``set`` itself sets."""
        with self.lock:
            if not self.setting:
                self.set(**{name: change["new"]})

    def _offer(self, name: str, options: list[Option]) -> None:
        """Fill a list with what can be asked, and write below it what cannot, and why."""
        box, value = self.boxes[name], getattr(self.question, name)
        can = tuple((one.label, one.value) for one in options if not one.reason)
        if isinstance(
            box, Ticked
        ):  # what is ticked decides the order of what is offered
            box.value = value
        with box.hold_sync():  # a person may choose as soon as the new options are seen
            if box.options != can:
                box.options = can
            if box.value != value:
                box.value = value
            box.disabled = len(can) < 2
        refused: dict[str, list[str]] = {}
        for option in options:
            if option.reason:
                refused.setdefault(option.reason, []).append(option.label)
        items = "".join(
            f"<li>✕ <b>{escape(', '.join(labels))}</b>: {escape(reason)}</li>"
            for reason, labels in refused.items()
        )
        start = '<ul class="cannot" aria-label="Cannot be asked now">'
        self.reasons[name].value = items and f"{start}{items}</ul>"

    def _draw(self) -> None:
        self.finding: Finding | None = None
        try:
            self.finding = findings.answer(self.question)
            html = self.finding.html().replace("<details>", "<details open>", 1)
            html += self._downloads() if SERVED in os.environ else ""
        except (Invalid, NotEnough) as reason:
            html = _SAID.format(escape(str(reason)))
        except Exception as fault:  # an old chart beside new controls would mislead
            text = f"This could not be drawn. {type(fault).__name__}: {fault}"
            html = _SAID.format(escape(text))
        self._show(html)

    def _show(self, html: str) -> None:
        live = '<p class="sentence" role="status" aria-live="polite">'
        self.picture.value = html.replace('<p class="sentence">', live, 1)
        self.entry.value = ""

    def _uploaded(self, change: Any) -> None:
        for file in change["new"]:
            sent = bytes(file["content"]), file["name"]
            self._report(lambda sent=sent: export.own_figures(*sent))
        self.set()

    def _report(self, act: Callable[[], str]) -> None:
        """Do what a button asks, and say what came of it or why it was refused."""
        try:
            text = act()
        except Invalid as reason:
            text = str(reason)
        lines = "<br>".join(map(escape, text.splitlines()))
        self.status.value = f'<p role="status" aria-live="polite">{lines}</p>'

    def _export(self) -> str:
        if self.finding is None:
            raise Invalid("There is nothing to export.")
        files = export.export(self.finding, self.question, Path("exports"))
        return "Written: " + ", ".join(map(str, files))

    def _downloads(self) -> str:
        """Links to the files of an export, which a browser writes where its user likes."""
        links = ""
        for name, text in export.files(self.finding, self.question).items():
            kind = {"csv": "text/csv", "svg": "image/svg+xml"}[name[-3:]]
            content = b64encode(text.encode()).decode()
            links += (
                f'<li><a download="{escape(name)}" href="data:{kind};base64,{content}">'
            )
            links += f"Download {escape(name)}</a>"
        return f"<ul>{links}</ul>"

    def _make_entry(self) -> str:
        if self.finding is None:
            raise Invalid("There is no answer to make a page of.")
        self.entry.value = export.page(self.question, self.title.value)
        return "Copy the entry, or add it to reports.toml as it stands."

    def _add_entry(self) -> str:
        if "[[page]]" not in self.entry.value:
            self._make_entry()
        return export.add_page(self.entry.value, export.plan())

    def __repr__(self) -> str:
        return self.finding.sentence if self.finding else "This cannot be told."

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict:
        """The controls in a notebook that a person has open; what they show, in a stored one."""
        bundle = {"text/plain": repr(self)}
        if {"JPY_SESSION_NAME", "VSCODE_PID", SERVED} & set(os.environ):
            return bundle | self.view._repr_mimebundle_()
        note = "<p>Run this cell to have the controls. At the start they show:</p>"
        return bundle | {
            "text/html": note + (self.finding.html() if self.finding else "")
        }
