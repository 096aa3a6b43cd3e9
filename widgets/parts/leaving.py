"""Leaves the screen to a login plugin that a person answers, and comes back.

The plugin writes to the terminal what it likes: it was approved for that. What we write there is clean.
"""

from __future__ import annotations

import asyncio
import sys
from typing import TYPE_CHECKING, Any

from console.errors import WarRoomError
from console.hygiene.exporting import known_safe

if TYPE_CHECKING:
    from console.ports.login import Plugin, TerminalLogin


async def answered_by_person(app: Any, means: TerminalLogin, context: str) -> str:
    """Give the terminal to the login plugin, if there is one that may run. "" when it is content, or there is none."""
    try:
        plugin = await asyncio.to_thread(means.plugin, context)
        if plugin is None:
            return ""
        with app.away():
            _announce(plugin)
            said = await asyncio.to_thread(means.run, context)
            if said:
                await asyncio.to_thread(_read_first, said)
    except WarRoomError as error:
        said = str(error)
    return str(known_safe(said)) if said else ""


def _announce(plugin: Plugin) -> None:
    sys.stdout.write(f"\nwarroom: {known_safe(plugin.words)}\nwarroom: answer it here; ctrl+c gives it up.\n\n")
    sys.stdout.flush()


def _read_first(said: str) -> None:
    """What the plugin wrote must not vanish behind the screen before it was read."""
    try:
        input(f"\nwarroom: {known_safe(said)} Enter goes back to the war room. ")
    except (EOFError, OSError, UnicodeDecodeError):
        return  # the terminal has gone
