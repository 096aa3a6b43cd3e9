"""`workload.resume`: undo of a stop, from the before-image: replicas, suspend, node selector as they were."""

from __future__ import annotations

from typing import Any

from console.actions.base import Applied, Desk
from console.actions.drafting import patch, reference, rights_of
from console.actions.pinning import canonical
from console.actions.reading import Whole
from console.actions.workload.stopping import KINDS, SCALED
from console.actions.writing import NOTHING, Undoing
from console.checks import asking
from console.checks.workloads import set_to_stop
from console.errors import Refused
from console.model.action import ActionSpec, Danger, Right
from console.model.facts import Unknown
from console.model.plan import Plan, Step
from console.model.ref import ResourceRef
from console.model.verdict import Verdict, both
from console.model.workload import Workload
from console.ports.facts import Facts


class WorkloadResume(Undoing):
    """Only what the stop changed is put back; what others changed since stays."""

    spec = ActionSpec(
        id="workload.resume",
        title="Start a stopped workload again",
        family="workload",
        danger=Danger.D2,
        help=(
            "Puts back what the stop changed: replicas, suspend or the node selector, as they were before. New pods "
            "are made from the template as it is now: fix the image or template first, or the intrusion starts again. "
            "What the killed pods held is lost; a Job starts from the beginning."
        ),
        targets=KINDS,
        rights=(
            *(Right("patch", f"{plural}/scale", "apps") for plural in ("deployments", "replicasets", "statefulsets")),
            *(Right("get", plural, "apps") for plural in ("deployments", "replicasets", "statefulsets", "daemonsets")),
            Right("patch", "daemonsets", "apps"),
            *(Right(verb, plural, "batch") for verb in ("get", "patch") for plural in ("jobs", "cronjobs")),
        ),
        undo_why="Stopping it again is workload.suspend.",
        inverse_of="workload.suspend",
    )

    async def plan_undo(self, desk: Desk, applied: Applied, mode: str) -> Plan:
        key = str(applied.plan.context_value()["key"])
        steps: list[Step] = []
        notes: list[str] = []
        goals: list[dict[str, Any]] = []
        # The Job before its CronJob: in the order opposite to the stop.
        for number in sorted(applied.befores, reverse=True):
            ref = applied.plan.steps[number - 1].call.ref
            now, place = await _present(desk, ref), {"kind": ref.kind, "namespace": ref.namespace, "name": ref.name}
            if now is None:
                goals.append({**place, "uid": ref.uid})
                notes.append(f"{ref.kind} {ref} is gone or was made again: nothing is put back for it.")
            elif goal := _goal(ref, applied.befores[number], now, key):
                steps.append(_step(desk, ref, now, goal))
                goals.append({**place, "spec": goal})
            else:
                goals.append({**place, "uid": ref.uid})
                notes.append(f"{ref.kind} {ref} was started by another hand already.")
        if not goals:
            raise Refused("There is nothing to put back: no write was made.")
        return Plan(
            self.spec.id,
            applied.plan.target,
            Danger.D2,
            desk.now(),
            tuple(steps),
            rights=rights_of(tuple(steps)),
            blast=tuple(step.call.title for step in steps),
            limits=("what the killed pods held in memory and in their own files is lost",),
            undo=("workload.suspend stops it again.",),
            warnings=("New pods run the template as it is now: make sure it is clean." if steps else NOTHING, *notes),
            context=canonical({"goals": goals, "key": key}),
        )

    def converged(self, facts: Facts, applied: Applied) -> Verdict:
        return self.effective(facts, applied)

    def effective(self, facts: Facts, applied: Applied) -> Verdict:
        context = applied.plan.context_value()
        return both(*(_reached(facts, goal, context.get("key", "")) for goal in context["goals"]))


async def _present(desk: Desk, ref: ResourceRef) -> dict[str, Any] | None:
    """The object, if it is still the same one."""
    try:
        return await desk.fetch(ref)
    except Refused:
        return None


def _goal(ref: ResourceRef, before: Whole, now: Whole, key: str) -> dict[str, Any]:
    """The part of `spec` to put back, {} when another hand has started it already."""
    was, spec = before.get("spec") or {}, now.get("spec") or {}
    if ref.kind in SCALED:
        wanted = was.get("replicas", 1)
        return {"replicas": wanted} if spec.get("replicas", 1) == 0 and wanted else {}
    if ref.kind == "DaemonSet":
        selector = ((spec.get("template") or {}).get("spec") or {}).get("nodeSelector") or {}
        return {"template": {"spec": {"nodeSelector": {key: None}}}} if key in selector else {}
    return {"suspend": bool(was.get("suspend"))} if spec.get("suspend") and not was.get("suspend") else {}


def _step(desk: Desk, ref: ResourceRef, now: Whole, goal: dict[str, Any]) -> Step:
    exact = reference(now, ref.kind, desk.info.id)
    sub = "scale" if ref.kind in SCALED else ""
    pins = {"replicas": "spec.replicas", "suspend": "spec.suspend", "template": "spec.template.spec.nodeSelector"}
    what = f"scale {ref.kind} {ref} back to {goal['replicas']}" if "replicas" in goal else f"start {ref.kind} {ref}"
    return patch(desk.manager, exact, now, {"spec": goal}, (pins[next(iter(goal))],), what, sub)


def _reached(facts: Facts, goal: dict[str, Any], key: str) -> Verdict:
    kind, namespace, name, spec = goal["kind"], goal["namespace"], goal["name"], goal.get("spec")
    fact = facts.get(asking.an_object(kind, namespace, name))
    if isinstance(fact, Unknown):
        return Verdict(None, f"{kind} {namespace}/{name}: {fact.why}")
    if spec is None:  # nothing was written: it is gone, or another hand has started it
        there = isinstance(fact.value, Workload) and fact.value.metadata.uid == goal["uid"]
        why = set_to_stop(kind, fact.value, key) if there else "gone, or another one now"
        return Verdict(bool(why), f"{kind} {name}: {why or 'still stopped'}", at=fact.at)
    if not isinstance(fact.value, Workload):
        return Verdict(False, f"{kind} {namespace}/{name} is gone", at=fact.at)
    have = fact.value.spec
    if "replicas" in spec:
        return Verdict(have.replicas == spec["replicas"], f"{kind} {name} wants {have.replicas} replicas", at=fact.at)
    if "suspend" in spec:
        return Verdict(bool(have.suspend) == spec["suspend"], f"{kind} {name} suspend={have.suspend}", at=fact.at)
    (key,) = spec["template"]["spec"]["nodeSelector"]
    selector = (have.template.spec.node_selector if have.template else None) or {}
    return Verdict(key not in selector, f"{kind} {name} selects nodes by {selector or 'nothing'}", at=fact.at)
