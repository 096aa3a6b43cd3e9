"""A person at a seat: types keys at a real pty and reads the drawn screen, nothing else.

In: an installation, a terminal's size. Out: what the screen shows. Every step waits for what a person would wait for,
so that a slow machine makes a test longer and not different. It must not look into the engine or the app.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from tests.engine.running import Installation
from tests.terminal import Terminal

CURSOR = "▌"
"""What marks the row under the cursor."""
UNSEEN = 0.6
"""Seconds a plan must have been in sight before keys count: 0.4 in the product."""


class Sitting:
    """One run of `warroom` at a terminal; use it as a context manager.

    Args:
        audit: the log that the engine follows.
        environment: on top of the installation's own.
        arguments: more of what was typed.
    """

    def __init__(
        self,
        installation: Installation,
        audit: Path,
        cols: int = 80,
        rows: int = 24,
        environment: Mapping[str, str] | None = None,
        arguments: Sequence[str] = (),
    ) -> None:
        argv = [sys.executable, "-m", "console", "--audit", str(audit), *arguments]
        chosen = installation.environment | dict(environment or {})
        self.terminal = Terminal(argv, cols, rows, chosen)

    def __enter__(self) -> Sitting:
        return self

    def __exit__(self, *_: object) -> None:
        self.terminal.close()

    def see(self, pattern: str, timeout: float = 40) -> re.Match[str]:
        """Wait until the screen shows this."""
        return self.terminal.wait_for(pattern, timeout)

    def keys(self, text: str) -> None:
        """Type, one key after the other as they come from a keyboard."""
        for key in text:
            self.terminal.send(key)

    def command(self, text: str) -> None:
        """`:` and a command."""
        self.terminal.send(":")
        self.see(r"^ :$")
        self.terminal.send(f"{text}\r")
        self.terminal.wait_gone(r"^ :")

    def arm(self, reason: str) -> None:
        """Let this seat write."""
        self.command(f"arm {reason}")
        self.see(r"ARMED until \d\d:\d\dZ")

    def under_cursor(self) -> str:
        """The marked row as drawn, "" when there is none."""
        return next((line for line in self.terminal.screen() if CURSOR in line), "")

    def go_to(self, *words: str) -> None:
        """Move down from the first row until the row under the cursor holds all these words; again while rows come."""
        for _ in range(5):
            self.terminal.send("g")
            self.terminal.settle(0.3)
            before = ""
            while (row := self.under_cursor()) != before:
                if all(word in row for word in words):
                    return
                before = row
                self.terminal.send("j")
                self.terminal.settle(0.15)
        raise AssertionError(f"no row with {words}; the screen:\n{self.terminal.text()}")

    def affected(self, *words: str) -> None:
        """Pane 2, at the row with these words."""
        self.command("resources")
        self.see(r"2 Affected resources")
        self.go_to(*words)

    def browse(self, kind: str, namespace: str, *words: str) -> None:
        """Every object of a kind in a namespace, at the row with these words."""
        self.command(f"{kind} {namespace}")
        self.see(rf"2 :{kind}")
        self.go_to(*words)

    def plan(self, letter: str) -> str:
        """The leader and a letter; gives the short id that the plan dialog shows."""
        self.terminal.send("x")
        self.see(rf"^ +{letter}  ")
        self.terminal.send(letter)
        return self.planned()

    def planned(self) -> str:
        """Wait for a plan and until it has been in sight long enough; gives its short id."""
        self.see(r"PLAN \w+ ")
        self.terminal.settle(UNSEEN)
        return self.see(r"PLAN (\w+) ")[1]

    def approve(self, short: str, wanted: str = "effective: measured") -> None:
        """Type the short id that the dialog asks for, and wait for the verdict."""
        assert self.see(r"type (\w+) to approve")[1] == short
        self.keys(short)
        self.see(wanted, 60)
        self.terminal.send("\x1b")
        self.terminal.wait_gone(rf"ACTION {short}")

    def break_glass(self, reason: str) -> None:
        """Fill in the last field, why nobody else was asked; enter goes back to where the id is typed."""
        self.see("break-glass")
        self.terminal.send("\x1b[Z")
        self.terminal.settle()
        self.terminal.send(f"{reason}\r")
        self.terminal.settle()

    def capture(self) -> None:
        """Evidence of the row under the cursor: it only reads, so no plan is asked for."""
        self.terminal.send("e")
        self.see(r"effective: measured|evidence\.pod .*effective", 60)
        if "ACTION" in self.terminal.text():  # it took long enough to be followed
            self.terminal.send("\x1b")
            self.see(r"evidence\.pod .*effective")

    def undo(self, action: str, wanted: str = "effective: measured") -> None:
        """The line of an action in the undo register, its plan, its verdict."""
        self.terminal.send("u")
        self.see("Undo register")
        self.terminal.settle(UNSEEN)
        self.go_to(action)
        self.terminal.send("\r")
        self.approve(self.planned(), wanted)
