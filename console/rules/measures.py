"""What the answers of metric queries mean: series above a threshold become findings, as `measures.yml` says.

In: `Measure`s. Out: findings, folded for each rule and series. An absent series means nothing here: that a query has
no answer is the source's business to say. Bounded memory.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import msgspec

from console.errors import BadInput
from console.model.finding import Finding, Target
from console.model.identity import Identity
from console.model.severity import Severity
from console.model.signal import Measure
from console.rules.folding import Folder

SHIPPED = Path(__file__).parent / "measures.yml"
_STREAKS = 20_000
_NAMED = (("pod", "Pod", ""), ("workload", "Workload", "apps"), ("daemonset", "DaemonSet", "apps"))
_MORE = (("cronjob", "CronJob", "batch"), ("node", "Node", ""))


class MeasureRule(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One line of `measures.yml`."""

    query: str
    id: str
    title: str
    level: Severity
    above: float | None = None
    hold: int = 1
    where: dict[str, str] = {}
    catalogue: tuple[str, ...] = ()
    attack: tuple[str, ...] = ()
    tactic: str = ""


def load_measure_rules(path: Path = SHIPPED) -> tuple[MeasureRule, ...]:
    """Raises BadInput naming the file."""
    import yaml

    try:
        data: Any = yaml.load(path.read_text(encoding="utf-8"), Loader=yaml.CSafeLoader)
        return msgspec.convert(data, tuple[MeasureRule, ...])
    except (OSError, yaml.YAMLError, msgspec.ValidationError) as error:
        raise BadInput(f"{path.name}: {error}") from None


class Gauge:
    """The rules for measures at work."""

    def __init__(self, rules: Iterable[MeasureRule], source: str = "prometheus") -> None:
        self._by_query: dict[str, list[MeasureRule]] = {}
        for rule in rules:
            self._by_query.setdefault(rule.query, []).append(rule)
        self._ids = {rule.id for rules in self._by_query.values() for rule in rules}
        self._source = source
        self._folder = Folder()
        self._streaks: dict[tuple[str, tuple[tuple[str, str], ...]], tuple[int, float]] = {}

    def feed(self, batch: Sequence[Measure]) -> list[Finding]:
        """New and changed findings after these answers."""
        for measure in batch:
            for rule in self._by_query.get(measure.query, ()):
                self._judge(rule, measure)
        if len(self._streaks) > _STREAKS:
            self._streaks.clear()
        return self._folder.changed()

    def findings(self) -> list[Finding]:
        """All findings, worst first."""
        return self._folder.all()

    def restore(self, findings: Iterable[Finding]) -> None:
        """Take over those findings of an earlier run that are of these rules."""
        self._folder.restore(finding for finding in findings if self.knows(finding.rule))

    def knows(self, rule: str) -> bool:
        """Whether this is one of its rules."""
        return rule in self._ids

    def _judge(self, rule: MeasureRule, measure: Measure) -> None:
        labels = dict(measure.labels)
        if any(labels.get(name) != value for name, value in rule.where.items()):
            return
        key = (rule.id, measure.labels)
        if rule.above is not None and not measure.value > rule.above:
            self._streaks.pop(key, None)
            return
        streak, began = self._streaks.get(key, (0, measure.at))
        self._streaks[key] = (streak + 1, began)
        if streak + 1 < rule.hold:
            return
        self._folder.add(
            Finding(
                rule=rule.id,
                title=rule.title,
                severity=rule.level,
                who=Identity(),
                target=_target(labels),
                first=began,
                last=measure.at,
                catalogue=rule.catalogue,
                attack=rule.attack,
                tactic=rule.tactic,
                source=self._source,
                note=f"{rule.query} = {measure.value:.6g}",
            )
        )


def _target(labels: dict[str, str]) -> Target:
    namespace = labels.get("namespace") or labels.get("k8s_ns_name") or ""
    for label, kind, group in (*_NAMED, ("k8s_pod_name", "Pod", ""), *_MORE):
        if labels.get(label):
            return Target(group=group, kind=kind, namespace=namespace if kind != "Node" else "", name=labels[label])
    return Target(namespace=namespace, path=",".join(f"{name}={value}" for name, value in sorted(labels.items()))[:200])
