"""Answers what a seat asks: plans, approvals, marks, notes, details. One method a request.

In: requests as they came (raw strings, bounded by the wire). Out: answers whose every text is `Clean`. Refusals and
bad input become `Refusal`, never a traceback; what happened is on record before it is answered.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

from console.actions.approving import Approval
from console.actions.desk import CaseDesk
from console.actions.preflight import Preflight
from console.errors import ApiStatus, BadInput, ClusterError, LoginNeeded, Refused, WarRoomError
from console.hygiene.exporting import known_safe
from console.incident.codenames import HOW_SEVERE, codename, declared_words
from console.incident.commanding import hands_on
from console.incident.engine import Engine
from console.incident.naming import ALERT, alert_of, key_of, parse, target_of
from console.incident.planning import Surroundings, outcome_view, people, plan_view
from console.incident.wording import refuse_elsewhere, refuse_other_action, refuse_other_undo
from console.model import entry as e
from console.model.entry import Entry
from console.model.plan import Plan
from console.model.ref import ResourceRef
from console.ports import session as s
from console.ports.views import Answer, Done, OutcomeView, PlanView, Refusal, TextView

ARMED = 15 * 60.0
_OWNED = ("Pod", "ReplicaSet", "Job")
"""Kinds whose owner an action may be planned on instead."""
_LONGEST = 2000
"""Characters of a reason, note or value."""


class Answering:
    """One seat's questions.

    Args:
        seat: the seat's name, already clean.
        uid: who is at the other end, from the kernel.
    """

    def __init__(self, engine: Engine, seat: str, uid: int) -> None:
        self._engine, self._seat, self._uid = engine, seat, uid
        self._answers: dict[type, Callable[[Any], Awaitable[Answer]]] = {
            s.PlanAction: self._plan,
            s.PlanUndo: self._plan_undo,
            s.ShowPlan: self._show_plan,
            s.Approve: self._approve,
            s.FollowAction: self._follow,
            s.ActionOutcome: self._outcome,
            s.Declare: self._declare,
            s.Arm: self._arm,
            s.Disarm: self._disarm,
            s.Acknowledge: self._acknowledge,
            s.Note: self._note,
            s.Mark: self._mark,
            s.Record: self._record,
            s.Detail: self._detail,
            s.Login: self._login,
            s.Stop: self._stop,
        }

    async def answer(self, request: s.Ask) -> Answer:
        """Answer one request; never raises for what it holds."""
        try:
            return await self._answers[type(request)](request)
        except WarRoomError as error:
            return Refusal(self._engine.export(str(error)), _exit_code(error))
        except Exception as error:  # the border to people: a defect becomes a sentence, its traceback goes to the log
            self._engine.defect(f"answering {type(request).__name__}", error)
            text = f"The engine could not do this ({type(error).__name__}). Nothing more was written; see its log."
            return Refusal(known_safe(text), 7)

    def _journal(self, record: e.Record) -> Entry:
        return self._engine.chronicle.record(record, known_safe(self._seat))

    def _text(self, text: str, what: str, *, needed: bool = False) -> Any:
        if needed and not text.strip():
            raise BadInput(f"{what} is missing. Type one.")
        if len(text) > _LONGEST:
            raise BadInput(f"{what} is longer than {_LONGEST} characters. Shorten it.")
        return self._engine.export(text.strip())

    # Plans

    async def _plan(self, request: s.PlanAction) -> Answer:
        target = self._target(request.target, request.namespace)
        plan = await self._engine.runner.plan(request.action, target, request.params)
        return await self._shown(plan, request.dry_run)

    async def _plan_undo(self, request: s.PlanUndo) -> Answer:
        digest, runner = self._digest(request.digest), self._engine.runner
        refuse_elsewhere(runner.target(self._engine.state.actions[digest]), request.namespace)
        plan = await runner.plan_undo(digest, request.mode)
        return await self._shown(plan, request.dry_run)

    async def _show_plan(self, request: s.ShowPlan) -> Answer:
        digest, asked = self._digest(request.digest), request.asked
        plan, undoes = self._engine.runner.loaded(digest), self._engine.state.actions[digest].planned.undoes
        if isinstance(asked, s.PlanUndo):
            refuse_other_undo(plan, undoes, asked)
        elif asked is not None:
            refuse_other_action(plan, undoes, asked, self._named(self._target(asked.target, asked.namespace)))
        return await self._shown(plan, dry_run=False)

    def _named(self, target: ResourceRef) -> tuple[ResourceRef, ...]:
        """An object, and the controllers above it as far as they are watched."""
        view = self._engine.cluster.view(target.kind) if target.kind in _OWNED else None
        obj = view.get(target.namespace, target.name) if view is not None else None
        return (target, *(CaseDesk(self._engine.case).owner_chain(obj) if obj is not None else ()))

    def _target(self, text: str, namespace: str) -> ResourceRef:
        known = self._engine.board.resolve(text)
        if known is not None:
            return ResourceRef(known.cluster, known.group, known.kind, known.namespace, known.name)
        ref = parse(text, namespace, self._engine.cluster.info.id)
        finding = self._engine.board.findings.get(ref.name) if ref.kind == ALERT else None
        return (alert_of(finding, ref.cluster) if finding else None) or ref

    def _digest(self, prefix: str) -> str:
        return self._engine.runner.find(prefix)

    async def _shown(self, plan: Plan, dry_run: bool) -> PlanView:
        engine = self._engine
        found = await engine.runner.preflight(plan)
        tries = await engine.runner.dry_run(plan) if dry_run else ()
        spec = engine.registry.get(plan.action).spec
        armed, action = engine.state.armed.get(known_safe(self._seat)), engine.state.actions[plan.digest]
        around = Surroundings(
            engine.cluster.info,
            found.missing,
            found.type_name,
            *_evidence_lines(plan, found),
            armed.reason if armed else "",
            people(action, self._uid),
            (
                *((f"REFUSED: {found.refuse}",) if found.refuse else ()),
                *hands_on(engine.state, self._seat, spec.danger),
            ),
            tuple(one.text for one in tries),
            action.planned.undoes,
        )
        return plan_view(plan, spec, around, engine.export)

    async def _approve(self, request: s.Approve) -> Answer:
        digest = self._digest(request.digest)
        self._text(request.reason, "The reason")
        self._text(request.break_glass, "The break-glass reason")
        self._text(request.skip_evidence, "The reason to skip evidence")
        armed = self._engine.state.armed.get(known_safe(self._seat))
        approval = Approval(
            self._seat,
            self._uid,
            request.typed,
            request.reason or (armed.reason if armed else ""),
            request.typed_name,
            request.break_glass,
            request.skip_evidence,
            request.arm,
        )
        if request.arm and request.reason.strip() and self._engine.state.declared is None:
            self._declare_now(request.reason)
        runner, engine = self._engine.runner, self._engine
        outcome = await runner.approve(digest, approval, engine.seats.others(self._seat))
        return outcome_view(engine.state.actions[digest], outcome, runner.is_final(digest), engine.export)

    async def _follow(self, request: s.FollowAction) -> Answer:
        digest = self._digest(request.digest)
        await self._engine.runner.follow(digest, request.stage)
        return self._outcome_of(digest)

    async def _outcome(self, request: s.ActionOutcome) -> Answer:
        return self._outcome_of(self._digest(request.digest))

    def _outcome_of(self, digest: str) -> OutcomeView:
        runner = self._engine.runner
        action, outcome = self._engine.state.actions[digest], runner.outcome(digest)
        return outcome_view(action, outcome, runner.is_final(digest), self._engine.export)

    # The incident

    async def _declare(self, request: s.Declare) -> Answer:
        said, severity = declared_words(request.name, request.severity)
        before = self._engine.state.declared
        name = self._text(said or (before.name if before else codename(self._engine.secret)), "The name")
        self._journal(e.Declared(name, self._text(request.reason, "The reason"), known_safe(severity)))
        if not severity:
            return Done(self._engine.export(f"Incident {name} declared. Its severity is not set: {HOW_SEVERE}."))
        self._journal(e.Recorded(known_safe("severity"), known_safe(severity), known_safe(self._seat)))
        return Done(self._engine.export(f"Incident {name} declared, severity {severity}."))

    def _declare_now(self, reason: str) -> None:
        name = known_safe(codename(self._engine.secret))
        self._journal(e.Declared(name, self._text(reason, "The reason")))

    async def _arm(self, request: s.Arm) -> Answer:
        reason = self._text(request.reason, "The reason", needed=True)
        if self._engine.state.declared is None:
            self._declare_now(request.reason)
        until = self._engine.clock.now() + ARMED
        self._journal(e.Armed(known_safe(self._seat), reason, until))
        return Done(known_safe("This seat is ARMED for 15 minutes."))

    async def _disarm(self, request: s.Disarm) -> Answer:
        self._journal(e.Disarmed(known_safe(self._seat)))
        return Done(known_safe("This seat is READ-ONLY."))

    async def _acknowledge(self, request: s.Acknowledge) -> Answer:
        if request.finding not in self._engine.board.findings:
            raise BadInput(f"There is no finding {request.finding[:20]!r}.")
        reason = self._text(request.reason, "The reason")
        self._journal(e.Acknowledged(known_safe(request.finding), known_safe(self._seat), reason))
        return Done(known_safe("Acknowledged."))

    async def _note(self, request: s.Note) -> Answer:
        text = self._text(request.text, "The note", needed=True)
        self._journal(e.Noted(known_safe(self._seat), text, self._text(request.about, "The object")))
        return Done(known_safe("Noted."))

    async def _mark(self, request: s.Mark) -> Answer:
        self._engine.checklist.refuse(request.item, request.state, request.reason)
        reason = self._text(request.reason, "The reason")
        item, state, member = known_safe(request.item), known_safe(request.state), self._engine.export(request.member)
        self._journal(e.ItemMarked(item, state, known_safe(self._seat), reason, member))
        return Done(self._engine.export(f"{item} is {state}."))

    async def _record(self, request: s.Record) -> Answer:
        topic = self._text(request.topic, "The topic", needed=True)
        value = self._text(request.value, "The value", needed=True)
        self._journal(e.Recorded(topic, value, known_safe(self._seat), self._text(request.note, "The note")))
        return Done(self._engine.export(f"{topic}: {value} is on record."))

    # Reading

    async def _detail(self, request: s.Detail) -> Answer:
        board = self._engine.board
        finding = board.findings.get(request.key) if request.topic == "findings" else None
        if finding is not None and request.what == "brief":
            return self._engine.details.brief(finding, board.contained(finding.id))
        if finding is not None and request.what == "detail":
            return self._engine.details.finding(finding, board.contained(finding.id), board.findings.values())
        ref = target_of(finding, self._engine.cluster.info.id) if finding else None
        if finding is not None and ref is None:
            raise BadInput("This finding is about no single object. Open its detail with d.")
        return await self._of_object(ref or self._target(request.key, ""), request.what)

    async def _of_object(self, ref: ResourceRef, what: str) -> TextView:
        engine, key = self._engine, key_of(ref)
        if what == "manifest":
            return await engine.details.manifest(ref)
        if what in ("logs", "previous"):
            return await engine.details.logs(ref, what == "previous")
        one, row = engine.board.affected.get(key), engine.board.rows.get(key)
        if what == "timeline":
            names = {str(engine.export.ref(ref)), str(engine.export(key))}
            found = one.findings if one else ()
            # The whole record is read for it: in a thread, since it may be long.
            read = engine.chronicle.journal.read
            return await asyncio.to_thread(lambda: engine.details.timeline(str(ref), read(), found, names))
        if one is None or row is None:
            return await engine.details.manifest(ref)
        return engine.details.resource(one, row)

    # The engine

    async def _login(self, request: s.Login) -> Answer:
        if not self._engine.seats.lend(self._uid, request.environment, anew=True):
            raise Refused("Only the user who runs the engine may log it in.")
        try:
            info = await self._engine.cluster.log_in()
        except LoginNeeded as error:
            raise Refused(f"Still LOGIN NEEDED: {error}") from error
        return Done(self._engine.export(f"Logged in: the API server takes this login, as {info.user or 'somebody'}."))

    async def _stop(self, request: s.Stop) -> Answer:
        if self._uid != self._engine.uid:
            raise Refused("Only the user who runs the engine may end it.")
        self._engine.stop(self._text(request.reason, "The reason") or f"asked by {self._seat}")
        return Done(known_safe("The engine ends."))


def _exit_code(error: WarRoomError) -> int:
    """As the command line ends: the API server's own no is a refusal, its silence means that nothing was written."""
    if isinstance(error, ApiStatus) and error.code in (401, 403):
        return 5
    return 7 if isinstance(error, ClusterError) else error.exit_code


def _evidence_lines(plan: Plan, found: Preflight) -> tuple[tuple[str, ...], bool]:
    """What the dialog says of evidence, and whether the gate would refuse."""
    if not plan.destroys and not plan.protects:
        return ("nothing is destroyed",), False
    lines = [f"MISSING: {gap.words}" for gap in found.evidence]
    missing = {gap.ref for gap in found.evidence}
    had = [ref for ref in plan.destroys if ref not in missing]
    lines += [f"captured: {ref.kind} {ref}" for ref in had]
    lines += [f"captured first: {kind}" for kind in plan.protects]
    return tuple(lines), bool(found.evidence) and not plan.protects
