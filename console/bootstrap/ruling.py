"""The detection rules of an engine: ours, the user's own from `[rules] folder`, and what `[rules]` makes of them."""

from __future__ import annotations

from collections.abc import Callable

from console.config.settings import RuleSettings
from console.rules.compiling import RuleSet
from console.rules.rulebook import gather, own_folder


def rules_of(wanted: RuleSettings, where: str) -> Callable[[], RuleSet]:
    """What loads the rules when there is time for it. Faults among them are told then; they keep nothing from starting.

    Args:
        where: the settings file, for faults.

    Raises:
        ConfigError: the folder is not there.
    """
    folder = own_folder(wanted)
    return lambda: gather(folder, wanted, where).rules
