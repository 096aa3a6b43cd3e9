"""A standing weakness: what is not an attack but would let one through. Raw values."""

from __future__ import annotations

import msgspec

STANDARDS = ("baseline", "restricted", "rbac", "exposure", "secrets", "network", "audit")
"""The first two are levels of the Pod Security Standards, with the names of their controls."""


class Weakness(msgspec.Struct, frozen=True):
    """One field of one object that is weak in one way."""

    object: str
    """`Kind/namespace/name`, or `Kind/name` where there is no namespace."""
    standard: str
    """One of `STANDARDS`."""
    control: str
    message: str
    field: str
    """Path of the field in the object, "" for the object as a whole."""
