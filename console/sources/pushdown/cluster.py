"""One Elasticsearch or OpenSearch server, asked in its dialect. Only reads.

In: address and access. Out: answers as mappings, or `SourceError` in words for people.
"""

from __future__ import annotations

from typing import Any

import msgspec

from console.errors import SourceError
from console.sources.fetching import Access, Fetcher

_DEADLINE = 120.0
_SIZE = 64 << 20
"""Bytes of an answer: a page may be events with large bodies."""
KEPT = "5m"
"""How long the server keeps a point in time between two pages."""


class Cluster:
    """A server.

    Args:
        url: with a path prefix if it has one.
        access: how to prove ourselves and whom to trust.
    """

    def __init__(self, url: str, access: Access) -> None:
        self._fetcher = Fetcher(url, access, deadline=_DEADLINE, size=_SIZE)
        self.opensearch = False
        """Known after `greet`."""

    async def greet(self) -> str:
        """Name and version of the server; finds out its dialect."""
        version = (await self.ask("GET", "/")).get("version")
        if not isinstance(version, dict) or not isinstance(version.get("number"), str):
            raise SourceError("what answers is neither Elasticsearch nor OpenSearch; is the address right?")
        self.opensearch = version.get("distribution") == "opensearch"
        return f"{'OpenSearch' if self.opensearch else 'Elasticsearch'} {version['number']}"

    async def ask(self, method: str, path: str, body: object = None, **asked: str) -> dict[str, Any]:
        """One request. Raises SourceError."""
        answer = await self._fetcher.ask(method, path, body, **asked)
        try:
            found = msgspec.json.decode(answer)
        except (msgspec.DecodeError, RecursionError) as error:
            raise SourceError("its answer is no JSON; is this the address of its HTTP API?") from error
        if not isinstance(found, dict):
            raise SourceError("its answer has an unknown shape")
        return found

    async def freeze(self, index: str) -> str:
        """A point in time over an index, to be searched page by page."""
        path, name = ("_search/point_in_time", "pit_id") if self.opensearch else ("_pit", "id")
        found = (await self.ask("POST", f"/{index}/{path}", keep_alive=KEPT)).get(name)
        if not isinstance(found, str):
            raise SourceError("it gave no point in time to search at")
        return found

    async def release(self, point: str) -> None:
        """Let go of a point in time; one that is gone already is no fault."""
        path, body = ("/_search/point_in_time", {"pit_id": [point]}) if self.opensearch else ("/_pit", {"id": point})
        try:
            await self.ask("DELETE", path, body)
        except SourceError:
            pass  # the server drops it by itself a few minutes later

    async def close(self) -> None:
        """Give up the connections."""
        await self._fetcher.close()
