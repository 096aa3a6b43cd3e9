"""`sa.unrevoke`: undo of a revocation. Subjects and labels come back as they were; what others changed since stays."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec

from console.actions.base import Applied, Desk
from console.actions.comparing import body_of
from console.actions.drafting import create, patch, reference, rights_of
from console.actions.identity.holdings import INVALID_SINCE, RBAC
from console.actions.pinning import canonical
from console.actions.reading import Whole, labels, meta
from console.actions.writing import NOTHING, Undoing
from console.checks import asking
from console.errors import Refused
from console.model.action import ActionSpec, Danger, Right
from console.model.facts import Unknown
from console.model.objects import Binding
from console.model.plan import Plan, Step
from console.model.ref import ResourceRef
from console.model.verdict import Verdict, both
from console.ports.facts import Facts

Subjects = list[dict[str, Any]]
_WORTH = "Stolen tokens of this account, legacy ones too, are worth something again."
_PLURAL = {"Role": "roles", "ClusterRole": "clusterroles"}


class SaUnrevoke(Undoing):
    """See the module."""

    spec = ActionSpec(
        id="sa.unrevoke",
        title="Give a service account its rights back",
        family="identity",
        danger=Danger.D2,
        help=(
            "Puts the subjects back into the bindings and the labels back on the token Secrets, exactly as they were. "
            "Where somebody changed a binding since, only what was taken out is added again; a binding that was "
            "deleted since is made again. It needs the right to bind those roles, or all rights they give. Stolen "
            "copies of the legacy tokens work again too."
        ),
        targets=("ServiceAccount",),
        rights=(
            *(Right(verb, what, RBAC) for verb in ("get", "patch", "create") for what in
              ("rolebindings", "clusterrolebindings")),
            *(Right("bind", what, RBAC) for what in ("roles", "clusterroles")),
            Right("get", "secrets"),
            Right("patch", "secrets"),
        ),
        undo_why="Taking the rights away again is sa.revoke.",
        inverse_of="sa.revoke",
    )  # fmt: skip

    async def plan_undo(self, desk: Desk, applied: Applied, mode: str) -> Plan:
        steps: list[Step] = []
        goals: list[dict[str, Any]] = []
        notes: list[str] = []
        binds: set[Right] = set()
        for number, before in sorted(applied.befores.items()):
            call = applied.plan.steps[number - 1].call
            ref, now = call.ref, await _present(desk, call.ref)
            if ref.kind == "Secret":
                step, note = _secret(desk, ref, before, now)
            else:
                step, note = _binding(desk, ref, before, body_of(call), now)
            steps += [step] if step else []
            notes += [note] if note else []
            if step and ref.kind != "Secret":
                role = before.get("roleRef") or {}
                plural = _PLURAL.get(role.get("kind", ""), "clusterroles")
                binds.add(Right("bind", plural, RBAC, ref.namespace, role.get("name", "")))
            goals.append(_goal(step) if step else _goal_without(ref, now, before))
        if not goals:
            raise Refused("There is nothing to put back: no write was made.")
        return Plan(
            self.spec.id,
            applied.plan.target,
            Danger.D2,
            desk.now(),
            tuple(steps),
            rights=(*rights_of(tuple(steps)), *sorted(binds)),
            blast=(f"{applied.plan.target} has its rights back, and with it everybody who holds a token of it.",),
            undo=("sa.revoke takes them away again.",),
            warnings=(_WORTH if steps else NOTHING, *notes),
            context=canonical({"goals": goals}),
        )

    def converged(self, facts: Facts, applied: Applied) -> Verdict:
        return self.effective(facts, applied)

    def effective(self, facts: Facts, applied: Applied) -> Verdict:
        return both(*(_reached(facts, goal, applied) for goal in applied.plan.context_value()["goals"]))


async def _present(desk: Desk, ref: ResourceRef) -> dict[str, Any] | None:
    """The object of that name now, also when another hand has made it anew."""
    try:
        return await desk.fetch(msgspec.structs.replace(ref, uid=""))
    except Refused:
        return None


def _binding(
    desk: Desk, ref: ResourceRef, before: Whole, written: Whole, now: dict[str, Any] | None
) -> tuple[Step | None, str]:
    """The write that puts a binding's subjects back, and what to tell about it. `written`: what the removal wrote."""
    if now is None:
        return _made_again(desk, ref, before), f"{ref.kind} {ref} was deleted since: it is made again as it was."
    anew = meta(now).get("uid") != ref.uid
    if anew and now.get("roleRef") != before.get("roleRef"):
        return None, f"{ref.kind} {ref} was made anew by another hand, for another role: it is left alone."
    had, left, have = (list(one.get("subjects") or ()) for one in (before, written, now))
    wanted = put_back(had, left, have)
    if wanted == have:
        return None, f"{ref.kind} {ref} was put back by another hand already."
    how = "made anew by another hand" if anew else "changed"
    same = have == left and not anew
    note = "" if same else f"{ref.kind} {ref} was {how} since: what was taken out is added, the rest stays."
    pins = ("subjects", "roleRef")
    ref = reference(now, ref.kind, desk.info.id)
    return patch(desk.manager, ref, now, {"subjects": wanted}, pins, f"put the subjects of {ref.kind} {ref} back"), note


def put_back(had: Subjects, left: Subjects, have: Subjects) -> Subjects:
    """Subjects to write: exactly those of before when nobody touched them since, else only our own change reversed."""
    if have == left:
        return had
    added = [one for one in left if one not in had]
    kept = [one for one in have if one not in added]
    return [*kept, *(one for one in had if one not in left and one not in kept)]


def _made_again(desk: Desk, ref: ResourceRef, before: Whole) -> Step:
    told = ("name", "namespace", "labels", "annotations")
    manifest = {
        "apiVersion": f"{RBAC}/v1",
        "kind": ref.kind,
        "metadata": {key: meta(before)[key] for key in told if meta(before).get(key)},
        "roleRef": before["roleRef"],
        "subjects": before.get("subjects") or [],
    }
    bare = ResourceRef(desk.info.id, ref.group, ref.kind, ref.namespace, ref.name)
    return create(desk.manager, bare, manifest, f"make {ref.kind} {ref} again")


def _secret(desk: Desk, ref: ResourceRef, before: Whole, now: dict[str, Any] | None) -> tuple[Step | None, str]:
    if now is None:
        return None, f"Secret {ref} is gone: its token cannot come back."
    was = labels(before).get(INVALID_SINCE)
    if labels(now).get(INVALID_SINCE) == was:
        return None, f"Secret {ref} was put back by another hand already."
    change = {"metadata": {"labels": {INVALID_SINCE: was}}}
    exact = reference(now, "Secret", desk.info.id)
    return patch(desk.manager, exact, now, change, (), f"accept the legacy token in Secret {ref} again"), ""


def _goal(step: Step) -> dict[str, Any]:
    return _goal_of(step.call.ref, body_of(step.call).get("subjects"))


def _goal_of(ref: ResourceRef, subjects: Subjects | None) -> dict[str, Any]:
    place = {"kind": ref.kind, "namespace": ref.namespace, "name": ref.name}
    return {**place, "subjects": [_named(one) for one in subjects or ()]}


def _goal_without(ref: ResourceRef, now: Whole | None, before: Whole) -> dict[str, Any]:
    """What is to be seen where nothing is written: it is as another hand left it, or it is left alone."""
    if now is None or now.get("roleRef") != before.get("roleRef"):
        return {**_goal_of(ref, None), "left": True}
    return _goal_of(ref, now.get("subjects"))


def _named(subject: Mapping[str, Any]) -> list[str]:
    return [str(subject.get(field, "")) for field in ("kind", "namespace", "name")]


def _reached(facts: Facts, goal: dict[str, Any], applied: Applied) -> Verdict:
    kind, namespace, name = goal["kind"], goal["namespace"], goal["name"]
    if kind == "Secret":
        fact = facts.get(asking.token_secrets(namespace, applied.plan.target.name))
        if isinstance(fact, Unknown):
            return Verdict(None, f"Secret {namespace}/{name}: {fact.why}")
        since = dict(fact.value).get(name)
        if since is None and goal.get("left"):
            return Verdict(True, f"Secret {name} is gone", at=fact.at)
        return Verdict(since == "", f"Secret {name} {'is accepted' if since == '' else 'is refused'}", at=fact.at)
    fact = facts.get(asking.an_object(kind, namespace, name))
    if isinstance(fact, Unknown):
        return Verdict(None, f"{kind} {name}: {fact.why}")
    if goal.get("left"):
        return Verdict(True, f"{kind} {name} is for another role now", at=fact.at)
    subjects = fact.value.subjects or () if isinstance(fact.value, Binding) else ()
    have = [[one.kind, one.namespace, one.name] for one in subjects]
    missing = [one for one in goal["subjects"] if one not in have]
    text = f"{kind} {name} names {len(have)} subjects" if not missing else f"{kind} {name} lacks {missing[0][2]}"
    return Verdict(not missing, text, at=fact.at)
