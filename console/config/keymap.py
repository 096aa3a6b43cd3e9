"""The keys of the seat: what they are by default, a person's own map, and the check that refuses a dangerous one.

In: a TOML file with a `[keys]` table, `"room.filter" = "slash"`, `"pod.quarantine" = "x b"`. Out: a `Keymap`.
Nothing here knows Textual; names of keys are Textual's (`slash`, `question_mark`, `ctrl+p`).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from console.errors import ConfigError

if TYPE_CHECKING:
    from console.model.action import ActionSpec


class Key(msgspec.Struct, frozen=True):
    """One binding."""

    id: str
    keys: str
    """Comma-separated: any of them."""
    action: str
    words: str
    group: str
    footer: int = 0
    """Place in the footer; 0 = not there."""
    contains: bool = False
    """Leads to a write: only keys no broken escape sequence can produce are allowed."""


DEFAULTS: tuple[Key, ...] = (
    Key("room.help", "question_mark", "help", "help", "Look", 1),
    Key("room.filter", "slash", "filter", "filter", "Look", 2),
    Key("row.detail", "d", "read('detail')", "detail", "Look", 3),
    Key("act.contain", "x", "contain", "contain", "Contain", 4, contains=True),
    Key("act.evidence", "e", "evidence", "evidence", "Contain", 5, contains=True),
    Key("act.undo", "u", "undo", "undo", "Contain", 6, contains=True),
    Key("room.walkthrough", "w", "walkthrough", "guide", "Contain", 7),
    Key("room.freeze", "f", "freeze", "freeze", "Look", 8),
    Key("room.present", "p", "present", "present", "Look", 9),
    Key("room.command", "colon", "command", "command", "Look", 10),
    Key("row.open", "enter", "open", "open", "Look"),
    Key("room.back", "escape", "back", "back", "Look"),
    Key("row.logs", "l", "read('logs')", "logs", "Look"),
    Key("row.manifest", "y", "read('manifest')", "manifest", "Look"),
    Key("row.timeline", "t", "read('timeline')", "timeline of this object", "Look"),
    Key("row.mark", "space", "mark", "mark", "Look"),
    Key("row.down", "j,down", "down", "down", "Move"),
    Key("row.up", "k,up", "up", "up", "Move"),
    Key("row.top", "g,home", "top", "first row", "Move"),
    Key("row.bottom", "G,end", "bottom", "last row", "Move"),
    Key("row.page_down", "pagedown,ctrl+f", "page_down", "page down", "Move"),
    Key("row.page_up", "pageup", "page_up", "page up", "Move"),
    Key("room.sort", "s", "sort", "sort by the next column", "Look"),
    Key("row.acknowledge", "a", "acknowledge", "acknowledge", "Record"),
    Key("room.note", "n", "note", "note to the journal", "Record"),
    Key("room.changes", "h", "changes", "what changed in 24 hours", "Look"),
    Key("room.zoom", "z", "zoom", "zoom the pane", "Look"),
    Key("row.copy", "c", "copy", "copy a redacted brief", "Record"),
    Key("room.activity", "1", "pane('activity')", "suspicious activity", "Move"),
    Key("room.resources", "2", "pane('resources')", "affected resources", "Move"),
    Key("room.checklist", "3", "pane('checklist')", "checklist", "Move"),
    Key("room.journal", "4", "pane('journal')", "journal", "Move"),
    Key("room.next", "tab", "next_pane(1)", "next pane", "Move"),
    Key("room.previous", "shift+tab", "next_pane(-1)", "pane before", "Move"),
    Key("room.palette", "ctrl+p", "command_palette", "palette", "Look"),
    Key("room.refresh", "ctrl+r", "repaint", "paint everything again", "Look"),
    Key("room.no_kill", "ctrl+k,ctrl+d", "use_leader", "nothing: containment is x", "Contain"),
    Key("room.quit", "q", "leave", "leave the seat", "Look"),
)
LEADER = "act.contain"
MOVES = frozenset(
    ["row.open", "row.mark", "row.down", "row.up", "row.top", "row.bottom", "row.page_down", "row.page_up"]
)
"""Bindings of the tables; all others belong to the room."""

_FINAL = frozenset("ABCDEFHPQRSZ~[O0123456789")
_FINAL_NAMES = frozenset(("tilde", "left_square_bracket"))
_TAKEN_BY_TERMINALS = frozenset(("ctrl+a", "ctrl+b", "ctrl+s", "ctrl+z", "ctrl+space", "ctrl+@", "ctrl+q", "ctrl+c"))


class Keymap(msgspec.Struct, frozen=True):
    """Keys as they are: defaults and a person's changes. `letters` are the keys after the leader, by action id."""

    keys: dict[str, str]
    letters: dict[str, str] = {}

    def of(self, id: str) -> str:  # noqa: A002 - the field's name
        """First key of a binding, "" if it has none."""
        return self.keys.get(id, "").split(",")[0]


def keymap(changes: Mapping[str, str], specs: Iterable[ActionSpec] = (), where: str = "keys") -> Keymap:
    """The map with these changes; raises `ConfigError` listing everything that is wrong with it."""
    specs = tuple(specs)
    if wrong := problems(changes, specs):
        raise ConfigError(f"{where}: " + " ".join(wrong))
    keys = {key.id: changes.get(key.id, key.keys) for key in DEFAULTS}
    letters = {
        spec.id: changes.get(spec.id, spec.keys).split()[-1]
        for spec in specs
        if (spec.key or spec.id in changes) and (spec.leader or spec.id in changes)
    }
    return Keymap(keys, letters)


def load(path: Path, specs: Iterable[ActionSpec] = ()) -> Keymap:
    """The map with the `[keys]` of a TOML file; raises `ConfigError` naming file and key."""
    import tomllib  # a seat without a key map of its own does not pay for it

    try:
        data = tomllib.loads(path.read_text("utf-8"))
    except FileNotFoundError:
        return keymap({}, specs)
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise ConfigError(
            f"{path} cannot be read as TOML: {error}. Correct it, or remove it for the defaults."
        ) from error
    table = data.get("keys", {})
    if not isinstance(table, dict) or not all(isinstance(value, str) for value in table.values()):
        raise ConfigError(f'{path}: [keys] must hold lines like "room.filter" = "slash".')
    return keymap(table, specs, str(path))


def problems(changes: Mapping[str, str], specs: Iterable[ActionSpec] = ()) -> list[str]:
    """Everything that makes a map unusable or unsafe, a sentence each; empty when it is good."""
    known = {key.id: key for key in DEFAULTS}
    actions = {spec.id: spec for spec in specs}
    wrong = [f'No binding is called "{name}".' for name in changes if name not in known and name not in actions]
    used: dict[str, str] = {}
    for key in DEFAULTS:
        for name in changes.get(key.id, key.keys).split(","):
            name = name.strip()
            wrong += _unsafe(key.id, name, key.contains)
            if name and (other := used.setdefault(name, key.id)) != key.id:
                wrong.append(f'"{name}" is both {other} and {key.id}.')
    letters: dict[str, str] = {}
    for spec in actions.values():
        text = changes.get(spec.id, spec.keys)
        if not text or (spec.id not in changes and not spec.leader):
            continue
        letter = text.split()[-1]
        if len(text.split()) != 2:
            wrong.append(f'{spec.id} needs two keys, the leader and a letter: "x {letter[:1]}".')
        wrong += _unsafe(spec.id, letter, contains=True)
        if (other := letters.setdefault(letter, spec.id)) != spec.id:
            wrong.append(f'"x {letter}" is both {other} and {spec.id}.')
    return wrong


def _unsafe(id: str, name: str, contains: bool) -> list[str]:  # noqa: A002 - the field's name
    if not name:
        return [f"{id} has an empty key."]
    if name in _TAKEN_BY_TERMINALS:
        return [f'{id}: "{name}" belongs to terminals, tmux and screen and may never arrive.']
    if contains and (name in _FINAL or name in _FINAL_NAMES):
        return [f'{id}: "{name}" ends terminal sequences, so a broken arrow key could press it; take another.']
    if contains and name in ("enter", "escape", "space", "tab"):
        return [f'{id}: "{name}" is pressed by habit; containment needs a letter.']
    return []
