"""What watches tell, as rules see it: an object that appeared, changed or went, with the fields of audit rules.

In: a `Change`. Out: the values of a field, and who and what a finding is about. `body`, `pod`, `metadata` and `rights`
mean what they mean of an audit event, as far as the caches keep the object; `was.…` is the object before, `new.…` what
the change brought. Who did it is not known: a field manager is a name that any client may choose. Never raises.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import cached_property
from typing import Any

import msgspec

from console.errors import BadInput
from console.model.finding import Target
from console.model.identity import Identity
from console.model.objects import TYPES, Event, Obj, SigningRequest
from console.model.ref import BY_KIND, ResourceRef
from console.model.signal import Change
from console.rules.podspecs import pod_of
from console.rules.rights import rights_of
from console.rules.walking import values_at

MIRROR = "kubernetes.io/config.mirror"
STATIC = ("kube-apiserver", "kube-controller-manager", "kube-scheduler", "etcd", "kube-proxy")
"""Static pods of a usual control plane, by the beginning of their names; the node's name follows."""
_EMPTY: tuple[Any, ...] = (None, "", [], {})
_NEVER = ("Secret", "ConfigMap")
"""Kinds that are watched when somebody asks only, and then as metadata."""

Read = Callable[["Watched"], Sequence[Any]]


class Watched:
    """One change, its fields by need."""

    def __init__(self, change: Change) -> None:
        self.change = change
        self.ref = change.ref

    @cached_property
    def body(self) -> dict[str, Any]:
        """The object in the API's own names, as far as it is kept."""
        return plain(self.change.object)

    @cached_property
    def was(self) -> Watched:
        """The object before; of one that is new there is nothing in it."""
        return Watched(Change("", self.ref, self.change.at, object=self.change.before))

    @cached_property
    def pod(self) -> dict[str, Any]:
        return pod_of(self.body)

    @cached_property
    def rights(self) -> list[str]:
        return rights_of(self.body)

    @property
    def metadata(self) -> dict[str, Any]:
        found = self.body.get("metadata")
        return found if isinstance(found, dict) else {}

    @property
    def managers(self) -> list[str]:
        """Whoever set what is wanted of it, as far as their marks are kept."""
        obj = self.change.object
        marks = obj.metadata.managed_fields if obj is not None else None
        return list(dict.fromkeys(one.manager for one in marks or () if one.subresource != "status"))

    @property
    def owner(self) -> dict[str, Any]:
        """The controller it says it belongs to. A claim: who may make a pod may write any owner into it."""
        owners = self.metadata.get("ownerReferences", [])
        return next((one for one in owners if one.get("controller") is True), {})

    @property
    def mirror(self) -> bool:
        """Whether a kubelet shows a static pod by it."""
        return MIRROR in self.metadata.get("annotations", {})

    @property
    def usual(self) -> bool:
        """A static pod of a usual control plane: its namespace, its node's name after a usual one."""
        node = self.pod.get("nodeName", "")
        return (
            self.mirror and self.ref.namespace == "kube-system" and self.ref.name in {f"{one}-{node}" for one in STATIC}
        )


def plain(obj: Obj | None) -> dict[str, Any]:
    """A kept object as JSON values, without what it does not have."""
    found = _without_empty(msgspec.to_builtins(obj)) if obj is not None else {}
    return found if isinstance(found, dict) else {}


def _without_empty(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: kept for name, inner in value.items() if (kept := _without_empty(inner)) not in _EMPTY}
    if isinstance(value, list):
        return [_without_empty(inner) for inner in value]
    return value


_SINGLE: dict[str, Callable[[Watched], Any]] = {
    "verb": lambda one: one.change.verb,
    "kind": lambda one: one.ref.kind,
    "namespace": lambda one: one.ref.namespace,
    "name": lambda one: one.ref.name,
    "manager": lambda one: one.change.manager,
    "owner.kind": lambda one: one.owner.get("kind", ""),
    "owner.name": lambda one: one.owner.get("name", ""),
    "owner.known": lambda one: one.change.owned,
    "mirror": lambda one: one.mirror,
    "mirror.usual": lambda one: one.usual,
}
_MANY: dict[str, Read] = {
    "managers": lambda one: one.managers,
    "rights": lambda one: one.rights,
}
_BELOW: dict[str, Callable[[Watched], dict[str, Any]]] = {
    "body": lambda one: one.body,
    "pod": lambda one: one.pod,
    "metadata": lambda one: one.metadata,
}
NAMES = (*_SINGLE, *_MANY, *_BELOW)
"""Names of the fields; those of `body`, `pod` and `metadata` go on below, and all may stand after `was.` and `new.`."""


def look(name: str) -> Read | None:
    """What reads this field, None when there is none."""
    prefix, _, rest = name.partition(".")
    if prefix in ("was", "new"):
        read = look(rest) if rest.partition(".")[0] not in ("was", "new") else None
        if read is None:
            return None
        return _before(read) if prefix == "was" else _brought(read)
    if (single := _SINGLE.get(name)) is not None:
        return lambda one: (value,) if (value := single(one)) not in ("", None) else ()
    if (many := _MANY.get(name)) is not None:
        return many
    if prefix in _BELOW:
        base, path = _BELOW[prefix], tuple(rest.split(".")) if rest else ()
        return lambda one: values_at(found, path) if (found := base(one)) else ()
    return None


def _before(read: Read) -> Read:
    return lambda one: read(one.was)


def _brought(read: Read) -> Read:
    def brought(one: Watched) -> Sequence[Any]:
        now = read(one) if one.change.verb != "deleted" else ()
        if one.change.before is None:
            return now
        before = read(one.was)
        return [value for value in now if value not in before]

    return brought


def change_of(told: Mapping[str, Any], at: float) -> Change:
    """The change a manifest stands for: `{verb, object, before, manager, owned}`, or alone that it was created.

    Raises:
        BadInput: it is no object of a kind that is watched, or no API server would decode it.
    """
    whole = told if isinstance(told.get("object"), Mapping) else {"object": told}
    kind, meta = str(whole["object"].get("kind", "")), whole["object"].get("metadata", {})
    if kind not in BY_KIND or kind in _NEVER:
        raise BadInput(f"{kind or 'an object without a kind'} is no kind whose changes are told")
    shape = TYPES.get(kind, Obj)
    try:
        obj, before = (
            msgspec.convert(part, shape) if part is not None else None
            for part in (whole["object"], whole.get("before"))
        )
    except msgspec.ValidationError as error:
        raise BadInput(f"{kind} cannot be read as one: {error}") from None
    ref = BY_KIND[kind].ref(
        meta.get("namespace", ""), meta.get("name", ""), meta.get("uid") or f"{kind}/{meta.get('name')}"
    )
    verb = str(whole.get("verb", "updated" if before is not None else "created"))
    return Change(verb, ref, at, str(whole.get("manager", "")), obj, before, whole.get("owned") is True)


def identity_in(one: Watched) -> Identity:
    """Who, as far as the API server itself says it: of a certificate request who asked, else a field manager."""
    obj, change = one.change.object, one.change
    if isinstance(obj, SigningRequest) and change.verb == "created":
        return Identity(user=obj.spec.username, groups=tuple(obj.spec.groups or ()), manager=change.manager)
    return Identity() if isinstance(obj, Event) else Identity(manager=change.manager)  # an Event's is who reports it


def target_in(one: Watched, fold: str = "object") -> Target:
    """The object; of an Event the one it is about."""
    if fold == "none":
        return Target()
    ref = one.ref
    obj = one.change.object
    if isinstance(obj, Event):
        about = obj.involved_object
        group = BY_KIND[about.kind].group if about.kind in BY_KIND else ""
        ref = ResourceRef("", group, about.kind, about.namespace, about.name, about.uid)
    whole = fold == "collection"
    return Target(ref.group, ref.kind, "", ref.namespace, "" if whole else ref.name, "" if whole else ref.uid)


def record_of(one: Watched) -> bytes:
    """What is kept as evidence: the object as the watch told it."""
    told: dict[str, Any] = {"verb": one.change.verb, "kind": one.ref.kind, "object": one.body}
    if one.change.before is not None:
        told["before"] = {part: value for part, value in one.was.body.items() if value != one.body.get(part)}
    return msgspec.json.encode(told)
