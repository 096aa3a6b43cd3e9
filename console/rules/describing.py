"""Who and what of an event, as findings name them, and the time of an event. Raw values."""

from __future__ import annotations

from console.model.envelopes.times import event_time
from console.model.finding import Target
from console.model.identity import Identity
from console.model.ref import KINDS
from console.rules.callers import extra
from console.rules.view import View

_KIND_OF = {(kind.group, kind.plural): kind.kind for kind in KINDS}
_BY_PLURAL = {kind.plural: kind.kind for kind in KINDS}
_PATH = 200
_MOST_GROUPS = 50


def identity_of(view: View) -> Identity:
    """The authenticated user, whom it acted as, from where, and with which credential."""
    event = view.event
    return Identity(
        user=event.user.username,
        as_user=view.acting.username,
        groups=tuple((event.user.groups or ())[:_MOST_GROUPS]),
        ip=view.ip,
        agent=event.user_agent,
        pod=view.from_pod,
        node=extra(event.user, "node-name"),
        credential=extra(event.user, "credential-id"),
    )


def target_of(view: View, fold: str = "object") -> Target:
    """What the request was aimed at; `fold` leaves out the name (`collection`) or everything (`none`)."""
    reference = view.reference
    if fold == "none":
        return Target()
    if not reference.resource:
        return Target(path=view.path[:_PATH])
    kind = _KIND_OF.get((reference.api_group, reference.resource)) or _BY_PLURAL.get(reference.resource)
    whole = fold == "collection"
    return Target(
        group=reference.api_group,
        kind=kind or reference.resource,
        subresource=reference.subresource,
        namespace=reference.namespace,
        name="" if whole else view.name,
        uid="" if whole else uid_of(view),
    )


def uid_of(view: View) -> str:
    """The object's uid, from the reference or from the object itself."""
    if view.reference.uid:
        return view.reference.uid
    for body in (view.answer, view.body) if not view.reference.subresource else ():
        metadata = body.get("metadata")
        if isinstance(metadata, dict) and isinstance(metadata.get("uid"), str):
            return str(metadata["uid"])
    return ""


def time_of(view: View) -> float:
    """Epoch seconds at which the request arrived; 0.0 when the event does not say."""
    return event_time(view.event)
