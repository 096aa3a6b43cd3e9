"""Named points at which a test may kill the process, as a power cut would. Without the variable they do nothing."""

from __future__ import annotations

import os
import signal

POINTS = (
    "before_intent",
    "after_intent",
    "before_send",
    "after_send",
    "before_effect",
    "after_effect",
    "before_verified",
)
_CHOSEN = os.environ.get("WARROOM_FAILPOINT", "")


def reach(point: str) -> None:
    """Die here with SIGKILL if this point was chosen."""
    if point == _CHOSEN:
        os.kill(os.getpid(), signal.SIGKILL)
