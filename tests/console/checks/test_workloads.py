"""A workload stands still only when it is set to, its controller saw it, and no pod is left."""

from __future__ import annotations

from typing import Any

import pytest

from console.checks.base import CHECKS
from console.checks.workloads import blind_to_again, made_again, stopped
from console.model.ref import BY_KIND
from tests.console.checks.book import NOW, Book

check = CHECKS["workload.stopped"]
NAMED = {"name": "web", "namespace": "shop"}


def _child(kind: str, uid: str, owner: str, **more: Any) -> dict[str, Any]:
    refs = [{"kind": kind, "name": "web", "uid": owner, "controller": True}]
    meta = {"name": f"web-{uid}", "namespace": "shop", "uid": uid, "ownerReferences": refs, **more.pop("meta", {})}
    return {"metadata": meta, **more}


def _book(kind: str, spec: dict[str, Any], status: dict[str, Any], *pods: dict[str, Any], generation: int = 2) -> Book:
    book = Book()
    for other in ("ReplicaSet", "Job"):
        book.watch(other)
    book.watch(kind, {"metadata": {**NAMED, "uid": "o1", "generation": generation}, "spec": spec, "status": status})
    if kind == "Deployment":
        book.watch("ReplicaSet", _child("Deployment", "rs", "o1"))
    if kind == "CronJob":
        book.watch("Job", _child("CronJob", "job", "o1"))
    book.watch("Pod", *pods)
    return book


SEEN = {"observedGeneration": 2}


@pytest.mark.parametrize(
    ("kind", "spec", "status", "pods", "truth", "observed"),
    [
        ("Deployment", {"replicas": 0}, SEEN, [], True, "stands still"),
        ("Deployment", {"replicas": 0}, {"observedGeneration": 1}, [], False, "has not seen"),
        ("Deployment", {"replicas": 0}, {**SEEN, "replicas": 1}, [], False, "still counted"),
        ("Deployment", {"replicas": 0}, SEEN, [_child("ReplicaSet", "p", "rs")], False, "1 pods of it"),
        ("Deployment", {"replicas": 1}, SEEN, [], False, "spec.replicas is 1"),
        ("Deployment", {}, SEEN, [], False, "spec.replicas is 1"),
        ("StatefulSet", {"replicas": 0}, SEEN, [_child("StatefulSet", "p", "o1")], False, "1 pods of it"),
        ("DaemonSet", {}, {**SEEN, "desiredNumberScheduled": 2}, [], False, "still wants nodes"),
        ("DaemonSet", {}, SEEN, [], True, "stands still"),
        ("Job", {"suspend": True}, {}, [], True, "stands still"),
        ("Job", {"suspend": True}, {}, [_child("Job", "p", "o1")], False, "1 pods of it"),
        ("Job", {}, {}, [], False, "spec.suspend"),
        ("CronJob", {"suspend": True}, {}, [_child("Job", "p", "job")], False, "suspended, but 1 pods"),
        ("CronJob", {"suspend": True}, {}, [], True, "stands still"),
    ],
)
def test_a_stop_counts_only_when_nothing_of_it_runs(
    kind: str, spec: dict[str, Any], status: dict[str, Any], pods: list[dict[str, Any]], truth: bool, observed: str
) -> None:
    verdict = check(_book(kind, spec, status, *pods), BY_KIND[kind].ref("shop", "web", "o1"))
    assert verdict.truth is truth
    assert observed in verdict.observed


def test_a_pod_that_was_isolated_before_does_not_count() -> None:
    lone = {"metadata": {"name": "web-x", "namespace": "shop", "uid": "p"}}
    verdict = check(_book("Deployment", {"replicas": 0}, SEEN, lone), BY_KIND["Deployment"].ref("shop", "web"))
    assert verdict.truth is True


RUNNING, OVER = {"running": {"startedAt": "2026-05-28T00:00:00Z"}}, {"terminated": {"exitCode": 0}}
ON_A_NODE = {"nodeName": "node-0", "containers": [{"name": "main"}, {"name": "side"}]}


def _called(phase: str, *states: dict[str, Any], spec: dict[str, Any] | None = None) -> dict[str, Any]:
    statuses = [{"name": name, "state": state} for name, state in zip(("main", "side"), states, strict=False)]
    status = {"phase": phase, "containerStatuses": statuses}
    return _child("Job", "p", "o1", spec=ON_A_NODE if spec is None else spec, status=status)


@pytest.mark.parametrize(
    ("pod", "truth", "observed"),
    [
        (_called("Succeeded", OVER, OVER), True, "stands still"),
        (_called("Failed", OVER, OVER), True, "stands still"),
        (_called("Failed", spec={"containers": [{"name": "main"}]}), True, "stands still"),  # no node ever had it
        (_called("Succeeded", OVER, RUNNING), False, "1 pods of it"),
        (_called("Succeeded", OVER), None, "web-p: ended by phase, but no container says that it has"),
        (_called("Failed"), None, "web-p: ended by phase, but no container says that it has"),
        (_called("Running", OVER, OVER), False, "1 pods of it"),
    ],
)
def test_a_pod_has_ended_when_its_containers_say_so_and_not_by_its_phase(
    pod: dict[str, Any], truth: bool | None, observed: str
) -> None:
    """Whoever may write pods/status can call a pod Succeeded that runs: its controller stops counting it."""
    verdict = check(_book("Job", {"suspend": True}, {}, pod), BY_KIND["Job"].ref("shop", "web"))

    assert verdict.truth is truth
    assert observed in verdict.observed
    assert any("can forge" in limit for limit in verdict.limits)


def test_another_object_of_the_name_was_not_stopped() -> None:
    verdict = check(_book("Deployment", {"replicas": 0}, SEEN), BY_KIND["Deployment"].ref("shop", "web", "o0"))
    assert verdict.truth is False
    assert "another one" in verdict.observed


def test_unseen_pods_are_unknown_not_none() -> None:
    book = _book("Deployment", {"replicas": 0}, SEEN)
    del book.objects["Pod"]
    assert check(book, BY_KIND["Deployment"].ref("shop", "web")).truth is None


def test_the_hand_that_started_it_again_is_named_only_when_it_left_a_mark() -> None:
    target = BY_KIND["Deployment"].ref("shop", "web")
    book = _book("Deployment", {"replicas": 3}, SEEN)
    fields = [{"manager": "kubectl", "operation": "Update", "time": "2026-05-28T00:00:00Z"}]
    meta = {**NAMED, "uid": "o1", "managedFields": fields}
    book.watch("Deployment", {"metadata": meta, "spec": {"replicas": 3}})
    (line,) = stopped(book, target, since=NOW).residual
    assert "no mark" in line
    fields.append({"manager": "argocd", "operation": "Update", "time": "2036-05-28T00:00:00Z"})
    book.watch("Deployment", {"metadata": meta, "spec": {"replicas": 3}})
    assert stopped(book, target, since=NOW).residual == ("put back by field manager argocd",)


def test_only_the_same_image_of_the_owner_or_of_nobody_is_the_same_thing_again() -> None:
    def made(uid: str, image: str, owner: str) -> dict[str, Any]:
        pod = _child("ReplicaSet", uid, owner, meta={"creationTimestamp": "2036-05-28T00:00:00Z"})
        pod["spec"] = {"containers": [{"name": "c", "image": image}]}
        return pod

    lone = made("lone", "bad", "rs")
    del lone["metadata"]["ownerReferences"]
    old = made("old", "bad", "rs")
    old["metadata"]["creationTimestamp"] = "2006-05-28T00:00:00Z"
    pods = (made("again", "bad", "rs"), made("clean", "good", "rs"), made("other", "bad", "rs2"), lone, old)
    again = made_again(_book("Deployment", {}, {}, *pods), "shop", ["o1"], ["bad"], NOW)
    assert again == ["pod web-again was made again by ReplicaSet web", "pod web-lone was made again"]


def test_what_came_back_is_not_denied_while_its_makers_cannot_be_seen() -> None:
    """A forbidden watch of ReplicaSets must not look like a pod that stayed away."""
    stamp = {"creationTimestamp": "2036-05-28T00:00:00Z"}
    body = {"spec": {"containers": [{"name": "c", "image": "bad"}]}, "status": {}}
    direct = _child("ReplicaSet", "direct", "rs", meta=stamp, **body)
    seen, blind = _book("Deployment", {}, {}, direct), Book()
    blind.watch("Job")
    blind.watch("Pod", direct)

    assert blind_to_again(seen, "shop") == ()
    assert "cannot be seen" in blind_to_again(blind, "shop")[0]
    assert made_again(blind, "shop", ["rs"], ["bad"], NOW) == ["pod web-direct was made again by ReplicaSet web"]
