"""A day at a cluster of its own: who works there, where, and what the API server records of it."""

from __future__ import annotations

import base64
from dataclasses import dataclass, field

from tests.cluster.everyday import Person, certificate
from tests.cluster.recording import Record
from tests.controlplane.running import ControlPlane


@dataclass
class Day:
    """One namespace and its people."""

    plane: ControlPlane
    namespace: str
    dana: Person
    """A developer: may do in the namespace what the role `edit` allows."""
    olga: Person
    """Runs the platform: an administrator, who installs what others use."""
    record: Record
    authority: str = field(init=False)
    """The cluster's certificate authority, base64, as it stands in configurations."""

    def __post_init__(self) -> None:
        self.authority = base64.b64encode((self.plane.folder / "ca.crt").read_bytes()).decode()


def administrator(plane: ControlPlane) -> Person:
    """Olga, with a certificate of the group whose members may do everything."""
    return Person(plane, certificate(plane, "olga", "system:masters"), "olga")
