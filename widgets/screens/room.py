"""The room: four panes, header, footer, and which key does what. Domain decisions are the engine's.

In: `Updated` and `Linked` messages from the bridge, keys. Out: requests through `ask`, dialogs, a place to save.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Any

from textual.screen import Screen

from console.model.boxes import DONE
from console.ports.session import Update
from console.ports.views import HeaderView
from widgets.messages import Browsed, Clicked, Ended, Linked, Opened, Pointed, Ticked, Updated
from widgets.panes.activity import Activity
from widgets.panes.bars import Footer, Header, Tabs
from widgets.panes.checklist import Checklist
from widgets.panes.detail import Detail
from widgets.panes.journal import Journal
from widgets.panes.people import People
from widgets.panes.resources import Resources
from widgets.parts.background import Background
from widgets.parts.keys import footer_keys, room_bindings, shown
from widgets.parts.room import Room
from widgets.parts.sheet import SEEN
from widgets.render.places import PANES, size_name
from widgets.screens.acting import Acting
from widgets.screens.detailing import Detailing
from widgets.screens.freezing import Freezer
from widgets.screens.moving import Moving
from widgets.screens.places import SeatPlace
from widgets.screens.placing import Placing

if TYPE_CHECKING:
    from textual.app import ComposeResult
    from textual.events import ScreenResume
    from textual.widget import Widget

    from console.ports.session import Ask
    from console.ports.views import Answer
    from widgets.parts.table import Table
    from widgets.screens.declared import Declared
    from widgets.theme import Look

Asking = Callable[["Ask"], Awaitable["Answer"]]


class RoomScreen(Placing, Moving, Detailing, Acting, Background, Screen[None]):
    """The whole terminal.

    Args:
        look: what everything draws with.
        ask: sends a request to the engine; answers `Refusal` when there is none.
        declared: the actions, and which key does what.
    """

    BINDINGS = room_bindings()  # type: ignore[assignment]
    DEFAULT_CSS = "RoomScreen { background: $background; overflow: hidden; layers: base above; }"

    def __init__(self, look: Look, ask: Asking, declared: Declared) -> None:
        super().__init__()
        self.look, self.ask, self.declared, self.keymap = look, ask, declared, declared.keys
        self.early: list[Update] | None = []
        """What came before the first frame, None once it is drawn."""
        self.seat = ""
        self.pane = "activity"
        self.zoomed = False
        self.presenting = False
        self.item = ""
        self.walking = self.walking_now = False
        self.freezer = Freezer()
        self.header: HeaderView | None = None
        self.undo_rows: dict[str, Any] = {}
        self.undo_known = False
        """Whether the engine has sent the whole register."""
        self.register: Any = None
        """The dialog that shows it, while it is open."""
        self.reading: Any = None
        """What was asked for last, to be read."""
        self.refused: dict[tuple[str, str], str] = {}
        """What was typed and not taken, by what asked for it: the next such prompt begins with it."""
        self.planning = ""
        """What the engine makes a plan of now, "" for nothing."""
        self.following: Any = None
        """The dialog that follows an action, while it is open."""
        self.guiding: Any = None
        """The walkthrough's dialog, while it is open."""
        self._hushed_until = 0.0
        self._place = SeatPlace()
        self._restoring: set[str] = set()
        self.size_class = "medium"
        self._placed: tuple[int, int, str, bool] = (0, 0, "", False)

        panes = (Activity(look), Resources(look), Checklist(look), Journal(look), Detail(look), People(look))
        look.keys = {key: shown(self.keymap.of(key)) for key in self.keymap.keys}
        footer = Footer(look, tuple((shown(self.keymap.of(key.id)), key.words) for key in footer_keys()))
        self._around = (Header(look), Tabs(look), Room(*panes, id="room"), footer)
        self._parts = {widget.id: widget for widget in (*self._around, *panes)}

    def compose(self) -> ComposeResult:
        self.place_panes()  # before the first frame: moving everything afterwards would paint it twice
        yield from self._around

    def _extend_compose(self, widgets: list[Widget]) -> None:
        """Without Textual's toasts and tooltips: nothing here uses them, and they cost a second layout at once."""

    def _on_screen_resume(self, event: ScreenResume) -> None:
        """The first layout has just painted everything: without what Textual does for a screen that was covered."""
        event.prevent_default()
        painted = self.outer_size != self.app.size
        super()._on_screen_resume(event)
        if painted:
            self._exchange_repaint_regions()
            self._repaint_required = False

    def on_mount(self) -> None:
        early, self.early = self.early or [], None
        for update in early:
            self.receive(update)
        self.set_focus(self.table(), scroll_visible=False)

    def set_focus(self, widget: Widget | None, scroll_visible: bool = True, from_app_focus: bool = False) -> None:
        """An open prompt keeps the keys, whoever else is given them; they go there when it is closed."""
        layer = self._layer()
        if layer is None or widget is None or widget is layer:
            super().set_focus(widget, scroll_visible, from_app_focus)
        elif widget.id in PANES:
            layer.before = widget

    def hush(self) -> None:
        """A dialog closes because another follows: what was typed ahead is for neither the room nor its rows."""
        self._hushed_until = self.look.clock.monotonic() + SEEN

    def deaf(self) -> bool:
        """Whether keys are ignored now; asked by the app for each key."""
        return self._layer() is None and self.look.clock.monotonic() < self._hushed_until

    @property
    def busy(self) -> bool:
        """Whether a dialog, a prompt or the letters have the keys, which nothing else may take away."""
        return self.app.screen is not self or self._layer() is not None

    async def free(self) -> None:
        """Returns when no prompt and no letters have the keys any more."""
        while (layer := self._layer()) is not None:
            await layer.closed.wait()

    def _layer(self) -> Any:
        """The prompt or the letters that have the keys."""
        return next((child for child in self.children if getattr(child, "holding", False)), None)

    # -- parts

    def part(self, name: str) -> Any:
        """A widget of the room by its id."""
        return self._parts[name]

    def table(self, pane: str = "") -> Table:
        """The table of a pane, the focused one by default."""
        found: Table = self.part(pane or self.pane)
        return found

    @property
    def resources(self) -> Resources:
        """Pane 2."""
        found: Resources = self.part("resources")
        return found

    def say(self, text: str, role: str = "ink") -> None:
        """One sentence in the footer; the next key takes it away."""
        self.part("footer").say(text, role)

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Keys of the room work while one of its tables has them: not while something is typed or chosen."""
        return self.focused is None or self.focused.id in PANES

    # -- layout

    def on_resize(self) -> None:
        self.place_panes()
        self.part("footer").fit()
        self.part("header").restate()

    def place_panes(self) -> None:
        """Put the panes where they belong on a terminal of this size."""
        width, height = self.app.size
        alone = self.zoomed or self.presenting
        if self._placed == (placed := (width, height, self.pane, alone)):
            return
        self._placed = placed
        self.size_class = size_name(width, height)
        narrow = self.size_class == "narrow" and not alone
        tabs = self.part("tabs")
        tabs.display = narrow or self.size_class == "small"
        if self.size_class == "small":
            tabs.show(((f"window too small: {width}x{height}, needs 60x15; nothing can be contained here", True),))
        used = 3 + int(narrow)
        self.part("room").arrange_for(self.size_class, self.pane, alone, width, height - used)
        if self.focused is None and self.is_mounted and self.size_class != "small":
            self.set_focus(self.table(), scroll_visible=False)  # a window that was too small took the keys from it
        self._tabs()

    def _tabs(self) -> None:
        if self.size_class != "narrow":
            return
        items = self.part("checklist").items()
        done = f"{sum(row.state in DONE for row in items)}/{len(items)}" if items else ""
        activity, affected = self.table("activity").rows, self.resources.affected.rows
        counts = (*(rows.total if rows.known else "" for rows in (activity, affected)), done, "")
        titles = ("Activity", "Resources", "Checklist", "Journal")
        names = zip(PANES, titles, counts, strict=True)
        self.part("tabs").show(tuple((f"{i} {t} {c}".strip(), p == self.pane) for i, (p, t, c) in enumerate(names, 1)))

    # -- what arrives

    def on_updated(self, message: Updated) -> None:
        """Rows of a topic."""
        if self.following is not None and message.update.topic in ("resources", "undo"):
            self.following.renew()
        if self.freezer.frozen and not self._goes_on(message.update.topic):
            self.freezer.hold(message.update)
            self._frozen_words()
            return
        self.receive(message.update)

    def _goes_on(self, topic: str) -> bool:
        """What a frozen screen takes: how things stand as a whole, and what was asked for since."""
        asked_for = topic == self.resources.topic and not self.resources.sheet.rows.loaded
        return topic in ("header", "undo") or (asked_for and not self.resources.lost)

    def receive(self, update: Update) -> None:
        """Hand rows to whoever shows them."""
        topic = update.topic
        if topic == "header":
            self._header(update)
        elif topic in ("resources", "changes") or topic.startswith("browse:"):
            self.resources.receive(update)
        elif topic == "undo":
            self._undo(update)
        elif topic in ("findings", "checklist", "journal"):
            self.table({"findings": "activity"}.get(topic, topic)).take(update)
        if topic == "checklist" and self.guiding is not None and self.table("checklist").rows.loaded:
            self.guiding.renew(self.part("checklist").items())
        self._restore(topic)
        self._tabs()
        if self.presenting:
            self._count()

    def _header(self, update: Update) -> None:
        rows = update.rows if hasattr(update, "rows") else update.upserts
        if not rows:
            return
        header = rows[-1]
        if not isinstance(header, HeaderView):
            return
        self.header = header
        self.part("header").lost = self.part("people").lost = ""
        self.look.armed_until = max((until for seat, until in header.armed if seat == self.seat), default=0.0)
        self.part("header").inform(header)
        for name in ("activity", "resources", "journal"):
            self.part(name).inform(header)
        self.part("people").inform(header, self.seat)

    def _undo(self, update: Update) -> None:
        if getattr(update, "first", False):
            self.undo_rows.clear()
        for row in update.rows if hasattr(update, "rows") else update.upserts:
            self.undo_rows[row.key] = row
        for key in getattr(update, "removes", ()):
            self.undo_rows.pop(key, None)
        self.undo_known = self.undo_known or getattr(update, "last", False)
        if self.register is not None:
            self.register.renew(list(self.undo_rows.values()), self.undo_known)

    def on_ended(self, message: Ended) -> None:
        """The engine does not show that kind, or not any more."""
        self.resources.fail(message.topic, message.why)

    def on_linked(self, message: Linked) -> None:
        """The engine went away or came back."""
        header = self.part("header")
        if message.lost:
            self.look.armed_until = 0.0  # whoever sits down again sits there disarmed
            self.undo_known = False
        again = "Connected again: what the engine knows now is being read." if header.lost and self.header else ""
        header.lost = self.part("people").lost = message.lost or again
        header.restate()
        self.part("people").redraw()
        if self.register is not None:
            self.register.renew(list(self.undo_rows.values()), self.undo_known)
        for name in PANES:
            self.table(name).lose(message.lost)

    def _count(self) -> None:
        """What a shared screen says in few words."""
        header = self.part("header")
        if self.presenting:
            items = self.part("checklist").items()
            done = sum(row.state in DONE for row in items)
            header.counts = (*self.part("activity").counts(), (f"   checklist {done}/{len(items)}", "ink"))
        header.restate()

    def on_ticked(self, message: Ticked) -> None:
        """Ages and clocks."""
        for name in ("header", *PANES, "detail", "people"):
            self.part(name).redraw()
        if self.presenting:
            self._count()
        self._frozen_words()

    def on_pointed(self, message: Pointed) -> None:
        """Show what is under the cursor."""
        if message.pane and message.pane == self.pane:
            self._show_detail()

    def open_browser(self, topic: str) -> None:
        """Every object of a kind in pane 2."""
        self.resources.browse(topic)
        self.post_message(Browsed(topic))
        self.focus_pane("resources")

    def arm(self, dialog: Any) -> None:
        """A plan dialog needs this seat armed."""
        from widgets.screens.containing import arm

        self.start(arm(self, dialog), "arm")

    def on_clicked(self, message: Clicked) -> None:
        """The mouse chose a row of a pane."""
        self.focus_pane(message.pane)

    def on_opened(self, message: Opened) -> None:
        """Enter on a row."""
        if message.pane == "checklist":
            self.item = getattr(self.table().hold(), "key", "")
            self.action_walkthrough()
        else:
            self.action_read("detail")
