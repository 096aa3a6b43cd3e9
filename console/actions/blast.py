"""The blast radius of a plan: pods, budgets, Services that lose endpoints, who else uses an account.

Pure functions over the watch caches (`views` is `Desk.view` or `Cluster.view`). They return objects, or lines in
words for `Plan.blast`. A kind that is not watched yields a line saying so: not known is never told as none.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from typing import cast

from console.model.ending import is_over
from console.model.network import EndpointSlice, Service
from console.model.objects import Obj
from console.model.ref import BY_KIND
from console.model.workload import Budget, Pod
from console.policy.selector import matches, matches_map
from console.ports.cluster import View

Views = Callable[[str], View]


def blind(views: Views, *kinds: str) -> tuple[str, ...]:
    """A line for each kind whose watch cannot be relied on now."""
    lines = []
    for kind in kinds:
        health = views(kind).health
        if health.state != "live":
            why = f" ({health.why})" if health.why else ""
            lines.append(f"{BY_KIND[kind].plural} are not visible: their watch is {health.state}{why}")
    return tuple(lines)


def running(pods: Iterable[Pod]) -> list[Pod]:
    """Those that are not known to be finished."""
    return [pod for pod in pods if not is_over(pod)]


def pods_on_node(views: Views, node: str) -> list[Pod]:
    """Unfinished pods bound to a node."""
    return running(pod for pod in _all_pods(views) if pod.spec.node_name == node)


def pods_of_account(views: Views, namespace: str, account: str) -> list[Pod]:
    """Unfinished pods that run as a service account (`default` when they name none)."""
    pods = _all_pods(views, namespace)
    return running(pod for pod in pods if (pod.spec.service_account_name or "default") == account)


def top_owner(views: Views, obj: Obj) -> str:
    """`Deployment web`: the highest controller of an object in words, `no owner` if it has none."""
    words = "no owner"
    for _ in range(6):
        owner = obj.metadata.controller
        if owner is None:
            break
        words = f"{owner.kind} {owner.name}"
        above = views(owner.kind).get(obj.metadata.namespace, owner.name) if owner.kind in BY_KIND else None
        if above is None:
            break
        obj = above
    return words


def pod_lines(views: Views, pods: Sequence[Pod], most: int = 8) -> tuple[str, ...]:
    """How many pods, and of whom, the most numerous owner first."""
    if not pods:
        return blind(views, "Pod") or ("no running pods",)
    owners = Counter(f"{pod.metadata.namespace}/{top_owner(views, pod)}" for pod in pods)
    named = [f"{count} of {owner}" if count > 1 else owner for owner, count in owners.most_common(most)]
    rest = len(owners) - len(named)
    total = f"{len(pods)} pod{'s' if len(pods) > 1 else ''}"
    return (f"{total}: {', '.join(named)}{f' and {rest} more owners' if rest > 0 else ''}",)


def budget_lines(views: Views, pods: Sequence[Pod]) -> tuple[str, ...]:
    """Each PodDisruptionBudget that covers one of the pods, and what it still allows."""
    lines = list(blind(views, "PodDisruptionBudget"))
    for namespace in sorted({pod.metadata.namespace for pod in pods}):
        for obj in views("PodDisruptionBudget").all(namespace):
            budget = cast(Budget, obj)
            hit = [pod for pod in _in(pods, namespace) if matches(budget.spec.selector, pod.metadata.labels)]
            if hit:
                allows = budget.status.disruptions_allowed
                lines.append(
                    f"PodDisruptionBudget {namespace}/{budget.metadata.name} covers {len(hit)} of them and allows "
                    f"{allows} disruption{'' if allows == 1 else 's'}; this action does not ask it"
                )
    return tuple(lines)


def service_lines(views: Views, pods: Sequence[Pod]) -> tuple[str, ...]:
    """Each Service that loses endpoints when these pods go, and how many it keeps."""
    lines = list(blind(views, "Service", "EndpointSlice"))
    for namespace in sorted({pod.metadata.namespace for pod in pods}):
        mine = _in(pods, namespace)
        for obj in views("Service").all(namespace):
            service = cast(Service, obj)
            hit = [pod for pod in mine if matches_map(service.spec.selector, pod.metadata.labels)]
            if not hit:
                continue
            ready = _ready_endpoints(views, namespace, service.metadata.name)
            uids = {pod.metadata.uid for pod in hit}
            lost = len(ready & uids)
            left = len(ready) - lost
            warning = ": nothing will answer for it" if lost and not left else ""
            lines.append(
                f"Service {namespace}/{service.metadata.name} loses {lost} of {len(ready)} ready endpoints{warning}"
            )
    return tuple(lines)


def account_lines(views: Views, namespace: str, account: str, except_uid: str = "") -> tuple[str, ...]:
    """Who runs as a service account, besides the object of that uid."""
    pods = [pod for pod in pods_of_account(views, namespace, account) if pod.metadata.uid != except_uid]
    if not pods:
        return blind(views, "Pod") or (f"no other pod runs as {namespace}/{account}",)
    return tuple(f"runs as {namespace}/{account}: {line}" for line in pod_lines(views, pods))


def _all_pods(views: Views, namespace: str = "") -> Iterable[Pod]:
    return cast(Iterable[Pod], views("Pod").all(namespace))


def _in(pods: Sequence[Pod], namespace: str) -> list[Pod]:
    return [pod for pod in pods if pod.metadata.namespace == namespace]


def _ready_endpoints(views: Views, namespace: str, service: str) -> set[str]:
    """Uids of the pods that answer for a Service now. `ready` None means ready (the API's own reading)."""
    uids = set()
    for obj in views("EndpointSlice").all(namespace):
        if (obj.metadata.labels or {}).get("kubernetes.io/service-name") != service:
            continue
        for endpoint in cast(EndpointSlice, obj).endpoints or ():
            if endpoint.target_ref and endpoint.conditions.ready is not False:
                uids.add(endpoint.target_ref.uid)
    return uids
