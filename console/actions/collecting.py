"""Evidence before writes: what an action captures itself, and how long its writes wait for that.

Isolation never waits longer than five seconds: the manifest comes first, the rest goes on beside the writes. What
destroys waits for all of it, and is refused when it is still missing then.
"""

from __future__ import annotations

import asyncio

from console.actions.base import Sweeping
from console.actions.case import Case
from console.actions.desk import CaseDesk
from console.actions.gate import pass_gate
from console.errors import Refused, WarRoomError
from console.model.plan import Plan
from console.ports.tasks import Tasks

ISOLATION = 5.0
DESTRUCTION = 120.0
READING = 600.0


async def collect_first(case: Case, plan: Plan, tasks: Tasks, skip: str) -> None:
    """Run the action's own collecting as its class allows. Raises `Refused` when writes must not follow."""
    if plan.steps and not plan.protects:
        return
    action = case.registry.get(plan.action)
    work = tasks.start(f"collect:{plan.id}", action.collect(CaseDesk(case), plan))
    limit = READING if not plan.steps else DESTRUCTION if plan.destroys or isinstance(action, Sweeping) else ISOLATION
    await _wait(case, tasks, work, limit)
    if not plan.steps:
        _refuse_unfinished(plan, work)
    destroyed = await action.destroys_now(CaseDesk(case), plan) if isinstance(action, Sweeping) else plan.destroys
    await pass_gate(case, destroyed, skip)


async def _wait(case: Case, tasks: Tasks, work: asyncio.Task[None], seconds: float) -> None:
    """Until it is done, or that much of the incident's time has passed."""
    timer = tasks.start("collect:timer", case.clock.sleep(seconds))
    await asyncio.wait((work, timer), return_when=asyncio.FIRST_COMPLETED)
    timer.cancel()


def _refuse_unfinished(plan: Plan, work: asyncio.Task[None]) -> None:
    if not work.done():
        work.cancel()
        raise Refused(f"{plan.action} was not finished within {READING:.0f} s; what was captured until then is kept.")
    error = work.exception()
    if isinstance(error, WarRoomError):
        raise error
    if error is not None:
        raise Refused(f"{plan.action} failed: {type(error).__name__}. What was captured until then is kept.") from error
