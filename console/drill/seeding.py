"""Chance, from the drill's seed: the same seed plays the same drill. Never used for anything secret."""

from __future__ import annotations

from random import Random


def chance(seed: int, purpose: str) -> Random:
    """A generator of its own for each purpose, so that one part's use does not shift another's."""
    return Random(f"{seed}:{purpose}")  # noqa: S311 - a game's dice, not a secret
