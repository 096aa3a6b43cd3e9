"""What a row is, in the detail pane, and which keys act on it there."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

from console.ports.views import ChangeRow, FindingRow, ItemRow, ObjectRow, ResourceRow
from widgets.panes.resources import row_details
from widgets.parts.keys import shown
from widgets.render import checklist, findings, journal
from widgets.render.lines import Line, Span
from widgets.render.offers import Offer, of_item, offers

if TYPE_CHECKING:
    from textual.timer import Timer

    from console.model.action import ActionSpec
    from console.ports.views import Row
    from widgets.screens.room import RoomScreen


SOON = 0.15
"""Seconds after which the keys of a row are told, when the actions are still to be imported."""


class Detailing:
    """Mixed into `RoomScreen`."""

    _declaring: Timer | None = None

    def _show_detail(self) -> None:
        room = cast("RoomScreen", self)
        row = room.table().row
        room.part("detail").show(lambda width: (room.details(row, width), room.keys_line(row)))

    def details(self, row: Row | None, width: int) -> list[Line]:
        """What is known of a row."""
        room = cast("RoomScreen", self)
        look = room.look
        if isinstance(row, FindingRow):
            return findings.details(row, look, width)
        if isinstance(row, ItemRow):
            return checklist.details(row, look, width)
        if isinstance(row, ResourceRow | ObjectRow | ChangeRow):
            return row_details(room.resources, row, width)
        if row is None:
            return [(("Nothing is selected.", "dim"),)]
        return journal.details(row, look, width)  # type: ignore[arg-type]

    def keys_line(self, row: Row | None) -> Line:
        """`next  x i quarantine …` for a row."""
        room = cast("RoomScreen", self)
        if row is None:
            return ()
        if not room.declared.known:
            self._declare_soon()
            return ()
        parts: list[Span] = [("next   ", "dim")]
        seen: set[str] = set()
        for offer in room.offers(row):
            letter = room.letter(offer.spec.id)
            if not letter or letter in seen:
                continue
            seen.add(letter)
            parts += [(letter, "proved"), (f" {short_title(offer.spec)}   ", "ink")]
        if isinstance(row, ItemRow) and row.action and not parts[1:]:
            parts += [("enter", "proved"), (f" {row.action}   ", "ink")]
        parts += [("enter", "proved"), (" open", "ink")] if not isinstance(row, ItemRow) else []
        return tuple(parts)

    def _declare_soon(self) -> None:
        """Tell the keys once the rows are on the screen."""
        room = cast("RoomScreen", self)
        if self._declaring is None:
            self._declaring = room.set_timer(SOON, self._declare)

    def _declare(self) -> None:
        room = cast("RoomScreen", self)
        if room.declared.specs:
            self._show_detail()

    def letter(self, action: str) -> str:
        """`x i`, `e` or ""."""
        room = cast("RoomScreen", self)
        if action in room.declared.letters:
            return f"{shown(room.keymap.of('act.contain'))} {room.declared.letters[action]}"
        spec = next((spec for spec in room.declared.specs if spec.id == action), None)
        return shown(room.keymap.of("act.evidence")) if spec and spec.key == "e" and not spec.leader else ""

    def offers(self, row: Row | None) -> list[Offer]:
        """Actions for a row of the focused pane."""
        room = cast("RoomScreen", self)
        if isinstance(row, ItemRow):
            affected: Any = list(room.resources.affected.rows.values())
            return of_item(row, affected, room.declared.specs)
        return offers(row, room.resources.kind, room.resources.find, room.declared.specs)


def short_title(spec: ActionSpec) -> str:
    """`quarantine` of `pod.quarantine`, `evidence` of `evidence.pod`."""
    noun, _, verb = spec.id.partition(".")
    return noun if noun == "evidence" else verb or noun
