"""What became of a write whose answer never came: found out by reading, never by sending it again.

In: the intent, the object as it was before, the audit record where there is one. Out: done, not done, or not to be
told, with the reason; journalled as `Resolved`. That it was not done is only believed some seconds after the send:
until then the request may still be on its way.
"""

from __future__ import annotations

import asyncio
import random
from collections.abc import Mapping
from typing import Any

import msgspec

from console.actions.case import Case
from console.actions.comparing import differences
from console.actions.pinning import canonical
from console.actions.reaching import is_elsewhere, read_there
from console.errors import ApiStatus, JournalError, LoginNeeded, Unreachable
from console.hygiene.exporting import known_safe
from console.model.entry import Intent, Resolved
from console.model.instants import seconds
from console.model.plan import Plan, Step

GRACE = 5.0
"""Seconds after which a request that was not carried out never will be: its connection is gone."""
_WAITS = (1.0, 2.0, 4.0, 8.0, 15.0, 30.0)


class Found(msgspec.Struct, frozen=True):
    """`done` None: it cannot be told."""

    done: bool | None
    why: str
    obj: Mapping[str, Any] | None = None
    """The object as it was read, None when it is not there or was not read."""


async def resolve(case: Case, plan: Plan, number: int) -> Found:
    """Find out about step `number`, waiting for an API server that does not answer, and journal it."""
    step = plan.steps[number - 1]
    intent = case.state.actions[plan.digest].intents[number]
    before = _before(case, intent)
    asked = case.clock.monotonic()
    tries = 0
    while True:
        found = await _look(case, step, intent, before)
        if found is not None and (found.done is not False or case.clock.monotonic() - asked >= GRACE):
            break
        wait = GRACE if found is not None else _WAITS[min(tries, len(_WAITS) - 1)] * (1 + random.random())  # noqa: S311
        tries += 1
        await case.clock.sleep(wait)
    after = await seal_image(case, found.obj) if found.done else ""
    done = Resolved(known_safe(plan.digest), number, found.done, case.export(found.why), known_safe(after))
    case.chronicle.record(done)
    return found


async def seal_image(case: Case, obj: Mapping[str, Any] | None) -> str:
    """The object as evidence, for the undo. That it cannot be kept must not hide that the write was done."""
    try:
        return await asyncio.to_thread(case.evidence.put, canonical(obj)) if obj is not None else ""
    except JournalError:
        return ""


async def _look(case: Case, step: Step, intent: Intent, before: Mapping[str, Any] | None) -> Found | None:
    """One reading; None when the API server does not answer."""
    status = case.arrived(intent.audit_id)
    said = f"the audit record shows that it was answered with {status}"
    if status is not None and status < 500 and not 200 <= status < 300:
        return Found(False, said)
    known = Found(True, said) if status is not None and status < 500 else None
    try:
        current = await read_there(case, step.call.ref)
    except (Unreachable, LoginNeeded):
        return known
    except ApiStatus as error:
        unread = None if error.code >= 500 or error.code == 429 else Found(None, f"it cannot be read: {error}")
        return known or unread
    return msgspec.structs.replace(known or judge(step, before, current, case.names.manager), obj=current)


def judge(step: Step, before: Mapping[str, Any] | None, current: Mapping[str, Any] | None, manager: str) -> Found:
    """What the object as it is now tells about the write. Pure."""
    if step.call.method == "DELETE" or step.call.path.endswith("/eviction"):
        return _of_delete(step, before, current)
    if step.call.method == "POST":
        return _of_create(step, current)
    if current is None:
        return Found(None, "the object is gone")
    if step.pin and _meta(current, "uid") != step.pin.ref.uid:
        return Found(None, "the object was created again")
    if before is not None and _meta(current, "resourceVersion") == _meta(before, "resourceVersion"):
        return Found(False, "the object is unchanged")
    ours = _written_by(current, manager, before)
    if not differences(step.call, current):
        return Found(True, "the object is as the write would leave it")
    if ours:
        return Found(True, "it was written, and somebody has changed the object since")
    return Found(False, "somebody else changed the object; the write is not in it")


def _of_delete(step: Step, before: Mapping[str, Any] | None, current: Mapping[str, Any] | None) -> Found:
    if current is None:
        return Found(True, "the object is gone")
    uid = step.call.ref.uid or _meta(before or {}, "uid")
    if uid and _meta(current, "uid") != uid:
        return Found(True, "the object is gone; another one has its name")
    if _meta(current, "deletionTimestamp"):
        return Found(True, "the object is being deleted")
    return Found(False, "the object is still there")


def _of_create(step: Step, current: Mapping[str, Any] | None) -> Found:
    if current is None:
        return Found(False, "there is no such object")
    if is_elsewhere(step.call.ref):
        return Found(True, "it is there, with the marker of this plan")
    if different := differences(step.call, current):
        fields = ", ".join(".".join(path) for path in different)
        return Found(None, f"an object of that name is there, but not as planned ({fields})")
    return Found(True, "the object is there as planned")


def _written_by(current: Mapping[str, Any], manager: str, before: Mapping[str, Any] | None) -> bool:
    """Whether this field manager wrote to it after it was read: its entry is newer than any it had before."""
    mine = _times(current, manager)
    earlier = _times(before or {}, manager)
    return bool(mine) and max(mine) > max(earlier, default=0.0)


def _times(obj: Mapping[str, Any], manager: str) -> list[float]:
    entries = (obj.get("metadata") or {}).get("managedFields") or ()
    return [seconds(entry.get("time")) or 0.0 for entry in entries if entry.get("manager") == manager]


def _meta(obj: Mapping[str, Any], field: str) -> str:
    return str((obj.get("metadata") or {}).get(field) or "")


def _before(case: Case, intent: Intent) -> Mapping[str, Any] | None:
    if not intent.before:
        return None
    try:
        image: Mapping[str, Any] = msgspec.json.decode(case.evidence.get(intent.before))
    except (JournalError, msgspec.DecodeError):
        return None
    return image
