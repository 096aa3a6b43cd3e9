"""Codenames for incidents nobody had the time to name: two harmless words, always the same for one incident.

A codename says nothing about victim, cluster or cause, so that it may be spoken, printed and written anywhere.
"""

from __future__ import annotations

import hashlib

from console.errors import BadInput
from console.model.severity import Severity

SEVERITIES = tuple(one.value for one in Severity)
HOW_SEVERE = ":declare critical (or high, medium, low), or :record severity high"
_FIRST = [
    "amber",
    "brisk",
    "calm",
    "clear",
    "copper",
    "crisp",
    "dry",
    "early",
    "even",
    "fair",
    "fleet",
    "gentle",
    "grey",
    "hazel",
    "high",
    "keen",
    "light",
    "long",
    "low",
    "mild",
    "misty",
    "new",
    "north",
    "old",
    "olive",
    "open",
    "pale",
    "plain",
    "quick",
    "quiet",
    "red",
    "river",
    "royal",
    "sandy",
    "sharp",
    "silver",
    "slow",
    "small",
    "soft",
    "still",
    "stone",
    "stout",
    "sunny",
    "swift",
    "tall",
    "warm",
    "west",
    "white",
    "wide",
    "wild",
]
_SECOND = [
    "badger",
    "bear",
    "beaver",
    "bison",
    "crane",
    "crow",
    "curlew",
    "deer",
    "dove",
    "duck",
    "eagle",
    "egret",
    "elk",
    "falcon",
    "ferret",
    "finch",
    "fox",
    "goat",
    "goose",
    "gull",
    "hare",
    "hawk",
    "heron",
    "hound",
    "ibis",
    "jay",
    "kite",
    "lark",
    "linnet",
    "lynx",
    "marten",
    "mole",
    "moose",
    "otter",
    "owl",
    "pike",
    "plover",
    "quail",
    "raven",
    "robin",
    "seal",
    "shrike",
    "snipe",
    "sparrow",
    "stag",
    "stork",
    "swan",
    "swift",
    "tern",
    "thrush",
    "trout",
    "vole",
    "wren",
]


def codename(secret: bytes) -> str:
    """`quiet-heron`, from the incident's secret."""
    digest = hashlib.sha256(b"codename" + secret).digest()
    return f"{_FIRST[digest[0] % len(_FIRST)]}-{_SECOND[digest[1] % len(_SECOND)]}"


def declared_words(text: str, severity: str = "") -> tuple[str, str]:
    """Name and severity out of what was typed: the last word may be the severity. Raises `BadInput` for another one."""
    if severity and severity not in SEVERITIES:
        raise BadInput(f"{severity[:40]!r} is no severity. Write {', '.join(SEVERITIES)}.")
    name, _, last = text.strip().rpartition(" ")
    if not severity and last.lower() in SEVERITIES:
        return name.strip(), last.lower()
    return text.strip(), severity
