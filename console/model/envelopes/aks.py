"""Azure's table rows: `AKSAudit` and `AKSAuditAdmin` columns, whose values may be objects or the text of objects.

`AzureDiagnostics.log_s` and Azure Monitor's `properties.log` hold the bare event and are unwrapped by `reading`.
"""

from __future__ import annotations

from typing import Any

import msgspec

from console.model.audit import AuditEvent
from console.model.envelopes import lenient

_COLUMNS = {
    "AuditId": "auditID",
    "Level": "level",
    "Stage": "stage",
    "Verb": "verb",
    "User": "user",
    "SourceIps": "sourceIPs",
    "UserAgent": "userAgent",
    "ObjectRef": "objectRef",
    "ResponseStatus": "responseStatus",
    "RequestUri": "requestURI",
    "RequestObject": "requestObject",
    "ResponseObject": "responseObject",
    "RequestReceivedTime": "requestReceivedTimestamp",
    "StageReceivedTime": "stageTimestamp",
    "Annotations": "annotations",
    "ImpersonatedUser": "impersonatedUser",
}


def event_of(row: dict[str, Any]) -> AuditEvent | None:
    """The event of a table row, or None if it is no such row."""
    if "AuditId" not in row and "Verb" not in row:
        return None
    return lenient.event_of({name: _value(row[column]) for column, name in _COLUMNS.items() if column in row})


def _value(value: Any) -> Any:
    if isinstance(value, str) and value[:1] in ("{", "["):
        try:
            return msgspec.json.decode(value.encode("utf-8", "replace"))
        except (msgspec.MsgspecError, RecursionError, ValueError):
            return None
    return value
