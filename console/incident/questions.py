"""What the prober asks of the outside world: access reviews, metadata of token Secrets, metric queries. Only reads."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

from console.errors import ApiStatus, BadInput
from console.model.action import Right
from console.model.facts import Ask, Known, Unknown
from console.model.ref import BY_KIND
from console.model.signal import Measure
from console.ports.clock import Clock
from console.ports.cluster import Cluster, Request, Subject
from console.ports.silences import Alerts

LEGACY_LABEL = "kubernetes.io/legacy-token-invalid-since"
ACCOUNT_NOTE = "kubernetes.io/service-account.name"
METADATA_LIST = "application/json;as=PartialObjectMetadataList;v=v1;g=meta.k8s.io"
"""Secrets are only ever listed so: the server leaves their values out."""

Metrics = Callable[[str], Awaitable[tuple[Measure, ...] | None]]
"""Series of a shipped query; None when the metric is absent. Raises `SourceError`."""


class Questions:
    """One round trip for each question (a long list may take several pages)."""

    def __init__(self, cluster: Cluster, clock: Clock, metrics: Metrics | None, silences: Alerts | None = None) -> None:
        self._cluster, self._clock, self._metrics, self._silences = cluster, clock, metrics, silences

    async def ask(self, ask: Ask) -> Known | Unknown:
        """The answer to one fact's question. Raises `WarRoomError` when it could not be asked."""
        if ask.fact == "allowed":
            return await self._review(*ask.args)
        if ask.fact == "metric":
            return await self._measure(*ask.args)
        if ask.fact == "token_secrets":
            return await self._secrets(*ask.args)
        if ask.fact in ("silence", "alert"):
            return await self._quiet(ask.fact, *ask.args)
        raise BadInput(f"The fact {ask.fact!r} is not one that is probed.")

    async def _review(
        self, user: str, groups: str, verb: str, group: str, resource: str, namespace: str, name: str
    ) -> Known | Unknown:
        right = Right(verb, resource, group, namespace, name)
        subject = Subject(user, tuple(part for part in groups.split(",") if part))
        (ruling,) = await self._cluster.review((right,), subject)
        if ruling.error:
            return Unknown(f"access review failed: {ruling.error}")
        return Known(ruling.allowed, self._clock.now(), "probe")

    async def _measure(self, query: str) -> Known | Unknown:
        series = await self._metrics(query) if self._metrics else None
        if series is None:
            return Unknown(f"the metric of {query} is absent")
        return Known(series, self._clock.now(), "prometheus")

    async def _quiet(self, fact: str, about: str) -> Known | Unknown:
        if self._silences is None:
            return Unknown("no Alertmanager is configured")
        found = await (self._silences.find(about) if fact == "silence" else self._silences.alert(about))
        return Known(found, self._clock.now(), "alertmanager")

    async def _secrets(self, namespace: str, account: str) -> Known | Unknown:
        query: tuple[tuple[str, str], ...] = (
            ("fieldSelector", "type=kubernetes.io/service-account-token"),
            ("limit", "500"),
        )
        found: list[tuple[str, str]] = []
        mark = ""
        while True:
            pages = (*query, ("continue", mark)) if mark else query
            reply = await self._cluster.send(
                Request("GET", BY_KIND["Secret"].path(namespace), pages, accept=METADATA_LIST)
            )
            if reply.status != 200:
                raise ApiStatus(f"listing token Secrets in {namespace} ended with status {reply.status}", reply.status)
            page = reply.json()
            found += [secret for item in page.get("items") or () if (secret := _token(item, account))]
            mark = str((page.get("metadata") or {}).get("continue") or "")
            if not mark:
                return Known(tuple(found), self._clock.now(), "probe")


def _token(item: dict[str, Any], account: str) -> tuple[str, str] | None:
    meta = item.get("metadata") or {}
    if account and (meta.get("annotations") or {}).get(ACCOUNT_NOTE) != account:
        return None
    name = str(meta.get("name", ""))
    name = name if account else f"{meta.get('namespace', '')}/{name}"
    return name, str((meta.get("labels") or {}).get(LEGACY_LABEL, ""))
