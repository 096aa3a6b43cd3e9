"""One rule, as loaded: data only. `compiling` turns its detection into a test."""

from __future__ import annotations

from typing import Any

import msgspec

from console.model.severity import Severity

TACTICS = (
    "reconnaissance", "resource-development", "initial-access", "execution", "persistence", "privilege-escalation",
    "defense-evasion", "credential-access", "discovery", "lateral-movement", "collection", "command-and-control",
    "exfiltration", "impact",
)  # fmt: skip
"""Tactics of ATT&CK (Enterprise), by their short names, in its order."""


class Threshold(msgspec.Struct, frozen=True):
    """Only so many matches within a span of the events' own time make a finding."""

    count: int
    within: float
    """Seconds."""
    by: tuple[str, ...] = ("who.user",)
    """Fields whose values are counted apart."""
    distinct: str = ""
    """Count different values of this field instead of events."""


class After(msgspec.Struct, frozen=True):
    """Counts only when one of these rules matched before, for the same values of `by`."""

    rules: tuple[str, ...]
    within: float
    by: tuple[str, ...] = ("who.user",)


class Rule(msgspec.Struct, frozen=True):
    """A detection rule. `where` is file and line of its `detection`, for people."""

    id: str
    title: str
    severity: Severity
    detection: dict[str, Any]
    """Searches by name, and `condition`."""
    where: str
    description: str = ""
    catalogue: tuple[str, ...] = ()
    attack: tuple[str, ...] = ()
    falsepositives: tuple[str, ...] = ()
    threshold: Threshold | None = None
    after: After | None = None
    levels: tuple[tuple[Severity, Any], ...] = ()
    """Other severities and the search under which each holds; the first that matches."""
    first: tuple[str, ...] = ()
    """Only requests of which one of these (`console.rules.baseline.NEW`) was not seen before."""
    fields: tuple[str, ...] = ()
    """Fields whose values are shown as what matched."""
    target: str = "object"
    """`object`, `collection` (without its name) or `none`: how findings are folded together."""
    tactic: str = ""
    """ATT&CK tactic: the first a tag names (`attack.credential-access`), else the folder the rule lies in."""
    reads: str = "audit"
    """Which signals it is for: `audit`, `process`, `flow` or `object`."""
    marker: bool = False
    """True: makes no finding, only lets other rules come `after` it."""
