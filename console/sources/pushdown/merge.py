"""Several scans as one, in order of time: a search cluster takes only so many questions in one query.

In: scans, each in order. Out: groups of hits with one time, each document once. Bounded by the largest such group.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, AsyncIterator, Sequence
from contextlib import AsyncExitStack, aclosing

from console.sources.pushdown.scan import Hit

_MOST = 20_000
"""Hits of one time that are told apart and put in order; more come in parts."""


async def merged(scans: Sequence[AsyncGenerator[Hit, None]]) -> AsyncIterator[list[Hit]]:
    """Groups of hits of the same time."""
    async with AsyncExitStack() as open_scans:
        for one in scans:
            await open_scans.enter_async_context(aclosing(one))
        heads = [await anext(one, None) for one in scans]
        while any(head is not None for head in heads):
            now = min(head.at for head in heads if head is not None)
            group: dict[str, Hit] = {}
            for place, one in enumerate(scans):
                while (head := heads[place]) is not None and head.at <= now:
                    group[head.id] = head
                    heads[place] = await anext(one, None)
                    if len(group) >= _MOST:
                        break
            yield list(group.values())
