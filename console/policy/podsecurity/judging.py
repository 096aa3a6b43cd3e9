"""Judges a pod by the Pod Security Standards of one Kubernetes version."""

from __future__ import annotations

import re
from functools import cache

from console.errors import BadInput
from console.policy.podsecurity import baseline, restricted
from console.policy.podsecurity.control import BASELINE, RESTRICTED, Breach, Control, Look
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
    holding = [(control, look) for control, look in _holding(minor) if control.standard in levels]
    replaced = {control.replaces for control, _ in holding}
    return _broken(pod, [(control, look) for control, look in holding if control.id not in replaced])


def weaknesses(pod: Surface, minor: int = NEWEST) -> list[Breach]:
    """What is short of either level: all of the baseline, then what only the restricted level refuses."""
    return _broken(pod, _holding(minor))


@cache
def _holding(minor: int) -> list[tuple[Control, Look]]:
    """The controls of that version, with their wording in it."""
    return [(control, look) for control in CONTROLS if (look := control.at(minor))]


def _broken(pod: Surface, holding: list[tuple[Control, Look]]) -> list[Breach]:
    return [Breach(control.standard, control.id, field, text) for control, look in holding for field, text in look(pod)]
