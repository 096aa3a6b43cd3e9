"""Whole audit events out of the few fields a test or a sample is about; shaped as an API server writes them."""

from __future__ import annotations

import itertools
from typing import Any

import msgspec

from console.model.audit import AuditEvent
from console.model.envelopes.reading import read_record

_numbers = itertools.count()
KUBECTL = "kubectl/v1.33.1 (linux/amd64) kubernetes/8adc0f0"


def whole(partial: dict[str, Any], second: int = 0) -> dict[str, Any]:
    """The event with everything filled in that `partial` leaves out; `second` is its place in time."""
    moment = f"2026-11-23T07:{second // 60:02}:{second % 60:02}.000000Z"
    reference = partial.get("objectRef", {})
    space = f"/namespaces/{reference['namespace']}" if "namespace" in reference else ""
    event: dict[str, Any] = {
        "kind": "Event",
        "apiVersion": "audit.k8s.io/v1",
        "level": "RequestResponse" if "requestObject" in partial else "Metadata",
        "auditID": f"00000000-0000-4000-8000-{next(_numbers):012x}",
        "stage": "ResponseComplete",
        "requestURI": f"/api/v1{space}/{reference.get('resource', '')}",
        "verb": "get",
        "user": {"username": "jane", "groups": ["dev", "system:authenticated"]},
        "sourceIPs": ["10.0.0.7"],
        "userAgent": KUBECTL,
        "responseStatus": {"metadata": {}, "code": 200},
        "requestReceivedTimestamp": moment,
        "stageTimestamp": moment,
    }
    return event | {key: value for key, value in partial.items() if value is not None}


def line(partial: dict[str, Any], second: int = 0) -> bytes:
    """The event as the API server writes it into its log."""
    return msgspec.json.encode(whole(partial, second))


def read(partials: list[dict[str, Any]]) -> list[AuditEvent]:
    """The events as sources hand them on, a second apart."""
    return [event for second, partial in enumerate(partials) for event in read_record(line(partial, second))]
