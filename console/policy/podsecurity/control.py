"""What a control of the Pod Security Standards is."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import TypeAlias

import msgspec

from console.policy.podsecurity.surface import Surface

BASELINE, RESTRICTED = "baseline", "restricted"

Fault: TypeAlias = tuple[str, str]
"""The field that breaks a control, by its path in the pod, and a sentence about it."""
Look: TypeAlias = Callable[[Surface], Iterator[Fault]]


class Breach(msgspec.Struct, frozen=True, order=True):
    """One field of a pod that breaks one control."""

    standard: str
    """`baseline` or `restricted`."""
    control: str
    """As the admission calls it: `privileged`, `hostPathVolumes`, `seccompProfile_restricted`, …"""
    field: str
    message: str


class Control(msgspec.Struct, frozen=True):
    """One control and its wordings."""

    id: str
    standard: str
    looks: Mapping[int, Look]
    """By the minor version of Kubernetes 1 from which each wording holds."""
    replaces: str = ""
    """The baseline control that does not hold beside it at the restricted level."""

    def at(self, minor: int) -> Look | None:
        """The wording of that version, None before the first."""
        since = max((first for first in self.looks if first <= minor), default=None)
        return None if since is None else self.looks[since]
