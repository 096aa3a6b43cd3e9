"""Bindings made from the one list of keys in `console.config.keymap`, and how a key is written for people."""

from __future__ import annotations

from textual.binding import Binding

from console.config.keymap import DEFAULTS, MOVES, Key

_SHOWN = {
    "question_mark": "?", "slash": "/", "colon": ":", "space": "space", "pagedown": "pgdn", "pageup": "pgup",
    "escape": "esc", "exclamation_mark": "!", "comma": ",", "full_stop": ".",
}  # fmt: skip


def shown(key: str) -> str:
    """`?` for `question_mark`."""
    return _SHOWN.get(key, key)


def room_bindings() -> list[Binding]:
    """Everything that is not about moving within a table."""
    return [_binding(key.id) for key in DEFAULTS if key.id not in MOVES and key.id != "room.palette"]


def table_bindings() -> list[Binding]:
    """Moving within a table."""
    return [_binding(key.id) for key in DEFAULTS if key.id in MOVES]


def footer_keys() -> list[Key]:
    """Keys the footer shows, in order."""
    return sorted((key for key in DEFAULTS if key.footer), key=lambda key: key.footer)


def _binding(id: str) -> Binding:  # noqa: A002
    key = next(key for key in DEFAULTS if key.id == id)
    # All with priority: these run in the order of the keys, before the next key is looked at. Others would wait in
    # the queue of whoever had the focus, and what was typed in one go (`jxi`, `:pods`) would reach the wrong place.
    return Binding(key.keys, key.action, key.words, id=key.id, show=False, priority=True)
