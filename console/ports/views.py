"""What a seat is given to draw: small frozen rows, every text of them `Clean`.

Times are epoch seconds (0.0 = none); ages are the seat's business, so that a row changes only when its facts do.
Each row has a `key`, unique in its topic and stable while the thing it shows exists.
"""

from __future__ import annotations

import msgspec

from console.model.text import Clean


class _View(msgspec.Struct, frozen=True, tag=True, omit_defaults=True):
    """Base: tagged by class name on the wire."""


class SourceView(_View, frozen=True):
    """Freshness of one source or watch, for the header."""

    name: Clean
    state: Clean
    """`live`, `loading`, `stale`, `forbidden`, `absent`, `failed`, `ended`."""
    since: float
    why: Clean = Clean("")
    lag: float = 0.0
    malformed: int = 0
    dropped: int = 0
    note: Clean = Clean("")
    """What is worth knowing and wrong with nothing."""


class HeaderView(_View, frozen=True):
    """One row under the key `header`."""

    key: Clean
    incident: Clean
    """Declared name, "" while undeclared."""
    phase: Clean
    opened: float
    declared: float
    context: Clean
    server: Clean
    cluster: Clean
    version: Clean
    user: Clean
    drill: bool = False
    armed: tuple[tuple[Clean, float], ...] = ()
    """Seats that may write, and until when."""
    sources: tuple[SourceView, ...] = ()
    seats: tuple[Clean, ...] = ()
    undo_debt: int = 0
    redact: Clean = Clean("normal")
    journal: Clean = Clean("")
    """`chain ok`, or what is wrong with it."""
    alarms: tuple[Clean, ...] = ()
    login: Clean = Clean("")
    """Non-empty: LOGIN NEEDED, and what to do."""
    banner: Clean = Clean("")
    """Permanent red words (`insecure TLS: approved by hash 3f9a`)."""
    skew: float = 0.0
    """Seconds by which the engine's clock is ahead of the API server's (negative: behind); 0.0 when they agree."""


class FindingRow(_View, frozen=True):
    key: Clean
    severity: Clean
    count: int
    first: float
    last: float
    title: Clean
    rule: Clean
    kind: Clean
    target: Clean
    who: Clean
    contained: Clean = Clean("")
    """Status word of the target in pane 2, "" if nothing was done."""
    acknowledged: Clean = Clean("")
    """Seat that acknowledged it."""
    sources: Clean = Clean("")
    target_key: Clean = Clean("")
    """Key of the target's row in `resources`."""
    who_key: Clean = Clean("")
    """Key of the actor's row in `resources` when it is an object (a service account)."""
    story: Clean = Clean("")
    """Id of the story it is part of, "" while it stands alone."""
    chain: tuple[Clean, ...] = ()
    """Tactics of that story, in the order in which they were first seen."""
    alert_key: Clean = Clean("")
    """Names the alert at Alertmanager that told of it, "" when it came another way."""


class ResourceRow(_View, frozen=True):
    key: Clean
    kind: Clean
    name: Clean
    """`namespace/name`."""
    status: Clean
    """`open`, `accepted`, `converged`, `effective`, `residual`, `unverifiable`, `running`, `partial`, `gone` …"""
    left: Clean = Clean("")
    """What is left, or why it is not known."""
    owner: Clean = Clean("")
    node: Clean = Clean("")
    account: Clean = Clean("")
    severity: Clean = Clean("")
    """Worst finding on it."""
    findings: int = 0
    since: float = 0.0
    offers: tuple[Clean, ...] = ()
    """Ids of the actions that accept this kind."""


class ItemRow(_View, frozen=True):
    """One checklist item."""

    key: Clean
    card: Clean
    phase: Clean
    title: Clean
    why: Clean
    mode: Clean
    kind: Clean
    """`auto`, `hybrid` or `attest`."""
    state: Clean
    """open, claimed, proved, verified, attested, overridden, n-a, deferred, unknown, regressed, blocked."""
    observed: Clean
    at: float = 0.0
    misses: tuple[Clean, ...] = ()
    action: Clean = Clean("")
    action_keys: Clean = Clean("")
    """`x i` when the action is in this build and has a key."""
    members: Clean = Clean("")
    """`2/3` for items over a set."""
    by: Clean = Clean("")
    reason: Clean = Clean("")
    needs: tuple[Clean, ...] = ()
    position: int = 0
    """Order over all cards."""


class EntryRow(_View, frozen=True):
    key: Clean
    seq: int
    at: float
    actor: Clean
    text: Clean
    result: Clean = Clean("")
    """One word, coloured: `effective`, `refused`, `drift` …"""


class UndoRow(_View, frozen=True):
    """One line of the undo register. The key is the digest of the plan to undo."""

    key: Clean
    id: Clean
    action: Clean
    target: Clean
    at: float
    stage: Clean
    undo: Clean
    """Id of the undo action, "" when there is none."""
    text: Clean
    """How to undo, how lopsided it is, or why it cannot be."""


class ObjectRow(_View, frozen=True):
    """One object in the browser of a kind; cells as in the topic's `Columns`."""

    key: Clean
    cells: tuple[Clean, ...]
    created: float = 0.0
    bad: bool = False
    """Something is wrong with it (not ready, failing, unschedulable)."""


class Columns(_View, frozen=True):
    """Head of a browser topic; its row key is `columns`."""

    key: Clean
    kind: Clean
    titles: tuple[Clean, ...]
    right: tuple[bool, ...]
    """Whether a column is aligned right."""
    state: Clean
    """`loading`, `live`, `stale`, `forbidden`, `absent`."""
    since: float
    why: Clean = Clean("")


class ChangeRow(_View, frozen=True):
    """Something created or changed in the last 24 hours, from the cluster's own marks."""

    key: Clean
    at: float
    verb: Clean
    kind: Clean
    name: Clean
    manager: Clean = Clean("")
    text: Clean = Clean("")


Row = FindingRow | ResourceRow | ItemRow | EntryRow | UndoRow | ObjectRow | Columns | ChangeRow | HeaderView

TOPICS = ("header", "findings", "resources", "checklist", "journal", "undo", "changes")
"""Fixed topics; `browse:KIND` and `browse:KIND:NAMESPACE` are the others."""


class TextView(_View, frozen=True):
    """Lines to read: detail, manifest, logs, timeline, brief."""

    title: Clean
    lines: tuple[tuple[Clean, Clean], ...]
    """Label ("" for none) and text."""
    note: Clean = Clean("")


class CallView(_View, frozen=True):
    title: Clean
    kubectl: Clean
    body: tuple[Clean, ...] = ()


class PlanView(_View, frozen=True):
    """A plan as an approver sees it."""

    id: Clean
    """First four digits of the digest: typed to approve."""
    digest: Clean
    action: Clean
    title: Clean
    target: Clean
    uid: Clean
    danger: Clean
    danger_words: Clean
    cluster: Clean
    server: Clean
    calls: tuple[CallView, ...] = ()
    blast: tuple[Clean, ...] = ()
    residual: tuple[Clean, ...] = ()
    limits: tuple[Clean, ...] = ()
    evidence: tuple[Clean, ...] = ()
    evidence_missing: bool = False
    """True: the gate will refuse without a typed reason to skip."""
    reverters: tuple[Clean, ...] = ()
    webhooks: tuple[Clean, ...] = ()
    undo: tuple[Clean, ...] = ()
    warnings: tuple[Clean, ...] = ()
    missing: tuple[Clean, ...] = ()
    """Rights we lack, by name: approving is refused."""
    protected: Clean = Clean("")
    type_name: Clean = Clean("")
    """Non-empty: this name must be typed besides the id."""
    approvers: int = 0
    """People of another uid that must still agree besides whoever reads this; fewer is break-glass."""
    reason: Clean = Clean("")
    """Default reason (the arming reason)."""
    dry_run: tuple[Clean, ...] = ()
    """Results of a server-side dry-run, when one was asked for."""
    expires: float = 0.0
    undoes: Clean = Clean("")
    """Digest of the plan this one undoes, "" for any other."""
    approved: tuple[Clean, ...] = ()
    """Who has approved it already, a sentence each."""
    again: bool = False
    """Whether the reader's own user is among them: a second approval of theirs changes nothing."""
    params: tuple[tuple[Clean, Clean], ...] = ()
    """Name and value of each parameter it was made with."""


class OutcomeView(_View, frozen=True):
    """How an action stands; also the final word of `contain` and `undo`."""

    digest: Clean
    id: Clean
    action: Clean
    target: Clean
    stage: Clean
    text: Clean = Clean("")
    residual: tuple[Clean, ...] = ()
    unverifiable: tuple[Clean, ...] = ()
    limits: tuple[Clean, ...] = ()
    steps: tuple[Clean, ...] = ()
    exit_code: int = 0
    final: bool = False
    waits: bool = False
    """Approved, and started by nothing but the approval of another person."""


class Refusal(_View, frozen=True):
    """The engine says no: a sentence with the next step."""

    text: Clean
    exit_code: int = 5


class Done(_View, frozen=True):
    """The engine did it."""

    text: Clean = Clean("")


Answer = Done | Refusal | TextView | PlanView | OutcomeView
