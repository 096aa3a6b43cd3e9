"""The matrix of sinks at a real terminal: hostile text in every row, every pane, dialog and prompt of the seat.

The rows are handed to the seat as if the border had failed, so this holds the last guard: nothing of the text acts on
the terminal, nothing is run, nothing crashes.
"""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Iterable
from pathlib import Path

import pytest

from tests.console.hygiene.payloads import MARKUP, SHAPE, TERMINAL, UNSEEN
from tests.terminal.session import Terminal


def _shared_out(texts: Iterable[str], groups: int) -> list[str]:
    """A narrow cell draws the beginning of a text only: in some group each kind of payload is among the first ones."""
    all_of_them = list(texts)
    return [" ".join(all_of_them[first::groups]) for first in range(groups)]


_TERMINAL = _shared_out((*TERMINAL.values(), *UNSEEN.values()), 4)
_MARKUP = _shared_out((MARKUP["closing-all"], *MARKUP.values(), *(text[:300] for text in SHAPE.values())), 2)
_GROUPS = {f"terminal-{n}": text for n, text in enumerate(_TERMINAL)} | {
    f"markup-{n}": text for n, text in enumerate(_MARKUP)
}
_SEQUENCE = re.compile(rb"\x1b(?:\[[0-9;:?<=>]*[ -/]*[@-~]|[78=>]|\]22;[a-z]+\x07)")
# OSC 22, the shape of the pointer, is Textual's own.
_WAY = (
    "2",
    "3",
    "4",
    "1",
    "z",
    "z",
    "d",
    "esc",
    "t",
    "esc",
    "y",
    "esc",
    "w",
    "n",
    "esc",
    "u",
    "esc",
    "?",
    "esc",
    "p",
    "p",
    "h",
    "h",
    "1",
    "a",
    "\x10",
    "esc",
    "/x",
    "esc",
    ":po",
)
"""Keys through the room; a dialog is left again."""


@pytest.mark.slow
@pytest.mark.parametrize("group", _GROUPS)
def test_hostile_text_in_every_widget_does_nothing_to_the_terminal(group: str, tmp_path: Path) -> None:
    played = tmp_path / "asked.json"
    environment = {"PAYLOAD": json.dumps(_GROUPS[group]), "PLAYED": str(played), "ESCDELAY": "50"}
    argv = [sys.executable, "-m", "tests.widgets.playing"]
    with Terminal(argv, 120, 40, environment, Path(__file__).parents[3]) as terminal:
        terminal.wait_for("CRIT !!")
        for keys in _WAY:
            terminal.send("\x1b" if keys == "esc" else keys)
            terminal.settle(0.25 if keys == "esc" else 0.1)
        terminal.send("\x1b")
        terminal.settle(0.25)
        terminal.send("xi")
        terminal.wait_for("PLAN 7c1e")
        terminal.settle(0.6)
        terminal.send("yn\r")  # neither approves; enter cancels
        terminal.wait_gone("PLAN 7c1e")
        terminal.settle(0.3)
        terminal.send("q")
        status = terminal.wait_end()
        output = terminal.bytes

    _assert_harmless(output)
    asked = json.loads(played.read_text())
    assert status == 0
    assert {"PlanAction", "Detail", "Acknowledge"} <= set(asked)
    assert "Approve" not in asked


def _assert_harmless(output: bytes) -> None:
    """Nothing but sequences Textual writes, and no character that acts or hides."""
    rest = _SEQUENCE.sub(b"", output)
    assert b"\x1b" not in rest, rest[max(0, rest.find(b"\x1b") - 40) :][:120]
    for evil in (*TERMINAL.values(), *UNSEEN.values()):
        for fragment in re.findall("\x1b[^\x1b]{3,12}", evil):
            assert fragment.encode("utf-8", "surrogatepass") not in output
    text = rest.decode()
    found = re.findall(
        "[\x00-\x09\x0b\x0c\x0e-\x1f\x7f-\x9f\u00ad\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff]", text
    )
    assert not found
    assert "OWNED" not in re.findall(rb"\x1b\][^\x07\x1b]*", output)
