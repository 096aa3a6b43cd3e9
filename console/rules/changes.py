"""What changed in the last 24 hours, from the cluster's own marks: the breach began before the tool did. Pure.

In: watch caches. Out: rows of what was created, changed or signed lately, newest first. Who did it is unknown unless a
field manager's name hints at it; the text says so.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from console.hygiene.exporting import Exporter, known_safe
from console.model.instants import seconds
from console.model.objects import Event, Obj, SigningRequest
from console.model.ref import BY_KIND
from console.ports.cluster import View
from console.ports.views import ChangeRow

SPAN = 86_400.0
MOST = 500
_KINDS = (
    "ClusterRoleBinding", "RoleBinding", "ClusterRole", "Role", "ServiceAccount", "MutatingWebhookConfiguration",
    "ValidatingWebhookConfiguration", "CertificateSigningRequest", "DaemonSet", "CronJob", "Deployment", "StatefulSet",
    "Job", "Service", "Ingress", "NetworkPolicy", "Node", "Namespace", "Pod",
)  # fmt: skip
_QUIET = ("kube-controller-manager", "kube-scheduler", "kubelet", "kube-apiserver")


def recent_changes(look: Callable[[str], View | None], now: float, export: Exporter) -> list[ChangeRow]:
    """Rows of the last 24 hours, newest first, at most 500."""
    rows = [row for kind in _KINDS for row in _of_kind(kind, look(kind), now, export)]
    rows += _events(look("Event"), now, export)
    return sorted(rows, key=lambda row: -row.at)[:MOST]


def _of_kind(kind: str, view: View | None, now: float, export: Exporter) -> Iterator[ChangeRow]:
    for obj in view.all() if view is not None else ():
        created = seconds(obj.metadata.creation_timestamp) or 0.0
        at, hand = hand_of(obj)
        if now - created <= SPAN:
            yield _row(kind, obj, created, "created", hand or controllers_of(obj), _signed(obj), export)
        elif now - at <= SPAN:
            yield _row(kind, obj, at, "changed", hand, "", export)


def hand_of(obj: Obj, before: Obj | None = None) -> tuple[float, str]:
    """The newest mark on what is wanted of the object, and whose; of those that are new since `before`, if there are.

    Controllers mark its state after every change: were theirs taken, whoever edits a workload would hide behind them.
    """
    known = before.metadata.managed_fields or () if before is not None else ()
    marks = [one for one in obj.metadata.managed_fields or () if one.subresource != "status"]
    fresh = [one for one in marks if one not in known] if before is not None else []
    hands = fresh or [one for one in marks if one.manager not in _QUIET]
    return max(((seconds(one.time) or 0.0, one.manager) for one in hands), default=(0.0, ""))


def controllers_of(obj: Obj) -> str:
    """Which of Kubernetes' own made it, where no other hand is on it."""
    return next((one.manager for one in obj.metadata.managed_fields or () if one.subresource != "status"), "")


def _signed(obj: Obj) -> str:
    if not isinstance(obj, SigningRequest):
        return ""
    state = ", ".join(one.type for one in obj.status.conditions or ()) or "pending"
    return f"{state}, asked by {obj.spec.username} for {obj.spec.signer_name}"


def _row(kind: str, obj: Obj, at: float, verb: str, manager: str, text: str, export: Exporter) -> ChangeRow:
    meta = obj.metadata
    ref = BY_KIND[kind].ref(meta.namespace, meta.name)
    key = export(f"{kind}/{meta.namespace}/{meta.name}")
    return ChangeRow(key, at, known_safe(verb), known_safe(kind), export(str(ref)), export(manager), export(text))


def _events(view: View | None, now: float, export: Exporter) -> Iterator[ChangeRow]:
    for obj in view.all() if view is not None else ():
        if not isinstance(obj, Event) or obj.type != "Warning":
            continue
        at = seconds(obj.last_timestamp or obj.event_time) or 0.0
        if now - at <= SPAN:
            on = obj.involved_object
            key = export(f"Event/{obj.metadata.namespace}/{obj.metadata.name}")
            name = f"{on.namespace}/{on.name}" if on.namespace else on.name
            yield ChangeRow(
                key,
                at,
                known_safe("warned"),
                export(on.kind),
                export(name),
                text=export(f"{obj.reason}: {obj.message}"),
            )
