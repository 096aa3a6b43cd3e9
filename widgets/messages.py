"""What widgets tell their screen. Nothing here knows who sends or who listens."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from textual.message import Message

if TYPE_CHECKING:
    from console.model.text import Clean
    from console.ports.session import Update


class Updated(Message):
    """Rows of a topic arrived; sent by the bridge in `console.app`."""

    def __init__(self, update: Update) -> None:
        super().__init__()
        self.update = update


class Linked(Message):
    """The connection to the engine changed. `lost` says why, "" when it is there."""

    def __init__(self, lost: str = "") -> None:
        super().__init__()
        self.lost = lost


class Ended(Message):
    """The engine ended one topic and goes on with the others."""

    def __init__(self, topic: str, why: Clean) -> None:
        super().__init__()
        self.topic, self.why = topic, why


class Pointed(Message):
    """The cursor of a pane is on another row, or the row under it changed."""

    def __init__(self, pane: str) -> None:
        super().__init__()
        self.pane = pane

    def can_replace(self, message: Message) -> bool:
        """Only the newest matters."""
        return isinstance(message, Pointed) and message.pane == self.pane


class Opened(Message):
    """Enter was pressed on a row."""

    def __init__(self, pane: str) -> None:
        super().__init__()
        self.pane = pane


class Moved(Message):
    """Something a seat's place consists of changed."""

    def can_replace(self, message: Message) -> bool:
        """Only the newest matters."""
        return isinstance(message, Moved)


class Ticked(Message):
    """A minute passed: ages and clocks may read differently."""


class ArmWanted(Message):
    """A dialog that cannot go on while the seat is READ-ONLY."""

    def __init__(self, dialog: Any) -> None:
        super().__init__()
        self.dialog = dialog


class Browsed(Message):
    """Pane 2 shows another topic; "" when its browser was closed."""

    def __init__(self, topic: str) -> None:
        super().__init__()
        self.topic = topic


class Clicked(Message):
    """A row of a pane was clicked."""

    def __init__(self, pane: str) -> None:
        super().__init__()
        self.pane = pane
