"""Alertmanager's alerts, as its API v2 lists them and as its webhook (version 4) posts them.

In: one decoded alert. Out: an `Alert`, None when it is none. Labels are whatever somebody's rules say: nothing but a
label and `startsAt` is promised. What Falcosidekick handed to Alertmanager is Falco's own alert again, so that it is
known as the same one when it also comes straight. Sources: Alertmanager's API v2 (GettableAlert) and `template.Data`,
falcosidekick `outputs/alertmanager.go`, labels of kubernetes-mixin and kube-prometheus.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import msgspec

from console.model.envelopes import falco
from console.model.envelopes.plain import mapping, text
from console.model.finding import Target
from console.model.instants import seconds
from console.model.runtime import Alert, Place
from console.model.severity import Severity

SEVERITIES = {
    "critical": Severity.CRITICAL, "error": Severity.HIGH, "high": Severity.HIGH, "warning": Severity.MEDIUM,
    "medium": Severity.MEDIUM, "low": Severity.LOW, "info": Severity.INFO, "information": Severity.INFO,
    "informational": Severity.INFO, "none": Severity.INFO,
}  # fmt: skip
"""The words rules write into `severity`; any other, and none at all, is low."""
SECURITY = "security"
"""Tag of an alert whose labels say that it is about security."""
SLACK = 60.0
"""Seconds between what Falco saw and when Alertmanager got it, where no label tells Falco's own time."""
_TAGS = ("tactic", "tactics", "technique", "attack", "mitre", "mitre_attack", "mitre_tactic", "mitre_technique", "tags")
_TOPICS = ("category", "class", "domain", "team", "topic", "type")
_SECURITY = re.compile(r"(^|[^a-z])(security|secops|infosec|siem)([^a-z]|$)")
_EXPORTERS = ("node-exporter", "prometheus-node-exporter")
"""Scrape jobs whose pod only carries the metric: what it tells of is the node."""
_WORKLOADS = (
    ("deployment", "Deployment", "apps"), ("statefulset", "StatefulSet", "apps"), ("daemonset", "DaemonSet", "apps"),
    ("cronjob", "CronJob", "batch"), ("job_name", "Job", "batch"),
)  # fmt: skip
_MOST = 100
_UNTOLD = frozenset({"alertname", "severity", "prometheus", "prometheus_replica"})


def signal_of(value: dict[str, Any]) -> Alert | None:
    """The alert in a record."""
    labels = _labels(value.get("labels"))
    starts = _moment(value.get("startsAt"))
    if not labels or starts is None:
        return None
    notes = _labels(value.get("annotations"))
    if labels.get("source") == "falco" and labels.get("rule"):
        return _of_falco(value, labels, notes, starts)
    place = _place(labels)
    return Alert(
        sensor="alertmanager",
        rule=labels.get("alertname") or labels.get("rule") or "alert without a name",
        severity=_severity(labels),
        at=starts,
        place=place,
        id=text(value.get("fingerprint")),
        text=_text(notes),
        tags=_tags(labels),
        target=_target(labels, place),
    )


def fires(value: Mapping[str, Any]) -> bool:
    """Whether it fires and nobody wants it quiet; a record that does not say is taken to fire."""
    status = value.get("status")
    return status != "resolved" and mapping(status).get("state") != "suppressed"


def _labels(value: Any) -> dict[str, str]:
    """Names and values that are text, at most 100 of them."""
    found = mapping(value).items()
    return {name[:200]: text(said) for name, said in list(found)[:_MOST] if text(said)}


def _first(labels: Mapping[str, str], *names: str) -> str:
    return next((labels[name] for name in names if labels.get(name)), "")


def _moment(value: Any) -> float | None:
    """Epoch seconds, whole milliseconds: the API cuts what the webhook writes in full. None for no time at all."""
    try:
        at = seconds(text(value)) if text(value) else None
    except OverflowError:
        return None
    return round(at * 1e6) // 1000 / 1000 if at and at > 0 else None


def _severity(labels: Mapping[str, str]) -> Severity:
    return SEVERITIES.get(labels.get("severity", "").lower(), Severity.LOW)


def _place(labels: Mapping[str, str]) -> Place:
    """Where it is. `exported_…` is what Prometheus renames a metric's own label to when its scrape has one too."""
    node = _first(labels, "exported_node", "node", "nodename", "node_name", "kubernetes_node")
    if labels.get("job") in _EXPORTERS and "exported_pod" not in labels:
        return Place(node=node or labels.get("instance", "").rpartition(":")[0])
    return Place(
        namespace=_first(labels, "exported_namespace", "k8s_ns_name", "namespace", "kubernetes_namespace"),
        pod=_first(labels, "exported_pod", "k8s_pod_name", "pod", "pod_name", "kubernetes_pod_name"),
        container=_first(labels, "exported_container", "container", "container_name"),
        node=node,
        workload=_first(labels, *(label for label, _, _ in _WORKLOADS)),
    )


def _target(labels: Mapping[str, str], place: Place) -> Target:
    if place.pod:
        return Target(kind="Pod", namespace=place.namespace, name=place.pod)
    for label, kind, group in _WORKLOADS:
        if labels.get(label):
            return Target(group=group, kind=kind, namespace=place.namespace, name=labels[label])
    if place.node:
        return Target(kind="Node", name=place.node)
    if place.namespace and labels.get("service"):
        return Target(kind="Service", namespace=place.namespace, name=labels["service"])
    if place.namespace:
        return Target(kind="Namespace", name=place.namespace)
    told = ",".join(f"{name}={said}" for name, said in sorted(labels.items()) if name not in _UNTOLD)
    return Target(path=told[:200] or "cluster")


def _text(notes: Mapping[str, str]) -> str:
    """What the rule's author wrote for people, shortest first, nothing twice."""
    parts = [notes[name] for name in ("summary", "message", "description", "info") if notes.get(name)]
    return ": ".join(one for one in dict.fromkeys(parts) if not any(one != other and one in other for other in parts))


def _tags(labels: Mapping[str, str]) -> tuple[str, ...]:
    """What the labels say of tactics and techniques, and whether they call it a matter of security."""
    said = [word for name in _TAGS for word in re.split(r"[,;\s]+", labels.get(name, "")) if word]
    about = " ".join(labels.get(name, "") for name in _TOPICS).lower()
    if _SECURITY.search(about) or labels.get(SECURITY, "").lower() in ("true", "yes", "1"):
        said.append(SECURITY)
    return tuple(dict.fromkeys(said))


def _of_falco(
    value: Mapping[str, Any], labels: Mapping[str, str], notes: Mapping[str, str], starts: float
) -> Alert | None:
    """Falco's alert, out of the labels that Falcosidekick made of its fields."""
    known = labels.get("priority", "").lower() in falco.PRIORITIES
    record = {
        "rule": labels["rule"], "priority": labels["priority"] if known else "notice", "time": "1970-01-01T00:00:00Z",
        "output": _first(notes, "info", "description"), "output_fields": labels, "hostname": labels.get("hostname"),
        "source": labels.get("eventsource"), "tags": labels.get("tags", "").split(","),
    }  # fmt: skip
    alert = falco.signal_of(record)
    if alert is None:
        return None
    at = _event_time(labels)
    # Told to expire by Falcosidekick, an alert starts when it ends: only when it came is then near the truth.
    seen = at or min(starts, _moment(value.get("updatedAt")) or starts)
    severity = alert.severity if known else _severity(labels)
    id_, slack = text(value.get("fingerprint")), 0.0 if at else SLACK
    return msgspec.structs.replace(alert, at=seen, slack=slack, severity=severity, id=id_)


def _event_time(labels: Mapping[str, str]) -> float | None:
    """When Falco saw it: a label of nanoseconds, where the rule's output names the time."""
    said = _first(labels, "evt_time", "evt_time_iso8601")
    return int(said) // 1000 / 10**6 if said.isascii() and said.isdecimal() and len(said) == 19 else None
