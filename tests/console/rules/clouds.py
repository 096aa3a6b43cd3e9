"""The same request as the clouds record it: in the shapes their documentation and their consoles show."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

Event = dict[str, Any]

_GRPC = {200: 0, 201: 0, 400: 3, 401: 16, 403: 7, 404: 5, 409: 6, 422: 3, 429: 8, 500: 13, 503: 14}


def eks_event(event: Event) -> Any:
    """A line of an exported stream: the bare event."""
    return event


def eks_insight(event: Event) -> Any:
    """CloudWatch Logs Insights, and `filter_log_events`: the event as text."""
    stream = "kube-apiserver-audit-0123456789abcdef0123456789abcdef"
    return {
        "logStreamName": stream,
        "timestamp": 1795503600000,
        "message": json.dumps(event),
        "ingestionTime": 1,
        "eventId": "3",
    }


def eks_subscription(event: Event) -> Any:
    """What a subscription filter sends."""
    return {
        "messageType": "DATA_MESSAGE",
        "owner": "111122223333",
        "logGroup": "/aws/eks/shop/cluster",
        "logStream": "kube-apiserver-audit-0123456789abcdef0123456789abcdef",
        "subscriptionFilters": ["all"],
        "logEvents": [{"id": "3", "timestamp": 1795503600000, "message": json.dumps(event)}],
    }


def gke_entry(event: Event) -> Any:
    """An entry of Cloud Logging."""
    on = event.get("objectRef") or {}
    group, version = on.get("apiGroup") or "core", on.get("apiVersion") or "v1"
    parts = [
        group,
        version,
        *(["namespaces", on["namespace"]] if on.get("namespace") and on.get("resource") != "namespaces" else []),
    ]
    parts += [one for one in (on.get("resource"), on.get("name"), on.get("subresource")) if one]
    name = "/".join(parts) if on else event["requestURI"].partition("?")[0].strip("/")
    words = [
        *reversed(group.removesuffix(".k8s.io").split(".")),
        version,
        on.get("resource", ""),
        on.get("subresource", ""),
    ]
    method = ".".join(("io.k8s", *(word for word in words if word), event["verb"]))
    code = (event.get("responseStatus") or {}).get("code", 200)
    payload: dict[str, Any] = {
        "@type": "type.googleapis.com/google.cloud.audit.AuditLog",
        "authenticationInfo": {"principalEmail": event["user"].get("username", ""), **_selected(event)},
        "authorizationInfo": [{"granted": code not in (401, 403), "permission": method, "resource": name}],
        "methodName": method,
        "requestMetadata": {
            "callerIp": (event.get("sourceIPs") or [""])[0],
            "callerSuppliedUserAgent": event["userAgent"],
        },
        "resourceName": name,
        "serviceName": "k8s.io",
        "status": {"code": _GRPC.get(code, 2), "message": (event.get("responseStatus") or {}).get("message", "")},
    }
    for ours, theirs in (("requestObject", "request"), ("responseObject", "response")):
        if isinstance(event.get(ours), dict):
            payload[theirs] = {"@type": f"{group}/{version}.Object", **event[ours]}
        elif isinstance(event.get(ours), list):
            payload[theirs] = {"@type": "k8s.io/Patch", "value": event[ours]}
    decision = "forbid" if code == 403 else "allow"
    return {
        "insertId": event["auditID"],
        "labels": {
            "authorization.k8s.io/decision": decision,
            "authorization.k8s.io/reason": "",
            **event.get("annotations", {}),
        },
        "logName": "projects/shop/logs/cloudaudit.googleapis.com%2Factivity",
        "operation": {"first": True, "id": event["auditID"], "last": True, "producer": "k8s.io"},
        "protoPayload": payload,
        "receiveTimestamp": event["stageTimestamp"],
        "resource": {
            "labels": {"cluster_name": "shop", "location": "europe-west1", "project_id": "shop"},
            "type": "k8s_cluster",
        },
        "timestamp": event["requestReceivedTimestamp"],
    }


def _selected(event: Event) -> dict[str, str]:
    acting = (event.get("impersonatedUser") or {}).get("username")
    return {"authoritySelector": acting} if acting else {}


def gke_permission(event: Event) -> Any:
    """An entry of which only what was authorized is left of the method and the name."""
    entry = gke_entry(event)
    del entry["protoPayload"]["methodName"], entry["protoPayload"]["resourceName"]
    return entry


_COLUMNS = {
    "AuditId": "auditID", "Level": "level", "Stage": "stage", "Verb": "verb", "User": "user", "SourceIps": "sourceIPs",
    "UserAgent": "userAgent", "ObjectRef": "objectRef", "ResponseStatus": "responseStatus", "RequestUri": "requestURI",
    "RequestObject": "requestObject", "ResponseObject": "responseObject", "Annotations": "annotations",
    "RequestReceivedTime": "requestReceivedTimestamp", "StageReceivedTime": "stageTimestamp",
}  # fmt: skip


def aks_row(event: Event) -> Any:
    """A row of the table AKSAudit, whose dynamic columns come as objects."""
    row = {column: event[name] for column, name in _COLUMNS.items() if name in event}
    acting = {"ImpersonatedUser": event["impersonatedUser"]} if event.get("impersonatedUser") else {}
    moment = event["requestReceivedTimestamp"]
    return {"TimeGenerated": moment, "Type": "AKSAudit", "PodName": "kube-apiserver-1", **row, **acting}


def aks_row_of_text(event: Event) -> Any:
    """The same exported: dynamic columns are text."""
    return {
        key: json.dumps(value) if isinstance(value, (dict, list)) else value for key, value in aks_row(event).items()
    }


def aks_diagnostics(event: Event) -> Any:
    """A row of AzureDiagnostics."""
    return {
        "Category": "kube-audit",
        "log_s": json.dumps(event),
        "pod_s": "kube-apiserver-1",
        "ResourceType": "MANAGEDCLUSTERS",
    }


def aks_stream(event: Event) -> Any:
    """A record as Azure Monitor streams it."""
    return {
        "category": "kube-audit",
        "operationName": "Microsoft.ContainerService/managedClusters/diagnosticLogs/Read",
        "properties": {"containerID": "a", "log": json.dumps(event), "pod": "kube-apiserver-1", "stream": "stdout"},
        "resourceId": "/SUBSCRIPTIONS/0/RESOURCEGROUPS/SHOP/PROVIDERS/MICROSOFT.CONTAINERSERVICE/MANAGEDCLUSTERS/SHOP",
        "time": event["stageTimestamp"],
    }


_ALL = (
    *(eks_event, eks_insight, eks_subscription),
    *(gke_entry, gke_permission),
    *(aks_row, aks_row_of_text, aks_diagnostics, aks_stream),
)
SHAPES: dict[str, Callable[[Event], Any]] = {one.__name__: one for one in _ALL}
