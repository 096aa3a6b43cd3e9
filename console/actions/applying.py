"""Carrying out an approved plan: evidence, dry-run, then one write after the other, stopping at the first that fails.

In: a plan whose approval is on record. Out: records, and True when all steps are done, so that it can be verified.
What was refused, failed or done in part is on record with its words; nothing is ever rolled back on its own.
"""

from __future__ import annotations

from collections.abc import Sequence

from console.actions.case import Case
from console.actions.collecting import collect_first
from console.actions.failpoints import reach
from console.actions.fetching import read
from console.actions.pinning import made_again, moved
from console.actions.preflight import dry_run
from console.actions.reaching import read_there
from console.actions.resolving import resolve
from console.actions.sending import How, Result, send_step
from console.actions.standing import done_steps
from console.errors import JournalError, Refused, WarRoomError
from console.hygiene.exporting import known_safe
from console.model.entry import RefusedPlan, Verified
from console.model.plan import Plan
from console.model.ref import BY_KIND
from console.model.verdict import Stage
from console.ports.tasks import Tasks

PROBED = ("allowed", "token_secrets", "silence", "alert")
"""Facts that are asked for again after a write."""


async def apply(case: Case, plan: Plan, tasks: Tasks, skip: str = "") -> bool:
    """Whether every step is done. Raises `JournalError` when the record cannot be kept: then nothing more is sent."""
    try:
        await collect_first(case, plan, tasks, skip)
        await _refuse_changed(case, plan)
        await _refuse_by_dry_run(case, plan)
    except JournalError:
        raise
    except Refused as error:
        _refused(case, plan, str(error))
        return False
    except WarRoomError as error:
        conclude(case, plan, str(error))
        return False
    return await _steps(case, plan)


async def _refuse_changed(case: Case, plan: Plan) -> None:
    """Each pinned object as the plan knew it: said here with both values, where a dry-run would only show a 422."""
    await _refuse_another_target(case, plan)
    for step in plan.steps:
        before = await read_there(case, step.call.ref) if step.pin else None
        if step.pin and before is not None and (why := moved(step.pin, before)):
            raise Refused(f"{why} Plan it again.")


async def _refuse_another_target(case: Case, plan: Plan) -> None:
    """The target is what was accused, even where the writes are to other objects (an account's bindings).

    An undo is of writes that were made, whatever became of the target. A target that is gone may come back: what it
    has is taken away all the same.
    """
    target = plan.target
    written = any(step.pin is not None and step.call.ref.key == target.key for step in plan.steps)
    if written or not plan.steps or not target.uid or case.registry.get(plan.action).spec.inverse_of:
        return
    now = await read(case.cluster, target) if target.kind in BY_KIND else None
    if now is not None and (why := made_again(target, now)):
        raise Refused(f"{why} Plan it again.")


async def _refuse_by_dry_run(case: Case, plan: Plan) -> None:
    tried = await dry_run(case, plan)
    if refused := [one.text for one in tried if not one.ok]:
        raise Refused(f"Nothing was written, because the server refuses it: {'; '.join(refused)}")


def _ask_again(case: Case) -> None:
    for fact in PROBED:
        case.book.renew(fact)


async def _steps(case: Case, plan: Plan) -> bool:
    _ask_again(case)  # also where nothing is to be written: what others did must be seen as it is now
    for number in range(1, len(plan.steps) + 1):
        result = await _step(case, plan, number)
        _ask_again(case)
        if result.how is How.DONE:
            continue
        if result.how is How.CHANGED and not done_steps(case.state.actions[plan.digest]):
            _refused(case, plan, f"{result.text} Plan it again.")
        else:
            conclude(case, plan, result.text)
        return False
    return True


async def _step(case: Case, plan: Plan, number: int) -> Result:
    result = await send_step(case, plan, number)
    if result.how is not How.UNKNOWN:
        return result
    found = await resolve(case, plan, number)
    if found.done:
        return Result(How.DONE, found.why)
    doubt = "it is not known whether it was done" if found.done is None else "it was not done"
    return Result(
        How.FAILED, f"{plan.steps[number - 1].call.title}: no answer came ({result.text}); {doubt}: {found.why}"
    )


def _refused(case: Case, plan: Plan, why: str) -> None:
    case.chronicle.record(RefusedPlan(known_safe(plan.digest), case.export(why)))


def conclude(case: Case, plan: Plan, why: str) -> None:
    """Record that it stopped: failed when nothing was written, partial otherwise, with what is done and what not."""
    state = case.state.actions[plan.digest]
    done = done_steps(state, plan)
    doubtful = [number for number, resolved in state.resolved.items() if resolved.done is None]
    stage = Stage.PARTIAL if done or doubtful else Stage.FAILED
    undone = [number for number in range(1, len(plan.steps) + 1) if number not in done]
    way = " The undo register has the way back." if done else " Look at the object before anything else."
    text = why if stage is Stage.FAILED else f"{why} Done: {_named(plan, done)}.{way}"
    reach("before_verified")
    case.chronicle.record(
        Verified(
            known_safe(plan.digest),
            known_safe(stage),
            case.export(text),
            residual=tuple(case.export(f"not done: {plan.steps[n - 1].call.title}") for n in undone)
            if stage is Stage.PARTIAL
            else (),
        )
    )


def _named(plan: Plan, numbers: Sequence[int]) -> str:
    return "; ".join(plan.steps[number - 1].call.title for number in numbers) or "nothing for certain"
