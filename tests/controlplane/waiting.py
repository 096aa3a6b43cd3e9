"""Waits for what the cluster does on its own; the only place in these tests that polls."""

from __future__ import annotations

import time
from collections.abc import Callable


def eventually(condition: Callable[[], object], timeout: float = 15, every: float = 0.05) -> None:
    """Returns once the condition holds.

    Raises:
        AssertionError: it did not within `timeout` seconds.
    """
    end = time.monotonic() + timeout
    while not condition():
        if time.monotonic() > end:
            raise AssertionError(f"not within {timeout} s: {getattr(condition, '__name__', condition)}")
        time.sleep(every)
