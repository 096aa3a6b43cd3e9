"""Every look over objects as they are applied: what is weak is told with its field, what is clean is silent."""

from __future__ import annotations

from typing import Any

import pytest

from console.posture.scanning import scan
from tests.console.posture.manifests import DIGEST, HARD, Object, container, pod, rbac, read, workload


def found(*objects: Object, minor: int = 36) -> list[tuple[str, str, str, str]]:
    """Object, standard, control and field of each weakness."""
    weak, faults = scan(read(*objects), minor)
    assert faults == []
    return [(one.object, one.standard, one.control, one.field) for one in weak]


def test_a_clean_pod_and_a_clean_workload_of_every_kind_are_silent() -> None:
    kinds = ("Deployment", "ReplicaSet", "StatefulSet", "DaemonSet", "Job", "CronJob")

    assert found(pod(), *(workload(kind) for kind in kinds)) == []


@pytest.mark.parametrize(
    ("given", "object_", "prefix"),
    [
        (pod(hostPID=True), "Pod/shop/web", ""),
        (workload(hostPID=True), "Deployment/shop/web", "spec.template."),
        (workload("CronJob", hostPID=True), "CronJob/shop/web", "spec.jobTemplate.spec.template."),
        (
            {"apiVersion": "v1", "kind": "PodTemplate", "metadata": {"name": "t"}, "template": pod(hostPID=True)},
            "PodTemplate/t",
            "template.",
        ),
    ],
)
def test_the_field_is_where_it_stands_in_the_object(given: Object, object_: str, prefix: str) -> None:
    assert found(given) == [(object_, "baseline", "hostNamespaces", f"{prefix}spec.hostPID")]


def test_the_version_decides() -> None:
    given = pod(securityContext={"sysctls": [{"name": "net.ipv4.tcp_rmem", "value": "1"}]})

    assert [control for _, _, control, _ in found(given, minor=31)] == ["sysctls"]
    assert found(given, minor=32) == []


def test_pods_tell_only_what_their_workload_does_not() -> None:
    replicas = workload("ReplicaSet", "web-1", hostPID=True)
    replicas["metadata"]["ownerReferences"] = [{"kind": "Deployment", "name": "web", "controller": True}]
    same = pod("web-1-a", owner=("ReplicaSet", "web-1"), hostPID=True)
    worse = pod("web-1-b", owner=("ReplicaSet", "web-1"), hostPID=True, hostIPC=True)

    assert found(workload(hostPID=True), replicas, same, worse) == [
        ("Deployment/shop/web", "baseline", "hostNamespaces", "spec.template.spec.hostPID"),
        ("Pod/shop/web-1-b", "baseline", "hostNamespaces", "spec.hostIPC"),
    ]


def test_what_no_server_would_take_is_named_and_hides_nothing() -> None:
    bad = pod("bad", **container(securityContext=HARD | {"privileged": "yes"}))
    role = rbac("ClusterRole", "odd", rules="all")

    weak, faults = scan(read(bad, pod(hostPID=True), role))

    assert [one.control for one in weak] == ["hostNamespaces"]
    assert [fault.split(": ")[0] for fault in faults] == ["Pod/shop/bad", "ClusterRole/odd"]
    assert "`spec.containers[0].securityContext.privileged`" in faults[0]


KEY = {"secretKeyRef": {"name": "s"}}


@pytest.mark.parametrize(
    ("more", "control", "field"),
    [
        ({"env": [{"name": "K", "valueFrom": KEY}]}, "secretInEnvironment", "env[0].valueFrom.secretKeyRef"),
        ({"envFrom": [{"secretRef": {"name": "s"}}]}, "secretInEnvironment", "envFrom[0].secretRef"),
        ({"env": [{"name": "A"}, {"name": "DB_PASSWORD", "value": "hunter2"}]}, "secretInManifest", "env[1].value"),
        ({"env": [{"name": "AWS_SECRET_ACCESS_KEY", "value": "x"}]}, "secretInManifest", "env[0].value"),
        ({"env": [{"name": "apiKey", "value": "x"}]}, "secretInManifest", "env[0].value"),
    ],
)  # fmt: skip
def test_secrets_in_the_environment(more: Object, control: str, field: str) -> None:
    assert found(pod(**container(**more))) == [("Pod/shop/web", "secrets", control, f"spec.containers[0].{field}")]


@pytest.mark.parametrize(
    "env",
    [
        {"name": "TOKEN_FILE", "value": "/run/token"},
        {"name": "DB_PASSWORD", "value": ""},
        {"name": "DB_PASSWORD", "value": "$(OTHER)"},
        {"name": "SECRET_NAME", "value": "db"},
        {"name": "MODE", "value": "password"},
    ],
)
def test_a_variable_that_only_says_where_a_secret_is_is_none(env: Object) -> None:
    assert found(pod(**container(env=[env]))) == []


@pytest.mark.parametrize(
    ("image", "words"),
    [
        ("nginx", "without a version"),
        ("nginx:latest", "without a version"),
        ("nginx:1.25", "by tag"),
        ("registry.example:5000/app", "without a version"),
        ("registry.example:5000/app:1", "by tag"),
        (DIGEST, ""),
        (DIGEST.replace("@", ":1@"), ""),
    ],
)
def test_images_that_may_change(image: str, words: str) -> None:
    weak, _ = scan(read(pod(**container(image=image))))

    assert [one.control for one in weak] == (["imageByTag"] if words else [])
    assert all(words in one.message for one in weak)


def test_the_default_account_is_told_unless_somebody_said_not_to_mount_it() -> None:
    default: Object = {"automountServiceAccountToken": None}
    account = {"apiVersion": "v1", "kind": "ServiceAccount", "metadata": {"name": "default", "namespace": "shop"}}
    told = [("Pod/shop/web", "rbac", "defaultServiceAccount", "spec.automountServiceAccountToken")]

    assert found(pod(**default)) == told
    assert found(pod(**default), account) == told
    assert found(pod(**default), account | {"automountServiceAccountToken": False}) == []
    assert found(pod(automountServiceAccountToken=True), account | {"automountServiceAccountToken": False}) == told
    assert found(pod(**default, serviceAccountName="web")) == []


ANYWHERE = {"apiVersion": "v1", "kind": "Service", "metadata": {"name": "web", "namespace": "shop"}}
INGRESS = {"apiVersion": "networking.k8s.io/v1", "kind": "Ingress", "metadata": {"name": "web", "namespace": "shop"}}


@pytest.mark.parametrize(
    ("spec", "control"),
    [
        ({"type": "NodePort"}, "nodePort"),
        ({"type": "LoadBalancer"}, "loadBalancer"),
        ({"type": "LoadBalancer", "loadBalancerSourceRanges": ["0.0.0.0/0"]}, "loadBalancer"),
        ({"type": "LoadBalancer", "loadBalancerSourceRanges": ["192.0.2.0/24"]}, ""),
        ({"externalIPs": ["192.0.2.1"]}, "externalIPs"),
        ({}, ""),
    ],
)
def test_services_that_open_a_way_in(spec: Object, control: str) -> None:
    assert [one[2] for one in found(ANYWHERE | {"spec": spec})] == ([control] if control else [])


def test_an_ingress_in_the_clear() -> None:
    assert [one[2] for one in found(INGRESS | {"spec": {}})] == ["ingressWithoutTLS"]
    assert found(INGRESS | {"spec": {"tls": [{"hosts": ["a.example"]}]}}) == []


@pytest.mark.parametrize(
    ("client", "outside"),
    [
        ({"url": "https://hooks.example.com/x"}, True),
        ({"url": "https://8.8.8.8:8443/x"}, True),
        ({"url": "https://[2606:4700::1]/x"}, True),
        ({"url": "https://10.2.3.4/x"}, False),
        ({"url": "https://127.0.0.1:9443/x"}, False),
        ({"url": "https://hook.tools.svc:443/x"}, False),
        ({"url": "https://hook.tools.svc.evil.example/x"}, True),
        ({"url": "https://[::1"}, False),
        ({"url": 7}, False),
        ({"service": {"namespace": "tools", "name": "hook"}}, False),
    ],
)
@pytest.mark.parametrize("kind", ["MutatingWebhookConfiguration", "ValidatingWebhookConfiguration"])
def test_webhooks_to_outside_addresses(kind: str, client: Object, outside: bool) -> None:
    hook = {
        "apiVersion": "admissionregistration.k8s.io/v1",
        "kind": kind,
        "metadata": {"name": "tuner"},
        "webhooks": [{"clientConfig": {"service": {}}}, {"clientConfig": client}],
    }

    told = [(f"{kind}/tuner", "exposure", "webhookOutside", "webhooks[1].clientConfig.url")]
    assert found(hook) == (told if outside else [])


def test_a_conversion_webhook_sends_objects_too() -> None:
    client = {"clientConfig": {"url": "https://hooks.example.com/x"}}
    made: dict[str, Any] = {
        "apiVersion": "apiextensions.k8s.io/v1",
        "kind": "CustomResourceDefinition",
        "metadata": {"name": "things.example.com"},
        "spec": {"conversion": {"strategy": "Webhook", "webhook": client}},
    }

    assert [one[2] for one in found(made)] == ["webhookOutside"]


NAMESPACE = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "shop"}}


def policy(spec: Object, namespace: str = "shop") -> Object:
    meta = {"name": "p", "namespace": namespace}
    return {"apiVersion": "networking.k8s.io/v1", "kind": "NetworkPolicy", "metadata": meta, "spec": spec}


@pytest.mark.parametrize(
    ("policies", "controls"),
    [
        ([], ["noIngressPolicy", "noEgressPolicy"]),
        ([policy({"podSelector": {}})], ["noEgressPolicy"]),
        ([policy({"podSelector": {}, "policyTypes": ["Ingress", "Egress"]})], []),
        ([policy({"podSelector": {}, "egress": [{}]})], []),
        ([policy({"podSelector": {"matchLabels": {"app": "db"}}})], ["noIngressPolicy", "noEgressPolicy"]),
        ([policy({"podSelector": {}}, "other")], ["noIngressPolicy", "noEgressPolicy"]),
    ],
)
def test_namespaces_whose_pods_no_network_policy_selects(policies: list[Object], controls: list[str]) -> None:
    assert [one[2] for one in found(NAMESPACE, pod(), *policies)] == controls


def test_of_a_namespace_that_is_not_given_or_has_no_pods_nothing_is_said() -> None:
    assert found(pod()) == []
    assert found(NAMESPACE) == []
