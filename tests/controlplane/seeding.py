"""Clusters with thousands of pods, made once and kept in the cache as seeds a control plane starts from in seconds.

In: a number of pods. Out: a tar file for `ControlPlane(seed=...)`. The pods are made the way a cluster makes them
(Deployments, their ReplicaSets, managedFields by two managers) and weigh 8-11 KB as JSON, as real ones do.
"""

from __future__ import annotations

import hashlib
import time
from pathlib import Path
from typing import Any

import requests

from tests.controlplane.binary import SOURCES, content_key
from tests.controlplane.running import ControlPlane
from tests.means.cache import cache_folder, one_at_a_time

REPLICAS = 50
NAMESPACES = 20
WORKERS = 40
"""kwok renews five leases a second; with more than 50 nodes some would be lost between two renewals."""
_DAYS_VALID = 20  # the certificates in a seed last 30 days

_SETTINGS = (
    "LOG_LEVEL",
    "DB_HOST",
    "DB_PORT",
    "DB_NAME",
    "CACHE_URL",
    "QUEUE_URL",
    "TRACE_ENDPOINT",
    "REGION",
    "TENANT",
)


def seed_path(pods: int) -> Path:
    """Where the seed of this size lies; the name changes with whatever would change the content."""
    digest = hashlib.sha256(content_key().encode())
    for name in ("seeding.py", "up.sh", "kwok.yaml"):
        digest.update((SOURCES / name).read_bytes())
    return cache_folder() / f"seed-{pods}-{digest.hexdigest()[:12]}.tar"


def provide_seed(pods: int) -> Path:
    """The seed, made if it is not there or its certificates are about to end."""
    path = seed_path(pods)
    with one_at_a_time(f"seed-{pods}"):
        if not _usable(path):
            for old in cache_folder().glob(f"seed-{pods}-*.tar"):
                old.unlink()
            with ControlPlane(audit_policy=SOURCES / "silent.yaml") as plane:
                populate(plane, pods)
                shrink(plane)
                plane.seal(path)
    return path


def _usable(path: Path) -> bool:
    return path.is_file() and time.time() - path.stat().st_mtime < _DAYS_VALID * 86_400


def populate(plane: ControlPlane, pods: int) -> None:
    """Fills a fresh control plane and waits until every pod is Running."""
    deployments = -(-pods // REPLICAS)
    plane.nodes(min(WORKERS, deployments), prefix="worker")
    names = [f"team-{index:02}" for index in range(min(NAMESPACES, deployments))]
    plane.namespaces(*names)
    plane.apply(*(_account(name) for name in names))
    left = pods
    batch = []
    for index in range(deployments):
        batch.append(_deployment(index, names[index % len(names)], min(REPLICAS, left)))
        left -= REPLICAS
    plane.apply(*batch)
    _wait_until_ready(plane, pods, timeout=120 + pods / 10)


def _wait_until_ready(plane: ControlPlane, pods: int, timeout: float) -> None:
    end = time.monotonic() + timeout
    while (ready := _ready_pods(plane)) < pods:
        if time.monotonic() > end:
            raise RuntimeError(f"{ready} of {pods} pods are ready after {timeout:.0f} s")
        time.sleep(1)


def _ready_pods(plane: ControlPlane) -> int:
    """The Deployments' own count: listing the pods each second would take the time that making them needs."""
    column = "custom-columns=READY:.status.readyReplicas"
    done = plane.kubectl("get", "deployments", "-A", "--no-headers", "-o", column)
    return sum(int(word) for word in done.stdout.split() if word.isdigit())


def shrink(plane: ControlPlane) -> None:
    """Drops old revisions from etcd, which are most of it after so many status writes."""
    base = f"http://127.0.0.1:{plane.port + 1}/v3"
    status = requests.post(f"{base}/maintenance/status", json={}, timeout=10).json()
    revision = status["header"]["revision"]
    requests.post(
        f"{base}/kv/compaction", json={"revision": revision, "physical": True}, timeout=120
    ).raise_for_status()
    requests.post(f"{base}/maintenance/defragment", json={}, timeout=120).raise_for_status()


def _account(namespace: str) -> dict[str, Any]:
    return {"apiVersion": "v1", "kind": "ServiceAccount", "metadata": {"name": "app", "namespace": namespace}}


def _deployment(index: int, namespace: str, replicas: int) -> dict[str, Any]:
    name = f"service-{index:04}"
    labels = {
        "app.kubernetes.io/name": name,
        "app.kubernetes.io/instance": f"{name}-{namespace}",
        "app.kubernetes.io/version": "2.14.7",
        "app.kubernetes.io/part-of": "storefront",
        "app.kubernetes.io/managed-by": "Helm",
        "helm.sh/chart": f"{name}-1.33.0",
    }
    selector = {"app.kubernetes.io/name": name}
    template = {"metadata": {"labels": labels, "annotations": _annotations(name)}, "spec": _pod_spec(index)}
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": name, "namespace": namespace, "labels": labels},
        "spec": {"replicas": replicas, "selector": {"matchLabels": selector}, "template": template},
    }


def _annotations(name: str) -> dict[str, str]:
    return {
        "checksum/config": hashlib.sha256(name.encode()).hexdigest(),
        "checksum/secret": hashlib.sha256(name[::-1].encode()).hexdigest(),
        "prometheus.io/scrape": "true",
        "prometheus.io/port": "9090",
        "kubectl.kubernetes.io/default-container": "app",
        "sidecar.example/config": '{"concurrency":2,"holdApplicationUntilProxyStarts":true,"tracing":{"sampling":1}}',
    }


def _pod_spec(index: int) -> dict[str, Any]:
    digest = hashlib.sha256(str(index).encode()).hexdigest()
    volumes = [
        {"name": "config", "configMap": {"name": "settings", "optional": True}},
        {"name": "tls", "secret": {"secretName": "service-tls", "optional": True}},
        {"name": "scratch", "emptyDir": {"sizeLimit": "256Mi"}},
    ]
    return {
        # A Deployment's pods share a worker, named here: ten thousand placements would take the scheduler a minute.
        "nodeName": f"worker-{index % WORKERS}",
        "serviceAccountName": "app",
        "securityContext": {"runAsNonRoot": True, "fsGroup": 2000, "seccompProfile": {"type": "RuntimeDefault"}},
        "containers": [
            _container("app", f"registry.example/storefront/service@sha256:{digest}", _environment(index), 8080),
            {"name": "proxy", "image": "registry.example/mesh/proxy:1.24.2", "args": ["sidecar", "--drain=20s"]},
        ],
        "volumes": volumes,
        "tolerations": [{"key": "dedicated", "operator": "Equal", "value": "storefront", "effect": "NoSchedule"}],
    }


def _environment(index: int) -> list[dict[str, Any]]:
    plain = [
        {"name": key, "value": f"{key.lower().replace('_', '-')}.storefront.internal:{index}"} for key in _SETTINGS
    ]
    return [
        *plain,
        {
            "name": "DB_PASSWORD",
            "valueFrom": {"secretKeyRef": {"name": "database", "key": "password", "optional": True}},
        },
        {"name": "POD_NAME", "valueFrom": {"fieldRef": {"fieldPath": "metadata.name"}}},
        {"name": "POD_IP", "valueFrom": {"fieldRef": {"fieldPath": "status.podIP"}}},
    ]


def _container(name: str, image: str, environment: list[dict[str, Any]], port: int) -> dict[str, Any]:
    probe = {"httpGet": {"path": "/healthz", "port": port}, "periodSeconds": 10, "failureThreshold": 3}
    return {
        "name": name,
        "image": image,
        "args": [f"--listen=0.0.0.0:{port}", "--graceful-shutdown=20s", "--config=/etc/service/config.yaml"],
        "ports": [{"name": "http", "containerPort": port}],
        "env": environment,
        "resources": {"requests": {"cpu": "100m", "memory": "128Mi"}, "limits": {"cpu": "1", "memory": "512Mi"}},
        "securityContext": {
            "allowPrivilegeEscalation": False,
            "readOnlyRootFilesystem": True,
            "capabilities": {"drop": ["ALL"]},
        },
        "livenessProbe": probe,
        "readinessProbe": {**probe, "periodSeconds": 5},
        "volumeMounts": [
            {"name": "config", "mountPath": "/etc/service", "readOnly": True},
            {"name": "tls", "mountPath": "/etc/tls", "readOnly": True},
            {"name": "scratch", "mountPath": "/tmp"},
        ],
    }
