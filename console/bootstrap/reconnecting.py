"""How a screen gets its session: the engine that was started for it, the one that runs, or a new one after a crash.

An engine that was ended on purpose took its socket away and is not started again behind anybody's back; one that died
left its socket, and is started anew.
"""

from __future__ import annotations

from console.bootstrap.agreeing import agreeing
from console.bootstrap.greeting import Greeted
from console.bootstrap.linking import linked_socket
from console.bootstrap.seating import connect, join
from console.bootstrap.starting import Starting, spawn
from console.config.options import Options
from console.errors import WireError
from console.wire.client import SocketSession


class Connector:
    """Callable that gives a fresh, unopened session each time.

    Args:
        first: an engine started already, or greeted, before the screen was imported.
        attach: never start an engine.
    """

    def __init__(self, options: Options, first: Starting | Greeted | None, *, attach: bool = False) -> None:
        self._options = options
        self._first = first
        self._attach = attach
        self._served = False
        """Whether an engine was there for this seat already: until then the next try needs another one."""

    async def __call__(self) -> SocketSession:
        """Connect. Raises what ended the engine's start, or `WireError` when there is nobody to connect to."""
        first, self._first = self._first, None
        if isinstance(first, Starting):
            return await self._started(first)
        try:
            session = await (first.session(agreeing(self._options)) if first else join(self._options))
        except WireError:
            if self._attach or (self._served and not self._crashed()):
                raise
            return await self._started(spawn(self._options))
        self._served = True
        return session

    async def _started(self, starting: Starting) -> SocketSession:
        session = await connect(self._options, await starting.wait())
        self._served = True
        return session

    def restart(self) -> None:
        """Start the engine again at the next call (after an approval, for example)."""
        self._first = spawn(self._options)

    def _crashed(self) -> bool:
        socket = linked_socket(self._options)
        return socket is not None and socket.exists()
