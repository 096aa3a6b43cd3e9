"""The least a Textual program can be: it fills the screen and answers each key with its number. The baseline.

python -m benchmarks.bare
"""

from __future__ import annotations

from textual.app import App, ComposeResult
from textual.events import Key
from textual.widgets import Static

FIRST = "the first frame is drawn"


class Bare(App[None]):
    """A screen of text and one line that changes."""

    ENABLE_COMMAND_PALETTE = False
    CSS = "#body { height: 1fr; } #keys { height: 1; }"

    def __init__(self) -> None:
        super().__init__()
        self.count = 0

    def compose(self) -> ComposeResult:
        yield Static("\n".join(f"line {number} of a screen without data" for number in range(80)), id="body")
        yield Static(FIRST, id="keys")

    def on_key(self, event: Key) -> None:
        self.count += 1
        self.query_one("#keys", Static).update(f"key={self.count};")


if __name__ == "__main__":
    Bare().run()
