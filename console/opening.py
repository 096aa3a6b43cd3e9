"""Open the screen on an engine: builds the app from options and settings, and goes to the drill when asked to."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from console.app import Settings, WarRoom
from console.bootstrap.greeting import Greeted
from console.bootstrap.logging_in import SeatLogin
from console.bootstrap.reconnecting import Connector
from console.bootstrap.seating import environment_of, seat_name
from console.bootstrap.starting import Starting, spawn
from console.config.keymap import keymap
from console.config.options import Options, state_root
from console.config.settings import load

if TYPE_CHECKING:
    from console.model.action import ActionSpec


def show(options: Options, first: Starting | Greeted | None, *, attach: bool = False) -> int:
    """Draw until the person leaves. Exit 0, or the app's own code after a crash.

    Raises:
        WarRoomError: what made it impossible, when the person has left for that.
    """
    while True:
        app = _app(options, Connector(options, first, attach=attach))
        answer = app.run(mouse=load(options).screen.mouse)
        if app.ended_by is not None:
            raise app.ended_by  # once more where it stays, with its exit code: the screen is gone
        if answer != "drill":
            return app.return_code or 0
        options, attach = msgspec.structs.replace(options, drill="shop", seed=1), False
        first = spawn(options)


def _app(options: Options, connect: Connector) -> WarRoom:
    settings = load(options)

    async def trust(short_hash: str) -> None:
        from console.bootstrap.approving import approve

        await asyncio.to_thread(approve, options, short_hash)
        connect.restart()

    look = Settings(
        seat=seat_name(options),
        theme=settings.screen.theme,
        ascii_only=True if settings.screen.ascii else None,
        keymap=keymap(settings.keys, _specs()) if settings.keys else None,
        environment=environment_of(),
        crash_file=str(_crash_file(options)),
    )
    return WarRoom(connect, _specs, look, trust=trust, login=SeatLogin(options))


def _specs() -> tuple[ActionSpec, ...]:
    """Declarations of all actions; asked for after the first frame, because they take a while to import."""
    from console.actions.catalogue import all_actions

    return all_actions().specs()


def _crash_file(options: Options) -> Path:
    return state_root(options) / "crash.log"
