"""The port for a login that a person answers at their own terminal, outside the screen.

In: nothing but the context the engine works with. Out: sentences about how it went. No credential passes here: what a
login plugin hands out is dropped, the engine asks the plugin for its own.
"""

from __future__ import annotations

from typing import Protocol

import msgspec


class Plugin(msgspec.Struct, frozen=True):
    """What would be run for a login."""

    name: str
    words: str
    """Program and arguments, as the person approved them."""


class TerminalLogin(Protocol):
    """What a seat can do about LOGIN NEEDED. Its methods block; they are called in a thread."""

    def plugin(self, context: str) -> Plugin | None:
        """The login plugin of the engine's context, None when there is none to run: then only files can have changed.

        Raises:
            ConfigError: the kubeconfig cannot be used.
            Untrusted: it names a program that nobody approved.
            LoginNeeded: the plugin would be of no use to the engine, whatever the person answers.
        """
        ...

    def run(self, context: str) -> str:
        """Let the person answer the plugin at this terminal, which nobody draws on meanwhile.

        Asks the gate again. Returns "", or in a sentence why the plugin gave nothing; raises as `plugin` does.
        """
        ...

    def environment(self) -> dict[str, str]:
        """This person's variables that the engine may take over for the plugin."""
        ...
