"""A small honest API server for one kind on loopback, that can be told to misbehave once, or for some time.

It serves pods with resourceVersions, pages, watches from a version and bookmarks, as the real one does; a fault takes
the place of one answer.
"""

from __future__ import annotations

import asyncio
import json
from collections import deque
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

from aiohttp import web

from console.cluster.bounded import MAX_BODY
from console.cluster.http import Endpoint, HttpTransport
from console.cluster.login import Access
from console.ports.clock import Clock, ManualClock

Object = dict[str, Any]


class Seen:
    """One request as it arrived."""

    def __init__(self, request: web.Request, at: float) -> None:
        self.path = request.path
        self.query = dict(request.query)
        self.headers = request.headers.copy()
        self.at = at
        """Time of the test's clock."""

    @property
    def watches(self) -> bool:
        return "watch" in self.query


Fault = Callable[["FaultServer", web.Request], Awaitable[web.StreamResponse]]


class FaultServer:
    """Start it with `serving`."""

    def __init__(self, clock: Clock) -> None:
        self.clock = clock
        self.url = ""
        self.seen: list[Seen] = []
        self.lists: deque[Fault] = deque()
        """Faults of the next lists; honest when empty."""
        self.watches: deque[Fault] = deque()
        self.always: Fault | None = None
        """A fault of every request, as long as it is set."""
        self.version = 100
        self.oldest = 0
        """Watches from an older version are told 410."""
        self.pods: dict[str, Object] = {}
        self._events: list[tuple[int, str, Object]] = []
        self._changed = asyncio.Event()
        self._open: dict[int, web.Request] = {}

    def put(self, name: str, phase: str = "Running", **more: Any) -> Object:
        """Creates or changes a pod."""
        self.version += 1
        known = self.pods.get(name)
        made = pod(name, self.version, phase, uid=known["metadata"]["uid"] if known else f"uid-{name}-{self.version}")
        made["metadata"] |= more
        self.pods[name] = made
        self._tell("MODIFIED" if known else "ADDED", made)
        return made

    def remove(self, name: str) -> None:
        """Deletes a pod."""
        self.version += 1
        gone = self.pods.pop(name)
        gone["metadata"]["resourceVersion"] = str(self.version)
        self._tell("DELETED", gone)

    def restore_backup(self, version: int, *names: str) -> None:
        """Becomes what it was long ago."""
        self._events.clear()
        self.pods.clear()
        self.version = version
        for name in names:
            self.put(name)

    def forget_history(self) -> None:
        """Compacts: every older version is gone."""
        self.oldest = self.version
        self._events.clear()

    def _tell(self, type_: str, obj: Object) -> None:
        self._events.append((self.version, type_, json.loads(json.dumps(obj))))
        self._changed.set()
        self._changed = asyncio.Event()

    async def answer(self, request: web.Request) -> web.StreamResponse:
        watches = "watch" in request.query
        self.seen.append(Seen(request, self.clock.monotonic()))
        if self.always:
            return await self.always(self, request)
        if not request.path.endswith("/pods"):
            return status(404, "NotFound", "only pods are served here")
        waiting = self.watches if watches else self.lists
        if waiting:
            return await waiting.popleft()(self, request)
        return await (self.watch(request) if watches else self.list(request))

    async def list(self, request: web.Request) -> web.StreamResponse:
        limit = int(request.query.get("limit", "0")) or len(self.pods) + 1
        start = int(request.query.get("continue") or 0)
        names = sorted(self.pods)
        more = str(start + limit) if start + limit < len(names) else ""
        metadata = {"resourceVersion": str(self.version)} | ({"continue": more} if more else {})
        items = [self.pods[name] for name in names[start : start + limit]]
        return web.json_response({"kind": "PodList", "apiVersion": "v1", "metadata": metadata, "items": items})

    async def watch(self, request: web.Request) -> web.StreamResponse:
        if int(request.query["resourceVersion"]) < self.oldest:
            return status(410, "Expired", "too old resource version")
        response = await begin(request)
        self._open[id(request)] = request
        try:
            async for one in self.lines(int(request.query["resourceVersion"])):
                await response.write(one)
        finally:
            del self._open[id(request)]
        return response

    async def hang_up(self) -> None:
        """Resets the connection of the watch that is open, once there is one."""
        await self.watched()
        cut = dict(self._open)
        for request in cut.values():
            if request.transport:
                request.transport.abort()
        await until(lambda: not cut.keys() & self._open.keys())

    async def watched(self) -> None:
        """Waits until an honest watch is open."""
        await until(lambda: self._open)

    async def lines(self, version: int) -> AsyncIterator[bytes]:
        """Watch lines after a version, for ever."""
        while True:
            changed = self._changed
            for at, type_, obj in list(self._events):
                if at > version:
                    version = at
                    yield line(type_, obj)
            await changed.wait()

    def pending(self, version: int) -> bytes:
        """What a watch from there would say at once."""
        return b"".join(line(type_, obj) for at, type_, obj in self._events if at > version)


def pod(name: str, version: int, phase: str = "Running", uid: str = "") -> Object:
    """Shaped as a real API server writes one."""
    return {
        "metadata": {
            "name": name,
            "namespace": "shop",
            "uid": uid or f"uid-{name}",
            "resourceVersion": str(version),
            "creationTimestamp": "2026-11-20T08:00:00Z",
            "labels": {"app": "web"},
        },
        "spec": {"nodeName": "node-1", "containers": [{"name": "app", "image": "registry.example/app:1"}]},
        "status": {"phase": phase},
    }


def line(type_: str, obj: Object) -> bytes:
    """A watch line; the real server writes kind and apiVersion first."""
    return (
        json.dumps(
            {"type": type_, "object": {"kind": "Pod", "apiVersion": "v1", **obj}}, separators=(",", ":")
        ).encode()
        + b"\n"
    )


def bookmark(version: int) -> bytes:
    """As Go writes one: the empty lists of a typed object are null."""
    obj = {
        "metadata": {"resourceVersion": str(version), "creationTimestamp": None},
        "spec": {"containers": None},
        "status": {},
    }
    return line("BOOKMARK", obj)


def status(code: int, reason: str, message: str, headers: dict[str, str] | None = None) -> web.Response:
    body = {
        "kind": "Status",
        "apiVersion": "v1",
        "metadata": {},
        "status": "Failure",
        "message": message,
        "reason": reason,
        "code": code,
    }
    return web.json_response(body, status=code, headers=headers)


def error_line(code: int, reason: str, message: str) -> bytes:
    body = {
        "kind": "Status",
        "apiVersion": "v1",
        "metadata": {},
        "status": "Failure",
        "message": message,
        "reason": reason,
        "code": code,
    }
    return json.dumps({"type": "ERROR", "object": body}).encode() + b"\n"


async def begin(request: web.Request) -> web.StreamResponse:
    """The head of a long answer."""
    response = web.StreamResponse(headers={"Content-Type": "application/json"})
    await response.prepare(request)
    return response


def refuse(code: int, reason: str = "", headers: dict[str, str] | None = None) -> Fault:
    """A failure status."""

    async def fault(server: FaultServer, request: web.Request) -> web.StreamResponse:
        return status(code, reason, f"answer {code}", headers)

    return fault


def say(*parts: bytes, reset: bool = False) -> Fault:
    """These bytes as a watch, then a clean end or a reset."""

    async def fault(server: FaultServer, request: web.Request) -> web.StreamResponse:
        response = await begin(request)
        for part in parts:
            await response.write(part)
        if reset and request.transport:
            request.transport.abort()
        return response

    return fault


def say_and_go_on(*parts: bytes) -> Fault:
    """These bytes, then what an honest watch says."""

    async def fault(server: FaultServer, request: web.Request) -> web.StreamResponse:
        response = await begin(request)
        for part in parts:
            await response.write(part)
        async for one in server.lines(int(request.query["resourceVersion"])):
            await response.write(one)
        return response

    return fault


def say_and_fall_silent(*parts: bytes) -> Fault:
    """These bytes, then an open connection in which nothing ever comes."""

    async def fault(server: FaultServer, request: web.Request) -> web.StreamResponse:
        response = await begin(request)
        for part in parts:
            await response.write(part)
        await asyncio.Event().wait()
        return response

    return fault


@asynccontextmanager
async def serving(clock: Clock) -> AsyncIterator[FaultServer]:
    """A server on a free port of loopback."""
    server = FaultServer(clock)
    app = web.Application(client_max_size=1 << 30)
    app.router.add_route("*", "/{path:.*}", server.answer)
    runner = web.AppRunner(app, shutdown_timeout=0.1, handler_cancellation=True)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    server.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
    try:
        yield server
    finally:
        await runner.cleanup()


class FixedLogin:
    """A login that counts how often it was asked to renew."""

    def __init__(self, *tokens: str) -> None:
        self.tokens = list(tokens) or ["one"]
        self.renewals = 0

    async def access(self) -> Access:
        return Access((("Authorization", f"Bearer {self.tokens[0]}"),), None)

    async def renew(self, refused: Access) -> None:
        self.renewals += 1
        if len(self.tokens) > 1:
            self.tokens.pop(0)

    async def again(self) -> None:
        await self.renew(await self.access())


def transport_to(
    server: FaultServer, clock: Clock, login: FixedLogin | None = None, max_body: int = MAX_BODY
) -> HttpTransport:
    return HttpTransport(Endpoint(server.url, "test", "tester"), login or FixedLogin(), clock, max_body)


class SkippingClock(ManualClock):
    """Waits of a watch pass at once and are counted as time; deadlines and watchdogs never fire."""

    async def sleep(self, seconds: float) -> None:
        task = asyncio.current_task()
        if task and task.get_name() in ("deadline", "stream watchdog"):
            await asyncio.Event().wait()
        self._passed += seconds
        await asyncio.sleep(0)


async def until(condition: Callable[[], object], seconds: float = 5.0) -> None:
    """Lets sockets work until the condition holds."""
    end = asyncio.get_running_loop().time() + seconds
    while not condition():
        if asyncio.get_running_loop().time() > end:
            raise AssertionError(f"never came true: {getattr(condition, '__name__', condition)}")
        await asyncio.sleep(0.001)
