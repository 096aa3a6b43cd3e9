"""`evidence.pod`: seal what the API server and the kubelet still tell about a pod. Reads only, writes nothing to the
cluster, runs nothing in the pod.
"""

from __future__ import annotations

from collections.abc import Mapping

from console.actions.base import Applied, Desk
from console.actions.drafting import reference
from console.actions.evidence.capturing import AROUND, MANIFEST, capture_pod
from console.actions.evidence.containers import CAP, logs_of
from console.actions.reading import owners, refuse_other
from console.checks.evidence import LIMITS, evidence_pod
from console.errors import Refused
from console.model.action import ActionSpec, Danger, Right
from console.model.plan import Plan
from console.model.ref import ResourceRef
from console.model.verdict import Verdict
from console.ports.facts import Facts

RBAC = "rbac.authorization.k8s.io"
READS = (
    Right("get", "pods"),
    Right("get", "pods/log"),
    Right("list", "events"),
    Right("get", "serviceaccounts"),
    Right("list", "networkpolicies", "networking.k8s.io"),
    Right("list", "endpointslices", "discovery.k8s.io"),
)
"""What a pod's evidence needs at least."""
AROUND_READS = (
    *(Right("get", plural, "apps") for plural in ("replicasets", "deployments", "statefulsets", "daemonsets")),
    Right("get", "jobs", "batch"),
    Right("get", "cronjobs", "batch"),
    Right("get", "nodes"),
    *(Right("list", plural, RBAC) for plural in ("roles", "clusterroles", "rolebindings", "clusterrolebindings")),
)
"""Without one of these its item is missed on record, and the rest is still captured: not asked for in preflight."""


def reads_in(namespace: str) -> tuple[Right, ...]:
    """`READS` for one namespace."""
    return tuple(Right(right.verb, right.resource, right.group, namespace) for right in READS)


class EvidencePod:
    """Manifest first, then the rest in parallel; what cannot be had is a miss on record."""

    spec = ActionSpec(
        id="evidence.pod",
        title="Capture a pod's evidence",
        family="evidence",
        danger=Danger.D0,
        help=(
            "Seals the pod's manifest, its owners, its account and what that may do, the policies that select it, its "
            "node, Events, endpoints, and the logs of every container with timestamps (the previous ones of restarted "
            "containers too). It only reads and runs nothing inside the pod. It does not capture memory, processes or "
            "files, and never the values of Secrets."
        ),
        targets=("Pod",),
        key="e",
        leader=False,
        rights=(*READS, *AROUND_READS),
        undo_why="It changes nothing in the cluster.",
        attack=("RS.AN-07",),
    )

    async def plan(self, desk: Desk, target: ResourceRef, params: Mapping[str, str]) -> Plan:
        pod = await desk.fetch(target)
        refuse_other(target, pod)
        ref = reference(pod, "Pod", desk.info.id)
        logs = [f"{log.container}{' (previous)' if log.previous else ''}" for log in logs_of(pod)]
        chain = [f"{owner.ref.kind} {owner.ref.name}" for owner in await owners(desk, pod)]
        return Plan(
            self.spec.id,
            ref,
            Danger.D0,
            desk.now(),
            params=tuple(sorted(params.items())),
            rights=reads_in(ref.namespace),
            blast=(
                "Nothing is written to the cluster; the reads appear in its audit log.",
                f"Logs read: {', '.join(logs)}; each kept up to {CAP // 2**20} MiB from its beginning.",
                f"Owners read: {', '.join(chain) or 'none, it is a bare pod'}.",
            ),
            limits=LIMITS,
            protects=(MANIFEST, *AROUND),
            undo=(self.spec.undo_why,),
        )

    async def collect(self, desk: Desk, plan: Plan) -> None:
        await capture_pod(desk, plan.target)
        if not await desk.has_evidence(MANIFEST, plan.target.uid):
            raise Refused(f"The manifest of pod {plan.target} could not be sealed: see its line in the journal.")

    def converged(self, facts: Facts, applied: Applied) -> Verdict:
        return evidence_pod(facts, applied.plan.target)

    def effective(self, facts: Facts, applied: Applied) -> Verdict:
        return evidence_pod(facts, applied.plan.target)
