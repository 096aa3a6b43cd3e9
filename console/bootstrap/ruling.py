"""The detection rules of an engine: ours, and the user's own from `[rules] folder`."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from console.config.settings import Settings
from console.errors import ConfigError
from console.rules.compiling import RuleSet
from console.rules.loading import SHIPPED, load_rules
from console.rules.offline import shipped_rules


def rules_of(settings: Settings) -> Callable[[], RuleSet]:
    """What loads the rules when there is time for it. The user's own are read now, so that a fault is told at once.

    Raises:
        ConfigError: the folder is not there, or one of its rules cannot be used.
    """
    if not settings.rules.folder:
        return shipped_rules
    folder = Path(settings.rules.folder).expanduser().absolute()
    if not folder.is_dir():
        raise ConfigError(f"The rules folder {folder} of the settings is no folder. Make it, or take the setting out.")
    own = load_rules(folder)
    if own.faults:
        raise ConfigError(f"A rule of {folder} cannot be used: {own.faults[0]}")

    def load() -> RuleSet:
        both = load_rules(SHIPPED, folder)
        return RuleSet(both.rules, both.faults)

    return load
