"""Judges a pod by the Pod Security Standards of one Kubernetes version."""

from __future__ import annotations

import re

from console.errors import BadInput
from console.policy.podsecurity import baseline, restricted
from console.policy.podsecurity.control import BASELINE, RESTRICTED, Breach, Control
from console.policy.podsecurity.surface import Surface

CONTROLS: tuple[Control, ...] = baseline.CONTROLS + restricted.CONTROLS
NEWEST = 37
"""Minor version of the newest Kubernetes whose admission is known here."""


def minor_of(version: str) -> int:
    """The minor version in `v1.29`, `1.29.4`, `v1.33.1-gke.100` or `latest`; later ones than known count as the newest.

    Raises:
        BadInput: it is none of these.
    """
    if version == "latest":
        return NEWEST
    found = re.fullmatch(r"v?1\.(\d{1,3})(?:[.+-].*)?", version)
    if not found:
        raise BadInput(f"{version!r} is no version of Kubernetes; write it as v1.29, or latest")
    return min(int(found[1]), NEWEST)


def breaches(pod: Surface, minor: int = NEWEST, standard: str = RESTRICTED) -> list[Breach]:
    """What the admission of that version would refuse the pod for at that level, in the order of the controls."""
    levels = (BASELINE,) if standard == BASELINE else (BASELINE, RESTRICTED)
    holding = [control for control in CONTROLS if control.standard in levels and control.at(minor)]
    replaced = {control.replaces for control in holding}
    return [found for control in holding if control.id not in replaced for found in _broken(control, pod, minor)]


def weaknesses(pod: Surface, minor: int = NEWEST) -> list[Breach]:
    """What is short of either level: all of the baseline, then what only the restricted level refuses."""
    return breaches(pod, minor, BASELINE) + [one for one in breaches(pod, minor) if one.standard == RESTRICTED]


def _broken(control: Control, pod: Surface, minor: int) -> list[Breach]:
    look = control.at(minor)
    return [Breach(control.standard, control.id, field, text) for field, text in look(pod)] if look else []
