"""How far the terminal is behind. A slow link must not be fed frames nobody will see, nor block the seat.

Reads the size of Textual's writer queue, which is private: Textual is pinned below 9 and a test covers this.
"""

from __future__ import annotations

from typing import Any

RETRY = 0.02
"""Seconds until a skipped repaint is tried again."""


def behind(app: Any) -> int:
    """Frames written but not yet taken by the terminal; 0 when it keeps up (or there is none)."""
    thread = getattr(getattr(app, "_driver", None), "_writer_thread", None)
    queue = getattr(thread, "_queue", None)
    return int(queue.qsize()) if queue is not None else 0
