"""What `[rules]` of the settings makes of the rules: some make no findings, some have another level or threshold.

In: rules as loaded, the settings. Out: the rules that run, and a fault for each wish that cannot be carried out, never
silence: a mistyped id would leave on what a person believes to be off. Pure; nothing is read or compiled here.

A disabled rule that others in use come `after` stays as a marker: it is off because it makes noise, not in order to
end the sequences that begin with it.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Iterator, Sequence

import msgspec

from console.config.settings import RuleSettings, TuneSettings
from console.model.severity import Severity
from console.rules.loading import span
from console.rules.rule import Rule, Threshold


class Settled(msgspec.Struct, frozen=True):
    """What became of the rules."""

    known: tuple[Rule, ...]
    """All, in their order: tuned where that was wanted, disabled ones among them."""
    disabled: dict[str, tuple[str, ...]]
    """Id to the rules in use that come after it."""
    tuned: dict[str, tuple[str, ...]]
    """Id to what is other than the rule says, in words. Of rules in use only."""
    faults: tuple[str, ...]

    @property
    def running(self) -> Iterator[Rule]:
        """The rules to compile; a disabled one only as a marker."""
        for rule in self.known:
            if rule.id not in self.disabled:
                yield rule
            elif self.disabled[rule.id]:
                yield msgspec.structs.replace(rule, marker=True)


_SENSORS = ("FALCO-", "TETRAGON-", "ALERTMANAGER-", "AM-")
"""How ids begin of findings that a sensor's own rule made."""


def settle(rules: Sequence[Rule], wanted: RuleSettings, where: str, others: Iterable[str] = ()) -> Settled:
    """Carry out what is wanted, as far as it can be.

    Args:
        where: the settings file, for faults.
        others: ids of findings that are not made by these rules.
    """
    known = {rule.id: rule for rule in rules}
    faults = list(_unknown(known, wanted, where, frozenset(others)))
    off = {name for name in wanted.disable if name in known}
    tuned: dict[str, tuple[str, ...]] = {}
    for name, change in wanted.tune.items():
        if name in known and name not in off:
            known[name], said, fault = _tuned(known[name], change)
            tuned |= {name: said} if said else {}
            faults += [f"{where}: [rules.tune.{name}] {fault}"] if fault else []
    after = _after(known.values(), off)
    disabled = {name: after.get(name, ()) for name in known if name in off}
    return Settled(tuple(known.values()), disabled, tuned, tuple(faults))


def nearest(name: str, ids: Iterable[str]) -> str:
    """The ids that may have been meant, as the end of a sentence; "" when none is near."""
    by_core = {_core(one): one for one in ids}
    near = difflib.get_close_matches(_core(name), by_core, 3, 0.75)
    return f"; is {' or '.join(by_core[one] for one in near)} meant?" if near else ""


def _core(name: str) -> str:
    """What tells ids apart: all of ours begin alike."""
    return name.upper().removeprefix("K8S-")


def _unknown(known: Iterable[str], wanted: RuleSettings, where: str, others: frozenset[str]) -> Iterator[str]:
    named = [(name, "disable") for name in dict.fromkeys(wanted.disable)]
    named += [(name, f"tune.{name}") for name in wanted.tune]
    ids = frozenset(known)
    for name, key in named:
        if name in others:
            yield f"{where}: [rules] {key}: {name} judges metrics, checks rest on it: it is neither disabled nor tuned"
        elif name.startswith(_SENSORS):
            yield f"{where}: [rules] {key}: {name} is an alert of the sensor's own: disable or tune the rule there"
        elif name not in ids:
            meant = nearest(name, ids) or "; see `warroom rules list`"
            yield f"{where}: [rules] {key}: no rule is called {name!r}{meant}"


def _tuned(rule: Rule, change: TuneSettings) -> tuple[Rule, tuple[str, ...], str]:
    """The rule as wanted, what is other about it, and what cannot be done."""
    said, fault, wish = [], "", change.threshold
    if change.level is not None and change.level != rule.severity:
        said.append(f"level {change.level.value} instead of {rule.severity.value}")
        rule = msgspec.structs.replace(rule, severity=change.level, levels=_levels(rule, change.level))
    if wish.count is not None or wish.within:
        if rule.threshold is None:
            fault = f"has a threshold, but {rule.id} ({rule.where}) counts nothing: only its level can be tuned"
        else:
            count = rule.threshold.count if wish.count is None else wish.count
            within = span(wish.within, "threshold") if wish.within else rule.threshold.within
            threshold = msgspec.structs.replace(rule.threshold, count=count, within=within)
            if threshold != rule.threshold:
                said.append(f"{_spelled(threshold)} instead of {_spelled(rule.threshold)}")
            rule = msgspec.structs.replace(rule, threshold=threshold)
    return rule, tuple(said), fault


def _levels(rule: Rule, level: Severity) -> tuple[tuple[Severity, object], ...]:
    """The levels of special cases. A lower level is the worst that the rule may have; a higher one leaves them alone:
    what it judges more quietly is mostly a controller at its work."""
    if level.rank <= rule.severity.rank:
        return rule.levels
    return tuple((max(one, level, key=lambda severity: severity.rank), when) for one, when in rule.levels)


def _spelled(threshold: Threshold) -> str:
    seconds = int(threshold.within)
    for unit, length in (("d", 86400), ("h", 3600), ("m", 60)):
        if seconds and seconds % length == 0:
            return f"{threshold.count} within {seconds // length}{unit}"
    return f"{threshold.count} within {seconds}s"


def _after(rules: Iterable[Rule], off: set[str]) -> dict[str, tuple[str, ...]]:
    """Disabled rules, and the rules that run and come after each; through one another too."""
    found: dict[str, tuple[str, ...]] = {}
    while True:
        later = [rule for rule in rules if rule.after and (rule.id not in off or rule.id in found)]
        now = {
            name: tuple(rule.id for rule in later if rule.after and name in rule.after.rules)
            for name in {name for rule in later if rule.after for name in rule.after.rules} & off
        }
        if now.keys() == found.keys():
            return now
        found = now
