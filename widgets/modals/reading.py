"""A text to read: detail, manifest, logs, timeline. Lines come from the engine, clean and redacted."""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual.binding import Binding
from textual.containers import Vertical

from widgets.modals.boxes import Dialog, Frame, Keys
from widgets.parts.pages import Pages
from widgets.render.lines import Line, fit, width, wrap

if TYPE_CHECKING:
    from textual.app import ComposeResult

    from console.ports.views import TextView
    from widgets.theme import Look


class Reading(Dialog[None]):
    """Shows a text until escape."""

    BINDINGS = [Binding("escape,q,enter", "close", show=False)]

    def __init__(self, look: Look, text: TextView) -> None:
        super().__init__(look)
        self.text = text

    def compose(self) -> ComposeResult:
        with Vertical(id="box"):
            yield Frame(self.look, self.text.title, "tab", self.text.note)
            yield Pages(self.look, self._lines)
            yield Keys(self.look, (("esc", "back"), ("j k", "line"), ("pgdn", "page"), ("g G", "ends")))

    def on_mount(self) -> None:
        self.query_one("#box").styles.max_width = None
        self.query_one("#box").styles.height = "100%"
        self.query_one(Pages).focus()

    def _lines(self, cells: int) -> list[Line]:
        indent = min(14, max((width(label) for label, _ in self.text.lines), default=0))
        indent += 2 if indent else 0
        out: list[Line] = []
        for label, text in self.text.lines:
            # A manifest's indentation is meaning: keep it, and hang what is broken under it.
            lead = text[: len(text) - len(text.lstrip(" "))][:24]
            for i, part in enumerate(wrap(text.lstrip(" "), cells - indent - len(lead))):
                head = fit(label, indent, self.look["more"]) if i == 0 else " " * indent
                out.append(((head, "dim"), (lead + part, "ink")))
        return out or [(("Nothing there.", "dim"),)]

    def action_close(self) -> None:
        self.dismiss(None)
