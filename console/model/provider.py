"""Which cloud runs a cluster's control plane, by what only that cloud can say of it. Pure.

A name like `eks:node-manager` is the provider's own on its own clusters alone: on any other whoever can sign a client
certificate may call himself so.
"""

from __future__ import annotations

from collections.abc import Iterable
from urllib.parse import urlsplit

PROVIDERS = EKS, GKE, AKS = "eks", "gke", "aks"
_BY_VERSION = (("-eks-", EKS), ("-gke.", GKE))
_BY_HOST = ((".eks.amazonaws.com", EKS), (".eks.amazonaws.com.cn", EKS), (".azmk8s.io", AKS))


def provider_of(version: str, server: str, node_ids: Iterable[str] = ()) -> str:
    """`eks`, `gke`, `aks`, or "" for a cluster of one's own, and while it is not known.

    Args:
        version: `gitVersion` of the API server.
        server: its address.
        node_ids: `spec.providerID` of all nodes, "" where it has none. Machines in a cloud do not make a cluster that
            cloud's; of Azure, whose versions look like everybody's, its own node pools do, when all nodes are in one.
    """
    for mark, provider in _BY_VERSION:
        if mark in version:
            return provider
    host = urlsplit(server).hostname or ""
    for suffix, provider in _BY_HOST:
        if host.endswith(suffix):
            return provider
    ids = list(node_ids)
    return AKS if ids and all(one.startswith("azure://") and "/aks-" in one for one in ids) else ""
