"""What the suite stands on: one cluster, whichever it is, and short ways to say what a test does with it."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable, Sequence
from typing import Any

from console.model.ref import BY_KIND
from console.ports.cluster import Reply, Request, Transport

MERGE = "application/merge-patch+json"
STRATEGIC = "application/strategic-merge-patch+json"
Query = tuple[tuple[str, str], ...]
Object = dict[str, Any]


class Ground:
    """A cluster under test.

    Args:
        transport: as the admin.
        namespace: fresh, with its `default` account.
        tick: lets some time pass.
        grant: gives the user `someone` RBAC rules in the namespace.
        audit: the API server's audit log so far.
    """

    def __init__(
        self,
        transport: Transport,
        namespace: str,
        tick: Callable[[], Awaitable[None]],
        grant: Callable[[Sequence[Object]], Awaitable[None]],
        audit: Callable[[], bytes] = bytes,
    ) -> None:
        self.transport = transport
        self.namespace = namespace
        self.grant = grant
        self.tick = tick
        self._audit = audit

    async def send(
        self,
        method: str,
        path: str,
        body: Any = None,
        query: Query = (),
        content_type: str = "application/json",
        audit_id: str = "",
    ) -> Reply:
        """One request with a JSON body."""
        data = b"" if body is None else json.dumps(body).encode()
        return await self.transport.send(Request(method, path, query, data, content_type, audit_id))

    async def get(self, kind: str, name: str, sub: str = "") -> Object | None:
        """The object in the test's namespace, None for 404."""
        reply = await self.send("GET", self.path(kind, name, sub))
        return self.read(reply) if reply.status != 404 else None

    async def create(self, *objects: Object) -> Object:
        """Puts objects there as they are given; the last one as the cluster has it then."""
        made: Object = {}
        for obj in objects:
            namespaced = BY_KIND[obj["kind"]].namespaced
            made = self.read(
                await self.send("POST", self.path(obj["kind"]) if namespaced else self.wide(obj), obj), 201
            )
        return made

    async def patch(self, kind: str, name: str, body: Any, how: str = MERGE, query: Query = ()) -> Reply:
        """Changes an object of the test's namespace."""
        return await self.send("PATCH", self.path(kind, name), body, query, how)

    async def delete(self, kind: str, name: str, query: Query = (), **options: Any) -> Reply:
        """Deletes with DeleteOptions."""
        body = {"apiVersion": "v1", "kind": "DeleteOptions", **options}
        return await self.send("DELETE", self.path(kind, name), body, query)

    async def items(self, kind: str, query: Query = ()) -> list[Object]:
        """All objects of a kind in the test's namespace."""
        items: list[Object] = self.read(await self.send("GET", self.path(kind), query=query))["items"]
        return items

    async def until(self, condition: Callable[[], Awaitable[object]], what: str) -> None:
        """Waits for what controllers do; at most 600 ticks."""
        for _ in range(600):
            if await condition():
                return
            await self.tick()
        raise AssertionError(f"never came true: {what}")

    async def audited(self, audit_id: str) -> Object:
        """The last audit event of one request, once the log has it."""
        found: list[Object] = []

        async def there() -> bool:
            lines = self._audit().splitlines()
            found[:] = [json.loads(line) for line in lines if audit_id.encode() in line and line.endswith(b"}")]
            return any(event["stage"] in ("ResponseComplete", "Panic") for event in found)

        await self.until(there, f"the audit event {audit_id}")
        return found[-1]

    def path(self, kind: str, name: str = "", sub: str = "") -> str:
        """In the test's namespace."""
        return BY_KIND[kind].path(self.namespace, name, sub)

    def wide(self, obj: Object) -> str:
        """Collection of a kind that has no namespace."""
        return BY_KIND[obj["kind"]].path()

    def read(self, reply: Reply, status: int = 200) -> Object:
        """The body of an answer with this status."""
        assert reply.status == status, (reply.status, reply.body[:400])
        body: Object = json.loads(reply.body)
        return body
