"""`warroom contain` and `warroom undo`: the same plans, gates and verdicts as on the screen, for scripts and hands.

Exit codes are those of the outcome: 0 effective, 3 unverifiable, 4 residual, 5 refused, 6 partial, 7 nothing written.
"""

from __future__ import annotations

import argparse
import asyncio
import sys

from console.cli.parsing import options_of
from console.cli.talking import bullet, complain, expect, refused, rows_of, run, say, say_json, seat
from console.cli.talking import typed as asked
from console.errors import BadInput, WireError
from console.model.instants import stamp
from console.ports.session import Approve, FollowAction, PlanAction, PlanUndo, Session, ShowPlan
from console.ports.views import OutcomeView, PlanView, Refusal, UndoRow


def contain(args: argparse.Namespace) -> int:
    """Plan an action on a target; approve and follow it when asked to."""
    _refuse_both(args)
    _give_reason(args)
    params = dict(_pair(text) for text in args.param)
    namespace = getattr(args, "namespace", "")
    request = PlanAction(args.action, args.target, namespace, params, bool(args.dry_run))
    return run(lambda: _go(args, request))


def undo(args: argparse.Namespace) -> int:
    """List the register, or undo one of its lines."""
    _refuse_both(args)
    _give_reason(args)
    if not args.id:
        if args.approve or args.plan or args.break_glass:
            raise BadInput("undo needs the ID of what to undo for that. `warroom undo` alone lists them.")
        return run(lambda: _register(args))
    namespace = getattr(args, "namespace", "")
    return run(lambda: _go(args, PlanUndo(args.id, args.mode, bool(args.dry_run), namespace)))


def _refuse_both(args: argparse.Namespace) -> None:
    """Raises `BadInput` for `--plan --approve`: the one promises that nothing is written, the other writes."""
    if args.plan and args.approve:
        raise BadInput("--plan only reads and --approve writes. Give one of them.")


def _give_reason(args: argparse.Namespace) -> None:
    """A bare `--break-glass` takes the reason typed for this one command. Raises `BadInput` when there is none."""
    if args.break_glass is True:
        if not args.reason.strip():
            raise BadInput("--break-glass needs a reason on record: --reason TEXT, or --break-glass TEXT.")
        args.break_glass = args.reason


def _pair(text: str) -> tuple[str, str]:
    name, equals, value = text.partition("=")
    if not equals:
        raise BadInput(f"--param {text!r} has no value. Write --param NAME=VALUE.")
    return name, value


async def _register(args: argparse.Namespace) -> int:
    async with seat(options_of(args)) as session:
        rows = [row for row in await rows_of(session, "undo") if isinstance(row, UndoRow)]
    if args.json:
        for row in rows:
            say_json(row)
    elif not rows:
        say("Nothing is left to undo.")
    else:
        for row in rows:
            how = f"{row.undo or 'no undo'}: {row.text}"
            say(f"{row.id}  {stamp(row.at)}  {row.action} {row.target}  {row.stage}  {how}")
    return 0


async def _go(args: argparse.Namespace, request: PlanAction | PlanUndo) -> int:
    async with seat(options_of(args)) as session:
        if args.approve:
            shown = await session.ask(ShowPlan(args.approve, request))
            if isinstance(shown, Refusal):
                return refused(shown, args.json)
            shown = expect(shown, PlanView)
            if not args.json:
                show_plan(shown)
            return await _approve(args, session, args.approve, "")
        plan = await session.ask(request)
        if isinstance(plan, Refusal):
            return refused(plan, args.json)
        plan = expect(plan, PlanView)
        if args.json:
            say_json(plan)
        else:
            show_plan(plan)
        if args.plan:
            return 0
        return await _approve(args, session, plan.digest, plan.id)


async def _approve(args: argparse.Namespace, session: Session, digest: str, short: str) -> int:
    typed = args.approve
    if not typed:
        if not sys.stdin.isatty():
            complain(f"Nothing was done. To apply this plan: --approve {digest} --reason TEXT")
            return 5
        typed = await asked(f"type {short} to approve, anything else to cancel: ")
        if typed not in (short, digest):
            complain("Nothing was done.")
            return 5
    request = Approve(
        digest,
        typed,
        args.reason,
        args.type_name,
        args.break_glass,
        args.skip_evidence,
        arm=bool(args.reason),
    )
    try:
        return await _follow(args, session, request)
    except WireError as error:
        complain(f"{error} What was sent by then is found out by reading: `warroom undo` lists it.")
        return 3
    except asyncio.CancelledError:
        complain("The engine goes on with it; `warroom undo` and `warroom journal show` tell how it ended.")
        raise


async def _follow(args: argparse.Namespace, session: Session, request: Approve) -> int:
    answer = await session.ask(request)
    if isinstance(answer, OutcomeView) and answer.stage == "planned":
        complain(f"{answer.text}. Nothing was written yet; they type: --approve {answer.digest}")
        return 5
    while isinstance(answer, OutcomeView) and not answer.final:
        if not args.json:
            say(f"{answer.id} {answer.stage}: {answer.text}")
        answer = await session.ask(FollowAction(answer.digest, answer.stage))
    if isinstance(answer, Refusal):
        return refused(answer, args.json)
    outcome = expect(answer, OutcomeView)
    _tell(outcome, args.json)
    return outcome.exit_code


def _tell(outcome: OutcomeView, as_json: bool) -> None:
    if as_json:
        say_json(outcome)
        return
    say(f"{outcome.id} {outcome.action} {outcome.target}: {outcome.stage}. {outcome.text}")
    bullet("steps", outcome.steps)
    bullet("left", outcome.residual)
    bullet("not checked", outcome.unverifiable)
    bullet("what nobody sees from here", outcome.limits)


def show_plan(plan: PlanView) -> None:
    """A plan in words."""
    say(f"plan {plan.id}  {plan.title}: {plan.target}  uid {plan.uid or '-'}  {plan.danger} {plan.danger_words}")
    say(f"cluster {plan.cluster}  {plan.server}")
    for name, value in plan.params:
        say(f"parameter {name}={value}")
    say("will do:")
    for number, call in enumerate(plan.calls, 1):
        say(f"  {number} {call.title}")
        say(f"    {call.kubectl}")
    bullet("will change", plan.blast)
    bullet("will be left", plan.residual)
    bullet("what nobody sees from here", plan.limits)
    bullet("evidence", plan.evidence)
    bullet("who may undo this behind us", plan.reverters)
    bullet("admission webhooks that will see it", plan.webhooks)
    bullet("warnings", plan.warnings)
    bullet("the API server's dry run", plan.dry_run)
    bullet("undo", plan.undo)
    bullet("MISSING RIGHTS", plan.missing)
    if plan.protected:
        say(f"PROTECTED: {plan.protected}. Add --type-name {plan.type_name}")
    if plan.evidence_missing:
        say("EVIDENCE MISSING: capture it first, or say why not with --skip-evidence TEXT")
    for who in plan.approved:
        say(f"APPROVED by {who}" + ("" if plan.approvers else "; the next approval is the second and starts it"))
    if plan.approvers:
        say("SECOND PERSON needed: another seat of another uid, or --break-glass TEXT")
    say(f"digest {plan.digest}  kept until {stamp(plan.expires)}")
