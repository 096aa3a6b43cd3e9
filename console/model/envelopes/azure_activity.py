"""Azure's activity records of AKS and Arc clusters: `operationName` says the request, in capitals, without its body.

Out: an `AuditEvent` in the API server's own words. `WRITE` may have been a creation or a change; it is told as `create`
unless the record names the HTTP method. Operations on the cluster itself are none of its API server and are left out.
"""

from __future__ import annotations

import re
from typing import Any

from console.model.audit import AuditEvent, AuditUser, ObjectReference, ResponseStatus
from console.model.envelopes.lenient import mapping_of, text_of

_OPERATION = re.compile(r"(?i)^microsoft\.(?:kubernetes/connectedclusters|containerservice/managedclusters)/(.+)$")
_CLUSTER = re.compile(r"(?i)/(?:connectedclusters|managedclusters)/[^/]+(?:/(.+))?$")
_VERBS = {"write": "create", "read": "get", "delete": "delete"}
_METHODS = {"PUT": "update", "PATCH": "patch", "POST": "create", "DELETE": "delete", "GET": "get"}
_GROUPS = frozenset({"apps", "batch", "autoscaling", "extensions", "policy"})
_OWN = frozenset(
    {"providers", "agentpools", "privateendpointconnections", "maintenanceconfigurations", "diagnosticlogs"}
)
"""Parts of the cluster as Azure's resource that are nothing in it; `diagnosticlogs/read` stands in every record of a
log that Azure Monitor streams, and the request is inside."""
_SUBRESOURCES = frozenset({"exec", "attach", "portforward", "proxy", "token", "approval", "eviction", "binding"})
_BEGUN = frozenset({"start", "started", "accept", "accepted"})
_FAILED = frozenset({"failure", "failed"})
_UPN = ("http://schemas.xmlsoap.org/ws/2005/05/identity/claims/upn", "upn", "unique_name", "appid", "name")


def event_of(record: dict[str, Any]) -> AuditEvent | None:
    """The event of an activity record, or None if it is none of a request inside a cluster."""
    found = _OPERATION.match(_named(record, "operationName", "OperationNameValue", "operation_name"))
    asked = _asked(found[1].lower().split("/")) if found else None
    if asked is None:
        return None
    verb, group, resource, subresource = asked
    if verb == "create":
        verb = _METHODS.get(text_of(mapping_of(record.get("httpRequest")).get("method")).upper(), verb)
    namespace, name = _place(_named(record, "resourceId", "_ResourceId", "ResourceId"))
    moment = _named(record, "time", "eventTimestamp", "TimeGenerated")
    address = _named(record, "callerIpAddress", "CallerIpAddress") or text_of(
        mapping_of(record.get("httpRequest")).get("clientIpAddress")
    )
    status = _named(record, "resultType", "ActivityStatusValue", "status").lower()
    return AuditEvent(
        audit_id=_named(record, "correlationId", "CorrelationId", "operationId"),
        level="Metadata",
        stage="RequestReceived" if status in _BEGUN else "ResponseComplete",
        verb=verb,
        user=AuditUser(username=_user(record)),
        source_ips=[address] if address else None,
        object_ref=ObjectReference(
            resource=resource, namespace=namespace, name=name, api_group=group, subresource=subresource
        ),
        response_status=ResponseStatus(code=_code(record, status)),
        request_uri=f"/{found[1].lower()}" if found else "",
        request_received_timestamp=moment,
        stage_timestamp=moment,
    )


def _asked(parts: list[str]) -> tuple[str, str, str, str] | None:
    """Verb, group, resource and subresource of `rbac.authorization.k8s.io/roles/escalate/action`."""
    if parts[0] == "apis":
        parts = parts[1:]
    group = parts.pop(0) if len(parts) > 2 and ("." in parts[0] or parts[0] in _GROUPS) else ""
    if len(parts) < 2 or parts[0] in _OWN:
        return None
    resource, rest, last = parts[0], parts[1:-1], parts[-1]
    if last != "action":
        return _VERBS.get(last, last), group, resource, rest[0] if rest else ""
    word = rest[-1] if rest else ""
    if word in _SUBRESOURCES:
        return "create", group, resource, word
    return (word, group, resource, "") if word else None


def _place(resource_id: str) -> tuple[str, str]:
    """Namespace and name, where the id goes on past the cluster."""
    found = _CLUSTER.search(resource_id)
    parts = (found[1] or "").split("/") if found else []
    lower = [part.lower() for part in parts]
    namespace = parts[lower.index("namespaces") + 1] if "namespaces" in lower[:-1] else ""
    return namespace, parts[-1] if len(parts) > 1 and parts[-1] != namespace else ""


def _user(record: dict[str, Any]) -> str:
    claims = mapping_of(mapping_of(record.get("identity")).get("claims")) or mapping_of(record.get("claims"))
    return _named(record, "caller", "Caller") or next((text_of(claims[one]) for one in _UPN if claims.get(one)), "")


def _code(record: dict[str, Any], status: str) -> int:
    if status not in _FAILED:
        return 200
    inner = _named(mapping_of(record.get("properties")), "statusCode")
    signature = f"{_named(record, 'resultSignature', 'subStatus')} {inner}"
    if "forbidden" in signature.lower() or "403" in signature:
        return 403
    return 401 if "unauthorized" in signature.lower() or "401" in signature else 500


def _named(record: dict[str, Any], *names: str) -> str:
    """The first of these fields that is a text, or has one as its `value`."""
    for name in names:
        value = record.get(name)
        text = text_of(value) or text_of(mapping_of(value).get("value"))
        if text:
            return text
    return ""
