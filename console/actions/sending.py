"""One step of a plan: read again, record the intent, send once, record the effect.

The intent, with a random Audit-ID, the exact body and the object as it was, is durable before the request leaves.
A request whose answer is not known is never repeated here: `resolving` finds out by reading.
"""

from __future__ import annotations

import asyncio
import random
import uuid
from collections.abc import Mapping
from enum import StrEnum
from typing import Any

import msgspec

from console.actions.case import Case
from console.actions.comparing import differences
from console.actions.failpoints import reach
from console.actions.fetching import accepts, read, server_time, status_words, without_values
from console.actions.freshening import freshened
from console.actions.pinning import canonical, moved
from console.actions.reaching import is_elsewhere, read_there, send_there
from console.actions.resolving import seal_image
from console.errors import ApiStatus, JournalError, LoginNeeded, Unreachable
from console.hygiene.exporting import known_safe
from console.model.entry import Effect, Intent, Resolved
from console.model.plan import Plan, Step
from console.ports.cluster import Reply, Request, request_of

ATTEMPTS = 5
"""How often a step that met a conflict (or 429) is read and sent again: neither was carried out."""
WITHIN = 30.0
"""Seconds an answer may take."""
_LONGEST_WAIT = 5.0


class How(StrEnum):
    """What became of a step."""

    DONE = "done"
    CHANGED = "changed"
    """the object is not the one planned for; nothing was sent"""
    FAILED = "failed"
    """the server refused it; nothing was changed"""
    UNKNOWN = "unknown"


class Result(msgspec.Struct, frozen=True):
    how: How
    text: str = ""


async def send_step(case: Case, plan: Plan, number: int) -> Result:
    """Carry out step `number` (1…). Raises `JournalError` when the intent cannot be recorded: nothing was sent."""
    step = plan.steps[number - 1]
    result = Result(How.FAILED, "the object kept changing while it was written to")
    for attempt in range(ATTEMPTS):
        if attempt:
            await case.clock.sleep(min(_LONGEST_WAIT, 0.05 * 2**attempt) * (1 + random.random()))  # noqa: S311 - jitter
        try:
            before = await read_there(case, step.call.ref) if step.pin else None
        except (ApiStatus, Unreachable, LoginNeeded) as error:
            return Result(How.FAILED, f"{step.call.title}: it could not be read before the write: {error}")
        if step.pin and before is None:
            return _gone(case, plan, number, step)
        if step.pin and before is not None and (why := moved(step.pin, before)):
            return Result(How.CHANGED, why)
        again, result = await _attempt(case, plan, number, step, before)
        if not again:
            break
    return result


def _gone(case: Case, plan: Plan, number: int, step: Step) -> Result:
    if not step.gone_ok:
        return Result(How.CHANGED, f"{step.call.ref.kind} {step.call.ref} is gone.")
    gone = known_safe("it was gone already; nothing was sent")
    case.chronicle.record(Effect(known_safe(plan.digest), number, known_safe(""), 404, gone))
    return Result(How.DONE)


async def _attempt(
    case: Case, plan: Plan, number: int, step: Step, before: Mapping[str, Any] | None
) -> tuple[bool, Result]:
    """One request. True means: it was not carried out and may be tried again from a new read."""
    body = freshened(step, before) if before is not None and step.fresh else step.call.body
    request = msgspec.structs.replace(request_of(step.call, str(uuid.uuid4()), body), accept=accepts(step.call.ref))
    await _intend(case, plan, number, request, before)
    try:
        reply = await _send(case, step, request)
    except Unreachable as error:
        return False, Result(How.UNKNOWN, str(error))
    except LoginNeeded as error:
        _effect(case, plan, number, request, 401, str(error))
        return False, Result(How.FAILED, str(error))
    return await _judge(case, plan, number, step, request, reply)


async def _intend(case: Case, plan: Plan, number: int, request: Request, before: Mapping[str, Any] | None) -> None:
    put = case.evidence.put
    sealed = await asyncio.to_thread(put, request.body) if request.body else ""
    image = await asyncio.to_thread(put, canonical(before)) if before is not None else ""
    reach("before_intent")
    path = case.export(request.path)
    case.chronicle.record(
        Intent(
            known_safe(plan.digest),
            number,
            known_safe(request.audit_id),
            known_safe(request.method),
            path,
            known_safe(sealed),
            known_safe(image),
            known_safe("") if path == request.path else case.export.seal(request.path),
        )
    )
    reach("after_intent")


async def _send(case: Case, step: Step, request: Request) -> Reply:
    reach("before_send")
    reply = await send_there(case, step.call.ref, request, WITHIN)
    reach("after_send")
    return reply


async def _judge(
    case: Case, plan: Plan, number: int, step: Step, request: Request, reply: Reply
) -> tuple[bool, Result]:
    if 200 <= reply.status < 300:
        after = await _seal_answer(case, step, reply)
        _effect(case, plan, number, request, reply.status, "", after, reply)
        return False, Result(How.DONE)
    words, reason = status_words(reply)
    if reply.status >= 500:
        # It may have been carried out before the answer failed (a timeout of etcd, a proxy in between).
        return False, Result(How.UNKNOWN, f"{reply.status}: {words}")
    _effect(case, plan, number, request, reply.status, words)
    if reply.status == 404 and step.gone_ok:
        return False, Result(How.DONE)
    if reply.status == 409 and reason == "AlreadyExists":
        return False, await _already_there(case, plan, number, step, words)
    again = reply.status == 429 or (reply.status == 409 and reason == "Conflict" and step.pin is not None)
    return again, Result(How.FAILED, f"{step.call.title}: {_whose(step)} answered {reply.status}: {words}")


def _whose(step: Step) -> str:
    return "Alertmanager" if is_elsewhere(step.call.ref) else "the API server"


async def _already_there(case: Case, plan: Plan, number: int, step: Step, words: str) -> Result:
    """A create that was done before: the same content counts, anything else is somebody else's object."""
    try:
        found = await read(case.cluster, step.call.ref)
    except (ApiStatus, Unreachable, LoginNeeded) as error:
        return Result(How.FAILED, f"{words}; it could not be read: {error}")
    if found is None or (different := differences(step.call, found)):
        fields = ", ".join(".".join(path) for path in different) if found is not None else "it went away meanwhile"
        return Result(How.FAILED, f"{words}, and it is not what this plan would create ({fields})")
    there = "it was there already, with the same content"
    after = await seal_image(case, found)
    case.chronicle.record(Resolved(known_safe(plan.digest), number, True, known_safe(there), known_safe(after)))
    return Result(How.DONE, there)


async def _seal_answer(case: Case, step: Step, reply: Reply) -> str:
    """The object as the server returned it. That it cannot be kept must not hide that the write was done."""
    try:
        answer = without_values(reply.json(), step.call.ref.kind)
        return await asyncio.to_thread(case.evidence.put, canonical(answer))
    except (JournalError, Unreachable):
        return ""


def _effect(
    case: Case,
    plan: Plan,
    number: int,
    request: Request,
    status: int,
    words: str,
    after: str = "",
    reply: Reply | None = None,
) -> None:
    reach("before_effect")
    case.chronicle.record(
        Effect(
            known_safe(plan.digest),
            number,
            known_safe(request.audit_id),
            status,
            case.export(words),
            known_safe(after),
            server_time(reply) if reply is not None else 0.0,
        )
    )
    reach("after_effect")
