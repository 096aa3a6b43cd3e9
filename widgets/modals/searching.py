"""The palette, as Textual makes it, but for what would end the seat.

In: keys. Out: what the chosen command does. What it finds is the app's to say.
"""

from __future__ import annotations

from typing import Any

from textual.await_complete import AwaitComplete
from textual.command import CommandPalette


class Searching(CommandPalette):
    """Commands and actions by words."""

    _answered = False

    def dismiss(self, result: Any = None) -> AwaitComplete:
        """Close, once: a second key would take the room away with it."""
        if self._answered:
            return AwaitComplete()
        self._answered = True
        return super().dismiss(result)

    def _action_command_list(self, action: str) -> None:
        # A page up or down before the list was laid out looks for a line that is not there yet.
        try:
            super()._action_command_list(action)
        except KeyError:
            return


def search(app: Any) -> None:
    """Open the palette, once."""
    if not Searching.is_open(app):
        app.push_screen(Searching(id="--command-palette"))
