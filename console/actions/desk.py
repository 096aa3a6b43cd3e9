"""The desk an action plans and collects at: reads, names, the record. There is no way to write to a cluster on it."""

from __future__ import annotations

import asyncio
from typing import Any

from console.actions.case import Case
from console.actions.fetching import checked, read, read_all
from console.errors import JournalError, Refused
from console.hygiene.exporting import known_safe
from console.model.entry import Captured
from console.model.objects import Obj
from console.model.ref import BY_KIND, ResourceRef
from console.ports.cluster import ClusterInfo, Request, View
from console.ports.facts import Facts
from console.ports.silences import Alerts

_MOST_OWNERS = 6


class CaseDesk:
    """`console.actions.base.Desk` over one incident."""

    def __init__(self, case: Case) -> None:
        self._case = case

    @property
    def info(self) -> ClusterInfo:
        return self._case.cluster.info

    @property
    def facts(self) -> Facts:
        return self._case.book

    @property
    def alerts(self) -> Alerts | None:
        return self._case.silences

    @property
    def incident(self) -> str:
        return self._case.state.declared.name if self._case.state.declared else self._case.incident

    def now(self) -> float:
        return self._case.clock.now()

    async def fetch(self, ref: ResourceRef) -> dict[str, Any]:
        """The whole object now. Raises `Refused` naming it when it is not there, or no longer the one meant."""
        obj = await read(self._case.cluster, ref)
        if obj is None:
            where = f" in namespace {ref.namespace}" if ref.namespace else ""
            raise Refused(f"There is no {ref.kind} {ref.name}{where}. Look at the list again: it may be gone.")
        uid = str((obj.get("metadata") or {}).get("uid") or "")
        if ref.uid and uid != ref.uid:
            raise Refused(
                f"{ref.kind} {ref} was created again: uid {ref.uid} is now {uid}. Choose it again from the list."
            )
        return obj

    async def listing(self, kind: str, namespace: str = "", labels: str = "", fields: str = "") -> list[dict[str, Any]]:
        return await read_all(self._case.cluster, BY_KIND[kind], namespace, labels, fields)

    async def text(self, path: str, query: tuple[tuple[str, str], ...] = ()) -> bytes:
        reply = await self._case.cluster.send(Request("GET", path, query, accept="*/*"), within=30)
        return checked(reply, path).body

    def view(self, kind: str) -> View:
        return self._case.cluster.view(kind)

    def owner_chain(self, obj: Obj) -> tuple[ResourceRef, ...]:
        chain: list[ResourceRef] = []
        at: Obj | None = obj
        while at is not None and len(chain) < _MOST_OWNERS and (owner := at.metadata.controller):
            group = owner.api_version.rpartition("/")[0]
            namespace = obj.metadata.namespace
            known = BY_KIND.get(owner.kind)
            if known is not None and known.group == group:
                namespace = namespace if known.namespaced else ""
                at = self.view(owner.kind).get(namespace, owner.name)
            else:
                at = None
            chain.append(ResourceRef(self.info.id, group, owner.kind, namespace, owner.name, owner.uid))
        return tuple(chain)

    def neutral_name(self, purpose: str) -> str:
        return self._case.names.of(purpose)

    @property
    def manager(self) -> str:
        return self._case.names.manager

    async def has_evidence(self, kind: str, uid: str) -> bool:
        captured = self._case.state.captured
        blobs = [one.blob for one in captured if one.uid == uid and one.kind == kind and not one.failed]
        return await asyncio.to_thread(lambda: any(self._case.evidence.has(blob) for blob in reversed(blobs)))

    async def capture(self, kind: str, target: ResourceRef, data: bytes, note: str = "") -> str:
        """Sealed first, journalled second. What cannot be sealed is journalled as missed, and raises `Refused`."""
        try:
            digest = await asyncio.to_thread(self._case.evidence.put, data)
        except JournalError as error:
            await self.miss(kind, target, str(error))
            raise Refused(f"{kind} of {target.kind} {target} was not captured: {error}") from error
        self._record(kind, target, digest, len(data), note)
        return digest

    async def miss(self, kind: str, target: ResourceRef, why: str) -> None:
        self._record(kind, target, "", 0, why)

    def _record(self, kind: str, target: ResourceRef, digest: str, size: int, note: str) -> None:
        export = self._case.export
        self._case.chronicle.record(
            Captured(
                known_safe(kind),
                export.ref(target),
                export(target.uid),
                known_safe(digest),
                size,
                export(note),
                failed=not digest,
            )
        )
