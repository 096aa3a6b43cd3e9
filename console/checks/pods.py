"""Whether a pod is cut off: from its controller, from Services, and by the union of all policies.

In: facts of the watch. Nothing here can see whether a network plugin enforces a policy: that stays *unverifiable*.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import cast

from console.checks import asking
from console.checks.base import check
from console.model.facts import Unknown
from console.model.network import EndpointSlice, NetworkPolicy
from console.model.ref import ResourceRef
from console.model.verdict import Verdict, both
from console.model.workload import Pod, Workload
from console.policy.netpol import isolation
from console.ports.facts import Facts

NO_DATA_PATH = "no data path seen: nothing here shows that a network plugin enforces these policies"
LIMITS = (
    "traffic between the pod and its own node (node-local DNS, kubelet, host-network proxies): no policy covers it",
    "flows that were established before may go on: whether a plugin cuts them is implementation defined",
    "a service mesh keeps its own connections and its own policy",
    "credentials that were already copied out work from anywhere: revoke the account as well (x r)",
    "the attacker can see the isolation, and may react to it",
)


def pod_now(facts: Facts, target: ResourceRef) -> Pod | Verdict:
    """The pod of that uid, or the verdict that says why there is none."""
    fact = facts.get(asking.an_object("Pod", target.namespace, target.name))
    if isinstance(fact, Unknown):
        return Verdict(None, f"pod {target}: {fact.why}")
    pod = fact.value
    if not isinstance(pod, Pod):
        return Verdict(False, f"pod {target} is gone", at=fact.at)
    if target.uid and pod.metadata.uid != target.uid:
        return Verdict(False, f"pod {target} is another one now (uid {pod.metadata.uid})", at=fact.at)
    return pod


def isolated_on_paper(facts: Facts, pod: Pod) -> Verdict:
    """Union of all policies over the pod's labels as they are now; True means nothing is allowed."""
    if pod.spec.host_network:
        return Verdict(False, "it uses the host's network, where no policy applies", ("host network",), limits=LIMITS)
    fact = facts.get(asking.objects("NetworkPolicy", pod.metadata.namespace))
    if isinstance(fact, Unknown):
        return Verdict(None, f"policies: {fact.why}", limits=LIMITS)
    policies = cast(Iterable[NetworkPolicy], fact.value)
    seen = isolation(policies, pod.metadata.namespace, pod.metadata.labels)
    if seen.complete:
        return Verdict(True, f"no policy allows anything (selected by {', '.join(seen.policies)})", at=fact.at)
    return Verdict(False, f"{len(seen.left)} ways stay open on paper", seen.left, limits=LIMITS, at=fact.at)


def with_labels(pod: Pod, wanted: Mapping[str, str], exactly: bool) -> Verdict:
    """Whether the pod carries these labels, and (exactly) no other."""
    have = pod.metadata.labels or {}
    lacking = sorted(key for key, value in wanted.items() if have.get(key) != value)
    extra = sorted(set(have) - set(wanted)) if exactly else []
    if lacking or extra:
        back = f"; came back: {', '.join(extra)}" if extra else ""
        return Verdict(False, f"labels are not as written: missing {', '.join(lacking) or 'none'}{back}")
    return Verdict(True, "labels as written")


def released(pod: Pod) -> Verdict:
    """Whether no controller manages the pod any more."""
    owner = pod.metadata.controller
    if owner is not None:
        return Verdict(False, f"{owner.kind} {owner.name} still controls it")
    return Verdict(True, "no controller")


def out_of_services(facts: Facts, pod: Pod) -> Verdict:
    """Whether no EndpointSlice of the namespace holds the pod, by uid or by address."""
    fact = facts.get(asking.objects("EndpointSlice", pod.metadata.namespace))
    if isinstance(fact, Unknown):
        return Verdict(None, f"endpoints: {fact.why}")
    holding = [piece.metadata.name for piece in cast(Iterable[EndpointSlice], fact.value) if _holds(piece, pod)]
    if holding:
        return Verdict(False, f"still in EndpointSlice {', '.join(holding)}", at=fact.at)
    return Verdict(True, "in no EndpointSlice", at=fact.at)


def _holds(piece: EndpointSlice, pod: Pod) -> bool:
    for endpoint in piece.endpoints or ():
        if endpoint.target_ref and endpoint.target_ref.uid == pod.metadata.uid:
            return True
        if endpoint.target_ref is None and pod.status.pod_ip and pod.status.pod_ip in endpoint.addresses:
            return True
    return False


def replaced(facts: Facts, kind: str, namespace: str, name: str, uid: str) -> Verdict:
    """Whether the owner has its wanted number of pods ready again. An owner that is gone or stopped wants none."""
    fact = facts.get(asking.an_object(kind, namespace, name))
    if isinstance(fact, Unknown):
        return Verdict(None, f"{kind} {name}: {fact.why}")
    owner = fact.value
    if not isinstance(owner, Workload) or owner.metadata.uid != uid:
        return Verdict(True, f"{kind} {name} is gone: nothing replaces the pod", at=fact.at)
    if kind == "Job":
        return Verdict(True, "a Job replaces its pod only while it is not complete", at=fact.at)
    wanted = owner.status.desired_number_scheduled if kind == "DaemonSet" else (owner.spec.replicas or 0)
    ready = owner.status.number_ready if kind == "DaemonSet" else owner.status.ready_replicas
    if ready < wanted:
        return Verdict(False, f"its replacement is not Ready: {kind} {name} has {ready} of {wanted}", at=fact.at)
    return Verdict(True, f"{kind} {name} has {ready} of {wanted} Ready", at=fact.at)


@check("netpol.isolated", "object", "objects", about="Pod")
def netpol_isolated(facts: Facts, target: ResourceRef) -> Verdict:
    """The pod is isolated by the union of all policies, on a data path that was seen to enforce them.

    No source of this build sees the data path, so the best answer is *unknown*, with the paper result beside it.
    """
    pod = pod_now(facts, target)
    if isinstance(pod, Verdict):
        return pod
    paper = isolated_on_paper(facts, pod)
    if paper.truth is not True:
        return paper
    return Verdict(None, paper.observed, (), (NO_DATA_PATH,), LIMITS, paper.at)


@check("pod.detached", "object", "objects", about="Pod")
def pod_detached(facts: Facts, target: ResourceRef) -> Verdict:
    """No controller manages the pod and no Service sends it traffic."""
    pod = pod_now(facts, target)
    if isinstance(pod, Verdict):
        return pod
    return both(released(pod), out_of_services(facts, pod))
