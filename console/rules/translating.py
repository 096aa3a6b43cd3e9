"""A sensor's own alert as a finding: its rule's name means an entry of the catalogue, or it passes as it is.

In: `Alert`s of Falco, Tetragon and Alertmanager. Out: findings. Names we do not know keep the sensor's own severity and
tags, so that nobody's own rule is lost; names we know are at least as bad as `sensors.yml` says.

Alertmanager tells mostly of everyday trouble, and its severities say how soon somebody must get up, not how near an
attacker is. So there a name we know is as bad as `sensors.yml` says and no worse; one we do not know is medium at most
(`EVERYDAY`), unless its labels name a tactic or a technique of ATT&CK or say that it is about security.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import msgspec

from console.errors import BadInput
from console.model.envelopes.alertmanager import SECURITY
from console.model.finding import Finding
from console.model.runtime import Alert
from console.model.severity import Severity
from console.rules.rule import TACTICS
from console.rules.sensed import identity_in, target_in

SHIPPED = Path(__file__).parent / "sensors.yml"
_TECHNIQUE = re.compile(r"T\d{4}(\.\d{3})?$")
_WORD = re.compile(r"[^A-Z0-9]+")
_NOTE = 400
ALERTS = ("FALCO-", "TETRAGON-", "ALERTMANAGER-")
"""How ids of findings that are sensors' alerts begin."""
EVERYDAY = {Severity.CRITICAL: Severity.MEDIUM, Severity.HIGH: Severity.MEDIUM, Severity.MEDIUM: Severity.LOW}
"""What becomes of the severity of an alert that nothing says is about security."""


class Meaning(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a sensor's rule of this name tells."""

    rule: str
    tactic: str
    catalogue: tuple[str, ...] = ()
    attack: tuple[str, ...] = ()
    level: Severity = Severity.INFO
    id: str = ""
    """Of the findings, where it is not made of sensor and name."""
    title: str = ""
    """Of the findings, where it is not the name."""


class _Part(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    part: str
    rule: str
    functions: tuple[str, ...] = ()
    """Parts of the traced function without which it means nothing; () for any."""

    def means(self, text: str, function: str) -> bool:
        return self.part in text and (not self.functions or any(name in function for name in self.functions))


class Meanings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """All of `sensors.yml`."""

    falco: tuple[Meaning, ...]
    others: tuple[Meaning, ...]
    alertmanager: tuple[Meaning, ...]
    functions: tuple[_Part, ...]
    paths: tuple[_Part, ...]


def load_meanings(path: Path = SHIPPED) -> Meanings:
    """Raises BadInput naming the file."""
    import yaml

    try:
        data: Any = yaml.load(path.read_text(encoding="utf-8"), Loader=yaml.CSafeLoader)
        return msgspec.convert(data, Meanings)
    except (OSError, yaml.YAMLError, msgspec.ValidationError) as error:
        raise BadInput(f"{path.name}: {error}") from None


class Translator:
    """Alerts to findings. The table is read with the first alert: who has no sensor does not pay for it."""

    def __init__(self) -> None:
        self._table: Meanings | None = None
        self._by_name: dict[str, Meaning] = {}
        self._by_alert: dict[str, Meaning] = {}

    def finding_of(self, alert: Alert, evidence: bytes = b"", source: str = "") -> Finding:
        """The finding an alert is."""
        meaning = self._meaning(alert)
        tags = [tag.removeprefix("attack.").upper() for tag in alert.tags]
        made = f"{alert.sensor.upper()}-{_WORD.sub('-', alert.rule.upper()).strip('-')[:50] or 'UNNAMED'}"
        return Finding(
            rule=meaning.id or made,
            title=meaning.title or alert.rule,
            severity=_severity(alert, meaning),
            who=identity_in(alert),
            target=target_in(alert),
            first=alert.at,
            last=alert.at,
            catalogue=meaning.catalogue,
            attack=meaning.attack or tuple(tag for tag in tags if _TECHNIQUE.match(tag)),
            source=source,
            events=(alert.id,) if alert.id else (),
            evidence=evidence,
            note=alert.text[:_NOTE],
            tactic=meaning.tactic or _tactic(alert),
        )

    def _meaning(self, alert: Alert) -> Meaning:
        if self._table is None:
            self._table = load_meanings()
            self._by_name = {one.rule.lower(): one for one in (*self._table.falco, *self._table.others)}
            self._by_alert = {one.rule: one for one in self._table.alertmanager}
        if alert.sensor == "alertmanager":
            return self._by_alert.get(alert.rule) or Meaning(alert.rule, "")
        if known := self._by_name.get(alert.rule.lower()):
            return known
        if alert.sensor == "tetragon" and alert.tags:
            function, *arguments = alert.tags
            parts = ((self._table.paths, " ".join(arguments)), (self._table.functions, function))
            for table, text in parts:
                if name := next((one.rule for one in table if one.means(text, function)), ""):
                    return self._by_name[name.lower()]
        return Meaning(alert.rule, "")


def _severity(alert: Alert, meaning: Meaning) -> Severity:
    if alert.sensor != "alertmanager":
        return min(alert.severity, meaning.level, key=lambda severity: severity.rank)
    if meaning.tactic:
        return meaning.level
    tags = [tag.removeprefix("attack.").upper() for tag in alert.tags]
    if SECURITY in alert.tags or _tactic(alert) or any(_TECHNIQUE.match(tag) for tag in tags):
        return alert.severity
    return EVERYDAY.get(alert.severity, alert.severity)


def _tactic(alert: Alert) -> str:
    """What the rule's own tags say: Falco writes `mitre_credential_access`."""
    words = (tag.lower().removeprefix("mitre_").removeprefix("attack.").replace("_", "-") for tag in alert.tags)
    return next((word for word in words if word in TACTICS), "")
