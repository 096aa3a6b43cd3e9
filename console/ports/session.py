"""The Session port: all a front end can do with an incident. A pane cannot tell whether the engine is in its process.

Subscriptions: first a snapshot in chunks of at most 500 rows (the last has `last=True`), then deltas, at most four a
second. A reader that falls behind gets a fresh snapshot, never a backlog. Requests come from outside: raw strings,
bounded and checked by the engine; answers and rows are `Clean`.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Protocol

import msgspec

from console.model.text import Clean
from console.ports.views import Answer, Row

PROTOCOL = 1
"""Raised when wire Structs change in a way an older side cannot read."""
CHUNK = 500
LOGIN_VARIABLES = (
    "AWS_PROFILE", "AWS_REGION", "AWS_DEFAULT_REGION", "CLOUDSDK_CONFIG", "CLOUDSDK_ACTIVE_CONFIG_NAME",
    "SSH_AUTH_SOCK", "DISPLAY",
)  # fmt: skip
"""The only variables a seat may hand to a running engine: whose login to use, never which program or cluster."""


class Hello(msgspec.Struct, frozen=True, tag=True):
    """First message of a seat."""

    protocol: int
    version: str
    seat: str
    environment: dict[str, str] = {}
    """Of `LOGIN_VARIABLES`, those the engine may need for a login plugin; taken from its own user only."""
    screen: bool = True
    """False for a seat of one command, which is not put on record."""


class Using(msgspec.Struct, frozen=True, omit_defaults=True):
    """With what an engine looks at its cluster: the same for all its seats."""

    context: Clean = Clean("")
    user: Clean = Clean("")
    """Impersonated by `--as`, "" for the context's own."""
    groups: tuple[Clean, ...] = ()
    namespaces: tuple[Clean, ...] = ()
    """The only ones it watches; empty for all."""
    sources: str = ""
    """Digest of the signal sources it reads, "" for none."""


class Welcome(msgspec.Struct, frozen=True, tag=True):
    """First message of the engine."""

    protocol: int
    version: str
    seat: Clean
    """The seat's name as the engine made it unique."""
    incident: Clean
    """Id of the incident's folder."""
    place: str = ""
    """What this seat last sent with `Place`, "" if nothing."""
    clock: float = 0.0
    """The engine's wall time, so that ages are right on a seat with a wrong clock."""
    using: Using = Using()
    notice: Clean = Clean("")
    """What this seat must be told at once, "" for nothing: added on the seat's side."""


class Snapshot(msgspec.Struct, frozen=True, tag=True):
    """All rows of a topic, or a part of them; the first chunk (`first=True`) empties what was there."""

    topic: str
    revision: int
    rows: tuple[Row, ...]
    first: bool = False
    last: bool = False


class Delta(msgspec.Struct, frozen=True, tag=True):
    """What changed since the revision before."""

    topic: str
    revision: int
    upserts: tuple[Row, ...] = ()
    removes: tuple[Clean, ...] = ()


Update = Snapshot | Delta


class _Request(msgspec.Struct, frozen=True, tag=True, omit_defaults=True):
    """Base of all requests."""


class PlanAction(_Request, frozen=True):
    """Make a plan. Only reads. `target` is a row key, or `kind/name` with `namespace`."""

    action: str
    target: str
    namespace: str = ""
    params: dict[str, str] = {}
    dry_run: bool = False
    """Also send every write with dryRun=All and report the answers."""


class PlanUndo(_Request, frozen=True):
    """Make the undo plan of an action. `mode` chooses between an undo action's ways ("" = its default)."""

    digest: str
    mode: str = ""
    dry_run: bool = False
    namespace: str = ""
    """Where its object must be, "" for anywhere."""


class ShowPlan(_Request, frozen=True):
    """Show a plan that was made already, for the second person who must approve it; answers PlanView."""

    digest: str
    asked: PlanAction | PlanUndo | None = None
    """What was typed with the digest: a plan of anything else is refused."""


class Approve(_Request, frozen=True):
    """Apply exactly this plan. Answers at once with the outcome so far; progress comes by `FollowAction`."""

    digest: str
    typed: str
    """What the person typed: the short id."""
    reason: str = ""
    typed_name: str = ""
    break_glass: str = ""
    skip_evidence: str = ""
    arm: bool = False
    """Command line: `--reason` arms this one command."""


class FollowAction(_Request, frozen=True):
    """Wait until the action's outcome differs from `stage`, or it is final; answers OutcomeView."""

    digest: str
    stage: str = ""


class ActionOutcome(_Request, frozen=True):
    """How an action stands now; answers OutcomeView."""

    digest: str


class Declare(_Request, frozen=True):
    """Name the incident and start its clocks. A severity may be the last word of the name: `quiet-heron high`.

    An empty name keeps the one it has, or takes the incident's own code name.
    """

    name: str
    reason: str = ""
    severity: str = ""


class Arm(_Request, frozen=True):
    """Let this seat write for 15 minutes."""

    reason: str


class Disarm(_Request, frozen=True):
    pass


class Acknowledge(_Request, frozen=True):
    finding: str
    reason: str = ""


class Note(_Request, frozen=True):
    text: str
    about: str = ""


class Mark(_Request, frozen=True):
    """A person's word on a checklist item: claimed, attested, overridden, n-a, deferred, open."""

    item: str
    state: str
    reason: str = ""
    member: str = ""


class Record(_Request, frozen=True):
    """State something an item asks for (`t0.estimate`, `decision`, `role.assumed` …)."""

    topic: str
    value: str
    note: str = ""


class Detail(_Request, frozen=True):
    """Read about a row: `what` is `detail`, `manifest`, `logs`, `previous`, `timeline` or `brief`."""

    topic: str
    key: str
    what: str = "detail"


class Place(_Request, frozen=True):
    """Where this seat is; opaque to the engine, at most 16 KiB, at most once a second."""

    place: str


class Login(_Request, frozen=True):
    """Environment for a login plugin after LOGIN NEEDED."""

    environment: dict[str, str]


class Stop(_Request, frozen=True):
    """End the engine."""

    reason: str = ""


Ask = (
    PlanAction
    | PlanUndo
    | ShowPlan
    | Approve
    | FollowAction
    | ActionOutcome
    | Declare
    | Arm
    | Disarm
    | Acknowledge
    | Note
    | Mark
    | Record
    | Detail
    | Place
    | Login
    | Stop
)


class Session(Protocol):
    """One seat's connection to one incident."""

    async def open(self, hello: Hello) -> Welcome:
        """Take a seat. Raises `WireError` on version skew, with the sentence to show."""
        ...

    def subscribe(self, topic: str) -> AsyncIterator[Update]:
        """Rows of a topic, as they change. Closing the iterator ends the subscription."""
        ...

    async def ask(self, request: Ask) -> Answer:
        """Ask for something. Raises `WireError` only when the engine is gone."""
        ...

    async def close(self) -> None:
        """Leave the seat; the engine goes on."""
        ...
