"""Facts: what checks read. A fact is known with its time and source, or unknown with its reason."""

from __future__ import annotations

from typing import Any

import msgspec


class Ask(msgspec.Struct, frozen=True):
    """The name of a fact: `Ask("pod", ("shop", "web"))`. Hashable; names are listed in `console.checks.asking`."""

    fact: str
    args: tuple[str, ...] = ()


class Known(msgspec.Struct, frozen=True):
    """An observed value."""

    value: Any
    at: float
    """Epoch seconds of the observation."""
    source: str
    """`watch`, `probe`, `audit`, `journal`, `evidence`, `prometheus` or `person`."""


class Unknown(msgspec.Struct, frozen=True):
    """No value, and why: forbidden, no source, not asked yet, stale."""

    why: str


Fact = Known | Unknown
