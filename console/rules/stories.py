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
from typing import TypeVar

import msgspec

from console.model.finding import Finding, Key
from console.model.severity import Severity
from console.rules.folding import key_of

MOST = 20_000
GAP = 6 * 3600.0
"""Seconds of quiet after which the same actor begins another story."""
SPAN = 24 * 3600.0
"""Seconds from a story's first finding within which others may begin: an account that is never quiet would else have
one endless story, and all it ever did would add up."""
REACH = 3600.0
"""Seconds after a shell or a minted token within which what it leads to is the same actor's."""
RAISES, RAISES_MORE = 3, 4
"""Tactics in a story that raise low and medium findings by one step, and that raise high ones too."""
_ANONYMOUS = frozenset({"", "system:anonymous"})
_ACCOUNT = "system:serviceaccount:"
_INTO = frozenset({"exec", "attach", "ephemeralcontainers"})
_UP = {Severity.LOW: Severity.MEDIUM, Severity.MEDIUM: Severity.HIGH}
_UP_MORE = _UP | {Severity.HIGH: Severity.CRITICAL}

_T = TypeVar("_T")
Handle = tuple[str, str]
"""What an actor is known by: `user`, `address` or `pod`, and which."""


class Story:
    """Findings that belong together, and what they amount to."""

    def __init__(self, first: Finding) -> None:
        self.id = hashlib.sha256(f"{first.id} {first.first!r}".encode()).hexdigest()[:8]
        self.first, self.last = first.first, first.last
        self.members: dict[Key, None] = {}
        self.tactics: set[str] = set()
        """Of findings that are more than information."""
        self.serious: set[str] = set()
        """Tactics of findings that are medium or worse of themselves."""
        self.named = False
        """Whether a finding in it names a user."""
        self.into: Story | None = None
        """The story that it was joined to, and is part of."""
        self.told = self.standing

    def take(self, key: Key, one: Finding) -> None:
        """A finding more, or one that has changed."""
        self.members[key] = None
        self.named = self.named or one.who.user not in _ANONYMOUS
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

    @property
    def standing(self) -> tuple[bool, dict[Severity, Severity]]:
        """What it tells of its findings; when that changes, all of them are told anew."""
        return self.chained, self.raises

    def join(self, other: Story) -> None:
        """All of another story, but for its findings."""
        self.first, self.last = min(self.first, other.first), max(self.last, other.last)
        self.tactics |= other.tactics
        self.serious |= other.serious
        self.named = self.named or other.named
        other.into = self

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
        self._findings: OrderedDict[Key, Finding] = OrderedDict()
        """As their rules say them, the longest quiet first."""
        self._of: dict[Key, Story] = {}
        self._stories: dict[str, Story] = {}
        self._latest: OrderedDict[Handle, Story] = OrderedDict()
        self._leads: OrderedDict[Handle, tuple[Finding, Story]] = OrderedDict()
        """Where a shell or a token led: by which finding, whose story."""

    def feed(self, changed: Iterable[Finding]) -> list[Finding]:
        """These findings with their story, and others whose story has changed with them."""
        out: dict[Key, Finding] = {}
        again: dict[Key, None] = {}
        touched: dict[int, Story] = {}
        for finding in changed:
            one, key = alone(finding), key_of(finding)
            story = self._keep(key, one, self._story_of(key, one, finding.story, again), again)
            touched[id(story)] = story
            out[key] = story.tells(one)
        for story in touched.values():
            if story.standing != story.told:
                story.told = story.standing
                again |= story.members
        out.update((key, self._of[key].tells(self._findings[key])) for key in again if key in self._of)
        return list(out.values())

    def findings(self) -> list[Finding]:
        """Every finding it knows, as its story tells it."""
        return [self._of[key].tells(one) for key, one in self._findings.items()]

    def _keep(self, key: Key, one: Finding, story: Story, again: dict[Key, None]) -> Story:
        """Take it up; answers its story, which is another one when others turn out to belong to it."""
        new = key not in self._of
        story.take(key, one)
        self._stories[story.id] = story
        self._findings[key] = one
        self._findings.move_to_end(key)
        self._of[key] = story
        for handle in _handles(one):
            if new or handle[0] != "address":  # all who have no name share a finding, but not what else they did
                _put(self._latest, handle, story, 2 * self._most)
        if lead := _lead(one):
            _put(self._leads, lead, (one, story), self._most)
            if (led := self._story_at(lead)) and not led.named and lead[0] == "pod" and _reaches(one, led.first):
                story = self._join(story, led, again)  # what a sensor told at once; the audit trail came later
        if len(self._findings) > self._most:
            self._forget(self._findings.popitem(last=False)[0])
        return story

    def _forget(self, gone: Key) -> None:
        story = self._of.pop(gone)
        story.members.pop(gone, None)
        if not story.members and self._stories.get(story.id) is story:
            del self._stories[story.id]

    def _story_at(self, handle: Handle) -> Story | None:
        """The newest story of this actor, unless all of it was forgotten."""
        story = _whole(self._latest.get(handle))
        return story if story and story.members else None

    def _story_of(self, key: Key, one: Finding, told: str, again: dict[Key, None]) -> Story:
        """The story it is part of: the one it was in, that of its actor, that of who led there, or a new one."""
        if known := self._of.get(key) or self._stories.get(told):
            return known
        if told:  # of an earlier engine: people have written it down
            renewed = Story(one)
            renewed.id = told
            return renewed
        found = [story for handle in _handles(one) if (story := self._story_at(handle)) and _meets(story, one)]
        if not found:
            return self._led_here(one) or Story(one)
        whole = found[0]
        for other in found[1:]:
            whole = self._join(whole, other, again)
        return whole

    def _led_here(self, one: Finding) -> Story | None:
        for handle in _handles(one):
            by, story = self._leads.get(handle, (None, None))
            if by is None or not _reaches(by, one.first):
                continue
            if handle[0] == "pod" or (by.who.ip and one.who.ip == by.who.ip):  # its own pods use a token all the time
                return _whole(story)
        return None

    def _join(self, one: Story, other: Story, again: dict[Key, None]) -> Story:
        """Both as one. The smaller goes into the larger, or joins back and forth would take for ever."""
        if one is other:
            return one
        if len(other.members) > len(one.members):
            one, other = other, one
        for story in (one, other):
            if self._stories.get(story.id) is story:
                del self._stories[story.id]
        if other.chained and not one.chained:  # nobody has seen the other id
            one.id = other.id
        one.join(other)
        for key in other.members:
            one.members[key] = None
            self._of[key] = one
        again |= other.members
        other.members = {}
        self._stories[one.id] = one
        return one


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


def _reaches(by: Finding, at: float) -> bool:
    """Whether it is soon after a shell or a token that something happened: after the first of them, or the last."""
    return any(0 <= at - led <= REACH for led in (by.first, by.last))


def _whole(story: Story | None) -> Story | None:
    """The story that this one is part of by now."""
    while story is not None and story.into is not None:
        if story.into.into is not None:
            story.into = story.into.into
        story = story.into
    return story


def _put(kept: OrderedDict[Handle, _T], handle: Handle, value: _T, most: int) -> None:
    kept[handle] = value
    kept.move_to_end(handle)
    if len(kept) > most:
        kept.popitem(last=False)


def _meets(story: Story, one: Finding) -> bool:
    near = one.first <= story.last + GAP and one.last >= story.first - GAP
    return near and story.last - SPAN <= one.first <= story.first + SPAN
