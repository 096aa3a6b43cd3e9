"""Journal entries: what happened in an incident. State is a fold over them (`console.model.state`).

Everything here has passed `export()`: texts are `Clean`. Exact bytes (plans, before-images, captures) are evidence
blobs that entries name by sha256.
"""

from __future__ import annotations

import msgspec

from console.model.text import Clean


class _Record(msgspec.Struct, frozen=True, tag_field="type", omit_defaults=True):
    """Base of all records; the tag is the class name in lower case."""


class Opened(_Record, frozen=True, tag="opened"):
    """The incident record begins."""

    cluster: Clean
    server: Clean
    context: Clean
    secret: Clean
    """sha256 of the incident secret (read ids, masks); the secret itself is a 0600 file beside the journal."""
    version: Clean
    drill: bool = False


class Declared(_Record, frozen=True, tag="declared"):
    name: Clean
    reason: Clean
    severity: Clean = Clean("")


class SeatJoined(_Record, frozen=True, tag="seat.joined"):
    seat: Clean
    uid: int


class SeatLeft(_Record, frozen=True, tag="seat.left"):
    seat: Clean


class Armed(_Record, frozen=True, tag="armed"):
    """One seat may write until then (epoch seconds)."""

    seat: Clean
    reason: Clean
    until: float


class Disarmed(_Record, frozen=True, tag="disarmed"):
    seat: Clean


class Planned(_Record, frozen=True, tag="planned"):
    """A plan was made and its bytes stored as evidence `blob`."""

    digest: Clean
    action: Clean
    target: Clean
    """`Kind namespace/name` in words."""
    kind: Clean
    namespace: Clean
    name: Clean
    uid: Clean
    danger: Clean
    blob: Clean
    undoes: Clean = Clean("")
    """Digest of the plan this one undoes."""
    undo: Clean = Clean("")
    """Id of the action that undoes it; "" when nothing can, and for undos."""


class Approved(_Record, frozen=True, tag="approved"):
    digest: Clean
    seat: Clean
    uid: int
    reason: Clean
    break_glass: Clean = Clean("")
    """The typed reason when fewer approvers agreed than the class wants."""
    skip_evidence: Clean = Clean("")


class RefusedPlan(_Record, frozen=True, tag="refused"):
    digest: Clean
    why: Clean


class Intent(_Record, frozen=True, tag="intent"):
    """About to send one write. Durable before the request."""

    digest: Clean
    step: int
    audit_id: Clean
    method: Clean
    path: Clean
    body: Clean = Clean("")
    """Evidence digest of the exact body."""
    before: Clean = Clean("")
    """Evidence digest of the object as read just before."""
    exact: Clean = Clean("")
    """Seal of the exact path, where `path` is not it: a name that looks like a secret is redacted."""

    @property
    def line(self) -> str:
        """Method and path, or the path's seal, by which the request is recognised."""
        return f"{self.method} {self.exact or self.path}"


class Effect(_Record, frozen=True, tag="effect"):
    """The API server's answer to an intent."""

    digest: Clean
    step: int
    audit_id: Clean
    status: int
    """HTTP status; 0 when no answer came."""
    text: Clean = Clean("")
    after: Clean = Clean("")
    """Evidence digest of the returned object."""
    server: float = 0.0
    """Epoch seconds of the API server's own clock, whole; 0.0 when it did not say."""


class Resolved(_Record, frozen=True, tag="resolved"):
    """An intent without effect was resolved by reading, never by sending again."""

    digest: Clean
    step: int
    done: bool | None
    why: Clean
    after: Clean = Clean("")
    """Evidence digest of the object as it was read, when the write was done."""


class Verified(_Record, frozen=True, tag="verified"):
    """What was observed of an action, written whenever it changes."""

    digest: Clean
    stage: Clean
    text: Clean = Clean("")
    residual: tuple[Clean, ...] = ()
    unverifiable: tuple[Clean, ...] = ()
    limits: tuple[Clean, ...] = ()


class Captured(_Record, frozen=True, tag="captured"):
    """One evidence item of one object incarnation."""

    kind: Clean
    """`pod.yaml`, `pod.logs`, `pod.logs.previous`, `events`, `owner.yaml`, `before`, …"""
    target: Clean
    uid: Clean
    blob: Clean
    size: int
    note: Clean = Clean("")
    failed: bool = False
    """True: could not be captured, `note` says why, `blob` is empty."""


class Found(_Record, frozen=True, tag="found"):
    """A finding of medium or worse appeared."""

    finding: Clean
    rule: Clean
    severity: Clean
    title: Clean
    who: Clean
    target: Clean


class Acknowledged(_Record, frozen=True, tag="acknowledged"):
    finding: Clean
    seat: Clean
    reason: Clean = Clean("")


class Noted(_Record, frozen=True, tag="noted"):
    seat: Clean
    text: Clean
    about: Clean = Clean("")


class Recorded(_Record, frozen=True, tag="recorded"):
    """A statement a checklist item asks for: role, strategy, T0, hypothesis, clock …"""

    topic: Clean
    """`role.assumed`, `t0.estimate`, `decision`, `clock.aware` …"""
    value: Clean
    seat: Clean
    note: Clean = Clean("")


class ItemMarked(_Record, frozen=True, tag="item.marked"):
    """A person's word on a checklist item."""

    item: Clean
    state: Clean
    """`claimed`, `attested`, `overridden`, `n-a`, `deferred` or `open` (taken back)."""
    seat: Clean
    reason: Clean = Clean("")
    member: Clean = Clean("")


class ItemObserved(_Record, frozen=True, tag="item.observed"):
    """A check's result changed."""

    item: Clean
    state: Clean
    """`proved`, `verified`, `open`, `unknown` or `regressed`."""
    observed: Clean
    check: Clean


class Drifted(_Record, frozen=True, tag="drift"):
    """A touched object no longer is as we left it."""

    digest: Clean
    target: Clean
    manager: Clean
    text: Clean


class OtherHand(_Record, frozen=True, tag="other-hand"):
    """Somebody else wrote to an object we touched."""

    target: Clean
    who: Clean
    text: Clean


class Alarm(_Record, frozen=True, tag="alarm"):
    """Something about the record or our own identity is wrong."""

    text: Clean


class Positioned(_Record, frozen=True, tag="position"):
    """How far a source was read when the engine stopped cleanly."""

    source: Clean
    position: Clean


class Stopped(_Record, frozen=True, tag="stopped"):
    why: Clean


Record = (
    Opened
    | Declared
    | SeatJoined
    | SeatLeft
    | Armed
    | Disarmed
    | Planned
    | Approved
    | RefusedPlan
    | Intent
    | Effect
    | Resolved
    | Verified
    | Captured
    | Found
    | Acknowledged
    | Noted
    | Recorded
    | ItemMarked
    | ItemObserved
    | Drifted
    | OtherHand
    | Alarm
    | Positioned
    | Stopped
)


class Entry(msgspec.Struct, frozen=True):
    """One link of the chain."""

    seq: int
    """1, 2, 3 … without holes."""
    at: float
    """Epoch seconds of the engine's clock; order is by `seq`, never by time."""
    actor: Clean
    """Seat name, or `engine`."""
    record: Record
    prev: str
    """Hash of the entry before, 64 zeros for the first."""
    hash: str
    """sha256 over prev and this entry's canonical JSON."""
