"""A Deployment that grows and shrinks with its load: the real controller, a served metrics API, a developer's wish."""

from __future__ import annotations

import json

from tests.cluster.day import Day
from tests.cluster.everyday import deployment
from tests.cluster.installing import chart, helm
from tests.cluster.programs import in_pod
from tests.cluster.serving_metrics import metrics_server
from tests.controlplane.waiting import eventually


def load_rises_and_falls(day: Day) -> None:
    """A metrics server is installed; the autoscaler asks it, and makes three replicas of one and one of three."""
    plane, namespace, dana = day.plane, day.namespace, day.dana
    with metrics_server(plane) as metrics:
        # Nothing carries the traffic of Services here: the API server is sent to loopback by the Service's type.
        where = ("service.type=ExternalName", "service.externalName=localhost", f"service.port={metrics.port}")
        wait = ("--wait", "--timeout=60s")
        helm(
            day.olga,
            "kube-system",
            "install",
            "metrics-server",
            chart("metrics-server"),
            f"--set={','.join(where)}",
            *wait,
        )
        metrics.program = in_pod(
            plane, "kube-system", "metrics-server", "metrics-server/v0.8.0 (linux/amd64) metrics/1"
        )
        for kind in ("nodes", "pods"):
            metrics.program.informs(f"/api/v1/{kind}")
        dana.kubectl("apply", "-f", "-", stdin=deployment(namespace, "shop", 1))
        dana.kubectl("-n", namespace, "rollout", "status", "deployment/shop", "--timeout=40s")
        eventually(lambda: "shop" in dana.kubectl("-n", namespace, "top", "pods", check=False), timeout=40, every=1)
        dana.kubectl("apply", "-f", "-", stdin=_autoscaler(namespace))
        metrics.cpu = "40m"  # of 10m that each asks for
        eventually(lambda: _replicas(day) == 3, timeout=60, every=1)
        metrics.cpu = "1m"
        eventually(lambda: _replicas(day) == 1, timeout=60, every=1)
        dana.kubectl("-n", namespace, "describe", "hpa", "shop")
        dana.kubectl("-n", namespace, "delete", "hpa", "shop")
        helm(day.olga, "kube-system", "uninstall", "metrics-server")
    assert any(path.endswith(f"/namespaces/{namespace}/pods") for path in metrics.asked)


def _replicas(day: Day) -> int:
    """As the developer sees them."""
    spec: int = json.loads(day.dana.kubectl("-n", day.namespace, "get", "deployment", "shop", "-o", "json"))["spec"][
        "replicas"
    ]
    return spec


def _autoscaler(namespace: str) -> dict[str, object]:
    target = {"type": "Utilization", "averageUtilization": 50}
    return {
        "apiVersion": "autoscaling/v2",
        "kind": "HorizontalPodAutoscaler",
        "metadata": {"name": "shop", "namespace": namespace},
        "spec": {
            "scaleTargetRef": {"apiVersion": "apps/v1", "kind": "Deployment", "name": "shop"},
            "minReplicas": 1,
            "maxReplicas": 3,
            "metrics": [{"type": "Resource", "resource": {"name": "cpu", "target": target}}],
            "behavior": {"scaleDown": {"stabilizationWindowSeconds": 0}},
        },
    }
