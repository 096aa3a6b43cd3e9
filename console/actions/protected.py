"""What a plan must not hit, or only when its name is typed: the cluster's own organs and the responder's own path.

Pure over the plan, who we are, and the watch caches. A refusal here has no override; a typed name does.
"""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from console.actions.blast import Views
from console.actions.comparing import body_of
from console.actions.webhooks import webhook_namespaces
from console.errors import Refused
from console.model.access import Binding, Subject
from console.model.objects import Node, Obj, Pod
from console.model.plan import Call, Plan
from console.model.ref import ResourceRef
from console.ports.cluster import ClusterInfo

_SYSTEM_NAMESPACES = frozenset(("kube-system", "kube-public", "kube-node-lease"))
_ORGANS = {
    "the pod network (CNI)": ("calico", "tigera", "cilium", "flannel", "weave", "antrea", "kube-router", "aws-node",
                              "azure-cni", "azure-npm", "ovn", "multus", "kindnet", "canal"),
    "storage (CSI)": ("csi-", "-csi", "ebs-csi", "rook-ceph", "longhorn", "portworx"),
    "cluster DNS": ("coredns", "kube-dns", "node-local-dns", "nodelocaldns"),
    "Service routing": ("kube-proxy",),
}  # fmt: skip
_STATIC = ("kube-apiserver", "etcd", "kube-controller-manager", "kube-scheduler")
_CONTROL_PLANE = ("node-role.kubernetes.io/control-plane", "node-role.kubernetes.io/master")
_BINDINGS = ("RoleBinding", "ClusterRoleBinding")
_RBAC = ("Role", "ClusterRole", *_BINDINGS)
_EVERYBODY = frozenset(("system:authenticated", "system:unauthenticated"))
_WORKLOADS = ("Pod", "Deployment", "ReplicaSet", "StatefulSet", "DaemonSet", "Job", "CronJob")


class Protection(msgspec.Struct, frozen=True):
    """`refuse`: never. `typed`: only when the target's name is typed. Both in words, "" for neither."""

    refuse: str = ""
    typed: str = ""


def protection(plan: Plan, info: ClusterInfo, views: Views) -> Protection:
    """How far the plan's targets are protected. A plan that writes nothing hits nothing."""
    if not plan.steps:
        return Protection()
    touched = dict.fromkeys((plan.target, *(step.call.ref for step in plan.steps), *plan.destroys))
    spared = [step.call.ref for step in plan.steps if _moves_strangers_only(step.call, views)]
    refusals = [why for ref in touched if ref not in spared for why in _refusals(ref, info, views)]
    refusals += [why for step in plan.steps for why in _own_rights(step.call, info, views)]
    typed = [why for ref in touched for why in _warnings(ref, views)]
    typed += [why for ref in touched for why in _unseen(ref, info, views)]
    typed += [f"{ref.kind} {ref} is named like one of Kubernetes' own" for ref in spared]
    return Protection(refusals[0] if refusals else "", "; ".join(dict.fromkeys(typed)))


def refuse_protected(plan: Plan, info: ClusterInfo, views: Views) -> Plan:
    """The plan with `protected` filled in. Raises `Refused` for what is never done."""
    found = protection(plan, info, views)
    if found.refuse:
        raise Refused(found.refuse)
    typed = "; ".join(filter(None, (plan.protected, found.typed)))
    return msgspec.structs.replace(plan, protected=typed)


def _refusals(ref: ResourceRef, info: ClusterInfo, views: Views) -> Iterator[str]:
    accounts = own_accounts(info)
    if ref.kind == "ServiceAccount" and (ref.namespace, ref.name) in accounts:
        yield f"ServiceAccount {ref} is the account this console works with: it would cut its own hand off."
    if ref.kind == "User" and ref.name in info.users:
        yield f"User {ref.name} is you: you would lock yourself out."
    if ref.kind == "Group" and any(ref.name in one.groups for one in info.selves):
        yield f"You are a member of the group {ref.name}: you would lock yourself out."
    if ref.kind == "Namespace" and any(ref.name == space for space, _ in accounts):
        yield f"Namespace {ref.name} is the one this console runs in."
    if ref.kind in _RBAC and ref.name.startswith("system:"):
        yield f"{ref.kind} {ref} is one of Kubernetes' own: the cluster stops working without it."
    if ref.kind == "Pod":
        yield from _refused_pod(ref, views("Pod").get(ref.namespace, ref.name), accounts)


def _moves_strangers_only(call: Call, views: Views) -> bool:
    """Whether a `system:` binding only loses or gains accounts that Kubernetes itself never puts there.

    An attacker may name his binding so, or add his account to a real one: that one subject must be removable.
    """
    if call.ref.kind not in _BINDINGS or not call.ref.name.startswith("system:"):
        return False
    binding, body = views(call.ref.kind).get(call.ref.namespace, call.ref.name), body_of(call)
    if not isinstance(binding, Binding) or call.method != "PATCH" or "subjects" not in body:
        return False
    had = {(one.kind, one.namespace, one.name) for one in binding.subjects or ()}
    kept = {(one.get("kind", ""), one.get("namespace", ""), one.get("name", "")) for one in body["subjects"] or ()}
    return all(_is_stranger(*subject) for subject in had ^ kept)


def _is_stranger(kind: str, namespace: str, name: str) -> bool:
    """A service account outside the cluster's own namespaces, however it is named."""
    if kind == "User" and name.startswith("system:serviceaccount:"):
        kind, namespace = "ServiceAccount", name.split(":")[2]
    return kind == "ServiceAccount" and bool(namespace) and namespace not in _SYSTEM_NAMESPACES


def _refused_pod(ref: ResourceRef, pod: Obj | None, accounts: frozenset[tuple[str, str]]) -> Iterator[str]:
    owner = pod.metadata.controller if pod is not None else None
    static = owner is not None and owner.kind == "Node"
    if ref.namespace == "kube-system" and ref.name.startswith(_STATIC) and (static or pod is None):
        yield f"Pod {ref} is a static control plane pod: its node runs it from a file; nothing works without it."
    if isinstance(pod, Pod) and (ref.namespace, pod.spec.service_account_name) in accounts:
        yield f"Pod {ref} runs as the account this console works with: it may be this console."


def _own_rights(call: Call, info: ClusterInfo, views: Views) -> Iterator[str]:
    """A binding that names us may be changed, but not so that it no longer names us."""
    if call.ref.kind not in _BINDINGS or call.method == "POST":
        return
    binding = views(call.ref.kind).get(call.ref.namespace, call.ref.name)
    if not isinstance(binding, Binding):
        return
    mine = [subject for subject in binding.subjects or () if _is_us(subject, info)]
    if not mine:
        return
    body = body_of(call)
    kept = body.get("subjects") if isinstance(body, dict) else None
    if call.method != "DELETE" and (kept is None or all(_in(subject, kept) for subject in mine)):
        return
    whom = f"{mine[0].kind} {mine[0].name}"
    yield f"{call.ref.kind} {call.ref} gives you your own rights (as {whom}): you would lock yourself out."


def _is_us(subject: Subject, info: ClusterInfo) -> bool:
    if subject.kind == "ServiceAccount":
        return (subject.namespace, subject.name) in own_accounts(info)
    if subject.kind == "Group":
        return any(subject.name in one.groups for one in info.selves) and subject.name not in _EVERYBODY
    return subject.kind == "User" and subject.name in info.users


def _in(subject: Subject, kept: list[dict[str, str]]) -> bool:
    named = (subject.kind, subject.namespace, subject.name)
    return any((one.get("kind"), one.get("namespace", ""), one.get("name")) == named for one in kept)


def own_accounts(info: ClusterInfo) -> frozenset[tuple[str, str]]:
    """Namespace and name of the service accounts we are: act as, or have the credentials of."""
    users = (one.user.split(":") for one in info.selves if one.user.startswith("system:serviceaccount:"))
    return frozenset((parts[2], parts[3]) for parts in users if len(parts) == 4)


def _warnings(ref: ResourceRef, views: Views) -> Iterator[str]:
    namespace = ref.name if ref.kind == "Namespace" else ref.namespace
    if namespace in _SYSTEM_NAMESPACES:
        yield f"{namespace} is the cluster's own namespace"
    if ref.kind in _WORKLOADS or ref.kind == "Namespace":
        whole = f"{ref.namespace}/{ref.name}"
        yield from (f"{ref} looks like {organ}" for organ, marks in _ORGANS.items() if any(m in whole for m in marks))
        if namespace in webhook_namespaces(views):
            yield f"an admission webhook runs in {namespace}: stopping it may stop every write to the cluster"
    if ref.kind == "Node":
        yield from _last_control_plane(ref, views)


def _unseen(ref: ResourceRef, info: ClusterInfo, views: Views) -> Iterator[str]:
    """What would be refused if it is the responder's own, and cannot be told from others now: not known is not no."""
    if ref.kind in (*_BINDINGS, "ServiceAccount", "User", "Group") and not all(one.groups for one in info.selves):
        whom = "who you are is" if not info.groups else f"whose credentials act as {info.user} is"
        yield f"{whom} not known: whether {ref.kind} {ref} is your own path cannot be told"
    homes = {space for space, _ in own_accounts(info)}
    mine = ref.kind in _BINDINGS or (ref.kind == "Pod" and ref.namespace in homes)
    if mine and ref.uid and views(ref.kind).get(ref.namespace, ref.name) is None and _is_blind(views, ref.kind):
        state = views(ref.kind).health.state
        yield f"whether {ref.kind} {ref} is your own path cannot be told: the watch of {ref.kind}s is {state}"


def _is_blind(views: Views, kind: str) -> bool:
    return views(kind).health.state != "live"


def _last_control_plane(ref: ResourceRef, views: Views) -> Iterator[str]:
    nodes = [node for node in views("Node").all() if isinstance(node, Node)]
    leading = [node for node in nodes if any(mark in (node.metadata.labels or {}) for mark in _CONTROL_PLANE)]
    if not any(node.metadata.name == ref.name for node in leading):
        return
    others = [node for node in leading if node.metadata.name != ref.name and not node.spec.unschedulable]
    if not others:
        yield f"{ref.name} is the last control plane node that takes pods"
