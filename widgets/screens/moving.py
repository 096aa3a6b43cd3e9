"""Going from pane to pane, zooming, presenting, stepping back, holding the screen still."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from widgets.messages import Browsed, Moved
from widgets.render.places import PANES

if TYPE_CHECKING:
    from widgets.screens.room import RoomScreen


class Moving:
    """Mixed into `RoomScreen`."""

    def focus_pane(self, name: str) -> None:
        """Make a pane the one keys go to."""
        room = cast("RoomScreen", self)
        left = room.table()
        if name != room.pane and left.rows.index(left.sheet.cursor) == 0:
            left.sheet.held = False  # a pane that nobody has the keys of shows what comes to its top
        room.pane = name
        room.place_panes()
        room.set_focus(room.table(name), scroll_visible=False)  # at once: the next key may be here already
        room._show_detail()
        room.post_message(Moved())

    def action_pane(self, name: str) -> None:
        room = cast("RoomScreen", self)
        room.focus_pane(name)

    def action_next_pane(self, by: int) -> None:
        room = cast("RoomScreen", self)
        room.focus_pane(PANES[(PANES.index(room.pane) + by) % len(PANES)])

    def action_zoom(self) -> None:
        room = cast("RoomScreen", self)
        room.zoomed = not room.zoomed
        room.focus_pane(room.pane)

    def action_repaint(self) -> None:
        room = cast("RoomScreen", self)
        for name in ("header", "tabs", *PANES, "detail", "people", "footer"):
            room.part(name).restyle()

    def action_present(self) -> None:
        """One pane without frames, for a shared screen."""
        room = cast("RoomScreen", self)
        room.presenting = not room.presenting
        room.look.bare = room.presenting
        room._count()
        room.place_panes()
        room.action_repaint()
        room.say(f"Presenting: {room.look.key('room.present')} or esc ends it." if room.presenting else "")

    def action_changes(self) -> None:
        room = cast("RoomScreen", self)
        room.resources.show_changes()
        room.focus_pane("resources")

    def action_sort(self) -> None:
        room = cast("RoomScreen", self)
        room.table().action_sort()
        room.say(f"Sorted by {room.table().rows.sort}.")

    def action_back(self) -> None:
        """One step back: message, freeze, filter, browser, zoom."""
        room = cast("RoomScreen", self)
        table = room.table()
        if room.presenting:
            room.action_present()
        elif table.rows.pattern:
            table.filter("")
        elif room.pane == "resources" and room.resources.back():
            room.post_message(Browsed(""))
        elif room.zoomed:
            room.action_zoom()
        room.say("")

    def action_freeze(self) -> None:
        """Hold the screen; the engine goes on."""
        room = cast("RoomScreen", self)
        if not room.freezer.frozen:
            room.freezer.freeze(room.look.clock.monotonic())
        else:
            for update in room.freezer.thaw():
                room.receive(update)
        room._frozen_words()

    def _frozen_words(self) -> None:
        room = cast("RoomScreen", self)
        header = room.part("header")
        words = room.freezer.words(room.look.clock.monotonic())
        if words != header.frozen:
            header.frozen = words
            header.restate()
