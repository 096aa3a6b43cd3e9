"""A sensor's own alert as a finding: its rule's name means an entry of the catalogue, or it passes as it is.

In: `Alert`s of Falco and Tetragon. Out: findings. Names we do not know keep the sensor's own severity and tags, so that
nobody's own rule is lost; names we know are at least as bad as `sensors.yml` says.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import msgspec

from console.errors import BadInput
from console.model.finding import Finding
from console.model.runtime import Alert
from console.model.severity import Severity
from console.rules.rule import TACTICS
from console.rules.sensed import identity_in, target_in

SHIPPED = Path(__file__).parent / "sensors.yml"
_TECHNIQUE = re.compile(r"T\d{4}(\.\d{3})?$")
_WORD = re.compile(r"[^A-Z0-9]+")
_NOTE = 400


class Meaning(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a sensor's rule of this name tells."""

    rule: str
    tactic: str
    catalogue: tuple[str, ...] = ()
    attack: tuple[str, ...] = ()
    level: Severity = Severity.INFO


class _Part(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    part: str
    rule: str


class Meanings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """All of `sensors.yml`."""

    falco: tuple[Meaning, ...]
    others: tuple[Meaning, ...]
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

    def finding_of(self, alert: Alert, evidence: bytes = b"", source: str = "") -> Finding:
        """The finding an alert is."""
        meaning = self._meaning(alert)
        tags = [tag.removeprefix("attack.").upper() for tag in alert.tags]
        return Finding(
            rule=f"{alert.sensor.upper()}-{_WORD.sub('-', alert.rule.upper()).strip('-')[:50] or 'UNNAMED'}",
            title=alert.rule,
            severity=min(alert.severity, meaning.level, key=lambda severity: severity.rank),
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
        if known := self._by_name.get(alert.rule.lower()):
            return known
        if alert.sensor == "tetragon" and alert.tags:
            function, *arguments = alert.tags
            parts = ((self._table.paths, " ".join(arguments)), (self._table.functions, function))
            for table, text in parts:
                if name := next((one.rule for one in table if one.part in text), ""):
                    return self._by_name[name.lower()]
        return Meaning(alert.rule, "")


def _tactic(alert: Alert) -> str:
    """What the rule's own tags say: Falco writes `mitre_credential_access`."""
    words = (tag.lower().removeprefix("mitre_").removeprefix("attack.").replace("_", "-") for tag in alert.tags)
    return next((word for word in words if word in TACTICS), "")
