"""A seat's place: pane, row, order, filter, sheet; saved with the engine so that the next seat starts there."""

from __future__ import annotations

import msgspec


class PanePlace(msgspec.Struct, omit_defaults=True):
    """Where one pane is."""

    cursor: str = ""
    filter: str = ""
    sort: str = ""


class SeatPlace(msgspec.Struct, omit_defaults=True):
    """Where a seat is. Opaque to the engine, at most 16 KiB."""

    pane: str = "activity"
    zoomed: bool = False
    browse: str = ""
    item: str = ""
    """Item the walkthrough was at."""
    walking: bool = False
    panes: dict[str, PanePlace] = {}

    @property
    def browsed(self) -> str:
        """The browser topic, "" for none."""
        return self.browse if self.browse.startswith("browse:") else ""

    def encoded(self) -> str:
        """As sent; "" if it would be too long (then the last good one stays)."""
        text = msgspec.json.encode(self).decode()
        return text if len(text) <= 16_000 else ""


def decoded(text: str) -> SeatPlace:
    """The place of a text; anything unreadable is the beginning."""
    try:
        return msgspec.json.decode(text, type=SeatPlace) if text else SeatPlace()
    except (msgspec.DecodeError, RecursionError):
        return SeatPlace()
