"""Create, update, patch and delete on the simulated cluster, with the real server's rules for each.

In: an address, a decoded body, the options of the query. Out: the object as answered, or a `Failure`. With dryRun=All
everything happens but the keeping. Asynchronous consequences (pods of a workload, garbage) are the controllers' work.
"""

from __future__ import annotations

import copy
from collections.abc import Callable
from random import Random
from typing import Any

import msgspec

from console.drill.admission import admit, check
from console.drill.authorizing import Authorizer
from console.drill.callers import Caller
from console.drill.defaulting import defaulted
from console.drill.ownership import managed
from console.drill.patches import patched
from console.drill.resources import GENERATED, RETURNED, Address, Body, api_version
from console.drill.selectors import selector_text
from console.drill.statuses import already_exists, bad_request, conflict, invalid, modified, not_found
from console.drill.store import Store
from console.drill.times import seconds
from console.model.ref import Kind

_ALPHABET = "bcdfghjklmnpqrstvwxz2456789"
_FIXED = (
    "uid",
    "creationTimestamp",
    "name",
    "namespace",
    "generation",
    "deletionTimestamp",
    "deletionGracePeriodSeconds",
)


class Options(msgspec.Struct, frozen=True):
    """The query parameters of a write that matter."""

    manager: str
    dry_run: bool = False


class Writes:
    """The writing half of the API server."""

    def __init__(self, store: Store, access: Authorizer, random: Random, now: Callable[[], float]) -> None:
        self._store = store
        self._access = access
        self._random = random
        self._now = now

    def uid(self) -> str:
        """A new uid, from the seed."""
        digits = f"{self._random.getrandbits(128):032x}"
        return f"{digits[:8]}-{digits[8:12]}-4{digits[13:16]}-a{digits[17:20]}-{digits[20:]}"

    def suffix(self, length: int = 5) -> str:
        """Random characters as generateName adds them."""
        return "".join(self._random.choices(_ALPHABET, k=length))

    def create(self, caller: Caller, at: Address, body: Body, options: Options) -> Body:
        """POST of an object."""
        kind = at.kind
        obj = self._fresh(at, body)
        name = obj["metadata"]["name"]
        obj = defaulted(kind, obj, self._random)
        check(kind, obj, None)
        if kind.namespaced and self._store.get("Namespace", "", at.namespace) is None:
            raise not_found(_NAMESPACE, at.namespace)
        admit(self._store, self._access, caller, kind, obj, None)
        if self._store.get(kind.kind, at.namespace, name) is not None:
            raise already_exists(kind, name)
        obj["metadata"]["managedFields"] = managed(None, obj, options.manager, seconds(self._now()))
        return obj if options.dry_run else self._store.write(kind.kind, obj)

    def _fresh(self, at: Address, body: Body) -> Body:
        kind = at.kind
        if body.get("kind", kind.kind) != kind.kind:
            text = f'{body["kind"]} in version "{body.get("apiVersion", "")}" cannot be handled as a {kind.kind}'
            raise bad_request(text)
        given: dict[str, Any] = copy.deepcopy(body.get("metadata") or {})
        name = given.get("name") or (given["generateName"] + self.suffix() if given.get("generateName") else "")
        if not name:
            raise invalid(
                kind, "", "metadata.name", "Required value: name or generateName is required", "FieldValueRequired"
            )
        if kind.namespaced and given.get("namespace", at.namespace) != at.namespace:
            text = "the namespace of the provided object does not match the namespace sent on the request"
            raise bad_request(text)
        metadata = {key: value for key, value in given.items() if key not in _NOT_TAKEN}
        metadata |= {"name": name, "uid": self.uid(), "creationTimestamp": seconds(self._now())}
        if kind.namespaced:
            metadata["namespace"] = at.namespace
        if kind.kind in GENERATED:
            metadata["generation"] = 1
        rest = {
            key: copy.deepcopy(value) for key, value in body.items() if key not in ("kind", "apiVersion", "metadata")
        }
        return {"kind": kind.kind, "apiVersion": api_version(kind), "metadata": metadata, **rest}

    def replace(self, caller: Caller, at: Address, body: Body, options: Options) -> Body:
        """PUT of an object, or of its status."""
        old = self._existing(at)
        given = body.get("metadata") or {}
        if given.get("uid") and given["uid"] != old["metadata"]["uid"]:
            why = _wrong_uid(given["uid"], old["metadata"]["uid"])
            raise conflict(at.kind, at.name, why)
        new = {"kind": at.kind.kind, "apiVersion": api_version(at.kind), **copy.deepcopy(body)}
        return self._update(caller, at, old, new, options)

    def patch(self, caller: Caller, at: Address, content_type: str, patch: Any, options: Options) -> Body:
        """PATCH of an object, or of its status."""
        old = self._existing(at)
        new = patched(content_type, old, patch)
        if new["metadata"].get("uid") != old["metadata"]["uid"]:
            why = f'Invalid value: "{new["metadata"].get("uid")}": field is immutable'
            raise invalid(at.kind, at.name, "metadata.uid", why)
        return self._update(caller, at, old, new, options)

    def _existing(self, at: Address) -> Body:
        obj = self._store.get(at.kind.kind, at.namespace, at.name)
        if obj is None:
            raise not_found(at.kind, at.name)
        return obj

    def _update(self, caller: Caller, at: Address, old: Body, new: Body, options: Options) -> Body:
        was, metadata = old["metadata"], dict(new.get("metadata") or {})
        if metadata.get("resourceVersion") not in (None, "", was["resourceVersion"]):
            raise modified(at.kind, at.name)
        metadata |= {key: was[key] for key in _FIXED if key in was}
        metadata["resourceVersion"] = was["resourceVersion"]
        metadata = {key: value for key, value in metadata.items() if value not in ({}, [], None)}
        if at.sub == "status":
            new = {**old, "status": new.get("status", {}), "metadata": was}
        else:
            new = {**new, "metadata": metadata}
            if "status" in old:
                new["status"] = old["status"]
            check(at.kind, new, old)
            admit(self._store, self._access, caller, at.kind, new, old)
        return self._settle(at, old, new, options)

    def _settle(self, at: Address, old: Body, new: Body, options: Options) -> Body:
        """Keep an update unless it changes nothing."""
        if _bare(old) == _bare(new):
            return old
        metadata = dict(new["metadata"])
        if at.kind.kind in GENERATED and _desired(old) != _desired(new):
            metadata["generation"] = old["metadata"].get("generation", 1) + 1
        sub = at.sub if at.sub in ("status", "scale") else ""
        new = {**new, "metadata": metadata}
        metadata["managedFields"] = managed(old, new, options.manager, seconds(self._now()), sub)
        if options.dry_run:
            return new
        if metadata.get("deletionTimestamp") and not metadata.get("finalizers") and at.kind.kind != "Pod":
            return self._store.drop(at.kind.kind, at.namespace, at.name, new)
        return self._store.write(at.kind.kind, new)

    def bind(self, at: Address, node: str, options: Options) -> Body:
        """The scheduler's binding of a pod."""
        old = self._existing(at)
        new = {**old, "spec": {**old["spec"], "nodeName": node}}
        return self._settle(Address(at.kind, at.namespace, at.name), old, new, options)

    def scale(self, caller: Caller, at: Address, content_type: str, body: Any, options: Options) -> Body:
        """PATCH or PUT of a scale subresource; `content_type` "" for PUT."""
        old = self._existing(at)
        seen = scale_of(old)
        new = patched(content_type, seen, body) if content_type else body
        given = new.get("metadata") or {}
        if given.get("uid") not in (None, "", old["metadata"]["uid"]):
            why = _wrong_uid(given["uid"], old["metadata"]["uid"])
            raise conflict(at.kind, at.name, why, sub="scale")
        if given.get("resourceVersion") not in (None, "", old["metadata"]["resourceVersion"]):
            raise modified(at.kind, at.name)
        replicas = (new.get("spec") or {}).get("replicas", 0)
        changed = {**old, "spec": {**old["spec"], "replicas": replicas}}
        return scale_of(self._settle(at, old, changed, options))

    def delete(self, at: Address, body: Body, options: Options) -> tuple[Body, bool]:
        """DELETE: the answer, and whether it is the object (else a Status)."""
        old = self._existing(at)
        self._check_preconditions(at, body.get("preconditions") or {}, old)
        kind = at.kind.kind
        if not options.dry_run:
            old = self._end(at, old, body)
        if kind in RETURNED or old["metadata"].get("finalizers"):
            return old, True
        details = {"name": at.name, **({"group": at.kind.group} if at.kind.group else {}), "kind": at.kind.plural}
        details["uid"] = old["metadata"]["uid"]
        status = {"kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Success", "details": details}
        return status, False

    def _end(self, at: Address, old: Body, body: Body) -> Body:
        kind, metadata = at.kind.kind, dict(old["metadata"])
        finalizers = list(metadata.get("finalizers") or ())
        if body.get("propagationPolicy") == "Orphan":
            finalizers.append("orphan")
        elif body.get("propagationPolicy") == "Foreground":
            finalizers.append("foregroundDeletion")
        grace = self._grace(old, body) if kind == "Pod" else 0
        if not finalizers and not grace:
            return self._store.drop(kind, at.namespace, at.name)
        if metadata.get("deletionTimestamp") and (
            kind != "Pod" or grace >= metadata.get("deletionGracePeriodSeconds", 0)
        ):
            return old
        metadata |= {"deletionTimestamp": seconds(self._now() + grace), "deletionGracePeriodSeconds": grace}
        if "generation" in metadata:
            metadata["generation"] += 1
        if finalizers:
            metadata["finalizers"] = finalizers
        return self._store.write(kind, {**old, "metadata": metadata})

    def _grace(self, pod: Body, body: Body) -> int:
        if not pod["spec"].get("nodeName") or pod.get("status", {}).get("phase") in ("Succeeded", "Failed"):
            return 0
        asked = body.get("gracePeriodSeconds")
        return int(pod["spec"].get("terminationGracePeriodSeconds", 30) if asked is None else asked)

    def _check_preconditions(self, at: Address, wanted: Body, old: Body) -> None:
        for key, title, end in (
            ("uid", "UID", "deleted and then recreated"),
            ("resourceVersion", "ResourceVersion", "modified"),
        ):
            has = old["metadata"][key]
            if wanted.get(key) not in (None, has):
                why = (
                    f"the {title} in the precondition ({wanted[key]}) does not match the {title} in record ({has}). "
                    f"The object might have been {end}"
                )
                raise conflict(at.kind, at.name, why, resource=False)


_NAMESPACE = Kind("Namespace", "namespaces", namespaced=False)
_NOT_TAKEN = (
    "resourceVersion",
    "uid",
    "creationTimestamp",
    "managedFields",
    "generation",
    "selfLink",
    "deletionTimestamp",
)


def scale_of(obj: Body) -> Body:
    """The scale subresource of a workload."""
    metadata = {
        key: obj["metadata"][key] for key in ("name", "namespace", "uid", "resourceVersion", "creationTimestamp")
    }
    replicas = obj["spec"].get("replicas", 1)
    return {
        "kind": "Scale",
        "apiVersion": "autoscaling/v1",
        "metadata": metadata,
        "spec": {"replicas": replicas} if replicas else {},
        "status": {
            "replicas": obj.get("status", {}).get("replicas", 0),
            "selector": selector_text(obj["spec"]["selector"]),
        },
    }


def _wrong_uid(given: str, has: str) -> str:
    return f"Precondition failed: UID in precondition: {given}, UID in object meta: {has}"


def _bare(obj: Body) -> Body:
    metadata = {k: v for k, v in obj["metadata"].items() if k not in ("managedFields", "resourceVersion", "generation")}
    return {**obj, "metadata": metadata}


def _desired(obj: Body) -> Body:
    return {key: value for key, value in obj.items() if key not in ("metadata", "status")}
