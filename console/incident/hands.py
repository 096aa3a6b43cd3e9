"""Tell own hands from foreign ones in the audit trail.

Own writes are known by the Audit-IDs journalled before they were sent, own reads by ids derived from the incident's
secret. Anybody else's write to an object we touched is *other hands*; a request under our identity that is not ours,
or one of our ids under another identity, is an alarm. Controllers doing their work are neither.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Mapping, Sequence

import msgspec

from console.incident.naming import key_of, who_words
from console.model.audit import AuditEvent
from console.model.instants import seconds
from console.model.ref import BY_RESOURCE

_WRITES = frozenset({"create", "update", "patch", "delete", "deletecollection"})
_METHODS = {"create": "POST", "update": "PUT", "patch": "PATCH", "delete": "DELETE", "deletecollection": "DELETE"}
_PROGRAMS = (("system:node:", "kubelet/"), ("system:kube-", "kube-"), ("system:apiserver", "kube-apiserver/"))
_REMEMBERED = 4096
_IDS = 20_000
"""Ids of our own requests remembered, so that a second request under one of them is noticed."""


class _DeleteOptions(msgspec.Struct, rename="camel"):
    dry_run: list[str] = []


class Sighting(msgspec.Struct, frozen=True):
    """Something a hand that is not ours did. Raw values."""

    key: str
    """Row key of the object, "" for alarms."""
    who: str
    text: str
    alarm: bool = False


class Hands:
    """Watches the audit trail for hands.

    Args:
        identities: the user names the API server knows us by, the one we act as and the one behind it; empty while
            that is not known.
        owns_read: whether a read's audit id is ours.
        writes: method and path (or its seal) of our own writes, by audit id.
        touched: row keys of objects our actions touched.
        since: epoch seconds before which our identity's requests are not our business.
        on_sighting: called once for each different sighting.
        seal: what a path is kept as when it holds what looks like a secret.
    """

    def __init__(
        self,
        identities: Callable[[], frozenset[str]],
        owns_read: Callable[[str], bool],
        writes: Callable[[], Mapping[str, str]],
        touched: Callable[[], set[str]],
        since: Callable[[], float],
        on_sighting: Callable[[Sighting], None],
        seal: Callable[[str], str] = str,
    ) -> None:
        self._identities, self._owns_read, self._writes = identities, owns_read, writes
        self._touched, self._since, self._on_sighting, self._seal = touched, since, on_sighting, seal
        self._told: dict[tuple[str, ...], None] = {}
        self._seen: OrderedDict[str, tuple[str, str]] = OrderedDict()
        self.echo = 0.0
        """Epoch seconds of the newest request of our own that came back through an audit source."""

    def feed(self, batch: Sequence[AuditEvent]) -> list[bool]:
        """Look at events in the order they were logged. Says of each whether it is surely our own request."""
        selves, writes, touched, since = self._identities(), self._writes(), self._touched(), self._since()
        return [self._look(event, selves, writes, touched, since) for event in batch]

    def _look(
        self,
        event: AuditEvent,
        selves: frozenset[str],
        writes: Mapping[str, str],
        touched: set[str],
        since: float,
    ) -> bool:
        intent = writes.get(event.audit_id, "")
        if intent or self._owns_read(event.audit_id):
            return self._own(event, selves, self._is_intended(event, intent) if intent else _only_reads(event))
        if _effective(event) in selves and event.stage != "RequestReceived":
            self._foreign_use(event, since)
        elif touched and event.verb in _WRITES and event.stage == "ResponseComplete":
            self._other_hand(event, touched)
        return False

    def _own(self, event: AuditEvent, selves: frozenset[str], fits: bool | None) -> bool:
        """An event under one of our ids. The id alone proves nothing: whoever reads the audit log can copy it.

        Args:
            fits: whether the request is what we use such an id for: the intended write, or one that changes nothing.
                None when the audit level does not tell: then it is neither ours nor an alarm.
        """
        if fits is None:
            return False
        if not event.user.username:
            return True  # refused with 401 and sent again, under the same id, after logging in anew
        request = (event.request_received_timestamp, event.request_uri)
        first = self._seen.setdefault(event.audit_id, request)
        if len(self._seen) > _IDS:
            self._seen.popitem(last=False)
        who = _effective(event)
        if (selves and who not in selves) or first != request or not fits:
            who = who_words(who)
            self._tell("", who, f"{who} used one of our request ids ({event.audit_id}) from {_from(event)}", True)
            return False
        self.echo = max(self.echo, seconds(event.stage_timestamp) or 0.0)
        return True

    def _is_intended(self, event: AuditEvent, intent: str) -> bool:
        """Whether a request is the write that was journalled under this id."""
        method, _, known = intent.partition(" ")
        path = event.request_uri.partition("?")[0]
        return _METHODS.get(event.verb) == method and known in (path, self._seal(path))

    def _foreign_use(self, event: AuditEvent, since: float) -> None:
        if (seconds(event.request_received_timestamp) or 0.0) < since:
            return
        who = who_words(_effective(event))
        text = f"our identity {who} was used by another program: {event.user_agent or 'no agent'} from {_from(event)}"
        self._tell("", who, f"{text}, first {event.verb} {event.request_uri.split('?')[0]}", True, text)

    def _other_hand(self, event: AuditEvent, touched: set[str]) -> None:
        on = event.object_ref
        if on is None or on.subresource == "status" or _is_controller(event):
            return
        kind = BY_RESOURCE.get((on.api_group, on.resource))
        if kind is None or (key := key_of(kind.ref(on.namespace, on.name))) not in touched:
            return
        code = event.response_status.code if event.response_status else 0
        sub = f"/{on.subresource}" if on.subresource else ""
        self._tell(key, who_words(event.user.username), f"{event.verb}{sub} ended {code}, {event.user_agent}", False)

    def _tell(self, key: str, who: str, text: str, alarm: bool, same: str = "") -> None:
        mark = (key, who, same or text)
        if mark in self._told:
            return
        self._told[mark] = None
        if len(self._told) > _REMEMBERED:
            self._told.pop(next(iter(self._told)))
        self._on_sighting(Sighting(key, who, text, alarm))


def _effective(event: AuditEvent) -> str:
    """Whose rights were used: with `--as` the API server knows us by the impersonated name."""
    return (event.impersonated_user or event.user).username


def _from(event: AuditEvent) -> str:
    return ", ".join((event.source_ips or ["an unknown address"])[:3])


def _only_reads(event: AuditEvent) -> bool | None:
    """Whether a request changes nothing: a read, an access review, or a rehearsal. None when that is not logged."""
    on = event.object_ref
    if event.verb not in _WRITES or (on is not None and on.resource.endswith("reviews")):
        return True
    if "dryRun=All" not in event.request_uri.partition("?")[2].split("&"):
        return False
    if event.verb != "delete":
        return True
    body = bytes(event.request_object)  # decides for a delete, not the query; absent at audit level Metadata
    return _rehearsed(body) if body else None


def _rehearsed(body: bytes) -> bool:
    try:
        return "All" in msgspec.json.decode(body, type=_DeleteOptions).dry_run
    except (msgspec.DecodeError, RecursionError):
        return False


def _is_controller(event: AuditEvent) -> bool:
    """The control plane's own hands: they follow our writes (endpoints, finalizers) and are no news.

    An identity of the control plane or of a node counts only with its own agent: a stolen one is other hands.
    """
    user, agent = event.user.username, event.user_agent
    if user.startswith("system:serviceaccount:kube-system:"):
        return agent.startswith("kube-controller-manager/")
    for prefix, program in _PROGRAMS:
        if user.startswith(prefix):
            return agent.startswith(program)
    return False
