"""A finding: one rule, one user, one target, counted. Raw values; `console.ports.views.FindingRow` is what leaves."""

from __future__ import annotations

import hashlib

import msgspec

from console.model.identity import Identity
from console.model.ref import ResourceRef
from console.model.severity import Severity

MAX_EVENTS = 100
"""Event ids kept in one finding (command line contract)."""


class Target(msgspec.Struct, frozen=True):
    """What a request was aimed at: an object, a collection (`name` "") or a path (`kind` "")."""

    group: str = ""
    kind: str = ""
    """Kind where the resource is known (`Pod`), else the plural resource name of the request."""
    subresource: str = ""
    namespace: str = ""
    name: str = ""
    uid: str = ""
    path: str = ""
    """Request path for requests that are no resource (`/version`)."""

    def ref(self, cluster: str) -> ResourceRef:
        """The object this target is, without its subresource."""
        return ResourceRef(cluster, self.group, self.kind, self.namespace, self.name, self.uid)


Key = tuple[str, ...]


def key_for(rule: str, who: Identity, on: Target) -> Key:
    """What this rule finds of this user and target is one finding.

    Sensors name no user: the pod is who, or all pods that scan would be one. It stands last and only where it tells
    more than the target does, so that ids which people have written down stay.
    """
    key = (rule, who.user, who.as_user, on.group, on.kind, on.subresource, on.namespace, on.name, on.path)
    if who.user or not who.pod or (on.kind == "Pod" and who.pod == f"{on.namespace}/{on.name}"):
        return key
    return (*key, who.pod)


class Finding(msgspec.Struct, frozen=True):
    """What a rule found, folded over all its events of one user (or pod, where nobody is named) and target."""

    rule: str
    title: str
    severity: Severity
    who: Identity
    target: Target
    first: float
    """Epoch seconds of the first and last matching event."""
    last: float
    count: int = 1
    catalogue: tuple[str, ...] = ()
    attack: tuple[str, ...] = ()
    source: str = ""
    events: tuple[str, ...] = ()
    """Audit ids, oldest first, at most 100."""
    evidence: bytes = b""
    """The first matching record as it came, cut at 64 KiB; shown only through export()."""
    note: str = ""
    """What matched, in words, for the detail view."""
    tactic: str = ""
    """ATT&CK tactic, as Sigma writes it: `credential-access`; "" when the rule names none."""
    sources: tuple[str, ...] = ()
    """Every source that told of it, the first one first; () while there is only `source`."""
    story: str = ""
    """Id of the story it is part of (`console.rules.stories`), "" while it stands alone."""
    base: Severity | None = None
    """What its rule says of it alone, where its story raised `severity` above that."""

    @property
    def told_by(self) -> tuple[str, ...]:
        """Every source that told of it, the first one first."""
        return self.sources or ((self.source,) if self.source else ())

    @property
    def id(self) -> str:
        """Stable 8 hex digits of rule, user (or pod, where nobody is named) and target."""
        text = "\x00".join(key_for(self.rule, self.who, self.target))
        return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:8]
