"""Growing files of records, followed through rotation; shared by sources that are files and by spools of webhooks."""

from __future__ import annotations

from console.sources.follower.followed import Followed
from console.sources.follower.tail import Chunk, Tail, lines_of
from console.sources.follower.trail import Trail

__all__ = ["Chunk", "Followed", "Tail", "Trail", "lines_of"]
