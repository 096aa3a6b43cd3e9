"""The Session port inside the engine's own process. The wire serves one of these to each connection."""

from __future__ import annotations

from collections.abc import AsyncIterator

from console import __version__
from console.errors import BadInput, VersionSkew, WireError
from console.hygiene.exporting import known_safe
from console.incident.answering import Answering
from console.incident.board import REBUILT
from console.incident.engine import Engine
from console.ports.session import PROTOCOL, Ask, Hello, Place, Update, Welcome
from console.ports.views import Answer, Done

_NAME_LIMIT = 32


class LocalSession:
    """One seat at an engine.

    Args:
        uid: who sits there; seats of one uid are one person.
    """

    def __init__(self, engine: Engine, uid: int) -> None:
        self._engine, self._uid = engine, uid
        self._seat = ""
        self._answering: Answering | None = None

    async def open(self, hello: Hello) -> Welcome:
        """Take a seat. A screen's seat is on record; a command's is not."""
        if hello.protocol != PROTOCOL:
            raise VersionSkew((__version__, PROTOCOL), (hello.version, hello.protocol))
        wanted = self._engine.export(hello.seat.strip()[:_NAME_LIMIT])
        if not wanted:
            raise WireError("A seat needs a name: give one with --seat.")
        seats = self._engine.seats
        self._seat = seats.sit(wanted, self._uid, hello.screen)
        seats.lend(self._uid, hello.environment)
        self._answering = Answering(self._engine, self._seat, self._uid)
        return Welcome(
            PROTOCOL,
            __version__,
            known_safe(self._seat),
            known_safe(self._engine.incident),
            seats.place(self._uid, self._seat),
            self._engine.clock.now(),
            self._engine.parts.using,
        )

    def subscribe(self, topic: str) -> AsyncIterator[Update]:
        """Rows of a fixed topic or of a browser."""
        if topic.startswith("browse:"):
            return self._engine.browsers.read(topic)
        table = self._engine.board.tables.get(topic)
        if table is None:
            raise BadInput(f"There is no topic {topic[:60]!r}.")
        if topic == "changes":
            self._engine.list_changes()
        if topic in REBUILT:
            self._engine.board.catch_up()
        return table.read()

    async def ask(self, request: Ask) -> Answer:
        """Answer one request."""
        if self._answering is None:
            raise WireError("This seat is not open yet.")
        if isinstance(request, Place):
            self._engine.seats.keep_place(self._uid, self._seat, request.place)
            return Done()
        return await self._answering.answer(request)

    async def close(self) -> None:
        """Leave. The engine goes on; what was approved goes on."""
        if self._seat:
            self._engine.seats.leave(self._seat)
            self._seat = ""
