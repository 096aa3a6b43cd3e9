"""Who and what of an event, as findings name them, and the time of an event. Raw values."""

from __future__ import annotations

from datetime import UTC, datetime

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
    return parse_time(view.event.request_received_timestamp) or parse_time(view.event.stage_timestamp)


def parse_time(text: str) -> float:
    """RFC 3339 to epoch seconds; 0.0 for anything else. A time without a zone is UTC."""
    try:
        moment = datetime.fromisoformat(text[:40])
    except ValueError:
        return _with_nanoseconds(text)
    try:
        return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()
    except (ValueError, OverflowError):
        return 0.0


def _with_nanoseconds(text: str) -> float:
    head, point, tail = text[:40].partition(".")
    digits = tail.rstrip("Z")
    if not point or not digits.isdecimal() or len(digits) <= 6:
        return 0.0
    return parse_time(f"{head}.{digits[:6]}+00:00")


def format_time(moment: float) -> str:
    """RFC 3339 in UTC with milliseconds."""
    try:
        return datetime.fromtimestamp(moment, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    except (ValueError, OverflowError, OSError):
        return "1970-01-01T00:00:00.000Z"
