"""Records to fill a journal with."""

from __future__ import annotations

from console.hygiene.exporting import known_safe
from console.model.entry import Effect, Intent, Noted

DIGEST = known_safe("d" * 64)


def noted(number: int = 0, text: str = "") -> Noted:
    return Noted(known_safe("ana"), known_safe(text or f"note {number}"))


def intent(number: int = 1) -> Intent:
    return Intent(DIGEST, number, known_safe(f"id-{number}"), known_safe("PATCH"), known_safe("/api/v1/nodes/n"))


def effect(number: int = 1) -> Effect:
    return Effect(DIGEST, number, known_safe(f"id-{number}"), 200)
