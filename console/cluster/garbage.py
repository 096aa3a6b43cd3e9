"""Keeps Python's cycle collector out of bulk decoding, where it costs more than the decoding itself.

The collector walks every container that is alive, again and again while thousands of objects arrive; none of them
is garbage. After a bulk they are moved to where it does not look.
"""

from __future__ import annotations

import gc
from types import TracebackType
from typing import Self

_pauses = 0


class collector_paused:  # noqa: N801 - reads as what it does
    """No collection inside. With `freeze`, what is alive at its end is never walked again."""

    def __init__(self) -> None:
        self.freeze = False
        """Set it when the bulk was worth it."""

    def __enter__(self) -> Self:
        global _pauses  # noqa: PLW0603 - the collector is one for the process, and so is this count
        _pauses += 1
        gc.disable()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        global _pauses  # noqa: PLW0603
        _pauses -= 1
        if self.freeze:
            gc.freeze()
        if not _pauses:
            gc.enable()
