"""Access reviews and who we are."""

from __future__ import annotations

from typing import Any

from tests.contracts.cluster.ground import Ground
from tests.contracts.cluster.objects import account, binding, role

_AUTHORIZATION = "/apis/authorization.k8s.io/v1"


def _review(kind: str, namespace: str, verb: str, **more: Any) -> dict[str, Any]:
    attributes = {"verb": verb, "resource": "pods", "namespace": namespace}
    spec = {"resourceAttributes": attributes, **more}
    return {"apiVersion": "authorization.k8s.io/v1", "kind": kind, "spec": spec}


async def _allowed(ground: Ground, verb: str, user: str, groups: tuple[str, ...] = ()) -> bool:
    body = _review("SubjectAccessReview", ground.namespace, verb, user=user, groups=list(groups))
    answer = ground.read(await ground.send("POST", f"{_AUTHORIZATION}/subjectaccessreviews", body), 201)
    return bool(answer["status"]["allowed"])


async def test_the_admin_may_do_what_it_asks_for(cluster_under_test: Ground) -> None:
    body = _review("SelfSubjectAccessReview", cluster_under_test.namespace, "delete")

    reply = await cluster_under_test.send("POST", f"{_AUTHORIZATION}/selfsubjectaccessreviews", body)

    assert cluster_under_test.read(reply, 201)["status"]["allowed"] is True


async def test_another_user_may_nothing_until_granted(cluster_under_test: Ground) -> None:
    ground = cluster_under_test
    before = await _allowed(ground, "list", "someone")

    await ground.grant([{"apiGroups": [""], "resources": ["pods"], "verbs": ["list"]}])

    async def granted() -> bool:
        return await _allowed(ground, "list", "someone")

    assert before is False
    await ground.until(granted, "the grant is effective")
    assert await _allowed(ground, "delete", "someone") is False


async def test_an_account_loses_its_rights_with_its_binding(cluster_under_test: Ground) -> None:
    ground = cluster_under_test
    await ground.create(
        account("robot"), role("reader", ["list"]), binding("robot-reads", "reader", ground.namespace, "robot")
    )
    user = f"system:serviceaccount:{ground.namespace}:robot"
    groups = ("system:serviceaccounts", f"system:serviceaccounts:{ground.namespace}", "system:authenticated")

    async def allowed() -> bool:
        return await _allowed(ground, "list", user, groups)

    async def denied() -> bool:
        return not await allowed()

    await ground.until(allowed, "the binding is effective")
    await ground.delete("RoleBinding", "robot-reads")
    await ground.until(denied, "the lost binding is effective")


async def test_the_server_says_who_we_are(cluster_under_test: Ground) -> None:
    body = {"apiVersion": "authentication.k8s.io/v1", "kind": "SelfSubjectReview"}

    reply = await cluster_under_test.send("POST", "/apis/authentication.k8s.io/v1/selfsubjectreviews", body)

    assert cluster_under_test.read(reply, 201)["status"]["userInfo"]["username"]


async def test_the_cluster_has_an_identity_and_a_version(cluster_under_test: Ground) -> None:
    ground = cluster_under_test

    namespace = ground.read(await ground.send("GET", "/api/v1/namespaces/kube-system"))
    version = ground.read(await ground.send("GET", "/version"))

    assert len(namespace["metadata"]["uid"]) == 36
    assert version["gitVersion"].startswith("v1.")
