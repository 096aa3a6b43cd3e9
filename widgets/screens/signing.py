"""LOGIN NEEDED, answered from a seat: the login plugin has the terminal for a while, then the engine tries again.

In: what the seat can run (`TerminalLogin`). Out: a `Login` request and a sentence. No credential is seen here.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from console.ports.session import Login
from widgets.parts.leaving import answered_by_person

if TYPE_CHECKING:
    from console.ports.login import TerminalLogin
    from widgets.screens.room import RoomScreen

NOBODY = "This seat cannot log in: it was opened without a kubeconfig of its own."


async def log_in(room: RoomScreen) -> None:
    """Run the login where a person can answer it, hand the environment to the engine, say what came back."""
    app: Any = room.app
    means: TerminalLogin | None = app.terminal_login
    if means is None:
        room.say(NOBODY, "bad")
        return
    if room.header is None:
        room.say("The engine has not said yet; wait for the connection.", "warn")
        return
    if room.header.drill:
        room.say("This is a drill: its cluster asks nobody for a login.", "warn")
        return
    said = await answered_by_person(app, means, room.header.context)
    if said:
        room.say(said, "bad")
        return
    room.say("The engine reads the login and asks the API server.", "dim")
    room.told(await room.ask(Login(means.environment())))
