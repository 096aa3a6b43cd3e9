"""Events for the proof that asking a search cluster finds what matching here does: every sample of every rule, and each
once more as somebody may write it who hides, or as a shipper may leave it.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

from console.rules.loading import SHIPPED, load_rule, load_samples, rule_files
from console.rules.sampling import whole

_BEGUN = datetime(2026, 11, 20, 1, tzinfo=UTC)
_APART = 30
"""Seconds between the samples of two rules."""


def samples() -> Iterator[dict[str, Any]]:
    """Every sample event of the rules over the audit trail."""
    for path in rule_files(SHIPPED):
        if load_rule(path).reads == "audit":
            found = load_samples(path)
            for part in ("match", "silent", "quiet"):
                yield from (whole(one) for one in found.get(part, ()))


def _louder(event: dict[str, Any]) -> None:
    for name in ("resource", "subresource", "namespace"):
        if name in event.get("objectRef", {}):
            event["objectRef"][name] = event["objectRef"][name].upper()


def _padded(event: dict[str, Any]) -> None:
    event["requestURI"] += ("&" if "?" in event["requestURI"] else "?") + "pad=" + "x" * 400
    event["userAgent"] += " " + "y" * 400


def _long_user(event: dict[str, Any]) -> None:
    event["user"] = {**event["user"], "username": event["user"].get("username", "") + "z" * 300}


def _without_status(event: dict[str, Any]) -> None:
    event.pop("responseStatus", None)


def _word_only(event: dict[str, Any]) -> None:
    code = event.get("responseStatus", {}).get("code", 200)
    event["responseStatus"] = {"status": "Failure" if code >= 400 else "Success"}


def _empty_fields(event: dict[str, Any]) -> None:
    event["objectRef"] = {"subresource": "", "name": "", **event.get("objectRef", {})}


def _several_addresses(event: dict[str, Any]) -> None:
    event["sourceIPs"] = ["10.0.0.1", *event.get("sourceIPs", ())]


_CHANGES: tuple[Callable[[dict[str, Any]], None], ...] = (
    _louder, _padded, _long_user, _without_status, _word_only, _empty_fields, _several_addresses
)  # fmt: skip


def events() -> list[dict[str, Any]]:
    """All of them with ids and times of their own, in order: whole ones, changed ones, and both stages of some."""
    found = list(samples())
    for change in _CHANGES:
        for one in map(copy.deepcopy, list(samples())):
            change(one)
            found.append(one)
    at = _BEGUN
    out: list[dict[str, Any]] = []
    for number, event in enumerate(found):
        at += timedelta(seconds=1 if number % 7 else _APART)
        event["auditID"] = f"00000000-0000-4000-9000-{number:012x}"
        event["requestReceivedTimestamp"] = event["stageTimestamp"] = _told(at)
        if number % 5 == 0:  # a request told of twice, with other words at its end
            begun = copy.deepcopy(event) | {"stage": "ResponseStarted", "responseStatus": {"code": 200}}
            event["stageTimestamp"] = _told(at + timedelta(microseconds=300))
            out.append(begun)
        if number % 11 == 0:
            out.append(copy.deepcopy(event) | {"stage": "RequestReceived"})
        out.append(event)
    return out


def _told(at: datetime) -> str:
    return at.isoformat(timespec="microseconds").replace("+00:00", "Z")
