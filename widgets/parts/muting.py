"""Ignores keys that are the debris of a broken terminal sequence.

On a bad link an arrow key arrives as `escape`, `[`, `B`, a kitty report as `escape`, `[`, `1`, `1`, `7`, `u`. None of
that was pressed by anybody, so after such a beginning every key is dropped for half a second.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from console.ports.clock import Clock

MUTE = 0.5
"""Seconds."""
_BEGINNINGS = frozenset(("left_square_bracket", "O", "upper_o", "right_square_bracket", "P", "upper_p", "underscore"))
_WHOLE = frozenset(
    (
        "alt+left_square_bracket",
        "alt+O",
        "alt+upper_o",
        "alt+right_square_bracket",
        "alt+P",
        "alt+upper_p",
        "alt+shift+o",
    )
)


class Muting:
    """Decides about each key in turn."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._until = -1.0
        self._escape = -1.0
        self._caret = -1.0

    def drops(self, key: str, typing: bool = False) -> bool:
        """Whether to ignore this key.

        Args:
            key: Textual's name of it.
            typing: text is being typed, where `^[` can be meant (nothing can be approved there).
        """
        now = self._clock.monotonic()
        if key in _WHOLE or (key in _BEGINNINGS and self._begun(now, typing)):
            self._until = now + MUTE
        if now < self._until:
            return True
        if key == "escape":
            self._escape = now
        elif key == "circumflex_accent":  # Textual hands out the ESC of a sequence it gave up on as a caret
            self._caret = now
        else:
            self._escape = self._caret = -1.0
        return False

    def _begun(self, now: float, typing: bool) -> bool:
        starts = (self._escape,) if typing else (self._escape, self._caret)
        return any(start >= 0 and now - start <= 2 * MUTE for start in starts)
