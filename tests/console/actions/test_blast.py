"""What a plan tells of its consequences: pods, budgets, Services, accounts, reverters, webhooks."""

from __future__ import annotations

from typing import Any

import pytest

from console.actions.blast import (
    account_lines,
    budget_lines,
    pod_lines,
    pods_of_account,
    pods_on_node,
    service_lines,
)
from console.actions.reverters import helm_line, reverters, scaler_lines
from console.actions.webhooks import webhook_lines
from console.model.plan import Call, Step
from console.model.ref import BY_KIND, ResourceRef
from tests.console.actions.caches import caches


def owned(kind: str, name: str) -> list[dict[str, Any]]:
    return [{"apiVersion": "apps/v1", "kind": kind, "name": name, "uid": f"uid-{name}", "controller": True}]


def pod(name: str, owner: str = "web-1", node: str = "node-0", account: str = "", phase: str = "Running") -> Any:
    return {
        "kind": "Pod",
        "metadata": {
            "name": name,
            "namespace": "shop",
            "uid": f"uid-{name}",
            "labels": {"app": "web"},
            "ownerReferences": owned("ReplicaSet", owner) if owner else None,
        },
        "spec": {"nodeName": node, "serviceAccountName": account, "containers": []},
        "status": {"phase": phase},
    }


REPLICASET = {
    "kind": "ReplicaSet",
    "metadata": {
        "name": "web-1",
        "namespace": "shop",
        "uid": "uid-web-1",
        "ownerReferences": owned("Deployment", "web"),
    },
}
DEPLOYMENT = {"kind": "Deployment", "metadata": {"name": "web", "namespace": "shop", "uid": "uid-web"}}
BUDGET = {
    "kind": "PodDisruptionBudget",
    "metadata": {"name": "web", "namespace": "shop"},
    "spec": {"selector": {"matchLabels": {"app": "web"}}, "minAvailable": 1},
    "status": {"disruptionsAllowed": 1},
}
SERVICE = {
    "kind": "Service",
    "metadata": {"name": "web", "namespace": "shop"},
    "spec": {"selector": {"app": "web"}, "type": "ClusterIP"},
}
SLICE = {
    "kind": "EndpointSlice",
    "metadata": {"name": "web-x", "namespace": "shop", "labels": {"kubernetes.io/service-name": "web"}},
    "endpoints": [
        {"addresses": ["10.0.0.1"], "conditions": {"ready": True}, "targetRef": {"kind": "Pod", "uid": "uid-a"}},
        {"addresses": ["10.0.0.2"], "conditions": {}, "targetRef": {"kind": "Pod", "uid": "uid-b"}},
        {"addresses": ["10.0.0.3"], "conditions": {"ready": False}, "targetRef": {"kind": "Pod", "uid": "uid-c"}},
    ],
}
SHOP = caches(
    pod("a"), pod("b", node="node-1"), pod("done", phase="Succeeded"), pod("lone", owner="", account="builder"),
    REPLICASET, DEPLOYMENT, BUDGET, SERVICE, SLICE,
)  # fmt: skip


def test_pods_are_counted_by_their_highest_owner() -> None:
    assert pod_lines(SHOP, pods_on_node(SHOP, "node-0")) == ("2 pods: shop/Deployment web, shop/no owner",)
    assert [found.metadata.name for found in pods_of_account(SHOP, "shop", "default")] == ["a", "b"]


def test_a_service_says_what_it_loses_and_keeps() -> None:
    both = pods_of_account(SHOP, "shop", "default")

    assert service_lines(SHOP, both[:1]) == ("Service shop/web loses 1 of 2 ready endpoints",)
    assert service_lines(SHOP, both) == ("Service shop/web loses 2 of 2 ready endpoints: nothing will answer for it",)


def test_a_budget_says_what_it_allows() -> None:
    (line,) = budget_lines(SHOP, pods_of_account(SHOP, "shop", "default"))

    assert "shop/web covers 2 of them and allows 1 disruption;" in line


def test_who_else_uses_an_account() -> None:
    assert account_lines(SHOP, "shop", "builder") == ("runs as shop/builder: 1 pod: shop/no owner",)
    assert account_lines(SHOP, "shop", "builder", "uid-lone") == ("no other pod runs as shop/builder",)


def test_what_is_not_watched_is_not_told_as_none() -> None:
    views = caches(pod("a"), forbidden=("Service", "PodDisruptionBudget", "Pod"))

    assert "services are not visible: their watch is forbidden (you may not)" in service_lines(views, [])
    assert budget_lines(views, []) == ("poddisruptionbudgets are not visible: their watch is forbidden (you may not)",)
    assert account_lines(caches(forbidden=("Pod",)), "shop", "x") == (
        "pods are not visible: their watch is forbidden (you may not)",
    )


def marked(labels: dict[str, str] | None = None, notes: dict[str, str] | None = None, **more: Any) -> Any:
    return {"metadata": {"labels": labels or {}, "annotations": notes or {}, **more}}


@pytest.mark.parametrize(
    ("obj", "names"),
    [
        (marked(), []),
        (marked(notes={"argocd.argoproj.io/tracking-id": "shop:apps/Deployment:shop/web"}), ["Argo CD"]),
        (marked({"kustomize.toolkit.fluxcd.io/name": "apps"}), ["Flux"]),
        (marked({"helm.toolkit.fluxcd.io/name": "web"}), ["Flux Helm"]),
        (marked({"app.kubernetes.io/managed-by": "Helm"}), []),
        (marked(ownerReferences=[{"kind": "Kafka", "name": "k", "controller": True}]), ["the operator of Kafka k"]),
        (marked(ownerReferences=owned("ReplicaSet", "web-1")), []),
        (marked(managedFields=[{"manager": "argocd-controller"}]), ["Argo CD"]),
        (marked(managedFields=[{"manager": "keda", "subresource": "scale"}]), ["KEDA"]),
        (marked(managedFields=[{"manager": "karpenter", "subresource": "status"}]), []),
    ],
)
def test_reverters_are_seen_in_an_objects_own_marks(obj: Any, names: list[str]) -> None:
    assert [reverter.name for reverter in reverters([obj])] == names


def test_a_reverter_is_named_once_with_the_way_to_pause_it() -> None:
    tracked = marked(
        notes={"argocd.argoproj.io/tracking-id": "shop:x"}, managedFields=[{"manager": "argocd-controller"}]
    )

    (reverter,) = reverters([tracked, tracked])

    assert "application shop" in str(reverter)
    assert "Turn off automated sync" in str(reverter)


def test_helm_reverts_nothing_by_itself() -> None:
    release = marked({"app.kubernetes.io/managed-by": "Helm"}, {"meta.helm.sh/release-name": "shop"})

    assert helm_line(release) == "Helm release shop: nothing reverts this until somebody upgrades it"
    assert helm_line(marked()) == ""


def scaler(kind: str, **spec: Any) -> Any:
    aim = {"scaleTargetRef": {"kind": "Deployment", "name": "web"}, **spec}
    return {"kind": kind, "metadata": {"name": "s", "namespace": "shop"}, "spec": aim}


@pytest.mark.parametrize(
    ("obj", "words"),
    [
        (scaler("HorizontalPodAutoscaler"), "leaves it at zero"),
        (scaler("HorizontalPodAutoscaler", minReplicas=0), "may scale it from zero"),
        (scaler("ScaledObject"), 'autoscaling.keda.sh/paused="true"'),
    ],
)
def test_autoscalers_are_told_apart(obj: Any, words: str) -> None:
    (line,) = scaler_lines([obj], "Deployment", "web")

    assert words in line
    assert scaler_lines([obj], "Deployment", "other") == ()


def hook(rule: dict[str, Any], kind: str = "ValidatingWebhookConfiguration", **more: Any) -> Any:
    return {
        "kind": kind,
        "metadata": {"name": "hooks"},
        "webhooks": [{"name": "h", "clientConfig": {"url": "https://203.0.113.9/"}, "rules": [rule], **more}],
    }


PODS = {"operations": ["UPDATE"], "apiGroups": [""], "resources": ["pods"]}
NAMESPACE = {"kind": "Namespace", "metadata": {"name": "shop", "labels": {"team": "a"}}}


def write(method: str, path: str, name: str = "web") -> Step:
    return Step(Call(method, path, BY_KIND["Pod"].ref("shop", name)))


PATCH = write("PATCH", "/api/v1/namespaces/shop/pods/web")
EVICT = write("POST", "/api/v1/namespaces/shop/pods/web/eviction")


@pytest.mark.parametrize(
    ("config", "step", "sees"),
    [
        (hook(PODS), PATCH, True),
        (hook({**PODS, "operations": ["*"], "resources": ["*"]}), PATCH, True),
        (hook({**PODS, "operations": ["CREATE"]}), PATCH, False),
        (hook({**PODS, "apiGroups": ["apps"]}), PATCH, False),
        (hook({**PODS, "operations": ["CREATE"], "resources": ["pods/eviction"]}), EVICT, True),
        (hook({**PODS, "operations": ["CREATE"], "resources": ["*/*"]}), EVICT, True),
        (hook({**PODS, "operations": ["CREATE"], "resources": ["pods"]}), EVICT, False),
        (hook(PODS, namespaceSelector={"matchLabels": {"team": "b"}}), PATCH, False),
        (hook(PODS, namespaceSelector={"matchLabels": {"team": "a"}}), PATCH, True),
        (hook(PODS, kind="MutatingWebhookConfiguration"), PATCH, True),
    ],
)
def test_webhooks_that_will_see_a_write_are_named(config: Any, step: Step, sees: bool) -> None:
    lines = webhook_lines(caches(config, NAMESPACE), (step,))

    assert bool(lines) is sees
    assert all("203.0.113.9" in line for line in lines)


def test_a_webhook_configuration_is_never_shown_to_webhooks() -> None:
    everything = hook({"operations": ["*"], "apiGroups": ["*"], "resources": ["*"]})
    kind = BY_KIND["ValidatingWebhookConfiguration"]
    step = Step(Call("DELETE", kind.path("", "hooks"), kind.ref("", "hooks")))

    assert webhook_lines(caches(everything), (step,)) == ()


def test_webhooks_that_cannot_be_seen_are_said_to_be_unseen() -> None:
    (line,) = webhook_lines(caches(forbidden=("MutatingWebhookConfiguration",)), (PATCH,))

    assert "mutatingwebhookconfigurations are not visible" in line


def test_no_webhook_of_the_cluster_sees_what_is_written_to_alertmanager() -> None:
    """Not even whether one would be asked is in doubt: the request never reaches the API server."""
    silence = Step(Call("POST", "/api/v2/silences", ResourceRef("", "", "Silence", "", "marker")))

    assert webhook_lines(caches(forbidden=("MutatingWebhookConfiguration",)), (silence,)) == ()
