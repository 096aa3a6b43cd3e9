"""`pod.quarantine`: evidence, protection, a policy without rules, then one patch that takes the pod out of Services,
out of its controller and into that policy. The policy exists before the pod carries its label, so there is no gap.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, cast

from console.actions.base import Applied, Desk
from console.actions.blast import budget_lines, service_lines
from console.actions.contain.advice import owner_warnings, refuse_unreachable
from console.actions.drafting import create, patch, reference, rights_of, way_back
from console.actions.evidence.capturing import AROUND, MANIFEST, capture_pod
from console.actions.evidence.pod import AROUND_READS, READS, reads_in
from console.actions.pinning import canonical
from console.actions.reading import Owner, controller, labels, meta, notes, owners, pruned, refuse_other
from console.actions.reverters import reverter_lines
from console.checks.pods import (
    LIMITS,
    NO_DATA_PATH,
    isolated_on_paper,
    out_of_services,
    pod_now,
    released,
    replaced,
    with_labels,
)
from console.errors import Refused
from console.model.action import ActionSpec, Danger, Param, Right
from console.model.network import NetworkPolicy
from console.model.plan import Plan, Step
from console.model.ref import BY_KIND, ResourceRef
from console.model.verdict import Verdict, both
from console.model.workload import Pod
from console.policy.netpol import isolation
from console.ports.facts import Facts

NET = "networking.k8s.io"
KEEP_POD = {"karpenter.sh/do-not-disrupt": "true", "cluster-autoscaler.kubernetes.io/safe-to-evict": "false"}
"""A pod without a controller is evictable to autoscalers: these keep the evidence."""
KEEP_NODE = {"karpenter.sh/do-not-disrupt": "true", "cluster-autoscaler.kubernetes.io/scale-down-disabled": "true"}


class PodQuarantine:
    """See the module; `detach=no` leaves the pod with its owner and only adds the policy's label."""

    spec = ActionSpec(
        id="pod.quarantine",
        title="Isolate a pod from the network",
        family="contain",
        danger=Danger.D2,
        help=(
            "Seals the pod's evidence, protects pod and node from autoscalers, creates a NetworkPolicy that allows "
            "nothing, then takes all labels off the pod but the policy's: it leaves its controller and every Service, "
            "and keeps running for the forensics. The controller starts a replacement with the same image. It does not "
            "stop traffic on the pod's own node, established connections on some networks, or stolen credentials."
        ),
        targets=("Pod",),
        key="i",
        params=(
            Param("detach", "Take the pod from its controller (auto: yes, but no for a StatefulSet)", "choice",
                  ("auto", "yes", "no"), "auto"),
            Param("protect-node", "Keep autoscalers from removing its node", "choice", ("yes", "no"), "yes"),
        ),
        rights=(
            *READS,
            *AROUND_READS,
            Right("patch", "pods"),
            Right("create", "networkpolicies", NET),
            Right("patch", "nodes"),
        ),
        undo="pod.release",
        undo_why="Putting the labels back lets the controller adopt the pod and delete one too many: see pod.release.",
        attack=("RS.MI-01", "M1030", "T1610"),
    )  # fmt: skip

    async def plan(self, desk: Desk, target: ResourceRef, params: Mapping[str, str]) -> Plan:
        pod = await desk.fetch(target)
        refuse_other(target, pod)
        refuse_unreachable(pod)
        chain = await owners(desk, pod)
        draft = _Draft(desk, pod, chain, _detach(pod, params))
        draft.refuse_twice()
        node = await _node(desk, pod, params)
        steps = draft.steps(node)
        left = await draft.left()
        typed = (cast(Pod, pruned("Pod", pod)),)
        return Plan(
            self.spec.id,
            draft.ref,
            Danger.D2,
            desk.now(),
            steps,
            tuple(sorted(params.items())),
            # The node is looked at also when it needs no change: it may be protected already.
            rights_of(steps, *reads_in(draft.ref.namespace), *((Right("get", "nodes"),) if _on(pod, params) else ())),
            blast=(*(service_lines(desk.view, typed) if draft.detach else ()), *budget_lines(desk.view, typed)),
            residual=left,
            limits=LIMITS,
            protects=(MANIFEST, *AROUND),
            reverters=reverter_lines([pod, *(owner.obj for owner in chain if owner.obj is not None)]),
            undo=draft.undo(),
            warnings=(*owner_warnings(pod, chain, draft.detach), *_going(pod)),
            context=canonical(draft.context()),
        )

    async def collect(self, desk: Desk, plan: Plan) -> None:
        """Manifest first; whoever waits for the rest may stop waiting."""
        await capture_pod(desk, plan.target)

    def converged(self, facts: Facts, applied: Applied) -> Verdict:
        context = applied.plan.context_value()
        pod = pod_now(facts, applied.plan.target)
        if isinstance(pod, Verdict):
            return pod
        marks = with_labels(pod, {context["key"]: context["value"]}, exactly=context["detach"])
        if not context["detach"]:
            return marks
        parts = [marks, released(pod), out_of_services(facts, pod)]
        if owner := context["owner"]:
            parts.append(replaced(facts, owner["kind"], pod.metadata.namespace, owner["name"], owner["uid"]))
        return both(*parts)

    def effective(self, facts: Facts, applied: Applied) -> Verdict:
        pod = pod_now(facts, applied.plan.target)
        if isinstance(pod, Verdict):
            return pod
        paper = isolated_on_paper(facts, pod)
        truth = None if paper.truth else paper.truth
        return Verdict(truth, paper.observed, paper.residual, (NO_DATA_PATH,), LIMITS, paper.at)


class _Draft:
    """The names and bodies of one quarantine."""

    def __init__(self, desk: Desk, pod: dict[str, Any], chain: tuple[Owner, ...], detach: bool) -> None:
        self.desk, self.pod, self.chain, self.detach = desk, pod, chain, detach
        self.ref = reference(pod, "Pod", desk.info.id)
        self.key, self.saved = desk.neutral_name("label key"), desk.neutral_name("saved labels key")
        # Unique for each plan: a second quarantine of the namespace, or of this pod after a release, must not collide.
        once = f"{self.ref.uid} {meta(pod).get('resourceVersion', '')}"
        self.value, self.policy = desk.neutral_name(f"label {once}"), desk.neutral_name(f"policy {once}")

    def refuse_twice(self) -> None:
        if self.key in labels(self.pod):
            raise Refused(
                f"Pod {self.ref} is isolated already (label {self.key}={labels(self.pod)[self.key]}). "
                "Its line in the undo register (u) releases it."
            )

    def steps(self, node: dict[str, Any] | None) -> tuple[Step, ...]:
        steps = [self._protect(), self._create(), self._relabel()]
        if node is not None:
            steps.append(self._protect_node(node))
        return tuple(steps)

    def _protect(self) -> Step:
        change = {"metadata": {"annotations": KEEP_POD}}
        return patch(
            self.desk.manager, self.ref, self.pod, change, (), f"keep autoscalers from evicting {self.ref}", fresh=False
        )

    def _protect_node(self, node: dict[str, Any]) -> Step:
        ref = reference(node, "Node", self.desk.info.id)
        change = {"metadata": {"annotations": KEEP_NODE}}
        title = f"keep autoscalers from removing node {ref.name}"
        return patch(self.desk.manager, ref, node, change, (), title, fresh=False)

    def manifest(self) -> dict[str, Any]:
        """The policy: it selects by its own label alone and has no rule."""
        return {
            "apiVersion": f"{NET}/v1",
            "kind": "NetworkPolicy",
            "metadata": {"name": self.policy, "namespace": self.ref.namespace},
            "spec": {"podSelector": {"matchLabels": {self.key: self.value}}, "policyTypes": ["Ingress", "Egress"]},
        }

    def _create(self) -> Step:
        ref = BY_KIND["NetworkPolicy"].ref(self.ref.namespace, self.policy, cluster=self.desk.info.id)
        return create(self.desk.manager, ref, self.manifest(), f"create policy {ref}: nothing in, nothing out")

    def _relabel(self) -> Step:
        had = labels(self.pod)
        what = f"take {len(had)} labels off {self.ref} and add" if self.detach else f"label {self.ref} with"
        return patch(
            self.desk.manager,
            self.ref,
            self.pod,
            self._marks(),
            ("metadata.labels", "metadata.ownerReferences"),
            f"{what} {self.key}={self.value}",
        )

    async def left(self) -> tuple[str, ...]:
        """What the union of all policies will still allow, on the labels the pod will have."""
        found = await self.desk.listing("NetworkPolicy", self.ref.namespace)
        policies = [cast(NetworkPolicy, pruned("NetworkPolicy", one)) for one in (*found, self.manifest())]
        marks = {self.key: self.value} if self.detach else {**labels(self.pod), self.key: self.value}
        return isolation(policies, self.ref.namespace, marks).left

    def undo(self) -> tuple[str, ...]:
        return (
            "pod.release, mode network: deletes the policy, the pod stays detached "
            f"(kubectl delete networkpolicy {self.policy} -n {self.ref.namespace})",
            "pod.release, mode reattach: deletes the policy and puts the labels back, last. The controller adopts the "
            "pod, has one too many, and deletes a not-ready one first: that may be the evidence. By hand, after the "
            "policy is gone:",
            way_back(self.desk.manager, self.ref, self.pod, self._marks()),
        )

    def _marks(self) -> dict[str, Any]:
        """What isolates the pod: its labels off, that of the policy on, the old ones kept in a note."""
        had = labels(self.pod)
        marks: dict[str, str | None] = {**(dict.fromkeys(had) if self.detach else {}), self.key: self.value}
        saved = {"annotations": {self.saved: canonical(had).decode()}} if self.detach else {}
        return {"metadata": {"labels": marks, **saved}}

    def context(self) -> dict[str, Any]:
        owner = controller(self.pod)
        keep = ("kind", "name", "uid", "apiVersion")
        had = notes(self.pod)
        return {
            "key": self.key,
            "value": self.value,
            "saved": self.saved,
            "policy": self.policy,
            "detach": self.detach,
            "labels": labels(self.pod),
            "annotations": {name: had.get(name) for name in KEEP_POD},
            "owner": {name: owner.get(name, "") for name in keep} if owner else None,
        }


def _detach(pod: dict[str, Any], params: Mapping[str, str]) -> bool:
    wish = params.get("detach") or "auto"
    owner = controller(pod)
    stateful = owner is not None and owner.get("kind") == "StatefulSet"
    return wish == "yes" or (wish == "auto" and not stateful)


def _on(pod: dict[str, Any], params: Mapping[str, str]) -> str:
    """The node that is to be protected, "" for none."""
    return "" if params.get("protect-node") == "no" else str((pod.get("spec") or {}).get("nodeName") or "")


async def _node(desk: Desk, pod: dict[str, Any], params: Mapping[str, str]) -> dict[str, Any] | None:
    name = _on(pod, params)
    if not name:
        return None
    node = await desk.fetch(BY_KIND["Node"].ref("", name))
    return None if KEEP_NODE.items() <= notes(node).items() else node


def _going(pod: dict[str, Any]) -> tuple[str, ...]:
    stamp = meta(pod).get("deletionTimestamp")
    return (f"It is being deleted (since {stamp}): capture evidence at once.",) if stamp else ()
