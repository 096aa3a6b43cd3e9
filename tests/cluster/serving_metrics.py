"""metrics.k8s.io as a metrics server answers it, over TLS on loopback, with the load that a test wants to be seen."""

from __future__ import annotations

import json
import ssl
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlencode, urlsplit

from tests.cluster.everyday import Object
from tests.cluster.programs import Program
from tests.controlplane.running import ControlPlane

GROUP = "metrics.k8s.io"
ROOT = f"/apis/{GROUP}/v1beta1"


class Metrics:
    """What is measured: the same load for every running pod."""

    def __init__(self) -> None:
        self.port = 0
        self.program: Program | None = None
        """Its own hand at the API server, once its pod runs: it reads the pods, and asks who may read the metrics."""
        self.cpu = "1m"
        """Of each pod."""
        self.asked: list[str] = []
        """Paths of requests, the newest last."""

    def answer(self, target: str, user: str) -> Object | None:
        """The body for a path, None where nothing is served. `user`: on whose behalf the API server asks."""
        url = urlsplit(target)
        self.asked.append(url.path)
        if url.path == ROOT:
            both = ((("pods"), "PodMetrics", True), ("nodes", "NodeMetrics", False))
            served = [
                {"name": name, "singularName": "", "namespaced": within, "kind": kind, "verbs": ["get", "list"]}
                for name, kind, within in both
            ]
            return {
                "kind": "APIResourceList",
                "apiVersion": "v1",
                "groupVersion": f"{GROUP}/v1beta1",
                "resources": served,
            }
        if not url.path.startswith(f"{ROOT}/") or self.program is None:
            return None
        self._may(self.program, user)
        parts = url.path.removeprefix(f"{ROOT}/").split("/")
        namespace = parts[1] if parts[0] == "namespaces" else ""
        selector = parse_qs(url.query).get("labelSelector", [""])[0]
        return self._nodes() if parts[-1] == "nodes" else self._pods(self.program, namespace, selector)

    def _may(self, program: Program, user: str) -> None:
        asked = {"user": user, "resourceAttributes": {"group": GROUP, "resource": "pods", "verb": "list"}}
        review = {"apiVersion": "authorization.k8s.io/v1", "kind": "SubjectAccessReview", "spec": asked}
        program.call("POST", "/apis/authorization.k8s.io/v1/subjectaccessreviews", review)

    def _pods(self, program: Program, namespace: str, selector: str) -> Object:
        where = f"/namespaces/{namespace}" if namespace else ""
        query = urlencode({"labelSelector": selector, "fieldSelector": "status.phase=Running"})
        pods = program.call("GET", f"/api/v1{where}/pods?{query}")["items"]
        return self._list("PodMetrics", [self._measured(pod) for pod in pods])

    def _measured(self, pod: Object) -> Object:
        usage = {"cpu": self.cpu, "memory": "20Mi"}
        containers = [{"name": one["name"], "usage": usage} for one in pod["spec"]["containers"]]
        meta = {name: pod["metadata"].get(name) for name in ("name", "namespace", "labels")}
        return {"metadata": meta, **self._window(), "containers": containers}

    def _nodes(self) -> Object:
        names = [f"node-{number}" for number in range(2)]
        usage = {"cpu": "250m", "memory": "512Mi"}
        return self._list("NodeMetrics", [{"metadata": {"name": n}, **self._window(), "usage": usage} for n in names])

    def _window(self) -> Object:
        """A second after the last: what is measured counts at once, however young a pod is."""
        return {"timestamp": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(time.time() + 2)), "window": "1s"}

    def _list(self, kind: str, items: list[Object]) -> Object:
        return {"kind": f"{kind}List", "apiVersion": f"{GROUP}/v1beta1", "metadata": {}, "items": items}


@contextmanager
def metrics_server(plane: ControlPlane) -> Iterator[Metrics]:
    """Serves until the end of the block, with the certificate of the control plane's own server."""
    metrics = Metrics()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            body = metrics.answer(self.path, self.headers.get("X-Remote-User", ""))
            text = json.dumps(body or {"kind": "Status", "apiVersion": "v1", "code": 404}).encode()
            self.send_response(200 if body else 404)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(text)))
            self.end_headers()
            self.wfile.write(text)

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    trust = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    trust.load_cert_chain(plane.folder / "server.crt", plane.folder / "server.key")
    server.socket = trust.wrap_socket(server.socket, server_side=True)
    metrics.port = server.server_address[1]
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield metrics
    finally:
        server.shutdown()
        server.server_close()
