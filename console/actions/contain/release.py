"""`pod.release`: undo of a quarantine. Network only (the default: the pod stays detached), or reattach, which puts the
labels back last and first sees to it that the controller does not delete the evidence as one pod too many. Of a
quarantine that stopped before it isolated the pod, all is taken back whatever the mode.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec

from console.actions.base import Applied, Desk
from console.actions.contain.restoring import Back, labels_back, node_back, pod_notes_back, protected_node
from console.actions.drafting import delete, patch, reference, rights_of
from console.actions.evidence.capturing import AROUND, MANIFEST, capture_pod
from console.actions.evidence.pod import READS, reads_in
from console.actions.pinning import canonical, pin
from console.actions.reading import Owner, Whole, is_ready, labels, meta, owners
from console.actions.writing import NOTHING, Undoing
from console.checks import asking
from console.checks.pods import pod_now, with_labels
from console.errors import Refused
from console.model.action import ActionSpec, Danger, Param, Right
from console.model.facts import Unknown
from console.model.plan import Plan, Step
from console.model.ref import BY_KIND, ResourceRef
from console.model.verdict import Verdict, both
from console.model.workload import Pod
from console.ports.facts import Facts

NETWORK, REATTACH, ANYWAY = "network", "reattach", "reattach-anyway"
MODES = (NETWORK, REATTACH, ANYWAY)
COST = "controller.kubernetes.io/pod-deletion-cost"
HIGHEST = "2147483647"
_UNTOUCHED = "as-it-was"
"""No choice of a person: the quarantine stopped before it isolated anything."""
_POLICY = "NetworkPolicy"


class PodRelease(Undoing):
    """The way back, in two modes."""

    spec = ActionSpec(
        id="pod.release",
        title="Release an isolated pod",
        family="contain",
        danger=Danger.D2,
        help=(
            "Deletes the policy of a quarantine. In mode network the pod stays without labels and controller, with its "
            "network back. In mode reattach its labels come back last: the controller adopts it and has one too many. "
            "It deletes not-ready ones first, so its deletion cost is raised, or the owner is scaled up by one before."
        ),
        targets=("Pod",),
        params=(
            Param("mode", "network, reattach, or reattach-anyway: at the risk of the pod", "choice", MODES, NETWORK),
        ),
        rights=(
            *READS,
            Right("patch", "pods"),
            Right("get", "nodes"),
            Right("patch", "nodes"),
            Right("delete", "networkpolicies", "networking.k8s.io"),
            Right("get", "networkpolicies", "networking.k8s.io"),
            Right("patch", "deployments/scale", "apps"),
            Right("patch", "replicasets/scale", "apps"),
        ),
        undo_why="Isolating the pod again is pod.quarantine.",
        inverse_of="pod.quarantine",
    )

    async def plan_undo(self, desk: Desk, applied: Applied, mode: str) -> Plan:
        mode = mode or NETWORK
        if mode not in MODES:
            raise Refused(f"pod.release has no mode {mode!r}: choose {', '.join(MODES)}.")
        context, target = applied.plan.context_value(), applied.plan.target
        steps = list(await _unblock(desk, applied, context))
        if (pod := await _never_isolated(desk, applied, context)) is not None:
            return _as_it_was(desk, applied, pod, steps)
        room, node = _Room(), Back()
        if mode != NETWORK:
            room, back = await _reattach(desk, target, context, anyway=mode == ANYWAY)
            node = await node_back(desk, applied, context)
            steps = [*room.before, *steps, back, *node.steps]
        return Plan(
            self.spec.id,
            target,
            Danger.D2,
            desk.now(),
            tuple(steps),
            (("mode", mode),),
            rights_of(tuple(steps), *(reads_in(target.namespace) if room.risky else ())),
            blast=(f"Pod {target} may send and receive again, as the other policies allow.",),
            residual=node.residual if mode != NETWORK else _stays(applied, context),
            undo=("pod.quarantine isolates it again.",),
            destroys=(target,) if room.risky else (),
            protects=(MANIFEST, *AROUND) if room.risky else (),
            warnings=(*(() if steps else (NOTHING,)), *room.warnings, *node.warnings),
            context=canonical({**context, "mode": mode}),
        )

    async def collect(self, desk: Desk, plan: Plan) -> None:
        """The pod may be deleted by its controller once it is adopted again."""
        if plan.destroys:
            await capture_pod(desk, plan.target)

    def converged(self, facts: Facts, applied: Applied) -> Verdict:
        return self.effective(facts, applied)

    def effective(self, facts: Facts, applied: Applied) -> Verdict:
        context, target = applied.plan.context_value(), applied.plan.target
        gone = policy_gone(facts, target.namespace, context["policy"])
        if context["mode"] == NETWORK:
            return gone
        pod = pod_now(facts, target)
        if isinstance(pod, Verdict):
            return both(gone, pod)
        if context["mode"] == _UNTOUCHED:
            return both(gone, _with_notes(pod, context["annotations"]))
        marks = with_labels(pod, context["labels"] if context["detach"] else {}, exactly=False)
        if context["key"] in (pod.metadata.labels or {}):
            marks = Verdict(False, f"it still carries the label {context['key']}")
        owner = context["owner"]
        if owner and context["detach"] and pod.metadata.controller is None:
            return both(gone, marks, Verdict(False, f"{owner['kind']} {owner['name']} has not adopted it yet"))
        return both(gone, marks)


def _stays(applied: Applied, context: Mapping[str, Any]) -> tuple[str, ...]:
    """What is left of the isolation when only the network comes back."""
    lines = ["the pod stays without its labels and its controller"] if context["detach"] else []
    if found := protected_node(applied):
        lines.append(f"node {found[1].name} stays protected from autoscalers, and so does the pod")
    return tuple(lines)


def policy_gone(facts: Facts, namespace: str, name: str) -> Verdict:
    """Whether the quarantine's own policy is gone."""
    fact = facts.get(asking.an_object(_POLICY, namespace, name))
    if isinstance(fact, Unknown):
        return Verdict(None, f"policy {namespace}/{name}: {fact.why}")
    there = fact.value is not None
    return Verdict(not there, f"policy {name} {'still exists' if there else 'is gone'}", at=fact.at)


async def _never_isolated(desk: Desk, applied: Applied, context: Mapping[str, Any]) -> Whole | None:
    """The pod, when the quarantine stopped before it took the labels: then there is nothing to choose between."""
    relabelled = max(n for n, step in enumerate(applied.plan.steps, 1) if step.call.ref.kind == "Pod")
    if relabelled in applied.befores:
        return None
    try:
        pod = await desk.fetch(applied.plan.target)
    except Refused:
        return None
    same = meta(pod).get("uid") == applied.plan.target.uid
    return pod if same and context["key"] not in labels(pod) else None  # it may have been done without an answer


def _as_it_was(desk: Desk, applied: Applied, pod: Whole, steps: list[Step]) -> Plan:
    """Everything goes that was written before it stopped: the policy, and the annotations for autoscalers."""
    context, target = applied.plan.context_value(), applied.plan.target
    if wrong := pod_notes_back(pod, context).changes:
        change, what = {"metadata": {"annotations": wrong}}, f"put the annotations of {target} back"
        steps = [*steps, patch(desk.manager, target, pod, change, (), what, fresh=False)]
    return Plan(
        PodRelease.spec.id,
        target,
        Danger.D2,
        desk.now(),
        tuple(steps),
        rights=rights_of(tuple(steps)),
        blast=(f"Nothing changes for pod {target}: the quarantine stopped before it was isolated.",),
        undo=("pod.quarantine isolates it.",),
        warnings=() if steps else (NOTHING,),
        context=canonical({**context, "mode": _UNTOUCHED}),
    )


def _with_notes(pod: Pod, wanted: Mapping[str, str | None]) -> Verdict:
    had = pod.metadata.annotations or {}
    wrong = [name for name, value in wanted.items() if had.get(name) != value]
    return Verdict(
        not wrong, f"annotation {wrong[0]} is not as it was" if wrong else "its annotations are as they were"
    )


async def _unblock(desk: Desk, applied: Applied, context: Mapping[str, Any]) -> tuple[Step, ...]:
    """The delete of our own policy, by the uid it was created with; nothing when it is gone."""
    name = BY_KIND[_POLICY].ref(applied.plan.target.namespace, context["policy"])
    try:
        policy = await desk.fetch(name)
    except Refused:
        return ()
    ref = reference(policy, _POLICY, desk.info.id)
    created = {after.get("metadata", {}).get("uid") for after in applied.afters.values()}
    if ref.uid not in created:
        raise Refused(f"The policy {ref} is not the one this tool created: somebody made another under its name.")
    return (delete(ref, pin(ref, policy), f"delete policy {ref}"),)


class _Room(msgspec.Struct, frozen=True):
    """How the controller is kept from deleting the pod when it is one too many again."""

    before: tuple[Step, ...] = ()
    notes: dict[str, str] = {}
    warnings: tuple[str, ...] = ()
    risky: bool = False
    """The controller may still delete it: its evidence must be sealed."""


async def _reattach(desk: Desk, target: ResourceRef, context: Mapping[str, Any], anyway: bool) -> tuple[_Room, Step]:
    """What must come before, and the relabelling itself."""
    pod = await desk.fetch(target)
    ref = reference(pod, "Pod", desk.info.id)
    room = await _room_for(desk, pod, context, anyway) if context["detach"] else _Room()
    marks, kept = labels_back(pod, context), pod_notes_back(pod, context)
    annotations = {**kept.changes, context["saved"]: None, **room.notes}
    change = {"metadata": {"labels": marks.changes, "annotations": annotations}}
    pins = ("metadata.labels", "metadata.ownerReferences")
    room = msgspec.structs.replace(room, warnings=(*room.warnings, *marks.warnings, *kept.warnings))
    return room, patch(desk.manager, ref, pod, change, pins, f"put the labels of {ref} back")


async def _room_for(desk: Desk, pod: Whole, context: Mapping[str, Any], anyway: bool) -> _Room:
    owner = context["owner"]
    if not owner:
        return _Room()
    chain = [link for link in await _chain(desk, pod, owner) if link.obj is not None]
    name = f"{owner['kind']} {owner['name']}"
    if not chain:
        return _Room(warnings=(f"{name} is gone: nothing will adopt the pod.",))
    if owner["kind"] != "ReplicaSet":
        warning = _UNRANKED.get(owner["kind"], _OTHER).format(name)
        return _Room(warnings=(warning,), risky=owner["kind"] != "StatefulSet")
    if _replicas(chain[0].obj) == 0:
        raise Refused(
            f"{name} wants no pods: it would delete {meta(pod)['name']} at once. Resume the workload first (u), or "
            f"release in mode {NETWORK}."
        )
    if is_ready(pod):
        text = f"{COST} stays on the pod: when {name} has one pod too many, it deletes another one."
        return _Room(notes={COST: HIGHEST}, warnings=(text,))
    if not anyway:
        raise Refused(
            f"Pod {meta(pod)['name']} is not ready, and {name} then has one pod too many and deletes such a pod first. "
            f"Release in mode {NETWORK} to keep it, or in mode {ANYWAY} when it may be lost."
        )
    return _one_more(desk, chain[-1])


async def _chain(desk: Desk, pod: Whole, owner: Mapping[str, str]) -> tuple[Owner, ...]:
    """The owners the pod had: it names them no more, the quarantine's plan does."""
    once = {"metadata": {"namespace": meta(pod)["namespace"], "ownerReferences": [{**owner, "controller": True}]}}
    return await owners(desk, once)


def _one_more(desk: Desk, top: Owner) -> _Room:
    """Scale the top of the chain up by one, so that the pod is not one too many."""
    had = _replicas(top.obj)
    ref = reference(top.obj or {}, top.ref.kind, desk.info.id)
    change, title = {"spec": {"replicas": had + 1}}, f"scale {ref.kind} {ref} to {had + 1}"
    step = patch(desk.manager, ref, top.obj or {}, change, ("spec.replicas",), title, "scale")
    warning = (
        f"The pod is not ready, and a controller with one too many deletes such a pod first. {ref.kind} {ref.name} "
        f"is scaled to {had + 1} before; that helps only while the extra replica is younger and still pending. "
        f"Scale it back to {had} when the evidence is no longer needed."
    )
    return _Room((step,), {COST: HIGHEST}, (warning,), risky=True)


def _replicas(obj: Whole | None) -> int:
    return int(((obj or {}).get("spec") or {}).get("replicas", 1))


_OTHER = "{} may adopt the pod again if its labels match, and delete it: it then counts one pod too many."
_UNRANKED = {
    "StatefulSet": "{} adopts the pod again under its ordinal.",
    "DaemonSet": "{} then has two pods on the node and deletes the younger one.",
    "Job": "{} then has one active pod too many and deletes one.",
}
