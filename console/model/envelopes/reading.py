"""Reads one record: an audit event, a list of them, a cloud's or shipper's envelope around them, a sensor's record.

In: the bytes of one record and the format (`auto` looks at its shape). Out: its signals; none for a record that is
well formed but tells nothing, as the end of a program does.
Must not raise anything but `DataError`, and must not take longer than linear time.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

import msgspec

from console.errors import DataError
from console.model.audit import AuditEvent
from console.model.envelopes import aks, alertmanager, azure_activity, falco, gke, hubble, tetragon
from console.model.envelopes.lenient import event_of
from console.model.envelopes.mending import mend
from console.model.provider import AKS, EKS, GKE
from console.model.runtime import Sensed

FORMATS = ("auto", "k8s", "eks", "gke", "aks", "falco", "tetragon", "hubble")
Record = AuditEvent | Sensed
LINE_LIMIT = 16 * 1024 * 1024
"""Bytes of one record; the API server's own limit for a request is 3 MiB, and a record holds two bodies."""

_typed = msgspec.json.Decoder(AuditEvent).decode
_any = msgspec.json.Decoder().decode
_FAULTS = (msgspec.MsgspecError, RecursionError, ValueError, UnicodeError, MemoryError, OverflowError)

_WRAPPED = ("message", "log", "log_processed", "json", "@message", "event", "audit", "textPayload", "jsonPayload")
"""Fields under which shippers put the event, as an object or as its text."""


def read_record(record: bytes, form: str = "auto", limit: int = LINE_LIMIT) -> list[Record]:
    """The signals of one record.

    Raises:
        DataError: it is not JSON, too long, or nothing an audit trail or a sensor has.
    """
    if len(record) > limit:
        raise DataError(f"the record has {len(record)} bytes, more than {limit}; it was skipped")
    try:
        event = _typed(record)
        if event.verb and event.stage and event.audit_id:
            return [event]
    except _FAULTS:
        pass  # not typed as expected; the slow road says whether it is an event at all
    return _slowly(record, form)


def read_lines(
    lines: Sequence[bytes],
    form: str = "auto",
    on_fault: Callable[[bytes], None] = lambda line: None,
    on_sensed: Callable[[Sensed, bytes], None] = lambda sensed, line: None,
) -> tuple[list[AuditEvent], list[bytes]]:
    """The events of many records and the record behind each, in order; empty lines are none. Never raises.

    `on_fault` is told each record that could not be read, `on_sensed` what a sensor tells and the record behind it.
    """
    events: list[AuditEvent] = []
    raw: list[bytes] = []
    for line in lines:
        try:  # the road of nearly every line, kept short
            event = _typed(line)
            if event.verb and event.stage and event.audit_id:
                events.append(event)
                raw.append(line)
                continue
        except _FAULTS:
            if not line or line.isspace():
                continue
        try:
            read = read_record(line, form)
        except DataError:
            on_fault(line)
            continue
        for one in read:
            if isinstance(one, AuditEvent):
                events.append(one)
                raw.append(line)
            else:
                on_sensed(one, line)
    return events, raw


def provider_in(record: bytes) -> str:
    """Which cloud's envelope a record is in: `eks`, `gke`, `aks`; "" for none, and for a bare event."""
    try:
        value = _any(record)
    except _FAULTS:
        return ""
    if not isinstance(value, dict) or "auditID" in value:
        return ""
    if "protoPayload" in value:
        return GKE
    if "AuditId" in value or str(value.get("category", "")).startswith("kube-audit"):
        return AKS
    if azure_activity.event_of(value) is not None:
        return AKS
    return EKS if str(value.get("logGroup", "")).startswith("/aws/eks/") else ""


def _slowly(record: bytes, form: str) -> list[Record]:
    value = _read(record)
    found = list(_unwrap(value, form, 4))
    if not found and not _is_silent(value, form, 4):
        raise DataError("JSON, but neither an audit event nor what a sensor tells")
    return found


def _read(record: bytes) -> Any:
    try:
        return _any(record)
    except _FAULTS as error:
        mended, fault = mend(record), type(error).__name__
    try:
        if mended is not None:
            return _any(mended)
    except _FAULTS:
        pass  # the first fault says what was wrong
    raise DataError(f"not JSON ({fault})")


def _is_silent(value: Any, form: str, depth: int) -> bool:
    """Whether a record is as it should be and tells nothing: an empty list, a sensor's record of no interest; also in
    a shipper's envelope, or each program that ends would count as a record that nobody can read."""
    if isinstance(value, str) and depth:
        value = _parsed(value)
    if not isinstance(value, dict):
        return False
    if form in ("auto", "tetragon", "hubble") and (tetragon.is_silent(value) or hubble.is_silent(value)):
        return True
    if value.get("items") == [] or value.get("records") == []:
        return True
    inner = next((value[name] for name in _WRAPPED if isinstance(value.get(name), (str, dict))), None)
    return inner is not None and depth > 0 and _is_silent(inner, form, depth - 1)


def _unwrap(value: Any, form: str, depth: int) -> Iterator[Record]:
    """Events in a value, whichever envelope; `depth` bounds text inside text inside text."""
    if isinstance(value, str) and depth:
        value = _parsed(value)
    if isinstance(value, list):
        for item in value:
            yield from _unwrap(item, form, depth - 1) if depth else ()
    if not isinstance(value, dict):
        return
    for reader in _READERS.get(form, ()):
        if (found := reader(value)) is not None:
            yield found
            return
    if depth:
        yield from _inside(value, form, depth)


def _inside(value: dict[str, Any], form: str, depth: int) -> Iterator[Record]:
    for name in ("items", "records", "logEvents", "events"):
        if isinstance(value.get(name), list):
            yield from _unwrap(value[name], form, depth - 1)
            return
    for inner in (_dig(value, "properties", "log"), _dig(value, "kubernetes", "audit"), value.get("log_s")):
        if inner is not None:
            yield from _unwrap(inner, form, depth - 1)
            return
    for name in _WRAPPED:
        if isinstance(value.get(name), (str, dict)):
            yield from _unwrap(value[name], form, depth - 1)
            return


def _dig(value: dict[str, Any], first: str, second: str) -> Any:
    inner = value.get(first)
    return inner.get(second) if isinstance(inner, dict) else None


def _parsed(text: str) -> Any:
    """JSON inside a string; CRI and syslog prefixes before the first brace are cut."""
    start = text.find("{")
    if start < 0:
        return None
    try:
        return _any(text[start:].encode("utf-8", "replace"))
    except _FAULTS:
        return None


_SENSORS = {"falco": falco.signal_of, "tetragon": tetragon.signal_of, "hubble": hubble.signal_of}
_READERS: dict[str, tuple[Callable[[dict[str, Any]], Record | None], ...]] = {
    "auto": (event_of, gke.event_of, aks.event_of, azure_activity.event_of, *_SENSORS.values()),
    "k8s": (event_of,),
    "eks": (event_of,),
    "gke": (event_of, gke.event_of),
    "aks": (event_of, aks.event_of, azure_activity.event_of),
    **{form: (reader,) for form, reader in _SENSORS.items()},
    "alertmanager": (alertmanager.signal_of,),
}
"""What each format may hold, in the order in which it is tried. Alertmanager's is for what its webhook was posted."""
