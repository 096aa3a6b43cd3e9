"""What an action file supplies, and what it is given to plan with.

`plan` only reads. Verification is pure: facts in, verdict out. The runner does everything else.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol, runtime_checkable

import msgspec

from console.model.action import ActionSpec
from console.model.objects import Obj
from console.model.plan import Plan
from console.model.ref import ResourceRef
from console.model.verdict import Verdict
from console.ports.cluster import ClusterInfo, View
from console.ports.facts import Facts
from console.ports.silences import Alerts


class Applied(msgspec.Struct, frozen=True):
    """What the runner knows of an applied plan when it asks for verification or undo."""

    plan: Plan
    at: float
    """Epoch seconds of the last accepted write."""
    befores: Mapping[int, dict[str, Any]]
    """Object as read just before each step, by step number (1…), from the evidence store."""
    afters: Mapping[int, dict[str, Any]]
    """Object as the API server returned it."""
    server_at: float = 0.0
    """`at` by the API server's clock: what it dates (creations) is compared with this, our own clock may be wrong."""


class Desk(Protocol):
    """What planning and collecting may use: reads, names, the record. No way to write is on it."""

    @property
    def info(self) -> ClusterInfo: ...

    @property
    def facts(self) -> Facts: ...

    @property
    def alerts(self) -> Alerts | None:
        """What Alertmanager tells; None where none is configured."""
        ...

    @property
    def incident(self) -> str:
        """Its declared name, its id while undeclared."""
        ...

    def now(self) -> float: ...

    async def fetch(self, ref: ResourceRef) -> dict[str, Any]:
        """The whole object now. Raises `Refused` naming it when it does not exist."""
        ...

    async def listing(self, kind: str, namespace: str = "", labels: str = "", fields: str = "") -> list[dict[str, Any]]:
        """Whole objects of a kind, all pages. Secrets come as metadata and type only."""
        ...

    async def text(self, path: str, query: tuple[tuple[str, str], ...] = ()) -> bytes:
        """A read that is not JSON (logs). Raises `ApiStatus`."""
        ...

    def view(self, kind: str) -> View: ...

    def owner_chain(self, obj: Obj) -> tuple[ResourceRef, ...]:
        """Controllers of an object, nearest first, from the watch cache."""
        ...

    def neutral_name(self, purpose: str) -> str:
        """A random, per-incident name or label key that tells an attacker nothing; the same for the same purpose."""
        ...

    @property
    def manager(self) -> str:
        """The neutral field manager of this incident's writes."""
        ...

    async def has_evidence(self, kind: str, uid: str) -> bool:
        """Whether such a capture of this incarnation is sealed, there and unaltered. Hashed in a thread."""
        ...

    async def capture(self, kind: str, target: ResourceRef, data: bytes, note: str = "") -> str:
        """Seal bytes as evidence of one object and journal it; returns the digest. Size cap and disk reserve apply."""
        ...

    async def miss(self, kind: str, target: ResourceRef, why: str) -> None:
        """Journal that this evidence could not be had."""
        ...


class Action(Protocol):
    """One action. Stateless; registered once."""

    spec: ActionSpec

    async def plan(self, desk: Desk, target: ResourceRef, params: Mapping[str, str]) -> Plan:
        """The exact calls. Only reads. Raises `Refused` with the reason and the next step."""
        ...

    async def collect(self, desk: Desk, plan: Plan) -> None:
        """D0 actions and evidence steps: read and capture. Others do nothing here."""
        ...

    def converged(self, facts: Facts, applied: Applied) -> Verdict:
        """Whether controllers did it, from facts."""
        ...

    def effective(self, facts: Facts, applied: Applied) -> Verdict:
        """Whether it measurably has its effect, with what is left, what could not be checked and what nobody sees."""
        ...


@runtime_checkable
class Sweeping(Protocol):
    """An action that ends whatever belongs to its target when it is carried out, not only what did at planning."""

    async def destroys_now(self, desk: Desk, plan: Plan) -> tuple[ResourceRef, ...]:
        """Objects (with uid) whose evidence it would destroy now."""
        ...


class Undo(Action, Protocol):
    """An action that undoes another: it plans from what was applied, not from a bare target."""

    async def plan_undo(self, desk: Desk, applied: Applied, mode: str) -> Plan:
        """The undo plan. `mode` "" is its default way."""
        ...
