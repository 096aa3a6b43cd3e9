"""Whose cluster this is, as far as it can be seen: then the names that cloud reserves for itself are its own."""

from __future__ import annotations

from typing import cast

from console.model.objects import Node
from console.model.provider import provider_of
from console.ports.cluster import Cluster


def provider_here(cluster: Cluster) -> str:
    """The provider of this cluster, "" for none; asked once a second, a walk over the nodes at most."""
    nodes = cluster.view("Node")
    ids = (cast(Node, one).spec.provider_id for one in nodes.all()) if nodes.health.state == "live" else ()
    return provider_of(cluster.info.version, cluster.info.server, ids)
