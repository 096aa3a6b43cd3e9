"""Checks of the checklist on nodes: cut off, rebuilt, patched. A node reports of itself; a rooted one may lie."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import cast

from console.checks import asking
from console.checks.base import check
from console.checks.nodes import node_cordoned
from console.checks.telling import listed, tell, told
from console.model.ref import BY_WORD, ResourceRef
from console.model.verdict import Verdict, both
from console.model.workload import Node
from console.ports.facts import Facts

_NO_OBJECTS = ("User", "Group", "Address")
_NUMBERS = re.compile(r"\d+")


@check("node.closed", "object", about="Node")
@told
def node_closed(facts: Facts, target: ResourceRef) -> Verdict:
    """The node takes no new pods: it is cordoned, or it is no node of the cluster any more."""
    node = tell(facts, asking.an_object("Node", "", target.name))
    if node is None or (target.uid and node.metadata.uid != target.uid):
        return Verdict(True, "it is no node of the cluster any more")
    return node_cordoned(facts, target)


@check("node.silent", "object", about="Node")
@told
def node_silent(facts: Facts, target: ResourceRef) -> Verdict:
    """The node's kubelet does not report any more. Not proof of isolation: a kubelet can be stopped, the link kept."""
    node = tell(facts, asking.an_object("Node", "", target.name))
    if node is None:
        return Verdict(True, "it is no node of the cluster any more")
    ready = next((one for one in cast(Node, node).status.conditions or () if one.type == "Ready"), None)
    if ready is None:
        return Verdict(None, "it has no Ready condition")
    limits = ("NotReady is no proof: an attacker can stop the kubelet and keep the link",)
    word = {"True": "Ready: its kubelet still talks", "Unknown": "silent"}.get(ready.status, "NotReady, but it talks")
    return Verdict(ready.status == "Unknown", f"{word} ({ready.reason})", limits=limits)


@check("node.rebuilt", "object", "recorded", about="Node")
def node_rebuilt(facts: Facts, target: ResourceRef) -> Verdict:
    """The node object that was compromised is gone, and nothing that was judged bad is left."""
    return both(_new_node(facts, target), bad_gone(facts, target))


@told
def _new_node(facts: Facts, target: ResourceRef) -> Verdict:
    node = tell(facts, asking.an_object("Node", "", target.name))
    if node is None:
        return Verdict(True, "it is no node of the cluster any more")
    if not target.uid:
        return Verdict(None, f"the uid of the compromised node is not known (it is {node.metadata.uid} now)")
    new = node.metadata.uid != target.uid
    limits = ("a node object can be deleted and made again without rebuilding the machine",)
    return Verdict(new, "another node has its name now" if new else "it is still the same node", limits=limits)


@told
def bad_gone(facts: Facts, target: ResourceRef) -> Verdict:
    """Nothing that a person judged bad exists any more."""
    left, odd = [], []
    for value, _, _ in tell(facts, asking.recorded("judged.bad")):
        kind, _, where = value.partition(" ")
        namespace, _, name = where.rpartition("/")
        if kind in _NO_OBJECTS or name == "*":
            continue  # an identity, an address or a whole namespace's: items of their own are about those
        if kind.lower() not in BY_WORD or not name:
            odd.append(value)
        elif tell(facts, asking.an_object(BY_WORD[kind.lower()].kind, namespace, name)) is not None:
            left.append(value)
    if left:
        return Verdict(False, f"judged bad and still there: {listed(left)}")
    if odd:
        return Verdict(None, f"judged bad, but not named as `Kind namespace/name`: {listed(odd)}")
    return Verdict(True, "nothing that was judged bad is left")


@check("node.patched", "object", "recorded", about="Node")
@told
def node_patched(facts: Facts, target: ResourceRef) -> Verdict:
    """The node's kubelet is at least of the version recorded as fixed (`record version.fixed v1.36.2`)."""
    node = tell(facts, asking.an_object("Node", "", target.name))
    if node is None:
        return Verdict(True, "it is no node of the cluster any more")
    fixed = [
        value for value, _, _ in cast(Iterable[tuple[str, str, float]], tell(facts, asking.recorded("version.fixed")))
    ]
    if not fixed:
        return Verdict(None, "nobody recorded which kubelet version is fixed (:record version.fixed)")
    has = cast(Node, node).status.node_info.kubelet_version
    if not _version(has) or not _version(fixed[-1]):
        return Verdict(None, f"cannot compare kubelet {has!r} with {fixed[-1]!r}")
    limits = ("kernel, container runtime and add-ons", "what a compromised node says of itself")
    return Verdict(_version(has) >= _version(fixed[-1]), f"kubelet {has}, fixed in {fixed[-1]}", limits=limits)


def _version(text: str) -> tuple[int, ...]:
    return tuple(int(number) for number in _NUMBERS.findall(text.split("+")[0])[:3])
