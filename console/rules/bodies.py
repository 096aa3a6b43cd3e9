"""Request bodies as plain objects: created and replaced objects, and the three ways to patch one.

A merge or strategic patch already has the object's shape; a JSON patch (a list of operations) is turned into it.
Bodies are decoded only here, and only for events some rule is a candidate for.
"""

from __future__ import annotations

import base64
import binascii
import re
from typing import Any

import msgspec

from console.model.audit import AuditEvent
from console.model.envelopes.mending import mend

_decode = msgspec.json.Decoder().decode
_FAULTS = (msgspec.MsgspecError, RecursionError, ValueError, MemoryError)
_OBJECT = ord("{")
_OPERATIONS = 10_000
"""Operations of one JSON patch that are read: as many as the API server takes."""


def body_of(event: AuditEvent) -> dict[str, Any]:
    """What was sent, or for a creation logged without its request what came back; {} if neither is known."""
    sent = _object(event.request_object)
    if not sent and event.verb == "create":
        return answer_of(event)
    return sent


def answer_of(event: AuditEvent) -> dict[str, Any]:
    """What came back; {} if unknown."""
    return _object(event.response_object)


def _object(raw: msgspec.Raw) -> dict[str, Any]:
    text = memoryview(raw)
    if not len(text):
        return {}
    value = _read(text)
    if isinstance(value, list):
        return from_operations(value)
    return value if isinstance(value, dict) else {}


def _read(text: memoryview) -> Any:
    """The body; None for one that cannot be read even when it is mended."""
    try:
        return _decode(text)
    except _FAULTS:
        mended = mend(text)
    try:
        return _decode(mended) if mended is not None else None
    except _FAULTS:
        return None


def patch_paths_of(event: AuditEvent) -> list[str]:
    """The paths a JSON patch adds or replaces; [] for any other body."""
    text = memoryview(event.request_object)
    value = _read(text) if len(text) and text[0] != _OBJECT else None
    operations = value[:_OPERATIONS] if isinstance(value, list) else []
    return [
        operation["path"]
        for operation in operations
        if isinstance(operation, dict)
        and operation.get("op") in ("add", "replace")
        and isinstance(operation.get("path"), str)
    ]


def readable(request: str) -> str:
    """Runs of printable characters inside a PEM block that was base64-encoded once more."""
    try:
        pem = base64.b64decode(request[:65_536], validate=False).decode("ascii", "replace")
        der = base64.b64decode("".join(line for line in pem.splitlines() if "-" not in line), validate=False)
    except (ValueError, binascii.Error):
        return ""
    return " ".join(run.decode() for run in re.findall(rb"[ -~]{3,}", der[:65_536]))


def from_operations(operations: list[Any]) -> dict[str, Any]:
    """The part of an object a JSON patch adds or replaces, in the object's own shape."""
    tree: dict[str, Any] = {}
    for operation in operations[:_OPERATIONS]:
        if not isinstance(operation, dict) or operation.get("op") not in ("add", "replace"):
            continue
        path = operation.get("path")
        if isinstance(path, str) and path.count("/") <= 40:
            _plant(tree, [_unescaped(step) for step in path.split("/")[1:]], operation.get("value"))
    grown = _grown(tree, 40)
    return grown if isinstance(grown, dict) else {}


def _unescaped(step: str) -> str:
    return step.replace("~1", "/").replace("~0", "~")


def _plant(tree: dict[str, Any], steps: list[str], value: Any) -> None:
    if not steps:
        if isinstance(value, dict):
            tree.update(value)
        return
    for step in steps[:-1]:
        below = tree.get(step)
        if isinstance(below, list):
            below = {str(index): item for index, item in enumerate(below)}
        if not isinstance(below, dict):
            below = {}
        tree[step] = below
        tree = below
    last = steps[-1]
    if last == "-":
        last = f"-{len(tree)}"
    tree[last] = value


def _grown(value: Any, depth: int) -> Any:
    """Mappings whose keys are all list positions become lists."""
    if not isinstance(value, dict) or depth <= 0:
        return value
    if value and all(key.lstrip("-").isdigit() for key in value if isinstance(key, str)):
        return [_grown(inner, depth - 1) for inner in value.values()]
    return {key: _grown(inner, depth - 1) for key, inner in value.items()}
