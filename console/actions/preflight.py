"""Before anything is approved: rights by name, protection, and what each write would do according to the server.

Only reads and dry-runs. In: a plan. Out: what is missing, in words that name it.
"""

from __future__ import annotations

import msgspec

from console.actions.case import Case
from console.actions.comparing import body_of
from console.actions.fetching import accepts, status_words
from console.actions.gate import Gap, without_evidence
from console.actions.pinning import canonical
from console.actions.protected import protection
from console.actions.reaching import is_elsewhere
from console.errors import LoginNeeded, Refused, Unreachable
from console.model.plan import Call, Plan, Step
from console.ports.cluster import Reply, Request


class Preflight(msgspec.Struct, frozen=True):
    """What stands between a plan and its approval."""

    missing: tuple[str, ...] = ()
    """Rights we lack, by name; the reviews that failed too, with why."""
    refuse: str = ""
    """Why it is never done, "" if it may be."""
    type_name: str = ""
    """Name that must be typed, "" for none."""
    evidence: tuple[Gap, ...] = ()
    """Objects it destroys without evidence, and what of it was spoilt."""


class Try(msgspec.Struct, frozen=True):
    """What the server said to one write with dryRun=All."""

    step: int
    ok: bool
    text: str
    able: bool = True
    """False: a webhook with side effects makes dry-runs impossible; nothing is known."""


async def examine(case: Case, plan: Plan) -> Preflight:
    """Ask everything that has to be asked."""
    found = protection(plan, case.cluster.info, case.cluster.view)
    return Preflight(
        await missing_rights(case, plan),
        found.refuse,
        plan.target.name if plan.protected else "",
        await without_evidence(case, plan.destroys),
    )


async def missing_rights(case: Case, plan: Plan) -> tuple[str, ...]:
    """Every permission the plan uses and we do not have. A review that failed grants nothing."""
    rulings = await case.cluster.review(plan.rights)
    return tuple(
        f"{ruling.right} (the access review failed: {ruling.error})" if ruling.error else str(ruling.right)
        for ruling in rulings
        if ruling.error or not ruling.allowed
    )


def refuse_without_rights(missing: tuple[str, ...]) -> None:
    """Raises `Refused` naming each right."""
    if missing:
        raise Refused(
            f"You may not: {'; '.join(missing)}. Ask for these rights (`warroom rbac render` prints the role), "
            "or let somebody who has them approve."
        )


async def dry_run(case: Case, plan: Plan) -> tuple[Try, ...]:
    """Every write with dryRun=All, in order. Webhooks see it; nothing is stored."""
    made: set[tuple[str, str, str, str]] = set()
    results = []
    for number, step in enumerate(plan.steps, 1):
        if step.call.writes:
            results.append(await _try(case, number, step, made))
            made.add(step.call.ref.key)
    return tuple(results)


async def _try(case: Case, number: int, step: Step, made: set[tuple[str, str, str, str]]) -> Try:
    call = step.call
    if is_elsewhere(call.ref):
        return Try(number, True, f"{call.title}: cannot be tried: Alertmanager has no dry run", able=False)
    query = (*call.query, ("dryRun", "All"))
    request = Request(call.method, call.path, query, _tried_body(call), call.content_type, accept=accepts(call.ref))
    try:
        reply = await case.cluster.send(request, within=30)
    except (Unreachable, LoginNeeded) as error:
        return Try(number, False, f"{call.title}: {error}")
    if 200 <= reply.status < 300:
        return Try(number, True, f"{call.title}: the server would accept it{_warned(reply)}")
    words, reason = status_words(reply)
    if "does not support dry run" in words:
        return Try(number, True, f"{call.title}: cannot be tried: {words}", able=False)
    later = reply.status == 404 and call.ref.key in made
    repeated = reply.status == 409 and reason == "AlreadyExists"
    gone = reply.status == 404 and step.gone_ok
    if later or repeated or gone:
        return Try(number, True, f"{call.title}: cannot be tried before the steps above are done: {words}", able=False)
    return Try(number, False, f"{call.title}: the server would refuse it ({reply.status}): {words}")


def _tried_body(call: Call) -> bytes:
    """A delete that has a body is read from the body alone: with dryRun in the query only, it would be carried out."""
    if call.method != "DELETE" or not call.body:
        return call.body
    return canonical({**body_of(call), "dryRun": ["All"]})


def _warned(reply: Reply) -> str:
    warning = reply.headers.get("warning", "")
    return f", with a warning: {warning}" if warning else ""
