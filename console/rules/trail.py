"""The trail: from where the API server is called, and what each user changed or read of Secrets. Bounded memory.

In: audit events in the order they were logged. Out: addresses with the newest time they called, and the objects a user
touched since a time, or why that cannot be told. What is forgotten is known to be forgotten: half a list never looks
whole. Nothing here judges.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Sequence

import msgspec

from console.model.audit import AuditEvent, ObjectReference
from console.model.instants import minute, seconds

ADDRESSES = 20_000
USERS = 5_000
OBJECTS = 500
"""Objects remembered of each user, the newest."""
_WRITES = frozenset({"create", "update", "patch", "delete", "deletecollection"})
_READS = frozenset({"get", "list", "watch"})
_INTO = frozenset({"exec", "attach", "portforward", "proxy"})
_ASKING = frozenset({"authorization.k8s.io", "authentication.k8s.io"})
"""Groups whose objects are questions: creating one changes nothing."""

Touch = tuple[str, str, str, str]
"""API group, resource in the plural, namespace, name ("" where the record names none)."""


class _Hand(msgspec.Struct):
    """What one user touched. Times as the API server wrote them: they sort as they are."""

    objects: OrderedDict[Touch, str]
    forgotten: str = ""
    """Newest time of an object that is not remembered any more."""


class Trail:
    """Feeds on every audit event."""

    def __init__(self) -> None:
        self._addresses: OrderedDict[str, str] = OrderedDict()
        self._hands: OrderedDict[str, _Hand] = OrderedDict()
        self._begins = self._forgotten = self._lost = ""

    def feed(self, batch: Sequence[AuditEvent]) -> None:
        """Take these events into account."""
        for event in batch:
            at = event.stage_timestamp
            if not self._begins or at < self._begins:
                self._begins = at
            if event.source_ips:
                # The last one is the connection's own; those before it are what the caller's headers claim.
                self._called(event.source_ips[-1], at)
            if touch := _touch(event):
                self._touched((event.impersonated_user or event.user).username, touch, at)

    def _called(self, address: str, at: str) -> None:
        self._addresses[address] = max(at, self._addresses.get(address, ""))
        self._addresses.move_to_end(address)
        if len(self._addresses) > ADDRESSES:
            self._lost = max(self._lost, self._addresses.popitem(last=False)[1])

    def _touched(self, user: str, touch: Touch, at: str) -> None:
        hand = self._hands.get(user)
        if hand is None:
            hand = self._hands[user] = _Hand(OrderedDict())
            if len(self._hands) > USERS:
                gone = self._hands.popitem(last=False)[1]
                self._forgotten = max(self._forgotten, gone.forgotten, *gone.objects.values())
        hand.objects[touch] = max(at, hand.objects.get(touch, ""))
        hand.objects.move_to_end(touch)
        if len(hand.objects) > OBJECTS:
            hand.forgotten = max(hand.forgotten, hand.objects.popitem(last=False)[1])

    def callers(self, since: float) -> tuple[str, ...] | str:
        """Addresses that called after `since` (epoch seconds), in order; or a sentence why that is not known."""
        if why := self._blind(since, self._lost, f"more than {ADDRESSES} addresses called"):
            return why
        return tuple(sorted(name for name, at in self._addresses.items() if (seconds(at) or 0.0) > since))

    def touched(self, user: str, since: float) -> tuple[Touch, ...] | str:
        """Objects the user wrote, opened or, of Secrets, read after `since`; or a sentence why that is not known."""
        hand = self._hands.get(user, _Hand(OrderedDict()))
        lost = max(hand.forgotten, self._forgotten)
        if why := self._blind(since, lost, f"more than {OBJECTS} objects were touched by {user}"):
            return why
        return tuple(sorted(touch for touch, at in hand.objects.items() if (seconds(at) or 0.0) > since))

    def _blind(self, since: float, lost: str, crowd: str) -> str:
        begins = seconds(self._begins)
        if begins is None:
            return "no audit event was read yet"
        if begins > since:
            return f"the audit record that was read begins at {minute(begins)}, {minute(since)} is before that"
        return f"{crowd}: older ones are forgotten" if (seconds(lost) or 0.0) > since else ""


def _touch(event: AuditEvent) -> Touch | None:
    """What a request that got through touched, None when it only looked."""
    on, status = event.object_ref, event.response_status
    if on is None or event.stage == "RequestReceived" or (status is not None and status.code >= 400):
        return None
    return (on.api_group, on.resource, on.namespace, on.name) if _counts(event.verb, on) else None


def _counts(verb: str, on: ObjectReference) -> bool:
    if on.subresource == "status" or on.api_group in _ASKING:
        return False
    if on.subresource in _INTO:
        return True
    return verb in _WRITES or (on.resource == "secrets" and verb in _READS)
