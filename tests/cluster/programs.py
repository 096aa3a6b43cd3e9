"""A program at the API server: a credential of its own, its own User-Agent, requests as it sends them.

kubectl and Helm are run as they are; this stands for what cannot be run here: kubelets, and controllers in pods.
"""

from __future__ import annotations

import base64
import http.client
import json
import ssl
import time
from typing import Any

from tests.cluster.everyday import Object, certificate
from tests.controlplane.running import ControlPlane

JSON = "application/json"
APPLY = "application/apply-patch+yaml"
MERGE = "application/merge-patch+json"
KUBELET = "kubelet/v1.36.2 (linux/amd64) kubernetes/2e1b5ee"


class Program:
    """Speaks to the API server.

    Args:
        plane: whose API server.
        agent: what it sends as User-Agent.
        token: its bearer token, or
        user: the client certificate it has instead, as in a kubeconfig.
        via: an address that a proxy in front says the request came from, "" for none.
    """

    def __init__(
        self, plane: ControlPlane, agent: str, token: str = "", user: Object | None = None, via: str = ""
    ) -> None:
        self._plane = plane
        self._headers = {"User-Agent": agent, "Accept": JSON}
        if token:
            self._headers["Authorization"] = f"Bearer {token}"
        if via:
            self._headers["X-Forwarded-For"] = via
        self._trust = ssl.create_default_context(cafile=str(plane.folder / "ca.crt"))
        if user:
            pair = plane.folder / f"program-{time.monotonic_ns()}.pem"
            parts = (user["client-certificate-data"], user["client-key-data"])
            pair.write_bytes(b"".join(base64.b64decode(part) for part in parts))
            self._trust.load_cert_chain(pair)

    def call(self, method: str, path: str, body: Any = None, kind: str = JSON, *, check: bool = True) -> Object:
        """One request; the answer as an object, the last line of it if it is a stream."""
        headers = self._headers | ({"Content-Type": kind} if body is not None else {})
        connection = http.client.HTTPSConnection("127.0.0.1", self._plane.port, context=self._trust, timeout=30)
        try:
            connection.request(method, path, None if body is None else json.dumps(body), headers)
            answer = connection.getresponse()
            text = answer.read().decode()
        finally:
            connection.close()
        assert not check or answer.status < 400, f"{method} {path}: {answer.status} {text[:400]}"
        try:
            parsed: Object = json.loads(text)
        except ValueError:
            return {}
        return parsed

    def informs(self, path: str) -> None:
        """As an informer begins: the list from the cache, then a watch of it, which ends after a second."""
        listed = self.call("GET", f"{path}?limit=500&resourceVersion=0")
        version = listed["metadata"]["resourceVersion"]
        more = "&allowWatchBookmarks=true&timeoutSeconds=1&watch=true"
        self.call("GET", f"{path}?resourceVersion={version}{more}")

    def leads(self, namespace: str, name: str) -> None:
        """Takes a lease and renews it, as one does who may lead alone."""
        leases = f"/apis/coordination.k8s.io/v1/namespaces/{namespace}/leases"
        self.call("GET", f"{leases}/{name}", check=False)
        stamp = time.strftime("%Y-%m-%dT%H:%M:%S.000000Z", time.gmtime())
        spec = {"holderIdentity": f"{name}_1", "leaseDurationSeconds": 15, "acquireTime": stamp, "renewTime": stamp}
        meta = {"name": name, "namespace": namespace}
        lease = {"apiVersion": "coordination.k8s.io/v1", "kind": "Lease", "metadata": meta, "spec": spec}
        held = self.call("POST", leases, lease, check=False)
        if held.get("kind") != "Lease":
            held = self.call("GET", f"{leases}/{name}")
        self.call("PUT", f"{leases}/{name}", held)


def kubelet(plane: ControlPlane, node: str) -> Program:
    """A node's own agent."""
    return Program(plane, KUBELET, user=certificate(plane, f"system:node:{node}", "system:nodes"))


def in_pod(plane: ControlPlane, namespace: str, app: str, agent: str) -> Program:
    """The program of a running pod, with the token that the kubelet of its node fetched for it."""
    selector = ("-l", f"app={app}", "--field-selector=status.phase=Running", "-o", "json")
    pod = json.loads(plane.kubectl("-n", namespace, "get", "pods", *selector).stdout)["items"][0]
    node = kubelet(plane, pod["spec"]["nodeName"])
    account = f"/api/v1/namespaces/{namespace}/serviceaccounts/{pod['spec']['serviceAccountName']}"
    meta = pod["metadata"]
    bound = {"apiVersion": "v1", "kind": "Pod", "name": meta["name"], "uid": meta["uid"]}
    request = {"apiVersion": "authentication.k8s.io/v1", "kind": "TokenRequest"}
    spec = {"expirationSeconds": 3607, "audiences": [], "boundObjectRef": bound}
    answer = node.call("POST", f"{account}/token", {**request, "spec": spec})
    return Program(plane, agent, token=answer["status"]["token"])
