"""What sensors on the nodes tell: alerts, processes and network flows. Raw values, every field may be missing.

Read from Falco, Tetragon and Hubble by `console.model.envelopes`. These sensors do not know Kubernetes users: *who* is
the pod it happened in.
"""

from __future__ import annotations

import msgspec

from console.model.finding import Target
from console.model.severity import Severity


class Place(msgspec.Struct, frozen=True):
    """One end: a container of a pod, a node, or an address in the world."""

    namespace: str = ""
    pod: str = ""
    container: str = ""
    image: str = ""
    node: str = ""
    workload: str = ""
    labels: tuple[str, ...] = ()
    """As the sensor writes them: `k8s:app=web`, `reserved:world`."""
    ip: str = ""
    names: tuple[str, ...] = ()
    """DNS names the sensor knows for the address."""

    @property
    def who(self) -> str:
        """`namespace/pod`, "" when it is no pod."""
        return f"{self.namespace}/{self.pod}" if self.pod else ""


class Alert(msgspec.Struct, frozen=True):
    """A sensor's own rule has fired."""

    sensor: str
    """`falco` or `tetragon`."""
    rule: str
    """The rule's name, as the sensor writes it."""
    severity: Severity
    at: float
    """Epoch seconds."""
    place: Place = Place()
    id: str = ""
    """The sensor's own id of this alert, "" if it gives none."""
    text: str = ""
    tags: tuple[str, ...] = ()
    user: str = ""
    """Kubernetes user, where the alert rests on an audit event; never the Unix user inside a container."""
    target: Target | None = None
    """What the request was aimed at, where the alert rests on an audit event."""


class Process(msgspec.Struct, frozen=True):
    """A program was started."""

    at: float
    binary: str
    arguments: str = ""
    place: Place = Place()
    id: str = ""
    directory: str = ""
    user: str = ""
    """Unix user id."""
    parent: str = ""
    parent_arguments: str = ""
    flags: tuple[str, ...] = ()


class Flow(msgspec.Struct, frozen=True):
    """A connection, a packet or a DNS question."""

    at: float
    source: Place = Place()
    destination: Place = Place()
    id: str = ""
    protocol: str = ""
    """`TCP`, `UDP`, `SCTP`, `ICMPv4`, `ICMPv6`, "" if not told."""
    source_port: int = 0
    port: int = 0
    """Of the destination."""
    verdict: str = ""
    """`FORWARDED`, `DROPPED`, …; "" where the sensor judges nothing."""
    reason: str = ""
    direction: str = ""
    """`INGRESS` or `EGRESS`, as seen from the node that told."""
    reply: bool = False
    query: str = ""
    """DNS name that was asked for, without the last dot."""
    record_types: tuple[str, ...] = ()
    binary: str = ""
    """Program that connects, where the sensor knows it."""


Sensed = Alert | Process | Flow
