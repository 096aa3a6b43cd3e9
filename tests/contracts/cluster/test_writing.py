"""Creates, patches and deletes: preconditions, conflicts, dry-runs."""

from __future__ import annotations

import json

from tests.contracts.cluster.ground import STRATEGIC, Ground
from tests.contracts.cluster.objects import account, binding, deployment, pod, policy, role

_DRY = (("dryRun", "All"),)


def reason(body: bytes) -> str:
    return str(json.loads(body)["reason"])


async def test_a_name_is_given_once(cluster_under_test: Ground) -> None:
    await cluster_under_test.create(policy("wall", {"app": "web"}))

    again = await cluster_under_test.send(
        "POST", cluster_under_test.path("NetworkPolicy"), policy("wall", {"app": "other"})
    )

    assert (again.status, reason(again.body)) == (409, "AlreadyExists")


async def test_a_create_carries_its_field_manager(cluster_under_test: Ground) -> None:
    reply = await cluster_under_test.send(
        "POST",
        cluster_under_test.path("NetworkPolicy"),
        policy("wall", {"app": "web"}),
        (("fieldManager", "field-7f3a"),),
    )

    assert cluster_under_test.read(reply, 201)["metadata"]["managedFields"][0]["manager"] == "field-7f3a"


async def test_a_merge_patch_sets_and_removes_labels(cluster_under_test: Ground) -> None:
    await cluster_under_test.create(pod("web", {"app": "web", "old": "1"}))

    reply = await cluster_under_test.patch("Pod", "web", {"metadata": {"labels": {"old": None, "new": "2"}}})

    assert cluster_under_test.read(reply)["metadata"]["labels"] == {"app": "web", "new": "2"}


async def test_a_strategic_patch_merges_containers_by_name(cluster_under_test: Ground) -> None:
    await cluster_under_test.create(deployment("web", 0))
    body = {"spec": {"template": {"spec": {"containers": [{"name": "app", "image": "registry.example/app:2"}]}}}}

    reply = await cluster_under_test.patch("Deployment", "web", body, STRATEGIC)

    containers = cluster_under_test.read(reply)["spec"]["template"]["spec"]["containers"]
    assert [(one["name"], one["image"]) for one in containers] == [("app", "registry.example/app:2")]


async def test_a_patch_with_an_old_version_conflicts(cluster_under_test: Ground) -> None:
    made = await cluster_under_test.create(account("a"))
    old = made["metadata"]["resourceVersion"]
    await cluster_under_test.patch("ServiceAccount", "a", {"metadata": {"labels": {"x": "1"}}})

    late = await cluster_under_test.patch(
        "ServiceAccount", "a", {"metadata": {"resourceVersion": old, "labels": {"x": "2"}}}
    )

    assert (late.status, reason(late.body)) == (409, "Conflict")


async def test_a_patch_with_another_uid_conflicts(cluster_under_test: Ground) -> None:
    await cluster_under_test.create(account("a"))
    other = "00000000-0000-4000-8000-000000000000"

    reply = await cluster_under_test.patch("ServiceAccount", "a", {"metadata": {"uid": other, "labels": {"x": "1"}}})

    assert reply.status in (409, 422)
    assert "labels" not in (await cluster_under_test.get("ServiceAccount", "a") or {})["metadata"]


async def test_a_patch_of_what_is_not_there_is_404(cluster_under_test: Ground) -> None:
    reply = await cluster_under_test.patch("Pod", "nobody", {"metadata": {"labels": {"x": "1"}}})

    assert (reply.status, reason(reply.body)) == (404, "NotFound")


async def test_a_replacement_needs_the_version_it_read(cluster_under_test: Ground) -> None:
    made = await cluster_under_test.create(role("reader", ["get"]))
    await cluster_under_test.patch("Role", "reader", {"metadata": {"labels": {"x": "1"}}})

    late = await cluster_under_test.send("PUT", cluster_under_test.path("Role", "reader"), {**made, "rules": []})

    assert late.status == 409


async def test_a_delete_with_another_uid_is_refused(cluster_under_test: Ground) -> None:
    await cluster_under_test.create(account("a"))

    reply = await cluster_under_test.delete(
        "ServiceAccount", "a", preconditions={"uid": "00000000-0000-4000-8000-000000000000"}
    )

    assert (reply.status, reason(reply.body)) == (409, "Conflict")
    assert await cluster_under_test.get("ServiceAccount", "a")


async def test_a_delete_with_its_uid_and_version_deletes(cluster_under_test: Ground) -> None:
    meta = (await cluster_under_test.create(account("a")))["metadata"]

    reply = await cluster_under_test.delete(
        "ServiceAccount", "a", preconditions={"uid": meta["uid"], "resourceVersion": meta["resourceVersion"]}
    )

    assert reply.status == 200
    assert await cluster_under_test.get("ServiceAccount", "a") is None


async def test_a_delete_with_an_old_version_is_refused(cluster_under_test: Ground) -> None:
    meta = (await cluster_under_test.create(account("a")))["metadata"]
    await cluster_under_test.patch("ServiceAccount", "a", {"metadata": {"labels": {"x": "1"}}})

    reply = await cluster_under_test.delete(
        "ServiceAccount", "a", preconditions={"resourceVersion": meta["resourceVersion"]}
    )

    assert (reply.status, reason(reply.body)) == (409, "Conflict")


async def test_a_delete_of_what_is_not_there_is_404(cluster_under_test: Ground) -> None:
    assert (await cluster_under_test.delete("Pod", "nobody")).status == 404


async def test_dry_runs_answer_as_if_and_change_nothing(cluster_under_test: Ground) -> None:
    ground = cluster_under_test
    made = await ground.create(account("a"))

    created = await ground.send("POST", ground.path("NetworkPolicy"), policy("wall", {"app": "web"}), _DRY)
    patched = await ground.patch("ServiceAccount", "a", {"metadata": {"labels": {"x": "1"}}}, query=_DRY)
    deleted = await ground.delete("ServiceAccount", "a", dryRun=["All"])

    assert (created.status, patched.status, deleted.status) == (201, 200, 200)
    assert ground.read(patched)["metadata"]["labels"] == {"x": "1"}
    assert await ground.get("NetworkPolicy", "wall") is None
    kept = await ground.get("ServiceAccount", "a")
    assert kept is not None
    assert kept["metadata"]["resourceVersion"] == made["metadata"]["resourceVersion"]


async def test_a_dry_run_names_what_is_invalid(cluster_under_test: Ground) -> None:
    wrong = policy("wall", {"app": "web"})
    wrong["spec"]["policyTypes"] = ["Sideways"]

    reply = await cluster_under_test.send("POST", cluster_under_test.path("NetworkPolicy"), wrong, _DRY)

    assert (reply.status, reason(reply.body)) == (422, "Invalid")


async def test_a_binding_can_be_deleted_and_put_back_with_the_same_name(cluster_under_test: Ground) -> None:
    ground = cluster_under_test
    await ground.create(role("reader", ["get"]), account("a"))
    first = await ground.create(binding("a-reads", "reader", ground.namespace, "a"))

    await ground.delete("RoleBinding", "a-reads", preconditions={"uid": first["metadata"]["uid"]})
    second = await ground.create(binding("a-reads", "reader", ground.namespace, "a"))

    assert second["metadata"]["uid"] != first["metadata"]["uid"]
    assert second["subjects"] == first["subjects"]


async def test_a_binding_can_lose_one_subject(cluster_under_test: Ground) -> None:
    ground = cluster_under_test
    both = binding("read", "reader", ground.namespace, "a")
    both["subjects"].append({"kind": "ServiceAccount", "name": "b", "namespace": ground.namespace})
    await ground.create(role("reader", ["get"]), both)

    reply = await ground.patch("RoleBinding", "read", {"subjects": both["subjects"][1:]})

    assert [subject["name"] for subject in ground.read(reply)["subjects"]] == ["b"]
