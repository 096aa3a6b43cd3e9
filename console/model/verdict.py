"""Results of checks and actions. Green means effective: never an action's return value, always an observation."""

from __future__ import annotations

from enum import StrEnum

import msgspec


class Verdict(msgspec.Struct, frozen=True):
    """What a check observed. Kleene logic: `truth` None is unknown and never ticks."""

    truth: bool | None
    observed: str
    """The value seen, in words (`2 of 3 pods isolated`), or why it is unknown."""
    residual: tuple[str, ...] = ()
    """Observed to be left (amber)."""
    unverifiable: tuple[str, ...] = ()
    """A check failed or has no means (amber)."""
    limits: tuple[str, ...] = ()
    """What nobody can see from here (grey, changes no colour)."""
    at: float = 0.0
    """Epoch seconds of the oldest observation it rests on."""


def both(*verdicts: Verdict) -> Verdict:
    """Kleene AND: false if any is false, else unknown if any is unknown. Texts are joined, each once."""
    truths = [verdict.truth for verdict in verdicts]
    truth = False if False in truths else (None if None in truths else True)
    return Verdict(
        truth,
        "; ".join(dict.fromkeys(verdict.observed for verdict in verdicts if verdict.observed)),
        tuple(text for verdict in verdicts for text in verdict.residual),
        tuple(text for verdict in verdicts for text in verdict.unverifiable),
        tuple(text for verdict in verdicts for text in verdict.limits),
        min((verdict.at for verdict in verdicts if verdict.at), default=0.0),
    )


class Stage(StrEnum):
    """How far an action got, in order."""

    PLANNED = "planned"
    APPROVED = "approved"
    RUNNING = "running"
    REFUSED = "refused"
    """nothing was written"""
    FAILED = "failed"
    """nothing was written: API, engine or journal failed"""
    PARTIAL = "partial"
    """some writes were done, some not"""
    UNKNOWN = "unknown"
    """a write was sent and its result is not known yet; resolved by reading"""
    ACCEPTED = "accepted"
    CONVERGED = "converged"
    EFFECTIVE = "effective"
    UNDONE = "undone"


class Outcome(msgspec.Struct, frozen=True):
    """Where an action stands."""

    stage: Stage
    text: str = ""
    residual: tuple[str, ...] = ()
    unverifiable: tuple[str, ...] = ()
    limits: tuple[str, ...] = ()

    @property
    def exit_code(self) -> int:
        """The command line contract: 6 > 4 > 3, 5 refused, 7 nothing written, 0 effective.

        A write whose result is not known may have been done: that is never "nothing written".
        """
        if self.stage is Stage.REFUSED:
            return 5
        if self.stage is Stage.FAILED:
            return 7
        if self.stage in (Stage.PARTIAL, Stage.UNKNOWN):
            return 6
        if self.residual:
            return 4
        if self.unverifiable or self.stage is not Stage.EFFECTIVE:
            return 3
        return 0
