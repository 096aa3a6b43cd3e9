"""A suspended workload must stay quiet, by owner and by image; images count by digest."""

from __future__ import annotations

from typing import Any

import pytest

from tests.console.checks.scripted import Scripted, ask_check, meta, pod, ref

WEB = ref("Deployment", "shop", "web", "d1")
REPLICAS = {
    **meta("web-1", "shop", uid="rs1", ownerReferences=[{"kind": "Deployment", "uid": "d1", "controller": True}])
}


def web(replicas: int) -> dict[str, Any]:
    template = {"spec": {"containers": [{"name": "main", "image": "shop/web:1"}]}}
    spec = {"replicas": replicas, "template": template}
    return {**meta("web", "shop", uid="d1"), "spec": spec, "status": {"replicas": replicas}}


def test_a_workload_at_zero_without_pods_is_quiet() -> None:
    facts = Scripted().watch("Deployment", web(0)).watch("ReplicaSet", REPLICAS)
    assert ask_check("workload.quiet", facts, WEB).truth is True


def test_a_workload_that_was_scaled_back_is_not() -> None:
    facts = Scripted().watch("Deployment", web(1)).watch("ReplicaSet", REPLICAS)
    facts.watch("Pod", pod("web-1-x", owner=("ReplicaSet", "web-1", "rs1"), image="shop/web:1"))
    assert ask_check("workload.quiet", facts, WEB).truth is False


def test_the_same_image_under_another_owner_is_not_quiet() -> None:
    facts = Scripted().watch("Deployment", web(0))
    facts.watch("Pod", pod("twin", owner=("ReplicaSet", "twin", "rs9"), image="shop/web:1"))
    verdict = ask_check("workload.quiet", facts, WEB)
    assert verdict.truth is False
    assert "its image still runs in twin" in verdict.observed


def test_a_pod_kept_for_forensics_is_not_counted() -> None:
    facts = Scripted().watch("Deployment", web(0)).watch("Pod", pod("web-1-x", image="shop/web:1"))
    assert ask_check("workload.quiet", facts, WEB).truth is True


def test_a_deleted_workload_is_quiet_when_no_pod_of_its_uid_is_left() -> None:
    assert ask_check("workload.quiet", Scripted(), WEB).truth is True
    assert ask_check("workload.quiet", Scripted(), ref("Deployment", "shop", "web")).truth is None
    facts = Scripted().watch("ReplicaSet", REPLICAS).watch("Pod", pod("x", owner=("ReplicaSet", "web-1", "rs1")))
    assert ask_check("workload.quiet", facts, WEB).truth is False


RUNNING = pod("web-1-x", owner=("ReplicaSet", "web-1", "rs1"), digest="reg/web@sha256:good")


def running() -> Scripted:
    return Scripted().watch("Deployment", web(1)).watch("ReplicaSet", REPLICAS).watch("Pod", RUNNING)


def test_a_bad_digest_that_runs_anywhere_is_not_fixed_and_none_is_unknown_without_a_scan() -> None:
    facts = running().watch("Pod", pod("twin", "bank", digest="reg/shop/web@sha256:bad"))
    assert ask_check("image.fixed", facts, WEB).truth is None
    verdict = ask_check("image.fixed", facts.say("image.bad", "sha256:bad"), WEB)
    assert (verdict.truth, verdict.observed) == (False, "a bad image still runs in bank/twin")
    assert ask_check("image.fixed", running().say("image.bad", "sha256:bad"), WEB).truth is None


def test_an_image_is_fixed_when_what_runs_was_scanned_clean_and_nothing_bad_runs() -> None:
    facts = running().say("image.bad", "sha256:bad").say("scan.clean", "sha256:other")
    assert ask_check("image.fixed", facts, WEB).truth is False
    assert ask_check("image.fixed", facts.say("scan.clean", "sha256:good"), WEB).truth is True


def test_a_running_image_nobody_approved_shows() -> None:
    facts = Scripted().watch("Deployment", web(1)).watch("ReplicaSet", REPLICAS).say("image.approved", "sha256:good")
    facts.watch("Pod", pod("web-1-x", owner=("ReplicaSet", "web-1", "rs1"), digest="reg/web@sha256:old"))
    verdict = ask_check("workload.approved", facts, WEB)
    assert (verdict.truth, verdict.observed) == (False, "images not approved in web-1-x")


def test_an_approved_rollout_ticks_when_git_is_said_to_hold_the_same_for_that_workload() -> None:
    facts = running().say("image.approved", "sha256:good").say("git.clean", "shop/api 1f2e")
    assert ask_check("workload.approved", facts, WEB).truth is None
    assert ask_check("workload.approved", facts.say("git.clean", "shop/web 1f2e"), WEB).truth is True


def test_a_rollout_that_is_not_ready_or_an_image_not_pulled_yet_is_not_approved() -> None:
    for status in (
        {"phase": "Pending"},
        {"containerStatuses": [{"name": "main", "imageID": "reg/web@sha256:good", "ready": False}]},
    ):
        facts = Scripted().watch("Deployment", web(1)).watch("ReplicaSet", REPLICAS)
        facts.watch("Pod", RUNNING | {"status": status}).say("image.approved", "sha256:good")
        assert ask_check("workload.approved", facts, WEB).truth is False


@pytest.mark.parametrize(
    ("state", "truth", "observed"),
    [
        ({"running": {}}, False, "its image still runs in"),
        (None, None, "ended by phase, but no container says that it has"),
        ({"terminated": {}}, True, "no pod runs its image"),
    ],
)
def test_an_image_that_runs_in_a_pod_called_ended_is_not_quiet(
    state: dict[str, Any] | None, truth: bool | None, observed: str
) -> None:
    forged = pod("other-1", owner=("ReplicaSet", "other", "rs9"), image="shop/web:1")
    forged["status"]["phase"] = "Succeeded"
    forged["status"]["containerStatuses"][0]["state"] = state
    facts = Scripted().watch("Deployment", web(0)).watch("ReplicaSet", REPLICAS).watch("Pod", forged)

    verdict = ask_check("workload.quiet", facts, WEB)

    assert verdict.truth is truth
    assert observed in verdict.observed
