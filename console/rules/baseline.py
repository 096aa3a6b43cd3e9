"""First seen: programs, networks, groups and deeds that are new to an identity, and callers new to an address.

In: audit events in about the order they were logged. Out: what of each is new, None for nearly all. Learned from the
trail alone, hour by hour (`console.rules.habits`); an identity that is not known yet has no news. Bounded, and fast for
what was met in the same hour. What is known can be handed on to the next engine; learning something twice is harmless.
"""

from __future__ import annotations

import ipaddress
from collections import OrderedDict
from functools import lru_cache

import msgspec
import re2

from console.model.audit import AuditEvent
from console.model.envelopes.times import parse_time
from console.model.glimpse import Glimpse
from console.rules.callers import kind_of
from console.rules.deeds import deed_of
from console.rules.habits import Span, Subject

NEW = ("agent", "network", "groups", "deed", "caller")
"""What can be new, as rules name it."""
SUBJECTS = 20_000
"""Known ones kept, and as many that are not known yet; the longest unseen of each go first."""
_HANDED_ON = 5_000
_MET = 50_000
_LONG = 500
CALLERS = 5
"""An address with more habitual callers is a gateway, and a new one there says nothing."""
_ACTIVE = 2
"""Hours within which a habitual caller must have been seen: else the address has a new owner, as those of pods do."""
_UNNAMED = frozenset({"", "system:anonymous", "system:unauthenticated"})
_PROGRAM = re2.compile(r"^([A-Za-z][A-Za-z0-9_.@-]*?)(?:[-_]?v?\d+(?:\.\d+)+|[/ (]|$)")


class News(msgspec.Struct, frozen=True):
    """What of one request is new. Empty: it is not."""

    agent: str = ""
    """Program that this identity was not seen with."""
    network: str = ""
    groups: tuple[str, ...] = ()
    deed: str = ""
    caller: str = ""
    """Identity that this address was not seen with, while those it is known for are active."""
    beside: tuple[str, ...] = ()
    """Kinds of the callers that the address is known for."""
    usual: tuple[str, ...] = ()
    """Habits of what is new, for people."""

    @property
    def dimensions(self) -> frozenset[str]:
        """Which of `NEW`."""
        return frozenset(name for name in NEW if getattr(self, name))


NOTHING = News()
_Memory = dict[str, Subject]
Key = tuple[str, str, str, str, str, str, str]


class Baseline:
    """What every identity and address usually shows."""

    def __init__(self) -> None:
        self._known: OrderedDict[str, Subject] = OrderedDict()
        self._young: OrderedDict[str, Subject] = OrderedDict()
        self._met: dict[Key, News | None] = {}
        self._dumped = ""

    def meet(self, event: AuditEvent) -> News | None:
        """What is new in this request, None if nothing is."""
        key = key_of(event)
        try:
            return self._met[key]
        except KeyError:
            return self._learn(event, key)

    def met(self, glimpse: Glimpse) -> bool:
        """Whether such a request was met this hour and nothing of it is new: it has nothing to teach either."""
        return self._met.get(key_of(glimpse), NOTHING) is None

    @property
    def known(self) -> int:
        """Identities and addresses that are known well enough to say what is new to them."""
        return len(self._known)

    @property
    def young(self) -> int:
        """Those that are still being learned."""
        return len(self._young)

    def dump(self) -> str:
        """All that was learned, the best known and latest first kept. Cheap while nothing changes."""
        if not self._dumped:
            kept: _Memory = dict(list(self._young.items())[-_HANDED_ON:])
            kept.update(list(self._known.items())[-_HANDED_ON:])
            self._dumped = msgspec.json.encode(kept).decode()
        return self._dumped

    def remember(self, text: str) -> None:
        """Take up what an earlier engine dumped; what cannot be read is learned anew."""
        try:
            memory = msgspec.json.decode(text, type=_Memory) if text else {}
        except msgspec.DecodeError:
            return
        for name, subject in memory.items():
            (self._known if subject.known else self._young)[name] = subject

    def _learn(self, event: AuditEvent, key: Key) -> News | None:
        user, hour = event.user.username, hour_of(event)
        if user in _UNNAMED or not hour or _is_refused(event):
            return None
        ip = key[2]
        identity = self._subject(f"user {user}", hour)
        asked = {
            "agent": program_of(event.user_agent),
            "network": network_of(ip),
            "deed": deed_of(*key[4:]) if kind_of(user) != "person" else "",
        }
        found = {name: value for name, value in asked.items() if value and self._is_new(identity, name, value, hour)}
        groups = tuple(one for one in event.user.groups or () if self._is_new(identity, "groups", one, hour))
        caller, beside = self._caller(ip, user, hour)
        news = None
        if found or groups or caller:
            usual = tuple(dict.fromkeys(one for name in found for one in identity.usual(name)))
            news = News(**found, groups=groups, caller=caller, beside=beside, usual=usual)
        if len(self._met) >= _MET:
            self._met.clear()
        if sum(map(len, key)) <= _LONG:
            self._met[key] = news
        return news

    def _caller(self, ip: str, user: str, hour: int) -> tuple[str, tuple[str, ...]]:
        if not ip:
            return "", ()
        address = self._subject(f"from {ip}", hour)
        if not self._is_new(address, "caller", user, hour):
            return "", ()
        habits = address.habits.get("caller", {})
        active = any(hour - span.last <= _ACTIVE for span in habits.values())
        if not habits or len(habits) > CALLERS or not active:
            return "", ()
        return user, tuple(sorted({kind_of(one) for one in habits}))

    def _is_new(self, subject: Subject, dimension: str, value: str, hour: int) -> bool:
        new, changed = subject.has(dimension, value[:_LONG], hour)
        if changed:
            self._dumped = ""
        return new

    def _subject(self, name: str, hour: int) -> Subject:
        """Whose habits are asked for; it is active in this hour."""
        subject = self._known.get(name)
        if subject is not None:
            self._known.move_to_end(name)
        elif (subject := self._young.get(name)) is not None:
            self._young.move_to_end(name)
        else:
            subject = self._young[name] = Subject(Span(hour, hour), habits={}, new={})
            self._dumped = ""
        if subject.see(hour):
            self._dumped = ""
        if subject.known and name in self._young:
            self._known[name] = self._young.pop(name)
        for group in (self._known, self._young):
            if len(group) > SUBJECTS:
                group.popitem(last=False)
        return subject


def key_of(event: AuditEvent | Glimpse) -> Key:
    """Requests with the same key have the same news, and teach nothing more. The text of a time ends with its hour."""
    on, ips = event.object_ref, event.source_ips
    return (
        event.user.username,
        event.user_agent,
        ips[0] if ips else "",
        event.request_received_timestamp[:13],
        event.verb,
        on.resource if on is not None else "",
        on.subresource if on is not None else "",
    )


def hour_of(event: AuditEvent) -> int:
    """Hours since 1970, 0 when the event does not say when it was."""
    return int(parse_time(event.request_received_timestamp) or parse_time(event.stage_timestamp)) // 3600


def program_of(agent: str) -> str:
    """The program a User-Agent names, without version and system: an upgrade is nothing new."""
    if not agent:
        return "(none)"
    match = _PROGRAM.search(agent[:200])
    return str(match[1]).lower() if match else agent[:60].lower()


@lru_cache(maxsize=4096)
def network_of(ip: str) -> str:
    """The network of an address: of the cluster's own size inside, of a site's outside; "" for what is none."""
    try:
        address = ipaddress.ip_address(ip[:64])
    except ValueError:
        return ""
    if isinstance(address, ipaddress.IPv6Address) and address.ipv4_mapped is not None:
        address = address.ipv4_mapped
    if address.is_loopback:
        return "loopback"
    bits = (24 if address.is_global else 16) if address.version == 4 else 48
    return str(ipaddress.ip_network((address, bits), strict=False))


def _is_refused(event: AuditEvent) -> bool:
    """Without a valid credential a name proves nothing."""
    return event.response_status is not None and event.response_status.code == 401
