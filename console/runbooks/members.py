"""Which objects an item is expanded over. Pure: affected set and facts in, references out."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import msgspec

from console.checks import asking
from console.model.facts import Unknown
from console.model.ref import BY_KIND, ResourceRef
from console.model.state import IncidentState
from console.policy.rbac import ACCOUNT_PREFIX
from console.ports.facts import Facts
from console.runbooks.items import MEMBER_KINDS, Item

SYSTEM = frozenset({"kube-system", "kube-public", "kube-node-lease"})
"""Namespaces of the cluster itself, left out where an item asks for every namespace."""


def affected_members(
    item: Item, affected: Iterable[ResourceRef], captured: Mapping[str, str]
) -> tuple[ResourceRef, ...]:
    """The affected objects an item is about, in order of name, each name once.

    A namespace is affected when something in it is; a user that is a service account counts as that account. An audit
    record may name a pod without its uid: then it is the incarnation of which evidence was taken (`captured`: uid by
    `Kind namespace/name`), so that a pod that is gone can still be looked up.
    """
    found = {ref.key: ref for one in affected for ref in _as(item.per, one)}
    return tuple(sorted(_with_uid(ref, captured) for ref in found.values()))


def captured_uids(state: IncidentState) -> dict[str, str]:
    """Uid of the newest incarnation evidence was taken of, by `Kind namespace/name`."""
    return {one.target: one.uid for one in state.captured if one.uid}


def _with_uid(ref: ResourceRef, captured: Mapping[str, str]) -> ResourceRef:
    uid = ref.uid or captured.get(f"{ref.kind} {ref}", "")
    return msgspec.structs.replace(ref, uid=uid) if uid != ref.uid else ref


def cluster_members(item: Item, facts: Facts) -> tuple[ResourceRef, ...] | Unknown:
    """Every object of the item's kinds, or why they are not known."""
    found: list[ResourceRef] = []
    for kind in MEMBER_KINDS[item.per]:
        fact = facts.get(asking.objects(kind))
        if isinstance(fact, Unknown):
            return fact
        metas = [obj.metadata for obj in fact.value]
        found += [BY_KIND[kind].ref(m.namespace, m.name, m.uid) for m in metas if m.name not in SYSTEM]
    return tuple(sorted(found))


def _as(per: str, ref: ResourceRef) -> Iterable[ResourceRef]:
    account = ref.kind == "User" and ref.name.startswith(ACCOUNT_PREFIX)
    if per == "ns" and ref.namespace:
        yield BY_KIND["Namespace"].ref("", ref.namespace, cluster=ref.cluster)
    elif per == "sa" and account:
        namespace, _, name = ref.name.removeprefix(ACCOUNT_PREFIX).partition(":")
        yield BY_KIND["ServiceAccount"].ref(namespace, name, cluster=ref.cluster)
    elif ref.kind in MEMBER_KINDS[per] and ref.name and not account:
        yield ref
