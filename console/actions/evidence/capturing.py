"""Capturing one pod: manifest first, then everything around it in parallel, each item captured or missed with why.

In: a desk and the pod. Out: sealed items of that pod's uid in the evidence store. Only reads of the API server; no
program of the pod is run and nothing is written into it. Values of Secrets are never fetched.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from typing import Any, cast

from console.actions.base import Desk
from console.actions.drafting import reference
from console.actions.evidence.containers import Log, capture_log, logs_of, seal
from console.actions.pinning import canonical
from console.actions.reading import Whole, known, labels, meta, owners, pruned, refuse_other
from console.checks import asking
from console.errors import WarRoomError
from console.model.access import Binding, Role
from console.model.facts import Known
from console.model.network import NetworkPolicy
from console.model.ref import BY_KIND, ResourceRef
from console.policy.netpol import selecting
from console.policy.rbac import Rbac, account_groups, account_user

MANIFEST = "pod.yaml"
AROUND = (
    *("owner.yaml", "account.yaml", "rbac.yaml", "netpol.yaml", "node.yaml", "events", "endpoints.yaml"),
    *("pod.logs", "pod.logs.previous"),
)
"""Kinds captured beside the manifest."""
_AT_ONCE = 6

Read = Callable[[], Awaitable[Any]]


async def is_sealed(desk: Desk, uid: str) -> bool:
    """Whether this incarnation's manifest is sealed and its logs were at least tried for: a pod may have none."""
    if not await desk.has_evidence(MANIFEST, uid):
        return False
    failed = desk.facts.get(asking.missed("pod.logs", uid))
    return await desk.has_evidence("pod.logs", uid) or (isinstance(failed, Known) and bool(failed.value))


async def capture_manifest(desk: Desk, target: ResourceRef) -> tuple[ResourceRef, dict[str, Any]] | None:
    """Seal the pod's manifest before anything else is tried. Returns its exact reference and the object.

    None when the pod is gone or another one: that is on record, and whoever writes next finds out by himself.
    """
    try:
        pod = await desk.fetch(target)
        refuse_other(target, pod)
    except WarRoomError as error:
        await desk.miss(MANIFEST, target, str(error))
        return None
    ref = reference(pod, "Pod", target.cluster)
    await seal(desk, MANIFEST, ref, canonical(pod), "as JSON, with managedFields")
    return ref, pod


async def capture_around(desk: Desk, ref: ResourceRef, pod: Whole) -> None:
    """Seal all else about the pod. An item that cannot be had is a miss on record, never the end of the others."""
    gate = asyncio.Semaphore(_AT_ONCE)
    items = [_item(desk, ref, gate, kind, read) for kind, read in _reads(desk, pod)]
    logs = [_log(desk, ref, gate, log) for log in logs_of(pod)]
    await asyncio.gather(*items, *logs)


async def capture_pod(desk: Desk, target: ResourceRef) -> None:
    """All of it, manifest first."""
    if found := await capture_manifest(desk, target):
        await capture_around(desk, *found)


def _reads(desk: Desk, pod: Whole) -> Iterator[tuple[str, Read]]:
    """In order of volatility: what evaporates within the hour comes first."""
    yield "events", lambda: _events(desk, pod)
    yield "endpoints.yaml", lambda: _endpoints(desk, pod)
    yield "owner.yaml", lambda: _owners(desk, pod)
    yield "account.yaml", lambda: _account(desk, pod)
    yield "rbac.yaml", lambda: _rbac(desk, pod)
    yield "netpol.yaml", lambda: _policies(desk, pod)
    if (pod.get("spec") or {}).get("nodeName"):
        yield "node.yaml", lambda: desk.fetch(BY_KIND["Node"].ref("", pod["spec"]["nodeName"]))


async def _item(desk: Desk, ref: ResourceRef, gate: asyncio.Semaphore, kind: str, read: Read) -> None:
    async with gate:
        try:
            found = await read()
        except WarRoomError as error:
            await desk.miss(kind, ref, str(error))
            return
        await seal(desk, kind, ref, canonical(found), f"{len(found)} objects" if isinstance(found, list) else "")


async def _log(desk: Desk, ref: ResourceRef, gate: asyncio.Semaphore, log: Log) -> None:
    async with gate:
        await capture_log(desk, ref, log)


async def _events(desk: Desk, pod: Whole) -> list[dict[str, Any]]:
    uid = meta(pod).get("uid", "")
    return await desk.listing("Event", meta(pod)["namespace"], fields=f"involvedObject.uid={uid}")


async def _endpoints(desk: Desk, pod: Whole) -> list[dict[str, Any]]:
    uid = meta(pod).get("uid", "")
    return [
        piece
        for piece in await desk.listing("EndpointSlice", meta(pod)["namespace"])
        if any((end.get("targetRef") or {}).get("uid") == uid for end in piece.get("endpoints") or ())
    ]


async def _owners(desk: Desk, pod: Whole) -> list[dict[str, Any]]:
    chain = await owners(desk, pod)
    for owner in chain:
        if owner.obj is None and known(owner.ref):
            raise WarRoomError(owner.why)
    return [owner.obj or {"kind": owner.ref.kind, "name": owner.ref.name, "missing": owner.why} for owner in chain]


async def _account(desk: Desk, pod: Whole) -> dict[str, Any]:
    name = pod["spec"].get("serviceAccountName") or "default"
    return await desk.fetch(BY_KIND["ServiceAccount"].ref(meta(pod)["namespace"], name))


async def _rbac(desk: Desk, pod: Whole) -> list[dict[str, Any]]:
    """Every binding that reaches the pod's account, and the role behind it."""
    namespace, account = meta(pod)["namespace"], pod["spec"].get("serviceAccountName") or "default"
    whole = {kind: await desk.listing(kind) for kind in _RBAC}
    roles = [cast(Role, pruned(kind, one)) for kind in _RBAC[:2] for one in whole[kind]]
    bindings = [cast(Binding, pruned(kind, one)) for kind in _RBAC[2:] for one in whole[kind]]
    grants = Rbac(roles, bindings).grants(account_user(namespace, account), account_groups(namespace))
    wanted = {grant.binding.metadata.uid for grant in grants}
    wanted |= {
        role.metadata.uid
        for grant in grants
        for role in roles
        if role.metadata.name == grant.binding.role_ref.name
        and role.metadata.namespace in ("", grant.binding.metadata.namespace)
    }
    return [one for kind in _RBAC for one in whole[kind] if meta(one).get("uid") in wanted]


_RBAC = ("Role", "ClusterRole", "RoleBinding", "ClusterRoleBinding")


async def _policies(desk: Desk, pod: Whole) -> list[dict[str, Any]]:
    namespace = meta(pod)["namespace"]
    found = await desk.listing("NetworkPolicy", namespace)
    policies = [cast(NetworkPolicy, pruned("NetworkPolicy", one)) for one in found]
    chosen = {policy.metadata.uid for policy in selecting(policies, namespace, labels(pod))}
    return [one for one in found if meta(one).get("uid") in chosen]
