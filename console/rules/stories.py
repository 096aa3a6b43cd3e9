"""Findings of one actor, chained: discovery, then a credential, then rights, then a way back in (catalogue D110).

In: findings, new and changed. Out: the same, naming their story, and those whose severity the story raised. An actor is
a user, an address without a user, or a pod; a shell into a pod and a minted token lead from one actor to the next.
Bounded. A story never lowers a severity and never makes a finding; it raises only where two tactics were serious of
themselves, so that a day of small everyday findings stays small.
"""

from __future__ import annotations

import hashlib
from collections import OrderedDict
from collections.abc import Iterable, Iterator, Sequence

import msgspec

from console.model.finding import Finding
from console.model.severity import Severity

MOST = 20_000
GAP = 6 * 3600.0
"""Seconds of quiet after which the same actor begins another story."""
REACH = 3600.0
"""Seconds after a shell or a minted token within which what it leads to is the same actor's."""
RAISES, RAISES_MORE = 3, 4
"""Tactics in a story that raise low and medium findings by one step, and that raise high ones too."""
_ANONYMOUS = frozenset({"", "system:anonymous"})
_ACCOUNT = "system:serviceaccount:"
_INTO = frozenset({"exec", "attach", "ephemeralcontainers"})
_UP = {Severity.LOW: Severity.MEDIUM, Severity.MEDIUM: Severity.HIGH}
_UP_MORE = _UP | {Severity.HIGH: Severity.CRITICAL}

Handle = tuple[str, str]
"""What an actor is known by: `user`, `address` or `pod`, and which."""


class Story:
    """Findings that belong together, and what they amount to."""

    def __init__(self, first: Finding) -> None:
        self.id = hashlib.sha256(f"{first.id} {first.first!r}".encode()).hexdigest()[:8]
        self.first, self.last = first.first, first.last
        self.members: dict[str, None] = {}
        self.tactics: set[str] = set()
        """Of findings that are more than information."""
        self.serious: set[str] = set()
        """Tactics of findings that are medium or worse of themselves."""
        self.handles: set[Handle] = set()

    def take(self, one: Finding) -> None:
        """A finding more, or one that has changed."""
        self.members[one.id] = None
        self.first, self.last = min(self.first, one.first), max(self.last, one.last)
        if one.tactic and one.severity.at_least(Severity.LOW):
            self.tactics.add(one.tactic)
        if one.tactic and one.severity.at_least(Severity.MEDIUM):
            self.serious.add(one.tactic)

    @property
    def chained(self) -> bool:
        """Whether it is more than one thing done again and again."""
        return len(self.tactics) > 1

    @property
    def raises(self) -> dict[Severity, Severity]:
        """What it makes of its findings' severities."""
        if len(self.tactics) < RAISES or len(self.serious) < 2:
            return {}
        return _UP_MORE if len(self.tactics) >= RAISES_MORE else _UP

    def tells(self, one: Finding) -> Finding:
        """The finding as part of this story."""
        if not self.chained:
            return one
        raised = self.raises.get(one.severity)
        if raised is None:
            return msgspec.structs.replace(one, story=self.id)
        return msgspec.structs.replace(one, story=self.id, severity=raised, base=one.severity)


class Storyteller:
    """Keeps the stories. Feed it every new and changed finding."""

    def __init__(self, most: int = MOST) -> None:
        self._most = most
        self._findings: OrderedDict[str, Finding] = OrderedDict()
        """As their rules say them, the longest quiet first."""
        self._of: dict[str, Story] = {}
        self._stories: dict[str, Story] = {}
        self._latest: dict[Handle, Story] = {}
        self._leads: OrderedDict[Handle, tuple[float, str, Story]] = OrderedDict()
        """Where a shell or a token led: when, from which address, whose story."""

    def feed(self, changed: Iterable[Finding]) -> list[Finding]:
        """These findings with their story, and others whose story has changed with them."""
        out: dict[str, Finding] = {}
        grown: dict[str, Story] = {}
        for finding in changed:
            one = alone(finding)
            story = self._story_of(one, finding.story, grown)
            before = (story.chained, story.raises)
            self._keep(one, story)
            if (story.chained, story.raises) != before:
                grown[story.id] = story
            out[one.id] = story.tells(one)
        for story in grown.values():
            out.update((id_, story.tells(self._findings[id_])) for id_ in story.members)
        return list(out.values())

    def findings(self) -> list[Finding]:
        """Every finding it knows, as its story tells it."""
        return [self._of[id_].tells(one) for id_, one in self._findings.items()]

    def _keep(self, one: Finding, story: Story) -> None:
        story.take(one)
        self._stories[story.id] = story
        self._findings[one.id] = one
        self._findings.move_to_end(one.id)
        self._of[one.id] = story
        for handle in _handles(one):
            self._latest[handle] = story
            story.handles.add(handle)
        if lead := _lead(one):
            self._leads[lead] = (one.first, one.who.ip, story)
            self._leads.move_to_end(lead)
            if len(self._leads) > self._most:
                self._leads.popitem(last=False)
        if len(self._findings) > self._most:
            self._forget(self._findings.popitem(last=False)[0])

    def _forget(self, gone: str) -> None:
        story = self._of.pop(gone)
        story.members.pop(gone, None)
        if not story.members:
            self._stories.pop(story.id, None)
            for handle in story.handles:
                if self._latest.get(handle) is story:
                    del self._latest[handle]

    def _story_of(self, one: Finding, told: str, grown: dict[str, Story]) -> Story:
        """The story it is part of: the one it was in, that of its actor, that of who led there, or a new one."""
        if known := self._of.get(one.id) or self._stories.get(told):
            return known
        found = [story for handle in _handles(one) if (story := self._latest.get(handle)) and _meets(story, one)]
        if not found and (led := self._led_here(one)):
            found = [led]
        if not found:
            story = Story(one)
            story.id = told or story.id  # of an earlier engine: people have written it down
            return story
        for other in found[1:]:
            if other is not found[0]:
                self._join(found[0], other)
                grown.pop(other.id, None)
                grown[found[0].id] = found[0]
        return found[0]

    def _led_here(self, one: Finding) -> Story | None:
        for handle in _handles(one):
            at, address, story = self._leads.get(handle, (0.0, "", None))
            if story is None or not 0 <= one.first - at <= REACH:
                continue
            if handle[0] == "pod" or (address and one.who.ip == address):  # a token's own pods use it all the time
                return story
        return None

    def _join(self, one: Story, other: Story) -> None:
        for id_ in other.members:
            one.take(self._findings[id_])
            self._of[id_] = one
        self._stories.pop(other.id, None)
        one.handles |= other.handles
        for handle in other.handles:
            if self._latest.get(handle) is other:
                self._latest[handle] = one
        for lead, (at, address, story) in self._leads.items():
            if story is other:
                self._leads[lead] = (at, address, one)


def alone(finding: Finding) -> Finding:
    """A finding as its rule says it, without what its story made of it."""
    if not finding.story:
        return finding
    return msgspec.structs.replace(finding, story="", severity=finding.base or finding.severity, base=None)


def tactics_of(findings: Sequence[Finding]) -> tuple[str, ...]:
    """The tactics of a story in the order in which they were first seen; what is mere information is left out."""
    told = (one for one in sorted(findings, key=lambda one: one.first) if one.severity.at_least(Severity.LOW))
    return tuple(dict.fromkeys(one.tactic for one in told if one.tactic))


def _handles(one: Finding) -> Iterator[Handle]:
    who, on = one.who, one.target
    if who.user not in _ANONYMOUS:
        yield "user", who.user
    elif who.ip:
        yield "address", who.ip
    if who.pod:
        yield "pod", who.pod
    elif who.user in _ANONYMOUS and not who.ip and on.kind == "Pod" and on.name:  # a measure of a pod: nobody is named
        yield "pod", f"{on.namespace}/{on.name}"


def _lead(one: Finding) -> Handle | None:
    """Whom this finding lets its actor be next."""
    on = one.target
    if on.kind == "Pod" and on.subresource in _INTO and on.name:
        return "pod", f"{on.namespace}/{on.name}"
    if on.kind == "ServiceAccount" and on.subresource == "token" and on.name:
        return "user", f"{_ACCOUNT}{on.namespace}:{on.name}"
    return None


def _meets(story: Story, one: Finding) -> bool:
    return one.first <= story.last + GAP and one.last >= story.first - GAP
