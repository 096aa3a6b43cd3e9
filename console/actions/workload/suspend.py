"""`workload.suspend`: stop what makes pods, whatever kind it is: replicas 0, suspend, or a node selector no node has.

It kills the workload's pods: those without evidence make the plan irreversible (D3) and the gate asks for them. A pod
that was isolated before is no pod of the workload any more and stays.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, cast

from console.actions.base import Applied, Desk
from console.actions.blast import budget_lines, service_lines
from console.actions.drafting import patch, reference, rights_of, way_back
from console.actions.evidence.capturing import AROUND, MANIFEST, capture_pod, is_sealed
from console.actions.evidence.pod import AROUND_READS, READS, reads_in
from console.actions.pinning import canonical
from console.actions.reading import images, pruned
from console.actions.reverters import helm_line, reverter_lines, scaler_lines
from console.actions.workload.stopping import (
    KINDS,
    Stop,
    change_of,
    job_over,
    killed_by,
    running_jobs,
    scalers,
    stopped_already,
    what_to_stop,
)
from console.actions.writing import Writing
from console.checks.workloads import LIMITS, blind_to_again, made_again, stopped
from console.errors import Refused
from console.model.action import ActionSpec, Danger, Right
from console.model.plan import Plan, Step
from console.model.ref import ResourceRef
from console.model.verdict import Verdict, both
from console.model.workload import Pod
from console.ports.facts import Facts

_WRITES = (
    *(Right("patch", f"{plural}/scale", "apps") for plural in ("deployments", "replicasets", "statefulsets")),
    Right("patch", "daemonsets", "apps"),
    Right("patch", "jobs", "batch"),
    Right("patch", "cronjobs", "batch"),
)
_LOOKS = (
    Right("list", "pods"),
    Right("list", "replicasets", "apps"),
    Right("list", "jobs", "batch"),
)
_SCALERS = (
    Right("list", "horizontalpodautoscalers", "autoscaling"),
    Right("list", "scaledobjects", "keda.sh"),
)
"""Without these the plan says that an autoscaler may be unseen."""


class WorkloadSuspend(Writing):
    """See the module."""

    spec = ActionSpec(
        id="workload.suspend",
        title="Stop a workload",
        family="workload",
        danger=Danger.D2,
        help=(
            "Stops the highest owner of the target: a Deployment, ReplicaSet or StatefulSet is scaled to 0, a "
            "DaemonSet gets a node selector no node has, a Job or CronJob is suspended. All its pods are killed, "
            "without asking disruption budgets; a running Job of a suspended CronJob goes on unless it is the target. "
            "Replicas and selector come back with the undo, the pods' memory and files do not."
        ),
        targets=("Pod", *KINDS),
        key="w",
        rights=(*READS, *AROUND_READS, *_LOOKS, *_SCALERS, *_WRITES),
        undo="workload.resume",
        undo_why="What the killed pods held in memory and in their own files is lost.",
        destroys=True,
        attack=("RS.MI-01", "RA3501"),
    )

    async def plan(self, desk: Desk, target: ResourceRef, params: Mapping[str, str]) -> Plan:
        stops = await what_to_stop(desk, target)
        _refuse_done(stops)
        key, value = desk.neutral_name("node key"), desk.neutral_name("node value")
        stops = [stop for stop in stops if not stopped_already(stop)]
        steps = tuple(_step(desk, stop, key, value) for stop in stops)
        pods = await killed_by(desk, stops)
        refs = tuple(reference(pod, "Pod", desk.info.id) for pod in pods)
        bare = [ref for ref in refs if not await is_sealed(desk, ref.uid)]
        aims, unread = await scalers(desk, stops[0].ref.namespace)
        typed = [cast(Pod, pruned("Pod", pod)) for pod in pods]
        jobs = await running_jobs(desk, stops)
        top = stops[0].ref
        return Plan(
            self.spec.id,
            top,
            Danger.D3 if bare else Danger.D2,
            desk.now(),
            steps,
            tuple(sorted(params.items())),
            rights_of(steps, *self._reads(top.namespace)),
            blast=(
                f"{len(pods)} pods of {top.kind} {top} end."
                + (f" {len(bare)} of them have no evidence yet: that makes it irreversible." if bare else ""),
                *service_lines(desk.view, typed),
                *budget_lines(desk.view, typed),
            ),
            residual=tuple(f"Job {name} runs on: suspend it as well (x w on it)" for name in jobs),
            limits=LIMITS,
            destroys=refs,
            # Also where no pod runs now: one may when it is carried out.
            protects=(MANIFEST, *AROUND) if any(stop.ref.kind != "CronJob" for stop in stops) else (),
            reverters=(
                *reverter_lines([stop.obj for stop in stops]),
                *scaler_lines(aims, top.kind, top.name),
                *unread,
            ),
            undo=(f"workload.resume: {_back(stops)}. {self.spec.undo_why}", *_lines_back(desk, stops, key, value)),
            warnings=tuple(_warnings(stops, len(refs))),
            context=canonical(_context(stops, key, pods)),
        )

    def _reads(self, namespace: str) -> list[Right]:
        return [*reads_in(namespace), *(Right(r.verb, r.resource, r.group, namespace) for r in _LOOKS)]

    async def collect(self, desk: Desk, plan: Plan) -> None:
        """Evidence of each pod that will be killed and has none yet, also of those that were made since the plan."""
        for ref in await self.destroys_now(desk, plan):
            if not await is_sealed(desk, ref.uid):
                await capture_pod(desk, ref)

    async def destroys_now(self, desk: Desk, plan: Plan) -> tuple[ResourceRef, ...]:
        """The pods as they are now: controllers make new ones at any time, without a change of what is pinned."""
        stops = [Stop(_ref(one), {}) for one in plan.context_value()["stops"]]
        return tuple(reference(pod, "Pod", desk.info.id) for pod in await killed_by(desk, stops))

    def converged(self, facts: Facts, applied: Applied) -> Verdict:
        context = applied.plan.context_value()
        return both(*(stopped(facts, _ref(one), str(context["key"]), applied.server_at) for one in context["stops"]))

    def effective(self, facts: Facts, applied: Applied) -> Verdict:
        """Converged, and nothing brought the same images back beside it."""
        verdict = self.converged(facts, applied)
        context = applied.plan.context_value()
        owners = [one["uid"] for one in context["stops"] if one["kind"] != "CronJob"]
        again = made_again(facts, applied.plan.target.namespace, owners, context["images"], applied.server_at)
        residual = (*verdict.residual, *again)
        blind = (*verdict.unverifiable, *blind_to_again(facts, applied.plan.target.namespace))
        return Verdict(verdict.truth, verdict.observed, residual, blind, LIMITS, verdict.at)


def _step(desk: Desk, stop: Stop, key: str, value: str) -> Step:
    change, pins, sub, title = change_of(stop, key, value)
    return patch(desk.manager, stop.ref, stop.obj, change, pins, title, sub)


def _lines_back(desk: Desk, stops: list[Stop], key: str, value: str) -> list[str]:
    changes = ((stop, change_of(stop, key, value)) for stop in stops)
    return [way_back(desk.manager, stop.ref, stop.obj, change, sub) for stop, (change, _, sub, _) in changes]


def _refuse_done(stops: list[Stop]) -> None:
    top = stops[0]
    if all(stopped_already(stop) for stop in stops):
        raise Refused(f"{top.ref.kind} {top.ref} is stopped already: there is nothing to write.")
    if top.ref.kind == "Job" and job_over(top.obj):
        raise Refused(f"Job {top.ref} is over: nothing of it runs. Capture evidence of its pods (e).")


def _back(stops: list[Stop]) -> str:
    parts = []
    for stop in stops:
        spec = stop.obj.get("spec") or {}
        if "replicas" in spec:
            parts.append(f"{stop.ref.kind} {stop.ref.name} back to {spec['replicas']} replicas")
        else:
            parts.append(f"{stop.ref.kind} {stop.ref.name} as it was")
    return ", ".join(parts)


def _warnings(stops: list[Stop], pods: int) -> list[str]:
    top = stops[0]
    lines = [f"It is made by {link.ref.kind} {link.ref.name}: {link.why}. Stop that first." for link in top.above]
    if pods:
        lines.append("The pods are killed. To keep one for the forensics, isolate it first (x i).")
    if top.ref.kind == "StatefulSet":
        lines.append("A StatefulSet ends its pods one by one, the highest ordinal first.")
    if top.ref.kind == "DaemonSet":
        lines.append("The pod template changes: a DaemonSet that is resumed rolls out new pods.")
    if helm := helm_line(top.obj):
        lines.append(helm)
    return lines


def _context(stops: list[Stop], key: str, pods: list[dict[str, Any]]) -> dict[str, Any]:
    seen = sorted({image for pod in pods for image in images(pod)})
    named = [
        {"kind": stop.ref.kind, "namespace": stop.ref.namespace, "name": stop.ref.name, "uid": stop.ref.uid}
        for stop in stops
    ]
    return {"key": key, "stops": named, "images": seen}


def _ref(one: Mapping[str, str]) -> ResourceRef:
    return ResourceRef("", "", one["kind"], one["namespace"], one["name"], one["uid"])
