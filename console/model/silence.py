"""Alertmanager's silences and the alerts they may hide, as its API v2 tells of them. Raw values."""

from __future__ import annotations

import re

import msgspec

from console.model.runtime import Alert

SECURITY = "security"
"""Tag of an alert whose labels say that it is about security."""
_ATTACK = re.compile(
    r"(attack\.|mitre_)?(t\d{4}(\.\d{3})?|reconnaissance|resource[-_]development|initial[-_]access|execution|persistence|"
    r"privilege[-_]escalation|defense[-_]evasion|credential[-_]access|discovery|lateral[-_]movement|collection|"
    r"command[-_]and[-_]control|exfiltration|impact)\Z",
    re.IGNORECASE,
)
"""Tactics and techniques of ATT&CK."""
_PLAIN = re.compile(r"[a-zA-Z_][a-zA-Z0-9_]*\Z")


GENERAL = frozenset({
    "prometheus", "prometheus_replica", "replica", "cluster", "region", "env", "environment", "severity", "monitor",
})  # fmt: skip
"""Labels that say nothing of what an alert is about: alone they hide a whole cluster's alerts."""


class Matcher(msgspec.Struct, frozen=True):
    """One condition of a silence on one label; all of them must hold."""

    name: str
    value: str
    regex: bool = False
    equal: bool = True

    def __str__(self) -> str:
        """As Alertmanager and amtool read it: `alertname="KubeAPIDown"`."""
        sign = ("=~" if self.regex else "=") if self.equal else ("!~" if self.regex else "!=")
        name = self.name if _PLAIN.match(self.name) else _quoted(self.name)
        return f"{name}{sign}{_quoted(self.value)}"


class Silence(msgspec.Struct, frozen=True):
    """One silence."""

    id: str
    state: str
    """`pending`, `active` or `expired`; kept for days after it ended."""
    matchers: tuple[Matcher, ...]
    by: str = ""
    """Who made it, as they chose to say."""
    comment: str = ""
    starts: float = 0.0
    """Epoch seconds."""
    ends: float = 0.0


class Firing(msgspec.Struct, frozen=True):
    """An alert that has not ended, silenced or not."""

    fingerprint: str
    labels: tuple[tuple[str, str], ...]
    state: str = ""
    """`active`, `suppressed` or `unprocessed`."""
    silenced_by: tuple[str, ...] = ()
    """Ids of silences."""
    inhibited_by: tuple[str, ...] = ()
    alert: Alert | None = None
    """What it tells; None when that cannot be read."""

    @property
    def name(self) -> str:
        """Of the alert's rule, for people."""
        known = dict(self.labels)
        return known.get("alertname") or known.get("rule") or self.fingerprint

    @property
    def is_security(self) -> bool:
        """Whether its labels say that it is about security, or a runtime sensor raised it."""
        if self.alert is None or self.alert.sensor != "alertmanager":
            return self.alert is not None
        return any(tag == SECURITY or _ATTACK.match(tag) for tag in self.alert.tags)


def _quoted(text: str) -> str:
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n") + '"'
