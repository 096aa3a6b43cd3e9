"""Isolation and detachment as facts show them; every false tick that looks like them is not one."""

from __future__ import annotations

from typing import Any

import pytest

from console.checks.base import CHECKS
from console.checks.pods import NO_DATA_PATH, out_of_services, replaced
from console.model.objects import Pod
from console.model.ref import BY_KIND
from tests.console.checks.book import Book

TARGET = BY_KIND["Pod"].ref("shop", "web", "u1")
isolated, detached = CHECKS["netpol.isolated"], CHECKS["pod.detached"]


def pod(uid: str = "u1", labels: dict[str, str] | None = None, owner: str = "", **spec: Any) -> dict[str, Any]:
    meta: dict[str, Any] = {"name": "web", "namespace": "shop", "uid": uid, "labels": labels or {"mark": "x"}}
    if owner:
        meta["ownerReferences"] = [{"kind": owner, "name": "web", "uid": "o1", "controller": True}]
    return {"metadata": meta, "spec": spec, "status": {"podIP": "10.0.0.1"}}


def policy(name: str, selector: dict[str, Any], **spec: Any) -> dict[str, Any]:
    return {"metadata": {"name": name, "namespace": "shop"}, "spec": {"podSelector": selector, **spec}}


DENY = policy("deny", {"matchLabels": {"mark": "x"}}, policyTypes=["Ingress", "Egress"])
ALLOW = policy("allow", {}, policyTypes=["Ingress"], ingress=[{}])


def _seen(*policies: dict[str, Any], **of_pod: Any) -> Book:
    book = Book()
    book.watch("Pod", pod(**of_pod))
    book.watch("NetworkPolicy", *policies)
    return book


def test_isolation_on_paper_is_never_more_than_unknown() -> None:
    verdict = isolated(_seen(DENY), TARGET)
    assert verdict.truth is None
    assert verdict.unverifiable == (NO_DATA_PATH,)


@pytest.mark.parametrize(
    ("book", "observed"),
    [
        (_seen(DENY, ALLOW), "ways stay open"),
        (_seen(), "ways stay open"),
        (_seen(DENY, labels={"app": "web"}), "ways stay open"),
        (_seen(DENY, hostNetwork=True), "the host's network"),
        (_seen(DENY, uid="u2"), "another one now"),
    ],
)
def test_what_looks_isolated_and_is_not_is_told(book: Book, observed: str) -> None:
    verdict = isolated(book, TARGET)
    assert verdict.truth is False
    assert observed in verdict.observed


def test_a_pod_that_is_gone_is_not_isolated() -> None:
    book = Book()
    book.watch("Pod")
    assert isolated(book, TARGET).truth is False


def test_without_a_live_watch_nothing_is_known() -> None:
    assert isolated(Book(), TARGET).truth is None
    book = Book()
    book.watch("Pod", pod())
    assert isolated(book, TARGET).truth is None
    assert detached(book, TARGET).truth is None


@pytest.mark.parametrize(
    ("owner", "endpoint", "truth"),
    [
        ("", None, True),
        ("ReplicaSet", None, False),
        ("", {"addresses": ["10.0.0.1"], "targetRef": {"uid": "u1"}}, False),
        ("", {"addresses": ["10.0.0.1"]}, False),
        ("", {"addresses": ["10.0.0.1"], "targetRef": {"uid": "u2"}}, True),
    ],
)
def test_detached_means_no_controller_and_no_endpoint(owner: str, endpoint: dict[str, Any] | None, truth: bool) -> None:
    book = _seen(owner=owner)
    book.watch(
        "EndpointSlice", {"metadata": {"name": "s", "namespace": "shop"}, "endpoints": [endpoint] if endpoint else None}
    )
    assert detached(book, TARGET).truth is truth


@pytest.mark.parametrize(
    ("kind", "obj", "truth"),
    [
        ("ReplicaSet", {"spec": {"replicas": 2}, "status": {"readyReplicas": 1}}, False),
        ("ReplicaSet", {"spec": {"replicas": 2}, "status": {"readyReplicas": 2}}, True),
        ("ReplicaSet", {"spec": {"replicas": 0}}, True),
        ("DaemonSet", {"status": {"desiredNumberScheduled": 2, "numberReady": 1}}, False),
        ("Job", {"status": {"active": 0}}, True),
    ],
)
def test_a_replacement_counts_when_its_owner_says_it_is_ready(kind: str, obj: dict[str, Any], truth: bool) -> None:
    book = Book()
    book.watch(kind, {"metadata": {"name": "web", "namespace": "shop", "uid": "o1"}, **obj})
    assert replaced(book, kind, "shop", "web", "o1").truth is truth


def test_an_owner_that_is_gone_replaces_nothing() -> None:
    book = Book()
    book.watch("ReplicaSet")
    assert replaced(book, "ReplicaSet", "shop", "web", "o1").truth is True


def test_endpoints_of_another_namespace_do_not_count() -> None:
    book = _seen()
    held = {"addresses": ["10.0.0.1"], "targetRef": {"uid": "u1"}}
    book.watch("EndpointSlice", {"metadata": {"name": "s", "namespace": "far"}, "endpoints": [held]})
    found = book.objects["Pod"][0]
    assert isinstance(found, Pod)
    assert out_of_services(book, found).truth is True
