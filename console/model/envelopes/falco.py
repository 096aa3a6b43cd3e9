"""Falco's alerts, as its JSON output and Falcosidekick's webhook write them.

In: one decoded record. Out: an `Alert`, None when it is none. Nothing but rule, priority and time is promised by Falco;
fields may be null or numbers, and Falcosidekick's templates may have dots replaced by underscores. Sources: falco.org
(output_fields, priorities), falcosidekick `types` (uuid, source, tags, hostname).
"""

from __future__ import annotations

from typing import Any

from console.model.envelopes.plain import mapping, text, texts
from console.model.finding import Target
from console.model.instants import seconds
from console.model.ref import KINDS
from console.model.runtime import Alert, Place
from console.model.severity import Severity

PRIORITIES = {
    "emergency": Severity.CRITICAL, "alert": Severity.CRITICAL, "critical": Severity.CRITICAL, "error": Severity.HIGH,
    "warning": Severity.MEDIUM, "notice": Severity.LOW, "informational": Severity.INFO, "info": Severity.INFO,
    "debug": Severity.INFO,
}  # fmt: skip
"""Falco's priorities, the syslog ones, and what they are here."""
_KIND_OF = {kind.plural: kind for kind in KINDS}


def signal_of(value: dict[str, Any]) -> Alert | None:
    """The alert in a record."""
    rule, priority, at = text(value.get("rule")), text(value.get("priority")).lower(), seconds(text(value.get("time")))
    if not rule or priority not in PRIORITIES or at is None:
        return None
    fields = _Fields(mapping(value.get("output_fields")))
    from_audit = text(value.get("source")).startswith("k8s_audit") or fields.has("ka.verb", "ka.auditid")
    namespace = fields.first("k8s.ns.name", "k8smeta.ns.name")
    return Alert(
        sensor="falco",
        rule=rule,
        severity=PRIORITIES[priority],
        at=at,
        place=Place(
            namespace=namespace,
            pod=fields.first("k8s.pod.name", "k8smeta.pod.name"),
            container=fields.first("container.name", "container.id"),
            image=fields.first("container.image.repository", "container.image"),
            node=text(value.get("hostname")),
        ),
        id=text(value.get("uuid")),
        text=text(value.get("output")),
        tags=texts(value.get("tags")),
        user=fields.first("ka.user.name") if from_audit else "",
        target=_target(fields) if from_audit else None,
    )


class _Fields:
    """`output_fields`, whichever way their dots are written."""

    def __init__(self, fields: dict[str, Any]) -> None:
        self._fields = fields

    def first(self, *names: str) -> str:
        """The first of these that says something; Falco writes `<NA>` for what it does not know."""
        for name in names:
            said = text(self._fields.get(name)) or text(self._fields.get(name.replace(".", "_")))
            if said and said != "<NA>":
                return said
        return ""

    def has(self, *names: str) -> bool:
        return any(self.first(name) for name in names)


def _target(fields: _Fields) -> Target:
    resource = fields.first("ka.target.resource")
    kind = _KIND_OF.get(resource)
    return Target(
        group=kind.group if kind else "",
        kind=kind.kind if kind else resource,
        subresource=fields.first("ka.target.subresource"),
        namespace=fields.first("ka.target.namespace", "ka.target.pod.namespace"),
        name=fields.first("ka.target.name", "ka.resp.name", "ka.target.pod.name"),
    )
