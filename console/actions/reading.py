"""What plans read of whole objects: labels, owners, kinds of pod. In: objects as the API server sent them; pure but
for the walk up the owner chain, which only reads.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, cast

import msgspec

from console.actions.base import Desk
from console.errors import ApiStatus, Refused
from console.model.ending import is_over
from console.model.objects import TYPES, Obj, Pod
from console.model.ref import BY_KIND, ResourceRef

MIRROR = "kubernetes.io/config.mirror"
_DEPTH = 8
"""Owners above owners that are followed; a longer chain is a loop or a joke."""

Whole = Mapping[str, Any]


def meta(obj: Whole) -> Mapping[str, Any]:
    return obj.get("metadata") or {}


def labels(obj: Whole) -> dict[str, str]:
    return dict(meta(obj).get("labels") or {})


def notes(obj: Whole) -> dict[str, str]:
    return dict(meta(obj).get("annotations") or {})


def pruned(kind: str, obj: Whole) -> Obj:
    """The object as the watches keep it, for `console.policy`."""
    return msgspec.convert(obj, TYPES.get(kind, Obj), strict=False)


def controller(obj: Whole) -> Mapping[str, Any] | None:
    """The owner reference that manages the object, None if nothing does."""
    return next((owner for owner in meta(obj).get("ownerReferences") or () if owner.get("controller")), None)


def owner_ref(obj: Whole) -> ResourceRef | None:
    """The controller as a reference with uid; None for none."""
    owner = controller(obj)
    if owner is None:
        return None
    group = owner.get("apiVersion", "").rpartition("/")[0]
    ref = ResourceRef("", group, owner.get("kind", ""), "", owner.get("name", ""), owner.get("uid", ""))
    if known(ref) and not BY_KIND[ref.kind].namespaced:
        return ref  # a node, which mirrors of static pods name
    return msgspec.structs.replace(ref, namespace=meta(obj).get("namespace", ""))


def known(ref: ResourceRef) -> bool:
    """Whether the kind is one this program can read: an operator's own kind is not."""
    kind = BY_KIND.get(ref.kind)
    return kind is not None and kind.group == ref.group


def is_static(pod: Whole) -> bool:
    """Whether the kubelet made it from a file: the API object is a mirror, and changing it changes nothing.

    Told by the mirror's own mark alone, which nobody can add to a pod that runs. `config.source`, which mirrors have
    too, may be written into any pod: whoever does that must not keep it from being contained.
    """
    return MIRROR in notes(pod)


def is_finished(pod: Whole) -> bool:
    """Whether no container of it runs or will run again, by what they say themselves."""
    return is_over(cast(Pod, pruned("Pod", pod)))


def is_ready(pod: Whole) -> bool:
    conditions = (pod.get("status") or {}).get("conditions") or ()
    return any(one.get("type") == "Ready" and one.get("status") == "True" for one in conditions)


def images(pod: Whole) -> list[str]:
    """Images of all containers, init and ephemeral ones included, as the spec names them."""
    spec = pod.get("spec") or {}
    found = [one.get("image", "") for part in CONTAINERS for one in spec.get(part) or ()]
    return list(dict.fromkeys(filter(None, found)))


CONTAINERS = ("initContainers", "containers", "ephemeralContainers")


class Owner(msgspec.Struct, frozen=True):
    """One step up the owner chain."""

    ref: ResourceRef
    obj: dict[str, Any] | None
    """None when it cannot be read: gone, forbidden, or of an operator's own kind."""
    why: str = ""


async def owners(desk: Desk, obj: Whole) -> tuple[Owner, ...]:
    """Controllers of an object, nearest first, each read as it is now. Ends at the first that cannot be read."""
    chain: list[Owner] = []
    above = owner_ref(obj)
    while above is not None and len(chain) < _DEPTH:
        found = await _owner(desk, above)
        chain.append(found)
        above = owner_ref(found.obj) if found.obj is not None else None
    return tuple(chain)


async def _owner(desk: Desk, ref: ResourceRef) -> Owner:
    if not known(ref):
        return Owner(ref, None, f"{ref.kind} {ref} belongs to an operator; its kind is not read here")
    try:
        obj = await desk.fetch(msgspec.structs.replace(ref, uid=""))
    except (Refused, ApiStatus) as error:
        return Owner(ref, None, f"{ref.kind} {ref} cannot be read: {error}")
    if meta(obj).get("uid") != ref.uid:
        return Owner(ref, None, f"{ref.kind} {ref} was created again: it is not the owner any more")
    return Owner(ref, obj)


def refuse_other(ref: ResourceRef, obj: Whole) -> None:
    """Refuse when the person meant another incarnation than the one that is there."""
    uid = meta(obj).get("uid", "")
    if ref.uid and uid != ref.uid:
        raise Refused(
            f"{ref.kind} {ref} was created again: uid {ref.uid} is now {uid}. Choose the new one and plan again."
        )


def top_words(chain: tuple[Owner, ...]) -> str:
    """`Deployment web`: the highest owner known."""
    return f"{chain[-1].ref.kind} {chain[-1].ref.name}" if chain else "no owner"
