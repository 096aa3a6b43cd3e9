"""The walkthrough: one checklist item a screen, for whoever has never done this. Answers what was pressed."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from textual.binding import Binding
from textual.containers import Vertical

from console.model.boxes import DONE
from widgets.modals.boxes import Dialog, Keys
from widgets.parts.canvas import Canvas
from widgets.parts.pages import Pages
from widgets.render.ages import age
from widgets.render.checklist import card_name, progress
from widgets.render.lines import Line, Span, labelled, line_width
from widgets.render.words import box

if TYPE_CHECKING:
    from textual.app import ComposeResult

    from console.ports.views import ItemRow
    from widgets.theme import Look

INDENT = 10


class _Cards(Canvas):
    """All cards in one line, the current one standing out."""

    def __init__(self, look: Look, shown: Callable[[], tuple[Sequence[ItemRow], str]]) -> None:
        super().__init__(look)
        self.shown = shown

    def line(self, y: int, width: int, height: int) -> Line:
        items, card = self.shown()
        names: list[str] = list(dict.fromkeys(item.card for item in items))
        here = names.index(card) if card in names else 0
        parts: list[Span] = []
        for i, name in enumerate(names[max(0, here - 1) :], max(0, here - 1)):
            done, total = progress(item for item in items if item.card == name)
            words = f"{card_name(name)} {done}/{total}"
            parts += [(f" {words.upper()} ", "alert") if i == here else (words, "dim"), ("  ", "ink")]
            if line_width(tuple(parts)) > width:
                break
        return tuple(parts)


class Guiding(Dialog[str]):
    """Answers `do`, `n-a`, `claim` or `leave`; goes from item to item by itself.

    Args:
        items: all of them, in order.
        at: the one to begin with.
        press: says what enter does for an item.
        moved: told the key of the item it went to.
        left: told that another dialog will follow, before this one is gone.
        said: a sentence about what was done just now.
    """

    careful = True
    margin_lines = 2
    BINDINGS = [
        Binding("enter", "answer('do')", show=False, priority=True),
        Binding("n", "go(1)", show=False),
        Binding("b", "go(-1)", show=False),
        Binding("o", "answer('n-a')", show=False),
        Binding("i", "answer('claim')", show=False),
        Binding("escape,q,w", "answer('leave')", show=False),
    ]

    def __init__(
        self,
        look: Look,
        items: Sequence[ItemRow],
        at: int,
        press: Callable[[ItemRow], str],
        moved: Callable[[str], None],
        left: Callable[[], None],
        said: str = "",
    ) -> None:
        super().__init__(look)
        self.items, self.at, self.said = items, at, said
        self._press, self._moved, self._left = press, moved, left

    @property
    def item(self) -> ItemRow:
        """The item shown."""
        return self.items[self.at]

    def compose(self) -> ComposeResult:
        with Vertical(id="box"):
            yield _Cards(self.look, lambda: (self.items, self.item.card))
            yield Pages(self.look, self._lines)
            yield Keys(
                self.look,
                (
                    ("enter", "do it"),
                    ("n", "next"),
                    ("b", "back"),
                    ("o", "n/a, why"),
                    ("i", "I do it"),
                    ("esc", "leave"),
                ),
            )

    def on_mount(self) -> None:
        self.query_one("#box").styles.padding = (1, 2)
        self.query_one("#box").styles.height = "100%"
        self.query_one(Pages).focus()
        if self.said:
            self.query_one(Keys).said = self.said

    def renew(self, items: Sequence[ItemRow]) -> None:
        """Facts changed while the item is shown."""
        key = self.item.key
        self.items = items
        self.at = next((i for i, item in enumerate(items) if item.key == key), min(self.at, len(items) - 1))
        self._redraw()

    def _redraw(self) -> None:
        if self.here:
            self.query_one(_Cards).redraw()
            self.query_one(Pages).refresh(layout=True)
            self.query_one(Pages).restyle()

    def _lines(self, cells: int) -> list[Line]:
        item, look = self.item, self.look
        mark, ink = box(item.state)
        lines: list[Line] = [(), ((f"{mark} ", ink), (item.title, "strong"), (f"   {item.key}", "dim")), ()]
        if item.why:
            lines += [*labelled("why", item.why, cells, indent=INDENT), ()]
        seen = item.observed or "nothing yet"
        if item.members:
            seen = f"{item.members}: {seen}"
        when = f", {age(item.at, look.now())} ago" if item.at else ""
        lines += labelled("observed", seen + when, cells, ink, INDENT)
        lines += labelled(
            "state",
            item.state + (f" by {item.by}" + (f": {item.reason}" if item.reason else "") if item.by else ""),
            cells,
            ink,
            INDENT,
        )
        lines += [
            (),
            *labelled("press", self._press(item), cells, "ok" if item.state not in DONE else "dim", INDENT),
            (),
        ]
        if item.needs:
            lines += [*labelled("first", ", ".join(item.needs), cells, "warn", INDENT), ()]
        if item.kind == "attest":
            lines += labelled(
                "blind", "No check sees this: a person's word, with name and reason.", cells, "dim", INDENT
            )
        for i, miss in enumerate(item.misses):
            lines += labelled("blind" if not i else "", f"This check cannot see {miss}.", cells, "dim", INDENT)
        return lines

    def action_go(self, by: int) -> None:
        """Another item, in the same dialog: a key pressed twice must not fall through to the room."""
        self.at = (self.at + by) % len(self.items)
        self._moved(self.item.key)
        self.query_one(Pages).top = 0
        self.query_one(Keys).say("")
        self._redraw()

    def action_answer(self, answer: str) -> None:
        if answer != "leave":
            self._left()
        self.dismiss(answer)
