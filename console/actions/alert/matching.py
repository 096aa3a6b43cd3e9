"""Which alerts a silence would hide: its conditions out of an alert's labels, and what must never be hidden by it.

In: the alert and all that fire now, as Alertmanager lists them. Out: matchers, words, or `Refused`. Pure.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from console.checks.telling import listed
from console.errors import BadInput, Refused
from console.model.silence import GENERAL, Firing, Matcher

SHOWN = 8


def matchers_of(alert: Firing, only: str) -> tuple[Matcher, ...]:
    """Equality on every label, or on those named (with commas). Raises `BadInput` for a label it has not."""
    named = [name.strip() for name in only.split(",") if name.strip()]
    known = dict(alert.labels)
    if missing := [name for name in named if name not in known]:
        raise BadInput(f"The alert {alert.name} has no label {missing[0]!r}; it has: {', '.join(known)}.")
    return tuple(Matcher(name, said) for name, said in alert.labels if not named or name in named)


def refuse_too_much(
    alert: Firing, matchers: Sequence[Matcher], hit: Sequence[Firing], everything: Sequence[Firing], watchdog: str
) -> None:
    """Raises `Refused` for a silence that would hide all, the watchdog, or not even this alert."""
    if watchdog and any(one.name == watchdog for one in (alert, *hit)):
        raise Refused(
            f"{watchdog} is the alert that always fires, so that somebody notices when monitoring is gone. It is never "
            "silenced from here."
        )
    if all(one.name in GENERAL for one in matchers):
        raise Refused(
            f"{listed(map(str, matchers))} says nothing of what the alert is about: it would silence everything. Leave "
            "the parameter labels out, or add alertname."
        )
    if len(everything) > 1 and len(hit) >= len(everything):
        raise Refused(
            f"This would silence everything: all {len(everything)} alerts that fire now. Leave the parameter labels "
            "out."
        )
    if alert.fingerprint not in {one.fingerprint for one in hit}:
        raise Refused(f"Alertmanager does not find the alert {alert.name} by these labels: it may just have ended.")


def hit_lines(hit: Sequence[Firing], where: str) -> tuple[str, ...]:
    """How many alerts it hides now, and which."""
    one = len(hit) == 1
    first = f"hides {len(hit)} alert{'' if one else 's'} that fire{'s' if one else ''} now at {where}"
    lines = [f"hidden: {_described(one)}" for one in hit[:SHOWN]]
    return (first, *lines, *((f"hidden: and {len(hit) - SHOWN} more",) if len(hit) > SHOWN else ()))


def warnings(alert: Firing, hit: Sequence[Firing]) -> Iterator[str]:
    """What somebody who approves it must have read."""
    others = [one for one in hit if one.fingerprint != alert.fingerprint]
    if others:
        yield f"It hits {len(others)} more than this alert: {listed(_described(one) for one in others)}."
    foreign = [one for one in others if one.is_security and _pod(one) != _pod(alert)]
    if foreign:
        yield f"It hides SECURITY alerts of others: {listed(_described(one) for one in foreign)}."
    if alert.is_security:
        yield "It is an alert about security: whoever watches Alertmanager is told nothing more of it."
    if alert.inhibited_by:
        yield "It is quiet already, because of another alert that fires."


def _pod(one: Firing) -> str:
    return one.alert.place.who if one.alert else ""


def _described(one: Firing) -> str:
    labels = ", ".join(f"{name}={said}" for name, said in one.labels if name not in ("alertname", *GENERAL))
    return f"{one.name} ({labels[:160]})" if labels else one.name
