"""Checks of the checklist on what the audit record tells of callers and of hands: from where, and on what.

Only what the audit policy logs is there: an address behind a proxy is the proxy's, a read that is not logged
is no read.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import cast

from console.checks import asking
from console.checks.base import check
from console.checks.checklist_record import said, t0
from console.checks.indicators import Network, network
from console.checks.telling import listed, tell, told
from console.model.ref import BY_RESOURCE, ResourceRef
from console.model.verdict import Verdict
from console.model.workload import Node, Pod
from console.policy.rbac import account_user
from console.ports.facts import Facts

CLOSED = 300.0
"""Seconds in which nobody from outside the allow list may have called."""
ALLOWED = "api.allowlist"


@check("api.restricted", "recorded", "callers", "objects")
@told
def api_restricted(facts: Facts, target: ResourceRef) -> Verdict:
    """Nobody outside the recorded networks, the nodes and the pods called the API server for five minutes.

    The networks are stated (`api.allowlist 192.0.2.0/24 198.51.100.7`); a firewall itself nobody here sees.
    """
    words = [word for value, _, _ in said(facts, ALLOWED) for word in value.replace(",", " ").split()]
    if not words:
        return Verdict(None, f"no allow list is recorded to compare callers with (:record {ALLOWED} 192.0.2.0/24)")
    nets = {word: network(word) for word in words}
    if odd := [word for word, net in nets.items() if net is None]:
        return Verdict(None, f"the recorded allow list has what is no network: {listed(odd)}")
    called = tell(facts, asking.callers(facts.now() - CLOSED))
    allowed = [net for net in nets.values() if net is not None]
    strange = sorted(_outside(called, allowed) - _own(facts))
    limits = ("who was turned away by the network before the API server", "callers behind a proxy: its address shows")
    if strange:
        return Verdict(False, f"called in the last 5 m from outside the list: {listed(strange)}", limits=limits)
    return Verdict(True, f"{len(called)} callers in 5 m, all on the list, nodes or pods", limits=limits)


def _outside(called: Iterable[str], allowed: Iterable[Network]) -> set[str]:
    found, nets = set[str](), list(allowed)
    for name in called:
        one = network(name)
        if one is None or not (one[0].is_loopback or any(one[0] in net for net in nets)):
            found.add(name)
    return found


def _own(facts: Facts) -> set[str]:
    """Addresses of nodes and pods: the cluster's own components call from there, and so may a pod that is taken."""
    nodes = cast(Iterable[Node], tell(facts, asking.objects("Node")))
    pods = cast(Iterable[Pod], tell(facts, asking.objects("Pod")))
    found = {one.address for node in nodes for one in node.status.addresses or ()}
    return found | {pod.status.pod_ip for pod in pods if pod.status.pod_ip}


@check("touched.listed", "affected", "recorded", "touched")
@told
def touched_listed(facts: Facts, target: ResourceRef) -> Verdict:
    """What affected identities wrote, opened or (Secrets) read since T0 is in the affected set, or judged."""
    moment, words = t0(facts)
    if not moment:
        return Verdict(None, f"{words}: since when to look is not known (:record t0.estimate TIME)")
    affected = cast(tuple[ResourceRef, ...], tell(facts, asking.affected("")))
    users = sorted({user for ref in affected if (user := _user(ref))})
    if not users:
        return Verdict(None, "no identity is affected yet: nobody's steps to follow")
    known = {value for topic in ("judged.good", "judged.bad") for value, _, _ in said(facts, topic)}
    known |= {f"{ref.kind} {ref}" for ref in affected}
    found = {_named(*touch) for user in users for touch in tell(facts, asking.touched(user, moment))}
    loose = sorted(found - known)
    limits = ("requests the audit policy does not log",)
    if loose:
        text = f"{len(loose)} of {len(found)} objects touched since {words} neither listed nor judged: {listed(loose)}"
        return Verdict(False, text, limits=limits)
    return Verdict(True, f"{len(found)} objects touched since {words}, all listed or judged", limits=limits)


def _user(ref: ResourceRef) -> str:
    if ref.kind == "ServiceAccount":
        return account_user(ref.namespace, ref.name)
    return ref.name if ref.kind == "User" else ""


def _named(group: str, resource: str, namespace: str, name: str) -> str:
    """`Secret shop/db`; `Secret shop/*` where all of a namespace were meant or the record has no name."""
    kind = BY_RESOURCE.get((group, resource))
    where = f"{namespace}/{name or '*'}" if namespace else name or "*"
    return f"{kind.kind if kind else resource} {where}"
