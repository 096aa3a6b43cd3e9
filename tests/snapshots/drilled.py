"""Rows as the engine really sends them: a drill of seed 1 under a clock of the test, with one containment in it.

In: a folder to work in. Out: each topic's rows, and the time on the clock. The same in every run: the incident's
secret, from which its names and marks are made, is given.
"""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import Any

from console.cli.talking import rows_of
from console.incident.session import LocalSession
from console.ports.clock import ManualClock
from console.ports.session import Approve, Arm, PlanAction
from console.ports.views import TOPICS, Done, PlanView, Row
from tests.console.incident.room import ACCOUNT, Room, drill_engine

BEGIN = 1_795_435_200.0
"""2026-11-23 12:00Z."""
SECRET = bytes(range(32))
INCIDENT = "drill-test"
BREAKS_IN = 240.0
"""Seconds the attacker has for himself."""
SETTLES = 60.0
"""Seconds the containment has to be proved in."""


class _Here(ThreadPoolExecutor):
    """Does at once what would go to a thread: how long a disk takes must not decide at which tick something is seen."""

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
        future: Future[Any] = Future()
        try:
            future.set_result(fn(*args, **kwargs))
        except BaseException as error:  # the caller's, as from a thread
            future.set_exception(error)
        return future


async def drilled(folder: Path) -> tuple[dict[str, list[Row]], float]:
    """Play, and read what a seat is given."""
    (folder / INCIDENT).mkdir(mode=0o700)
    secret = folder / INCIDENT / "secret"
    secret.write_bytes(SECRET)
    secret.chmod(0o600)
    asyncio.get_running_loop().set_default_executor(_Here())
    chance = random.getstate()
    random.seed(1)  # jitter
    try:
        return await _play(folder, ManualClock(BEGIN))
    finally:
        random.setstate(chance)


async def _play(folder: Path, clock: ManualClock) -> tuple[dict[str, list[Row]], float]:
    async with drill_engine(folder, clock, INCIDENT) as room:
        await room.pass_time(BREAKS_IN)
        ana = await room.sit()
        await _contain(room, ana)
        rows = {topic: list(await rows_of(ana, topic)) for topic in (*TOPICS, "browse:pods")}
        await ana.close()
        return rows, clock.now()


async def _contain(room: Room, ana: LocalSession) -> None:
    """The stolen account loses its rights."""
    assert isinstance(await room.ask(ana, Arm("stolen account mines")), Done)
    plan = await room.ask(ana, PlanAction("sa.revoke", ACCOUNT))
    assert isinstance(plan, PlanView), plan
    await room.ask(ana, Approve(plan.digest, plan.id, reason="its token is used from outside"))
    await room.pass_time(SETTLES)
