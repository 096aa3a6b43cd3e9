"""A watch on the simulated cluster: what happened since a position, then what happens, with bookmarks and an end.

In: a store, an address, the query. Out: lines of JSON as the server streams them. A position that is forgotten is
answered with an ERROR event 410. It ends by itself after `timeoutSeconds`, or when the reader closes it.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping

import msgspec

from console.drill.reads import as_partial, matcher
from console.drill.resources import Address, Body, api_version
from console.drill.selectors import Matcher
from console.drill.statuses import Failure
from console.drill.store import Change, Store
from console.ports.clock import Clock

BOOKMARK_EVERY = 50.0
"""Seconds between bookmarks; the real server sends about one a minute."""
_DEFAULT_TIMEOUT = 1800.0


class Watch:
    """One open watch. `wake` is called by the server's pulse so that bookmarks and the end come in time."""

    def __init__(self, store: Store, clock: Clock, at: Address, query: Mapping[str, str], partial: bool) -> None:
        self._store = store
        self._clock = clock
        self._at = at
        self._keep: Matcher = matcher(at, query)
        self._partial = partial
        self._bookmarks = query.get("allowWatchBookmarks") in ("true", "1")
        self._initial = query.get("sendInitialEvents") in ("true", "1")
        self._from = query.get("resourceVersion", "")
        self._until = clock.monotonic() + float(query.get("timeoutSeconds") or _DEFAULT_TIMEOUT)
        self._bell = asyncio.Event()
        self._stop_hearing = store.hear(self._heard)

    def _heard(self, change: Change) -> None:
        if change.kind == self._at.kind.kind:
            self._bell.set()

    def wake(self) -> None:
        """Look at the clock again."""
        self._bell.set()

    def close(self) -> None:
        """Stop listening."""
        self._stop_hearing()

    async def lines(self) -> AsyncIterator[bytes]:
        """Chunks of one or more lines, until the watch ends."""
        try:
            position = int(self._from) if self._from not in ("", "0") else 0
            if not position or self._initial:
                position = self._store.revision
                if first := b"".join(self._present()):
                    yield first
                if self._initial:
                    yield self._bookmark(position, {"k8s.io/initial-events-end": "true"})
            marked = self._clock.monotonic()
            while self._clock.monotonic() < self._until:
                self._bell.clear()
                changes = self._store.since(self._at.kind.kind, position)
                if chunk := b"".join(line for change in changes if (line := self._line(change))):
                    yield chunk
                position = max(position, self._store.revision)
                if self._bookmarks and self._clock.monotonic() - marked >= BOOKMARK_EVERY:
                    marked = self._clock.monotonic()
                    yield self._bookmark(position, {})
                if not self._bell.is_set():
                    await self._bell.wait()
            if self._bookmarks:
                yield self._bookmark(position, {})
        except Failure as failure:
            yield _line("ERROR", failure.status())

    def _present(self) -> list[bytes]:
        objects = self._store.all(self._at.kind.kind, self._at.namespace)
        return [_line("ADDED", self._shown(obj)) for obj in objects if self._keep(obj)]

    def _line(self, change: Change) -> bytes:
        if self._at.namespace and change.obj["metadata"].get("namespace") != self._at.namespace:
            return b""
        is_in = change.verb != "DELETED" and self._keep(change.obj)
        was_in = change.before is not None and self._keep(change.before)
        if not is_in and not was_in:
            return b""
        verb = "DELETED" if not is_in else ("MODIFIED" if was_in else "ADDED")
        return _line(verb, self._shown(change.obj))

    def _shown(self, obj: Body) -> Body:
        return as_partial(obj) if self._partial else obj

    def _bookmark(self, revision: int, annotations: Mapping[str, str]) -> bytes:
        metadata: Body = {"resourceVersion": str(revision)}
        if annotations:
            metadata["annotations"] = dict(annotations)
        head: Body = {"kind": self._at.kind.kind, "apiVersion": api_version(self._at.kind)}
        if self._partial:
            head = {"kind": "PartialObjectMetadata", "apiVersion": "meta.k8s.io/v1"}
        return _line("BOOKMARK", {**head, "metadata": metadata})


def _line(verb: str, obj: Body) -> bytes:
    return msgspec.json.encode({"type": verb, "object": obj}) + b"\n"
