"""Checks of the checklist on network isolation and exposure.

Policies are judged as the union of all that select a pod. Whether a network plugin enforces them nobody sees here:
isolation of a running pod is unknown, with the paper result beside it, until a person tried it and put that on record.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import cast

from console.checks import asking
from console.checks.base import check
from console.checks.checklist_judged import Judged, judged_all
from console.checks.checklist_record import said
from console.checks.pods import LIMITS, NO_DATA_PATH, isolated_on_paper
from console.checks.telling import listed, place, tell, told
from console.model.ending import is_over
from console.model.instants import minute
from console.model.network import EndpointSlice, Ingress, NetworkPolicy, Service
from console.model.ref import ResourceRef
from console.model.verdict import Verdict, both
from console.model.workload import Pod
from console.policy.netpol import directions, isolation
from console.ports.facts import Facts

OUTLIVES = "on a node that cannot be reached a process may outlive its API object"
NO_FLOWS = "no flow is seen here: that nothing passes this pod any more is not observed"


@told
def _enforced(facts: Facts, target: ResourceRef) -> Verdict:
    """A person tried on this cluster whether policies are enforced (`:record network.enforced HOW`)."""
    found = said(facts, "network.enforced")
    if not found:
        return Verdict(None, "not known to be enforced (:record network.enforced HOW)", (), (NO_DATA_PATH,))
    value, seat, at = found[-1]
    return Verdict(True, f"policies enforced, says {seat} {minute(at)}: {value}", (), (NO_FLOWS,))


@check("pod.contained", "object", "objects", "recorded", about="Pod")
@told
def pod_contained(facts: Facts, target: ResourceRef) -> Verdict:
    """The pod is gone; or all policies together isolate it, and a person tried that this cluster enforces them."""
    pod = tell(facts, asking.an_object("Pod", target.namespace, target.name))
    if pod is None or (target.uid and pod.metadata.uid != target.uid):
        again = "" if pod is None else "; another pod has its name now"
        return Verdict(True, f"gone: nothing left to isolate{again}", limits=(OUTLIVES,))
    paper = isolated_on_paper(facts, cast(Pod, pod))
    return both(paper, _enforced(facts, target)) if paper.truth else paper


@check("namespace.isolated", "objects", "recorded", about="Namespace")
@told
def namespace_isolated(facts: Facts, target: ResourceRef) -> Verdict:
    """Every running pod of the namespace is isolated by all policies together; where none runs nothing is proved."""
    pods = [pod for pod in cast(Iterable[Pod], tell(facts, asking.objects("Pod", target.name))) if _runs(pod)]
    policies = cast(tuple[NetworkPolicy, ...], tell(facts, asking.objects("NetworkPolicy", target.name)))
    held = {shape: isolation(policies, target.name, dict(shape)).complete for shape in {_shape(pod) for pod in pods}}
    left = [pod for pod in pods if pod.spec.host_network or not held[_shape(pod)]]
    if left:
        bare = sum(pod.spec.host_network for pod in left)
        host = f", {bare} on the host's network" if bare else ""
        names = listed(pod.metadata.name for pod in left)
        return Verdict(False, f"{len(left)} of {len(pods)} pods may still talk{host}: {names}", limits=LIMITS)
    if not pods:
        # Isolation is a property of a pod that runs: an empty namespace without any policy must never read as locked.
        return Verdict(None, f"no pods to isolate · policies {len(policies)}: mark it n-a with the reason")
    return both(Verdict(True, f"{len(pods)} pods isolated on paper", limits=LIMITS), _enforced(facts, target))


def _runs(pod: Pod) -> bool:
    return not is_over(pod)  # one whose end is not proved may still talk


def _shape(pod: Pod) -> tuple[tuple[str, str], ...]:
    return tuple(sorted((pod.metadata.labels or {}).items()))


@check("namespace.denied", "objects", about="Namespace")
@told
def namespace_denied(facts: Facts, target: ResourceRef) -> Verdict:
    """The namespace has a default deny: policies that select every pod, for both directions."""
    policies = cast(tuple[NetworkPolicy, ...], tell(facts, asking.objects("NetworkPolicy", target.name)))
    everybody = [policy for policy in policies if _selects_all(policy)]
    covered = {way for policy in everybody for way in directions(policy)}
    lacking = [way for way in ("Ingress", "Egress") if way not in covered]
    if lacking:
        return Verdict(False, f"policies {len(policies)} · no default deny for {' and '.join(lacking)}")
    return Verdict(True, f"default deny by {listed(policy.metadata.name for policy in everybody)}")


def _selects_all(policy: NetworkPolicy) -> bool:
    selector = policy.spec.pod_selector
    return not selector.match_labels and not selector.match_expressions


@check("service.closed", "object", "objects", about="Service")
@told
def service_closed(facts: Facts, target: ResourceRef) -> Verdict:
    """No endpoint of the Service is ready and no Ingress leads to it."""
    return both(_no_endpoints(facts, target), _no_route(facts, target))


@told
def _no_endpoints(facts: Facts, target: ResourceRef) -> Verdict:
    ready = ready_endpoints(facts, target)
    return Verdict(not ready, f"{ready} endpoints ready")


def ready_endpoints(facts: Facts, target: ResourceRef) -> int:
    """Ready addresses behind a Service."""
    slices = cast(Iterable[EndpointSlice], tell(facts, asking.objects("EndpointSlice", target.namespace)))
    mine = [one for one in slices if (one.metadata.labels or {}).get("kubernetes.io/service-name") == target.name]
    endpoints = [endpoint for one in mine for endpoint in one.endpoints or ()]
    # Kubernetes: an absent condition means ready.
    return sum(len(endpoint.addresses) for endpoint in endpoints if endpoint.conditions.ready is not False)


@told
def _no_route(facts: Facts, target: ResourceRef) -> Verdict:
    ingresses = cast(Iterable[Ingress], tell(facts, asking.objects("Ingress", target.namespace)))
    routes = [one.metadata.name for one in ingresses if target.name in _backends(one)]
    limits = ("Gateway API routes are not watched",)
    return Verdict(not routes, f"Ingress {listed(routes)} leads to it" if routes else "no Ingress", limits=limits)


def _backends(ingress: Ingress) -> set[str]:
    paths = [path for rule in ingress.spec.rules or () if rule.http for path in rule.http.paths or ()]
    return {path.backend.service.name for path in paths if path.backend and path.backend.service}


@check("service.healthy", "objects", "recorded", about="Service")
def service_healthy(facts: Facts, target: ResourceRef) -> Verdict:
    """The Service has ready endpoints, and a person recorded that it meets its objective (`slo.met NAMESPACE/NAME`)."""
    serves = _serves(facts, target)
    return serves if serves.truth is False else both(serves, _objective_met(facts, target))


@told
def _serves(facts: Facts, target: ResourceRef) -> Verdict:
    ready = ready_endpoints(facts, target)
    return Verdict(bool(ready), f"{ready} endpoints ready" if ready else "no endpoint is ready")


@told
def _objective_met(facts: Facts, target: ResourceRef) -> Verdict:
    """No objective of a Service is known here; what its users get is read elsewhere."""
    found = said(facts, "slo.met", lambda value: value.split()[:1] == [str(target)])
    if not found:
        return Verdict(None, f"its objective is not known here (:record slo.met {target} VALUE)")
    return Verdict(True, f"objective met, says {found[-1][1]} {minute(found[-1][2])}")


@check("exposure.judged", "objects", "notable_pods", "recorded", "allowed")
def exposure_judged(facts: Facts, target: ResourceRef) -> Verdict:
    """Every way in from outside is judged by a person, and an anonymous caller is denied everything that matters."""
    from console.checks.checklist_access import anonymous_denied

    return both(_exposures(facts, target), anonymous_denied(facts, target))


@told
def _exposures(facts: Facts, target: ResourceRef) -> Verdict:
    found = [*_services(facts), *_ingresses(facts), *_host_pods(facts)]
    return judged_all(facts, found, "outward exposures")


def _services(facts: Facts) -> Iterable[Judged]:
    for service in cast(Iterable[Service], tell(facts, asking.objects("Service"))):
        if service.spec.type in ("LoadBalancer", "NodePort"):
            yield Judged("Service", place(service), service.spec.type)
        elif service.spec.external_ips:
            yield Judged("Service", place(service), f"externalIPs {listed(service.spec.external_ips)}")


def _ingresses(facts: Facts) -> Iterable[Judged]:
    for ingress in cast(Iterable[Ingress], tell(facts, asking.objects("Ingress"))):
        yield Judged("Ingress", place(ingress), listed(rule.host or "*" for rule in ingress.spec.rules or ()))


def _host_pods(facts: Facts) -> Iterable[Judged]:
    """Pods on a host's network or with a host port; those of kube-system belong to the cluster itself."""
    for pod in cast(Iterable[Pod], tell(facts, asking.notable_pods())):
        if pod.metadata.namespace == "kube-system":
            continue
        ports = [str(port.host_port) for one in pod.spec.containers for port in one.ports or () if port.host_port]
        if pod.spec.host_network or ports:
            why = "host network" if pod.spec.host_network else f"host ports {listed(ports)}"
            yield Judged("Pod", place(pod), why)
