"""Browsers: every kind as rows, free text exported, and a part never shown as the whole."""

from __future__ import annotations

import msgspec
import pytest

from console.hygiene.exporting import Exporter
from console.incident.browsing import object_row, right_aligned, titles
from console.incident.heading import header_view
from console.model.meta import Metadata, OwnerReference
from console.model.objects import Pod
from console.model.ref import BY_KIND
from console.model.state import IncidentState
from console.ports.cluster import ClusterInfo, KindHealth

export = Exporter(b"test")
SECRET = "eyJhbGciOiJSUzI1NiIsImtpZCI6IngifQ.eyJzdWIiOiJhIn0.c2lnbmF0dXJlLXNpZ25hdHVyZQ"
INFO = ClusterInfo("c", "https://server", "shop")


def pod(reason: str = "", owner: str = "web") -> Pod:
    owner_ = OwnerReference(kind="ReplicaSet", name=owner, uid="u1", controller=True)
    made = Pod(metadata=Metadata(name="web-1", namespace="shop", owner_references=[owner_]))
    return msgspec.structs.replace(made, status=msgspec.structs.replace(made.status, reason=reason))


def test_what_anybody_may_write_into_a_pod_is_redacted_and_cleaned() -> None:
    row = object_row("Pod", pod(f"token {SECRET} \x1b]52;c;x\x07", SECRET), export)

    assert not any(SECRET in cell for cell in row.cells)
    assert all(cell.isprintable() for cell in row.cells)
    assert row.cells[:2] == ("shop", "web-1")


@pytest.mark.parametrize("kind", sorted(BY_KIND))
def test_every_kind_has_a_title_for_each_cell(kind: str) -> None:
    assert len(titles(kind)) == len(right_aligned(kind))


def test_a_cluster_seen_in_part_is_not_shown_as_the_whole() -> None:
    watches = [KindHealth("Pod", "live", 1.0, namespaces=("infra", "shop")), KindHealth("Node", "forbidden", 1.0, "no")]

    header = header_view(INFO, IncidentState(), (), watches, {}, export, drill=False)

    (watch,) = header.sources
    assert (watch.state, watch.why) == ("forbidden", "Node: no; only in infra, shop")
