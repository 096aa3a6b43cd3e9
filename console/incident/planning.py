"""Plans and outcomes as an approver sees them: every text exported, nothing decided here. Pure."""

from __future__ import annotations

import json

import msgspec

from console.actions.standing import waits_for_second
from console.hygiene.exporting import Exporter, known_safe
from console.model.action import ActionSpec, Danger
from console.model.plan import Call, Plan
from console.model.state import ActionState
from console.model.verdict import Outcome, Stage
from console.ports.cluster import ClusterInfo
from console.ports.views import CallView, OutcomeView, PlanView

KEPT = 15 * 60.0
"""Seconds a plan can be approved."""


class People(msgspec.Struct, frozen=True):
    """Who has approved a plan, as one who reads it needs to know."""

    needed: int
    """Others that must still agree when the reader does."""
    approved: tuple[str, ...] = ()
    again: bool = False
    """Whether the reader is one of them."""


def people(action: ActionState, uid: int) -> People:
    """For a reader of that uid: seats of one uid are one person."""
    approved = tuple(
        f"{one.seat} (user id {one.uid})" + (f": {one.reason}" if one.reason else "") for one in action.approvals
    )
    two = Danger(action.planned.danger) is Danger.D3
    others = any(one.uid != uid for one in action.approvals)
    return People(int(two and not others), approved, any(one.uid == uid for one in action.approvals))


class Surroundings(msgspec.Struct, frozen=True):
    """What a plan view shows besides the plan."""

    info: ClusterInfo
    missing: tuple[str, ...]
    """Rights we lack, by name."""
    type_name: str
    evidence: tuple[str, ...]
    evidence_missing: bool
    reason: str
    people: People
    warnings: tuple[str, ...] = ()
    dry_run: tuple[str, ...] = ()
    undoes: str = ""
    """Digest of the plan this one undoes."""


def plan_view(plan: Plan, spec: ActionSpec, around: Surroundings, export: Exporter) -> PlanView:
    """The plan dialog's content."""
    return PlanView(
        known_safe(plan.id),
        known_safe(plan.digest),
        known_safe(plan.action),
        known_safe(spec.title),
        export.ref(plan.target),
        export(plan.target.uid),
        known_safe(plan.danger),
        known_safe(Danger(plan.danger).words),
        export(around.info.context),
        export(around.info.server),
        tuple(_call_view(step.call, export) for step in plan.steps),
        export.many(plan.blast),
        export.many(plan.residual),
        export.many(plan.limits),
        export.many(around.evidence),
        around.evidence_missing,
        export.many(plan.reverters),
        export.many(plan.webhooks),
        export.many(plan.undo),
        export.many((*plan.warnings, *around.warnings)),
        export.many(around.missing),
        export(plan.protected),
        export(around.type_name),
        around.people.needed,
        export(around.reason),
        export.many(around.dry_run),
        plan.created + KEPT,
        known_safe(around.undoes),
        approved=export.many(around.people.approved),
        again=around.people.again,
        params=tuple((export(name), export(value)) for name, value in plan.params),
    )


def _call_view(call: Call, export: Exporter) -> CallView:
    body = export.document(json.loads(call.body)) if call.body else ()
    return CallView(export(call.title or f"{call.method} {call.path}"), export(call.kubectl), body)


def outcome_view(action: ActionState, outcome: Outcome, final: bool, export: Exporter) -> OutcomeView:
    """How an action stands, with its steps in words."""
    planned = action.planned
    return OutcomeView(
        planned.digest,
        known_safe(planned.digest[:4]),
        planned.action,
        planned.target,
        known_safe(outcome.stage),
        export(outcome.text),
        export.many(outcome.residual),
        export.many(outcome.unverifiable),
        export.many(outcome.limits),
        tuple(known_safe(line) for line in _steps(action)),
        outcome.exit_code,
        final,
        waits_for_second(action) and outcome.stage is Stage.PLANNED,
    )


def _steps(action: ActionState) -> list[str]:
    lines = []
    for number, intent in sorted(action.intents.items()):
        effect, resolved = action.effects.get(number), action.resolved.get(number)
        if effect is not None and effect.status:
            word = f"{effect.status} {effect.text}".strip()
        elif resolved is not None:
            word = {True: "done", False: "not done", None: "unknown"}[resolved.done]
        else:
            word = "sent, no answer yet"
        lines.append(f"{number} {intent.method} {intent.path}: {word}")
    return lines
