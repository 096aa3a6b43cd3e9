"""Approval: bound to the digest of what was displayed, by an armed seat, by enough people, or broken glass.

In: what a person typed and who they are. Out: nothing, or `Refused` with the next step. Nothing is written here but
the record of the approval itself.
"""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from console.actions.case import Case
from console.actions.gate import refuse_gaps
from console.actions.planning import refuse_expired
from console.actions.preflight import examine, refuse_without_rights
from console.errors import Refused
from console.hygiene.exporting import known_safe
from console.model.action import Danger
from console.model.entry import Approved
from console.model.plan import Plan


class Approval(msgspec.Struct, frozen=True):
    """One person's approval of one plan."""

    seat: str
    uid: int
    """The peer's uid, from the socket: seats of one uid are one person."""
    typed: str
    """The plan's id (or its whole digest, on the command line)."""
    reason: str = ""
    typed_name: str = ""
    break_glass: str = ""
    skip_evidence: str = ""
    arm: bool = False
    """The command line's `--reason` arms this one command."""


async def check(case: Case, plan: Plan, approval: Approval) -> None:
    """Raises `Refused` unless this approval may be given. Enough approvers is `enough`'s question."""
    if approval.typed not in (plan.id, plan.digest):
        raise Refused(f"What was typed is not the id of this plan, which is {plan.id}.")
    refuse_expired(case, plan)
    _refuse_read_only(case, plan, approval)
    found = await examine(case, plan)
    if found.refuse:
        raise Refused(found.refuse)
    refuse_without_rights(found.missing)
    if found.type_name and approval.typed_name != found.type_name:
        raise Refused(f"This is protected ({plan.protected}). Type its name, {found.type_name}, to go on.")
    if not plan.protects:
        refuse_gaps(found.evidence, approval.skip_evidence)


def _refuse_read_only(case: Case, plan: Plan, approval: Approval) -> None:
    if plan.danger is Danger.D0:
        return
    if approval.arm:
        if not approval.reason.strip():
            raise Refused("Without a reason this command is READ-ONLY. Give one with --reason.")
        return
    armed = case.state.armed.get(known_safe(approval.seat))
    if armed is None or armed.until <= case.clock.now():
        raise Refused("This seat is READ-ONLY. Arm it for 15 minutes with :arm and a reason.")


def enough(case: Case, plan: Plan, approval: Approval) -> bool:
    """Whether the plan may run: D3 wants a second person, or a reason why nobody was asked."""
    if plan.danger is not Danger.D3 or approval.break_glass.strip():
        return True
    return any(earlier.uid != approval.uid for earlier in case.state.actions[plan.digest].approvals)


def refuse_alone(approval: Approval, others: Mapping[str, int]) -> None:
    """Raises `Refused` when nobody else is there to wait for."""
    if all(uid == approval.uid for uid in others.values()):
        raise Refused(
            "This cannot be undone, so a second person (another user of this host) must approve it too, and nobody "
            "else is here. To go on alone, break the glass: type a reason (--break-glass)."
        )


def record(case: Case, plan: Plan, approval: Approval) -> None:
    """Put the approval on record."""
    export = case.export
    case.chronicle.record(
        Approved(
            known_safe(plan.digest),
            export(approval.seat),
            approval.uid,
            export(approval.reason),
            export(approval.break_glass.strip()),
            export(approval.skip_evidence.strip()),
        ),
        export(approval.seat),
    )
