"""An everyday of a cluster, with real clients: what the rules must not take for an attack.

Each function does one person's or program's ordinary work on a real control plane; `whole_day` does all of it.
The developer is a user of her own with rights in one namespace; the installer is an administrator; the pipeline is a
service account; nothing here may do what an attacker would have to do.
"""

from __future__ import annotations

import base64
import json
import os
import subprocess
from pathlib import Path
from typing import Any

from tests.controlplane.running import ControlPlane

Object = dict[str, Any]
DEVELOPER = "dana"


def container(name: str = "web", image: str = "registry.example/web:1", **more: Any) -> Object:
    return {"name": name, "image": image, "resources": {"requests": {"cpu": "10m"}}, **more}


def deployment(namespace: str, name: str = "web", replicas: int = 2, image: str = "registry.example/web:1") -> Object:
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": name, "namespace": namespace, "labels": {"app": name}},
        "spec": {
            "replicas": replicas,
            "selector": {"matchLabels": {"app": name}},
            "template": {"metadata": {"labels": {"app": name}}, "spec": {"containers": [container(name, image)]}},
        },
    }


def _job(name: str, namespace: str) -> Object:
    return {
        "apiVersion": "batch/v1",
        "kind": "Job",
        "metadata": {"name": name, "namespace": namespace},
        "spec": {"template": {"spec": {"restartPolicy": "Never", "containers": [container("job")]}}},
    }


class Person:
    """A kubectl of somebody's own: impersonation would show in the audit log, so they have real credentials."""

    def __init__(self, plane: ControlPlane, token_or_certificate: Object, name: str) -> None:
        self._plane = plane
        folder = plane.folder / "people"
        folder.mkdir(exist_ok=True)
        self.kubeconfig: Path = folder / f"{name}.kubeconfig"
        authority = base64.b64encode((plane.folder / "ca.crt").read_bytes()).decode()
        config = {
            "apiVersion": "v1",
            "kind": "Config",
            "clusters": [{"name": "c", "cluster": {"server": plane.url, "certificate-authority-data": authority}}],
            "users": [{"name": name, "user": token_or_certificate}],
            "contexts": [{"name": "c", "context": {"cluster": "c", "user": name}}],
            "current-context": "c",
        }
        self.kubeconfig.write_text(json.dumps(config))

    def kubectl(self, *args: str, stdin: Object | None = None, check: bool = True, editor: str = "") -> str:
        """Runs kubectl as this person; returns what it printed. `editor`: what `kubectl edit` opens."""
        done = subprocess.run(
            [str(self._plane.binary), "kubectl", f"--kubeconfig={self.kubeconfig}", *args],
            input=json.dumps(stdin) if stdin else None,
            capture_output=True,
            text=True,
            timeout=60,
            env={k: v for k, v in os.environ.items() if k != "KUBECONFIG"} | {"KUBE_EDITOR": editor or "true"},
        )
        assert not check or done.returncode == 0, f"{args}: {done.stderr}"
        return done.stdout

    def forwards(self, namespace: str, target: str, port: int) -> None:
        """Opens a tunnel to a port, sends a request through it and closes it."""
        command = [str(self._plane.binary), "kubectl", f"--kubeconfig={self.kubeconfig}", "-n", namespace]
        with subprocess.Popen(
            [*command, "port-forward", target, f":{port}"], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
        ) as tunnel:
            assert tunnel.stdout is not None
            said = tunnel.stdout.readline()  # Forwarding from 127.0.0.1:PORT -> ...
            subprocess.run(["curl", "-s", "-m", "2", f"http://{said.split()[2]}"], check=False, capture_output=True)
            tunnel.terminate()


def certificate(plane: ControlPlane, name: str, group: str) -> Object:
    """A client certificate signed by the cluster's authority outside of the API, as an administrator hands it out."""
    key, request, signed = (plane.folder / f"{name}.{ending}" for ending in ("key", "csr", "crt"))
    subject = f"/O={group}/CN={name}"
    make: list[str | Path] = [
        "openssl",
        "req",
        "-newkey",
        "ec",
        "-pkeyopt",
        "ec_paramgen_curve:P-256",
        "-nodes",
        "-subj",
        subject,
    ]
    subprocess.run([*make, "-keyout", key, "-out", request], check=True, capture_output=True)
    sign: list[str | Path] = ["openssl", "x509", "-req", "-in", request, "-days", "2", "-out", signed]
    authority: list[str | Path] = ["-CA", plane.folder / "ca.crt", "-CAkey", plane.folder / "ca.key", "-CAcreateserial"]
    subprocess.run([*sign, *authority], check=True, capture_output=True)
    return {
        "client-certificate-data": base64.b64encode(signed.read_bytes()).decode(),
        "client-key-data": base64.b64encode(key.read_bytes()).decode(),
    }


def developer(plane: ControlPlane, namespace: str) -> Person:
    """A developer who may do what the role `edit` allows in her namespace."""
    binding = {
        "apiVersion": "rbac.authorization.k8s.io/v1",
        "kind": "RoleBinding",
        "metadata": {"name": f"team-{DEVELOPER}", "namespace": namespace},
        "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": "edit"},
        "subjects": [{"apiGroup": "rbac.authorization.k8s.io", "kind": "User", "name": DEVELOPER}],
    }
    plane.apply(binding)
    return Person(plane, certificate(plane, DEVELOPER, "developers"), DEVELOPER)


def deploys(dana: Person, namespace: str) -> None:
    """Brings out an application: deployment, service, settings, a secret of its own; then looks at it."""
    dana.kubectl("apply", "-f", "-", stdin=deployment(namespace))
    settings = {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": {"name": "settings", "namespace": namespace},
        "data": {"app.conf": "color=red\npassword_file=/run/secrets/db\n"},
    }
    dana.kubectl("apply", "-f", "-", stdin=settings)
    service = {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": {"name": "web", "namespace": namespace},
        "spec": {"selector": {"app": "web"}, "ports": [{"port": 80}]},
    }
    dana.kubectl("apply", "-f", "-", stdin=service)
    dana.kubectl("-n", namespace, "create", "secret", "generic", "db", "--from-literal=password=x")
    dana.kubectl("-n", namespace, "rollout", "status", "deployment/web", "--timeout=40s")
    dana.kubectl("-n", namespace, "get", "all")
    dana.kubectl("-n", namespace, "describe", "deployment", "web")
    dana.kubectl("-n", namespace, "get", "pods", "-o", "wide")
    dana.kubectl("-n", namespace, "logs", "deployment/web", check=False)
    dana.kubectl("-n", namespace, "get", "events")


def rolls_out(dana: Person, namespace: str) -> None:
    """A new version, its undoing, a restart, more replicas and fewer, labels, a server-side apply."""
    dana.kubectl("-n", namespace, "set", "image", "deployment/web", "web=registry.example/web:2")
    dana.kubectl("-n", namespace, "rollout", "status", "deployment/web", "--timeout=40s")
    dana.kubectl("-n", namespace, "rollout", "undo", "deployment/web")
    dana.kubectl("-n", namespace, "rollout", "restart", "deployment/web")
    dana.kubectl("-n", namespace, "scale", "deployment/web", "--replicas=3")
    dana.kubectl("-n", namespace, "scale", "deployment/web", "--replicas=1")
    dana.kubectl("-n", namespace, "label", "deployment/web", "tier=front")
    changed = deployment(namespace, image="registry.example/web:3")
    dana.kubectl("apply", "--server-side", "--force-conflicts", "-f", "-", stdin=changed)
    dana.kubectl("-n", namespace, "autoscale", "deployment/web", "--min=1", "--max=3", "--cpu-percent=50")
    dana.kubectl("-n", namespace, "get", "hpa")


def runs_jobs(dana: Person, namespace: str) -> None:
    """A job, a cron job, a run of it by hand, and their end."""
    dana.kubectl("apply", "-f", "-", stdin=_job("migrate", namespace))
    nightly = {
        "apiVersion": "batch/v1",
        "kind": "CronJob",
        "metadata": {"name": "nightly", "namespace": namespace},
        "spec": {"schedule": "0 3 * * *", "jobTemplate": {"spec": _job("x", namespace)["spec"]}},
    }
    dana.kubectl("apply", "-f", "-", stdin=nightly)
    dana.kubectl("-n", namespace, "create", "job", "now", "--from=cronjob/nightly")
    dana.kubectl("-n", namespace, "delete", "job", "migrate", "now", "--wait=false")
    dana.kubectl("-n", namespace, "delete", "pod", "-l", "app=web", "--wait=false")


def develops(dana: Person, namespace: str) -> None:
    """What a developer types through a day: looks, compares, edits, asks what she may, reads and cleans up her own."""
    wanted = deployment(namespace, "draft", 1)
    dana.kubectl("diff", "-f", "-", stdin=wanted, check=False)
    dana.kubectl("apply", "-f", "-", "--dry-run=server", stdin=wanted)
    dana.kubectl("apply", "-f", "-", stdin=wanted)
    dana.kubectl("-n", namespace, "rollout", "status", "deployment/draft", "--timeout=40s")
    dana.kubectl("-n", namespace, "edit", "deployment/draft", editor="sed -i s/web:1/web:2/")
    dana.kubectl("-n", namespace, "annotate", "deployment/draft", "example.com/ticket=4711")
    dana.kubectl("-n", namespace, "patch", "deployment/draft", "-p", '{"spec":{"revisionHistoryLimit":3}}')
    dana.kubectl("-n", namespace, "wait", "--for=condition=Available", "deployment/draft", "--timeout=40s")
    dana.kubectl("-n", namespace, "describe", "pods", "-l", "app=draft")
    dana.kubectl("-n", namespace, "logs", "-l", "app=draft", "--tail=5", check=False)
    dana.kubectl("-n", namespace, "get", "secrets,configmaps,ingresses,pvc")
    dana.kubectl("-n", namespace, "create", "secret", "generic", "mine", "--from-literal=password=x")
    dana.kubectl("-n", namespace, "get", "secret", "mine", "-o", "jsonpath={.data.password}")
    dana.kubectl("-n", namespace, "get", "rolebindings", "-o", "name", check=False)
    dana.kubectl("-n", namespace, "auth", "can-i", "delete", "deployments", check=False)
    dana.kubectl("auth", "whoami")
    dana.kubectl("api-resources", "-o", "name")
    dana.kubectl("explain", "deployment.spec.strategy")
    dana.kubectl("-n", namespace, "expose", "deployment/draft", "--port=80")
    dana.forwards(namespace, "deployment/draft", 80)
    dana.kubectl("-n", namespace, "delete", "deployment/draft", "service/draft", "secret/mine", "--wait=false")


def wrong_namespace(dana: Person) -> None:
    """The developer looks where she may not."""
    dana.kubectl("-n", "kube-system", "get", "pods", check=False)
    dana.kubectl("-n", "kube-system", "get", "secrets", check=False)
    dana.kubectl("auth", "can-i", "create", "pods", check=False)


def installs(plane: ControlPlane, namespace: str) -> None:
    """An administrator installs an operator that brings an account, roles and bindings, as a chart does."""
    group = "rbac.authorization.k8s.io"
    meta = {"name": f"operator-{namespace}"}
    role_ref = {"apiGroup": group, "name": meta["name"]}
    subject = {"kind": "ServiceAccount", "name": "operator", "namespace": namespace}
    wide = [
        {"apiGroups": ["widgets.example"], "resources": ["*"], "verbs": ["*"]},
        {"apiGroups": [""], "resources": ["pods", "nodes", "services"], "verbs": ["get", "list", "watch"]},
        {"apiGroups": ["apps"], "resources": ["deployments"], "verbs": ["get", "list", "watch", "create", "update"]},
        {"apiGroups": [""], "resources": ["events"], "verbs": ["create", "patch"]},
    ]
    narrow = [
        {"apiGroups": [""], "resources": ["configmaps", "secrets"], "verbs": ["get", "create", "update"]},
        {"apiGroups": ["coordination.k8s.io"], "resources": ["leases"], "verbs": ["get", "create", "update"]},
    ]
    local = {"name": "operator", "namespace": namespace}
    operator = deployment(namespace, "operator", 1)
    operator["spec"]["template"]["spec"]["serviceAccountName"] = "operator"
    plane.apply(
        {"apiVersion": "v1", "kind": "ServiceAccount", "metadata": local},
        {"apiVersion": f"{group}/v1", "kind": "ClusterRole", "metadata": meta, "rules": wide},
        {
            "apiVersion": f"{group}/v1",
            "kind": "ClusterRoleBinding",
            "metadata": meta,
            "roleRef": {**role_ref, "kind": "ClusterRole"},
            "subjects": [subject],
        },
        {"apiVersion": f"{group}/v1", "kind": "Role", "metadata": local, "rules": narrow},
        {
            "apiVersion": f"{group}/v1",
            "kind": "RoleBinding",
            "metadata": local,
            "roleRef": {"apiGroup": group, "kind": "Role", "name": "operator"},
            "subjects": [subject],
        },
        operator,
    )
    release = {"apiVersion": "v1", "kind": "Secret", "type": "helm.sh/release.v1", "stringData": {"release": "x"}}
    plane.apply({**release, "metadata": {"name": "sh.helm.release.v1.operator.v1", "namespace": namespace}})
    plane.kubectl("get", "secrets", "-n", namespace, "-l", "owner=helm")


def responder_looks(plane: ControlPlane) -> None:
    """Somebody looks at everything, as the console itself does at its start."""
    for kinds in ("pods,nodes,namespaces", "deployments,statefulsets,daemonsets,jobs", "roles,rolebindings,services"):
        plane.kubectl("get", kinds, "-A")
    plane.kubectl("get", "clusterroles,clusterrolebindings,networkpolicies,serviceaccounts", "-A")
    plane.kubectl("auth", "can-i", "--list")


def whole_day(plane: ControlPlane, namespace: str) -> None:
    """All of it, in one namespace."""
    dana = developer(plane, namespace)
    deploys(dana, namespace)
    rolls_out(dana, namespace)
    runs_jobs(dana, namespace)
    wrong_namespace(dana)
    installs(plane, namespace)
    responder_looks(plane)
