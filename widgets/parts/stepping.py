"""The actions that move a table's cursor, as the key map names them. The table says how far a page is."""

from __future__ import annotations

from collections.abc import Sized
from typing import Protocol


class _Held(Protocol):
    held: bool


class _Steps(Protocol):
    """What a table must have for its cursor to be moved."""

    @property
    def page(self) -> int: ...

    @property
    def sheet(self) -> _Held: ...

    @property
    def rows(self) -> Sized: ...

    def move(self, by: int) -> None: ...

    def point(self, index: int) -> None: ...


class Stepping:
    """Mixed into a table."""

    def action_down(self: _Steps) -> None:
        self.move(1)

    def action_up(self: _Steps) -> None:
        self.move(-1)

    def action_page_down(self: _Steps) -> None:
        self.move(self.page - 1)

    def action_page_up(self: _Steps) -> None:
        self.move(1 - self.page)

    def action_top(self: _Steps) -> None:
        self.point(0)
        self.sheet.held = False  # whoever goes to the top wants to see what comes there

    def action_bottom(self: _Steps) -> None:
        self.point(len(self.rows) - 1)
