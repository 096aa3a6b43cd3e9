"""What changed in 24 hours: whose hand shows, and what is too old to count. Objects as an API server has them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import msgspec
import pytest

from console.hygiene.exporting import Exporter
from console.model.instants import seconds
from console.model.objects import Binding, Event, Obj, SigningRequest, Workload
from console.ports.cluster import View
from console.ports.views import ChangeRow
from console.rules.changes import MOST, recent_changes

NOW = seconds("2026-11-23T12:00:00Z") or 0.0
LATELY, LONG_AGO = "2026-11-23T04:00:00Z", "2026-11-01T00:00:00Z"
export = Exporter(b"test")


class Some:
    """A view of these objects."""

    def __init__(self, objects: list[Obj]) -> None:
        self._objects = objects

    def all(self, namespace: str = "") -> list[Obj]:
        return self._objects


def seeing(kind: str, *objects: Obj) -> Callable[[str], View | None]:
    view: Any = Some(list(objects))
    return lambda asked: view if asked == kind else None


def mark(manager: str, time: str, subresource: str = "") -> dict[str, str]:
    return {"manager": manager, "operation": "Update", "time": time, "subresource": subresource}


def deployment(*marks: dict[str, str], created: str = LONG_AGO) -> Obj:
    meta = {"name": "web", "namespace": "shop", "creationTimestamp": created, "managedFields": list(marks)}
    return msgspec.convert({"metadata": meta}, Workload)


def rows(kind: str, *objects: Obj) -> list[ChangeRow]:
    return recent_changes(seeing(kind, *objects), NOW, export)


def test_who_edits_a_workload_is_not_hidden_by_the_controller_that_carries_it_out() -> None:
    """After every edit the deployment controller writes status and revision: its mark is always the newest."""
    carried_out = "2026-11-23T04:00:05Z"
    found = rows(
        "Deployment",
        deployment(
            mark("kubectl-create", LONG_AGO),
            mark("kubectl-edit", LATELY),
            mark("kube-controller-manager", carried_out),
            mark("kube-controller-manager", carried_out, "status"),
        ),
    )

    assert [(row.verb, row.manager, row.at) for row in found] == [("changed", "kubectl-edit", seconds(LATELY))]


@pytest.mark.parametrize(
    "marks",
    [
        [mark("kubectl-create", LONG_AGO), mark("kube-controller-manager", LATELY)],
        [mark("kubectl-create", LONG_AGO), mark("ingress-operator", LATELY, "status")],
        [],
    ],
    ids=["controllers at work", "a status", "no marks at all"],
)
def test_what_only_controllers_keep_going_is_no_news(marks: list[dict[str, str]]) -> None:
    assert rows("Deployment", deployment(*marks)) == []


def test_what_was_made_lately_shows_when_and_by_whom() -> None:
    by_hand = deployment(mark("kubectl-create", LATELY), mark("kube-controller-manager", LATELY), created=LATELY)
    by_controller = deployment(mark("kube-controller-manager", LATELY), created=LATELY)
    for obj, hand in ((by_hand, "kubectl-create"), (by_controller, "kube-controller-manager")):
        (row,) = rows("Deployment", obj)
        assert (row.verb, row.name, row.manager, row.at) == ("created", "shop/web", hand, seconds(LATELY))


def test_a_signing_request_says_how_it_stands_who_asked_and_for_what() -> None:
    meta = {"name": "backup", "creationTimestamp": LATELY}
    spec = {"username": "system:serviceaccount:shop:ci", "signerName": "kubernetes.io/kube-apiserver-client"}
    asked: dict[str, Any] = {"metadata": meta, "spec": spec}
    (pending,) = rows("CertificateSigningRequest", msgspec.convert(asked, SigningRequest))
    approved = asked | {"status": {"conditions": [{"type": "Approved"}]}}
    (signed,) = rows("CertificateSigningRequest", msgspec.convert(approved, SigningRequest))

    assert pending.text == f"pending, asked by {spec['username']} for {spec['signerName']}"
    assert signed.text.startswith("Approved, asked by")


def test_warnings_among_the_events_show_and_what_is_normal_does_not() -> None:
    base = {
        "metadata": {"name": "e", "namespace": "shop"},
        "involvedObject": {"kind": "Pod", "namespace": "shop", "name": "web-1"},
        "reason": "FailedMount",
        "message": "secret \x1b[2Jmissing",
        "lastTimestamp": LATELY,
    }
    warning, normal = (msgspec.convert(base | {"type": kind}, Event) for kind in ("Warning", "Normal"))
    old = msgspec.convert(base | {"type": "Warning", "lastTimestamp": LONG_AGO}, Event)
    (row,) = rows("Event", warning, normal, old)

    assert (row.verb, row.kind, row.name) == ("warned", "Pod", "shop/web-1")
    assert row.text.startswith("FailedMount: ")
    assert row.text.isprintable()


def test_the_newest_come_first_and_there_are_not_more_than_can_be_shown() -> None:
    many = [
        msgspec.convert({"metadata": {"name": f"b{n}", "creationTimestamp": f"2026-11-23T{n % 12:02}:00:00Z"}}, Binding)
        for n in range(MOST + 20)
    ]
    found = rows("ClusterRoleBinding", *many)

    assert len(found) == MOST
    assert [row.at for row in found] == sorted((row.at for row in found), reverse=True)
