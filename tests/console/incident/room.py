"""An engine with all its real parts over the drill's cluster, driven by a clock of the test, and people in it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TypeVar

import msgspec

from console.bootstrap.drilling import assemble_drill, new_drill
from console.cli.talking import rows_of
from console.config.options import Options
from console.incident.engine import Engine
from console.incident.session import LocalSession
from console.journal.folder import IncidentFolder
from console.ports.clock import ManualClock
from console.ports.session import PROTOCOL, Ask, Hello
from console.ports.source import Source
from console.ports.tasks import Tasks
from console.ports.views import Row
from console.rules.compiling import RuleSet

T = TypeVar("T", bound=Row)
ACCOUNT = "ServiceAccount/shop/deployer"
STRANGER = 4242
"""uid of somebody who is neither the engine's user nor anybody else in a test."""


class Room:
    """An engine, its clock, and people who sit down in it."""

    def __init__(self, engine: Engine, clock: ManualClock) -> None:
        self.engine, self.clock = engine, clock

    async def sit(self, name: str = "ana", uid: int = 1000, *, screen: bool = True) -> LocalSession:
        session = LocalSession(self.engine, uid)
        await session.open(Hello(PROTOCOL, "test", name, screen=screen))
        return session

    async def pass_time(self, seconds: float) -> None:
        """Let the engine live through some seconds, a long time in larger steps."""
        step = 0.25 if seconds < 60 else 2.0
        for _ in range(int(seconds / step)):
            await self.clock.advance(step)

    async def rows(self, topic: str, kind: type[T]) -> list[T]:
        """What a command's seat reads."""
        session = await self.sit("looker", STRANGER, screen=False)
        try:
            return [row for row in await rows_of(session, topic) if isinstance(row, kind)]
        finally:
            await session.close()

    async def ask(self, session: LocalSession, request: Ask) -> object:
        """Ask, while time goes on."""
        tasks = Tasks()
        asked = tasks.start("ask", session.ask(request))
        while not asked.done():
            await self.clock.advance(0.25)
        return asked.result()


@asynccontextmanager
async def drill_engine(
    folder: Path,
    clock: ManualClock,
    incident: str = "drill-test",
    *,
    attacked: bool = True,
    settle: float = 3,
    sources: tuple[Source, ...] = (),
    rules: RuleSet | None = None,
) -> AsyncIterator[Room]:
    """An engine over the drill `shop`.

    Args:
        attacked: the attacker plays too; without him hours cost nothing.
        settle: seconds the engine lives before anybody comes.
        sources: more than the drill's own.
        rules: others than the drill's.
    """
    drill = new_drill(Options(drill="shop", seed=1), clock)
    engine = assemble_drill(drill, clock, IncidentFolder(folder, incident))
    if not attacked:
        for work in engine.parts.background:
            work.close()
        engine.parts = msgspec.structs.replace(engine.parts, background=())
    engine.parts = msgspec.structs.replace(engine.parts, sources=(*engine.parts.sources, *sources))
    if rules is not None:
        engine.parts = msgspec.structs.replace(engine.parts, rules=rules)
    await engine.start()
    room = Room(engine, clock)
    await room.pass_time(settle)
    try:
        yield room
    finally:
        await engine.close()
