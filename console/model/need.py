"""What a detection must be told to see anything: which requests, and how much of them."""

from __future__ import annotations

import msgspec

LEVELS = ("None", "Metadata", "Request", "RequestResponse")
"""Levels of an audit policy, each with all that is in the one before."""

Asked = tuple[str, str, str]
"""Verb, resource and subresource of a request; "*" for a verb or resource that is not fixed."""


class Need(msgspec.Struct, frozen=True):
    """What one rule needs of an audit policy."""

    rule: str
    title: str
    catalogue: tuple[str, ...]
    requests: tuple[Asked, ...]
    level: str
    """One of `LEVELS`."""
