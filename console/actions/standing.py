"""How an action stands, as the journal alone tells it. Pure: the same after a restart as before."""

from __future__ import annotations

from console.model.action import Danger
from console.model.plan import Plan
from console.model.state import ActionState
from console.model.verdict import Outcome, Stage

SETTLE = 20.0
"""Seconds after the last write for which a verdict may still get better by itself."""
KEPT = 900.0
"""Seconds a plan is kept for approval."""

_OVER = (Stage.REFUSED, Stage.FAILED, Stage.PARTIAL, Stage.UNDONE)


def outcome_of(action: ActionState) -> Outcome:
    """Stage and texts of an action."""
    if action.refused:
        return Outcome(Stage.REFUSED, action.refused)
    if action.undone_by:
        return Outcome(Stage.UNDONE, f"undone by {action.undone_by[:4]}")
    if action.verified is not None:
        seen = action.verified
        return Outcome(Stage(seen.stage), seen.text, seen.residual, seen.unverifiable, seen.limits)
    if action.unknown_steps:
        return Outcome(Stage.UNKNOWN, "a write was sent and its answer is not known yet; finding out by reading")
    if action.wrote:
        return Outcome(Stage.RUNNING, f"{len(done_steps(action))} writes done")
    if waits_for_second(action):
        who = action.approvals[0]
        second = "a second person (another user of this host) must approve it too"
        return Outcome(Stage.PLANNED, f"approved by {who.seat} (user id {who.uid}); {second}")
    if action.approvals:
        return Outcome(Stage.APPROVED)
    return Outcome(Stage.PLANNED)


def waits_for_second(action: ActionState) -> bool:
    """Whether it was approved, and is started by nothing but the approval of somebody else."""
    if not action.approvals or Danger(action.planned.danger) is not Danger.D3:
        return False
    people = {approval.uid for approval in action.approvals}
    return len(people) < 2 and not any(approval.break_glass for approval in action.approvals)


def done_steps(action: ActionState, plan: Plan | None = None) -> tuple[int, ...]:
    """Numbers of the steps that are done. With the plan, a delete whose object was gone counts too."""
    accepted = {number for number, effect in action.effects.items() if 200 <= effect.status < 300}
    accepted |= {number for number, resolved in action.resolved.items() if resolved.done}
    if plan is not None:
        gone = {number for number, effect in action.effects.items() if effect.status == 404}
        accepted |= {number for number in gone if plan.steps[number - 1].gone_ok}
    return tuple(sorted(accepted))


def is_judged(action: ActionState) -> bool:
    """Whether facts are to say how it is: it was carried out, did not stop half-way, and is not undone."""
    if action.refused or action.undone_by or not action.approvals or action.verified is None:
        return False
    return Stage(action.verified.stage) in (Stage.ACCEPTED, Stage.CONVERGED, Stage.EFFECTIVE)


def is_final(outcome: Outcome, wrote_at: float, now: float) -> bool:
    """Whether waiting longer may be given up: it is over, all proved, or the time to settle has passed."""
    if outcome.stage in _OVER:
        return True
    if outcome.stage not in (Stage.ACCEPTED, Stage.CONVERGED, Stage.EFFECTIVE):
        return False
    proved = outcome.stage is Stage.EFFECTIVE and not outcome.residual and not outcome.unverifiable
    return proved or now - wrote_at >= SETTLE
