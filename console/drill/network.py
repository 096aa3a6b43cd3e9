"""Whether the simulated network lets a pod out: the drill's network plugin enforces every NetworkPolicy at once."""

from __future__ import annotations

from typing import Any

import msgspec

from console.drill.resources import Body
from console.drill.selectors import labels_of
from console.drill.store import Store
from console.model.network import NetworkPolicy
from console.policy.netpol import EGRESS, isolation


def is_cut_off(store: Store, pod: Body) -> bool:
    """Whether nothing leaves the pod: policies isolate its egress and none allows any. Host-network pods never are."""
    if pod["spec"].get("hostNetwork"):
        return False
    namespace = pod["metadata"]["namespace"]
    policies: Any = msgspec.convert(store.all("NetworkPolicy", namespace), list[NetworkPolicy])
    found = isolation(policies, namespace, dict(labels_of(pod)))
    return found.egress and not any(allow.direction == EGRESS for allow in found.allows)
