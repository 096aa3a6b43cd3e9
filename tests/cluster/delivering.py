"""A pipeline outside of the cluster that delivers into one namespace, with the token of an account made for it."""

from __future__ import annotations

from tests.cluster.day import Day
from tests.cluster.everyday import Object, Person, deployment
from tests.cluster.installing import chart, helm
from tests.cluster.programs import APPLY, Program

GROUP = "rbac.authorization.k8s.io"
OFFICE = "10.20.3.44"
"""Where the pipeline runs: the company's network, no address of a pod or node."""


def pipeline_delivers(day: Day) -> None:
    """Applies, waits, looks at what came, upgrades a chart: with kubectl, Helm and a program of its own."""
    plane, namespace = day.plane, day.namespace
    with day.record.left_out():  # done once, by an administrator, and rightly found: rights and a token that lasts
        day.olga.kubectl("apply", "-f", "-", stdin=_binding(namespace))
        day.olga.kubectl("-n", namespace, "create", "serviceaccount", "pipeline")
        token = day.olga.kubectl("-n", namespace, "create", "token", "pipeline", "--duration=1h").strip()
    runner = Person(plane, {"token": token}, "pipeline")
    application = deployment(namespace, "api", 1)
    runner.kubectl("diff", "-f", "-", stdin=application, check=False)
    runner.kubectl("apply", "-f", "-", stdin=application)
    runner.kubectl("-n", namespace, "rollout", "status", "deployment/api", "--timeout=40s")
    runner.kubectl("-n", namespace, "set", "image", "deployment/api", "api=registry.example/web:7")
    runner.kubectl("-n", namespace, "get", "pods", "-l", "app=api", "-o", "json")
    runner.kubectl("-n", namespace, "create", "configmap", "build", "--from-literal=commit=4d2e9a1")
    for settings in ("--install", "--set=replicas=2"):
        helm(runner, namespace, "upgrade", "shop", chart("web"), settings, "--install", "--wait", "--timeout=60s")
    outside = Program(plane, "deployer/2.4 (linux/amd64)", token, via=OFFICE)
    path = f"/apis/apps/v1/namespaces/{namespace}/deployments/api?fieldManager=deployer&force=true"
    outside.call("PATCH", path, deployment(namespace, "api", 2, "registry.example/web:8"), APPLY)
    outside.call("GET", f"/api/v1/namespaces/{namespace}/pods?labelSelector=app%3Dapi")


def _binding(namespace: str) -> Object:
    return {
        "apiVersion": f"{GROUP}/v1",
        "kind": "RoleBinding",
        "metadata": {"name": "pipeline", "namespace": namespace},
        "roleRef": {"apiGroup": GROUP, "kind": "ClusterRole", "name": "edit"},
        "subjects": [{"kind": "ServiceAccount", "name": "pipeline", "namespace": namespace}],
    }
