"""What actions that only write have in common: nothing to collect, and a class that says so."""

from __future__ import annotations

from collections.abc import Mapping

from console.actions.base import Desk
from console.errors import Refused
from console.model.action import ActionSpec
from console.model.plan import Plan
from console.model.ref import ResourceRef

NOTHING = "Nothing is left to put back: nothing is written, and the debt is struck off once that is seen to be so."


class Writing:
    """Base of actions whose whole effect is their steps."""

    spec: ActionSpec

    async def collect(self, desk: Desk, plan: Plan) -> None:
        """Nothing to collect."""


class Undoing(Writing):
    """Base of undo actions: they start from what was applied, never from a bare target."""

    async def plan(self, desk: Desk, target: ResourceRef, params: Mapping[str, str]) -> Plan:
        raise Refused(f"{self.spec.id} undoes {self.spec.inverse_of}: choose the action to undo in the undo register.")
