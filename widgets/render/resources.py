"""An affected resource as a row and as details."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from widgets.render.ages import age
from widgets.render.fitting import Column
from widgets.render.lines import Line, Span, labelled, together
from widgets.render.words import rank, severity, status

if TYPE_CHECKING:
    from console.ports.views import ResourceRow
    from widgets.theme import Look

COLUMNS = (
    Column("kind", "KIND", 8, 18),
    Column("name", "NAME", 18, 48, place=True),
    Column("node", "NODE", 7, 20, drop=5),
    Column("owner", "OWNER", 12, 26, drop=4),
    Column("account", "ACCOUNT", 12, 24, drop=6),
    Column("status", "STATUS", 12, 13),
    Column("age", "FOR", 4, right=True, drop=3),
    Column("left", "WHAT IS LEFT", 20, 60, grow=1),
)
_ORDER = {"partial": 0, "failed": 0, "drift": 0, "open": 1, "residual": 2, "unverifiable": 3, "effective": 8, "gone": 9}
_KINDS = {
    "ServiceAccount": "account", "ClusterRoleBinding": "crb", "RoleBinding": "rolebinding", "Deployment": "deploy",
    "MutatingWebhookConfiguration": "webhook", "ValidatingWebhookConfiguration": "webhook",
    "CertificateSigningRequest": "csr", "NetworkPolicy": "netpol", "StatefulSet": "sts", "DaemonSet": "ds",
}  # fmt: skip


def short(kind: str) -> str:
    """A kind in few letters."""
    return _KINDS.get(kind, kind.lower())


def _worst(row: ResourceRow) -> tuple[Any, ...]:
    return (_ORDER.get(row.status, 4), rank(row.severity), row.kind, row.name)


SORTS = {
    "status": _worst,
    "kind": lambda row: (row.kind, row.name),
    "name": lambda row: (row.name, row.kind),
    "node": lambda row: (row.node, row.name),
    "account": lambda row: (row.account, row.name),
}


def words(row: ResourceRow) -> str:
    """What a filter looks at."""
    return f"{row.kind} {row.name} {row.status} {row.left} {row.owner} {row.node} {row.account} {row.severity}"


def cells(row: ResourceRow, look: Look) -> tuple[Span, ...]:
    """One span a column."""
    none = look["none"]
    gone = row.status == "gone"
    return (
        (short(row.kind), "dim"),
        (row.name, "dim" if gone else "ink"),
        (row.node or none, "dim"),
        (row.owner or none, "dim"),
        (row.account or none, "dim"),
        status(row.status),
        (age(row.since, look.now(), none), "dim"),
        (row.left or none, "dim" if gone or not row.left else "ink"),
    )


def details(row: ResourceRow, look: Look, width: int) -> list[Line]:
    """Everything the row knows."""
    since = f"  for {age(row.since, look.now())}" if row.since else ""
    head: Line = ((f"{row.kind} ", "dim"), (row.name, "strong"), ("   ", "ink"), status(row.status), (since, "dim"))
    lines = together(head, width)
    if row.left:
        lines += labelled("left", row.left, width, "warn" if row.status != "effective" else "ink")
    facts = (("owner", row.owner), ("node", row.node), ("runs as", row.account))
    if said := "   ".join(f"{label} {value}" for label, value in facts if value):
        lines += labelled("is", said, width)
    if row.findings:
        word, ink = severity(row.severity)
        lines.append((("found  ", "dim"), (f"{row.findings}, worst ", "ink"), (word, ink)))
    return lines
