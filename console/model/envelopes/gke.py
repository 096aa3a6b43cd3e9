"""Google's envelope: a Cloud Logging entry whose `protoPayload` tells a request by `methodName` and `resourceName`.

Out: an `AuditEvent` in the API server's own words. Google's codes are those of gRPC. What the entry does not say
(stage, groups) stays empty.
"""

from __future__ import annotations

from typing import Any

import msgspec

from console.model.audit import AuditEvent, AuditUser, ObjectReference, ResponseStatus
from console.model.envelopes.lenient import mapping_of, raw_of, text_of

_HTTP = {0: 200, 1: 499, 3: 400, 4: 504, 5: 404, 6: 409, 7: 403, 8: 429, 9: 400, 10: 409, 13: 500, 14: 503, 16: 401}
"""gRPC status to HTTP status."""

_PLAIN = frozenset({"apps", "batch", "autoscaling", "extensions", "policy"})
"""Groups of Kubernetes that are not below its domain."""
_VERBS = {"create", "get", "list", "watch", "update", "patch", "delete", "deletecollection"}


def event_of(entry: dict[str, Any]) -> AuditEvent | None:
    """The event of a log entry, or None if it is none of a Kubernetes API server."""
    payload = entry.get("protoPayload", entry)
    if not isinstance(payload, dict):
        return None
    asked, of = _permission(payload)
    method, name = text_of(payload.get("methodName")), text_of(payload.get("resourceName")) or of
    if not method.startswith("io.k8s."):
        # Where there is none, or another service's, the permission that was asked for names verb and resource.
        method = asked or (method if text_of(payload.get("serviceName")) == "k8s.io" else "")
        if not method:
            return None
    verb, subresource = _verb(method)
    reference = _reference(name, subresource) if name else _meant(method, subresource)
    moment = text_of(entry.get("timestamp")) or text_of(entry.get("receiveTimestamp"))
    labels = entry.get("labels")
    return AuditEvent(
        audit_id=text_of(mapping_of(entry.get("operation")).get("id")) or text_of(entry.get("insertId")),
        level="RequestResponse" if "request" in payload else "Metadata",
        stage="ResponseComplete",
        verb=verb,
        user=_user(payload),
        impersonated_user=_acting(payload),
        source_ips=[ip] if (ip := text_of(mapping_of(payload.get("requestMetadata")).get("callerIp"))) else None,
        user_agent=text_of(mapping_of(payload.get("requestMetadata")).get("callerSuppliedUserAgent")),
        object_ref=reference,
        response_status=_status(payload, labels),
        request_uri=f"/{name}",
        request_object=_body(payload.get("request")),
        response_object=_body(payload.get("response")),
        request_received_timestamp=moment,
        stage_timestamp=moment,
        annotations={str(k): v for k, v in labels.items() if isinstance(v, str)} if isinstance(labels, dict) else None,
    )


def _permission(payload: dict[str, Any]) -> tuple[str, str]:
    """The permission that was asked for, which is named like a method, and for what."""
    info = payload.get("authorizationInfo")
    for asked in info if isinstance(info, list) else ():
        if isinstance(asked, dict) and text_of(asked.get("permission")).startswith("io.k8s."):
            return text_of(asked["permission"]), text_of(asked.get("resource"))
    return "", ""


def _verb(method: str) -> tuple[str, str]:
    """`io.k8s.core.v1.pods.exec.create` is verb `create` of subresource `exec`."""
    _, _, middle = _cut(method)
    verb = method.rpartition(".")[2].lower()
    return (verb if verb in _VERBS else verb or "get"), (middle[1] if len(middle) > 1 else "")


def _cut(method: str) -> tuple[list[str], str, list[str]]:
    """The words of a method before its version, the version, and those between it and the verb."""
    parts = method.split(".")
    at = next((i for i, part in enumerate(parts) if part[:1] == "v" and part[1:2].isdigit()), -1)
    return (parts[2:at], parts[at], parts[at + 1 : -1]) if at >= 0 else ([], "", [])


def _meant(method: str, subresource: str) -> ObjectReference:
    """What a method without a name is about; `io.k8s.authorization.rbac` is `rbac.authorization.k8s.io` backwards."""
    words, version, middle = _cut(method)
    group = ".".join(reversed(words))
    if group == "core" or group in _PLAIN:
        group = "" if group == "core" else group
    elif group:
        group = f"{group}.k8s.io"
    return ObjectReference(
        resource=middle[0] if middle else "", api_group=group, api_version=version, subresource=subresource
    )


def _reference(name: str, subresource: str) -> ObjectReference:
    """`core/v1/namespaces/shop/pods/web/exec` and `rbac.authorization.k8s.io/v1/clusterroles/x`."""
    parts = name.split("/")
    group, version = (parts[0], parts[1]) if len(parts) > 1 else ("", "")
    rest, namespace = parts[2:], ""
    if len(rest) > 2 and rest[0] == "namespaces":
        namespace, rest = rest[1], rest[2:]
    elif len(rest) == 2 and rest[0] == "namespaces":
        namespace = rest[1]
    resource, named, sub = [*rest, "", "", ""][:3]
    return ObjectReference(
        resource=resource,
        namespace=namespace,
        name=named,
        api_group="" if group == "core" else group,
        api_version=version,
        subresource=sub or subresource,
    )


def _user(payload: dict[str, Any]) -> AuditUser:
    known = mapping_of(payload.get("authenticationInfo"))
    name = text_of(known.get("principalEmail")) or text_of(known.get("principalSubject"))
    return AuditUser(username=name)


def _acting(payload: dict[str, Any]) -> AuditUser | None:
    """Whom the caller asked to act as."""
    name = text_of(mapping_of(payload.get("authenticationInfo")).get("authoritySelector"))
    return AuditUser(username=name) if name else None


def _status(payload: dict[str, Any], labels: Any) -> ResponseStatus:
    status = mapping_of(payload.get("status"))
    code = status.get("code", 0)
    http = _HTTP.get(code, code) if isinstance(code, int) and not isinstance(code, bool) else 0
    if http == 200 and mapping_of(labels).get("authorization.k8s.io/decision") == "forbid":
        http = 403
    return ResponseStatus(code=http, message=text_of(status.get("message")))


def _body(value: Any) -> msgspec.Raw:
    if not isinstance(value, dict):
        return raw_of(value)
    body = {key: inner for key, inner in value.items() if key != "@type"}
    if body.keys() == {"value"} and isinstance(body["value"], list):  # a list, as `Any` of Protocol Buffers has one
        return raw_of(body["value"])
    return raw_of(body)
