"""Leaving a place and coming back to it: what a seat tells the engine, what the next seat of that name does with it."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from widgets.render.places import PANES
from widgets.screens.places import PanePlace, SeatPlace, decoded

if TYPE_CHECKING:
    from widgets.screens.room import RoomScreen


class Placing:
    """Mixed into `RoomScreen`."""

    def place(self) -> SeatPlace:
        """Where this seat is."""
        room = cast("RoomScreen", self)
        panes = {}
        for name in PANES:
            table = room.table(name)
            rows = table.rows
            chosen = table.sheet.cursor if table.sheet.held else ""
            panes[name] = PanePlace(chosen, rows.pattern, rows.sort)
        browse = room.resources.topic
        return SeatPlace(room.pane, room.zoomed, browse, room.item, room.walking, panes)

    def restore(self, saved: str) -> None:
        """Go where the seat of that name was; rows are chosen when they arrive."""
        room = cast("RoomScreen", self)
        place = decoded(saved)
        room._place = place
        room._restoring = {"findings", "resources", "checklist", "journal"}
        room.zoomed = place.zoomed
        room.item = place.item
        if place.browsed:
            room.resources.browse(place.browsed)
            room._restoring.discard("resources")
        if place.pane in PANES and (place.pane != room.pane or room.zoomed):
            room.focus_pane(place.pane)

    def _restore(self, topic: str) -> None:
        room = cast("RoomScreen", self)
        if topic not in room._restoring:
            return
        table = room.table({"findings": "activity"}.get(topic, topic))
        if not table.rows.loaded or (topic == "checklist" and not table.rows.total):
            return  # an engine that was just started reads its cards after the first list of pods
        room._restoring.discard(topic)
        was = room._place.panes.get(table.id or "", PanePlace())
        table.rows.sort_by(was.sort)
        if was.filter:
            table.rows.filter(was.filter)
        if table.rows.index(was.cursor) >= 0 and not table.sheet.held:
            table.sheet.cursor, table.sheet.held = was.cursor, True
        table.changed()
        if topic == "checklist" and room._place.walking and not room.busy:
            room.action_walkthrough()
