"""The actions as they are declared, and the letters that call them; imported when somebody first needs them.

The rows are drawn before: a person who looks at them is told the keys a moment later, one who presses a key at once.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from console.config.keymap import Keymap, keymap

if TYPE_CHECKING:
    from console.model.action import ActionSpec

Specs = tuple["ActionSpec", ...]


class Declared:
    """Declarations of all actions.

    Args:
        give: the declarations, or what imports them.
        changed: keys as a person wants them; None for the defaults.
    """

    def __init__(self, give: Specs | Callable[[], Specs], changed: Keymap | None = None) -> None:
        self._give = give
        self._changed = changed
        self._specs: Specs | None = None if callable(give) else give
        self._letters: dict[str, str] | None = None

    @property
    def known(self) -> bool:
        """Whether asking costs nothing."""
        return self._specs is not None

    @property
    def specs(self) -> Specs:
        """All of them."""
        if self._specs is None:
            self._specs = self._give() if callable(self._give) else self._give
        return self._specs

    @property
    def keys(self) -> Keymap:
        """Which key does what in the room, but for the letters."""
        return self._changed or keymap({})

    @property
    def letters(self) -> dict[str, str]:
        """The key after the leader, by action id."""
        if self._letters is None:
            self._letters = (self._changed or keymap({}, self.specs)).letters
        return self._letters
