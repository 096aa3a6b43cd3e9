"""Rows of every object of a kind (`:pods`, `:KIND`): columns and cells, from pruned objects. Pure.

A pod's cells are cleaned but not searched for secrets: they are names, counts and states the API validates, and there
may be 50,000 of them. Its reason and its owner are anybody's text: those, and all cells of other kinds, are exported.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import msgspec

from console.hygiene.exporting import Exporter, known_safe
from console.incident.naming import key_of, ref_of
from console.model.instants import seconds
from console.model.objects import Obj, Pod
from console.model.ref import BY_KIND
from console.ports.views import ObjectRow


class Layout(msgspec.Struct, frozen=True):
    """How a kind is shown."""

    titles: tuple[str, ...]
    cells: Callable[[Any], tuple[str, ...]]
    right: tuple[int, ...] = ()
    """Indexes of columns aligned right."""
    bad: Callable[[Any], bool] = lambda _: False


def _pod_ready(pod: Any) -> tuple[int, int, int]:
    statuses = pod.status.container_statuses or []
    total = len(pod.spec.containers)
    return sum(1 for one in statuses if one.ready), total, sum(one.restart_count for one in statuses)


def _pod_state(pod: Any) -> str:
    if pod.metadata.deletion_timestamp:
        return "Terminating"
    return pod.status.reason or pod.status.phase or "Unknown"


def _pod(pod: Any) -> tuple[str, ...]:
    ready, total, restarts = _pod_ready(pod)
    owner = pod.metadata.controller
    return (
        f"{ready}/{total}",
        _pod_state(pod),
        str(restarts),
        pod.spec.node_name,
        pod.spec.service_account_name,
        f"{owner.kind} {owner.name}" if owner else "",
    )


def _pod_bad(pod: Any) -> bool:
    ready, total, _ = _pod_ready(pod)
    return pod.status.phase not in ("Running", "Succeeded") or (pod.status.phase == "Running" and ready < total)


def _node_ready(node: Any) -> bool:
    return any(one.type == "Ready" and one.status == "True" for one in node.status.conditions or ())


def _node(node: Any) -> tuple[str, ...]:
    state = "Ready" if _node_ready(node) else "NotReady"
    taints = ",".join(taint.key for taint in node.spec.taints or ())
    return (state, "cordoned" if node.spec.unschedulable else "", node.status.node_info.kubelet_version, taints)


def _workload(one: Any) -> tuple[str, ...]:
    template = one.spec.template
    images = ",".join(c.image for c in template.spec.containers) if template else ""
    account = template.spec.service_account_name if template else ""
    wanted = one.spec.replicas if one.spec.replicas is not None else one.status.desired_number_scheduled
    ready = one.status.ready_replicas or one.status.number_ready
    state = "suspended" if one.spec.suspend else ("paused" if one.spec.paused else "")
    return (f"{ready}/{wanted}", state, account, images)


def _workload_bad(one: Any) -> bool:
    wanted = one.spec.replicas if one.spec.replicas is not None else one.status.desired_number_scheduled
    return bool(wanted and (one.status.ready_replicas or one.status.number_ready) < wanted)


def _service(one: Any) -> tuple[str, ...]:
    ports = ",".join(f"{p.port}" + (f":{p.node_port}" if p.node_port else "") for p in one.spec.ports or ())
    selector = ",".join(f"{k}={v}" for k, v in (one.spec.selector or {}).items())
    return (one.spec.type, one.spec.cluster_ip, ports, selector)


def _binding(one: Any) -> tuple[str, ...]:
    who = ",".join(f"{s.kind} {s.namespace + '/' if s.namespace else ''}{s.name}" for s in one.subjects or ())
    return (f"{one.role_ref.kind} {one.role_ref.name}", who)


def _role(one: Any) -> tuple[str, ...]:
    rules = one.rules or []
    wild = any("*" in rule.verbs and "*" in (rule.resources or []) for rule in rules)
    return (str(len(rules)), "wildcard" if wild else "")


def _policy(one: Any) -> tuple[str, ...]:
    selector = one.spec.pod_selector
    words = [f"{k}={v}" for k, v in (selector.match_labels or {}).items()]
    words += [f"{e.key} {e.operator}" for e in selector.match_expressions or ()]
    kinds = ",".join(one.spec.policy_types or ["Ingress"])
    return (kinds, " ".join(words) or "all pods", f"{len(one.spec.ingress or [])}/{len(one.spec.egress or [])}")


def _webhook(one: Any) -> tuple[str, ...]:
    hooks = one.webhooks or []
    where = ",".join(
        h.client_config.url
        or (f"{h.client_config.service.namespace}/{h.client_config.service.name}" if h.client_config.service else "")
        for h in hooks
    )
    return (str(len(hooks)), where)


def _signing(one: Any) -> tuple[str, ...]:
    state = ",".join(c.type for c in one.status.conditions or ()) or "Pending"
    return (one.spec.username, one.spec.signer_name, state)


def _event(one: Any) -> tuple[str, ...]:
    on = one.involved_object
    return (one.type, one.reason, f"{on.kind} {on.name}", str(one.count or 1), one.message)


_META = Layout(("MANAGER",), lambda one: (_manager(one),))

LAYOUTS: dict[str, Layout] = {
    "Pod": Layout(("READY", "STATUS", "RST", "NODE", "ACCOUNT", "OWNER"), _pod, (2,), _pod_bad),
    "Node": Layout(("STATUS", "SCHEDULING", "VERSION", "TAINTS"), _node, (), lambda node: not _node_ready(node)),
    **dict.fromkeys(
        ("Deployment", "ReplicaSet", "StatefulSet", "DaemonSet", "Job"),
        Layout(("READY", "STATE", "ACCOUNT", "IMAGES"), _workload, (), _workload_bad),
    ),
    "CronJob": Layout(("SCHEDULE", "STATE"), lambda one: (one.spec.schedule, "suspended" if one.spec.suspend else "")),
    "Service": Layout(("TYPE", "CLUSTER-IP", "PORTS", "SELECTOR"), _service),
    "RoleBinding": Layout(("ROLE", "SUBJECTS"), _binding),
    "ClusterRoleBinding": Layout(("ROLE", "SUBJECTS"), _binding),
    "Role": Layout(("RULES", "NOTE"), _role, (0,)),
    "ClusterRole": Layout(("RULES", "NOTE"), _role, (0,)),
    "NetworkPolicy": Layout(("TYPES", "PODS", "IN/OUT"), _policy),
    "MutatingWebhookConfiguration": Layout(("HOOKS", "WHERE"), _webhook, (0,)),
    "ValidatingWebhookConfiguration": Layout(("HOOKS", "WHERE"), _webhook, (0,)),
    "CertificateSigningRequest": Layout(("REQUESTOR", "SIGNER", "STATE"), _signing),
    "Event": Layout(("TYPE", "REASON", "OBJECT", "N", "MESSAGE"), _event, (3,)),
    "ServiceAccount": Layout(("SECRETS",), lambda one: (str(len(one.secrets or [])),), (0,)),
    "EndpointSlice": Layout(("ENDPOINTS",), lambda one: (str(len(one.endpoints or [])),), (0,)),
}


_POD_STATE, _POD_OWNER = 3, 7


def layout(kind: str) -> Layout:
    """How this kind is shown; kinds without a layout show who manages them."""
    return LAYOUTS.get(kind, _META)


def titles(kind: str) -> tuple[str, ...]:
    """All column titles; age is the seat's own column."""
    place = ("NAMESPACE", "NAME") if BY_KIND[kind].namespaced else ("NAME",)
    return place + layout(kind).titles


def right_aligned(kind: str) -> tuple[bool, ...]:
    """Which of `titles` are aligned right."""
    shift = 2 if BY_KIND[kind].namespaced else 1
    marked = {index + shift for index in layout(kind).right}
    return tuple(index in marked for index in range(len(titles(kind))))


def object_row(kind: str, obj: Obj, export: Exporter) -> ObjectRow:
    """The row of one object."""
    how = layout(kind)
    meta = obj.metadata
    place = (meta.namespace, meta.name) if BY_KIND[kind].namespaced else (meta.name,)
    raw = (*place, *how.cells(obj))
    if isinstance(obj, Pod):
        free = {_POD_OWNER, _POD_STATE} if obj.status.reason else {_POD_OWNER}
        cells = tuple(export(cell) if number in free else known_safe(cell) for number, cell in enumerate(raw))
    else:
        cells = tuple(export(cell) for cell in raw)
    return ObjectRow(
        known_safe(key_of(ref_of(kind, obj))), cells, seconds(meta.creation_timestamp) or 0.0, how.bad(obj)
    )


def _manager(obj: Obj) -> str:
    fields = obj.metadata.managed_fields or []
    return max(fields, key=lambda field: field.time or "").manager if fields else ""
