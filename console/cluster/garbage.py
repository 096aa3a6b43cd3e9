"""Keeps Python's cycle collector out of bulk decoding, where it costs more than the decoding itself.

The collector walks every container that is alive, again and again while thousands of objects arrive; none of them
is garbage. After a bulk they are moved where it does not look.
"""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager

_depth = 0


@contextmanager
def collector_paused(freeze: bool = False) -> Iterator[None]:
    """No collection inside; with `freeze` what is alive at the end of the outermost pause is never walked again."""
    global _depth  # noqa: PLW0603 - the collector is one for the process, and so is this count
    _depth += 1
    gc.disable()
    try:
        yield
    finally:
        _depth -= 1
        if not _depth:
            if freeze:
                gc.freeze()
            gc.enable()
