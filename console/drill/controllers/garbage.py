"""The garbage collector: what lost all its owners goes; deletions that orphan or wait for dependents are finished."""

from __future__ import annotations

from collections.abc import Iterator

from console.drill.controllers.hand import Hand
from console.drill.resources import SERVED, Body

_KINDS = frozenset(kind.kind for kind in SERVED)


def collect(hand: Hand) -> None:
    """One round over everything that has owners or finalizers."""
    alive = {obj["metadata"]["uid"] for _, obj in _everything(hand)}
    for kind, obj in list(_everything(hand)):
        metadata = obj["metadata"]
        if "deletionTimestamp" in metadata:
            _finish(hand, kind, obj)
            continue
        owners = metadata.get("ownerReferences") or ()
        known = [owner for owner in owners if owner["kind"] in _KINDS]
        if owners and len(known) == len(owners) and not any(owner["uid"] in alive for owner in known):
            hand.delete(kind, obj)


def _everything(hand: Hand) -> Iterator[tuple[str, Body]]:
    for kind in hand.store.kinds():
        for obj in hand.store.all(kind):
            yield kind, obj


def _finish(hand: Hand, kind: str, obj: Body) -> None:
    finalizers = obj["metadata"].get("finalizers") or ()
    dependents = [
        (each_kind, each)
        for each_kind, each in _everything(hand)
        if any(owner["uid"] == obj["metadata"]["uid"] for owner in each["metadata"].get("ownerReferences") or ())
    ]
    if "orphan" in finalizers:
        for each_kind, each in dependents:
            kept = [o for o in each["metadata"]["ownerReferences"] if o["uid"] != obj["metadata"]["uid"]]
            hand.patch(each_kind, each, {"metadata": {"ownerReferences": kept or None}})
    elif "foregroundDeletion" in finalizers:
        for each_kind, each in dependents:
            if "deletionTimestamp" not in each["metadata"]:
                hand.delete(each_kind, each)
        if dependents:
            return
    else:
        return
    left = [name for name in finalizers if name not in ("orphan", "foregroundDeletion")]
    hand.patch(kind, obj, {"metadata": {"finalizers": left or None}})
