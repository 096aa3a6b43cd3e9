"""Making, keeping and finding plans. A plan's bytes are evidence named by the digest that is approved."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Mapping

import msgspec

from console.actions.base import Applied, Undo
from console.actions.case import Case
from console.actions.desk import CaseDesk
from console.actions.protected import refuse_protected
from console.actions.standing import KEPT, done_steps
from console.actions.webhooks import webhook_lines
from console.errors import BadInput, JournalError, Refused, Unreachable
from console.hygiene.exporting import known_safe
from console.model.action import ActionSpec
from console.model.entry import Planned
from console.model.plan import Plan
from console.model.ref import ResourceRef

LOOKED_AT = (
    "Node",
    "Namespace",
    "Pod",
    "ReplicaSet",
    "Service",
    "EndpointSlice",
    "PodDisruptionBudget",
    "RoleBinding",
    "ClusterRoleBinding",
    "MutatingWebhookConfiguration",
    "ValidatingWebhookConfiguration",
)
"""Kinds whose caches blast radius, protection and webhooks are told from."""
LOADING = 5.0
"""Seconds a plan waits for them; then it says what is not visible."""
WITHIN = 60.0
"""Seconds planning may take: it only reads."""


async def make_plan(case: Case, action: str, target: ResourceRef, params: Mapping[str, str]) -> Plan:
    """Plan an action and keep the plan for 15 minutes. Raises `BadInput` or `Refused` with the next step."""
    found = case.registry.get(action)
    if found.spec.inverse_of:
        raise BadInput(f"{action} undoes {found.spec.inverse_of}: choose the action to undo in the undo register.")
    if target.kind not in found.spec.targets:
        raise BadInput(f"{action} takes {', '.join(found.spec.targets)}, not {target.kind} {target}.")
    given = _checked(found.spec, params)
    await _views_loaded(case)
    plan = await _in_time(found.plan(CaseDesk(case), target, given), action)
    return await keep(case, plan)


async def make_undo_plan(case: Case, digest: str, mode: str) -> Plan:
    """Plan the undo of an applied action, through the same gate as any other."""
    state = case.state.actions.get(digest)
    if state is None or not state.wrote:
        raise BadInput(f"{digest[:12]} has written nothing, so there is nothing to undo.")
    if state.undone_by:
        raise Refused(f"{state.planned.action} on {state.planned.target} was undone already.")
    spec = case.registry.get(state.planned.action).spec
    if not spec.undo:
        raise Refused(f"{spec.id} cannot be undone: {spec.undo_why}")
    undo: Undo = case.registry.get(spec.undo)  # type: ignore[assignment]  # registered as the inverse, so it is one
    if mode and not any(param.name == "mode" for param in undo.spec.params):
        raise BadInput(f"{spec.undo} knows one way only: leave the mode out.")
    plan = await _in_time(undo.plan_undo(CaseDesk(case), applied(case, digest), mode), spec.undo)
    return await keep(case, plan, undoes=digest)


async def _views_loaded(case: Case) -> None:
    """Just after the start the caches are empty: better a moment's wait than a plan that says nothing is visible."""
    deadline = case.clock.monotonic() + LOADING
    while any(case.cluster.view(kind).health.state == "loading" for kind in LOOKED_AT):
        if case.clock.monotonic() >= deadline:
            return
        await case.clock.sleep(0.05)


async def keep(case: Case, plan: Plan, undoes: str = "") -> Plan:
    """Complete the plan with what the runner knows, seal its bytes and journal it."""
    views = case.cluster.view
    plan = refuse_protected(plan, case.cluster.info, views)
    seen_by = tuple(dict.fromkeys((*plan.webhooks, *webhook_lines(views, plan.steps))))
    plan = msgspec.structs.replace(plan, webhooks=seen_by)
    blob = await asyncio.to_thread(case.evidence.put, msgspec.json.encode(plan, order="sorted"))
    export, target = case.export, plan.target
    case.chronicle.record(
        Planned(
            known_safe(plan.digest),
            export(plan.action),
            export.ref(target),
            export(target.kind),
            export(target.namespace),
            export(target.name),
            export(target.uid),
            known_safe(plan.danger),
            known_safe(blob),
            known_safe(undoes),
            known_safe("" if undoes else case.registry.get(plan.action).spec.undo),
        )
    )
    return plan


def load(case: Case, digest: str) -> Plan:
    """A plan by its digest. Raises `BadInput` if there is none, `JournalError` if its bytes were altered."""
    state = case.state.actions.get(digest)
    if state is None:
        raise BadInput(f"There is no plan {digest[:12]!r} in this incident. Plan it again.")
    try:
        return msgspec.json.decode(case.evidence.get(state.planned.blob), type=Plan)
    except msgspec.DecodeError as error:
        raise JournalError(f"The plan {digest[:12]} cannot be read: {error}. Plan it again.") from error


def find(case: Case, prefix: str) -> str:
    """The digest that begins like this. Raises `BadInput` when none or several do."""
    found = [digest for digest in case.state.actions if len(prefix) >= 4 and digest.startswith(prefix)]
    if len(found) != 1:
        many = "several plans begin" if found else "no plan of this incident begins"
        raise BadInput(f"{many} with {prefix[:64]!r}. Give more digits, or plan it again.")
    return found[0]


def refuse_expired(case: Case, plan: Plan) -> None:
    """Raises `Refused` when the plan is older than it may be."""
    age = case.clock.now() - plan.created
    if age > KEPT or age < -KEPT:
        raise Refused(f"The plan {plan.id} is {int(age // 60)} minutes old; it was kept for 15. Plan it again.")


def applied(case: Case, digest: str) -> Applied:
    """What is known of an applied plan. Raises `JournalError` if its evidence was altered or is gone."""
    state = case.state.actions[digest]
    plan = load(case, digest)
    done = done_steps(state, plan)
    decode = msgspec.json.decode
    befores = {n: decode(case.evidence.get(i.before)) for n, i in state.intents.items() if i.before and n in done}
    # What was found out by reading was read then; what was answered counts, where there is both.
    images = {n: one.after for n, one in state.resolved.items()}
    images |= {n: one.after for n, one in state.effects.items() if one.after}
    afters = {n: decode(case.evidence.get(image)) for n, image in images.items() if image and n in done}
    # Where nothing had to be written (it was gone already) the plan's own time is the one to look from.
    at = state.wrote_at or plan.created
    return Applied(plan, at, befores, afters, state.server_at or at - case.cluster.info.skew)


async def _in_time(work: Awaitable[Plan], action: str) -> Plan:
    try:
        async with asyncio.timeout(WITHIN):
            return await work
    except TimeoutError as error:
        raise Unreachable(
            f"{action} could not be planned within {WITHIN:.0f} s: the API server is too slow."
        ) from error


def _checked(spec: ActionSpec, params: Mapping[str, str]) -> dict[str, str]:
    """Parameters with defaults, each of its kind. Raises `BadInput` naming the parameter."""
    known = {param.name: param for param in spec.params}
    if unknown := sorted(set(params) - set(known)):
        has = ", ".join(known) or "none"
        raise BadInput(f"{spec.id} has no parameter {unknown[0]!r}; it has: {has}.")
    given = {name: params.get(name, param.default) for name, param in known.items()}
    for name, value in given.items():
        if wrong := known[name].wrong(value):
            raise BadInput(f"{spec.id}: {name} {wrong.rstrip('.')}.")
    return given
