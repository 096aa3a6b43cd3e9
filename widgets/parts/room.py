"""The container of the panes: puts each where `widgets.render.places` says, and hides the others."""

from __future__ import annotations

from textual.geometry import Offset, Region, Size, Spacing
from textual.layout import ArrangeResult, Layout, WidgetPlacement
from textual.widget import Widget

from widgets.parts.background import Background
from widgets.render.places import Box, places


class _ByPlace(Layout):
    name = "room"

    def arrange(self, parent: Widget, children: list[Widget], size: Size, greedy: bool = True) -> ArrangeResult:
        boxes = parent.boxes(size.width, size.height) if isinstance(parent, Room) else {}
        return [
            WidgetPlacement(Region(*box), Offset(), Spacing(), child)
            for child in children
            if (box := boxes.get(child.id or "")) is not None
        ]


class Room(Background):
    """Panes by place. `arrange_for` says what is wanted; sizes come from the terminal."""

    def __init__(self, *children: Widget, id: str) -> None:  # noqa: A002
        super().__init__(*children, id=id)
        self._panes = children
        self.styles.height = "1fr"  # set here, not in a style sheet: each one read costs part of the first frame
        self._screen_name = "medium"
        self._pane = "activity"
        self._alone = False
        self._by_place = _ByPlace()

    def _size_updated(self, size: Size, virtual_size: Size, container_size: Size, layout: bool = True) -> bool:
        # Panes are placed by the terminal's size alone: laying out again would only paint everything once more.
        return super()._size_updated(size, virtual_size, container_size, layout=False)

    @property
    def layout(self) -> Layout:
        """Ours, whatever the style says."""
        return self._by_place

    def boxes(self, width: int, height: int) -> dict[str, Box]:
        """Where everything stands in a room of that size."""
        return places(self._screen_name, width, height, self._pane, self._alone)

    def arrange_for(self, screen: str, pane: str, alone: bool, width: int, height: int) -> None:
        """Show what belongs on a terminal of that size."""
        self._screen_name, self._pane, self._alone = screen, pane, alone
        shown = self.boxes(max(width, 1), max(height, 3))
        for child in self._panes:
            if child.display != (child.id in shown):
                child.display = child.id in shown
        self.refresh(layout=True)
