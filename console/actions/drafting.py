"""Drafting the steps of a plan: exact bodies, paths and pins, with the kubectl line that does the same.

In: references and plain values. Out: `Step`s whose bodies are canonical JSON. Nothing is sent from here. A patch
carries the uid, so that it can never hit a later object of the same name; the runner adds the resourceVersion.
"""

from __future__ import annotations

import shlex
from collections.abc import Mapping
from typing import Any

import msgspec

from console.actions.pinning import canonical, pin
from console.model.action import Right
from console.model.plan import Call, Pin, Step
from console.model.ref import BY_KIND, Kind, ResourceRef

MERGE = "application/merge-patch+json"


def reference(obj: Mapping[str, Any], kind: str, cluster: str = "") -> ResourceRef:
    """Reference with uid to an object as read."""
    meta = obj.get("metadata") or {}
    return BY_KIND[kind].ref(meta.get("namespace", ""), meta.get("name", ""), meta.get("uid", ""), cluster)


def patch(
    manager: str,
    ref: ResourceRef,
    obj: Mapping[str, Any],
    change: Mapping[str, Any],
    pins: tuple[str, ...],
    title: str,
    sub: str = "",
    fresh: bool = True,
) -> Step:
    """A merge patch of `ref`, pinned to the fields of `obj` the change relies on."""
    kind = BY_KIND[ref.kind]
    pinned = pin(ref, obj, *pins)
    body = canonical(with_uid(change, pinned.ref.uid))
    call = Call(
        "PATCH",
        kind.path(ref.namespace, ref.name, sub),
        pinned.ref,
        (("fieldManager", manager),),
        body,
        MERGE,
        title,
        _patch_line(manager, ref, body, sub),
    )
    return Step(call, pinned, fresh)


def way_back(manager: str, ref: ResourceRef, obj: Mapping[str, Any], change: Mapping[str, Any], sub: str = "") -> str:
    """The kubectl line that takes the same `patch` back to what `obj` has now, for hands that have nothing else."""
    return _patch_line(manager, ref, canonical(with_uid(_before(change, obj), ref.uid)), sub)


def _before(change: Mapping[str, Any], obj: Mapping[str, Any]) -> dict[str, Any]:
    """What a merge patch replaces; null for what was not there, which takes it away again."""
    return {
        name: _before(value, obj.get(name) or {}) if isinstance(value, Mapping) else obj.get(name)
        for name, value in change.items()
    }


def _patch_line(manager: str, ref: ResourceRef, body: bytes, sub: str) -> str:
    kind = BY_KIND[ref.kind]
    line = ["kubectl", "patch", kubectl_kind(kind), ref.name, *_where(kind, ref.namespace)]
    line += [*([f"--subresource={sub}"] if sub else []), "--type=merge", f"--field-manager={manager}"]
    return shlex.join([*line, "-p", body.decode()])


def create(manager: str, ref: ResourceRef, manifest: Mapping[str, Any], title: str) -> Step:
    """A create. `ref` names what will exist; it has no uid yet."""
    kind = BY_KIND[ref.kind]
    body = canonical(manifest)
    line = f"echo {shlex.quote(body.decode())} | kubectl create --field-manager={shlex.quote(manager)} -f -"
    call = Call("POST", kind.path(ref.namespace), ref, (("fieldManager", manager),), body, title=title, kubectl=line)
    return Step(call)


def delete(ref: ResourceRef, pinned: Pin | None, title: str, grace: int | None = None, orphan: bool = False) -> Step:
    """A delete of exactly this incarnation. 404 counts as done; another uid under the name is a conflict."""
    kind = BY_KIND[ref.kind]
    options: dict[str, Any] = {"apiVersion": "v1", "kind": "DeleteOptions", "preconditions": {"uid": ref.uid}}
    if grace is not None:
        options["gracePeriodSeconds"] = grace
    if orphan:
        options["propagationPolicy"] = "Orphan"
    body = canonical(options)
    path = kind.path(ref.namespace, ref.name)
    line = f"echo {shlex.quote(body.decode())} | kubectl delete --raw {shlex.quote(path)} -f -"
    return Step(Call("DELETE", path, ref, (), body, title=title, kubectl=line), pinned, fresh=False, gone_ok=True)


def with_uid(change: Mapping[str, Any], uid: str) -> dict[str, Any]:
    """The change with `metadata.uid`: a precondition in every patch."""
    return {**change, "metadata": {**change.get("metadata", {}), "uid": uid}}


def kubectl_kind(kind: Kind) -> str:
    """The kind as kubectl cannot mistake it: `networkpolicies.networking.k8s.io`."""
    return f"{kind.plural}.{kind.group}" if kind.group else kind.plural


def _where(kind: Kind, namespace: str) -> list[str]:
    return ["-n", namespace] if kind.namespaced and namespace else []


def rights_of(steps: tuple[Step, ...], *reads: Right) -> tuple[Right, ...]:
    """The rights these steps use, the read before each write included, and the reads of planning and proof."""
    used: set[Right] = set(reads)
    verbs = {"PATCH": "patch", "POST": "create", "DELETE": "delete", "PUT": "update"}
    for step in steps:
        ref = step.call.ref
        kind = BY_KIND[ref.kind]
        tail = step.call.path.removeprefix(kind.path(ref.namespace, ref.name)).strip("/")
        resource = f"{kind.plural}/{tail}" if tail and step.call.method == "PATCH" else kind.plural
        used.add(Right(verbs[step.call.method], resource, kind.group, ref.namespace))
        if step.pin is not None:
            used.add(Right("get", kind.plural, kind.group, ref.namespace))
    return tuple(sorted(used))


def replaced(ref: ResourceRef, **fields: str) -> ResourceRef:
    """The reference with some fields changed."""
    return msgspec.structs.replace(ref, **fields)
