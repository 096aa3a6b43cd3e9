"""A `Cluster` over any transport: watches on demand, caches, calls that carry our ids, access reviews.

The drill puts its simulated transport under the same code. Only the action runner sends writes through here, with
ids of its own; a write without an id is refused.
"""

from __future__ import annotations

import asyncio
import logging
import secrets
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager, contextmanager
from typing import Any

import msgspec

from console.cluster.backoff import Backoff
from console.cluster.failures import status_error
from console.cluster.identifying import identify, provisional_id
from console.cluster.narrowing import Narrowing
from console.cluster.reviewing import review
from console.cluster.watching import KindWatch
from console.errors import ClusterError, LoginNeeded, Refused
from console.model.action import Right
from console.model.hands import ReadIds
from console.model.matching import the_object
from console.model.objects import Obj
from console.model.ref import BY_KIND, ResourceRef
from console.ports.clock import Clock
from console.ports.cluster import ClusterInfo, KindHealth, Listener, Reply, Request, Ruling, Subject, Transport, View
from console.ports.tasks import Tasks

_log = logging.getLogger("warroom.cluster")
_CHANCE = secrets.SystemRandom().random
_LISTS_AT_ONCE = 3
_REVIEWS = ("/apis/authorization.k8s.io/", "/apis/authentication.k8s.io/")


class LiveCluster:
    """One cluster as the engine sees it.

    Args:
        transport: the way to the API server.
        secret: the incident's secret, of which read ids are made.
        namespaces: where to look when a kind may not be watched cluster-wide; empty: every namespace we may list,
            or the context's own.
        chance: numbers from 0 to 1 for jitter.
    """

    def __init__(
        self,
        transport: Transport,
        clock: Clock,
        secret: bytes,
        namespaces: tuple[str, ...] = (),
        chance: Callable[[], float] = _CHANCE,
    ) -> None:
        self.login_needed = ""
        """What a person must do before anything works again; "" while the login is good."""
        self._transport = transport
        self._clock = clock
        self._ids = ReadIds(secret)
        self._namespaces = namespaces
        self._chance = chance
        self._tasks = Tasks()
        self._gate = asyncio.Semaphore(_LISTS_AT_ONCE)
        self._watches: dict[str, KindWatch] = {}
        self._listeners: list[Listener] = []
        self._narrowing = Narrowing(self, clock, self._candidates)
        authority = getattr(transport, "authority", "")
        self._info = ClusterInfo(
            provisional_id(transport.server, authority), transport.server, transport.context, user=transport.user,
            behind=(Subject(""),) if getattr(transport, "impersonates", False) else (),
        )  # fmt: skip

    @property
    def info(self) -> ClusterInfo:
        return self._info

    async def identify(self) -> ClusterInfo:
        """Ask the server what `info` should say. Raises `ClusterError` when it does not answer."""
        self._info = await identify(self, self._clock, self._info)
        return self._info

    async def log_in(self) -> ClusterInfo:
        """Read the credentials anew and let the server say who we are with them. Raises `ClusterError`."""
        if (renew := getattr(self._transport, "log_in", None)) is not None:  # the drill's has nobody to log in
            with self._login_noted():
                await renew()
        return await self.identify()

    def start(self) -> None:
        """Ask in the background until the server has answered."""
        self._tasks.start("identify cluster", self._identify_in_the_end())

    async def _identify_in_the_end(self) -> None:
        backoff = Backoff(self._chance)
        while True:
            try:
                await self.identify()
                return
            except (ClusterError, AttributeError) as error:
                _log.info("the cluster is not identified yet: %s", type(error).__name__)
                await self._clock.sleep(backoff.next())

    def view(self, kind: str) -> View:
        if kind not in self._watches:
            self._watches[kind] = KindWatch(
                BY_KIND[kind], self, self._tell, self._clock, self._gate, self._chance, self._narrowing.where
            )
            self._watches[kind].start()
        return self._watches[kind].cache

    def healths(self) -> tuple[KindHealth, ...]:
        return tuple(watch.cache.health for watch in self._watches.values())

    def listen(self, listener: Listener) -> Callable[[], None]:
        self._listeners.append(listener)

        def stop() -> None:
            if listener in self._listeners:
                self._listeners.remove(listener)

        return stop

    async def send(self, request: Request, within: float = 10.0) -> Reply:
        signed = self._signed(request)
        with self._login_noted():
            return await self._transport.send(signed, within)

    def stream(self, request: Request, idle: float) -> AbstractAsyncContextManager[tuple[Reply, AsyncIterator[bytes]]]:
        return self._stream(self._signed(request), idle)

    @asynccontextmanager
    async def _stream(self, request: Request, idle: float) -> AsyncIterator[tuple[Reply, AsyncIterator[bytes]]]:
        with self._login_noted():
            async with self._transport.stream(request, idle) as opened:
                self.login_needed = ""
                yield opened

    @contextmanager
    def _login_noted(self) -> Iterator[None]:
        try:
            yield
        except LoginNeeded as error:
            self.login_needed = str(error)
            raise
        self.login_needed = ""

    async def fetch(self, ref: ResourceRef) -> dict[str, Any] | None:
        kind = BY_KIND[ref.kind]
        reply = await self.send(Request("GET", kind.path(ref.namespace, ref.name)))
        if reply.status == 404:
            return None
        if reply.status != 200:
            raise status_error(reply, f"get {kind.plural} {ref}")
        return the_object(reply.json(), ref)

    async def review(self, rights: Sequence[Right], subject: Subject | None = None) -> tuple[Ruling, ...]:
        return await review(self, rights, subject)

    def owns(self, audit_id: str) -> bool:
        return self._ids.owns(audit_id)

    async def close(self) -> None:
        await self._tasks.close()
        for watch in self._watches.values():
            await watch.close()
        await self._transport.close()

    def _signed(self, request: Request) -> Request:
        """The request with an id. Raises `Refused` for a write without one: later nobody could tell whose it was."""
        if request.audit_id:
            return request
        if _writes(request):
            raise Refused(f"{request.method} {request.path} has no journalled Audit-ID and was not sent.")
        return msgspec.structs.replace(request, audit_id=self._ids.next())

    async def _candidates(self) -> list[str]:
        if self._namespaces:
            return list(self._namespaces)
        namespaces = self.view("Namespace")
        for _ in range(50):
            if namespaces.health.state != "loading":
                break
            await self._clock.sleep(0.1)
        listed = [obj.metadata.name for obj in namespaces.all()]
        return listed or [getattr(self._transport, "namespace", "") or "default"]

    def _tell(self, verb: str, kind: str, obj: Obj, previous: Obj | None) -> None:
        for listener in list(self._listeners):
            try:
                listener(verb, kind, obj, previous)
            except Exception:  # one listener's defect must not end the watch that others live on
                _log.exception("a listener failed on %s %s", verb, kind)


def _writes(request: Request) -> bool:
    if request.method in ("GET", "HEAD") or request.path.startswith(_REVIEWS):
        return False
    return ("dryRun", "All") not in request.query or not _body_is_dry(request)


def _body_is_dry(request: Request) -> bool:
    """A delete with a body is carried out as the body says, whatever the query asks for."""
    if request.method != "DELETE" or not request.body:
        return True
    try:
        return msgspec.json.decode(request.body, type=_DeleteOptions).dryRun == ["All"]
    except (msgspec.MsgspecError, RecursionError):
        return False


class _DeleteOptions(msgspec.Struct):
    dryRun: list[str] = []  # noqa: N815 - the API's own spelling
