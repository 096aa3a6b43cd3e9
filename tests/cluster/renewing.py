"""Certificates that come to their end and are renewed: of nodes by the cluster's own controllers, of web servers."""

from __future__ import annotations

import base64
import subprocess

from tests.cluster.day import Day
from tests.cluster.everyday import Object
from tests.cluster.installing import chart, helm
from tests.cluster.programs import APPLY, Program, in_pod, kubelet
from tests.controlplane.running import ControlPlane
from tests.controlplane.waiting import eventually

_REQUESTS = "/apis/certificates.k8s.io/v1/certificatesigningrequests"


def lets_nodes_renew(plane: ControlPlane) -> None:
    """What kubeadm binds on every cluster: nodes may ask for their own next client certificate."""
    group = "rbac.authorization.k8s.io"
    plane.apply(
        {
            "apiVersion": f"{group}/v1",
            "kind": "ClusterRoleBinding",
            "metadata": {"name": "kubeadm:node-autoapprove-certificate-rotation"},
            "roleRef": {
                "apiGroup": group,
                "kind": "ClusterRole",
                "name": "system:certificates.k8s.io:certificatesigningrequests:selfnodeclient",
            },
            "subjects": [{"apiGroup": group, "kind": "Group", "name": "system:nodes"}],
        }
    )


def node_renews_its_certificates(day: Day) -> None:
    """The kubelet asks for its next client certificate, and is given it; then for one to serve with."""
    plane, node = day.plane, kubelet(day.plane, "node-0")
    request = _request(plane, "node-0", "")
    asked = _asks(node, request, "kube-apiserver-client-kubelet", "client auth")
    path = f"{_REQUESTS}/{asked['metadata']['name']}"
    eventually(lambda: node.call("GET", path).get("status", {}).get("certificate"))
    _asks(node, _request(plane, "node-0", "subjectAltName=DNS:node-0,IP:127.0.0.1"), "kubelet-serving", "server auth")


def _request(plane: ControlPlane, node: str, names: str) -> str:
    """A signing request of a node, with its key, base64."""
    extension = ["-addext", names] if names else []
    subject = f"/O=system:nodes/CN=system:node:{node}"
    made = subprocess.run(
        ["openssl", "req", "-new", "-key", plane.folder / f"system:node:{node}.key", *extension, "-subj", subject],
        check=True,
        capture_output=True,
    )
    return base64.b64encode(made.stdout).decode()


def _asks(node: Program, request: str, signer: str, usage: str) -> Object:
    body = {
        "apiVersion": "certificates.k8s.io/v1",
        "kind": "CertificateSigningRequest",
        "metadata": {"generateName": "csr-"},
        "spec": {
            "request": request,
            "signerName": f"kubernetes.io/{signer}",
            "usages": ["digital signature", usage],
        },
    }
    return node.call("POST", _REQUESTS, body)


def cert_manager_renews(day: Day) -> None:
    """cert-manager is installed, starts, and brings a new certificate into a developer's secret; then upgraded."""
    plane, namespace = day.plane, day.namespace
    helm(day.olga, namespace, "install", "cert-manager", chart("cert-manager"), "--wait", "--timeout=60s")
    agent = "cert-manager-{}/v1.18.2 (linux/amd64) cert-manager/4d2e9a1"
    controller = in_pod(plane, namespace, "cert-manager", agent.format("certificates-issuing"))
    injector = in_pod(plane, namespace, "cert-manager-cainjector", agent.format("cainjector"))
    controller.leads("kube-system", "cert-manager-controller")
    injector.leads("kube-system", "cert-manager-cainjector")
    for program in (controller, injector):
        program.informs("/api/v1/secrets")
        program.informs("/apis/cert-manager.io/v1/certificates")
    _injects(injector, day.authority)
    _wants_certificate(day)
    for serial in ("first", "second"):
        _issues(controller, namespace, serial)
    helm(day.olga, namespace, "upgrade", "cert-manager", chart("cert-manager"), "--set=image.tag=v1.18.3", "--wait",
         "--timeout=60s")  # fmt: skip
    helm(day.olga, namespace, "uninstall", "cert-manager")


def _injects(injector: Program, authority: str) -> None:
    """The authority goes into the webhooks that ask for it."""
    for kind in ("validatingwebhookconfigurations", "mutatingwebhookconfigurations"):
        path = f"/apis/admissionregistration.k8s.io/v1/{kind}/cert-manager-webhook"
        found = injector.call("GET", path)
        for one in found["webhooks"]:
            one["clientConfig"]["caBundle"] = authority
        injector.call("PUT", path, found)


def _wants_certificate(day: Day) -> None:
    issuer: Object = {"selfSigned": {}}
    wanted: Object = {"secretName": "web-tls", "dnsNames": ["web.example"], "issuerRef": {"name": "own"}}
    for kind, name, spec in (("Issuer", "own", issuer), ("Certificate", "web", wanted)):
        meta = {"name": name, "namespace": day.namespace}
        body = {"apiVersion": "cert-manager.io/v1", "kind": kind, "metadata": meta, "spec": spec}
        day.dana.kubectl("apply", "-f", "-", stdin=body)


def _issues(controller: Program, namespace: str, serial: str) -> None:
    """A key of its own until the request is answered, then the secret of the certificate, then an Event."""
    certificate = controller.call("GET", f"/apis/cert-manager.io/v1/namespaces/{namespace}/certificates/web")
    owner = {"apiVersion": "cert-manager.io/v1", "kind": "Certificate", "name": "web", "controller": True}
    owner["uid"] = certificate["metadata"]["uid"]
    secrets = f"/api/v1/namespaces/{namespace}/secrets"
    meta = {"generateName": "web-", "labels": {"cert-manager.io/next-private-key": "true"}, "ownerReferences": [owner]}
    key = {"apiVersion": "v1", "kind": "Secret", "metadata": meta, "data": {"tls.key": "eA=="}}
    made = controller.call("POST", secrets, key)["metadata"]["name"]
    requests = f"/apis/cert-manager.io/v1/namespaces/{namespace}/certificaterequests"
    meta = {"name": f"web-{serial}", "namespace": namespace, "ownerReferences": [owner]}
    request = {"apiVersion": "cert-manager.io/v1", "kind": "CertificateRequest", "metadata": meta, "spec": {}}
    controller.call("POST", requests, request)
    data = {"tls.crt": base64.b64encode(serial.encode()).decode(), "tls.key": "eA==", "ca.crt": "eA=="}
    tls = {"apiVersion": "v1", "kind": "Secret", "type": "kubernetes.io/tls", "metadata": {"name": "web-tls"}}
    how = "fieldManager=cert-manager-certificates-issuing&force=true"
    controller.call("PATCH", f"{secrets}/web-tls?{how}", {**tls, "data": data}, APPLY)
    controller.call("DELETE", f"{secrets}/{made}")
    about = {"kind": "Certificate", "namespace": namespace, "name": "web", "apiVersion": "cert-manager.io/v1"}
    told = {"apiVersion": "v1", "kind": "Event", "type": "Normal", "reason": "Issuing", "involvedObject": about}
    events = f"/api/v1/namespaces/{namespace}/events"
    controller.call("POST", events, {**told, "metadata": {"generateName": "web."}, "message": "issued"})
