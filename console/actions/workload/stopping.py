"""What a stop means for each kind of workload, and how to find what to stop from a pod.

In: the target as read. Out: the workloads to stop, the change for each, and the pods it kills. Only reads.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import msgspec

from console.actions.base import Desk
from console.actions.drafting import reference
from console.actions.reading import Owner, Whole, controller, is_finished, is_static, known, meta, owners
from console.errors import ApiStatus, Refused, WarRoomError
from console.model.ref import ResourceRef

SCALED = ("Deployment", "ReplicaSet", "StatefulSet")
KINDS = (*SCALED, "DaemonSet", "Job", "CronJob")
_SCALERS = (
    "/apis/autoscaling/v2/namespaces/{}/horizontalpodautoscalers",
    "/apis/keda.sh/v1alpha1/namespaces/{}/scaledobjects",
)


class Stop(msgspec.Struct, frozen=True):
    """One workload to stop."""

    ref: ResourceRef
    obj: dict[str, Any]
    above: tuple[Owner, ...] = ()
    """Owners above it that are of an operator's own kind, or cannot be read."""


async def what_to_stop(desk: Desk, target: ResourceRef) -> list[Stop]:
    """The highest workload over the target; for a running Job of a CronJob both, or the Job would run on."""
    obj = await desk.fetch(target)
    uid = meta(obj).get("uid", "")
    if target.uid and target.uid != uid:
        raise Refused(f"{target.kind} {target} was created again (uid {uid}): choose it again and plan again.")
    if target.kind == "Pod":
        _refuse_bare(obj)
    chain = await owners(desk, obj)
    mine = () if target.kind == "Pod" else (Owner(reference(obj, target.kind), obj),)
    links = [link for link in (*mine, *chain) if link.obj is not None and known(link.ref) and link.ref.kind in KINDS]
    above = tuple(link for link in chain if link.obj is None)
    if not links:
        why = above[0].why if above else f"{target.kind} has no workload above it"
        raise Refused(
            f"Nothing to stop for {target.kind} {target}: {why}. Stop the operator that makes it, or use x k."
        )
    top = links[-1]
    stops = [_stop(desk, top, above)]
    if top.ref.kind == "CronJob":
        stops += [_stop(desk, link, ()) for link in links if link.ref.kind == "Job" and not job_over(link.obj or {})]
    return stops


def _stop(desk: Desk, link: Owner, above: tuple[Owner, ...]) -> Stop:
    obj = link.obj or {}
    return Stop(reference(obj, link.ref.kind, desk.info.id), obj, above)


def _refuse_bare(pod: Whole) -> None:
    name = f"{meta(pod).get('namespace')}/{meta(pod).get('name')}"
    if is_static(pod):
        node = (pod.get("spec") or {}).get("nodeName") or "its node"
        raise Refused(
            f"Pod {name} is a static pod of node {node}: no workload makes it, its kubelet does. Cordon the node (x o) "
            "and move its manifest file away on the host."
        )
    if controller(pod) is None:
        raise Refused(f"Pod {name} is a bare pod: no workload makes it. Isolate it (x i), or delete it (x k).")


def job_over(job: Whole) -> bool:
    """Whether a Job is complete or failed: nothing of it runs."""
    conditions = (job.get("status") or {}).get("conditions") or ()
    return any(one.get("type") in ("Complete", "Failed") and one.get("status") == "True" for one in conditions)


def stopped_already(stop: Stop) -> bool:
    spec = stop.obj.get("spec") or {}
    if stop.ref.kind in SCALED:
        return bool(spec.get("replicas", 1) == 0)
    return bool(spec.get("suspend")) if stop.ref.kind in ("Job", "CronJob") else False


def change_of(stop: Stop, key: str, value: str) -> tuple[dict[str, Any], tuple[str, ...], str, str]:
    """Body, pinned fields, subresource and title of the write that stops it."""
    kind, name = stop.ref.kind, str(stop.ref)
    if kind in SCALED:
        return {"spec": {"replicas": 0}}, ("spec.replicas",), "scale", f"scale {kind} {name} to 0"
    if kind == "DaemonSet":
        change = {"spec": {"template": {"spec": {"nodeSelector": {key: value}}}}}
        pins = ("spec.template.spec.nodeSelector",)
        return change, pins, "", f"give {kind} {name} a node selector that no node has"
    return {"spec": {"suspend": True}}, ("spec.suspend",), "", f"suspend {kind} {name}"


async def killed_by(desk: Desk, stops: Sequence[Stop]) -> list[dict[str, Any]]:
    """Unfinished pods that these stops kill. Suspending a CronJob kills none: its running Jobs go on."""
    killing = [stop for stop in stops if stop.ref.kind != "CronJob"]
    if not killing:
        return []
    namespace = killing[0].ref.namespace
    uids = {stop.ref.uid for stop in killing}
    if any(stop.ref.kind == "Deployment" for stop in killing):
        uids |= {meta(child)["uid"] for child in _children(await desk.listing("ReplicaSet", namespace), uids)}
    return [pod for pod in _children(await desk.listing("Pod", namespace), uids) if not is_finished(pod)]


def _children(objs: Iterable[dict[str, Any]], uids: set[str]) -> list[dict[str, Any]]:
    return [obj for obj in objs if (controller(obj) or {}).get("uid") in uids]


async def running_jobs(desk: Desk, stops: Sequence[Stop]) -> list[str]:
    """Names of unfinished Jobs of a suspended CronJob that are not stopped as well."""
    crons = {stop.ref.uid for stop in stops if stop.ref.kind == "CronJob"}
    if not crons:
        return []
    also = {stop.ref.uid for stop in stops}
    jobs = _children(await desk.listing("Job", stops[0].ref.namespace), crons)
    return [meta(job)["name"] for job in jobs if meta(job)["uid"] not in also and not job_over(job)]


async def scalers(desk: Desk, namespace: str) -> tuple[list[dict[str, Any]], tuple[str, ...]]:
    """Autoscalers of the namespace, and a line for each kind that could not be read. An absent kind is none."""
    found: list[dict[str, Any]] = []
    lines: list[str] = []
    for path, kind in zip(_SCALERS, ("HorizontalPodAutoscaler", "ScaledObject"), strict=True):
        try:
            page = msgspec.json.decode(await desk.text(path.format(namespace)))
            found += [{**item, "kind": kind} for item in page.get("items") or ()]
        except ApiStatus as error:
            if error.code != 404:
                lines.append(f"{kind}s cannot be read, one may scale it again: {error}")
        except (WarRoomError, msgspec.DecodeError) as error:
            lines.append(f"{kind}s cannot be read, one may scale it again: {error}")
    return found, tuple(lines)
