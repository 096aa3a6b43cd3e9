"""What silences hide. Whoever silences everything needs to switch nothing off: no alert is told, and all looks calm.

In: the silences and the alerts that are quiet because of them, each time the server has answered. Out: alerts of our
own (`console/rules/sensors.yml` has their meaning) and words for the health. One that this incident made is no news.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import msgspec
import re2

from console.model.finding import Target
from console.model.instants import stamp
from console.model.runtime import Alert
from console.model.severity import Severity
from console.model.silence import GENERAL, Firing, Matcher, Silence
from console.ports.clock import Clock
from console.ports.silences import Ours
from console.sources.alertmanager.memory import Memory

ALL, SECURITY, MADE = "everything silenced", "security silenced", "silence made"
"""Names of the alerts that tell of it."""
FEW = 3
"""Alerts that fire: with fewer, one silence that hides them all is everyday work."""
_MADE_UP = ("warroom-made-up", "7", "Zz zZ")
"""Values no label has: what takes them all takes any."""
_ABOUT_SECURITY = {
    **dict.fromkeys(
        ("category", "class", "domain", "team", "topic", "type"), ("security", "secops", "infosec", "siem")
    ),
    "security": ("true", "yes", "1"),
    "source": ("falco",),
}
_OPTIONS = re2.Options()
_OPTIONS.log_errors = False


class Seen(msgspec.Struct, frozen=True):
    """What the server listed at one time."""

    silences: tuple[tuple[Silence, bytes], ...]
    """Each with the record it was read from."""
    hidden: tuple[Firing, ...]
    """Alerts that are quiet because of a silence."""
    shown: tuple[Firing, ...]
    """Alerts that are told."""


class Hiding:
    """The silences of one server.

    Args:
        where: the server, for people.
        watchdog: name of the alert that always fires: it stands for nothing that happens.
    """

    def __init__(self, clock: Clock, where: str, watchdog: str, ours: Ours, known: bool = False) -> None:
        self.known = known
        """Whether silences were listed before: what is new since then was made in this incident."""
        self._clock, self._where, self._watchdog, self._ours = clock, where, watchdog, ours
        self._wrong, self._note = "", ""

    def look(self, seen: Seen, memory: Memory) -> list[tuple[Alert, bytes]]:
        """The server has answered: what is to be told of its silences, with the record of each."""
        hidden, shown = self._alerts(seen.hidden), self._alerts(seen.shown)
        told: list[tuple[Alert, bytes]] = []
        worst: list[str] = []
        active = [pair for pair in seen.silences if pair[0].state == "active"]
        for silence, record in active:
            kind = _kind(silence, hidden, shown)
            if kind:
                worst.append(f"{_WORDS[kind]} by {silence.by or 'nobody named'} until {stamp(silence.ends)}")
            if kind and memory.new("silence", silence.id, kind):
                told.append((self._alert(kind, silence), record))
        if not worst and _all(hidden, shown) and _names(hidden) > 1:
            worst.append(f"silences hide all {len(hidden)} alerts that fire")
            if memory.new("silence", ALL, *sorted(silence.id for silence, _ in active)):
                told.append((self._together(len(hidden), len(active)), b""))
        told += [(self._alert(MADE, one), record) for one, record in seen.silences if self._is_made(one, memory)]
        self.known = True
        self._wrong = "; ".join(worst)
        self._note = _counted(hidden)
        return told

    def wrong(self) -> str:
        """What is wrong, in words; "" for nothing."""
        return self._wrong

    def note(self) -> str:
        """What is worth knowing and wrong with nothing."""
        return self._note

    def unread(self, why: str) -> None:
        """The silences could not be read: nobody knows what they hide."""
        self._wrong, self._note = "", f"silences are not read: {why}"

    def _alerts(self, listed: Sequence[Firing]) -> list[Firing]:
        return [one for one in listed if not self._watchdog or one.name != self._watchdog]

    def _is_made(self, silence: Silence, memory: Memory) -> bool:
        """Whether somebody else made it since we look; each is asked for once in a round, so that it is remembered."""
        if silence.state == "expired":
            return False
        return memory.new("silence", silence.id, MADE) and self.known and not self._ours(silence.comment)

    def _alert(self, kind: str, silence: Silence) -> Alert:
        matchers = ", ".join(map(str, silence.matchers))[:300]
        text = (
            f"{_WORDS[kind]}: {{{matchers}}} until {stamp(silence.ends)}, by {silence.by[:100] or 'nobody named'}: "
            f"{silence.comment[:200] or 'no comment'}"
        )
        on = Target(path=f"silence {silence.id[:36]} at {self._where}")
        return Alert("alertmanager", kind, Severity.HIGH, silence.starts or self._clock.now(), text=text, target=on)

    def _together(self, alerts: int, silences: int) -> Alert:
        text = f"{silences} silences together hide all {alerts} alerts that fire"
        on = Target(path=f"silences at {self._where}")
        return Alert("alertmanager", ALL, Severity.HIGH, self._clock.now(), text=text, target=on)


_WORDS = {
    ALL: "a silence hides everything",
    SECURITY: "a silence hides every alert about security",
    MADE: "somebody made a silence",
}


def _kind(silence: Silence, hidden: Sequence[Firing], shown: Sequence[Firing]) -> str:
    """`ALL`, `SECURITY` or "": by what it says, or by what it does with the alerts that fire."""
    mine = [one for one in hidden if silence.id in one.silenced_by]
    rest = [one for one in (*hidden, *shown) if silence.id not in one.silenced_by]
    if all(_takes_any(one) for one in silence.matchers) or (_all(mine, rest) and _names(mine) > 1):
        return ALL
    if _says_security(silence.matchers):
        return SECURITY
    security = [one for one in mine if one.is_security]
    return SECURITY if len(security) > 1 and not any(one.is_security for one in rest) else ""


def _all(hidden: Sequence[Firing], shown: Sequence[Firing]) -> bool:
    return len(hidden) >= FEW and not shown


def _names(alerts: Sequence[Firing]) -> int:
    return len({one.name for one in alerts})


def _takes_any(matcher: Matcher) -> bool:
    """Whether it leaves nothing out: labels that each alert has need not be absent, others may be."""
    values = _MADE_UP if matcher.name in ("alertname", *GENERAL) else ("", *_MADE_UP)
    return all(_takes(matcher, value) for value in values)


def _says_security(matchers: Sequence[Matcher]) -> bool:
    """Whether what it names is that an alert is about security, and nothing else."""
    rest = [one for one in matchers if not _takes_any(one)]
    return bool(rest) and all(any(_takes(one, word) for word in _words(one)) for one in rest)


def _words(matcher: Matcher) -> Iterator[str]:
    yield from _ABOUT_SECURITY.get(matcher.name, ())


def _takes(matcher: Matcher, value: str) -> bool:
    """As Alertmanager judges: its expressions are anchored, and RE2's, as here, which end in linear time."""
    if not matcher.regex:
        return (matcher.value == value) is matcher.equal
    try:
        return bool(re2.fullmatch(matcher.value, value, _OPTIONS)) is matcher.equal
    except re2.error:
        return False


def _counted(hidden: Sequence[Firing]) -> str:
    if not hidden:
        return ""
    silences = len({id_ for one in hidden for id_ in one.silenced_by})
    alerts = f"{len(hidden)} alert{'' if len(hidden) == 1 else 's'}"
    return f"{silences} silence{' hides' if silences == 1 else 's hide'} {alerts}"
