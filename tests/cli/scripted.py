"""An API server that gives one answer to everything, over TLS, for what a real one cannot be made to say."""

from __future__ import annotations

import base64
import copy
import json
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import trustme
import yaml

from tests.controlplane.running import ControlPlane

Config = dict[str, Any]


def status(code: int, reason: str, message: str = "scripted") -> bytes:
    """A failure as Kubernetes writes one."""
    body = {"kind": "Status", "apiVersion": "v1", "status": "Failure", "reason": reason, "code": code}
    return json.dumps({**body, "message": message}).encode()


@contextmanager
def answering(code: int, body: bytes, authority: trustme.CA, leaf: trustme.LeafCert | None = None) -> Iterator[str]:
    """Serve, and give the address."""

    class Handler(BaseHTTPRequestHandler):
        def _answer(self) -> None:
            self.rfile.read(int(self.headers.get("content-length") or 0))
            self.send_response(code)
            self.send_header("content-type", "application/json" if body.startswith(b"{") else "text/html")
            self.send_header("content-length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        do_GET = do_POST = do_PATCH = do_PUT = do_DELETE = _answer  # noqa: N815 - as http.server wants them

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    (leaf or authority.issue_cert("127.0.0.1")).configure_cert(context)
    server.socket = context.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"https://127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join(5)


def kubeconfig(plane: ControlPlane, folder: Path, change: Callable[[Config], object]) -> Path:
    """The admin's kubeconfig of a control plane, changed, private."""
    config: Config = copy.deepcopy(yaml.safe_load(plane.kubeconfig().read_text()))
    change(config)
    path = folder / "kubeconfig"
    path.write_text(yaml.safe_dump(config))
    path.chmod(0o600)
    return path


def trusting(config: Config, authority: trustme.CA, server: str = "") -> None:
    """Make the only cluster of a kubeconfig trust this authority."""
    cluster = config["clusters"][0]["cluster"]
    cluster.pop("certificate-authority", None)
    cluster["certificate-authority-data"] = base64.b64encode(authority.cert_pem.bytes()).decode()
    cluster["server"] = server or cluster["server"]
