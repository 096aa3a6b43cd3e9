"""A plan: the exact calls, what they change, what they leave, and how they are undone. Raw values.

An approval is bound to `Plan.digest`; whoever shows a plan shows the digest's first four digits as its id.
"""

from __future__ import annotations

import hashlib
from typing import Any

import msgspec

from console.model.action import Danger, Right
from console.model.ref import ResourceRef


class Call(msgspec.Struct, frozen=True):
    """One request to the API server, exactly as it will be sent but for what is read fresh at apply time."""

    method: str
    path: str
    ref: ResourceRef
    """The object it is about."""
    query: tuple[tuple[str, str], ...] = ()
    body: bytes = b""
    """JSON with sorted keys, b"" for none."""
    content_type: str = "application/json"
    title: str = ""
    """`patch pods shop/web labels` as the dialog lists it."""
    kubectl: str = ""
    """The equivalent command line, for people."""

    @property
    def writes(self) -> bool:
        """Whether the API server changes anything for it. Access reviews are POSTs that write nothing."""
        return self.method not in ("GET", "HEAD") and not self.path.startswith(
            ("/apis/authorization.k8s.io/", "/apis/authentication.k8s.io/")
        )


class Pin(msgspec.Struct, frozen=True):
    """What the plan relied on: apply reads the object again and refuses if uid or a pinned field differs."""

    ref: ResourceRef
    """With uid."""
    fields: tuple[str, ...]
    """Dotted paths, each hashed into `digest` (`spec.replicas`, `metadata.labels`)."""
    digest: str
    shown: str
    """The pinned values in words, so that a refusal can show the difference."""


class Step(msgspec.Struct, frozen=True):
    """One write of a plan, in order."""

    call: Call
    pin: Pin | None = None
    """Object to read again just before; None for a create."""
    fresh: bool = True
    """Whether that read's resourceVersion goes into the body (or the delete preconditions)."""
    gone_ok: bool = False
    """Whether 404 counts as done (a delete whose object went by itself)."""


class Plan(msgspec.Struct, frozen=True):
    """Everything an approver must know, and everything the runner needs."""

    action: str
    target: ResourceRef
    danger: Danger
    created: float
    """Epoch seconds; a plan is kept for 15 minutes."""
    steps: tuple[Step, ...] = ()
    params: tuple[tuple[str, str], ...] = ()
    rights: tuple[Right, ...] = ()
    """Every permission it uses, with namespaces, for preflight."""
    blast: tuple[str, ...] = ()
    """What will change for others: pods, replicas, budgets, endpoints, who else uses the account."""
    residual: tuple[str, ...] = ()
    """Expected to be left."""
    limits: tuple[str, ...] = ()
    destroys: tuple[ResourceRef, ...] = ()
    """Objects (with uid) whose evidence is destroyed; the gate wants evidence of each."""
    protects: tuple[str, ...] = ()
    """Evidence kinds captured first."""
    reverters: tuple[str, ...] = ()
    webhooks: tuple[str, ...] = ()
    """Admission webhooks that will see the writes; one may be the attacker's."""
    undo: tuple[str, ...] = ()
    """The undo recipe in words and kubectl lines, or why there is none."""
    warnings: tuple[str, ...] = ()
    protected: str = ""
    """Why the target is in the protected set, "" if it is not: then its name must be typed."""
    context: bytes = b""
    """JSON the action's own verify and undo need (label maps, names made up for this plan)."""

    @property
    def digest(self) -> str:
        """sha256 of the plan's canonical bytes, hex."""
        return hashlib.sha256(msgspec.json.encode(self, order="sorted")).hexdigest()

    @property
    def id(self) -> str:
        """The four hex digits a person types to approve."""
        return self.digest[:4]

    def context_value(self) -> Any:
        """`context` decoded."""
        return msgspec.json.decode(self.context) if self.context else {}
