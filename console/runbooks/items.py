"""What a checklist item and a card are, as data. Made by `console.runbooks.loading`, which checks them."""

from __future__ import annotations

import re

import msgspec

PHASES = ("declare", "detection", "containment", "investigation", "remediation", "recovery", "lessons")
"""In order. Phases are not a wizard: every card stays reachable."""
MOST = 9
"""Items of a card: it fits a screen of 80x24."""
TITLE = 60
"""Characters of a title."""

MEMBER_KINDS: dict[str, tuple[str, ...]] = {
    "incident": (),
    "pod": ("Pod",),
    "node": ("Node",),
    "ns": ("Namespace",),
    "sa": ("ServiceAccount",),
    "user": ("User",),
    "secret": ("Secret",),
    "workload": ("Deployment", "StatefulSet", "DaemonSet", "ReplicaSet", "Job", "CronJob"),
    "service": ("Service",),
    "dest": ("Destination",),
}
"""Kinds an item's set is made of, by its `per`."""

_UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86400}
_DURATION = re.compile(r"(\d{1,6})([smhd])")


def duration(text: str) -> float:
    """Seconds of `60s`, `10m`, `4h` or `5d`; "" is 0. Raises `ValueError` for anything else."""
    if not text:
        return 0.0
    match = _DURATION.fullmatch(text)
    if match is None:
        raise ValueError(f"{text!r} is no duration (60s, 10m, 4h, 5d)")
    return float(int(match[1]) * _UNITS[match[2]])


class Offer(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The action an item points at, by its id in the registry. One that is not in this build shows no key."""

    id: str
    danger: str
    approvals: int = 0
    """Other seats that should agree; advice until roles exist."""
    undo: str = ""
    """Id of the inverse action, `none` when there is none, "" where nothing is written."""


class Item(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One item. A card's file holds everything but `card`, `phase` and `position`, which its place gives it."""

    id: str
    title: str
    """The wanted state."""
    why: str
    mode: str
    """`read-do` (one after the other) or `do-confirm` (from memory, then confirm)."""
    role: str
    """Who is offered it: `ic`, `scribe`, `responder`, `liaison` or `any`; anyone may claim it."""
    per: str
    """The set it is expanded over, a key of `MEMBER_KINDS`."""
    kind: str
    """`auto` (ticks by observation alone), `hybrid` (observation and a person's word) or `attest` (a person)."""
    action: Offer
    timebox: str
    check: str = ""
    """Id of the registered check, whose docstring says what must hold; "" for `attest`."""
    attest: str = ""
    """What a person attests; "" for `auto`."""
    over: str = "affected"
    """Whether the set is the `affected` objects of those kinds or all of the `cluster`."""
    hold: str = ""
    """How long it must stay true before it counts."""
    misses: tuple[str, ...] = ()
    """What the check cannot see; shown beside every tick."""
    evidence: tuple[str, ...] = ()
    needs: tuple[str, ...] = ()
    """Items that come first. Soft: they dim an open item; only gates wait for them."""
    tut: tuple[str, ...] = ()
    map: tuple[str, ...] = ()
    card: str = ""
    phase: str = ""
    position: int = 0
    """Order over all cards, from 1."""

    @property
    def hold_seconds(self) -> float:
        """Seconds it must stay true."""
        return duration(self.hold)

    @property
    def gate(self) -> bool:
        """Whether it is a pause point: a gate waits for its needs."""
        return self.action.id == "gate.pass"


class Card(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One screen of items."""

    card: str
    phase: str
    title: str
    items: tuple[Item, ...]
