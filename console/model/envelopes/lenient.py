"""Builds an `AuditEvent` out of any mapping, field by field: what has the wrong type is left out, never raised.

The quick road is a typed decode (`reading`); this one is for old API versions, shippers that add or null fields,
and the clouds' envelopes.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec

from console.model.audit import AuditEvent, AuditUser, ObjectReference, ResponseStatus

_CODES = {"success": 200, "failure": 500}


def event_of(record: Mapping[str, Any]) -> AuditEvent | None:
    """The event this mapping is, or None when it lacks what every audit event has."""
    verb, audit_id = text_of(record.get("verb")), text_of(record.get("auditID"))
    uri, stage = text_of(record.get("requestURI")), text_of(record.get("stage"))
    if not (verb and (uri or stage or audit_id)):
        return None
    return AuditEvent(
        audit_id=audit_id,
        level=text_of(record.get("level")),
        stage=stage,
        verb=verb,
        user=_user(record.get("user")) or AuditUser(),
        impersonated_user=_user(record.get("impersonatedUser")),
        source_ips=_texts(record.get("sourceIPs")),
        user_agent=text_of(record.get("userAgent")),
        object_ref=_reference(record.get("objectRef")),
        response_status=_status(record.get("responseStatus")),
        request_uri=uri,
        request_object=raw_of(record.get("requestObject")),
        response_object=raw_of(record.get("responseObject")),
        request_received_timestamp=_moment(record, "requestReceivedTimestamp"),
        stage_timestamp=_moment(record, "stageTimestamp"),
        annotations=_strings(record.get("annotations")),
    )


def raw_of(value: Any) -> msgspec.Raw:
    """A body as raw bytes again; strings (`skipped-too-big-size-object`) are no bodies."""
    if not isinstance(value, (dict, list)):
        return msgspec.Raw(b"")
    return msgspec.Raw(msgspec.json.encode(value))


def text_of(value: Any) -> str:
    """The text, "" for anything else."""
    return value if isinstance(value, str) else ""


def mapping_of(value: Any) -> dict[str, Any]:
    """The mapping, an empty one for anything else."""
    return value if isinstance(value, dict) else {}


def _texts(value: Any) -> list[str] | None:
    if isinstance(value, str):
        return [value]
    return [item for item in value if isinstance(item, str)] if isinstance(value, list) else None


def _strings(value: Any) -> dict[str, str] | None:
    if not isinstance(value, dict):
        return None
    return {str(key): inner for key, inner in value.items() if isinstance(inner, str)}


def _moment(record: Mapping[str, Any], name: str) -> str:
    """The time by its present name, else by that of the first beta of the format."""
    return text_of(record.get(name)) or text_of(record.get("timestamp"))


def _user(value: Any) -> AuditUser | None:
    if not isinstance(value, dict):
        return None
    extra = value.get("extra")
    kept = {str(key): _texts(inner) or [] for key, inner in extra.items()} if isinstance(extra, dict) else None
    return AuditUser(text_of(value.get("username")), text_of(value.get("uid")), _texts(value.get("groups")), kept)


def _reference(value: Any) -> ObjectReference | None:
    if not isinstance(value, dict):
        return None
    fields = ("resource", "namespace", "name", "uid", "apiGroup", "apiVersion", "resourceVersion", "subresource")
    return ObjectReference(*(text_of(value.get(field)) for field in fields))


def _status(value: Any) -> ResponseStatus | None:
    if not isinstance(value, dict):
        return None
    code = value.get("code")
    if isinstance(code, str) and code.isdecimal():
        code = int(code[:9])
    status = text_of(value.get("status"))
    if isinstance(code, bool) or not isinstance(code, (int, float)):
        code = _CODES.get(status.lower(), 0)
    return ResponseStatus(int(code), status, text_of(value.get("reason")), text_of(value.get("message")))
