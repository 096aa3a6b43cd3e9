"""The seat's part in a login: which plugin the gate lets run, and running it at the person's terminal."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from console.bootstrap.seating import environment_of
from console.config.options import Options
from console.ports.login import Plugin

if TYPE_CHECKING:
    from console.cluster.gate import Program
    from console.cluster.kubeconfig import Chosen


class SeatLogin:
    """A `TerminalLogin` over the kubeconfig of the start options."""

    def __init__(self, options: Options) -> None:
        self._options = options

    def plugin(self, context: str) -> Plugin | None:
        """See the port."""
        if self._options.drill:
            return None
        found = self._found(context)
        if found is None:
            return None
        _, program = found
        words = " ".join([str(program.path), *(str(arg) for arg in program.config.get("args") or ())])
        return Plugin(program.path.name, words)

    def run(self, context: str) -> str:
        """See the port."""
        from console.cluster.terminal_login import run_plugin

        found = self._found(context)
        if found is None:
            return "The kubeconfig names no login plugin any more."
        return run_plugin(*found, os.environ)

    def environment(self) -> dict[str, str]:
        """See the port."""
        return environment_of()

    def _found(self, context: str) -> tuple[Chosen, Program] | None:
        # The cluster's adapter is imported when a login is wanted: it would triple the time to the first frame.
        from console.cluster.options import connect_options
        from console.cluster.terminal_login import plugin_of

        return plugin_of(connect_options(self._options), context)
