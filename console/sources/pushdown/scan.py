"""One query over a point in time, page by page, in order of time. Bounded: two pages at most are held.

In: a cluster, an index, a query, by which fields to sort. Out: hits, and what the cluster could not search: shards that
failed and searches that took too long make the result a part of the truth, which is said and never passed over.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, Mapping, Sequence
from typing import Any

import msgspec

from console.errors import SourceError
from console.sources.fetching import TooLarge
from console.sources.pushdown.cluster import KEPT, Cluster

PAGE = 2000
_PATIENCE = "100s"
"""How long a server may search for one page."""


class Hit(msgspec.Struct, frozen=True):
    """One document."""

    at: float
    """Its time by which it was sorted, in milliseconds."""
    id: str
    """Unique in the cluster."""
    document: dict[str, Any]


class Gaps:
    """What could not be searched."""

    def __init__(self) -> None:
        self.shards: dict[str, None] = {}
        """Why shards failed, in the server's words."""
        self.failed = 0
        """Most shards that failed in one search."""
        self.late = 0
        """Searches that took too long and told of a part."""

    def note(self, answer: Mapping[str, Any]) -> None:
        """Take what an answer says of itself into account."""
        self.late += answer.get("timed_out") is True
        shards = answer.get("_shards")
        if not isinstance(shards, Mapping):
            return
        failed = shards.get("failed")
        self.failed = max(self.failed, failed if isinstance(failed, int) else 0)
        for failure in shards.get("failures") or ():
            reason = failure.get("reason") if isinstance(failure, Mapping) else None
            if isinstance(reason, Mapping) and len(self.shards) < 5:
                self.shards[f"{reason.get('type')}: {reason.get('reason')}"[:200]] = None

    @property
    def told(self) -> str:
        """In words, "" when all was searched."""
        parts = []
        if self.failed:
            why = f" ({'; '.join(self.shards)})" if self.shards else ""
            parts.append(f"{self.failed} shards could not be searched{why}")
        if self.late:
            parts.append(f"{self.late} searches took too long and told of a part")
        return "; ".join(parts)


async def scan(
    cluster: Cluster, index: str, query: object, sort: Sequence[Mapping[str, Any]], gaps: Gaps, page: int = PAGE
) -> AsyncGenerator[Hit, None]:
    """Every document of a query, the first of `sort` being its time.

    Raises:
        SourceError: it cannot be searched.
    """
    point = await cluster.freeze(index)
    after: list[Any] = []
    try:
        while True:
            body = {
                "pit": {"id": point, "keep_alive": KEPT},
                "size": page,
                "query": query,
                "sort": sort,
                "track_total_hits": False,
                "timeout": _PATIENCE,
                **({"search_after": after} if after else {}),
            }
            try:
                answer = await cluster.ask("POST", "/_search", body)
            except TooLarge:
                if page == 1:
                    raise
                page = max(page // 8, 1)
                continue
            gaps.note(answer)
            renewed = answer.get("pit_id")
            point = renewed if isinstance(renewed, str) else point
            hits = _hits(answer)
            for hit in hits:
                yield _hit(hit)
            if len(hits) < page:
                return
            after = hits[-1]["sort"]
    finally:
        await cluster.release(point)


def _hits(answer: Mapping[str, Any]) -> list[dict[str, Any]]:
    outer = answer.get("hits")
    hits = outer.get("hits") if isinstance(outer, Mapping) else None
    if not isinstance(hits, list) or not all(isinstance(one, dict) and one.get("sort") for one in hits):
        raise SourceError("its answer has no hits; is this a search cluster?")
    return hits


def _hit(hit: Mapping[str, Any]) -> Hit:
    at, document = hit["sort"][0], hit.get("_source")
    when = float(at) if isinstance(at, (int, float)) else 0.0
    return Hit(when, f"{hit.get('_index')}/{hit.get('_id')}", document if isinstance(document, dict) else {})
