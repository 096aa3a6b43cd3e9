"""The rules of this person: ours, their own over them, and what the settings make of both, compiled.

In: `[rules]` of the settings. Out: a rulebook. One for engine, `detect`, `rules` and `posture`, so that none of them
judges by other rules than the others. A rule that cannot be used is a fault with file, line and reason, and costs no
other rule: where it was to replace one of ours, ours stays.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import msgspec

from console.config.settings import RuleSettings
from console.errors import BadInput, ConfigError
from console.rules.compiling import Compiled, RuleSet, compile_rule
from console.rules.loading import SHIPPED, load_rules
from console.rules.measures import load_measure_rules
from console.rules.rule import Rule
from console.rules.tuning import nearest, settle


class Rulebook(msgspec.Struct, frozen=True):
    """All rules, and those of them that run."""

    rules: RuleSet
    """What runs; its faults are all there are."""
    known: tuple[Rule, ...]
    """Every rule that can be used, in order, the disabled ones among them."""
    disabled: dict[str, tuple[str, ...]]
    """Id of a rule that the settings disable, to the rules for which it stays as a marker."""
    tuned: dict[str, tuple[str, ...]]
    """Id to what is other than the rule says, in words."""

    @property
    def finding(self) -> list[Compiled]:
        """What makes findings, or may: not the disabled ones that only let others come after them."""
        return [one for one in self.rules.auditing if one.rule.id not in self.disabled]


def rulebook(wanted: RuleSettings, where: str) -> Rulebook:
    """Load and compile.

    Args:
        where: the settings file, for faults.

    Raises:
        ConfigError: the folder is not there.
    """
    return gather(own_folder(wanted), wanted, where)


def own_folder(wanted: RuleSettings) -> Path | None:
    """The folder of the user's own rules. Raises `ConfigError` when it is named and cannot be read."""
    if not wanted.folder:
        return None
    folder = Path(wanted.folder).expanduser().absolute()
    if not folder.is_dir():
        raise ConfigError(f"The rules folder {folder} of the settings is no folder. Make it, or take the setting out.")
    try:
        next(folder.iterdir(), None)
    except OSError as error:
        raise ConfigError(
            f"The rules folder {folder} of the settings cannot be read: {error.strerror}. Check its permissions."
        ) from error
    return folder


def gather(folder: Path | None, wanted: RuleSettings, where: str) -> Rulebook:
    """Load and compile, with the user's own from a folder that was there. Never raises for what is in it."""
    shipped = load_rules(SHIPPED)
    faults = list(shipped.faults)
    rules = {rule.id: rule for rule in shipped.rules}
    for rule in _own(folder, faults) if folder else ():
        if fault := unusable(rule):
            faults.append(f"{fault}{', ours of that id stays' if rule.id in rules else ''}")
        else:
            rules[rule.id] = rule
    others = [rule.id for rule in load_measure_rules()] if wanted.disable or wanted.tune else ()
    settled = settle(list(rules.values()), wanted, where, others)
    compiled = RuleSet(settled.running, (*faults, *settled.faults))
    compiled.faults += _waiting_in_vain(compiled.rules)
    compiled.disabled, compiled.tuned = tuple(settled.disabled), tuple(settled.tuned)
    return Rulebook(compiled, settled.known, settled.disabled, settled.tuned)


def unusable(rule: Rule) -> str:
    """Why a rule cannot be compiled, "" when it can."""
    try:
        compile_rule(rule)
    except BadInput as error:
        return f"{rule.where}: {error}; rule {rule.id} is not used"
    except Exception as error:  # a boundary: a rule that nobody of us has seen must not take the others with it
        return f"{rule.where}: cannot be compiled ({type(error).__name__}); rule {rule.id} is not used"
    return ""


def _own(folder: Path, faults: list[str]) -> Iterator[Rule]:
    """The rules of a folder, named by their whole path: ours have files of the same names."""
    own = load_rules(folder)
    faults += [f"{folder}/{fault}" for fault in own.faults]
    for rule in own.rules:
        yield msgspec.structs.replace(rule, where=f"{folder}/{rule.where}")


def _waiting_in_vain(rules: list[Rule]) -> Iterator[str]:
    """A rule that comes after one that is not there (mistyped, or broken itself) would be silent for ever."""
    ids = {rule.id for rule in rules}
    for rule in rules:
        for name in rule.after.rules if rule.after else ():
            if name not in ids:
                meant = nearest(name, ids)
                yield f"{rule.where}: rule {rule.id} comes after {name}, and no rule in use is called so{meant}"
