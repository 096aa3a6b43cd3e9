"""The audit ledger: what the trail says of users and requests, beyond findings. Bounded memory, never raises.

In: audit events in the order they were logged. Out: streams that began and did not end, successful calls of a user
after a time, the groups a user was seen with, and whether one of our own requests arrived.
"""

from __future__ import annotations

from collections import OrderedDict, deque
from collections.abc import Sequence

import msgspec

from console.model.audit import AuditEvent
from console.model.instants import seconds

Stream = tuple[str, str, str, str, float]

STREAMS = 20_000
"""Open streams remembered; the oldest goes first."""
USERS = 20_000
CALLS = 1000
"""Newest successful calls remembered of each user."""
ARRIVED = 50_000
KEPT = 2000
"""Open streams kept over a restart, the newest."""
_LONG = frozenset({"exec", "attach", "portforward"})


class StreamLedger:
    """Feeds on every audit event."""

    def __init__(self) -> None:
        self._open: OrderedDict[tuple[str, str], tuple[str, Stream]] = OrderedDict()
        self._calls: OrderedDict[str, deque[float]] = OrderedDict()
        self._groups: OrderedDict[str, tuple[str, ...]] = OrderedDict()
        self._arrived: OrderedDict[str, int] = OrderedDict()
        self._dumped = ""
        """The newest dump, "" when a stream it would hold has begun or ended since."""
        self.blind_before = 0.0
        """Epoch seconds before which calls are not remembered (an engine was started again then); 0.0: none lost."""

    def dump(self) -> str:
        """Open streams of everybody but the control plane, to be restored after a restart. Bounded; cheap to ask."""
        if self._dumped:
            return self._dumped
        kept = [(key, user, stream) for key, (user, stream) in self._open.items() if not _is_control_plane(user)]
        self._dumped = msgspec.json.encode(kept[-KEPT:]).decode()
        return self._dumped

    def restore(self, text: str, now: float) -> None:
        """Take up what an earlier engine dumped. Calls it counted are gone: `blind_before` says since when."""
        self.blind_before = now
        try:
            kept = msgspec.json.decode(text or "[]", type=list[tuple[tuple[str, str], str, Stream]])
        except msgspec.DecodeError:
            return  # blind_before already says that the past is not known
        self._open = OrderedDict((key, (user, stream)) for key, user, stream in kept) | self._open
        self._dumped = ""

    def feed(self, batch: Sequence[AuditEvent]) -> None:
        """Take these events into account."""
        for event in batch:
            if event.stage == "ResponseStarted":
                self._started(event)
            elif event.stage in ("ResponseComplete", "Panic"):
                self._ended(event)

    def _started(self, event: AuditEvent) -> None:
        on, status = event.object_ref, event.response_status
        if on is None or (status is not None and status.code >= 400):
            return
        long = on.subresource in _LONG or event.verb == "watch"
        if not long:
            return
        user = (event.impersonated_user or event.user).username
        target = f"{on.namespace}/{on.name}" if on.name else on.resource
        at = seconds(event.request_received_timestamp) or 0.0
        self._open[_request(event)] = (user, (event.audit_id, event.verb, target, on.subresource, at))
        if not _is_control_plane(user):
            self._dumped = ""
        if len(self._open) > STREAMS:
            self._open.popitem(last=False)
        self._called(user, at, tuple(event.user.groups or ()))

    def _ended(self, event: AuditEvent) -> None:
        if ended := self._open.pop(_request(event), None):
            self._dumped = self._dumped if _is_control_plane(ended[0]) else ""
        code = event.response_status.code if event.response_status else 0
        self._arrived[event.audit_id] = code
        if len(self._arrived) > ARRIVED:
            self._arrived.popitem(last=False)
        if code and code < 400:
            user = event.impersonated_user or event.user
            self._called(user.username, seconds(event.stage_timestamp) or 0.0, tuple(user.groups or ()))

    def _called(self, user: str, at: float, groups: tuple[str, ...]) -> None:
        calls = self._calls.get(user)
        if calls is None:
            calls = self._calls[user] = deque(maxlen=CALLS)
            if len(self._calls) > USERS:
                self._calls.popitem(last=False)
        calls.append(at)
        if groups and self._groups.get(user) != groups:
            self._groups[user] = groups
            if len(self._groups) > USERS:
                self._groups.popitem(last=False)

    def open_streams(self, user: str) -> tuple[Stream, ...]:
        """Requests of a user that began and did not end, oldest first."""
        return tuple(stream for name, stream in self._open.values() if name == user)

    def calls_since(self, user: str, since: float) -> int:
        """Requests of a user with a status below 400 after `since`; at most 1000 are counted."""
        return sum(1 for at in self._calls.get(user, ()) if at > since)

    def groups(self, user: str) -> tuple[str, ...]:
        """Groups the user was last seen with, () if never seen."""
        return self._groups.get(user, ())

    def arrived(self, audit_id: str) -> int | None:
        """HTTP status with which a request is on record, None if it is not."""
        return self._arrived.get(audit_id)


def _is_control_plane(user: str) -> bool:
    """Whose watches are many, always there, and asked about by nobody."""
    return user.startswith(("system:kube-", "system:node:", "system:apiserver", "system:serviceaccount:kube-system:"))


def _request(event: AuditEvent) -> tuple[str, str]:
    """What names one request. The id alone would not do: its caller may choose it, and a second request under the id
    of an open stream must neither hide the stream nor seem to end it."""
    return event.audit_id, event.request_received_timestamp
