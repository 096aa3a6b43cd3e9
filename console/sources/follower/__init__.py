"""Growing files of records, followed through rotation; shared by the audit file and the webhook's spool."""

from __future__ import annotations

from console.sources.follower.tail import Chunk, Tail, lines_of
from console.sources.follower.trail import Trail

__all__ = ["Chunk", "Tail", "Trail", "lines_of"]
