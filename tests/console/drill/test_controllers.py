"""Controllers of the simulated cluster, beyond what the contract suite states of every cluster."""

from __future__ import annotations

import pytest

from console.drill.controllers.jobs import on_schedule
from console.drill.times import epoch
from tests.console.drill.lab import Lab

_APPS = "/apis/apps/v1/namespaces/shop"


def _uids(lab: Lab, start: str) -> set[str]:
    return {pod["metadata"]["uid"] for pod in lab.pods("shop", start)}


async def test_a_settled_cluster_is_silent(lab: Lab) -> None:
    before, lines = lab.server.store.revision, len(lab.server.audit.lines)

    await lab.wait(60)

    assert (lab.server.store.revision, len(lab.server.audit.lines)) == (before, lines)


async def test_controllers_sign_their_writes_with_their_account(lab: Lab) -> None:
    pod = lab.pods("shop", "web-")[0]["metadata"]

    lab.send("DELETE", f"/api/v1/namespaces/shop/pods/{pod['name']}")
    await lab.wait(5)

    made = [e for e in lab.events() if e["verb"] == "create" and e["objectRef"]["resource"] == "pods"]
    users = {event["user"]["username"] for event in made}
    assert users == {"system:serviceaccount:kube-system:replicaset-controller", "system:kube-scheduler"}
    replacement = next(each for each in lab.pods("shop", "web-") if each["metadata"]["uid"] not in pod["uid"])
    assert replacement["metadata"]["managedFields"][0]["manager"] == "kube-controller-manager"


async def test_a_deleted_pod_ends_after_a_while_and_leaves_its_service_at_once(lab: Lab) -> None:
    pod = lab.pods("shop", "cart-")[0]["metadata"]

    reply = lab.send("DELETE", f"/api/v1/namespaces/shop/pods/{pod['name']}").json()
    await lab.wait(0.5)
    slices = [each for each in lab.server.store.all("EndpointSlice", "shop") if each["metadata"]["name"][:5] == "cart-"]
    conditions = {one["targetRef"]["uid"]: one["conditions"] for one in slices[0]["endpoints"]}
    still_there = pod["uid"] in _uids(lab, "cart-")
    await lab.wait(3)

    assert reply["metadata"]["deletionGracePeriodSeconds"] == 30
    assert conditions[pod["uid"]] == {"ready": False, "serving": True, "terminating": True}
    assert still_there
    assert pod["uid"] not in _uids(lab, "cart-")


async def test_a_cheap_pod_is_given_up_last_when_its_cost_is_high(lab: Lab) -> None:
    keep = lab.pods("shop", "web-")[1]["metadata"]
    cost = {"metadata": {"annotations": {"controller.kubernetes.io/pod-deletion-cost": "100"}}}
    lab.patch(f"/api/v1/namespaces/shop/pods/{keep['name']}", cost)

    lab.patch(f"{_APPS}/deployments/web/scale", {"spec": {"replicas": 1}})
    await lab.wait(5)

    assert _uids(lab, "web-") == {keep["uid"]}


async def test_a_changed_template_rolls_to_a_new_replica_set(lab: Lab) -> None:
    before = _uids(lab, "web-")
    image = [{"name": "web", "image": "registry.shop.invalid/shop/web:4.2.2"}]

    lab.patch(f"{_APPS}/deployments/web", {"spec": {"template": {"spec": {"containers": image}}}})
    await lab.wait(6)

    sets = [each for each in lab.server.store.all("ReplicaSet", "shop") if each["metadata"]["name"].startswith("web-")]
    assert sorted(each["spec"]["replicas"] for each in sets) == [0, 3]
    assert not before & _uids(lab, "web-")
    assert len(_uids(lab, "web-")) == 3


async def test_a_foreground_deletion_waits_for_what_is_owned(lab: Lab) -> None:
    lab.send("DELETE", f"{_APPS}/deployments/cart", {"propagationPolicy": "Foreground"})
    held = lab.server.store.get("Deployment", "shop", "cart")

    await lab.wait(8)

    assert held is not None
    assert held["metadata"]["finalizers"] == ["foregroundDeletion"]
    assert lab.server.store.get("Deployment", "shop", "cart") is None
    assert not lab.pods("shop", "cart-")


async def test_a_cron_job_makes_jobs_until_it_is_suspended_and_keeps_three(lab: Lab) -> None:
    path = "/apis/batch/v1/namespaces/shop/cronjobs"
    container = {"name": "c", "image": "shop/backup:1"}
    template = {"spec": {"template": {"spec": {"restartPolicy": "Never", "containers": [container]}}}}
    body = {"metadata": {"name": "often"}, "spec": {"schedule": "* * * * *", "jobTemplate": template}}
    assert lab.send("POST", path, body).status == 201

    await lab.wait(6 * 60)
    jobs = [job for job in lab.server.store.all("Job", "shop") if job["metadata"]["name"].startswith("often-")]
    lab.patch(f"{path}/often", {"spec": {"suspend": True}})
    last = max(job["metadata"]["name"] for job in jobs)
    await lab.wait(3 * 60)

    assert 3 <= len(jobs) <= 4
    assert max(job["metadata"]["name"] for job in lab.server.store.all("Job", "shop")) == last
    assert {pod["status"]["phase"] for pod in lab.pods("shop", "often-")} == {"Succeeded"}


@pytest.mark.parametrize(
    ("schedule", "at", "named"),
    [
        ("* * * * *", "2026-06-01T03:17:00Z", True),
        ("17 3 * * *", "2026-06-01T03:17:00Z", True),
        ("17 3 * * *", "2026-06-01T04:17:00Z", False),
        ("*/15 * * * *", "2026-06-01T03:45:00Z", True),
        ("*/15 * * * *", "2026-06-01T03:46:00Z", False),
        ("0 9-17 * * 1-5", "2026-06-01T10:00:00Z", True),
        ("0 9-17 * * 1-5", "2026-06-06T10:00:00Z", False),
        ("5,35 * * * *", "2026-06-01T10:35:00Z", True),
    ],
)
def test_a_schedule_names_its_minutes(schedule: str, at: str, named: bool) -> None:
    assert on_schedule(schedule, epoch(at)) is named


async def test_budgets_say_how_many_pods_may_go(lab: Lab) -> None:
    before = lab.server.store.get("PodDisruptionBudget", "shop", "web")
    lab.patch(f"{_APPS}/deployments/web/scale", {"spec": {"replicas": 2}})
    await lab.wait(5)
    after = lab.server.store.get("PodDisruptionBudget", "shop", "web")

    assert before is not None
    assert after is not None
    assert (before["status"]["disruptionsAllowed"], after["status"]["disruptionsAllowed"]) == (1, 0)


async def test_an_open_exec_ends_when_its_pod_goes(lab: Lab) -> None:
    name = lab.pods("shop", "web-")[0]["metadata"]["name"]
    opened = lab.send("GET", f"/api/v1/namespaces/shop/pods/{name}/exec?command=sh")
    open_before = lab.server.streams.count()
    lab.send("DELETE", f"/api/v1/namespaces/shop/pods/{name}")
    await lab.wait(4)

    stages = [e["stage"] for e in lab.events() if e["objectRef"].get("subresource") == "exec"]
    assert opened.status == 101
    assert (open_before, lab.server.streams.count()) == (1, 0)
    assert stages == ["ResponseStarted", "ResponseComplete"]
