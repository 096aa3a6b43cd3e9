"""An audit event of the Kubernetes API server, as it is matched. Raw values.

Decoded from `audit.k8s.io/v1` by `console.sources`; other envelopes (clouds, search indexes) are turned into it there.
Request and response bodies stay raw bytes and are decoded only for events a rule is a candidate for.
"""

from __future__ import annotations

import msgspec


class AuditUser(msgspec.Struct, rename="camel", gc=False):
    username: str = ""
    uid: str = ""
    groups: list[str] | None = None
    extra: dict[str, list[str]] | None = None


class ObjectReference(msgspec.Struct, rename="camel", gc=False):
    resource: str = ""
    namespace: str = ""
    name: str = ""
    uid: str = ""
    api_group: str = ""
    api_version: str = ""
    resource_version: str = ""
    subresource: str = ""


class ResponseStatus(msgspec.Struct, rename="camel", gc=False):
    code: int = 0
    status: str = ""
    reason: str = ""
    message: str = ""


class AuditEvent(msgspec.Struct, rename="camel", gc=False):
    """One stage of one request. `audit_id` and `stage` together name it; a request has up to three stages."""

    audit_id: str = msgspec.field(default="", name="auditID")
    level: str = ""
    stage: str = ""
    verb: str = ""
    user: AuditUser = msgspec.field(default_factory=AuditUser)
    impersonated_user: AuditUser | None = None
    source_ips: list[str] | None = msgspec.field(default=None, name="sourceIPs")
    user_agent: str = ""
    object_ref: ObjectReference | None = None
    response_status: ResponseStatus | None = None
    request_uri: str = msgspec.field(default="", name="requestURI")
    request_object: msgspec.Raw = msgspec.Raw(b"")
    response_object: msgspec.Raw = msgspec.Raw(b"")
    request_received_timestamp: str = ""
    stage_timestamp: str = ""
    annotations: dict[str, str] | None = None
