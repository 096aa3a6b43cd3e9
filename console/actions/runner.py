"""The runner: the whole life of an action, and the only writer to a cluster.

`plan → preflight → evidence gate → approve → apply → verify → watch → undo`. In: what people ask for, through the
engine. Out: plans, outcomes, records. All it knows is in the journal and the evidence store: after a crash `start`
goes on from there, and never sends a write again.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Coroutine, Iterator, Mapping
from typing import Any

from console.actions import approving
from console.actions.applying import apply, conclude
from console.actions.approving import Approval
from console.actions.case import Case
from console.actions.planning import LOOKED_AT, find, load, make_plan, make_undo_plan
from console.actions.preflight import Preflight, Try, dry_run, examine
from console.actions.resolving import resolve
from console.actions.standing import done_steps, is_final, outcome_of, waits_for_second
from console.actions.verifying import Verifier
from console.actions.watching import Watcher
from console.errors import JournalError, WarRoomError
from console.model.entry import Alarm
from console.model.plan import Plan
from console.model.ref import ResourceRef
from console.model.state import ActionState
from console.model.verdict import Outcome, Stage
from console.ports.tasks import Tasks

_log = logging.getLogger("warroom.runner")
PATIENCE = 5.0
"""Seconds that running writes are given to end when the engine stops."""


class Runner:
    """One incident's actions. `start` before anything else, `close` at the end."""

    def __init__(self, case: Case) -> None:
        self._case = case
        self._tasks = Tasks(self._failed)
        self._running: dict[str, asyncio.Task[None]] = {}
        self._deciding: set[str] = set()
        self._broken: dict[str, Outcome] = {}
        self._targets: dict[str, ResourceRef] = {}
        self._waiting: set[asyncio.Future[None]] = set()
        self._verifier = Verifier(case, lambda digest: self._pulse())
        self._watcher = Watcher(case)

    # Life

    async def start(self) -> None:
        """Take up what an earlier engine left: resolve what is not known, go on verifying and watching."""
        for kind in LOOKED_AT:
            self._case.cluster.view(kind)
        self._verifier.start(self._tasks)
        self._watcher.start(self._tasks)
        for digest, action in list(self._case.state.actions.items()):
            if _left_behind(action):
                self._run(digest, self._recover(digest))

    async def close(self) -> None:
        """Let running writes end, then stop."""
        if self._running:
            await asyncio.wait(self._running.values(), timeout=PATIENCE)
        self._watcher.close()
        await self._tasks.close()

    # Asking

    async def plan(self, action: str, target: ResourceRef, params: Mapping[str, str] | None = None) -> Plan:
        """Plan an action; only reads. The plan is kept for 15 minutes under its digest."""
        return self._known(await make_plan(self._case, action, target, params or {}))

    async def plan_undo(self, digest: str, mode: str = "") -> Plan:
        """Plan the undo of an applied action."""
        return self._known(await make_undo_plan(self._case, self.find(digest), mode))

    def _known(self, plan: Plan) -> Plan:
        self._targets[plan.digest] = plan.target
        return plan

    async def preflight(self, plan: Plan) -> Preflight:
        """What stands between this plan and its approval."""
        return await examine(self._case, plan)

    async def dry_run(self, plan: Plan) -> tuple[Try, ...]:
        """What the server says to each write with dryRun=All."""
        return await dry_run(self._case, plan)

    def find(self, digest: str) -> str:
        """The whole digest of a plan from its first digits (four or more)."""
        return find(self._case, digest)

    def loaded(self, digest: str) -> Plan:
        """The plan of this digest."""
        return load(self._case, digest)

    def outcome(self, digest: str) -> Outcome:
        """How an action stands now."""
        action = self._case.state.actions.get(digest)
        if action is None:
            return Outcome(Stage.FAILED, f"There is no plan {digest[:12]} in this incident. Plan it again.")
        if digest in self._broken:
            return self._broken[digest]
        told = outcome_of(action)
        judged = self._verifier.outcome(digest)
        if judged and told.stage not in (Stage.REFUSED, Stage.FAILED, Stage.PARTIAL, Stage.UNDONE):
            return judged
        running = digest in self._running and told.stage in (Stage.PLANNED, Stage.APPROVED)
        return Outcome(Stage.RUNNING) if running else told

    def target(self, action: ActionState) -> ResourceRef:
        """The exact object an action is about: the record has its redacted name. As good as it is known."""
        digest = action.planned.digest
        if digest not in self._targets:
            try:
                self._targets[digest] = self.loaded(digest).target
            except WarRoomError:
                self._targets[digest] = action.target
        return self._targets[digest]

    def touched(self) -> Iterator[ResourceRef]:
        """Objects that writes of ours changed or made, targets or not, as long as the write counts."""
        return self._watcher.touched()

    def is_final(self, digest: str) -> bool:
        """Whether nothing more is to be waited for."""
        action = self._case.state.actions.get(digest)
        if action is None or digest in self._broken:
            return True
        waiting = digest in self._running
        return not waiting and is_final(self.outcome(digest), action.carried_out, self._case.clock.now())

    async def follow(self, digest: str, stage: str = "") -> Outcome:
        """Wait until the stage differs from `stage`, or the outcome is final."""
        while not self.is_final(digest) and (not stage or self.outcome(digest).stage == stage):
            future: asyncio.Future[None] = asyncio.get_running_loop().create_future()
            self._waiting.add(future)
            try:
                await future
            finally:
                self._waiting.discard(future)
        return self.outcome(digest)

    # Doing

    async def approve(self, digest: str, approval: Approval, others: Mapping[str, int] | None = None) -> Outcome:
        """Approve exactly this plan and start it; answers at once. Raises `Refused` with the next step.

        Args:
            others: seats here besides the acting one, with their uids.
        """
        digest = self.find(digest)
        plan = self.loaded(digest)
        action = self._case.state.actions[digest]
        if digest in self._deciding or digest in self._running or _is_begun(action):
            return self.outcome(digest)
        self._deciding.add(digest)
        try:
            await approving.check(self._case, plan, approval)
            ready = approving.enough(self._case, plan, approval)
            if not ready:
                approving.refuse_alone(approval, others or {})
            approving.record(self._case, plan, approval)
        finally:
            self._deciding.discard(digest)
        if ready:
            self._run(digest, self._apply(plan, approval.skip_evidence))
        self._pulse()  # whoever waits for a second person hears of it now, not when everything is written
        return self.outcome(digest)

    async def _apply(self, plan: Plan, skip: str) -> None:
        if await apply(self._case, plan, self._tasks, skip):
            self._hold(plan.digest)

    def _hold(self, digest: str) -> None:
        """Everything is written: prove it and keep an eye on it."""
        self._watcher.add(digest)
        self._verifier.add(digest)

    async def _recover(self, digest: str) -> None:
        """What an engine that died left: find out by reading, then prove it or say what is missing."""
        action = self._case.state.actions[digest]
        plan = self.loaded(digest)
        for number in sorted(action.unknown_steps):
            await resolve(self._case, plan, number)
        if plan.steps and len(done_steps(action, plan)) == len(plan.steps):
            self._hold(digest)
        else:
            conclude(self._case, plan, "The engine stopped before this was finished; plan it again.")

    # Inside

    def _run(self, digest: str, work: Coroutine[Any, Any, None]) -> None:
        self._broken.pop(digest, None)  # how an earlier try ended says nothing of this one
        self._running[digest] = self._tasks.start(f"apply:{digest[:4]}", self._guarded(digest, work))

    async def _guarded(self, digest: str, work: Coroutine[Any, Any, None]) -> None:
        """Whatever goes wrong, the outcome says so, and nothing more is sent."""
        try:
            await work
        except WarRoomError as error:
            self._broken[digest] = self._broken_outcome(digest, str(error))
        except Exception as error:
            self._broken[digest] = self._broken_outcome(digest, f"a defect of this program: {type(error).__name__}")
            raise
        finally:
            self._running.pop(digest, None)
            if self._case.state.actions[digest].wrote:
                self._watcher.add(digest)  # also what was done of an action that stopped half-way
            self._pulse()

    def _broken_outcome(self, digest: str, why: str) -> Outcome:
        action = self._case.state.actions[digest]
        if action.unknown_steps:
            return Outcome(Stage.UNKNOWN, f"A write was sent and its result could not be recorded: {why}")
        if action.wrote:
            return Outcome(Stage.PARTIAL, f"It stopped half-way: {why}")
        return Outcome(Stage.FAILED, f"Nothing was written: {why}")

    def _pulse(self) -> None:
        waiting, self._waiting = self._waiting, set()
        for future in waiting:
            if not future.done():
                future.set_result(None)

    def _failed(self, name: str, error: BaseException) -> None:
        """A task of ours ended by a defect: on record and in the header, never silently."""
        _log.error("%s failed", name, exc_info=error)
        text = f"{name.partition(':')[0]} of the action runner stopped: {type(error).__name__}. Restart the engine."
        try:
            self._case.chronicle.record(Alarm(self._case.export(text)))
        except JournalError:
            _log.exception("and that could not be recorded")


def _is_begun(action: ActionState) -> bool:
    """Whether an approval has already led to something."""
    return bool(action.refused or action.verified or action.intents)


def _left_behind(action: ActionState) -> bool:
    """Whether an earlier engine had started this and did not finish it."""
    if action.refused or action.verified or not action.approvals:
        return False
    return bool(action.intents) or not waits_for_second(action)
