"""Whether a workload stands still: no pod of it runs, and nothing made new ones.

In: facts of the watch. An object that is gone from the API may still run on a node that cannot be reached: a limit.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import cast

from console.checks import asking
from console.checks.base import check
from console.model.ending import FORGED, UNPROVED, is_over, life, unproved_words
from console.model.facts import Known, Unknown
from console.model.instants import seconds
from console.model.objects import Obj, Pod, Workload
from console.model.ref import ResourceRef
from console.model.verdict import Verdict
from console.ports.facts import Facts

LIMITS = (
    "a pod that was isolated before is no pod of this workload any more: it keeps running for the forensics",
    "on a node that cannot be reached a process may outlive its API object",
    FORGED,
)
SCALED = ("Deployment", "ReplicaSet", "StatefulSet")


def pods_under(facts: Facts, namespace: str, uids: Iterable[str]) -> list[Pod] | Unknown:
    """Pods not known to have ended whose controller, or whose controller's controller, has one of these uids."""
    owners = set(uids)
    for kind in ("Job", "ReplicaSet"):
        fact = facts.get(asking.objects(kind, namespace))
        if isinstance(fact, Unknown):
            return Unknown(f"{kind}s: {fact.why}")
        owners |= {child.metadata.uid for child in cast(Iterable[Obj], fact.value) if _controller(child) in owners}
    fact = facts.get(asking.objects("Pod", namespace))
    if isinstance(fact, Unknown):
        return Unknown(f"pods: {fact.why}")
    pods = cast(Iterable[Pod], fact.value)
    return [pod for pod in pods if _controller(pod) in owners and not is_over(pod)]


def _controller(obj: Obj) -> str:
    owner = obj.metadata.controller
    return owner.uid if owner else ""


def set_to_stop(kind: str, workload: Workload, stopper: str = "") -> str:
    """Why its own fields do not stop it, "" when they do. `stopper`: the node label key that keeps a DaemonSet off."""
    spec = workload.spec
    if kind in SCALED:
        return "" if spec.replicas == 0 else f"spec.replicas is {1 if spec.replicas is None else spec.replicas}"
    if kind in ("Job", "CronJob"):
        return "" if spec.suspend else "spec.suspend is not true"
    selector = (spec.template.spec.node_selector if spec.template else None) or {}
    if stopper:
        return "" if stopper in selector else "its node selector was taken back"
    return "" if workload.status.desired_number_scheduled == 0 else "it still wants nodes"


def observed(kind: str, workload: Workload) -> str:
    """What its controller has not done yet, "" when it is done."""
    status = workload.status
    if kind in ("Job", "CronJob"):
        return ""
    if status.observed_generation < workload.metadata.generation:
        return "its controller has not seen the change yet"
    left = status.current_number_scheduled if kind == "DaemonSet" else status.replicas
    return f"{left} pods are still counted" if left else ""


def stopped(facts: Facts, target: ResourceRef, stopper: str = "", since: float = 0.0) -> Verdict:
    """Set to stop, seen by its controller, and no pod of it left. `since`: when it was stopped, 0 if it was not."""
    fact = facts.get(asking.an_object(target.kind, target.namespace, target.name))
    if isinstance(fact, Unknown):
        return Verdict(None, f"{target.kind} {target}: {fact.why}", limits=LIMITS)
    workload = fact.value
    if not isinstance(workload, Workload):
        return Verdict(None, f"{target.kind} {target} is gone: whether its pods are, is not looked at", limits=LIMITS)
    if target.uid and workload.metadata.uid != target.uid:
        text = f"{target.kind} {target} is another one now (uid {workload.metadata.uid}); it was not stopped"
        return Verdict(False, text, limits=LIMITS, at=fact.at)
    if why := set_to_stop(target.kind, workload, stopper):
        back = (f"put back by {_hand_since(workload, since)}",) if since else ()
        return Verdict(False, f"{target.kind} {target}: {why}", back, limits=LIMITS, at=fact.at)
    pods = pods_under(facts, target.namespace, [workload.metadata.uid])
    if isinstance(pods, Unknown):
        return Verdict(None, pods.why, limits=LIMITS)
    unproved = [pod.metadata.name for pod in pods if life(pod) == UNPROVED]
    runs = [pod for pod in pods if life(pod) != UNPROVED]
    if runs and target.kind == "CronJob":
        left = tuple(f"pod {pod.metadata.name} of a running Job goes on: suspend that Job (x w)" for pod in runs)
        return Verdict(False, f"suspended, but {len(runs)} pods of it run", left, limits=LIMITS, at=fact.at)
    why = observed(target.kind, workload) or (f"{len(runs)} pods of it are still there" if runs else "")
    if why:
        return Verdict(False, why, limits=LIMITS, at=fact.at)
    if unproved:
        return Verdict(None, unproved_words(unproved), limits=LIMITS, at=fact.at)
    return Verdict(True, f"{target.kind} {target} stands still: no pod of it is left", limits=LIMITS, at=fact.at)


def _hand_since(obj: Obj, since: float) -> str:
    """The field manager that wrote it since. A write through the scale subresource leaves no manager behind."""
    fields = [one for one in obj.metadata.managed_fields or () if one.subresource != "status"]
    newer = [one for one in fields if (seconds(one.time) or 0.0) >= int(since)]
    newest = max(newer, key=lambda one: one.time or "", default=None)
    return f"field manager {newest.manager}" if newest else "a hand that left no mark (scale): see the audit record"


@check("workload.stopped", "object", "objects", about="Deployment")
def workload_stopped(facts: Facts, target: ResourceRef) -> Verdict:
    """A workload of any kind stands still, and no pod of it is left."""
    return stopped(facts, target)


def made_again(facts: Facts, namespace: str, owners: Iterable[str], images: Iterable[str], since: float) -> list[str]:
    """Pods with one of these images that were made since, by these owners or by nobody's controller: in words.

    A new pod of the owner with another image is a clean replacement, not the same thing coming back.
    """
    fact = facts.get(asking.objects("Pod", namespace))
    if not isinstance(fact, Known):
        return []
    owners, wanted, pods = set(owners), set(images), cast(Iterable[Pod], fact.value)
    under = pods_under(facts, namespace, owners)
    if isinstance(under, Unknown):  # `blind_to_again` says so; what these owners made themselves shows all the same
        under = [pod for pod in pods if _controller(pod) in owners]
    mine = {pod.metadata.uid for pod in under}
    again = []
    for pod in pods:
        # The API counts whole seconds.
        if (seconds(pod.metadata.creation_timestamp) or 0.0) < int(since):
            continue
        same = any(one.image in wanted for one in pod.spec.containers)
        if same and (pod.metadata.uid in mine or pod.metadata.controller is None):
            how = f"by {pod.metadata.controller.kind} {pod.metadata.controller.name}" if pod.metadata.controller else ""
            again.append(f"pod {pod.metadata.name} was made again {how}".rstrip())
    return again


def blind_to_again(facts: Facts, namespace: str) -> tuple[str, ...]:
    """Why `made_again` may be empty without meaning that nothing came back; () when it means that."""
    seen = pods_under(facts, namespace, ())
    return (f"whether it was made again cannot be seen: {seen.why}",) if isinstance(seen, Unknown) else ()
